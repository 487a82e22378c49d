import numpy as np
import pytest

from sightlab.data.drawn.light.render import Place
from sightlab.data.drawn.solids.scene import Camera, Light, Scene
from sightlab.data.drawn.surroundings.shores import QUAY_HEIGHT, coast, river


def level(place: Place, x: float, y: float) -> float:
    depth = place.draw(Camera((x, y, 900.0), (x, y + 0.1, 0), (1, 1), 1), Light()).depth
    return 900 - float(depth[0, 0])


def test_quays_are_level_where_people_walk():
    place = Place(Scene({}, river(np.random.default_rng(4), 120.0)))
    for x in (-128, 128):
        for y in (-60, 3, 77):
            assert level(place, x, y) == pytest.approx(QUAY_HEIGHT, abs=0.3)


def test_a_high_bridge_lands_on_headlands():
    wide = Place(Scene({}, coast(np.random.default_rng(4), 540.0)))
    narrow = Place(Scene({}, coast(np.random.default_rng(4), 150.0)))
    for side in (-1, 1):
        assert level(wide, side * 640, 0) > 35
        assert level(narrow, side * 200, 0) < 20
    assert level(wide, 0, 0) == pytest.approx(-0.02, abs=0.05)


def test_a_city_stands_on_the_far_shore_of_a_wide_strait():
    city = coast(np.random.default_rng(2), 200.0)
    woods = coast(np.random.default_rng(2), 120.0)
    assert (city.vertices[city.vertices[:, 1] > 2000, 2] > 60).any()
    assert len(city.faces) > len(woods.faces)
