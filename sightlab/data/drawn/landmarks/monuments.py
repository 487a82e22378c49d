"""Monuments: a statue in a harbor, a ruined gate of the sun, a gate in the water.

Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.drawn.solids.ornaments import SQUARE, balustrade, column, on_four_sides, sphere
from sightlab.data.drawn.solids.outlines import rectangle, regular, round_arch, star
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import (
    assembled,
    beam,
    both_sides,
    box,
    copies,
    frustum,
    lathe,
    loft,
    row,
    stretched,
    sweep,
)
from sightlab.data.drawn.solids.walls import slab, span, wall_with

COPPER = Material((0.45, 0.61, 0.55), "metal", (0.37, 0.53, 0.47))
FLAME = Material((0.95, 0.75, 0.30), "metal", (0.8, 0.55, 0.15))
SAND = Material((0.74, 0.63, 0.48), "ashlar", (0.55, 0.45, 0.33), 1.0)
VERMILION = Material((0.74, 0.25, 0.14), "wood", (0.63, 0.20, 0.11), 0.5, 0.25)
THATCH = Material((0.28, 0.22, 0.18), "tiles", (0.2, 0.16, 0.13), 0.4)
WHITE = Material((0.85, 0.84, 0.80))
GRANITE = Material((0.70, 0.65, 0.57), "ashlar", (0.54, 0.5, 0.44), 1.5)
DARK = Material((0.10, 0.09, 0.08))


def harbor_lady() -> Shape:
    """A copper woman with a torch, 46 m, on a pedestal of 47 m that rises from a fort shaped like a star."""
    fort = [
        lathe([(1, 0), (0.97, 10)], GRANITE, star(11, 48, 34)),
        lathe([(1, 10), (1, 11.2)], GRANITE, star(11, 47.5, 33.5)),
        lathe([(20, 10), (19, 14)], GRANITE, SQUARE),
    ]
    return assembled([*fort, _pedestal(), _lady().moved(z=47)])


def _pedestal() -> Shape:
    """Its shaft grows thinner upwards, with a loggia, a row of shields and a balcony on every side."""
    low = [(11.8, 14), (11.0, 18), (10.6, 18), (9.2, 38), (10.4, 39.5)]
    high = [(10.4, 41), (8.4, 42), (8.0, 47), (8.8, 47.5)]
    loggia = wall_with(rectangle(14, 9, 0), rectangle(7, 7, 0.8), 1.5, GRANITE, DARK)
    posts = row(column(7, 0.55, GRANITE, 6), 4, (1.9, 0, 0)).moved(y=0.6, z=0.8)
    shields = row(slab(regular(8, 0.9), -0.2, 0.2, GRANITE), 9, (2.1, 0, 0))
    return Shape.join(
        [
            lathe(low + high, GRANITE, SQUARE),
            on_four_sides(Shape.join([loggia, posts]).moved(z=27), 10.6),
            on_four_sides(shields.moved(z=39), 10.4),
            on_four_sides(balustrade(20, 1.3, 12, GRANITE).moved(z=41), 10.1),
        ]
    )


def _lady() -> Shape:
    """The statue, her feet on z = 0: the right arm up, a tablet in the left, seven rays around her head."""
    robe = [(5.2, 0), (4.7, 6), (4.5, 13), (4.0, 19), (4.3, 23), (4.4, 26.5), (3.3, 28.5), (1.3, 29.6)]
    sash = [(3.4, -2.4, 27.0), (0.5, -3.9, 23.5), (-3.2, -2.6, 17.5), (-3.8, -2.2, 9)]
    left_arm = sweep([(3.3, 0, 26.5), (4.6, -0.6, 22.5), (3.4, -3.2, 20.5)], 1.1, COPPER)
    left_sleeve = sweep([(3.2, 0, 26.6), (4.9, -0.4, 22.0), (4.9, 0.3, 13)], 1.4, COPPER)
    tablet = box(4.2, 0.7, 6.6, COPPER).turned(-28).moved(x=4.0, y=-3.2, z=19)
    parts = [_draped(robe), sweep(sash, 0.5, COPPER), left_arm, left_sleeve, tablet]
    return Shape.join([*parts, _raised_torch(), _crowned_head()])


def _raised_torch() -> Shape:
    arm = sweep([(-3.2, 0, 26.8), (-4.9, -0.2, 29.5), (-5.2, -0.4, 34), (-5.4, -0.5, 38)], 1.05, COPPER)
    sleeve = sweep([(-2.6, 0, 26.0), (-4.6, -0.1, 29.2), (-5.0, -0.2, 31.5)], 1.6, COPPER)
    torch = lathe([(0.5, 37), (0.7, 39.6), (1.9, 41), (1.9, 41.6), (1.0, 41.6)], COPPER, 8)
    flame = lathe([(0.9, 41.5), (1.25, 42.8), (0.7, 44.5), (0, 46.2)], FLAME, 7)
    return Shape.join([arm, sleeve, Shape.join([torch, flame]).moved(x=-5.4, y=-0.5)])


def _crowned_head() -> Shape:
    tips = [(5.0 * np.sin(a), -0.8, 34.1 + 4.2 * np.cos(a)) for a in np.linspace(-1.25, 1.25, 7)]
    return Shape.join(
        [
            stretched(sphere(2.0, COPPER, 10), x=0.85).moved(z=32.3),
            lathe([(1.15, 28.8), (0.95, 31.5)], COPPER, 8),  # the neck
            stretched(sphere(2.1, COPPER, 8), y=0.8).moved(y=0.7, z=32.0),  # her hair
            lathe([(1.9, 0), (2.15, 0.9)], COPPER, 10).moved(z=33.2),
            *(beam((0, 0, 34.1), tip, 0.22, COPPER) for tip in tips),
        ]
    )


def _draped(profile: list[tuple[float, float]]) -> Shape:
    """A robe with folds: fewer and deeper towards the hem, oval, the left knee pushed forward."""
    angle = np.deg2rad(np.arange(0, 360, 12) - 90)
    rings = []
    for r, z in profile:
        fold = 1 + 0.09 * max(0.15, 1 - z / 26) * np.sin(10 * angle + 0.02 * z)
        knee = 0.8 * np.exp(-(((z - 11) / 5) ** 2)) * np.exp(-(((angle + np.pi / 2 - 0.5) / 0.5) ** 2))
        x, y = r * fold * np.cos(angle), (0.82 * r * fold + knee) * np.sin(angle)
        rings.append(np.column_stack([x, y, np.full(len(angle), z)]))
    return loft(rings, COPPER)


def palmar_sun_gate() -> Shape:
    """A ruined arch of three openings in golden stone; behind it a street of columns, many fallen."""
    streets = [_colonnade_ruin(-1, (3, 4, 9)), _colonnade_ruin(1, (2, 7, 8, 11))]
    return assembled([Shape.join([_arch_gate(), *streets, _rubble()]).moved(y=-35)])


def _colonnade_ruin(side: int, gaps: tuple[int, ...]) -> Shape:
    """One side of the street: 14 columns, stumps where there are gaps, beams where two neighbors stand."""
    place = [(side * 8.5, 12 + 5.2 * i, 0) for i in range(14)]
    standing = [i for i in range(14) if i not in gaps]
    base = box(2.0, 2.0, 1.0, SAND)
    bracket = box(0.9, 0.7, 0.5, SAND, x=-side * 0.9, z=5.6)
    tall = Shape.join([base, column(9.2, 0.72, SAND, 8).moved(z=1.0), bracket])
    stump = Shape.join([base, lathe([(0.8, 1), (0.75, 3.2)], SAND, 8)])
    beam_over = box(1.5, 5.4, 1.3, SAND, y=2.6, z=10.2)
    return Shape.join(
        [
            copies(tall, [place[i] for i in standing]),
            copies(stump, [place[i] for i in gaps]),
            copies(beam_over, [place[i] for i in standing if i + 1 in standing]),
        ]
    )


def _rubble() -> Shape:
    """Blocks and drums of columns that lie about."""
    rng, parts = np.random.default_rng(7), []
    for _ in range(34):
        w, d, h = rng.uniform(0.6, 2.2, 3)
        block = box(w, d, 0.6 * h, SAND).turned(rng.uniform(0, 90))
        parts.append(block.moved(x=rng.choice([-1, 1]) * rng.uniform(6, 20), y=rng.uniform(-9, 80)))
    drum = sweep([(-2.6, 0, 0.7), (2.6, 0, 0.7)], 0.7, SAND, sides=8)
    for x, y, turn in ((-14, 24, 20), (13, 40, 75), (-13, 55, 50), (15, 8, 110)):
        parts.append(drum.turned(turn).moved(x=x, y=y))
    return Shape.join(parts)


def _arch_gate() -> Shape:
    """20 m wide: a high arch between two low ones; the top of the right part has fallen."""
    deep = 4.2
    parts = []
    for x, width, height, top in ((0, 6.6, 9.4, 14.6), (-6.9, 3.0, 5.8, 10.6), (6.9, 3.0, 5.8, 8.4)):
        arch = round_arch(width + 0.5, height + 0.25, 0, 12)[1:]
        band = sweep(np.column_stack([arch[:, 0], 0 * arch[:, 0], arch[:, 1]]), regular(4, 0.42), SAND)
        faces = copies(band, [(0, -deep / 2, 0), (0, deep / 2, 0)])
        parts.append(Shape.join([arch_top(width, height, top, deep, SAND), faces]).moved(x=x))
    for x, width, height in ((-4.35, 2.1, 14.6), (4.35, 2.1, 13.4), (-9.4, 2.0, 11.4), (9.4, 2.0, 9.2)):
        parts.append(_gate_pier(width, deep, height).moved(x=x))
    keystone = np.array([[-0.5, 8.6], [0.5, 8.6], [0.8, 10.8], [-0.8, 10.8]])
    parts.append(slab(keystone, -deep / 2 - 0.35, deep / 2 + 0.35, SAND))
    broken_top = [
        box(9.2, deep + 1.0, 0.8, SAND, x=-0.4, z=12.6),
        box(5.2, deep + 1.0, 1.1, SAND, x=-1.6, z=14.6),
        frustum(rectangle(2.4, 3.4), rectangle(1.2, 2.4), 15.7, 17.2, SAND).moved(x=-2.6),
        box(1.4, 2.6, 1.3, SAND, x=4.2, z=13.4),
        box(1.1, 1.9, 1.0, SAND, x=9.2, z=9.2),
    ]
    return Shape.join([*parts, *broken_top])


def _gate_pier(width: float, deep: float, height: float) -> Shape:
    """Between two arches, with a pilaster on both faces and a ledge around it."""
    pilaster = box(0.9, 0.5, 0.86 * height, SAND, y=-deep / 2 - 0.2)
    ledge = box(width + 0.3, deep + 0.9, 0.7, SAND, z=0.62 * height)
    return Shape.join([box(width, deep, height, SAND), pilaster, pilaster.turned(180), ledge])


def arch_top(width: float, height: float, top: float, depth: float, stone: Material) -> Shape:
    """The masonry over one round arch."""
    angle = np.linspace(np.pi, 0, 13)
    r = width / 2
    return span(r * np.cos(angle), height - r + r * np.sin(angle), np.full(13, top), depth, stone)


def miyara_gate() -> Shape:
    """A vermilion gate standing in the water, 17 m tall and 23 m wide, its upper beam curved."""
    foot = lathe([(1.25, -2), (1.15, 1.2)], Material((0.45, 0.43, 0.4)), 10)
    leg = Shape.join([sweep([(0, 0, -1), (-0.55, 0, 13.2)], 0.95, VERMILION, sides=10), foot])
    prop = Shape.join(
        [
            lathe([(0.55, -1), (0.5, 8.4)], VERMILION, 8),
            box(1.5, 1.5, 0.4, THATCH, z=8.4),
            lathe([(0.9, 8.8), (0, 9.6)], THATCH, SQUARE),
        ]
    )
    ties = [box(0.45, 10.6, 0.75, VERMILION, x=5.5, z=z) for z in (2.6, 7.0)]
    right = [leg.moved(x=5.6), *(prop.moved(x=5.7, y=y) for y in (-4.6, 4.6)), *ties]
    struts = box(1.0, 0.7, 3.2, VERMILION, x=2.9, z=9.9)
    lower_beam = [box(14.6, 0.8, 1.3, VERMILION, z=8.7), box(14.9, 0.85, 0.2, WHITE, z=9.4)]
    plaque = [box(1.6, 0.5, 2.9, THATCH, z=10.0), box(1.2, 0.62, 2.4, WHITE, z=10.25)]
    return assembled([both_sides(*right, struts), *lower_beam, *plaque, _curved_beam()])


def _curved_beam() -> Shape:
    """Four layers on top of each other, turning up towards their ends; the roof reaches out furthest."""
    x = np.linspace(-11.6, 11.6, 17)
    curve = 13.0 + 1.5 * (np.abs(x) / 11.6) ** 2.6
    layers = (  # from, to, depth, share of the length
        (0.0, 0.75, 1.3, 0.9, VERMILION),
        (0.75, 1.65, 1.7, 0.97, VERMILION),
        (1.65, 1.9, 2.3, 1.0, THATCH),
        (1.9, 2.35, 1.2, 0.99, THATCH),
    )
    return Shape.join(span(x * f, curve + low, curve + high, deep, m) for low, high, deep, f, m in layers)
