"""Temples and halls: a mosque of cascading domes, a pagoda of five storeys, a palace hall on three terraces.

Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.world_ornaments import (
    balustrade,
    column,
    curved_roof,
    on_four_sides,
    on_rectangle,
    window_rows,
)
from sightlab.data.world_outlines import bowl, pointed_arch, rectangle, round_arch
from sightlab.data.world_scene import Material, Shape
from sightlab.data.world_shapes import (
    around,
    assembled,
    both_sides,
    box,
    copies,
    lathe,
    loft,
    row,
    stairs,
    sweep,
)
from sightlab.data.world_walls import slab, wall_with

STONE = Material((0.70, 0.69, 0.66), "ashlar", (0.52, 0.51, 0.49), 1.0)
LEAD = Material((0.45, 0.51, 0.57), "metal", (0.38, 0.43, 0.48), 1.2)
GOLD = Material((0.85, 0.68, 0.25), "metal", (0.65, 0.48, 0.15))
DARK = Material((0.09, 0.09, 0.11))
RED = Material((0.56, 0.13, 0.09), "plaster", (0.45, 0.1, 0.08), 4.0, 0.3)
YELLOW = Material((0.80, 0.56, 0.16), "tiles", (0.62, 0.40, 0.10), 0.5)
BRACKETS = Material((0.14, 0.33, 0.36))
MARBLE = Material((0.76, 0.75, 0.72), "ashlar", (0.64, 0.63, 0.6), 1.5, 0.3)


def istara_blue_mosque() -> Shape:
    """A dome of 43 m above four half-domes, a courtyard in front, six minarets with balconies."""
    parts = [_prayer_hall().moved(y=26), _courtyard().moved(y=-28)]
    tall, low = _minaret(64, 3), _minaret(54, 2)
    parts += [
        both_sides(tall.moved(x=28, y=1)),
        both_sides(tall.moved(x=28, y=51)),
        both_sides(low.moved(x=28, y=-53)),
    ]
    return assembled(parts)


def leaded_dome(radius: float, rise: float, stone: Material, *, drum: float = 0.0, sides: int = 16) -> Shape:
    """A lead dome on a drum with windows, a golden finial on top; its springing stands at z = drum."""
    parts = [lathe(bowl(radius, rise, steps=max(3, sides // 4)), LEAD, sides).moved(z=drum)]
    parts.append(
        lathe([(0.06 * radius, 0), (0.1 * radius, 0.06 * radius), (0, 0.4 * radius)], GOLD, 5).moved(
            z=drum + rise
        )
    )
    if drum:
        parts.append(
            lathe(
                [
                    (1.04 * radius, 0),
                    (1.04 * radius, 0.9 * drum),
                    (1.1 * radius, 0.9 * drum),
                    (1.1 * radius, drum),
                ],
                stone,
                sides,
            )
        )
        window = slab(round_arch(0.12 * radius, 0.62 * drum, 0.15 * drum, 4), -1.05 * radius, -radius, DARK)
        parts.append(around(window, max(8, sides // 2)))
    return Shape.join(parts)


def half_dome(radius: float, rise: float) -> Shape:
    """A quarter of a sphere, its open side towards +y: leans on a wall behind it."""
    angle = np.deg2rad(np.linspace(180, 360, 9))
    plan = np.column_stack([np.cos(angle), np.sin(angle)])
    return lathe(bowl(radius, rise, steps=5), LEAD, plan)


def _prayer_hall() -> Shape:
    """Three storeys of arches and windows, half-domes stepping up to the great dome; center at the origin."""
    parts = [box(53, 50, 14, STONE), box(44, 42, 9, STONE, z=14)]
    storeys = [(1.2, 3.6, 1.6), (6.4, 2.6, 1.5), (10.6, 2.2, 1.5)]
    face = window_rows(53, 10, storeys, 14, STONE, DARK, arched=1)
    flank = window_rows(50, 9, storeys, 14, STONE, DARK, arched=2)
    parts.append(on_rectangle(face, flank, 54.2, 51.2))
    upper = window_rows(42, 10, [(1.5, 3.4, 1.5)], 9, STONE, DARK, arched=0)
    parts.append(on_rectangle(upper, upper, 45.2, 43.2).moved(z=14))
    parts += [box(w, d, 0.6, STONE, z=z) for w, d, z in ((55, 52, 13.8), (46, 44, 22.8))]
    turret = Shape.join([lathe([(2.2, 14), (2.2, 27)], STONE, 8), leaded_dome(2.3, 2.4, STONE).moved(z=27)])
    spots = [(s * 13.6, t * 13.6, 0) for s in (-1, 1) for t in (-1, 1)]
    parts.append(copies(Shape.join([turret, box(5, 5, 14, STONE, z=14)]), spots))
    parts += [box(29, 29, 7, STONE, z=22), lathe([(15.5, 28.5), (13, 31)], STONE, 16)]
    parts.append(around(half_dome(11.4, 9).moved(y=-13.4, z=22.6), 4))
    tymp = Shape.join(
        [
            slab(round_arch(24, 31.5, 0, 12), -14.6, -14, STONE),
            slab(round_arch(23, 30.9, 0, 12), -14.7, -14.5, LEAD),
        ]
    )
    parts.append(around(tymp, 4))
    small = Shape.join([leaded_dome(4.6, 4.2, STONE, drum=2.2, sides=12)])
    parts.append(copies(small, [(s * 19.5, t * 18.5, 22.5) for s in (-1, 1) for t in (-1, 1)]))
    little = half_dome(4.4, 4)
    parts.append(around(copies(little, [(-8.5, -20.5, 18.6), (8.5, -20.5, 18.6), (0, -21.5, 17.5)]), 4))
    parts.append(leaded_dome(12.2, 9.4, STONE, drum=4.6, sides=20).moved(z=30.6))
    return Shape.join(parts)


def _courtyard() -> Shape:
    """An arcade under small domes around an open court 53 m wide, and a gate in the middle of its front."""
    parts, n, pitch = [], 9, 6.0
    dome_ = leaded_dome(2.5, 1.9, STONE, sides=8).moved(z=9.4)
    spots = [
        (x, y, 0)
        for x in (np.arange(n) - 4) * pitch
        for y in (np.arange(n) - 4) * pitch
        if max(abs(x), abs(y)) > 23
    ]
    parts.append(copies(dome_, spots))
    wall = window_rows(54, 9, [(1.4, 2.6, 1.5), (5.4, 1.8, 1.4)], 9.2, STONE, DARK, arched=1)
    parts.append(on_rectangle(wall, wall, 54, 54))
    ring_ = [box(54, 6, 0.7, STONE, y=s * 24, z=9) for s in (-1, 1)] + [
        box(6, 54, 0.7, STONE, x=s * 24, z=9) for s in (-1, 1)
    ]
    inner = wall_with(rectangle(6, 9, 0), pointed_arch(4.4, 7.6, 0, 0.6, 2), 3.5, STONE, DARK, back=False)
    parts.append(around(row(inner, 7, (6, 0, 0)).turned(180).moved(y=-21), 4))
    gate = wall_with(
        rectangle(11, 16, 0), [pointed_arch(5.6, 12, 0, 0.7), pointed_arch(3.6, 7.5, 0, 0.7)], 3, STONE, DARK
    )
    parts += [
        gate.moved(y=-28.4),
        box(9, 4, 15.5, STONE, y=-23.3),
        leaded_dome(3.4, 3, STONE, drum=1.4).moved(y=-26, z=15.6),
    ]
    fountain = [
        lathe([(3.6, 0), (3.6, 0.6)], STONE, 6),
        around(column(4.4, 0.25, STONE, 6).moved(x=2.8), 6),
        leaded_dome(3.4, 2.4, STONE, sides=6).moved(z=4.4),
    ]
    stair = stairs(12, 4, 1.2, 5, STONE, y=-28)
    return Shape.join([*parts, *ring_, *fountain, stair])


def _minaret(height: float, balconies: int) -> Shape:
    """A fluted shaft as thin as a pencil with its balconies, ending in a lead cone."""
    r = 1.5
    profile = [(2.3, 0), (2.3, 14), (r, 18)]
    top = 0.80 * height
    for i in range(balconies):
        z = 18 + (top - 18) * (i + 1) / balconies - 3
        profile += [(r, z - 1.6), (r + 1.2, z), (r + 1.2, z + 1.3), (r + 1.0, z + 1.3), (r - 0.12, z + 1.35)]
        r -= 0.12
    profile += [(r, top), (r + 0.25, top), (r + 0.25, top + 0.6)]
    parts = [lathe(profile, Material((0.76, 0.75, 0.72), "ashlar", (0.6, 0.59, 0.57), 1.0), 8)]
    parts.append(lathe([(r + 0.3, top + 0.6), (0.1, height - 2)], LEAD, 10))
    parts.append(lathe([(0.35, height - 2.4), (0, height)], GOLD, 5))
    return Shape.join(parts)


def kyonara_pagoda() -> Shape:
    """Five storeys of dark wood and white plaster, 50 m, under wide upturned roofs; a mast of nine rings."""
    wood = Material((0.30, 0.20, 0.14), "wood", (0.22, 0.15, 0.1), 0.4)
    plaster = Material((0.86, 0.83, 0.75))
    tile = Material((0.30, 0.32, 0.34), "tiles", (0.22, 0.23, 0.25), 0.5)
    stone = Material((0.55, 0.53, 0.48), "ashlar", (0.42, 0.4, 0.36), 0.9)
    parts = [box(17, 17, 1.6, stone), on_four_sides(stairs(3.6, 2, 1.6, 5, stone), 8.5)]
    z = 1.6
    for i in range(5):
        half, rise = 5.0 - 0.48 * i, 4.3 - 0.12 * i
        parts += [box(2 * half, 2 * half, rise, plaster, z=z)]
        bay = 2 * half / 3
        door = Shape.join(
            [box(0.72 * bay, 0.15, 0.7 * rise, wood), row(box(0.3, 0.4, rise, wood), 2, (bay, 0, 0))]
        )
        slats = Shape.join(
            [
                row(box(0.12, 0.2, 0.4 * rise, wood), 4, (0.17 * bay, 0, 0)).moved(z=0.25 * rise),
                box(0.8 * bay, 0.2, 0.2, wood, z=0.22 * rise),
                box(0.8 * bay, 0.2, 0.2, wood, z=0.65 * rise),
            ]
        )
        face = Shape.join(
            [door, slats.moved(x=bay), slats.moved(x=-bay), row(box(0.3, 0.4, rise, wood), 4, (bay, 0, 0))]
        )
        parts.append(on_four_sides(face, half).moved(z=z))
        if i:
            rail = on_four_sides(balustrade(2 * half + 1.6, 0.9, 8, wood), half + 0.8)
            parts += [rail.moved(z=z), box(2 * half + 1.9, 2 * half + 1.9, 0.25, wood, z=z - 0.1)]
        for k in range(3):
            w = 2 * (half + 0.5 + 0.75 * k)
            parts.append(box(w, w, 0.34, wood, z=z + rise - 0.9 + 0.42 * k))
        eaves = 2 * (half + 4.1)
        roof = curved_roof((eaves, eaves), (2 * half - 0.8,) * 2, 2.9, 0.9, tile, wood)
        if i == 4:
            roof = curved_roof((eaves, eaves), (0.9, 0.9), 5.2, 0.9, tile, wood)
        parts.append(roof.moved(z=z + rise))
        z += rise + 2.6
    z += 2.4
    mast = [(0.75, z), (0.75, z + 0.8), (0.5, z + 1.0), (0.16, z + 1.2), (0.12, z + 12)]
    parts.append(lathe(mast, GOLD, 8))
    parts += [
        lathe([(0.95 - 0.05 * k, 0), (0.95 - 0.05 * k, 0.3)], GOLD, 10).moved(z=z + 1.9 + 0.85 * k)
        for k in range(9)
    ]
    parts.append(lathe([(0.1, 0), (0.42, 0.4), (0, 1.1)], GOLD, 6).moved(z=z + 11.8))
    return assembled(parts)


def beishan_hall() -> Shape:
    """A red hall 64 m wide under two yellow roofs, on three white terraces with balustrades and stairs."""
    parts, z = [], 0.0
    for i in range(3):
        w, d, h = 124 - 17 * i, 78 - 13 * i, 2.7
        parts += [box(w, d, h, MARBLE, z=z), box(w + 0.7, d + 0.7, 0.4, MARBLE, z=z + h - 0.4)]
        front, side = balustrade(w, 1.5, round(w / 3.2), MARBLE), balustrade(d, 1.5, round(d / 3.2), MARBLE)
        parts.append(on_rectangle(front, side, w - 0.4, d - 0.4).moved(z=z + h))
        for x, wide in ((0, 9), (-14, 4.5), (14, 4.5)):
            flight = stairs(wide, 6.2, h, 7, MARBLE).moved(x=x, y=-d / 2, z=z)
            parts += [flight, flight.turned(180)]
        carved = np.array([[-1.4, -6.4, 0.15], [1.4, -6.4, 0.15], [1.4, 0, h + 0.15], [-1.4, 0, h + 0.15]])
        ramp = loft([carved - [0, 0, 0.15], carved], Material((0.72, 0.72, 0.69)))
        parts.append(ramp.moved(y=-d / 2, z=z))
        z += h
    parts.append(_red_hall().moved(z=z))
    for x in (-1, 1):
        parts.append(
            lathe(
                [(0.9, 0), (1.3, 0.9), (1.1, 1.7), (1.4, 2.0), (0, 2.6)],
                Material((0.3, 0.26, 0.16), "metal"),
                8,
            ).moved(x=x * 20, y=-26, z=z)
        )
    return assembled(parts)


def _red_hall() -> Shape:
    """Eleven bays of red columns, doors behind, green brackets, two roofs with a walled ridge; 29 m tall."""
    w, d = 62.0, 34.0
    parts = [box(w - 6, d - 7, 17.5, RED), box(w + 3, d + 3, 0.7, MARBLE)]
    lattice = Material((0.42, 0.10, 0.06), "wood", (0.75, 0.58, 0.2), 0.5, 0.5)
    door = Shape.join([box(3.6, 0.4, 6.6, lattice), box(3.6, 0.3, 1.5, DARK, z=6.7)])
    parts += [row(door, 11, (5.4, 0, 0)).moved(y=s * (d / 2 - 3.6)) for s in (-1, 1)]
    posts = row(column(9.2, 0.55, RED, 8, capital=False), 12, (5.45, 0, 0))
    side = row(column(9.2, 0.55, RED, 8, capital=False), 6, (6.2, 0, 0))
    parts.append(on_rectangle(posts, side, w - 1, d - 1).moved(z=0.6))
    parts += [
        box(w, d, 1.7, BRACKETS, z=8.0),
        box(w + 1.6, d + 1.6, 0.9, Material((0.25, 0.42, 0.33)), z=9.6),
    ]
    parts.append(curved_roof((w + 9, d + 9), (w - 7, d - 8), 4.0, 1.0, YELLOW, BRACKETS).moved(z=10.4))
    parts += [box(w - 7, d - 8, 4, RED, z=13.5), box(w - 5, d - 6, 1.9, BRACKETS, z=15.6)]
    parts.append(curved_roof((w + 3, d + 2), (w - 22, 0.8), 10.8, 1.1, YELLOW, BRACKETS, 5).moved(z=17.2))
    parts.append(box(w - 21, 1.3, 1.5, YELLOW, z=27.7))
    dragon = slab(np.array([[-0.9, 0], [0.9, 0], [1.0, 1.6], [0.2, 3.2], [-1.2, 2.6]]), -0.5, 0.5, YELLOW)
    parts.append(both_sides(dragon.moved(x=(w - 21) / 2, z=28)))
    for roof_w, roof_d, top_w, top_d, low, high in (
        (w + 3, d + 2, w - 22, 0.8, 18.0, 28.0),
        (w + 9, d + 9, w - 7, d - 8, 11.2, 14.5),
    ):
        hip = [
            (roof_w / 2, -roof_d / 2, low + 0.5),
            ((roof_w + top_w) / 4 - 0.6, -(roof_d + top_d) / 4, low + 0.42 * (high - low)),
            (top_w / 2, -top_d / 2, high),
        ]
        ridge = sweep(hip, rectangle(0.7, 0.9), YELLOW)
        parts += [both_sides(ridge), both_sides(ridge).turned(180)]
    plaque = slab(rectangle(3, 4, 0), -0.2, 0.2, Material((0.12, 0.2, 0.42)))
    parts.append(plaque.moved(y=-d / 2 + 3.6, z=13.4))
    return Shape.join(parts)
