import numpy as np
import pytest

from sightlab.data.drawn.landmarks.gothic_front import west_front
from sightlab.data.drawn.landmarks.gothic_style import DARK, DOOR, TOWER_X, GothicStyle
from tests.meshes import reach


def of(shape, material):
    return shape.vertices[np.unique(shape.faces[shape.face_material == shape.materials.index(material)])]


def test_three_doorways_open_to_the_front():
    doors = of(west_front(GothicStyle()), DOOR)
    left, middle, right = (doors[np.abs(doors[:, 0] - x) < 5] for x in (-TOWER_X, 0, TOWER_X))
    for door in (left, middle, right):
        assert len(door)
        assert door[:, 1].min() > 0  # deep behind the buttresses
        assert door[:, 2].min() == 0
    assert middle[:, 2].max() > left[:, 2].max() == pytest.approx(right[:, 2].max())


@pytest.mark.parametrize("kings_above_rose", [False, True])
def test_the_gallery_runs_above_or_below_the_rose(kings_above_rose):
    style = GothicStyle(kings_above_rose=kings_above_rose, portal_gable=0)
    glass = of(west_front(style), style.glass)
    # 17 m of portals, 4.8 m of statues, 16.8 m around the rose, whose middle lies 1.25 radii below its top
    middle = 17 + 16.8 - 1.25 * 6 + (0 if kings_above_rose else 4.8)
    assert glass[:, 2].mean() == pytest.approx(middle, abs=0.1)


def test_both_towers_have_openings_of_darkness():
    dark = of(west_front(GothicStyle()), DARK)
    assert (dark[dark[:, 2] > 45][:, 0] > 0).any()
    assert (dark[dark[:, 2] > 45][:, 0] < 0).any()


def test_gables_over_the_portals_can_be_left_out():
    low, high = (west_front(GothicStyle(portal_gable=g)) for g in (0, 8))
    assert len(low.faces) < len(high.faces)
    np.testing.assert_allclose(reach(low)[1], reach(high)[1])
