"""Pyramids: a smooth giant, a tomb in six steps, and a temple whose nine terraces look like it from afar.

The two stepped ones are look-alikes on purpose: `stepped` draws both.
Source: ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sightlab.checks import check_count
from sightlab.data.drawn.solids.ornaments import SQUARE, column, on_four_sides
from sightlab.data.drawn.solids.outlines import pointed_arch, rectangle
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import (
    around,
    assembled,
    both_sides,
    box,
    frustum,
    lathe,
    loft,
    row,
    stairs,
)
from sightlab.data.drawn.solids.walls import wall_with

SANDSTONE = Material((0.74, 0.65, 0.50), "ashlar", (0.55, 0.47, 0.35), 1.6, 0.7)
ROUGH = Material((0.66, 0.56, 0.42), "ashlar", (0.46, 0.38, 0.28), 1.1, 0.9)
LIMESTONE = Material((0.68, 0.66, 0.58), "ashlar", (0.45, 0.45, 0.38), 0.9, 0.8)
CASING = Material((0.80, 0.75, 0.65))
DARK = Material((0.10, 0.08, 0.06))


@dataclass(frozen=True)
class Steps:
    """Terraces that shrink upwards; meters."""

    base: tuple[float, float] = (121.0, 109.0)  # width, depth
    top: tuple[float, float] = (30.0, 20.0)  # of the highest terrace, at its foot
    height: float = 60.0
    terraces: int = 6
    batter: float = 0.26  # how far a wall leans back / its height
    cornice: bool = False  # a ledge along the top of every terrace

    def __post_init__(self):
        check_count(self.terraces, "terraces")


def stepped(steps: Steps, stone: Material) -> Shape:
    """The terraces alone, around the origin."""
    rise, parts = steps.height / steps.terraces, []
    for i, t in enumerate(np.linspace(0, 1, steps.terraces) if steps.terraces > 1 else [0.0]):
        size = np.array(steps.base) * (1 - t) + np.array(steps.top) * t
        upper = np.maximum(size - 2 * steps.batter * rise, 0.5)
        parts.append(frustum(rectangle(*size), rectangle(*upper), i * rise, (i + 1) * rise, stone))
        if steps.cornice:
            parts.append(box(upper[0] + 0.5, upper[1] + 0.5, 0.12 * rise, stone, z=(i + 0.85) * rise))
    return Shape.join(parts)


def coursed(base: float, height: float, courses: int, stone: Material) -> Shape:
    """A pyramid of square plan in courses of blocks, each a little smaller than the one below."""
    half = base / 2 * (1 - np.arange(courses) / courses)
    z = height * np.arange(courses + 1) / courses
    profile = [(r, h) for i, r in enumerate(half) for h in (z[i], z[i + 1])]
    return lathe(profile, stone, SQUARE)


def gezira_great_pyramid() -> Shape:
    """230 m wide, 145 m tall, rough courses with smooth casing left around the top; three small pyramids."""
    course = 115 / 52  # how far one course steps back; the casing covers them
    casing = lathe([(115 * 28.6 / 143 + course, 114.4), (course, 143), (0, 145)], CASING, SQUARE)
    entrance = wall_with(rectangle(9, 10, 0), pointed_arch(4, 7, 0, 0.6), 3, SANDSTONE, DARK, thickness=6)
    small = [coursed(44, h, 14, ROUGH).moved(x=150, y=y) for y, h in ((-45, 28), (5, 30), (55, 20))]
    pillars = row(box(2, 2, 6, ROUGH, y=-158), 8, (4, 0, 0))
    temple = [box(34, 26, 3.5, ROUGH, y=-150), pillars]
    parts = [coursed(230, 143, 52, SANDSTONE), casing, entrance.moved(y=-103, z=15), *small, *temple]
    return assembled([*parts, _fallen_blocks()])


def _fallen_blocks() -> Shape:
    """Forty blocks along the foot of the pyramid."""
    rng, parts = np.random.default_rng(3), []
    for _ in range(40):
        block = box(*rng.uniform(1.5, 4.5, 2), rng.uniform(0.8, 2.4), ROUGH).turned(rng.uniform(0, 90))
        block = block.moved(x=rng.uniform(-110, 110), y=-rng.uniform(117, 124))
        parts.append(block.turned(90 * rng.integers(4)))
    return Shape.join(parts)


def gezira_step_pyramid() -> Shape:
    """Six tall steps that lean inwards, 63 m; before it a court and a wall with niches and one gateway."""
    tip = lathe([(9, 60), (5, 62), (0, 63)], ROUGH, SQUARE * [1, 0.7])
    chapel = lathe([(3.0, 5), (2.4, 6.2), (0.4, 6.8)], CASING, SQUARE * [0.85, 1.2])
    chapels = row(Shape.join([box(5, 7, 5, CASING), chapel]), 6, (0, 9, 0)).moved(x=80, y=-60)
    return assembled(
        [stepped(Steps(), ROUGH), tip, _enclosure(), _columned_hall().moved(x=30, y=-70), chapels]
    )


def _enclosure() -> Shape:
    """The wall of the court: niches between bastions, and a gateway left of its middle."""
    panel = wall_with(rectangle(3.4, 10, 0), rectangle(1.3, 8.4, 0.8), 0.7, CASING, ROUGH, back=False)
    parts = [box(7, 5, 11, CASING, x=x, y=-114.5) for x in (-88, -48, 44, 84)]
    for low, high in ((-95, -10), (8, 95)):
        n = round((high - low) / 3.4)
        stretch = Shape.join([row(panel, n, (3.4, 0, 0)), box(n * 3.4, 3, 10, CASING, y=2.3)])
        parts.append(stretch.moved(x=(low + high) / 2, y=-115))
    gate = wall_with(rectangle(20, 12, 0), rectangle(2.2, 6.5, 0), 3, CASING, DARK, thickness=8)
    return Shape.join([*parts, gate.moved(x=-1, y=-117)])


def _columned_hall() -> Shape:
    columns = row(column(6.4, 0.6, CASING, 8), 5, (2.8, 0, 0)).moved(y=-6)
    cobras = row(box(0.8, 0.8, 1.3, CASING), 12, (1.1, 0, 0)).moved(y=-4.5, z=7)
    return Shape.join([box(14, 10, 7, CASING), columns, cobras])


def kukul_temple() -> Shape:
    """Nine gray terraces, 24 m, a stair up every side between stone rails, a square temple on top."""
    steps = Steps((55.3, 55.3), (22.5, 22.5), 24.0, 9, 0.12, cornice=True)
    panels = row(box(2.0, 0.3, 1.5, LIMESTONE), 4, (3.4, 0, 0))
    parts = [stepped(steps, LIMESTONE), around(_railed_stair(), 4), _shrine().moved(z=24)]
    for i in range(7):  # sunken fields to both sides of every stair
        half = (55.3 - (55.3 - 22.5) * i / 8) / 2
        line = both_sides(panels.moved(x=half / 2 + 2.2, y=-half + 0.1, z=i * 24 / 9 + 0.4))
        parts.append(around(line, 4))
    return assembled(parts)


def _railed_stair() -> Shape:
    """24 steps between two rails, each with the head of a snake at its foot."""
    top, run = -9.5, (55.3 - 19.0) / 2 + 1.6
    slope = np.array([[top, 24.9], [top - run, 0.9], [top - run, 0.0], [top, 23.0]])  # (y, z)
    rail = loft([np.column_stack([np.full(4, x), slope]) for x in (-0.55, 0.55)], LIMESTONE)
    head = Shape.join([box(1.5, 2.4, 1.6, LIMESTONE), box(1.2, 1.6, 0.5, DARK, y=-0.6, z=0.55)])
    rails = both_sides(Shape.join([rail, head.moved(y=top - run)]).moved(x=4.8))
    return Shape.join([stairs(8.6, run, 24.0, 24, LIMESTONE, y=top), rails])


def _shrine() -> Shape:
    """A wide doorway with two pillars in front, a narrow door to every other side, a crest."""
    front = wall_with(rectangle(13.4, 6.4, 0), rectangle(5.8, 4.2, 0), 2.5, LIMESTONE, DARK)
    door = wall_with(rectangle(6, 5, 0), rectangle(2.2, 3.8, 0), 1, LIMESTONE, DARK).moved(y=-7.4)
    crest = row(box(0.5, 0.5, 1.0, LIMESTONE), 8, (1.8, 0, 0))
    return Shape.join(
        [
            box(13.2, 11, 6.4, LIMESTONE, y=1.3),
            front.moved(y=-6.8),
            row(box(1.1, 1.1, 4.2, LIMESTONE), 2, (2.4, 0, 0)).moved(y=-6.2),
            *(door.turned(angle) for angle in (90, 180, 270)),
            *(box(14.2, 14.4, 0.7, LIMESTONE, z=z) for z in (4.4, 6.0)),
            on_four_sides(crest.moved(z=6.7), 6.8),
        ]
    )
