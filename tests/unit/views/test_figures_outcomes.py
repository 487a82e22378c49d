"""Outcomes, slices, worst landmarks."""

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.evaluation.intervals import wilson
from sightlab.views.figures_outcomes import outcomes, sensitivity_by_slice, worst_landmarks


@pytest.fixture
def judged():
    """One row per photo, as `Evaluation.outcomes`."""
    rows = [("a", "europe", "correct")] * 8 + [("a", "europe", "missed")] * 2
    rows += [("b", "asia", "correct")] * 3 + [("b", "asia", "confused")] * 2 + [("c", "asia", "missed")] * 5
    rows += [("non_landmark", None, "correct_rejection")] * 19 + [("non_landmark", None, "false_alarm")]
    return pd.DataFrame(rows, columns=["landmark_id", "region", "outcome"])


def widths(ax):
    return np.array([b.get_width() for b in ax.patches]).reshape(-1, len(ax.get_yticks()))


def test_outcomes_are_shares_of_their_own_photos(judged, texts_of, assert_legible):
    figure = outcomes(judged)
    left, right = figure.axes
    assert [t.get_text() for t in left.get_yticklabels()] == ["all", "asia", "europe"]
    # all: 11 correct, 2 confused, 7 missed of 20; asia: 3, 2, 5 of 10; europe: 8, 0, 2 of 10
    np.testing.assert_allclose(widths(left).T, [[0.55, 0.1, 0.35], [0.3, 0.2, 0.5], [0.8, 0, 0.2]])
    np.testing.assert_allclose(widths(right).T, [[0.05, 0.95], [0, 0], [0, 0]])
    assert "1 / 20" in texts_of(figure)
    assert_legible(figure)


def test_wide_and_long_tables_are_the_same_picture(texts_of):
    wide = pd.DataFrame(
        {
            "slice": ["rare", "all"],
            "correct": [3, 9],
            "confused": [1, 1],
            "missed": [1, 2],
            "false_alarm": [0, 4],
        }
    ).assign(correct_rejection=[0, 96])
    long = wide.melt("slice", var_name="outcome", value_name="n")
    for a, b in zip(outcomes(wide).axes, outcomes(long).axes, strict=True):
        np.testing.assert_allclose(widths(a), widths(b))
    assert texts_of(outcomes(wide)) == texts_of(outcomes(long))


def test_slices_have_wilson_intervals(texts_of, assert_legible):
    table = pd.DataFrame({"slice": ["all", "rare", "none"], "k": [80, 8, 0], "n": [100, 20, 0]})
    figure = sensitivity_by_slice(table)
    ax = figure.axes[0]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["all", "rare"]
    intervals = [tuple(line.get_xdata()) for line in ax.lines if line.get_color() == "#0072B2"][::2]
    assert intervals == [pytest.approx(wilson(80, 100)), pytest.approx(wilson(8, 20))]
    assert "80 / 100" in texts_of(figure)
    assert_legible(figure)


def test_slices_of_an_evaluation(texts_of):
    table = pd.DataFrame(
        {
            "slice": ["all", "far"],
            "n_landmark": [50, 10],
            "sensitivity_at_fpr_1pct": [0.8, np.nan],
            "fpr": 0.1,
        }
    )
    text = texts_of(sensitivity_by_slice(table, rate="sensitivity_at_fpr_1pct"))
    assert "40 / 50" in text
    assert "sensitivity at FPR 1 %" in text
    assert "far" not in text.split("\n")
    with pytest.raises(InputError, match="slices with landmark photos has no rows"):
        sensitivity_by_slice(table.assign(n_landmark=0), rate="sensitivity_at_fpr_1pct")


def test_worst_landmarks_come_first(judged, texts_of, assert_legible):
    figure = worst_landmarks(judged, k=2)
    ax = figure.axes[0]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["c", "b"]  # 0 / 5, 3 / 5, then 8 / 10
    assert [t.get_text() for t in ax.texts] == ["0 / 5", "3 / 5"]
    assert "worst 2 of 3 landmarks" in texts_of(figure)
    assert_legible(figure)


def test_equally_bad_landmarks_stand_by_photos():
    table = pd.DataFrame({"landmark_id": ["p", "q", "r"], "sensitivity": [0.5, 0.5, np.nan], "n": [4, 10, 0]})
    labels = [t.get_text() for t in worst_landmarks(table).axes[0].get_yticklabels()]
    assert labels == ["q", "p"]
    with pytest.raises(InputError, match="k must be at least 1"):
        worst_landmarks(table, k=0)
