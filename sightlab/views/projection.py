"""Embeddings on a plane: UMAP coordinates, computed once and kept.

Shapes: N photos, D embedding size. Only coordinates are stored: a fitted UMAP can be kept by pickle alone.
Source: McInnes et al. 2018 (UMAP). Settings: ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.checks import InputError, check_unit_rows

if TYPE_CHECKING:
    from sightlab.nets.embedding import EmbeddingTable
    from sightlab.workspace import Workspace

VERSION = 1
MOST_EXACT = 50_000  # photos whose neighbors are found exactly; above it by UMAP's approximate search
FEWEST_PHOTOS = 10  # below it UMAP's neighbor graph has no structure; principal axes are shown instead


@dataclass(frozen=True)
class UmapConfig:
    """How the plane is laid out."""

    neighbors: int = 15  # photos that count as near, >= 2; larger shows more of the whole
    min_dist: float = 0.1  # least gap between points on the plane, [0, 1]
    epochs: int = 200  # layout steps, >= 1; more change details, not what lies beside what
    seed: int = 0  # of the layout

    def __post_init__(self):
        if self.neighbors < 2:
            raise ValueError(f"neighbors={self.neighbors} is below 2: a photo is its own first neighbor.")
        if not 0 <= self.min_dist <= 1:
            raise ValueError(f"min_dist={self.min_dist} is outside [0, 1]: UMAP's spread is 1 here.")
        if self.epochs < 1:
            raise ValueError(f"epochs={self.epochs} is below 1: photos would stay at their first place.")


def umap_coordinates(
    table: EmbeddingTable, workspace: Workspace | None = None, config: UmapConfig | None = None
) -> pd.DataFrame:
    """Position of every photo on the UMAP plane.

    One thread and a fixed seed: the same embeddings give the same plane on the same machine.

    Args:
        table: embeddings, (N, D) unit rows, N >= 3.
        workspace: keeps the coordinates under the key of table and settings; None: computed now.
        config: settings, `UmapConfig()` if None.
    Returns:
        Columns photo_id, x, y in the order of the table; each axis centered at its median.
    Raises:
        InputError: fewer than three photos, or rows that are not unit vectors.
    """
    config = config or UmapConfig()
    if len(table) < 3:
        raise InputError(
            f"table must hold at least 3 photos to be laid out on a plane; got {len(table)}. "
            "Embed more photos, or look at their similarities directly."
        )
    check_unit_rows(table.vectors, name="table.vectors")

    def make() -> pd.DataFrame:
        xy = _plane(table.vectors, config)
        return pd.DataFrame(
            {"photo_id": np.asarray(table.photo_ids, dtype=str), "x": xy[:, 0], "y": xy[:, 1]}
        )

    if workspace is None:
        return make()
    return workspace.table("umap", VERSION, config, [table.key], make)


def _plane(vectors: np.ndarray, config: UmapConfig) -> np.ndarray:
    """(N, 2) float64."""
    vectors = np.asarray(vectors, np.float32)
    if len(vectors) < FEWEST_PHOTOS:
        centered = vectors - vectors.mean(axis=0)
        left, scale, _ = np.linalg.svd(centered.astype(np.float64), full_matrices=False)
        xy = (left * scale)[:, :2]
        if xy.shape[1] < 2:
            xy = np.column_stack([xy, np.zeros(len(xy))])
    else:
        xy = _umap(vectors, config)
    return xy - np.median(xy, axis=0)


def _umap(vectors: np.ndarray, config: UmapConfig) -> np.ndarray:
    import warnings

    with warnings.catch_warnings():
        # umap and numba announce changes of their own dependencies; nothing a reader of the map can act on
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", category=FutureWarning)
        # with given neighbors UMAP cannot place new photos later; nobody asks it to
        warnings.filterwarnings("ignore", message="precomputed_knn")
        import umap

        near = min(config.neighbors, len(vectors) - 1)
        exact = len(vectors) <= MOST_EXACT
        reducer = umap.UMAP(
            n_neighbors=near,
            min_dist=config.min_dist,
            n_epochs=config.epochs,
            metric="cosine",
            random_state=config.seed,
            n_jobs=1,  # with random_state: no warning, and exact repetition
            init="pca",  # the spectral start fails on graphs that fall apart, which landmarks do
            precomputed_knn=(*nearest(vectors, near), None) if exact else (None, None, None),
            force_approximation_algorithm=True,  # otherwise UMAP ignores given neighbors of few photos
        )
        return np.asarray(reducer.fit_transform(vectors), np.float64)


def nearest(vectors: np.ndarray, k: int, chunk: int = 1024) -> tuple[np.ndarray, np.ndarray]:
    """Exact nearest photos of each photo, itself first.

    UMAP's own approximate search gives about the same neighbors, but compiles for a minute first.

    Args:
        vectors: (N, D) float32 unit rows.
        k: neighbors, the photo itself among them, 1 <= k <= N.
        chunk: photos compared with all others at once.
    Returns:
        (N, k) row numbers and (N, k) cosine distances 1 - similarity in [0, 2], nearest first.
    """
    n = len(vectors)
    rows, distances = np.empty((n, k), np.int32), np.empty((n, k), np.float32)
    for start in range(0, n, chunk):
        own = np.arange(start, min(start + chunk, n))
        distance = np.maximum(1 - vectors[own] @ vectors.T, 0)  # (chunk, N)
        distance[own - start, own] = -1  # a photo comes before its own duplicates
        part = np.argpartition(distance, k - 1, axis=1)[:, :k]
        part = np.take_along_axis(
            part, np.argsort(np.take_along_axis(distance, part, 1), axis=1, kind="stable"), 1
        )
        rows[own] = part
        distances[own] = np.maximum(np.take_along_axis(distance, part, 1), 0)
    return rows, distances
