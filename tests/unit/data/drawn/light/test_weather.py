"""Snow and rain before the lens."""

import numpy as np
import pytest

from sightlab.data.drawn.light.weather import _splat, with_precipitation

GRAY = np.full((96, 128, 3), 0.2, dtype=np.float32)
AIR = np.array([0.8, 0.8, 0.9])


@pytest.mark.parametrize("weather", ["clear", "hazy", "overcast", "fog"])
def test_dry_weather_leaves_the_photo_alone(weather):
    assert with_precipitation(GRAY, weather, AIR, 1) is GRAY


@pytest.mark.parametrize("weather", ["snow", "rain"])
def test_flakes_and_drops_lighten_some_pixels(weather):
    wet = with_precipitation(GRAY, weather, AIR, 1)
    assert wet.dtype == np.float32
    assert np.ptp(GRAY) == 0
    assert wet.min() >= np.float32(0.2) - 1e-6
    assert (wet <= np.float32(AIR) + 1e-6).all()
    changed = (wet[:, :, 0] > 0.21).mean()
    assert 0.01 < changed < 0.35
    assert np.array_equal(with_precipitation(GRAY, weather, AIR, 1), wet)
    assert not np.array_equal(with_precipitation(GRAY, weather, AIR, 2), wet)


def test_a_point_is_shared_by_its_four_pixels():
    # x = 1.25, y = 0.5: columns 1 and 2 get 3/4 and 1/4, rows 0 and 1 a half each
    found = _splat(np.array([1.25]), np.array([0.5]), np.array([2.0]), (3, 4))
    expected = np.zeros((3, 4))
    expected[:2, 1], expected[:2, 2] = 0.75, 0.25
    np.testing.assert_allclose(found, expected)


def test_points_outside_are_lost():
    assert _splat(np.array([-5.0, 99]), np.array([1.0, 1]), np.ones(2), (3, 4)).sum() == 0
