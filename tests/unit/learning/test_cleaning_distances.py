"""Distances to references, and the equal-error rule counted in blocks: the same as from the whole table."""

import math

import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.learning import cleaning_distances
from sightlab.learning.cleaning_distances import (
    equal_error_of_all,
    equal_error_threshold,
    mean_reference_distances,
    own_reference_distances,
    rows_by_landmark,
)
from tests.unit.learning.slow_cleaning import exact_rows, slow_equal_error


def on_circle(*degrees):
    """(N, 2) unit rows; two of them are 2 sin(half the angle between them) apart."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def apart(degrees):
    return 2 * math.sin(math.radians(degrees) / 2)


def database(seed, n=90, n_landmarks=7):
    """Rows without rounding, 1 to 5 references a landmark, photos anywhere but in one landmark."""
    rng = np.random.default_rng(seed)
    references = [exact_rows(rng, 1 + c % 5) for c in range(n_landmarks)]
    column = rng.integers(0, n_landmarks - 1, n)
    vectors = exact_rows(rng, n)
    for row in range(0, n, 2):  # every second photo is one of its landmark's references
        own = references[column[row]]
        vectors[row] = own[rng.integers(len(own))]
    return vectors, references, column


def whole_table(vectors, references, column):
    """The rule as it is told: own against other distances, all of them in one table."""
    table = mean_reference_distances(vectors, references)
    is_own = np.arange(len(references)) == column[:, None]
    return equal_error_threshold(table[is_own], table[~is_own])


def counted(vectors, references, column):
    return equal_error_of_all(
        vectors, references, column, own_reference_distances(vectors, references, column)
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("block", [1, 7, 1024])
def test_counting_in_blocks_gives_the_threshold_of_the_whole_table(seed, block, monkeypatch):
    monkeypatch.setattr(cleaning_distances, "BLOCK", block)
    assert counted(*database(seed)) == whole_table(*database(seed))


@pytest.mark.parametrize("margin", [0.0, 0.01, 0.3])
@pytest.mark.parametrize("sample", [30, 200])
def test_a_bad_sample_costs_time_and_changes_nothing(margin, sample, monkeypatch):
    monkeypatch.setattr(cleaning_distances, "SAMPLE", sample)
    monkeypatch.setattr(cleaning_distances, "MARGIN", margin)
    for seed in range(12):
        assert counted(*database(seed)) == whole_table(*database(seed)), seed


def test_rounded_rows_give_the_same_threshold_to_the_last_digits(monkeypatch):
    rng = np.random.default_rng(0)
    looks = rng.normal(size=(30, 24))
    column = np.repeat(np.arange(30), 20)
    vectors = looks[column] + rng.normal(scale=1.5, size=(600, 24))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    references = [vectors[column == c][:4] for c in range(30)]
    monkeypatch.setattr(cleaning_distances, "SAMPLE", 2000)
    monkeypatch.setattr(cleaning_distances, "BLOCK", 64)
    expected = whole_table(vectors, references, column)
    assert counted(vectors, references, column) == pytest.approx(expected, abs=1e-6)


def test_memory_holds_blocks_and_not_the_table(monkeypatch):
    """The table of 3,000 photos x 1,500 landmarks would be 18 MB; blocks are 64 x 64."""
    import tracemalloc

    rng = np.random.default_rng(0)
    vectors, column = exact_rows(rng, 3000), np.arange(3000) // 2
    references = [vectors[2 * c : 2 * c + 1] for c in range(1500)]
    own = own_reference_distances(vectors, references, column)
    monkeypatch.setattr(cleaning_distances, "BLOCK", 64)
    monkeypatch.setattr(cleaning_distances, "SAMPLE", 1 << 16)
    tracemalloc.start()
    equal_error_of_all(vectors, references, column, own)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 << 20


def test_own_distances_are_those_of_the_table():
    vectors, references, column = database(1)
    table = mean_reference_distances(vectors, references)
    column[::10] = -1
    found = own_reference_distances(vectors, references, column)
    assert np.isnan(found[::10]).all()
    kept = np.flatnonzero(column >= 0)
    assert np.array_equal(found[kept], table[kept, column[kept]])


def test_rows_by_landmark_by_hand():
    found = {landmark: rows.tolist() for landmark, rows in rows_by_landmark(np.array([4, -1, 4, 0, 4]))}
    assert found == {-1: [1], 0: [3], 4: [0, 2, 4]}
    assert list(rows_by_landmark(np.array([], int))) == []


def test_equal_error_by_hand():
    own, others = np.array([0.2, 1.2, 0.4, 0.6]), np.array([1.1, 0.5, 1.3, 1.0])
    # at 0.2: 3/4 dropped, 0/4 let in; at 0.4: 2/4, 0/4; at 0.6: 1/4 dropped, 1/4 (the 0.5) let in: equal
    assert equal_error_threshold(own, others) == 0.6


def test_equal_error_of_two_clean_groups_keeps_all():
    # every own distance below every other: nothing is dropped, nothing let in, at the largest own distance
    assert equal_error_threshold(np.array([0.1, 0.3, 0.2]), np.array([0.9, 1.0])) == 0.3


@pytest.mark.parametrize("seed", range(5))
def test_equal_error_equals_the_slow_loop(seed):
    rng = np.random.default_rng(seed)
    own, others = rng.uniform(0, 1.3, 25).round(2), rng.uniform(0.5, 2, 60).round(2)  # with ties
    assert equal_error_threshold(own, others) == slow_equal_error(own.tolist(), others.tolist())


def test_equal_error_needs_two_landmarks():
    with pytest.raises(InputError, match=r"got 2 own and 0 other distances. Give CleaningConfig\(threshold="):
        equal_error_threshold(np.array([0.1, 0.2]), np.array([]))


def test_distances_to_every_landmark():
    distances = mean_reference_distances(on_circle(0, 90), [on_circle(0), on_circle(90, 180)])
    expected = [[0, (apart(90) + apart(180)) / 2], [apart(90), (0 + apart(90)) / 2]]
    np.testing.assert_allclose(distances, expected, atol=1e-6)
    assert mean_reference_distances(on_circle(0, 90), []).shape == (2, 0)
    with pytest.raises(InputError, match="a landmark has no reference embedding"):
        mean_reference_distances(on_circle(0), [np.empty((0, 2), np.float32)])


def test_equal_vectors_are_exactly_0_apart_and_never_nan():
    vectors = np.random.default_rng(0).normal(size=(200, 64))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    distances = mean_reference_distances(vectors, [vectors[i : i + 1] for i in range(200)])
    assert np.isfinite(distances).all()
    assert np.diag(distances).max() < 1e-3
