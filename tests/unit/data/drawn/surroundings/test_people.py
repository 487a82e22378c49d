import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.data.drawn.light.render import Place
from sightlab.data.drawn.solids.scene import Camera, Light, Material, Scene
from sightlab.data.drawn.solids.terrain import flat, rings
from sightlab.data.drawn.surroundings.people import (
    OCCLUDERS,
    car,
    cars,
    occluder,
    people,
    people_before,
    person,
)

CAMERA = Camera((3, -40, 1.7), (0, 0, 6), (48, 64), 60)


@pytest.mark.parametrize("seed", range(6))
def test_a_person_is_as_tall_as_people_are(seed):
    shape = person(seed, walks=seed % 2 == 1)
    assert 1.5 < shape.height < 1.95
    assert abs(shape.vertices[:, 2].min()) < 0.02
    assert shape.radius < 0.75
    assert len(shape.faces) < 450


def test_people_stand_around_a_point_on_its_ground():
    crowd = people(3, 40, around=(100, 50, 7), spread=5)
    assert abs(crowd.vertices[:, 2].min() - 7) < 0.02
    middle = crowd.vertices[:, :2].mean(axis=0)
    # 40 draws of deviation 5: the mean lies within 4 * 5 / sqrt(40) = 3.2 m
    np.testing.assert_allclose(middle, [100, 50], atol=3.2)


def test_nobody_is_an_empty_shape():
    assert len(people(0, 0).faces) == 0
    assert len(people_before(CAMERA, 0, 0).faces) == 0
    assert len(cars(0, 0, (0, 0), (1, 1)).faces) == 0


def test_people_before_a_camera_are_in_its_photo():
    place = Place(Scene({}, rings(flat, (0, 60, 3000), (Material(),))))
    empty = place.draw(CAMERA, Light()).depth
    for seed in range(4):
        drawing = place.draw(CAMERA, Light(), extra=people_before(CAMERA, seed, 6))
        assert (drawing.depth < empty - 0.5).mean() > 0.003
        assert drawing.depth.min() > 3


def test_cars_stand_along_their_street():
    jam = cars(5, 7, (0, 10), (100, 10), ground=2.0)
    assert jam.vertices[:, 2].min() > 1.95
    assert jam.height < 2 + 2.3
    x, y = jam.vertices[:, 0], jam.vertices[:, 1]
    assert -3 < x.min() < x.max() < 103
    np.testing.assert_allclose(
        [y.min(), y.max()], [9, 11], atol=0.35
    )  # they look along x: their width is in y
    assert car(0).height < car(5).height  # a van


@pytest.mark.parametrize("kind", OCCLUDERS)
def test_occluders_hide_a_part_of_the_photo(kind):
    place = Place(Scene({}, rings(flat, (0, 60, 3000), (Material(),))))
    for seed in range(2):
        for camera in (CAMERA, Camera((-8, 25, 40), (60, 40, 38), (64, 48), 45)):
            ground = camera.position[2] - 1.7
            extra = occluder(kind, camera, seed, ground)
            free = place.draw(camera, Light()).depth
            hidden = (place.draw(camera, Light(), extra=extra).depth < free - 0.2).mean()
            assert 0.004 < hidden < 0.5, (kind, seed, hidden)


def test_the_seed_decides_and_the_callers_random_state_stays():
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    for build in (lambda s: people_before(CAMERA, s, 5), lambda s: occluder("branch", CAMERA, s)):
        np.testing.assert_array_equal(build(1).vertices, build(1).vertices)
        assert not np.array_equal(build(1).vertices, build(2).vertices)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_what_cannot_be_is_refused():
    with pytest.raises(InputError, match=r"kind='cloud' is unknown.*branch"):
        occluder("cloud", CAMERA, 0)
    with pytest.raises(InputError, match="n=-1"):
        people(0, -1)
