"""Dry land around a landmark: desert, park, mountains, jungle, plain.

Every function takes a random generator and the clear radius in meters and returns the ground to the horizon
with everything on it; `town.surroundings` is the door to them.
Source: ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sightlab.data.drawn.solids.plants import grove
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.terrain import (
    blob,
    outward,
    rings,
    scattered,
    smooth_step,
    terrain_noise,
)
from sightlab.data.drawn.surroundings.houses import (
    BAY,
    FLOOR,
    GLASS_TOWERS,
    MUD_WALLS,
    Houses,
    bench,
    boxes,
    lamp,
)

GROUND = -0.02  # meters: what stands on z = 0 hides it without a fight
LAWN = Material((0.33, 0.45, 0.17), "grass", (0.24, 0.35, 0.12), scale=1.5)
MEADOW = Material((0.44, 0.50, 0.22), "grass", (0.33, 0.40, 0.16), scale=3)
FOREST_FLOOR = Material((0.20, 0.29, 0.14), "grass", (0.13, 0.20, 0.10), scale=4)
FIELDS = (
    MEADOW,
    Material((0.66, 0.58, 0.28), "grass", (0.56, 0.48, 0.22), scale=2),
    Material((0.36, 0.48, 0.18), "grass", (0.28, 0.38, 0.13), scale=2),
    Material((0.40, 0.30, 0.21), "plain", (0.30, 0.22, 0.15), scale=0.6, detail=0.8),
)
SAND = Material((0.82, 0.69, 0.48), "sand", (0.73, 0.58, 0.39), scale=3)
GRAVEL = Material((0.70, 0.65, 0.56), "sand", (0.60, 0.55, 0.47), scale=0.6)
CLIFF = Material((0.46, 0.42, 0.37), "rock", (0.30, 0.27, 0.24), scale=10, detail=0.7)
PEAK_SNOW = Material((0.92, 0.94, 0.97), "plain", (0.8, 0.85, 0.92), scale=20, detail=0.3)
BOULDER = Material((0.62, 0.50, 0.36), "rock", (0.46, 0.36, 0.25), scale=2, detail=0.6)

Height = Callable[[np.ndarray, np.ndarray], np.ndarray]


def radii(clear: float, far: int = 26) -> np.ndarray:
    """Rings that are even inside the clear radius and grow outside."""
    return np.concatenate([np.linspace(0, 1.05 * clear, 8), outward(1.15 * clear, far)])


def around_at(rng: np.random.Generator, n: int, inner: float, outer: float) -> tuple[np.ndarray, np.ndarray]:
    """n random points between two circles, evenly spread over the area."""
    r, a = np.sqrt(rng.uniform(inner**2, outer**2, n)), rng.uniform(0, 2 * np.pi, n)
    return r * np.cos(a), r * np.sin(a)


def woods(
    rng: np.random.Generator,
    kinds: Sequence[str],
    near: int,
    far: int,
    inner: float,
    outer: float,
    height: Height,
) -> Shape:
    """Trees from `inner` to 1.4 of it in full, to `outer` coarse."""
    edge = min(1.4 * inner + 15, outer)
    parts = []
    for n, low, high, is_far in ((near, inner, edge, False), (far, edge, outer, True)):
        x, y = around_at(rng, n, low, high)
        parts.append(grove(kinds, x, y, height(x, y) - 0.2, int(rng.integers(1 << 30)), is_far))
    return Shape.join(parts)


def hills(seed: int, clear: float, low: float, high: float, size: float) -> Height:
    """Flat within 1.15 clear radii, hills of `low` meters outside and of `high` at the horizon."""

    def height(x, y):
        r = np.hypot(x, y)
        wave = 0.5 + 0.5 * terrain_noise(x, y, seed, size, 4)
        far = np.clip(0.3 + terrain_noise(x, y, seed + 1, 6 * size, 4), 0, 1.5)
        near = low * wave * smooth_step(r, 1.15 * clear, 2.2 * clear + 150)
        return GROUND + near + high * far * smooth_step(r, 3 * clear + 900, 9000 + 3 * clear)

    return height


def scattered_houses(
    rng: np.random.Generator, x: np.ndarray, y: np.ndarray, height: Height, **facts
) -> Shape:
    """Single houses of one or two floors, each turned as it likes."""
    n = len(x)
    w, d = BAY * rng.integers(3, 6, n), BAY * rng.integers(3, 5, n)
    h = FLOOR * rng.integers(1, 3, n)
    z = height(x, y) - 0.3
    return Houses(
        x, y, z, rng.uniform(0, 360, n), w * 1.0, d * 1.0, h, rng.uniform(0.5, 0.9, n) * w / 2, **facts
    ).built()


def desert(rng: np.random.Generator, clear: float) -> Shape:
    """Sand flats and dunes, boulders, some palms, the mud houses of a village on one side."""
    seed = int(rng.integers(1 << 30))

    def height(x, y):
        r = np.hypot(x, y)
        dune = np.clip(terrain_noise(x, y * 1.4, seed, 420, 4, 0.4, ridged=True) + 0.2, 0, 2)
        return GROUND + 26 * dune * smooth_step(r, 1.1 * clear, 2 * clear + 250)

    ground = rings(height, radii(clear, 34), (SAND,), around=120)
    x, y = around_at(rng, 260, clear + 8, 1.5 * clear + 120)
    size = np.minimum(rng.gamma(2, 0.5, 260), 4)
    boulder = blob((1.2, 1.0, 0.7), BOULDER, 3, 0.3, 16)
    rocks = scattered(boulder, x, y, height(x, y), rng.uniform(0, 360, 260), size)
    a = rng.uniform(0, 2 * np.pi)
    middle = (1.25 * clear + 110) * np.array([np.cos(a), np.sin(a)])
    x, y = middle[0] + rng.normal(0, 55, 70), middle[1] + rng.normal(0, 55, 70)
    free = np.hypot(x, y) > clear + 12
    x, y = x[free], y[free]
    n = len(x)
    width, depth, tall = (rng.uniform(low, high, n) for low, high in ((6, 13), (6, 11), (4, 9)))
    wall, turn = rng.integers(len(MUD_WALLS), size=n), rng.uniform(-12, 12, n)
    village = boxes(x, y, height(x, y) - 1, width, depth, tall, MUD_WALLS, wall, turn)
    b = a + rng.normal(0, 0.25, 50)
    r = 1.1 * clear + rng.uniform(25, 130, 50)
    palms = grove(
        ("palm", "palm", "bush"), r * np.cos(b), r * np.sin(b), height(r * np.cos(b), r * np.sin(b)), seed
    )
    return Shape.join([ground, rocks, village, palms])


def park(rng: np.random.Generator, clear: float) -> Shape:
    """Lawn with gravel walks, trees all around, benches and lamps, a city beyond the trees."""
    height = hills(int(rng.integers(1 << 30)), clear, 3, 120, 500)

    def paint(middle, up):
        return np.where(np.hypot(*middle[:, :2].T) > 2.5 * clear + 300, 1, 0)

    ground = rings(height, radii(clear), (LAWN, MEADOW), paint, 96)
    level = 0.6 * GROUND  # of the walks: above the lawn, below what stands on 0
    walk = rings(lambda x, y: np.full(x.shape, level), (0.88 * clear, 0.88 * clear + 5), (GRAVEL,), None, 96)
    zero, cross = np.zeros(2), np.array([2.2 * clear, 9.0])
    walks = boxes(zero, zero, GROUND, cross, cross[::-1], level - GROUND, (GRAVEL,))
    kinds = ("broadleaf", "broadleaf", "birch", "conifer")
    trees = woods(rng, kinds, 60, 400, clear + 9, 2.0 * clear + 160, height)
    a = np.linspace(0, 2 * np.pi, 24, endpoint=False) + 0.1
    x, y = (clear + 1) * np.cos(a), (clear + 1) * np.sin(a)
    lamps = scattered(lamp(), x, y)
    seats = scattered(bench(), 0.98 * x, 0.98 * y, 0, np.rad2deg(a) - 90)
    return Shape.join(
        [ground, walk, walks, trees, lamps, seats, far_city(rng, 2.4 * clear + 260, 2.4 * clear + 900, 200)]
    )


def far_city(rng: np.random.Generator, inner: float, outer: float, n: int, tall: float = 24.0) -> Shape:
    """n blocks of flats in a wide ring, 8 m and a gamma-distributed rest of mean `tall` meters high."""
    x, y = around_at(rng, n, inner, outer)
    width, depth = rng.uniform(14, 34, (2, n))
    kind, turn = rng.integers(len(GLASS_TOWERS), size=n), 22.0 * rng.integers(4, size=n)
    return boxes(x, y, -2, width, depth, rng.gamma(4, tall / 4, n) + 10, GLASS_TOWERS, kind, turn)


def mountains(rng: np.random.Generator, clear: float) -> Shape:
    """A meadow valley among wooded ridges and bare peaks."""
    seed = int(rng.integers(1 << 30))

    def height(x, y):
        r = np.hypot(x, y)
        ridge = 0.62 + 0.6 * terrain_noise(x, y, seed, 900, 6, 0.5, ridged=True)
        return GROUND + 520 * np.clip(ridge, 0, 2) * smooth_step(r, 1.1 * clear, 2 * clear + 1700)

    def paint(middle, up):
        x, y, z = middle.T
        line = 420 + 120 * terrain_noise(x, y, seed + 1, 400, 3)
        return np.where(z > line + 200, 3, np.where((z > line) | (up < 0.6), 2, np.where(z > 9, 1, 0)))

    ground = rings(height, radii(clear, 52), (MEADOW, FOREST_FLOOR, CLIFF, PEAK_SNOW), paint, 140)
    trees = woods(rng, ("conifer", "conifer", "broadleaf"), 50, 560, clear + 4, 1.8 * clear + 350, height)
    return Shape.join([ground, trees])


def jungle(rng: np.random.Generator, clear: float) -> Shape:
    """A clearing in a dense wood with palms and undergrowth."""
    height = hills(int(rng.integers(1 << 30)), clear, 9, 200, 400)

    def paint(middle, up):
        return np.where(np.hypot(*middle[:, :2].T) > 1.02 * clear, 1, 0)

    ground = rings(height, radii(clear), (LAWN, FOREST_FLOOR), paint, 96)
    parts = [ground]
    for kinds, n, out, size, far in (
        (("palm", "broadleaf", "bush"), 45, 12, 1.1, False),
        (("bush",), 300, 14, 2.2, True),
        (("broadleaf", "broadleaf", "palm"), 680, 60, 1.6, True),
    ):
        x, y = around_at(rng, n, clear + 9, clear + 9 + out + 0.12 * clear)
        parts.append(grove(kinds, x, y, height(x, y) - 0.2, int(rng.integers(1 << 30)), far, size=size))
    return Shape.join(parts)


def plain(rng: np.random.Generator, clear: float) -> Shape:
    """Fields of several crops, lines of trees, farms, low hills far away."""
    seed = int(rng.integers(1 << 30))
    height = hills(seed, clear, 8, 150, 700)
    crops = rng.integers(len(FIELDS), size=(64, 64))
    side = 90 + 0.1 * clear  # meters of a field

    def paint(middle, up):
        x, y, _ = middle.T
        row, column = (np.floor(v / side).astype(np.int64) % 64 for v in (x + 0.3 * y, y - 0.2 * x))
        return np.where(np.hypot(x, y) < 1.05 * clear, 0, crops[row, column])

    fields = np.linspace(1.05 * clear, 2.5 * clear + 400, 36)
    steps = np.concatenate([[0, clear], fields, outward(3 * clear + 500, 16)])
    ground = rings(height, steps, FIELDS, paint, 150)
    x, y = around_at(rng, 26, 1.1 * clear + 30, 2 * clear + 500)
    farms = scattered_houses(rng, x, y, height)
    x, y = _tree_lines(rng, 14, clear)
    rows = grove(("broadleaf", "birch"), x, y, height(x, y) - 0.2, seed, far=True)
    trees = woods(rng, ("broadleaf", "conifer"), 25, 240, clear + 9, 2.6 * clear + 700, height)
    return Shape.join([ground, farms, rows, trees])


def _tree_lines(rng: np.random.Generator, n: int, clear: float) -> tuple[np.ndarray, np.ndarray]:
    """Places of n straight lines of up to 19 trees, 9 m apart, outside the clear circle."""
    x, y = around_at(rng, n, 1.15 * clear + 40, 2 * clear + 600)
    angle, at = rng.uniform(0, np.pi, (n, 1)), 9.0 * np.arange(-9, 10)
    x, y = (x[:, None] + np.cos(angle) * at).ravel(), (y[:, None] + np.sin(angle) * at).ravel()
    out = np.hypot(x, y) > clear + 8
    return x[out], y[out]
