"""Local features kept on disk: one byte a number, shard by shard, so that a killed run goes on.

Shapes: N photos, T keypoints of all photos together, D numbers of a descriptor.
Source: ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, Int8
from tqdm.auto import tqdm

from sightlab.checks import InputError, check_same_length, check_unique
from sightlab.delf.features import DelfConfig, LocalFeatures, extract_all
from sightlab.delf.network import DelfNet
from sightlab.nets.engine import compile_engine, resolve_engine
from sightlab.nets.photo_stream import in_order, pixels_of
from sightlab.workspace import Workspace, artefact_key, atomic_write_text, file_facts

VERSION = 1
SHARD = 128  # photos; what a kill can cost at most
LEVELS = 127  # of a number in a descriptor; rounding moves a unit vector by about 0.01
_ARRAYS = ("points", "scales", "attention", "descriptors")


@dataclass(frozen=True, eq=False)
class FeatureStore:
    """Local features of N photos; `store[i]` is one of them."""

    photo_ids: tuple[str, ...]
    starts: Int[np.ndarray, " N1"]  # keypoints of photo i are rows starts[i]:starts[i + 1]
    sizes: Int[np.ndarray, "N 2"]  # (height, width)
    points: Float[np.ndarray, "T 2"]
    scales: Float[np.ndarray, " T"]
    attention: Float[np.ndarray, " T"]
    descriptors: Int8[np.ndarray, "T D"]  # times `LEVELS`
    network_key: str  # of the network that made them
    notes: tuple[str, ...] = ()  # what was not done as asked, photo by photo

    def __len__(self) -> int:
        return len(self.photo_ids)

    def __repr__(self) -> str:
        n, total = len(self), len(self.points)
        return (
            f"FeatureStore: {total:,} keypoints of {n:,} photos, {self.bytes_per_photo / 1000:.1f} kB a photo"
        )

    def __getitem__(self, row: int) -> LocalFeatures:
        part = slice(int(self.starts[row]), int(self.starts[row + 1]))
        descriptors = unpacked(self.descriptors[part])
        height, width = self.sizes[row]
        note = self.notes[row] if self.notes else ""
        arrays = (np.asarray(x[part], dtype=np.float32) for x in (self.points, self.scales, self.attention))
        return LocalFeatures(*arrays, descriptors, (int(height), int(width)), note)

    @property
    def bytes_per_photo(self) -> float:
        """Of everything that verification needs, without the index."""
        arrays = (self.points, self.scales, self.attention, self.descriptors)
        return sum(array.nbytes for array in arrays) / max(len(self), 1)

    def select(self, rows: Sequence[int]) -> FeatureStore:
        """The store of some photos."""
        rows = np.asarray(rows, dtype=np.int64)
        counts = np.diff(self.starts)[rows]
        starts = np.concatenate([[0], np.cumsum(counts)])
        taken = np.concatenate(
            [np.arange(0), *(np.arange(self.starts[r], self.starts[r + 1]) for r in rows)]
        ).astype(np.int64)
        arrays = (x[taken] for x in (self.points, self.scales, self.attention, self.descriptors))
        ids = tuple(self.photo_ids[row] for row in rows)
        notes = tuple(self.notes[row] for row in rows) if self.notes else ()
        return FeatureStore(ids, starts, self.sizes[rows], *arrays, self.network_key, notes)


def packed(descriptors: Float[np.ndarray, "T D"]) -> Int8[np.ndarray, "T D"]:
    """Unit rows at one byte a number."""
    return np.clip(np.rint(descriptors * LEVELS), -LEVELS, LEVELS).astype(np.int8)


def unpacked(descriptors: Int8[np.ndarray, "T D"]) -> Float[np.ndarray, "T D"]:
    """Unit rows from what `packed` made."""
    rows = descriptors.astype(np.float32)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def store_of(photo_ids: Sequence[str], features: Sequence[LocalFeatures], network_key: str) -> FeatureStore:
    """A store of features at hand.

    Raises:
        InputError: other numbers of ids and features, an id twice, or no photo at all.
    """
    check_same_length("store_of", photo_ids=photo_ids, features=features)
    check_unique(list(photo_ids), "photo_ids")
    if not features:
        raise InputError(
            "Expected features of at least one photo; got none, in store_of. Extract some first."
        )
    return _joined(list(photo_ids), [_shard(features)], network_key)


def extract_photos(
    net: DelfNet,
    photo_ids: Sequence[str],
    paths: Sequence[Path],
    workspace: Workspace,
    config: DelfConfig | None = None,
    engine: str = "auto",
    words: str = "local features",
) -> FeatureStore:
    """Local features of photos, from the workspace or extracted now; a killed run goes on at the last shard.

    Args:
        net: trained.
        photo_ids, paths: (N,) each, of readable photos.
        config: scales and keypoints.
        engine: see `resolve_engine`.
        words: beside the progress bar.
    Raises:
        InputError: repeated ids, numbers that differ.
        UnreadablePhoto: a photo that cannot be decoded; survey the photos first.
    """
    config = config or DelfConfig()
    check_same_length("extract_photos", photo_ids=photo_ids, paths=paths)
    check_unique(list(photo_ids), "photo_ids")
    name = resolve_engine(engine).name
    key = features_key(net, photo_ids, paths, config, engine)
    if not workspace.has("delf_features", key):
        folder = workspace.partial("delf_features", key)
        _fill(folder, net, paths, workspace, config, engine, words)
        record = {"network": net.key, "config": asdict(config), "engine": name, "n": len(paths)}
        workspace.finish("delf_features", key, record)
    folder = workspace.folder("delf_features", key)
    shards = [_read(folder, number) for number in range(-(-len(paths) // SHARD))]
    return _joined(list(photo_ids), shards, net.key)


def features_key(
    net: DelfNet, photo_ids: Sequence[str], paths: Sequence[Path], config: DelfConfig, engine: str
) -> str:
    """Under which `extract_photos` stores what it makes of these photos as they are now."""
    files, name = file_facts(photo_ids, paths), resolve_engine(engine).name
    settings = {"network": net.key, "config": asdict(config), "engine": name, "files": files}
    return artefact_key("delf_features", VERSION, settings, [])


def _fill(
    folder: Path, net: DelfNet, paths, workspace: Workspace, config: DelfConfig, engine: str, words: str
):
    """Writes the shards that the folder lacks, in one stream."""
    numbers = range(-(-len(paths) // SHARD))
    missing = [number for number in numbers if not (folder / f"shard_{number:05d}.json").exists()]
    wanted = [path for number in missing for path in paths[number * SHARD : (number + 1) * SHARD]]
    if not wanted:
        return
    compiled = compile_engine(net, None, engine, workspace=workspace)
    stream = extract_all(in_order(pixels_of, wanted), compiled, net.field, config)
    done = len(paths) - len(wanted)
    with tqdm(total=len(paths), initial=done, desc=words, unit=" photos", disable=len(paths) < 32) as bar:
        for number in missing:
            size = min(SHARD, len(paths) - number * SHARD)
            _write(folder, number, _shard(list(_counted(stream, size, bar))))


def _counted(stream: Iterator[LocalFeatures], size: int, bar: tqdm) -> Iterator[LocalFeatures]:
    for _ in range(size):
        yield next(stream)
        bar.update()


def _shard(features: Sequence[LocalFeatures]) -> dict:
    return {
        "counts": [len(one) for one in features],
        "sizes": [list(one.size) for one in features],
        "notes": [one.note for one in features],
        "points": np.concatenate([one.points for one in features]).astype(np.float32),
        "scales": np.concatenate([one.scales for one in features]).astype(np.float16),
        "attention": np.concatenate([one.attention for one in features]).astype(np.float16),
        "descriptors": packed(np.concatenate([one.descriptors for one in features])),
    }


def _write(folder: Path, number: int, shard: dict) -> None:
    """The sidecar is written last, so a shard is whole or absent."""
    for name in _ARRAYS:
        np.save(folder / f"shard_{number:05d}_{name}.npy", shard[name])
    facts = {name: shard[name] for name in ("counts", "sizes", "notes")}
    atomic_write_text(folder / f"shard_{number:05d}.json", json.dumps(facts))


def _read(folder: Path, number: int) -> dict:
    facts = json.loads((folder / f"shard_{number:05d}.json").read_text(encoding="utf-8"))
    return facts | {
        name: np.load(folder / f"shard_{number:05d}_{name}.npy", allow_pickle=False) for name in _ARRAYS
    }


def _joined(photo_ids: list[str], shards: list[dict], network_key: str) -> FeatureStore:
    counts = [count for shard in shards for count in shard["counts"]]
    sizes = np.array([size for shard in shards for size in shard["sizes"]], dtype=np.int64).reshape(-1, 2)
    notes = tuple(note for shard in shards for note in shard["notes"])
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    arrays = (np.concatenate([shard[name] for shard in shards]) for name in _ARRAYS)
    return FeatureStore(tuple(photo_ids), starts, sizes, *arrays, network_key, notes)
