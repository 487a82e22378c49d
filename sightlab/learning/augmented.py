"""Augmented views of photos: what training sees, drawn on the fly or cached behind a frozen stem.

A frozen stem always gives the same map for the same view. So a few views of every photo are drawn
once, sent through the stem by the fast engine, and stored as float16 maps; training then costs only
the late stages. Where no stage is frozen, views are drawn while training.

Views may be smaller than the photos that the network recognizes: a crop enlarges what it shows, so things
look as large in a small view of a part as in a larger one of the whole.

Shapes: N photos, V views of each, SxS photo as the network sees it, c x h x w map behind the stem.
Source: ours; views smaller than the input of recognition: Touvron et al. 2019 (FixRes).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from jaxtyping import Int, UInt8
from torch import Tensor
from tqdm.auto import tqdm

from sightlab.checks import check_count, check_fraction, check_range
from sightlab.nets.backbones import Preprocessing, TrunkPart, batches, square_photo
from sightlab.nets.engine import compile_engine, resolve_engine
from sightlab.nets.network import LandmarkNet, weights_key
from sightlab.nets.photo_stream import decode_all, in_order, pixels_of
from sightlab.workspace import Workspace, artefact_key, atomic_write_text, explain_full_disk, file_facts

VERSION = 3
SHARD = 256  # photos
BLOCK = 4  # photos whose views are drawn together by one thread


@dataclass(frozen=True)
class ViewConfig:
    n_views: int = 10  # cached views of a photo, the first one plain; >= 1
    size: int | None = None  # side of a view, pixels; None: the network's input_size
    min_area: float = 0.3  # smallest crop, share of the photo, (0, 1]
    max_stretch: float = 1.33  # largest change of the aspect ratio, >= 1
    light: float = 0.3  # brightness and contrast change by up to this share, [0, 1)
    saturation: float = 0.35  # saturation changes by up to this share, [0, 1]
    seed: int = 0

    def __post_init__(self):
        check_count(self.n_views, "n_views")
        if self.size is not None:
            check_count(self.size, "size of views", 32, advice="Trunks shrink photos 32 times.")
        check_fraction(self.min_area, "min_area", low_open=True)
        check_range(self.max_stretch, "max_stretch", 1)
        check_fraction(self.light, "light", high_open=True)
        check_fraction(self.saturation, "saturation")


class ViewSource(Protocol):
    """What training draws batches from: row r of n_photos, in a view chosen by the generator."""

    from_stage: int  # how many trunk stages the batches are already through

    def __len__(self) -> int: ...

    def batch(self, rows: Int[np.ndarray, " B"], generator: np.random.Generator) -> Tensor: ...


class PlainViewSource(ViewSource, Protocol):
    """A source that also has every photo as it is, the view that nothing was done to."""

    def plain(self, rows: Int[np.ndarray, " B"]) -> Tensor: ...


def augmented_view(
    photo: UInt8[np.ndarray, "H W 3"], size: int, generator: np.random.Generator, config: ViewConfig
) -> UInt8[np.ndarray, "S S 3"]:
    """A random crop, mirrored half of the time, in another light; squashed to a square.

    Landmarks are never turned upside down and keep most of their color: both tell them apart.
    """
    import cv2

    height, width = photo.shape[:2]
    area = generator.uniform(config.min_area, 1)
    stretch = np.exp(generator.uniform(-1, 1) * np.log(config.max_stretch))
    h = int(np.clip(round(height * np.sqrt(area / stretch)), 1, height))
    w = int(np.clip(round(width * np.sqrt(area * stretch)), 1, width))
    top, left = generator.integers(0, height - h + 1), generator.integers(0, width - w + 1)
    view = square_photo(np.ascontiguousarray(photo[top : top + h, left : left + w]), size)
    if generator.random() < 0.5:
        view = cv2.flip(view, 1)
    brightness, contrast = generator.uniform(1 - config.light, 1 + config.light, size=2)
    saturation = generator.uniform(1 - config.saturation, 1 + config.saturation)
    # Contrast around the mean of the view, brightness, then saturation around the gray of each pixel: one
    # matrix and one shift of RGB together, which OpenCV applies 20 times as fast as numpy in three passes.
    matrix = contrast * (saturation * np.eye(3) + (1 - saturation) / 3)
    shift = np.mean(cv2.mean(view)[:3]) * (brightness - contrast)
    return cv2.transform(view, np.column_stack([matrix, np.full(3, shift)]))


def _generator(seed: int, photo_id: str, view: int) -> np.random.Generator:
    """Own randomness for every view of every photo: order, shards and restarts change nothing."""
    digest = hashlib.sha256(f"{seed}/{view}/{photo_id}".encode()).digest()
    return np.random.default_rng(np.frombuffer(digest[:16], dtype=np.uint32))


class CachedViews:
    """Maps behind the frozen stem, (N, V, c, h, w) float16, in one file per shard of photos."""

    def __init__(self, folder: Path, from_stage: int):
        facts = json.loads((folder / "views.json").read_text(encoding="utf-8"))
        self.from_stage = from_stage
        self.n_photos = facts["n_photos"]
        self._shards = [
            np.load(folder / f"shard_{number:05d}.npy", mmap_mode="r", allow_pickle=False)
            for number in range(facts["n_shards"])
        ]

    def __len__(self) -> int:
        return self.n_photos

    def batch(self, rows: Int[np.ndarray, " B"], generator: np.random.Generator) -> Tensor:
        views = generator.integers(0, self._shards[0].shape[1], size=len(rows))
        maps = [self._shards[row // SHARD][row % SHARD, view] for row, view in zip(rows, views, strict=True)]
        batch = torch.from_numpy(np.stack(maps))
        return batch.to(torch.float32, memory_format=torch.channels_last)  # as training wants it, in one pass

    def plain(self, rows: Int[np.ndarray, " B"]) -> Tensor:
        """The first view of each photo, the one that nothing was done to: (B, c, h, w) float32."""
        return torch.from_numpy(
            np.stack([self._shards[row // SHARD][row % SHARD, 0] for row in rows])
        ).float()


class PhotoViews:
    """Photos decoded and augmented while training: for networks without frozen stages."""

    from_stage = 0

    def __init__(self, paths: Sequence[Path], size: int, config: ViewConfig):
        self._paths, self._size, self._config = list(paths), size, config

    def __len__(self) -> int:
        return len(self._paths)

    def batch(self, rows: Int[np.ndarray, " B"], generator: np.random.Generator) -> Tensor:
        photos = decode_all([self._paths[row] for row in rows])
        views = [augmented_view(photo, self._size, generator, self._config) for photo in photos]
        return torch.from_numpy(np.stack(views))


class SomeViews:
    """Some rows of another source, in the order given."""

    def __init__(self, views: ViewSource, rows: Int[np.ndarray, " N"]):
        self._views, self._rows, self.from_stage = views, rows, views.from_stage

    def __len__(self) -> int:
        return len(self._rows)

    def batch(self, rows: Int[np.ndarray, " B"], generator: np.random.Generator) -> Tensor:
        return self._views.batch(self._rows[rows], generator)


class JoinedViews:
    """Several sources in a row: the photos of stage 1, then those that stage 2 added, ..."""

    def __init__(self, sources: Sequence[ViewSource]):
        self._sources = list(sources)
        self._ends = np.cumsum([len(source) for source in sources])
        self.from_stage = self._sources[0].from_stage

    def __len__(self) -> int:
        return int(self._ends[-1])

    def batch(self, rows: Int[np.ndarray, " B"], generator: np.random.Generator) -> Tensor:
        which = np.searchsorted(self._ends, rows, side="right")
        starts = np.concatenate([[0], self._ends[:-1]])
        joined: Tensor | None = None
        for source in np.unique(which):
            at = np.flatnonzero(which == source)
            part = self._sources[source].batch(rows[at] - starts[source], generator)
            joined = part.new_empty((len(rows), *part.shape[1:])) if joined is None else joined
            joined[torch.from_numpy(at)] = part
        return joined


def view_source(
    network: LandmarkNet,
    photo_ids: Sequence[str],
    paths: Sequence[Path],
    config: ViewConfig,
    workspace: Workspace,
    engine: str = "auto",
) -> ViewSource:
    """Views of these photos for training `network`: cached behind its frozen stages, or drawn on the fly.

    The cache is keyed by the frozen weights, the photos and the settings; a killed run continues at the
    last whole shard of 256 photos.

    Args:
        photo_ids: (N,) unique; they seed the randomness of their views.
        paths: (N,) readable photos.
    """
    frozen, size = network.config.frozen_stages, config.size or network.config.input_size
    if frozen == 0:
        return PhotoViews(paths, size, config)
    preprocessing = Preprocessing.of(network.trunk, size)
    stem = TrunkPart(network.trunk, frozen, preprocessing).eval()
    settings = {
        "stem": weights_key(stem, asdict(preprocessing)),
        "engine": resolve_engine(engine).name,
        "views": asdict(config),
        "photos": file_facts(photo_ids, paths),
    }
    key = artefact_key("views", VERSION, settings, [])
    if not workspace.has("views", key):
        folder = workspace.partial("views", key)
        _fill_cache(stem, photo_ids, paths, config, folder, engine, workspace)
        n_shards = len(list(batches(len(paths), SHARD)))
        atomic_write_text(folder / "views.json", json.dumps({"n_photos": len(paths), "n_shards": n_shards}))
        record = {"views": asdict(config), "n_photos": len(paths), "engine": settings["engine"]}
        workspace.finish("views", key, record)
    return CachedViews(workspace.folder("views", key), frozen)


def _fill_cache(
    stem: TrunkPart, photo_ids, paths, config: ViewConfig, folder: Path, engine: str, workspace: Workspace
) -> None:
    """Fills the folder with the shards it lacks, in one stream: the network does not wait between them."""
    targets = {folder / f"shard_{n:05d}.npy": part for n, part in enumerate(batches(len(paths), SHARD))}
    missing = {target: part for target, part in targets.items() if not target.exists()}
    if not missing:
        return
    size = stem.preprocessing.size
    compiled = compile_engine(stem, size, engine, workspace=workspace)
    done = len(paths) - sum(part.stop - part.start for part in missing.values())
    drawn = drawn_views(photo_ids, paths, size, config, missing.values())
    maps = compiled.stream(drawn)  # (b V, c, h, w) of each block
    words = f"{config.n_views} views behind the frozen stem"
    with tqdm(total=len(paths), initial=done, desc=words, unit=" photos") as bar:
        for target, part in missing.items():
            _write_shard(maps, config.n_views, part.stop - part.start, target, bar)


def drawn_views(
    photo_ids: Sequence[str], paths: Sequence[Path], size: int, config: ViewConfig, parts: Iterable[slice]
) -> Iterator[UInt8[np.ndarray, "bV S S 3"]]:
    """All views of a few photos at a time, photo by photo, drawn ahead by threads.

    Args:
        parts: rows of the photos wanted; no block crosses from one part into the next.
    """

    def draw(rows: slice) -> UInt8[np.ndarray, "bV S S 3"]:
        views = []
        for photo_id, path in zip(photo_ids[rows], paths[rows], strict=True):
            photo = pixels_of(path)
            views.append(square_photo(photo, size))
            views += [
                augmented_view(photo, size, _generator(config.seed, photo_id, view), config)
                for view in range(1, config.n_views)
            ]
        return np.stack(views)

    blocks = [
        slice(part.start + b.start, part.start + b.stop)
        for part in parts
        for b in batches(part.stop - part.start, BLOCK)
    ]
    return in_order(draw, blocks)


def _write_shard(maps: Iterator[np.ndarray], n_views: int, n_photos: int, target: Path, bar: tqdm) -> None:
    """Takes the maps of the next photos and writes them as (n, V, c, h, w): whole or not at all."""
    blocks, n = [], 0
    while n < n_photos:
        block = next(maps).astype(np.float16)
        blocks.append(block.reshape(-1, n_views, *block.shape[1:]))
        n += len(blocks[-1])
        bar.update(len(blocks[-1]))
    unfinished = target.with_suffix(".unfinished")
    with explain_full_disk(target):
        with unfinished.open("wb") as file:
            np.save(file, np.concatenate(blocks))
        unfinished.replace(target)
