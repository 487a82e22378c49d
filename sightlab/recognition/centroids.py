"""Centroids: the few typical views that stand for one landmark.

Shapes: N photos of one landmark, D embedding size, K centroids of all landmarks.
Source: Boiarov & Tyantov 2019 (article).
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.checks import check_range
from sightlab.recognition.gallery import CentroidGallery
from sightlab.recognition.trees import CentroidConfig, by_landmark, landmark_views

if TYPE_CHECKING:
    from sightlab.nets.embedding import EmbeddingTable


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


def build_gallery(
    table: "EmbeddingTable",
    photos: pd.DataFrame,
    config: CentroidConfig,
    key: str = "",
    network_key: str = "",
    made: str = "",
) -> CentroidGallery:
    """The centroids of every landmark, each with the photos that made it.

    Args:
        table: embeddings; only its `rows(photo_ids)` is used.
        photos: photo_id, landmark_id of the kept train photos of landmarks. The order of rows does not
            matter.
        config: where to cut, and the smallest view kept.
        key: stored with the gallery.
        network_key: of the network that made the embeddings; recorded with each centroid.
        made: when, in words; likewise.
    Returns:
        The gallery; a landmark with a single photo has that photo as its (fallback) centroid.
    Raises:
        InputError: no photo, a photo twice, a non-landmark photo, an embedding that is not of unit norm.
        KeyError: a photo without an embedding.
    """
    vectors, rows = [], []
    for landmark_id, photo_ids, of_landmark in by_landmark(table, photos):
        found = landmark_views(of_landmark, config)
        facts = {"n_landmark_photos": len(photo_ids), "n_in_tree": found.n_in_tree}
        facts |= {"is_fallback": found.is_fallback, "network_key": network_key, "made": made}
        for view, (index, heights) in enumerate(zip(found.views, found.heights, strict=True)):
            centroid, own = _describe(of_landmark[index], photo_ids[index], heights)
            vectors.append(centroid)
            row = {"centroid": len(rows), "landmark_id": landmark_id, "view": view}
            rows.append(row | own | facts)
    return CentroidGallery(np.stack(vectors).astype(np.float32), pd.DataFrame(rows), key)


def _describe(vectors: np.ndarray, photo_ids: np.ndarray, heights: np.ndarray) -> tuple[np.ndarray, dict]:
    """Unit centroid of one view, and its row of the table."""
    vectors = vectors.astype(np.float64)
    mean = vectors.mean(axis=0)  # inside the sphere
    if np.linalg.norm(mean) <= 1e-6:
        mean = vectors[0]  # opposite photos cancel
    centroid = mean / np.linalg.norm(mean)
    distances = np.linalg.norm(vectors - centroid, axis=1)
    return centroid, {
        "n_photos": len(vectors),
        "medoid_photo_id": photo_ids[np.argmin(distances)],
        "radius": float(distances.max()),
        "diameter": float(heights[-1]) if len(heights) else 0.0,  # complete linkage: the highest merge
        "members": [str(photo_id) for photo_id in photo_ids],
        "merge_heights": [float(height) for height in heights],
    }
