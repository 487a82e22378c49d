"""The league of recipes by hand, from made answers."""

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
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


# after the last stage all landmark photos are above both distractors, none is, or those of arch only
ALL = answers([0.9, 0.8, 0.1, 0.5], [0.9, 0.9, 0.9, 0.9, 0.1, 0.2])
NONE = answers([0.9, 0.8, 0.1, 0.5], [0.1, 0.1, 0.1, 0.1, 0.5, 0.6])
ARCH = answers([0.9, 0.8, 0.1, 0.5], [0.9, 0.9, 0.1, 0.1, 0.5, 0.6])


def test_the_league_by_hand():
    table = league_of(
        {IN_USE: {0: BOTH, 1: HALF}, "other": {0: answers([0] * 4, [0.9, 0.2, 0.2, 0.2, 0.1, 0.5])}},
        n_resamples=20,
    ).set_index("recipe")
    # in use: 3 of 4 with both seeds; the other: 1 of 4 with its one seed
    assert table["sensitivity"].to_dict() == {IN_USE: 0.75, "other": 0.25}
    assert table["seeds"].to_dict() == {IN_USE: 2, "other": 1}
    assert table["gain"].to_dict() == {IN_USE: 0.0, "other": -0.5}
    assert table["backward_transfer"][IN_USE] == 0.0  # (-1/2 + 1/2) / 2
    assert table["closed_set_accuracy"]["other"] == 1
    assert league_of({"other": {0: BOTH}}).empty  # nothing to hold it against


def ends(table):
    return table[["sensitivity", "low", "high", "spread", "gain", "gain_low", "gain_high"]].to_list()


def test_intervals_hold_the_seed():
    league = league_of(
        {
            IN_USE: {0: ALL, 1: NONE},
            "steady": {0: ALL, 1: ALL},
            "one seed": {1: ALL},
            "as in use": {1: NONE, 0: ALL},
        },
    ).set_index("recipe")
    # whatever the photos, seed 0 of the recipe in use is right always and seed 1 never: of two drawn seeds
    # both are 0 or both 1 in a quarter of the draws each, so 95 % reach from 0 to 1
    assert ends(league.loc[IN_USE]) == [0.5, 0, 1, 1, 0, 0, 0]
    # right always: it gains nothing with seed 0 and all with seed 1
    assert ends(league.loc["steady"]) == [1, 1, 1, 0, 0.5, 0, 1]
    # seed 1 is held against seed 1, and nothing is left to draw
    assert ends(league.loc["one seed"]) == [1, 1, 1, 0, 1, 1, 1]
    # the seeds in another order are the same pairs: no draw makes a gain of them
    assert ends(league.loc["as in use"]) == [0.5, 0, 1, 1, 0, 0, 0]


def test_intervals_hold_the_choice_of_landmarks():
    league = league_of({IN_USE: {0: ALL}, "other": {0: ARCH, 1: ARCH}}).set_index("recipe")
    # arch is right and cave is not: both drawn landmarks are arch in a quarter of the draws; both cave, too
    assert ends(league.loc["other"]) == [0.5, 0, 1, 0, -0.5, -1, 0]
    assert ends(league.loc[IN_USE]) == [1, 1, 1, 0, 0, 0, 0]


def test_without_a_common_seed_there_is_no_gain():
    league = league_of({IN_USE: {0: ALL}, "other": {1: ALL}}, n_resamples=5).set_index("recipe")
    assert league.loc["other", ["gain", "gain_low", "gain_high"]].isna().all()
    assert league.loc["other", "sensitivity"] == 1


def test_answers_are_paired_by_photo():
    given = {IN_USE: {0: BOTH, 1: HALF}, "other": {0: HALF, 1: ARCH}}
    shuffled = {
        name: {s: t.sample(frac=1, random_state=s) for s, t in tables.items()}
        for name, tables in given.items()
    }
    shuffled[IN_USE][0] = BOTH
    pd.testing.assert_frame_equal(league_of(shuffled, n_resamples=30), league_of(given, n_resamples=30))


def test_answers_to_other_photos_are_refused():
    other = HALF.assign(photo_id=HALF["photo_id"].replace("d", "z"))
    with pytest.raises(InputError, match=r"those of 'other', seed 3, differ .* in 2, 'd' first"):
        league_of({IN_USE: {0: BOTH}, "other": {3: other}})


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
