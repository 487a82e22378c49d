"""Tall landmarks: a belfry over its hall, a skyscraper.

Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.drawn.landmarks.gothic_parts import flyer, pinnacle, portal, ring, windows
from sightlab.data.drawn.solids.ornaments import battlements, on_four_sides
from sightlab.data.drawn.solids.outlines import rectangle, round_arch
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import around, assembled, box, copies, frustum, lathe, row
from sightlab.data.drawn.solids.walls import gable, slab, wall_with

BRICK = Material((0.62, 0.51, 0.40), "brick", (0.47, 0.38, 0.30), 0.5)
TRIM = Material((0.74, 0.68, 0.56))
SLATE = Material((0.30, 0.32, 0.36), "tiles", (0.24, 0.25, 0.29), 0.6)
DARK = Material((0.09, 0.08, 0.08))
GOLD = Material((0.85, 0.66, 0.22), "metal", (0.6, 0.42, 0.12))
STEEL = Material((0.72, 0.75, 0.78), "metal", (0.5, 0.54, 0.58))
LIT = Material((0.95, 0.85, 0.55), "glow")


def bruyne_belfry() -> Shape:
    """A brick market hall, and out of its middle a belfry of 87 m: two square storeys below an octagon."""
    octagon = _octagon().moved(y=-8, z=58)
    return assembled([_market_hall(44, 30, 15), _square_storeys().moved(y=-8), octagon])


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


def _square_storeys() -> Shape:
    """A tower of 44 m with turrets at its corners, a narrower one of 14 m on top."""
    door = portal(7.5, 9, 2.2, TRIM, DARK, Material((0.25, 0.15, 0.1)), roof=0, figures=False)
    low = windows(3, 11, 9, (1.9, 6), 1.2, BRICK, DARK, lights=1).moved(z=17)
    middle = windows(2, 11, 14, (3.0, 11), 1.5, BRICK, DARK, steps=3).moved(z=29)
    high = windows(2, 8.6, 13, (2.4, 10.5), 1, BRICK, DARK, steps=3).moved(z=44.5)
    bands = [box(w, w, 0.9, TRIM, z=z) for z, w in ((16, 15.4), (27.5, 15.2), (43, 15.6))]
    turret = lathe([(1.5, 0), (1.5, 46), (1.9, 46.4), (1.9, 48), (0, 56)], BRICK, 8)
    corners = np.array([(s, t, 0) for s in (-1, 1) for t in (-1, 1)])
    return Shape.join(
        [
            box(13, 13, 44, BRICK),
            box(9.6, 9.6, 14, BRICK, z=44),
            door.moved(y=-8.4),
            on_four_sides(Shape.join([low, middle]), 6.5 + 0.95),
            on_four_sides(high, 4.8 + 0.95),
            on_four_sides(ring(1.9, 0.4, GOLD, 12).moved(z=41), 5.9),
            on_four_sides(battlements(13, 8, 1.2, TRIM).moved(z=44), 7),
            *bands,
            copies(turret, corners * 6.9),
            copies(pinnacle(1.5, 12, TRIM), corners * 5.1 + [0, 0, 56]),
        ]
    )


def _octagon() -> Shape:
    """The lantern: tall windows to eight sides, pinnacles, four flying arches, a low slate cap; 29 m."""
    return Shape.join(
        [
            lathe([(4.6, 0), (4.6, 21), (5.1, 21), (5.1, 22.2), (4.4, 22.2)], BRICK, 8),
            around(windows(1, 3.6, 20, (2.1, 17), 1, BRICK, DARK).moved(y=-5.2), 8),
            around(pinnacle(1.0, 7, TRIM).moved(x=4.9, z=21), 8, 22.5),
            around(flyer((4.4, 12), (7.0, 6), 0.6, TRIM), 4, 45),
            lathe([(3.4, 22), (3.4, 25.5), (0.3, 29)], SLATE, 8),
        ]
    )


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
    parts, z = [], 0.0
    for half, rise in ((13.5, 16), (11.6, 14), (9.6, 12), (7.4, 10.5), (5.2, 9)):
        vault = slab(round_arch(2 * half, rise + 0.35 * half, 0, 10), -half, half, STEEL)
        storey = [vault, vault.turned(90), on_four_sides(_rays(half, rise), half)]
        parts.append(Shape.join(storey).moved(z=z))
        z += 0.62 * rise
    needle = lathe([(4.5, z), (2.2, z + 10), (0.9, z + 20), (0.15, z + 42)], STEEL, 8)
    return Shape.join([*parts, needle])


def _rays(half: float, rise: float) -> Shape:
    """Five lit triangles that point outwards from the middle of an arch."""
    triangles = []
    for angle in np.deg2rad(np.arange(30, 151, 30)):
        out, side = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
        middle = [0, rise - 0.62 * half] + [0.7 * half, 0.72 * half] * out
        corners = [0.2 * out, 0.085 * side - 0.1 * out, -0.085 * side - 0.1 * out]
        triangles.append(slab(middle + half * np.array(corners), -0.08, 0.5, LIT))
    return Shape.join(triangles)
