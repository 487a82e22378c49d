"""The table of failures, their order, slices and pages."""

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.evaluation.intervals import wilson
from sightlab.views.failures import ANSWER_COLUMNS, FailureList, answer_table, failure_rates, gate_of


@pytest.fixture
def outcomes():
    rows = [
        ("a", "arch", "correct", 0.9, "similarity 0.90 > 0.50"),
        ("b", "arch", "missed", 0.1, "no landmark in the 1 km square; the world search would have said x"),
        ("c", "non_landmark", "false_alarm", 0.7, "similarity 0.70 > 0.50"),
        ("d", "dome", "confused", 0.6, "similarity 0.60 > 0.50"),
        ("e", "dome", "missed", -np.inf, "unreadable: truncated"),
        ("f", "dome", "missed", 0.8, "mean distance 1.20 to the references > 1.00"),
    ]
    return pd.DataFrame(rows, columns=["photo_id", "landmark_id", "outcome", "similarity", "reason"])


@pytest.fixture
def answers(outcomes):
    facts = dict.fromkeys(ANSWER_COLUMNS, "")
    table = pd.DataFrame([{"photo": photo, **facts} for photo in reversed(outcomes["photo_id"].tolist())])
    return table.assign(threshold=0.5, margin=0.1, centroid=0, cosine=0.5, probability=0.5)


def test_worst_failures_come_first(outcomes, answers):
    # b lacks 0.4, c is 0.2 too high, d 0.1, f lacks no similarity, e unreadable; then a, which is right
    table = answer_table(outcomes, answers)
    assert list(table["photo_id"]) == ["b", "c", "d", "f", "e", "a"]
    np.testing.assert_allclose(table["severity"][:4], [0.4, 0.2, 0.1, 0.0], atol=1e-12)
    assert np.isnan(table["severity"][4])
    assert list(table["is_failure"]) == [True] * 5 + [False]
    assert list(table["gate"][:5]) == ["geo", "similarity", "similarity", "references", "unreadable"]


def test_order_of_rows_and_inputs_do_not_matter(outcomes, answers):
    before = outcomes.copy()
    shuffled = answer_table(outcomes.sample(frac=1, random_state=0), answers)
    pd.testing.assert_frame_equal(shuffled, answer_table(outcomes, answers))
    pd.testing.assert_frame_equal(outcomes, before)


def test_an_outcome_without_answer_is_named(outcomes, answers):
    with pytest.raises(InputError, match="1 photos, first 'c'"):
        answer_table(outcomes, answers[answers["photo"] != "c"])
    with pytest.raises(InputError, match="trace"):
        answer_table(outcomes, answers.drop(columns="trace"))


def test_gates_in_the_words_of_the_recognizer():
    assert (
        gate_of("similarity 0.20 <= 0.37 in the 1 km square; the world search would have ...") == "similarity"
    )
    assert gate_of("no landmark in the 1 km square; the world search would have said nothing") == "geo"
    assert gate_of("mean distance 1.10 to the references > 1.00") == "references"
    assert gate_of("similarity 0.60 > 0.37, but ahead of Old Tower by only 0.04 < 0.10") == "lead"
    world = "no landmark: similarity 0.60 > 0.37, but ahead of Old Tower by only 0.04 < 0.10"
    assert gate_of(f"similarity 0.20 <= 0.37 in the 1 km square; the world search: {world}") == "similarity"
    assert gate_of("unreadable: missing") == "unreadable"


def test_failure_rates_by_slice(outcomes, answers):
    table = answer_table(outcomes, answers).assign(region=["north", "north", None, "", "south", "north"])
    rates = failure_rates(table, ["region"]).set_index("slice")
    assert rates.loc["region: north", ["n", "failures"]].tolist() == [3, 2]
    assert rates.loc["region: north", ["low", "high"]].tolist() == pytest.approx(list(wilson(2, 3)))
    assert list(rates.index) == ["region: south", "region: north"]  # 1 of 1 before 2 of 3
    assert len(failure_rates(table.iloc[:0], ["region"])) == 0
    with pytest.raises(InputError, match="city"):
        failure_rates(table, ["city"])


@pytest.fixture
def photos(outcomes, answers):
    return FailureList(answer_table(outcomes, answers).assign(n_photos=range(6)))


def test_slices_are_columns_with_few_different_values(photos):
    slices = photos.slices
    assert slices["outcome"] == {"missed": 3, "false_alarm": 1, "confused": 1, "correct": 1}
    assert "photo_id" not in slices  # a name for each
    assert "similarity" not in slices
    assert "runner_up" not in slices  # one value, ""


def test_choosing_and_taking_back(photos):
    assert list(photos.choose(outcome="missed").rows) == [0, 3, 4]
    both = photos.choose(outcome="missed").choose(gate="geo")
    assert list(both.rows) == [0]
    assert list(both.choose(gate="").rows) == [0, 3, 4]
    assert list(photos.choose(outcome="nothing like it").rows) == []
    assert list(photos.choose(outcome="nothing like it").page(0)) == []
    with pytest.raises(InputError, match="'mood' is no column"):
        photos.choose(mood="good")


def test_right_photos_come_after_failures_the_nearly_wrong_first(photos):
    # failures with severities .1 and .4; right ones .3 and .2 above the threshold; one unreadable
    table = photos.table.head(5).assign(severity=[0.1, 0.3, 0.4, 0.2, np.nan], is_failure=[1, 0, 1, 0, 1])
    assert list(FailureList(table.astype({"is_failure": bool})).rows) == [2, 0, 3, 1, 4]


def test_orders(photos):
    # rows are b c d f e a with similarities .1 .7 .6 .8 -inf .9
    similar = FailureList(photos.table, "similarity")
    assert list(similar.rows) == [5, 3, 1, 2, 0, 4]
    assert list(FailureList(photos.table, "given").rows) == list(range(6))
    with pytest.raises(InputError, match="order='mood'"):
        FailureList(photos.table, "mood")


def test_pages_cover_every_row_once(photos):
    pages = [photos.page(number, size=4).tolist() for number in (0, 1)]
    assert pages[0] + pages[1] == photos.rows.tolist()
    assert photos.page(7, size=4).tolist() == pages[1]  # beyond the end
    assert photos.page(-1, size=4).tolist() == pages[0]


def test_a_lasso_chooses_by_place(photos):
    xy = np.array([[0, 0], [1, 1], [5, 5], [np.nan, 0], [0.5, 0.5], [-1, 0]], float)
    placed = FailureList(photos.table, xy=xy)
    square = [[-0.5, -0.5], [2, -0.5], [2, 2], [-0.5, 2]]
    assert sorted(placed.inside(square).rows) == [0, 1, 4]
    assert list(placed.inside(None).rows) == list(placed.rows)
    assert list(placed.inside(square[:2]).rows) == list(placed.rows)  # no area
    assert list(photos.inside(square).rows) == list(photos.rows)  # no plane


def test_outcomes_at_another_threshold(photos):
    table = photos.table.assign(best_landmark_id=["arch", "arch", "arch", "dome", "", "arch"])
    # b arch .1, c distractor .7, d dome but arch .6, f dome .8, e dome unreadable, a arch .9
    assert FailureList(table).outcomes_at(0.65) == [
        "missed", "false_alarm", "missed", "correct", "missed", "correct",
    ]  # fmt: skip
    assert FailureList(table).outcomes_at(0.05)[0] == "correct"
    assert FailureList(table).outcomes_at(0.7)[1] == "correct_rejection"  # equal is not above


def test_a_frame_needs_photos_each_once(photos):
    with pytest.raises(InputError, match="photo_id"):
        FailureList(photos.table.drop(columns="photo_id"))
    with pytest.raises(InputError, match="unique"):
        FailureList(pd.concat([photos.table, photos.table]))
    with pytest.raises(InputError, match="it has 'gate' 2 times"):
        FailureList(pd.concat([photos.table, photos.table[["gate"]]], axis=1))
    assert list(FailureList(photos.table.iloc[:0]).page(0)) == []


def test_columns_of_any_name_and_kind_make_slices_and_orders(photos):
    stars = pd.array([3, 1, None, 1, 3, None], dtype="Int64")
    table = photos.table.assign(severity=stars, flag=pd.array([True, False, None] * 2, dtype="boolean"))
    table = table.rename(columns={"gate": 7, "outcome": "self"})
    found = FailureList(table)
    for name, values in found.slices.items():
        for value, n in values.items():
            assert len(found.choose(**{name: value}).rows) == n, (name, value)
    assert {"7", "self", "flag"} <= set(found.slices)
    assert list(found.rows)[-2:] == [2, 5]  # without severity last
