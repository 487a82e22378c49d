"""Certificates: what a number of calibration distractors can promise about the false-positive rate.

Letters: n calibration distractors, k of them above a threshold, P places.

Two promises, of different strength. *On average* (conformal): over many draws of the calibration photos a
new distractor is answered with probability at most `fpr`; with the photos at hand it may be more.
*Certified*: with `confidence` over the draw of the calibration photos, the threshold at hand keeps the
rate. Both hold for distractors drawn like those of tune, whatever the distribution of their scores, and for
no others.
"""

import math
from collections.abc import Iterable

import numpy as np
from jaxtyping import Float
from scipy import stats

from sightlab.checks import InputError, check_fraction

CONFIDENCE = 0.95
_ROUNDING = 1e-9  # 1000 * 0.999 may come out as 998.9999...


def clopper_pearson_upper(k: int, n: int, confidence: float = CONFIDENCE) -> float:
    """Exact one-sided upper bound of a rate: the true rate is below it with this confidence.

    Args:
        k: false alarms seen, 0 <= k <= n.
        n: distractors shown, at least 1.
        confidence: (0, 1).
    Returns:
        The bound, in (0, 1].
    Raises:
        InputError: no trial, k outside [0, n], confidence outside (0, 1).
    Source: Clopper & Pearson 1934.
    """
    if n < 1 or not 0 <= k <= n:
        raise InputError(
            f"Expected at least 1 trial and 0 <= k <= n; got k={k}, n={n}. "
            "A rate of no trials is undefined: leave it out, or report None."
        )
    _check_confidence(confidence)
    if k == n:
        return 1.0
    return float(stats.beta.ppf(confidence, k + 1, n - k))


def most_false_alarms(n: int, fpr: float, confidence: float = CONFIDENCE) -> int:
    """The largest number of false alarms on n distractors that still certifies the wanted rate.

    Args:
        n: distractors shown, at least 1.
        fpr: wanted false-positive rate, (0, 1).
        confidence: (0, 1).
    Returns:
        The largest k with `clopper_pearson_upper(k, n) <= fpr`; -1 if not even 0 false alarms would do.
    Raises:
        InputError: no distractor, fpr or confidence outside (0, 1).
    """
    _check_rate(fpr)
    low, high = -1, n  # the bound grows with k and is 1 at k = n: bisect
    clopper_pearson_upper(0, n, confidence)  # its checks
    while high - low > 1:
        middle = (low + high) // 2
        if clopper_pearson_upper(middle, n, confidence) <= fpr:
            low = middle
        else:
            high = middle
    return low


def distractors_needed(fpr: float, confidence: float | None = None) -> int:
    """Fewest calibration distractors that can carry a promise.

    Args:
        fpr: wanted rate, (0, 1).
        confidence: (0, 1); None for the promise on average.
    Returns:
        On average ceil(1 / fpr) - 1: 99 for 1 %, 999 for 0.1 %. Certified: the n at which (1 - fpr)^n, the
        chance that n distractors all happen to be rejected though the rate is fpr, falls to 1 - confidence:
        at 95 % 299 for 1 %, 2,995 for 0.1 %.
    Raises:
        InputError: fpr or confidence outside (0, 1).
    """
    _check_rate(fpr)
    if confidence is None:
        return math.ceil(1 / fpr - _ROUNDING) - 1
    _check_confidence(confidence)
    n = max(1, math.ceil(math.log1p(-confidence) / math.log1p(-fpr) - _ROUNDING))
    return n if most_false_alarms(n, fpr, confidence) >= 0 else n + 1  # the last digit of a logarithm


def allowed_above(n: int, fpr: float, confidence: float | None = CONFIDENCE) -> int:
    """How many of n calibration distractors may score above the threshold.

    Args:
        n: calibration distractors.
        fpr: wanted rate, (0, 1).
        confidence: of the certificate, (0, 1); None: the rate is kept on average only.
    Returns:
        At least 0. On average: floor((n + 1) fpr) - 1, which is method n - k of the conformal rule
        k = ceil((n + 1)(1 - fpr)). Certified: `most_false_alarms`.
    Raises:
        InputError: too few distractors: how many it takes, and how many there are.
    Source: on average Vovk, Gammerman & Shafer 2005; certified Wilks 1941 (tolerance limits): the rate above
        the (k + 1)-th highest of n scores has the distribution Beta(k + 1, n - k).
    """
    check_enough(n, fpr, confidence)
    if confidence is None:
        return math.floor((n + 1) * fpr + _ROUNDING) - 1
    return most_false_alarms(n, fpr, confidence)


def threshold_for(
    distractor_scores: Float[np.ndarray, " n"], fpr: float, confidence: float | None = CONFIDENCE
) -> float:
    """The smallest threshold that keeps the promise. Answered if and only if score > threshold.

    Args:
        distractor_scores: (n,) best score of each calibration distractor, in any order; -inf for one that
            another gate already rejects.
        fpr: wanted rate, (0, 1).
        confidence: of the certificate, (0, 1); None: the rate is kept on average only.
    Returns:
        One of the scores; ties then only lower the rate.
    Raises:
        InputError: too few distractors, NaN, fpr or confidence outside (0, 1).
    """
    n = len(distractor_scores)
    bad = np.flatnonzero(np.isnan(distractor_scores))
    if len(bad):
        raise InputError(
            f"Expected a similarity for each of {n} distractors; got NaN for {len(bad)}, first in row "
            f"{bad[0]}, in threshold_for. Leave unreadable photos out."
        )
    at = n - 1 - allowed_above(n, fpr, confidence)
    return float(np.partition(distractor_scores, at)[at])


def threshold_over_places(
    blocks: Iterable[Float[np.ndarray, "_ P"]], n: int, n_places: int, fpr: float, confidence: float | None
) -> float:
    """Threshold when each of n distractors was tried at each of P places, and the rate is a mean over places.

    The P scores of one distractor depend on each other, so they are not n P trials. On average: a new
    distractor brings P scores, and as if all of them were above, fpr (n + 1) P - P known ones may be. For one
    place that is the conformal rule. Certified: the share of places at which a distractor is answered is a
    number in [0, 1], and Bentkus' inequality bounds the mean of n such numbers by the binomial tail times e.

    Args:
        blocks: (q, P) scores, together n rows.
        n: distractors.
        n_places: P.
        fpr: wanted mean rate, (0, 1).
        confidence: of the certificate, (0, 1); None: the rate is kept on average only.
    Returns:
        One of the scores.
    Raises:
        InputError: too few distractors for the promise.
    Source: Bentkus 2004, as used by Bates et al. 2021 (risk-controlling prediction sets).
    """
    if confidence is None:
        check_enough(n, fpr, None)
        above = math.floor((n + 1) * n_places * fpr + _ROUNDING) - n_places
    else:
        above = n_places * allowed_above(n, fpr, _bentkus(confidence))
    top = np.empty(0, dtype=np.float32)
    for block in blocks:
        top = np.append(top, block.ravel())
        if len(top) > above + 1:
            top = np.partition(top, len(top) - above - 1)[len(top) - above - 1 :]
    return float(top.min())


def can_promise(n: int, fpr: float, confidence: float | None = CONFIDENCE) -> bool:
    """Whether n calibration distractors are enough for the promise."""
    return n >= distractors_needed(fpr, confidence)


def can_promise_over_places(n: int, fpr: float, confidence: float | None = CONFIDENCE) -> bool:
    """The same for `threshold_over_places`, which needs some more to be certified."""
    return can_promise(n, fpr, confidence if confidence is None else _bentkus(confidence))


def check_enough(n: int, fpr: float, confidence: float | None) -> None:
    """Refuse a promise that n calibration distractors cannot carry, and say what they can.

    Raises:
        InputError: too few.
    """
    needed = distractors_needed(fpr, confidence)
    if n >= needed:
        return
    carried = _carried(n, confidence)
    instead = f", or ask for {100 * carried:.3g} % or more" if carried < 1 else ""
    if confidence is None:
        raise InputError(
            f"A false-positive rate of {100 * fpr:g} % needs at least {needed:,} tune distractors; there "
            f"are {n:,}. Add photos without landmarks to tune{instead}."
        )
    raise InputError(
        f"FPR <= {100 * fpr:g} % with {100 * confidence:g} % confidence needs at least {needed:,} tune "
        f"distractors; you have {n:,}. Add photos without landmarks to tune{instead}."
    )


def _carried(n: int, confidence: float | None) -> float:
    """The lowest rate that n distractors can carry."""
    if confidence is None:
        return 1 / (n + 1)
    return clopper_pearson_upper(0, n, confidence) if n else 1.0


def _bentkus(confidence: float) -> float:
    """The confidence at which the binomial bound must hold so that e times its tail is within the error."""
    _check_confidence(confidence)
    return 1 - (1 - confidence) / math.e


def _check_rate(fpr: float) -> None:
    check_fraction(fpr, "fpr", low_open=True, high_open=True, advice="Write 1 % as 0.01.")


def _check_confidence(confidence: float) -> None:
    check_fraction(confidence, "confidence", low_open=True, high_open=True, advice="Write 95 % as 0.95.")
