import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.data.drawn.distractors.scenes import SCENES, scene_view
from sightlab.data.drawn.light.render import Place
from sightlab.data.drawn.solids.scene import Light


def test_the_eight_classes():
    assert set(SCENES) == {"beach", "desert", "forest", "interior", "lake", "mountain", "skyline", "street"}


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_is_seen_by_its_camera(name):
    for seed in range(2):
        scene, camera = scene_view(name, seed)
        assert scene.landmarks == {}
        assert len(scene.surroundings.faces) <= 60_000
        assert np.isfinite(scene.surroundings.vertices).all()
        small = type(camera)(camera.position, camera.target, (18, 24), camera.view_degrees)
        drawing = Place(scene).draw(small, Light())
        assert drawing.depth.min() > 0.3  # nothing sits on the lens
        assert (drawing.owner == 0).mean() > 0.25  # not only sky
        if name == "interior":
            assert (drawing.owner == 0).mean() > 0.97
            assert drawing.depth[drawing.owner == 0].max() < 12


@pytest.mark.parametrize("name", SCENES)
def test_seeds_vary_a_scene_and_repeat_it(name):
    (one, camera), (same, again), (other, _) = (scene_view(name, seed) for seed in (7, 7, 8))
    np.testing.assert_array_equal(one.surroundings.vertices, same.surroundings.vertices)
    assert camera == again
    assert one.surroundings.vertices.shape != other.surroundings.vertices.shape or not np.allclose(
        one.surroundings.vertices, other.surroundings.vertices
    )


def test_the_callers_random_state_stays():
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    scene_view("lake", 3)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_what_cannot_be_is_refused():
    with pytest.raises(InputError, match=r"name='cave' is unknown.*beach"):
        scene_view("cave", 0)
    with pytest.raises(InputError, match="seed=-1"):
        scene_view("beach", -1)
