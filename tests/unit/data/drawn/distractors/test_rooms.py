import numpy as np
import pytest

from sightlab.data.drawn.distractors.rooms import laid_table, room
from sightlab.data.drawn.light.render import Place
from sightlab.data.drawn.solids.scene import Camera, Light, Scene


@pytest.mark.parametrize("seed", range(4))
def test_a_camera_stands_in_a_closed_room(seed):
    shape, camera = room(seed)
    place = Place(Scene({}, shape))
    x, y, z = camera.position
    for ahead in ((1, 0.01), (-1, 0.01), (0.01, 1), (0.01, -1)):
        drawing = place.draw(Camera((0.0, 0.0, 2.0), (ahead[0], ahead[1], 2.0), (6, 6), 80), Light())
        assert np.isfinite(drawing.depth).all()  # no sky: walls, floor, ceiling
    assert shape.height < 3.4
    assert abs(x) < 3.3
    assert abs(y) < 3.3
    assert 1.2 < z < 1.7
    np.testing.assert_array_equal(shape.vertices, room(seed)[0].vertices)


def test_food_stands_on_the_table():
    for seed in range(2):
        shape, camera = laid_table(seed)
        small = Camera(camera.position, camera.target, (24, 32), camera.view_degrees)
        drawing = Place(Scene({}, shape)).draw(small, Light())
        eye = np.array(camera.position)
        assert eye[2] > 1.1
        near = drawing.depth[12:, :]
        assert (near < 2).mean() > 0.7  # the table top and what is on it
        x, y, z = shape.vertices.T
        on_top = (np.abs(x) < 0.75) & (np.abs(y) < 0.45) & (z > 0.76) & (z < 1.15)
        assert on_top.sum() > 200  # seven dishes of 40 corners and more
