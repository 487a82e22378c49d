"""Places: against a slow literal version, and what is unknown."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sightlab.recognition.geo import inside_square
from sightlab.recognition.places import Places

LAT, LON = np.array([51.05, 51.06, 48.86, np.nan]), np.array([13.73, 13.74, 2.35, np.nan])


def test_two_of_one_city_are_one_place_and_the_unknown_may_be_anywhere():
    places = Places(LAT, LON, 5.0)
    a, b = np.array([0, 0, 0, 3, 3]), np.array([1, 2, 3, 0, 3])
    assert places.is_one(a, b).tolist() == [True, False, False, False, True]
    assert places.may_be_one(a, b).tolist() == [True, False, True, True, True]


@given(st.lists(st.tuples(st.floats(-0.05, 0.05), st.floats(-0.05, 0.05)), min_size=1, max_size=12))
def test_is_one_agrees_with_every_pair_looked_at(positions):
    lat, lon = np.array(positions).T
    places = Places(lat, lon, 5.0)
    literal = inside_square(lat, lon, lat, lon, 5.0)
    pairs = np.indices(literal.shape)
    np.testing.assert_array_equal(places.is_one(*pairs), literal)
