import numpy as np

from sightlab.data.drawn.distractors.relatives_stones import (
    bridge_relative,
    monument_relative,
    pyramid_relative,
    temple_relative,
)
from sightlab.data.drawn.landmarks.bridges import CRIMSON, SANDSTONE
from tests.meshes import reach


def drawn(relative, n=8):
    return [relative(np.random.default_rng(seed)) for seed in range(n)]


def test_bridges_wear_other_colors_than_the_landmarks():
    for bridge in drawn(bridge_relative):
        assert CRIMSON not in bridge.materials
        assert SANDSTONE not in bridge.materials
        low, high = reach(bridge)
        assert high[0] - low[0] > 4 * (high[1] - low[1])


def test_pyramids_are_smaller_than_the_great_one():
    for pyramid in drawn(pyramid_relative):
        low, high = reach(pyramid)
        assert high[0] - low[0] < 121
        assert low[2] == 0


def test_monuments_stay_slender():
    for monument in drawn(monument_relative):
        assert 8 < monument.height < 60
        assert monument.radius < 25


def test_temples_have_another_number_of_storeys_than_five():
    heights = [temple.height for temple in drawn(temple_relative, 20)]
    five = 50.2  # the pagoda of Kyonara
    assert min(abs(h - five) for h in heights) > 2
    assert max(heights) > 55
    assert min(heights) < 12
