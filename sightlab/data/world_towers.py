"""Tall landmarks: a belfry, a skyscraper, a victory column, an obelisk before its temple.

Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.world_gothic_parts import flyer, pinnacle, portal, ring, windows
from sightlab.data.world_ornaments import SQUARE, battlements, column, on_four_sides, sphere
from sightlab.data.world_outlines import rectangle, round_arch
from sightlab.data.world_scene import Material, Shape
from sightlab.data.world_shapes import (
    around,
    assembled,
    beam,
    both_sides,
    box,
    copies,
    frustum,
    lathe,
    loft,
    row,
)
from sightlab.data.world_walls import gable, slab, wall_with

BRICK = Material((0.62, 0.51, 0.40), "brick", (0.47, 0.38, 0.30), 0.5)
TRIM = Material((0.74, 0.68, 0.56))
SLATE = Material((0.30, 0.32, 0.36), "tiles", (0.24, 0.25, 0.29), 0.6)
DARK = Material((0.09, 0.08, 0.08))
GOLD = Material((0.85, 0.66, 0.22), "metal", (0.6, 0.42, 0.12))


def bruyne_belfry() -> Shape:
    """A brick market hall, and out of its middle a belfry of 88 m: two square storeys below an octagon."""
    hall = _market_hall(44, 30, 15)
    return assembled([hall, _belfry_tower().moved(y=-8)])


def _market_hall(width: float, depth: float, height: float) -> Shape:
    """Two storeys of pointed windows, battlements, a steep roof with dormers, turrets at the corners."""
    parts = [box(width, depth, height, BRICK)]
    for n, (w, turns) in ((12, (width, (0, 180))), (8, (depth, (90, -90)))):
        low = windows(n, w, 7, (2.0, 4.6), 1.2, BRICK, DARK, steps=2)
        high = windows(n, w, 8, (2.1, 5.2), 1.0, BRICK, DARK, steps=2)
        teeth = battlements(w, 3 * n, 1.1, BRICK).moved(z=height)
        face = Shape.join([low, high.moved(z=7), teeth, box(w, 0.7, 0.5, TRIM, z=6.6)])
        far = depth / 2 if n == 12 else width / 2
        parts += [face.moved(y=-far - 0.95).turned(a) for a in turns]
    ridge = rectangle(width - depth * 0.6, 0.2)
    parts.append(frustum(rectangle(width - 2, depth - 2), ridge, height, height + 11, SLATE))
    dormer = Shape.join(
        [box(1.8, 3, 2.2, BRICK), gable(2.4, 1.8, 3.2, SLATE, z=2.2), box(1, 0.1, 1.3, DARK, y=-1.5, z=0.5)]
    )
    parts.append(row(dormer, 6, (6.5, 0, 0)).moved(y=-depth / 2 + 4, z=height + 0.8))
    turret = lathe([(1.6, 0), (1.6, height + 3), (1.9, height + 3), (0, height + 10)], BRICK, 8)
    corners = [(s * width / 2, t * depth / 2, 0) for s in (-1, 1) for t in (-1, 1)]
    return Shape.join([*parts, copies(turret, corners)])


def _belfry_tower() -> Shape:
    parts = [box(13, 13, 44, BRICK)]
    door = portal(7.5, 9, 2.2, TRIM, DARK, Material((0.25, 0.15, 0.1)), roof=0, figures=False)
    parts.append(door.moved(y=-8.4))
    parts.append(
        on_four_sides(windows(2, 11, 14, (3.0, 11), 1.5, BRICK, DARK, steps=3).moved(z=29), 6.5 + 0.95)
    )
    parts.append(
        on_four_sides(windows(3, 11, 9, (1.9, 6), 1.2, BRICK, DARK, lights=1).moved(z=17), 6.5 + 0.95)
    )
    for z, w in ((16, 15.4), (27.5, 15.2), (43, 15.6)):
        parts.append(box(w, w, 0.9, TRIM, z=z))
    corners = np.array([(s, t, 0) for s in (-1, 1) for t in (-1, 1)])
    parts.append(
        copies(lathe([(1.5, 0), (1.5, 46), (1.9, 46.4), (1.9, 48), (0, 56)], BRICK, 8), corners * 6.9)
    )
    parts.append(on_four_sides(battlements(13, 8, 1.2, TRIM).moved(z=44), 7))
    parts += [box(9.6, 9.6, 14, BRICK, z=44)]
    parts.append(
        on_four_sides(windows(2, 8.6, 13, (2.4, 10.5), 1, BRICK, DARK, steps=3).moved(z=44.5), 4.8 + 0.95)
    )
    parts.append(on_four_sides(ring(1.9, 0.4, GOLD, 12).moved(z=0), 5.9).moved(z=41))
    parts.append(copies(pinnacle(1.5, 12, TRIM), corners * 5.1 + [0, 0, 56]))
    lantern = [lathe([(4.6, 0), (4.6, 21), (5.1, 21), (5.1, 22.2), (4.4, 22.2)], BRICK, 8)]
    lantern.append(around(windows(1, 3.6, 20, (2.1, 17), 1, BRICK, DARK).moved(y=-5.2), 8))
    lantern.append(around(pinnacle(1.0, 7, TRIM).moved(x=4.9, z=21), 8, 22.5))
    lantern.append(around(flyer((4.4, 12), (7.0, 6), 0.6, TRIM), 4, 45))
    lantern.append(lathe([(3.4, 22), (3.4, 25.5), (0.3, 29)], SLATE, 8))
    parts.append(Shape.join(lantern).moved(z=58))
    return Shape.join(parts)


def meridian_tower() -> Shape:
    """A skyscraper of the 1930s, 312 m: setbacks, piers all the way up, a crown of sunbursts, a needle."""
    stone = Material((0.72, 0.69, 0.63), "windows", (0.16, 0.18, 0.22), 3.6)
    pier = Material((0.78, 0.75, 0.70))
    parts = [box(62, 50, 24, stone), box(63, 51, 1.2, pier, z=24)]
    for w, d, low, high in ((52, 42, 24, 70), (42, 36, 70, 110), (32, 32, 110, 212), (28, 28, 212, 232)):
        parts.append(box(w, d, high - low, stone, z=low))
        for width, depth, turns in ((w, d, (0, 180)), (d, w, (90, -90))):
            strips = row(box(1.3, 1.4, high - low + 2.5, pier, z=low), 7, (width / 6.4, 0, 0))
            parts += [strips.moved(y=-depth / 2).turned(a) for a in turns]
        parts.append(box(w + 1.2, d + 1.2, 1.4, pier, z=high - 1))
    eagles = box(1.6, 6, 1.6, Material((0.7, 0.72, 0.74), "metal"), y=-16.5)
    parts.append(around(row(eagles, 2, (30, 0, 0)).moved(z=211), 4))
    parts.append(_sunburst_crown().moved(z=232))
    entrance = wall_with(rectangle(14, 18, 0), [round_arch(9, 14), round_arch(6.5, 12)], 2, pier, DARK)
    return assembled([*parts, entrance.moved(y=-26.5)])


def _sunburst_crown() -> Shape:
    """Shrinking storeys, each with an arch of triangular windows to four sides, and a needle."""
    steel = Material((0.72, 0.75, 0.78), "metal", (0.5, 0.54, 0.58))
    light = Material((0.95, 0.85, 0.55), "glow")
    parts, z = [], 0.0
    for half, rise in ((13.5, 16), (11.6, 14), (9.6, 12), (7.4, 10.5), (5.2, 9)):
        arch = round_arch(2 * half, rise + 0.35 * half, 0, 10)
        parts.append(slab(arch, -half, half, steel).moved(z=z))
        parts.append(slab(arch, -half, half, steel).turned(90).moved(z=z))
        for a in np.deg2rad(np.arange(30, 151, 30)):
            c, s = np.cos(a), np.sin(a)
            middle = np.array([0.7 * half * c, rise - 0.62 * half + 0.72 * half * s])
            tip, side = np.array([c, s]) * 0.2 * half, np.array([-s, c]) * 0.085 * half
            window = slab(middle + np.array([tip, side - tip / 2, -side - tip / 2]), -0.08, 0.5, light)
            parts.append(on_four_sides(window.moved(z=z), half))
        z += 0.62 * rise
    parts.append(lathe([(4.5, z), (2.2, z + 10), (0.9, z + 20), (0.15, z + 42)], steel, 8))
    return Shape.join(parts)


def petrow_victory_column() -> Shape:
    """A column of red granite, 47 m, that carries an angel with a cross; a pedestal with reliefs; a fence."""
    granite = Material((0.52, 0.33, 0.29), "rock", (0.43, 0.27, 0.24), 6.0, 0.2)
    stone = Material((0.55, 0.47, 0.43), "ashlar", (0.4, 0.34, 0.31), 1.2)
    bronze = Material((0.25, 0.29, 0.24), "metal", (0.16, 0.2, 0.17))
    base = [
        (6.3, 0),
        (6.3, 0.5),
        (5.6, 0.5),
        (5.6, 1.0),
        (5.0, 1.0),
        (5.0, 1.5),
        (3.3, 1.9),
        (3.1, 2.6),
        (2.9, 2.6),
        (2.9, 8.2),
    ]
    base += [(3.5, 8.6), (3.5, 9.4), (2.6, 9.4), (2.6, 10.2)]
    parts = [lathe(base, stone, SQUARE)]
    parts.append(
        on_four_sides(
            wall_with(rectangle(4.6, 4.2, 3.3), rectangle(3.8, 3.4, 3.7), 0.15, bronze, bronze), 3.12
        )
    )
    parts.append(
        lathe([(2.5, 10.2), (2.4, 10.6), (2.05, 11), (2.0, 20), (1.62, 36.5), (2.1, 37)], granite, 16)
    )
    parts.append(lathe([(2.0, 37), (2.5, 38.2), (2.5, 38.9)], bronze, SQUARE))
    parts.append(lathe([(1.5, 38.9), (1.5, 40.4), (1.0, 41.4), (0.6, 41.7)], bronze, 10))
    parts.append(_angel(bronze).moved(z=41.6))
    fence = Shape.join(
        [row(box(0.1, 0.1, 1.6, bronze), 15, (1.3, 0, 0)), box(19.5, 0.12, 0.15, bronze, z=1.4)]
    )
    lamp = Shape.join([lathe([(0.5, 0), (0.15, 1), (0.12, 4)], bronze, 6), sphere(0.4, TRIM, 6).moved(z=4.2)])
    parts.append(on_four_sides(Shape.join([fence, lamp.moved(x=9.8)]), 9.8))
    return assembled(parts)


def _angel(bronze: Material) -> Shape:
    """6 m: a robe, wings half open, one hand up, the other on a tall cross."""
    body = [(0.75, 0), (0.6, 1.4), (0.42, 2.4), (0.55, 3.2), (0.2, 3.65), (0.3, 3.95), (0.0, 4.3)]
    wing = np.array([[0.1, 1.6], [0.9, 0.9], [1.5, 2.2], [1.3, 4.1], [0.3, 3.4]])
    left = slab((wing * [-1, 1])[::-1], 0.4, 0.6, bronze).turned(-25)
    parts = [lathe(body, bronze, 8), both_sides(left)]
    parts.append(beam((0.45, 0, 3.1), (0.95, -0.3, 4.5), 0.14, bronze))
    parts += [
        beam((-0.9, -0.2, 0), (-0.9, -0.2, 5.6), 0.13, bronze),
        beam((-1.55, -0.2, 4.6), (-0.25, -0.2, 4.6), 0.13, bronze),
    ]
    return Shape.join(parts)


def thebar_obelisk() -> Shape:
    """One obelisk of rose granite, 30 m, before the pylon of a temple with seated kings and a colonnade."""
    granite = Material((0.60, 0.46, 0.40), "rock", (0.50, 0.38, 0.33), 5.0, 0.2)
    stone = Material((0.70, 0.60, 0.46), "ashlar", (0.53, 0.44, 0.32), 1.6)
    shade = Material((0.45, 0.36, 0.25))
    profile = [(2.2, 0), (2.2, 2.2), (1.55, 2.2), (1.0, 27.3), (0, 30)]
    parts = [lathe(profile, granite, SQUARE).moved(x=-9, y=-16)]
    glyph = wall_with(rectangle(0.9, 2.0), rectangle(0.5, 1.3), 0.08, granite, shade, thickness=0.12)
    signs = [glyph.moved(y=-1.42 + 0.022 * z, z=3.6 + z) for z in np.arange(0, 22, 2.2)]
    parts.append(around(Shape.join(signs), 4).moved(x=-9, y=-16))
    parts.append(both_sides(_pylon_wing(stone, shade).moved(x=18)))
    gate = wall_with(rectangle(9.6, 17, 0), rectangle(4.6, 12.5, 0), 5, stone, DARK)
    parts += [gate.moved(y=-1.6), box(11, 7.5, 1.4, stone, y=2, z=17)]
    king = _seated_king(shade, stone)
    parts.append(copies(king, [(-5.6 - 1.6, -7.5, 0), (7.2, -7.5, 0), (-14.5, -7.5, 0), (14.5, -7.5, 0)]))
    court = [row(column(13, 1.25, stone, 8), 6, (0, 6, 0)).moved(x=s * 12, y=26) for s in (-1, 1)]
    beams = [box(3, 34, 1.8, stone, x=s * 12, y=26, z=13) for s in (-1, 1)]
    walls = [box(1.5, 40, 9, stone, x=s * 24, y=26) for s in (-1, 1)]
    back = [box(49.5, 1.5, 9, stone, y=46), box(30, 12, 11, stone, y=40)]
    return assembled([*parts, *court, *beams, *walls, *back])


def _pylon_wing(stone: Material, shade: Material) -> Shape:
    """One half of the pylon, leaning inwards: cornice, two flagpoles in slots, rows of carved figures."""
    low, high = rectangle(27, 9), rectangle(23.5, 5.8)
    parts = [frustum(low, high, 0, 23, stone)]
    parts.append(
        loft(
            [np.column_stack([high * f, np.full(4, z)]) for f, z in ((1, 23), (1.0, 23.3), (1.1, 25))], stone
        )
    )
    lean = (9 - 5.8) / 2 / 23
    for x in (-6, 4.5):
        slot = box(1.5, 1.0, 17, shade, y=-0.1)
        slot = Shape(
            slot.vertices + slot.vertices[:, 2:] * [0, lean, 0],
            slot.built,
            slot.faces,
            slot.face_material,
            slot.materials,
        )
        parts.append(slot.moved(x=x, y=-4.5))
        parts.append(lathe([(0.32, 0), (0.2, 32)], Material((0.45, 0.3, 0.2), "wood"), 6).moved(x=x, y=-4.9))
        flag = np.array([[0.1, 28.4], [3.6, 29.0], [3.6, 31.2], [0.1, 31.8]])
        parts.append(slab(flag, -0.05, 0.05, Material((0.7, 0.15, 0.12))).moved(x=x, y=-4.9))
    for z, h in ((10, 6.5), (17.6, 3.6)):
        for x in np.arange(-9.5, 10, 2.7):
            if min(abs(x + 6), abs(x - 4.5)) > 1.6:
                figure = np.array(
                    [
                        [-0.55, 0],
                        [0.55, 0],
                        [0.3, 0.55],
                        [0.75, 0.72],
                        [0.2, 0.8],
                        [0.18, 1],
                        [-0.25, 1],
                        [-0.6, 0.7],
                    ]
                )
                parts.append(slab(figure * [1.1, h], -0.12, 0.2, shade).moved(x=x, y=-4.5 + lean * z, z=z))
    return Shape.join(parts)


def _seated_king(dark: Material, stone: Material) -> Shape:
    """A colossus of 8 m on its throne."""
    parts = [
        box(3.2, 4.2, 1.0, stone),
        box(2.8, 2.0, 3.2, stone, y=0.9, z=1),
        box(2.6, 0.6, 5.0, stone, y=1.7, z=1),
    ]
    parts += [box(0.9, 0.9, 2.4, stone, x=s * 0.7, y=-1.2, z=1) for s in (-1, 1)]
    parts += [box(2.5, 2.2, 0.9, stone, y=-0.4, z=3.2)]
    parts.append(lathe([(0.95, 4.0), (1.35, 6.3), (0.5, 6.7)], stone, SQUARE * [1, 0.6]).moved(y=0.6))
    parts += [
        lathe([(0.9, 5.9), (0.75, 7.6), (0.45, 8.0)], stone, 6).moved(y=0.7),
        box(0.7, 0.3, 0.9, dark, y=0.05, z=6.6),
    ]
    parts.append(lathe([(0.5, 7.9), (0.6, 8.9), (0.2, 9.6)], stone, 6).moved(y=0.7))
    return Shape.join(parts)
