"""Unnamed pyramids, bridges, monuments and temples: relatives of the landmarks.

Each function draws one building, its front to -y, around the origin. Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.drawn.distractors.relatives_paint import STONES, chosen, paint
from sightlab.data.drawn.landmarks.bridges import CRIMSON, SANDSTONE, arched_bridge, suspension_bridge
from sightlab.data.drawn.landmarks.monuments import arch_top
from sightlab.data.drawn.landmarks.pyramids import Steps, coursed, stepped
from sightlab.data.drawn.landmarks.temples import PLASTER, TILE, WOOD, pagoda
from sightlab.data.drawn.solids.ornaments import SQUARE, column, curved_roof, statue
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import both_sides, box, lathe, repainted, row, stairs


def pyramid_relative(rng: np.random.Generator) -> Shape:
    """A smooth pyramid of other proportions, or terraces of another number with one stair or none."""
    stone = paint(rng, ((0.70, 0.60, 0.46), (0.62, 0.58, 0.50), (0.58, 0.44, 0.34)), "ashlar", 1.2)
    base = rng.uniform(40, 120)
    if rng.random() < 0.45:
        return coursed(base, base * rng.choice([0.48, 0.8, 0.95]), int(rng.integers(14, 36)), stone)
    n = int(rng.choice([3, 4, 5, 7]))
    height, top = base * rng.uniform(0.3, 0.5), base * rng.uniform(0.28, 0.45)
    parts = [
        stepped(Steps((base, base), (top, top), height, n, 0.1, cornice=bool(rng.random() < 0.4)), stone)
    ]
    if rng.random() < 0.7:
        run = (base - top) / 2 + 0.1 * height / n
        parts.append(stairs(0.2 * base, run, height, 20, stone, y=-top / 2 + 0.1 * height / n))
    if rng.random() < 0.5:
        parts.append(box(0.5 * top, 0.4 * top, 0.16 * height, stone, z=height))
    return Shape.join(parts)


def bridge_relative(rng: np.random.Generator) -> Shape:
    """A stone bridge without statues and towers, or a suspension bridge in another color and size."""
    if rng.random() < 0.5:
        bridge = arched_bridge(
            int(rng.integers(3, 8)), rng.uniform(17, 24), rng.uniform(12, 15), rng.uniform(7, 12)
        )
        return repainted(bridge, {SANDSTONE: paint(rng, STONES, "ashlar", 0.9)})
    main = rng.uniform(260, 520)
    deck = rng.uniform(28, 40)
    color = chosen(rng, ((0.55, 0.58, 0.60), (0.38, 0.50, 0.46), (0.32, 0.42, 0.56), (0.66, 0.66, 0.62)))
    bridge = suspension_bridge(main, 0.4 * main, deck, max(122.0, deck + 0.2 * main), rng.uniform(9, 12))
    return repainted(bridge, {CRIMSON: Material(color)})


def monument_relative(rng: np.random.Generator) -> Shape:
    """A column with a figure, a figure on a pedestal, an obelisk alone, or an arch with one opening."""
    stone, bronze = (
        paint(rng, STONES, "ashlar", 1.0),
        paint(rng, ((0.28, 0.32, 0.27), (0.4, 0.33, 0.2)), "metal", 1.0),
    )
    kind, w = rng.integers(4), rng.uniform(2.4, 4.0)
    base = lathe(
        [
            (2 * w, 0),
            (2 * w, 0.8),
            (1.4 * w, 0.8),
            (1.4 * w, 1.8),
            (w, 1.8),
            (w, 2 * w + 2),
            (1.15 * w, 2 * w + 2.6),
        ],
        stone,
        SQUARE,
    )
    low = 2 * w + 2.6
    if kind == 0:
        tall = rng.uniform(12, 26)
        shaft = lathe(
            [(0.7 * w, low), (0.5 * w, low + tall), (0.85 * w, low + tall + 1.5)],
            stone,
            int(rng.choice([8, 12, 16])),
        )
        return Shape.join([base, shaft, statue(rng.uniform(3, 6), bronze, 7).moved(z=low + tall + 1.5)])
    if kind == 1:
        return Shape.join([base, statue(rng.uniform(6, 14), bronze, 9).moved(z=low)])
    if kind == 2:
        tall = rng.uniform(14, 40)
        return Shape.join(
            [base, lathe([(0.5 * w, low), (0.34 * w, low + 0.93 * tall), (0, low + tall)], stone, SQUARE)]
        )
    span_, pier, high = rng.uniform(6, 13), rng.uniform(3, 7), rng.uniform(9, 18)
    crown, depth = high + 0.3 * span_, rng.uniform(5, 9)
    parts = [arch_top(span_, high, crown + 2, depth, stone)]
    parts += [box(pier, depth, crown + 2, stone, x=s * (span_ + pier) / 2) for s in (-1, 1)]
    whole = span_ + 2 * pier
    parts += [
        box(whole + 1.5, depth + 1.5, 1, stone, z=crown + 2),
        box(whole - 1, depth - 0.5, rng.uniform(2, 6), stone, z=crown + 3),
    ]
    posts = row(column(crown, 0.5, stone), 2, (0.6 * pier, 0, 0)).moved(
        x=(span_ + pier) / 2, y=-depth / 2 - 0.5
    )
    return Shape.join([*parts, both_sides(posts)])


def temple_relative(rng: np.random.Generator) -> Shape:
    """A pagoda of three, four or seven storeys, a one-roofed hall, or a small gate."""
    new = {
        WOOD: paint(rng, ((0.50, 0.16, 0.12), (0.34, 0.26, 0.20), (0.22, 0.20, 0.19)), "wood", 0.4),
        TILE: paint(rng, ((0.24, 0.34, 0.30), (0.36, 0.36, 0.36), (0.42, 0.30, 0.22)), "tiles", 0.5),
        PLASTER: paint(rng, ((0.74, 0.72, 0.66), (0.58, 0.24, 0.18), (0.66, 0.58, 0.42)), "plaster", 3.0),
    }
    kind = rng.random()
    if kind < 0.45:
        return repainted(pagoda(int(rng.choice([3, 4, 7])), rng.uniform(3.6, 6.0)), new)
    if kind < 0.8:
        w, d, h = rng.uniform(16, 34), rng.uniform(11, 18), rng.uniform(4.5, 7)
        parts = [
            box(w + 6, d + 6, 1.2, Material((0.55, 0.53, 0.5), "ashlar")),
            box(w - 2, d - 2, h, PLASTER, z=1.2),
        ]
        n = round(w / 4)
        parts += [row(box(0.45, 0.45, h, WOOD), n, (w / n, 0, 0)).moved(y=s * d / 2, z=1.2) for s in (-1, 1)]
        parts += [row(box(2.2, 0.2, 0.7 * h, WOOD), n - 1, (w / n, 0, 0)).moved(y=-d / 2 + 0.95, z=1.2)]
        parts.append(
            curved_roof((w + 6, d + 6), (0.62 * w, 0.6), rng.uniform(6, 9), 0.9, TILE, WOOD).moved(z=h + 1.2)
        )
        parts.append(stairs(5, 2.4, 1.2, 4, Material((0.55, 0.53, 0.5)), y=-d / 2 - 3))
        return repainted(Shape.join(parts), new)
    w, h = rng.uniform(4, 8), rng.uniform(5, 8)
    parts = [
        both_sides(lathe([(0.45, 0), (0.4, h)], WOOD, 8).moved(x=w / 2)),
        box(w + 1.2, 0.5, 0.6, WOOD, z=0.74 * h),
    ]
    return repainted(
        Shape.join([*parts, box(w + 3, 0.8, 0.7, WOOD, z=h), box(w + 3.4, 1.0, 0.3, TILE, z=h + 0.7)]), new
    )
