import numpy as np
import pytest

from sightlab.data.drawn.surroundings.land import GROUND, around_at, far_city, hills, radii, scattered_houses


def test_places_between_two_circles_are_even_over_the_area():
    x, y = around_at(np.random.default_rng(0), 4000, 10, 20)
    r = np.hypot(x, y)
    assert 10 <= r.min() < 10.2
    assert 19.8 < r.max() <= 20
    # half of the area lies inside sqrt((10^2 + 20^2) / 2) = 15.81
    assert np.median(r) == pytest.approx(15.81, abs=0.15)


def test_hills_leave_the_clear_circle_level():
    height = hills(3, 100.0, low=30, high=200, size=300)
    angle = np.linspace(0, 6, 50)
    inside = height(110 * np.cos(angle), 110 * np.sin(angle))
    np.testing.assert_array_equal(inside, np.full(50, GROUND))
    far = height(9000 * np.cos(angle), 9000 * np.sin(angle))
    assert far.max() > 50


def test_rings_grow_from_the_clear_circle_to_the_horizon():
    r = radii(50.0)
    assert r[0] == 0
    assert (np.diff(r) > 0).all()
    assert r[-1] == pytest.approx(30_000)


def test_a_far_city_and_single_houses_stand_where_they_should():
    city = far_city(np.random.default_rng(1), 500, 900, 80, tall=40)
    out = np.hypot(*city.vertices[:, :2].T)
    assert out.min() > 500 - 30
    assert city.height > 40
    x = np.array([0.0, 80.0])
    houses = scattered_houses(np.random.default_rng(1), x, x, lambda x, y: x / 10)
    assert houses.vertices[houses.vertices[:, 0] > 40, 2].min() == pytest.approx(8 - 0.3)
