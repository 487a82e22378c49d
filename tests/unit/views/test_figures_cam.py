"""The sheet of class activation maps: one scale, centered at 0, photos in their own shape."""

import numpy as np
import pytest
from matplotlib import colormaps
from matplotlib.colors import Normalize

from sightlab.checks import InputError
from sightlab.views import figures
from sightlab.views.figures_cam import COLORMAP, overlay

COLORS = colormaps[COLORMAP]


@pytest.fixture
def photos(rng):
    return [rng.integers(0, 256, (h, w, 3), dtype=np.uint8) for h, w in ((60, 90), (90, 60), (50, 50))]


@pytest.fixture
def maps():
    values = np.zeros((3, 2, 3), np.float32)
    values[0], values[1], values[2, 0, 0] = 1.0, -4.0, 2.0
    return values


def drawn_images(figure):
    return [np.asarray(image.get_array()) for image in figure.axes[0].images]


def test_original_stands_beside_its_overlay(photos, maps, assert_legible, texts_of):
    captions = ["arch 0.71\ntruth dome", "b $x_{1}$", "a long caption " * 20]
    figure = figures.cam_sheet(photos, maps, captions, title="why arch")
    images = drawn_images(figure)
    assert len(images) == 6
    for i, photo in enumerate(photos):
        np.testing.assert_array_equal(images[2 * i], photo)
        assert images[2 * i + 1].shape == photo.shape
    extents = [image.get_extent() for image in figure.axes[0].images]
    assert extents[0][1] < extents[1][0]  # left of it
    assert extents[0][2:] == extents[1][2:]  # at the same height
    assert (extents[0][1] - extents[0][0]) / (extents[0][2] - extents[0][3]) == pytest.approx(90 / 60)
    assert "mean over the photo + bias = logit" in texts_of(figure)
    assert_legible(figure)


def test_one_scale_for_the_sheet_centered_at_zero(photos, maps):
    figure = figures.cam_sheet(photos, maps, ["", "", ""], opacity=1.0)
    images = drawn_images(figure)
    # the largest absolute value is 4: a map of 1 gets the color of (1 + 4) / 8, whatever its own maximum is
    np.testing.assert_array_equal(images[1][0, 0], np.round(255 * np.array(COLORS((1 + 4) / 8)[:3])))
    np.testing.assert_array_equal(images[3][0, 0], np.round(255 * np.array(COLORS(0.0)[:3])))
    red, _, blue = COLORS(0.9)[:3]
    assert red > blue  # red speaks for the class
    white = np.round(255 * np.array(COLORS(0.5)[:3]))
    np.testing.assert_array_equal(images[5][-1, -1], white)
    assert white.min() > 240
    assert figure.axes[1].get_xlim() == pytest.approx((-4, 4))  # the color bar


def test_a_given_limit_makes_sheets_comparable(photos, maps):
    first = figures.cam_sheet(photos[:1], maps[:1], [""], limit=10, opacity=1)
    both = figures.cam_sheet(photos, maps, [""] * 3, limit=10, opacity=1)
    np.testing.assert_array_equal(drawn_images(first)[1], drawn_images(both)[1])
    assert first.axes[1].get_xlim() == pytest.approx((-10, 10))


def test_overlay_mixes_grey_and_color():
    photo = np.full((4, 6, 3), 100, np.uint8)
    mixed = overlay(photo, np.zeros((2, 2)), Normalize(-1, 1), COLORS, 0.25)
    # grey 100, white of the map 247: 0.75 * 100 + 0.25 * 247 = 136.75
    assert set(np.unique(mixed)) == {137}
    assert (photo == 100).all()
    np.testing.assert_array_equal(overlay(photo, np.ones((2, 2)), Normalize(-1, 1), COLORS, 0.0), photo)


def test_the_map_keeps_its_place():
    values = np.zeros((2, 2), np.float32)
    values[0, 1] = 1  # upper right
    red = overlay(np.zeros((40, 60, 3), np.uint8), values, Normalize(-1, 1), COLORS, 1.0)
    strength = 255 - red[..., 2].astype(int)  # red takes the blue away
    assert strength[0, -1] == strength.max()
    assert max(strength[0, 0], strength[-1, 0], strength[-1, -1]) < 20


def test_empty_maps_and_one_photo_are_drawn(photos, assert_legible):
    figure = figures.cam_sheet(photos[:1], np.zeros((1, 7, 7)), ["nothing"], columns=4)
    assert_legible(figure)


def test_the_sheet_is_saved_the_same_twice(workspace, photos, maps):
    def saved():
        sheet = figures.cam_sheet(photos, maps, ["a", "b", "c"])
        return figures.save(sheet, "05_cam", workspace, record={"profile": "photos"}).read_bytes()

    assert saved() == saved()


@pytest.mark.parametrize("limit", [0, -1, float("nan"), float("inf")])
def test_refuses_a_limit_that_is_no_scale(photos, maps, limit):
    with pytest.raises(InputError, match="limit must be"):
        figures.cam_sheet(photos, maps, [""] * 3, limit=limit)


def test_refuses_what_does_not_fit(photos, maps):
    with pytest.raises(InputError, match="captions has 2"):
        figures.cam_sheet(photos, maps, ["a", "b"])
    with pytest.raises(InputError, match="1 to 120 photos"):
        figures.cam_sheet([], maps[:0], [])
    with pytest.raises(InputError, match="columns"):
        figures.cam_sheet(photos, maps, [""] * 3, columns=5)
    with pytest.raises(InputError, match="opacity"):
        figures.cam_sheet(photos, maps, [""] * 3, opacity=2)
    with pytest.raises(InputError, match="photo 1 has shape"):
        figures.cam_sheet([photos[0], photos[1] / 255, photos[2]], maps, [""] * 3)
    broken = maps.copy()
    broken[1, 0, 0] = np.nan
    with pytest.raises(InputError, match="with 1 others"):
        figures.cam_sheet(photos, broken, [""] * 3)
