"""A mosque of cascading domes, its courtyard and its minarets.

Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.drawn.solids.ornaments import column, on_rectangle, window_rows
from sightlab.data.drawn.solids.outlines import bowl, pointed_arch, rectangle, round_arch
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import around, assembled, both_sides, box, copies, lathe, row, stairs
from sightlab.data.drawn.solids.walls import slab, wall_with

STONE = Material((0.70, 0.69, 0.66), "ashlar", (0.52, 0.51, 0.49), 1.0)
LEAD = Material((0.45, 0.51, 0.57), "metal", (0.38, 0.43, 0.48), 1.2)
GOLD = Material((0.85, 0.68, 0.25), "metal", (0.65, 0.48, 0.15))
DARK = Material((0.09, 0.09, 0.11))


def istara_blue_mosque() -> Shape:
    """A dome of 43 m above four half-domes, a courtyard in front, six minarets with balconies."""
    parts = [_prayer_hall().moved(y=26), _courtyard().moved(y=-28)]
    tall, low = minaret(64, 3), minaret(54, 2)
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
    return Shape.join([_lower_blocks(), _upper_domes()])


def _lower_blocks() -> Shape:
    """The walls of the hall, 14 m tall, and a smaller block of 9 m on top."""
    storeys = [(1.2, 3.6, 1.6), (6.4, 2.6, 1.5), (10.6, 2.2, 1.5)]
    face = window_rows(53, 10, storeys, 14, STONE, DARK, arched=1)
    flank = window_rows(50, 9, storeys, 14, STONE, DARK, arched=2)
    upper = window_rows(42, 10, [(1.5, 3.4, 1.5)], 9, STONE, DARK, arched=0)
    return Shape.join(
        [
            box(53, 50, 14, STONE),
            on_rectangle(face, flank, 54.2, 51.2),
            box(55, 52, 0.6, STONE, z=13.8),
            box(44, 42, 9, STONE, z=14),
            on_rectangle(upper, upper, 45.2, 43.2).moved(z=14),
            box(46, 44, 0.6, STONE, z=22.8),
        ]
    )


def _upper_domes() -> Shape:
    """The great dome on its block, four half-domes with three small ones each, turrets in the corners."""
    corners = np.array([(s, t, 0.0) for s in (-1, 1) for t in (-1, 1)])
    turret = Shape.join(
        [
            box(5, 5, 14, STONE, z=14),
            lathe([(2.2, 14), (2.2, 27)], STONE, 8),
            leaded_dome(2.3, 2.4, STONE).moved(z=27),
        ]
    )
    corner_dome = leaded_dome(4.6, 4.2, STONE, drum=2.2, sides=12)
    arch = slab(round_arch(24, 31.5, 0, 12), -14.6, -14, STONE)
    field = slab(round_arch(23, 30.9, 0, 12), -14.7, -14.5, LEAD)
    niches = copies(half_dome(4.4, 4), [(-8.5, -20.5, 18.6), (8.5, -20.5, 18.6), (0, -21.5, 17.5)])
    side = Shape.join([half_dome(11.4, 9).moved(y=-13.4, z=22.6), arch, field, niches])
    return Shape.join(
        [
            copies(turret, corners * 13.6),
            copies(corner_dome, corners * [19.5, 18.5, 0] + [0, 0, 22.5]),
            around(side, 4),
            box(29, 29, 7, STONE, z=22),
            lathe([(15.5, 28.5), (13, 31)], STONE, 16),
            leaded_dome(12.2, 9.4, STONE, drum=4.6, sides=20).moved(z=30.6),
        ]
    )


def _courtyard() -> Shape:
    """An arcade under small domes around an open court 54 m wide, a gate in front, a fountain."""
    steps = 6.0 * (np.arange(9) - 4)
    rim = [(x, y, 0) for x in steps for y in steps if max(abs(x), abs(y)) > 23]
    wall = window_rows(54, 9, [(1.4, 2.6, 1.5), (5.4, 1.8, 1.4)], 9.2, STONE, DARK, arched=1)
    arch = wall_with(rectangle(6, 9, 0), pointed_arch(4.4, 7.6, 0, 0.6, 2), 3.5, STONE, DARK, back=False)
    roof = [box(54, 6, 0.7, STONE, y=-24, z=9), box(6, 54, 0.7, STONE, x=-24, z=9)]
    return Shape.join(
        [
            on_rectangle(wall, wall, 54, 54),
            around(row(arch, 7, (6, 0, 0)).turned(180).moved(y=-21), 4),
            *roof,
            *(part.turned(180) for part in roof),
            copies(leaded_dome(2.5, 1.9, STONE, sides=8).moved(z=9.4), rim),
            _court_gate(),
            _fountain(),
        ]
    )


def _court_gate() -> Shape:
    """A tall niche over the door, a dome above, five steps before it."""
    openings = [pointed_arch(5.6, 12, 0, 0.7), pointed_arch(3.6, 7.5, 0, 0.7)]
    return Shape.join(
        [
            wall_with(rectangle(11, 16, 0), openings, 3, STONE, DARK).moved(y=-28.4),
            box(9, 4, 15.5, STONE, y=-23.3),
            leaded_dome(3.4, 3, STONE, drum=1.4).moved(y=-26, z=15.6),
            stairs(12, 4, 1.2, 5, STONE, y=-28),
        ]
    )


def _fountain() -> Shape:
    basin, posts = (
        lathe([(3.6, 0), (3.6, 0.6)], STONE, 6),
        around(column(4.4, 0.25, STONE, 6).moved(x=2.8), 6),
    )
    return Shape.join([basin, posts, leaded_dome(3.4, 2.4, STONE, sides=6).moved(z=4.4)])


def minaret(height: float, balconies: int) -> Shape:
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
