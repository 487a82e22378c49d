"""From similarity to probability: how likely the best landmark of a photo is the right one.

A similarity says which of two answers to trust more; a probability says how much. It depends on how common
landmarks are among the photos, so it always names the prevalence that it is meant for.

Letters: n tune photos.
Source: Platt 1999, with its smoothed targets; photos are weighted to the wanted prevalence. Notebook 07 holds
isotonic regression against it on tune (`evaluation.reliability.scales_tried`): above the highest wrong photo
of its fit that can only say 1.
"""

from dataclasses import asdict, dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.optimize import minimize

from sightlab.checks import InputError, check_fraction

PREVALENCE = 0.02  # landmarks are on 1-3 % of users' photos
FEWEST = 30  # landmark photos, and distractors, on which a scale is fitted


@dataclass(frozen=True)
class ProbabilityScale:
    """P = 1 / (1 + exp(-(slope similarity + offset))) at one prevalence."""

    slope: float  # > 0
    offset: float
    prevalence: float  # share of photos that show a known landmark, (0, 1)

    def of(self, similarity: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Probability that the best landmark is the right one, [0, 1]; NaN stays NaN, -inf is 0."""
        with np.errstate(over="ignore"):  # exp of a very low similarity is infinite, its probability 0
            return 1 / (1 + np.exp(-(self.slope * np.asarray(similarity) + self.offset)))


@dataclass(frozen=True)
class ProbabilityScales:
    """One scale for photos searched in the world, one for those searched in their square (None: too few)."""

    world: ProbabilityScale
    square: ProbabilityScale | None

    def to_dict(self) -> dict:
        """JSON-ready."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> "ProbabilityScales":
        """What `to_dict` wrote."""
        square = values["square"]
        return cls(
            ProbabilityScale(**values["world"]), None if square is None else ProbabilityScale(**square)
        )


def fit_scale(
    similarity: Float[np.ndarray, " n"],
    is_right: Bool[np.ndarray, " n"],
    is_landmark: Bool[np.ndarray, " n"],
    prevalence: float = PREVALENCE,
) -> ProbabilityScale:
    """The scale under which these photos are most likely, weighted as if a share `prevalence` were landmarks.

    Args:
        similarity: (n,) of the best landmark, before any threshold; finite.
        is_right: (n,) the best landmark is the right one; False for distractors.
        is_landmark: (n,) the photo shows a known landmark.
        prevalence: (0, 1).
    Returns:
        The scale; its slope is never negative, so a higher similarity is never less likely.
    Raises:
        InputError: fewer than `FEWEST` landmark photos or distractors, a similarity that is not finite.
    """
    check_fraction(prevalence, "prevalence", low_open=True, high_open=True, advice="Write 2 % as 0.02.")
    n_landmark, n_distractor = int(is_landmark.sum()), int((~is_landmark).sum())
    if min(n_landmark, n_distractor) < FEWEST or not np.isfinite(similarity).all():
        raise InputError(
            f"Expected at least {FEWEST} landmark photos and {FEWEST} distractors of finite similarity; got "
            f"{n_landmark} and {n_distractor}, {int((~np.isfinite(similarity)).sum())} of them not finite. "
            "Add photos to tune, and leave unreadable ones out."
        )
    weight = prevalence_weights(is_landmark, prevalence)
    n_right, n_wrong = int(is_right.sum()), int((~is_right).sum())
    target = np.where(is_right, (n_right + 1) / (n_right + 2), 1 / (n_wrong + 2))  # never 0 or 1: Platt

    def loss(coefficients: np.ndarray) -> tuple[float, np.ndarray]:
        steepness, offset = coefficients
        slope = np.exp(steepness)
        logit = slope * similarity + offset
        value = (weight * (np.logaddexp(0, logit) - target * logit)).sum()
        error = weight * (1 / (1 + np.exp(-logit)) - target)
        return float(value), np.array([(error * similarity).sum() * slope, error.sum()])

    start = np.array([np.log(10.0), -5.0])
    steepness, offset = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(-5, 6), (-500, 500)]).x
    return ProbabilityScale(float(np.exp(steepness)), float(offset), prevalence)


def prevalence_weights(is_landmark: Bool[np.ndarray, " n"], prevalence: float) -> Float[np.ndarray, " n"]:
    """A weight for each photo, summing to 1, under which a share `prevalence` of them are landmark photos."""
    n_landmark, n_distractor = is_landmark.sum(), (~is_landmark).sum()
    return np.where(is_landmark, prevalence / max(n_landmark, 1), (1 - prevalence) / max(n_distractor, 1))
