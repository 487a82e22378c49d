"""How every pattern looks, as a tile: stones, bricks, windows, leaves, waves, all made of noise.

A tile continues at its far side. Its u runs to the right, its v up a wall or away on the ground.
Shapes: S side of a tile.
Source: ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sightlab.data.drawn.solids.noise import cell_noise, fractal_noise, scatter, value_noise
from sightlab.data.drawn.solids.terrain import smooth_step

SIDE = 256  # pixels of a tile


@dataclass(frozen=True, eq=False)
class Swatch:
    """How one pattern looks, as a tile that continues at its far side; v points up on a wall."""

    mix: Float[np.ndarray, "S S"]  # 0 the material's color, 1 its second color
    shade: Float[np.ndarray, "S S"]  # factor on the color, around 1
    height: Float[np.ndarray, "S S"]  # in units of Material.scale
    across: float  # what one tile covers, in units of Material.scale
    down: float


def _plain() -> Swatch:
    tone = fractal_noise(SIDE, 4, octaves=6, salt=1)
    return Swatch(np.zeros_like(tone), 1 + 0.5 * (tone - 0.5), 0.05 * tone, 8, 8)


def _masonry(columns: int, rows: int, width: float, height: float, joint: float, salt: int, spread: float):
    """Blocks in courses, every second course moved by half a block; joint: share of a block's height."""
    u, v = _grid(columns, rows)
    row = np.floor(v).astype(np.int64)
    u = u + 0.5 * (row % 2) + 0.18 * (scatter(row, row * 0, salt) - 0.5)
    column = np.floor(u).astype(np.int64) % columns
    tone = scatter(column, row, salt + 1)
    fine = fractal_noise(SIDE, 16, octaves=4, salt=salt + 2)
    ragged = 0.6 * joint * (fine - 0.5)
    to_side = np.minimum(u % 1, 1 - u % 1) * width / height
    to_edge = np.minimum(to_side, np.minimum(v % 1, 1 - v % 1)) + ragged
    block = smooth_step(to_edge, 0.4 * joint, 1.2 * joint)
    shade = 1 + spread * (tone - 0.5) + 0.35 * (fine - 0.5)
    bulge = np.minimum(to_edge, 2.5 * joint) * 0.28 * height + 0.05 * height * fine
    return Swatch(0.85 * (1 - block), shade, bulge, columns * width, rows * height)


def _ashlar() -> Swatch:
    return _masonry(8, 16, 1.0, 0.5, joint=0.06, salt=20, spread=0.22)


def _brick() -> Swatch:
    return _masonry(8, 16, 1.0, 0.36, joint=0.1, salt=30, spread=0.5)


def _paving() -> Swatch:
    return _masonry(6, 6, 1.0, 1.0, joint=0.03, salt=40, spread=0.35)


def _plaster() -> Swatch:
    blotch = fractal_noise(SIDE, 3, octaves=5, salt=50)
    streak = fractal_noise(SIDE, 24, 2, octaves=3, salt=51)
    stain = smooth_step(0.5 * blotch + 0.5 * streak, 0.5, 0.75)
    return Swatch(0.45 * stain, 1 + 0.3 * (blotch - 0.5), 0.03 * blotch, 8, 8)


def _windows() -> Swatch:
    """Two bays across, two floors down. Glass is the second color; sills and frames stand out."""
    u, v = _grid(2, 2)
    u, v = (u % 1 - 0.5), v % 1
    grain = fractal_noise(SIDE, 8, octaves=5, salt=60)
    side, low, high = 0.24 - np.abs(u), v - 0.26, 0.84 - v
    inside = np.minimum(side, 1.2 * np.minimum(low, high))  # depth into the opening, in bays
    glass = smooth_step(inside, 0.022, 0.034)
    bars = np.minimum(np.abs(u) - 0.012, np.abs(v - 0.62) * 1.2 - 0.012)
    glass = glass * smooth_step(bars, 0.0, 0.012)
    surround = smooth_step(inside, -0.055, -0.045) * (1 - glass)
    sill = (np.abs(u) < 0.29) * smooth_step(0.03 - np.abs(v - 0.235), 0, 0.008)
    under = (np.abs(u) < 0.28) * smooth_step(0.03 - np.abs(v - 0.19), 0, 0.02)
    lintel_shadow = glass * smooth_step(v, 0.7, 0.84)
    shade = 1 + 0.25 * (grain - 0.5) + 0.28 * surround + 0.35 * sill - 0.4 * under - 0.45 * lintel_shadow
    ledge = np.exp(-(((v - 0.03) / 0.02) ** 2))
    height = 0.02 * surround + 0.03 * sill - 0.03 * glass + 0.02 * ledge
    return Swatch(glass, shade + 0.15 * ledge, height, 2, 2.4)


def _roof_tiles() -> Swatch:
    """Courses of rounded tiles that overlap downward."""
    u, v = _grid(8, 8)
    row = np.floor(v).astype(np.int64)
    u = u + 0.5 * (row % 2)
    tone = scatter(np.floor(u).astype(np.int64) % 8, row, 70)
    arc = np.abs(u % 1 - 0.5) * 2
    lower_edge = smooth_step(v % 1, 0.0, 0.2 + 0.12 * arc**2)
    patch = fractal_noise(SIDE, 3, octaves=4, salt=71)
    shade = (0.62 + 0.38 * lower_edge) * (1 + 0.45 * (tone - 0.5)) * (1 + 0.3 * (patch - 0.5))
    height = 0.12 * np.sqrt(np.maximum(0, 1 - arc**2)) - 0.12 * (v % 1)
    return Swatch(0.5 * smooth_step(patch, 0.5, 0.8), shade * 1.12, height, 8, 8)


def _metal() -> Swatch:
    """Sheets with standing seams."""
    u, _ = _grid(8, 8)
    seam = np.exp(-((np.minimum(u % 1, 1 - u % 1) / 0.06) ** 2))
    streak = fractal_noise(SIDE, 32, 2, octaves=3, salt=80)
    patch = fractal_noise(SIDE, 4, octaves=4, salt=81)
    return Swatch(
        0.5 * smooth_step(patch * 0.6 + streak * 0.4, 0.5, 0.8), 1 + 0.3 * (streak - 0.5), 0.06 * seam, 8, 8
    )


def _wood() -> Swatch:
    """Upright planks, four to a unit."""
    u, _ = _grid(8, 1)
    plank = np.floor(u).astype(np.int64)
    grain = fractal_noise(SIDE, 64, 3, octaves=3, salt=90)
    gap = smooth_step(np.minimum(u % 1, 1 - u % 1), 0.02, 0.07)
    tone = scatter(plank % 8, plank * 0, 91)
    shade = 1 + 0.35 * (grain - 0.5) + 0.3 * (tone - 0.5)
    return Swatch(
        0.7 * (1 - gap) + 0.2 * smooth_step(grain, 0.55, 0.8), shade, 0.02 * gap + 0.01 * grain, 2, 2
    )


def _grass() -> Swatch:
    blades = fractal_noise(SIDE, 48, octaves=3, salt=100, fade=0.8)
    tuft = fractal_noise(SIDE, 12, octaves=4, salt=101)
    return Swatch(
        0.7 * smooth_step(tuft, 0.45, 0.7), 1 + 0.9 * (blades - 0.5) + 0.3 * (tuft - 0.5), 0.06 * blades, 6, 6
    )


def _foliage() -> Swatch:
    """Clumps of leaves; where the second color is strongest a ray passes between them."""
    near, _, tone = cell_noise(SIDE, 8, salt=110)
    near_fine, _, tone_fine = cell_noise(SIDE, 24, salt=112)
    gap = smooth_step(0.62 * near + 0.38 * near_fine, 0.3, 0.72)
    shade = 1.12 - 0.5 * near + 0.35 * (tone - 0.5) + 0.45 * (tone_fine - 0.5)
    return Swatch(gap, shade, 0.5 * (1 - near) + 0.12 * (1 - near_fine), 8, 8)


def _rock() -> Swatch:
    """Warped strata with cracks."""
    warp = fractal_noise(SIDE, 3, octaves=5, salt=120)
    _, v = _grid(1, 1)
    layer = (v * 9 + 2.2 * (warp - 0.5)) % 9
    bed = np.floor(layer).astype(np.int64)
    tone = scatter(bed, bed * 0, 121)
    edge = smooth_step(np.minimum(layer % 1, 1 - layer % 1), 0.0, 0.16)
    rough = fractal_noise(SIDE, 8, octaves=5, salt=122, fade=0.65)
    crack = smooth_step(np.abs(fractal_noise(SIDE, 6, octaves=4, salt=123) - 0.5), 0.0, 0.025)
    mix = np.clip(0.75 * tone - 0.1 + 0.6 * (rough - 0.5), 0, 1)
    shade = (0.72 + 0.28 * edge) * (0.75 + 0.25 * crack) * (1 + 0.6 * (rough - 0.5)) * 1.12
    return Swatch(mix, shade, 0.3 * rough + 0.14 * edge + 0.1 * crack + 0.3 * warp, 8, 8)


def _sand() -> Swatch:
    warp = fractal_noise(SIDE, 3, octaves=4, salt=130)
    u, v = _grid(1, 1)
    phase = 2 * np.pi * (14 * v + 3 * u + 2.6 * (warp - 0.5))
    grain = value_noise(SIDE, 128, 128, salt=131)
    ripple = np.sin(phase) + 0.3 * np.sin(2 * phase + 1)
    return Swatch(
        0.5 * smooth_step(warp, 0.45, 0.75),
        1 + 0.12 * (grain - 0.5) + 0.2 * (warp - 0.5),
        0.035 * ripple,
        8,
        8,
    )


def _water() -> Swatch:
    u, v = _grid(1, 1)
    warp = fractal_noise(SIDE, 4, octaves=3, salt=140)
    height = np.zeros((SIDE, SIDE), dtype=np.float32)
    for wave, (across, down, strength) in enumerate(
        [(1, 3, 1.0), (-2, 4, 0.8), (3, 5, 0.5), (-4, 7, 0.35), (6, 9, 0.25), (-9, 12, 0.16), (11, 17, 0.1)]
    ):
        height += strength * np.sin(2 * np.pi * (across * u + down * v + 1.5 * warp) + 2.4 * wave)
    return Swatch(np.zeros_like(height), np.ones_like(height), 0.015 * height, 8, 8)


def _falling_water() -> Swatch:
    streak = fractal_noise(SIDE, 24, 2, octaves=4, salt=150, fade=0.7)
    foam = fractal_noise(SIDE, 6, 3, octaves=5, salt=151)
    thin = 1 - smooth_step(0.65 * streak + 0.35 * foam, 0.36, 0.62)
    return Swatch(0.9 * thin, 1 + 0.5 * (streak - 0.5), 0.15 * streak, 8, 16)


def _asphalt() -> Swatch:
    grain = value_noise(SIDE, 128, 128, salt=160)
    patch = fractal_noise(SIDE, 3, octaves=5, salt=161)
    shade = 1 + 0.4 * (grain - 0.5) + 0.4 * (patch - 0.5)
    return Swatch(0.3 * smooth_step(patch, 0.5, 0.7), shade, 0.02 * grain, 8, 8)


def _flat() -> Swatch:
    zero = np.zeros((SIDE, SIDE), dtype=np.float32)
    return Swatch(zero, zero + 1, zero, 8, 8)


SWATCHES: dict[str, Callable[[], Swatch]] = {
    "plain": _plain,
    "ashlar": _ashlar,
    "brick": _brick,
    "plaster": _plaster,
    "windows": _windows,
    "tiles": _roof_tiles,
    "metal": _metal,
    "wood": _wood,
    "grass": _grass,
    "foliage": _foliage,
    "evergreen": _foliage,
    "rock": _rock,
    "snow_rock": _rock,
    "sand": _sand,
    "water": _water,
    "falling_water": _falling_water,
    "paving": _paving,
    "asphalt": _asphalt,
    "sky": _flat,
    "glow": _flat,
}


def _grid(columns: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """u from 0 to `columns` across a tile, v from 0 to `rows` down it."""
    at = (np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE
    u, v = np.meshgrid(at * columns, at * rows)
    return u, v
