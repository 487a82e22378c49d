import numpy as np
import pytest

from sightlab.data.drawn.landmarks.monuments import harbor_lady, miyara_gate, palmar_sun_gate
from tests.meshes import hits, reach, spots_above


def test_the_lady_raises_her_right_hand():
    shape = harbor_lady()
    assert 92 < shape.height < 95
    (torch,) = spots_above(shape, 86, apart=3)
    assert torch[0] < -4  # her right is to the left of somebody in front
    assert hits(shape, (-5.25, -5, 82), (-5.25, 5, 82)) >= 2  # the forearm below the torch


def test_the_fort_is_a_star_of_eleven_points():
    shape = harbor_lady()
    low = shape.vertices[shape.vertices[:, 2] < 0.01]
    radius = np.hypot(low[:, 0], low[:, 1])
    assert (radius > 47).sum() == 11


def test_three_openings_lead_through_the_sun_gate():
    shape = palmar_sun_gate()
    for x in (-6.9, 0, 6.9):
        assert hits(shape, (x, -50, 2), (x, -30, 2)) == 0
    for x in (-4.35, 4.35):
        assert hits(shape, (x, -50, 2), (x, -30, 2)) >= 2
    assert hits(shape, (0, -50, 12), (0, -30, 12)) >= 2


def test_the_sun_gate_is_a_ruin_with_its_right_part_fallen():
    shape = palmar_sun_gate()
    front = shape.vertices[shape.vertices[:, 1] < -30]
    left, right = front[front[:, 0] < -8.4], front[(front[:, 0] > 8.4) & (front[:, 2] > 2)]
    assert left[:, 2].max() > right[:, 2].max() + 1


def test_the_gate_in_the_water_can_be_sailed_through():
    shape = miyara_gate()
    low, high = reach(shape)
    assert low[2] < 0 < 16 < high[2] < 17.5
    assert hits(shape, (0, -20, 4), (0, 20, 4)) == 0
    ends = shape.vertices[np.abs(shape.vertices[:, 0]) > 11.45]
    middle = shape.vertices[np.abs(shape.vertices[:, 0]) < 0.5]
    assert ends[:, 2].max() - middle[:, 2].max() == pytest.approx(1.5)  # the upper beam turns up
