"""The cut slider: the stored row, the picture, and nothing left behind."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from sightlab.checks import InputError
from sightlab.views.explorer_cut import cut_slider
from sightlab.views.explorer_shell import ROOT_CLASS
from tests.unit.views.test_figures_centroids import study  # noqa: F401 - a fixture


@pytest.fixture
def slider(study):  # noqa: F811
    widget = cut_slider(study, 0.73)
    yield widget
    widget.close()


def pixels(widget):
    with Image.open(BytesIO(widget.picture.value)) as png:
        return np.asarray(png.convert("RGB")).astype(int)


def test_it_starts_at_the_cut_in_use_and_shows_the_stored_row(slider, study):  # noqa: F811
    # cuts every 0.1 from 0.3: 0.7 is nearest to 0.73
    assert slider.numbers["max_diameter"] == pytest.approx(0.7)
    assert slider.numbers["n_centroids"] == 52
    assert "<b>52</b> centroids" in slider.counts.value
    slider.slider.value = 12
    assert slider.numbers == {name: float(study[name].iloc[12]) for name in slider.numbers}
    assert "sensitivity at FPR 1 % <b>90.0 %</b>" in slider.counts.value


def test_the_lines_move_and_leave_no_trace(slider):
    first = pixels(slider)
    slider.slider.value = 0
    moved = pixels(slider)
    assert 0 < (np.abs(first - moved).sum(axis=2) > 0).mean() < 0.05
    slider.slider.value = 4
    np.testing.assert_array_equal(pixels(slider), first)


def test_nothing_is_left_behind(study):  # noqa: F811
    from ipywidgets.widgets.widget import _instances  # every widget that is open, layouts and styles too

    before = set(_instances)
    for _ in range(3):
        widget = cut_slider(study, 0.73)
        assert len(set(_instances) - before) >= 8
        assert ROOT_CLASS in widget._dom_classes
        widget.close()
        widget.close()
    assert set(_instances) == before


def test_refuses_what_is_no_study(study):  # noqa: F811
    with pytest.raises(InputError, match="n_fallback"):
        cut_slider(study.drop(columns="n_fallback"), 0.7)
    for wrong in (study[:0], study[::-1]):
        with pytest.raises(InputError, match="each larger than the one before"):
            cut_slider(wrong, 0.7)
