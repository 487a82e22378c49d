"""The gates that an answer must pass, for the landmark of each rank.

Shapes: Q photos, R ranks (best landmark first).
Source: Boiarov & Tyantov 2019 (article), with the two inequalities that its translation has the wrong way
round put right: answered when the similarity is *above* its threshold and the distance to the references is
*below*. The lead over the rival is ours.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float

from sightlab.recognition.calibration import NO_LEAD, Thresholds
from sightlab.recognition.matches import Matches


def threshold_of(matches: Matches, thresholds: Thresholds) -> Float[np.ndarray, " Q"]:
    """The similarity that each photo must exceed: lower where landmarks are in its square."""
    return np.where(matches.n_in_square > 0, thresholds.similarity_gps, thresholds.similarity)


def further_threshold(matches: Matches, thresholds: Thresholds) -> Float[np.ndarray, " Q"]:
    """The similarity that a second landmark of each photo must exceed: in the square no less than elsewhere.

    Coordinates make it likely that the best landmark of the square is in the photo, not that others are.
    """
    return np.maximum(threshold_of(matches, thresholds), thresholds.similarity)


def passed(matches: Matches, thresholds: Thresholds) -> Bool[np.ndarray, "Q R"]:
    """Which of the ranked landmarks pass every gate that applies to their photo.

    In the square only the threshold for coordinates applies, and `further_threshold` to further landmarks;
    otherwise the other threshold, the lead and the references. With an empty square nothing passes. A
    landmark without references is not verified.
    """
    in_square = matches.n_in_square > 0
    limit = np.repeat(further_threshold(matches, thresholds)[:, None], matches.similarity.shape[1], axis=1)
    limit[:, 0] = threshold_of(matches, thresholds)
    is_doubtful = _is_doubtful(matches.reference_distance, matches.ranked.lead, thresholds)
    is_near_enough = matches.similarity > limit  # NaN, no landmark, is not
    return is_near_enough & ~(is_doubtful & ~in_square[:, None]) & ~matches.is_square_empty[:, None]


def world_passed(matches: Matches, thresholds: Thresholds) -> Bool[np.ndarray, " Q"]:
    """Whether the search of the whole world would have answered, were the coordinates ignored."""
    is_doubtful = _is_doubtful(matches.world_distance, matches.world.lead[:, 0], thresholds)
    return (matches.world.similarity[:, 0] > thresholds.similarity) & ~is_doubtful


def lacks_lead(matches: Matches, thresholds: Thresholds) -> Bool[np.ndarray, " Q"]:
    """Photos without coordinates whose best landmark every gate would let pass, but for the lead."""
    others = passed(matches, replace(thresholds, lead=NO_LEAD))[:, 0]
    return others & ~matches.has_position & (matches.ranked.lead[:, 0] < thresholds.lead)


def _is_doubtful(distance: np.ndarray, lead: np.ndarray, thresholds: Thresholds) -> np.ndarray:
    """Too far from the references, or not ahead of the rival; NaN, nothing to compare with, is neither."""
    return (distance > thresholds.reference_distance) | (lead < thresholds.lead)
