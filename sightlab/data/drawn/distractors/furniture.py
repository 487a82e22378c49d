"""Furniture and food, each around the origin on z = 0: what rooms of the drawn world are filled with.

What stands against a wall has its back at y = 0; what is sat on or read looks towards -y.
Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.drawn.solids.plants import plant
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import beam, box, lathe, stretched
from sightlab.data.drawn.solids.terrain import blob

WOODS = tuple(
    Material(c, "wood", tuple(0.7 * v for v in c), scale=0.4)
    for c in ((0.45, 0.29, 0.17), (0.70, 0.54, 0.35), (0.26, 0.17, 0.12), (0.86, 0.84, 0.80))
)
CLOTHS = tuple(
    Material(c, "plain", tuple(0.75 * v for v in c), scale=0.4, detail=0.5)
    for c in (
        (0.60, 0.18, 0.16),
        (0.24, 0.34, 0.50),
        (0.50, 0.52, 0.42),
        (0.80, 0.74, 0.62),
        (0.36, 0.34, 0.36),
    )
)
BRIGHT = tuple(
    Material(c)
    for c in (
        (0.80, 0.22, 0.18),
        (0.18, 0.40, 0.65),
        (0.90, 0.72, 0.22),
        (0.25, 0.50, 0.32),
        (0.93, 0.92, 0.9),
    )
)
SHADE = Material((1.0, 0.92, 0.74), "glow")
SCREEN = Material((0.06, 0.07, 0.09), "metal", (0.1, 0.11, 0.13))
STEEL = Material((0.62, 0.64, 0.66), "metal", (0.5, 0.52, 0.54), scale=2)
CHINA = Material((0.95, 0.95, 0.93))
FRUITS = tuple(
    Material(c) for c in ((0.82, 0.20, 0.14), (0.94, 0.62, 0.12), (0.55, 0.70, 0.20), (0.92, 0.80, 0.25))
)
BREAD = Material((0.72, 0.48, 0.24), "plain", (0.55, 0.34, 0.16), scale=0.1)


def table(width: float, depth: float, wood: Material, height: float = 0.75) -> Shape:
    """A table with four legs."""
    legs = [
        box(0.07, 0.07, height - 0.05, wood, x=x, y=y)
        for x in (-width / 2 + 0.08, width / 2 - 0.08)
        for y in (-depth / 2 + 0.08, depth / 2 - 0.08)
    ]
    return Shape.join([box(width, depth, 0.05, wood, z=height - 0.05), *legs])


def chair(wood: Material) -> Shape:
    """A chair that looks towards -y."""
    legs = [
        box(0.045, 0.045, 0.45 if y < 0 else 0.95, wood, x=x, y=y)
        for x in (-0.19, 0.19)
        for y in (-0.19, 0.19)
    ]
    backs = [box(0.38, 0.03, 0.09, wood, y=0.19, z=z) for z in (0.65, 0.83)]
    return Shape.join([box(0.44, 0.44, 0.04, wood, z=0.44), *legs, *backs])


def sofa(cloth: Material, width: float = 1.9) -> Shape:
    """A sofa with its back at y = 0 that looks towards -y."""
    parts = [box(width, 0.85, 0.42, cloth, y=-0.45), box(width, 0.22, 0.85, cloth, y=-0.1)]
    parts += [box(0.2, 0.9, 0.6, cloth, x=s * (width / 2), y=-0.45) for s in (-1, 1)]
    parts += [
        blob((0.24, 0.1, 0.2), BRIGHT[i], i, 0.1, 20).moved(s * width * 0.3, -0.32, 0.6)
        for i, s in ((2, -1), (1, 1))
    ]
    return Shape.join(parts)


def shelf(rng: np.random.Generator, width: float, height: float, wood: Material) -> Shape:
    """A shelf full of books with its back at y = 0."""
    parts = [box(0.04, 0.3, height, wood, x=s * width / 2, y=-0.15) for s in (-1, 1)]
    rows = int(height / 0.4)
    for i in range(rows + 1):
        parts.append(box(width, 0.3, 0.03, wood, y=-0.15, z=i * (height - 0.03) / rows))
    for i in range(rows):
        x = -width / 2 + 0.05
        while x < width / 2 - 0.1:
            thick = rng.uniform(0.03, 0.09)
            if rng.random() < 0.85:
                parts.append(
                    box(
                        thick * 0.9,
                        0.2,
                        rng.uniform(0.2, 0.32),
                        BRIGHT[rng.integers(5)] if rng.random() < 0.4 else CLOTHS[rng.integers(5)],
                        x=x + thick / 2,
                        y=-0.14,
                        z=i * (height - 0.03) / rows + 0.03,
                    )
                )
            x += thick
    return Shape.join(parts)


def pot_plant(rng: np.random.Generator) -> Shape:
    pot = lathe([(0.13, 0), (0.18, 0.3)], BRIGHT[rng.integers(5)], 10)
    green = plant("bush" if rng.random() < 0.5 else "reed", int(rng.integers(4)))
    return Shape.join([pot, stretched(green, 0.5, 0.5, 0.6).moved(z=0.25)])


def meal(rng: np.random.Generator, n: int) -> Shape:
    """n of: plates, cups, bottles, fruit bowls, loaves; on a table at z = 0."""
    parts = []
    for i in range(n):
        x, y = 0.28 * (i - (n - 1) / 2) + rng.uniform(-0.05, 0.05), rng.uniform(-0.18, 0.18)
        parts.append(dish(rng, int(rng.integers(5))).moved(x, y))
    return Shape.join(parts)


def dish(rng: np.random.Generator, kind: int) -> Shape:
    color = BRIGHT[rng.integers(5)]
    if kind == 0:  # a plate with something on it
        heap = [
            blob((0.05, 0.05, 0.025), (*FRUITS, BREAD)[rng.integers(5)], int(s), 0.2, 16).moved(
                *rng.uniform(-0.05, 0.05, 2), 0.025
            )
            for s in rng.integers(99, size=4)
        ]
        return Shape.join(
            [
                lathe([(0.08, 0), (0.14, 0.02)], CHINA, 16),
                lathe([(0.09, 0.021), (0.0, 0.022)], color, 12),
                *heap,
            ]
        )
    if kind == 1:
        return Shape.join(
            [
                lathe([(0.035, 0), (0.042, 0.09)], color, 12),
                lathe([(0.036, 0.091), (0, 0.0915)], WOODS[2], 10),
                beam((0.04, 0, 0.03), (0.07, 0, 0.06), 0.008, color),
            ]
        )
    if kind == 2:
        glass = Material((0.13, 0.28, 0.16), "metal", (0.2, 0.35, 0.22))
        return Shape.join(
            [
                lathe([(0.04, 0), (0.04, 0.17), (0.014, 0.23), (0.014, 0.3)], glass, 12),
                lathe([(0.041, 0.06), (0.041, 0.14)], CHINA, 12),
            ]
        )
    if kind == 3:
        fruit = [
            blob((0.045, 0.045, 0.045), FRUITS[rng.integers(4)], int(s), 0.05, 26).moved(
                *rng.uniform(-0.07, 0.07, 2), 0.08 + 0.03 * (i % 2)
            )
            for i, s in enumerate(rng.integers(99, size=6))
        ]
        return Shape.join([lathe([(0.06, 0), (0.14, 0.07), (0.13, 0.07)], color, 14, end=False), *fruit])
    return blob((0.13, 0.06, 0.05), BREAD, 3, 0.08, 40).turned(rng.uniform(0, 180)).moved(z=0.04)
