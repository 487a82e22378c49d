"""The league of recipes: numbers by hand from made answers, and rows that are stored and resumed."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sightlab import pipeline_learning as studies
from sightlab.learning.recipes import Recipe
from sightlab.learning.training import TrainingConfig
from sightlab.profiles import PROFILE_NAMES, get_profile


def answers(stage_1, stage_2):
    """Two stages; photos a, b of arch (stage 1), c, d of cave (stage 2), x, y distractors.

    stage_1: similarities of a, b, x, y; stage_2: of a, b, c, d, x, y. Every landmark photo gets its own name.
    """
    truth = {"a": "arch", "b": "arch", "c": "cave", "d": "cave", "x": "non_landmark", "y": "non_landmark"}
    rows = []
    for stage, photos, similarities in ((1, "abxy", stage_1), (2, "abcdxy", stage_2)):
        for photo, similarity in zip(photos, similarities, strict=True):
            best = truth[photo] if truth[photo] != "non_landmark" else "arch"
            joined = (stage == 1 and photo in "ab") or (stage == 2 and photo in "cd")
            rows.append((stage, photo, truth[photo], similarity, best, joined))
    table = pd.DataFrame(rows, columns=["stage", "photo_id", "truth", "similarity", "best", "joined"])
    return table.assign(updates=10)


# at FPR 1 % of two distractors none may be answered: photos above the highest distractor count
BOTH = answers([0.9, 0.8, 0.1, 0.5], [0.9, 0.4, 0.8, 0.7, 0.1, 0.5])  # b is forgotten in stage 2
HALF = answers([0.9, 0.4, 0.1, 0.5], [0.9, 0.8, 0.4, 0.7, 0.1, 0.5])


def test_forgetting_by_hand():
    table = studies.forgetting_of(BOTH).set_index(["stage", "group"])["sensitivity"]
    assert table.to_dict() == {(1, 1): 1.0, (2, 1): 0.5, (2, 2): 1.0}
    assert studies.backward_transfer(BOTH) == -0.5
    assert studies.backward_transfer(HALF) == 0.5  # 1/2 after stage 1, 2/2 after stage 2
    assert np.isnan(studies.backward_transfer(BOTH[BOTH["stage"] == 1]))


def test_the_league_by_hand():
    table = studies.league_of(
        {studies.IN_USE: [BOTH, HALF], "other": [answers([0] * 4, [0.9, 0.2, 0.2, 0.2, 0.1, 0.5])]},
        n_resamples=20,
    ).set_index("recipe")
    # in use: 3 of 4 with both seeds; the other: 1 of 4 with its one seed
    assert table["sensitivity"].to_dict() == {studies.IN_USE: 0.75, "other": 0.25}
    assert table["seeds"].to_dict() == {studies.IN_USE: 2, "other": 1}
    assert table["gain"].to_dict() == {studies.IN_USE: 0.0, "other": -0.5}
    assert table["backward_transfer"][studies.IN_USE] == 0.0  # (-1/2 + 1/2) / 2
    assert table["closed_set_accuracy"]["other"] == 1
    assert studies.league_of({"other": [BOTH]}).empty  # nothing to hold it against


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_no_two_rows_train_alike_on_a_real_profile(name):
    base = get_profile(name).curriculum.stages[0]
    rows = studies.recipes(base)
    alike = {"rates": "profile", "center_weight": 0}  # what `training` has in numbers
    effective = {repr((replace(recipe, **alike), recipe.training(base))) for recipe in rows.values()}
    assert len(effective) == len(rows)
    assert "three learning rates" in rows  # no profile has all three of them apart from the start
    assert ("one learning rate" in rows) == (name == "full")  # the others use it


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


def test_rows_are_trained_once_and_found(trained, monkeypatch):
    short = {studies.IN_USE: Recipe(updates=4), "softmax alone": Recipe(updates=4, center_weight=0.0)}
    monkeypatch.setattr(studies, "recipes", lambda base: short)
    assert studies.stored_league(trained).empty
    first = studies.run_league(trained, [studies.IN_USE], seeds=(0,))
    assert first["recipe"].tolist() == [studies.IN_USE]
    table = studies.run_league(trained, seeds=(0,))
    assert table["recipe"].tolist() == list(short)
    assert (table["updates"] > 0).all()
    monkeypatch.setattr(studies, "run_recipe", None)  # would be called if a row were trained again
    pd.testing.assert_frame_equal(studies.run_league(trained, seeds=(0,)), table)
    found = studies.stored_answers(trained)[studies.IN_USE][0]
    tune = trained.manifest.split("tune").photos
    assert set(found["photo_id"]) == set(tune["photo_id"])
    assert found["stage"].max() == 2  # two regions
