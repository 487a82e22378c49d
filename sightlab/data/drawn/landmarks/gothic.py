"""Gothic cathedrals of one family: the same church drawn three times with other details.

Twin towers, three portals and a rose to the west; a nave propped by flying buttresses; a transept; a choir
with radiating chapels behind. Which cathedral a photo shows is told by the crowns of the towers, where the
gallery of statues runs, the petals of the rose, the gables, the flèche and the stone.
Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.drawn.landmarks.gothic_front import west_front
from sightlab.data.drawn.landmarks.gothic_parts import (
    arcade,
    flyer,
    gablet,
    pinnacle,
    portal,
    rose_wall,
    window_wall,
)
from sightlab.data.drawn.landmarks.gothic_style import (
    AISLE_TOP,
    AISLES,
    ARMS,
    BAY,
    CREAM,
    DARK,
    DOOR,
    FACADE_DEPTH,
    VESSEL,
    GothicStyle,
    shaded,
)
from sightlab.data.drawn.solids.ornaments import SQUARE
from sightlab.data.drawn.solids.outlines import Outline
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import around, assembled, both_sides, box, frustum, lathe, prism, row
from sightlab.data.drawn.solids.walls import gable


def gothic_cathedral(style: GothicStyle) -> Shape:
    """A cathedral about 45 m wide and 115-130 m long, its west front to -y, around the origin."""
    nave_end = FACADE_DEPTH + style.bays * BAY
    choir = nave_end + 14  # beyond the crossing
    apse = choir + 3 * BAY
    parts = [
        west_front(style),
        _vessels(style, FACADE_DEPTH - 1, apse),
        _transept(style).moved(y=nave_end + 7),
        _chevet(style).moved(y=apse),
    ]
    bay = both_sides(_bay(style))
    for first, n in ((FACADE_DEPTH, style.bays), (choir, 3)):
        parts.append(row(bay, n, (0, BAY, 0)).moved(y=first + n * BAY / 2))
    if style.fleche:
        parts.append(_fleche(style).moved(y=nave_end + 7, z=style.ridge))
    return assembled([Shape.join(parts).moved(y=-(apse + AISLES) / 2)])


def _vessels(style: GothicStyle, first: float, apse: float) -> Shape:
    """Walls and roofs of nave, aisles and choir without their windows; the apse is half a decagon."""
    high, low = _plan(VESSEL, first, apse), _plan(AISLES, first, apse)
    ridge = np.column_stack([0 * high[:, 0], np.clip(high[:, 1], first, apse)])
    length, middle = apse - first, (apse + first) / 2
    parapets = [
        box(0.7, length, 1.4, style.stone, x=AISLES + 0.8, y=middle, z=AISLE_TOP),
        box(0.7, length, 1.2, style.stone, x=VESSEL + 1.0, y=middle, z=style.eaves),
    ]
    return Shape.join(
        [
            both_sides(*parapets),
            prism(high, 0, style.eaves, style.stone),
            frustum(high * [1.06, 1], ridge, style.eaves, style.ridge, style.roof),
            prism(low, 0, AISLE_TOP, style.stone),
            frustum(low, high, AISLE_TOP, AISLE_TOP + 5, style.roof),
        ]
    )


def _plan(half: float, first: float, apse: float) -> Outline:
    """Two straight sides and five sides of a decagon behind."""
    angle = np.deg2rad(np.linspace(0, 180, 6))
    end = np.column_stack([half * np.cos(angle), apse + half * np.sin(angle)])
    return np.concatenate([[[-half, first], [half, first]], end])


def _bay(style: GothicStyle) -> Shape:
    """One bay of the right side, its middle at y = 0: two windows, a buttress in front, flying arches."""
    stone, glass = style.stone, style.glass
    low = window_wall(BAY, AISLE_TOP, (4.2, 9.5), 2, stone, glass, lights=1)
    rise = style.eaves - AISLE_TOP - 5
    high = window_wall(BAY, rise, (4.6, rise - 1.6), 0.5, stone, glass)
    parts = [low.turned(90).moved(x=AISLES + 0.95), high.turned(90).moved(x=VESSEL + 0.95, z=AISLE_TOP + 5)]
    if style.window_gablets:
        parts.append(gablet(5.2, 6, stone).turned(90).moved(x=VESSEL + 1.0, z=style.eaves - 1))
    return Shape.join([*parts, _buttress(style).moved(y=-BAY / 2)])


def _buttress(style: GothicStyle) -> Shape:
    """A pier outside the right aisle with its pinnacle, and the flying arches to the vessel."""
    stone, x = style.stone, AISLES + 2.6
    top = AISLE_TOP + 8
    steps = [(1, 0), (0.85, 8), (0.85, top - 2), (0.6, top)]
    pier = lathe(steps, stone, SQUARE * [2.3, 0.75]).moved(x=x)
    parts = [pier, pinnacle(1.7, 8.5, stone).moved(x=x, z=top)]
    for tier in range(style.flyer_tiers):
        drop = 6.5 * tier
        parts.append(
            flyer((VESSEL + 0.8, style.eaves - 2.5 - drop), (x - 1, top + 1.5 - 0.8 * drop), 0.8, stone)
        )
    return Shape.join(parts)


def _transept(style: GothicStyle) -> Shape:
    """Both arms across the crossing, each ending in a front of its own."""
    wide, rise = 2 * VESSEL - 1, style.ridge - style.eaves
    body = box(2 * ARMS, wide, style.eaves, style.stone)
    roof = gable(wide + 0.8, rise, 2 * ARMS, style.roof).turned(90).moved(z=style.eaves)
    window = window_wall(8, 20, (4, 14), 2, style.stone, style.glass, lights=1)
    flank = both_sides(window.moved(x=ARMS - 5.2, y=-wide / 2 - 0.95, z=AISLE_TOP))
    front = _transept_front(style).moved(y=-ARMS)
    return Shape.join([body, roof, flank, flank.turned(180), front.turned(90), front.turned(-90)])


def _transept_front(style: GothicStyle) -> Shape:
    """A portal, small arches, a rose and a gable between two turrets; its wall lies behind y = 0."""
    stone, wide, eaves = style.stone, 2 * VESSEL - 1, style.eaves
    door = portal(9, 11, 2, stone, shaded(stone), DOOR, roof=0.7 * style.portal_gable, figures=False)
    lancets = arcade(wide - 2, 4, 5, stone, DARK, figures=False)
    round_window = rose_wall(wide, 15, 0.9 * style.rose_radius, style.rose_petals // 2, stone, style.glass)
    top = gablet(wide + 1, style.ridge - eaves + 1, stone)
    turret = lathe([(1.9, 0), (1.9, eaves + 3), (2.2, eaves + 3), (0, eaves + 14)], stone, 8)
    return Shape.join(
        [
            door.moved(y=-2.15),
            lancets.moved(y=-0.8, z=13.4),
            round_window.moved(y=-1.75, z=eaves - 16),
            top.moved(y=-0.4, z=eaves - 0.8),
            row(turret, 2, (wide, 0, 0)),
        ]
    )


def _chevet(style: GothicStyle) -> Shape:
    """What surrounds the apse: upper windows, flying arches and five radiating chapels; apse center at 0."""
    flat = np.cos(np.pi / 10)  # from the middle of a side of the decagon to its corner
    rise = style.eaves - AISLE_TOP - 5
    wall = 2 * VESSEL * np.sin(np.pi / 10)
    upper = window_wall(wall, rise, (0.62 * wall, rise - 1.6), 0.5, style.stone, style.glass)
    upper = upper.turned(90).moved(x=VESSEL * flat + 0.95, z=AISLE_TOP + 5)
    side = Shape.join([upper, _chapel(style).moved(x=AISLES * flat + 0.5)])
    return Shape.join([around(side, 5, 18, 180), around(_buttress(style), 6, 0, 216)])


def _chapel(style: GothicStyle) -> Shape:
    """An octagon with three windows towards +x, under a cone or with pinnacles around a flat roof."""
    stone = style.stone
    body = lathe([(4.3, 0), (4.3, 10.5), (4.6, 10.5), (4.6, 11.2)], stone, 8)
    window = window_wall(3.0, 10, (1.7, 7), 1.5, stone, style.glass, lights=1, steps=2)
    glazed = around(window.moved(y=-4.3 * np.cos(np.pi / 8) - 0.95), 3, 45, 135)
    if style.chapel_roof:
        top = lathe([(4.6, 11.2), (0, 11.2 + style.chapel_roof)], style.roof, 8)
    else:
        top = around(pinnacle(1.2, 5.5, stone).moved(x=4.2, z=11.2), 3, 22.5, 180)
    return Shape.join([body, glazed, top])


def _fleche(style: GothicStyle) -> Shape:
    """The slender spire over the crossing."""
    h = style.fleche
    shaft = [(2.6, -3), (2.6, 0.2 * h), (3.0, 0.22 * h), (1.9, 0.24 * h), (0, h)]
    collar = around(pinnacle(0.7, 0.25 * h, style.roof).moved(x=2.6, z=0.1 * h), 8, 22.5)
    openings = around(box(1.0, 0.3, 0.14 * h, DARK, y=-2.42, z=0.04 * h), 8)
    return Shape.join([lathe(shaft, style.roof, 8), collar, openings])


AMERY = GothicStyle(
    stone=CREAM,
    towers=(60, 66),
    crown="helm",
    crown_height=9,
    portal_gable=8,
    rose_radius=6.0,
    rose_petals=16,
    fleche=62,
    bays=7,
    eaves=38,
    ridge=51,
    window_gablets=True,
)
RHENNE = GothicStyle(
    stone=Material((0.62, 0.55, 0.46), "ashlar", (0.40, 0.35, 0.29), 0.9),
    towers=(72, 72),
    crown="turrets",
    crown_height=22,
    portal_gable=9,
    rose_storey=20,
    kings_above_rose=True,
    rose_radius=6.8,
    rose_petals=12,
    fleche=14,
    chapel_roof=0,
)
LUTREC = GothicStyle(
    stone=Material((0.72, 0.71, 0.68), "ashlar", (0.5, 0.49, 0.47), 0.9),
    roof=Material((0.36, 0.47, 0.44), "tiles", (0.28, 0.38, 0.36), 0.6),
    towers=(66, 66),
    crown="flat",
    crown_height=3.2,
    portal_gable=0,
    rose_radius=5.6,
    rose_petals=24,
    fleche=48,
    flyer_tiers=1,
    eaves=32,
    ridge=42,
)


def amery_cathedral() -> Shape:
    """Cream stone, towers of unequal height under slate helms, a tall flèche, gables over windows."""
    return gothic_cathedral(AMERY)


def rhenne_cathedral() -> Shape:
    """Dark golden stone, open turrets on both towers, statues above the rose, steep gables on the portals."""
    return gothic_cathedral(RHENNE)


def lutrec_cathedral() -> Shape:
    """Gray stone, flat towers, straight bands, a rose of 24 petals, green roofs, a flèche."""
    return gothic_cathedral(LUTREC)
