"""Ornaments that many styles share: columns, balustrades, statues, rows of windows, upturned roofs.

Each stands on z = 0; what has a front faces -y with it.
Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.drawn.solids.outlines import Outline, bowl, rectangle, regular, round_arch
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import around, box, lathe, loft, row, sweep
from sightlab.data.drawn.solids.walls import slab, wall_with

SQUARE = rectangle(2, 2)  # a plan that `lathe` makes 2 r wide


def column(height: float, radius: float, stone: Material, sides: int = 7, *, capital: bool = True) -> Shape:
    """A round column that tapers, with a foot and, if wanted, a spreading capital."""
    top = height - 1.6 * radius if capital else height
    profile = [(1.3 * radius, 0), (radius, 0.8 * radius), (0.82 * radius, top)]
    if capital:
        profile += [(1.35 * radius, height)]
    return lathe(profile, stone, sides)


def colonnade(length: float, n: int, height: float, radius: float, stone: Material, sides: int = 7) -> Shape:
    """n columns along x under a beam of this length, together `height` tall."""
    beam = 0.13 * height
    posts = row(
        column(height - beam, radius, stone, sides), n, ((length - 2.7 * radius) / max(n - 1, 1), 0, 0)
    )
    return Shape.join([posts, box(length, 2.6 * radius, beam, stone, z=height - beam)])


def balustrade(length: float, height: float, posts: int, stone: Material) -> Shape:
    """A rail on posts along x."""
    post = box(0.3 * length / posts, 0.35, height, stone)
    rail = box(length, 0.5, 0.3 * height, stone, z=0.8 * height)
    return Shape.join([row(post, posts, (length / posts, 0, 0)), rail])


def statue(height: float, stone: Material, sides: int = 4) -> Shape:
    """A robed figure that stands still."""
    r = 0.16 * height
    profile = [(r, 0), (r, 0.76), (0.4 * r, 0.86), (0.4 * r, 0.95), (0, 1)]
    return lathe([(radius, z * height) for radius, z in profile], stone, sides, start=False)


def sphere(radius: float, material: Material, sides: int = 8) -> Shape:
    """A ball around the origin."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, sides // 2 + 1)
    return lathe(radius * np.stack([np.cos(angle), np.sin(angle)], axis=1), material, sides)


def pediment(width: float, height: float, depth: float, stone: Material, inside: Material) -> Shape:
    """A triangular gable with a sunken field, its back at y = depth."""
    face = np.array([[-width / 2, 0], [width / 2, 0], [0, height]])
    field = face * 0.78 + [0, 0.1 * height]
    return wall_with(face, field, 0.06 * width, stone, inside, thickness=depth)


def dome(radius: float, rise: float, material: Material, ribs: int, rib: Material, sides: int = 16) -> Shape:
    """A dome with raised ribs."""
    profile = bowl(radius, rise)
    parts = [lathe(profile, material, sides)]
    if ribs:
        line = np.column_stack([0 * profile[:, 0], -profile[:, 0], profile[:, 1]])
        parts.append(around(sweep(line[:-1], regular(4, 0.05 * radius), rib), ribs))
    return Shape.join(parts)


def window_rows(
    width: float,
    n: int,
    storeys: list[tuple[float, float, float]],
    height: float,
    wall: Material,
    glass: Material,
    *,
    hood: Material | None = None,
    arched: int = -1,
    depth: float = 0.5,
) -> Shape:
    """A wall of windows: n bays side by side, several storeys.

    Args:
        width, height: of the whole wall, meters.
        n: bays.
        storeys: (sill, height, width) of the window of each storey, from below.
        wall, glass: materials.
        hood: material of a ledge over every window; None for none.
        arched: which storey has round heads, -1 for none.
        depth: of the recesses.
    """
    bay = width / n
    sills, tops = [s[0] for s in storeys], [s[0] + s[1] for s in storeys]
    joints = [0.0, *np.add(tops[:-1], sills[1:]) / 2, height]
    parts = []
    for i, (sill, rise, wide) in enumerate(storeys):
        panel = rectangle(bay, joints[i + 1] - joints[i], joints[i])
        hole = round_arch(wide, rise, sill, 6) if i == arched else rectangle(wide, rise, sill)
        parts.append(wall_with(panel, hole, depth, wall, glass, back=False))
        if hood:
            parts.append(box(1.35 * wide, 0.5, 0.05 * rise + 0.2, hood, y=-0.2, z=sill + rise))
    return row(Shape.join(parts), n, (bay, 0, 0))


def on_rectangle(front: Shape, side: Shape, width: float, depth: float) -> Shape:
    """A face laid on front and back of a block around the origin, another on its two sides."""
    face, flank = front.moved(y=-depth / 2), side.moved(y=-width / 2)
    return Shape.join([face, face.turned(180), flank.turned(90), flank.turned(-90)])


def on_four_sides(face: Shape, apothem: float) -> Shape:
    """A wall face repeated around a square tower whose sides are `apothem` away from its axis."""
    return around(face.moved(y=-apothem), 4)


def curved_roof(
    eaves: tuple[float, float],
    ridge: tuple[float, float],
    rise: float,
    lift: float,
    material: Material,
    under: Material,
    steps: int = 4,
) -> Shape:
    """A roof of East Asia: hollow slopes, eaves that turn up towards the corners; the eaves' middle at z = 0.

    Args:
        eaves, ridge: (width, depth) of its outline below and above; depth 0 above makes a ridge.
        rise: from the eaves to the top, meters.
        lift: of the corners above the middle of the eaves.
        material, under: of the tiles, and of the underside.
        steps: rings of the slope.
    """
    low, high = (_subdivided(rectangle(w, d)) for w, d in (eaves, ridge))
    corner = np.abs(np.linspace(-1, 1, len(low) // 4 + 1)[:-1])  # 1 at a corner, 0 in the middle of a side
    corner = np.tile(corner, 4) ** 2.5
    t = np.linspace(0, 1, steps + 1)[:, None]
    plan = low + (high - low) * t[..., None]
    z = rise * (0.45 * t + 0.55 * t**2) + lift * corner * (1 - t) ** 2
    slope = np.concatenate([plan, z[..., None]], axis=2)
    thick = 0.05 * min(eaves)
    edge = slope[:1] - [0, 0, 0.4 * thick]
    inner = np.concatenate([0.6 * low, np.full((len(low), 1), 0.2 * thick)], axis=1)[None]
    tiles = loft(np.concatenate([edge, slope]), material, start=False)
    return Shape.join([tiles, loft(np.concatenate([inner, edge]), under, end=False)])


def _subdivided(outline: Outline, pieces: int = 6) -> Outline:
    t = np.arange(pieces)[:, None] / pieces
    ends = np.roll(outline, -1, axis=0)
    return np.concatenate([a + (b - a) * t for a, b in zip(outline, ends, strict=True)])


def battlements(length: float, n: int, height: float, stone: Material, thick: float = 0.6) -> Shape:
    """n teeth along x."""
    return row(
        slab(rectangle(0.55 * length / n, height, 0), -thick / 2, thick / 2, stone), n, (length / n, 0, 0)
    )
