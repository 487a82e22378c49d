"""Figures of the comparison with DELF: where dots, bars and lines stand."""

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.views.figures_delf import (
    MatchPicture,
    accuracy_against_time,
    match_sheet,
    method_rows,
    time_by_step,
)

SYSTEMS = pd.DataFrame(
    [("sightlab", 0.9, 0.87, 0.92, 6.0), ("delf", 0.85, 0.82, 0.88, 240.0)],
    columns=["system", "sensitivity", "low", "high", "milliseconds"],
)


def test_a_dot_a_system_on_a_logarithmic_axis(assert_legible):
    figure = accuracy_against_time(SYSTEMS)
    ax = figure.axes[0]
    assert ax.get_xscale() == "log"
    dots = [line for line in ax.lines if line.get_linestyle() == "None"]
    assert [(d.get_xdata()[0], d.get_ydata()[0]) for d in dots] == [(6.0, 0.9), (240.0, 0.85)]
    assert len({d.get_marker() for d in dots}) == 2
    assert_legible(figure)


def test_every_system_has_its_row(assert_legible):
    key = "sensitivity_at_fpr_1pct"
    rows = [("centroids", 0.9, 0.87, 0.92, np.nan), ("DELF", 0.6, 0.5, 0.7, np.nan)]
    rows += [("hybrid, sift", 0.91, 0.88, 0.93, 0.4)]
    table = pd.DataFrame(rows, columns=["system", key, f"{key}_low", f"{key}_high", "share_verified"])
    figure = method_rows(table)
    dots = [line for line in figure.axes[0].lines if line.get_linestyle() == "None"]
    assert [(d.get_xdata()[0], d.get_ydata()[0]) for d in dots] == [(0.9, 0), (0.6, 1), (0.91, 2)]
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert "asked" not in texts[1]
    assert texts[2] == "91.0 %, asked for 40.0 %"
    assert_legible(figure)
    texts = method_rows(table.drop(columns="share_verified")).axes[0].texts
    assert texts[2].get_text() == "91.0 %"


def test_bars_add_up_to_the_whole(assert_legible):
    rows = [("a 1x", "decode", 1), ("a 1x", "extraction", 4), ("a 1x", "whole", 5.1)]
    rows += [("b 1x", "decode", 1), ("b 1x", "extraction", 30), ("b 1x", "search", 20)]
    rows += [("b 1x", "verification", 40), ("b 1x", "whole", 92)]
    table = pd.DataFrame(rows, columns=["system", "step", "median"])
    table = table.assign(low=table["median"] * 0.9, high=table["median"] * 1.2)
    figure = time_by_step(table)
    bars = figure.axes[0].patches
    assert [bar.get_width() for bar in bars] == [1, 4, 1, 30, 20, 40]
    assert [bar.get_x() for bar in bars] == [0, 1, 0, 1, 31, 51]
    assert_legible(figure)


def test_lines_join_the_keypoints_that_agree(assert_legible):
    a, b = np.zeros((40, 80, 3), np.uint8), np.zeros((60, 60, 3), np.uint8)
    points, others = np.array([[19.5, 9.5]]), np.array([[29.5, 14.5]])
    figure = match_sheet([MatchPicture(a, b, points, others, "one match")] * 3)
    line = figure.axes[0].lines[0]
    # a is 2 wide and 1 high: (20 / 40, 10 / 40); b begins at 2.05: (2.05 + 30 / 60, 15 / 60)
    np.testing.assert_allclose(line.get_xydata(), [[0.5, 0.25], [2.55, 0.25]])
    assert_legible(figure)


def test_no_more_lines_than_asked():
    photo = np.zeros((40, 40, 3), np.uint8)
    points = np.random.default_rng(0).uniform(0, 40, (90, 2))
    figure = match_sheet([MatchPicture(photo, photo, points, points, "")], columns=1, most_lines=12)
    assert len(figure.axes[0].lines) == 12
    none = match_sheet([MatchPicture(photo, photo, points[:0], points[:0], "")], columns=1)
    assert len(none.axes[0].lines) == 0


def test_nothing_to_draw_is_refused():
    with pytest.raises(InputError, match="at least one pair"):
        match_sheet([])
    with pytest.raises(InputError, match="no rows"):
        accuracy_against_time(SYSTEMS.iloc[:0])


def test_evidence_stands_beside_the_matches_on_one_scale():
    photo = np.full((40, 60, 3), 120, np.uint8)
    square = np.full((40, 40, 3), 120, np.uint8)
    points = np.array([[1.0, 1.0]])
    maps = np.zeros((2, 2)), np.zeros((2, 2))
    maps[0][0, 0], maps[1][0, 0] = 8.0, 4.0
    pictures = [MatchPicture(photo, photo, points, points, "", (), (square, one)) for one in maps]
    axes = match_sheet(pictures, columns=1).axes
    assert [len(ax.images) for ax in axes] == [3, 3]
    strong, weak = (ax.images[2].get_array()[0, 0].astype(int) for ax in axes)
    assert strong[2] < weak[2] < weak[0]  # a deeper red where more speaks for the landmark
    assert axes[0].images[2].get_extent()[0] == pytest.approx(1.5 + 0.05 + 1.5 + 0.05)
