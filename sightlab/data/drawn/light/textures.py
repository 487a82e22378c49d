"""Patterns of surfaces: tiles baked once from noise, with smaller copies for what is seen from afar.

A tile says, for every spot of a pattern, how much of a material's second color shows, how bright it is,
and how it slopes. Far away a pixel covers many blocks: it then reads a smaller copy of the tile, in which
neighbors are averaged, so that nothing flickers.

Shapes: R spots, P patterns, K rows of the table.
Source: ours; averaged copies ("mipmaps") are common knowledge of computer graphics.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float, Int

from sightlab.data.drawn.light.swatches import SIDE, SWATCHES, Swatch
from sightlab.data.drawn.solids.scene import PATTERNS

_NOISE_COVERS = 8  # units of Tiles.noise that its tile covers
LEVELS = SIDE.bit_length()  # 256, 128, ... 1
MIX, SHADE, SLOPE_U, SLOPE_V = range(4)  # what the four numbers of a spot are


@dataclass(frozen=True, eq=False)
class Tiles:
    """All patterns and their smaller copies in one table."""

    spots: Float[np.ndarray, "K 4"]  # MIX, SHADE, SLOPE_U, SLOPE_V
    covers: Float[np.ndarray, "2 P"]  # across and down of every pattern, in units of Material.scale
    grain: Float[np.ndarray, " G"]  # a tile of soft noise around 0, and its smaller copies

    def read(
        self,
        pattern: Int[np.ndarray, " R"],
        u: Float[np.ndarray, " R"],
        v: Float[np.ndarray, " R"],
        footprint: Float[np.ndarray, " R"],
    ) -> Float[np.ndarray, "4 R"]:
        """What the patterns show at some spots, averaged over what a pixel covers there.

        Args:
            pattern: rows of PATTERNS.
            u, v: where on the surface, in units of Material.scale.
            footprint: the width of a pixel there, same unit.
        Returns:
            rows MIX, SHADE, SLOPE_U, SLOPE_V; float32.
        """
        across, down = self.covers[0][pattern], self.covers[1][pattern]
        level = np.log2(np.maximum(footprint / np.minimum(across, down) * SIDE, 1e-6))
        level = np.clip(level, 0, LEVELS - 1)
        u, v = u / across, v / down
        fine = level.astype(np.int32)
        part = level - fine.astype(np.float32)  # float32 and int32 would make float64
        found = self._bilinear(pattern, u, v, fine)
        coarse = self._bilinear(pattern, u, v, np.minimum(fine + 1, LEVELS - 1))
        return (found + (coarse - found) * part[:, None]).T

    def noise(
        self, u: Float[np.ndarray, " R"], v: Float[np.ndarray, " R"], footprint: Float[np.ndarray, " R"]
    ) -> Float[np.ndarray, " R"]:
        """Soft noise in about [-0.5, 0.5] whose broadest hills are 2 units wide, averaged over a pixel.

        Args:
            u, v: where.
            footprint: the width of a pixel there.
        """
        level = np.log2(np.maximum(footprint * np.float32(SIDE / _NOISE_COVERS), 1))
        level = np.minimum(level + np.float32(0.5), LEVELS - 1).astype(np.int32)
        corners, fx, fy = _corners(0, u / np.float32(_NOISE_COVERS), v / np.float32(_NOISE_COVERS), level)
        a, b, c, d = (self.grain.take(corner) for corner in corners)
        top, bottom = a + (b - a) * fx, c + (d - c) * fx
        return top + (bottom - top) * fy

    def _bilinear(self, pattern, u, v, level) -> np.ndarray:
        corners, fx, fy = _corners(pattern * _STRIDE, u, v, level)
        top, right, bottom, right_below = (self.spots.take(corner, axis=0) for corner in corners)
        fx, fy = fx[:, None], fy[:, None]
        top += (right - top) * fx
        bottom += (right_below - bottom) * fx
        top += (bottom - top) * fy
        return top


def _corners(start, u, v, level) -> tuple[tuple[np.ndarray, ...], np.ndarray, np.ndarray]:
    """Rows of the four pixels around some spots of a tile, and where between them a spot lies.

    Args:
        start: first row of the tile.
        u, v: the spots, in tiles.
        level: of the copy that is read.
    """
    side = np.right_shift(SIDE, level)
    width = side.astype(np.float32)
    x, y = u * width - np.float32(0.5), v * width - np.float32(0.5)
    x_floor, y_floor = np.floor(x), np.floor(y)
    last = side - 1  # sides are powers of two: "and" keeps an index inside the tile
    x0, y0 = x_floor.astype(np.int32) & last, y_floor.astype(np.int32) & last
    x1 = (x0 + 1) & last
    first = start + _FIRST[level]
    upper, lower = first + y0 * side, first + ((y0 + 1) & last) * side
    return (upper + x0, upper + x1, lower + x0, lower + x1), x - x_floor, y - y_floor


_FIRST = np.cumsum([0, *((SIDE >> level) ** 2 for level in range(LEVELS - 1))]).astype(np.int32)
_STRIDE = int(_FIRST[-1]) + 1


@cache
def tiles() -> Tiles:
    """All patterns, baked at the first call (about a quarter of a second)."""
    spots, covers = [], []
    for name in PATTERNS:
        swatch = SWATCHES[name]()
        spots.append(_with_copies(swatch))
        covers.append((swatch.across, swatch.down))
    shade = spots[PATTERNS.index("plain")][:, SHADE]
    grain = 2 * (shade - shade[-1])  # the last row is the mean of the tile
    return Tiles(np.concatenate(spots), np.array(covers, dtype=np.float32).T.copy(), grain)


def _with_copies(swatch: Swatch) -> np.ndarray:
    step_u, step_v = swatch.across / SIDE, swatch.down / SIDE
    slope_u = (np.roll(swatch.height, -1, axis=1) - np.roll(swatch.height, 1, axis=1)) / (2 * step_u)
    slope_v = (np.roll(swatch.height, -1, axis=0) - np.roll(swatch.height, 1, axis=0)) / (2 * step_v)
    level = np.stack([swatch.mix, swatch.shade, slope_u, slope_v], axis=-1).astype(np.float32)
    rows = [level.reshape(-1, 4)]
    while level.shape[0] > 1:
        half = level.shape[0] // 2
        level = level.reshape(half, 2, half, 2, 4).mean(axis=(1, 3), dtype=np.float32)
        rows.append(level.reshape(-1, 4))
    return np.concatenate(rows)
