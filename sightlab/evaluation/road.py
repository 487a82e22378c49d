"""Deletion and insertion of evidence, with what is removed filled in from around it (ROAD).

If a map is right, a class loses its probability as the cells that speak for it go, and keeps it as the others
go. Black squares instead of a filling would be a hint in themselves; so every removed pixel becomes the
weighted mean of its neighbors, removed ones included: a linear system, solved exactly.

Shapes: HxW photo, hxw map, B photos, n unknown pixels.
Source: Rong et al. 2022 (ROAD). Whole cells instead of single pixels, so that a random order removes
the same shapes and is a fair control: ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Bool, Float, UInt8

from sightlab.checks import InputError, check_choice, check_fraction, check_same_length
from sightlab.nets.photo_stream import in_order

ORDERS = ("most", "least", "random")  # which cells go first
FRACTIONS = (0.2, 0.4, 0.6)  # of the cells removed
NOISE = 2.0  # standard deviation of the noise on filled pixels, gray levels; a smooth filling is a hint too
_NEIGHBORS = ((0, 1, 1 / 6), (1, 0, 1 / 6), (0, -1, 1 / 6), (-1, 0, 1 / 6))
_NEIGHBORS += ((1, 1, 1 / 12), (1, -1, 1 / 12), (-1, 1, 1 / 12), (-1, -1, 1 / 12))


def fill(
    photo: UInt8[np.ndarray, "H W 3"], missing: Bool[np.ndarray, "H W"], noise: float = 0.0, seed: int = 0
) -> UInt8[np.ndarray, "H W 3"]:
    """The photo with its missing pixels filled in from around them.

    Args:
        photo: stays as it is.
        missing: what is to be filled; not everything.
        noise: standard deviation in gray levels, >= 0.
        seed: of the noise.
    Raises:
        InputError: another shape, or nothing that is not missing.
    """
    from scipy.sparse import csc_matrix
    from scipy.sparse.linalg import splu

    if missing.shape != photo.shape[:2] or missing.all():
        raise InputError(
            f"missing must be (H, W) of the photo and leave some pixels; got {missing.shape} for a photo of "
            f"{photo.shape}, {missing.mean():.0%} missing."
        )
    unknown = np.flatnonzero(missing)
    if not len(unknown):
        return photo.copy()
    height, width = missing.shape
    number = np.full(missing.size, -1)
    number[unknown] = np.arange(len(unknown))
    known = photo.reshape(-1, 3).astype(np.float64)
    y, x = np.divmod(unknown, width)
    diagonal, right = np.zeros(len(unknown)), np.zeros((len(unknown), 3))
    entries = []  # (rows, columns, values) of the system
    for dy, dx, weight in _NEIGHBORS:
        inside = np.flatnonzero((y + dy >= 0) & (y + dy < height) & (x + dx >= 0) & (x + dx < width))
        there = unknown[inside] + dy * width + dx
        diagonal[inside] += weight
        is_unknown = number[there] >= 0
        right[inside[~is_unknown]] += weight * known[there[~is_unknown]]
        entries.append((inside[is_unknown], number[there[is_unknown]], -weight))
    every = np.arange(len(unknown))
    rows = np.concatenate([every, *(r for r, _, _ in entries)])
    columns = np.concatenate([every, *(c for _, c, _ in entries)])
    values = np.concatenate([diagonal, *(np.full(len(r), w) for r, _, w in entries)])
    system = csc_matrix((values, (rows, columns)), shape=(len(unknown), len(unknown)))
    filling = splu(system, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}).solve(right)
    filling += noise * np.random.default_rng(seed).standard_normal(filling.shape)
    filled = photo.reshape(-1, 3).copy()
    filled[unknown] = np.clip(np.round(filling), 0, 255).astype(np.uint8)
    return filled.reshape(photo.shape)


def removed_cells(
    values: Float[np.ndarray, "h w"], fraction: float, order: str, seed: int = 0
) -> Bool[np.ndarray, "h w"]:
    """Which cells go: the given share of them, in the order of the map.

    Args:
        values: signed map.
        fraction: of the cells, (0, 1); rounded to whole cells.
        order: "most" removes the cells with the highest values first, "least" the lowest, "random" any.
        seed: of the random order, in which a larger fraction contains the smaller ones.
    """
    check_choice(order, "order", ORDERS)
    check_fraction(fraction, "fraction", low_open=True, high_open=True)
    flat = values.ravel()
    ranked = {
        "most": lambda: np.argsort(-flat, kind="stable"),
        "least": lambda: np.argsort(flat, kind="stable"),
        "random": lambda: np.random.default_rng(seed).permutation(flat.size),
    }[order]()
    gone = np.zeros(flat.size, dtype=bool)
    gone[ranked[: round(fraction * flat.size)]] = True
    return gone.reshape(values.shape)


def enlarged(cells: Bool[np.ndarray, "h w"], height: int, width: int) -> Bool[np.ndarray, "H W"]:
    """The cells as pixels: a pixel belongs to the cell in which its middle lies."""
    rows = ((np.arange(height) + 0.5) * cells.shape[0] / height).astype(int)
    columns = ((np.arange(width) + 0.5) * cells.shape[1] / width).astype(int)
    return cells[np.ix_(rows, columns)]


def scores_without(
    score: Callable[[np.ndarray], np.ndarray],
    photos: UInt8[np.ndarray, "B H W 3"],
    maps: Float[np.ndarray, "B h w"],
    order: str,
    fractions: Sequence[float] = FRACTIONS,
    noise: float = NOISE,
    seed: int = 0,
) -> Float[np.ndarray, "B fractions"]:
    """What is left of each photo's score when cells are removed from it.

    Args:
        score: (B, H, W, 3) photos -> (B,) one number each, e.g. the probability of its class.
        photos, maps: as the network sees them, and the map of each.
        order: see `removed_cells`. "most" is deletion: low is good. "least" keeps what the map points
            at and is insertion: high is good. "random" is what removing costs anyway.
        fractions: of the cells, each in (0, 1).
        noise, seed: see `fill`.
    Raises:
        InputError: lengths that differ, an unknown order, a fraction outside (0, 1).
    """
    check_same_length("scores_without", photos=photos, maps=maps)
    found = []
    for fraction in fractions:

        def without(i: int, fraction: float = fraction) -> np.ndarray:
            gone = enlarged(removed_cells(maps[i], fraction, order, seed + i), *photos[i].shape[:2])
            return fill(photos[i], gone, noise, seed + i)

        changed = np.stack(list(in_order(without, range(len(photos)))))  # threads: the solver is one core's
        found.append(np.asarray(score(changed), np.float64))
    return np.stack(found, axis=1)
