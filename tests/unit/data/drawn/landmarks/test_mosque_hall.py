import numpy as np

from sightlab.data.drawn.landmarks.interior_parts import CLEAR, LAMP
from sightlab.data.drawn.landmarks.mosque_hall import istara_blue_mosque
from tests.meshes import hits


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
