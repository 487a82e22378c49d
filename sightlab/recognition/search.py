"""Search: the best landmarks of each photo and how near they are, before any threshold.

Shapes: Q photos, D embedding size, K centroids, L landmarks of the gallery, R ranks (best landmark first).
The search is exact: one matrix product with every centroid.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from sightlab.checks import InputError, check_columns, check_count, check_range, check_unique, check_unit_rows
from sightlab.recognition.gallery import CentroidGallery
from sightlab.recognition.geo import has_position, inside_square

if TYPE_CHECKING:
    from sightlab.nets.embedding import EmbeddingTable


@dataclass(frozen=True)
class RecognizerConfig:
    """How a photo is searched."""

    square_km: float = 1.0  # side of the square around the camera, (0, 1000] km
    max_landmarks: int = 3  # most landmarks named for one photo
    chunk: int = 1024  # photos searched at once; bounds memory, does not change answers

    def __post_init__(self):
        check_range(self.square_km, "square_km", 0, 1000, low_open=True)
        check_count(self.max_landmarks, "max_landmarks")
        check_count(self.chunk, "chunk")


@dataclass(frozen=True, eq=False)
class Matches:
    """Best landmarks of Q photos, before any threshold; the first of R ranks is the best.

    A photo with coordinates is matched inside its square only; if the square is empty, in the whole world.
    """

    landmark: Int[np.ndarray, "Q R"]  # index into `LandmarkSearch.landmark_ids`; -1: no further landmark
    centroid: Int[np.ndarray, "Q R"]  # row of the gallery that matched; -1 likewise
    similarity: Float[np.ndarray, "Q R"]  # cosine, [-1, 1]; NaN likewise
    reference_distance: Float[np.ndarray, "Q R"]  # mean distance to the references, [0, 2]; NaN without any
    has_position: Bool[np.ndarray, " Q"]
    is_square_empty: Bool[np.ndarray, " Q"]  # has a position, but no landmark is near


class LandmarkSearch:
    """Gallery, landmark positions and references, ready to be searched.

    Args:
        gallery: the centroids.
        landmarks: landmark_id, name, city, country, lat, lon; every landmark of the gallery, others are
            ignored.
        reference_vectors: landmark_id -> (R, D) unit rows; a landmark may have none.
        config: square, ranks, chunk.
    Raises:
        InputError: a landmark of the gallery that is missing in `landmarks`; references of another size
            than the centroids, or not of unit norm.
    """

    def __init__(
        self,
        gallery: CentroidGallery,
        landmarks: pd.DataFrame,
        reference_vectors: Mapping[str, np.ndarray],
        config: RecognizerConfig | None = None,
    ):
        self.gallery = gallery
        self.config = config or RecognizerConfig()
        self.landmark_ids, self._start = np.unique(gallery.landmark_ids.astype(str), return_index=True)
        self._stop = np.append(self._start[1:], len(gallery))
        self._landmark_of = np.repeat(np.arange(len(self.landmark_ids)), self._stop - self._start)  # (K,)
        self.landmarks = _facts(landmarks, self.landmark_ids)
        self._lat, self._lon = (self.landmarks[c].to_numpy(dtype=np.float64) for c in ("lat", "lon"))
        known = set(self.landmark_ids)
        self.reference_vectors = {
            str(name): np.asarray(vectors, dtype=np.float32)
            for name, vectors in reference_vectors.items()
            if name in known and len(vectors)
        }
        for name, vectors in self.reference_vectors.items():
            check_unit_rows(vectors, f"references of {name}")
            self._check_size(vectors, f"references of {name}")
        self._references = [self.reference_vectors.get(str(name)) for name in self.landmark_ids]

    def match(
        self,
        vectors: Float[np.ndarray, "Q D"],
        lat: Float[np.ndarray, " Q"] | None = None,
        lon: Float[np.ndarray, " Q"] | None = None,
    ) -> Matches:
        """The best landmarks of each photo.

        Args:
            vectors: (Q, D) unit rows.
            lat, lon: (Q,) of the camera, degrees; NaN, or None for all, when unknown.
        Returns:
            R = max(2, max_landmarks) ranks for each photo; at equal similarity the landmark that sorts
            first wins.
        Raises:
            InputError: rows not of unit norm, another size than the centroids, coordinates out of range.
        """
        check_unit_rows(vectors, "vectors")
        self._check_size(vectors, "vectors")
        n, ranks = len(vectors), max(2, self.config.max_landmarks)
        lat = np.full(n, np.nan) if lat is None else np.asarray(lat, dtype=np.float64)
        lon = np.full(n, np.nan) if lon is None else np.asarray(lon, dtype=np.float64)
        if len(lat) != n or len(lon) != n:
            raise InputError(
                f"Expected lat and lon for each of {n} photos; got {len(lat)} and {len(lon)} in match. "
                "Write NaN where the position is unknown."
            )
        landmark, centroid = np.full((n, ranks), -1), np.full((n, ranks), -1)
        similarity = np.full((n, ranks), np.nan)
        is_empty = np.zeros(n, dtype=bool)
        for first in range(0, n, self.config.chunk):
            part = slice(first, first + self.config.chunk)
            products = self._products(vectors[part])  # (q, K)
            is_empty[part] = self._hide_outside(products, lat[part], lon[part])
            self._rank(products, landmark[part], centroid[part], similarity[part])
        distance = self._reference_distances(vectors, landmark)
        return Matches(landmark, centroid, similarity, distance, has_position(lat, lon), is_empty)

    def landmark_similarities(self, vectors: Float[np.ndarray, "Q D"]) -> Float[np.ndarray, "Q L"]:
        """Similarity of each photo to the best centroid of every landmark, [-1, 1]."""
        self._check_size(vectors, "vectors")
        return np.maximum.reduceat(self._products(vectors), self._start, axis=1)

    def neighbors(self) -> list[Int[np.ndarray, " _"]]:
        """For each landmark of known position: the landmarks in the square around it, itself among them."""
        found = []
        for row in np.flatnonzero(has_position(self._lat, self._lon)):
            here = slice(row, row + 1)
            side = self.config.square_km
            inside = inside_square(self._lat[here], self._lon[here], self._lat, self._lon, side)
            found.append(np.flatnonzero(inside[0]))
        return found

    def _products(self, vectors: np.ndarray) -> np.ndarray:
        """(Q, K) similarities; rounding may leave them a hair outside [-1, 1], so they are clipped."""
        vectors = vectors.astype(np.float32, copy=False)
        if len(vectors) == 1:  # a matrix-vector product is twice as fast as a matrix product with one row
            products = (self.gallery.vectors @ vectors[0])[None]
        else:
            products = vectors @ self.gallery.vectors.T
        return np.clip(products, -1, 1, out=products)

    def _hide_outside(self, products: np.ndarray, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        """Set the similarity of centroids outside a camera's square to -inf; which squares are empty."""
        known = np.flatnonzero(has_position(lat, lon))
        is_empty = np.zeros(len(lat), dtype=bool)
        if len(known):
            inside = inside_square(lat[known], lon[known], self._lat, self._lon, self.config.square_km)
            is_near = inside.any(axis=1)
            is_empty[known[~is_near]] = True
            for q, row in zip(known[is_near], inside[is_near], strict=True):
                products[q, ~row[self._landmark_of]] = -np.inf
        return is_empty

    def _rank(
        self, products: np.ndarray, landmark: np.ndarray, centroid: np.ndarray, similarity: np.ndarray
    ) -> None:
        """Fill one column per rank: take the best centroid, then hide all centroids of its landmark."""
        rows = np.arange(len(products))
        for r in range(landmark.shape[1]):
            best = products.argmax(axis=1)
            value = products[rows, best]
            found = np.flatnonzero(value > -np.inf)
            landmark[found, r] = self._landmark_of[best[found]]
            centroid[found, r] = best[found]
            similarity[found, r] = value[found]
            for q in found:
                hit = landmark[q, r]
                products[q, self._start[hit] : self._stop[hit]] = -np.inf

    def _reference_distances(self, vectors: np.ndarray, landmark: np.ndarray) -> np.ndarray:
        """(Q, R) mean distance of each photo to the references of its ranked landmarks."""
        distances = np.full(landmark.shape, np.nan)
        for q, r in np.argwhere(landmark >= 0):
            references = self._references[landmark[q, r]]
            if references is not None:
                distances[q, r] = np.linalg.norm(references - vectors[q], axis=1).mean()
        return distances

    def _check_size(self, vectors: np.ndarray, name: str) -> None:
        wanted = self.gallery.vectors.shape[1]
        if vectors.shape[1] != wanted:
            raise InputError(
                f"Expected embeddings of {wanted} numbers, as the centroids; got {vectors.shape[1]} in "
                f"{name}. Embed the photos with the network that made the gallery."
            )


def reference_vectors(table: "EmbeddingTable", references: pd.DataFrame) -> dict[str, np.ndarray]:
    """Embeddings of the hand-picked photos of each landmark.

    Args:
        table: embeddings; `rows` and `in` are used.
        references: landmark_id, photo_id.
    Returns:
        landmark_id -> (R, D). References without an embedding (unreadable, already in the ledger) are left
        out.
    """
    check_columns(references, ("landmark_id", "photo_id"), "references")
    kept = references[[photo_id in table for photo_id in references["photo_id"]]]
    groups = kept.groupby("landmark_id")["photo_id"]
    return {str(name): table.rows(photo_ids.to_numpy(dtype=object)) for name, photo_ids in groups}


def _facts(landmarks: pd.DataFrame, landmark_ids: np.ndarray) -> pd.DataFrame:
    """One row per landmark of the gallery, in its order, with "" for unknown words and NaN for positions."""
    check_columns(landmarks, ("landmark_id", "name", "city", "country", "lat", "lon"), "landmarks")
    check_unique(landmarks["landmark_id"], "landmark_id in landmarks")
    missing = sorted(set(landmark_ids) - set(landmarks["landmark_id"].astype(str)))
    if missing:
        raise InputError(
            "Expected every landmark of the gallery in the table of landmarks; got no row for "
            f"{len(missing)}: {', '.join(missing[:5])}. Add them to landmarks.csv, or build the gallery "
            "again."
        )
    facts = landmarks.assign(landmark_id=landmarks["landmark_id"].astype(str)).set_index("landmark_id")
    facts = facts.loc[landmark_ids].reset_index()[["landmark_id", "name", "city", "country", "lat", "lon"]]
    words = ["name", "city", "country"]
    return facts.assign(**{c: facts[c].astype(object).where(facts[c].notna(), "") for c in words})
