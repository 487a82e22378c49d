"""The blue mosque from inside: one great dome on four piers, half domes, rings of lamps.

Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.drawn.landmarks.interior_parts import CLEAR, GOLD, LAMP, Interior
from sightlab.data.drawn.solids.ornaments import window_rows
from sightlab.data.drawn.solids.outlines import bowl, pointed_arch, rectangle, regular, round_arch
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import around, assembled, beam, box, copies, lathe, loft, stairs, sweep
from sightlab.data.drawn.solids.walls import slab, span, wall_with

TILE = Material((0.55, 0.63, 0.74), "tiles", (0.30, 0.42, 0.62), 1.4, 0.6)
PLASTER = Material((0.80, 0.77, 0.72), "plaster", (0.62, 0.52, 0.46), 3.0, 0.4)
CARPET = Material((0.58, 0.14, 0.12), "tiles", (0.40, 0.10, 0.12), 1.3, 0.8)
MARBLE = Material((0.78, 0.76, 0.72), "plaster", (0.60, 0.58, 0.56), 2.0)
BLUE = Material((0.22, 0.34, 0.60))
HALF = 25.0  # of the width of the hall
FOUR = [(s, t) for s in (-1, 1) for t in (-1, 1)]  # corners


def istara_blue_mosque() -> Interior:
    """A hall 50 m wide under one great dome: four thick piers, rings of lamps, blue tiles, carpets."""
    pier = [(2.7, 0), (2.7, 9), (3.0, 9.2), (3.0, 10.0), (2.6, 10.2), (2.6, 18), (3.2, 19)]
    shape = assembled(
        [
            box(2 * HALF + 4, 2 * HALF + 4, 0.4, CARPET, z=-0.4),
            box(2 * HALF + 6, 2 * HALF + 6, 0.5, PLASTER, z=47),
            _walls(),
            copies(lathe(pier, MARBLE, 14), [(14 * s, 14 * t, 0) for s, t in FOUR]),
            around(_great_arch(22.4, 30.0, 34.0, 3.4).moved(y=-14), 4),
            around(_half_dome(11.2, 9.0).moved(y=-14, z=21), 4),
            _corners(),
            _great_dome(12.0, 9.0).moved(z=33.6),
            _lamps().moved(z=4.2),
            _niche_and_pulpit(),
        ]
    )
    views = (
        ((0.0, -22.0, 1.7), (0.0, 12.0, 17.0)),
        ((-8.0, -16.0, 1.7), (6.0, 14.0, 19.0)),
        ((3.0, -9.0, 1.7), (-1.0, 8.0, 22.0)),
        ((19.5, -12.0, 1.7), (-8.0, 8.0, 14.0)),
    )
    return Interior(shape, views, 82.0)


def _walls() -> Shape:
    """Three rows of windows in blue tiles below one in plaster, on four sides, looking inwards."""
    storeys = [(1.0, 3.4, 1.9), (6.2, 3.6, 1.9), (11.6, 3.4, 2.0)]
    low = window_rows(2 * HALF, 9, storeys, 16, TILE, CLEAR, arched=1)
    high = window_rows(2 * HALF, 9, [(1.0, 3.8, 2.1)], 7, PLASTER, CLEAR, arched=0)
    return around(Shape.join([low, high.moved(z=16)]).turned(180).moved(y=-HALF), 4)


def _corners() -> Shape:
    """A low dome in each corner of the hall, below a flat ceiling."""
    low = lathe(bowl(5.2, 4), PLASTER, 12, start=False)
    domes = copies(low, [(19.8 * s, 19.8 * t, 19) for s, t in FOUR])
    return Shape.join([domes, copies(box(11, 11, 0.4, PLASTER), [(20 * s, 20 * t, 22.6) for s, t in FOUR])])


def _lamps() -> Shape:
    """Three rings of lamps on wires from the dome, low over the heads of visitors."""
    parts = []
    for r, n in ((10.5, 30), (6.0, 18), (2.6, 8)):
        lamp = lathe([(0.14, 0), (0.24, 0.3), (0.16, 0.5)], LAMP, 5)
        wire = beam((r, 0, 0.3), (r, 0, 29), 0.025, GOLD)
        circle = np.column_stack([regular(24, r), np.full(24, 0.45)])
        hoop = sweep(circle, 0.07, GOLD, sides=4, closed=True)
        parts += [around(lamp.moved(x=r), n), around(wire, n // 3), hoop]
    return Shape.join(parts)


def _niche_and_pulpit() -> Shape:
    """In the wall towards +y: the niche for prayers, and a narrow stair to a roofed seat."""
    y = HALF - 3
    niche = wall_with(rectangle(7, 11, 0), pointed_arch(2.6, 6.5, 0, 0.8), 1.0, MARBLE, BLUE)
    posts = [(8.6 + 0.65 * s, y + 0.65 * t, 5) for s, t in FOUR]
    return Shape.join(
        [
            niche.moved(y=HALF - 1.3),
            stairs(1.3, 6, 4.5, 10, MARBLE).turned(90).moved(x=8, y=y),
            box(1.5, 1.5, 5, MARBLE, x=8.6, y=y),
            copies(box(0.15, 0.15, 3.2, MARBLE), posts),
            lathe([(1.2, 8), (0, 12)], BLUE, 8).moved(x=8.6, y=y),
        ]
    )


def _great_arch(width: float, crown: float, top: float, depth: float) -> Shape:
    """One of the four arches that carry the dome, banded along its edge."""
    angle = np.linspace(np.pi, 0, 17)
    r = width / 2
    x, z = r * np.cos(angle), crown - r + r * np.sin(angle)
    arch = span(x, z, np.full(17, top), depth, PLASTER)
    band = [
        sweep(np.column_stack([x * 1.03, np.full(17, y), z + 0.3]), regular(4, 0.5), BLUE)
        for y in (-depth / 2, depth / 2)
    ]
    sides = [box(3.5, depth, top - 19, PLASTER, x=s * (r + 1.7), z=19) for s in (-1, 1)]
    return Shape.join([arch, *band, *sides])


def _half_dome(radius: float, rise: float) -> Shape:
    """A half dome open towards +y, with windows around its foot and painted ribs."""
    angle = np.deg2rad(np.linspace(180, 360, 13))
    shell = lathe(bowl(radius, rise), PLASTER, np.column_stack([np.cos(angle), np.sin(angle)]), start=False)
    window = slab(round_arch(1.1, 2.3), -radius * 0.985, -radius * 0.975, CLEAR).moved(z=0.4)
    t = np.linspace(0.35, np.pi / 2, 6)
    rib = sweep(
        np.column_stack([0 * t, -0.985 * radius * np.cos(t), 0.985 * rise * np.sin(t)]), 0.14, BLUE, sides=4
    )
    drum = lathe(
        [(1, -5), (1, 0)],
        PLASTER,
        radius * np.column_stack([np.cos(angle), np.sin(angle)]),
        start=False,
        end=False,
    )
    turns = np.arange(-75, 76, 15)
    return Shape.join(
        [shell, drum, *(window.turned(a) for a in turns), *(rib.turned(a + 7.5) for a in turns)]
    )


def _great_dome(radius: float, rise: float) -> Shape:
    """The great dome from below: a drum of 28 windows, pendentives, ribs that meet in a painted disc."""
    parts = [
        lathe(bowl(radius, rise, steps=8), PLASTER, 28, start=False).moved(z=3.2),
        lathe([(radius, -0.5), (radius, 3.2)], PLASTER, 28, start=False, end=False),
    ]
    parts.append(around(slab(round_arch(1.2, 2.4), -0.985 * radius, -0.97 * radius, CLEAR).moved(z=0.3), 28))
    parts.append(_pendentives(radius))
    t = np.linspace(0.3, 1.35, 7)
    line = np.column_stack([0 * t, -0.985 * radius * np.cos(t), 3.2 + 0.98 * rise * np.sin(t)])
    parts.append(around(sweep(line, 0.16, BLUE, sides=4), 28))
    parts.append(lathe([(3.0, 0), (3.0, 0.05)], BLUE, 20).moved(z=3.2 + 0.95 * rise))
    parts.append(lathe([(1.6, 0), (1.6, 0.05)], GOLD, 12).moved(z=3.14 + 0.95 * rise))
    return Shape.join(parts)


def _pendentives(radius: float) -> Shape:
    """From the circle under a dome down to a square: shallow over the arches, deep in the corners."""
    angle = np.deg2rad(np.arange(0, 360, 7.5))
    square = np.minimum(14 / np.maximum(np.abs(np.cos(angle)), np.abs(np.sin(angle))), 18.5)
    drop = 2 + 11 * (square - 14) / 4.5
    rings = []
    for t in np.linspace(1, 0, 5):
        r = radius + (square - radius) * np.sin(t * np.pi / 2)
        rings.append(np.column_stack([r * np.cos(angle), r * np.sin(angle), -t * drop]))
    return loft(rings, PLASTER, start=False, end=False)
