"""Monuments: a statue in a harbor, a gate of the sun, a gate in the water, pyramids, a golden stupa.

Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.world_ornaments import SQUARE, balustrade, column, curved_roof, on_four_sides, oval, sphere
from sightlab.data.world_outlines import rectangle, regular, round_arch, star
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
    stairs,
    sweep,
)
from sightlab.data.world_walls import slab, span, wall_with

COPPER = Material((0.45, 0.61, 0.55), "metal", (0.37, 0.53, 0.47))
GRANITE = Material((0.70, 0.65, 0.57), "ashlar", (0.54, 0.5, 0.44), 1.5)
DARK = Material((0.10, 0.09, 0.08))


def harbor_lady() -> Shape:
    """A copper woman with a torch, 46 m, on a pedestal of 47 m that rises from a fort shaped like a star."""
    fort = [lathe([(1, 0), (0.97, 10)], GRANITE, star(11, 48, 34))]
    fort.append(lathe([(1, 10), (1, 11.2)], GRANITE, star(11, 47.5, 33.5)))
    fort.append(lathe([(20, 10), (19, 14)], GRANITE, SQUARE))
    window = wall_with(rectangle(14, 9, 0), rectangle(7, 7, 0.8), 1.5, GRANITE, DARK)
    shaft = [
        (11.8, 14),
        (11.0, 18),
        (10.6, 18),
        (9.2, 38),
        (10.4, 39.5),
        (10.4, 41),
        (8.4, 42),
        (8.0, 47),
        (8.8, 47.5),
    ]
    fort.append(lathe(shaft, GRANITE, SQUARE))
    posts = Shape.join([window, row(column(7, 0.55, GRANITE, 6), 4, (1.9, 0, 0)).moved(y=0.6, z=0.8)])
    fort.append(on_four_sides(posts.moved(z=27), 10.6))
    fort.append(on_four_sides(balustrade(20, 1.3, 12, GRANITE), 10.1).moved(z=41))
    shields = row(slab(regular(8, 0.9), -0.2, 0.2, GRANITE), 9, (2.1, 0, 0))
    fort.append(on_four_sides(shields.moved(z=39), 10.4))
    return assembled([*fort, _lady().moved(z=47)])


def _lady() -> Shape:
    """The statue, her feet on z = 0: the right arm up, a tablet in the left, seven rays around her head."""
    profile = [(5.2, 0), (4.7, 6), (4.5, 13), (4.0, 19), (4.3, 23), (4.4, 26.5), (3.3, 28.5), (1.3, 29.6)]
    parts = [_draped(profile)]
    parts.append(oval(sphere(2.0, COPPER, 10), 0.85, 1.0).moved(z=32.3))
    parts.append(lathe([(1.15, 28.8), (0.95, 31.5)], COPPER, 8))
    hair = oval(sphere(2.1, COPPER, 8), 1.0, 0.8).moved(y=0.7, z=32.0)
    crown = lathe([(1.9, 0), (2.15, 0.9)], COPPER, 10).moved(z=33.2)
    rays = [
        beam((0, 0, 34.1), (5.0 * np.sin(a), -0.8, 34.1 + 4.2 * np.cos(a)), 0.22, COPPER)
        for a in np.linspace(-1.25, 1.25, 7)
    ]
    parts += [hair, crown, *rays]
    arm = sweep([(-3.2, 0, 26.8), (-4.9, -0.2, 29.5), (-5.2, -0.4, 34), (-5.4, -0.5, 38)], 1.05, COPPER)
    sleeve = sweep([(-2.6, 0, 26.0), (-4.6, -0.1, 29.2), (-5.0, -0.2, 31.5)], 1.6, COPPER)
    torch = lathe([(0.5, 37), (0.7, 39.6), (1.9, 41), (1.9, 41.6), (1.0, 41.6)], COPPER, 8).moved(
        x=-5.4, y=-0.5
    )
    flame = Material((0.95, 0.75, 0.30), "metal", (0.8, 0.55, 0.15))
    fire = lathe([(0.9, 41.5), (1.25, 42.8), (0.7, 44.5), (0, 46.2)], flame, 7).moved(x=-5.4, y=-0.5)
    left = sweep([(3.3, 0, 26.5), (4.6, -0.6, 22.5), (3.4, -3.2, 20.5)], 1.1, COPPER)
    cloth = sweep([(3.2, 0, 26.6), (4.9, -0.4, 22.0), (4.9, 0.3, 13)], 1.4, COPPER)
    tablet = box(4.2, 0.7, 6.6, COPPER).turned(-28).moved(x=4.0, y=-3.2, z=19)
    sash = [sweep([(3.4, -2.4, 27.0), (0.5, -3.9, 23.5), (-3.2, -2.6, 17.5), (-3.8, -2.2, 9)], 0.5, COPPER)]
    return Shape.join([*parts, arm, sleeve, torch, fire, left, cloth, tablet, *sash])


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
    stone = Material((0.74, 0.63, 0.48), "ashlar", (0.55, 0.45, 0.33), 1.0)
    parts = [_arch_gate(stone)]
    for side, gaps in ((-1, (3, 4, 9)), (1, (2, 7, 8, 11))):
        standing = [i for i in range(14) if i not in gaps]
        spots = [(side * 8.5, 12 + 5.2 * i, 0) for i in standing]
        tall = Shape.join(
            [
                box(2.0, 2.0, 1.0, stone),
                column(9.2, 0.72, stone, 8).moved(z=1.0),
                box(0.9, 0.7, 0.5, stone, x=-side * 0.9, z=5.6),
            ]
        )
        parts.append(copies(tall, spots))
        stump = Shape.join([box(2.0, 2.0, 1.0, stone), lathe([(0.8, 1), (0.75, 3.2)], stone, 8)])
        parts.append(copies(stump, [(side * 8.5, 12 + 5.2 * i, 0) for i in gaps]))
        for i in standing:
            if i + 1 in standing:
                parts.append(box(1.5, 5.4, 1.3, stone, x=side * 8.5, y=14.6 + 5.2 * i, z=10.2))
    rng = np.random.default_rng(7)
    for _ in range(34):
        w, d, h = rng.uniform(0.6, 2.2, 3)
        block = box(w, d, 0.6 * h, stone).turned(rng.uniform(0, 90))
        parts.append(block.moved(x=rng.choice([-1, 1]) * rng.uniform(6, 20), y=rng.uniform(-9, 80)))
    for x, y, turn in ((-14, 24, 20), (13, 40, 75), (-13, 55, 50), (15, 8, 110)):
        drum = sweep([(-2.6, 0, 0.7), (2.6, 0, 0.7)], 0.7, stone, sides=8)
        parts.append(drum.turned(turn).moved(x=x, y=y))
    return assembled([Shape.join(parts).moved(y=-35)])


def _arch_gate(stone: Material) -> Shape:
    """20 m wide: a high arch between two low ones; the top of the right part has fallen."""
    deep = 4.2
    parts = [arch_top(6.6, 9.4, 14.6, deep, stone)]
    parts.append(arch_top(3.0, 5.8, 10.6, deep, stone).moved(x=-6.9))
    parts.append(arch_top(3.0, 5.8, 8.4, deep, stone).moved(x=6.9))
    for x, w, h in ((-4.35, 2.1, 14.6), (4.35, 2.1, 13.4), (-9.4, 2.0, 11.4), (9.4, 2.0, 9.2)):
        parts.append(box(w, deep, h, stone, x=x))
        parts += [box(0.9, 0.5, 0.86 * h, stone, x=x, y=s * (deep / 2 + 0.2)) for s in (-1, 1)]
        parts.append(box(w + 0.3, deep + 0.9, 0.7, stone, x=x, z=0.62 * h))
    parts += [
        box(9.2, deep + 1.0, 0.8, stone, x=-0.4, z=12.6),
        box(5.2, deep + 1, 1.1, stone, x=-1.6, z=14.6),
    ]
    parts.append(frustum(rectangle(2.4, 3.4), rectangle(1.2, 2.4), 15.7, 17.2, stone).moved(x=-2.6))
    parts += [box(1.4, 2.6, 1.3, stone, x=4.2, z=13.4), box(1.1, 1.9, 1.0, stone, x=9.2, z=9.2)]
    keystone = np.array([[-0.5, 8.6], [0.5, 8.6], [0.8, 10.8], [-0.8, 10.8]])
    parts.append(slab(keystone, -deep / 2 - 0.35, deep / 2 + 0.35, stone))
    for width, height, x in ((6.6, 9.4, 0), (3.0, 5.8, -6.9), (3.0, 5.8, 6.9)):
        arch = round_arch(width + 0.5, height + 0.25, 0, 12)[1:]
        path = np.column_stack([arch[:, 0] + x, np.zeros(len(arch)), arch[:, 1]])
        bands = [sweep(path, regular(4, 0.42), stone).moved(y=s * deep / 2) for s in (-1, 1)]
        parts += bands
    return Shape.join(parts)


def arch_top(width: float, height: float, top: float, depth: float, stone: Material) -> Shape:
    """The masonry over one round arch."""
    angle = np.linspace(np.pi, 0, 13)
    r = width / 2
    return span(r * np.cos(angle), height - r + r * np.sin(angle), np.full(13, top), depth, stone)


def miyara_gate() -> Shape:
    """A vermilion gate standing in the water, 16.5 m tall and 24 m wide, its upper beam curved."""
    red = Material((0.74, 0.25, 0.14), "wood", (0.63, 0.20, 0.11), 0.5, 0.25)
    thatch = Material((0.28, 0.22, 0.18), "tiles", (0.2, 0.16, 0.13), 0.4)
    white = Material((0.85, 0.84, 0.8))
    foot = lathe([(1.25, -2), (1.15, 1.2)], Material((0.45, 0.43, 0.4)), 10)
    leg = Shape.join([sweep([(0, 0, -1), (-0.55, 0, 13.2)], 0.95, red, sides=10), foot])
    parts = [both_sides(leg.moved(x=5.6))]
    for y in (-4.6, 4.6):
        prop = Shape.join(
            [
                lathe([(0.55, -1), (0.5, 8.4)], red, 8),
                box(1.5, 1.5, 0.4, thatch, z=8.4),
                lathe([(0.9, 8.8), (0, 9.6)], thatch, SQUARE),
            ]
        )
        parts.append(both_sides(prop.moved(x=5.7, y=y)))
    for z in (2.6, 7.0):
        parts += [box(0.45, 10.6, 0.75, red, x=s * 5.5, z=z) for s in (-1, 1)]
    parts += [
        box(14.6, 0.8, 1.3, red, z=8.7),
        box(14.9, 0.85, 0.2, white, z=9.4),
        box(1.6, 0.5, 2.9, thatch, z=10.0),
        box(1.2, 0.62, 2.4, white, z=10.25),
    ]
    parts += [box(1.0, 0.7, 3.2, red, x=s * 2.9, z=9.9) for s in (-1, 1)]
    x = np.linspace(-11.6, 11.6, 17)
    curve = 13.0 + 1.5 * (np.abs(x) / 11.6) ** 2.6
    for low, high, deep, width, material in (
        (0, 0.75, 1.3, 0.9, red),
        (0.75, 1.65, 1.7, 0.97, red),
        (1.65, 1.9, 2.3, 1.0, thatch),
        (1.9, 2.35, 1.2, 0.99, thatch),
    ):
        parts.append(span(x * width, curve + low, curve + high, deep, material))
    return assembled(parts)


def yangora_stupa() -> Shape:
    """A golden bell, 98 m, on terraces; rings, bud and umbrella; small stupas and four shrines around."""
    gold = Material((0.83, 0.64, 0.27), "metal", (0.70, 0.50, 0.18), 2.0)
    white = Material((0.88, 0.86, 0.80), "plaster", (0.75, 0.72, 0.66), 3.0)
    parts = [lathe([(60, 0), (60, 3.0)], white, 8), lathe([(46, 3), (45, 6.4)], white, 8)]
    notched = _notched_square()
    terraces = [(34, 6.4), (33, 10), (30.5, 10), (29.5, 13.5), (27, 13.5), (26, 17)]
    parts.append(lathe(terraces, gold, notched))
    octagons = [(24.5, 17), (24, 20), (22, 20), (21.5, 23), (19.6, 23), (19.2, 26)]
    parts.append(lathe(octagons, gold, 8))
    bell = [
        (18.8, 26),
        (19.2, 27.5),
        (17.8, 28.5),
        (17.0, 31),
        (15.4, 35),
        (12.8, 39.5),
        (10.6, 43),
        (9.8, 45.5),
        (10.4, 46),
        (9.9, 47),
    ]
    rings = [
        p
        for i in range(7)
        for p in ((9.2 - i, 47 + 2.4 * i), (8.9 - i, 48.7 + 2.4 * i), (7.9 - i, 48.9 + 2.4 * i))
    ]
    bud = [(3.0, 64), (4.4, 66), (3.0, 68), (2.2, 70), (3.3, 73), (3.0, 76), (1.4, 82), (0.8, 85)]
    parts.append(lathe(bell + rings + bud, gold, 24))
    umbrella = [
        p for i in range(5) for p in ((2.3 - 0.42 * i, 85 + 1.9 * i), (1.0 - 0.17 * i, 86.7 + 1.9 * i))
    ]
    parts.append(lathe([*umbrella, (0.15, 95), (0.1, 97), (0.5, 97.4), (0, 98.4)], gold, 12))
    small = lathe([(2.6, 0), (2.3, 1.5), (1.7, 1.6), (1.4, 3.2), (0.7, 4.4), (0.3, 6.5), (0.1, 9)], gold, 8)
    angle = np.deg2rad(np.arange(0, 360, 9))
    parts.append(
        copies(small, np.column_stack([40 * np.cos(angle), 40 * np.sin(angle), np.full(len(angle), 6.4)]))
    )
    parts.append(around(_shrine(gold).moved(y=-52, z=3), 4))
    stair = Shape.join([stairs(9, 7, 3, 6, white, y=-55), stairs(7, 5, 3.4, 6, white, y=-42, z=3)])
    parts.append(around(stair, 4, 22.5 * 2))
    return assembled(parts)


def _notched_square() -> np.ndarray:
    """A square whose corners step back, as an outline of half width 1."""
    quarter = [(-0.55, -1), (0.55, -1), (0.55, -0.9), (0.75, -0.9), (0.75, -0.75), (0.9, -0.75), (0.9, -0.55)]
    x, y = np.array(quarter).T
    return np.concatenate([np.stack(p, axis=1) for p in ((x, y), (-y, x), (-x, -y), (y, -x))])


def _shrine(gold: Material) -> Shape:
    """A pavilion on columns whose roof rises in five tiers to a needle."""
    red = Material((0.55, 0.14, 0.10))
    parts = [row(column(5, 0.35, red, 6), 4, (2.6, 0, 0)).moved(y=s * 3) for s in (-1, 1)]
    parts.append(box(8, 5.5, 4.6, Material((0.25, 0.16, 0.1)), y=0.2))
    for i in range(5):
        r = 5.4 - 0.95 * i
        roof = curved_roof((2 * r, 1.7 * r), (1.2 * r, r), 1.3, 0.6, gold, red, 2)
        parts += [roof.moved(z=5 + 1.9 * i), box(1.2 * r, r, 1.0, red, z=6 + 1.9 * i)]
    parts.append(lathe([(0.9, 14.2), (0.4, 16), (0, 20)], gold, 6))
    return Shape.join(parts)
