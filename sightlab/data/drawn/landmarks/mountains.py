"""Two volcanoes, a table mountain and a river among karst peaks; `nature` says from where to look.

Every function returns (landmark, ground): the mountain around the origin, and the land around it to the
horizon with what grows there. They fit together without a gap.
Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.drawn.solids.plants import grove
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.terrain import (
    blob,
    heightfield,
    middles,
    parted,
    scattered,
    sheet,
    smooth_step,
    stations,
    terrain_noise,
)

SNOW = Material((0.93, 0.95, 0.98), "plain", (0.80, 0.85, 0.93), scale=40, detail=0.3)
MEADOW = Material((0.36, 0.47, 0.19), "grass", (0.27, 0.38, 0.14), scale=5, detail=0.3)
WOODS = Material((0.14, 0.25, 0.13), "grass", (0.07, 0.15, 0.08), scale=12, detail=0.9)
SHORE = Material((0.52, 0.48, 0.40), "sand", (0.40, 0.37, 0.31), scale=2)
LAKE = Material((0.16, 0.28, 0.38), "water", (0.30, 0.42, 0.48), scale=3, detail=0.35)
ASH = Material((0.43, 0.31, 0.26), "rock", (0.24, 0.20, 0.20), scale=30, detail=0.6)
LAVA = Material((0.23, 0.22, 0.26), "rock", (0.16, 0.16, 0.20), scale=30, detail=0.6)
STEPPE = Material((0.60, 0.55, 0.33), "grass", (0.49, 0.44, 0.25), scale=7, detail=0.3)
RED_ROCK = Material((0.66, 0.33, 0.20), "rock", (0.45, 0.20, 0.13), scale=12, detail=0.8)
RED_SCREE = Material((0.62, 0.36, 0.24), "sand", (0.50, 0.27, 0.18), scale=8, detail=0.7)
RED_SAND = Material((0.71, 0.43, 0.28), "sand", (0.60, 0.34, 0.22), scale=3)
ROAD = Material((0.30, 0.29, 0.29), "asphalt", (0.22, 0.22, 0.22), scale=1)
ROAD_LINE = Material((0.85, 0.68, 0.20))
SAGE = Material((0.42, 0.45, 0.30), "plain", (0.30, 0.32, 0.20), scale=0.3)
LIMESTONE = Material((0.62, 0.61, 0.55), "rock", (0.34, 0.38, 0.28), scale=15, detail=0.8)
GREEN_SLOPE = Material((0.20, 0.34, 0.15), "grass", (0.10, 0.20, 0.09), scale=8, detail=0.9)
RICE = Material((0.47, 0.58, 0.22), "grass", (0.36, 0.47, 0.15), scale=2)
RIVER = Material((0.22, 0.34, 0.28), "water", (0.34, 0.44, 0.38), scale=2, detail=0.4)


def water_level(x0: float, x1: float, y0: float, y1: float, material: Material, z: float = 0.0) -> Shape:
    """A level rectangle of water, in pieces of up to 150 m: rays lose precision on very large triangles."""
    across, along = (np.linspace(a, b, 2 + int((b - a) / 150)) for a, b in ((x0, x1), (y0, y1)))
    return heightfield(lambda x, y: np.full(x.shape, float(z)), across, along, (material,))


def standing(rng: np.random.Generator, n: int, where, height, allowed) -> tuple[np.ndarray, ...]:
    """x, y, z of up to n random places in the rectangle `where` (x0, x1, y0, y1) where `allowed(x, y)`."""
    x, y = rng.uniform(where[0], where[1], n), rng.uniform(where[2], where[3], n)
    ok = allowed(x, y)
    return x[ok], y[ok], height(x[ok], y[ok]) - 0.3


# Volcanoes


def _cone(x, y, height: float, foot: float, bend: float, gully: float, seed: int) -> np.ndarray:
    """A mountain that steepens towards its top, cut by gullies that run down from there."""
    r = np.hypot(x, y)
    t = np.clip(1 - r / foot, 0, 1)
    ray = terrain_noise(9 * x / (r + 250), 9 * y / (r + 250), seed, 1.0, 4, 0.6, ridged=True)
    rough = terrain_noise(x, y, seed + 1, 500, 4)
    return height * t**bend + gully * (ray + 0.6 * rough) * smooth_step(t, 0, 0.3) * (1 - 0.75 * t)


def mount_fujara() -> tuple[Shape, Shape]:
    """A steep, even cone with a small notch at the top and a cap of snow, behind a lake."""

    def height(x, y):
        r = np.hypot(x, y)
        cone = _cone(x, y, 1720, 3700, 1.75, 75, 11)
        cone = np.where(r < 190, np.minimum(cone, 1490 + 25 * np.sin(5 * np.arctan2(y, x)) + 0.12 * r), cone)
        return cone + _lake_land(x, y)

    def paint(middle, up):
        x, y, z = middle.T
        line = 900 + 240 * terrain_noise(
            9 * x / (np.hypot(x, y) + 250), 9 * y / (np.hypot(x, y) + 250), 12, 1
        )
        line += 90 * terrain_noise(x, y, 13, 220, 3)
        woods = 420 + 120 * terrain_noise(x, y, 14, 500, 3)
        patch = (terrain_noise(x, y, 15, 700, 3) > 0) & (np.hypot(x, y) < 4200)
        low = np.where(z < 1.2, 3, np.where(patch, 2, 4))
        return np.where(z > line, 0, np.where(z > woods, 1, low))

    land = heightfield(
        height,
        stations(-4200, 4200, 120),
        stations(-6400, 4200, 150),
        (SNOW, LAVA, WOODS, SHORE, MEADOW),
        paint,
    )
    cone, ground = parted(land, np.hypot(*middles(land)[:, :2].T) < 3300)
    rng = np.random.default_rng(61)

    def on_shore(x, y):
        return (height(x, y) > 1.5) & (np.abs(x) > 25 + 0.4 * np.abs(y + 5990))

    near = standing(rng, 90, (-260, 260, -6060, -5900), height, on_shore)
    wood = standing(rng, 900, (-2600, 2600, -4500, -3700), height, lambda x, y: height(x, y) > 3)
    trees = [
        grove(("pine", "broadleaf", "conifer"), *near, seed=62),
        grove(("conifer", "broadleaf"), *wood, seed=63, far=True, size=1.8),
        _ring_of_trees(rng, height, 4300, 5400, 700, ("conifer", "broadleaf"), lambda x, y: y > -3800),
    ]
    return cone, Shape.join([ground, water_level(-4000, 4000, -6300, -3700, LAKE), *trees])


def _lake_land(x, y) -> np.ndarray:
    """Low land around the foot, with a lake in front."""
    hills = 16 + 14 * terrain_noise(x, y, 16, 900, 4) + 60 * smooth_step(np.hypot(x, y), 7000, 14000)
    across, along = x / 2500, (y + 5150 + 120 * np.sin(x / 600)) / 760
    inside = np.hypot(across, along) - 1
    return np.where(inside < 0, -8 * smooth_step(inside, 0, -0.1), hills * smooth_step(inside, 0, 0.5))


def _ring_of_trees(rng, height, inner: float, outer: float, n: int, kinds, allowed) -> Shape:
    r, a = rng.uniform(inner, outer, n), rng.uniform(0, 2 * np.pi, n)
    x, y = r * np.cos(a), r * np.sin(a)
    x, y = x[allowed(x, y)], y[allowed(x, y)]
    return grove(kinds, x, y, height(x, y) - 0.5, seed=n, far=True, size=1.5)


def mount_pelado() -> tuple[Shape, Shape]:
    """A broad bald cone with a wide broken crater, a small cone on its flank, hardly any snow."""

    def height(x, y):
        r, angle = np.hypot(x, y), np.arctan2(y, x)
        ragged = terrain_noise(3 * np.cos(angle), 3 * np.sin(angle), 22, 1, 3)
        breach = 330 * np.exp(-(((angle + 1.35) / 0.4) ** 2))
        rim = 1270 + 60 * np.sin(angle + 0.4) + 55 * ragged - breach * smooth_step(r, 1100, 520)
        cone = _cone(x, y, 2050, 3900, 1.75, 110, 21)
        cone = np.where(r < 1000, np.minimum(cone, rim), cone)
        bowl = smooth_step(r, 520, 250) * 340
        side = np.hypot(x - 1750, y + 700)
        small = 330 * np.clip(1 - side / 620, 0, 1) ** 1.1 - 130 * smooth_step(side, 150, 40)
        plain = 6 * terrain_noise(x, y, 23, 800, 3) + 260 * smooth_step(r, 8000, 20000) * (
            0.5 + terrain_noise(x, y, 24, 5000, 4)
        )
        return cone - bowl + np.maximum(small, 0) + plain

    def paint(middle, up):
        x, y, z = middle.T
        streak = terrain_noise(9 * x / (np.hypot(x, y) + 250), 9 * y / (np.hypot(x, y) + 250), 25, 1, 3)
        bare = 330 + 160 * terrain_noise(x, y, 26, 400, 4)
        snow = 1250 + 120 * terrain_noise(x, y, 27, 150, 3)
        flow = np.abs(np.arctan2(y, x) + 1.35 + 0.1 * np.sin(z / 120)) < 0.16
        stone = np.where((streak > 0.25) | flow, 1, 0)
        return np.where(z > snow, 3, np.where(z > bare, stone, 2))

    land = heightfield(
        height, stations(-4000, 4000, 125), stations(-4000, 4000, 125), (ASH, LAVA, STEPPE, SNOW), paint
    )
    cone, ground = parted(land, np.hypot(*middles(land)[:, :2].T) < 3500)
    rng = np.random.default_rng(71)
    a = rng.uniform(0, 2 * np.pi, 900)
    r = rng.uniform(4200, 6200, 900)
    x, y = r * np.cos(a), r * np.sin(a)
    tufts = grove(("reed", "bush"), x, y, height(x, y) - 0.1, seed=72, far=True, size=1.6)
    return cone, Shape.join(
        [ground, tufts, _ring_of_trees(rng, height, 4000, 5000, 250, ("broadleaf",), _all)]
    )


def _all(x, y) -> np.ndarray:
    return np.ones(len(x), bool)


# Table mountain


def red_mesa() -> tuple[Shape, Shape]:
    """A wide red table mountain, beside it a mitten with its thumb and a slender pillar, over a red plain."""
    buttes = (  # x, y, half width, half depth, height
        (0, 150, 300, 150, 260),
        (-600, -60, 95, 70, 265),
        (-463, -80, 20, 18, 205),
        (520, -30, 26, 24, 235),
        (640, 330, 120, 90, 180),
    )

    def height(x, y):
        fluted = 9 * terrain_noise(x, y, 31, 38, 3, 0.6, ridged=True) + 20 * terrain_noise(x, y, 32, 160, 3)
        total = 3 * terrain_noise(x, y, 33, 250, 3) + 200 * smooth_step(np.hypot(x, y), 6000, 15000) * (
            terrain_noise(x, y, 34, 4000, 3) > 0.1
        )
        for cx, cy, ax, ay, h in buttes:
            away = (np.hypot((x - cx) / ax, (y - cy) / ay) - 1) * min(ax, ay) + fluted * min(1, ax / 60)
            scree = 0.36 * h * np.clip(1 - away / (0.75 * h), 0, 1) ** 1.25
            ledge = 0.12 * h * smooth_step(away, 22, 14)
            total = np.maximum(total, scree + ledge + 0.52 * h * smooth_step(away, 9, 0))
        return total

    def paint(middle, up):
        return np.where(up < 0.72, 0, np.where(middle[:, 2] > 12, 1, 2))

    land = heightfield(
        height, stations(-820, 820, 165), stations(-260, 480, 85), (RED_ROCK, RED_SCREE, RED_SAND), paint
    )
    middle = middles(land)
    mesa, ground = parted(land, (middle[:, 2] > 8) & (np.hypot(middle[:, 0], middle[:, 1]) < 1200))
    rng = np.random.default_rng(81)
    r, a = 420 + 1700 * rng.random(1500) ** 1.5, rng.uniform(0, 2 * np.pi, 1500)
    x, y = r * np.cos(a), r * np.sin(a)
    free = (np.abs(x) > 9) & (height(x, y) < 9)
    bush = blob((0.9, 0.9, 0.55), SAGE, 5, 0.3, 14).moved(z=0.3)
    bushes = scattered(bush, x[free], y[free], height(x, y)[free], size=rng.uniform(0.5, 1.3, free.sum()))
    road_y = np.linspace(-2600, -420, 60)

    def strip(low, high, lift, material):
        x, y = np.meshgrid([low, high], road_y)
        return sheet(np.stack([x, y, height(0 * x, y) + lift], -1), (material,))

    road = [strip(-4.5, 4.5, 0.25, ROAD), strip(-0.15, 0.15, 0.3, ROAD_LINE)]
    return mesa, Shape.join([ground, bushes, *road])


# Karst


def river_middle(y):
    """x of the middle of the karst river, meters."""
    return 150 * np.sin(np.asarray(y) / 270) + 60 * np.sin(np.asarray(y) / 110 + 1)


def lijan_karst() -> tuple[Shape, Shape]:
    """Steep rounded peaks like sugar loaves, close together along the bends of a green river."""
    rng = np.random.default_rng(91)
    x, y = rng.uniform(-900, 900, 160), rng.uniform(-420, 1500, 160)
    w, h = rng.uniform(55, 95, 160), rng.uniform(110, 270, 160)
    clear = np.abs(x - river_middle(y)) > w + 60
    peaks = list(zip(x[clear], y[clear], w[clear], h[clear], strict=True))

    def height(x, y):
        bank = np.abs(x - river_middle(y)) - 45
        total = np.clip(0.25 * bank, -4, 3) + 1.5 * terrain_noise(x, y, 92, 120, 3)
        away_from_here = smooth_step(np.hypot(x, y - 400), 1700, 4500)
        total = total + away_from_here * 420 * np.clip(terrain_noise(x, y, 95, 700, 2) - 0.05, 0, 1) ** 0.6
        wobble = 0.22 * terrain_noise(x, y, 93, 70, 3)
        for cx, cy, w, h in peaks:
            d = np.hypot(x - cx, y - cy) / w + wobble
            total = np.maximum(total, (h + 9) * (1 - np.clip(d, 0, 1) ** 2.4) ** 0.75 - 9)
        return total

    def paint(middle, up):
        x, y, z = middle.T
        bare = (up < 0.5) & (terrain_noise(x + z, y, 94, 60, 3) > -0.05)
        return np.where(z < 0.8, 3, np.where(z < 7, 2, np.where(bare, 0, 1)))

    land = heightfield(
        height,
        stations(-950, 950, 136),
        stations(-700, 1600, 150),
        (LIMESTONE, GREEN_SLOPE, RICE, SHORE),
        paint,
    )
    middle = middles(land)
    is_peak = (middle[:, 2] > 6) & (np.hypot(middle[:, 0], middle[:, 1] - 400) < 1500)
    karst, ground = parted(land, is_peak)
    clumps = standing(
        rng, 700, (-500, 500, -900, 900), height, lambda x, y: np.abs(np.abs(x - river_middle(y)) - 70) < 18
    )
    bamboo = grove(("bamboo", "bamboo", "bush"), *clumps, seed=96, far=True, size=1.2)
    return karst, Shape.join([ground, water_level(-1200, 1200, -3000, 3000, RIVER), bamboo])
