import numpy as np
import pytest

from sightlab.data.drawn.light.render import Place, camera_rays
from sightlab.data.drawn.solids.scene import Camera, Light, Scene
from sightlab.data.drawn.surroundings.streets import house, one_house, street


@pytest.mark.parametrize("seed", range(3))
def test_a_street_has_fronts_on_both_sides_and_is_free_between(seed):
    shape, camera = street(np.random.default_rng(seed))
    place = Place(Scene({}, shape))
    y = camera.position[1]
    for side in (-1, 1):
        drawing = place.draw(Camera((0, y, 9.0), (side * 30, y + 20, 9.0), (6, 8), 20), Light())
        assert np.median(drawing.depth) < 40
    along = place.draw(Camera((0, y, 8.0), (0, 80, 8.0), (3, 3), 4), Light())
    assert along.depth.min() > 60


@pytest.mark.parametrize("seed", range(5))
def test_a_house_fills_a_good_part_of_the_photo(seed):
    shape, camera = house(np.random.default_rng(seed))
    small = Camera(camera.position, camera.target, (18, 24), camera.view_degrees)
    drawing = Place(Scene({}, shape)).draw(small, Light())
    seen = np.array(camera.position) + camera_rays(small) * drawing.depth[..., None]
    is_house = (np.hypot(seen[..., 0], seen[..., 1]) < 17) & (seen[..., 2] > 0.3)
    assert is_house.mean() > 0.08
    assert drawing.depth.min() > 0.8


def test_one_house_stands_at_the_origin():
    shape = one_house(8.0, 10.0, 6.0, 4.0, seed=2).built()
    assert 10 <= shape.height < 11
    np.testing.assert_allclose(shape.vertices.max(axis=0)[:2], [4.35, 5.35])  # its roof hangs over by 0.35 m
    np.testing.assert_allclose(shape.vertices.min(axis=0)[:2], [-4.35, -5.35])
