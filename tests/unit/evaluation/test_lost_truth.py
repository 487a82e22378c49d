"""Where the truth is lost, by hand: one photo for every fate."""

import numpy as np
import pandas as pd

from sightlab.evaluation.lost_truth import FATES, fates, fates_by, recall_at

TRUTH = pd.DataFrame(
    {"photo_id": ["p", "q", "r", "s", "t", "d"], "landmark_id": ["a", "a", "b", "b", "c", "non_landmark"]}
)
ANSWERS = pd.DataFrame(
    {
        "photo": ["d", "t", "s", "r", "q", "p"],  # in any order
        "best_landmark_id": ["a", "c", "b", "c", "b", "a"],
        "similarity": [9.5, 8.5, 3.5, 7.5, 6.5, 30.5],
    }
)
COMPARED = pd.DataFrame(
    [
        ("p", "b", 40, 5), ("p", "a", 60, 30), ("p", "a", 50, 12),
        ("q", "b", 40, 6), ("q", "c", 40, 4),
        ("r", "b", 40, 5), ("r", "c", 40, 7),
        ("s", "b", 40, 3),
        ("t", "c", 20, 8), ("t", "a", 40, 2),
        ("d", "a", 90, 9),
    ],
    columns=["photo", "landmark_id", "n_matches", "n_inliers"],
)  # fmt: skip


def found() -> pd.DataFrame:
    return fates(TRUTH, ANSWERS, COMPARED, 10.0, lambda n: n / 10).set_index("photo_id")


def test_every_fate():
    # q: its landmark a was never compared; r: c has 7 inliers, b 5; s, t: first, but not above 10
    assert found()["fate"].to_dict() == {
        "p": "right", "q": "no_candidate", "r": "beaten", "s": "below", "t": "below", "d": "",
    }  # fmt: skip
    assert set(found()["fate"]) - {""} == set(FATES)


def test_inliers_of_the_true_place_and_of_the_best_wrong_one():
    table = found()
    assert table.loc["p", ["rank", "true_inliers", "wrong_inliers"]].tolist() == [2, 30, 5]
    assert table.loc["p", ["true_null", "wrong_null"]].tolist() == [6, 4]  # of 60 and 40 matches
    assert np.isnan(table.loc["q", "true_inliers"])
    assert np.isnan(table.loc["s", "wrong_inliers"])
    assert table.loc["d", "wrong_inliers"] == 9  # every place is wrong for a distractor
    assert np.isnan(table.loc["d", "rank"])


def test_a_photo_without_candidates():
    nothing = COMPARED[COMPARED["photo"] != "t"]
    table = fates(TRUTH, ANSWERS, nothing, 10.0, lambda n: n / 10).set_index("photo_id")
    assert table.loc["t", "fate"] == "no_candidate"


def test_counts_by_slice():
    table = found().reset_index()
    masks = {
        "all": np.ones(6, bool),
        "a": (table["landmark_id"] == "a").to_numpy(),
        "none": np.zeros(6, bool),
    }
    counts = fates_by(table, masks)
    assert counts["slice"].tolist() == ["all", "a"]
    assert counts["n"].tolist() == [5, 2]
    assert counts.loc[0, list(FATES)].tolist() == [1, 1, 1, 2]
    assert counts.loc[1, list(FATES)].tolist() == [1, 1, 0, 0]


def test_recall_by_rank():
    # true landmarks at ranks 2, none, 1, 1, 1 of five photos
    numbers = recall_at(found().reset_index(), (1, 2))
    assert (numbers["recall_at_1"], numbers["recall_at_2"], numbers["recall_at_candidates"]) == (
        0.6,
        0.8,
        0.8,
    )
    assert numbers["recall_at_1_low"] < 0.6 < numbers["recall_at_1_high"]
