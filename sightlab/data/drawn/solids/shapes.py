"""Solids that the buildings of the drawn world are put together from.

Nearly everything is a loft: a row of rings with equally many points, joined by strips of triangles and
closed by caps. Rings run counter-clockwise for somebody whom the loft comes towards, so that all
triangles face outwards.

Axes and units are those of `scene`; K points of a ring, R rings, N copies. Source: ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from jaxtyping import Float

from sightlab.checks import InputError
from sightlab.data.drawn.solids.outlines import Outline, rectangle, regular
from sightlab.data.drawn.solids.scene import Material, Shape

_FLAT = 1e-8  # square meters: triangles below are dropped


def loft(
    rings: Float[np.ndarray, "R K 3"] | Sequence[np.ndarray],
    material: Material,
    *,
    start: bool = True,
    end: bool = True,
    closed: bool = False,
) -> Shape:
    """Rings joined by strips.

    Args:
        rings: R >= 2 rings of K >= 3 points; a ring may shrink to a point.
        material: of all faces.
        start, end: whether the first and the last ring are closed by a cap; caps are fans around the mean
            of their ring, so that every point of it has to be in sight from there.
        closed: the last ring is joined to the first, and there are no caps.
    Raises:
        InputError: fewer rings or points.
    """
    rings = np.asarray(rings, dtype=np.float64)
    if rings.ndim != 3 or rings.shape[0] < 2 or rings.shape[1] < 3:
        raise InputError(f"A loft needs >= 2 rings of >= 3 points, got an array of shape {rings.shape}.")
    n_rings, k, _ = rings.shape
    ring = np.arange(n_rings if closed else n_rings - 1)[:, None]
    a, b = ring * k + np.arange(k), ring * k + np.roll(np.arange(k), -1)
    c, d = (b + k) % (n_rings * k), (a + k) % (n_rings * k)
    faces = [np.stack([a, b, c], axis=-1).reshape(-1, 3), np.stack([a, c, d], axis=-1).reshape(-1, 3)]
    vertices = [rings.reshape(-1, 3)]
    for wanted, first in ((start, 0), (end, (n_rings - 1) * k)):
        if wanted and not closed:
            own = first + np.arange(k)
            cap = _cap(rings.reshape(-1, 3), own, n_rings * k + len(vertices) - 1)
            faces.append(cap[:, ::-1] if first == 0 else cap)
            vertices.append(rings.reshape(-1, 3)[own].mean(axis=0, keepdims=True))
    return _without_flat(Shape.of(np.concatenate(vertices), np.concatenate(faces), material))


def _cap(points: np.ndarray, own: np.ndarray, middle: int) -> np.ndarray:
    """Triangles over a ring: two for four corners, else a fan around the vertex `middle`."""
    if len(own) == 4:
        return np.array([own[[0, 1, 2]], own[[0, 2, 3]]])
    return np.stack([own, np.roll(own, -1), np.full(len(own), middle)], axis=1)


def _without_flat(shape: Shape) -> Shape:
    """The shape without triangles of no area, and without vertices that no triangle uses."""
    p = shape.vertices[shape.faces]
    area = np.linalg.norm(np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]), axis=1) / 2
    used, faces = np.unique(shape.faces[area > _FLAT], return_inverse=True)
    return Shape(
        shape.vertices[used],
        shape.built[used],
        faces.reshape(-1, 3),
        shape.face_material[area > _FLAT],
        shape.materials,
    )


# Standing solids: plans lifted along z


def prism(plan: Outline, low: float, high: float, material: Material) -> Shape:
    """A plan lifted from z = low to z = high."""
    return loft([_at(plan, low), _at(plan, high)], material)


def box(
    width: float, depth: float, height: float, material: Material, x: float = 0, y: float = 0, z: float = 0
) -> Shape:
    """Width along x, depth along y; x, y is the middle of its plan, z its underside."""
    return prism(rectangle(width, depth) + [x, y], z, z + height, material)


def lathe(
    profile: Sequence[Sequence[float]] | Float[np.ndarray, "R 2"],
    material: Material,
    plan: Outline | int = 12,
    *,
    start: bool = True,
    end: bool = True,
) -> Shape:
    """A plan of radius 1 blown up along a profile: cylinders, cones, domes, pyramids, spires, balusters.

    Args:
        profile: rows (radius, z), from the foot upwards.
        material: of all faces.
        plan: an outline around the origin, or the number of sides of a regular one.
        start, end: whether foot and top are closed.
    """
    outline = regular(plan) if isinstance(plan, int) else plan
    rings = [_at(outline * r, z) for r, z in np.asarray(profile, dtype=np.float64)]
    return loft(rings, material, start=start, end=end)


def frustum(
    low: Float[np.ndarray, "K 2"], high: Float[np.ndarray, "K 2"], z0: float, z1: float, material: Material
) -> Shape:
    """From one plan to another of equally many corners: hipped roofs, battered walls."""
    return loft([_at(low, z0), _at(high, z1)], material)


def stairs(
    width: float, depth: float, height: float, steps: int, material: Material, y: float = 0, z: float = 0
) -> Shape:
    """Steps that rise from the front edge at y - depth to the height at y; `width` along x."""
    tread, rise = depth / steps, height / steps
    return Shape.join(
        box(width, depth - i * tread, rise, material, y=y - (depth - i * tread) / 2, z=z + i * rise)
        for i in range(steps)
    )


def _at(plan: Float[np.ndarray, "K 2"], z: float) -> Float[np.ndarray, "K 3"]:
    return np.column_stack([plan, np.full(len(plan), float(z))])


# Along a path


def sweep(
    path: Sequence[Sequence[float]] | Float[np.ndarray, "R 3"],
    section: Outline | float,
    material: Material,
    *,
    sides: int = 6,
    closed: bool = False,
) -> Shape:
    """A section carried along a path: cables, ribs, rails, arches, beams; it grows thinner in sharp bends.

    Args:
        path: points in space, none repeated.
        section: outline (across, up), or the radius of a round one.
        material: of all faces.
        sides: of a round section.
        closed: the path returns to its first point (which is not repeated).
    """
    path = np.asarray(path, dtype=np.float64)
    outline = (regular(sides, section) if np.isscalar(section) else section)[::-1]  # seen from ahead
    step = np.diff(path, axis=0, append=path[:1])
    if not closed:
        step[-1] = step[-2]
    before = np.roll(step, 1, axis=0) if closed else np.concatenate([step[:1], step[:-1]])
    ahead = _unit(_unit(step) + _unit(before))
    upright = np.abs(ahead).max(axis=0)
    up = np.eye(3)[2] if upright[2] < 0.999 else np.eye(3)[np.argmin(upright)]
    across = _unit(np.cross(ahead, up))
    up = np.cross(across, ahead)
    rings = path[:, None] + outline[None, :, :1] * across[:, None] + outline[None, :, 1:] * up[:, None]
    return loft(rings, material, closed=closed)


def beam(a: Sequence[float], b: Sequence[float], section: Outline | float, material: Material) -> Shape:
    """A straight piece from a to b."""
    return sweep([a, b], section, material)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


# Many of the same


def copies(shape: Shape, places: Float[np.ndarray, "N 3"] | Sequence[Sequence[float]]) -> Shape:
    """The shape once at every place."""
    places = np.asarray(places, dtype=np.float64).reshape(-1, 3)
    n = len(places)
    return Shape(
        (shape.vertices[None] + places[:, None]).reshape(-1, 3),
        np.tile(shape.built, (n, 1)),
        (shape.faces[None] + len(shape.vertices) * np.arange(n)[:, None, None]).reshape(-1, 3),
        np.tile(shape.face_material, n),
        shape.materials,
    )


def row(shape: Shape, n: int, step: Sequence[float]) -> Shape:
    """n copies, each a step (x, y, z) further, around where the shape stands."""
    return copies(shape, (np.arange(n) - (n - 1) / 2)[:, None] * np.asarray(step, dtype=np.float64))


def around(shape: Shape, n: int, first_degrees: float = 0.0, span_degrees: float = 360.0) -> Shape:
    """n copies turned around the vertical axis, `span_degrees / n` apart."""
    return Shape.join(shape.turned(first_degrees + span_degrees / n * i) for i in range(n))


def mirrored(shape: Shape) -> Shape:
    """Left and right exchanged."""
    flip = np.array([-1.0, 1.0, 1.0])
    return Shape(
        shape.vertices * flip, shape.built * flip, shape.faces[:, ::-1], shape.face_material, shape.materials
    )


def both_sides(*shapes: Shape) -> Shape:
    """The shapes and their mirror images."""
    one = Shape.join(shapes)
    return Shape.join([one, mirrored(one)])


def stretched(shape: Shape, x: float = 1.0, y: float = 1.0, z: float = 1.0) -> Shape:
    """The shape scaled along each axis, by factors above 0."""
    scale = np.array([x, y, z])
    return Shape(
        shape.vertices * scale, shape.built * scale, shape.faces, shape.face_material, shape.materials
    )


def repainted(shape: Shape, colors: Mapping[Material, Material]) -> Shape:
    """The shape in other materials, where `colors` names one."""
    new = tuple(colors.get(m, m) for m in shape.materials)
    return Shape(shape.vertices, shape.built, shape.faces, shape.face_material, new)


def assembled(parts: Iterable[Shape]) -> Shape:
    """One building: its parts joined, patterns living where the parts stand now."""
    return Shape.join(parts).rebuilt()
