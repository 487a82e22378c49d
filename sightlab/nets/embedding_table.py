"""EmbeddingTable: unit vectors of photos by name, and why some photo has none.

Shapes: N photos, D embedding size.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float

from sightlab.checks import InputError, check_unique, check_unit_rows
from sightlab.workspace import atomic_write_text


@dataclass(frozen=True, eq=False)
class EmbeddingTable:
    """Unit vectors of readable photos; `problems` says why any other photo has none."""

    photo_ids: np.ndarray  # (N,) str
    vectors: np.ndarray  # (N, D) float32, unit rows
    key: str = ""
    problems: dict[str, str] = field(default_factory=dict)  # photo_id -> reason

    def __post_init__(self):
        if len(self.photo_ids) != len(self.vectors):
            raise InputError(
                f"{len(self.photo_ids)} photo_ids, but {len(self.vectors)} vectors: rows must match."
            )
        check_unique(self.photo_ids.tolist(), "photo_ids")
        check_unit_rows(self.vectors, "vectors")

    def __len__(self) -> int:
        return len(self.photo_ids)

    @property
    def dim(self) -> int:
        return self.vectors.shape[1]

    @cached_property
    def _row(self) -> dict[str, int]:
        return {photo_id: row for row, photo_id in enumerate(self.photo_ids.tolist())}

    def __contains__(self, photo_id: str) -> bool:
        return photo_id in self._row

    def rows(self, photo_ids: Sequence[str]) -> Float[np.ndarray, "n D"]:
        """Vectors in the order asked for.

        Raises:
            KeyError: photos that have no embedding, the first five by name.
        """
        missing = [p for p in photo_ids if p not in self._row]
        if missing:
            why = "; ".join(f"{p}: {self.problems.get(p, 'never embedded')}" for p in missing[:5])
            raise KeyError(f"{len(missing)} photos have no embedding ({why}).")
        return self.vectors[[self._row[p] for p in photo_ids]]

    def save(self, folder: Path) -> None:
        np.save(folder / "vectors.npy", self.vectors)
        np.save(folder / "photo_ids.npy", np.asarray(self.photo_ids, dtype=np.str_))
        atomic_write_text(folder / "problems.json", json.dumps(self.problems))

    @classmethod
    def load(cls, folder: Path, key: str = "") -> EmbeddingTable:
        problems = json.loads((folder / "problems.json").read_text(encoding="utf-8"))
        ids = np.load(folder / "photo_ids.npy", allow_pickle=False)
        return cls(ids, np.load(folder / "vectors.npy", allow_pickle=False), key, problems)

    def __repr__(self) -> str:
        return f"EmbeddingTable: {len(self):,} photos x {self.dim}, {len(self.problems)} unreadable"
