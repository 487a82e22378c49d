"""Long landmarks: a stone bridge with statues, a suspension bridge, a wall over hills.

All run along x, so that somebody in front sees their whole length.
Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.world_ornaments import (
    SQUARE,
    battlements,
    curved_roof,
    on_four_sides,
    sphere,
    statue,
    window_rows,
)
from sightlab.data.world_outlines import Outline, pointed_arch, rectangle, regular
from sightlab.data.world_scene import Material, Shape
from sightlab.data.world_shapes import (
    assembled,
    beam,
    both_sides,
    box,
    copies,
    frustum,
    lathe,
    loft,
    prism,
    row,
    sweep,
)
from sightlab.data.world_walls import span, wall_with

SANDSTONE = Material((0.62, 0.54, 0.42), "ashlar", (0.40, 0.34, 0.26), 1.0)
SOOT = Material((0.30, 0.27, 0.24))
SLATE = Material((0.24, 0.25, 0.28), "tiles", (0.18, 0.19, 0.21), 0.5)
CRIMSON = Material((0.64, 0.24, 0.17), "plain")
CONCRETE = Material((0.60, 0.59, 0.56), "plaster", (0.45, 0.44, 0.42), 5.0)
ROAD = Material((0.25, 0.25, 0.26), "asphalt")
DARK = Material((0.09, 0.08, 0.08))
SOOT_STONE = Material((0.50, 0.44, 0.35), "ashlar", (0.32, 0.28, 0.23), 1.0)
BRICK = Material((0.60, 0.54, 0.46), "brick", (0.42, 0.37, 0.31), 0.7)
SCRUB = Material((0.33, 0.38, 0.22), "grass", (0.45, 0.40, 0.27), 9.0, 0.9)


def praven_stone_bridge() -> Shape:
    """Ten arches over a river, statues on every pier, a tall gate tower at the left end; water at z = 0."""
    n, pitch, width = 10, 21.0, 10.0
    arch = np.linspace(np.pi, 0, 13)
    clear = 15.5
    x = np.concatenate([[-pitch / 2], clear / 2 * np.cos(arch), [pitch / 2]])
    below = np.concatenate([[-2], -0.5 + 6.4 * np.sin(arch), [-2]])
    bay = span(x, below, np.full(15, 9.4), width, SANDSTONE)
    pier = span(
        np.concatenate([[clear / 2], [pitch - clear / 2]]),
        np.full(2, -2.0),
        np.full(2, 8.0),
        width,
        SANDSTONE,
    )
    cutwater = prism(
        np.array([[-2.6, -width / 2 + 1], [0, -width / 2 - 4.5], [2.6, -width / 2 + 1]]), -2, 5.5, SANDSTONE
    )
    cap = loft([_triangle(width, 5.5, 1), _triangle(width, 7.8, 0.05)], SANDSTONE)
    plinth = box(2.6, 1.8, 2.6, SANDSTONE, y=-width / 2 - 0.2, z=8.4)
    group = Shape.join([plinth, _statue_group().moved(y=-width / 2 - 0.2, z=11.0)])
    voussoir = np.column_stack(
        [(clear / 2 + 0.4) * np.cos(arch), np.full(13, -width / 2), -0.5 + 6.9 * np.sin(arch)]
    )
    side = Shape.join([cutwater, cap, group])
    piers = Shape.join([side, side.turned(180), pier.moved(x=-pitch / 2)])
    bays = Shape.join(
        [
            bay,
            sweep(voussoir, regular(4, 0.5), SANDSTONE),
            sweep(voussoir * [1, -1, 1], regular(4, 0.5), SANDSTONE),
        ]
    )
    parts = [row(bays, n, (pitch, 0, 0)), row(piers, n + 1, (pitch, 0, 0))]
    long = (n + 1) * pitch
    parts += [box(long, 0.6, 1.2, SANDSTONE, y=s * (width / 2 - 0.1), z=9.2) for s in (-1, 1)]
    lamp = Shape.join(
        [lathe([(0.25, 0), (0.1, 4)], DARK, 5), sphere(0.4, Material((0.9, 0.85, 0.6)), 6).moved(z=4.2)]
    )
    parts += [row(lamp, n, (pitch, 0, 0)).moved(y=s * (width / 2 - 0.4), z=9.6) for s in (-1, 1)]
    parts.append(_gate_tower(11, 30, 17).moved(x=-long / 2 - 3, z=8.4))
    parts += [
        _gate_tower(8, 20.5, 9).moved(x=long / 2 + 2, y=5.5, z=8.4),
        _gate_tower(7, 22, 12).moved(x=long / 2 + 3, y=-7.5, z=8.4),
    ]
    parts.append(box(40, 30, 11.4, SANDSTONE, x=-long / 2 - 18, z=-2))
    parts.append(box(40, 30, 11.4, SANDSTONE, x=long / 2 + 18, z=-2))
    return assembled(parts)


def _triangle(width: float, z: float, size: float) -> np.ndarray:
    plan = np.array([[-2.6, -width / 2 + 1], [0, -width / 2 - 4.5], [2.6, -width / 2 + 1]])
    tip = np.array([0, -width / 2 + 1])
    return np.column_stack([tip + (plan - tip) * size, np.full(3, z)])


def _statue_group() -> Shape:
    """A saint between two kneeling figures, dark with age."""
    low = statue(1.7, SOOT, 5)
    return Shape.join([statue(3.4, SOOT, 6), low.moved(x=-0.9, y=-0.1), low.moved(x=0.95, y=0.1)])


def _gate_tower(size: float, height: float, roof: float) -> Shape:
    """A blackened tower astride a road: pointed passages, statues, a steep wedge of slate, corner turrets."""
    face = [wall_with(rectangle(size, 14, 0), _passage(size), 1.2, SOOT_STONE, DARK)]
    face.append(
        wall_with(rectangle(size, height - 14, 14), pointed_arch(1.6, 4, height - 6), 0.6, SOOT_STONE, DARK)
    )
    face += [box(size + 0.8, 1.2, 0.6, SANDSTONE, z=z) for z in (13.7, height - 0.6)]
    if height > 25:
        face.append(row(statue(2.6, SANDSTONE, 5), 3, (0.2 * size, 0, 0)).moved(y=-0.4, z=15))
    parts = [box(size - 2.6, size - 2.6, height, DARK), on_four_sides(Shape.join(face), size / 2)]
    parts.append(
        frustum(rectangle(size + 0.6, size + 0.6), rectangle(0.3, 0.55 * size), height, height + roof, SLATE)
    )
    r = 0.13 * size
    turret = lathe([(0.8 * r, -4), (r, 0.25 * roof), (1.2 * r, 0.25 * roof), (0, 0.8 * roof)], SLATE, 6)
    corners = [(s * size / 2, t * size / 2, height) for s in (-1, 1) for t in (-1, 1)]
    parts += [
        copies(turret, corners),
        on_four_sides(battlements(size, 6, 1.2, SOOT_STONE), size / 2).moved(z=height),
    ]
    knob = lathe([(0.15, 0), (0.4, 0.6), (0, 2.5)], SLATE, 5)
    return Shape.join([*parts, *(knob.moved(y=s * 0.27 * size, z=height + roof) for s in (-1, 1))])


def _passage(size: float) -> list[Outline]:
    return [pointed_arch(share * size, 12.6 * share / 0.55 - 0.8, 0, 0.8) for share in (0.55, 0.46)]


def crimson_gate_bridge() -> Shape:
    """A red suspension bridge: towers of 152 m, a span of 640 m, cables and hangers; water at z = 0."""
    main, side, deck, top, half = 640.0, 210.0, 46.0, 152.0, 13.0
    parts = [both_sides(_bridge_tower(top, half).moved(x=main / 2))]
    long = main + 2 * side
    parts.append(box(long + 120, 2 * half - 3, 0.8, ROAD, z=deck))
    for s in (-1, 1):
        parts.append(_truss(long + 80, 7.2, 40).moved(y=s * half, z=deck - 6.6))
        parts.append(_cable(main, side, deck, top).moved(y=s * half))
        parts.append(box(long + 80, 0.3, 1.3, CRIMSON, y=s * (half - 1.2), z=deck + 0.8))
    lamps = Shape.join([beam((0, 0, 0), (0, 0, 9), 0.25, CRIMSON), box(0.4, 3, 0.3, CRIMSON, y=1.2, z=9)])
    both = Shape.join([lamps.moved(y=-half + 1), lamps.turned(180).moved(y=half - 1)])
    parts.append(row(both, 24, (40, 0, 0)).moved(z=deck))
    for s in (-1, 1):
        parts.append(box(34, 36, deck - 3, CONCRETE, x=s * (main / 2 + side + 30)))
        parts.append(
            span(
                s * np.linspace(main / 2 + side + 12, main / 2 + side - 66, 13)[:: s * -1],
                0.2 + 34 * np.sin(np.linspace(0, np.pi, 13)),
                np.full(13, deck - 6.0),
                2.5,
                CRIMSON,
            )
        )
    return assembled(parts)


def _bridge_tower(top: float, half: float) -> Shape:
    """Two legs that step inwards, four stiff frames above the road, crosses below it; a concrete pier."""
    parts = [
        lathe([(1.0, -4), (1.0, 8), (0.86, 10)], CONCRETE, rectangle(26, 46)),
        lathe([(1.25, -4), (1.25, 3)], CONCRETE, regular(12, 26)),
    ]
    profile = [(5.0, 9), (5.0, 56), (4.3, 57), (4.3, 88), (3.7, 89), (3.7, 118), (3.1, 119), (3.1, top)]
    for s in (-1, 1):
        parts.append(lathe(profile, CRIMSON, rectangle(2, 1.3)).moved(y=s * half))
        parts.append(lathe([(3.4, top), (2.2, top + 3)], CRIMSON, rectangle(2, 1.3)).moved(y=s * half))
        for edge in (-1, 1):  # fluting
            parts.append(box(1.0, 1.0, top - 60, CRIMSON, x=edge * 2.2, y=s * (half + 2.2), z=58))
    for z, h in ((56, 7), (86, 6.5), (115, 6), (top - 7, 7)):
        parts += [box(5.5, 2 * half - 4, h, CRIMSON, z=z), box(6.4, 2 * half - 4, 0.8, CRIMSON, z=z + h)]
        ribs = row(box(6.2, 0.7, h, CRIMSON), 7, (0, 3.0, 0))
        parts.append(ribs.moved(z=z))
    for low, high in ((10, 25), (25, 40)):
        for a, b in ((-half, half), (half, -half)):
            parts.append(beam((0, a, low), (0, b, high), rectangle(3, 1.6), CRIMSON))
        parts.append(box(4, 2 * half, 2, CRIMSON, z=high - 1))
    return Shape.join(parts)


def _cable(main: float, side: float, deck: float, top: float) -> Shape:
    """One main cable from anchorage to anchorage in the plane y = 0, and its hangers."""
    x = np.linspace(-main / 2, main / 2, 33)
    z = deck + 5 + (top + 2 - deck - 5) * (2 * x / main) ** 2
    ends = np.linspace(0, 1, 9)[1:]
    sag = (top + 2) + (deck + 2 - top - 2) * ends - 9 * np.sin(np.pi * ends)
    right = np.column_stack([main / 2 + (side + 20) * ends, 0 * ends, sag])
    path = np.concatenate([right[::-1] * [-1, 1, 1], np.column_stack([x, 0 * x, z]), right])
    hangers = [beam((a, 0, deck), (a, 0, b), 0.28, CRIMSON) for a, _, b in path[1:-1] if b > deck + 2.5]
    between_ = (path[8:40] + path[9:41]) / 2
    hangers += [beam((a, 0, deck), (a, 0, b), 0.28, CRIMSON) for a, _, b in between_]
    return Shape.join([sweep(path, 0.75, CRIMSON), *hangers])


def _truss(length: float, height: float, panels: int) -> Shape:
    """A lattice girder along x in the plane y = 0."""
    parts = [box(length, 0.9, 0.9, CRIMSON), box(length, 0.9, 1.1, CRIMSON, z=height - 1.1)]
    step = length / panels
    x0 = -length / 2
    for i in range(panels):
        a, b = (0.5, height - 0.5) if i % 2 else (height - 0.5, 0.5)
        parts.append(beam((x0 + i * step, 0, a), (x0 + (i + 1) * step, 0, b), regular(3, 0.55), CRIMSON))
    return Shape.join(parts)


def badain_wall() -> Shape:
    """A wall with battlements and five watch towers over a ridge of 560 m; the ridge comes with it."""
    x = np.linspace(-280, 280, 57)
    path = np.column_stack([x, _wall_y(x), _ridge_z(x, _wall_y(x))])
    rng = np.random.default_rng(0)
    parts = [_ridge(), sweep(path + [0, 0, 3.0], rectangle(6.4, 8.5), BRICK)]
    for s in (-1, 1):
        edge = path + [0, s * 2.9, 7.7]
        parts.append(sweep(edge, rectangle(0.6, 1.5), BRICK))
        step = np.linspace(0, len(x) - 1, 170)
        spots = np.stack([np.interp(step, np.arange(len(x)), c) for c in edge.T], axis=1)
        parts.append(copies(box(1.7, 0.65, 1.5, BRICK), spots + [0, 0, 0.5]))
    for i in (4, 16, 27, 39, 52):
        ahead = path[i + 1] - path[i - 1]
        turn = np.rad2deg(np.arctan2(ahead[1], ahead[0]))
        parts.append(_watch_tower(10 + rng.uniform(-1, 1.5)).turned(turn).moved(*(path[i] + [0, 0, -2])))
    return assembled(parts)


def _wall_y(x: np.ndarray) -> np.ndarray:
    return 26 * np.sin(x / 62) + 10 * np.sin(x / 23 + 1)


def _ridge_z(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Height of the hills: a crest along the wall that falls to 0 at the rim."""
    crest = 46 + 17 * np.sin(x / 58 + 0.6) + 9 * np.sin(x / 24) + 5 * np.sin(x / 11 + 2)
    away = np.abs(y - _wall_y(x) * np.exp(-(((y - _wall_y(x)) / 90) ** 2)))
    slope = np.exp(-((away / 78) ** 2)) + 0.10 * np.sin(x / 19 + y / 27) * np.exp(-((away / 110) ** 2))
    rim = np.clip(np.minimum((330 - np.abs(x)) / 60, (190 - np.abs(y)) / 60), 0, 1)
    return np.maximum(crest * slope, 0) * rim * rim * (3 - 2 * rim)


def _ridge() -> Shape:
    """The hills as a grid of triangles, 660 x 380 m."""
    nx, ny = 67, 49
    gx, gy = np.meshgrid(np.linspace(-330, 330, nx), np.linspace(-190, 190, ny))
    top = np.column_stack([gx.ravel(), gy.ravel(), _ridge_z(gx, gy).ravel() - 0.2])
    a = (np.arange(ny - 1)[:, None] * nx + np.arange(nx - 1)).ravel()
    faces = np.concatenate([np.stack([a, a + 1, a + nx + 1], 1), np.stack([a, a + nx + 1, a + nx], 1)])
    return Shape.of(top, faces, SCRUB)


def _watch_tower(height: float) -> Shape:
    """A square tower astride the wall: two rows of arched windows, battlements, a small hipped roof."""
    half = 5.2
    foot = lathe([(half + 0.9, -12), (half + 0.2, 7)], BRICK, SQUARE)
    face = window_rows(
        2 * half, 3, [(8.2, 2.2, 1.1), (8 + 0.55 * height - 2.2, 2.2, 1.1)], 6 + height, BRICK, DARK, arched=1
    )
    parts = [foot, box(2 * half - 1.2, 2 * half - 1.2, height, BRICK, z=6), on_four_sides(face, half)]
    parts.append(box(2 * half + 0.8, 2 * half + 0.8, 0.5, BRICK, z=5.6 + height))
    parts.append(on_four_sides(battlements(2 * half + 0.6, 6, 1.5, BRICK).moved(z=6 + height), half + 0.1))
    parts += [
        box(5, 4, 3.2, BRICK, z=6 + height),
        curved_roof((7, 6), (3, 0), 2.2, 0.5, SLATE, BRICK, 2).moved(z=9 + height),
    ]
    return Shape.join(parts)
