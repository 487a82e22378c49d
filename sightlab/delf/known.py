"""Verification where the truth is known: drawn photos tell for every pixel where it lies in the other photo.

Shapes: H x W photo a, M matches.
Source: ours.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from sightlab.delf.features import LocalFeatures
from sightlab.delf.verification import Verification


class KnownGeometry(NamedTuple):
    """How far inliers can be trusted; shares are NaN where nothing is to be counted."""

    precision: float  # inliers that are true, of all inliers
    recall: float  # inliers that are true, of all true matches
    n_inliers: int
    n_true: int  # matches that are true
    n_matches: int


def is_true_match(
    matches: Int[np.ndarray, "M 2"],
    a: LocalFeatures,
    b: LocalFeatures,
    there: Float[np.ndarray, "H W 2"],
    max_error: float,
) -> Bool[np.ndarray, " M"]:
    """Which matches lead to the spot that they started from.

    Args:
        matches: rows of keypoints in a and b.
        a, b: the two photos.
        there: `correspondences` of photo a in photo b; NaN where b does not show the spot.
        max_error: pixels of photo b.
    """
    height, width = there.shape[:2]
    x, y = np.rint(a.points[matches[:, 0]]).astype(int).T
    wanted = there[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)]
    error = np.linalg.norm(wanted - b.points[matches[:, 1]], axis=1)
    return error <= max_error  # False for NaN


def known_geometry(
    found: Verification,
    a: LocalFeatures,
    b: LocalFeatures,
    there: Float[np.ndarray, "H W 2"],
    max_error: float,
) -> KnownGeometry:
    """Precision and recall of the inliers of one pair; arguments as `is_true_match`."""
    is_true = is_true_match(found.matches, a, b, there, max_error)
    hits, n_true = int((is_true & found.is_inlier).sum()), int(is_true.sum())
    precision = hits / found.n_inliers if found.n_inliers else float("nan")
    recall = hits / n_true if n_true else float("nan")
    return KnownGeometry(precision, recall, found.n_inliers, n_true, len(found.matches))
