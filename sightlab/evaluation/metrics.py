"""Metrics: pure functions from answers to numbers.

Letters: Q queries = landmark queries + distractors, M landmark queries.
`similarity` is higher for surer; a query counts as answered if and only if similarity > threshold, so a photo
without an answer (unreadable) carries similarity -inf. Nothing here chooses a threshold for use:
that is `sightlab.recognition.calibration`, on other photos.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Shaped
from scipy.stats import rankdata

from sightlab.checks import InputError, check_fraction
from sightlab.data.manifest import NON_LANDMARK

OUTCOMES = ("correct", "confused", "missed", "false_alarm", "correct_rejection")


@dataclass(frozen=True)
class OperatingPoint:
    """What a system does at one threshold. All rates are in [0, 1]."""

    sensitivity: float  # landmark queries answered with the right landmark / landmark queries
    confusion_rate: float  # landmark queries answered with a wrong landmark / landmark queries
    threshold: float  # answered when similarity > threshold; may be -inf
    fpr_realized: float  # distractors answered / distractors
    k: int  # landmark queries answered correctly
    n: int  # landmark queries
    n_confused: int
    n_false_alarms: int
    n_distractors: int


def outcomes(truth: Shaped[np.ndarray, " Q"], answer: Shaped[np.ndarray, " Q"]) -> Shaped[np.ndarray, " Q"]:
    """Which of the five outcomes each query had.

    Args:
        truth: (Q,) landmark of the photo, or `NON_LANDMARK`.
        answer: (Q,) landmark given, or `NON_LANDMARK` for a rejection.
    Returns:
        (Q,) words of `OUTCOMES`.
    """
    is_landmark, answered = truth != NON_LANDMARK, answer != NON_LANDMARK
    return np.select(
        [is_landmark & answered & (truth == answer), is_landmark & answered, is_landmark, answered],
        ["correct", "confused", "missed", "false_alarm"],
        "correct_rejection",
    )


def at_threshold(
    similarity: Float[np.ndarray, " Q"],
    best: Shaped[np.ndarray, " Q"],
    truth: Shaped[np.ndarray, " Q"],
    threshold: float,
) -> OperatingPoint:
    """What happens when every query with similarity > threshold is answered with its best landmark.

    Args:
        similarity: (Q,) of the best landmark; -inf for no answer.
        best: (Q,) best landmark before any threshold.
        truth: (Q,) landmark of the photo, or `NON_LANDMARK`.
        threshold: in the unit of `similarity`.
    Returns:
        The operating point.
    Raises:
        InputError: no landmark query, no distractor, or a NaN similarity.
    """
    is_landmark = _check_open_set(similarity, truth)
    answered = similarity > threshold
    n, n_distractors = int(is_landmark.sum()), int((~is_landmark).sum())
    k = int((answered & is_landmark & (best == truth)).sum())
    n_confused = int((answered & is_landmark).sum()) - k
    n_false_alarms = int((answered & ~is_landmark).sum())
    return OperatingPoint(
        sensitivity=k / n,
        confusion_rate=n_confused / n,
        threshold=float(threshold),
        fpr_realized=n_false_alarms / n_distractors,
        k=k,
        n=n,
        n_confused=n_confused,
        n_false_alarms=n_false_alarms,
        n_distractors=n_distractors,
    )


def sensitivity_at_fpr(
    similarity: Float[np.ndarray, " Q"],
    best: Shaped[np.ndarray, " Q"],
    truth: Shaped[np.ndarray, " Q"],
    fpr: float,
) -> OperatingPoint:
    """The largest sensitivity whose false-positive rate on these queries stays <= fpr.

    With m false alarms allowed the threshold is the (m + 1)-th highest distractor similarity: anything lower
    would answer that distractor too. Distractors that tie with it are all rejected, so the realized rate
    may be below the wanted one, never above.

    Args:
        similarity: (Q,) of the best landmark; -inf for no answer.
        best: (Q,) best landmark before any threshold.
        truth: (Q,) landmark of the photo, or `NON_LANDMARK`.
        fpr: wanted rate, [0, 1].
    Returns:
        The operating point; its threshold is read off these very queries, so it measures, it does not
        calibrate.
    Raises:
        InputError: no landmark query, no distractor, NaN similarity, fpr outside [0, 1].
    """
    check_fraction(fpr, "fpr", advice="Write 1 % as 0.01.")
    is_landmark = _check_open_set(similarity, truth)
    of_distractors = np.sort(similarity[~is_landmark])[::-1]
    allowed = math.floor(fpr * len(of_distractors) + 1e-9)  # 0.29 * 100 is 28.999999999999996
    threshold = of_distractors[allowed] if allowed < len(of_distractors) else -np.inf
    return at_threshold(similarity, best, truth, float(threshold))


def open_set_curve(
    similarity: Float[np.ndarray, " Q"], best: Shaped[np.ndarray, " Q"], truth: Shaped[np.ndarray, " Q"]
) -> pd.DataFrame:
    """Sensitivity against false-positive rate, one row per threshold that matters.

    Args:
        similarity: (Q,) of the best landmark; -inf for no answer.
        best: (Q,) best landmark before any threshold.
        truth: (Q,) landmark of the photo, or `NON_LANDMARK`.
    Returns:
        Columns fpr, sensitivity, confusion_rate, threshold; fpr strictly rising from 0. Between two rows the
        step function keeps the values of the row with the lower fpr.
    Raises:
        InputError: no landmark query, no distractor, or a NaN similarity.
    """
    is_landmark = _check_open_set(similarity, truth)
    is_correct = is_landmark & (best == truth)
    thresholds = np.unique(np.append(similarity[~is_landmark], -np.inf))[::-1]  # highest first, -inf last

    def share_above(values: np.ndarray, of: int) -> np.ndarray:
        return (len(values) - np.searchsorted(np.sort(values), thresholds, side="right")) / of

    n = int(is_landmark.sum())
    return pd.DataFrame(
        {
            "fpr": share_above(similarity[~is_landmark], int((~is_landmark).sum())),
            "sensitivity": share_above(similarity[is_correct], n),
            "confusion_rate": share_above(similarity[is_landmark & ~is_correct], n),
            "threshold": thresholds,
        }
    )


def micro_ap(
    similarity: Float[np.ndarray, " Q"], is_correct: Bool[np.ndarray, " Q"], n_landmark_queries: int
) -> float:
    """Micro average precision (GAP): all answers of all queries in one ranking.

    (1 / M) * sum over ranks i of P(i) rel(i), where P(i) is the share of correct answers among the first i.
    Distractors count in P(i), never in M. Ties are pessimistic: at equal similarity the wrong
    answers rank first, so a constant score earns nothing by the order of the rows.

    Args:
        similarity: (Q,) of the best landmark; -inf for no answer.
        is_correct: (Q,) best landmark equals the truth; False for every distractor.
        n_landmark_queries: M, answered or not.
    Returns:
        [0, 1], higher is better.
    Raises:
        InputError: M < 1, more correct answers than M, a NaN similarity.
    Source: Perronnin et al. 2009; Google Landmarks v2 (Weyand et al. 2020). Ties: ours.
    """
    _check_no_nan(similarity)
    if n_landmark_queries < 1 or is_correct.sum() > n_landmark_queries:
        raise InputError(
            f"Expected n_landmark_queries of at least 1 and of at least the {int(is_correct.sum())} correct "
            f"answers; got {n_landmark_queries} in micro_ap. Count the landmark queries, not the answers."
        )
    answered = similarity > -np.inf
    similarity, is_correct = similarity[answered], is_correct[answered]
    ranked = is_correct[np.lexsort((is_correct, -similarity))]
    precision = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
    return float(precision[ranked].sum() / n_landmark_queries)


def closed_set_accuracy(best: Shaped[np.ndarray, " Q"], truth: Shaped[np.ndarray, " Q"]) -> float:
    """Share of landmark queries whose best landmark, before any threshold, is the right one.

    Args:
        best: (Q,) best landmark before any threshold.
        truth: (Q,) landmark of the photo; rows of `NON_LANDMARK` are left out.
    Returns:
        [0, 1], higher is better.
    Raises:
        InputError: no landmark query.
    """
    is_landmark = truth != NON_LANDMARK
    if not is_landmark.any():
        raise InputError(
            f"Expected at least one landmark query; got {len(truth)} rows, all {NON_LANDMARK!r}, "
            "in closed_set_accuracy. Pass the landmark photos too."
        )
    return float((best == truth)[is_landmark].mean())


def fpr_at_sensitivity(
    correct: Float[np.ndarray, " a"],
    distractors: Float[np.ndarray, " c"],
    n_landmark: int,
    sensitivity: float,
) -> float:
    """The lowest false-positive rate at which this share of the landmark queries is answered correctly.

    The threshold lies just below the similarity of the last correct answer that is needed; distractors that
    tie with it are answered too.

    Args:
        correct: (a,) similarity of the landmark queries whose best landmark is the right one.
        distractors: (c,) similarity of the distractors, c >= 1.
        n_landmark: landmark queries, >= 1, at least a.
        sensitivity: wanted, (0, 1].
    Returns:
        [0, 1], lower is better; NaN where too few best landmarks are right, whatever the threshold.
    Raises:
        InputError: no landmark query, no distractor, NaN, sensitivity outside (0, 1].
    """
    check_fraction(sensitivity, "sensitivity", low_open=True, advice="Write 80 % as 0.8.")
    _check_no_nan(correct)
    _check_no_nan(distractors)
    if len(distractors) == 0 or n_landmark < max(1, len(correct)):
        raise InputError(
            f"Expected distractors, and n_landmark of at least 1 and of at least {len(correct)}, the correct "
            f"ones; got {len(distractors)} and {n_landmark} in fpr_at_sensitivity. Count landmark queries."
        )
    needed = math.ceil(sensitivity * n_landmark - 1e-9)
    if needed > int((correct > -np.inf).sum()):
        return math.nan
    last = np.partition(correct, len(correct) - needed)[len(correct) - needed]
    return float((distractors >= last).mean())


def auroc(score: Float[np.ndarray, " Q"], is_positive: Bool[np.ndarray, " Q"]) -> float:
    """Probability that a random positive scores higher than a random negative; ties count one half.

    Args:
        score: (Q,), higher for positives; -inf allowed.
        is_positive: (Q,).
    Returns:
        [0, 1]; 0.5 is chance.
    Raises:
        InputError: no positive, no negative, or a NaN score.
    Source: Mann & Whitney 1947.
    """
    _check_no_nan(score)
    n_positive, n_negative = int(is_positive.sum()), int((~is_positive).sum())
    if min(n_positive, n_negative) == 0:
        raise InputError(
            f"Expected positives and negatives; got {n_positive} and {n_negative} in auroc. "
            "With one kind only the area is undefined."
        )
    ranks = rankdata(score)  # from 1, ties share the mean rank
    wins = ranks[is_positive].sum() - n_positive * (n_positive + 1) / 2
    return float(wins / (n_positive * n_negative))


def _check_open_set(similarity: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Which queries are landmark queries, after making sure that both kinds are there."""
    _check_no_nan(similarity)
    is_landmark = truth != NON_LANDMARK
    if is_landmark.all() or not is_landmark.any():
        raise InputError(
            f"Expected landmark queries and distractors; got {int(is_landmark.sum())} and "
            f"{int((~is_landmark).sum())}. Rates of an empty group are undefined: add photos of both kinds."
        )
    return is_landmark


def _check_no_nan(values: np.ndarray) -> None:
    bad = np.flatnonzero(np.isnan(values))
    if len(bad):
        raise InputError(
            f"Expected a number for every query; got NaN in {len(bad)} of {len(values)}, first in row "
            f"{bad[0]}. Give photos without an answer the similarity -inf."
        )
