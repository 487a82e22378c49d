"""Cleaning on a cluster gives the verdicts of one process, however the photos are dealt out."""

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.learning import cleaning_distances, cleaning_ray
from sightlab.learning.cleaning_distances import counted, equal_error_of_all, own_reference_distances
from sightlab.learning.cleaning_ray import counting_on
from sightlab.nets.cluster import Cluster


@pytest.fixture
def photos():
    """(50, 6) unit rows of five landmarks with two or three references, and the landmark of each."""
    rng = np.random.default_rng(0)
    column = np.arange(50) % 5
    rows = rng.normal(size=(50, 6)) + 2 * rng.normal(size=(5, 6))[column]
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return rows, [rows[column == c][: 2 + c % 2] for c in range(5)], column


@pytest.fixture(autouse=True)
def few_rows(monkeypatch):
    monkeypatch.setattr(cleaning_ray, "ROWS", 8)


def test_the_sum_over_workers_is_the_count_of_one_process(photos, play):
    vectors, references, column = photos
    ray = play(cpus=(1, 1))
    groups = cleaning_distances._same_number_of_references(references)
    candidates = np.linspace(0.2, 1.9, 7).astype(np.float32)
    expected = counted(vectors, groups, column, candidates)
    assert counting_on(Cluster())(vectors, groups, column, candidates).tolist() == expected.tolist()
    assert expected.sum() > 50
    assert sorted(ray.done) == list(range(7))  # 6 x 8 + 2 photos
    assert ray.waves == [7]


def test_the_threshold_is_that_of_one_process(photos, play):
    vectors, references, column = photos
    ray = play()
    own = own_reference_distances(vectors, references, column)
    there = equal_error_of_all(vectors, references, column, own, counting_on(Cluster()))
    assert there == equal_error_of_all(vectors, references, column, own)
    assert ray.waves == [4, 3]  # one worker, four tasks ahead


def test_every_pass_has_candidates_of_its_own(photos, play):
    """A worker keeps those of one pass, and must not answer the next with them."""
    vectors, references, column = photos
    play()
    groups = cleaning_distances._same_number_of_references(references)
    for candidates in (np.array([0.5], np.float32), np.array([1.5], np.float32)):
        found = counting_on(Cluster())(vectors, groups, column, candidates)
        assert found.tolist() == counted(vectors, groups, column, candidates).tolist()


def test_a_lost_cluster_gives_no_threshold(photos, play):
    vectors, references, column = photos
    play(lost_after=3)
    own = own_reference_distances(vectors, references, column)
    with pytest.raises(InputError, match="it was lost"):
        equal_error_of_all(vectors, references, column, own, counting_on(Cluster()))


def test_verdicts_of_a_workbench_are_the_same_on_a_cluster(trained, play):
    from dataclasses import replace

    expected = trained.initial_cleaning  # stores the embeddings, so that a cluster has only to count
    ray = play()
    bench = replace(trained, cluster=Cluster())
    pd.testing.assert_frame_equal(bench.initial_cleaning, expected)
    assert sum(ray.waves) == len(ray.done) == -(-len(expected) // 8)
