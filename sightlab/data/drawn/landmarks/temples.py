"""Temples and halls of East Asia: a pagoda of five storeys, a palace hall on three terraces.

Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.drawn.solids.ornaments import balustrade, column, curved_roof, on_four_sides, on_rectangle
from sightlab.data.drawn.solids.outlines import rectangle
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import assembled, both_sides, box, lathe, loft, row, stairs, sweep
from sightlab.data.drawn.solids.walls import slab

GOLD = Material((0.85, 0.68, 0.25), "metal", (0.65, 0.48, 0.15))
DARK = Material((0.09, 0.09, 0.11))
RED = Material((0.56, 0.13, 0.09), "plaster", (0.45, 0.1, 0.08), 4.0, 0.3)
YELLOW = Material((0.80, 0.56, 0.16), "tiles", (0.62, 0.40, 0.10), 0.5)
BRACKETS = Material((0.14, 0.33, 0.36))
LATTICE = Material((0.42, 0.10, 0.06), "wood", (0.75, 0.58, 0.2), 0.5, 0.5)
BRONZE = Material((0.30, 0.26, 0.16), "metal")
MARBLE = Material((0.76, 0.75, 0.72), "ashlar", (0.64, 0.63, 0.6), 1.5, 0.3)


WOOD = Material((0.42, 0.30, 0.22), "wood", (0.33, 0.23, 0.16), 0.4)
PLASTER = Material((0.80, 0.77, 0.70))
TILE = Material((0.38, 0.40, 0.42), "tiles", (0.29, 0.31, 0.33), 0.5)
COBBLE = Material((0.55, 0.53, 0.48), "ashlar", (0.42, 0.40, 0.36), 0.9)


def kyonara_pagoda() -> Shape:
    """Five storeys of dark wood and white plaster, 50 m, under wide upturned roofs; a mast of nine rings."""
    return assembled([pagoda(5)])


def pagoda(storeys: int, half: float = 5.0) -> Shape:
    """Storeys that shrink upwards, each under its own roof; `half` is half the width of the lowest."""
    parts = [box(3.4 * half, 3.4 * half, 1.6, COBBLE)]
    parts.append(on_four_sides(stairs(3.6, 2, 1.6, 5, COBBLE), 1.7 * half))
    z = 1.6
    for i in range(storeys):
        wide, rise = half * (1 - 0.48 * i / storeys), 4.3 - 0.12 * i
        parts.append(_storey(wide, rise, is_lowest=i == 0).moved(z=z))
        eaves = (2 * wide + 8.2,) * 2
        is_top = i == storeys - 1
        ridge, pitch = ((0.9, 0.9), 5.2) if is_top else ((2 * wide - 0.8,) * 2, 2.9)
        parts.append(curved_roof(eaves, ridge, pitch, 0.9, TILE, WOOD).moved(z=z + rise))
        z += rise + 2.6
    return Shape.join([*parts, _mast().moved(z=z + 2.4)])


def _storey(half: float, rise: float, is_lowest: bool) -> Shape:
    """Three bays a side, a door between two barred windows, a gallery around it, brackets below the roof."""
    bay = 2 * half / 3
    posts = row(box(0.3, 0.4, rise, WOOD), 4, (bay, 0, 0))
    door = box(0.72 * bay, 0.15, 0.7 * rise, WOOD)
    bars = row(box(0.12, 0.2, 0.4 * rise, WOOD), 4, (0.17 * bay, 0, 0)).moved(z=0.25 * rise)
    ledges = [box(0.8 * bay, 0.2, 0.2, WOOD, z=f * rise) for f in (0.22, 0.65)]
    window = Shape.join([bars, *ledges]).moved(x=bay)
    parts = [box(2 * half, 2 * half, rise, PLASTER)]
    parts.append(on_four_sides(Shape.join([posts, door, both_sides(window)]), half))
    if not is_lowest:
        parts.append(on_four_sides(balustrade(2 * half + 1.6, 0.9, 8, WOOD), half + 0.8))
        parts.append(box(2 * half + 1.9, 2 * half + 1.9, 0.25, WOOD, z=-0.1))
    for k in range(3):
        wide = 2 * half + 1 + 1.5 * k
        parts.append(box(wide, wide, 0.34, WOOD, z=rise - 0.9 + 0.42 * k))
    return Shape.join(parts)


def _mast() -> Shape:
    profile = [(0.75, 0), (0.75, 0.8), (0.5, 1.0), (0.16, 1.2), (0.12, 12)]
    rings = [
        lathe([(0.95 - 0.05 * k, 0), (0.95 - 0.05 * k, 0.3)], GOLD, 10).moved(z=1.9 + 0.85 * k)
        for k in range(9)
    ]
    tip = lathe([(0.1, 0), (0.42, 0.4), (0, 1.1)], GOLD, 6).moved(z=11.8)
    return Shape.join([lathe(profile, GOLD, 8), *rings, tip])


def beishan_hall() -> Shape:
    """A red hall 64 m wide under two yellow roofs, on three white terraces with balustrades and stairs."""
    parts = [_terrace(124 - 17 * i, 78 - 13 * i).moved(z=TERRACE * i) for i in range(3)]
    urn = lathe([(0.9, 0), (1.3, 0.9), (1.1, 1.7), (1.4, 2.0), (0, 2.6)], BRONZE, 8)
    top = Shape.join([_red_hall(), both_sides(urn.moved(x=20, y=-26))])
    return assembled([*parts, top.moved(z=3 * TERRACE)])


TERRACE = 2.7  # meters, height of one of three


def _terrace(width: float, depth: float) -> Shape:
    """White stone with a rail around it; three stairs in front and behind, a carved ramp in the middle."""
    front = balustrade(width, 1.5, round(width / 3.2), MARBLE)
    side = balustrade(depth, 1.5, round(depth / 3.2), MARBLE)
    flights = [
        stairs(wide, 6.2, TERRACE, 7, MARBLE, y=-depth / 2).moved(x=x)
        for x, wide in ((0, 9), (-14, 4.5), (14, 4.5))
    ]
    foot = np.array([[-1.4, -6.4, 0.0], [1.4, -6.4, 0.0], [1.4, 0, TERRACE], [-1.4, 0, TERRACE]])
    ramp = loft([foot, foot + [0, 0, 0.15]], Material((0.72, 0.72, 0.69))).moved(y=-depth / 2)
    return Shape.join(
        [
            box(width, depth, TERRACE, MARBLE),
            box(width + 0.7, depth + 0.7, 0.4, MARBLE, z=TERRACE - 0.4),
            on_rectangle(front, side, width - 0.4, depth - 0.4).moved(z=TERRACE),
            *flights,
            *(flight.turned(180) for flight in flights),
            ramp,
        ]
    )


def _red_hall() -> Shape:
    """Eleven bays of red columns, doors behind, green brackets, two roofs; 31 m tall."""
    w, d = 62.0, 34.0
    door = Shape.join([box(3.6, 0.4, 6.6, LATTICE), box(3.6, 0.3, 1.5, DARK, z=6.7)])
    doors = row(door, 11, (5.4, 0, 0)).moved(y=3.6 - d / 2)
    post = column(9.2, 0.55, RED, 8, capital=False)
    posts = on_rectangle(row(post, 12, (5.45, 0, 0)), row(post, 6, (6.2, 0, 0)), w - 1, d - 1)
    plaque = slab(rectangle(3, 4, 0), -0.2, 0.2, Material((0.12, 0.2, 0.42)))
    body = [
        box(w + 3, d + 3, 0.7, MARBLE),
        box(w - 6, d - 7, 17.5, RED),
        doors,
        doors.turned(180),
        posts.moved(z=0.6),
        box(w, d, 1.7, BRACKETS, z=8.0),
        box(w + 1.6, d + 1.6, 0.9, Material((0.25, 0.42, 0.33)), z=9.6),
        box(w - 7, d - 8, 4, RED, z=13.5),
        box(w - 5, d - 6, 1.9, BRACKETS, z=15.6),
        plaque.moved(y=3.6 - d / 2, z=13.4),
    ]
    lower = curved_roof((w + 9, d + 9), (w - 7, d - 8), 4.0, 1.0, YELLOW, BRACKETS).moved(z=10.4)
    upper = curved_roof((w + 3, d + 2), (w - 22, 0.8), 10.8, 1.1, YELLOW, BRACKETS, 5).moved(z=17.2)
    hips = [
        _hips((w + 9, d + 9), (w - 7, d - 8), 11.2, 14.5),
        _hips((w + 3, d + 2), (w - 22, 0.8), 18.0, 28.0),
    ]
    return Shape.join([*body, lower, upper, *hips, _ridge(w - 21).moved(z=27.7)])


def _hips(eaves: tuple[float, float], ridge: tuple[float, float], low: float, high: float) -> Shape:
    """Raised lines along the four edges of a roof, from its corners up to its ridge."""
    (w, d), (top_w, top_d) = eaves, ridge
    line = [
        (w / 2, -d / 2, low + 0.5),
        ((w + top_w) / 4 - 0.6, -(d + top_d) / 4, low + 0.42 * (high - low)),
        (top_w / 2, -top_d / 2, high),
    ]
    front = both_sides(sweep(line, rectangle(0.7, 0.9), YELLOW))
    return Shape.join([front, front.turned(180)])


def _ridge(length: float) -> Shape:
    """A walled ridge with the tail of a dragon at each end."""
    tail = np.array([[-0.9, 0], [0.9, 0], [1.0, 1.6], [0.2, 3.2], [-1.2, 2.6]])
    dragon = slab(tail, -0.5, 0.5, YELLOW).moved(x=length / 2, z=0.3)
    return Shape.join([box(length, 1.3, 1.5, YELLOW), both_sides(dragon)])
