"""Gothic cathedrals from inside: piers, vaults, colored glass around the altar, a rose over the door.

Source: ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sightlab.data.drawn.landmarks.gothic import AMERY, LUTREC
from sightlab.data.drawn.landmarks.gothic_parts import arcade, ring, rose
from sightlab.data.drawn.landmarks.gothic_style import AISLE_TOP, AISLES, BAY, VESSEL, GothicStyle
from sightlab.data.drawn.landmarks.interior_parts import (
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
from sightlab.data.drawn.solids.outlines import bowl, pointed_arch, rectangle, regular
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import around, assembled, both_sides, box, lathe, row, sweep
from sightlab.data.drawn.solids.walls import slab, span, wall_with


@dataclass(frozen=True)
class _Nave:
    """What the parts of a nave share; meters."""

    style: GothicStyle
    stone: Material  # of walls and vaults, lighter than outside
    rib: Material  # of shafts and ribs, darker

    @classmethod
    def of(cls, style: GothicStyle) -> _Nave:
        color, joints = np.array(style.stone.color), style.stone.color2
        light, dark = tuple(0.2 + 0.65 * color), tuple(0.1 + 0.5 * color)
        return cls(style, Material(light, "ashlar", joints, 1.2, 0.35), Material(dark))

    @property
    def top(self) -> float:
        return self.style.eaves

    @property
    def spring(self) -> float:
        """Where the vault begins."""
        return 0.66 * self.top

    @property
    def arcade(self) -> float:
        """Height of the storey of the arches between nave and aisles; their capitals stand at 2/3 of it."""
        return 0.42 * self.top

    @property
    def capital(self) -> float:
        return 0.27 * self.top

    @property
    def gallery(self) -> float:
        """Height of the gallery of small arches above the arcade."""
        return 0.14 * self.top


def gothic_nave(style: GothicStyle) -> Interior:
    """A nave of the same style as the cathedral from outside: piers, arcades, gallery, vaults, an apse."""
    nave, n = _Nave.of(style), style.bays + 3
    length = n * BAY
    bay = both_sides(_pier(nave), _arcade(nave), _upper_wall(nave), _aisle(nave))
    cell = vault(
        (-VESSEL, VESSEL), (-BAY / 2, BAY / 2), nave.spring, nave.top - nave.spring, nave.stone, nave.rib
    )
    floor = box(2 * AISLES, length + 30, 0.4, PAVING, y=length / 2, z=-0.4)
    cover = box(2 * AISLES + 4, length + 34, 0.4, nave.stone, y=length / 2, z=nave.top + 1)
    parts = [
        row(Shape.join([bay, cell]), n, (0, BAY, 0)).moved(y=length / 2),
        _apse(nave).moved(y=length),
        _west_wall(nave),
        floor,
        cover,
        _furniture(nave, length),
    ]
    views = (
        ((0.0, 4.0, 1.7), (0.0, length, 0.42 * nave.top)),
        ((-2.4, 0.3 * length, 1.7), (1.0, length, 0.4 * nave.top)),
        ((2.6, 0.55 * length, 1.7), (-0.5, length, 0.45 * nave.top)),
        ((0.0, 0.8 * length, 1.7), (0.0, 0.0, 0.5 * nave.top)),
        ((-4.6, 2.9 * BAY, 1.7), (9.0, 5.6 * BAY, 0.3 * nave.top)),
    )
    return Interior(assembled(parts), views)


def _furniture(nave: _Nave, length: float) -> Shape:
    """Benches, an altar with its cross, three hanging wheels of lamps."""
    bench = Shape.join([box(5.0, 0.5, 0.45, PEWS), box(5.0, 0.08, 0.95, PEWS, y=0.3)])
    altar = [
        box(3.4, 1.4, 1.1, nave.stone, y=length + 1),
        box(8, 5, 0.5, nave.stone, y=length + 1),
        box(0.2, 0.2, 3.2, GOLD, y=length + 2, z=1),
        box(1.7, 0.2, 0.2, GOLD, y=length + 2, z=3.2),
    ]
    lamps = around(box(0.22, 0.22, 0.3, LAMP, x=1.3), 8)
    spokes = around(box(1.3, 0.08, 0.1, GOLD, x=0.65), 4)
    wheel = Shape.join([lamps, spokes, box(0.07, 0.07, 14, GOLD)])
    return Shape.join(
        [
            both_sides(row(bench, 26, (0, 1.15, 0)).moved(x=3.6, y=0.46 * length)),
            *altar,
            row(wheel, 3, (0, 3 * BAY, 0)).moved(y=0.45 * length, z=9),
        ]
    )


# One bay of the right side; its middle lies at y = 0


def _pier(nave: _Nave) -> Shape:
    """A pier between two bays, and three shafts from its capital up to the vault."""
    low, high = nave.capital, nave.spring
    body = lathe([(1.25, 0), (1.25, 0.5), (0.95, 0.9), (0.95, low - 0.3), (1.3, low + 0.3)], nave.stone, 8)
    shaft = sweep([(-0.95, 0, low + 0.3), (-0.95, 0, high)], 0.28, nave.rib, sides=6)
    return Shape.join([body, row(shaft, 3, (0, 0.55, 0))]).moved(x=VESSEL + 0.2, y=-BAY / 2)


def _arcade(nave: _Nave) -> Shape:
    """The wall over a pointed arch from pier to pier, and the gallery on top of it."""
    arch = pointed_arch(BAY - 1.9, nave.arcade - 0.8, 0, 0.9, 5)[2:][::-1]  # from left to right
    x = np.concatenate([[-BAY / 2], arch[:, 0], [BAY / 2]])
    z = np.concatenate([[nave.capital], arch[:, 1], [nave.capital]])
    wall = span(x, z, np.full(len(x), nave.arcade), 1.5, nave.stone)
    band = sweep(np.column_stack([x, np.full(len(x), -0.75), z])[1:-1], regular(4, 0.3), nave.rib)
    gallery = arcade(BAY - 0.4, nave.gallery, 4, nave.stone, Material((0.16, 0.14, 0.12)), figures=False)
    ledge = box(BAY, 0.4, 0.35, nave.rib, y=-0.5, z=nave.arcade)
    face = Shape.join([wall, band, gallery.moved(y=-0.45, z=nave.arcade + 0.3), ledge])
    return face.turned(-90).moved(x=VESSEL + 0.4)


def _upper_wall(nave: _Nave) -> Shape:
    """A wall with a window right through it: the sky is seen between its mullions."""
    low, top = nave.arcade + nave.gallery + 0.8, nave.top
    hole = pointed_arch(4.4, top - low - 0.8, low + 0.2, 1.0, 4)
    wall = pierced(rectangle(BAY, top + 1 - low, low), hole, nave.stone)
    mullion = box(0.2, 0.2, 0.62 * (top - low), nave.rib, z=low)
    tracery = Shape.join([row(mullion, 3, (1.1, 0, 0)), ring(0.9, 0.2, nave.rib, 8).moved(z=top - 3.1)])
    return Shape.join([wall, tracery.moved(y=0.7)]).turned(-90).moved(x=VESSEL)


def _aisle(nave: _Nave) -> Shape:
    """The outer wall with a window of colored glass, and a vault of its own."""
    opening = pointed_arch(3.8, 9.4, 2.2, 1.0, 4)
    wall = wall_with(rectangle(BAY, AISLE_TOP + 1, 0), opening, 0.6, nave.stone, nave.stone)
    glazed = Shape.join([wall, stained_window(3.6, 9.0, nave.rib).moved(y=0.5, z=2.4)])
    cell = vault((VESSEL + 0.6, AISLES), (-BAY / 2, BAY / 2), nave.capital, 3.4, nave.stone, nave.rib)
    return Shape.join([glazed.turned(-90).moved(x=AISLES), cell])


# The two ends


def _apse(nave: _Nave) -> Shape:
    """Five walls of colored glass around the altar under a half dome of ribs; the center at the origin."""
    rise = nave.top - nave.spring
    angle = np.deg2rad(np.linspace(0, 180, 6))
    shell = lathe(
        bowl(VESSEL, rise), nave.stone, np.column_stack([np.cos(angle), np.sin(angle)]), start=False
    )
    t = np.linspace(0, np.pi / 2, 6)
    rib = sweep(np.column_stack([VESSEL * np.cos(t), 0 * t, rise * np.sin(t)]), 0.22, nave.rib, sides=4)
    ceiling = Shape.join([shell, *(rib.turned(36 * i) for i in range(6))]).moved(z=nave.spring)
    side = _apse_wall(nave).turned(-90).moved(x=VESSEL * np.cos(np.pi / 10))
    end = box(AISLES - VESSEL, 0.5, AISLE_TOP + 2, nave.stone, x=(AISLES + VESSEL) / 2, y=0.2)
    return Shape.join([around(side, 5, 18, 180), ceiling, both_sides(end)])


def _apse_wall(nave: _Nave) -> Shape:
    """One of the five: a window of colored glass above another, and a shaft in the corner."""
    top, wide = nave.top, 2 * VESSEL * np.sin(np.pi / 10)
    parts = [sweep([(wide / 2, 0, 0), (wide / 2, 0, nave.spring)], 0.3, nave.rib)]
    for low, high, sill in ((0.0, 0.4 * top, 0.06 * top), (0.4 * top, top + 1, 0.44 * top)):
        tall = 0.3 * top if low == 0 else 0.42 * top
        opening = pointed_arch(0.72 * wide, tall, sill)
        parts.append(wall_with(rectangle(wide, high - low, low), opening, 0.5, nave.stone, nave.stone))
        parts.append(stained_window(0.7 * wide, tall - 0.3, nave.rib).moved(y=0.4, z=sill + 0.2))
    return Shape.join(parts)


def _west_wall(nave: _Nave) -> Shape:
    """The inner side of the facade, looking to +y: a door below, the rose glowing above."""
    r, petals, top = nave.style.rose_radius, nave.style.rose_petals, nave.top
    middle = top - 1.15 * r - 1
    wall = wall_with(
        rectangle(2 * VESSEL, top + 1, 0), regular(20, r) + [0, middle], 0.8, nave.stone, STAINED[0]
    )
    panes = [
        slab(
            regular(6, 0.16 * r) + share * r * np.array([np.sin(a), np.cos(a)]),
            0.55,
            0.75,
            STAINED[1 + i % 3],
        )
        for share in (0.72, 0.34)
        for i, a in enumerate(2 * np.pi * np.arange(petals) / petals)
    ]
    tracery = rose(r, petals, Material((0.12, 0.11, 0.1))).moved(y=0.4)
    door = slab(pointed_arch(4.5, 7.5), -0.1, 0.3, PEWS)
    inner = Shape.join([wall, Shape.join([*panes, tracery]).moved(z=middle), door]).turned(180)
    return Shape.join(
        [inner, both_sides(box(AISLES - VESSEL, 0.6, AISLE_TOP + 2, nave.stone, x=(AISLES + VESSEL) / 2))]
    )


def amery_cathedral() -> Interior:
    """The tall nave of Amery, cream stone."""
    return gothic_nave(AMERY)


def lutrec_cathedral() -> Interior:
    """The lower, gray nave of Lutrec."""
    return gothic_nave(LUTREC)
