"""Pieces of gothic buildings: windows with tracery, roses, portals, pinnacles, flying buttresses.

Each faces front (-y) with its wall's face in the plane y = 0, its middle at x = 0, and stands on z = 0.
Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.drawn.solids.ornaments import SQUARE, statue
from sightlab.data.drawn.solids.outlines import pointed_arch, rectangle, regular
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import around, beam, box, lathe, loft, row, sweep
from sightlab.data.drawn.solids.walls import slab, span, wall_with

BAR = regular(3, 0.6)  # section of tracery, to be scaled; three sides are enough from a square away


def pinnacle(width: float, height: float, stone: Material) -> Shape:
    """A square shaft with a cap that overhangs, and a sharp pyramid."""
    r = width / 2
    profile = [(r, 0), (r, 0.42 * height), (1.35 * r, 0.47 * height), (0.8 * r, 0.5 * height), (0, height)]
    return lathe(profile, stone, SQUARE, start=False)


def octagonal_turret(radius: float, height: float, cap: float, stone: Material, dark: Material) -> Shape:
    """A slender open turret: dark core behind six shafts, under a spire of height `cap`."""
    shafts = around(box(0.4 * radius, 0.4 * radius, height, stone, x=0.9 * radius), 6)
    core = lathe([(0.6 * radius, 0), (0.6 * radius, height)], dark, 6, end=False)
    spire = lathe([(1.15 * radius, 0), (1.15 * radius, 0.04 * cap), (0, cap)], stone, 8).moved(z=height)
    return Shape.join([shafts, core, spire])


def ring(radius: float, thickness: float, stone: Material, sides: int = 20) -> Shape:
    """A circle of bars standing upright in the plane y = 0, around the origin."""
    circle = regular(sides, radius)
    path = np.column_stack([circle[:, 0], np.zeros(sides), circle[:, 1]])
    return sweep(path, BAR * thickness, stone, closed=True)


def rose(radius: float, petals: int, stone: Material) -> Shape:
    """Tracery of a round window around the origin: three rings, spokes, a wreath of small circles."""
    bar = 0.055 * radius
    spoke = beam((0, 0, 0.16 * radius), (0, 0, 0.97 * radius), BAR * bar, stone)
    eye = ring(radius * 0.8 * np.sin(np.pi / petals), bar, stone, 4).moved(z=0.75 * radius)
    parts = [ring(f * radius, g * bar, stone) for f, g in ((0.97, 2.2), (0.52, 1.4))]
    parts.append(ring(0.17 * radius, 1.3 * bar, stone, 8))
    for i in range(petals):
        parts += [_rolled(spoke, 360 / petals * i), _rolled(eye, 360 / petals * (i + 0.5))]
    return Shape.join(parts)


def _rolled(shape: Shape, degrees: float) -> Shape:
    """Turned around the y axis: what was up leans to the right."""
    a = np.deg2rad(degrees)
    turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    return Shape(shape.vertices @ turn.T, shape.built, shape.faces, shape.face_material, shape.materials)


def rose_wall(
    width: float, height: float, radius: float, petals: int, stone: Material, glass: Material
) -> Shape:
    """A wall with a round window in a recess near its top, its tracery of stone in front of the glass."""
    middle = max(height - 1.25 * radius, height / 2)
    steps = [regular(20, r * radius) + [0, middle] for r in (1.12, 1)]
    wall = wall_with(rectangle(width, height, 0), steps, 1.6, stone, glass)
    return Shape.join([wall, rose(radius, petals, stone).moved(y=1.25, z=middle)])


def window_wall(
    width: float,
    height: float,
    opening: tuple[float, float],
    sill: float,
    stone: Material,
    glass: Material,
    *,
    lights: int = 2,
    point: float = 1.0,
    depth: float = 0.9,
    steps: int = 3,
) -> Shape:
    """A wall with one pointed window, divided into `lights` by mullions below a ring of tracery.

    Args:
        width, height: of the wall, meters.
        opening: width and height of the window.
        sill: height of its foot.
        stone, glass: materials.
        lights: narrow openings side by side; 1 has no tracery.
        point: see `pointed_arch`.
        depth: of the recess.
        steps: straight pieces of each arc.
    """
    w, h = opening
    parts = [
        wall_with(
            rectangle(width, height, 0),
            pointed_arch(w, h, sill, point, steps),
            depth,
            stone,
            glass,
            back=False,
        )
    ]
    if lights > 1:
        bar = 0.07 * w
        top = sill + 0.62 * h
        for x in (np.arange(1, lights) / lights - 0.5) * w:
            mullion = loft([_level(BAR * bar, z) for z in (sill, top)], stone, start=False, end=False)
            parts.append(mullion.moved(x=x, y=0.7 * depth))
        parts.append(ring(0.22 * w, bar, stone, 6).moved(y=0.7 * depth, z=top + 0.2 * w))
    return Shape.join(parts)


def _level(plan: np.ndarray, z: float) -> np.ndarray:
    return np.column_stack([plan, np.full(len(plan), z)])


def windows(
    n: int,
    width: float,
    height: float,
    opening: tuple[float, float],
    sill: float,
    stone: Material,
    glass: Material,
    **how,
) -> Shape:
    """n window walls side by side, together `width` wide; see `window_wall`."""
    return row(window_wall(width / n, height, opening, sill, stone, glass, **how), n, (width / n, 0, 0))


def arcade(width: float, height: float, n: int, stone: Material, shade: Material, figures: bool) -> Shape:
    """A gallery: n pointed niches, with or without a statue in each, under a cornice."""
    w = width / n
    niche = wall_with(
        rectangle(w, height, 0), pointed_arch(0.72 * w, 0.88 * height, 0.03 * height, steps=2), 0.7, stone,
        shade, back=False,
    )  # fmt: skip
    bay = Shape.join([niche, statue(0.72 * height, stone).moved(y=0.2)]) if figures else niche
    return Shape.join([row(bay, n, (w, 0, 0)), box(width, 0.9, 0.5, stone, z=height - 0.3)])


def portal(
    width: float,
    height: float,
    depth: float,
    stone: Material,
    shade: Material,
    door: Material,
    *,
    roof: float,
    figures: bool = True,
) -> Shape:
    """A deep doorway in four orders: two doors with a post between, statues along the jambs, a gable.

    Args:
        width, height: of the porch's face below its gable, meters.
        depth: of the recess.
        stone, shade, door: the walls, the carved field over the doors, the doors.
        roof: height of the gable, 0 for none.
        figures: whether statues stand along the jambs; without them there are only two orders.
    """
    w, h = 0.86 * width, 0.97 * height
    shares = np.linspace(1, 0.6, 4 if figures else 2)
    orders = [pointed_arch(w * f, h * (0.4 + 0.6 * f), 0, 0.85, 4) for f in shares]
    parts = [wall_with(rectangle(width, height, 0), orders, depth, stone, shade)]
    sill = 0.46 * height
    for x in (-0.15, 0.15):
        parts.append(box(0.25 * w, 0.2, sill, door, x=x * w, y=depth - 0.05))
    parts.append(box(0.6 * w, 0.5, 0.035 * height, stone, y=depth - 0.1, z=sill))
    parts.append(statue(0.8 * sill, stone).moved(y=depth - 0.5, z=0.1 * sill))
    for i, f in enumerate((0.93, 0.8, 0.67) if figures else ()):
        for side in (-1, 1):
            figure = statue(0.27 * height, stone)
            parts.append(figure.moved(x=side * f * w / 2, y=(i + 0.6) * depth / 4, z=0.2 * height))
    if roof:
        face = np.array([[-0.5 * width, 0], [0.5 * width, 0], [0, roof]])
        hole = regular(10, 0.17 * roof) + [0, 0.36 * roof]
        parts.append(wall_with(face, hole, 0.5, stone, shade, thickness=1.0).moved(z=height))
        edges = [beam((s * 0.52 * width, 0, 0), (0, 0, 1.04 * roof), BAR * 0.6, stone) for s in (-1, 1)]
        parts += [edge.moved(z=height) for edge in edges]
    return Shape.join(parts)


def flyer(
    inner: tuple[float, float], outer: tuple[float, float], thick: float, stone: Material, steps: int = 4
) -> Shape:
    """Half an arch from a pier up to the wall that it props; lies in the plane y = 0, rising towards -x.

    Args:
        inner: (x, z) where its back meets the wall.
        outer: (x, z) where its back meets the pier, further out and lower.
        thick: across, meters.
        stone: material.
        steps: straight pieces of the curve below.
    """
    t = np.linspace(0, 1, steps + 1)
    x = inner[0] + t * (outer[0] - inner[0])
    top = inner[1] + t * (outer[1] - inner[1])
    drop = (inner[1] - outer[1]) + 0.45 * (outer[0] - inner[0])
    below = np.minimum(inner[1] - 1.1 - drop * (1 - np.sqrt(np.clip(1 - t**2, 0, 1))), top - 0.9)
    return span(x, below, top, thick, stone)


def gablet(width: float, height: float, stone: Material) -> Shape:
    """A small ornamental gable, thin, over a window."""
    face = np.array([[-width / 2, 0], [width / 2, 0], [0, height]])
    return slab(face, -0.35, 0.05, stone)
