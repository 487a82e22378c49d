"""Light of a photo: day and night, weather, clouds, haze; all of it finite."""

from itertools import product

import numpy as np
import pytest

from sightlab.data.drawn.light.sky import Atmosphere
from sightlab.data.drawn.solids.scene import Light

WEATHERS = ("clear", "hazy", "overcast", "fog", "rain", "snow")


def dome(n: int = 400) -> np.ndarray:
    """Directions (3, n) all over the upper half of the sphere, and a little below the horizon."""
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(3, n))
    directions[2] = np.abs(directions[2]) - 0.05
    return (directions / np.linalg.norm(directions, axis=0)).astype(np.float32)


def brightness(color: np.ndarray) -> np.ndarray:
    return color.mean(axis=0)


@pytest.mark.parametrize(("weather", "elevation"), list(product(WEATHERS, (-20, -4, 0, 3, 20, 80))))
def test_every_sky_is_finite_and_gives_light(weather, elevation):
    air = Atmosphere(Light(10, elevation, weather), seed=1)
    sky = air.sky(dome())
    assert sky.dtype == np.float32
    assert np.isfinite(sky).all()
    assert sky.min() >= 0
    assert air.from_above.min() > 0
    assert air.from_ground.min() > 0


def test_the_sun_stands_where_the_light_says():
    # azimuth 90 is +x, elevation 30: (cos 30, 0, sin 30)
    air = Atmosphere(Light(90, 30), seed=0)
    assert air.sun_direction[:, 0].tolist() == pytest.approx([np.sqrt(0.75), 0, 0.5], abs=1e-6)
    # azimuth 0 stands behind the landmark, +y
    assert Atmosphere(Light(0, 30), seed=0).sun_direction[1, 0] == pytest.approx(np.sqrt(0.75), abs=1e-6)
    towards = air.sky(air.sun_direction, clouds=False)
    away = air.sky(air.sun_direction * np.float32([[-1], [1], [1]]), clouds=False)
    assert (towards > 3 * away).all()


def test_evening_is_redder_and_night_is_darker():
    noon, evening, night = (Atmosphere(Light(200, e), seed=0) for e in (50, 2, -12))
    assert evening.sun[0, 0] / evening.sun[2, 0] > 2 * noon.sun[0, 0] / noon.sun[2, 0]
    assert brightness(night.sky(dome())).max() < 0.25 * brightness(noon.sky(dome())).mean()
    assert night.is_night
    assert (night.darkness, noon.darkness) == (1, 0)
    assert 0 < evening.darkness < 1


def test_a_closed_sky_has_no_sun_and_no_color():
    clear, overcast = (Atmosphere(Light(200, 40, weather), seed=0) for weather in ("clear", "overcast"))
    assert overcast.sun.max() < 0.1 * clear.sun.min()
    blue = [air.zenith[2, 0] / air.zenith[0, 0] for air in (clear, overcast)]
    assert blue[0] > 2
    assert blue[1] < 1.5


def test_the_seed_moves_clouds_only():
    light = Light(200, 40)
    one, same, other = (Atmosphere(light, seed) for seed in (3, 3, 4))
    up = dome()
    np.testing.assert_array_equal(one.sky(up), same.sky(up))
    assert np.abs(one.sky(up) - other.sky(up)).max() > 0.05
    np.testing.assert_array_equal(one.sky(up, clouds=False), other.sky(up, clouds=False))


def test_air_fades_the_distance_into_the_horizon():
    air = Atmosphere(Light(200, 40, "fog"), seed=0)
    ahead = np.array([[0], [1], [0]], np.float32).repeat(3, axis=1)
    black = np.zeros((3, 3), np.float32)
    near, middle, far = air.through_air(black, ahead, np.float32([0, 130, 5000])).mean(axis=0)
    assert near == 0
    # one length of sight away 1 - 1/e of the air's own light has come in
    assert middle == pytest.approx(far * (1 - np.exp(-1)), rel=1e-3)
    assert far == pytest.approx(air.horizon.mean() * 0.94, rel=1e-3)


def test_no_weather_comes_indoors():
    room = Atmosphere(Light(200, 40, "snow", "winter"), seed=0, indoors=True)
    color = np.full((3, 1), 0.5, np.float32)
    np.testing.assert_array_equal(room.through_air(color, dome(1), np.float32([900])), color)
    assert (room.weather, room.season, room.sun.max()) == ("clear", "summer", 0)
    np.testing.assert_array_equal(room.from_above, Atmosphere(Light(), 5, indoors=True).from_above)


def test_the_random_state_of_the_caller_is_not_touched():
    np.random.seed(5)  # noqa: NPY002 - the state in question
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    Atmosphere(Light(), seed=3)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
