"""Training history and the forgetting matrix."""

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.views.figures_base import NARROW, WIDE
from sightlab.views.figures_learning import (
    _running_update,
    changes_since_learned,
    forgetting_matrix,
    training_history,
)

REGIONS = ["europe", "americas_mideast", "east_asia", "south_asia"]


@pytest.fixture
def history():
    rows = []
    for stage, region in enumerate(REGIONS, 1):
        for update in range(40 * stage):
            loss = 3 * np.exp(-update / 30) + 0.5
            rates = {
                f"learning_rate_{p}": r
                for p, r in (("trunk", 1e-4), ("embedding", 1e-3), ("classifier", 2e-3))
            }
            parts = {"loss": loss + 0.1, "softmax_loss": loss, "center_loss": 90 * loss}
            rows.append({"stage": stage, "region": region, "epoch": 0, "update": update, **parts, **rates})
    return pd.DataFrame(rows)


def test_updates_run_on_through_the_stages():
    table = pd.DataFrame({"stage": [1, 1, 2, 2, 3], "update": [0, 5, 0, 4, 0]})
    assert _running_update(table).tolist() == [0, 5, 5, 9, 9]
    counted = pd.DataFrame({"stage": [1, 1, 2, 2, 3], "update": [0, 5, 6, 9, 10]})  # already running
    assert _running_update(counted).tolist() == [0, 5, 6, 9, 10]


def test_history_has_losses_center_loss_and_rates(history, texts_of, assert_legible):
    figure = training_history(history)
    assert [ax.get_ylabel() for ax in figure.axes] == ["loss", "center loss", "learning rate"]
    assert figure.axes[2].get_yscale() == "log"
    assert {"stage 1", "stage 4", "americas mideast", "south asia"} <= set(texts_of(figure).split("\n"))
    ends = [line.get_xdata()[-1] for line in figure.axes[1].lines]
    assert max(ends) == 39 + 79 + 119 + 159
    assert_legible(figure)


def test_history_with_the_least_columns(assert_legible):
    figure = training_history(pd.DataFrame({"stage": 1, "update": [0, 1, 2], "loss": [3.0, 2.0, 1.0]}))
    assert len(figure.axes) == 1
    assert_legible(figure)


def test_history_of_one_update():
    training_history(pd.DataFrame({"stage": [1], "update": [0], "loss": [3.0]}))


def test_history_without_rows_is_refused(history):
    with pytest.raises(InputError, match="history has no rows"):
        training_history(history.iloc[:0])


@pytest.fixture
def forgetting():
    rows = [
        (stage, REGIONS[stage - 1], REGIONS[r], 0.9 - 0.05 * (stage - 1 - r), 100 + r)
        for stage in range(1, 5)
        for r in range(stage)
    ]
    table = pd.DataFrame(rows, columns=["stage", "stage_region", "region", "sensitivity", "n"])
    return table.assign(low=table["sensitivity"] - 0.06, high=table["sensitivity"] + 0.05)


def test_matrix_stands_in_the_order_of_the_stages(forgetting, texts_of, assert_legible):
    figure = forgetting_matrix(forgetting.sample(frac=1, random_state=3))
    values = figure.axes[0].collections[0].get_array().filled(np.nan).reshape(4, 4)
    # rows: stages; columns: regions in the order in which they were taught
    expected = [[0.9 - 0.05 * (s - r) if r <= s else np.nan for r in range(4)] for s in range(4)]
    np.testing.assert_allclose(values, expected)
    text = texts_of(figure)
    assert "0.84 to 0.95" in text
    assert text.count("–") == 6  # regions not taught yet
    assert "americas mideast\nn = 101" in text
    assert_legible(figure)


def test_matrix_without_intervals(forgetting, assert_legible):
    figure = forgetting_matrix(forgetting[["stage", "region", "sensitivity"]])
    assert_legible(figure)


def test_first_stage_stands_on_top_and_the_users_settings_stay(forgetting):
    import matplotlib

    before = dict(matplotlib.rcParams)
    ax = forgetting_matrix(forgetting).axes[0]
    assert dict(matplotlib.rcParams) == before  # seaborn sets nothing for good
    assert [t.get_text().split("\n")[0] for t in ax.get_yticklabels()] == [f"stage {s}" for s in range(1, 5)]
    bottom, top = ax.get_ylim()
    assert bottom > top
    # the first cell: stage 1, its own region, in the upper left
    numbers = [t for t in ax.texts if t.get_text() == "0.90"]
    assert min(t.get_position()[1] for t in numbers) < 1


@pytest.mark.parametrize("width", [WIDE, NARROW], ids=["wide", "narrow"])
def test_changes_in_three_panels(width, texts_of, assert_legible):
    rows = [("north_america", 1248, -0.03, -0.01, -0.02), ("europe", 103, 0.01, 0.02, -0.01)]
    table = pd.DataFrame(rows, columns=["region", "n", "change", "forgotten", "crowded"])
    for part in ("change", "forgotten", "crowded"):
        table[f"{part}_low"], table[f"{part}_high"] = table[part] - 0.04, table[part] + 0.03
    figure = changes_since_learned(table, width)
    assert len(figure.axes) == 3
    text = texts_of(figure)
    for word in (
        "in all",
        "by the network",
        "by more landmarks",
        "north america (n = 1,248)",
        "-3.0",
        "+2.0",
    ):
        assert word in text
    middle = figure.axes[1]
    points = [line.get_xdata()[0] for line in middle.lines if line.get_marker() == "o"]
    assert points == [-0.01, 0.02]
    assert_legible(figure)
    with pytest.raises(InputError, match="crowded_low"):
        changes_since_learned(table.drop(columns="crowded_low"))
