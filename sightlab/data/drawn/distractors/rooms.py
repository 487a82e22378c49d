"""Rooms that people live and work in, and tables laid for a meal: what most indoor photos show.

`room(seed)` returns a room and a camera in one of its corners; `laid_table(seed)` a table seen from a chair.
Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.drawn.distractors.furniture import (
    BRIGHT,
    CHINA,
    CLOTHS,
    SCREEN,
    SHADE,
    STEEL,
    WOODS,
    chair,
    dish,
    meal,
    pot_plant,
    shelf,
    sofa,
    table,
)
from sightlab.data.drawn.solids.scene import Camera, Material, Shape
from sightlab.data.drawn.solids.shapes import beam, box, lathe, mirrored
from sightlab.data.drawn.solids.terrain import blob

_SIZE = (192, 256)
WALLS = tuple(
    Material(c, "plaster", tuple(0.93 * v for v in c), scale=3, detail=0.2)
    for c in (
        (0.92, 0.90, 0.85),
        (0.78, 0.84, 0.86),
        (0.90, 0.82, 0.68),
        (0.72, 0.78, 0.68),
        (0.86, 0.74, 0.70),
    )
)
CEILING = Material((0.95, 0.95, 0.93), "plaster", (0.9, 0.9, 0.88), scale=3, detail=0.1)
FLOORS = (
    Material((0.56, 0.39, 0.24), "wood", (0.40, 0.27, 0.16), scale=0.5),
    Material((0.72, 0.70, 0.66), "paving", (0.5, 0.48, 0.45), scale=0.4),
    Material((0.48, 0.44, 0.42), "plain", (0.4, 0.36, 0.34), scale=0.3, detail=0.5),
    Material((0.76, 0.60, 0.42), "wood", (0.6, 0.46, 0.3), scale=0.6),
)
DAYLIGHT = Material((0.88, 0.94, 1.0), "glow")


def room(seed: int) -> tuple[Shape, Camera]:
    """A living room, bedroom, kitchen or office, and a camera that looks across it."""
    rng = np.random.default_rng([seed, 601])
    width, depth, height = rng.uniform(4, 6.5), rng.uniform(4, 6.5), rng.uniform(2.5, 3.1)
    furnish = (_living_room, _bedroom, _kitchen, _office)[rng.integers(4)]
    parts = [_shell(rng, width, depth, height), furnish(rng, width, depth), _lamp(rng, height)]
    shape, side = Shape.join(parts), 1.0  # wardrobes stand on the left, so people look from the right
    if rng.random() < 0.5:
        shape, side = mirrored(shape), -1.0
    eye = (side * 0.42 * width, -0.45 * depth, rng.uniform(1.3, 1.65))
    target = (-side * rng.uniform(0.0, 0.3) * width, 0.4 * depth, rng.uniform(0.7, 1.1))
    return shape, Camera(eye, target, _SIZE, rng.uniform(62, 80))


def _shell(rng: np.random.Generator, width: float, depth: float, height: float) -> Shape:
    """Floor, ceiling, four walls with a baseboard, bright windows in two of them, a door, pictures."""
    wall, floor = WALLS[rng.integers(len(WALLS))], FLOORS[rng.integers(len(FLOORS))]
    white = WOODS[3]
    t = 0.1
    parts = [box(width, depth, t, floor, z=-t), box(width, depth, t, CEILING, z=height)]
    for turn, long, out in (
        (0, width, depth / 2),
        (90, depth, width / 2),
        (180, width, depth / 2),
        (270, depth, width / 2),
    ):
        parts.append(box(long, t, height, wall, y=out + t / 2).turned(turn))
        parts.append(box(long, 0.02, 0.1, white, y=out - 0.01).turned(turn))
    n = int(rng.integers(1, 3))
    for i in range(n):
        x = width * ((i + 0.5) / n - 0.5)
        parts.append(_window(rng, 1.2, 1.4).moved(x, depth / 2, 0.9))
    side = rng.choice([90, 270])
    parts.append(_window(rng, 1.0, 1.3).moved(rng.uniform(-0.25, 0.25) * depth, width / 2, 0.9).turned(side))
    for _ in range(int(rng.integers(0, 4))):
        w, h = rng.uniform(0.3, 0.8), rng.uniform(0.3, 0.7)
        picture = [
            box(w + 0.08, 0.02, h + 0.08, WOODS[rng.integers(4)]),
            box(w, 0.03, h, BRIGHT[rng.integers(5)], y=-0.01, z=0.04),
        ]
        picture.append(box(0.5 * w, 0.035, 0.4 * h, BRIGHT[rng.integers(5)], y=-0.012, z=0.2 * h))
        at = rng.uniform(-0.4, 0.4) * depth
        parts.append(Shape.join(picture).moved(at, width / 2 - 0.02, 1.45).turned(360 - side))
    parts.append(
        box(0.9, 0.04, 2.05, WOODS[rng.integers(4)]).moved(-0.3 * depth, width / 2 - 0.02).turned(360 - side)
    )
    return Shape.join(parts)


def _window(rng: np.random.Generator, width: float, height: float) -> Shape:
    """A window in a wall at y = 0, seen from -y: frame, bright panes, sometimes curtains."""
    frame = WOODS[3]
    parts = [
        box(width, 0.02, height, DAYLIGHT, y=-0.015),
        box(width + 0.2, 0.18, 0.05, frame, y=-0.08, z=-0.05),
    ]
    for x in (-width / 2, 0, width / 2):
        parts.append(box(0.07, 0.06, height, frame, x=x, y=-0.03))
    for z in (0, 0.62 * height, height - 0.06):
        parts.append(box(width, 0.06, 0.06, frame, y=-0.03, z=z))
    if rng.random() < 0.6:
        cloth = CLOTHS[rng.integers(len(CLOTHS))]
        for s in (-1, 1):
            folds = [
                box(
                    0.1,
                    0.08 + 0.04 * (i % 2),
                    height + 0.75,
                    cloth,
                    x=s * (width / 2 + 0.02 + 0.1 * i),
                    y=-0.1,
                    z=-0.6,
                )
                for i in range(4)
            ]
            parts += folds
        parts.append(
            beam(
                (-width / 2 - 0.5, -0.12, height + 0.17),
                (width / 2 + 0.5, -0.12, height + 0.17),
                0.02,
                WOODS[0],
            )
        )
    return Shape.join(parts)


def _lamp(rng: np.random.Generator, height: float) -> Shape:
    drop = rng.uniform(0.3, 0.8)
    shade = lathe([(0.28, 0), (0.16, 0.24)], SHADE, 10).moved(z=height - drop - 0.24)
    return Shape.join([shade, beam((0, 0, height - drop), (0, 0, height), 0.01, SCREEN)])


def _living_room(rng: np.random.Generator, width: float, depth: float) -> Shape:
    cloth, wood = CLOTHS[rng.integers(5)], WOODS[rng.integers(3)]
    back = depth / 2 - 0.15
    parts = [box(2.4, 1.7, 0.015, CLOTHS[rng.integers(5)], y=0.1)]
    parts.append(sofa(cloth, rng.uniform(1.6, 2.2)).moved(rng.uniform(-0.4, 0.4), back))
    parts.append(table(1.0, 0.6, wood, 0.42).moved(0, 0.2))
    parts.append(
        shelf(rng, rng.uniform(0.8, 1.4), rng.uniform(1.2, 2.2), wood)
        .turned(90)
        .moved(-width / 2 + 0.02, rng.uniform(-0.5, 0.8))
    )
    tv = [box(1.3, 0.4, 0.45, wood), box(1.1, 0.06, 0.65, SCREEN, z=0.55)]
    parts.append(Shape.join(tv).turned(-90).moved(width / 2 - 0.3, 0.2))
    parts.append(pot_plant(rng).moved(width / 2 - 0.5, back - 0.3))
    return Shape.join(parts)


def _bedroom(rng: np.random.Generator, width: float, depth: float) -> Shape:
    wood, cloth = WOODS[rng.integers(4)], CLOTHS[rng.integers(5)]
    bed = [
        box(1.7, 2.05, 0.35, wood),
        box(1.6, 1.95, 0.2, CHINA, z=0.35),
        box(1.66, 1.4, 0.08, cloth, y=-0.3, z=0.5),
        box(1.7, 0.08, 1.05, wood, y=1.0),
    ]
    bed += [
        blob((0.34, 0.2, 0.1), CHINA, i, 0.05, 24).moved(s * 0.4, 0.7, 0.62) for i, s in ((1, -1), (2, 1))
    ]
    parts = [Shape.join(bed).moved(rng.uniform(-0.5, 0.5), depth / 2 - 1.15)]
    for s in (-1, 1):
        stand = [
            box(0.45, 0.4, 0.5, wood),
            lathe([(0.02, 0.5), (0.02, 0.75)], STEEL, 5),
            lathe([(0.14, 0.75), (0.08, 0.95)], SHADE, 8),
        ]
        parts.append(Shape.join(stand).moved(s * 1.25, depth / 2 - 0.35))
    doors = [
        box(1.6, 0.6, 2.1, wood),
        *(box(0.03, 0.03, 0.3, STEEL, x=x, y=-0.31, z=1) for x in (-0.06, 0.06)),
    ]
    parts.append(Shape.join(doors).turned(90).moved(-width / 2 + 0.35, rng.uniform(-1, 0.2)))
    parts.append(box(1.8, 1.2, 0.015, CLOTHS[rng.integers(5)], y=-0.6))
    return Shape.join(parts)


def _kitchen(rng: np.random.Generator, width: float, depth: float) -> Shape:
    front, top = WOODS[rng.integers(4)], (STEEL, WOODS[0], CHINA)[rng.integers(3)]
    long, back = width - 0.4, depth / 2
    parts = [
        box(long, 0.6, 0.86, front, y=back - 0.3),
        box(long + 0.04, 0.64, 0.04, top, y=back - 0.32, z=0.86),
    ]
    for x in np.arange(-long / 2 + 0.3, long / 2, 0.6):
        parts.append(box(0.56, 0.02, 0.7, front, x=x, y=back - 0.62, z=0.1))
        parts.append(box(0.2, 0.03, 0.02, STEEL, x=x, y=back - 0.64, z=0.74))
        if abs(x) > 0.9:
            parts.append(box(0.58, 0.34, 0.7, front, x=x, y=back - 0.17, z=1.45))
    for i, x in enumerate(np.linspace(-0.35, 0.35, 3) * long):
        pot = lathe([(0.11, 0), (0.12, 0.16), (0.02, 0.18)], (STEEL, BRIGHT[0], CHINA)[i], 10)
        parts.append(pot.moved(x, back - 0.3, 0.9))
    parts.append(box(0.65, 0.65, 1.85, CHINA).moved(-width / 2 + 0.35, back - 1.1))
    wood = WOODS[rng.integers(3)]
    parts.append(table(1.3, 0.8, wood).moved(0.3, -0.1))
    parts += [
        chair(wood).turned(t).moved(0.3 + dx, -0.1 + dy)
        for t, dx, dy in ((0, -0.3, 0.6), (180, 0.3, -0.6), (90, -0.9, 0))
    ]
    parts.append(meal(rng, 3).moved(0.3, -0.1, 0.75))
    return Shape.join(parts)


def _office(rng: np.random.Generator, width: float, depth: float) -> Shape:
    wood, parts = WOODS[rng.integers(4)], []
    for i in range(int(rng.integers(2, 5))):
        x, y = (i % 2 - 0.5) * 1.9, depth / 2 - 0.8 - 1.7 * (i // 2)
        desk = [
            table(1.5, 0.75, wood),
            box(0.55, 0.05, 0.36, SCREEN, y=0.15, z=0.86),
            box(0.06, 0.06, 0.12, SCREEN, y=0.17, z=0.75),
        ]
        desk.append(box(0.42, 0.14, 0.02, SCREEN, y=-0.15, z=0.75))
        desk += [box(0.22, 0.3, 0.01 + 0.02 * k, CHINA, x=0.55, y=-0.05, z=0.75) for k in range(2)]
        desk.append(chair(CLOTHS[rng.integers(5)]).turned(180).moved(0, -0.6))
        parts.append(Shape.join(desk).moved(x, y))
    parts.append(shelf(rng, 1.2, 1.9, wood).turned(90).moved(-width / 2 + 0.02, 0.3))
    parts.append(pot_plant(rng).moved(width / 2 - 0.4, depth / 2 - 0.4))
    return Shape.join(parts)


def laid_table(seed: int) -> tuple[Shape, Camera]:
    """A table with food from above its edge, in a room."""
    rng = np.random.default_rng([seed, 602])
    top = table(1.5, 0.9, (*WOODS, *CLOTHS)[rng.integers(9)])
    dishes = [dish(rng, int(k)).turned(rng.uniform(0, 360)) for k in rng.permutation([0, 0, 1, 1, 2, 3, 4])]
    spots = [(x, y) for y in (-0.22, 0.12) for x in (-0.42, -0.12, 0.18, 0.45)]
    chosen = rng.permutation(len(spots))[: len(dishes)]
    laid = [
        d.moved(spots[i][0] + rng.uniform(-0.04, 0.04), spots[i][1] + rng.uniform(-0.04, 0.04), 0.75)
        for d, i in zip(dishes, chosen, strict=True)
    ]
    walls = _shell(rng, 5.0, 5.0, 2.7)
    a = rng.uniform(-0.5, 0.5)
    eye = (0.95 * np.sin(a), -0.95 * np.cos(a), rng.uniform(1.15, 1.55))
    shape = Shape.join([top, *laid, walls, chair(WOODS[0]).moved(0.2, 0.75)])
    return shape, Camera(eye, (0, 0.0, 0.8), _SIZE, rng.uniform(44, 58))
