"""Verification on drawn photos with known correspondences: precision, recall, and changes of pose."""

import numpy as np
import pytest

from sightlab.data.drawn.light.geometry import correspondences
from sightlab.data.drawn.light.photo import DevelopConfig, develop
from sightlab.data.drawn.light.render import Drawing
from sightlab.data.drawn.solids.scene import Camera
from sightlab.delf.known import is_true_match, known_geometry
from sightlab.delf.sift import sift_features
from sightlab.delf.verification import Verification, VerificationConfig, verify
from tests.unit.delf.conftest import drawn_features

SIZE = (180, 240)
CONFIG = VerificationConfig(model="homography", max_error=0.01, max_distance=1.0)


def test_true_matches_by_hand(photo):
    # every pixel of a lies 10 pixels further right in b; the third is hidden there
    y, x = np.mgrid[: photo.size[0], : photo.size[1]].astype(float)
    there = np.stack([x + 10, y], axis=-1)
    moved = drawn_features(0)
    points = np.rint(photo.points)
    moved.points[:] = points + [10, 0]
    photo.points[:] = points
    moved.points[1] += [0, 7]  # wrong
    row, column = int(points[2, 1]), int(points[2, 0])
    there[row, column] = np.nan
    matches = np.array([[0, 0], [1, 1], [2, 2], [3, 3]])
    assert is_true_match(matches, photo, moved, there, 5).tolist() == [True, False, False, True]
    inliers = np.array([True, True, False, False])
    found = known_geometry(Verification(matches, inliers, np.eye(3)), photo, moved, there, 5)
    # one of two inliers is true; one of two true matches is an inlier
    assert (found.precision, found.recall) == (0.5, 0.5)
    assert (found.n_inliers, found.n_true, found.n_matches) == (2, 2, 4)


def test_nothing_to_count_is_no_share(photo):
    nothing = Verification(np.empty((0, 2), int), np.empty(0, bool), None)
    found = known_geometry(nothing, photo, photo, np.zeros((*photo.size, 2)), 5)
    assert np.isnan(found.precision)
    assert np.isnan(found.recall)


@pytest.fixture(scope="module")
def wall():
    """A wall with a drawn pattern, 40 m ahead of where the cameras stand, and the pattern's own pixels."""
    import cv2

    noise = np.random.default_rng(1).uniform(0, 1, (40, 60)).astype(np.float32)
    return cv2.resize(noise, (1200, 800), interpolation=cv2.INTER_CUBIC).clip(0, 1)


def taken(wall, degrees: float):
    """The wall y = 0, 60 m x 40 m, from 40 m away, the camera turned round its middle by an angle."""
    import cv2

    angle = np.radians(degrees)
    place = (40 * np.sin(angle), -40 * np.cos(angle), 0.0)
    camera = Camera(place, (0.0, 0.0, 0.0), SIZE, 60)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    flat = np.column_stack([x.ravel() - (SIZE[1] - 1) / 2, y.ravel() - (SIZE[0] - 1) / 2]) / camera.focal
    rays = np.column_stack([flat, np.ones(len(flat))]) @ camera.axes()
    depth = -place[1] / rays[:, 1]
    spots = np.asarray(place) + rays * depth[:, None]
    u, v = (spots[:, 0] + 30) * 20, (20 - spots[:, 2]) * 20  # 20 pixels of the pattern a meter
    seen = cv2.remap(
        wall, u.astype(np.float32).reshape(SIZE), v.astype(np.float32).reshape(SIZE), cv2.INTER_AREA
    )
    linear = np.repeat(seen[..., None], 3, axis=2)
    photo = develop(linear, DevelopConfig(), 0)
    return photo, Drawing(linear, depth.reshape(SIZE).astype(np.float32), np.zeros(SIZE, np.int16)), camera


def test_inliers_are_true_and_get_fewer_as_the_pose_changes(wall):
    photo, drawing, camera = taken(wall, 0)
    first, counts = sift_features(photo, 400), []
    for degrees in (5, 25, 50, 70):
        other, other_drawing, other_camera = taken(wall, degrees)
        second = sift_features(other, 400)
        there = correspondences(drawing, camera, other_drawing, other_camera)
        found = known_geometry(verify(first, second, CONFIG), first, second, there, 4)
        counts.append(found.n_inliers)
        if degrees <= 25:
            assert found.precision > 0.9
            assert found.recall > 0.9
    assert counts[0] > 60
    assert counts[0] > counts[1] > counts[2] > counts[3]
