import numpy as np

from sightlab.data.drawn.landmarks.rotunda import washbourne_capitol
from tests.meshes import hits, reach


def test_nothing_of_a_rotunda_stands_in_its_middle():
    shape = washbourne_capitol().shape
    assert hits(shape, (1, 2, 1.7), (1, 2, 44)) == 0
    for angle in np.deg2rad(range(0, 360, 30)):
        assert hits(shape, (0, 0, 8), (11 * np.cos(angle), 11 * np.sin(angle), 8)) == 0
        assert hits(shape, (0, 0, 8), (20 * np.cos(angle), 20 * np.sin(angle), 8)) >= 1
    low, high = reach(shape)
    assert 46 < high[2] < 52
    np.testing.assert_allclose(low[:2], -high[:2], atol=0.5)
