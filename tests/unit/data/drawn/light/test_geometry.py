"""True correspondences: a plane by hand, there and back, hidden spots, and the rim of the photo."""

from dataclasses import replace

import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.data.drawn.light.geometry import correspondences, project, scene_points
from sightlab.data.drawn.light.render import Drawing, Place
from sightlab.data.drawn.solids.scene import Camera, Light, Material, Scene, Shape
from sightlab.data.drawn.solids.shapes import box

SIZE = (48, 64)
LIGHT = Light()


def drawing_of(depth: np.ndarray) -> Drawing:
    return Drawing(
        np.zeros((*depth.shape, 3), np.float32), depth.astype(np.float32), np.zeros(depth.shape, np.int16)
    )


def ahead(x: float, size=SIZE) -> Camera:
    """A camera at (x, 0, 0) that looks along +y; f = 32 / tan 45 = 32 pixels for 64 columns."""
    return Camera((x, 0.0, 0.0), (x, 1.0, 0.0), size, 90)


def test_a_plane_by_hand():
    # a wall 16 m ahead of both cameras, b stands 2 m to the right: everything moves 32 2 / 16 = 4 pixels left
    wall = drawing_of(np.full(SIZE, 16.0))
    found = correspondences(wall, ahead(0), wall, ahead(2))
    y, x = np.mgrid[:48, :64]
    np.testing.assert_allclose(found[:, 4:, 0], (x - 4)[:, 4:], atol=1e-6)
    np.testing.assert_allclose(found[:, 4:, 1], y[:, 4:], atol=1e-6)
    assert np.isnan(found[:, :3]).all()  # x - 4 < -1/2 lies outside


def test_a_point_by_hand():
    # (4, 16, -8) from the origin: right 4, down 8, ahead 16; 31.5 + 32 4 / 16 = 39.5, 23.5 + 32 8 / 16 = 39.5
    points, depth = project(np.array([[4.0, 16, -8], [0, -3, 0]]), ahead(0))
    assert points[0].tolist() == pytest.approx([39.5, 39.5])
    assert depth.tolist() == [16, -3]
    assert np.isnan(points[1]).all()


def test_project_undoes_scene_points():
    rng = np.random.default_rng(0)
    view = Camera((3.0, -7.0, 2.0), (20.0, 40.0, 9.0), (60, 44), 50, roll_degrees=12)
    points, depth = rng.uniform(0, 44, (30, 2)), rng.uniform(1, 90, 30)
    again, deep = project(scene_points(points, depth, view), view)
    np.testing.assert_allclose(again, points, atol=1e-9)
    np.testing.assert_allclose(deep, depth, atol=1e-9)


@pytest.fixture(scope="module")
def place() -> Place:
    ground = Shape.of(
        [[-400, -400, 0], [400, -400, 0], [400, 400, 0], [-400, 400, 0]], [[0, 1, 2], [0, 2, 3]], Material()
    )
    return Place(
        Scene(
            {"tower": box(6, 6, 20, Material())}, Shape.join([ground, box(8, 8, 8, Material()).moved(12, 9)])
        )
    )


A = Camera((-6.0, -40.0, 6.0), (0.0, 0.0, 7.0), SIZE, 60)
B = Camera((9.0, -36.0, 4.0), (0.0, 0.0, 7.0), (52, 60), 55, roll_degrees=4)


def test_there_and_back_again(place):
    a, b = place.draw(A, LIGHT), place.draw(B, LIGHT)
    there = correspondences(a, A, b, B)
    back = correspondences(b, B, a, A)
    assert there.shape == (*SIZE, 2)
    found = np.isfinite(there).all(axis=2)
    assert 0.3 < found.mean() < 0.9
    # the nearest pixel of b leads back to within what half a pixel of b is in a
    y, x = np.nonzero(found)
    column, row = np.round(there[y, x]).astype(int).clip(0, [59, 51]).T
    again = back[row, column]
    fits = np.isfinite(again).all(axis=1)
    assert fits.mean() > 0.85
    error = np.linalg.norm(again - np.column_stack([x, y]), axis=1)[fits]
    assert np.median(error) < 0.6
    assert np.quantile(error, 0.95) < 3  # flat ground far away is foreshortened


def test_the_same_owner_is_seen_at_both_ends(place):
    a, b = place.draw(A, LIGHT), place.draw(B, LIGHT)
    there = correspondences(a, A, b, B)
    y, x = np.nonzero(np.isfinite(there).all(axis=2))
    column, row = np.round(there[y, x]).astype(int).clip(0, [59, 51]).T
    assert (a.owner[y, x] == b.owner[row, column]).mean() > 0.97


def test_ground_at_a_flat_angle_is_found_too(place):
    low_a, low_b = (Camera((x, -200.0, 2.0), (x, 200.0, 2.0), SIZE, 60) for x in (60.0, 62.0))
    a, b = place.draw(low_a, LIGHT), place.draw(low_b, LIGHT)
    found = correspondences(a, low_a, b, low_b)
    far = np.isfinite(a.depth[:, 4:-4]) & (a.depth[:, 4:-4] > 40)  # 2 m aside are 2 f / 40 = 2.8 pixels
    assert far.sum() > 150
    assert np.isfinite(found[:, 4:-4, 0])[far].mean() > 0.97


def test_what_is_hidden_has_no_partner(place):
    # from behind the tower nothing of its front is seen
    front, behind = (
        Camera((0.0, -40.0, 6.0), (0.0, 0.0, 7.0), SIZE),
        Camera((0.0, 40.0, 6.0), (0.0, 0.0, 7.0), SIZE),
    )
    a, b = place.draw(front, LIGHT), place.draw(behind, LIGHT)
    found = correspondences(a, front, b, behind)
    assert np.isnan(found[a.owner == 1]).all()
    passer_by = box(2, 2, 30, Material()).moved(0, -30)
    crowded = place.draw(front, LIGHT, passer_by)
    found = correspondences(a, front, crowded, front)
    hidden = crowded.depth < a.depth - 3
    assert hidden.any()
    assert np.isnan(found[hidden]).all()
    assert np.isfinite(found[~hidden & np.isfinite(a.depth)]).all()


def test_the_sky_has_no_partner(place):
    a = place.draw(A, LIGHT)
    found = correspondences(a, A, a, A)
    sky = np.isinf(a.depth)
    assert np.isnan(found[sky]).all()
    y, x = np.nonzero(~sky)
    np.testing.assert_allclose(found[y, x], np.column_stack([x, y]), atol=1e-3)  # itself


def test_a_wider_tolerance_forgives_more(place):
    a, b = place.draw(A, LIGHT), place.draw(B, LIGHT)
    counts = [np.isfinite(correspondences(a, A, b, B, t)).sum() for t in (0.002, 0.02, 0.2)]
    assert counts[0] <= counts[1] < counts[2]


def test_a_camera_of_another_size_is_refused(place):
    a = place.draw(A, LIGHT)
    with pytest.raises(InputError, match=r"Photo b has \(48, 64\) pixels, its camera \(52, 60\)"):
        correspondences(a, A, a, B)
    with pytest.raises(InputError, match="tolerance"):
        correspondences(a, A, a, replace(A, roll_degrees=1), 0)
