"""Cameras: what a view asks for is what a photo shows, and nobody stands inside a wall."""

import numpy as np
import pytest

from sightlab.data.drawn.landmarks.viewings import VIEWINGS, Viewing
from sightlab.data.drawn.light.render import Place
from sightlab.data.drawn.making.camera import (
    Subject,
    footing,
    lifted,
    propose,
    search,
    trial,
)
from sightlab.data.drawn.solids.scene import Camera, Light, Material, Scene, Shape
from sightlab.data.drawn.solids.shapes import box

STONE = Material((0.7, 0.6, 0.5))
SIZES = ((192, 256), (256, 192), (144, 256))


def ground(half: float = 4000.0) -> Shape:
    corners = [[x * half, y * half, 0] for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    return Shape.of(corners, [[0, 1, 2], [0, 2, 3]], STONE)


@pytest.fixture(scope="module")
def tower() -> Shape:
    return box(20, 10, 50, STONE)  # x, y, z


@pytest.fixture(scope="module")
def place(tower) -> Place:
    wall = box(400, 4, 12, STONE).moved(0, 60)  # behind the tower
    return Place(Scene({"tower": tower, "hut": box(8, 8, 5, STONE).moved(100)}, Shape.join([ground(), wall])))


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_subject_is_measured():
    subject = Subject.of(box(20, 10, 50, STONE).moved(5, -3))
    assert subject.center.tolist() == [5, -3]
    assert (subject.bottom, subject.top, subject.height) == (0, 50, 50)
    assert np.abs(subject.corners).max(axis=0).tolist() == [10, 5]


def test_azimuth_runs_clockwise_from_the_front():
    # the front looks to -y (south); clockwise from above: south, west, north
    subject = Subject.of(box(2, 2, 2, STONE))
    for azimuth, towards in ((0, (0, -1)), (90, (-1, 0)), (180, (0, 1)), (-90, (1, 0))):
        assert subject.towards(azimuth) == pytest.approx(towards, abs=1e-12)
    turned = Subject.of(box(2, 2, 2, STONE).turned(90), turn=90)  # its front looks to +x now
    assert turned.towards(0) == pytest.approx((1, 0), abs=1e-12)


def test_several_subjects_as_one():
    both = Subject.around([Subject.of(box(2, 2, 9, STONE)), Subject.of(box(2, 4, 5, STONE).moved(10))], 0.0)
    assert both.center.tolist() == [5, 0]
    assert (np.abs(both.corners).max(axis=0).tolist(), both.top) == ([6, 2], 9)


def test_fill_1_just_fits_by_hand():
    # a square photo of 90 degrees, a flat wall 20 m wide and 4 m high: it fits at 10 / tan(45) = 10 m from
    # its plane, and the eye stands 0.6 half depths further (half depth 0 here)
    wall = Subject(np.zeros(2), np.array([[-10.0, 0], [10, 0]]), 0.0, 4.0, 0.0)
    view = Viewing((0, 0), (1, 1), (90, 90), (1.7, 1.7), (0.5, 0.5), drift=0.0)
    camera = propose(wall, view, (200, 200), generator())
    assert camera.position == (0, -10, 1.7)
    assert camera.target == (0, 0, 2)
    assert camera.view_degrees == 90


@pytest.mark.parametrize("size", SIZES)
def test_a_landmark_fills_what_was_asked(place, tower, size):
    """Width or height of the tower in the photo, whichever is tighter, against the photo's."""
    view = Viewing((0, 0), (0.8, 0.8), (60, 60), (25, 25), (0.5, 0.5), drift=0.0)
    camera = propose(Subject.of(tower), view, size, generator())
    owner = place.glance(camera).owner
    rows, columns = np.nonzero(owner == 1)
    spans = (np.ptp(rows) + 1) / size[0], (np.ptp(columns) + 1) / size[1]
    assert max(spans) == pytest.approx(0.8, abs=0.05)  # the near face is larger than the middle


def test_the_same_randomness_gives_the_same_camera(tower):
    subject, view = Subject.of(tower), VIEWINGS["frontal"]
    assert propose(subject, view, (192, 256), generator(3)) == propose(
        subject, view, (192, 256), generator(3)
    )
    assert propose(subject, view, (192, 256), generator(3)) != propose(
        subject, view, (192, 256), generator(4)
    )


def test_a_camera_is_rounded_so_that_a_table_can_tell_it(tower):
    camera = propose(Subject.of(tower), VIEWINGS["far"], (192, 256), generator())
    assert all(v == round(v, 3) for v in (*camera.position, *camera.target, camera.view_degrees))


def test_what_one_stands_on(place):
    free, roof, edge = footing(place, -300, 40), footing(place, 0, 0), footing(place, 0, 6)
    assert (free.height, free.slope) == (pytest.approx(0, abs=0.05), pytest.approx(0, abs=0.05))
    assert (free.is_landmark, free.is_firm) == (False, True)
    assert (roof.height, roof.is_landmark, roof.is_firm) == (pytest.approx(50, abs=0.05), True, False)
    assert (edge.slope, edge.is_firm) == (pytest.approx(50, abs=0.05), False)  # the wall starts at y = 5
    assert np.isnan(footing(place, 1e6, 0).height)
    assert not footing(place, 1e6, 0).is_firm


def test_a_lifted_camera_keeps_everything_else():
    camera = Camera((1, 2, 1.7), (0, 0, 3), (192, 256), 50, 1)
    assert lifted(camera, 30) == Camera((1, 2, 31.7), (0, 0, 3), (192, 256), 50, 1)


def test_a_trial_measures_the_lens_and_the_sky(place):
    free = trial(place, Camera((0, -150, 1.7), (0, 0, 20), (192, 256), 50))
    assert free.is_free
    assert free.shares["tower"] > 0.03
    at_a_wall = trial(place, Camera((0, -7, 1.7), (0, 10, 1.7), (192, 256), 50))
    assert (at_a_wall.near, at_a_wall.is_free) == (1, False)
    up = trial(place, Camera((0, -150, 1.7), (0, -149, 900), (192, 256), 50))
    assert (up.sky, up.is_free) == (1, False)


@pytest.mark.parametrize("view", VIEWINGS)
def test_a_search_finds_what_is_wanted(place, tower, view):
    subject, viewing, random = Subject.of(tower), VIEWINGS[view], generator(1)

    def fault(seen):
        return max(0.0, 1 - seen.shares["tower"] / viewing.least)

    camera = search(place, lambda: propose(subject, viewing, (192, 256), random), fault)
    assert place.draw(camera, Light()).visible_share("tower") >= 0.8 * viewing.least  # a trial is coarse
    assert camera.position[2] == pytest.approx(1.9, abs=0.4)


def test_a_search_that_fails_gives_the_nearest_miss(place):
    spots = iter([(0.0, -4.0), (0.0, -300.0), (-300.0, -300.0)] * 30)

    def draw():
        x, y = next(spots)
        return Camera((x, y, 1.7), (x, y - 10, 1.7), (192, 256), 50)  # looks away from the tower

    camera = search(place, draw, lambda seen: 1 - seen.shares["tower"])
    assert camera.position[:2] in ((0.0, -300.0), (-300.0, -300.0))  # (0, -4) is on the roof
