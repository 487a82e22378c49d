"""One centroid, several, the photos themselves, or other summaries: what stands best for a landmark?

Shapes: Q photos, L landmarks, N train photos, D embedding size.
All ways answer by plain cosine, so that only the summary differs; the cut study does the same for many cuts.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Float, Shaped

from sightlab.evaluation import metrics
from sightlab.evaluation.score_study import Scored
from sightlab.recognition.centroids import build_gallery
from sightlab.recognition.gallery import CentroidGallery
from sightlab.recognition.trees import (
    MAX_SAMPLE,
    CentroidConfig,
    by_landmark,
    linkage_of,
    sample_for_tree,
    views_below,
)

if TYPE_CHECKING:
    from sightlab.nets.embedding import EmbeddingTable

SEVERAL = "centroids of complete linkage"
ONE = "one centroid, the mean of all"
BY_TRUTH, BY_CENTROID = "true view", "nearest own centroid"  # what minority views are told by


def summaries(
    table: "EmbeddingTable",
    photos: pd.DataFrame,
    gallery: CentroidGallery,
    vectors: Float[np.ndarray, "Q D"],
    seed: int = 0,
) -> dict[str, Scored]:
    """Scores of Q photos under each way to stand for a landmark.

    Args:
        table, photos: embeddings, and photo_id, landmark_id of the kept train photos.
        gallery: the centroids in use, made of these photos.
        vectors: (Q, D) unit rows of the photos asked about.
        seed: of k-means.
    Returns:
        Name -> similarity and best landmark. K-means gets as many centers a landmark as it has centroids.
    """
    one = build_gallery(table, photos, CentroidConfig(max_diameter=2.0, min_photos=1))
    counts = gallery.table.groupby("landmark_id").size()
    k_means, names, everything, owners = [], [], [], []
    for name, _, own in by_landmark(table, photos):
        centers = _k_means(own, int(counts[name]), seed)
        k_means.append(centers)
        names += [name] * len(centers)
        everything.append(own)
        owners += [name] * len(own)
    medoids = table.rows(gallery.table["medoid_photo_id"].tolist())
    photos_of, owners = np.concatenate(everything), np.array(owners, dtype=object)
    return {
        SEVERAL: _nearest(vectors, gallery.vectors, gallery.landmark_ids),
        ONE: _nearest(vectors, one.vectors, one.landmark_ids),
        "medoids of the same views": _nearest(vectors, medoids, gallery.landmark_ids),
        "k-means, as many": _nearest(vectors, np.concatenate(k_means), np.array(names, dtype=object)),
        "nearest photo": _nearest(vectors, photos_of, owners),
        "mean of 3 nearest photos": _mean_of_nearest(vectors, photos_of, owners, 3),
    }


def minority_view(
    gallery: CentroidGallery, vectors: Float[np.ndarray, "Q D"], truth: Shaped[np.ndarray, " Q"]
) -> Shaped[np.ndarray, " Q"]:
    """Which landmark photos are nearest to another view of their landmark than the most photographed one.

    For where nobody knows the views (`minority_true_view`). It is a guess by the very centroids that it is to
    judge, and favors them: a photo of another view that they miss does not count.

    Returns:
        (Q,) bool; False for distractors and landmarks with one view.
    """
    view = gallery.table["view"].to_numpy()
    found = np.zeros(len(truth), dtype=bool)
    for name in np.unique(gallery.landmark_ids[view > 0]):
        rows, own = np.flatnonzero(gallery.landmark_ids == name), np.flatnonzero(truth == name)
        if len(own):
            found[own] = view[rows[(vectors[own] @ gallery.vectors[rows].T).argmax(axis=1)]] > 0
    return found


def minority_true_view(
    views: Shaped[np.ndarray, " Q"],
    truth: Shaped[np.ndarray, " Q"],
    known_views: Shaped[np.ndarray, " N"],
    known_landmarks: Shaped[np.ndarray, " N"],
) -> Shaped[np.ndarray, " Q"]:
    """Which landmark photos were taken as another view than most train photos of their landmark.

    Args:
        views, truth: (Q,) kind of view, "" where unknown, and landmark of the photos asked about.
        known_views, known_landmarks: (N,) the same of train photos. Of views photographed equally often the
            one that sorts first counts as the most photographed.
    Returns:
        (Q,) bool; False for distractors, unknown views, and landmarks without a train photo of known view.
    """
    train = pd.DataFrame({"view": known_views, "landmark": known_landmarks})
    counts = train[train["view"] != ""].groupby(["landmark", "view"], sort=True).size()
    found = np.zeros(len(truth), dtype=bool)
    for name, of_landmark in counts.groupby(level="landmark"):
        most = of_landmark.index[of_landmark.to_numpy().argmax()][1]
        found |= (truth == name) & (views != most) & (views != "")
    return found


def cut_study(
    table: "EmbeddingTable",
    photos: pd.DataFrame,
    vectors: Float[np.ndarray, "Q D"],
    truth: Shaped[np.ndarray, " Q"],
    min_photos: int,
    cuts: Sequence[float],
    fpr: float = 0.01,
    max_sample: int = MAX_SAMPLE,
    seed: int = 0,
) -> pd.DataFrame:
    """What each cut does to the centroids, and to sensitivity by plain cosine. Trees are built once.

    Args:
        table, photos: embeddings, and photo_id, landmark_id of the kept train photos.
        vectors, truth: photos asked about; tune, since a cut is chosen with it.
        min_photos: smallest valid view.
        cuts: values of `max_diameter`, (0, 2].
        fpr: at which sensitivity is read off.
        max_sample, seed: as in `CentroidConfig`.
    Returns:
        A row for each cut: max_diameter, n_centroids, share_multiple (landmarks with several), n_fallback
        (landmarks without a valid view), share_used (photos inside some view, of those in the trees),
        sensitivity, confusion_rate, closed_set_accuracy.
    """
    CentroidConfig(min_photos=min_photos, max_sample=max_sample)  # its checks
    trees = []
    for name, _, of_landmark in by_landmark(table, photos):
        sample, smallest = sample_for_tree(len(of_landmark), min_photos, max_sample, seed)
        own = of_landmark[sample]
        trees.append((name, own, linkage_of(own) if len(own) > 1 else None, smallest))
    n_in_trees = sum(len(own) for _, own, _, _ in trees)
    rows = []
    for cut in cuts:
        centroids, names, used, n_fallback, n_multiple = [], [], 0, 0, 0
        for name, own, tree, smallest in trees:
            if tree is None:
                views, is_fallback = [np.zeros(1, dtype=int)], smallest > 1
            else:
                found = views_below(tree, np.arange(len(own)), cut, smallest)
                views, is_fallback = found.views, found.is_fallback
            centroids += [own[view].mean(axis=0) for view in views]
            names += [name] * len(views)
            used += sum(map(len, views))
            n_fallback += is_fallback
            n_multiple += len(views) > 1
        scored = _nearest(vectors, _unit(np.stack(centroids)), np.array(names, dtype=object))
        point = metrics.sensitivity_at_fpr(scored.similarity, scored.best, truth, fpr)
        rows.append(
            {
                "max_diameter": cut,
                "n_centroids": len(centroids),
                "share_multiple": n_multiple / len(trees),
                "n_fallback": n_fallback,
                "share_used": used / n_in_trees,
                "sensitivity": point.sensitivity,
                "confusion_rate": point.confusion_rate,
                "closed_set_accuracy": metrics.closed_set_accuracy(scored.best, truth),
            }
        )
    return pd.DataFrame(rows)


def _nearest(vectors: np.ndarray, known: np.ndarray, owners: np.ndarray) -> Scored:
    cosine = vectors @ known.T.astype(vectors.dtype)
    best = cosine.argmax(axis=1)
    return Scored(cosine[np.arange(len(vectors)), best].astype(np.float64), owners[best])


def _mean_of_nearest(vectors: np.ndarray, known: np.ndarray, owners: np.ndarray, k: int) -> Scored:
    names = np.unique(owners)
    cosine = vectors @ known.T
    means = np.stack([np.sort(cosine[:, owners == n], axis=1)[:, -k:].mean(axis=1) for n in names], axis=1)
    best = means.argmax(axis=1)
    return Scored(means[np.arange(len(vectors)), best].astype(np.float64), names[best])


def _k_means(own: np.ndarray, k: int, seed: int) -> np.ndarray:
    """(k, D) unit centers."""
    from sklearn.cluster import KMeans

    if k == 1 or len(own) <= k:
        return _unit(own.mean(axis=0, keepdims=True))
    return _unit(KMeans(k, n_init=5, random_state=seed).fit(own).cluster_centers_.astype(np.float32))


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
