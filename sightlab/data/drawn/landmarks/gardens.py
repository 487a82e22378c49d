"""An oasis and a garden; `nature` says from where to look.

Every function returns (landmark, ground): what the place is known for around the origin, and the land
around it to the horizon with what grows there. They fit together without a gap.
Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.drawn.landmarks.mountains import water_level
from sightlab.data.drawn.solids.outlines import regular
from sightlab.data.drawn.solids.plants import grove, plant
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import around, box, lathe, sweep
from sightlab.data.drawn.solids.terrain import (
    HORIZON,
    blob,
    heightfield,
    middles,
    parted,
    rings,
    scattered,
    smooth_step,
    stations,
    terrain_noise,
)

DUNE = Material((0.86, 0.70, 0.47), "sand", (0.76, 0.58, 0.37), scale=2, detail=0.6)
WET_SAND = Material((0.56, 0.49, 0.30), "sand", (0.42, 0.40, 0.22), scale=1)
GREENS = Material((0.34, 0.44, 0.18), "grass", (0.24, 0.34, 0.12), scale=1)
POOL = Material((0.10, 0.36, 0.38), "water", (0.25, 0.5, 0.5), scale=1, detail=0.3)
MUD = Material((0.72, 0.55, 0.37), "plaster", (0.56, 0.41, 0.27), scale=2, detail=0.6)
HOLE = Material((0.16, 0.12, 0.09))
STONE = Material((0.50, 0.50, 0.47), "rock", (0.32, 0.34, 0.30), scale=1.2, detail=0.7)
MOSS = Material((0.30, 0.40, 0.16), "grass", (0.20, 0.30, 0.10), scale=0.6)
GRAVEL = Material((0.80, 0.78, 0.72), "sand", (0.64, 0.62, 0.57), scale=0.5, detail=0.9)
POND = Material((0.14, 0.24, 0.20), "water", (0.26, 0.36, 0.30), scale=0.8, detail=0.2)
VERMILION = Material((0.80, 0.22, 0.12), "plain", (0.65, 0.16, 0.1), scale=1, detail=0.3)
LANTERN = Material((0.62, 0.62, 0.58), "ashlar", (0.48, 0.49, 0.45), scale=0.5, detail=0.4)
DARK_WOOD = Material((0.26, 0.19, 0.14), "wood", (0.15, 0.11, 0.08), scale=0.3)
PAPER = Material((0.92, 0.90, 0.82), "plain", (0.8, 0.78, 0.7), scale=1)
THATCH = Material((0.38, 0.36, 0.34), "tiles", (0.26, 0.25, 0.24), scale=0.3)
MAPLE = Material((0.68, 0.20, 0.10), "foliage", (0.45, 0.12, 0.06), scale=0.4, detail=0.7)


# Oasis


def siwal_oasis() -> tuple[Shape, Shape]:
    """A green pool among date palms, a ruined mud fort on a mound beside it, dunes all around."""

    def height(x, y):
        pool = _pool(x, y)
        mound = 15 * np.exp(-(((x - 78) / 34) ** 2) - ((y - 74) / 30) ** 2)
        low = np.where(pool < 0, -2.5 * smooth_step(pool, 0, -0.25), 1.6 * smooth_step(pool, 0, 0.8))
        dune = terrain_noise(x, y * 1.5, 101, 260, 4, 0.38, ridged=True)
        dunes = (34 + 40 * smooth_step(np.hypot(x, y), 800, 3000)) * np.clip(dune + 0.25, 0, 2)
        return low + mound + dunes * smooth_step(np.hypot(x, y), 150, 420)

    def paint(middle, up):
        x, y, z = middle.T
        pool = _pool(x, y) + 0.15 * terrain_noise(x, y, 102, 30, 3)
        return np.where(pool < 0.16, 1, np.where((pool < 1.0) & (z < 7), 2, 0))

    land = heightfield(
        height, stations(-190, 190, 130, 18), stations(-190, 190, 130, 18), (DUNE, WET_SAND, GREENS), paint
    )
    rng = np.random.default_rng(103)
    n = 420
    x, y = rng.uniform(-120, 120, n), rng.uniform(-85, 100, n)
    out = _pool(x, y)
    ok = (
        (out > 0.06)
        & (out < 1.25 * rng.random(n) ** 0.5)
        & (height(x, y) < 7)
        & ~((np.abs(x) < 13) & (y < 0))
    )
    x, y = x[ok], y[ok]
    is_palm = rng.random(len(x)) < 0.62
    palms = grove(("palm",), x[is_palm], y[is_palm], height(x[is_palm], y[is_palm]), seed=104, size=1.15)
    low = grove(("bush", "reed"), x[~is_palm], y[~is_palm], height(x[~is_palm], y[~is_palm]), seed=105)
    fort = _mud_fort().moved(78, 74, 11)
    water = water_level(-60, 60, -45, 45, POOL)
    return Shape.join([palms, low, fort, water]), land


def _pool(x, y):
    """Below 0 in the pool, 1 at about its own size outside."""
    return np.hypot(x / 50, y / 30) - 1 + 0.2 * terrain_noise(x, y, 106, 40, 2)


def _mud_fort() -> Shape:
    """Stumps of walls and towers, each of another height."""
    rng = np.random.default_rng(107)
    parts = []
    for _ in range(26):
        x, y = rng.normal(0, 11, 2)
        w, d, h = rng.uniform(4, 9), rng.uniform(4, 8), rng.uniform(4, 11)
        turn = rng.uniform(-12, 12)
        windows = [
            box(0.9, 0.3, 1.1, HOLE, x=dx, y=-d / 2, z=h - dz)
            for dx in np.arange(-w / 2 + 1.2, w / 2 - 0.6, 2.2)
            for dz in ((2.4,) if h < 7 else (2.4, 5.2))
        ]
        parts.append(Shape.join([box(w, d, h, MUD), *windows]).turned(turn).moved(x, y))
    tower = lathe([(3.6, 0), (3.0, 10), (2.5, 19), (2.7, 19.2), (2.7, 20.5)], MUD, 8)
    holes = around(box(0.8, 0.6, 1.4, HOLE, y=-2.55, z=14), 4)
    return Shape.join([*parts, tower.moved(-3, -6), holes.moved(-3, -6)]).rebuilt()


# Garden


def stone_garden() -> tuple[Shape, Shape]:
    """A pond with rocks, a red arched bridge, a stone lantern, pines, a tea house; raked gravel in front."""

    def height(x, y):
        pond = _pond(x, y)
        low = np.where(pond < 0, -0.9 * smooth_step(pond, 0, -0.12), 0.35 + 0.25 * smooth_step(pond, 0, 0.5))
        mound = 2.6 * np.exp(-(((x + 13) / 6) ** 2) - ((y - 12) / 5) ** 2)
        mound = mound + 1.8 * np.exp(-(((x - 12) / 5) ** 2) - ((y - 14) / 5) ** 2)
        return low + mound * smooth_step(pond, 0, 0.4)

    def paint(middle, up):
        x, y, _ = middle.T
        gravel = np.hypot((x - 1) / 11, (y + 9.5) / 3.6) + 0.12 * terrain_noise(x, y, 111, 5, 2) < 1
        return np.where(gravel, 1, np.where(_pond(x, y) < 0.03, 2, 0))

    land = heightfield(
        height, np.linspace(-30, 30, 150), np.linspace(-30, 30, 150), (MOSS, GRAVEL, STONE), paint
    )
    garden, lawn = parted(land, np.hypot(*middles(land)[:, :2].T) < 19)
    plain = rings(lambda x, y: np.full(x.shape, 0.55), (29, 60, 400, HORIZON), (GREENS,), around=48)
    rng = np.random.default_rng(112)
    landmark = [
        garden,
        water_level(-14, 14, -7, 11, POND),
        _arched_bridge().turned(24).moved(1.5, 3.0, 0.45),
        _stone_lantern().moved(-5.8, -4.9, 0.5),
        _rocks(rng),
        *(plant("pine", i).moved(x, y, z) for i, (x, y, z) in enumerate(_PINES)),
        _tea_house().turned(-14).moved(10.5, 14.5, 2.2),
        _maple(3).moved(-11, 3.5, 0.5),
    ]
    return Shape.join(landmark), Shape.join([lawn, plain, _garden_edge(rng, height)])


_PINES = ((-12.5, 11, 2.8), (7.5, 8.8, 0.9), (-3.5, 11.5, 0.8), (13.5, 1.0, 0.5), (-8.2, -1.2, 0.45))


def _pond(x, y):
    """Below 0 in the pond."""
    return np.hypot(x / 9.5, (y - 2.2 - 0.12 * x) / 5.2) - 1 + 0.22 * terrain_noise(x, y, 113, 7, 2)


def _arched_bridge() -> Shape:
    """A wooden bridge along x with railings, 10 m long."""
    t = np.linspace(-1, 1, 15)
    arc = np.stack([5.0 * t, 0 * t, 1.55 * (1 - t**2)], -1)
    deck = sweep(arc, np.array([[-0.95, -0.12], [0.95, -0.12], [0.95, 0.08], [-0.95, 0.08]]), VERMILION)
    parts = [deck]
    for side in (-0.9, 0.9):
        for lift, thick in ((0.5, 0.05), (0.95, 0.08)):
            parts.append(sweep(arc + [0, side, lift], thick, VERMILION, sides=4))
        parts += [box(0.15, 0.15, 1.2, VERMILION, x=p[0], y=side, z=p[2]) for p in arc[::2]]
    return Shape.join(parts)


def _stone_lantern() -> Shape:
    """A lantern of granite, 2.3 m high: foot, shaft, fire box, broad roof, knob."""
    return Shape.join(
        [
            lathe(
                [(0.55, 0), (0.5, 0.18), (0.22, 0.3), (0.18, 1.0), (0.3, 1.12), (0.5, 1.2), (0.5, 1.3)],
                LANTERN,
                6,
            ),
            lathe([(0.34, 1.3), (0.34, 1.75)], LANTERN, 6),
            around(box(0.2, 0.06, 0.28, HOLE, y=-0.3, z=1.38), 6, 30),
            lathe([(0.85, 1.72), (0.8, 1.82), (0.3, 2.08), (0.1, 2.1), (0.14, 2.2), (0.0, 2.4)], LANTERN, 6),
        ]
    )


def _rocks(rng: np.random.Generator) -> Shape:
    parts = []
    for x, y, r, tall in (
        (-9, 5.8, 1.7, 1.5),
        (-7.2, 7.2, 1.2, 1.0),
        (8.9, 2.0, 1.5, 1.2),
        (3, -10, 1.1, 1.3),
    ):
        parts.append(blob((r, 0.8 * r, tall * r), STONE, int(10 * r), 0.28, 30).moved(x, y, 0.6))
    for x, y, r in ((-1.5, -9, 0.8), (-3.2, -10.2, 0.5), (6.5, -8.5, 0.7), (1.2, 1.5, 0.9), (2.4, 2.4, 0.55)):
        parts.append(blob((r, r, 0.9 * r), STONE, int(100 * r), 0.3, 24).moved(x, y, 0.3))
    a = np.linspace(0, 2 * np.pi, 46)[:-1]
    x, y = _shore(a)
    one = blob((0.62, 0.5, 0.42), STONE, 4, 0.3, 16)
    stones = scattered(one, x, y, 0.12, rng.uniform(0, 360, len(x)), rng.uniform(0.5, 1.2, len(x)))
    return Shape.join([*parts, stones])


def _shore(angle):
    """Points where the pond ends, in the directions of these angles."""
    middle = np.array([0.0, 2.2])
    r = np.linspace(3, 14, 200)
    x = middle[0] + r[:, None] * np.cos(angle)
    y = middle[1] + r[:, None] * np.sin(angle)
    first = (_pond(x, y) > 0).argmax(axis=0)
    at = np.arange(len(angle))
    return x[first, at], y[first, at]


def _maple(seed: int) -> Shape:
    """A small red tree: a broadleaf that has changed its leaves."""
    tree = plant("broadleaf", seed)
    materials = tuple(MAPLE if m.pattern == "foliage" else m for m in tree.materials)
    return Shape(tree.vertices * 0.5, tree.built * 0.5, tree.faces, tree.face_material, materials)


def _tea_house() -> Shape:
    """An open wooden house with paper walls under a wide hipped roof."""
    posts = [box(0.2, 0.2, 2.8, DARK_WOOD, x=x, y=y) for x in (-2.6, -0.9, 0.9, 2.6) for y in (-1.8, 1.8)]
    roof = lathe(
        [(1.0, 2.7), (0.55, 3.6), (0.18, 4.5), (0.0, 4.6)], THATCH, regular(4, 2**0.5, 45) * [3.8, 2.9]
    )
    return Shape.join([box(5.8, 4.2, 0.4, DARK_WOOD), box(5, 3.4, 2.4, PAPER, z=0.4), *posts, roof])


def _garden_edge(rng: np.random.Generator, height) -> Shape:
    """Bamboo and trees behind the garden, clipped bushes, left and right; open to the front."""
    a = np.deg2rad(np.concatenate([rng.uniform(-25, 205, 90)]))
    r = rng.uniform(21, 29, 90)
    behind = grove(("bamboo", "broadleaf", "conifer"), r * np.cos(a), r * np.sin(a), 0.5, seed=114, far=True)
    b = np.deg2rad(rng.uniform(-40, 220, 40))
    s = rng.uniform(17, 20.5, 40)
    bushes = grove(("bush",), s * np.cos(b), s * np.sin(b), 0.5, seed=115)
    return Shape.join([behind, bushes])
