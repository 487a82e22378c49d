"""Bridges: one of stone with statues, one that hangs from cables. Water lies at z = 0.

Both run along x, so that somebody in front sees their whole length.
Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.drawn.solids.ornaments import battlements, on_four_sides, sphere, statue
from sightlab.data.drawn.solids.outlines import Outline, pointed_arch, rectangle, regular
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import (
    assembled,
    beam,
    both_sides,
    box,
    copies,
    frustum,
    lathe,
    prism,
    row,
    sweep,
)
from sightlab.data.drawn.solids.walls import span, wall_with

SANDSTONE = Material((0.62, 0.54, 0.42), "ashlar", (0.40, 0.34, 0.26), 1.0)
SOOT = Material((0.30, 0.27, 0.24))
SLATE = Material((0.24, 0.25, 0.28), "tiles", (0.18, 0.19, 0.21), 0.5)
CRIMSON = Material((0.64, 0.24, 0.17), "plain")
CONCRETE = Material((0.60, 0.59, 0.56), "plaster", (0.45, 0.44, 0.42), 5.0)
ROAD = Material((0.25, 0.25, 0.26), "asphalt")
DARK = Material((0.09, 0.08, 0.08))
SOOT_STONE = Material((0.50, 0.44, 0.35), "ashlar", (0.32, 0.28, 0.23), 1.0)


def praven_stone_bridge() -> Shape:
    """Ten arches, statues on every pier, a tall gate tower at the left end, two small ones at the right."""
    n, pitch, width = 10, 21.0, 10.0
    long = (n + 1) * pitch
    plinth = box(2.6, 1.8, 2.6, SANDSTONE, y=-width / 2 - 0.2, z=8.4)
    group = Shape.join([plinth, _statue_group().moved(y=-width / 2 - 0.2, z=11.0)])
    lamp = lathe([(0.25, 0), (0.1, 4)], DARK, 5).moved(y=0.4 - width / 2, z=9.6)
    light = sphere(0.4, Material((0.9, 0.85, 0.6)), 6).moved(y=0.4 - width / 2, z=13.8)
    ornaments = [row(group, n + 1, (pitch, 0, 0)), row(Shape.join([lamp, light]), n, (pitch, 0, 0))]
    parts = [arched_bridge(n, pitch, 15.5, width), *ornaments, *(part.turned(180) for part in ornaments)]
    parts.append(_gate_tower(11, 30, 17).moved(x=-long / 2 - 3, z=8.4))
    parts.append(_gate_tower(8, 20.5, 9).moved(x=long / 2 + 2, y=5.5, z=8.4))
    parts.append(_gate_tower(7, 22, 12).moved(x=long / 2 + 3, y=-7.5, z=8.4))
    banks = [box(40, 30, 11.4, SANDSTONE, x=s * (long / 2 + 18), z=-2) for s in (-1, 1)]
    return assembled([*parts, *banks])


def arched_bridge(n: int, pitch: float, clear: float, width: float) -> Shape:
    """n round arches `pitch` apart and `clear` wide, 10.4 m above the water, on piers with cutwaters."""
    angle = np.linspace(np.pi, 0, 13)
    rise = 0.41 * clear
    x = np.concatenate([[-pitch / 2], clear / 2 * np.cos(angle), [pitch / 2]])
    below = np.concatenate([[-2], -0.5 + rise * np.sin(angle), [-2]])
    edge = np.column_stack(
        [(clear / 2 + 0.4) * np.cos(angle), 0 * angle, -0.5 + (rise + 0.5) * np.sin(angle)]
    )
    band = sweep(edge, regular(4, 0.5), SANDSTONE)
    bay = Shape.join(
        [
            span(x, below, np.full(15, 9.4), width, SANDSTONE),
            *(band.moved(y=s * width / 2) for s in (-1, 1)),
        ]
    )
    side = Shape.join([prism(_cutwater(width), -2, 5.5, SANDSTONE), _cutwater_cap(width)])
    pier = Shape.join([box(pitch - clear, width, 10, SANDSTONE, z=-2), side, side.turned(180)])
    long = (n + 1) * pitch
    parapets = [box(long, 0.6, 1.2, SANDSTONE, y=s * (width / 2 - 0.1), z=9.2) for s in (-1, 1)]
    return Shape.join([row(bay, n, (pitch, 0, 0)), row(pier, n + 1, (pitch, 0, 0)), *parapets])


def _cutwater(width: float) -> Outline:
    """The plan of what parts the river before a pier."""
    return np.array([[-2.6, -width / 2 + 1], [0, -width / 2 - 4.5], [2.6, -width / 2 + 1]])


def _cutwater_cap(width: float) -> Shape:
    plan, tip = _cutwater(width), np.array([0, -width / 2 + 1])
    return frustum(plan, tip + (plan - tip) * 0.05, 5.5, 7.8, SANDSTONE)


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
    """A red suspension bridge: towers of 152 m, a span of 640 m, side spans that end in steel arches."""
    main, side, deck = 640.0, 210.0, 46.0
    x = np.linspace(main / 2 + side - 66, main / 2 + side + 12, 13)
    arch = span(x, 0.2 + 34 * np.sin(np.linspace(0, np.pi, 13)), np.full(13, deck - 6.0), 2.5, CRIMSON)
    return assembled([suspension_bridge(main, side, deck, 152.0), both_sides(arch)])


def suspension_bridge(main: float, side: float, deck: float, top: float, half: float = 13.0) -> Shape:
    """Two towers, two cables with hangers, a road on lattice girders, anchorages.

    Args:
        main, side: spans, meters.
        deck, top: height of the road and of the towers.
        half: from the middle of the road to a cable.
    """
    long = main + 2 * side
    parts = [both_sides(_bridge_tower(top, half).moved(x=main / 2))]
    parts.append(box(long + 120, 2 * half - 3, 0.8, ROAD, z=deck))
    rail = box(long + 80, 0.3, 1.3, CRIMSON, y=-half + 1.2, z=deck + 0.8)
    edge = [
        _truss(long + 80, 7.2, 40).moved(y=-half, z=deck - 6.6),
        _cable(main, side, deck, top).moved(y=-half),
    ]
    lamp = Shape.join([beam((0, 0, 0), (0, 0, 9), 0.25, CRIMSON), box(0.4, 3, 0.3, CRIMSON, y=1.2, z=9)])
    lamps = row(lamp.moved(y=1 - half), round(long / 42), (40, 0, 0)).moved(z=deck)
    front = Shape.join([rail, *edge, lamps])
    anchor = box(34, 36, deck - 3, CONCRETE, x=main / 2 + side + 30)
    return Shape.join([*parts, front, front.turned(180), both_sides(anchor)])


def _bridge_tower(top: float, half: float) -> Shape:
    """Two legs that step inwards, four stiff frames above the road, crosses below it; a concrete pier."""
    parts = [lathe([(1.0, -4), (1.0, 8), (0.86, 10)], CONCRETE, rectangle(26, 46))]
    parts.append(lathe([(1.25, -4), (1.25, 3)], CONCRETE, regular(12, 26)))
    leg = _bridge_leg(top).moved(y=half)
    parts += [leg, leg.turned(180)]
    for z, tall in ((56, 7), (86, 6.5), (115, 6), (top - 7, 7)):
        ribs = row(box(6.2, 0.7, tall, CRIMSON), 7, (0, 3.0, 0))
        panel = box(5.5, 2 * half - 4, tall, CRIMSON)
        parts.append(Shape.join([panel, ribs, box(6.4, 2 * half - 4, 0.8, CRIMSON, z=tall)]).moved(z=z))
    for low, high in ((10, 25), (25, 40)):
        cross = [beam((0, -s * half, low), (0, s * half, high), rectangle(3, 1.6), CRIMSON) for s in (-1, 1)]
        parts += [*cross, box(4, 2 * half, 2, CRIMSON, z=high - 1)]
    return Shape.join(parts)


def _bridge_leg(top: float) -> Shape:
    """One leg, with flutes on its outer side, and the saddle of the cable."""
    steps = [(5.0, 9), (5.0, 56), (4.3, 57), (4.3, 88), (3.7, 89), (3.7, 118), (3.1, 119), (3.1, top)]
    plan = rectangle(2, 1.3)
    flute = box(1.0, 1.0, top - 60, CRIMSON, x=2.2, y=2.2, z=58)
    saddle = lathe([(3.4, top), (2.2, top + 3)], CRIMSON, plan)
    return Shape.join([lathe(steps, CRIMSON, plan), saddle, both_sides(flute)])


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
