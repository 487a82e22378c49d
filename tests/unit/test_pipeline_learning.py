"""The league of recipes: what its rows change, and that they are stored and found."""

from dataclasses import replace

import pandas as pd
import pytest

from sightlab import pipeline_learning as studies
from sightlab.checks import InputError
from sightlab.learning.recipes import Recipe
from sightlab.learning.training import TrainingConfig
from sightlab.profiles import PROFILE_NAMES, get_profile
from sightlab.workspace import save_table


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_no_two_rows_train_alike_on_a_real_profile(name):
    base = get_profile(name).curriculum.stages[0]
    rows = studies.recipes(base)
    alike = {"rates": "profile", "sampling": "profile", "center_weight": 0}  # what `training` has in numbers
    effective = {repr((replace(recipe, **alike), recipe.training(base))) for recipe in rows.values()}
    assert len(effective) == len(rows)
    assert "three learning rates" in rows  # no profile has all three of them apart from the start
    assert ("one learning rate" in rows) == (name in ("article", "full"))  # the others use it
    assert ("photos as they come" in rows) == (base.sampling == "balanced")
    assert ("landmarks alike often" in rows) == (base.sampling == "natural")


def test_three_rates_rise_from_the_trunk_to_the_classifier():
    for base in (TrainingConfig(trunk_ratio=1.0), TrainingConfig()):
        config = studies.recipes(base)["three learning rates"].training(base)
        assert 0 < config.trunk_ratio < config.embedding_ratio < config.classifier_ratio
        assert config.learning_rate == base.learning_rate


def test_every_recipe_changes_one_thing():
    rows = studies.recipes(TrainingConfig())
    assert set(studies.RATES) < set(rows)
    use = rows[studies.IN_USE]
    assert use == Recipe()
    for name, recipe in rows.items():
        changed = [f for f in vars(use) if getattr(recipe, f) != getattr(use, f)]
        assert len(changed) == (name != studies.IN_USE) + (name == "sub-center ArcFace"), name


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_rows_of_the_center_loss_are_headline_rows(name):
    rows = studies.recipes(get_profile(name).curriculum.stages[0])
    losses = {n for n, r in rows.items() if r.center_weight != rows[studies.IN_USE].center_weight}
    losses |= {n for n, r in rows.items() if r.center_for == "everybody"}
    assert losses - set(studies.HEADLINE) == {"sub-center ArcFace"}
    weights = [rows[f"center loss x {w}"].center_weight for w in ("5e-5", "5e-4", "1e-2", "3e-2")]
    assert weights == [0.00005, 0.0005, 0.01, 0.03]


def test_headline_rows_have_all_seeds_and_the_others_the_first(trained, monkeypatch):
    short = {studies.IN_USE: Recipe(updates=5), "GeM pooling": Recipe(updates=5, center_weight=0.0)}
    tune = trained.manifest.split("tune").photos
    truth = tune["landmark_id"].to_numpy(dtype=object)
    made = pd.DataFrame({"stage": 1, "photo_id": tune["photo_id"], "truth": truth, "best": truth})
    made = made.assign(similarity=0.5, region="", joined=True, updates=5)
    monkeypatch.setattr(studies, "recipes", lambda base: short)
    monkeypatch.setattr(studies, "_train_row", lambda *args: save_table(args[-1] / "answers.parquet", made))
    table = studies.run_league(trained, seeds=(0, 1)).set_index("recipe")
    assert table["seeds"].to_dict() == {studies.IN_USE: 2, "GeM pooling": 1}
    assert {name: list(found) for name, found in studies.stored_answers(trained).items()} == {
        studies.IN_USE: [0, 1],
        "GeM pooling": [0],
    }


def test_rows_are_trained_once_and_found(trained, monkeypatch):
    short = {studies.IN_USE: Recipe(updates=4), "softmax alone": Recipe(updates=4, center_weight=0.0)}
    monkeypatch.setattr(studies, "recipes", lambda base: short)
    assert studies.stored_league(trained).empty
    first = studies.run_league(trained, [studies.IN_USE], seeds=(0,))
    assert first["recipe"].tolist() == [studies.IN_USE]
    table = studies.run_league(trained, seeds=(0,))
    assert table["recipe"].tolist() == list(short)
    assert table["updates"].nunique() == 1
    monkeypatch.setattr(studies, "run_recipe", None)  # would be called if a row were trained again
    pd.testing.assert_frame_equal(studies.run_league(trained, seeds=(0,)), table)
    found = studies.stored_answers(trained)[studies.IN_USE][0]
    tune = trained.manifest.split("tune").photos
    assert set(found["photo_id"]) == set(tune["photo_id"])
    assert found["stage"].max() == 2  # two regions


def test_a_row_that_the_profile_does_not_have_is_refused(trained):
    with pytest.raises(InputError, match="recipe='two learning rates'"):
        studies.run_league(trained, ["two learning rates"])


def test_what_each_stage_took_in(trained):
    table = studies.stage_table(trained.stages)
    assert table.index.tolist() == [1, 2]
    assert table["judged"].sum() == len(trained.cleaned)
    assert table["kept"].sum() == trained.cleaned["keep"].sum()
    numbers = studies.training_numbers(trained.stages)
    assert (numbers["n_stages"], numbers["n_updates"]) == (2, table["updates"].sum())
