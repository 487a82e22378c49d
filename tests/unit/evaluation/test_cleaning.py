"""Numbers of one cleaning: by hand, without references, and where nothing is known."""

import numpy as np
import pandas as pd
import pytest

from sightlab.evaluation.cleaning import cleaning_numbers, needs_references
from sightlab.evaluation.intervals import wilson

CLEANED = pd.DataFrame(
    {
        "photo_id": list("abcdefr"),
        "landmark_id": ["x", "x", "x", "y", "y", "y", "x"],
        "score": [0.1, 0.9, 0.5, 0.5, 1.2, np.nan, 0.0],  # f was not judged
        "threshold": [0.7] * 7,
        "keep": [True, False, True, True, False, True, True],
    }
)


def test_numbers_by_hand():
    found = cleaning_numbers(CLEANED, {"b", "d", "f"}, "all_", {"r"})
    # wrong: b 0.9, d 0.5; others: a 0.1, c 0.5, e 1.2, and the reference r, which cannot be dropped, is none
    # pairs (wrong above other): b-a 1, b-c 1, b-e 0, d-a 1, d-c 0.5, d-e 0 -> 3.5 / 6
    assert found["all_cleaning_auroc"] == pytest.approx(3.5 / 6)
    assert found["all_cleaning_auroc_low"] <= found["all_cleaning_auroc"] <= found["all_cleaning_auroc_high"]
    assert (found["all_n_noise"], found["all_n_other"]) == (2, 3)
    assert found["all_noise_dropped"] == 1 / 2
    # others: x drops none of a and c, y drops e; the resamples xx, xy, yy: 0, 1/3, 1
    assert found["all_clean_dropped"] == 1 / 3
    assert (found["all_clean_dropped_low"], found["all_clean_dropped_high"]) == (0, 1)
    counts = found["all_n_judged"], found["all_n_unjudged"], found["all_n_dropped"], found["all_threshold"]
    assert counts == (6, 1, 2, pytest.approx(0.7))


def test_references_count_where_nobody_names_them():
    # r lies below both wrong photos: 5.5 of 8 pairs
    found = cleaning_numbers(CLEANED, {"b", "d"})
    assert found["cleaning_auroc"] == pytest.approx(5.5 / 8)
    assert found["clean_dropped"] == 1 / 4


@pytest.mark.parametrize("wrong", [set(), set("abcde")])
def test_without_both_kinds_of_photos_only_counts_are_reported(wrong):
    found = cleaning_numbers(CLEANED, wrong, reference_ids={"r"})
    assert found["cleaning_auroc"] is None
    assert found["noise_dropped_high"] is None
    assert found["n_judged"] == 6


def test_shares_have_the_intervals_of_whole_landmarks():
    # 30 landmarks of 10 other photos and one wrong one; six lose all others, the rest none: 20 %
    rng = np.random.default_rng(0)
    landmark = np.repeat([f"l{i:02d}" for i in range(30)], 11)
    is_wrong = np.arange(330) % 11 == 0
    is_hard = np.repeat(np.arange(30) < 6, 11)
    cleaned = pd.DataFrame(
        {
            "photo_id": [f"p{i}" for i in range(330)],
            "landmark_id": landmark,
            "score": rng.random(330),
            "threshold": 0.5,
            "keep": ~is_wrong & ~is_hard,
        }
    )
    found = cleaning_numbers(cleaned, set(cleaned.loc[is_wrong, "photo_id"]))
    assert (found["clean_dropped"], found["noise_dropped"]) == (0.2, 1)
    # the binomial of 30 landmarks: 0.2 +- 1.96 sqrt(0.2 0.8 / 30) = 0.06 to 0.34, not 0.16 to 0.25
    assert found["clean_dropped_low"] == pytest.approx(0.06, abs=0.03)
    assert found["clean_dropped_high"] == pytest.approx(0.34, abs=0.03)
    assert (found["noise_dropped_low"], found["noise_dropped_high"]) == wilson(30, 30)


def test_landmarks_that_want_references_are_named_with_the_reason():
    landmarks = pd.DataFrame(
        {"landmark_id": list("tuvwxyz"), "name": [f"The {c.upper()}" for c in "tuvwxyz"]}
    )
    rows = [
        *[("t", 0.1, True), ("t", 0.2, True), ("t", 0.9, False)],  # two of three stay: nothing is wanted
        *[("u", 0.9, False), ("u", 0.8, False)],
        *[("v", np.nan, True), ("v", np.nan, True)],
        ("w", np.nan, True),
        *[("x", 0.1, True), ("x", 0.9, False)],
        *[("y", 0.0, True), ("y", 0.0, True), ("y", 0.9, False)],  # its two references, and one photo
    ]  # z has no row
    cleaned = pd.DataFrame(rows, columns=["landmark_id", "score", "keep"])
    cleaned = cleaned.assign(photo_id=[f"p{i}" for i in range(len(rows))], threshold=0.5)
    table = needs_references(cleaned, landmarks[::-1], {"p10", "p11"})
    assert list(table.itertuples(index=False, name=None)) == [
        ("u", "The U", 2, 0, "every photo was dropped"),
        ("v", "The V", 2, 2, "no readable reference: kept unjudged"),
        ("w", "The W", 1, 1, "no readable reference: kept unjudged; one photo after cleaning"),
        ("x", "The X", 2, 1, "one photo after cleaning"),
        ("y", "The Y", 3, 2, "every photo but its references was dropped"),
        ("z", "The Z", 0, 0, "no readable train photo"),
    ]
    assert needs_references(cleaned[:3], landmarks[:1]).empty


def test_a_landmark_of_references_alone_wants_nothing():
    cleaned = CLEANED.assign(landmark_id="x", score=0.1, keep=True)
    landmarks = pd.DataFrame({"landmark_id": ["x"], "name": ["X"]})
    assert needs_references(cleaned, landmarks, set(cleaned["photo_id"])).empty
