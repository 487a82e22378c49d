"""Sheets of several maps a photo: one scale, one unit, and refusals."""

import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.views import figures


@pytest.fixture
def photos(rng):
    return [rng.integers(0, 256, (h, w, 3), dtype=np.uint8) for h, w in ((40, 64), (64, 30))]


@pytest.fixture
def maps(rng):
    return {"true landmark": rng.normal(size=(2, 5, 5)), "difference": 4 * rng.normal(size=(2, 5, 5))}


def colors_of(figure):
    """(low, high) of the color bar."""
    (bar,) = [ax for ax in figure.axes if ax.get_xlabel()]
    return bar.get_xlim()


def test_a_row_for_each_photo_and_one_scale_for_all(photos, maps, assert_legible, texts_of):
    figure = figures.cam_grid(photos, maps, ["a", "b"], title="first by name")
    assert len(figure.axes[0].images) == 2 * 3  # the photo and two maps
    most = max(np.abs(values).max() for values in maps.values())
    assert colors_of(figure) == pytest.approx((-most, most))
    assert {"photo", "true landmark", "difference", "first by name"} <= set(texts_of(figure).splitlines())
    assert figure.get_size_inches()[0] == figures.WIDE
    assert_legible(figure)


def test_a_given_limit_holds(photos, maps):
    assert colors_of(figures.cam_grid(photos, maps, ["", ""], limit=2.5)) == pytest.approx((-2.5, 2.5))


def test_full_color_leaves_the_few_strongest_cells_out():
    # 1 to 100: 98 % of the way from 1 to 100 is 1 + 0.98 x 99
    values = np.arange(1, 101) * np.where(np.arange(100) % 2, 1, -1)
    assert figures.full_color([values[:50], values[50:]]) == pytest.approx(1 + 0.98 * 99)
    assert figures.full_color([np.zeros((2, 2))]) == 1.0


def test_masks_are_outlined(photos, maps):
    masks = [np.zeros(photo.shape[:2], bool) for photo in photos]
    masks[0][10:20, 10:30] = True
    plain = figures.cam_grid(photos, maps, ["", ""])
    outlined = figures.cam_grid(photos, maps, ["", ""], masks=masks)
    n_lines = len(outlined.axes[0].collections) - len(plain.axes[0].collections)
    assert n_lines == 2 * 3  # white below black on three pictures; the empty mask has no border


def test_cells_are_shown_as_they_are(photos):
    from matplotlib import colormaps
    from matplotlib.colors import Normalize

    from sightlab.views.figures_cam import overlay

    values = np.array([[-1.0, 1.0]])
    native = overlay(photos[0], values, Normalize(-1, 1), colormaps["RdBu_r"], 1.0, is_native=True)
    assert len(np.unique(native.reshape(-1, 3), axis=0)) == 2
    blended = overlay(photos[0], values, Normalize(-1, 1), colormaps["RdBu_r"], 1.0)
    assert len(np.unique(blended.reshape(-1, 3), axis=0)) > 10


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"captions": ["one"]}, "captions has 1"),
        ({"maps": {}}, "0 maps"),
        ({"maps": {"a": np.full((2, 3, 3), np.nan)}}, "'a' has shape .* 18 others"),
        ({"maps": {"a": np.zeros((1, 3, 3))}}, "maps a has 1"),
        ({"limit": 0.0}, "limit"),
        ({"opacity": 2.0}, "opacity"),
    ],
)
def test_refuses_what_it_cannot_draw(photos, maps, change, message):
    with pytest.raises(InputError, match=message):
        figures.cam_grid(**({"photos": photos, "maps": maps, "captions": ["", ""]} | change))
