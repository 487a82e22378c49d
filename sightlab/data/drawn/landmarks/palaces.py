"""Palaces and seats of government: a winter palace in green and white, a capitol under its dome.

Source: ours.
"""

from __future__ import annotations

from sightlab.data.drawn.solids.ornaments import (
    balustrade,
    colonnade,
    column,
    dome,
    on_rectangle,
    pediment,
    statue,
    window_rows,
)
from sightlab.data.drawn.solids.outlines import bowl, rectangle, regular, round_arch
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import around, assembled, both_sides, box, frustum, lathe, row, stairs
from sightlab.data.drawn.solids.walls import slab, wall_with

GREEN = Material((0.36, 0.56, 0.48), "plaster", (0.3, 0.46, 0.4), 4.0, 0.3)
WHITE = Material((0.80, 0.79, 0.75))
GLASS = Material((0.12, 0.14, 0.17))
IRON = Material((0.34, 0.38, 0.36), "metal", (0.27, 0.31, 0.3))
GOLD = Material((0.82, 0.64, 0.24), "metal", (0.6, 0.45, 0.15))
MARBLE = Material((0.77, 0.76, 0.73), "ashlar", (0.66, 0.65, 0.62), 1.2, 0.25)
STOREYS = [(1.6, 4.2, 2.2), (8.6, 5.6, 2.4), (16.4, 2.6, 2.2)]


def petrow_winter_palace() -> Shape:
    """A green palace 168 m long with white columns, statues along its roof and a gateway of three arches."""
    width, depth, height = 168.0, 64.0, 21.5
    wing = (width - 48) / 2  # between the gateway, 30 m, and the corners, which cover 9 m
    front = both_sides(palace_face(wing, round(wing / 6)).moved(x=15 + wing / 2))
    corner = both_sides(_corner_pavilion(height).moved(x=width / 2 - 4.5, y=-depth / 2 - 0.5))
    parts = [box(width, depth, height, GREEN), corner, corner.turned(180), _palace_roof(width, depth, height)]
    parts.append(on_rectangle(front, palace_face(depth, 10), width + 1.1, depth + 1.1))
    parts.append(_gateway().moved(y=-depth / 2))
    parts.append(_garden_portico().turned(180).moved(y=depth / 2))
    return assembled(parts)


def _corner_pavilion(height: float) -> Shape:
    """12 m of front that step out and rise a little above the rest."""
    attic = _attic(12).moved(y=-1.5, z=height + 1)
    return Shape.join([box(12, 4, height + 2, GREEN), palace_face(12, 2).moved(y=-2.6), attic])


def palace_face(width: float, n: int) -> Shape:
    """Three storeys of windows in white frames, white columns in two orders between them; 21.5 m tall."""
    bay = width / n
    wall = window_rows(width, n, STOREYS, 20.2, GREEN, GLASS, hood=WHITE, arched=0)
    low = box(0.9, 0.7, 7.2, WHITE, y=-0.25)
    high = column(11.6, 0.55, WHITE, 5).moved(y=-0.55, z=8.2)
    columns = row(Shape.join([low, high]), n + 1, (bay * 0.994, 0, 0))
    bands = [box(width + 0.6, 1.4, h, WHITE, y=-0.3, z=z) for z, h in ((0, 0.9), (7.1, 0.9), (19.8, 1.6))]
    return Shape.join([wall, columns, *bands])


def _attic(width: float) -> Shape:
    """A balustrade, a statue over every post."""
    n = max(2, round(width / 8))
    figures = row(
        Shape.join([box(1.1, 1.1, 1.6, WHITE), statue(3.2, IRON).moved(z=1.6)]), n, (width / n, 0, 0)
    )
    return Shape.join([balustrade(width, 1.3, n, WHITE), figures])


def _palace_roof(width: float, depth: float, height: float) -> Shape:
    parts = [
        frustum(rectangle(width - 3, depth - 3), rectangle(width - 24, depth - 24), height, height + 4, IRON)
    ]
    parts.append(on_rectangle(_attic(width - 26), _attic(depth - 4), width - 1, depth - 1).moved(z=height))
    chimney = box(2.2, 1.6, 5, WHITE, z=height + 1)
    parts += [row(chimney, 9, (17, 0, 0)).moved(y=s * depth * 0.3) for s in (-1, 1)]
    drum = [(5.2, 0), (5.2, 4), (5.6, 4)]
    parts.append(lathe(drum, WHITE, 8).moved(y=14, z=height + 3))
    parts.append(lathe(bowl(5.2, 5, 1.1), GOLD, 12).moved(y=14, z=height + 7))
    parts.append(lathe([(0.7, 11.5), (0.5, 14), (0, 19)], GOLD, 6).moved(y=14, z=height))
    return Shape.join(parts)


def _gateway() -> Shape:
    """The middle of the front steps out: three deep arches, paired columns, a high attic with a clock."""
    shadow = Material((0.08, 0.07, 0.07))
    openings = [round_arch(5.6, 7.2), round_arch(4.6, 6.6)]
    arch = wall_with(rectangle(9.6, 8, 0), openings, 2.4, WHITE, shadow, back=False)
    upper = window_rows(28, 3, [(1.5, 5.8, 3.0), (8.8, 2.8, 2.6)], 13, GREEN, GLASS, hood=WHITE, arched=0)
    pair = row(column(12.4, 0.65, WHITE, 8), 2, (1.7, 0, 0))
    clock = [
        slab(regular(12, r) + [0, 24], y, y + 0.5, m) for r, y, m in ((1.5, -4.4, WHITE), (1.2, -4.5, IRON))
    ]
    return Shape.join(
        [
            box(30, 5, 23, GREEN),
            both_sides(box(0.6, 2.6, 8, GREEN, x=14.6, y=-3.7)),
            row(arch, 3, (9.6, 0, 0)).moved(y=-5.0),
            upper.moved(y=-3.2, z=8),
            row(pair, 4, (9.0, 0, 0)).moved(y=-4.2, z=8),
            box(31, 3.4, 0.9, WHITE, y=-3.6, z=7.6),
            box(31.4, 3.6, 1.6, WHITE, y=-3.4, z=20.3),
            box(20, 3, 4.5, GREEN, y=-2.5, z=21.8),
            pediment(21, 4.2, 3.2, WHITE, GREEN).moved(y=-4.2, z=26),
            both_sides(_attic(7).moved(x=12, y=-3.6, z=21.9)),
            *clock,
        ]
    )


def _garden_portico() -> Shape:
    """Behind: eight columns under a pediment, a terrace and steps down to the garden."""
    wall = window_rows(34, 7, STOREYS, 20, GREEN, GLASS, hood=WHITE)
    return Shape.join(
        [
            box(44, 6, 1.8, WHITE, y=-6),
            stairs(24, 5, 1.8, 6, WHITE, y=-9),
            box(36, 4, 22, GREEN, y=-1.2),
            wall.moved(y=-3.8),
            colonnade(36, 8, 19.5, 0.95, WHITE, 8).moved(y=-7, z=1.8),
            box(37, 6.5, 1.2, WHITE, y=-5.5, z=21.2),
            pediment(37, 6.5, 6, WHITE, GREEN).moved(y=-8.6, z=22.4),
            both_sides(balustrade(9, 1.2, 6, WHITE).moved(x=17, y=-8.8, z=1.8)),
        ]
    )


def washbourne_capitol() -> Shape:
    """White marble: a dome of 86 m on two rings of columns, a stair before a portico, two wings."""
    parts = [box(150, 60, 2.5, MARBLE), capitol_block(46, 52, 22), great_dome().moved(z=22)]
    wing = Shape.join([capitol_block(36, 46, 20), portico(24, 8, 15.5).moved(y=-23, z=3.5)])
    parts.append(both_sides(wing.moved(x=55)))
    link = Shape.join(
        [box(18, 30, 15, MARBLE), window_rows(18, 4, CAPITOL_STOREYS, 15, MARBLE, GLASS).moved(y=-15.7)]
    )
    parts.append(both_sides(Shape.join([link, link.turned(180)]).moved(x=29)))
    parts.append(portico(32, 8, 18).moved(y=-26, z=3.5))
    parts.append(portico(26, 6, 17).turned(180).moved(y=26, z=3.5))
    low = lathe([(6.5, 0), (6.5, 3), (0, 4.6)], MARBLE, 16)
    parts.append(both_sides(low.moved(x=55, z=20)))
    return assembled(parts)


CAPITOL_STOREYS = [(1.4, 2.4, 1.7), (5.4, 5.0, 1.8), (12.2, 2.0, 1.6)]


def capitol_block(width: float, depth: float, height: float) -> Shape:
    """A block with three storeys of windows and pilasters on all sides, and a balustrade."""

    def face(wide: float) -> Shape:
        n = round(wide / 5.2)
        storeys = [(sill * height / 15.5, rise * height / 15.5, w) for sill, rise, w in CAPITOL_STOREYS]
        wall = window_rows(wide, n, storeys, height, MARBLE, GLASS)
        pilasters = row(box(0.8, 0.6, height - 4, MARBLE, y=-0.1, z=3.5), n + 1, (wide / n, 0, 0))
        bands = [box(wide + 1, 1.6, 1.3, MARBLE, y=-0.2, z=z) for z in (3.0, height - 1.3)]
        return Shape.join([wall, pilasters, *bands, balustrade(wide, 1.3, n, MARBLE).moved(z=height)])

    return Shape.join(
        [box(width, depth, height, MARBLE), on_rectangle(face(width), face(depth), width + 1.3, depth + 1.3)]
    )


def portico(width: float, n: int, height: float) -> Shape:
    """Columns under a pediment over a wide flight of steps, on z = 0 with the stair reaching below it."""
    parts = [box(width + 2, 9, 3.5, MARBLE, y=-4, z=-3.5), stairs(width, 14, 3.5, 9, MARBLE, y=-8, z=-3.5)]
    parts += [colonnade(width, n, height, 0.95, MARBLE, 8).moved(y=-7)]
    parts += [
        box(width + 1, 8, 1.2, MARBLE, y=-3.8, z=height),
        box(width - 2, 0.3, height, Material((0.55, 0.55, 0.54)), y=-0.9),
    ]
    parts.append(
        pediment(width + 1.5, 0.17 * width, 8, MARBLE, Material((0.7, 0.69, 0.67))).moved(
            y=-8, z=height + 1.2
        )
    )
    parts += [box(2.4, 15, 2.6, MARBLE, x=s * (width / 2 + 1.4), y=-14, z=-3.5) for s in (-1, 1)]
    return Shape.join(parts)


def great_dome() -> Shape:
    """Two drums with columns around, a ribbed dome, a lantern of columns and a statue; 66 m tall."""
    shade = Material((0.5, 0.5, 0.5))
    parts = [lathe([(19, 0), (19, 3.5), (18, 4)], MARBLE, 8)]
    parts.append(lathe([(16.5, 3.5), (16.5, 7), (17.2, 7), (17.2, 8)], MARBLE, 32))
    parts.append(lathe([(13.2, 8), (13.2, 18)], shade, 24, end=False))
    parts.append(around(column(9.6, 0.75, MARBLE, 6).moved(y=-15.6, z=8), 28))
    parts.append(around(slab(round_arch(1.5, 5.5), -13.5, -13, GLASS).moved(z=10), 14, 360 / 56))
    parts.append(lathe([(16.6, 17.4), (16.9, 17.6), (16.9, 19.2), (15.0, 19.2), (15, 20.4)], MARBLE, 32))
    parts.append(lathe([(13.4, 20), (13.4, 26.5), (14.2, 27), (14.2, 28)], MARBLE, 28))
    parts.append(around(slab(round_arch(1.4, 4.2), -13.6, -13, GLASS).moved(z=21), 28))
    parts.append(dome(13.2, 15.5, MARBLE, 18, MARBLE, 24).moved(z=28))
    parts.append(around(slab(regular(8, 0.8) + [0, 33.5], -12.75, -11, GLASS), 14, 360 / 56))
    parts.append(lathe([(3.6, 42.6), (3.6, 44)], MARBLE, 12))
    parts.append(lathe([(2.0, 44), (2.0, 51)], shade, 8))
    parts.append(around(column(7, 0.4, MARBLE, 5).moved(y=-2.9, z=44), 12))
    parts.append(lathe([(3.5, 51), (3.5, 52), (2.4, 52.4), (1.4, 54.5), (0.9, 56.5)], MARBLE, 12))
    parts.append(statue(6.5, Material((0.25, 0.27, 0.24), "metal"), 6).moved(z=56.5))
    return Shape.join(parts)
