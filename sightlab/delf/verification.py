"""Geometric verification: do the matches of two photos agree on one view of one thing?

Shapes: M matches, P keypoints of a photo, D numbers of a descriptor.
Inlier counts mean nothing by themselves: a model that is fitted to random matches explains some of them, the
more the more there are. `null_quantile` says how many.
Source: matching and counting as DELF (Noh et al. 2017, official code); MAGSAC++ (Barath et al. 2020) in
OpenCV. The null, and distances as shares of a photo's diagonal: ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Int

from sightlab.checks import InputError, check_choice, check_count, check_fraction, check_range
from sightlab.delf.features import LocalFeatures

MODELS = {"affine": 3, "homography": 4}  # matches that determine one


@dataclass(frozen=True)
class VerificationConfig:
    model: str = "affine"  # or "homography": needs more agreement, bends more
    max_distance: float = 0.9  # between matched descriptors, (0, 2]; DELF: 0.8, re-ranking 0.9
    is_mutual: bool = True  # each must be the other's nearest; DELF's own matching is one-sided
    max_ratio: float = 1.0  # of the distances to the nearest and to the second; Lowe: 0.8; 1: not asked
    max_error: float = 0.02  # of an inlier, as a share of the diagonal of photo b; DELF: 20 px of some 1,000
    n_trials: int = 1000  # models tried at most; DELF: 1,000
    seed: int = 0  # of the trials: the same matches give the same inliers

    def __post_init__(self):
        check_choice(self.model, "model", tuple(MODELS))
        check_range(self.max_distance, "max_distance", 0, 2, low_open=True)
        check_fraction(self.max_ratio, "max_ratio", low_open=True)
        check_fraction(self.max_error, "max_error", low_open=True)
        check_count(self.n_trials, "n_trials")


@dataclass(frozen=True, eq=False)
class Verification:
    """What geometry says about the matches of photo a with photo b."""

    matches: Int[np.ndarray, "M 2"]  # rows of keypoints in a and b
    is_inlier: Bool[np.ndarray, " M"]
    matrix: Float[np.ndarray, "3 3"] | None  # takes points of a to points of b; None: no model was found
    reason: str = ""  # why there is no model, in words

    @property
    def n_inliers(self) -> int:
        return int(self.is_inlier.sum())

    def __repr__(self) -> str:
        why = f", {self.reason}" if self.reason else ""
        return f"Verification: {self.n_inliers} inliers of {len(self.matches)} matches{why}"


def match(
    a: Float[np.ndarray, "P D"],
    b: Float[np.ndarray, "Q E"],
    max_distance: float = 0.9,
    is_mutual: bool = True,
    max_ratio: float = 1.0,
) -> Int[np.ndarray, "M 2"]:
    """Pairs of rows: each of a with its nearest of b, if it is near enough.

    Args:
        a, b: unit rows of one length, D = E; either may have none.
        max_distance: Euclidean, (0, 2].
        is_mutual: a must be the nearest of b's partner, too.
        max_ratio: (0, 1], of the distance to the nearest of b to that to the second; 1: not asked.
    Returns:
        Rows of a and of b, in the order of a.
    Raises:
        InputError: descriptors of different lengths: they come from two networks.
    """
    if a.shape[1] != b.shape[1]:
        raise InputError(
            f"Expected descriptors of one network; got {a.shape[1]} and {b.shape[1]} numbers each, in match. "
            "Extract both photos with the same one."
        )
    if not len(a) or not len(b):
        return np.empty((0, 2), dtype=np.int64)
    products = a @ b.T
    nearest = products.argmax(axis=1)
    rows = np.arange(len(a))
    likeness = products[rows, nearest]
    keep = likeness >= 1 - max_distance**2 / 2  # d^2 = 2 - 2 s
    if max_ratio < 1 and len(b) > 1:
        second = np.partition(products, -2, axis=1)[:, -2]
        keep &= 1 - likeness <= max_ratio**2 * (1 - second)
    if not is_mutual:
        return np.column_stack([rows, nearest])[keep]
    keep &= likeness >= products.max(axis=0)[nearest]  # several times as fast as argmax along this axis
    pairs = np.column_stack([rows, nearest])[keep]
    return pairs[np.sort(np.unique(pairs[:, 1], return_index=True)[1])]  # of equally near rows the first


def verify(a: LocalFeatures, b: LocalFeatures, config: VerificationConfig | None = None) -> Verification:
    """Matches two photos and counts how many matches one model explains.

    Args:
        a: photo whose points are mapped.
        b: photo that they are mapped to; `max_error` is a share of its diagonal.
        config: matching and model.
    """
    config = config or VerificationConfig()
    matches = match(a.descriptors, b.descriptors, config.max_distance, config.is_mutual, config.max_ratio)
    from_, to = a.points[matches[:, 0]], b.points[matches[:, 1]]
    return explain(matches, from_, to, config.max_error * b.diagonal, config)


def explain(
    matches: Int[np.ndarray, "M 2"],
    from_: Float[np.ndarray, "M 2"],
    to: Float[np.ndarray, "M 2"],
    max_error: float,
    config: VerificationConfig,
) -> Verification:
    """The model that most matches agree on.

    Args:
        matches: rows of keypoints, for the result only.
        from_, to: where the keypoints are, pixels.
        max_error: of an inlier, pixels.
        config: model, trials, seed.
    Returns:
        No inlier, and the reason, where no model can be told: too few matches, all on one line, a model that
        folds the photo over or crushes it.
    """
    needed = MODELS[config.model]
    n_places = min(len(np.unique(from_, axis=0)), len(np.unique(to, axis=0)))
    if n_places < needed:
        return _nothing(matches, f"{n_places} matches in different places, and {config.model} needs {needed}")
    if _on_a_line(from_) or _on_a_line(to):
        return _nothing(matches, "all matches lie on one line")
    found = [_fitted(from_, to, max_error, config), _fitted_back(from_, to, max_error, config)]
    sane = [one for one in found if one is not None and _is_sane(one[0], from_[one[1]])]
    if sane:
        matrix, is_inlier = max(sane, key=lambda one: one[1].sum())
        return Verification(matches, is_inlier, matrix)
    if found == [None, None]:
        return _nothing(matches, "no model fits any of the matches")
    return _nothing(matches, "the model folds the photo over or crushes it")


def _fitted(from_, to, max_error: float, config: VerificationConfig):
    matrix, is_inlier = _estimate(from_, to, max_error, config)
    return None if matrix is None else (matrix, is_inlier)


def _fitted_back(from_, to, max_error: float, config: VerificationConfig):
    """The model of the way back, turned round, with the matches that it explains on the way there.

    Keypoints crowd on a building; a model that collapses the whole photo into such a crowd then explains many
    matches. It does so in one direction only.
    """
    back, is_inlier = _estimate(to, from_, max_error, config)
    if back is None or abs(np.linalg.det(back)) < 1e-9:
        return None
    matrix = np.linalg.inv(back)
    matrix = matrix / matrix[2, 2] if abs(matrix[2, 2]) > 1e-9 else matrix
    there = np.column_stack([from_, np.ones(len(from_))]) @ matrix.T
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.linalg.norm(there[:, :2] / there[:, 2:] - to, axis=1)
    return matrix, is_inlier & (error <= max_error)


def _estimate(from_, to, max_error: float, config: VerificationConfig):
    import cv2

    cv2.setRNGSeed(config.seed)
    settings = _usac(max_error, config)
    a, b = (np.ascontiguousarray(points, dtype=np.float64) for points in (from_, to))
    try:
        if config.model == "affine":
            found, mask = cv2.estimateAffine2D(a, b, settings)
            matrix = None if found is None else np.vstack([found, [0, 0, 1]])
        else:
            matrix, mask = cv2.findHomography(a, b, settings)
    except cv2.error:  # degenerate samples only
        return None, None
    if matrix is None or mask is None or not np.isfinite(matrix).all():
        return None, None
    return matrix, mask.ravel().astype(bool)


def _usac(max_error: float, config: VerificationConfig):
    """MAGSAC's scoring with local optimization; one thread, since parallel trials do not repeat."""
    import cv2

    settings = cv2.UsacParams()
    settings.randomGeneratorState = config.seed
    settings.isParallel = False
    settings.maxIterations = config.n_trials
    settings.threshold = max_error
    settings.confidence = 0.999
    settings.score = cv2.SCORE_METHOD_MAGSAC
    settings.sampler = cv2.SAMPLING_UNIFORM
    settings.loMethod = cv2.LOCAL_OPTIM_SIGMA
    settings.final_polisher = cv2.MAGSAC
    return settings


def _nothing(matches: np.ndarray, reason: str) -> Verification:
    return Verification(matches, np.zeros(len(matches), dtype=bool), None, reason)


def _on_a_line(points: np.ndarray, tolerance: float = 1e-3) -> bool:
    """Whether the points spread in one direction only, to a thousandth of their length."""
    spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    return bool(spread[1] <= tolerance * spread[0])


def _is_sane(matrix: np.ndarray, points: np.ndarray) -> bool:
    """Whether the model neither folds the photo over nor blows it up or crushes it, 20-fold in length.

    A mirrored photo is sane: many buildings are symmetric, networks taught on mirrored photos match their
    left half with the right one, and that is evidence for the building (Sacre-Coeur: a third of its pairs).
    """
    x = np.column_stack([points, np.ones(len(points))])
    depth = x @ matrix[2]
    if len(points) == 0 or not ((depth > 0).all() or (depth < 0).all()):
        return False
    area = np.abs(np.linalg.det(matrix) / depth**3)  # of a small square around each point, by the Jacobian
    return bool((area > 1 / 400).all() and (area < 400).all())


@lru_cache(maxsize=512)
def null_quantile(
    n_matches: int,
    config: VerificationConfig | None = None,
    quantile: float = 0.99,
    size: tuple[int, int] = (480, 640),
    n_draws: int = 200,
) -> float:
    """Inliers that so many *random* matches stay below with this probability: what a count must exceed.

    Args:
        n_matches: M.
        config: model, error and trials.
        quantile: (0, 1).
        size: (height, width) of both photos; their shape matters, their size does not.
        n_draws: random sets of matches.
    """
    check_count(n_matches, "n_matches", minimum=0)
    check_fraction(quantile, "quantile", low_open=True, high_open=True)
    return float(np.quantile(null_counts(n_matches, config, size, n_draws), quantile, method="higher"))


def null_counts(
    n_matches: int,
    config: VerificationConfig | None = None,
    size: tuple[int, int] = (480, 640),
    n_draws: int = 200,
) -> Int[np.ndarray, " draws"]:
    """Inliers among random matches: points uniform in both photos, drawn `n_draws` times."""
    config = config or VerificationConfig()
    generator = np.random.default_rng(config.seed)
    sides = np.array([size[1], size[0]], dtype=np.float64)
    rows = np.column_stack([np.arange(n_matches)] * 2)
    max_error = config.max_error * float(np.hypot(*size))
    counts = []
    for _ in range(n_draws):
        from_, to = generator.uniform(size=(2, n_matches, 2)) * sides
        counts.append(explain(rows, from_, to, max_error, config).n_inliers)
    return np.array(counts)
