import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.data.drawn.distractors.distractors import EASY_KINDS, HARD_FAMILIES, distractor
from sightlab.data.drawn.landmarks.buildings import ordinary
from sightlab.data.drawn.light.render import Place
from sightlab.data.drawn.solids.scene import Camera, Light, Scene


def test_kinds_and_families():
    assert {"house", "street", "countryside", "interior", "portrait"} <= set(EASY_KINDS)
    assert set(HARD_FAMILIES) == {
        "gothic", "palace", "tower", "pyramid", "bridge", "monument", "temple", "dome",
    }  # fmt: skip


@pytest.mark.parametrize("kind", [*EASY_KINDS, *HARD_FAMILIES])
def test_a_distractor_belongs_to_nobody_and_repeats(kind):
    scene, camera = distractor(kind, 11)
    again, same = distractor(kind, 11)
    other, _ = distractor(kind, 12)
    assert scene.landmarks == {}
    assert len(scene.surroundings.faces) <= 60_000
    assert camera == same
    assert camera.size == (192, 256)
    np.testing.assert_array_equal(scene.surroundings.vertices, again.surroundings.vertices)
    assert not np.array_equal(scene.surroundings.vertices, other.surroundings.vertices)


@pytest.mark.parametrize("family", HARD_FAMILIES)
def test_the_relative_of_a_landmark_is_in_the_photo(family):
    scene, camera = distractor(family, 3)
    small = Camera(camera.position, camera.target, (24, 32), camera.view_degrees)
    alone = Place(Scene({}, ordinary(family, 3))).draw(small, Light()).depth
    drawn = Place(scene).draw(small, Light()).depth
    same = np.isclose(drawn, alone, atol=0.5, rtol=0)  # rays to the sky are inf in both
    assert (same & np.isfinite(alone)).mean() > (0.008 if family == "bridge" else 0.03)
    assert drawn.min() > 1


def test_what_cannot_be_is_refused():
    with pytest.raises(InputError, match=r"kind='ship' is unknown.*house.*gothic"):
        distractor("ship", 0)
    with pytest.raises(InputError, match="seed=-1"):
        distractor("house", -1)
