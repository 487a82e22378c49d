"""Complete-linkage trees: one landmark's photos, merged until they are too far apart, and cut into views.

Shapes: N photos of one landmark, D embedding size.
Source: Boiarov & Tyantov 2019 (article). The fallback and the sample are ours.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from scipy.cluster.hierarchy import fcluster, linkage

from sightlab.checks import InputError, check_columns, check_count, check_range, check_unique, check_unit_rows
from sightlab.data.manifest import NON_LANDMARK

if TYPE_CHECKING:
    from sightlab.nets.embedding import EmbeddingTable

MAX_SAMPLE = 5000  # photos of one landmark in one tree: 0.3 GB and 3 s on one slow core
_ROWS = 512  # photos compared with all others at once


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
    """The views of one landmark, most photographed view first."""

    views: list[Int[np.ndarray, " _"]]  # indices into its photos
    heights: list[Float[np.ndarray, " _"]]  # of the merges inside each view, rising; the last is its diameter
    n_in_tree: int  # photos that were clustered: fewer than there are where a sample was drawn
    is_fallback: bool  # no cluster was large enough, so the largest stands in


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
    return linkage(condensed_distances(vectors), method="complete")


def condensed_distances(vectors: Float[np.ndarray, "N D"]) -> Float[np.ndarray, " pairs"]:
    """Distance of every pair of photos, in scipy's order: (0, 1), (0, 2), ..., (1, 2), ...

    By products of double precision: 5,000 photos take a second where `pdist` takes three. Two equal photos
    may come out as far as 1e-7 apart.
    """
    x = vectors.astype(np.float64)
    n, squares = len(x), np.einsum("nd,nd->n", x, x)
    condensed, at = np.empty(n * (n - 1) // 2), 0
    for first in range(0, n, _ROWS):
        stop = min(first + _ROWS, n)
        products = x[first:stop] @ x[first:].T
        for i in range(stop - first):
            row = slice(at, at + n - first - i - 1)
            condensed[row] = squares[first + i] + squares[first + i + 1 :] - 2 * products[i, i + 1 :]
            at = row.stop
    np.maximum(condensed, 0.0, out=condensed)
    return np.sqrt(condensed, out=condensed)


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
    sample, min_photos = sample_for_tree(len(vectors), config.min_photos, config.max_sample, config.seed)
    if len(sample) == 1:  # a tree needs two leaves
        return LandmarkViews([sample], [np.empty(0)], 1, is_fallback=min_photos > 1)
    return views_below(linkage_of(vectors[sample]), sample, config.max_diameter, min_photos)


def views_below(
    tree: Float[np.ndarray, "merges 4"], photos: Int[np.ndarray, " N"], max_diameter: float, min_photos: int
) -> LandmarkViews:
    """A tree cut into views; a stored tree can be cut again and again.

    Args:
        tree: from `linkage_of`.
        photos: (N,) the index of each leaf.
        max_diameter: where to cut, (0, 2].
        min_photos: smallest view kept, >= 1.
    Returns:
        As `landmark_views`.
    """
    cluster = fcluster(tree, t=max_diameter, criterion="distance")  # (N,) ids from 1
    heights = _heights_inside(tree, cluster, max_diameter)
    members = [np.flatnonzero(cluster == c) for c in range(1, cluster.max() + 1)]
    order = sorted(range(len(members)), key=lambda c: (-len(members[c]), members[c][0]))
    valid = [c for c in order if len(members[c]) >= min_photos]
    kept = valid or order[:1]
    views = [photos[members[c]] for c in kept]
    return LandmarkViews(views, [heights[c] for c in kept], len(photos), is_fallback=not valid)


def _heights_inside(tree: np.ndarray, cluster: np.ndarray, max_diameter: float) -> list[np.ndarray]:
    """Heights of the merges inside each cluster: those below the cut, by any leaf under them."""
    n = len(cluster)
    leaf = np.arange(2 * n - 1)  # some leaf under each node
    for i, child in enumerate(tree[:, 0].astype(int)):
        leaf[n + i] = leaf[child]
    below = tree[:, 2] <= max_diameter
    owner = cluster[leaf[n:]]
    return [np.sort(tree[below & (owner == c), 2]) for c in range(1, cluster.max() + 1)]


def sample_for_tree(n: int, min_photos: int, max_sample: int, seed: int) -> tuple[Int[np.ndarray, " m"], int]:
    """Which of n photos enter the tree, in order, and the smallest valid view among so many."""
    if n <= max_sample:
        return np.arange(n), min_photos
    chosen = np.sort(np.random.default_rng(seed).choice(n, size=max_sample, replace=False))
    return chosen, max(1, round(min_photos * max_sample / n))


def by_landmark(
    table: "EmbeddingTable", photos: pd.DataFrame
) -> Iterator[tuple[str, np.ndarray, Float[np.ndarray, "N D"]]]:
    """Each landmark with its photo ids, sorted, and their embeddings; so that row order never matters.

    Args:
        table: embeddings; only its `rows(photo_ids)` is used.
        photos: photo_id, landmark_id of photos of landmarks.
    Raises:
        InputError: no photo, a photo twice, a non-landmark photo, an embedding that is not finite.
        KeyError: a photo without an embedding.
    """
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
