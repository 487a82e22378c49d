import numpy as np

from sightlab.data.world_towers import bruyne_belfry, meridian_tower, petrow_victory_column, thebar_obelisk
from tests.meshes import hits, spots_above


def widest(shape, low, high):
    """Of what lies between two heights, meters from the axis."""
    z = shape.vertices[:, 2]
    return np.abs(shape.vertices[(z >= low) & (z <= high)][:, :2]).max()


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


def test_the_victory_column_is_slender_and_carries_a_cross():
    shape = petrow_victory_column()
    assert 46 < shape.height < 48
    assert widest(shape, 12, 36) < 2.5
    assert widest(shape, 0, 2) > 6
    assert hits(shape, (-3, -0.2, 46.2 + 0.1), (3, -0.2, 46.2 + 0.1)) >= 2


def test_the_obelisk_stands_before_the_pylon_to_the_left():
    shape = thebar_obelisk()
    tip = shape.vertices[np.abs(shape.vertices[:, 2] - 30) < 1e-9]
    np.testing.assert_allclose(tip.mean(axis=0), [-9, -16, 30])
    assert hits(shape, (0, -30, 6), (0, -2.5, 6)) == 0  # the way through the gate is free ...
    assert hits(shape, (18, -30, 12), (18, 10, 12)) >= 2  # ... and both wings stand beside it
    assert hits(shape, (-18, -30, 12), (-18, 10, 12)) >= 2
