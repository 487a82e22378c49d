"""Embeddings of parts of a photo, from the pass that embeds the whole one.

The embedding is a mean over the last feature map, then two linear maps. So the mean over a window of that
map gives an embedding of the window for next to nothing: one matrix product more. A window still sees around
itself, since each place of the map has a receptive field larger than the photo; it weighs what lies inside
more.

Shapes: B batch, R regions, D embedding size, HxW photo, hxw feature map, F trunk channels.
Source: pooling over sub-windows after Tolias et al. 2016 (R-MAC); the grid is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from tqdm.auto import tqdm

from sightlab.checks import InputError, check_count, check_range, check_unique
from sightlab.nets.backbones import trunk_stages
from sightlab.nets.engine import Engine, compile_engine
from sightlab.nets.network import LandmarkNet
from sightlab.nets.photo_stream import photo_blocks, rows_of


@dataclass(frozen=True)
class RegionConfig:
    """The grid of regions: `per_side` x `per_side` overlapping windows, evenly spaced."""

    per_side: int = 3  # windows along each side, >= 2
    size: float = 0.55  # side of a window as a share of the photo's, (0, 1)

    def __post_init__(self):
        check_count(self.per_side, "per_side", minimum=2)
        check_range(self.size, "size", 0, 1, low_open=True, high_open=True)


@dataclass(frozen=True, eq=False)
class RegionTable:
    """Unit vectors of readable photos and their regions; `problems` says why any other photo has none."""

    photo_ids: np.ndarray  # (N,) str
    vectors: Float[np.ndarray, "N R D"]  # float32; region 0 is the whole photo
    windows: Float[np.ndarray, "R 4"]  # left, top, right, bottom as shares of the photo, [0, 1]
    problems: dict[str, str] = field(default_factory=dict)  # photo_id -> reason


class RegionEmbedder(nn.Module):
    """Raw photos to unit embeddings of the whole photo and its regions: (B, H, W, 3) uint8 -> (B, R, D)."""

    def __init__(self, network: LandmarkNet, config: RegionConfig | None = None):
        super().__init__()
        self.network = network
        size = network.config.input_size
        with torch.no_grad():
            height, width = self._map(torch.zeros(1, size, size, 3, dtype=torch.uint8)).shape[2:]
        rows, windows = _grid(int(height), int(width), config or RegionConfig())
        self.register_buffer("rows", torch.from_numpy(rows))  # (R, h w), each sums to 1
        self.windows = windows

    def forward(self, photos: Tensor) -> Float[Tensor, "B R D"]:
        pooled = self._map(photos).flatten(2) @ self.rows.T  # (B, F, R)
        pooled = pooled.transpose(1, 2)  # (B, R, F)
        flat = pooled.reshape(-1, pooled.shape[2])
        unit = self.network.unit_embeddings(flat)
        return unit.reshape(-1, self.rows.shape[0], unit.shape[1])

    def _map(self, photos: Tensor) -> Tensor:
        x = self.network.normalize(photos)
        for stage in trunk_stages(self.network.trunk):
            x = stage(x)
        return x


def _grid(height: int, width: int, config: RegionConfig) -> tuple[np.ndarray, np.ndarray]:
    """(R, h w) float32 weights of each region over the map, and its (R, 4) window; the whole photo first."""
    weights, windows = [np.ones((height, width))], [(0.0, 0.0, 1.0, 1.0)]
    for top, bottom in _spans(height, config):
        for left, right in _spans(width, config):
            inside = np.zeros((height, width))
            inside[top:bottom, left:right] = 1
            weights.append(inside)
            windows.append((left / width, top / height, right / width, bottom / height))
    rows = np.stack(weights).reshape(len(weights), -1)
    return (rows / rows.sum(axis=1, keepdims=True)).astype(np.float32), np.array(windows)


def _spans(length: int, config: RegionConfig) -> list[tuple[int, int]]:
    """First and last + 1 place of each window along one side; fewer than asked for on a very small map."""
    size = max(1, round(config.size * length))
    starts = np.unique(np.round(np.linspace(0, length - size, config.per_side)).astype(int))
    return [(int(start), int(start) + size) for start in starts]


def embed_regions(
    network: LandmarkNet,
    photo_ids: Sequence[str],
    paths: Sequence[Path],
    config: RegionConfig | None = None,
    engine: str | Engine = "auto",
    progress: str | None = "embedding regions",
    part: RegionEmbedder | None = None,
    threads: int | None = None,
) -> RegionTable:
    """Unit embeddings of photos and their regions, in the order given; one pass a photo.

    Args:
        photo_ids: (N,) unique names.
        paths: (N,) files.
        config: the grid of regions.
        engine: a name, see `resolve_engine`; or a `RegionEmbedder` of this network and grid already compiled.
        progress: words beside the progress bar; None for no bar.
        part: of this network and grid, if there is one: making it costs a pass through the network.
        threads: that decode; None: one for each core.
    Returns:
        The table; unreadable photos are in `.problems`, with the reason.
    Raises:
        InputError: repeated photo_ids, or numbers of ids and paths that differ.
    """
    check_unique(list(photo_ids), "photo_ids")
    if len(photo_ids) != len(paths):
        raise InputError(f"{len(photo_ids)} photo_ids, but {len(paths)} paths: give one path for each photo.")
    part, size = part or RegionEmbedder(network, config), network.config.input_size
    compiled = compile_engine(part, size, engine) if isinstance(engine, str) else engine
    kept, problems = [], {}
    rows = [np.empty((0, len(part.windows), network.unit_dim), np.float32)]
    quiet = progress is None or len(paths) < 64
    with tqdm(total=len(paths), desc=progress, unit=" photos", disable=quiet) as bar:
        for block, vectors in rows_of(compiled, photo_blocks(paths, size, threads=threads), bar):
            rows.append(vectors)
            kept += [photo_ids[row] for row in block.kept]
            problems |= {photo_ids[row]: reason for row, reason in block.problems.items()}
    return RegionTable(np.array(kept, dtype=np.str_), np.concatenate(rows), part.windows, problems)
