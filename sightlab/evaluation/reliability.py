"""Reliability: when the recognizer says 80 %, is it right in 80 of 100?

Shapes: Q photos.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Shaped

from sightlab.checks import InputError, check_same_length
from sightlab.data.manifest import NON_LANDMARK
from sightlab.recognition.probability import FEWEST, fit_scale, prevalence_weights

IN_USE, ISOTONIC = "logistic (in use)", "isotonic"
EDGES = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)  # finer at the ends, where decisions are made


def reliability(
    probability: Float[np.ndarray, " Q"],
    is_right: Bool[np.ndarray, " Q"],
    is_landmark: Bool[np.ndarray, " Q"],
    prevalence: float,
    edges: Sequence[float] = EDGES,
    n_resamples: int = 500,
    seed: int = 0,
) -> pd.DataFrame:
    """What was said against what was seen, as if a share `prevalence` of the photos showed a landmark.

    Args:
        probability: (Q,) said, at this prevalence, [0, 1].
        is_right: (Q,) the best landmark is the right one; False for distractors.
        is_landmark: (Q,).
        prevalence: (0, 1); photos are weighted to it.
        edges: of the bins, rising from 0 to 1; a bin holds its upper edge.
        n_resamples: bootstrap draws of photos, landmark photos and distractors apart.
        seed: of the bootstrap.
    Returns:
        A row for each bin with photos: prevalence, said (mean probability), seen (share that was right), low,
        high (95 %; NaN if never drawn), share (at this prevalence), n_landmark, n_distractor.
    Raises:
        InputError: no landmark photo, no distractor, a probability outside [0, 1].
    """
    check_same_length("reliability", probability=probability, is_right=is_right, is_landmark=is_landmark)
    if is_landmark.all() or not is_landmark.any() or not ((probability >= 0) & (probability <= 1)).all():
        raise InputError(
            "Expected landmark photos, distractors and probabilities in [0, 1]; got "
            f"{int(is_landmark.sum())}, {int((~is_landmark).sum())} and {np.min(probability):.3g} to "
            f"{np.max(probability):.3g} in reliability. Leave unreadable photos out."
        )
    weight = prevalence_weights(is_landmark, prevalence)
    bins = np.clip(np.searchsorted(edges, probability, side="left") - 1, 0, len(edges) - 2)
    drawn = _drawn_counts(is_landmark, n_resamples, np.random.default_rng(seed)) * weight  # (n_resamples, Q)
    rows = []
    for b in np.unique(bins):
        inside = bins == b
        w = weight[inside]
        total = drawn[:, inside].sum(axis=1)
        seen = (drawn[:, inside & is_right].sum(axis=1))[total > 0] / total[total > 0]
        low, high = np.quantile(seen, [0.025, 0.975]) if len(seen) else (np.nan, np.nan)
        rows.append(
            {
                "prevalence": prevalence,
                "said": float((w * probability[inside]).sum() / w.sum()),
                "seen": float((w * is_right[inside]).sum() / w.sum()),
                "low": float(low),
                "high": float(high),
                "share": float(w.sum()),
                "n_landmark": int((inside & is_landmark).sum()),
                "n_distractor": int((inside & ~is_landmark).sum()),
            }
        )
    return pd.DataFrame(rows)


def calibration_error(table: pd.DataFrame) -> float:
    """Mean difference between what was said and seen, over photos; [0, 1], lower is better."""
    return float((table["share"] * (table["said"] - table["seen"]).abs()).sum() / table["share"].sum())


def scales_tried(
    similarity: Float[np.ndarray, " Q"],
    is_right: Bool[np.ndarray, " Q"],
    truth: Shaped[np.ndarray, " Q"],
    prevalence: float,
    n_folds: int = 5,
    seed: int = 0,
) -> pd.DataFrame:
    """The scale in use and isotonic regression, each asked about photos that it was not fitted on.

    Args:
        similarity: (Q,) of the best landmark, finite.
        is_right: (Q,) the best landmark is the right one; False for distractors.
        truth: (Q,) landmark of each photo, `NON_LANDMARK` for distractors; photos of one landmark stay in one
            fold.
        prevalence: (0, 1).
        n_folds: at least 2.
        seed: of the folds.
    Returns:
        A row for each: scale, prevalence, calibration_error, brier (mean squared difference between what was
        said and what was; [0, 1], lower is better), says_one (share of photos of which it said 1), the last
        two at this prevalence. No row where a fold leaves too few photos to fit on (`probability.FEWEST`).
    Source: isotonic regression as calibration, Zadrozny & Elkan 2002; the folds by landmark are ours.
    """
    is_landmark = truth != NON_LANDMARK
    fold = _folds(truth, n_folds, np.random.default_rng(seed))
    said = {name: np.full(len(truth), np.nan) for name in (IN_USE, ISOTONIC)}
    for f in range(n_folds):
        known, asked = fold != f, fold == f
        if min((known & is_landmark).sum(), (known & ~is_landmark).sum()) < FEWEST:
            return pd.DataFrame()
        scale = fit_scale(similarity[known], is_right[known], is_landmark[known], prevalence)
        said[IN_USE][asked] = scale.of(similarity[asked])
        weight = prevalence_weights(is_landmark[known], prevalence)
        said[ISOTONIC][asked] = _isotonic(similarity[known], is_right[known], weight, similarity[asked])
    weight = prevalence_weights(is_landmark, prevalence)
    rows = []
    for name, p in said.items():
        error = calibration_error(reliability(p, is_right, is_landmark, prevalence, n_resamples=1))
        row = {"scale": name, "prevalence": prevalence, "calibration_error": error}
        rows.append(
            row | {"brier": float(weight @ (p - is_right) ** 2), "says_one": float(weight @ (p == 1))}
        )
    return pd.DataFrame(rows)


def _isotonic(known: np.ndarray, is_right: np.ndarray, weight: np.ndarray, asked: np.ndarray) -> np.ndarray:
    from sklearn.isotonic import IsotonicRegression

    return IsotonicRegression(out_of_bounds="clip").fit(known, is_right, weight).predict(asked)


def _folds(truth: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """(Q,) in which of n folds: whole landmarks, and single distractors."""
    group = np.where(truth == NON_LANDMARK, [f"\0{row}" for row in range(len(truth))], truth).astype(str)
    fold = np.empty(len(truth), dtype=int)
    for of_kind in (truth == NON_LANDMARK, truth != NON_LANDMARK):
        names = rng.permutation(np.unique(group[of_kind]))
        at = dict(zip(names, np.arange(len(names)) % n, strict=True))
        fold[of_kind] = [at[name] for name in group[of_kind]]
    return fold


def _drawn_counts(is_landmark: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """(n, Q) how often each photo is drawn, with landmark photos and distractors drawn apart."""
    counts = np.zeros((n, len(is_landmark)))
    for group in (np.flatnonzero(is_landmark), np.flatnonzero(~is_landmark)):
        counts[:, group] = rng.multinomial(len(group), np.full(len(group), 1 / len(group)), size=n)
    return counts
