import numpy as np

from sightlab.data.drawn.landmarks.towers import bruyne_belfry, meridian_tower
from tests.meshes import spots_above, widest


def test_the_belfry_rises_from_the_middle_of_its_hall():
    shape = bruyne_belfry()
    assert 80 < shape.height < 90
    (spot,) = spots_above(shape, 60, apart=10)
    assert abs(spot[0]) < 0.1
    assert widest(shape, 0, 5) > 20
    assert widest(shape, 65, 90) < 16


def test_the_skyscraper_steps_back_as_it_rises():
    shape = meridian_tower()
    steps = [widest(shape, z, z + 12) for z in (0, 60, 100, 200, 222, 255, 290)]
    assert steps == sorted(steps, reverse=True)
    assert len(set(np.round(steps))) >= 6
    assert shape.height > 300
