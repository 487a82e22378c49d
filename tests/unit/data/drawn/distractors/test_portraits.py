import numpy as np
import pytest

from sightlab.data.drawn.distractors.portraits import pet, portrait
from sightlab.data.drawn.light.render import Place
from sightlab.data.drawn.solids.scene import Camera, Light, Scene


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("build", "least"), [(portrait, 0.12), (pet, 0.05)])
def test_somebody_is_close_to_the_camera(build, least, seed):
    shape, camera = build(np.random.default_rng(seed))
    small = Camera(camera.position, camera.target, (24, 32), camera.view_degrees)
    depth = Place(Scene({}, shape)).draw(small, Light()).depth
    distance = np.linalg.norm(np.subtract(camera.target, camera.position))
    assert distance < 2.4
    assert ((depth > 0.4 * distance) & (depth < distance + 0.35)).mean() > least
    assert len(shape.faces) < 20_000


def test_the_seed_decides():
    one, camera = portrait(np.random.default_rng(5))
    same, again = portrait(np.random.default_rng(5))
    np.testing.assert_array_equal(one.vertices, same.vertices)
    assert camera == again
