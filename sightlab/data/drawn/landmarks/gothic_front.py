"""The west front of a gothic cathedral: portals, rose, gallery of statues, two towers and their crowns.

Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.drawn.landmarks.gothic_parts import (
    arcade,
    gablet,
    octagonal_turret,
    pinnacle,
    portal,
    rose_wall,
    windows,
)
from sightlab.data.drawn.landmarks.gothic_style import (
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
from sightlab.data.drawn.solids.ornaments import SQUARE, balustrade, on_four_sides
from sightlab.data.drawn.solids.outlines import rectangle
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import around, both_sides, box, copies, frustum, lathe

PORTALS = 17.0  # height of the storey of the portals
TOWER_Y = TOWER / 2 + 1.8  # of the axes of the towers


def west_front(style: GothicStyle) -> Shape:
    """Facade and towers; its face stands in the plane y = 0."""
    stone, rose_storey = style.stone, style.rose_storey
    rose_low, kings_low = (PORTALS, PORTALS + rose_storey)
    if not style.kings_above_rose:
        rose_low, kings_low = PORTALS + KINGS, PORTALS
    top = PORTALS + rose_storey + KINGS
    between_towers = 2 * TOWER_X - TOWER
    center = rose_wall(17.2, rose_storey, style.rose_radius, style.rose_petals, stone, style.glass)
    kings = arcade(2 * TOWER_X + TOWER, KINGS, 17, stone, DARK, figures=True)
    parapet = arcade(between_towers, 4.5, 8, stone, DARK, figures=False)
    towers = [
        _tower(style, top, height).moved(x=x, y=TOWER_Y)
        for x, height in zip((-TOWER_X, TOWER_X), style.towers, strict=True)
    ]
    return Shape.join(
        [
            box(4 * AISLES - 16, FACADE_DEPTH, PORTALS, stone, y=FACADE_DEPTH / 2 + 1.8),
            box(between_towers, 3, top + 4, stone, y=3.2),
            center.moved(z=rose_low),
            kings.moved(y=-0.7, z=kings_low),
            parapet.moved(y=0.5, z=top),
            _portals(style),
            _tower_windows(style, rose_low),
            _front_buttresses(stone, top),
            *towers,
        ]
    )


def _portals(style: GothicStyle) -> Shape:
    """A large one in the middle, a smaller one below each tower."""
    stone, shade = style.stone, shaded(style.stone)
    middle = portal(16, 15.5, 4.5, stone, shade, DOOR, roof=1.25 * style.portal_gable)
    side = portal(11.6, 13.0, 4, stone, shade, DOOR, roof=style.portal_gable)
    return Shape.join([middle.moved(y=-3), both_sides(side.moved(x=TOWER_X, y=-2.6))])


def _tower_windows(style: GothicStyle, low: float) -> Shape:
    """Pairs of windows beside the rose, in front and outside, and smaller ones near the ground outside."""
    wide, storey = TOWER - 2.6, style.rose_storey
    pair = windows(2, wide, storey, (3.2, storey - 3.3), 1.2, style.stone, DARK).moved(z=low)
    small = windows(2, wide, 15, (2.2, 9), 4, style.stone, DARK, lights=1, steps=2)
    outside = Shape.join([pair, small]).turned(90).moved(x=TOWER / 2 + 0.95, y=TOWER_Y)
    return both_sides(Shape.join([pair, outside]).moved(x=TOWER_X))


def _front_buttresses(stone: Material, top: float) -> Shape:
    """Four piers at the corners of the towers, which grow thinner in two steps and end in pinnacles."""
    strip = [(1.35, 0), (1.35, 16), (1.1, 17), (1.1, top), (0.85, top + 1), (0.85, top + 4)]
    pier = Shape.join([lathe(strip, stone, SQUARE * [1, 1.9]), pinnacle(1.8, 9, stone).moved(z=top + 4)])
    spots = [(s * (TOWER_X + e * (TOWER / 2 - 0.3)), -1.0, 0) for s in (-1, 1) for e in (-1, 1)]
    return copies(pier, spots)


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
