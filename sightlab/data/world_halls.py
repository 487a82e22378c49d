"""Two domes from inside: a mosque with its rings of lamps, and the rotunda of a capitol.

Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.world_interior_parts import CLEAR, GOLD, LAMP, Interior
from sightlab.data.world_ornaments import column, statue, window_rows
from sightlab.data.world_outlines import bowl, pointed_arch, rectangle, regular, round_arch
from sightlab.data.world_scene import Material, Shape
from sightlab.data.world_shapes import around, assembled, beam, box, copies, lathe, loft, row, stairs, sweep
from sightlab.data.world_walls import slab, span, wall_with


def istara_blue_mosque() -> Interior:
    """A hall 50 m wide under one great dome: four thick piers, rings of lamps, blue tiles, carpets."""
    tile = Material((0.55, 0.63, 0.74), "tiles", (0.30, 0.42, 0.62), 1.4, 0.6)
    plaster = Material((0.80, 0.77, 0.72), "plaster", (0.62, 0.52, 0.46), 3.0, 0.4)
    carpet = Material((0.58, 0.14, 0.12), "tiles", (0.40, 0.10, 0.12), 1.3, 0.8)
    stone = Material((0.78, 0.76, 0.72), "plaster", (0.6, 0.58, 0.56), 2.0)
    blue = Material((0.22, 0.34, 0.60))
    half = 25.0
    parts = [box(2 * half + 4, 2 * half + 4, 0.4, carpet, z=-0.4)]
    low = window_rows(
        2 * half, 9, [(1.0, 3.4, 1.9), (6.2, 3.6, 1.9), (11.6, 3.4, 2.0)], 16, tile, CLEAR, arched=1
    )
    parts.append(around(low.turned(180).moved(y=-half), 4))
    high = window_rows(2 * half, 9, [(1.0, 3.8, 2.1)], 7, plaster, CLEAR, arched=0)
    parts.append(around(high.turned(180).moved(y=-half, z=16), 4))
    pier = [(2.7, 0), (2.7, 9), (3.0, 9.2), (3.0, 10.0), (2.6, 10.2), (2.6, 18), (3.2, 19)]
    parts.append(copies(lathe(pier, stone, 14), [(s * 14, t * 14, 0) for s in (-1, 1) for t in (-1, 1)]))
    parts.append(around(_great_arch(22.4, 30.0, 34.0, 3.4, plaster, blue).moved(y=-14), 4))
    parts.append(around(_half_dome_inside(11.2, 9.0, plaster, blue).moved(y=-14, z=21), 4))
    ceiling = [box(11, 11, 0.4, plaster, x=s * 20, y=t * 20, z=22.6) for s in (-1, 1) for t in (-1, 1)]
    parts += [
        lathe(bowl(5.2, 4), plaster, 12, start=False).moved(x=s * 19.8, y=t * 19.8, z=19)
        for s in (-1, 1)
        for t in (-1, 1)
    ]
    parts.append(_painted_dome(12.0, 9.0, plaster, blue).moved(z=33.6))
    parts.append(box(2 * half + 6, 2 * half + 6, 0.5, plaster, z=47))
    for r, n in ((10.5, 30), (6.0, 18), (2.6, 8)):
        lamps = around(lathe([(0.14, 0), (0.24, 0.3), (0.16, 0.5)], LAMP, 5).moved(x=r), n)
        wires = around(beam((r, 0, 0.3), (r, 0, 29), 0.025, GOLD), n // 3)
        hoop = sweep(np.column_stack([regular(24, r), np.full(24, 0.45)]), 0.07, GOLD, sides=4, closed=True)
        parts.append(Shape.join([lamps, wires, hoop]).moved(z=4.2))
    niche = wall_with(rectangle(7, 11, 0), pointed_arch(2.6, 6.5, 0, 0.8), 1.0, stone, blue)
    parts.append(niche.moved(y=half - 1.3))
    pulpit = [
        stairs(1.3, 6, 4.5, 10, stone).turned(90).moved(x=8, y=half - 3),
        box(1.5, 1.5, 5, stone, x=8.6, y=half - 3),
    ]
    pulpit.append(lathe([(1.2, 8), (0, 12)], blue, 8).moved(x=8.6, y=half - 3))
    pulpit += [
        box(0.15, 0.15, 3.2, stone, x=8.6 + s * 0.65, y=half - 3 + t * 0.65, z=5)
        for s in (-1, 1)
        for t in (-1, 1)
    ]
    views = (
        ((0.0, -22.0, 1.7), (0.0, 12.0, 17.0)),
        ((-8.0, -16.0, 1.7), (6.0, 14.0, 19.0)),
        ((3.0, -9.0, 1.7), (-1.0, 8.0, 22.0)),
        ((19.5, -12.0, 1.7), (-8.0, 8.0, 14.0)),
    )
    return Interior(assembled([*parts, *ceiling, *pulpit]), views, 82.0)


def _great_arch(
    width: float, crown: float, top: float, depth: float, plaster: Material, blue: Material
) -> Shape:
    """One of the four arches that carry the dome, banded along its edge."""
    angle = np.linspace(np.pi, 0, 17)
    r = width / 2
    x, z = r * np.cos(angle), crown - r + r * np.sin(angle)
    arch = span(x, z, np.full(17, top), depth, plaster)
    band = [
        sweep(np.column_stack([x * 1.03, np.full(17, y), z + 0.3]), regular(4, 0.5), blue)
        for y in (-depth / 2, depth / 2)
    ]
    sides = [box(3.5, depth, top - 19, plaster, x=s * (r + 1.7), z=19) for s in (-1, 1)]
    return Shape.join([arch, *band, *sides])


def _half_dome_inside(radius: float, rise: float, plaster: Material, blue: Material) -> Shape:
    """A half dome open towards +y, with windows around its foot and painted ribs."""
    angle = np.deg2rad(np.linspace(180, 360, 13))
    shell = lathe(bowl(radius, rise), plaster, np.column_stack([np.cos(angle), np.sin(angle)]), start=False)
    window = slab(round_arch(1.1, 2.3), -radius * 0.985, -radius * 0.975, CLEAR).moved(z=0.4)
    t = np.linspace(0.35, np.pi / 2, 6)
    rib = sweep(
        np.column_stack([0 * t, -0.985 * radius * np.cos(t), 0.985 * rise * np.sin(t)]), 0.14, blue, sides=4
    )
    drum = lathe(
        [(1, -5), (1, 0)],
        plaster,
        radius * np.column_stack([np.cos(angle), np.sin(angle)]),
        start=False,
        end=False,
    )
    turns = np.arange(-75, 76, 15)
    return Shape.join(
        [shell, drum, *(window.turned(a) for a in turns), *(rib.turned(a + 7.5) for a in turns)]
    )


def _painted_dome(radius: float, rise: float, plaster: Material, blue: Material) -> Shape:
    """The great dome from below: a drum of 28 windows, pendentives, ribs that meet in a painted disc."""
    parts = [
        lathe(bowl(radius, rise, steps=8), plaster, 28, start=False).moved(z=3.2),
        lathe([(radius, -0.5), (radius, 3.2)], plaster, 28, start=False, end=False),
    ]
    parts.append(around(slab(round_arch(1.2, 2.4), -0.985 * radius, -0.97 * radius, CLEAR).moved(z=0.3), 28))
    parts.append(_pendentives(radius, plaster))
    t = np.linspace(0.3, 1.35, 7)
    line = np.column_stack([0 * t, -0.985 * radius * np.cos(t), 3.2 + 0.98 * rise * np.sin(t)])
    parts.append(around(sweep(line, 0.16, blue, sides=4), 28))
    parts.append(lathe([(3.0, 0), (3.0, 0.05)], blue, 20).moved(z=3.2 + 0.95 * rise))
    parts.append(lathe([(1.6, 0), (1.6, 0.05)], GOLD, 12).moved(z=3.14 + 0.95 * rise))
    return Shape.join(parts)


def _pendentives(radius: float, plaster: Material) -> Shape:
    """From the circle under a dome down to a square: shallow over the arches, deep in the corners."""
    angle = np.deg2rad(np.arange(0, 360, 7.5))
    square = np.minimum(14 / np.maximum(np.abs(np.cos(angle)), np.abs(np.sin(angle))), 18.5)
    drop = 2 + 11 * (square - 14) / 4.5
    rings = []
    for t in np.linspace(1, 0, 5):
        r = radius + (square - radius) * np.sin(t * np.pi / 2)
        rings.append(np.column_stack([r * np.cos(angle), r * np.sin(angle), -t * drop]))
    return loft(rings, plaster, start=False, end=False)


def washbourne_capitol() -> Interior:
    """A round hall 29 m wide, 49 m high: paintings between pilasters, a frieze, windows, a coffered dome."""
    wall = Material((0.74, 0.69, 0.58), "ashlar", (0.62, 0.57, 0.47), 1.4, 0.5)
    white = Material((0.84, 0.82, 0.77))
    shade = Material((0.42, 0.38, 0.32))
    frame = Material((0.62, 0.46, 0.20), "metal", (0.5, 0.36, 0.15))
    r, n = 14.6, 8
    parts = [
        lathe(
            [(r + 3, -0.4), (r + 3, 0)], Material((0.60, 0.55, 0.46), "paving", (0.42, 0.36, 0.30), 1.3), 32
        )
    ]
    drum = [
        (r, 0),
        (r, 13.4),
        (r - 0.5, 13.6),
        (r - 0.5, 14.6),
        (r, 14.8),
        (r, 17.6),
        (r - 0.4, 17.8),
        (r - 0.6, 19),
    ]
    parts.append(lathe(drum, wall, 32, start=False, end=False))
    parts.append(lathe([(r, 19), (r, 28.6), (r - 0.7, 29), (r - 0.7, 30)], white, 32, start=False, end=False))
    for i in range(n):
        turn = 360 / n * i
        if i % 2:
            parts.append(_painting(5.4, 3.9, i, frame).moved(y=-r * 0.985 + 0.1, z=4.6).turned(turn))
            parts.append(box(5.0, 0.3, 1.6, shade, y=-r * 0.975, z=10.4).turned(turn))
        else:
            door = wall_with(
                rectangle(5.6, 9.5, 0), round_arch(3.0, 6.6), 0.5, white, Material((0.16, 0.13, 0.1))
            )
            parts.append(door.turned(180).moved(y=-r + 0.5).turned(turn))
            parts.append(
                slab(regular(12, 1.1) + [0, 11.4], -0.1, 0.1, shade).moved(y=-r * 0.975).turned(turn)
            )
        for s in (-1, 1):
            parts.append(box(1.1, 0.7, 13.0, white, y=-r * 0.975).turned(turn + s * 15.5))
        figure = Shape.join(
            [
                box(1.2, 1.2, 1.3, shade),
                statue(2.4, (white, Material((0.3, 0.27, 0.2)))[i % 2], 8).moved(z=1.3),
            ]
        )
        parts.append(figure.moved(y=-r + 1.6).turned(turn + 22.5))
    frieze = row(statue(2.0, shade, 4), 1, (1, 0, 0)).moved(y=-r + 0.12, z=15.2)
    parts.append(around(frieze, 60))
    parts.append(around(slab(rectangle(2.0, 6.2, 0), -0.1, 0.1, CLEAR).moved(y=-r * 0.985, z=20.6), 18))
    parts.append(around(column(9.6, 0.5, white, 8).moved(y=-r + 0.7, z=19), 18, 10))
    parts.append(_coffered_dome(r - 0.7, 19.0, white, shade).moved(z=30))
    views = (
        ((0.0, -12.0, 1.7), (0.0, 10.0, 11.0)),
        ((-6.0, -8.0, 1.7), (3.0, 6.0, 16.0)),
        ((2.0, -6.0, 1.7), (-1.0, 2.5, 24.0)),
        ((9.0, 6.0, 1.7), (-8.0, -4.0, 7.5)),
    )
    return Interior(assembled(parts), views, 84.0)


def _painting(width: float, height: float, number: int, frame: Material) -> Shape:
    """People before a landscape, as blocks of color in a gold frame; faces +y."""
    rng = np.random.default_rng(number)
    colors = [
        Material(tuple(c)) for c in np.array([[0.45, 0.55, 0.68], [0.30, 0.34, 0.22], [0.42, 0.28, 0.18]])
    ]
    parts = [
        box(width + 0.6, 0.2, height + 0.6, frame, z=-0.3),
        box(width, 0.2, 0.55 * height, colors[0], y=0.05, z=0.45 * height),
    ]
    parts += [
        box(width, 0.2, 0.3 * height, colors[1], y=0.05, z=0.15 * height),
        box(width, 0.2, 0.15 * height, colors[2], y=0.05),
    ]
    for x in np.linspace(-0.42, 0.42, 9) * width:
        coat = Material(tuple(rng.uniform(0.1, 0.75, 3) * [1, 0.8, 0.6]))
        tall = height * rng.uniform(0.35, 0.55)
        parts += [
            box(0.3, 0.2, tall, coat, x=x, y=0.08, z=0.08 * height),
            box(0.16, 0.2, 0.2, Material((0.8, 0.62, 0.5)), x=x, y=0.08, z=0.08 * height + tall),
        ]
    return Shape.join(parts)


def _coffered_dome(radius: float, rise: float, white: Material, shade: Material) -> Shape:
    """A dome in five rings of sunken panels around a painted eye that is bright at its rim."""
    parts = [lathe(bowl(radius, rise, steps=8), shade, 32, start=False)]
    t = np.linspace(0, 1.15, 8)
    line = np.column_stack([0 * t, -0.99 * radius * np.cos(t), 0.99 * rise * np.sin(t)])
    parts.append(around(sweep(line, rectangle(0.9, 0.5), white), 24))
    for a in np.linspace(0.04, 1.15, 6):
        circle = np.column_stack(
            [regular(32, 0.985 * radius * np.cos(a)), np.full(32, 0.985 * rise * np.sin(a))]
        )
        parts.append(sweep(circle, rectangle(0.5, 0.9), white, closed=True))
    top = 0.93 * rise
    parts.append(lathe([(5.2, 0), (5.2, 0.1)], CLEAR, 24).moved(z=top - 0.3))
    fresco = [Material((0.52, 0.60, 0.74)), Material((0.85, 0.68, 0.36)), Material((0.66, 0.40, 0.32))]
    for i, r in enumerate((4.8, 3.6, 1.9)):
        parts.append(lathe([(r, 0), (r, 0.05)], fresco[i], 16).moved(z=top - 0.4 - 0.08 * i))
    return Shape.join(parts)
