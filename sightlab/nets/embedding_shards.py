"""Shards: some photos in a row, embedded together and stored together, whole or absent.

Shapes: n photos of a shard, D embedding size.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from tqdm.auto import tqdm

from sightlab.nets.embedding_table import EmbeddingTable
from sightlab.nets.engine import Engine
from sightlab.nets.photo_stream import Timing, blocks_of, photo_blocks, rows_of
from sightlab.workspace import atomic_write_text


class Shard(NamedTuple):
    """What became of some photos in a row."""

    photo_ids: list[str]  # of the readable ones, in order
    vectors: Float[np.ndarray, "n D"]
    problems: dict[str, str]  # photo_id -> why it could not be read


def embedded_shards(
    engine: Engine,
    photo_ids: Sequence[str],
    paths: Sequence[Path],
    wanted: Sequence[slice],
    size: int,
    bar: tqdm,
    timing: Timing,
    threads: int | None = None,
) -> Iterator[Shard]:
    """The wanted shards in one stream: the network does not wait between them.

    Args:
        wanted: the rows of each shard, ascending.
        size: side of the square that the network sees, pixels.
        threads: that decode; None: one for each core.
    """
    parts = [part for shard in wanted for part in blocks_of(shard)]
    stream = rows_of(engine, photo_blocks(paths, size, parts, threads), bar, timing)
    for shard in wanted:
        kept, rows, problems = [], [], {}
        for block, vectors in stream:
            kept += [photo_ids[row] for row in block.kept]
            rows.append(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))  # bf16 is off by 0.004
            problems |= {photo_ids[row]: reason for row, reason in block.problems.items()}
            if block.rows.stop == shard.stop:
                break
        yield Shard(kept, np.concatenate(rows), problems)


def photo_bar(total: int, done: int, words: str | None) -> tqdm:
    """Progress in photos; none for a few of them, or without words."""
    return tqdm(total=total, initial=done, desc=words, unit=" photos", disable=words is None or total < 64)


def sidecar(folder: Path, number: int) -> Path:
    """The file that says that a shard is there."""
    return folder / f"shard_{number:05d}.json"


def store(shard: Shard, folder: Path, number: int) -> None:
    """The sidecar is written last, so a shard is whole or absent."""
    np.save(folder / f"shard_{number:05d}.npy", shard.vectors)
    facts = {"photo_ids": shard.photo_ids, "problems": shard.problems}
    atomic_write_text(sidecar(folder, number), json.dumps(facts))


def stored(folder: Path, number: int) -> Shard:
    """A shard that `store` has written."""
    facts = json.loads(sidecar(folder, number).read_text(encoding="utf-8"))
    rows = np.load(folder / f"shard_{number:05d}.npy", allow_pickle=False)
    return Shard(facts["photo_ids"], rows, facts["problems"])


def joined(shards: Iterable[Shard], dim: int, key: str) -> EmbeddingTable:
    """One table of all shards, in their order."""
    shards = list(shards)
    ids = np.array([photo_id for shard in shards for photo_id in shard.photo_ids], dtype=np.str_)
    problems = {photo_id: reason for shard in shards for photo_id, reason in shard.problems.items()}
    vectors = np.concatenate([np.empty((0, dim), np.float32), *(shard.vectors for shard in shards)])
    return EmbeddingTable(ids, vectors, key, problems)
