"""How good a map of evidence is where the landmark's pixels are known, and whether two maps agree.

Maps are judged on their own grid: a cell counts as far as the landmark covers it, so nothing is enlarged or
smoothed before it is measured. A map that says nothing is right by chance; that chance is computed beside.

Shapes: HxW photo, hxw map, B photos.
Source: share inside: Wang et al. 2020 (Score-CAM, "energy-based pointing game"); pointing game: Zhang et al.
2016; rank correlation with random weights: Adebayo et al. 2018. Cells instead of enlarged maps: ours.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from sightlab.checks import InputError, check_fraction

TOLERANCE = 0.03  # of the long side: 15 pixels of a photo of 500, as in Zhang et al. 2016


def cell_cover(mask: Bool[np.ndarray, "H W"], height: int, width: int) -> Float[np.ndarray, "h w"]:
    """Share of each cell of a height x width grid that the mask covers, [0, 1].

    A pixel on the border of two cells counts for both, by its parts.

    Raises:
        InputError: a mask with fewer rows or columns than the grid.
    """
    mask = np.asarray(mask)
    if mask.shape[0] < height or mask.shape[1] < width:
        raise InputError(
            f"mask must have at least a pixel for each cell of {height} x {width}; got shape {mask.shape}."
        )
    rows, columns = _parts(mask.shape[0], height), _parts(mask.shape[1], width)
    return rows @ mask.astype(np.float64) @ columns.T


def _parts(n_pixels: int, n_cells: int) -> Float[np.ndarray, "cells pixels"]:
    """Share of each cell that each pixel makes up, along one side."""
    edges = np.arange(n_cells + 1)[:, None] * n_pixels / n_cells
    pixel = np.arange(n_pixels)
    overlap = np.minimum(edges[1:], pixel + 1) - np.maximum(edges[:-1], pixel)
    return np.clip(overlap, 0, None) * n_cells / n_pixels


def inside_share(values: Float[np.ndarray, "h w"], cover: Float[np.ndarray, "h w"]) -> float:
    """Share of the positive evidence that lies on the landmark, [0, 1], higher is better.

    A constant map gets the landmark's share of the photo, which is the chance.

    Args:
        values: signed map.
        cover: of `cell_cover`.
    Returns:
        NaN where nothing speaks for the landmark.
    """
    positive = np.clip(values, 0, None)
    total = float(positive.sum())
    return float((positive * cover).sum() / total) if total > 0 else float("nan")


def pointing_hit(
    values: Float[np.ndarray, "h w"], mask: Bool[np.ndarray, "H W"], tolerance: float = TOLERANCE
) -> bool:
    """Whether the middle of the strongest cell lies on the landmark.

    Args:
        values: signed map; of equal cells the first.
        mask: the landmark's pixels.
        tolerance: how far it may lie beside it, as a share of the long side, [0, 1].
    """
    return bool(
        pointing_hits(mask, *values.shape, tolerance)[np.unravel_index(values.argmax(), values.shape)]
    )


def pointing_hits(
    mask: Bool[np.ndarray, "H W"], height: int, width: int, tolerance: float = TOLERANCE
) -> Bool[np.ndarray, "h w"]:
    """For each cell whether pointing at it would be a hit; the mean is the chance of a blind guess."""
    check_fraction(tolerance, "tolerance")
    y, x = np.nonzero(mask)
    if not len(y):
        return np.zeros((height, width), dtype=bool)
    middle_y = (np.arange(height) + 0.5) * mask.shape[0] / height
    middle_x = (np.arange(width) + 0.5) * mask.shape[1] / width
    # from the middle of a cell to the nearest point of any pixel of the landmark
    dy = np.clip(np.abs(middle_y[:, None] - (y + 0.5)) - 0.5, 0, None)
    dx = np.clip(np.abs(middle_x[:, None] - (x + 0.5)) - 0.5, 0, None)
    nearest = (dy[:, None] ** 2 + dx[None] ** 2).min(axis=2)
    return nearest <= (tolerance * max(mask.shape)) ** 2


def centered_map(height: int, width: int) -> Float[np.ndarray, "h w"]:
    """A map that always says "the middle", as photographers do: what a map of evidence has to beat."""
    y, x = ((np.arange(n) - (n - 1) / 2) / max(n - 1, 1) for n in (height, width))
    return np.exp(-(y[:, None] ** 2 + x[None] ** 2) / (2 * 0.25**2))


def rank_correlation(
    maps: Float[np.ndarray, "B h w"], others: Float[np.ndarray, "B h w"]
) -> Float[np.ndarray, " B"]:
    """Spearman correlation of two maps of each photo, [-1, 1]; NaN where one of them is constant.

    Raises:
        InputError: maps of different shapes.
    """
    from scipy.stats import rankdata

    if np.shape(maps) != np.shape(others):
        raise InputError(f"maps must have one shape; got {np.shape(maps)} and {np.shape(others)}.")
    a, b = (rankdata(np.reshape(m, (len(m), -1)), axis=1) for m in (maps, others))
    a, b = (r - r.mean(axis=1, keepdims=True) for r in (a, b))
    size = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    return np.divide((a * b).sum(axis=1), size, out=np.full(len(a), np.nan), where=size > 0)
