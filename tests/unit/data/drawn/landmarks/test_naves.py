import numpy as np
import pytest

from sightlab.data.drawn.landmarks.gothic_style import GothicStyle
from sightlab.data.drawn.landmarks.interior_parts import STAINED
from sightlab.data.drawn.landmarks.naves import amery_cathedral, gothic_nave, lutrec_cathedral
from tests.meshes import hits, reach


@pytest.fixture(scope="module")
def nave():
    return gothic_nave(GothicStyle(bays=3, eaves=30))


def test_a_nave_is_as_high_and_as_long_as_its_style_says(nave):
    low, high = reach(nave.shape)
    assert 30 < high[2] < 33
    longer = gothic_nave(GothicStyle(bays=4, eaves=30))
    assert reach(longer.shape)[1][1] - high[1] == pytest.approx(7)
    assert low[2] == pytest.approx(-0.4)


def test_somebody_at_the_door_sees_the_altar_and_no_wall_before_it(nave):
    position, _ = nave.viewpoints[0]
    assert hits(nave.shape, position, (position[0], 42.0, 2.0)) == 0  # six bays of 7 m, then the altar


def test_the_apse_glows_behind_the_altar(nave):
    glass = [nave.shape.materials.index(material) for material in STAINED]
    middles = nave.shape.vertices[nave.shape.faces[np.isin(nave.shape.face_material, glass)]].mean(axis=1)
    assert (middles[:, 1] > 42).sum() > 50  # six bays long
    assert (middles[:, 1] < 1).sum() > 20  # the rose over the door


def test_the_two_naves_differ():
    amery, lutrec = amery_cathedral(), lutrec_cathedral()
    assert amery.shape.height > lutrec.shape.height + 4
    assert set(amery.shape.materials) != set(lutrec.shape.materials)
