import numpy as np
import pytest

from sightlab.data.drawn.landmarks.palaces import (
    GREEN,
    WHITE,
    capitol_block,
    great_dome,
    palace_face,
    petrow_winter_palace,
    portico,
    washbourne_capitol,
)
from tests.meshes import hits, reach, spots_above


def area_of(shape, material):
    p = shape.vertices[shape.faces[shape.face_material == shape.materials.index(material)]]
    return np.linalg.norm(np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]), axis=1).sum() / 2


def test_the_winter_palace_is_long_green_and_white():
    shape = petrow_winter_palace()
    low, high = reach(shape)
    assert 165 < high[0] - low[0] < 175
    assert high[1] - low[1] < 90
    assert area_of(shape, GREEN) > 5000
    assert area_of(shape, WHITE) > 5000


def test_the_winter_palace_has_a_gateway_in_front_and_a_portico_behind():
    shape = petrow_winter_palace()
    for x in (-9.6, 0, 9.6):  # the arches are deep, the piers between them are not
        assert hits(shape, (x, -60, 3), (x, -35.0, 3)) == 0
    assert hits(shape, (4.8, -60, 3), (4.8, -35.0, 3)) >= 1
    back = shape.vertices[(shape.vertices[:, 1] > 40) & (shape.vertices[:, 2] < 1.8)]
    assert len(back)  # the steps to the garden


def test_a_palace_face_repeats_its_bays():
    one, three = (palace_face(6.0 * n, n) for n in (1, 3))
    assert reach(three)[1][0] == pytest.approx(9.3, abs=0.7)
    per_bay = (len(three.faces) - len(one.faces)) / 2
    assert per_bay == int(per_bay) > 50


def test_the_capitol_has_one_dome_over_its_middle_and_two_equal_wings():
    shape = washbourne_capitol()
    assert 80 < shape.height < 90
    (spot,) = spots_above(shape, 45, apart=12)
    np.testing.assert_allclose(spot, [0, 0], atol=0.5)
    low, high = reach(shape)
    np.testing.assert_allclose(low[0], -high[0])
    upper = np.abs(shape.vertices[shape.vertices[:, 2] > 10][:, 0])
    assert upper.max() > 72  # the wings, not only their terrace
    assert low[1] < -40  # the stairs to the front


def test_the_dome_stands_on_rings_of_columns():
    shape = great_dome()
    gaps = [
        hits(shape, (15.6 * np.sin(a), -15.6 * np.cos(a), 12.5), (17.5 * np.sin(a), -17.5 * np.cos(a), 12.5))
        for a in np.deg2rad(np.arange(0, 90, 360 / 56))
    ]
    assert {g % 2 for g in gaps} <= {0, 1}
    assert any(gaps)
    assert not all(gaps)


def test_a_portico_stands_on_its_stair():
    low, high = reach(portico(30, 6, 15))
    assert low[2] == -3.5
    assert low[1] < -20
    assert high[2] == pytest.approx(15 + 1.2 + 0.17 * 30)


def test_a_block_looks_the_same_from_opposite_sides():
    points = capitol_block(30, 20, 15).vertices
    back = points * [-1, -1, 1]
    for corner in points[::97]:
        assert np.linalg.norm(back - corner, axis=1).min() < 1e-6
