"""Cleaning by geometry: a photo stays if enough others of its label show the same place.

Shapes: N photos, D embedding size, k neighbors.
Source: the rule of two neighbors with 30 inliers is the one by which Google-Landmarks-clean was made with
DELF (Yokoo et al. 2020, Ozaki & Yokoo 2019). Comparing only with the nearest by embedding, to bound it: ours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from tqdm.auto import tqdm

from sightlab.checks import InputError, check_count, check_same_length
from sightlab.delf.features import LocalFeatures
from sightlab.delf.verification import VerificationConfig, verify
from sightlab.nets.photo_stream import in_order

INLIERS, WITNESSES = 30, 2  # inliers that make two photos neighbors, neighbors that a photo needs


def compared_pairs(
    vectors: Float[np.ndarray, "N D"], column: Int[np.ndarray, " N"], k: int
) -> Int[np.ndarray, "P 2"]:
    """Each photo with its k most similar ones of the same label, every pair once, the smaller row first.

    Args:
        vectors: unit rows.
        column: label of each photo, 0..C-1.
        k: fewer where a label has no more photos.
    """
    check_same_length("compared_pairs", vectors=vectors, column=column)
    check_count(k, "k")
    found = [np.empty((0, 2), dtype=np.int64)]
    for label in np.unique(column):
        rows = np.flatnonzero(column == label)
        likeness = vectors[rows] @ vectors[rows].T
        np.fill_diagonal(likeness, -np.inf)
        near = np.argsort(-likeness, axis=1, kind="stable")[:, : min(k, len(rows) - 1)]
        pairs = np.column_stack([np.repeat(rows, near.shape[1]), rows[near].ravel()])
        found.append(np.sort(pairs, axis=1))
    return np.unique(np.concatenate(found), axis=0)


def verified_inliers(
    features: Sequence[LocalFeatures],
    pairs: Int[np.ndarray, "P 2"],
    config: VerificationConfig | None = None,
) -> Int[np.ndarray, " P"]:
    """Inliers of every pair.

    Args:
        features: of N photos, by row.
        pairs: rows.
        config: how they are matched.
    """
    bar = tqdm(pairs, desc="photos of one label compared", unit=" pairs", disable=len(pairs) < 100)
    counts = in_order(lambda pair: verify(features[pair[0]], features[pair[1]], config).n_inliers, bar)
    return np.array(list(counts), dtype=np.int64)


def witnessed_inliers(
    pairs: Int[np.ndarray, "P 2"],
    inliers: Int[np.ndarray, " P"],
    n_photos: int,
    witnesses: int = WITNESSES,
) -> Int[np.ndarray, " N"]:
    """Inliers that at least so many others of its label reach with each photo; 0 if there are fewer others.

    A photo is kept where this is at least `INLIERS`; higher = surer.
    """
    check_count(witnesses, "witnesses")
    if len(pairs) and pairs.max() >= n_photos:
        raise InputError(
            f"Expected pairs of rows below {n_photos}; got row {pairs.max()}, in witnessed_inliers. Take "
            "both from one table."
        )
    own: list[list[int]] = [[] for _ in range(n_photos)]
    for (a, b), count in zip(pairs, inliers, strict=True):
        own[a].append(int(count))
        own[b].append(int(count))
    ranked = [sorted(counts, reverse=True) for counts in own]
    return np.array([r[witnesses - 1] if len(r) >= witnesses else 0 for r in ranked], dtype=np.int64)
