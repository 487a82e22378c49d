import numpy as np
import pytest

from sightlab.data.drawn.distractors.relatives_halls import (
    dome_relative,
    gothic_relative,
    palace_relative,
    tower_relative,
)
from sightlab.data.drawn.landmarks.palaces import GREEN
from tests.meshes import reach, spots_above


@pytest.fixture(scope="module")
def churches():
    return [gothic_relative(np.random.default_rng(seed)) for seed in range(6)]


def test_a_family_of_churches_has_one_tower_or_two(churches):
    counts = [len(spots_above(church, 0.75 * church.height, apart=8)) for church in churches]
    assert 1 in counts
    assert max(counts) >= 2


def test_no_church_is_as_long_as_a_cathedral(churches):
    assert max(np.ptp(church.vertices[:, 1]) for church in churches) < 112  # Rhenne: 113 m


def test_palaces_wear_other_colors_than_the_winter_palace():
    for seed in range(6):
        shape = palace_relative(np.random.default_rng(seed))
        assert GREEN not in shape.materials
        low, high = reach(shape)
        assert high[0] - low[0] < 115


def test_towers_are_taller_than_wide():
    for seed in range(8):
        shape = tower_relative(np.random.default_rng(seed))
        low, high = reach(shape)
        assert shape.height > 1.2 * (high[0] - low[0]) > 0


def test_domes_rise_over_their_block():
    for seed in range(6):
        shape = dome_relative(np.random.default_rng(seed))
        top = shape.vertices[np.hypot(shape.vertices[:, 0], shape.vertices[:, 1]) < 2][:, 2].max()
        assert top > 16
