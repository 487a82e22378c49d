"""Cleaning by references: which of the photos filed under a landmark really show it.

By hand 3-5 reference photos per landmark; the score of a photo is its *mean distance* to them; above
a threshold it is dropped. References show a few angles, the photos near them many more: a second look drops
as many photos, but those that are furthest from the photos that the first look kept.

Shapes: N photos, C landmarks, R references of a landmark, D embedding size.
Source: Boiarov & Tyantov 2019 (article). The threshold rule and the second look: ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from sightlab.checks import InputError, check_count, check_range
from sightlab.data.manifest import Manifest
from sightlab.learning.cleaning_distances import (
    equal_error_of_all,
    own_reference_distances,
    rows_by_landmark,
)
from sightlab.nets.embedding import EmbeddingTable

if TYPE_CHECKING:
    from sightlab.nets.cluster import Cluster

PAIRS = 1 << 22  # distances between photos of one landmark held at a time: 32 MB


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
    for _, rows in rows_by_landmark(column):
        kept = rows[keep[rows]]
        step = max(1, PAIRS // max(1, len(kept)))
        for start in range(0, len(rows), step):
            some = rows[start : start + step]
            found[some] = _nearest(vectors, some, kept, keep, k)
    return found


def _nearest(vectors, rows, kept, keep, k: int) -> np.ndarray:
    """Mean distance of some photos to the k nearest of `kept`, photos of the same landmark."""
    distance = np.sqrt(np.maximum(2 - 2 * vectors[rows] @ vectors[kept].T, 0)).astype(np.float64)
    distance[rows[:, None] == kept[None, :]] = np.inf  # no photo is its own witness
    if k < len(kept):
        distance = np.partition(distance, k, axis=1)[:, :k]
    distance.sort(axis=1)
    number = np.minimum(len(kept) - keep[rows], k)  # of others to ask
    found = np.full(len(rows), np.nan)
    for n in np.unique(number[number > 0]):
        found[number == n] = distance[number == n, :n].mean(axis=1)
    return found


def same_count_threshold(score: Float[np.ndarray, " N"], n_dropped: int) -> float:
    """The largest score that is kept when the n_dropped largest are dropped."""
    return float(np.sort(score)[::-1][min(n_dropped, len(score) - 1)])


def clean(
    table: EmbeddingTable, manifest: Manifest, config: CleaningConfig, cluster: Cluster | None = None
) -> pd.DataFrame:
    """Verdict on every train photo of a landmark in `manifest`, one row each, manifest order.

    References are always kept. A landmark without readable references cannot be judged: its photos are
    kept with that reason, never dropped in silence. Where there is no second landmark to compare with, the
    equal-error rule cannot cut: the threshold is then 2, the largest distance there is, and all are kept.

    Args:
        table: embeddings of these photos and of all references, by the network of the stage before.
        manifest: the photos to judge (say, one region); other splits and non-landmarks are left out.
        config: the threshold rule.
        cluster: who compares photos with other landmarks; None: this process.
    Returns:
        photo_id, landmark_id, score ([0, 2], lower = closer, NaN without references: mean distance to the
        nearest kept photos, or with second_look=0 to the references), threshold, keep (bool), reason.
    Raises:
        InputError: no train photo of a landmark; on a cluster also see `mapped`.
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
    vectors = table.rows(photos["photo_id"].tolist())
    own_references = [table.rows(references[landmark]) for landmark in judged]
    column = photos["landmark_id"].map({landmark: c for c, landmark in enumerate(judged)})
    column = column.fillna(-1).to_numpy(dtype=int)  # -1: no references
    own = own_reference_distances(vectors, own_references, column)
    threshold = config.threshold
    if threshold is None:
        has_references = column >= 0
        # One landmark alone, or no reference at all: nothing to compare with, so nothing is dropped.
        threshold = 2.0
        if len(judged) > 1:
            mine = vectors if has_references.all() else vectors[has_references]
            threshold = equal_error_of_all(
                mine, own_references, column[has_references], own[has_references], _counting_of(cluster)
            )
    is_reference = photos["photo_id"].isin(manifest.references["photo_id"]).to_numpy()
    keep = ~(own > threshold) | is_reference
    if config.second_look and not keep.all():
        own, threshold = _look_again(vectors, column, own, keep, is_reference, config.second_look)
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


def _counting_of(cluster: Cluster | None):
    """What counts distances to other landmarks; None: this process."""
    if cluster is None:
        return None
    from sightlab.learning.cleaning_ray import counting_on

    return counting_on(cluster)


def _look_again(vectors, column, own, keep, is_reference, k: int) -> tuple[np.ndarray, float]:
    """Scores and threshold of the second look: the first says how many are dropped, this one which."""
    again = nearest_kept_distances(vectors, column, keep, k)
    again[np.isnan(own)] = np.nan  # without references nobody was judged
    again = np.where(np.isnan(again), own, again)  # a lone photo has no witness: its first score stands
    judged = ~is_reference & ~np.isnan(own)
    return again, same_count_threshold(again[judged], int((~keep).sum()))


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
