"""Ground, hills, rocks and crowds of copies for the drawn world: what nature and towns are made of.

Terrain noise: random numbers at the corners of a grid, blended smoothly between them; several grids, each
finer and weaker than the one before, make hills (value noise, fractal noise). Unlike the tiles of
`noise` it is asked at single points: the same seed and point give the same height.

Shapes: N points, V vertices, F triangles.
Source: ours; fractal noise as everywhere in computer graphics.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float

from sightlab.checks import InputError, check_count
from sightlab.data.drawn.solids.noise import scatter
from sightlab.data.drawn.solids.scene import Material, Shape

HORIZON = 30_000.0  # meters: how far a ground reaches
_LATTICE = 256  # corners of the noise grid in each direction; it repeats after that many


@lru_cache(maxsize=16)
def _lattice(seed: int) -> np.ndarray:
    corner = np.arange(_LATTICE)
    return 2.0 * scatter(corner[None, :], corner[:, None], seed) - 1.0


def corner_noise(
    x: Float[np.ndarray, "*shape"], y: Float[np.ndarray, "*shape"], seed: int
) -> Float[np.ndarray, "*shape"]:
    """Smooth noise in [-1, 1] at any points, whose hills are about one unit wide.

    Args:
        x, y: points, in units of one grid cell; at whole numbers the noise is the grid's random number.
        seed: of the grid.
    """
    table = _lattice(seed)
    column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    u, v = x - column, y - row
    u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
    left, right, low, high = (i % _LATTICE for i in (column, column + 1, row, row + 1))
    below = table[low, left] * (1 - u) + table[low, right] * u
    above = table[high, left] * (1 - u) + table[high, right] * u
    return below * (1 - v) + above * v


def terrain_noise(
    x: Float[np.ndarray, "*shape"],
    y: Float[np.ndarray, "*shape"],
    seed: int,
    size: float,
    octaves: int = 5,
    roughness: float = 0.5,
    ridged: bool = False,
) -> Float[np.ndarray, "*shape"]:
    """Terrain noise in [-1, 1].

    Args:
        x, y: points, meters.
        seed: of the noise.
        size: width of the largest hills, meters.
        octaves: how many grids are added, each half as wide as the one before.
        roughness: strength of a grid relative to the one before, (0, 1).
        ridged: sharp crests, as of mountains, instead of round hills.
    Raises:
        InputError: `size` is not positive, or no octave.
    """
    if not size > 0:
        raise InputError(f"size={size} must be positive: the width of the largest hills in meters.")
    check_count(octaves, "octaves")
    total, strength, weight = np.zeros(np.shape(x)), 1.0, 0.0
    x, y = x / size, y / size
    for octave in range(octaves):
        noise = corner_noise(x + 31.7 * octave, y + 17.3 * octave, seed)
        total += strength * (1 - 2 * np.abs(noise) if ridged else noise)
        weight += strength
        strength *= roughness
        x, y = 1.6 * x - 1.2 * y, 1.2 * x + 1.6 * y  # twice as fine, and turned: no streaks along the axes
    return total / weight


def smooth_step(
    x: Float[np.ndarray, "*shape"],
    low: float | Float[np.ndarray, "*shape"],
    high: float | Float[np.ndarray, "*shape"],
) -> Float[np.ndarray, "*shape"]:
    """0 below `low`, 1 above `high`, without a kink between (also downwards, if low > high)."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


Paint = Callable[[np.ndarray, np.ndarray], np.ndarray]


def sheet(
    points: Float[np.ndarray, "rows columns 3"], materials: Sequence[Material], paint: Paint | None = None
) -> Shape:
    """A surface through a grid of points.

    Args:
        points: meters; the grid may be bent in any way.
        materials: what the surface is made of.
        paint: gets the middles (F, 3) of the triangles and how far they look up (F,), in [0, 1] (1: flat
            ground), and says which material (F,) each wears; all the first one if it is missing.
    """
    rows, columns, _ = points.shape
    corner = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]
    faces = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)], -1).reshape(-1, 3)
    vertices = np.asarray(points, dtype=np.float64).reshape(-1, 3)
    return _painted(vertices, faces, materials, paint)


def _painted(vertices: np.ndarray, faces: np.ndarray, materials: Sequence[Material], paint: Paint | None):
    worn = np.zeros(len(faces), np.int64)
    if paint is not None:
        corners = vertices[faces]
        normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        up = np.abs(normal[:, 2]) / np.maximum(np.linalg.norm(normal, axis=1), 1e-12)
        worn = np.asarray(paint(corners.mean(1), up), dtype=np.int64)
    return Shape(vertices, vertices, faces, worn, tuple(materials))


Height = Callable[[np.ndarray, np.ndarray], np.ndarray]


def heightfield(
    height: Height,
    across: Sequence[float],
    along: Sequence[float],
    materials: Sequence[Material],
    paint: Paint | None = None,
) -> Shape:
    """Terrain over a rectangle: `height(x, y)` at every x of `across` and y of `along`, all meters."""
    x, y = np.meshgrid(np.asarray(across, np.float64), np.asarray(along, np.float64))
    return sheet(np.stack([x, y, height(x, y)], -1), materials, paint)


def rings(
    height: Height,
    radii: Sequence[float],
    materials: Sequence[Material],
    paint: Paint | None = None,
    around: int = 72,
    sector: tuple[float, float] = (0, 360),
) -> Shape:
    """Terrain over a disk or a ring around the origin: fine where the radii are close, coarse far out.

    Args:
        height: as of `heightfield`.
        radii: meters, growing; a first one of 0 closes the middle.
        around: pieces of every ring.
        sector: degrees from +x towards +y: the part of the rings that is built.
    """
    angle = np.deg2rad(np.linspace(*sector, around + 1))
    if sector == (0, 360):
        angle[-1] = 0  # the seam meets itself exactly
    radius = np.asarray(radii, np.float64)[:, None]
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    return sheet(np.stack([x, y, height(x, y)], -1), materials, paint)


def stations(low: float, high: float, n: int, outside: int = 12) -> Float[np.ndarray, " M"]:
    """Coordinates for `heightfield` that lie close together only where it matters.

    Args:
        low, high: meters; n evenly spaced stations lie between them.
        outside: stations on either side of that, in growing steps to the horizon.
    """
    step = np.geomspace((high - low) / n, HORIZON, outside + 1)[1:]
    return np.concatenate([low - step[::-1], np.linspace(low, high, n), high + step])


def parted(shape: Shape, is_first: Bool[np.ndarray, " F"]) -> tuple[Shape, Shape]:
    """The triangles where `is_first` holds, and all the others, as two shapes."""
    return _only(shape, is_first), _only(shape, ~is_first)


def _only(shape: Shape, chosen: np.ndarray) -> Shape:
    used, faces = np.unique(shape.faces[chosen], return_inverse=True)
    return Shape(
        shape.vertices[used],
        shape.built[used],
        faces.reshape(-1, 3),
        shape.face_material[chosen],
        shape.materials,
    )


def middles(shape: Shape) -> Float[np.ndarray, "F 3"]:
    """The middle of every triangle, meters."""
    return shape.vertices[shape.faces].mean(axis=1)


def flat(x: Float[np.ndarray, "*shape"], y: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """A height of 0 everywhere."""
    return np.zeros(np.shape(x))


def outward(start: float, steps: int, end: float = HORIZON) -> Float[np.ndarray, " steps"]:
    """Radii from `start` to `end`, each longer than the one before by the same factor, meters."""
    return np.geomspace(start, end, steps)


@lru_cache(maxsize=16)
def _ball(n: int) -> tuple[np.ndarray, np.ndarray]:
    from scipy.spatial import ConvexHull

    i = np.arange(n) + 0.5
    z, turn = 1 - 2 * i / n, np.pi * (1 + 5**0.5) * i
    flat_radius = np.sqrt(1 - z**2)
    points = np.stack([flat_radius * np.cos(turn), flat_radius * np.sin(turn), z], -1)
    return points, ConvexHull(points).simplices.astype(np.int64)


def blob(
    radii: tuple[float, float, float],
    material: Material,
    seed: int = 0,
    roughness: float = 0.2,
    corners: int = 40,
) -> Shape:
    """A lumpy ellipsoid around the origin: the crown of a tree, a rock, a cloud of leaves.

    Args:
        radii: of the ellipsoid along x, y, z, meters.
        material: what it is made of.
        seed: of the lumps.
        roughness: how far a corner may lie from the ellipsoid, as a share of the radius, [0, 1).
        corners: V; about 2 V triangles.
    """
    points, faces = _ball(corners)
    lumps = 1 + roughness * np.random.default_rng([seed, corners]).uniform(-1, 1, (corners, 1))
    return Shape.of(points * lumps * np.asarray(radii), faces, material)


def tube(path: Float[np.ndarray, "n 3"], radii: Sequence[float], material: Material, sides: int = 6) -> Shape:
    """A bent pipe along a path that mostly climbs: trunks, branches, stems.

    Args:
        path: middles of its rings, meters.
        radii: of every ring, meters.
        sides: corners of a ring; rings lie flat, so a path that runs level comes out as a ribbon.
    """
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    angle[-1] = 0
    circle = np.stack([np.cos(angle), np.sin(angle), np.zeros(sides + 1)], -1)
    return sheet(path[:, None, :] + np.asarray(radii)[:, None, None] * circle, (material,))


def scattered(
    shape: Shape,
    x: Float[np.ndarray, " N"],
    y: Float[np.ndarray, " N"],
    z: Float[np.ndarray, " N"] | float = 0.0,
    turn: Float[np.ndarray, " N"] | float = 0.0,
    size: Float[np.ndarray, " N"] | float = 1.0,
) -> Shape:
    """N copies of a shape as one shape; much faster than joining them one by one.

    Args:
        shape: what is copied.
        x, y, z: where the copies stand, meters.
        turn: of every copy around its own vertical axis, degrees.
        size: factor on every copy; its pattern grows with it in meters, not in stones.
    """
    n, v = len(x), len(shape.vertices)
    if not n:
        return Shape.join([])
    size = np.broadcast_to(np.asarray(size, np.float64), (n,))[:, None, None]
    a = np.deg2rad(np.broadcast_to(np.asarray(turn, np.float64), (n,)))[:, None]
    vx, vy = shape.vertices[:, 0], shape.vertices[:, 1]
    turned = np.stack(
        [
            np.cos(a) * vx - np.sin(a) * vy,
            np.sin(a) * vx + np.cos(a) * vy,
            np.broadcast_to(shape.vertices[:, 2], (n, v)),
        ],
        -1,
    )
    at = np.stack([x, y, np.broadcast_to(np.asarray(z, np.float64), (n,))], -1)
    faces = shape.faces[None] + v * np.arange(n)[:, None, None]
    return Shape(
        (turned * size + at[:, None]).reshape(-1, 3),
        (shape.built[None] * size).reshape(-1, 3),
        faces.reshape(-1, 3).astype(np.int64),
        np.tile(shape.face_material, n),
        shape.materials,
    )
