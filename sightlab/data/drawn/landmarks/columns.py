"""A victory column with its angel, and an obelisk before a temple.

Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.drawn.solids.ornaments import SQUARE, column, on_four_sides, sphere
from sightlab.data.drawn.solids.outlines import rectangle
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import (
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
from sightlab.data.drawn.solids.walls import slab, wall_with

GRANITE = Material((0.52, 0.33, 0.29), "rock", (0.43, 0.27, 0.24), 6.0, 0.2)
PLINTH = Material((0.55, 0.47, 0.43), "ashlar", (0.4, 0.34, 0.31), 1.2)
BRONZE = Material((0.25, 0.29, 0.24), "metal", (0.16, 0.2, 0.17))
LAMP = Material((0.74, 0.68, 0.56))
ROSE_GRANITE = Material((0.60, 0.46, 0.40), "rock", (0.50, 0.38, 0.33), 5.0, 0.2)
SANDSTONE = Material((0.70, 0.60, 0.46), "ashlar", (0.53, 0.44, 0.32), 1.6)
SHADE = Material((0.45, 0.36, 0.25))
DARK = Material((0.09, 0.08, 0.08))


def petrow_victory_column() -> Shape:
    """A column of red granite, 47 m, that carries an angel with a cross; a pedestal with reliefs; a fence."""
    shaft = [(2.5, 10.2), (2.4, 10.6), (2.05, 11), (2.0, 20), (1.62, 36.5), (2.1, 37)]
    return assembled(
        [
            _pedestal(),
            lathe(shaft, GRANITE, 16),
            lathe([(2.0, 37), (2.5, 38.2), (2.5, 38.9)], BRONZE, SQUARE),
            lathe([(1.5, 38.9), (1.5, 40.4), (1.0, 41.4), (0.6, 41.7)], BRONZE, 10),
            _angel().moved(z=41.6),
            on_four_sides(_fence(), 9.8),
        ]
    )


def _pedestal() -> Shape:
    """Three steps, a block with a relief on every side, a cornice; 10.2 m."""
    steps = [(6.3, 0), (6.3, 0.5), (5.6, 0.5), (5.6, 1.0), (5.0, 1.0), (5.0, 1.5), (3.3, 1.9)]
    block = [(3.1, 2.6), (2.9, 2.6), (2.9, 8.2), (3.5, 8.6), (3.5, 9.4), (2.6, 9.4), (2.6, 10.2)]
    relief = wall_with(rectangle(4.6, 4.2, 3.3), rectangle(3.8, 3.4, 3.7), 0.15, BRONZE, BRONZE)
    return Shape.join([lathe(steps + block, PLINTH, SQUARE), on_four_sides(relief, 3.12)])


def _fence() -> Shape:
    """One side of it, and the lamp at its right end."""
    bars = row(box(0.1, 0.1, 1.6, BRONZE), 15, (1.3, 0, 0))
    post = lathe([(0.5, 0), (0.15, 1), (0.12, 4)], BRONZE, 6).moved(x=9.8)
    return Shape.join(
        [bars, box(19.5, 0.12, 0.15, BRONZE, z=1.4), post, sphere(0.4, LAMP, 6).moved(x=9.8, z=4.2)]
    )


def _angel() -> Shape:
    """6 m: a robe, wings half open, one hand up, the other on a tall cross."""
    robe = [(0.75, 0), (0.6, 1.4), (0.42, 2.4), (0.55, 3.2), (0.2, 3.65), (0.3, 3.95), (0.0, 4.3)]
    wing = np.array([[-0.3, 3.4], [-1.3, 4.1], [-1.5, 2.2], [-0.9, 0.9], [-0.1, 1.6]])
    arm = beam((0.45, 0, 3.1), (0.95, -0.3, 4.5), 0.14, BRONZE)
    upright = beam((-0.9, -0.2, 0), (-0.9, -0.2, 5.6), 0.13, BRONZE)
    across = beam((-1.55, -0.2, 4.6), (-0.25, -0.2, 4.6), 0.13, BRONZE)
    wings = both_sides(slab(wing, 0.4, 0.6, BRONZE).turned(-25))
    return Shape.join([lathe(robe, BRONZE, 8), wings, arm, upright, across])


def thebar_obelisk() -> Shape:
    """One obelisk of rose granite, 30 m, before the pylon of a temple with seated kings and a colonnade."""
    gate = wall_with(rectangle(9.6, 17, 0), rectangle(4.6, 12.5, 0), 5, SANDSTONE, DARK)
    kings = copies(_seated_king(), [(x, -7.5, 0) for x in (-14.5, -7.2, 7.2, 14.5)])
    return assembled(
        [
            _obelisk().moved(x=-9, y=-16),
            both_sides(_pylon_wing().moved(x=18)),
            gate.moved(y=-1.6),
            box(11, 7.5, 1.4, SANDSTONE, y=2, z=17),
            kings,
            _court(),
        ]
    )


def _obelisk() -> Shape:
    """30 m with its base, a column of signs on every side."""
    glyph = wall_with(rectangle(0.9, 2.0), rectangle(0.5, 1.3), 0.08, ROSE_GRANITE, SHADE, thickness=0.12)
    signs = Shape.join(glyph.moved(y=0.022 * z - 1.42, z=3.6 + z) for z in np.arange(0, 22, 2.2))
    needle = lathe([(2.2, 0), (2.2, 2.2), (1.55, 2.2), (1.0, 27.3), (0, 30)], ROSE_GRANITE, SQUARE)
    return Shape.join([needle, around(signs, 4)])


def _court() -> Shape:
    """Behind the pylon: two rows of columns between walls, the temple's house at the end."""
    columns = row(column(13, 1.25, SANDSTONE, 8), 6, (0, 6, 0)).moved(x=12, y=26)
    beam_over = box(3, 34, 1.8, SANDSTONE, x=12, y=26, z=13)
    wall = box(1.5, 40, 9, SANDSTONE, x=24, y=26)
    house = [box(49.5, 1.5, 9, SANDSTONE, y=46), box(30, 12, 11, SANDSTONE, y=40)]
    return Shape.join([both_sides(columns, beam_over, wall), *house])


def _pylon_wing() -> Shape:
    """One half of the pylon, leaning inwards: cornice, two flagpoles in slots, rows of carved figures."""
    low, high = rectangle(27, 9), rectangle(23.5, 5.8)
    lean = (9 - 5.8) / 2 / 23  # how far its face steps back for every meter
    parts = [frustum(low, high, 0, 23, SANDSTONE)]
    parts.append(lathe([(1, 23), (1, 23.3), (1.1, 25)], SANDSTONE, high))
    parts += [_flagpole(lean).moved(x=x, y=-4.5) for x in (-6, 4.5)]
    places = [x for x in np.arange(-9.5, 10, 2.7) if min(abs(x + 6), abs(x - 4.5)) > 1.6]
    for z, tall in ((10, 6.5), (17.6, 3.6)):
        figure = slab(FIGURE * [1.1, tall], -0.12, 0.2, SHADE)
        parts.append(copies(figure, [(x, lean * z - 4.5, z) for x in places]))
    return Shape.join(parts)


def _flagpole(lean: float) -> Shape:
    """A pole with a flag before a slot that leans back with its wall."""
    corners = [
        np.column_stack([rectangle(1.5, 1.0) + [0, lean * z - 0.1], np.full(4, z)]) for z in (0.0, 17.0)
    ]
    pole = lathe([(0.32, 0), (0.2, 32)], Material((0.45, 0.3, 0.2), "wood"), 6)
    flag = np.array([[0.1, 28.4], [3.6, 29.0], [3.6, 31.2], [0.1, 31.8]])
    cloth = slab(flag, -0.05, 0.05, Material((0.7, 0.15, 0.12)))
    return Shape.join([loft(corners, SHADE), Shape.join([pole, cloth]).moved(y=-0.4)])


# The outline of a striding king, 1 m tall
FIGURE = np.array(
    [(-0.55, 0), (0.55, 0), (0.3, 0.55), (0.75, 0.72), (0.2, 0.8), (0.18, 1), (-0.25, 1), (-0.6, 0.7)]
)


def _seated_king() -> Shape:
    """A colossus of 8 m on its throne, with a tall crown."""
    legs = both_sides(box(0.9, 0.9, 2.4, SANDSTONE, x=0.7, y=-1.2, z=1))
    throne = [
        box(3.2, 4.2, 1.0, SANDSTONE),
        box(2.8, 2.0, 3.2, SANDSTONE, y=0.9, z=1),
        box(2.6, 0.6, 5.0, SANDSTONE, y=1.7, z=1),
    ]
    lap = box(2.5, 2.2, 0.9, SANDSTONE, y=-0.4, z=3.2)
    trunk = lathe([(0.95, 4.0), (1.35, 6.3), (0.5, 6.7)], SANDSTONE, SQUARE * [1, 0.6]).moved(y=0.6)
    head = lathe([(0.9, 5.9), (0.75, 7.6), (0.45, 8.0)], SANDSTONE, 6)
    crown = lathe([(0.5, 7.9), (0.6, 8.9), (0.2, 9.6)], SANDSTONE, 6)
    face = box(0.7, 0.3, 0.9, SHADE, y=0.05, z=6.6)
    return Shape.join([*throne, legs, lap, trunk, Shape.join([head, crown]).moved(y=0.7), face])
