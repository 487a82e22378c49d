"""Local features of a photo: descriptors with their places, from seven sizes of the photo.

Shapes: H x W photo, P keypoints, D numbers of a descriptor, hxw cells.
Points are (x, y) in pixels of the photo as it was opened; the middle of the first pixel is (0, 0).
Source: Noh et al. 2017 (DELF). Sides rounded to whole cells, the pixel budget: ours.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, UInt8

from sightlab.checks import InputError, check_count, check_range
from sightlab.delf.receptive import ReceptiveField
from sightlab.nets.engine import Engine

SCALES = tuple(2 ** (k / 2) for k in range(-4, 3))  # 0.25 ... 2.0, seven of them


@dataclass(frozen=True)
class DelfConfig:
    scales: tuple[float, ...] = SCALES  # sizes of the photo that the network sees; DELF: seven
    max_keypoints: int = 1000  # kept of a photo, those with the most attention; DELF: 1,000
    min_attention: float = 0.0  # cells below are no keypoints; depends on the network, see `attention_at`
    least_side: int = (
        0  # smaller photos are enlarged to this long side first; 0: none; DELF's have some 1,000
    )
    max_pixels: int = 4_000_000  # of the largest size; larger photos are shrunk first

    def __post_init__(self):
        if not self.scales or min(self.scales) <= 0:
            raise InputError(f"scales={self.scales!r}: give at least one, all above 0.")
        check_count(self.max_keypoints, "max_keypoints")
        check_range(self.min_attention, "min_attention", 0)
        check_count(self.least_side, "least_side", minimum=0)
        check_count(self.max_pixels, "max_pixels", minimum=4096)


@dataclass(frozen=True, eq=False)
class LocalFeatures:
    """Keypoints of one photo, the one with the most attention first; P may be 0."""

    points: Float[np.ndarray, "P 2"]  # (x, y) in the photo
    scales: Float[np.ndarray, " P"]  # of the photo when the keypoint was seen
    attention: Float[np.ndarray, " P"]  # >= 0
    descriptors: Float[np.ndarray, "P D"]  # unit rows
    size: tuple[int, int]  # (height, width) of the photo
    note: str = ""  # what was not done as asked, in words

    def __len__(self) -> int:
        return len(self.points)

    @property
    def diagonal(self) -> float:
        """Pixels; what distances in photos of different sizes are measured against."""
        return float(np.hypot(*self.size))

    def take(self, rows: Int[np.ndarray, " n"] | slice) -> LocalFeatures:
        """Some of the keypoints."""
        arrays = (x[rows] for x in (self.points, self.scales, self.attention, self.descriptors))
        return LocalFeatures(*arrays, self.size, self.note)


class ScaledPhoto(NamedTuple):
    photo: UInt8[np.ndarray, "1 h w 3"]
    scale: float


def scaled_photos(
    photo: UInt8[np.ndarray, "H W 3"], config: DelfConfig, stride: int
) -> tuple[list[ScaledPhoto], str]:
    """The photo at every scale, its sides rounded to whole cells; and a note if it had to be shrunk.

    Scales are those of the photo as it is, however much it was enlarged first.

    Returns:
        One photo for each scale, largest last; "" or what the budget cost, in words.
    """
    import cv2

    height, width = photo.shape[:2]
    largest = max(config.scales)
    enlarge = max(1.0, config.least_side / max(height, width))
    wanted = height * width * (largest * enlarge) ** 2
    shrink = min(1.0, (config.max_pixels / wanted) ** 0.5)
    change = enlarge * shrink
    found = []
    for scale in sorted(config.scales):
        sides = [max(2, round(side * scale * change / stride)) * stride for side in (width, height)]
        is_smaller = sides[0] * sides[1] < height * width
        way = cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR
        found.append(ScaledPhoto(cv2.resize(photo, sides, interpolation=way)[None], scale * change))
    note = ""
    if shrink < 1:
        note = (
            f"scales multiplied by {shrink:.2f}: {wanted / 1e6:.1f} Mpixel at the largest are over the "
            f"budget of {config.max_pixels / 1e6:.1f}"
        )
    return found, note


def extract(
    photo: UInt8[np.ndarray, "H W 3"], engine: Engine, field: ReceptiveField, config: DelfConfig | None = None
) -> LocalFeatures:
    """Local features of one photo.

    Args:
        photo: RGB.
        engine: a compiled `DelfNet`, for photos of any size.
        field: of the same network.
        config: scales and how many keypoints.
    Returns:
        At most `max_keypoints` features; none at all if no cell reaches `min_attention`.
    """
    return next(extract_all([photo], engine, field, config))


def extract_all(
    photos: Iterable[UInt8[np.ndarray, "_ _ 3"]],
    engine: Engine,
    field: ReceptiveField,
    config: DelfConfig | None = None,
) -> Iterator[LocalFeatures]:
    """Local features of many photos, in order; the sizes of several are under way at once."""
    config = config or DelfConfig()
    under_way: deque = deque()

    def sizes() -> Iterator[np.ndarray]:
        for photo in photos:
            scaled, note = scaled_photos(photo, config, field.stride)
            under_way.append((photo.shape[:2], scaled, note))
            yield from (one.photo for one in scaled)

    maps = engine.stream(sizes())
    for first in maps:
        size, scaled, note = under_way.popleft()
        found = [first, *islice(maps, len(scaled) - 1)]
        parts = [_of_map(rows[0], one, size, field, config) for one, rows in zip(scaled, found, strict=True)]
        yield _strongest(parts, config.max_keypoints, (int(size[0]), int(size[1])), note)


def _strongest(parts: list[tuple], most: int, size: tuple[int, int], note: str) -> LocalFeatures:
    points, scales, attention, descriptors = (np.concatenate(column) for column in zip(*parts, strict=True))
    best = np.argsort(-attention, kind="stable")[:most]
    return LocalFeatures(points[best], scales[best], attention[best], descriptors[best], size, note)


def _of_map(rows: np.ndarray, one: ScaledPhoto, size: tuple[int, int], field: ReceptiveField, config):
    """Points, scales, attention, descriptors of the cells of one map that deserve it."""
    cells_y, cells_x = rows.shape[:2]
    height, width = one.photo.shape[1:3]
    x = _to_photo(field.centers(cells_x), size[1] / width)
    y = _to_photo(field.centers(cells_y), size[0] / height)
    attention = rows[..., -1]
    keep = attention >= max(config.min_attention, np.finfo(np.float32).tiny)
    points = np.stack(np.meshgrid(x, y), axis=-1)[keep].astype(np.float32)
    descriptors = rows[..., :-1][keep]
    norms = np.linalg.norm(descriptors, axis=1, keepdims=True)  # bf16 is off by 0.004
    scales = np.full(len(points), one.scale, dtype=np.float32)
    return points, scales, attention[keep], descriptors / np.maximum(norms, 1e-9)


def _to_photo(centers: np.ndarray, ratio: float) -> np.ndarray:
    """Pixel coordinates of a resized photo in those of the photo: borders map to borders."""
    return (centers + 0.5) * ratio - 0.5
