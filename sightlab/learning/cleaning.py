"""Cleaning by references: which of the photos filed under a landmark really show it.

By hand 3-5 reference photos per landmark; the score of a photo is its *mean distance* to them; above
a threshold it is dropped. References show a few angles, the photos near them many more: a second look drops
as many photos, but those that are furthest from the photos that the first look kept.

Shapes: N photos, C landmarks, R references of a landmark, D embedding size.
Source: Boiarov & Tyantov 2019 (article). The threshold rule and the second look: ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from sightlab.checks import InputError, check_count, check_range
from sightlab.data.manifest import Manifest
from sightlab.nets.embedding import EmbeddingTable


@dataclass(frozen=True)
class CleaningConfig:
    threshold: float | None = None  # mean distance above which a photo is dropped, [0, 2]; None: equal error
    second_look: int = 5  # nearest kept photos that judge again, >= 0; 0: the article's single look

    def __post_init__(self):
        check_count(self.second_look, "second_look", 0, advice="0 leaves the second look out.")
        if self.threshold is not None:
            check_range(
                self.threshold, "threshold", 0, 2, advice="Unit vectors are never further apart than 2."
            )


def mean_reference_distances(
    vectors: Float[np.ndarray, "N D"], references: list[Float[np.ndarray, "_ D"]]
) -> Float[np.ndarray, "N C"]:
    """Mean Euclidean distance of every photo to the references of every landmark.

    Args:
        vectors: (N, D) unit rows.
        references: C arrays (R, D) of unit rows, R >= 1.
    Returns:
        (N, C) in [0, 2], lower = closer.
    """
    columns = []
    for own in references:
        if len(own) == 0:
            raise InputError(
                "a landmark has no reference embedding; leave it out or add rows to references.csv."
            )
        squared = 2 - 2 * vectors @ own.T  # (N, R)
        columns.append(np.sqrt(np.maximum(squared, 0)).mean(axis=1))
    return np.stack(columns, axis=1) if columns else np.empty((len(vectors), 0), vectors.dtype)


def equal_error_threshold(own: Float[np.ndarray, " N"], others: Float[np.ndarray, " M"]) -> float:
    """The distance at which as large a share of own photos is dropped as of other landmarks' photos is kept.

    Nobody says how dirty a database is, but photos of *other* landmarks show what a wrong photo looks
    like. The rule needs no labels, no parameter, and moves with the network.

    Args:
        own: distances of photos to the references of the landmark that they are filed under.
        others: distances of the same photos to the references of all other landmarks.
    Raises:
        InputError: either is empty (a single landmark has no others: give a threshold yourself).
    Source: ours.
    """
    if len(own) == 0 or len(others) == 0:
        raise InputError(
            f"the equal-error rule compares own with other landmarks; got {len(own)} own and {len(others)} "
            "other distances. Give CleaningConfig(threshold=...) where there is only one landmark."
        )
    own, others = np.sort(own), np.sort(others)
    candidates = own
    dropped = 1 - np.searchsorted(own, candidates, side="right") / len(own)  # falls
    let_in = np.searchsorted(others, candidates, side="right") / len(others)  # rises
    return float(candidates[np.argmin(np.abs(dropped - let_in))])


def nearest_kept_distances(
    vectors: Float[np.ndarray, "N D"],
    column: Int[np.ndarray, " N"],
    keep: Bool[np.ndarray, " N"],
    k: int,
) -> Float[np.ndarray, " N"]:
    """Mean distance of every photo to the k nearest kept photos of its landmark, itself left out.

    Args:
        vectors: (N, D) unit rows.
        column: (N,) the landmark each is filed under, any numbers.
        keep: (N,) verdicts of the first look.
        k: photos, >= 1; a landmark with fewer others kept is asked for those.
    Returns:
        (N,) in [0, 2], lower = closer; NaN where no other photo of the landmark was kept.
    Source: ours.
    """
    found = np.full(len(vectors), np.nan)
    for landmark in np.unique(column):
        rows = np.flatnonzero(column == landmark)
        kept = rows[keep[rows]]
        distance = np.sqrt(np.maximum(2 - 2 * vectors[rows] @ vectors[kept].T, 0)).astype(np.float64)
        distance[rows[:, None] == kept[None, :]] = np.inf  # no photo is its own witness
        distance.sort(axis=1)
        others = len(kept) - keep[rows]
        for i, n in enumerate(np.minimum(others, k)):
            found[rows[i]] = distance[i, :n].mean() if n else np.nan
    return found


def same_count_threshold(score: Float[np.ndarray, " N"], n_dropped: int) -> float:
    """The largest score that is kept when the n_dropped largest are dropped."""
    return float(np.sort(score)[::-1][min(n_dropped, len(score) - 1)])


def clean(table: EmbeddingTable, manifest: Manifest, config: CleaningConfig) -> pd.DataFrame:
    """Verdict on every train photo of a landmark in `manifest`, one row each, manifest order.

    References are always kept. A landmark without readable references cannot be judged: its photos are
    kept with that reason, never dropped in silence. Where there is no second landmark to compare with, the
    equal-error rule cannot cut: the threshold is then 2, the largest distance there is, and all are kept.

    Args:
        table: embeddings of these photos and of all references, by the network of the stage before.
        manifest: the photos to judge (say, one region); other splits and non-landmarks are left out.
        config: the threshold rule.
    Returns:
        photo_id, landmark_id, score ([0, 2], lower = closer, NaN without references: mean distance to the
        nearest kept photos, or with second_look=0 to the references), threshold, keep (bool), reason.
    Raises:
        InputError: no train photo of a landmark.
    Source: Boiarov & Tyantov 2019 (article); threshold and treatment of missing references: ours.
    """
    photos = manifest.photos[(manifest.photos["split"] == "train") & manifest.is_landmark]
    photos = photos[[p in table for p in photos["photo_id"]]]
    if photos.empty:
        raise InputError(
            "clean needs train photos of landmarks; this manifest has none. Check split and landmark_id."
        )
    references = {
        landmark: [p for p in group["photo_id"] if p in table]
        for landmark, group in manifest.references.groupby("landmark_id")
    }
    judged = sorted(set(photos["landmark_id"]) & {landmark for landmark, own in references.items() if own})
    distances = mean_reference_distances(
        table.rows(photos["photo_id"].tolist()), [table.rows(references[landmark]) for landmark in judged]
    )
    column = photos["landmark_id"].map(
        {landmark: c for c, landmark in enumerate(judged)}
    )  # NaN: no references
    own = _own_distances(distances, column.fillna(-1).to_numpy(dtype=int))
    has_references = ~np.isnan(own)
    threshold = config.threshold
    if threshold is None:
        is_other = np.arange(len(judged))[None, :] != column.fillna(-1).to_numpy()[:, None]
        others = distances[is_other & has_references[:, None]]
        # One landmark alone, or no reference at all: nothing to compare with, so nothing is dropped.
        threshold = equal_error_threshold(own[has_references], others) if others.size else 2.0
    is_reference = photos["photo_id"].isin(manifest.references["photo_id"]).to_numpy()
    keep = ~(own > threshold) | is_reference
    if config.second_look and not keep.all():
        own, threshold = _look_again(
            table.rows(photos["photo_id"].tolist()), column.fillna(-1).to_numpy(dtype=int), own, keep,
            is_reference, config.second_look,
        )  # fmt: skip
        keep = ~(own > threshold) | is_reference
    return pd.DataFrame(
        {
            "photo_id": photos["photo_id"].to_numpy(),
            "landmark_id": photos["landmark_id"].to_numpy(),
            "score": own,
            "threshold": threshold,
            "keep": keep,
            "reason": _reasons(own, threshold, is_reference),
        }
    )


def _look_again(vectors, column, own, keep, is_reference, k: int) -> tuple[np.ndarray, float]:
    """Scores and threshold of the second look: the first says how many are dropped, this one which."""
    again = nearest_kept_distances(vectors, column, keep, k)
    again[np.isnan(own)] = np.nan  # without references nobody was judged
    again = np.where(np.isnan(again), own, again)  # a lone photo has no witness: its first score stands
    judged = ~is_reference & ~np.isnan(own)
    return again, same_count_threshold(again[judged], int((~keep).sum()))


def _own_distances(
    distances: Float[np.ndarray, "N C"], column: Int[np.ndarray, " N"]
) -> Float[np.ndarray, " N"]:
    own = np.full(len(distances), np.nan)
    known = column >= 0
    own[known] = distances[np.flatnonzero(known), column[known]]
    return own


def _reasons(
    own: Float[np.ndarray, " N"], threshold: float, is_reference: Bool[np.ndarray, " N"]
) -> np.ndarray:
    near = np.where(
        own > threshold, "further from the photos trusted than the threshold", "close to the photos trusted"
    )
    return np.select(
        [is_reference, np.isnan(own)],
        ["a reference itself", "kept unjudged: no readable reference"],
        default=near,
    )


def cleaning_quality(cleaned: pd.DataFrame, wrong_photo_ids: set[str]) -> dict[str, float]:
    """How well the cleaner found photos that are known to be wrong.

    Args:
        cleaned: from `clean`.
        wrong_photo_ids: known wrong photos; all others count as right, though some are dirt of their own.
    Returns:
        cleaning_auroc (score as a detector of wrong photos), noise_dropped (share of wrong photos
        dropped), clean_dropped (share of other photos dropped), n_noise, n_other.
    Raises:
        InputError: no wrong photo, or no other, among those judged.
    """
    from scipy.stats import rankdata

    judged = cleaned[cleaned["score"].notna()]
    wrong = judged["photo_id"].isin(wrong_photo_ids).to_numpy()
    n_wrong, n_other = int(wrong.sum()), int((~wrong).sum())
    if not n_wrong or not n_other:
        raise InputError(
            f"cleaning_quality needs wrong and other photos; got {n_wrong} wrong and {n_other} other."
        )
    ranks = rankdata(judged["score"])
    auroc = (ranks[wrong].sum() - n_wrong * (n_wrong + 1) / 2) / (n_wrong * n_other)
    dropped = ~judged["keep"].to_numpy()
    return {
        "cleaning_auroc": float(auroc),
        "noise_dropped": float(dropped[wrong].mean()),
        "clean_dropped": float(dropped[~wrong].mean()),
        "n_noise": n_wrong,
        "n_other": n_other,
    }
