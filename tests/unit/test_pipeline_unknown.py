"""Photos of landmarks that nobody has taught: which are left out, and what is counted."""

from dataclasses import replace

import numpy as np
import pytest

from sightlab.pipeline_unknown import (
    IN_USE,
    LEFT_OUT,
    NEVER_SEEN,
    PLACED,
    answered_rates,
    before_last_stage,
    share_of_places,
    unknown_landmarks,
    unknown_numbers,
    way_in_use,
    without,
)
from sightlab.recognition.gates import passed


@pytest.fixture(scope="module")
def table(trained):
    return unknown_landmarks(trained)


def test_every_way_is_asked_about_both_kinds_of_unknown(table, trained):
    assert len(table) == 4 * 3
    tune = trained.manifest.split("tune")
    left_out = table[table["unknown"] == LEFT_OUT]
    assert (left_out["n"] == tune.is_landmark.sum()).all()
    never_seen = table[table["unknown"] == NEVER_SEEN]
    learned = set(trained.kept(len(trained.stages) - 1)["landmark_id"])
    new = tune.is_landmark & ~tune.photos["landmark_id"].isin(learned).to_numpy()
    assert (never_seen["n"] == new.sum()).all()
    assert (table.loc[table["unknown"] == PLACED, "n"] == new.sum()).all()
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
    row = table[(table["way"] == IN_USE) & (table["unknown"] == PLACED)].iloc[0]
    assert numbers["answered_never_seen_gps"] == row["answered"]
    assert numbers["answered_never_seen_gps_low"] == row["answered_low"]
    assert numbers["answered_never_seen_gps_high"] == row["answered_high"]
    assert numbers["n_answered_left_out"] == table["n"].iloc[0]


def test_a_rate_varies_with_the_landmarks_not_with_the_photos():
    # ten photos each of two landmarks, answered and not: draws of two landmarks give 0, 1 / 2 or 1
    answered, names = np.repeat([True, False], 10), np.repeat(["a", "b"], 10).astype(object)
    found = answered_rates(answered, names)
    assert found == {"n": 20, "n_answered": 10, "answered": 0.5, "answered_low": 0, "answered_high": 1}
    shares = answered_rates(np.array([0.25, 0.75]), np.array(["a", "a"], dtype=object))
    assert shares["answered"] == shares["answered_low"] == shares["answered_high"] == 0.5
    assert shares["n_answered"] == 1.0


def test_at_every_known_landmark_in_turn(trained, table):
    case = before_last_stage(trained, way_in_use(trained))
    vectors = case.table.rows(case.new["photo_id"])
    for threshold in (case.thresholds.similarity_gps, 0.0):
        thresholds = replace(case.thresholds, similarity_gps=threshold)
        share = share_of_places(case.search, vectors, thresholds)
        known = case.search.landmarks
        slow = np.zeros(len(vectors))
        for place in known.itertuples():  # no two known landmarks share a square
            at = np.full(len(vectors), place.lat), np.full(len(vectors), place.lon)
            found = case.search.match(vectors, *at)
            assert (found.n_in_square == 1).all()
            slow += passed(found, thresholds)[:, 0] / len(known)
        np.testing.assert_allclose(share, slow)
    assert 0 < share.mean() < 1  # that the lower threshold tells something
    row = table[(table["way"] == IN_USE) & (table["unknown"] == PLACED)].iloc[0]
    assert row["answered"] == share_of_places(case.search, vectors, case.thresholds).mean()


def test_known_photos_stand_at_their_own_landmark_beside_those(trained, table):
    case = before_last_stage(trained, way_in_use(trained))
    known = case.known[case.known["landmark_id"] != "non_landmark"]
    where = case.search.landmarks.set_index("landmark_id").loc[known["landmark_id"]]
    vectors = case.table.rows(known["photo_id"])
    found = case.search.match(vectors, where["lat"].to_numpy(), where["lon"].to_numpy())
    right = case.search.landmark_ids[found.landmark[:, 0]] == known["landmark_id"].to_numpy()
    row = table[(table["way"] == IN_USE) & (table["unknown"] == PLACED)].iloc[0]
    assert right.all()  # nothing else stands in the square
    assert row["sensitivity"] == (found.similarity[:, 0] > case.thresholds.similarity_gps).mean()
    assert row["confusion_rate"] == 0


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
