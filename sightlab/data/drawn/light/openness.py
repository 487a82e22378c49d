"""How much of the sky is free above a spot: the shade of corners, streets and eaves under an even sky.

Every pixel sends one ray into its upper half-space, neighbors in different directions; the answers are
averaged over 4 x 4 neighbors on the same surface.
Shapes: R = H x W rays, one per pixel. Vectors are (3, R), float32.
Source: ours; interleaved sampling is common knowledge of computer graphics.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from sightlab.data.drawn.light.rays import Mesh

_FAR = 1e5  # meters
_SPAN = 4  # pixels across within which all directions occur
# 16 directions spread over the sphere; added to a normal they cover its half-space as an even sky lights it
_TURN = np.arange(16) * (np.pi * (3 - np.sqrt(5)))
_RISE = np.deg2rad([12, 30, 50, 75])
_UP = 1 - (2 * np.arange(16) + 1) / 16
_SPHERE = np.stack([np.sqrt(1 - _UP**2) * np.cos(_TURN), np.sqrt(1 - _UP**2) * np.sin(_TURN), _UP])
_DOME = np.stack([np.repeat(np.cos(_RISE), 16) * np.tile(np.cos(_TURN), 4),
                  np.repeat(np.cos(_RISE), 16) * np.tile(np.sin(_TURN), 4),
                  np.repeat(np.sin(_RISE), 16)])  # fmt: skip
_HALL = 250.0  # meters: no room is longer
_ORDER = np.array([0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5])  # neighbors look far apart


def open_sky(
    mesh: Mesh,
    points: Float[np.ndarray, "3 R"],
    facing: Float[np.ndarray, "3 R"],
    depth: Float[np.ndarray, " R"],
    size: tuple[int, int],
    reach: float,
) -> Float[np.ndarray, " R"]:
    """Share of the half-space above every pixel's surface from which the sky is seen, [0, 1]; 1 in the sky.

    Args:
        mesh: what stands in the way.
        points, facing: of every pixel's surface.
        depth: of the pixel, meters; inf in the sky.
        size: (height, width).
        reach: meters; what is further away takes no light.
    """
    height, width = size
    y, x = np.divmod(np.arange(height * width), width)
    way = _SPHERE.astype(np.float32)[:, _ORDER[(y % _SPAN) * _SPAN + x % _SPAN]] * np.float32(0.97) + facing
    is_open = np.ones(height * width, dtype=np.float32)
    rows = np.flatnonzero(np.isfinite(depth))
    start = points[:, rows] + facing[:, rows] * (np.float32(0.02) + np.float32(6e-4) * depth[rows])
    is_open[rows] = ~mesh.blocked(start, way[:, rows], reach)
    return _smoothed(is_open, facing, depth, size)


def is_indoors(mesh: Mesh, eye: Float[np.ndarray, "3 1"]) -> bool:
    """Whether nearly everything above an eye is closed, and near."""
    above = np.ascontiguousarray(_DOME.astype(np.float32))
    return float(mesh.blocked(np.repeat(eye, _DOME.shape[1], axis=1), above, _HALL).mean()) > 0.95


def as_neighbors(
    at: tuple[Int[np.ndarray, " E"], Int[np.ndarray, " E"]],
    offset: tuple[float, float],
    size: tuple[int, int],
    depth: np.ndarray,
    facing: np.ndarray,
    depth_of: Float[np.ndarray, " R"],
    facing_of: Float[np.ndarray, "3 R"],
) -> Int[np.ndarray, " E"]:
    """For rays beside the middles of pixels: the nearby pixel that lies on most nearly the same surface.

    Args:
        at: x and y of the E pixels.
        offset: where in the pixel the rays pass, right and down of its middle.
        size: (height, width).
        depth, facing: of the rays, (E,) and (3, E).
        depth_of, facing_of: of the pixels.
    Returns:
        rows of the pixels.
    """
    (x, y), (dx, dy), (height, width) = at, offset, size
    beside = np.clip(x + (1 if dx > 0 else -1), 0, width - 1)
    above = np.clip(y + (1 if dy > 0 else -1), 0, height - 1)
    depth = np.minimum(depth, np.float32(_FAR))
    best, least = y * width + x, np.full(len(x), np.inf, dtype=np.float32)
    for candidate in (y * width + x, y * width + beside, above * width + x):
        apart = np.abs(np.minimum(depth_of[candidate], np.float32(_FAR)) - depth) / depth
        turned = 1 - (facing_of[:, candidate] * facing).sum(axis=0)
        differs = apart + turned
        best = np.where(differs < least, candidate, best)
        least = np.minimum(least, differs)
    return best


def _smoothed(is_open: np.ndarray, facing: np.ndarray, depth: np.ndarray, size) -> np.ndarray:
    """The mean over 4 pixels across, then 4 down, of those on the same surface."""
    flat = np.minimum(depth, np.float32(_FAR)).reshape(size)
    normal = facing.reshape(3, *size)
    mean = is_open.reshape(size)
    for axis in (1, 0):
        total, weight = mean.copy(), np.ones(size, dtype=np.float32)
        for step in (-2, -1, 1):
            here, there = _shifted(step, axis, size[axis])
            alike = (normal[0][here] * normal[0][there] + normal[1][here] * normal[1][there]
                     + normal[2][here] * normal[2][there]) > np.float32(0.8)  # fmt: skip
            alike &= np.abs(flat[here] - flat[there]) < np.float32(0.06) * flat[here]
            total[here] += alike * mean[there]
            weight[here] += alike
        mean = total / weight
    return mean.ravel()


def _shifted(step: int, axis: int, length: int) -> tuple[tuple, tuple]:
    """Slices of a photo, and of the same photo moved by a few pixels, that lie on each other."""
    here = slice(max(0, -step), length - max(0, step))
    there = slice(max(0, step), length - max(0, -step))
    before = (slice(None),) * axis
    return (*before, here), (*before, there)
