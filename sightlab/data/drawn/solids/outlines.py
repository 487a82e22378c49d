"""Outlines: closed plane curves that the solids of the drawn world are lofted from.

An outline has K points, counter-clockwise, none repeated. Plans are outlines of (x, y) seen from above;
elevations are outlines of (x, z) seen by somebody in front, who looks along +y.
Source: ours.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from sightlab.checks import InputError

Outline = Float[np.ndarray, "_ 2"]


def rectangle(width: float, height: float, bottom: float | None = None) -> Outline:
    """Centered on x = 0; from `bottom` upwards, or centered on the origin when there is none."""
    low = -height / 2 if bottom is None else bottom
    x = width / 2
    return np.array([[-x, low], [x, low], [x, low + height], [-x, low + height]], dtype=np.float64)


def regular(sides: int, radius: float = 1.0, turn_degrees: float | None = None) -> Outline:
    """A polygon with corners on the circle; by default a flat side faces front (-y), as walls do."""
    first = -90 - 180 / sides if turn_degrees is None else turn_degrees
    angle = np.deg2rad(first + 360 / sides * np.arange(sides))
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def star(points: int, radius: float, inner: float) -> Outline:
    """A star with its tips on the outer circle, the first of them to the front."""
    angle = np.deg2rad(-90 + 180 / points * np.arange(2 * points))
    r = np.where(np.arange(2 * points) % 2 == 0, radius, inner)
    return np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1)


def round_arch(width: float, height: float, bottom: float = 0.0, steps: int = 8) -> Outline:
    """An opening that ends in a half circle; `height` is that of its top above `bottom`."""
    r = width / 2
    angle = np.linspace(0, np.pi, steps + 1)
    top = np.stack([r * np.cos(angle), bottom + height - r + r * np.sin(angle)], axis=1)
    return np.concatenate([[[-r, bottom], [r, bottom]], top])


def pointed_arch(
    width: float, height: float, bottom: float = 0.0, point: float = 1.0, steps: int = 4
) -> Outline:
    """An opening that ends in two arcs which meet in a point.

    Args:
        width, height: of the whole opening, meters.
        bottom: height of its sill.
        point: radius of the arcs / width; 0.5 is a half circle, 1 the equilateral arch, above 1 a lancet.
        steps: straight pieces per arc.
    """
    r = point * width
    rise = np.sqrt(r**2 - (r - width / 2) ** 2)  # of the apex above the springing
    spring = bottom + height - rise
    angle = np.linspace(0, np.arctan2(rise, r - width / 2), steps + 1)
    right = np.stack([width / 2 - r + r * np.cos(angle), spring + r * np.sin(angle)], axis=1)
    left = right[-2::-1] * [-1, 1]
    return np.concatenate([[[-width / 2, bottom], [width / 2, bottom]], right, left])


def bowl(radius: float, rise: float, bulge: float = 1.0, steps: int = 6) -> Float[np.ndarray, "P 2"]:
    """Profile (radius, height) of a dome from its foot to its top, to be turned by `lathe`.

    Args:
        radius, rise: of the whole dome, meters.
        bulge: 1 is a half ellipse, 1.15 swells above its foot as an onion does.
        steps: rings.
    """
    t = np.linspace(0, 1, steps + 1)
    r = np.cos(t * np.pi / 2) * (1 + (bulge - 1) * np.sin(np.pi * np.minimum(2 * t, 1)))
    return np.stack([radius * r, rise * np.sin(t * np.pi / 2)], axis=1)


def between(outer: Outline, inner: Outline) -> tuple[Float[np.ndarray, "K 2"], Float[np.ndarray, "K 2"]]:
    """Both outlines with corners added, so that corner k of one lies beside corner k of the other.

    Args:
        outer, inner: seen whole from the middle of `inner` (every ray from there meets each of them once).
            Two outlines of four corners are taken to begin at the same one and come back as they are.
    Returns:
        outer, inner: with equally many corners, those they had among them.
    Raises:
        InputError: `inner` reaches further left, right, up or down than `outer`.
    """
    _check_inside(outer, inner)
    if len(outer) == len(inner) == 4:
        return outer, inner
    middle = (inner.min(axis=0) + inner.max(axis=0)) / 2
    angles = [np.arctan2(*(o - middle).T[::-1]) for o in (outer, inner)]
    both = np.sort(np.concatenate(angles))
    both = both[np.diff(both, prepend=both[-1] - 2 * np.pi) > 1e-7]
    return _where_rays_meet(outer, middle, both), _where_rays_meet(inner, middle, both)


def _check_inside(outer: Outline, inner: Outline) -> None:
    low, high = inner.min(axis=0), inner.max(axis=0)
    if (low < outer.min(axis=0) - 1e-6).any() or (high > outer.max(axis=0) + 1e-6).any():
        raise InputError(
            f"The inner outline must lie inside the outer one; it reaches from {low} to {high}, "
            f"the outer one from {outer.min(axis=0)} to {outer.max(axis=0)}. Make it smaller or move it."
        )


def _where_rays_meet(
    outline: Outline, middle: Float[np.ndarray, " 2"], angles: Float[np.ndarray, " K"]
) -> Float[np.ndarray, "K 2"]:
    """Point of the outline in each direction from `middle`; on its corner where it has one there."""
    start = outline - middle
    edge = np.roll(start, -1, axis=0) - start
    ray = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    cross = ray[:, None, 0] * edge[None, :, 1] - ray[:, None, 1] * edge[None, :, 0]  # (A, K)
    with np.errstate(divide="ignore", invalid="ignore"):
        far = (start[:, 0] * edge[:, 1] - start[:, 1] * edge[:, 0]) / cross
        along = (start[None, :, 0] * ray[:, None, 1] - start[None, :, 1] * ray[:, None, 0]) / cross
    met = (far > 1e-9) & (along > -1e-6) & (along < 1 + 1e-6)
    far = np.where(met, far, -np.inf).max(axis=1)
    return middle + ray * far[:, None]
