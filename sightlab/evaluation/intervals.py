"""Intervals: how far a measured rate can be trusted.

Letters: k successes of n trials, Q queries, S statistics.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped
from scipy import stats

from sightlab.checks import InputError, check_count, check_fraction
from sightlab.data.manifest import NON_LANDMARK
from sightlab.recognition.certified import CONFIDENCE, clopper_pearson_upper, most_false_alarms

__all__ = [
    "CONFIDENCE",
    "bootstrap_by_landmark",
    "clopper_pearson_upper",
    "holm",
    "mcnemar_exact",
    "most_false_alarms",
    "share_by_landmark",
    "wilson",
]


def wilson(k: int, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Two-sided Wilson score interval of the rate k / n.

    It stays inside [0, 1] and is honest for small n and for rates near 0 and 1, where the normal
    interval is not.

    Args:
        k: successes, 0 <= k <= n.
        n: trials, at least 1.
        confidence: (0, 1).
    Returns:
        (low, high), both in [0, 1].
    Raises:
        InputError: no trial, k outside [0, n], confidence outside (0, 1).
    Source: Wilson 1927.
    """
    _check_counts(k, n, confidence)
    z = float(stats.norm.ppf((1 + confidence) / 2))
    rate = k / n
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    low = 0.0 if k == 0 else max(0.0, float(middle - half))
    high = 1.0 if k == n else min(1.0, float(middle + half))
    return low, high


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """Two-sided p-value that two systems, judged on the same photos, are equally often right.

    Args:
        only_first: photos that only the first system answered correctly, >= 0.
        only_second: photos that only the second one did, >= 0.
    Returns:
        p in (0, 1]; 1 when they never disagree.
    Raises:
        InputError: a negative count.
    Source: McNemar 1947, in its exact binomial form.
    """
    if min(only_first, only_second) < 0:
        raise InputError(
            f"Expected counts of photos, each at least 0; got only_first={only_first} and "
            f"only_second={only_second} in mcnemar_exact. Count the photos on which exactly one system is "
            "right."
        )
    if only_first + only_second == 0:
        return 1.0
    return float(stats.binomtest(only_first, only_first + only_second, 0.5).pvalue)


def holm(p_values: Float[np.ndarray, " m"]) -> Float[np.ndarray, " m"]:
    """p-values of m comparisons, adjusted so that all of them together err with the stated probability.

    The smallest is multiplied by m, the next by m - 1 and so on; none becomes smaller than one before it.

    Args:
        p_values: (m,) in [0, 1], in any order.
    Returns:
        (m,) adjusted, in the same order, at most 1.
    Raises:
        InputError: a value outside [0, 1], or NaN.
    Source: Holm 1979.
    """
    p = np.asarray(p_values, dtype=np.float64)
    bad = np.flatnonzero(~((p >= 0) & (p <= 1)))
    if len(bad):
        raise InputError(
            f"Expected p-values in [0, 1]; got {p[bad[0]]} in row {bad[0]}, in holm. Leave out comparisons "
            "that were not made."
        )
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def bootstrap_by_landmark(
    statistic: Callable[[Int[np.ndarray, " M"]], float | Float[np.ndarray, " S"]],
    truth: Shaped[np.ndarray, " Q"],
    n_resamples: int = 1000,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> tuple[Float[np.ndarray, " S"], Float[np.ndarray, " S"]]:
    """Percentile interval of any statistic, with whole landmarks resampled.

    Photos of one landmark share their fate (one hard facade, one bad reference), so they are drawn together;
    a bootstrap of single photos would call the result more certain than it is. Each distractor is its own
    group.

    Args:
        statistic: gets the indices of one resample (with repeats) and returns one number or S numbers.
        truth: (Q,) landmark of each query, `NON_LANDMARK` for distractors.
        n_resamples: draws, at least 1.
        confidence: (0, 1).
        seed: of a generator of its own; the caller's random state is untouched.
    Returns:
        (low, high), each (S,). Resamples in which a statistic is undefined (NaN) are left out of its
        interval.
    Raises:
        InputError: no query, no draw, confidence outside (0, 1).
    Source: ours, after Efron's percentile method.
    """
    if len(truth) == 0:
        raise InputError(
            "Expected at least one query; got none in bootstrap_by_landmark. Pass those of the test."
        )
    check_count(n_resamples, "n_resamples")
    _check_open_unit(confidence, "confidence")
    distractors = np.flatnonzero(truth == NON_LANDMARK)
    groups = [np.flatnonzero(truth == name) for name in np.unique(truth[truth != NON_LANDMARK])]
    rng = np.random.default_rng(seed)
    draws = []
    for _ in range(n_resamples):
        drawn = [groups[g] for g in rng.integers(len(groups), size=len(groups))] if groups else []
        if len(distractors):
            drawn.append(distractors[rng.integers(len(distractors), size=len(distractors))])
        draws.append(np.atleast_1d(np.asarray(statistic(np.concatenate(drawn)), dtype=np.float64)))
    table = np.stack(draws)  # (n_resamples, S)
    tail = (1 - confidence) / 2
    low, high = np.full(table.shape[1], np.nan), np.full(table.shape[1], np.nan)
    for s, column in enumerate(table.T):
        column = column[~np.isnan(column)]
        if len(column):
            low[s], high[s] = np.quantile(column, [tail, 1 - tail])
    return low, high


def share_by_landmark(
    is_hit: Bool[np.ndarray, " N"], landmark: Shaped[np.ndarray, " N"], n_resamples: int = 500
) -> tuple[float, float]:
    """Interval at 95 % of the share of photos that are hit, with whole landmarks resampled.

    Drops of a cleaning come in clusters: one bad reference, and half of a landmark's photos go. Where the
    bootstrap knows less than it says (a few landmarks, or a share near 0 or 1) it is narrower than Wilson's
    interval of as many photos without clusters; it is widened to that.

    Args:
        is_hit: (N,) of N >= 1 photos.
        landmark: (N,) that each is filed under.
        n_resamples: draws, at least 1.
    Returns:
        (low, high), both in [0, 1], around the share.
    Raises:
        InputError: no photo, no draw.
    Source: ours.
    """
    low, high = bootstrap_by_landmark(lambda rows: is_hit[rows].mean(), landmark, n_resamples)
    least, most = wilson(int(is_hit.sum()), len(is_hit))
    return min(float(low[0]), least), max(float(high[0]), most)


def _check_counts(k: int, n: int, confidence: float) -> None:
    if n < 1 or not 0 <= k <= n:
        raise InputError(
            f"Expected at least 1 trial and 0 <= k <= n; got k={k}, n={n}. "
            "A rate of no trials is undefined: leave it out, or report None."
        )
    _check_open_unit(confidence, "confidence")


def _check_open_unit(value: float, name: str) -> None:
    advice = "Write 1 % as 0.01 and 95 % as 0.95."
    check_fraction(value, name, low_open=True, high_open=True, advice=advice)
