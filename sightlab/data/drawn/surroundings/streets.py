"""Streets and single houses as people photograph them without thinking of a landmark.

Every function takes a random generator and returns (shape, camera).
Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.drawn.solids.plants import grove, plant
from sightlab.data.drawn.solids.scene import Camera, Material, Shape
from sightlab.data.drawn.solids.shapes import box, lathe
from sightlab.data.drawn.solids.terrain import outward, rings, scattered, smooth_step, terrain_noise
from sightlab.data.drawn.surroundings.houses import (
    BAY,
    FACADES,
    FLOOR,
    GLASS_TOWERS,
    MUD_WALLS,
    Houses,
    boxes,
    house_row,
    lamp,
    moved_houses,
)
from sightlab.data.drawn.surroundings.land import GROUND, LAWN, MEADOW
from sightlab.data.drawn.surroundings.people import cars, people

SIZE = (192, 256)  # pixels, height and width, until somebody wants others
ASPHALT = Material((0.27, 0.27, 0.28), "asphalt", (0.20, 0.20, 0.21), scale=1.5)
PAVEMENT = Material((0.54, 0.52, 0.49), "paving", (0.40, 0.38, 0.36), scale=0.8)
COBBLES = Material((0.45, 0.43, 0.41), "paving", (0.30, 0.29, 0.28), scale=0.4)
LINE = Material((0.85, 0.85, 0.82))
BRICKS = Material((0.56, 0.30, 0.22), "brick", (0.68, 0.62, 0.55), scale=0.25)
FENCE = Material((0.80, 0.79, 0.74), "wood", (0.6, 0.58, 0.54), scale=0.3)
BARN = Material((0.52, 0.17, 0.13), "wood", (0.34, 0.1, 0.08), scale=0.5)


def plane(rng: np.random.Generator, materials: tuple[Material, ...], paint=None, rise: float = 60.0) -> Shape:
    """Level ground around the camera, low hills towards the horizon."""
    seed = int(rng.integers(1 << 30))

    def height(x, y):
        hill = 0.5 + 0.5 * terrain_noise(x, y, seed, 1500, 4)
        return GROUND + rise * hill * smooth_step(np.hypot(x, y), 250, 2500)

    steps = np.concatenate([np.linspace(0, 40, 27), outward(45, 22)])
    return rings(height, steps, materials, paint, around=72)


def street(rng: np.random.Generator) -> tuple[Shape, Camera]:
    """Two rows of fronts along y with pavements, cars, lamps, trees and people."""
    half = rng.uniform(5, 10)  # meters from the middle to the fronts
    is_old, is_tall = rng.random() < 0.4, rng.random() < 0.35
    walk = 0.0 if is_old else rng.uniform(1.8, 3.0)

    def paint(middle, up):
        return np.where(np.hypot(*middle[:, :2].T) < 320, 0, 1)

    parts = [plane(rng, (COBBLES if is_old else ASPHALT, MEADOW), paint)]
    for side in (-1, 1):
        parts.append(_fronts(rng, side, half, is_old, is_tall))
        if walk:
            at = np.array([side * (half - walk / 2)])
            parts.append(boxes(at, np.array([90.0]), GROUND, walk, 240.0, 0.17, (PAVEMENT,)))
        y = np.arange(rng.uniform(-5, 15), 120, rng.uniform(16, 28))
        x = np.full(len(y), side * (half - max(walk - 0.4, 0.8)))
        if rng.random() < 0.6:
            parts.append(scattered(lamp(), x, y))
        elif half > 6:
            parts.append(grove(("broadleaf",), x, y, 0, int(rng.integers(1 << 30)), size=0.6))
    if walk:
        lane = half - walk - 1.1
        for x in (-lane, lane):
            begin = rng.uniform(8, 16)
            parts.append(cars(int(rng.integers(1 << 30)), int(rng.integers(0, 12)), (x, begin), (x, 110)))
        dash = np.arange(-5, 100, 7.0)
        parts.append(boxes(0 * dash, dash, GROUND, 0.15, 3.0, 0.03, (LINE,)))
    crowd = people(int(rng.integers(1 << 30)), int(rng.integers(0, 7)), (0, 26, 0), 5.0)
    far = house_row(rng, 90, (3, 6) if is_tall else (2, 4))
    end = rng.uniform(90, 150)
    parts += [crowd, moved_houses(far, 0, end, 0, seed=int(rng.integers(1 << 30))).built()]
    eye = (rng.uniform(-0.6, 0.6) * half, rng.uniform(-6, 0), rng.uniform(1.5, 2.2))
    target = (rng.uniform(-0.9, 0.9) * half, 40, rng.uniform(2, 7))
    return Shape.join(parts), Camera(eye, target, SIZE, rng.uniform(50, 72))


def _fronts(rng: np.random.Generator, side: int, half: float, is_old: bool, is_tall: bool) -> Shape:
    """Gabled houses, brick terraces or blocks of flats on one side of a street, from y = -30 to 160."""
    if is_tall:
        n = 8
        depth, height = rng.uniform(16, 26, n), rng.uniform(14, 60, n)
        y = -20 + 23.0 * np.arange(n)
        x = side * (half + depth / 2)
        return boxes(x, y, 0, depth, 22.0, height, GLASS_TOWERS, rng.integers(len(GLASS_TOWERS), size=n))
    row = house_row(rng, 190, (2, 4), steep=rng.uniform(0.7, 1.3))
    if not is_old and rng.random() < 0.4:  # a suburb: houses apart
        row = row.only(np.arange(len(row.x)) % 2 == 0)
    row = moved_houses(row, 0, half, 0)
    return moved_houses(row, 0, 65, -90.0 * side, seed=int(rng.integers(1 << 30)), has_shops=is_old).built()


def house(rng: np.random.Generator) -> tuple[Shape, Camera]:
    """One ordinary house with its garden, seen from the road."""
    build = (_cottage, _villa, _flats, _mud_house, _barn)[rng.choice(5, p=(0.42, 0.2, 0.16, 0.1, 0.12))]
    shape, wide, tall = build(rng)
    n = int(rng.integers(4, 14))
    x, y = rng.uniform(-wide - 6, wide + 6, n), rng.uniform(wide * 0.2, wide + 14, n)
    behind = (np.abs(x) > 0.62 * wide) | (y > 0.8 * wide)
    trees = grove(("broadleaf", "birch", "conifer"), x[behind], y[behind], 0, int(rng.integers(1 << 30)))
    m = int(rng.integers(0, 9))
    bx, by = rng.uniform(-0.7, 0.7, m) * wide, rng.uniform(-0.75, -0.62, m) * wide
    parts = [shape, trees, grove(("bush",), bx[np.abs(bx) > 1.2], by[np.abs(bx) > 1.2], 0, 3, size=0.7)]

    parts.append(plane(rng, ((LAWN, MEADOW)[rng.integers(2)],)))
    zero = np.zeros(1)
    parts.append(boxes(zero, zero - wide - 9, GROUND, 300.0, 6.0, 0.04, (ASPHALT,)))
    parts.append(boxes(zero, zero - 0.5 * (wide + 6), GROUND, 1.6, wide + 6.0, 0.05, (PAVEMENT,)))
    if rng.random() < 0.4:
        at = np.arange(-wide - 4, wide + 4, 0.28)
        at = at[np.abs(at) > 1]
        parts.append(boxes(at, 0 * at - wide - 5, 0, 0.14, 0.04, 0.95, (FENCE,)))
    if rng.random() < 0.35:
        parts.append(cars(int(rng.integers(99)), 1, (-wide, -wide - 7.5), (wide, -wide - 7.5)))
    a = rng.uniform(-0.7, 0.7)
    away = rng.uniform(1.5, 2.3) * wide + 5
    eye = (away * np.sin(a), -away * np.cos(a), rng.uniform(1.5, 2.4))
    return Shape.join(parts), Camera(eye, (rng.uniform(-2, 2), 0, 0.42 * tall), SIZE, rng.uniform(44, 62))


def one_house(width: float, depth: float, height: float, roof: float, seed: int, **facts) -> Houses:
    """A single house at the origin."""
    values = (0.0, 0.0, 0.0, 0.0, width, depth, height, roof)
    return Houses(*(np.array([v], np.float64) for v in values), seed, **facts)


def _cottage(rng: np.random.Generator) -> tuple[Shape, float, float]:
    """One or two floors under a gable, perhaps with a wing and a garage."""
    seed = int(rng.integers(1 << 30))
    w, d, floors = BAY * rng.integers(3, 6), BAY * rng.integers(3, 5), int(rng.integers(1, 3))
    facades = (FACADES[rng.integers(len(FACADES))], *([BRICKS] if rng.random() < 0.15 else []))
    roof = rng.uniform(0.5, 1.1) * w / 2
    main = moved_houses(
        one_house(w, d, FLOOR * floors, roof, seed, facades=facades), 0, 0, rng.choice([0.0, 90.0])
    )
    parts = [main.built()]
    if rng.random() < 0.5:
        wing = one_house(2 * BAY, 3 * BAY, FLOOR, rng.uniform(0.8, 1.4) * BAY, seed, facades=facades)
        parts.append(moved_houses(wing, rng.choice([-1, 1]) * (w / 2 + 1.5), -1.0, 0).built())
    if rng.random() < 0.4:
        parts.append(box(3.4, 5.5, 2.6, FENCE, x=rng.choice([-1, 1]) * (w / 2 + 5), y=1))
    return Shape.join(parts), float(max(w, d)), FLOOR * floors + roof


def _villa(rng: np.random.Generator) -> tuple[Shape, float, float]:
    """White boxes with broad windows and flat roofs."""
    white = Material((0.92, 0.92, 0.90), "windows", (0.25, 0.3, 0.34), scale=rng.uniform(3.2, 4.2))
    dark = Material((0.35, 0.33, 0.31), "wood", (0.25, 0.23, 0.21), scale=0.6)
    n = int(rng.integers(2, 4))
    x, y = rng.uniform(-3, 3, n), rng.uniform(-2, 2, n)
    w, d = rng.uniform(7, 13, n), rng.uniform(6, 9, n)
    z = np.concatenate([[0], np.full(n - 1, 3.2)])
    walls = boxes(x, y, z, w, d, 3.2, (white, dark), (np.arange(n) == n - 1) * int(rng.integers(2)))
    eaves = boxes(x, y, z + 3.2, w + 0.8, d + 0.8, 0.25, (white,))
    return Shape.join([walls, eaves]), 12.0, 7.0


def _flats(rng: np.random.Generator) -> tuple[Shape, float, float]:
    """A block of flats with balconies."""
    w, d, floors = BAY * rng.integers(5, 10), 12.0, int(rng.integers(3, 9))
    tall = FLOOR * floors
    wall = (*FACADES, *GLASS_TOWERS)[rng.integers(len(FACADES) + len(GLASS_TOWERS))]
    one = np.zeros(1)
    parts = [boxes(one, one, 0, w, d, tall, (wall,)), boxes(one, one, tall, 0.2 * w, 4.0, 2.5, (FENCE,))]
    if rng.random() < 0.6:
        level, bay = np.meshgrid(np.arange(1, floors), np.arange(-0.35, 0.4, 0.35))
        spots = bay.ravel() * w
        parts.append(boxes(spots, 0 * spots - d / 2 - 0.6, FLOOR * level.ravel(), 2.4, 1.2, 1.0, (FENCE,)))
    return Shape.join(parts), float(max(w, tall * 0.8)), tall


def _mud_house(rng: np.random.Generator) -> tuple[Shape, float, float]:
    n = int(rng.integers(3, 7))
    x, y = rng.normal(0, 3.5, n), rng.normal(0, 2.5, n)
    height = rng.uniform(2.8, 6.5, n)
    wall = boxes(
        x, y, 0, rng.uniform(4, 7, n), rng.uniform(4, 7, n), height, MUD_WALLS, rng.integers(2, size=n)
    )
    return Shape.join([wall, plant("palm", int(rng.integers(3))).moved(7, 3)]), 9.0, 6.0


def _barn(rng: np.random.Generator) -> tuple[Shape, float, float]:
    seed = int(rng.integers(1 << 30))
    wall = (BARN, FENCE, BRICKS)[rng.integers(3)]
    barn = one_house(
        rng.uniform(9, 12), rng.uniform(12, 20), 4.5, rng.uniform(3.5, 5.5), seed, facades=(wall,)
    )
    door = box(
        3.6,
        0.15,
        3.6,
        Material((0.85, 0.83, 0.78), "wood", (0.6, 0.58, 0.54), scale=0.6),
        y=-barn.depth[0] / 2,
    )
    silo = []
    if rng.random() < 0.5:
        metal = Material((0.70, 0.71, 0.72), "metal", (0.5, 0.5, 0.5), scale=1)
        silo = [lathe([(2, 0), (2, 10), (0, 11.5)], metal, 14).moved(9, 2)]
    shape = Shape.join([barn.built(), door, *silo])
    return shape.turned(rng.uniform(-30, 30)), 14.0, 8.0
