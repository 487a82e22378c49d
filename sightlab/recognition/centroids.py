"""Centroids: the few typical views that stand for one landmark.

Shapes: N photos of one landmark, D embedding size, K centroids of all landmarks.
Source: Boiarov & Tyantov 2019 (article). The cut, the fallback and the sample are ours.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist

from sightlab.checks import (
    InputError,
    check_columns,
    check_count,
    check_fraction,
    check_range,
    check_unique,
    check_unit_rows,
)
from sightlab.data.manifest import NON_LANDMARK
from sightlab.recognition.gallery import CentroidGallery

if TYPE_CHECKING:
    from sightlab.nets.embedding import EmbeddingTable

MAX_SAMPLE = 5000  # photos of one landmark in one tree: 0.5 GB of distances and 3 s


@dataclass(frozen=True)
class CentroidConfig:
    """Where each landmark's tree is cut, and which views are trusted."""

    max_diameter: float = 1.0  # largest distance inside one view; unit vectors, so (0, 2]
    min_photos: int = 5  # a view seen less often is not trusted; the article says 50 at 208 photos a landmark
    max_sample: int = MAX_SAMPLE  # photos of one landmark that enter the tree; of more, a seeded sample
    seed: int = 0  # of that sample

    def __post_init__(self):
        check_range(
            self.max_diameter,
            "max_diameter",
            0,
            2,
            low_open=True,
            advice="Embeddings have unit norm, so no two are further apart than 2.",
        )
        check_count(self.min_photos, "min_photos")
        check_count(self.max_sample, "max_sample", minimum=2)


@dataclass(frozen=True)
class LandmarkViews:
    """The views of one landmark: indices into its photos, most photographed view first."""

    views: list[Int[np.ndarray, " _"]]
    is_fallback: bool  # no cluster was large enough, so the largest stands in


def valid_minimum(median_class_size: float) -> int:
    """Smallest view worth trusting, scaled from the article's 50 photos at a median of 208 a landmark.

    Args:
        median_class_size: median number of kept train photos per landmark, > 0.
    Returns:
        max(5, 50 * median / 208), rounded half to even.
    Raises:
        InputError: a median that is not positive.
    Source: 50 photos from Boiarov & Tyantov 2019 (article); the scaling is ours.
    """
    check_range(median_class_size, "median_class_size", 0, low_open=True)
    return max(5, round(50 * median_class_size / 208))


def linkage_of(vectors: Float[np.ndarray, "N D"]) -> Float[np.ndarray, "merges 4"]:
    """Complete-linkage tree of one landmark's photos, in scipy's form: a row of N - 1 per merge.

    Args:
        vectors: (N, D) unit rows, N >= 2.
    Returns:
        (N - 1, 4): the two clusters merged, the largest distance between their photos, and the number of
        photos in the new cluster.
    Raises:
        InputError: fewer than two photos, or a row that is not of unit norm.
    """
    check_unit_rows(vectors, "vectors")
    if len(vectors) < 2:
        raise InputError(
            f"Expected at least 2 photos; got {len(vectors)} in linkage_of. A tree needs two leaves."
        )
    return linkage(vectors.astype(np.float64), method="complete", metric="euclidean")


def landmark_views(vectors: Float[np.ndarray, "N D"], config: CentroidConfig) -> LandmarkViews:
    """One landmark's photos, split into views no wider than `max_diameter`; views too small are dropped.

    Above `max_sample` photos only a seeded sample enters the tree, and the minimum shrinks by the same share.

    Args:
        vectors: (N, D) unit rows, all of one landmark.
        config: where to cut the tree, and the smallest view kept.
    Returns:
        At least one view. If none is large enough, the largest cluster alone, marked as fallback.
    Raises:
        InputError: no photo, or a row that is not of unit norm.
    Source: Boiarov & Tyantov 2019 (article). Fallback and sample: ours.
    """
    check_unit_rows(vectors, "vectors")
    if len(vectors) == 0:
        raise InputError(
            "Expected photos of a landmark; got none in landmark_views. Leave such a landmark out."
        )
    sample, min_photos = _sample(len(vectors), config.min_photos, config.max_sample, config.seed)
    if len(sample) == 1:
        return LandmarkViews([sample], is_fallback=min_photos > 1)  # a tree needs two leaves
    cluster = fcluster(linkage_of(vectors[sample]), t=config.max_diameter, criterion="distance")  # ids from 1
    clusters = [sample[cluster == c] for c in np.unique(cluster)]
    clusters.sort(key=lambda photos: (-len(photos), photos[0]))
    valid = [photos for photos in clusters if len(photos) >= min_photos]
    return LandmarkViews(valid or clusters[:1], is_fallback=not valid)


def build_gallery(
    table: "EmbeddingTable", photos: pd.DataFrame, config: CentroidConfig, key: str = ""
) -> CentroidGallery:
    """The centroids of every landmark.

    Args:
        table: embeddings; only its `rows(photo_ids)` is used.
        photos: photo_id, landmark_id of the kept train photos of landmarks. The order of rows does not
            matter.
        config: where to cut, and the smallest view kept.
        key: stored with the gallery.
    Returns:
        The gallery; a landmark with a single photo has that photo as its (fallback) centroid.
    Raises:
        InputError: no photo, a photo twice, a non-landmark photo, an embedding that is not of unit norm.
        KeyError: a photo without an embedding.
    """
    vectors, rows = [], []
    for landmark_id, photo_ids, of_landmark in _landmarks(table, photos):
        found = landmark_views(of_landmark, config)
        for view, index in enumerate(found.views):
            centroid, facts = _describe(of_landmark[index], photo_ids[index])
            vectors.append(centroid)
            row = {"centroid": len(rows), "landmark_id": landmark_id, "view": view}
            rows.append(row | facts | {"is_fallback": found.is_fallback})
    return CentroidGallery(np.stack(vectors).astype(np.float32), pd.DataFrame(rows), key)


def calibrate_cut(
    table: "EmbeddingTable",
    photos: pd.DataFrame,
    wanted_share: float = 0.20,
    min_photos: int = 5,
    max_sample: int = MAX_SAMPLE,
    seed: int = 0,
) -> tuple[float, pd.DataFrame]:
    """The `max_diameter` at which about `wanted_share` of the landmarks have more than one centroid.

    A small cut leaves clusters too small to be valid, a large one merges everything: the share rises and
    falls again. Every height at which any landmark's tree merges is tried. Of cuts that fit equally well
    the largest wins, because it discards the fewest photos.

    Args:
        table, photos: as `build_gallery`.
        wanted_share: of landmarks, [0, 1]; the article says about 20 %.
        min_photos: smallest valid view, >= 1.
        max_sample, seed: as in `CentroidConfig`.
    Returns:
        The cut, (0, 2], half-way between the merge heights between which nothing changes, and the curve:
        max_diameter, share_multiple, n_centroids, which hold from that height to the next row's.
    Raises:
        InputError, KeyError: as `build_gallery`; wanted_share outside [0, 1].
    Source: the share from Boiarov & Tyantov 2019 (article); the rule is ours.
    """
    check_fraction(wanted_share, "wanted_share")
    CentroidConfig(min_photos=min_photos, max_sample=max_sample)  # its checks
    steps, n_landmarks = [], 0
    for _, _, of_landmark in _landmarks(table, photos):
        sample, minimum = _sample(len(of_landmark), min_photos, max_sample, seed)
        steps.append(_valid_steps(of_landmark[sample], minimum))
        n_landmarks += 1
    height, multiple, centroids = np.concatenate(steps).T  # changes, at each height
    order = np.argsort(height, kind="stable")
    height = np.minimum(height[order], 2.0)
    last = np.append(height[1:] > height[:-1], True)  # merges at one height happen together
    curve = pd.DataFrame(
        {
            "max_diameter": height,
            "share_multiple": np.cumsum(multiple[order]) / n_landmarks,
            "n_centroids": np.cumsum(centroids[order]).astype(int),
        }
    )[last]
    changed = (curve[["share_multiple", "n_centroids"]].diff() != 0).any(axis=1)
    curve = curve[changed].reset_index(drop=True)
    miss = (curve["share_multiple"] - wanted_share).abs().to_numpy()
    best = int(np.flatnonzero(miss <= miss.min() + 1e-12)[-1])
    ends = np.append(curve["max_diameter"].to_numpy(), 2.0)
    return float((ends[best] + ends[best + 1]) / 2), curve


def _valid_steps(vectors: np.ndarray, min_photos: int) -> np.ndarray:
    """(merges + 1, 3) of one landmark: height, change of "has several centroids", change of centroids."""
    n = len(vectors)
    tree = linkage_of(vectors) if n > 1 else np.empty((0, 4))
    size = np.append(np.ones(n), tree[:, 3])
    valid = (size >= min_photos).astype(int)
    merged = tree[:, :2].astype(int)
    change = valid[n:] - valid[merged].sum(axis=1)
    n_valid = np.cumsum(np.append(valid[:n].sum(), change))  # after each merge
    height = np.append(0.0, tree[:, 2])
    return np.stack(
        [height, np.diff((n_valid > 1).astype(int), prepend=0), np.diff(np.maximum(n_valid, 1), prepend=0)],
        axis=1,
    )


def _describe(vectors: np.ndarray, photo_ids: np.ndarray) -> tuple[np.ndarray, dict]:
    """Unit centroid of one view, and its row of the table."""
    vectors = vectors.astype(np.float64)
    mean = vectors.mean(axis=0)  # inside the sphere
    norm = np.linalg.norm(mean)
    centroid = (
        mean / norm if norm > 1e-6 else vectors[0] / np.linalg.norm(vectors[0])
    )  # opposite photos cancel
    distances = np.linalg.norm(vectors - centroid, axis=1)
    return centroid, {
        "n_photos": len(vectors),
        "medoid_photo_id": photo_ids[np.argmin(distances)],
        "radius": float(distances.max()),
        "diameter": float(pdist(vectors).max()) if len(vectors) > 1 else 0.0,
    }


def _sample(n: int, min_photos: int, max_sample: int, seed: int) -> tuple[np.ndarray, int]:
    """Which photos enter the tree, in order, and the smallest valid view among so many."""
    if n <= max_sample:
        return np.arange(n), min_photos
    chosen = np.sort(np.random.default_rng(seed).choice(n, size=max_sample, replace=False))
    return chosen, max(1, round(min_photos * max_sample / n))


def _landmarks(table: "EmbeddingTable", photos: pd.DataFrame) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Each landmark with its photo ids, sorted, and their embeddings; so that row order never matters."""
    check_columns(photos, ("photo_id", "landmark_id"), "photos")
    if len(photos) == 0:
        raise InputError("Expected kept train photos of landmarks; got none. Check the cleaning threshold.")
    if (photos["landmark_id"] == NON_LANDMARK).any():
        raise InputError(
            f"Expected photos of landmarks; got {NON_LANDMARK!r} in "
            f"{(photos['landmark_id'] == NON_LANDMARK).sum()} rows of photos. Non-landmarks have no "
            "centroid: leave them out."
        )
    check_unique(photos["photo_id"], "photo_id of photos")
    for landmark_id, group in photos.groupby("landmark_id", sort=True):
        photo_ids = np.sort(group["photo_id"].to_numpy(dtype=object))
        vectors = table.rows(photo_ids)
        bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
        if len(bad):
            raise InputError(
                f"Expected finite embeddings; got NaN or infinity for photo {photo_ids[bad[0]]!r} of "
                f"{landmark_id}. Embed it again, or drop it."
            )
        yield str(landmark_id), photo_ids, vectors
