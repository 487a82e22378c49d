"""Operating points, similarities, PPV."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.evaluation.prevalence import ppv
from sightlab.views.figures_recognition import open_set_curve, ppv_by_prevalence, similarity_histogram


@pytest.fixture
def curve():
    return pd.DataFrame(
        {
            "fpr": [0.0, 0.01, 0.1, 1.0],
            "sensitivity": [0.5, 0.8, 0.9, 0.95],
            "confusion_rate": [0, 0, 0.01, 0.05],
        }
    )


def test_curve_is_on_a_log_axis_with_band_and_points(curve, texts_of, assert_legible):
    points = [
        {"label": "FPR <= 1 %", "fpr": 0.01, "sensitivity": 0.8, "low": 0.72, "high": 0.86},
        {"label": "no false alarm", "fpr": 0.0, "sensitivity": 0.5},
    ]
    figure = open_set_curve(curve, points, n_landmark=100)
    ax = figure.axes[0]
    assert ax.get_xscale() == "log"
    text = texts_of(figure)
    for label in (
        "FPR <= 1 %: 80.0 % (72.0 to 86.0)",
        "no false alarm: 50.0 %",
        "Wilson 95 %, n = 100",
        "confusion",
    ):
        assert label in text
    line = next(line for line in ax.lines if line.get_label() == "sensitivity")
    assert line.get_drawstyle() == "steps-post"
    assert line.get_ydata().tolist() == [0.5, 0.8, 0.9, 0.95, 0.95]
    assert line.get_xdata()[0] == ax.get_xlim()[0] > 0  # the point at fpr 0 stands at the left edge
    assert_legible(figure)


def test_curve_without_n_has_no_band(curve, texts_of):
    assert "Wilson" not in texts_of(open_set_curve(curve, []))
    given = curve.assign(low=curve["sensitivity"] - 0.1, high=curve["sensitivity"] + 0.04)
    assert "Wilson" in texts_of(open_set_curve(given, pd.DataFrame()))


def test_similarities_are_shares_of_each_kind(rng, texts_of, assert_legible):
    similarity = np.concatenate([rng.normal(0.7, 0.1, 60), rng.normal(0.5, 0.1, 6), rng.normal(0.3, 0.1, 90)])
    similarity[[0, 1]] = -np.inf, np.nan  # unreadable
    kind = ["landmark right"] * 60 + ["landmark wrong"] * 6 + ["distractor"] * 90
    figure = similarity_histogram(similarity, kind, {"threshold": 0.55, "with coordinates": 0.45})
    ax = figure.axes[0]
    filled = next(p for p in ax.patches if p.get_fill())
    x, y = filled.get_xy().T
    tops = {(a, b): h for a, b, h, g in zip(x, x[1:], y, y[1:], strict=False) if h == g and h > 0 and b > a}
    assert sum(tops.values()) == pytest.approx(1)
    text = texts_of(figure)
    for label in (
        "landmark right (n = 58)",
        "landmark wrong (n = 6)",
        "threshold 0.550",
        "2 unreadable left out",
    ):
        assert label in text
    assert_legible(figure)


def test_thresholds_may_be_the_object(texts_of):
    thresholds = SimpleNamespace(similarity=0.6, similarity_gps=0.4)
    text = texts_of(similarity_histogram(np.array([0.2, 0.9]), ["distractor", "landmark right"], thresholds))
    assert "threshold 0.600" in text
    assert "threshold with coordinates 0.400" in text


def test_near_thresholds_do_not_write_on_each_other(rng, assert_legible):
    similarity = rng.normal(0.5, 0.1, 50)
    thresholds = {"threshold": 0.55, "with coordinates": 0.549}
    assert_legible(similarity_histogram(similarity, ["distractor"] * 50, thresholds))


def test_unknown_kinds_are_named():
    with pytest.raises(InputError, match="got wrong"):
        similarity_histogram(np.array([0.1]), ["wrong"], {})
    with pytest.raises(InputError, match="no finite similarity"):
        similarity_histogram(np.array([np.nan]), ["distractor"], {})


def test_ppv_at_the_users_prevalence(texts_of, assert_legible):
    figure = ppv_by_prevalence([0.8, 0.7], [0.02, 0.01], [0.01, 0.001], n_distractor=1000)
    ax = figure.axes[0]
    lines = [line for line in ax.lines if len(line.get_xdata()) > 2]
    for line, point in zip(lines, [(0.8, 0.02, 0.01), (0.7, 0.01, 0.001)], strict=True):
        np.testing.assert_allclose(line.get_ydata(), [ppv(p, *point) for p in line.get_xdata()])
    # 0.01 * 0.8 / (0.01 * 0.82 + 0.99 * 0.01) = 0.008 / 0.0181 = 0.442
    assert "44 %" in [t.get_text() for t in ax.texts]
    assert "n = 1,000 distractors" in texts_of(figure)
    assert_legible(figure)
    assert_legible(ppv_by_prevalence(0.8, 0.02, 0.01))
    assert_legible(ppv_by_prevalence(0.44, 0.004, 0.0, n_distractor=317))  # near 100 %, below the legend


def test_ppv_of_a_perfect_system():
    figure = ppv_by_prevalence(1.0, 0.0, 0.0)
    np.testing.assert_allclose(figure.axes[0].lines[0].get_ydata(), 1)
