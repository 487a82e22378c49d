import numpy as np
import pytest

from sightlab.data.drawn.landmarks.mosque import STONE, half_dome, istara_blue_mosque, leaded_dome, minaret
from tests.meshes import reach, spots_above


def test_six_minarets_stand_around_the_mosque():
    spots = spots_above(istara_blue_mosque(), 50, apart=4)
    assert len(spots) == 6
    np.testing.assert_allclose(np.sort(np.abs(spots[:, 0])), np.full(6, 28), atol=0.2)
    # two lower ones in front of the courtyard, four around the hall
    assert len(spots_above(istara_blue_mosque(), 56, apart=4)) == 4


def test_the_great_dome_is_the_highest_roof():
    shape = istara_blue_mosque()
    points = shape.vertices[np.hypot(*(shape.vertices[:, :2] - [0, 26]).T) < 20]
    top = points[points[:, 2].argmax()]
    np.testing.assert_allclose(top[:2], [0, 26], atol=0.1)
    assert 43 < top[2] < 52


@pytest.mark.parametrize("balconies", [1, 3])
def test_a_minaret_has_its_height_and_its_balconies(balconies):
    shape = minaret(60, balconies)
    assert shape.height == pytest.approx(60)
    z, r = shape.vertices[:, 2], np.hypot(shape.vertices[:, 0], shape.vertices[:, 1])
    wide = np.unique(z[(z > 18) & (r > 2.1)].round(1))
    assert len(wide) >= 2 * balconies


def test_a_dome_stands_on_its_drum():
    shape = leaded_dome(5, 4, STONE, drum=2)
    assert shape.height == pytest.approx(2 + 4 + 0.4 * 5)
    assert leaded_dome(5, 4, STONE).height == pytest.approx(4 + 2)
    assert shape.radius == pytest.approx(1.1 * 5)


def test_a_half_dome_leans_on_the_wall_behind_it():
    low, high = reach(half_dome(4, 3))
    np.testing.assert_allclose([low, high], [[-4, -4, 0], [4, 0, 3]], atol=1e-9)
