"""What interiors are made of: windows of colored glass, groined vaults, pierced walls, lamps.

Source: ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sightlab.data.drawn.landmarks.gothic_parts import ring
from sightlab.data.drawn.solids.outlines import Outline, between, pointed_arch, rectangle, regular
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import box, loft, sweep
from sightlab.data.drawn.solids.walls import slab

Point = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Interior:
    """A landmark from inside; its floor lies at z = 0, its entrance towards -y.

    No sun is needed: windows of colored glass and lamps are materials of pattern "glow", which shine by
    themselves. The high windows of naves are holes, through which the sky lights what lies below.
    """

    shape: Shape
    viewpoints: tuple[tuple[Point, Point], ...]  # where a visitor stands, and what they look at
    view_degrees: float = 72.0  # horizontal angle of view that shows the room


PAVING = Material((0.52, 0.49, 0.44), "paving", (0.38, 0.36, 0.33), 1.2)
PEWS = Material((0.30, 0.19, 0.12), "wood", (0.22, 0.14, 0.09), 0.4)
STAINED = tuple(
    Material(color, "glow")
    for color in ((0.25, 0.40, 0.95), (0.85, 0.25, 0.22), (0.95, 0.78, 0.35), (0.35, 0.62, 0.80))
)
LAMP = Material((1.0, 0.88, 0.60), "glow")
CLEAR = Material((0.95, 0.96, 1.0), "glow")
GOLD = Material((0.80, 0.64, 0.30), "metal", (0.6, 0.46, 0.2))


def stained_window(
    width: float, height: float, bars: Material, colors: tuple[Material, ...] = STAINED
) -> Shape:
    """A pointed window of colored panes between bars, its middle at x = 0, its sill at z = 0, facing -y."""
    outline = pointed_arch(width, height, 0, 1.0, 4)
    parts = [slab(outline, 0.0, 0.1, colors[0])]
    n = max(3, round(height / 2.2))
    for i in range(n):
        for s in (-1, 1):
            pane = rectangle(0.34 * width, 0.5 * 0.62 * height / n, (i + 0.25) * 0.66 * height / n)
            parts.append(slab(pane + [s * 0.23 * width, 0], -0.04, 0.0, colors[1 + (i + (s > 0)) % 3]))
    parts.append(slab(regular(8, 0.2 * width) + [0, 0.76 * height], -0.05, 0.0, colors[1]))
    parts.append(box(0.06 * width, 0.12, 0.68 * height, bars, y=-0.1))
    parts.append(ring(0.24 * width, 0.06 * width, bars, 8).moved(y=-0.1, z=0.76 * height))
    parts += [box(width, 0.08, 0.05 * width, bars, y=-0.08, z=z) for z in np.linspace(0.2, 0.6, 3) * height]
    return Shape.join(parts)


def vault(
    x: tuple[float, float], y: tuple[float, float], spring: float, rise: float, stone: Material, rib: Material
) -> Shape:
    """A groined vault over one bay with ribs across it and along its diagonals, seen from below."""
    u = np.linspace(-1, 1, 9)
    gx, gy = np.meshgrid(u, u)
    points = _vaulted(gx, gy, x, y, spring, rise)
    a = (np.arange(8)[:, None] * 9 + np.arange(8)).ravel()
    faces = np.concatenate([np.stack([a, a + 10, a + 1], 1), np.stack([a, a + 9, a + 10], 1)])
    parts = [Shape.of(points.reshape(-1, 3), faces, stone)]
    t = np.linspace(-1, 1, 9)
    wide = 0.035 * (x[1] - x[0])
    for line in ((t, t), (t, -t), (t, np.full(9, -1.0)), (t, np.full(9, 1.0))):
        path = _vaulted(line[0], line[1], x, y, spring, rise) - [0, 0, 0.1]
        parts.append(sweep(path, wide / 2, rib, sides=4))
    return Shape.join(parts)


def _vaulted(u: np.ndarray, v: np.ndarray, x, y, spring: float, rise: float) -> np.ndarray:
    """Points of the vault at (u, v) in [-1, 1] across and along the bay."""
    pointed = [np.sqrt(np.clip(1 - ((np.abs(w) + 0.35) / 1.35) ** 2, 0, 1)) for w in (u, v)]
    top = np.sqrt(1 - (0.35 / 1.35) ** 2)
    z = spring + rise * np.maximum(*pointed) / top
    return np.stack([np.mean(x) + u * np.ptp(x) / 2, np.mean(y) + v * np.ptp(y) / 2, z], axis=-1)


def pierced(elevation: Outline, hole: Outline, stone: Material, thick: float = 1.2) -> Shape:
    """A wall with a hole right through, its face at y = 0."""
    outer, inner = between(elevation, hole)
    rings = [
        np.column_stack([o[:, 0], np.full(len(o), y), o[:, 1]])
        for o, y in ((outer, 0), (inner, 0), (inner, thick), (outer, thick))
    ]
    return loft(rings, stone, closed=True)
