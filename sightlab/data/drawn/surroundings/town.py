"""What surrounds a landmark: `surroundings(kind, seed, clear_radius)`, ground to the horizon with all on it.

Nothing within `clear_radius` of the origin is higher than 1.5 m, and the ground there lies at -0.02 m, just
below what stands on z = 0. Of the kinds in `KINDS` three are towns:

- old_town: a square of side 2 clear_radius between rows of gabled houses with shops, and streets of houses
  behind. ONE long straight side street, `SIDE_STREET_WIDTH` = 12 m wide, leaves the square in the direction
  `SIDE_STREET_DEGREES` = 20 degrees from -y towards +x and runs to 400 m from its edge;
  `side_street_point(distance)` is a point on its middle line, which goes through the origin. Somebody who
  stands there 150 to 300 m beyond the square's edge and looks at the origin sees the landmark between two
  rows of fronts.
- modern_city: blocks of towers in a grid of streets 24 m wide, 90 m apart; the streets along x = 0 and y = 0
  go through the landmark, so it is seen from afar along all four of them.
- river: the bed runs along y between quays 3 m high at x = -clear_radius and clear_radius, along which rows
  of houses look at the water; a bridge of length 2 clear_radius along x reaches from quay to quay.

coast is a strait of the same width between hilly shores, see `shores`; the others are dry land, see
`land`.
Source: ours.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sightlab.checks import check_choice, check_count, check_range
from sightlab.data.drawn.solids.plants import grove
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.terrain import rings, scattered
from sightlab.data.drawn.surroundings.houses import GLASS_TOWERS, Houses, boxes, house_row, lamp, moved_houses
from sightlab.data.drawn.surroundings.land import (
    MEADOW,
    desert,
    hills,
    jungle,
    mountains,
    park,
    plain,
    radii,
    woods,
)
from sightlab.data.drawn.surroundings.shores import COBBLES, coast, river

SIDE_STREET_DEGREES = 20.0  # from -y towards +x
SIDE_STREET_WIDTH = 12.0  # meters between the fronts
SIDE_STREET_LENGTH = 400.0  # meters beyond the edge of the square
PAVING = Material((0.56, 0.53, 0.49), "paving", (0.40, 0.38, 0.35), scale=1.2, detail=0.5)
STREET = Material((0.27, 0.27, 0.28), "asphalt", (0.20, 0.20, 0.21), scale=1.5)
LINES = Material((0.85, 0.85, 0.82))
ROOF_HUT = Material((0.55, 0.54, 0.52), "plaster", (0.40, 0.39, 0.38), scale=2)


def side_street_point(distance: float) -> tuple[float, float]:
    """x, y of the point on the middle of the side street that lies `distance` meters from the origin."""
    a = np.deg2rad(SIDE_STREET_DEGREES)
    return float(distance * np.sin(a)), float(-distance * np.cos(a))


def surroundings(kind: str, seed: int, clear_radius: float) -> Shape:
    """Everything around a landmark that stands at the origin, see the top of this module.

    Args:
        kind: one of `KINDS`.
        seed: of what varies; another seed gives other houses and trees.
        clear_radius: meters around the origin that stay free, [20, 2000].
    Returns:
        Up to 60,000 triangles, for radii up to 300 m.
    Raises:
        InputError: unknown kind, negative seed, or a radius outside [20, 2000].
    """
    check_choice(kind, "kind", tuple(KINDS))
    check_count(seed, "seed", 0)
    check_range(clear_radius, "clear_radius", 20, 2000)
    return KINDS[kind](np.random.default_rng([seed, 307]), float(clear_radius))


def old_town(rng: np.random.Generator, clear: float) -> Shape:
    """A square among gabled houses, with a long side street."""
    height = hills(int(rng.integers(1 << 30)), clear + 420, 12, 150, 500)

    def paint(middle, up):
        r = np.hypot(*middle[:, :2].T)
        return np.where(r < 1.4 * clear, 0, np.where(r < clear + 450, 1, 2))

    ground = rings(height, radii(clear), (PAVING, COBBLES, MEADOW), paint, 96)
    rows = 4 if clear < 160 else 2 if clear < 400 else 1
    houses = [_square_row(rng, clear, side, row) for row in range(rows) for side in range(4)]
    houses = [h.only(~_in_side_street(h.x, h.y, clear, 17)) for h in houses]
    houses += [_side_street_row(rng, clear, side) for side in (-1, 1)]
    trees = woods(rng, ("broadleaf", "conifer"), 0, 350, clear + 430, clear + 900, height)
    at = np.linspace(-0.9, 0.9, 7) * clear
    edge = np.full(7, clear + 0.5)
    x, y = np.concatenate([at, at, edge, -edge]), np.concatenate([edge, -edge, at, at])
    lamps = ~_in_side_street(x, y, clear, 6)
    return Shape.join([ground, *(h.built() for h in houses), trees, scattered(lamp(), x[lamps], y[lamps])])


def _square_row(rng: np.random.Generator, clear: float, side: int, row: int) -> Houses:
    """One row on one side of the square; those further out stand back to back across lanes of 7 m."""
    length = 2 * clear + (0, 30, 60, 90)[row]
    houses = house_row(rng, length, (3, 5) if row == 0 else (2, 4), steep=rng.uniform(0.9, 1.3))
    gap = np.abs((houses.x + 0.5 * clear) % max(60.0, clear) - 0.25 * clear) > 3 + 2 * row
    houses = houses.only(gap | (row == 0))
    out = clear + 1.5 + (0, 13, 32, 46)[row]
    if row % 2:  # looks outward
        houses = moved_houses(houses, 0, -out - houses.depth.max(), 0)
    else:
        houses = moved_houses(houses, 0, out, 0)
    houses = moved_houses(houses, 0, 0, 90.0 * side, seed=int(rng.integers(1 << 30)), has_shops=row == 0)
    return houses


def _in_side_street(x: np.ndarray, y: np.ndarray, clear: float, margin: float) -> np.ndarray:
    a = np.deg2rad(SIDE_STREET_DEGREES)
    along, across = x * np.sin(a) - y * np.cos(a), x * np.cos(a) + y * np.sin(a)
    return (along > 0.5 * clear) & (np.abs(across) < SIDE_STREET_WIDTH / 2 + margin)


def _side_street_row(rng: np.random.Generator, clear: float, side: int) -> Houses:
    """Fronts along the side street, on its left (-1) or right (1) for who looks away from the square."""
    houses = house_row(rng, SIDE_STREET_LENGTH, (2, 4), steep=1.1)
    begin = clear / np.cos(np.deg2rad(SIDE_STREET_DEGREES)) + 6
    houses = moved_houses(houses, 0, SIDE_STREET_WIDTH / 2, 0)  # along x, fronts to -y
    turn = SIDE_STREET_DEGREES - 90 if side > 0 else SIDE_STREET_DEGREES + 90
    x, y = side_street_point(begin + SIDE_STREET_LENGTH / 2)
    return moved_houses(houses, x, y, turn, seed=int(rng.integers(1 << 30)), has_shops=True)


def modern_city(rng: np.random.Generator, clear: float) -> Shape:
    """Towers in blocks, avenues with trees and lines."""
    height = hills(int(rng.integers(1 << 30)), clear + 900, 10, 120, 700)

    def paint(middle, up):
        r = np.hypot(*middle[:, :2].T)
        return np.where(r < 1.05 * clear, 0, np.where(r < clear + 1000, 1, 2))

    ground = rings(height, radii(clear), (PAVING, STREET, MEADOW), paint, 96)
    reach = int((clear + 600) / 90)
    cell = np.arange(-reach, reach) + 0.5
    bx, by = (v.ravel() * 90 for v in np.meshgrid(cell, cell))
    free = np.hypot(bx, by) - 47 > clear
    bx, by = bx[free], by[free]
    kerbs = boxes(bx, by, 0, 66, 66, 0.18, (PAVING,))
    parts = [ground, kerbs, *_towers(rng, bx, by, clear)]
    far = np.arange(clear + 20, clear + 420, 13.0)
    x = np.concatenate([np.full(len(far), s) for s in (-14.0, 14.0)] * 2)
    y = np.concatenate([far, far, -far, -far])
    x, y = np.concatenate([x, y]), np.concatenate([y, x])
    keep = rng.random(len(x)) < 0.5
    parts.append(grove(("broadleaf",), x[keep], y[keep], 0.1, int(rng.integers(1 << 30)), True, size=0.7))
    parts.append(scattered(lamp(8.0), x[~keep][::3], y[~keep][::3]))
    dash = np.concatenate([np.arange(clear + 5, clear + 300, 9.0), -np.arange(clear + 5, clear + 300, 9.0)])
    zero = 0 * dash
    parts.append(boxes(zero, dash, 0, 0.25, 3, 0.015, (LINES,)))
    parts.append(boxes(dash, zero, 0, 3, 0.25, 0.015, (LINES,)))
    return Shape.join(parts)


def _towers(rng: np.random.Generator, bx: np.ndarray, by: np.ndarray, clear: float) -> list[Shape]:
    """Four lots in every block, a tower on each; some taper in steps, all carry something on the roof."""
    corner = np.array([-16.0, 16.0])
    x = (bx[:, None, None] + corner[None, :, None] + 0 * corner).ravel()
    y = (by[:, None, None] + corner[None, None, :] + 0 * corner[:, None]).ravel()
    n = len(x)
    near = np.exp(-(((np.hypot(x, y) - clear) / 500) ** 2))
    tall = 12 + rng.gamma(2.2, 11 + 14 * near, n)
    w, d = rng.uniform(20, 29, (2, n))
    kind = rng.integers(len(GLASS_TOWERS), size=n)
    stepped = (tall > 45) & (rng.random(n) < 0.5)
    base = np.where(stepped, 0.55 * tall, tall)
    low = boxes(x, y, 0, w, d, base, GLASS_TOWERS, kind)
    high = boxes(
        x[stepped], y[stepped], base[stepped], 0.66 * w[stepped], 0.66 * d[stepped], (tall - base)[stepped],
        GLASS_TOWERS, kind[stepped],
    )  # fmt: skip
    roof = boxes(x + 2, y - 1, tall, 0.3 * w, 0.25 * d, rng.uniform(2, 4, n), (ROOF_HUT,))
    return [low, high, roof]


KINDS: dict[str, Callable[[np.random.Generator, float], Shape]] = {
    "old_town": old_town,
    "modern_city": modern_city,
    "desert": desert,
    "park": park,
    "coast": coast,
    "river": river,
    "mountains": mountains,
    "jungle": jungle,
    "plain": plain,
}
