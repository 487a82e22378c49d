"""Water around a landmark: a strait between hilly shores, and a river through a town.

In both the water lies on the ground's height 0 around the origin and its bed runs along y, 2 clear_radius
wide: what stands at the origin stands in the water, and a bridge of length 2 clear_radius along x reaches
from shore to shore. People photograph from the shores, from boats and, of a bridge, from its ends.
Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.drawn.solids.plants import grove
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.terrain import (
    heightfield,
    outward,
    rings,
    scattered,
    smooth_step,
    stations,
    terrain_noise,
)
from sightlab.data.drawn.surroundings.houses import Houses, boxes, house_row, lamp, moved_houses
from sightlab.data.drawn.surroundings.land import (
    CLIFF,
    FOREST_FLOOR,
    GROUND,
    LAWN,
    MEADOW,
    around_at,
    far_city,
    hills,
    scattered_houses,
)

BEACH = Material((0.80, 0.72, 0.56), "sand", (0.68, 0.60, 0.46), scale=1.5)
SEA = Material((0.10, 0.24, 0.34), "water", (0.26, 0.40, 0.48), scale=3, detail=0.6)
RIVER = Material((0.20, 0.27, 0.25), "water", (0.34, 0.40, 0.38), scale=2, detail=0.5)
QUAY_WALL = Material((0.58, 0.54, 0.47), "ashlar", (0.40, 0.37, 0.33), scale=1.5)
QUAY = Material((0.56, 0.53, 0.49), "paving", (0.40, 0.38, 0.35), scale=1.2, detail=0.5)
COBBLES = Material((0.45, 0.43, 0.41), "paving", (0.30, 0.29, 0.28), scale=0.4, detail=0.6)
QUAY_HEIGHT = 3.0  # meters above the water


def coast(rng: np.random.Generator, clear: float) -> Shape:
    """A strait: open sea in front, hilly shores left and right, a far shore behind.

    The shores are straight where |y| < 40 m, rise to 3 m within 20 m and then to hills with woods and single
    houses; they begin at y = -3 clear - 400 and end at the far shore, y = 5 clear + 600, where a city stands
    if clear is at least 180 m. If it is at least 400 m, headlands rise to 44 m within 60 m at y = 0: there
    the road of a high bridge lands.
    """
    seed = int(rng.integers(1 << 30))
    tall = 40 + 0.12 * clear

    def height(x, y):
        wobble = 0.04 * clear * (1 + terrain_noise(x, y, seed, clear, 3)) * smooth_step(np.abs(y), 40, 200)
        shore = np.minimum(np.abs(x) - clear - wobble, y + 3 * clear + 400)
        shore = np.maximum(shore, y - 5 * clear - 600)
        bank = np.where(shore < 0, np.maximum(0.15 * shore, -6), 3 * smooth_step(shore, 0, 20))
        wave = np.clip(0.55 + terrain_noise(x, y, seed + 1, 1.2 * clear + 120, 5), 0, 2)
        land = bank + tall * wave * smooth_step(shore, 12, 0.5 * clear + 130)
        if clear >= 400:
            away = np.hypot(y / 110, np.maximum(shore - 200, 0) / 160)
            land = np.maximum(land, 50 * smooth_step(shore, 8, 60) * np.exp(-(away**2)) - 6)
        return GROUND + land

    def paint(middle, up):
        x, y, z = middle.T
        green = np.where(terrain_noise(x, y, seed, 150, 3) > 0, 1, 2)
        return np.where(z < 1.6, 0, np.where((up < 0.85) & (z > 6), 3, green))

    steps = np.concatenate([np.linspace(0.6 * clear, 1.5 * clear, 26), outward(1.55 * clear, 30)])
    ground = rings(height, steps, (BEACH, MEADOW, FOREST_FLOOR, CLIFF), paint, 150)
    steps = (0, *np.linspace(0.2 * clear, 2 * clear, 10), *outward(2.5 * clear, 12))
    sea = rings(lambda x, y: np.full(x.shape, GROUND), steps, (SEA,), around=60)
    x, y = around_at(rng, 1100, 1.03 * clear, 2.4 * clear + 150)
    z = height(x, y)
    is_house = rng.random(1100) < 0.1
    tree, house = (z > 3) & ~is_house, (z > 3) & is_house
    trees = grove(("broadleaf", "conifer"), x[tree], y[tree], z[tree] - 0.3, seed, far=True)
    village = scattered_houses(rng, x[house], y[house], height)
    parts = [ground, sea, trees, village]
    if clear >= 180:
        parts.append(far_city(rng, 0, 0.5 * clear + 500, 260, 70).moved(0, 6 * clear + 1400, 4))
    return Shape.join(parts)


def river(rng: np.random.Generator, clear: float) -> Shape:
    """A river between quays 3 m high, along which rows of houses look at the water; hills on the left."""
    away = hills(int(rng.integers(1 << 30)), clear + 300, 25, 160, 500)

    def land(x, y):
        return QUAY_HEIGHT + away(x, y) + 26 * smooth_step(-x, clear + 90, clear + 500)

    def paint(middle, up):
        out = np.abs(middle[:, 0]) - clear
        return np.where(out < 15, 0, np.where((out < 140) & (np.abs(middle[:, 1]) < clear + 700), 1, 2))

    banks = []
    outside = clear + np.concatenate([[0], np.linspace(15, 500, 14), np.geomspace(700, 30_000, 10)])
    for across in (outside, -outside[::-1]):
        along = stations(-clear - 300, clear + 300, 40)
        banks.append(heightfield(land, across, along, (QUAY, COBBLES, LAWN), paint))
    water = heightfield(
        lambda x, y: np.full(x.shape, GROUND),
        np.linspace(-clear, clear, 8),
        stations(-600, 600, 24),
        (RIVER,),
    )
    wall = np.array([-clear - 0.4, clear + 0.4])
    walls = boxes(wall, 0 * wall, -1, 0.8, 4 * clear + 3000, QUAY_HEIGHT + 1.9, (QUAY_WALL,))
    length = min(2 * clear + 400, 1000.0)
    houses = [h.built() for h in _quay_houses(rng, clear, length, land)]
    at = np.arange(-length / 2, length / 2, 24.0)
    at = at[np.abs(at) > 14]
    x = np.concatenate([np.full(len(at), clear + 5), np.full(len(at), -clear - 5)])
    y = np.concatenate([at, at])
    trees = grove(("broadleaf",), x, y + 12, QUAY_HEIGHT, int(rng.integers(1 << 30)), far=True, size=0.6)
    lamps = scattered(lamp(), x, y, QUAY_HEIGHT)
    wx, wy = around_at(rng, 600, clear + 160, clear + 800)
    dry = np.abs(wx) > clear + 130
    wood = grove(("broadleaf",), wx[dry], wy[dry], land(wx[dry], wy[dry]) - 0.3, 5, far=True)
    return Shape.join([*banks, water, walls, *houses, trees, lamps, wood])


def _quay_houses(rng: np.random.Generator, clear: float, length: float, land) -> list[Houses]:
    """Three rows on either side; a street 18 m wide leads through them to the middle."""
    rows = []
    for side in (-1, 1):
        for row, out in enumerate((18.0, 42.0, 62.0)):
            line = house_row(rng, length, (3, 5) if row == 0 else (2, 4), steep=1.1)
            line = moved_houses(line.only(np.abs(line.x) > 13), 0, clear + out, 0)
            line = moved_houses(line, 0, 0, -90.0 * side, seed=int(rng.integers(1 << 30)), has_shops=row == 0)
            rows.append(moved_houses(line, 0, 0, 0, z=land(line.x, line.y) - 0.3))
    return rows
