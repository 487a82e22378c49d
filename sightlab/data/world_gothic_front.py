"""The west front of a gothic cathedral: portals, rose, gallery of statues, two towers and their crowns.

Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.world_gothic_parts import (
    arcade,
    gablet,
    octagonal_turret,
    pinnacle,
    portal,
    rose_wall,
    windows,
)
from sightlab.data.world_gothic_style import (
    AISLES,
    DARK,
    DOOR,
    FACADE_DEPTH,
    KINGS,
    TOWER,
    TOWER_X,
    GothicStyle,
    shaded,
)
from sightlab.data.world_ornaments import SQUARE, balustrade, on_four_sides
from sightlab.data.world_outlines import rectangle
from sightlab.data.world_scene import Shape
from sightlab.data.world_shapes import around, both_sides, box, copies, frustum, lathe


def west_front(style: GothicStyle) -> Shape:
    """Facade and towers; its face stands in the plane y = 0."""
    stone, glass = style.stone, style.glass
    parts = [box(4 * AISLES - 16, FACADE_DEPTH, 17, stone, y=FACADE_DEPTH / 2 + 1.8)]
    rose_low, kings_low = (17.0, 17.0 + style.rose_storey) if style.kings_above_rose else (17.0 + KINGS, 17.0)
    tower_wall = TOWER - 2.6
    parts.append(
        rose_wall(17.2, style.rose_storey, style.rose_radius, style.rose_petals, stone, glass).moved(
            z=rose_low
        )
    )
    pair = windows(2, tower_wall, style.rose_storey, (3.2, style.rose_storey - 3.3), 1.2, stone, DARK)
    outer = pair.turned(90).moved(x=TOWER / 2 + 0.95, y=TOWER / 2 + 1.8)
    low = windows(2, tower_wall, 15, (2.2, 9), 4, stone, DARK, lights=1, steps=2)
    outer = Shape.join([outer, low.turned(90).moved(x=TOWER / 2 + 0.95, y=TOWER / 2 + 1.8, z=-rose_low)])
    parts.append(both_sides(Shape.join([pair, outer]).moved(x=TOWER_X, z=rose_low)))
    kings = arcade(2 * TOWER_X + TOWER, KINGS, 17, stone, DARK, figures=True)
    parts.append(kings.moved(y=-0.7, z=kings_low))
    top = 17 + style.rose_storey + KINGS
    parts.append(arcade(2 * TOWER_X - TOWER, 4.5, 8, stone, DARK, figures=False).moved(y=0.5, z=top))
    parts.append(box(2 * TOWER_X - TOWER, 3, top + 4, stone, y=3.2))
    parts.append(
        portal(16, 15.5, 4.5, stone, shaded(stone), DOOR, roof=style.portal_gable * 1.25).moved(y=-3)
    )
    side = portal(11.6, 13.0, 4, stone, shaded(stone), DOOR, roof=style.portal_gable)
    parts.append(both_sides(side.moved(x=TOWER_X, y=-2.6)))
    strip = [(1.35, 0), (1.35, 16), (1.1, 17), (1.1, top), (0.85, top + 1), (0.85, top + 4)]
    buttress = Shape.join([lathe(strip, stone, SQUARE * [1, 1.9]), pinnacle(1.8, 9, stone).moved(z=top + 4)])
    spots = [(s * (TOWER_X + e * (TOWER / 2 - 0.3)), -1.0, 0) for s in (-1, 1) for e in (-1, 1)]
    parts.append(copies(buttress, spots))
    for x, height in zip((-TOWER_X, TOWER_X), style.towers, strict=True):
        parts.append(_tower(style, top, height).moved(x=x, y=TOWER / 2 + 1.8))
    return Shape.join(parts)


def _tower(style: GothicStyle, low: float, high: float) -> Shape:
    """A square tower from the ground, open with tall bell windows between `low` and `high`, and its crown."""
    stone, half = style.stone, TOWER / 2
    parts = [box(TOWER, TOWER, low, stone), box(TOWER - 2, TOWER - 2, high - low, DARK, z=low)]
    rise = high - low
    bells = windows(2, TOWER, rise, (3.3, 0.84 * rise), 0.06 * rise, stone, DARK, point=1.1)
    parts.append(on_four_sides(bells.moved(z=low), half))
    corner = box(2.0, 2.0, high - 0.5, stone)
    corners = [(s * half, t * half, 0) for s in (-1, 1) for t in (-1, 1)]
    parts.append(copies(corner, corners))
    for z in (low - 0.6, high - 0.9):
        parts.append(box(TOWER + 1.6, TOWER + 1.6, 0.9, stone, z=z))
    parts.append(_crown(style, corners).moved(z=high))
    return Shape.join(parts)


def _crown(style: GothicStyle, corners: list[tuple[float, float, float]]) -> Shape:
    """What a tower ends in, standing on z = 0."""
    stone, half, rise = style.stone, TOWER / 2, style.crown_height
    rail = on_four_sides(balustrade(TOWER, 1.8, 7, stone), half + 0.3)
    if style.crown == "flat":
        return Shape.join([rail, copies(pinnacle(1.6, rise, stone), corners)])
    if style.crown == "turrets":
        turret = octagonal_turret(1.9, 0.7 * rise, 0.4 * rise, stone, DARK)
        return Shape.join([rail, copies(turret.moved(z=-0.45 * rise), corners)])
    small = copies(pinnacle(2.2, 0.3 * rise, stone), corners)
    if style.crown == "helm":
        roof = frustum(rectangle(TOWER - 1, TOWER - 1), rectangle(0.2, TOWER - 7), 0, rise, style.roof)
        return Shape.join([rail, small, roof])
    r = half / np.cos(np.pi / 8)
    spire = lathe([(r, 0), (r, 0.06 * rise), (0.9 * r, 0.08 * rise), (0, rise)], stone, 8)
    lucarnes = around(gablet(3.2, 7, stone).moved(y=-0.9 * half, z=0.06 * rise), 4)
    return Shape.join([rail, small, spire, lucarnes])
