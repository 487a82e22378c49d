"""The threshold slider: counts against the protocol, picture against the curve, nothing left behind."""

from io import BytesIO

import ipywidgets
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sightlab.checks import InputError
from sightlab.evaluation.intervals import wilson
from sightlab.evaluation.metrics import OUTCOMES, at_threshold, outcomes
from sightlab.recognition.calibration import Thresholds
from sightlab.views.explorer import Scores, threshold_slider
from sightlab.views.explorer_shell import ROOT_CLASS


@pytest.fixture
def table():
    rows = [
        ("arch", "arch", 0.9),
        ("arch", "arch", 0.6),
        ("arch", "dome", 0.7),
        ("dome", "dome", 0.3),
        ("dome", "", -np.inf),  # unreadable
        ("non_landmark", "arch", 0.65),
        ("non_landmark", "dome", 0.3),
        ("non_landmark", "dome", 0.1),
        ("non_landmark", "", -np.inf),  # unreadable
    ]
    return pd.DataFrame(rows, columns=["landmark_id", "best_landmark_id", "similarity"])


@pytest.fixture
def many(rng):
    """675 landmark photos and 1,256 distractors, with ties."""
    n, m = 675, 1256
    truth = np.array(["arch"] * n + ["non_landmark"] * m, dtype=object)
    best = np.where(rng.random(n + m) < 0.8, "arch", "dome").astype(object)
    similarity = np.round(np.append(rng.normal(0.7, 0.2, n), rng.normal(0.3, 0.15, m)), 3)
    return pd.DataFrame({"landmark_id": truth, "best_landmark_id": best, "similarity": similarity})


@pytest.fixture
def slider(table):
    widget = threshold_slider(table, {"chosen": 0.62})
    yield widget
    widget.close()


def counts(widget):
    return [widget.numbers[name] for name in OUTCOMES]


def test_moving_the_slider_moves_the_five_outcomes(slider):
    # > 0.62: arch 0.9 right, dome 0.7 for arch wrong; of 5 landmark photos 3 missed; 0.65 of 4 distractors
    assert slider.threshold == 0.62
    assert counts(slider) == [1, 1, 3, 1, 3]
    before = slider.counts.value
    slider.slider.value = 0.5
    assert counts(slider) == [2, 1, 2, 1, 3]
    assert "correct <b>2</b>" in slider.counts.value
    assert "missed <b>2</b>" in slider.counts.value
    assert slider.counts.value != before
    assert "sensitivity <b>40.0 %</b> (11.8 to 76.9)" in slider.counts.value  # Wilson of 2 / 5
    assert "FPR <b>25.0 %</b> (4.6 to 69.9)" in slider.counts.value  # Wilson of 1 / 4


def test_a_similarity_equal_to_the_threshold_is_rejected(slider):
    slider.slider.value = 0.65  # the distractor at 0.65 is not above it
    assert counts(slider) == [1, 1, 3, 0, 4]


def test_the_ends_answer_everything_readable_and_nothing(slider):
    slider.slider.value = slider.slider.min
    assert counts(slider) == [3, 1, 1, 3, 1]  # unreadable photos are never answered
    slider.slider.value = slider.slider.max
    assert counts(slider) == [0, 0, 5, 0, 4]
    assert slider.numbers["sensitivity"] == 0


def test_counts_equal_the_slow_literal_version(many):
    similarity, best, truth = (many[c].to_numpy() for c in ("similarity", "best_landmark_id", "landmark_id"))
    scores = Scores.of(similarity, best, truth)
    for threshold in (-1.0, 0.0, 0.312, float(similarity[5]), 0.62, 2.0):
        numbers = scores.at(threshold)
        answer = np.where(similarity > threshold, best, "non_landmark")
        slow = list(outcomes(truth, answer))
        assert [numbers[name] for name in OUTCOMES] == [slow.count(name) for name in OUTCOMES]
        point = at_threshold(similarity, best, truth, threshold)
        assert numbers["sensitivity"] == point.sensitivity
        assert numbers["fpr"] == point.fpr_realized
        assert (numbers["fpr_low"], numbers["fpr_high"]) == wilson(point.n_false_alarms, point.n_distractors)
        low, high = wilson(point.n_confused, point.n)
        assert (numbers["confusion_rate_low"], numbers["confusion_rate_high"]) == (low, high)


def pixels(widget):
    with Image.open(BytesIO(widget.picture.value)) as png:
        assert png.format == "PNG"
        return np.asarray(png.convert("RGB")).astype(int)


def test_the_point_moves_on_the_picture_and_leaves_no_trace(slider):
    first = pixels(slider)
    assert first.shape[1] == 690
    slider.slider.value = 0.2
    moved = pixels(slider)
    changed = np.abs(first - moved).sum(axis=2) > 0
    assert 0 < changed.mean() < 0.2  # only the mark
    slider.slider.value = 0.62
    np.testing.assert_array_equal(pixels(slider), first)


def test_the_ring_is_where_the_rates_are(slider):
    ax = slider._curve._figure.axes[0]
    slider.slider.value = 0.5  # FPR 1 / 4, sensitivity 2 / 5
    x, y = ax.transData.transform((0.25, 0.4))
    window = pixels(slider)[::-1][round(y) - 8 : round(y) + 9, round(x) - 8 : round(x) + 9]
    slider.slider.value = slider.slider.max
    without = pixels(slider)[::-1][round(y) - 8 : round(y) + 9, round(x) - 8 : round(x) + 9]
    assert (window.sum(axis=2) < 300).sum() > 20  # dark ring and cross
    assert (without.sum(axis=2) < 300).sum() < (window.sum(axis=2) < 300).sum()


def test_moving_draws_the_curve_no_second_time(many, monkeypatch):
    widget = threshold_slider(many, {"chosen": 0.5})

    def refuse(*_):
        raise AssertionError("the whole figure was drawn again")

    monkeypatch.setattr(widget._curve._figure.canvas, "draw", refuse)
    before = widget.picture.value
    widget.slider.value = 0.4
    assert widget.picture.value != before
    widget.close()


def test_starts_at_the_threshold_of_the_recognizer(many):
    chosen = Thresholds(0.587, 0.41, np.inf, 0.01, 1000, 500, "tune")
    widget = threshold_slider(many, chosen)
    assert widget.threshold == 0.587
    widget.close()


def test_thresholds_outside_the_similarities_widen_the_slider(table):
    widget = threshold_slider(table, {"strict": 0.97, "off": float("inf")})
    assert widget.threshold == 0.97
    assert widget.slider.max >= 0.97
    widget.close()


def test_the_root_can_be_found_by_its_class(slider):
    assert isinstance(slider, ipywidgets.VBox)
    assert ROOT_CLASS in slider._dom_classes


def test_closing_takes_everything_away(table):
    from ipywidgets.widgets.widget import _instances  # every widget that is open, layouts and styles too

    before = set(_instances)
    widget = threshold_slider(table, {"chosen": 0.62})
    parts, shown = [widget, *widget.children], widget.counts.value
    assert len(set(_instances) - before) >= 2 * len(parts)  # each with its layout
    widget.close()
    assert set(_instances) == before
    assert all(part.comm is None for part in parts)
    widget.slider.value = 0.2
    assert widget.counts.value == shown  # nobody observes the slider
    widget.close()  # again: harmless


def test_two_sliders_do_not_move_each_other(table):
    first, second = (threshold_slider(table, {"chosen": 0.62}) for _ in range(2))
    first.slider.value = 0.2
    assert second.threshold == 0.62
    assert counts(second) == [1, 1, 3, 1, 3]
    first.close()
    second.slider.value = 0.5
    assert counts(second) == [2, 1, 2, 1, 3]
    second.close()


def test_the_table_is_not_changed_and_pyplot_holds_nothing(table):
    from matplotlib import pyplot

    copy, open_before = table.copy(), pyplot.get_fignums()
    widget = threshold_slider(table, {"chosen": 0.62})
    widget.slider.value = 0.3
    widget.close()
    pd.testing.assert_frame_equal(table, copy)
    assert pyplot.get_fignums() == open_before


def test_refuses_what_it_cannot_count(table):
    with pytest.raises(InputError, match="best_landmark_id"):
        threshold_slider(table.drop(columns="best_landmark_id"), {"chosen": 0.6})
    with pytest.raises(InputError, match="landmark queries and distractors"):
        threshold_slider(table[table["landmark_id"] != "non_landmark"], {"chosen": 0.6})
    with pytest.raises(InputError, match="NaN"):
        threshold_slider(table.assign(similarity=np.nan), {"chosen": 0.6})
    with pytest.raises(InputError, match="0 of 9"):
        threshold_slider(table.assign(similarity=-np.inf), {"chosen": 0.6})
    with pytest.raises(InputError, match="a finite threshold"):
        threshold_slider(table, {})
