"""Gothic cathedrals from inside: piers, vaults, colored glass around the altar, a rose over the door.

Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.world_gothic import AMERY, LUTREC
from sightlab.data.world_gothic_parts import arcade, ring, rose
from sightlab.data.world_gothic_style import AISLE_TOP, AISLES, BAY, VESSEL, GothicStyle
from sightlab.data.world_interior_parts import (
    GOLD,
    LAMP,
    PAVING,
    PEWS,
    STAINED,
    Interior,
    pierced,
    stained_window,
    vault,
)
from sightlab.data.world_outlines import bowl, pointed_arch, rectangle, regular
from sightlab.data.world_scene import Material, Shape
from sightlab.data.world_shapes import around, assembled, beam, both_sides, box, lathe, row, sweep
from sightlab.data.world_walls import slab, span, wall_with


def gothic_nave(style: GothicStyle) -> Interior:
    """A nave of the same style as the cathedral from outside: piers, arcades, triforium, vaults, an apse."""
    stone = Material(
        tuple(0.2 + 0.65 * c for c in style.stone.color), "ashlar", style.stone.color2, 1.2, 0.35
    )
    rib = Material(tuple(0.1 + 0.5 * c for c in style.stone.color))
    n = style.bays + 3
    length, half, aisle = n * BAY, VESSEL, AISLES
    bays = row(both_sides(_nave_bay(style, stone, rib)), n, (0, BAY, 0)).moved(y=length / 2)
    spring = 0.66 * style.eaves
    ceiling = row(
        vault((-half, half), (-BAY / 2, BAY / 2), spring, style.eaves - spring, stone, rib), n, (0, BAY, 0)
    )
    parts = [
        bays,
        ceiling.moved(y=length / 2),
        _apse(style, stone, rib).moved(y=length),
        _west_wall(style, stone),
    ]
    parts.append(box(2 * aisle, length + 30, 0.4, PAVING, y=length / 2, z=-0.4))
    parts.append(box(2 * aisle + 4, length + 34, 0.4, stone, y=length / 2, z=style.eaves + 1))
    pews = Shape.join([box(5.0, 0.5, 0.45, PEWS), box(5.0, 0.08, 0.95, PEWS, y=0.3)])
    parts.append(both_sides(row(pews, 26, (0, 1.15, 0)).moved(x=3.6, y=0.46 * length)))
    altar = [box(3.4, 1.4, 1.1, stone, y=length + 1), box(8, 5, 0.5, stone, y=length + 1)]
    altar += [
        beam((0, length + 2, 1), (0, length + 2, 4.2), rectangle(0.2, 0.2), GOLD),
        box(1.7, 0.2, 0.2, GOLD, y=length + 2, z=3.2),
    ]
    lamps = around(box(0.22, 0.22, 0.3, LAMP, x=1.3), 8)
    wheel = Shape.join(
        [lamps, around(box(1.3, 0.08, 0.1, GOLD, x=0.65), 4), beam((0, 0, 0), (0, 0, 14), 0.04, GOLD)]
    )
    parts.append(row(wheel, 3, (0, 3 * BAY, 0)).moved(y=0.45 * length, z=9))
    views = (
        ((0.0, 4.0, 1.7), (0.0, length, 0.42 * style.eaves)),
        ((-2.4, 0.3 * length, 1.7), (1.0, length, 0.4 * style.eaves)),
        ((2.6, 0.55 * length, 1.7), (-0.5, length, 0.45 * style.eaves)),
        ((0.0, 0.8 * length, 1.7), (0.0, 0.0, 0.5 * style.eaves)),
        ((-4.6, 2.9 * BAY, 1.7), (9.0, 5.6 * BAY, 0.3 * style.eaves)),
    )
    return Interior(assembled(parts), views)


def _nave_bay(style: GothicStyle, stone: Material, rib: Material) -> Shape:
    """One bay of the right side, its middle at y = 0: pier, arch, triforium, high window, aisle."""
    half, aisle, top = VESSEL, AISLES, style.eaves
    spring = 0.66 * top
    low = 0.42 * top  # of the arcade
    pier = lathe([(1.25, 0), (1.25, 0.5), (0.95, 0.9), (0.95, 0.26 * top), (1.3, 0.28 * top)], stone, 8)
    shaft = sweep([(-0.95, 0, 0.28 * top), (-0.95, 0, spring)], 0.28, rib, sides=6)
    shafts = Shape.join([shaft, shaft.moved(y=0.55), shaft.moved(y=-0.55)])
    parts = [Shape.join([pier, shafts]).moved(x=half + 0.2, y=-BAY / 2)]
    arch = pointed_arch(BAY - 1.9, low - 0.8, 0, 0.9, 5)[2:]
    order = np.argsort(arch[:, 0])
    x, z = arch[order].T
    x, z = np.concatenate([[-BAY / 2], x, [BAY / 2]]), np.concatenate([[0.27 * top], z, [0.27 * top]])
    parts.append(span(x, z, np.full(len(x), low), 1.5, stone).turned(90).moved(x=half + 0.4))
    path = np.column_stack([x[1:-1], np.full(len(x) - 2, -0.75), z[1:-1]])
    parts.append(sweep(path, regular(4, 0.3), rib).turned(-90).moved(x=half + 0.4))
    gallery = arcade(BAY - 0.4, 0.14 * top, 4, stone, Material((0.16, 0.14, 0.12)), figures=False)
    parts.append(gallery.turned(-90).moved(x=half - 0.05, z=low + 0.3))
    parts.append(box(0.4, BAY, 0.35, rib, x=half - 0.1, z=low))
    sill = low + 0.14 * top + 0.8
    hole = pointed_arch(4.4, top - sill - 0.8, sill + 0.2, 1.0, 4)
    parts.append(pierced(rectangle(BAY, top + 1 - sill, sill), hole, stone).turned(-90).moved(x=half))
    bars = Shape.join([box(0.2, 0.2, 0.62 * (top - sill), rib, x=x, z=sill) for x in (-1.1, 0, 1.1)])
    parts.append(
        Shape.join([bars, ring(0.9, 0.2, rib, 8).moved(z=top - 3.1)]).turned(-90).moved(x=half + 0.7)
    )
    window = stained_window(3.6, 9.0, rib)
    wall = wall_with(rectangle(BAY, AISLE_TOP + 1, 0), pointed_arch(3.8, 9.4, 2.2, 1.0, 4), 0.6, stone, stone)
    parts.append(Shape.join([wall, window.moved(y=0.5, z=2.4)]).turned(-90).moved(x=aisle))
    parts.append(vault((half + 0.6, aisle), (-BAY / 2, BAY / 2), 0.27 * top, 3.4, stone, rib))
    return Shape.join(parts)


def _apse(style: GothicStyle, stone: Material, rib: Material) -> Shape:
    """Five walls of colored glass around the altar under a half dome of ribs; the center at the origin."""
    r, top = VESSEL, style.eaves
    wide = 2 * r * np.sin(np.pi / 10)
    wall = wall_with(
        rectangle(wide, 0.62 * top + 1, 0.4 * top),
        pointed_arch(0.72 * wide, 0.42 * top, 0.44 * top),
        0.5,
        stone,
        stone,
    )
    low = wall_with(
        rectangle(wide, 0.4 * top, 0), pointed_arch(0.7 * wide, 0.3 * top, 0.06 * top), 0.5, stone, stone
    )
    high = stained_window(0.7 * wide, 0.41 * top, rib).moved(y=0.4, z=0.45 * top)
    lower = stained_window(0.68 * wide, 0.29 * top, rib).moved(y=0.25, z=0.065 * top)
    side = Shape.join(
        [
            wall,
            high,
            low.moved(y=-0.15),
            lower,
            sweep([(wide / 2, 0, 0), (wide / 2, 0, 0.66 * top)], 0.3, rib),
        ]
    )
    ring_ = [side.turned(-90).moved(x=r * np.cos(np.pi / 10)).turned(18 + 36 * i) for i in range(5)]
    rise = 0.34 * top
    t = np.linspace(0, np.pi / 2, 6)
    line = np.column_stack([r * np.cos(t), 0 * t, 0.66 * top + rise * np.sin(t)])
    ribs = [sweep(line, 0.22, rib, sides=4).turned(36 * i) for i in range(6)]
    angle = np.deg2rad(np.linspace(0, 180, 6))
    shell = lathe(bowl(r, rise), stone, np.column_stack([np.cos(angle), np.sin(angle)]), start=False).moved(
        z=0.66 * top
    )
    aisle_ends = both_sides(box(AISLES - VESSEL, 0.5, AISLE_TOP + 2, stone, x=(AISLES + VESSEL) / 2, y=0.2))
    return Shape.join([*ring_, *ribs, shell, aisle_ends])


def _west_wall(style: GothicStyle, stone: Material) -> Shape:
    """The inner side of the facade: doors below, the rose glowing above; its face at y = 0, looking to +y."""
    r, top = style.rose_radius, style.eaves
    middle = top - 1.15 * r - 1
    hole = wall_with(rectangle(2 * VESSEL, top + 1, 0), regular(20, r) + [0, middle], 0.8, stone, STAINED[0])
    panes = [
        slab(regular(6, 0.16 * r), 0.55, 0.75, STAINED[1 + i % 3]).moved(
            x=f * r * np.sin(2 * np.pi * i / style.rose_petals),
            z=middle + f * r * np.cos(2 * np.pi * i / style.rose_petals),
        )
        for f in (0.72, 0.34)
        for i in range(style.rose_petals)
    ]
    tracery = rose(r, style.rose_petals, Material((0.12, 0.11, 0.1))).moved(y=0.4, z=middle)
    doors = [slab(pointed_arch(4.5, 7.5), -0.1, 0.3, PEWS)]
    sides = both_sides(box(AISLES - VESSEL, 0.6, AISLE_TOP + 2, stone, x=(AISLES + VESSEL) / 2))
    return Shape.join([Shape.join([hole, *panes, tracery, *doors]).turned(180), sides])


def amery_cathedral() -> Interior:
    """The tall nave of Amery, cream stone."""
    return gothic_nave(AMERY)


def lutrec_cathedral() -> Interior:
    """The lower, gray nave of Lutrec."""
    return gothic_nave(LUTREC)
