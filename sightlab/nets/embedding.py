"""Photos -> EmbeddingTable: decoded in threads while the network runs, kept shard by shard.

Shapes: N photos, B batch, D embedding size.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from tqdm.auto import tqdm

from sightlab.checks import InputError, check_unique, check_unit_rows
from sightlab.data.photos import UnreadablePhoto, open_photo
from sightlab.nets.backbones import batches, square_photo
from sightlab.nets.engine import Engine, available_cores, compile_engine
from sightlab.nets.network import LandmarkNet, network_key
from sightlab.workspace import Workspace, artefact_key, atomic_write_text

VERSION = 1
BATCH = 32
SHARD = 1024  # photos; what a kill can cost at most


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


class Embedder(nn.Module):
    """Raw photos to unit embeddings: the part of a LandmarkNet that an engine compiles."""

    def __init__(self, network: LandmarkNet):
        super().__init__()
        self.network = network

    def forward(self, photos: Tensor) -> Float[Tensor, "B D"]:
        return torch.nn.functional.normalize(self.network.embed(photos))


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
    engine: str = "auto",
    progress: str | None = "embedding",
) -> EmbeddingTable:
    """Unit embeddings of photos, in the order given; unreadable ones are in `.problems`, with the reason.

    With a workspace the table is stored under a key of network, engine and files, and a killed run goes
    on at the last whole shard of 1,024 photos.

    Args:
        photo_ids: (N,) unique names.
        paths: (N,) files.
        engine: see `compile_engine`.
        progress: words beside the progress bar; None for no bar.
    Raises:
        InputError: repeated photo_ids, or numbers of ids and paths that differ.
    """
    check_unique(list(photo_ids), "photo_ids")
    if len(photo_ids) != len(paths):
        raise InputError(f"{len(photo_ids)} photo_ids, but {len(paths)} paths: give one path for each photo.")
    size = network.config.input_size
    compiled = _LazyEngine(lambda: compile_engine(Embedder(network), size, engine))
    dim = network.config.embedding_dim
    if workspace is None:
        parts = [_embed_shard(compiled, photo_ids, paths, size, dim, _bar(len(paths), 0, progress))]
        return _joined(parts, dim, "")
    files = [
        [p, path.stat().st_size if path.is_file() else -1] for p, path in zip(photo_ids, paths, strict=True)
    ]
    key = artefact_key(
        "embed", VERSION, {"network": network_key(network), "engine": engine, "files": files}, []
    )
    if not workspace.has("embed", key):
        _embed_shards(compiled, photo_ids, paths, size, dim, workspace.partial("embed", key), progress)
        partial = workspace.partial("embed", key)
        _joined(_stored(partial, len(paths)), dim, key).save(partial)
        for shard in partial.glob("shard_*"):
            shard.unlink()
        workspace.finish(
            "embed", key, {"network": network_key(network), "engine": compiled.name, "n": len(paths)}
        )
    return EmbeddingTable.load(workspace.folder("embed", key), key)


def pooled_features(
    network: LandmarkNet, paths: Sequence[Path], engine: str = "auto"
) -> Float[np.ndarray, "N F"]:
    """(N, F) average-pooled trunk features of readable photos.

    Raises:
        UnreadablePhoto: a photo that cannot be decoded; survey the photos first.
    """
    size = network.config.input_size
    compiled = compile_engine(PooledFeatures(network), size, engine)
    blocks = [
        compiled(np.stack(block)) for block in _blocks(decoded(paths, size, _bar(len(paths), 0, "features")))
    ]
    return np.concatenate(blocks)


def decoded(paths: Sequence[Path], size: int, bar: tqdm | None = None) -> Iterator[np.ndarray]:
    """(size, size, 3) uint8 photos in order, decoded ahead by threads; raises at the first unreadable one."""
    for photo in _decoded_or_reason(paths, size, bar):
        if isinstance(photo, UnreadablePhoto):
            raise photo
        yield photo


def decode_all(paths: Sequence[Path]) -> list[np.ndarray]:
    """(H, W, 3) uint8 photos at full size, decoded by all cores.

    Raises:
        UnreadablePhoto: the first photo that cannot be decoded; survey the photos before training.
    """
    with ThreadPoolExecutor(available_cores()) as pool:
        return list(pool.map(open_photo, paths))


def _decoded_or_reason(paths, size: int, bar) -> Iterator[np.ndarray | UnreadablePhoto]:
    def decode(path):
        try:
            return square_photo(open_photo(path, min_side=size), size)
        except UnreadablePhoto as problem:
            return problem

    ahead = 4 * BATCH
    with ThreadPoolExecutor(available_cores()) as pool:
        waiting = [pool.submit(decode, path) for path in islice(paths, ahead)]
        try:
            for i in range(len(paths)):
                photo = waiting[i].result()
                waiting[i] = None  # lets the memory go
                if len(waiting) < len(paths):
                    waiting.append(pool.submit(decode, paths[len(waiting)]))
                yield photo
                if bar is not None:
                    bar.update()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            if bar is not None:
                bar.close()


def _blocks(photos: Iterator[np.ndarray]) -> Iterator[list[np.ndarray]]:
    while block := list(islice(photos, BATCH)):
        yield block


class _LazyEngine:
    """Compiles at the first call: a stored or finished table never pays for it."""

    def __init__(self, make: Callable[[], Engine]):
        self._make = make
        self._engine: Engine | None = None

    @property
    def name(self) -> str:
        return self._engine.name if self._engine else "none"

    def __call__(self, photos: np.ndarray) -> np.ndarray:
        self._engine = self._engine or self._make()
        return self._engine(photos)


def _bar(total: int, done: int, words: str | None) -> tqdm | None:
    return tqdm(total=total, initial=done, desc=words, unit=" photos", disable=total < 64) if words else None


def _embed_shard(
    engine, photo_ids, paths, size: int, dim: int, bar
) -> tuple[list[str], np.ndarray, dict[str, str]]:
    kept, rows, problems, block = [], [], {}, []
    for photo_id, photo in zip(photo_ids, _decoded_or_reason(paths, size, bar), strict=True):
        if isinstance(photo, UnreadablePhoto):
            problems[photo_id] = photo.reason
            continue
        kept.append(photo_id)
        block.append(photo)
        if len(block) == BATCH:
            rows.append(engine(np.stack(block)))
            block = []
    if block:
        rows.append(engine(np.stack(block)))
    return kept, np.concatenate(rows) if rows else np.empty((0, dim), np.float32), problems


def _embed_shards(engine, photo_ids, paths, size: int, dim: int, folder: Path, progress: str | None) -> None:
    """Fills the folder with shards; the sidecar is written last, so a shard is whole or absent."""
    for number, part in enumerate(batches(len(paths), SHARD)):
        sidecar = folder / f"shard_{number:05d}.json"
        if sidecar.exists():
            continue
        words = f"{progress} {part.start:,}-{part.stop:,} of {len(paths):,}" if progress else None
        bar = _bar(part.stop - part.start, 0, words)
        kept, rows, problems = _embed_shard(engine, photo_ids[part], paths[part], size, dim, bar)
        np.save(folder / f"shard_{number:05d}.npy", rows)
        atomic_write_text(sidecar, json.dumps({"photo_ids": kept, "problems": problems}))


def _stored(folder: Path, n: int) -> Iterator[tuple[list[str], np.ndarray, dict[str, str]]]:
    for number in range(len(list(batches(n, SHARD)))):
        sidecar = json.loads((folder / f"shard_{number:05d}.json").read_text(encoding="utf-8"))
        rows = np.load(folder / f"shard_{number:05d}.npy", allow_pickle=False)
        yield sidecar["photo_ids"], rows, sidecar["problems"]


def _joined(parts, dim: int, key: str) -> EmbeddingTable:
    parts = list(parts)
    ids = np.array([photo_id for part in parts for photo_id in part[0]], dtype=np.str_)
    problems = {photo_id: reason for part in parts for photo_id, reason in part[2].items()}
    vectors = np.concatenate([np.empty((0, dim), np.float32), *(part[1] for part in parts)])
    return EmbeddingTable(ids, vectors, key, problems)
