"""Noise that a pattern can be made of: the same everywhere, smooth, and repeating without a seam.

All of it comes from `scatter`, whole-number arithmetic that gives the same bits on every machine.
Shapes: S side of a tile; a tile holds one value for each of S x S cells and continues at its far side.
Source: ours; value noise and cell noise are common knowledge of computer graphics.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int


def scatter(x: Int[np.ndarray, "*n"], y: Int[np.ndarray, "*m"], salt: int = 0) -> Float[np.ndarray, " ..."]:
    """A number in [0, 1) for every pair of whole numbers, without visible order; float32.

    Args:
        x, y: whole numbers of shapes that broadcast.
        salt: another salt gives other numbers.
    """
    mixed = x.astype(np.uint32) * np.uint32(0x8DA6B343) ^ y.astype(np.uint32) * np.uint32(0xD8163841)
    mixed = mixed ^ np.uint32((salt * 0x9E3779B1 + 0x7F4A7C15) & 0xFFFFFFFF)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        mixed = (mixed ^ (mixed >> np.uint32(shift))) * np.uint32(factor)
    mixed = mixed ^ (mixed >> np.uint32(16))
    return (mixed >> np.uint32(8)).astype(np.float32) * np.float32(2**-24)


def value_noise(size: int, cells_x: int, cells_y: int, salt: int = 0) -> Float[np.ndarray, " ..."]:
    """A tile of smooth noise in [0, 1]: random values at cells_x x cells_y points, blended between them."""
    x0, x1, fx = _steps(size, cells_x)
    y0, y1, fy = _steps(size, cells_y)
    values = scatter(np.arange(cells_x)[None, :], np.arange(cells_y)[:, None], salt)
    rows = values[:, x0] + (values[:, x1] - values[:, x0]) * fx
    return rows[y0] + (rows[y1] - rows[y0]) * fy[:, None]


def fractal_noise(
    size: int, cells_x: int, cells_y: int | None = None, octaves: int = 5, salt: int = 0, fade: float = 0.5
) -> Float[np.ndarray, " ..."]:
    """A tile of noise in [0, 1] with mean near 0.5: `octaves` layers, each twice as fine as the last.

    Args:
        size: S.
        cells_x, cells_y: cells of the coarsest layer across and down; cells_y None: square.
        octaves: layers; those finer than the tile's own cells are left out.
        salt: another salt gives another tile.
        fade: strength of a layer against the one before, (0, 1).
    """
    cells_y = cells_x if cells_y is None else cells_y
    total, weight = np.zeros((size, size), dtype=np.float32), 0.0
    for octave in range(octaves):
        across, down = cells_x << octave, cells_y << octave
        if max(across, down) > size:
            break
        total += fade**octave * value_noise(size, across, down, salt + 101 * octave)
        weight += fade**octave
    return total / np.float32(weight)


def cell_noise(
    size: int, cells_x: int, cells_y: int | None = None, salt: int = 0
) -> tuple[Float[np.ndarray, "S S"], Float[np.ndarray, "S S"], Float[np.ndarray, "S S"]]:
    """A tile of cells around scattered points.

    Returns:
        distance to the nearest point and to the second nearest, in cells; and a number in [0, 1) for each
        cell, the same all over it.
    """
    cells_y = cells_x if cells_y is None else cells_y
    x = (np.arange(size, dtype=np.float32) + 0.5) * np.float32(cells_x / size)
    y = (np.arange(size, dtype=np.float32) + 0.5) * np.float32(cells_y / size)
    column, row = np.floor(x).astype(np.int64)[None, :], np.floor(y).astype(np.int64)[:, None]
    nearest = np.full((size, size), 9, dtype=np.float32)
    second, tone = nearest.copy(), np.zeros((size, size), dtype=np.float32)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            cx, cy = (column + dx) % cells_x, (row + dy) % cells_y
            px = column + dx + scatter(cx, cy, salt) - x[None, :]
            py = row + dy + scatter(cx, cy, salt + 1) - y[:, None]
            distance = np.sqrt(px * px + py * py, dtype=np.float32)
            closer = distance < nearest
            second = np.where(closer, nearest, np.minimum(second, distance))
            tone = np.where(closer, scatter(cx, cy, salt + 2), tone)
            nearest = np.where(closer, distance, nearest)
    return nearest, second, tone


def _steps(size: int, cells: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For every place along a tile: the point before, the point after, and how far it lies between them."""
    at = (np.arange(size, dtype=np.float32) + 0.5) * np.float32(cells / size)
    before = np.floor(at).astype(np.int64)
    part = at - before
    return before % cells, (before + 1) % cells, part * part * (3 - 2 * part)
