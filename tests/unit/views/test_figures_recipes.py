"""Ways of teaching against each other, as figures."""

import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.views.figures_recipes import recipe_league, trunk_costs


@pytest.fixture
def league():
    return pd.DataFrame(
        {
            "recipe": ["recipe in use", "softmax alone"],
            "seeds": [3, 1],
            "sensitivity": [0.7, 0.65],
            "low": [0.6, 0.55],
            "high": [0.8, 0.75],
            "gain": [0.0, -0.05],
            "gain_low": [0.0, -0.1],
            "gain_high": [0.0, 0.01],
        }
    )


def test_every_recipe_has_its_seeds_and_gain(league, texts_of, assert_legible):
    figure = recipe_league(league, "recipe in use")
    text = texts_of(figure)
    for word in ("recipe in use (3 seeds)", "softmax alone (1 seed)", "70.0 %", "-5.0"):
        assert word in text
    assert_legible(figure)


def test_trunks_are_named(texts_of, assert_legible):
    table = pd.DataFrame({"trunk": ["resnet50", "resnet200"], "gflops": [4.1, 15.0]})
    for kind in ("forward", "training"):
        table[kind], table[f"{kind}_low"], table[f"{kind}_high"] = [9.0, 3.0], [8.0, 2.5], [9.5, 3.2]
    figure = trunk_costs(table)
    assert "resnet200" in texts_of(figure)
    assert_legible(figure)


def test_missing_columns_are_named(league):
    with pytest.raises(InputError, match="gain_low"):
        recipe_league(league.drop(columns="gain_low"))
