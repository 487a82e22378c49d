"""Beaches, deserts, forests, lakes and mountains before a camera.

Every function takes a random generator and returns (shape, camera); the camera stands at the origin and looks
roughly along +y. The land is only built in the half circle before it.
Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.drawn.solids.plants import grove
from sightlab.data.drawn.solids.scene import Camera, Material, Shape
from sightlab.data.drawn.solids.shapes import beam, box, lathe, loft
from sightlab.data.drawn.solids.terrain import blob, outward, rings, scattered, smooth_step, terrain_noise
from sightlab.data.drawn.surroundings.land import (
    BOULDER,
    CLIFF,
    FOREST_FLOOR,
    MEADOW,
    PEAK_SNOW,
    SAND,
    Height,
    scattered_houses,
)
from sightlab.data.drawn.surroundings.people import CLOTHES, people
from sightlab.data.drawn.surroundings.shores import BEACH, SEA
from sightlab.data.drawn.surroundings.streets import SIZE

CLAY = Material((0.70, 0.44, 0.29), "sand", (0.58, 0.34, 0.22), scale=2)
RED_CLIFF = Material((0.63, 0.34, 0.22), "rock", (0.45, 0.22, 0.14), scale=8, detail=0.8)
NEEDLE_FLOOR = Material((0.33, 0.25, 0.16), "grass", (0.24, 0.20, 0.12), scale=0.8)
SANDS = (
    SAND,
    Material((0.88, 0.76, 0.58), "sand", (0.80, 0.66, 0.48), scale=2),
    Material((0.80, 0.58, 0.36), "sand", (0.70, 0.48, 0.28), scale=4),
)
TRAIL = Material((0.50, 0.42, 0.31), "sand", (0.42, 0.35, 0.26), scale=0.6)
LAKE = Material((0.14, 0.25, 0.30), "water", (0.28, 0.38, 0.42), scale=1.5, detail=0.3)
HULL = Material((0.48, 0.32, 0.19), "wood", (0.35, 0.23, 0.13), scale=0.3)
LOG_WALL = Material((0.42, 0.29, 0.18), "wood", (0.28, 0.19, 0.12), scale=0.5)
SAIL = Material((0.95, 0.94, 0.90))
STEEP = np.concatenate([np.linspace(0, 60, 31), outward(64, 42)])  # radii of rings around a camera, meters


def land_ahead(height: Height, materials: tuple[Material, ...], paint=None, around: int = 64) -> Shape:
    """Terrain in the half circle before a camera."""
    return rings(height, STEEP, materials, paint, around, (5, 175))


def water_ahead(material: Material) -> Shape:
    return rings(lambda x, y: np.zeros(x.shape), STEEP[::2], (material,), None, 24, (5, 175))


def height_here(height: Height) -> float:
    return float(height(np.zeros(1), np.zeros(1))[0])


def looking(
    rng: np.random.Generator, eye: float, up: tuple[float, float], degrees: float = 62, towards: float = 0.0
) -> Camera:
    """A camera at the origin.

    Args:
        eye: its height, meters.
        up: the middle of the photo lies that much above (or below) the eye, 100 m away.
        degrees: angle of view, give or take 10.
        towards: degrees from +y towards +x that it looks to, give or take 20.
    """
    aside = np.tan(np.deg2rad(towards + rng.uniform(-20, 20))) * 100
    target = (aside, 100.0, eye + rng.uniform(*up))
    return Camera((0.0, 0.0, eye), target, SIZE, degrees + rng.uniform(-10, 10))


def ahead(rng: np.random.Generator, n: int, near: float, far: float, wide: float = 1.0):
    """n random places in front of the camera, denser near by; x reaches `wide` times y."""
    y = near + (far - near) * rng.random(n) ** 1.5
    return rng.uniform(-1, 1, n) * (wide * y + 4), y


def planted(rng, kinds, x, y, height: Height, far: bool, size: float = 1.0) -> Shape:
    return grove(kinds, x, y, height(x, y) - 0.15, int(rng.integers(1 << 30)), far, size=size)


def beach(rng: np.random.Generator) -> tuple[Shape, Camera]:
    """Sand that runs along the sea, with palms or pines, sunshades, boats, people."""
    side, seed = float(rng.choice([-1.0, 1.0])), int(rng.integers(1 << 30))
    slant, start = rng.uniform(-0.1, 0.5), rng.uniform(2, 14)
    dune = rng.uniform(0, 8)

    def inland(x, y):
        """Meters from the water line, negative in the sea."""
        return start - side * x - slant * y + 4 * terrain_noise(x, y, seed, 60, 2)

    def height(x, y):
        out = inland(x, y)
        rise = dune * smooth_step(out, 25, 90) * (1 + 0.6 * terrain_noise(x, y, seed, 40, 3))
        return np.where(out < 0, np.maximum(0.05 * out, -4), 0.045 * np.minimum(out, 30)) + rise

    def paint(middle, up):
        return np.where((inland(middle[:, 0], middle[:, 1]) > 55) & (dune > 3), 1, 0)

    ground, sea = land_ahead(height, (BEACH, MEADOW), paint), water_ahead(SEA)
    x, y = ahead(rng, 160, 12, 260, 1.2)
    out = inland(x, y)
    back = out > rng.uniform(24, 40)
    kinds = (("palm",), ("pine", "conifer"), ("palm", "bush"))[rng.integers(3)]
    parts = [ground, sea, planted(rng, kinds, x[back], y[back], height, far=False)]
    x, y = ahead(rng, int(rng.integers(0, 22)), 8, 90)
    out = inland(x, y)
    for px, py in zip(x[(out > 5) & (out < 22)], y[(out > 5) & (out < 22)], strict=True):
        cloth = CLOTHES[rng.integers(len(CLOTHES))]
        pole = lathe([(0.03, 0), (0.03, 2.1)], HULL, 5)
        shade = lathe([(1.3, 1.9), (0.7, 2.25), (0, 2.4)], cloth, 10)
        spot = (px, py, float(height(np.array([px]), np.array([py]))[0]))
        parts.append(Shape.join([pole, shade, box(0.8, 1.9, 0.03, cloth, x=1.4)]).moved(*spot))
    far = rng.uniform(60, 300)
    for _ in range(int(rng.integers(0, 4))):
        parts.append(
            _boat(rng).moved(side * (start + 0.4 * far + rng.uniform(0, far)), far * rng.uniform(0.5, 1))
        )
    dry = side * (start - 28 * slant - rng.uniform(7, 14))  # x, some meters from the water
    parts.append(people(int(rng.integers(99)), int(rng.integers(0, 6)), (dry, 28, 0.3), 2.5))
    camera = looking(rng, height_here(height) + rng.uniform(1.6, 3), (-8, 4), 64, 14 * side)
    return Shape.join(parts), camera


def _boat(rng: np.random.Generator) -> Shape:
    """A rowing boat, or one with a sail."""
    plan = np.array(
        [[0, -2.2], [0.75, -0.9], [0.8, 1.0], [0.55, 1.9], [-0.55, 1.9], [-0.8, 1.0], [-0.75, -0.9]]
    )
    low, high = plan * 0.7, plan
    hull = loft([np.column_stack([low, np.full(7, -0.2)]), np.column_stack([high, np.full(7, 0.55)])], HULL)
    parts = [hull]
    if rng.random() < 0.6:
        parts.append(beam((0, 0, 0.3), (0, 0, 6), 0.06, HULL))
        sail = np.array(
            [
                [[0, -0.1, 0.9], [0, -0.1, 5.8], [0.1, -0.1, 0.9]],
                [[0, 2.2, 1.0], [0, 0, 5.8], [0.1, 2.2, 1.0]],
            ]
        )
        parts.append(loft(sail, SAIL))
    return Shape.join(parts).turned(rng.uniform(0, 360))


def desert(rng: np.random.Generator) -> tuple[Shape, Camera]:
    """Dunes of sand, or stony clay with table mountains."""
    seed, is_stony = int(rng.integers(1 << 30)), rng.random() < 0.3
    size, tall = rng.uniform(70, 200), rng.uniform(9, 28)
    if is_stony:
        tall = rng.uniform(30, 120)

    def height(x, y):
        r = np.hypot(x, y)
        if is_stony:
            rock = terrain_noise(x, y, seed, 500, 4)
            mesa = tall * smooth_step(rock, 0.16, 0.2) * smooth_step(r, 250, 400)
            return 2 * terrain_noise(x, y, seed + 1, 60, 3) + mesa
        dune = np.clip(terrain_noise(x, 1.6 * y, seed, size, 3, 0.3, ridged=True) + 0.1, 0, 2)
        return tall * dune * smooth_step(r, 0, 50)

    def paint(middle, up):
        return np.where(is_stony & ((up < 0.8) | (middle[:, 2] > 8)), 1, 0)

    floor = CLAY if is_stony else SANDS[rng.integers(len(SANDS))]
    ground = land_ahead(height, (floor, RED_CLIFF), paint, 90)
    x, y = ahead(rng, 120 if is_stony else int(rng.integers(0, 25)), 4, 200)
    stone = blob((0.7, 0.6, 0.45), RED_CLIFF if is_stony else BOULDER, 3, 0.3, 16)
    stones = scattered(stone, x, y, height(x, y), rng.uniform(0, 360, len(x)), rng.gamma(1.5, 0.5, len(x)))
    x, y = ahead(rng, int(rng.integers(0, 50)) if is_stony else int(rng.integers(0, 6)), 5, 150)
    tufts = planted(rng, ("bush", "reed"), x, y, height, far=True, size=0.7)
    eye = height_here(height) + (1.7 if is_stony else rng.uniform(0.1, 0.9) * tall + 1.7)  # from a dune
    return Shape.join([ground, stones, tufts]), looking(rng, eye, (-11, 4))


def forest(rng: np.random.Generator) -> tuple[Shape, Camera]:
    """Among trees of one or a few kinds, often on a trail."""
    mixed, jungle = ("broadleaf", "conifer", "birch"), ("palm", "broadleaf", "bush")
    kinds = (("conifer",), ("birch",), ("broadleaf",), mixed, ("bamboo",), jungle)[
        rng.choice(6, p=(0.25, 0.15, 0.2, 0.2, 0.1, 0.1))
    ]
    seed, size = int(rng.integers(1 << 30)), rng.uniform(1.1, 1.9)
    bend, has_trail = rng.uniform(-4, 4), rng.random() < 0.7

    def trail(x, y):
        return np.abs(x - bend * np.sin(y / 14)) if has_trail else np.abs(x) + 1.5

    def height(x, y):
        return (0.4 + 3 * smooth_step(np.hypot(x, y), 10, 120)) * terrain_noise(x, y, seed, 35, 3)

    def paint(middle, up):
        return np.where(trail(middle[:, 0], middle[:, 1]) < 1.0, 1, 0)

    floor = NEEDLE_FLOOR if kinds == ("conifer",) else (FOREST_FLOOR, NEEDLE_FLOOR)[rng.integers(2)]
    parts = [land_ahead(height, (floor, TRAIL), paint)]
    for n, near, far, is_far in ((int(rng.integers(22, 45)), 4, 34, False), (420, 20, 130, True)):
        x, y = ahead(rng, n, near, far, 0.9)
        free = trail(x, y) > 1.8 + 0.03 * y
        parts.append(planted(rng, kinds, x[free], y[free], height, is_far, size))
    x, y = ahead(rng, int(rng.integers(5, 70)), 3, 40)
    free = trail(x, y) > 1.3
    parts.append(planted(rng, ("bush", "reed"), x[free], y[free], height, far=True, size=0.6))
    return Shape.join(parts), looking(rng, 1.7 + 0.4, (-4, 16))


def lake(rng: np.random.Generator) -> tuple[Shape, Camera]:
    """Still water between low shores, under wooded hills or far mountains."""
    seed = int(rng.integers(1 << 30))
    near, long, wide = rng.uniform(4, 14), rng.uniform(120, 700), rng.uniform(120, 600)
    tall = rng.uniform(20, 420)

    def shore(x, y):
        """Below 0 in the water, about 1 at the lake's own size outside."""
        bay = 0.2 * terrain_noise(x, y, seed, 0.5 * long, 3)
        return np.hypot(x / wide, (y - near - long) / long) - 1 + bay * smooth_step(y, 30, 120)

    def height(x, y):
        out = shore(x, y)
        low = np.where(out < 0, np.maximum(30 * out, -4), 1.2 * smooth_step(out, 0, 0.05))
        hill = np.clip(0.5 + terrain_noise(x, y, seed + 1, 500, 5), 0, 2)
        return low + tall * hill * smooth_step(out, 0.1, 1.2) * smooth_step(y, 20, 200)

    def paint(middle, up):
        z = middle[:, 2]
        return np.where(z > 180, 3, np.where(z < 0.4, 2, np.where(z > 9, 1, 0)))

    ground = land_ahead(height, (MEADOW, FOREST_FLOOR, BEACH, CLIFF), paint, 80)
    x, y = ahead(rng, 1500, 20, 2.2 * (near + long), 1.1)
    ok = (height(x, y) > 0.8) & (shore(x, y) < 0.5)
    kinds = (("conifer",), ("broadleaf", "conifer"), ("broadleaf", "birch"))[rng.integers(3)]
    trees = planted(rng, kinds, x[ok][:700], y[ok][:700], height, far=True)
    x, y = ahead(rng, 60, 1.5, near + 8, 1.6)
    reeds = planted(
        rng, ("reed",), x[np.abs(shore(x, y)) < 0.03], y[np.abs(shore(x, y)) < 0.03], height, far=False
    )
    parts = [ground, water_ahead(LAKE), trees, reeds]
    if rng.random() < 0.4:
        parts.append(_boat(rng).moved(rng.uniform(-8, 8), near + rng.uniform(5, 40)))
    if rng.random() < 0.3:
        parts.append(box(1.8, 14, 0.12, HULL, x=rng.uniform(-5, 5), y=near + 5, z=0.5))
    return Shape.join(parts), looking(rng, height_here(height) + rng.uniform(1.6, 4), (-4, 10))


def mountain(rng: np.random.Generator) -> tuple[Shape, Camera]:
    """Bare or snowy peaks over a wooded or grassy valley, sometimes from high up."""
    seed, tall = int(rng.integers(1 << 30)), rng.uniform(800, 1700)
    size, near = rng.uniform(900, 2200), rng.uniform(200, 700)
    snow_line, wood_line = rng.uniform(0.35, 0.8) * tall, rng.uniform(0.1, 0.4) * tall

    def height(x, y):
        r = np.hypot(x, y)
        ridge = np.clip(0.3 + 0.9 * terrain_noise(x, y, seed, size, 7, 0.5, ridged=True), 0, 2)
        return 4 * terrain_noise(x, y, seed, 90, 3) + tall * ridge * smooth_step(r, near, near + 2600)

    def paint(middle, up):
        x, y, z = middle.T
        z = z + 70 * terrain_noise(x, y, seed + 1, 200, 3)
        bare = np.where((up < 0.6) | (z > wood_line), 2, np.where(z > 12, 1, 0))
        return np.where((z > snow_line) & (up > 0.55), 3, bare)

    radii = np.concatenate([np.linspace(0, 60, 16), np.geomspace(64, 6000, 80), np.geomspace(7e3, 3e4, 8)])
    ground = rings(height, radii, (MEADOW, FOREST_FLOOR, CLIFF, PEAK_SNOW), paint, 110, (5, 175))
    x, y = ahead(rng, int(rng.integers(20, 500)), 50, near + 900, 0.9)
    trees = planted(rng, ("conifer",), x, y, height, far=True)
    x, y = ahead(rng, int(rng.integers(0, 6)), 60, 400)
    huts = scattered_houses(rng, x, y, height, facades=(LOG_WALL,))
    eye = height_here(height) + rng.choice([1.7, 1.7, 60.0])
    return Shape.join([ground, trees, huts]), looking(rng, eye, (4, 22), 56)
