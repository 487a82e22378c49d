"""Figures of the numbers behind maps of evidence."""

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.views import figures


@pytest.fixture
def summary():
    rows = []
    for cells in (8, 5):
        for way, value in (("anywhere", 0.2), ("evidence", 0.5), ("middle", 0.4)):
            facts = {f"{rate}{end}": value + d for rate in ("inside", "pointing") for end, d in ENDS.items()}
            rows.append({"cells": cells, "way": way, "n": 80} | facts)
    return pd.DataFrame(rows)


ENDS = {"": 0, "_low": -0.1, "_high": 0.1}


@pytest.fixture
def removal():
    rows = [
        {"order": order, "removed": f, "n": 9} | {f"probability{e}": 0.8 - f * k + d for e, d in ENDS.items()}
        for order, k in (("most", 1.0), ("least", 0.2), ("random", 0.6))
        for f in (0.0, 0.2, 0.4)
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def agreement():
    rows = [
        {"part": p, "n": 9} | {f"correlation{e}": v + d for e, d in ENDS.items()} for p, v in PARTS.items()
    ]
    return pd.DataFrame(rows)


PARTS = {"classifier": 0.3, "embedding": -0.5, "everything": 0.0}


def test_located_says_which_grid_and_which_guess(summary, assert_legible, texts_of):
    figure = figures.cam_located(summary)
    labels = [t.get_text() for t in figure.axes[0].get_yticklabels()]
    assert labels[0] == "5 x 5: map of evidence"
    assert labels[3] == "8 x 8: map of evidence"
    assert "n = 80 photos" in texts_of(figure)
    assert_legible(figure)


def test_removed_draws_every_order_and_part(removal, agreement, assert_legible, texts_of):
    figure = figures.cam_removed(removal, agreement)
    left, right = figure.axes[:2]
    drawn = {line.get_label(): line.get_ydata()[-1] for line in left.lines if line.get_label()[0] != "_"}
    assert len(drawn) == 3
    assert min(drawn, key=drawn.get).startswith("most evidence first")
    assert right.get_xlim() == (-1, 1)
    assert "%" not in "".join(t.get_text() for t in right.get_xticklabels())  # a correlation is no share
    assert "-0.50" in texts_of(figure).replace("\u2212", "-")
    assert_legible(figure)


def test_refuses_tables_without_rows(summary, removal, agreement):
    with pytest.raises(InputError, match="summary has no rows"):
        figures.cam_located(summary.head(0))
    with pytest.raises(InputError, match="correlation_low"):
        figures.cam_removed(removal, agreement.drop(columns="correlation_low"))
    assert np.isfinite(removal["probability"]).all()
