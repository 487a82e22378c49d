"""Reliability: when the recognizer says 80 %, is it right in 80 of 100?

Shapes: Q photos.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from sightlab.checks import InputError, check_same_length
from sightlab.recognition.probability import prevalence_weights

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
        high (95 %), share (of all photos at this prevalence), n_landmark, n_distractor.
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
        low, high = np.quantile(seen, [0.025, 0.975])
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


def _drawn_counts(is_landmark: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """(n, Q) how often each photo is drawn, with landmark photos and distractors drawn apart."""
    counts = np.zeros((n, len(is_landmark)))
    for group in (np.flatnonzero(is_landmark), np.flatnonzero(~is_landmark)):
        counts[:, group] = rng.multinomial(len(group), np.full(len(group), 1 / len(group)), size=n)
    return counts
