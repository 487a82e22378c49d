"""Upright plates of the drawn world, and what opens them: gables, windows, niches, portals, arches.

Elevations are outlines of (x, z) seen from the front; they are pulled along y. Source: ours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from sightlab.data.drawn.solids.outlines import Outline, between
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import loft


def slab(elevation: Outline, front: float, back: float, material: Material) -> Shape:
    """An elevation (x, z) as a plate between y = front and y = back > front."""
    return loft([_upright(elevation, back), _upright(elevation, front)], material)


def gable(width: float, height: float, length: float, material: Material, z: float = 0) -> Shape:
    """A ridged roof: triangle of this width and height, ridge along y, centered on the origin."""
    elevation = np.array([[-width / 2, z], [width / 2, z], [0, z + height]])
    return slab(elevation, -length / 2, length / 2, material)


def wall_with(
    elevation: Outline,
    opening: Outline | Sequence[Outline],
    depth: float,
    material: Material,
    inside: Material,
    *,
    thickness: float | None = None,
    front: float = 0.0,
    back: bool = True,
) -> Shape:
    """A wall with a recess that the light falls into: windows, niches, portals, roses.

    Args:
        elevation: outline (x, z) of the wall.
        opening: outline of the recess, in sight from its own middle; or several, each inside the one
            before: the recess then narrows in as many steps (the orders of a portal).
        depth: of the whole recess, meters.
        material, inside: of the wall with its reveals, and of the recess's end.
        thickness: of the wall, >= depth; default depth + 0.2.
        front: y of its face.
        back: False leaves out its sides and back: for a wall laid on a solid.
    """
    openings = [opening] if isinstance(opening, np.ndarray) else list(opening)
    thickness = depth + 0.2 if thickness is None else thickness
    parts, edge = [], elevation
    for i, hole in enumerate(openings):
        outer, inner = between(edge, hole)
        near, far = front + depth * i / len(openings), front + depth * (i + 1) / len(openings)
        for pair in (
            [_upright(outer, near), _upright(inner, near)],
            [_upright(hole, near), _upright(hole, far)],
        ):
            parts.append(loft(pair, material, start=False, end=False))
        edge = hole
    end = _upright(openings[-1], front + depth)
    parts.append(loft([end, end], inside, start=False))
    if back:
        rings = [_upright(elevation, front + thickness), _upright(elevation, front)]
        parts.append(loft(rings, material, end=False))
    return Shape.join(parts)


def _upright(elevation: Float[np.ndarray, "K 2"], y: float) -> Float[np.ndarray, "K 3"]:
    return np.column_stack([elevation[:, 0], np.full(len(elevation), float(y)), elevation[:, 1]])


def span(
    x: Float[np.ndarray, " N"],
    below: Float[np.ndarray, " N"],
    above: Float[np.ndarray, " N"],
    depth: float,
    material: Material,
) -> Shape:
    """What lies between two curves z(x), `depth` along y around y = 0: arches of bridges and gates, flyers.

    Args:
        x: from left to right, meters.
        below, above: heights at each x.
    """
    y = np.full(len(x), depth / 2)
    corners = ((-y, below), (y, below), (y, above), (-y, above))
    rings = np.stack([np.stack([x, *corner], axis=1) for corner in corners], axis=1)
    return loft(rings, material)
