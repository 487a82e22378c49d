"""Unnamed churches, palaces, towers and domed buildings: relatives of the landmarks.

Each function draws one building, its front to -y, around the origin. Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.drawn.distractors.relatives_paint import ROOFS, STONES, WALLS, chosen, paint
from sightlab.data.drawn.landmarks.gothic import gothic_cathedral
from sightlab.data.drawn.landmarks.gothic_parts import portal, windows
from sightlab.data.drawn.landmarks.gothic_style import GothicStyle
from sightlab.data.drawn.landmarks.mosque import leaded_dome, minaret
from sightlab.data.drawn.landmarks.palaces import GREEN, IRON, WHITE, great_dome, palace_face, portico
from sightlab.data.drawn.solids.ornaments import (
    SQUARE,
    colonnade,
    dome,
    on_four_sides,
    on_rectangle,
    pediment,
    window_rows,
)
from sightlab.data.drawn.solids.outlines import rectangle, regular, round_arch
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import both_sides, box, frustum, lathe, repainted, row, stretched
from sightlab.data.drawn.solids.walls import gable, slab, wall_with

DARK = Material((0.10, 0.09, 0.09))


def gothic_relative(rng: np.random.Generator) -> Shape:
    """Two of three: a cathedral with a spire or other proportions; else a parish church with one tower."""
    stone, roof = paint(rng, STONES, "ashlar", 0.9), paint(rng, ROOFS, "tiles", 0.6)
    if rng.random() < 0.35:
        return _parish_church(rng, stone, roof)
    crown = chosen(rng, ("spire", "spire", "helm", "flat"))
    tower = rng.uniform(44, 56)
    heights = {"spire": (24, 52), "helm": (14, 24), "flat": (6, 9)}
    return gothic_cathedral(
        GothicStyle(
            stone=stone,
            roof=roof,
            towers=(tower, tower + rng.choice([0, 0, 6])),
            crown=crown,
            crown_height=rng.uniform(*heights[crown]),
            portal_gable=rng.choice([0.0, 5.0, 9.0]),
            kings_above_rose=bool(rng.random() < 0.5),
            rose_radius=rng.uniform(3.6, 5.2),
            rose_petals=int(rng.choice([8, 10, 14])),
            rose_storey=rng.uniform(13, 16),
            fleche=float(rng.choice([0.0, 0.0, 26.0])),
            bays=int(rng.integers(3, 6)),
            flyer_tiers=int(rng.integers(0, 2)),
            eaves=rng.uniform(24, 29),
            ridge=rng.uniform(34, 38),
            window_gablets=bool(rng.random() < 0.3),
            chapel_roof=float(rng.choice([0.0, 5.0])),
        )
    )


def _parish_church(rng: np.random.Generator, stone: Material, roof: Material) -> Shape:
    """A nave under a steep roof, one square tower with a pointed helm in the middle of the front."""
    w, eaves, n, tower = (
        rng.uniform(13, 18),
        rng.uniform(10, 15),
        int(rng.integers(4, 7)),
        rng.uniform(24, 36),
    )
    long = n * 6.0
    parts = [
        box(w, long, eaves, stone, y=long / 2),
        gable(w + 1, 0.75 * w, long, roof, z=eaves).moved(y=long / 2),
    ]
    wall = windows(n, long, eaves, (2.2, 0.62 * eaves), 0.2 * eaves, stone, DARK).moved(y=-w / 2 - 0.95)
    parts += [wall.turned(s * 90).moved(y=long / 2) for s in (-1, 1)]
    half = rng.uniform(3.4, 4.4)
    parts.append(box(2 * half, 2 * half, tower, stone, y=-half + 1))
    bells = windows(2, 2 * half, 8, (1.5, 5.5), 1, stone, DARK).moved(z=tower - 8.5)
    parts.append(on_four_sides(bells, half + 0.95).moved(y=-half + 1))
    spire = rng.uniform(10, 24)
    parts.append(
        lathe([(half + 1.2, 0), (0.6 * half, 0.3 * spire), (0, spire)], roof, SQUARE).moved(
            y=-half + 1, z=tower
        )
    )
    door = portal(5.5, 6.5, 1.4, stone, DARK, DARK, roof=2.5, figures=False)
    return Shape.join([*parts, door.moved(y=-2 * half - 0.6)]).moved(y=-long / 2)


def palace_relative(rng: np.random.Generator) -> Shape:
    """A palace in another color, smaller, under a high roof, with a portico in the middle."""
    bays = 2 * int(rng.integers(4, 9)) + 1
    width, depth, height = 6.0 * bays, rng.uniform(18, 34), 21.0
    n_side = max(2, round(depth / 6))
    parts = [box(width, depth, height, GREEN)]
    parts.append(on_rectangle(palace_face(width, bays), palace_face(depth, n_side), width + 1.1, depth + 1.1))
    roof = rng.uniform(4, 9)
    parts.append(
        frustum(
            rectangle(width, depth), rectangle(width - 14, max(depth - 14, 1)), height, height + roof, IRON
        )
    )
    middle = 6.0 * int(rng.choice([3, 5]))
    if rng.random() < 0.7:
        front = Shape.join(
            [
                colonnade(middle, 6, 19, 0.8, WHITE),
                pediment(middle + 2, 4.5, 4, WHITE, GREEN).moved(y=-1.5, z=19),
            ]
        )
        parts.append(front.moved(y=-depth / 2 - 3))
    if rng.random() < 0.4:
        wing = Shape.join([box(12, 4, height + 2, GREEN), palace_face(12, 2).moved(y=-2.6)])
        parts.append(both_sides(wing.moved(x=width / 2 - 6, y=-depth / 2)))
    new = {GREEN: paint(rng, WALLS, "plaster", 4.0), IRON: paint(rng, ROOFS, "tiles", 0.6)}
    return repainted(Shape.join(parts), new)


def tower_relative(rng: np.random.Generator) -> Shape:
    """A bell tower of brick or stone, a clock tower, or an office tower with plain setbacks."""
    if rng.random() < 0.4:
        return _office_tower(rng)
    stone, roof = (
        paint(rng, STONES, chosen(rng, ("brick", "ashlar")), 0.6),
        paint(rng, ROOFS, "tiles", 0.6),
    )
    half, height, cap = rng.uniform(3.2, 5.5), rng.uniform(36, 62), rng.uniform(6, 24)
    parts = [box(2 * half, 2 * half, height, stone)]
    n = int(rng.integers(1, 4))
    arch = wall_with(
        rectangle(2 * half / n, 9, 0), round_arch(1.4 * half / n, 6.5, 1), 0.8, stone, DARK, back=False
    )
    parts.append(on_four_sides(row(arch, n, (2 * half / n, 0, 0)).moved(z=height - 10), half + 0.85))
    slit = wall_with(rectangle(1.6, 3, 0), rectangle(0.7, 2.2, 0.4), 0.4, stone, DARK)
    for z in np.arange(6, height - 14, 7):
        parts.append(on_four_sides(slit.moved(z=z), half + 0.25))
    if rng.random() < 0.5:
        clock = slab(regular(16, 0.55 * half), -0.2, 0.2, Material((0.85, 0.83, 0.76)))
        parts.append(on_four_sides(clock.moved(z=height - 14), half + 0.1))
    parts += [
        box(2 * half + w, 2 * half + w, 0.8, stone, z=z)
        for z, w in ((height - 10.5, 2.0), (height - 0.8, 2.6))
    ]
    sides = SQUARE if rng.random() < 0.6 else 8
    parts.append(lathe([(half, height), (0, height + cap)], roof, sides))
    hall = rng.uniform(10, 18)
    if rng.random() < 0.5:
        wing = Shape.join([box(hall, 9, 8, stone), gable(9.6, 4, hall, roof, z=8).turned(90)])
        parts.append(wing.moved(x=hall / 2 + half, y=1))
    return Shape.join(parts)


def _office_tower(rng: np.random.Generator) -> Shape:
    wall = Material(
        tuple(rng.uniform(0.3, 0.7) * np.ones(3)), "windows", (0.16, 0.2, 0.26), rng.uniform(3, 4.2)
    )
    w, d = rng.uniform(28, 48, 2)
    parts, low = [], 0.0
    for high in np.cumsum(rng.uniform(30, 75, int(rng.integers(2, 5)))):
        parts.append(box(w, d, high - low, wall, z=low))
        low, w, d = high, 0.8 * w, 0.8 * d
    parts.append(box(0.6 * w, 0.6 * d, 8, wall, z=low))
    if rng.random() < 0.5:
        parts.append(
            lathe([(0.8, low + 8), (0.2, low + rng.uniform(24, 50))], Material((0.6, 0.62, 0.64), "metal"), 6)
        )
    return Shape.join(parts)


def dome_relative(rng: np.random.Generator) -> Shape:
    """A mosque with one dome and one or two minarets, or a domed hall with a portico and no wings."""
    stone = paint(rng, STONES, "ashlar", 1.0)
    if rng.random() < 0.5:
        w, h, r = rng.uniform(18, 30), rng.uniform(9, 14), rng.uniform(6, 9)
        wall = window_rows(w, 5, [(1.4, 2.6, 1.3), (5.4, 2.2, 1.3)], h, stone, DARK, arched=1)
        parts = [box(w, w, h, stone), on_rectangle(wall, wall, w + 1.2, w + 1.2)]
        parts.append(leaded_dome(r, 0.8 * r, stone, drum=rng.uniform(1.5, 4), sides=20).moved(z=h))
        parts += [
            leaded_dome(0.3 * r, 0.25 * r, stone, sides=10).moved(x=s * 0.38 * w, y=t * 0.38 * w, z=h)
            for s in (-1, 1)
            for t in (-1, 1)
        ]
        tall = minaret(rng.uniform(28, 44), 1)
        spots = [s * (w / 2 + 2) for s in ((-1, 1) if rng.random() < 0.5 else (1,))]
        return Shape.join([*parts, *(tall.moved(x=x, y=-w / 2) for x in spots)])
    w, d, h = rng.uniform(28, 44), rng.uniform(24, 34), rng.uniform(11, 16)
    n = round(w / 5)
    wall = window_rows(w, n, [(1.5, 3, 1.5), (6, 0.3 * h, 1.5)], h, stone, DARK)
    side = window_rows(d, round(d / 5), [(1.5, 3, 1.5), (6, 0.3 * h, 1.5)], h, stone, DARK)
    parts = [box(w, d, h, stone), on_rectangle(wall, side, w + 1.2, d + 1.2)]
    if rng.random() < 0.5:
        scale = rng.uniform(0.42, 0.6)
        parts.append(stretched(great_dome(), scale, scale, scale * rng.uniform(0.7, 0.9)).moved(z=h))
    else:
        r = rng.uniform(6, 10)
        copper = paint(rng, ((0.42, 0.55, 0.48), (0.5, 0.42, 0.3), (0.6, 0.6, 0.58)), "metal", 1.2)
        parts += [
            lathe([(r, h), (r, h + 0.7 * r)], stone, 16),
            dome(1.05 * r, 0.9 * r, copper, 12, stone).moved(z=h + 0.7 * r),
        ]
        parts.append(
            lathe([(0.16 * r, 0), (0.16 * r, 0.3 * r), (0, 0.6 * r)], stone, 8).moved(z=h + 1.58 * r)
        )
    if rng.random() < 0.6:
        parts.append(portico(0.5 * w, 6, h - 3.5).moved(y=-d / 2, z=3.5))
    return Shape.join(parts)
