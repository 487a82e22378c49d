"""An index over all descriptors of a database: neighbors of a query's descriptors, and photos by their votes.

Shapes: N photos, T descriptors of all of them, P descriptors of the query, k neighbors, D numbers each.
Source: Noh et al. 2017 (DELF): nearest neighbors grouped by photo; there the index is IVF-PQ. One vote of a
descriptor for a photo, however many of its descriptors are near: ours.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Int8

from sightlab.checks import InputError, check_choice, check_count, check_range
from sightlab.delf.features import LocalFeatures
from sightlab.delf.store import LEVELS, FeatureStore

KINDS = ("auto", "exact", "ivf", "ivfpq", "hnsw")
_SMALL = 200_000  # descriptors that are compared exactly in reasonable time
_EXACT_ROWS = 16_384  # database descriptors compared at once
_LIST = 512  # descriptors of an inverted list, about
_MOST_LISTS = 1024  # finding more takes k-means minutes
_TRAINED = 64  # of each list's, that k-means looks at


@dataclass(frozen=True)
class IndexConfig:
    kind: str = (
        "exact"  # compares all with all; the others need faiss and lose some neighbors; see `resolve_kind`
    )
    n_neighbors: int = 10  # of each descriptor of the query
    n_voters: int = 1000  # descriptors of the query that vote, those with the most attention
    n_indexed: int = 1000  # descriptors of a database photo that can be voted for, likewise
    max_distance: float = 0.9  # further neighbors have no vote, (0, 2]
    n_probes: int = 16  # inverted lists that a descriptor looks into
    n_bytes: int = 20  # of a descriptor in "ivfpq"; must divide D

    def __post_init__(self):
        check_choice(self.kind, "kind", KINDS)
        check_count(self.n_neighbors, "n_neighbors")
        check_count(self.n_voters, "n_voters")
        check_count(self.n_indexed, "n_indexed")
        check_range(self.max_distance, "max_distance", 0, 2, low_open=True)
        check_count(self.n_probes, "n_probes")
        check_count(self.n_bytes, "n_bytes")


def resolve_kind(kind: str, n_descriptors: int) -> str:
    """What "auto" stands for here: "ivf" for a large database where faiss is installed, else "exact"."""
    if kind != "auto":
        return kind
    return "ivf" if has_faiss() and n_descriptors > _SMALL else "exact"


def has_faiss() -> bool:
    """Whether approximate indexes can be had."""
    return importlib.util.find_spec("faiss") is not None


class Votes(NamedTuple):
    """Photos of the database that a query's descriptors are near to, most votes first."""

    rows: Int[np.ndarray, " n"]  # of the database
    counts: Int[np.ndarray, " n"]  # descriptors of the query with a near neighbor in that photo


class DescriptorIndex:
    """Searches the descriptors of a `FeatureStore`.

    Args:
        store: of the database.
        config: how.
        copies: how many times the database is entered, each copy a little off: for timing larger ones.
    Raises:
        InputError: a database without a keypoint; faiss wanted and not installed.
    """

    def __init__(self, store: FeatureStore, config: IndexConfig | None = None, copies: int = 1):
        self.config = config or IndexConfig()
        self.network_key = store.network_key
        self.n_photos = len(store) * copies
        if len(store.descriptors) == 0:
            raise InputError(
                "Expected a database with keypoints; got none in any of its "
                f"{len(store)} photos. Lower min_attention."
            )
        check_count(copies, "copies")
        own = np.arange(len(store.descriptors)) - np.repeat(store.starts[:-1], np.diff(store.starts))
        indexed = own < self.config.n_indexed  # a photo's keypoints stand by their attention
        counts = np.minimum(np.diff(store.starts), self.config.n_indexed)
        self._owner = np.repeat(np.arange(self.n_photos, dtype=np.int32), np.tile(counts, copies))
        rows = _copied(store.descriptors[indexed], copies)
        self.kind = resolve_kind(self.config.kind, len(rows))
        self._search = _Exact(rows) if self.kind == "exact" else _approximate(rows, self.kind, self.config)

    @property
    def n_descriptors(self) -> int:
        return len(self._owner)

    @property
    def bytes_per_photo(self) -> float:
        """Of the index itself, with the owner of each descriptor."""
        return (self._search.n_bytes + self._owner.nbytes) / self.n_photos

    def __repr__(self) -> str:
        return (
            f"DescriptorIndex ({self.kind}): {self.n_descriptors:,} descriptors of "
            f"{self.n_photos:,} photos, {self.bytes_per_photo / 1000:.1f} kB a photo"
        )

    def check_network(self, network_key: str) -> None:
        """Refuse descriptors of another network: their distances would mean nothing.

        Raises:
            InputError: the keys differ.
        """
        if network_key != self.network_key:
            raise InputError(
                f"Expected descriptors of the network {self.network_key}, which built this index; got those "
                f"of {network_key}. Build the index again, or extract with the network that built it."
            )

    def neighbors(
        self, descriptors: Float[np.ndarray, "P D"]
    ) -> tuple[Int[np.ndarray, "P k"], Float[np.ndarray, "P k"]]:
        """Database photos of the nearest descriptors and their distances, the nearest first.

        Returns:
            Photo rows, -1 where an approximate index found fewer than k; distances, inf there.
        """
        rows, similarity = self._search(descriptors, min(self.config.n_neighbors, self.n_descriptors))
        photos = np.where(rows >= 0, self._owner[rows], -1)
        distances = np.sqrt(np.maximum(2 - 2 * similarity, 0))
        return photos.astype(np.int64), np.where(rows >= 0, distances, np.inf)

    def votes(self, query: LocalFeatures) -> Votes:
        """Photos by how many descriptors of the query have a near neighbor in them."""
        if not len(query):
            return Votes(np.empty(0, np.int64), np.empty(0, np.int64))
        photos, distances = self.neighbors(query.descriptors[: self.config.n_voters])
        voter = np.repeat(np.arange(len(photos)), photos.shape[1])
        near = distances.ravel() <= self.config.max_distance
        pairs = np.unique(np.column_stack([voter, photos.ravel()])[near], axis=0)  # one vote for each photo
        rows, counts = np.unique(pairs[:, 1], return_counts=True)
        order = np.lexsort((rows, -counts))
        return Votes(rows[order], counts[order])


class _Exact:
    """Compares all with all; of a block only what beats the k best so far is looked at again."""

    def __init__(self, rows: Int8[np.ndarray, "T D"]):
        self._rows = rows
        self._scale = np.concatenate(
            [
                1 / np.maximum(np.linalg.norm(block.astype(np.float32), axis=1), 1e-9)
                for block in np.array_split(rows, -(-len(rows) // _EXACT_ROWS))
            ]
        ).astype(np.float32)

    @property
    def n_bytes(self) -> int:
        return self._rows.nbytes + self._scale.nbytes

    def __call__(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        best = np.full((len(queries), k), -1, dtype=np.int64)
        score = np.full((len(queries), k), -np.inf, dtype=np.float32)
        for start in range(0, len(self._rows), _EXACT_ROWS):
            part = slice(start, start + _EXACT_ROWS)
            products = queries @ self._rows[part].astype(np.float32).T
            products *= self._scale[part]
            _take_in(best, score, products, start)
        return best, score


def _take_in(best: np.ndarray, score: np.ndarray, products: np.ndarray, start: int) -> None:
    """Puts what beats the k best so far among them, in place; of equals the earlier rows stay."""
    k = score.shape[1]
    last = score[:, -1]
    for row in np.flatnonzero(products.max(axis=1) > last):
        found = np.flatnonzero(products[row] > last[row])
        if len(found) > k:  # the first blocks
            own = products[row, found]
            found = found[own >= np.partition(own, len(own) - k)[len(own) - k]]
        merged = np.concatenate([score[row], products[row, found]])
        order = np.argsort(-merged, kind="stable")[:k]
        best[row] = np.concatenate([best[row], found + start])[order]
        score[row] = merged[order]


class _Faiss:
    """Any faiss index by inner product of unit rows."""

    def __init__(self, index, n_bytes: int):
        self._index, self.n_bytes = index, n_bytes

    def __call__(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        similarity, rows = self._index.search(np.ascontiguousarray(queries, dtype=np.float32), k)
        return rows, similarity


def _approximate(rows: np.ndarray, kind: str, config: IndexConfig) -> _Faiss:
    faiss = _faiss()
    n, dim = rows.shape
    n_lists = min(max(1, n // _LIST), _MOST_LISTS)
    words = {
        "ivf": f"IVF{n_lists},SQ8",
        "ivfpq": f"IVF{n_lists},PQ{config.n_bytes}",
        "hnsw": "HNSW16_SQ8",
    }[kind]
    if kind == "ivfpq" and dim % config.n_bytes:
        raise InputError(f"n_bytes={config.n_bytes} must divide the {dim} numbers of a descriptor.")
    index = faiss.index_factory(dim, words, faiss.METRIC_INNER_PRODUCT)
    sample = np.random.default_rng(0).permutation(n)[: max(n_lists * _TRAINED, 20_000)]
    index.train(_unit(rows[sample]))
    for start in range(0, n, 65_536):
        index.add(_unit(rows[start : start + 65_536]))
    if kind != "hnsw":
        index.nprobe = min(config.n_probes, n_lists)
    return _Faiss(index, len(faiss.serialize_index(index)))


def _faiss():
    try:
        import faiss
    except ImportError:
        raise InputError(
            "An approximate index needs faiss, which is not installed: pip install 'sightlab[search]', or "
            'take kind="exact".'
        ) from None
    return faiss


def _unit(rows: np.ndarray) -> np.ndarray:
    rows = rows.astype(np.float32)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def _copied(rows: np.ndarray, copies: int) -> np.ndarray:
    """The rows, and more of their kind: each further copy is moved by about a tenth of a unit vector."""
    generator = np.random.default_rng(0)
    moved = round(0.1 * LEVELS / rows.shape[1] ** 0.5) or 1
    parts = [rows]
    for _ in range(1, copies):
        noise = generator.integers(-moved, moved + 1, size=rows.shape, dtype=np.int8)
        parts.append(np.clip(rows.astype(np.int16) + noise, -LEVELS, LEVELS).astype(np.int8))
    return np.concatenate(parts)
