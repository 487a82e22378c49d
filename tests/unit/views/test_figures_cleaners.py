"""Cleaners against each other, as figures."""

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.views.figures_cleaners import before_after, cleaner_league, reference_cost


@pytest.fixture
def league():
    table = pd.DataFrame({"way": ["mean (article)", "min", "ours"], "auroc": [0.97, 0.96, 0.98]})
    for key in ("auroc", "rare_kept"):
        table[key] = table.get(key, 0.9)
        table[f"{key}_low"], table[f"{key}_high"] = table[key] - 0.01, table[key] + 0.01
    return table.assign(noise_dropped=0.9, other_dropped=0.08, noise_dropped_at_10pct=[0.9, 0.91, 0.97])


def test_the_league_names_every_way_and_its_area(league, texts_of, assert_legible):
    figure = cleaner_league(league, "ours")
    text = texts_of(figure)
    for word in ("mean (article)", "ours", "0.980", "90 / 8", "rare views kept"):
        assert word in text
    assert_legible(figure)


def test_rare_views_are_left_out_where_nobody_knows_them(league, texts_of):
    unknown = league.assign(rare_kept=np.nan, rare_kept_low=np.nan, rare_kept_high=np.nan)
    figure = cleaner_league(unknown)
    assert len(figure.axes) == 2
    assert "rare" not in texts_of(figure)


def test_a_way_left_out_keeps_its_line_without_a_point(league, texts_of, assert_legible):
    numbers = league.columns.drop("way")
    league.loc[1, numbers] = np.nan
    figure = cleaner_league(league, "ours")
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()][1] == "min"
    assert "left out" in texts_of(figure)
    assert "nan" not in texts_of(figure)
    assert [t.get_text() for t in figure.axes[1].texts] == ["90 / 8", "", "90 / 8"]
    assert_legible(figure)


def test_the_cost_has_a_line_for_each_summary(texts_of, assert_legible):
    rows = [
        {"summary": s, "count": n, "auroc": 0.9 + n / 200, "low": 0.88, "high": 0.97}
        for s in ("mean", "min", "soft_min")
        for n in (1, 3, 5, 10)
    ]
    figure = reference_cost(pd.DataFrame(rows))
    assert len(figure.axes[0].lines) == 3
    assert "soft min" in texts_of(figure)
    assert_legible(figure)


def test_before_and_after_shows_the_dirtiest(texts_of, assert_legible):
    table = pd.DataFrame(
        {
            "landmark_id": [f"landmark_{i:02d}" for i in range(40)],
            "photos": 50,
            "dirt_before": np.linspace(0.4, 0, 40),
            "dirt_after": 0.01,
            "right_lost": 3,
        }
    )
    figure = before_after(table)
    assert "the 30 dirtiest of 40" in texts_of(figure)
    assert "landmark 29" in texts_of(figure)
    assert "landmark 30" not in texts_of(figure)
    assert_legible(figure)


def test_missing_columns_are_named(league):
    with pytest.raises(InputError, match="auroc_low"):
        cleaner_league(league.drop(columns="auroc_low"))
