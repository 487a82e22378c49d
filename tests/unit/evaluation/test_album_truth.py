"""What is in albums, counted by hand."""

import pandas as pd
import pytest

from sightlab.evaluation.album_truth import album_contents, album_numbers
from sightlab.evaluation.intervals import wilson

PLACED = pd.DataFrame(
    [("a", "tower"), ("b", "tower"), ("c", "tower"), ("d", "dome"), ("a", "dome")],
    columns=["photo", "landmark_id"],
).assign(name=lambda t: t["landmark_id"].str.title())
TRUTH = {"a": "tower", "b": "dome", "c": "non_landmark", "d": "dome", "e": "tower"}


def test_contents_by_hand():
    found = album_contents(PLACED, TRUTH)
    # tower: a right, b another, c none; dome: d right, a another (it is filed under tower)
    assert found.to_numpy().tolist() == [["tower", "Tower", 1, 1, 1], ["dome", "Dome", 1, 1, 0]]


def test_numbers_by_hand():
    numbers = album_numbers(album_contents(PLACED, TRUTH), n_landmark_photos=4)
    assert numbers["n_places_in_albums"] == 5
    assert numbers["album_precision"] == pytest.approx(2 / 5)
    assert numbers["album_coverage"] == pytest.approx(2 / 4)
    assert (numbers["album_precision_low"], numbers["album_precision_high"]) == pytest.approx(wilson(2, 5))


def test_no_album_has_no_precision():
    numbers = album_numbers(album_contents(PLACED.iloc[:0], TRUTH), n_landmark_photos=4)
    assert numbers["album_precision"] is None
    assert numbers["album_coverage"] == 0
