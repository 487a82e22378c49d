"""Passers-by, cars and what stands in the way of a photographer, as shapes to be drawn as `extra`.

`people` and `cars` fill a place; `people_before` puts people where a camera sees them; `occluder` puts a
thing close before the lens, at one side of the photo. All of them stand on the ground height they are told.
Source: ours.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from sightlab.checks import check_choice, check_count
from sightlab.data.drawn.solids.outlines import regular
from sightlab.data.drawn.solids.plants import BARK
from sightlab.data.drawn.solids.scene import Camera, Material, Shape
from sightlab.data.drawn.solids.shapes import beam, box, frustum, lathe, prism
from sightlab.data.drawn.solids.terrain import blob, scattered, tube
from sightlab.data.drawn.solids.walls import slab
from sightlab.data.drawn.surroundings.houses import IRON, boxes, lamp

CLOTHES = tuple(
    Material(color, "plain", tuple(0.7 * c for c in color), scale=0.3, detail=0.4)
    for color in (
        (0.72, 0.16, 0.14), (0.16, 0.24, 0.46), (0.90, 0.88, 0.84), (0.15, 0.15, 0.17), (0.30, 0.44, 0.26),
        (0.86, 0.68, 0.20), (0.46, 0.48, 0.52), (0.55, 0.30, 0.46), (0.44, 0.62, 0.74), (0.48, 0.35, 0.24),
    )
)  # fmt: skip
TROUSERS = tuple(
    Material(color, "plain", tuple(0.7 * c for c in color), scale=0.3, detail=0.4)
    for color in ((0.15, 0.18, 0.28), (0.13, 0.13, 0.14), (0.45, 0.40, 0.32), (0.28, 0.30, 0.33))
)
SKINS = tuple(
    Material(c) for c in ((0.87, 0.68, 0.56), (0.72, 0.52, 0.38), (0.50, 0.34, 0.24), (0.93, 0.76, 0.65))
)
HAIRS = tuple(
    Material(c) for c in ((0.12, 0.09, 0.07), (0.32, 0.20, 0.11), (0.70, 0.56, 0.32), (0.55, 0.54, 0.53))
)
PAINTS = tuple(
    Material(color, "plain", color, detail=0.1)
    for color in (
        (0.70, 0.10, 0.10),
        (0.85, 0.86, 0.87),
        (0.12, 0.13, 0.15),
        (0.15, 0.27, 0.52),
        (0.55, 0.57, 0.60),
    )
)
CAR_GLASS = Material((0.13, 0.17, 0.20), "metal", (0.2, 0.25, 0.3))
RUBBER = Material((0.06, 0.06, 0.06))
SIGN_RED = Material((0.78, 0.12, 0.12))
SIGN_WHITE = Material((0.93, 0.93, 0.93))
SIGN_BLUE = Material((0.10, 0.28, 0.62))
LEAF = Material((0.24, 0.40, 0.12), "plain", (0.16, 0.3, 0.08))

OCCLUDERS = ("branch", "lamp_post", "sign", "railing", "shoulders")


def person(seed: int = 0, walks: bool = False, sides: int = 7) -> Shape:
    """Somebody 1.5 to 1.9 m tall at the origin who looks towards -y, about 200 triangles."""
    rng = np.random.default_rng([seed, 401])
    coat, legs = CLOTHES[rng.integers(len(CLOTHES))], TROUSERS[rng.integers(len(TROUSERS))]
    skin, hair = SKINS[rng.integers(len(SKINS))], HAIRS[rng.integers(len(HAIRS))]
    step = rng.uniform(0.22, 0.34) if walks else 0.04
    parts = []
    for side in (-1, 1):
        foot = np.array([side * 0.1, -side * step, 0.0])
        path = np.array([foot, [side * 0.1, -side * step * 0.45 - 0.03, 0.45], [side * 0.09, 0, 0.88]])
        parts.append(tube(path, (0.06, 0.075, 0.1), legs, sides))
        parts.append(box(0.1, 0.26, 0.09, TROUSERS[1], x=foot[0], y=foot[1] - 0.05))
        swing = side * step * 0.8
        arm = np.array(
            [[side * 0.26, swing - 0.06, 0.78], [side * 0.27, swing * 0.4, 1.08], [side * 0.2, 0, 1.4]]
        )
        parts.append(tube(arm, (0.042, 0.055, 0.07), coat, 5))
        parts.append(blob((0.05, 0.06, 0.08), skin, 1, 0.0, 8).moved(*arm[0]))
    oval = regular(sides + 1) * [1, 0.62]
    hem = rng.choice([0.84, 0.84, 0.55])  # a jacket, or a coat
    torso = [
        (0.2 + 0.12 * (0.84 - hem), hem),
        (0.17, 1.05),
        (0.22, 1.3),
        (0.2, 1.42),
        (0.07, 1.48),
        (0.06, 1.52),
    ]
    parts.append(lathe(torso, coat, oval))
    parts.append(blob((0.095, 0.11, 0.13), skin, 2, 0.0, 22).moved(z=1.63))
    long_hair = rng.random() < 0.45
    parts.append(blob((0.108, 0.11, 0.11), hair, 3, 0.0, 18).moved(y=0.03, z=1.68))
    if long_hair:
        parts.append(blob((0.1, 0.06, 0.17), hair, 4, 0.0, 14).moved(y=0.07, z=1.55))
    if rng.random() < 0.3:
        parts.append(
            blob((0.15, 0.1, 0.22), CLOTHES[rng.integers(len(CLOTHES))], 5, 0.1, 14).moved(y=0.19, z=1.2)
        )
    shape = Shape.join(parts)
    tall = rng.uniform(0.88, 1.06)
    return Shape(shape.vertices * tall, shape.built * tall, shape.faces, shape.face_material, shape.materials)


@lru_cache(maxsize=64)
def _figure(seed: int, walks: bool) -> Shape:
    return person(seed, walks)


def people(seed: int, n: int, around: tuple[float, float, float] = (0, 0, 0), spread: float = 15.0) -> Shape:
    """n people, standing or walking, alone or in pairs.

    Args:
        seed: of everything about them.
        n: how many.
        around: middle of the area, meters; its height is that of the ground.
        spread: standard deviation of their distances from it along x and y, meters.
    """
    check_count(n, "n", 0)
    rng = np.random.default_rng([seed, 402])
    spots = np.asarray(around, np.float64)[:2] + rng.normal(0, spread, (n, 2))
    return _crowd(rng, spots, around[2])


def people_before(
    camera: Camera, seed: int, n: int, ground: float = 0.0, nearest: float = 5.0, farthest: float = 45.0
) -> Shape:
    """n people inside the photo of a camera, more of them near its sides than in its middle.

    Args:
        camera: who looks.
        seed: of everything about them.
        n: how many.
        ground: height that they stand on, meters.
        nearest, farthest: from the camera, meters.
    """
    check_count(n, "n", 0)
    rng = np.random.default_rng([seed, 403])
    distance = np.exp(rng.uniform(np.log(nearest), np.log(farthest), n))
    aside = rng.choice([-1, 1], n) * rng.beta(2.2, 1.3, n)  # 0 is the middle of the photo, 1 its edge
    spots = np.array([_spot(camera, a, d) for a, d in zip(aside, distance, strict=True)]).reshape(n, 2)
    return _crowd(rng, spots, ground)


def _crowd(rng: np.random.Generator, spots: np.ndarray, ground: float) -> Shape:
    parts = []
    for x, y in spots:
        figure = _figure(int(rng.integers(24)), bool(rng.random() < 0.55))
        turn = rng.uniform(0, 360)
        parts.append(figure.turned(turn).moved(x, y, ground))
        if rng.random() < 0.35:  # somebody beside
            other = _figure(int(rng.integers(24)), bool(rng.random() < 0.55))
            a = np.deg2rad(turn)
            aside = 0.65 * np.array([np.cos(a), np.sin(a)])
            parts.append(other.turned(turn + rng.uniform(-25, 25)).moved(x + aside[0], y + aside[1], ground))
    return Shape.join(parts)


def _spot(camera: Camera, aside: float, distance: float) -> np.ndarray:
    """x, y at a distance from the camera; aside: -1 is the left edge of the photo, 1 the right one."""
    right, _, ahead = camera.axes()
    ahead = ahead[:2] / max(np.linalg.norm(ahead[:2]), 1e-6)
    across = np.tan(np.deg2rad(camera.view_degrees) / 2) * aside
    side = right[:2] / max(np.linalg.norm(right[:2]), 1e-6)
    return np.asarray(camera.position[:2]) + distance * (ahead + across * side)


def _lower_edge(camera: Camera, distance: float) -> float:
    """Height of the lower edge of the photo at a distance, meters."""
    _, down, ahead = camera.axes()
    ray = ahead + down * (camera.size[0] / 2 / camera.focal)
    return camera.position[2] + distance * ray[2] / max(float(np.hypot(*ray[:2])), 1e-6)


# Cars


@lru_cache(maxsize=16)
def car(kind: int = 0) -> Shape:
    """A car at the origin that looks towards -y: 0 to 4 are colors of a saloon, 5 to 9 of a van."""
    paint, is_van = PAINTS[kind % len(PAINTS)], kind // len(PAINTS) % 2 == 1
    length, width, waist, top = (5.0, 1.9, 1.1, 2.2) if is_van else (4.3, 1.75, 0.85, 1.42)
    half = length / 2
    body = prism(
        np.array([[-width / 2, -half], [width / 2, -half], [width / 2, half], [-width / 2, half]]),
        0.3,
        waist,
        paint,
    )
    front, back = (-half + 0.5, half - 0.1) if is_van else (-half + 1.0, half - 0.5)
    low = np.array([[-0.86, front], [0.86, front], [0.86, back], [-0.86, back]]) * [width / 1.75, 1]
    high = np.array([[-0.7, front + 0.6], [0.7, front + 0.6], [0.7, back - 0.35], [-0.7, back - 0.35]])
    parts = [
        body,
        frustum(low, high, waist, top - 0.06, CAR_GLASS),
        prism(high * 1.0, top - 0.06, top, paint),
    ]
    for x in (-width / 2 + 0.1, width / 2 - 0.1):
        for y in (-half + 0.8, half - 0.8):
            parts.append(beam((x - 0.11, y, 0.32), (x + 0.11, y, 0.32), regular(10, 0.32), RUBBER))
    lights = np.array([-0.6, 0.6]) * width / 1.75
    parts.append(boxes(lights, np.full(2, -half), 0.55, 0.3, 0.06, 0.16, (SIGN_WHITE,)))
    parts.append(boxes(lights, np.full(2, half), 0.6, 0.3, 0.06, 0.16, (SIGN_RED,)))
    return Shape.join(parts)


def cars(
    seed: int, n: int, start: tuple[float, float], end: tuple[float, float], ground: float = 0.0
) -> Shape:
    """n cars along the straight line from `start` to `end` (x, y in meters), some of them against it."""
    check_count(n, "n", 0)
    rng = np.random.default_rng([seed, 404])
    start, way = np.asarray(start, np.float64), np.subtract(end, start).astype(np.float64)
    turn = np.rad2deg(np.arctan2(way[1], way[0])) + 90
    at = (np.arange(n) + rng.uniform(0.1, 0.9, n)) / max(n, 1)
    parts = []
    for share in at:
        x, y = start + share * way
        back = 180 * (rng.random() < 0.3)
        parts.append(car(int(rng.integers(10))).turned(turn + back).moved(x, y, ground))
    return Shape.join(parts)


# In the way


def occluder(kind: str, camera: Camera, seed: int, ground: float = 0.0) -> Shape:
    """Something close to the camera that hides a part of one side of the photo.

    Args:
        kind: one of `OCCLUDERS`: a branch with leaves from above, a lamp post, a traffic sign, a railing
            along the lower edge, head and shoulders of somebody in front.
        camera: whose photo it gets into.
        seed: of side, distance and form.
        ground: height that posts and people stand on, meters.
    """
    check_choice(kind, "kind", OCCLUDERS)
    rng = np.random.default_rng([seed, 405])
    side = float(rng.choice([-1.0, 1.0]))
    turn = np.rad2deg(np.arctan2(*np.subtract(camera.target, camera.position)[1::-1])) - 90
    if kind == "branch":
        return _branch(rng, side).turned(turn).moved(*camera.position)
    if kind == "railing":
        low = _lower_edge(camera, 1.5) + rng.uniform(0.1, 0.3)  # of its upper bar
        return _railing().turned(turn).moved(*_spot(camera, 0, 1.5), low - 1.1)
    if kind == "shoulders":
        spot = _spot(camera, side * rng.uniform(0.35, 0.9), rng.uniform(1.3, 2.2))
        figure = person(int(rng.integers(1000)), sides=11)
        return figure.turned(turn + 180 + rng.uniform(-30, 30)).moved(*spot, camera.position[2] - 1.68)
    spot = _spot(camera, side * rng.uniform(0.5, 0.85), rng.uniform(3.0, 6.0))
    shape = lamp() if kind == "lamp_post" else _traffic_sign(int(rng.integers(3)))
    return shape.turned(turn + rng.uniform(-20, 20)).moved(*spot, ground)


def _branch(rng: np.random.Generator, side: float) -> Shape:
    """Leaves on twigs in an upper corner, for somebody at the origin who looks along +y."""
    tip = np.array([side * rng.uniform(0.05, 0.3), 1.5, rng.uniform(0.2, 0.4)])
    foot = np.array([side * 1.3, 1.7, 1.1])
    t = np.linspace(0, 1, 7)[:, None]
    path = foot + (tip - foot) * t + [0, 0, 0.12] * np.sin(np.pi * t)
    parts = [tube(path[::-1], np.linspace(0.004, 0.02, 7), BARK, 4)]
    n = 70
    at = np.sort(rng.uniform(0.1, 1, n))
    x, y, z = (np.interp(at, t[:, 0], path[:, i]) + rng.normal(0, 0.09, n) for i in range(3))
    leaf = blob((0.055, 0.008, 0.032), LEAF, 1, 0.1, 10)
    return Shape.join([*parts, scattered(leaf, x, y, z, rng.uniform(0, 360, n), rng.uniform(0.6, 1.3, n))])


def _railing() -> Shape:
    """6 m of iron railing along x, 1.1 m high."""
    posts = np.linspace(-3, 3, 41)
    bars = boxes(posts, 0 * posts, 0.1, 0.025, 0.025, 0.95, (IRON,))
    return Shape.join([bars, box(6.2, 0.07, 0.05, IRON, z=1.05), box(6.2, 0.04, 0.04, IRON, z=0.1)])


def _traffic_sign(kind: int) -> Shape:
    """A sign on a post, 2.6 m high: no entry, a blue plate, a triangle."""
    post = lathe([(0.035, 0), (0.035, 2.5)], IRON, 5)
    if kind == 0:
        plate = [_plate(16, 0.33, SIGN_RED), box(0.44, 0.02, 0.11, SIGN_WHITE, y=-0.06, z=2.245)]
    elif kind == 1:
        plate = [_plate(4, 0.42, SIGN_BLUE), box(0.3, 0.02, 0.3, SIGN_WHITE, y=-0.06, z=2.15)]
    else:
        plate = [_plate(3, 0.42, SIGN_RED), _plate(3, 0.28, SIGN_WHITE, 0.03)]
    return Shape.join([post, *plate])


def _plate(sides: int, radius: float, material: Material, ahead: float = 0.0) -> Shape:
    """An upright plate around z = 2.3 that looks towards -y."""
    return slab(regular(sides, radius) + [0, 2.3], -0.05 - ahead, -0.03 - ahead, material)
