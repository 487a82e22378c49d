import numpy as np

from sightlab.data.world_halls import istara_blue_mosque, washbourne_capitol
from sightlab.data.world_interior_parts import CLEAR, LAMP
from tests.meshes import hits, reach


def middles_of(shape, material):
    return shape.vertices[shape.faces[shape.face_material == shape.materials.index(material)]].mean(axis=1)


def test_lamps_hang_low_in_rings_below_the_great_dome():
    lamps = middles_of(istara_blue_mosque().shape, LAMP)
    assert (lamps[:, 2] > 4).all()
    assert (lamps[:, 2] < 5).all()
    radius = np.hypot(lamps[:, 0], lamps[:, 1])
    assert [((radius > r - 0.5) & (radius < r + 0.5)).any() for r in (2.6, 4.3, 6.0, 8.2, 10.5)] == [
        True,
        False,
        True,
        False,
        True,
    ]


def test_the_great_dome_is_open_from_below():
    shape = istara_blue_mosque().shape
    assert hits(shape, (0.7, 0.9, 1.7), (0.7, 0.9, 40.0)) == 0
    assert hits(shape, (0.7, 0.9, 1.7), (0.7, 0.9, 60.0)) >= 1
    windows = middles_of(shape, CLEAR)
    assert (windows[:, 2] > 33).sum() >= 28 * 2


def test_nothing_of_a_rotunda_stands_in_its_middle():
    shape = washbourne_capitol().shape
    assert hits(shape, (1, 2, 1.7), (1, 2, 44)) == 0
    for angle in np.deg2rad(range(0, 360, 30)):
        assert hits(shape, (0, 0, 8), (11 * np.cos(angle), 11 * np.sin(angle), 8)) == 0
        assert hits(shape, (0, 0, 8), (20 * np.cos(angle), 20 * np.sin(angle), 8)) >= 1
    low, high = reach(shape)
    assert 46 < high[2] < 52
    np.testing.assert_allclose(low[:2], -high[:2], atol=0.5)
