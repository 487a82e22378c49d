"""Every gate alone by hand, and all of them against the rules said photo by photo."""

import math
from dataclasses import replace

import numpy as np
import pytest

from sightlab.recognition.calibration import NO_LEAD, Thresholds
from sightlab.recognition.gates import further_threshold, lacks_lead, passed, threshold_of, world_passed
from sightlab.recognition.matches import Matches, Ranked

THRESHOLDS = Thresholds(0.6, 0.4, 0.9, 0.01, 100, 99, "tune", lead=0.1)
NOWHERE, EMPTY = -1, 0  # landmarks in the square


def found(similarity, lead) -> Ranked:
    ranked = Ranked.empty(*np.shape(similarity))
    return replace(ranked, similarity=np.array(similarity), lead=np.array(lead))


def matches_of(n_in_square, similarity, lead, distance, world=None) -> Matches:
    """Q photos with R ranks; the world as (similarity, lead, distance) where it differs."""
    ranked = found(similarity, lead)
    similarity, lead, distance = (np.array(x, dtype=float) for x in (similarity, lead, distance))
    first = world or (similarity[:, 0], lead[:, 0], distance[:, 0])
    of_world = found(*(np.array(x, dtype=float)[:, None] for x in first[:2]))
    n = np.array(n_in_square)
    return Matches(ranked, distance, np.zeros(len(n)), n, of_world, np.array(first[2], dtype=float))


@pytest.mark.parametrize(
    ("n_in_square", "similarity", "lead", "distance", "answered"),
    [
        (NOWHERE, 0.61, 0.1, 0.9, True),
        (NOWHERE, 0.60, 0.5, 0.1, False),  # at the threshold is not above it
        (NOWHERE, 0.61, 0.09, 0.1, False),
        (NOWHERE, 0.61, 0.1, 0.91, False),
        (NOWHERE, 0.61, math.nan, math.nan, True),  # nothing to compare with
        (NOWHERE, 0.61, math.inf, 0.1, True),  # no rival
        (NOWHERE, math.nan, math.nan, math.nan, False),  # no landmark
        (EMPTY, 0.99, 0.5, 0.1, False),
        (3, 0.41, -1.0, 1.9, True),  # in the square neither lead nor references are asked
        (3, 0.40, 0.5, 0.1, False),
    ],
)
def test_the_best_landmark_by_hand(n_in_square, similarity, lead, distance, answered):
    matches = matches_of([n_in_square], [[similarity]], [[lead]], [[distance]])
    assert passed(matches, THRESHOLDS).tolist() == [[answered]]


def test_thresholds_of_first_and_further_landmarks():
    matches = matches_of([NOWHERE, EMPTY, 3], *np.full((3, 3, 2), 0.5))
    assert threshold_of(matches, THRESHOLDS).tolist() == [0.6, 0.6, 0.4]
    assert further_threshold(matches, THRESHOLDS).tolist() == [0.6, 0.6, 0.6]
    stricter_square = replace(THRESHOLDS, similarity_gps=0.7)
    assert further_threshold(matches, stricter_square).tolist() == [0.6, 0.6, 0.7]


def test_a_second_landmark_in_the_square_needs_the_threshold_of_the_world():
    matches = matches_of([3, 3], [[0.5, 0.5], [0.7, 0.61]], np.zeros((2, 2)), np.zeros((2, 2)))
    assert passed(matches, THRESHOLDS).tolist() == [[True, False], [True, True]]


def test_the_world_is_asked_as_without_coordinates():
    world = ([0.61, 0.61, 0.61, 0.5], [0.1, 0.0, 0.1, 0.1], [0.9, 0.9, 0.91, 0.9])
    matches = matches_of([3, 3, EMPTY, EMPTY], *np.full((3, 4, 1), 0.5), world)
    assert world_passed(matches, THRESHOLDS).tolist() == [True, False, False, False]


def test_only_photos_stopped_by_the_lead_alone_lack_it():
    matches = matches_of(
        [NOWHERE, NOWHERE, NOWHERE, NOWHERE, 3, EMPTY],
        [[0.61], [0.61], [0.60], [0.61], [0.61], [0.61]],
        [[0.09], [0.10], [0.09], [0.09], [0.09], [0.09]],
        [[0.90], [0.90], [0.90], [0.91], [0.90], [0.90]],
    )
    assert lacks_lead(matches, THRESHOLDS).tolist() == [True, False, False, False, False, False]
    assert not lacks_lead(matches, replace(THRESHOLDS, lead=NO_LEAD)).any()


def literally(n, rank, similarity, lead, distance, t) -> bool:
    if math.isnan(similarity) or n == EMPTY:
        return False
    if n > 0:
        return similarity > (t.similarity_gps if rank == 0 else max(t.similarity_gps, t.similarity))
    return similarity > t.similarity and not lead < t.lead and not distance > t.reference_distance


@pytest.mark.parametrize("seed", range(5))
def test_all_gates_against_the_rules_said_photo_by_photo(seed):
    rng = np.random.default_rng(seed)
    n, shape = rng.integers(-1, 3, size=200), (200, 3)
    similarity, lead, distance = (
        rng.uniform(0.2, 0.8, shape),
        rng.uniform(0, 0.2, shape),
        rng.uniform(0.5, 1.3, shape),
    )
    for values in (similarity, lead, distance):
        values[rng.random(shape) < 0.1] = np.nan
    t = replace(THRESHOLDS, similarity_gps=rng.choice([0.4, 0.7]))
    expected = [
        [literally(n[q], r, similarity[q, r], lead[q, r], distance[q, r], t) for r in range(3)]
        for q in range(200)
    ]
    result = passed(matches_of(n, similarity, lead, distance), t)
    assert result.tolist() == expected
    assert 0 < result.sum() < result.size
