"""Search: the best landmarks of each photo and how near they are, before any threshold.

Shapes: Q photos, D embedding size, K centroids, L landmarks of the gallery, R ranks (best landmark first),
P photos of the non-landmark pool.
The search is exact: one matrix product with every centroid.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from sightlab.checks import InputError, check_columns, check_count, check_range, check_unique, check_unit_rows
from sightlab.recognition.gallery import CentroidGallery
from sightlab.recognition.geo import has_position, in_square_of_each, inside_square
from sightlab.recognition.matches import Matches, Ranked
from sightlab.recognition.places import Places
from sightlab.recognition.similarity import SimilarityConfig, crowd_of, kept_pool, taken_off_for_rival
from sightlab.recognition.witnesses import Likeness, Witnesses

if TYPE_CHECKING:
    from sightlab.nets.embedding import EmbeddingTable


@dataclass(frozen=True)
class RecognizerConfig:
    """How a photo is searched."""

    square_km: float = 1.0  # side of the square around the camera, (0, 1000] km
    max_landmarks: int = 3  # most landmarks named for one photo
    witnesses: int = 3  # nearest photos of a landmark that the lead is measured by
    chunk: int = 1024  # photos searched at once; bounds memory, does not change answers
    similarity: SimilarityConfig = field(default_factory=SimilarityConfig)  # what is taken off the cosine

    def __post_init__(self):
        check_range(self.square_km, "square_km", 0, 1000, low_open=True)
        check_count(self.max_landmarks, "max_landmarks")
        check_count(self.witnesses, "witnesses")
        check_count(self.chunk, "chunk")

    @classmethod
    def from_dict(cls, values: dict) -> "RecognizerConfig":
        """What `dataclasses.asdict` made."""
        return cls(**(values | {"similarity": SimilarityConfig(**values["similarity"])}))


class LandmarkSearch:
    """Gallery, landmark positions, references and the non-landmark pool, ready to be searched.

    Args:
        gallery: the centroids.
        landmarks: landmark_id, name, city, country, lat, lon; every landmark of the gallery, others are
            ignored.
        reference_vectors: landmark_id -> (R, D) unit rows; a landmark may have none.
        config: square, ranks, chunk, similarity.
        pool: (P, D) unit rows, train photos of no landmark; None: nothing is taken off for the crowd.
        witnesses: kept photos of the landmarks; None: the lead is that of the cosine to the centroids.
    Raises:
        InputError: a landmark of the gallery that is missing in `landmarks`; references, pool or witnesses of
            another size than the centroids, or not of unit norm.
    """

    def __init__(
        self,
        gallery: CentroidGallery,
        landmarks: pd.DataFrame,
        reference_vectors: Mapping[str, np.ndarray],
        config: RecognizerConfig | None = None,
        pool: Float[np.ndarray, "P D"] | None = None,
        witnesses: Witnesses | None = None,
    ):
        self.gallery = gallery
        self.config = config or RecognizerConfig()
        self.landmark_ids, self._start = np.unique(gallery.landmark_ids.astype(str), return_index=True)
        self._stop = np.append(self._start[1:], len(gallery))
        n_views = self._stop - self._start
        self._most_views = int(n_views.max())
        self._landmark_of = np.repeat(np.arange(len(self.landmark_ids)), n_views)  # (K,)
        self.landmarks = _facts(landmarks, self.landmark_ids)
        self._lat, self._lon = (self.landmarks[c].to_numpy(dtype=np.float64) for c in ("lat", "lon"))
        known = set(self.landmark_ids)
        self.reference_vectors = {
            str(name): np.asarray(vectors, dtype=np.float32)
            for name, vectors in reference_vectors.items()
            if name in known and len(vectors)
        }
        for name, vectors in self.reference_vectors.items():
            self._check_vectors(vectors, f"references of {name}")
        given = [self.reference_vectors.get(str(name), gallery.vectors[:0]) for name in self.landmark_ids]
        self._references = np.concatenate(given)
        self._n_references = np.array([len(vectors) for vectors in given])
        self._first_reference = np.cumsum(self._n_references) - self._n_references
        pool = gallery.vectors[:0] if pool is None else np.asarray(pool, dtype=np.float32)
        self._check_vectors(pool, "pool")
        self.pool = kept_pool(pool, self.config.similarity)
        self.witnesses, self._likeness = witnesses, None
        if witnesses is not None:
            self._check_vectors(witnesses.vectors, "witnesses")
            self._likeness = Likeness(witnesses, self.landmark_ids, self.config.witnesses)
        self.places = Places(self._lat, self._lon, self.config.similarity.place_km)

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
            R = max(2, max_landmarks) ranks for each photo, by cosine; at equal cosine the landmark that sorts
            first wins.
        Raises:
            InputError: rows not of unit norm, another size than the centroids, coordinates out of range.
        """
        self._check_vectors(vectors, "vectors")
        n, ranks = len(vectors), max(2, self.config.max_landmarks)
        lat, lon = (np.full(n, np.nan) if x is None else np.asarray(x, dtype=np.float64) for x in (lat, lon))
        if len(lat) != n or len(lon) != n:
            raise InputError(
                f"Expected lat and lon for each of {n} photos; got {len(lat)} and {len(lon)} in match. "
                "Write NaN where the position is unknown."
            )
        world, square = Ranked.empty(n, ranks), Ranked.empty(n, ranks)
        crowd, n_in_square = np.zeros(n), np.full(n, -1)
        room = np.empty((min(n, self.config.chunk) if n > 1 else 0, len(self.gallery)), dtype=np.float32)
        for first in range(0, n, self.config.chunk):
            part = slice(first, first + self.config.chunk)
            cosines = self._cosines(vectors[part], room)  # (q, K)
            if self.config.similarity.pool_weight:
                crowd[part] = self._crowd(vectors[part])
            known = np.flatnonzero(has_position(lat[part], lon[part]))
            if len(known):
                rows = known + first
                inside = inside_square(lat[rows], lon[rows], self._lat, self._lon, self.config.square_km)
                n_in_square[rows] = inside.sum(axis=1)
                near = inside.any(axis=1)
                here = np.where(inside[near][:, self._landmark_of], cosines[known[near]], -np.inf)
                square.put(rows[near], self._ranked(here, crowd[rows[near]], ranks))
            world.put(part, self._with_lead(self._ranked(cosines, crowd[part], ranks), vectors[part]))
        has_square = n_in_square > 0
        if not has_square.any():
            distance = self._reference_distances(vectors, world.landmark)
            return Matches(world, distance, crowd, n_in_square, world.first(), distance[:, 0])
        used = square.where(has_square, world)
        distance = self._reference_distances(vectors, used.landmark)
        world_distance = distance[:, 0].copy()  # where there is a square, another landmark may be best
        best = world.landmark[has_square, :1]
        world_distance[has_square] = self._reference_distances(vectors[has_square], best)[:, 0]
        return Matches(used, distance, crowd, n_in_square, world.first(), world_distance)

    def best_in_squares(
        self, vectors: Float[np.ndarray, "Q D"], squares: list[Int[np.ndarray, " _"]]
    ) -> Float[np.ndarray, "Q S"]:
        """Similarity of each photo to the best of each group of landmarks, as if it stood beside them.

        Rivals inside a group are not counted, so it is never too low.
        """
        cosines = np.maximum.reduceat(self._cosines(vectors), self._start, axis=1)
        crowd = self.config.similarity.pool_weight * self._crowd(vectors)
        best = np.stack([cosines[:, near].max(axis=1) for near in squares], axis=1)
        return np.clip(best - crowd[:, None], -1, 1)

    def neighbors(self) -> list[Int[np.ndarray, " _"]]:
        """For each landmark of known position: the landmarks in the square around it, itself among them."""
        found = in_square_of_each(self._lat, self._lon, self.config.square_km)
        return [found[row] for row in np.flatnonzero(has_position(self._lat, self._lon))]

    def _crowd(self, vectors: np.ndarray) -> np.ndarray:
        settings = self.config.similarity
        return crowd_of(vectors.astype(np.float32, copy=False), self.pool, settings.pool_neighbors)

    def _cosines(self, vectors: np.ndarray, room: np.ndarray | None = None) -> np.ndarray:
        """(Q, K) cosines; rounding may leave them a hair outside [-1, 1].

        Args:
            vectors: (Q, D) unit rows.
            room: (at least Q, K) float32 to write into, since fresh memory costs time; None: fresh.
        """
        vectors = vectors.astype(np.float32, copy=False)
        if len(vectors) == 1:  # a matrix-vector product is twice as fast as a matrix product with one row
            return (self.gallery.vectors @ vectors[0])[None]
        out = None if room is None else room[: len(vectors)]
        return np.matmul(vectors, self.gallery.vectors.T, out=out)

    def _ranked(self, cosines: np.ndarray, crowd: np.ndarray, ranks: int) -> Ranked:
        """Best landmarks of q photos; centroids at -inf take no part. What was ranked is -inf afterwards."""
        n, rows = len(cosines), np.arange(len(cosines))
        landmark, centroid = np.full((n, ranks), -1), np.full((n, ranks), -1)
        cosine = np.full((n, ranks), np.nan)
        for r in range(min(ranks, len(self.landmark_ids))):
            best = cosines.argmax(axis=1)
            value = cosines[rows, best]
            found = value > -np.inf
            landmark[found, r], centroid[found, r] = self._landmark_of[best[found]], best[found]
            cosine[found, r] = np.clip(value[found], -1, 1)
            start, stop = self._start[self._landmark_of[best]], self._stop[self._landmark_of[best]]
            for view in range(self._most_views):  # a landmark takes one rank: hide all its centroids
                cosines[rows, np.minimum(start + view, stop - 1)] = -np.inf
        rival, rival_cosine = self._rivals(cosines, landmark, cosine)
        settings = self.config.similarity
        off = taken_off_for_rival(cosine, rival_cosine, settings)
        similarity = np.clip(cosine - settings.pool_weight * crowd[:, None] - off, -1, 1)
        return Ranked(landmark, centroid, cosine, similarity, rival, rival_cosine, cosine - rival_cosine)

    def _with_lead(self, ranked: Ranked, vectors: np.ndarray) -> Ranked:
        """With the lead as the witnesses see it, where both landmarks have some."""
        if self._likeness is None or not len(vectors):
            return ranked
        both = self._likeness(vectors, np.concatenate([ranked.landmark, ranked.rival], axis=1))
        own, other = np.split(both, 2, axis=1)
        return replace(ranked, lead=np.where(np.isnan(own - other), ranked.lead, own - other))

    def _rivals(
        self, rest: np.ndarray, landmark: np.ndarray, cosine: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """(q, R) the best landmark of another place for each ranked one, -1 without, and its cosine.

        Args:
            rest: (q, K) cosines, -inf where ranked.
        """
        rival, rival_cosine = np.full(landmark.shape, -1), np.full(landmark.shape, -np.inf)
        if not self.config.similarity.rival_weight:
            return rival, rival_cosine
        mine, other = landmark[:, :, None], landmark[:, None, :]  # ranked best first
        is_rival = (other >= 0) & ~self.places.is_one(mine, other)  # (q, R, R)
        at = is_rival.argmax(axis=2)  # the first of another place is it
        has_rival, is_landmark = is_rival.any(axis=2), landmark >= 0
        ranked = has_rival & is_landmark
        rival[ranked] = np.take_along_axis(landmark, at, axis=1)[ranked]
        rival_cosine[ranked] = np.take_along_axis(cosine, at, axis=1)[ranked]
        for q, r in np.argwhere(is_landmark & ~has_rival):  # more landmarks at this place than ranks
            is_here = np.isin(self._landmark_of, self.places.near[landmark[q, r]])
            elsewhere = np.where(is_here, -np.inf, rest[q])
            best = int(elsewhere.argmax())
            if elsewhere[best] > -np.inf:
                rival[q, r], rival_cosine[q, r] = self._landmark_of[best], elsewhere[best]
        return rival, rival_cosine

    def _reference_distances(self, vectors: np.ndarray, landmark: np.ndarray) -> np.ndarray:
        """(Q, R) mean distance of each photo to the references of its ranked landmarks; NaN without any."""
        distances = np.full(landmark.shape, np.nan)
        for first in range(0, len(vectors), self.config.chunk):
            part = slice(first, first + self.config.chunk)
            if len(vectors) == 1:  # all ranks at once: one photo waits for the calls, many for the memory
                distances[0] = self._mean_distance(vectors.repeat(landmark.shape[1], axis=0), landmark[0])
                break
            for rank in range(landmark.shape[1]):
                distances[part, rank] = self._mean_distance(vectors[part], landmark[part, rank])
        return distances

    def _mean_distance(self, vectors: np.ndarray, landmark: np.ndarray) -> np.ndarray:
        """(q,) mean distance of each photo to the references of one landmark; NaN without any."""
        of = np.maximum(landmark, 0)
        counts = np.where(landmark >= 0, self._n_references[of], 0)
        total = np.zeros(len(vectors))
        for i in range(int(counts.max(initial=0))):  # the i-th reference of all of them
            q = slice(None) if counts.min() > i else np.flatnonzero(counts > i)
            apart = self._references[self._first_reference[of[q]] + i]
            np.subtract(apart, vectors[q], out=apart)  # in place: half the time goes into memory
            total[q] += np.sqrt(np.einsum("qd,qd->q", apart, apart))
        return np.divide(total, counts, out=np.full(len(vectors), np.nan), where=counts > 0)

    def _check_vectors(self, vectors: np.ndarray, name: str) -> None:
        check_unit_rows(vectors, name)
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
