"""Photos -> EmbeddingTable: decoded in threads while the network runs, kept shard by shard.

Shapes: N photos, B batch, D embedding size, F trunk channels.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from tqdm.auto import tqdm

from sightlab.checks import InputError, check_unique
from sightlab.nets.embedding_table import EmbeddingTable
from sightlab.nets.engine import Engine, compile_engine, resolve_engine
from sightlab.nets.network import LandmarkNet, network_key
from sightlab.nets.photo_stream import Timing, blocks_of, photo_blocks, refuse_problems, rows_of
from sightlab.workspace import Workspace, artefact_key, atomic_write_text, explain_full_disk

__all__ = ["Embedder", "EmbeddingTable", "PooledFeatures", "embed_photos", "pooled_features"]

VERSION = 2
SHARD = 1024  # photos; what a kill can cost at most


class Embedder(nn.Module):
    """Raw photos to unit embeddings: the part of a LandmarkNet that an engine compiles."""

    def __init__(self, network: LandmarkNet):
        super().__init__()
        self.network = network

    def forward(self, photos: Tensor) -> Float[Tensor, "B D"]:
        return torch.nn.functional.normalize(self.network.embed(photos).float())


class PooledFeatures(nn.Module):
    """Raw photos to average-pooled trunk features, what `LandmarkNet.fit_embedding` starts from."""

    def __init__(self, network: LandmarkNet):
        super().__init__()
        self.network = network

    def forward(self, photos: Tensor) -> Float[Tensor, "B F"]:
        return self.network.features(photos)


def embed_photos(
    network: LandmarkNet,
    photo_ids: Sequence[str],
    paths: Sequence[Path],
    workspace: Workspace | None = None,
    engine: str | Engine = "auto",
    progress: str | None = "embedding",
    timing: Timing | None = None,
) -> EmbeddingTable:
    """Unit embeddings of photos, in the order given; unreadable ones are in `.problems`, with the reason.

    With a workspace the table is stored under a key of network, files and the engine as this machine resolves
    it, and a killed run goes on at the last whole shard of 1,024 photos.

    Args:
        photo_ids: (N,) unique names.
        paths: (N,) files.
        engine: a name, see `resolve_engine`; or an `Embedder` of this network already compiled.
        progress: words beside the progress bar; None for no bar.
        timing: filled with where the time went.
    Raises:
        InputError: repeated photo_ids, or numbers of ids and paths that differ.
    """
    check_unique(list(photo_ids), "photo_ids")
    if len(photo_ids) != len(paths):
        raise InputError(f"{len(photo_ids)} photo_ids, but {len(paths)} paths: give one path for each photo.")
    timing = Timing() if timing is None else timing
    name = resolve_engine(engine).name if isinstance(engine, str) else engine.name

    numbers = range(-(-len(paths) // SHARD))
    dim = network.config.embedding_dim

    def shards(wanted: Sequence[int]) -> Iterator[_Shard]:
        if not wanted:
            return
        ready = engine
        if isinstance(ready, str):
            ready = compile_engine(Embedder(network), network.config.input_size, ready, workspace=workspace)
        yield from _embedded(ready, photo_ids, paths, wanted, network.config.input_size, progress, timing)

    if workspace is None:
        return _joined(shards(numbers), dim, "")
    files = [
        [p, path.stat().st_size if path.is_file() else -1] for p, path in zip(photo_ids, paths, strict=True)
    ]
    settings = {"network": network_key(network), "engine": name, "files": files}
    key = artefact_key("embed", VERSION, settings, [])
    if not workspace.has("embed", key):
        folder = workspace.partial("embed", key)
        missing = [number for number in numbers if not _sidecar(folder, number).exists()]
        with explain_full_disk(folder):
            for number, shard in zip(missing, shards(missing), strict=True):
                _store(shard, folder, number)
            _joined((_stored(folder, number) for number in numbers), dim, key).save(folder)
        for left in sorted(folder.glob("shard_*")):  # each .json before its .npy: a shard is whole or absent
            left.unlink()
        record = {"network": network_key(network), "engine": name, "n": len(paths), "timing": asdict(timing)}
        workspace.finish("embed", key, record)
    return EmbeddingTable.load(workspace.folder("embed", key), key)


def pooled_features(
    network: LandmarkNet, paths: Sequence[Path], engine: str = "auto", workspace: Workspace | None = None
) -> Float[np.ndarray, "N F"]:
    """(N, F) average-pooled trunk features of readable photos.

    Raises:
        UnreadablePhoto: a photo that cannot be decoded; survey the photos first.
    """
    size = network.config.input_size
    compiled = compile_engine(PooledFeatures(network), size, engine, workspace=workspace)
    features = []
    with _bar(len(paths), 0, "features") as bar:
        for block, rows in rows_of(compiled, photo_blocks(paths, size), bar):
            refuse_problems(block, paths)
            features.append(rows)
    return np.concatenate(features)


class _Shard(NamedTuple):
    """What became of some photos in a row."""

    photo_ids: list[str]
    vectors: Float[np.ndarray, "n D"]
    problems: dict[str, str]


def _embedded(
    engine: Engine, photo_ids, paths, wanted: Sequence[int], size: int, progress: str | None, timing: Timing
) -> Iterator[_Shard]:
    """The wanted shards in one stream: the network does not wait between them."""
    shards = [slice(n * SHARD, min((n + 1) * SHARD, len(paths))) for n in wanted]
    parts = [part for shard in shards for part in blocks_of(shard)]
    done = len(paths) - sum(shard.stop - shard.start for shard in shards)
    with _bar(len(paths), done, progress) as bar:
        stream = rows_of(engine, photo_blocks(paths, size, parts), bar, timing)
        for shard in shards:
            kept, rows, problems = [], [], {}
            for block, vectors in stream:
                kept += [photo_ids[row] for row in block.kept]
                rows.append(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))  # bf16 is off by 0.004
                problems |= {photo_ids[row]: reason for row, reason in block.problems.items()}
                if block.rows.stop == shard.stop:
                    break
            yield _Shard(kept, np.concatenate(rows), problems)


def _bar(total: int, done: int, words: str | None) -> tqdm:
    return tqdm(total=total, initial=done, desc=words, unit=" photos", disable=words is None or total < 64)


def _sidecar(folder: Path, number: int) -> Path:
    return folder / f"shard_{number:05d}.json"


def _store(shard: _Shard, folder: Path, number: int) -> None:
    """The sidecar is written last, so a shard is whole or absent."""
    np.save(folder / f"shard_{number:05d}.npy", shard.vectors)
    facts = {"photo_ids": shard.photo_ids, "problems": shard.problems}
    atomic_write_text(_sidecar(folder, number), json.dumps(facts))


def _stored(folder: Path, number: int) -> _Shard:
    facts = json.loads(_sidecar(folder, number).read_text(encoding="utf-8"))
    rows = np.load(folder / f"shard_{number:05d}.npy", allow_pickle=False)
    return _Shard(facts["photo_ids"], rows, facts["problems"])


def _joined(shards: Iterator[_Shard], dim: int, key: str) -> EmbeddingTable:
    shards = list(shards)
    ids = np.array([photo_id for shard in shards for photo_id in shard.photo_ids], dtype=np.str_)
    problems = {photo_id: reason for shard in shards for photo_id, reason in shard.problems.items()}
    vectors = np.concatenate([np.empty((0, dim), np.float32), *(shard.vectors for shard in shards)])
    return EmbeddingTable(ids, vectors, key, problems)
