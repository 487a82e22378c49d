"""Snowflakes and rain between the lens and the scene.

Shapes: H x W photo.
Source: ours.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

# weather: particles per pixel, length of the trace (share of the photo's width), how much each covers
_FALLING = {"snow": (0.012, 0.006, 0.75), "rain": (0.006, 0.045, 0.16)}
_STEPS = 12  # points along a trace


def with_precipitation(
    photo: Float[np.ndarray, "H W 3"], weather: str, air: Float[np.ndarray, " 3"], seed: int
) -> Float[np.ndarray, "H W 3"]:
    """The photo with what falls in front of it; itself in dry weather.

    Args:
        photo: linear RGB; not changed.
        weather: of the photo's `Light`.
        air: linear RGB of flakes and drops.
        seed: where they are.
    """
    if weather not in _FALLING:
        return photo
    height, width = photo.shape[:2]
    density, length, cover = _FALLING[weather]
    rng = np.random.default_rng([abs(seed), 23])
    n = int(density * height * width)
    slant = rng.uniform(-0.5, 0.5)
    near = rng.pareto(2.5, n).clip(0, 4) + 0.6  # size, by nearness: few are large
    along = np.linspace(-0.5, 0.5, _STEPS) * near[:, None] * length * width
    wobble = rng.uniform(-0.2, 0.2, n)[:, None]
    x = rng.uniform(-9, width + 9, n)[:, None] + along * (slant + wobble)
    y = rng.uniform(-9, height + 9, n)[:, None] + along
    weight = np.broadcast_to((cover * np.minimum(near, 2) / 2)[:, None] * 3 / _STEPS, x.shape)
    veil = np.minimum(_splat(x.ravel(), y.ravel(), weight.ravel(), (height, width)), 0.9)[:, :, None]
    return photo + (air.astype(np.float32) - photo) * veil


def _splat(x: np.ndarray, y: np.ndarray, weight: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Points shared among the four pixels around them, (H, W) float32; those outside are lost."""
    height, width = size
    left, upper = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    total = np.zeros(height * width)
    for dx in (0, 1):
        for dy in (0, 1):
            share = weight * (1 - np.abs(x - left - dx)) * (1 - np.abs(y - upper - dy))
            column, row = left + dx, upper + dy
            inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
            place = row[inside] * width + column[inside]
            total += np.bincount(place, share[inside], minlength=height * width)
    return total.reshape(size).astype(np.float32)
