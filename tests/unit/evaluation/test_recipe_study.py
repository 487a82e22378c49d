"""The league of recipes by hand, from made answers."""

import numpy as np
import pandas as pd

from sightlab.evaluation.recipe_study import (
    IN_USE,
    backward_transfer,
    forgetting_of,
    league_numbers,
    league_of,
)


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
    table = forgetting_of(BOTH).set_index(["stage", "group"])["sensitivity"]
    assert table.to_dict() == {(1, 1): 1.0, (2, 1): 0.5, (2, 2): 1.0}
    assert backward_transfer(BOTH) == -0.5
    assert backward_transfer(HALF) == 0.5  # 1/2 after stage 1, 2/2 after stage 2
    assert np.isnan(backward_transfer(BOTH[BOTH["stage"] == 1]))


def test_the_league_by_hand():
    table = league_of(
        {IN_USE: [BOTH, HALF], "other": [answers([0] * 4, [0.9, 0.2, 0.2, 0.2, 0.1, 0.5])]},
        n_resamples=20,
    ).set_index("recipe")
    # in use: 3 of 4 with both seeds; the other: 1 of 4 with its one seed
    assert table["sensitivity"].to_dict() == {IN_USE: 0.75, "other": 0.25}
    assert table["seeds"].to_dict() == {IN_USE: 2, "other": 1}
    assert table["gain"].to_dict() == {IN_USE: 0.0, "other": -0.5}
    assert table["backward_transfer"][IN_USE] == 0.0  # (-1/2 + 1/2) / 2
    assert table["closed_set_accuracy"]["other"] == 1
    assert league_of({"other": [BOTH]}).empty  # nothing to hold it against


def test_league_numbers_are_flat():
    rows = [("all at once", -0.1, -0.2, 0.0), ("a center, too", 0.1, 0.05, 0.2)]
    league = pd.DataFrame(rows, columns=["recipe", "gain", "gain_low", "gain_high"])
    assert league_numbers(league) == {
        "league_gain_all_at_once": -0.1,
        "league_gain_low_all_at_once": -0.2,
        "league_gain_high_all_at_once": 0.0,
        "league_gain_a_center_too": 0.1,
        "league_gain_low_a_center_too": 0.05,
        "league_gain_high_a_center_too": 0.2,
    }
    assert league_numbers(pd.DataFrame()) == {}
