"""Figures that say why local features miss: bars that fill, lines that fall, dots where they belong."""

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.views.figures_delf_diagnosis import database_sizes, known_geometry, lost_truth

COUNTS = pd.DataFrame(
    [("all", 10, 4, 4, 1, 1), ("view: side street", 4, 2, 2, 0, 0)],
    columns=["slice", "n", "right", "below", "beaten", "no_candidate"],
)
FOUND = pd.DataFrame(
    {
        "landmark_id": ["a", "a", "non_landmark"],
        "true_inliers": [30.0, np.nan, np.nan],
        "true_null": [8.0, np.nan, np.nan],
        "wrong_inliers": [5.0, 7.0, 0.0],
    }
)
POSE = pd.DataFrame(
    [
        ("delf", "0 to 10", 5.0, 12, 60.0, 9.0, 0.9, 0.8),
        ("delf", "10 to 25", 17.0, 12, 20.0, 9.0, 0.5, 0.6),
        ("sift", "0 to 10", 5.0, 12, 40.0, 5.0, 1.0, 0.9),
        ("sift", "10 to 25", 17.0, 12, 3.0, 5.0, np.nan, np.nan),
    ],
    columns=["kind", "degrees", "middle", "n_pairs", "n_inliers", "null", "precision", "recall"],
)
SIZES = pd.DataFrame(
    [(5, 0.5, 0.4, 0.6, 0.9, 12.0, 8.0), (10, 0.6, 0.5, 0.7, 1.0, 15.0, 9.0)],
    columns=[
        "photos_per_landmark", "sensitivity", "low", "high", "recall", "true_inliers", "distractor_inliers",
    ],
)  # fmt: skip


def test_fates_fill_their_bars(assert_legible):
    figure = lost_truth(COUNTS, FOUND)
    bars = figure.axes[0].patches
    assert sum(bar.get_width() for bar in bars if bar.get_y() < 0.5) == pytest.approx(1)
    assert [bar.get_width() for bar in bars[:2]] == [0.4, 0.5]  # right: 4 of 10, 2 of 4
    true, wrong, distractor, _ = figure.axes[1].lines
    assert true.get_xdata()[-1] == 30
    assert wrong.get_ydata()[-1] == 0  # no photo has more than the last
    assert distractor.get_xdata()[-1] == 0.9  # none at all, drawn at the edge of the logarithm
    assert_legible(figure)


def test_geometry_by_pose(assert_legible):
    figure = known_geometry(POSE)
    inliers, precision, _ = figure.axes
    assert inliers.lines[0].get_ydata().tolist() == [60, 20]
    assert inliers.lines[1].get_ydata().tolist() == [9, 9]  # random
    assert precision.lines[1].get_ydata()[0] == 1
    assert_legible(figure)


def test_sizes_of_the_database(assert_legible):
    figure = database_sizes(SIZES)
    assert figure.axes[0].lines[0].get_ydata().tolist() == [0.5, 0.6]
    assert figure.axes[1].lines[1].get_ydata().tolist() == [8, 9]
    assert_legible(figure)


@pytest.mark.parametrize(
    "draw", [lambda: lost_truth(COUNTS.iloc[:0], FOUND), lambda: known_geometry(POSE.drop(columns="null"))]
)
def test_nothing_to_draw_is_refused(draw):
    with pytest.raises(InputError):
        draw()
