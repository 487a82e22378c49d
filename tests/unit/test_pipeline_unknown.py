"""Photos of landmarks that nobody has taught: which are left out, and what is counted."""

import numpy as np
import pytest

from sightlab.pipeline_unknown import (
    IN_USE,
    LEFT_OUT,
    NEVER_SEEN,
    unknown_landmarks,
    unknown_numbers,
    without,
)


@pytest.fixture(scope="module")
def table(trained):
    return unknown_landmarks(trained)


def test_every_way_is_asked_about_both_kinds_of_unknown(table, trained):
    assert len(table) == 4 * 2
    tune = trained.manifest.split("tune")
    left_out = table[table["unknown"] == LEFT_OUT]
    assert (left_out["n"] == tune.is_landmark.sum()).all()
    never_seen = table[table["unknown"] == NEVER_SEEN]
    learned = set(trained.kept(len(trained.stages) - 1)["landmark_id"])
    new = tune.is_landmark & ~tune.photos["landmark_id"].isin(learned).to_numpy()
    assert (never_seen["n"] == new.sum()).all()
    np.testing.assert_allclose(table["answered"], table["n_answered"] / table["n"])


def test_the_lead_never_lets_more_of_them_in(table):
    by_way = table.set_index(["way", "unknown"])["answered"]  # of the unknown, not the rates of the known
    for unknown in (LEFT_OUT, NEVER_SEEN):
        assert by_way[IN_USE, unknown] <= by_way["similarity", unknown]


def test_numbers_are_those_of_the_way_in_use(table):
    numbers = unknown_numbers(table)
    row = table[(table["way"] == IN_USE) & (table["unknown"] == NEVER_SEEN)].iloc[0]
    assert numbers["answered_never_seen"] == row["answered"]
    assert numbers["answered_never_seen_high"] == row["answered_high"]
    assert numbers["n_answered_left_out"] == table["n"].iloc[0]


def test_a_search_without_some_landmarks(trained):
    search = trained.search()
    rest = without(search, {"blue_dome"})
    assert set(rest.landmark_ids) == set(search.landmark_ids) - {"blue_dome"}
    photos = trained.manifest.split("tune").photos
    vectors = trained.table.rows(photos["photo_id"])
    names = rest.landmark_ids[rest.match(vectors).landmark[:, 0]]
    others = search.match(vectors)
    is_other = search.landmark_ids[others.landmark[:, 0]] != "blue_dome"
    np.testing.assert_array_equal(names[is_other], search.landmark_ids[others.landmark[is_other, 0]])
