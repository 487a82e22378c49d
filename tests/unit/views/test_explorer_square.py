"""The square map: places in km, marks in words."""

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.recognition.geo import inside_square
from sightlab.views.explorer_square import offsets_km, square_map


@pytest.fixture
def places():
    rows = [
        ("near", "Near $Gate_1$", 48.002, 2.0),
        ("west", "West Arch", 48.0, 1.99),
        ("far", "Far Dome", 49.0, 2.0),
    ]
    return pd.DataFrame(
        [*rows, ("lost", "Lost", np.nan, np.nan)], columns=["landmark_id", "name", "lat", "lon"]
    )


def test_offsets_by_hand():
    # 0.01 degree of the equator is 0.01 / 360 * 40,075 km = 1.113 km; at 60 degrees north half of it
    east = offsets_km(0.0, 0.0, np.array([0.0]), np.array([0.01]))
    half = offsets_km(60.0, 10.0, np.array([60.0]), np.array([10.01]))
    np.testing.assert_allclose(east, [[1.1132, 0]], atol=1e-4)
    np.testing.assert_allclose(half, [[0.5566, 0]], atol=1e-4)


def test_the_date_line_is_no_border():
    found = offsets_km(0.0, 179.999, np.array([0.0]), np.array([-179.999]))
    np.testing.assert_allclose(found, [[0.2226, 0]], atol=1e-4)


def test_offsets_agree_with_the_square_of_the_recognizer(rng):
    lat, lon = rng.uniform(47.99, 48.01, 200), rng.uniform(1.985, 2.015, 200)
    here = (np.abs(offsets_km(48.0, 2.0, lat, lon)) <= 0.5).all(axis=1)
    there = inside_square(np.array([48.0]), np.array([2.0]), lat, lon)[0]
    assert (here == there).mean() > 0.98  # the border alone may differ
    assert 0 < there.sum() < 200


def test_marked_landmarks_are_named_and_far_ones_told(places, texts_of, assert_legible):
    figure = square_map(48.0, 2.0, places, 1.0, true="far", predicted="near")
    said = texts_of(figure)
    assert "true: Far Dome, 111.3 km away" in said
    assert "West Arch" in said
    assert_legible(figure)


def test_true_and_predicted_may_be_one(places, texts_of):
    assert "both: Far Dome" in texts_of(square_map(48.0, 2.0, places, 1.0, true="far", predicted="far"))
    assert "Lost" not in texts_of(square_map(48.0, 2.0, places, 1.0, true="lost"))


def test_a_photo_without_coordinates_has_no_square(places):
    with pytest.raises(InputError, match="carries no coordinates"):
        square_map(np.nan, 2.0, places, 1.0)
