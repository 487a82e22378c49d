"""Where local features lose the truth: votes, geometry, a wrong place, or a threshold set by distractors.

Everything is read off the candidates that geometry has compared, so it costs nothing but a table.

Shapes: Q photos.
Source: ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from sightlab.checks import check_columns
from sightlab.data.manifest import NON_LANDMARK
from sightlab.evaluation.intervals import wilson

FATES = {  # fate of a landmark photo -> in words
    "right": "right",
    "no_candidate": "its landmark is not among the candidates",
    "beaten": "another landmark scores higher",
    "below": "first, and below the threshold",
}


def fates(
    truth: pd.DataFrame,
    answers: pd.DataFrame,
    compared: pd.DataFrame,
    threshold: float,
    null: Callable[[int], float],
) -> pd.DataFrame:
    """What became of every query.

    Args:
        truth: photo_id, landmark_id of the queries.
        answers: photo, best_landmark_id, similarity, before any threshold.
        compared: photo, landmark_id (of the candidate), n_matches, n_inliers of all candidates, by votes.
        threshold: answered when similarity exceeds it.
        null: matches -> inliers that as many random ones give.
    Returns:
        photo_id, landmark_id; rank, of the first candidate of the true landmark by votes, from 1 (NaN: none,
        or a distractor); true_inliers, wrong_inliers: with the best photo of the true landmark, of any other
        (NaN: no such candidate); true_null, wrong_null: what as many random matches give; fate: a key
        of `FATES`, "" for a distractor.
    """
    check_columns(compared, ("photo", "landmark_id", "n_matches", "n_inliers"), "compared")
    landmark = truth.set_index("photo_id")["landmark_id"]
    own = compared["landmark_id"].to_numpy() == landmark.reindex(compared["photo"]).to_numpy()
    ranked = compared.assign(rank=compared.groupby("photo").cumcount() + 1.0, is_own=own)
    found = pd.DataFrame(index=truth["photo_id"])
    found["landmark_id"] = truth["landmark_id"].to_numpy()
    found["rank"] = ranked[ranked["is_own"]].groupby("photo")["rank"].min().reindex(found.index)
    for name, part in (("true", ranked[ranked["is_own"]]), ("wrong", ranked[~ranked["is_own"]])):
        best = part.sort_values("n_inliers", ascending=False, kind="stable").groupby("photo").first()
        found[f"{name}_inliers"] = best["n_inliers"].reindex(found.index).astype(float)
        matches = best["n_matches"].reindex(found.index)
        found[f"{name}_null"] = [np.nan if np.isnan(n) else null(int(n)) for n in matches]
    best = answers.set_index("photo").reindex(found.index)
    is_first = (best["best_landmark_id"] == found["landmark_id"]).to_numpy()
    is_answered = (best["similarity"] > threshold).to_numpy()
    found["fate"] = np.select(
        [
            (found["landmark_id"] == NON_LANDMARK).to_numpy(),
            is_first & is_answered,
            found["rank"].isna().to_numpy(),
            ~is_first,
        ],
        ["", "right", "no_candidate", "beaten"],
        "below",
    )
    return found.rename_axis("photo_id").reset_index()


def fates_by(found: pd.DataFrame, masks: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """How many landmark photos of each slice had which fate.

    Args:
        found: of `fates`.
        masks: slice -> which rows of `found` belong to it.
    Returns:
        slice, n, and a column of counts for each of `FATES`; slices without a landmark photo are left out.
    """
    is_landmark = (found["landmark_id"] != NON_LANDMARK).to_numpy()
    rows = []
    for name, mask in masks.items():
        own = found.loc[mask & is_landmark, "fate"]
        if len(own):
            rows.append({"slice": name, "n": len(own)} | {fate: int((own == fate).sum()) for fate in FATES})
    return pd.DataFrame(rows, columns=["slice", "n", *FATES])


def recall_at(found: pd.DataFrame, ranks: tuple[int, ...] = (1, 5)) -> dict[str, float]:
    """Share of landmark photos whose landmark is among the first candidates by votes, and with an interval.

    Returns:
        recall_at_1, recall_at_1_low, recall_at_1_high, ..., and the same for "candidates": any of them.
    """
    rank = found.loc[found["landmark_id"] != NON_LANDMARK, "rank"].to_numpy(dtype=float)
    numbers = {}
    for name, most in [*((str(n), n) for n in ranks), ("candidates", np.inf)]:
        k = int((rank <= most).sum())  # NaN is not
        low, high = wilson(k, len(rank))
        key = f"recall_at_{name}"
        numbers |= {key: k / len(rank), f"{key}_low": low, f"{key}_high": high}
    return numbers
