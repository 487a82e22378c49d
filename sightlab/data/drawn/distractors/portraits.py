"""Faces close to the camera, and pets: what collections of photos are full of.

`portrait(rng)` and `pet(rng)` return (shape, camera). A face is a mask of simple solids; nobody is meant.
Source: ours.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from sightlab.data.drawn.distractors.rooms import FLOORS, WALLS
from sightlab.data.drawn.solids.outlines import regular
from sightlab.data.drawn.solids.plants import grove
from sightlab.data.drawn.solids.scene import Camera, Material, Shape
from sightlab.data.drawn.solids.shapes import beam, box, lathe
from sightlab.data.drawn.solids.terrain import blob, outward, rings, tube
from sightlab.data.drawn.surroundings.land import FOREST_FLOOR, GROUND, LAWN
from sightlab.data.drawn.surroundings.people import CLOTHES, HAIRS, SKINS
from sightlab.data.drawn.surroundings.streets import SIZE

WHITE = Material((0.95, 0.95, 0.94))
PUPIL = Material((0.05, 0.04, 0.04))
IRISES = tuple(Material(c) for c in ((0.28, 0.17, 0.09), (0.30, 0.45, 0.60), (0.32, 0.42, 0.24)))
LIPS = Material((0.70, 0.32, 0.30))
FRAME = Material((0.10, 0.09, 0.09))
FURS = tuple(
    Material(c, "plain", tuple(0.6 * v for v in c), scale=0.15, detail=0.8)
    for c in (
        (0.55, 0.36, 0.20),
        (0.16, 0.14, 0.13),
        (0.86, 0.82, 0.75),
        (0.78, 0.48, 0.20),
        (0.48, 0.47, 0.46),
    )
)
NOSE = Material((0.12, 0.08, 0.08))


def portrait(rng: np.random.Generator) -> tuple[Shape, Camera]:
    """Head and shoulders of one or two people before a wall, a garden or large soft colors."""
    n = 2 if rng.random() < 0.25 else 1
    parts = [_background(rng)]
    for i in range(n):
        x = (i - (n - 1) / 2) * 0.5 + rng.uniform(-0.08, 0.08)
        parts.append(
            _bust(rng).turned(rng.uniform(-22, 22)).moved(x, rng.uniform(0, 0.15), rng.uniform(-0.08, 0.04))
        )
    away = rng.uniform(0.75, 1.35) + 0.3 * (n - 1)
    eye = (rng.uniform(-0.25, 0.25), -away, 1.62 + rng.uniform(-0.12, 0.2))
    target = (rng.uniform(-0.12, 0.12), 0.0, 1.56 + rng.uniform(-0.1, 0.08))
    return Shape.join(parts), Camera(eye, target, SIZE, rng.uniform(42, 56))


def _bust(rng: np.random.Generator) -> Shape:
    """A head with a face that looks towards -y, its chin 1.5 m high, on neck and shoulders."""
    skin, hair = SKINS[rng.integers(len(SKINS))], HAIRS[rng.integers(len(HAIRS))]
    coat, iris = CLOTHES[rng.integers(len(CLOTHES))], IRISES[rng.integers(3)]
    wide, long = rng.uniform(0.072, 0.084), rng.uniform(0.108, 0.124)
    head = np.array([0, 0, 1.62])
    parts = [blob((wide, 0.098, long), skin, 1, 0.0, 160).moved(*head)]
    parts.append(blob((wide * 0.72, 0.07, 0.06), skin, 2, 0.0, 60).moved(0, -0.02, 1.545))  # jaw
    parts.append(lathe([(0.055, 1.36), (0.05, 1.56)], skin, 12))
    shoulders = [(0.18, 0.5), (0.18, 0.95), (0.2, 1.22), (0.185, 1.34), (0.12, 1.42), (0.06, 1.455)]
    parts.append(lathe(shoulders, coat, regular(16) * [1, 0.55]))
    for s in (-1, 1):
        arm = np.array(
            [[s * 0.25, -0.05, 0.6], [s * 0.25, 0.02, 0.95], [s * 0.235, 0.0, 1.2], [s * 0.16, 0, 1.38]]
        )
        parts.append(tube(arm, (0.045, 0.05, 0.06, 0.065), coat, 10))
        parts.append(blob((0.016, 0.008, 0.010), WHITE, 3, 0.0, 24).moved(s * 0.032, -0.088, 1.64))
        parts.append(blob((0.008, 0.005, 0.008), iris, 4, 0.0, 20).moved(s * 0.032, -0.095, 1.64))
        parts.append(blob((0.004, 0.004, 0.004), PUPIL, 5, 0.0, 12).moved(s * 0.032, -0.0985, 1.64))
        parts.append(blob((0.022, 0.006, 0.005), hair, 6, 0.0, 16).moved(s * 0.033, -0.092, 1.667))
        parts.append(blob((0.012, 0.02, 0.028), skin, 7, 0.0, 20).moved(s * (wide + 0.002), 0.005, 1.625))
    parts.append(blob((0.014, 0.024, 0.024), skin, 8, 0.0, 30).moved(0, -0.1, 1.61))
    smile = np.linspace(-1, 1, 7)
    mouth = [(0.026 * t, -0.086 + 0.008 * t * t, 1.562 + 0.006 * t * t) for t in smile]
    parts += [beam(a, b, 0.0055, LIPS) for a, b in pairwise(mouth)]
    parts += _hair(rng, hair, wide, long)
    if rng.random() < 0.25:
        for s in (-1, 1):
            ring = [
                (s * 0.034 + 0.024 * np.cos(a), -0.104, 1.64 + 0.02 * np.sin(a))
                for a in np.linspace(0, 2 * np.pi, 11)
            ]
            parts += [beam(a, b, 0.003, FRAME) for a, b in pairwise(ring)]
            parts.append(beam((s * 0.058, -0.1, 1.643), (s * wide, 0.0, 1.645), 0.003, FRAME))
        parts.append(beam((-0.01, -0.104, 1.645), (0.01, -0.104, 1.645), 0.003, FRAME))
    return Shape.join(parts)


def _hair(rng: np.random.Generator, hair: Material, wide: float, long: float) -> list[Shape]:
    cap = blob((wide + 0.012, 0.1, long - 0.008), hair, int(rng.integers(99)), 0.05, 90).moved(
        0, 0.022, 1.648
    )
    parts = [cap] if rng.random() < 0.93 else []
    style = rng.integers(4)
    if style == 0:
        parts.append(blob((wide + 0.03, 0.07, 0.17), hair, 1, 0.08, 60).moved(0, 0.05, 1.53))
        parts += [
            blob((0.022, 0.05, 0.13), hair, 2, 0.1, 30).moved(s * (wide + 0.012), 0.012, 1.55)
            for s in (-1, 1)
        ]
    elif style == 1:
        parts.append(blob((0.05, 0.05, 0.05), hair, 3, 0.1, 40).moved(0, 0.1, 1.73))
    elif style == 2 and rng.random() < 0.6:  # a beard
        parts.append(blob((wide * 0.82, 0.062, 0.05), hair, 4, 0.1, 50).moved(0, -0.038, 1.528))
    elif style == 3:  # a hat
        felt = CLOTHES[rng.integers(len(CLOTHES))]
        parts.append(
            lathe([(0.16, 1.695), (0.16, 1.705), (0.092, 1.71), (0.085, 1.8), (0.05, 1.815)], felt, 18)
        )
    return parts


def _background(rng: np.random.Generator) -> Shape:
    kind = rng.choice(3, p=(0.4, 0.4, 0.2))
    if kind == 0:
        wall, floor = WALLS[rng.integers(len(WALLS))], FLOORS[rng.integers(len(FLOORS))]
        back = rng.uniform(0.7, 3)
        return Shape.join([box(14, 0.1, 4.0, wall, y=back), box(14, 12, 0.1, floor, z=-0.1)])
    ground = _lawn(LAWN)
    if kind == 1:
        n = 26
        x, y = rng.uniform(-10, 10, n), rng.uniform(6, 22, n)
        return Shape.join(
            [ground, grove(("broadleaf", "conifer", "bush"), x, y, 0, int(rng.integers(99)), far=True)]
        )
    soft = []
    for i in range(14):
        color = Material(tuple(rng.uniform(0.1, 0.7) + rng.uniform(0, 0.25, 3)))
        at = (rng.uniform(-7, 7), rng.uniform(5, 9), rng.uniform(0.5, 5))
        soft.append(blob((rng.uniform(0.8, 2.2),) * 3, color, i, 0.05, 60).moved(*at))
    return Shape.join([ground, *soft])


def _lawn(material: Material) -> Shape:
    """Level ground from 5 m behind the camera to the horizon."""
    steps = (0, 8, *outward(12, 8))
    return rings(lambda x, y: np.full(x.shape, GROUND), steps, (material,), None, 24, (0, 180)).moved(y=-5)


def pet(rng: np.random.Generator) -> tuple[Shape, Camera]:
    """A sitting cat or dog on a lawn or on a floor."""
    fur, other = FURS[rng.integers(len(FURS))], FURS[rng.integers(len(FURS))]
    is_cat = rng.random() < 0.5
    parts = [_cat(fur, other) if is_cat else _dog(fur, other, rng)]
    if rng.random() < 0.5:
        ground = _lawn((LAWN, FOREST_FLOOR)[rng.integers(2)])
        x, y = rng.uniform(-12, 12, 20), rng.uniform(5, 18, 20)
        parts += [ground, grove(("bush", "broadleaf"), x, y, 0, int(rng.integers(99)), far=True)]
    else:
        parts += [
            box(7, 7, 0.1, FLOORS[rng.integers(len(FLOORS))], z=-0.1),
            box(7, 0.1, 2.8, WALLS[rng.integers(len(WALLS))], y=1.6),
        ]
        parts.append(
            box(
                rng.uniform(1, 2),
                0.6,
                rng.uniform(0.3, 0.8),
                CLOTHES[rng.integers(len(CLOTHES))],
                x=rng.uniform(-1, 1),
                y=1.1,
            )
        )
    a = rng.uniform(-0.9, 0.9)
    away = rng.uniform(0.9, 1.5) * (1.0 if is_cat else 1.5)
    eye = (away * np.sin(a), -away * np.cos(a), rng.uniform(0.35, 0.9))
    return Shape.join(parts), Camera(eye, (0, 0, 0.22 if is_cat else 0.36), SIZE, rng.uniform(42, 54))


def _cat(fur: Material, other: Material) -> Shape:
    parts = [
        blob((0.1, 0.13, 0.17), fur, 1, 0.02, 70).moved(0, 0.06, 0.16),
        blob((0.075, 0.08, 0.13), fur, 2, 0.02, 50).moved(0, -0.03, 0.24),
    ]
    parts.append(blob((0.06, 0.05, 0.09), other, 3, 0.02, 40).moved(0, -0.075, 0.22))
    parts.append(blob((0.075, 0.068, 0.064), fur, 4, 0.0, 70).moved(0, -0.07, 0.42))
    for s in (-1, 1):
        parts.append(lathe([(0.032, 0), (0, 0.075)], fur, 6).moved(s * 0.045, -0.06, 0.455))
        parts.append(blob((0.013, 0.008, 0.015), IRISES[2], 5, 0.0, 20).moved(s * 0.03, -0.13, 0.43))
        parts.append(blob((0.004, 0.004, 0.011), PUPIL, 6, 0.0, 12).moved(s * 0.03, -0.137, 0.43))
        parts.append(
            tube(
                np.array([[s * 0.05, -0.1, 0.0], [s * 0.05, -0.08, 0.12], [s * 0.045, -0.04, 0.24]]),
                (0.026, 0.025, 0.035),
                fur,
                8,
            )
        )
        parts.append(blob((0.05, 0.09, 0.06), fur, 7, 0.02, 30).moved(s * 0.09, 0.03, 0.06))
    parts.append(blob((0.03, 0.022, 0.018), other, 8, 0.0, 24).moved(0, -0.132, 0.4))
    parts.append(blob((0.009, 0.006, 0.006), NOSE, 9, 0.0, 12).moved(0, -0.153, 0.408))
    t = np.linspace(0, 1, 8)
    tail = np.stack([0.1 + 0.16 * np.sin(2.6 * t), 0.16 - 0.15 * t, 0.03 + 0.06 * t], -1)
    parts += [blob((0.026, 0.03, 0.024), fur, 1, 0.0, 16).moved(*p) for p in tail]
    return Shape.join(parts)


def _dog(fur: Material, other: Material, rng: np.random.Generator) -> Shape:
    parts = [
        blob((0.14, 0.2, 0.22), fur, 1, 0.02, 70).moved(0, 0.12, 0.24),
        blob((0.12, 0.12, 0.2), fur, 2, 0.02, 60).moved(0, -0.04, 0.36),
    ]
    parts.append(blob((0.08, 0.05, 0.13), other, 3, 0.02, 40).moved(0, -0.135, 0.34))
    parts.append(blob((0.1, 0.11, 0.095), fur, 4, 0.0, 80).moved(0, -0.1, 0.62))
    parts.append(blob((0.055, 0.1, 0.05), other, 5, 0.0, 50).moved(0, -0.22, 0.585))
    parts.append(blob((0.02, 0.016, 0.016), NOSE, 6, 0.0, 20).moved(0, -0.32, 0.605))
    hangs = rng.random() < 0.6
    for s in (-1, 1):
        ear = (
            blob((0.025, 0.05, 0.1), fur, 7, 0.0, 30).moved(s * 0.105, -0.06, 0.6)
            if hangs
            else lathe([(0.04, 0), (0, 0.12)], fur, 6).moved(s * 0.06, -0.06, 0.68)
        )
        parts.append(ear)
        parts.append(blob((0.013, 0.01, 0.013), PUPIL, 8, 0.0, 16).moved(s * 0.042, -0.19, 0.645))
        parts.append(
            tube(
                np.array([[s * 0.08, -0.14, 0.0], [s * 0.08, -0.11, 0.2], [s * 0.07, -0.05, 0.4]]),
                (0.04, 0.038, 0.055),
                fur,
                8,
            )
        )
        parts.append(blob((0.045, 0.07, 0.03), other, 9, 0.0, 24).moved(s * 0.08, -0.165, 0.03))
        parts.append(blob((0.075, 0.15, 0.1), fur, 10, 0.02, 40).moved(s * 0.13, 0.08, 0.1))
    parts.append(
        tube(np.array([[0, 0.3, 0.1], [0.05, 0.4, 0.25], [0.02, 0.42, 0.4]]), (0.035, 0.03, 0.015), fur, 8)
    )
    parts.append(
        blob((0.1, 0.1, 0.02), CLOTHES[rng.integers(len(CLOTHES))], 11, 0.0, 40).moved(0, -0.07, 0.525)
    )
    return Shape.join(parts)
