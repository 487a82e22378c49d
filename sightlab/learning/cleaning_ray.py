"""The quadratic part of cleaning on many machines: counting distances to the references of other landmarks.

Counts are whole numbers, so the sum over workers is that of one process, in whatever order they come. The
rest of cleaning grows with the number of photos and stays with the driver.

Shapes: N photos, D embedding size, K candidates for the threshold.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from sightlab.learning.cleaning_distances import BLOCK, counted
from sightlab.nets.cluster import Cluster, fetched, mapped, prepared

ROWS = 4 * BLOCK  # photos of one task: 4 MB of embeddings; whole blocks, so that the arithmetic is the same
AHEAD = 4  # tasks that are named ahead for each worker


class Pairing(NamedTuple):
    """What is the same for all tasks."""

    groups: list[tuple[np.ndarray, np.ndarray]]  # references, see `counted`
    candidates: np.ndarray  # (K,)


def counting_on(cluster: Cluster) -> Callable[..., np.ndarray]:
    """`counted`, done by the workers of a cluster; see `mapped` for what it raises."""

    def counting(vectors, groups, column, candidates) -> np.ndarray:
        found = np.zeros(len(candidates), np.int64)
        tasks, key = _tasks(vectors, column), {"key": uuid.uuid4().hex}
        for answer in mapped(cluster, count_rows, tasks, Pairing(groups, candidates), key, ahead=AHEAD):
            found += np.frombuffer(answer["counts"], np.int64)
        return found

    return counting


def _tasks(vectors: np.ndarray, column: np.ndarray) -> Iterator[dict]:
    for number, start in enumerate(range(0, len(vectors), ROWS)):
        rows = slice(start, start + ROWS)
        yield {
            "number": number,
            "vectors": np.ascontiguousarray(vectors[rows], np.float32).tobytes(),
            "column": np.ascontiguousarray(column[rows], np.int64).tobytes(),
        }


def count_rows(task: dict, parts, key: str, threads: int) -> dict:
    """What a worker does with some photos: number, counts (bytes of int64), refused: "".

    Args:
        task: number, vectors (bytes of float32), column (bytes of int64).
        parts: a `Pairing`, fetched when it is needed.
        key: of this pass over all pairs.
    """
    pairing = prepared(("cleaning", key), threads, lambda: fetched(parts))
    column = np.frombuffer(task["column"], np.int64)
    vectors = np.frombuffer(task["vectors"], np.float32).reshape(len(column), -1)
    counts = counted(vectors, pairing.groups, column, pairing.candidates)
    return {"number": int(task["number"]), "counts": counts.astype(np.int64).tobytes(), "refused": ""}
