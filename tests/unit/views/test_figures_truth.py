"""Dirt by its kind, look-alikes, views: what is drawn is what the tables say."""

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.views.figures_truth import dirt_found, look_alikes, views_found


@pytest.fixture
def found():
    rows = [
        ("graphic", 30, 0.99, 0.98, 1.0, 0.9, 0.74, 0.97),
        ("neighbor", 21, 0.95, 0.91, 0.98, 0.5, 0.3, 0.7),
    ]
    columns = ["kind", "n", "auroc", "auroc_low", "auroc_high", "dropped", "dropped_low", "dropped_high"]
    return pd.DataFrame(rows, columns=columns)


def test_the_kind_found_worst_stands_on_top(found, texts_of, assert_legible):
    figure = dirt_found(found)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["neighbor (21)", "graphic (30)"]
    points = [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert points == [0.95, 0.99]
    assert "0.950" in texts_of(figure)
    assert "wanted 0.97" in texts_of(figure)
    assert figure.axes[0].get_xlim()[0] <= 0.91  # the whole interval is on the page
    assert_legible(figure)


def test_bars_of_a_family_add_up(texts_of, assert_legible):
    table = pd.DataFrame(
        {
            "family": ["gothic", "volcano"],
            "n": [10, 4],
            "correct": [7, 4],
            "within": [2, 0],
            "elsewhere": [0, 0],
            "missed": [1, 0],
        }
    )
    figure = look_alikes(table)
    ends = [patch.get_x() + patch.get_width() for patch in figure.axes[0].patches]
    assert np.allclose(ends[-2:], 1)
    widths = [patch.get_width() for patch in figure.axes[0].patches][2:4]
    assert widths == pytest.approx([0.2, 0.0])  # 2 of 10 within the family; none of the volcanoes
    assert "gothic (10)" in texts_of(figure)
    assert_legible(figure)


def test_views_found_and_taken_are_told_apart(texts_of, assert_legible):
    table = pd.DataFrame(
        {
            "landmark_id": ["bell_tower", "old_gate"],
            "n": [40, 12],
            "true_views": [4, 3],
            "found_views": [2, 1],
            "ari": [0.6, 0.0],
        }
    )
    figure = views_found(table)
    taken, found = (line.get_xdata() for line in figure.axes[0].lines)
    assert (list(taken), list(found)) == ([4, 3], [2, 1])
    split, whole = (line.get_xdata() for line in figure.axes[1].lines)
    assert (list(split), list(whole)) == ([0.6], [0.0])
    assert "bell tower" in texts_of(figure)
    assert_legible(figure)


@pytest.mark.parametrize("draw", [dirt_found, look_alikes, views_found])
def test_an_empty_table_is_refused(draw, found):
    columns = ["kind", "n", "auroc", "family", "correct", "within", "elsewhere", "missed", "landmark_id"]
    columns += ["true_views", "found_views", "ari", "auroc_low", "auroc_high"]
    columns += ["dropped", "dropped_low", "dropped_high"]
    with pytest.raises(InputError, match="found has no rows"):
        draw(pd.DataFrame(columns=columns))
