"""The rotunda of the capitol: paintings between pilasters, a frieze, windows, a coffered dome.

Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.drawn.landmarks.interior_parts import CLEAR, Interior
from sightlab.data.drawn.solids.ornaments import column, statue
from sightlab.data.drawn.solids.outlines import bowl, rectangle, regular, round_arch
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import around, assembled, box, lathe, sweep
from sightlab.data.drawn.solids.walls import slab, wall_with

WALL = Material((0.74, 0.69, 0.58), "ashlar", (0.62, 0.57, 0.47), 1.4, 0.5)
FLOOR = Material((0.60, 0.55, 0.46), "paving", (0.42, 0.36, 0.30), 1.3)
WHITE = Material((0.84, 0.82, 0.77))
SHADE = Material((0.42, 0.38, 0.32))
BRONZE = Material((0.30, 0.27, 0.20))
FRAME = Material((0.62, 0.46, 0.20), "metal", (0.50, 0.36, 0.15))
DARK = Material((0.16, 0.13, 0.10))
SKIN = Material((0.80, 0.62, 0.50))
SKY, MEADOW, EARTH = (Material(c) for c in ((0.45, 0.55, 0.68), (0.30, 0.34, 0.22), (0.42, 0.28, 0.18)))
FRESCO = tuple(Material(c) for c in ((0.52, 0.60, 0.74), (0.85, 0.68, 0.36), (0.66, 0.40, 0.32)))
RADIUS = 14.6


def washbourne_capitol() -> Interior:
    """A round hall 29 m wide, 49 m high: paintings between pilasters, a frieze, windows, a coffered dome."""
    shape = assembled(
        [
            lathe([(RADIUS + 3, -0.4), (RADIUS + 3, 0)], FLOOR, 32),
            _drum(),
            *(_bay(i).turned(45 * i) for i in range(8)),
            around(statue(2.0, SHADE).moved(y=0.12 - RADIUS, z=15.2), 60),
            _windows(),
            _coffered_dome(RADIUS - 0.7, 19.0).moved(z=30),
        ]
    )
    views = (
        ((0.0, -12.0, 1.7), (0.0, 10.0, 11.0)),
        ((-6.0, -8.0, 1.7), (3.0, 6.0, 16.0)),
        ((2.0, -6.0, 1.7), (-1.0, 2.5, 24.0)),
        ((9.0, 6.0, 1.7), (-8.0, -4.0, 7.5)),
    )
    return Interior(shape, views, 84.0)


def _drum() -> Shape:
    """The round wall up to the frieze and its cornice, and the white wall of the windows above."""
    steps = [(0, 0), (0, 13.4), (0.5, 13.6), (0.5, 14.6), (0, 14.8), (0, 17.6), (0.4, 17.8), (0.6, 19)]
    low = lathe([(RADIUS - inward, z) for inward, z in steps], WALL, 32, start=False, end=False)
    steps = [(0, 19), (0, 28.6), (0.7, 29), (0.7, 30)]
    high = lathe([(RADIUS - inward, z) for inward, z in steps], WHITE, 32, start=False, end=False)
    return Shape.join([low, high])


def _bay(number: int) -> Shape:
    """An eighth of the wall towards -y: a painting or a door between pilasters, a statue beside it."""
    wall = 0.975 * RADIUS
    if number % 2:
        painting = _painting(5.4, 3.9, number).moved(y=0.1 - 0.985 * RADIUS, z=4.6)
        field = Shape.join([painting, box(5.0, 0.3, 1.6, SHADE, y=-wall, z=10.4)])
    else:
        door = wall_with(rectangle(5.6, 9.5, 0), round_arch(3.0, 6.6), 0.5, WHITE, DARK)
        medal = slab(regular(12, 1.1) + [0, 11.4], -0.1, 0.1, SHADE)
        field = Shape.join([door.turned(180).moved(y=0.5 - RADIUS), medal.moved(y=-wall)])
    pilaster = box(1.1, 0.7, 13.0, WHITE, y=-wall)
    figure = statue(2.4, BRONZE if number % 2 else WHITE, 8).moved(z=1.3)
    beside = Shape.join([box(1.2, 1.2, 1.3, SHADE), figure]).moved(y=1.6 - RADIUS).turned(22.5)
    return Shape.join([field, pilaster.turned(-15.5), pilaster.turned(15.5), beside])


def _windows() -> Shape:
    """Eighteen tall windows between columns."""
    window = slab(rectangle(2.0, 6.2, 0), -0.1, 0.1, CLEAR).moved(y=-0.985 * RADIUS, z=20.6)
    post = column(9.6, 0.5, WHITE, 8).moved(y=0.7 - RADIUS, z=19)
    return Shape.join([around(window, 18), around(post, 18, 10)])


def _painting(width: float, height: float, number: int) -> Shape:
    """People before a landscape, as blocks of color in a gold frame; faces +y."""
    rng = np.random.default_rng(number)
    parts = [box(width + 0.6, 0.2, height + 0.6, FRAME, z=-0.3)]
    for color, low, high in ((SKY, 0.45, 1.0), (MEADOW, 0.15, 0.45), (EARTH, 0.0, 0.15)):
        parts.append(box(width, 0.2, (high - low) * height, color, y=0.05, z=low * height))
    for x in np.linspace(-0.42, 0.42, 9) * width:
        coat = Material(tuple(rng.uniform(0.1, 0.75, 3) * [1, 0.8, 0.6]))
        tall, low = height * rng.uniform(0.35, 0.55), 0.08 * height
        parts.append(box(0.3, 0.2, tall, coat, x=x, y=0.08, z=low))
        parts.append(box(0.16, 0.2, 0.2, SKIN, x=x, y=0.08, z=low + tall))
    return Shape.join(parts)


def _coffered_dome(radius: float, rise: float) -> Shape:
    """A dome in five rings of sunken panels around a painted eye that is bright at its rim."""
    t = np.linspace(0, 1.15, 8)
    line = np.column_stack([0 * t, -0.99 * radius * np.cos(t), 0.99 * rise * np.sin(t)])
    parts = [lathe(bowl(radius, rise, steps=8), SHADE, 32, start=False)]
    parts.append(around(sweep(line, rectangle(0.9, 0.5), WHITE), 24))
    for a in np.linspace(0.04, 1.15, 6):
        r, z = 0.985 * radius * np.cos(a), 0.985 * rise * np.sin(a)
        circle = np.column_stack([regular(32, r), np.full(32, z)])
        parts.append(sweep(circle, rectangle(0.5, 0.9), WHITE, closed=True))
    top = 0.93 * rise
    parts.append(lathe([(5.2, 0), (5.2, 0.1)], CLEAR, 24).moved(z=top - 0.3))
    for i, (r, color) in enumerate(zip((4.8, 3.6, 1.9), FRESCO, strict=True)):
        parts.append(lathe([(r, 0), (r, 0.05)], color, 16).moved(z=top - 0.4 - 0.08 * i))
    return Shape.join(parts)
