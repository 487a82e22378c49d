"""What a region lost since its own stage, by hand."""

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.evaluation.forgetting import PARTS, change_of_region, sensitivity_of_regions, transfer_numbers

TRUTH = {
    "a": "arch",
    "b": "arch",
    "c": "dome",
    "d": "dome",
    "e": "cave",
    "x": "non_landmark",
    "y": "non_landmark",
}
REGION = {"arch": "north", "dome": "north", "cave": "south", "non_landmark": ""}


def answers(best: str = "", **similarity) -> pd.DataFrame:
    """Every photo named right, but for those in `best`, which are taken for the cave."""
    rows = []
    for photo, value in similarity.items():
        truth = TRUTH[photo]
        named = "cave" if photo in best or truth == "non_landmark" else truth
        rows.append((photo, REGION[truth], truth, named, value))
    return pd.DataFrame(rows, columns=["photo_id", "region", "truth", "best", "similarity"])


OWN = answers(a=0.9, b=0.8, c=0.7, d=0.6, x=0.1, y=0.5)  # all four
SAME = answers(a=0.9, b=0.8, c=0.7, d=0.4, x=0.1, y=0.5)  # d is forgotten
LAST = answers("a", a=0.95, b=0.8, c=0.7, d=0.4, e=0.9, x=0.1, y=0.75)  # a is taken for the cave, c too low


def test_sensitivity_of_regions_by_hand():
    found = sensitivity_of_regions(LAST, ["south", "north", "east"], 0.01).set_index("region")
    assert found["sensitivity"].fillna(-1).to_dict() == {"south": 1.0, "north": 0.25, "east": -1}
    assert found["n"].to_dict() == {"south": 1, "north": 4, "east": 0}
    assert found.loc["north", "low"] < 0.25 < found.loc["north", "high"]


def test_the_parts_by_hand():
    found = change_of_region("north", OWN, SAME, LAST, n_resamples=50)
    assert (found["region"], found["n"]) == ("north", 4)
    assert [found[part] for part in PARTS] == [-0.75, -0.25, -0.5]
    for part in PARTS:
        assert found[f"{part}_low"] <= found[part] <= found[f"{part}_high"]


def test_the_order_of_rows_does_not_matter():
    turned = [table.sample(frac=1, random_state=seed) for seed, table in enumerate((OWN, SAME, LAST))]
    found = change_of_region("north", *turned, n_resamples=1)
    assert [found[part] for part in PARTS] == [-0.75, -0.25, -0.5]


def test_a_resample_draws_whole_landmarks_for_all_three_alike():
    found = change_of_region("north", OWN, OWN, OWN, n_resamples=50)
    assert {found[f"{part}{end}"] for part in PARTS for end in ("", "_low", "_high")} == {0.0}
    # arch loses one of two, dome none: a resample without distractors near changes by -1/2, -1/4 or 0
    half = answers(a=0.9, b=0.0, c=0.7, d=0.6, x=0.1, y=0.5)
    found = change_of_region("north", OWN, half, half, n_resamples=200)
    assert (found["forgotten_low"], found["forgotten"], found["forgotten_high"]) == (-0.5, -0.25, 0.0)
    assert (found["crowded_low"], found["crowded_high"]) == (0, 0)


def test_bad_answers_are_refused():
    with pytest.raises(InputError, match="1 are missing in one of the tables, the first is 'd'"):
        change_of_region("north", OWN, SAME[SAME["photo_id"] != "d"], LAST)
    with pytest.raises(InputError, match="photos of region 'east'"):
        change_of_region("east", OWN, SAME, LAST)


def test_mean_and_worst():
    rows = [("north", -0.75, -0.25), ("south", 0.25, -0.5)]
    table = pd.DataFrame(rows, columns=["region", "change", "forgotten"])
    for part in ("change", "forgotten"):
        table[f"{part}_low"], table[f"{part}_high"] = table[part] - 0.1, table[part] + 0.1
    numbers = transfer_numbers(table)
    assert (numbers["backward_transfer"], numbers["network_transfer"]) == (-0.25, -0.375)
    worst = [numbers[f"worst_backward_transfer{end}"] for end in ("", "_low", "_high")]
    np.testing.assert_allclose(worst, [-0.75, -0.85, -0.65])
    assert numbers["worst_network_transfer"] == -0.5
    none = transfer_numbers(table.iloc[:0])
    assert none.keys() == numbers.keys()
    assert set(none.values()) == {None}
