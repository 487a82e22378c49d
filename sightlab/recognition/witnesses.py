"""Kept photos of the landmarks as witnesses: does a photo look like photos of its landmark?

A centroid says what the photos of a landmark have in common, and that is what a photo of an unknown landmark
may have, too. To the photos themselves it is hardly near. So the lead over the rival is measured by them: the
mean cosine to the nearest witnesses of the landmark, less that to the nearest of its rival.

Shapes: N witnesses, D size of unit embeddings, L landmarks of a gallery, n pairs of a photo and a landmark.
Source: ours; chosen on tune, see CHANGELOG.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from sightlab.checks import InputError, check_columns, check_count, check_same_length, check_unit_rows

if TYPE_CHECKING:
    from sightlab.nets.embedding import EmbeddingTable

MOST = 200  # witnesses of a landmark; of more, a seeded sample


@dataclass(frozen=True, eq=False)
class Witnesses:
    """Photos of landmarks, those of a landmark in a row."""

    vectors: Float[np.ndarray, "N D"]  # float32 unit rows
    landmark_ids: np.ndarray  # (N,) str, sorted

    def __post_init__(self):
        check_same_length("Witnesses", vectors=self.vectors, landmark_ids=self.landmark_ids)
        check_unit_rows(self.vectors, "witnesses")
        if (np.sort(self.landmark_ids) != self.landmark_ids).any():
            raise InputError("witnesses must be sorted by landmark_id, as `Witnesses.of` gives them.")

    def __len__(self) -> int:
        return len(self.landmark_ids)

    @classmethod
    def of(cls, table: EmbeddingTable, kept: pd.DataFrame, most: int = MOST, seed: int = 0) -> Witnesses:
        """The photos that cleaning kept, at most so many of each landmark.

        Args:
            table: their embeddings.
            kept: photo_id, landmark_id.
            most: of each landmark, >= 1; of more, a sample.
            seed: of the sample.
        """
        check_columns(kept, ("photo_id", "landmark_id"), "kept")
        check_count(most, "most")
        generator = np.random.default_rng(seed)
        chosen, names = [], []
        for name, group in sorted(kept.groupby("landmark_id")["photo_id"], key=lambda item: str(item[0])):
            own = group.to_numpy(dtype=object)
            if len(own) > most:
                own = own[np.sort(generator.choice(len(own), most, replace=False))]
            chosen.extend(own)
            names += [str(name)] * len(own)
        return cls(np.asarray(table.rows(chosen), np.float32), np.array(names, dtype=np.str_))

    def without(self, landmark_ids: set[str]) -> Witnesses:
        """The witnesses of all other landmarks."""
        keep = ~np.isin(self.landmark_ids, list(landmark_ids))
        return Witnesses(self.vectors[keep], self.landmark_ids[keep])

    def entered_again(self, ends: Sequence[str]) -> Witnesses:
        """These, and once more for every end under the landmark's name with that end."""
        names = np.concatenate([self.landmark_ids, *(np.char.add(self.landmark_ids, end) for end in ends)])
        order = np.argsort(names, kind="stable")
        return Witnesses(np.tile(self.vectors, (len(ends) + 1, 1))[order], names[order])

    def save(self, folder: Path) -> None:
        """Two files in an existing folder, without pickle."""
        np.save(folder / "witnesses.npy", self.vectors, allow_pickle=False)
        np.save(folder / "witness_landmarks.npy", self.landmark_ids, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> Witnesses | None:
        """What `save` wrote; None where nothing was saved."""
        if not (folder / "witnesses.npy").is_file():
            return None
        parts = (np.load(folder / f"{n}.npy", allow_pickle=False) for n in ("witnesses", "witness_landmarks"))
        return cls(*parts)


class Likeness:
    """How much photos look like the witnesses of given landmarks."""

    def __init__(self, witnesses: Witnesses, landmark_ids: Sequence[str], neighbors: int = 3):
        """
        Args:
            witnesses: of landmarks; those of none of `landmark_ids` are ignored.
            landmark_ids: (L,) of a gallery; a landmark may have no witness.
            neighbors: nearest witnesses that count, >= 1; all of fewer.
        """
        check_count(neighbors, "neighbors")
        names = np.asarray(landmark_ids, dtype=np.str_)
        self._vectors, self._neighbors = witnesses.vectors, neighbors
        self._first = np.searchsorted(witnesses.landmark_ids, names, side="left")
        self._end = np.searchsorted(witnesses.landmark_ids, names, side="right")

    def __call__(
        self, vectors: Float[np.ndarray, "Q D"], landmark: Int[np.ndarray, "Q R"]
    ) -> Float[np.ndarray, "Q R"]:
        """Mean cosine of each photo to its nearest witnesses of each of some landmarks.

        Args:
            vectors: (Q, D) unit rows.
            landmark: (Q, R) rows of `landmark_ids`; -1: none.
        Returns:
            [-1, 1]; NaN for no landmark, or one without witnesses.
        """
        found = np.full(landmark.size, np.nan)
        photo, of = np.repeat(np.arange(len(vectors)), landmark.shape[1]), landmark.ravel()
        order = np.argsort(of, kind="stable")
        for rows in np.split(order, np.flatnonzero(np.diff(of[order])) + 1):
            if len(rows) and of[rows[0]] >= 0:
                found[rows] = self._of_one(vectors[photo[rows]], int(of[rows[0]]))
        return found.reshape(landmark.shape)

    def _of_one(self, vectors: np.ndarray, landmark: int) -> np.ndarray:
        own = self._vectors[self._first[landmark] : self._end[landmark]]
        k = min(self._neighbors, len(own))
        if k == 0:
            return np.full(len(vectors), np.nan)
        cosines = np.clip(vectors.astype(np.float32, copy=False) @ own.T, -1, 1)
        return np.partition(cosines, len(own) - k, axis=1)[:, len(own) - k :].mean(axis=1, dtype=np.float64)
