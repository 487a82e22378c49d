"""Two systems on the same photos: counts by hand, McNemar, Holm, and refusals."""

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.evaluation.compare import CHANGES, compare
from sightlab.evaluation.intervals import holm, mcnemar_exact
from sightlab.evaluation.protocol import evaluate

NON = "non_landmark"


@pytest.fixture
def first(predictions, truth):
    return evaluate(predictions, truth, n_resamples=2)


@pytest.fixture
def better(predictions, truth):
    """t1 is right now, t6 is rejected; but t3 is lost."""
    table = predictions.set_index("photo")
    table.loc["t1", ["landmark_id", "best_landmark_id", "similarity"]] = ["a", "a", 0.95]
    table.loc["t6", ["landmark_id", "similarity"]] = [NON, 0.55]
    table.loc["t3", ["landmark_id", "similarity"]] = [NON, 0.52]
    return evaluate(table.reset_index(), truth, n_resamples=2)


def test_what_changed_photo_by_photo(first, better):
    found = compare(first, better, n_resamples=10)
    change = found.photos.set_index("photo_id")["change"]
    assert change.to_dict() == {
        "t0": "both right",
        "t1": "fixed",
        "t2": "both wrong",
        "t3": "broken",
        "t4": "both wrong",
        "t5": "both wrong",
        "t6": "fixed",
        **dict.fromkeys(("t7", "t8", "t9"), "both right"),
    }
    words = "second against first on 10 photos: 4 both right, 2 fixed, 1 broken, 3 both wrong"
    assert repr(found) == words
    assert set(found.photos["change"]) <= set(CHANGES)
    assert found.photos.loc[1, "outcome_first"] == "confused"
    assert found.photos.loc[1, "answer_second"] == "a"


def test_each_question_by_hand(first, better):
    rows = compare(first, better, n_resamples=10).questions.set_index("question")
    chosen = rows.loc["sensitivity at the chosen threshold"]
    assert (chosen["n"], chosen["first"], chosen["second"]) == (6, 2 / 6, 2 / 6)
    assert (chosen["only_first"], chosen["only_second"], chosen["difference"]) == (1, 1, 0.0)
    # first: threshold 0.65, t0 t3 right. second: threshold 0.55, above it t0 0.90 and t1 0.95
    assert (rows.loc["sensitivity at FPR 1 %", ["first", "second"]] == 2 / 6).all()
    assert rows.loc["sensitivity at FPR 1 %", "only_second"] == 1
    closed = rows.loc["closed-set accuracy"]  # t0 t2 t3 t4, then t1 too
    assert (closed["first"], closed["second"], closed["only_first"], closed["only_second"]) == (
        4 / 6,
        5 / 6,
        0,
        1,
    )
    rejected = rows.loc["distractors rejected at the chosen threshold"]
    assert (rejected["n"], rejected["first"], rejected["second"]) == (4, 3 / 4, 1.0)
    assert rejected["p"] == mcnemar_exact(0, 1) == 1.0


def test_p_values_are_exact_and_adjusted(truth, predictions):
    # thirty more photos of a that only the second system knows
    more = pd.DataFrame({"photo_id": [f"m{i:02d}" for i in range(30)], "landmark_id": "a", "split": "test"})
    truth = pd.concat([truth, more], ignore_index=True)
    facts = {"best_landmark_id": "a", "reason": "similarity"}
    known = more.assign(photo=more["photo_id"], similarity=0.8, **facts)[list(predictions)]
    missed = known.assign(landmark_id=NON, similarity=0.4)
    first, second = (
        evaluate(pd.concat([predictions, extra], ignore_index=True), truth, n_resamples=2)
        for extra in (missed, known)
    )
    found = compare(first, second, n_resamples=20)
    rows = found.questions.set_index("question")
    assert rows.loc["sensitivity at the chosen threshold", "p"] == pytest.approx(2 * 0.5**30)
    np.testing.assert_array_equal(found.questions["p_holm"], holm(found.questions["p"].to_numpy()))
    assert rows.loc["sensitivity at the chosen threshold", "difference"] == pytest.approx(30 / 36)


def test_a_system_against_itself_differs_in_nothing(first):
    found = compare(first, first, n_resamples=20)
    assert (found.questions[["difference", "low", "high"]] == 0).all(axis=None)
    assert (found.questions["p_holm"] == 1).all()


def test_the_interval_is_of_the_difference_of_drawn_landmarks():
    # 40 landmarks of 3 photos; the second system gains one landmark in four: 25 % +- 1.96 sqrt(.1875 / 40)
    rng = np.random.default_rng(0)
    truth = pd.DataFrame({"photo_id": [f"p{i}" for i in range(160)], "split": "test"})
    truth["landmark_id"] = [f"l{i // 3:02d}" for i in range(120)] + [NON] * 40
    answers = pd.DataFrame({"photo": truth["photo_id"], "best_landmark_id": truth["landmark_id"]})
    answers.loc[120:, "best_landmark_id"] = "l00"
    answers["reason"] = "similarity"
    similarity = np.append(np.full(120, 0.8), rng.uniform(0, 0.5, 40))
    lost = np.append(np.repeat(np.arange(40) % 4 == 0, 3), np.zeros(40, dtype=bool))
    both = []
    for these in (np.where(lost, 0.1, similarity), similarity):
        given = np.where(these > 0.6, answers["best_landmark_id"], NON)
        both.append(evaluate(answers.assign(similarity=these, landmark_id=given), truth, n_resamples=2))
    row = compare(*both, n_resamples=1000).questions.iloc[0]
    assert row["difference"] == 0.25
    assert row["low"] == pytest.approx(0.25 - 1.96 * np.sqrt(0.1875 / 40), abs=0.03)
    assert row["high"] == pytest.approx(0.25 + 1.96 * np.sqrt(0.1875 / 40), abs=0.03)


def test_the_order_of_rows_does_not_matter_and_it_repeats(first, better, predictions, truth):
    turned = evaluate(predictions, truth[::-1], n_resamples=2)
    one, other = compare(first, better, n_resamples=15), compare(first, better, n_resamples=15)
    pd.testing.assert_frame_equal(one.questions, other.questions)
    again = compare(turned, better, n_resamples=15)
    columns = ["question", "first", "second", "only_first", "only_second", "p_holm"]
    pd.testing.assert_frame_equal(again.questions[columns], one.questions[columns])


def test_refuses_other_photos_and_other_truths(first, predictions, truth):
    fewer = evaluate(predictions[1:], truth[1:], n_resamples=2)
    with pytest.raises(InputError, match="1 photos of the first only and 0 of the second only, such as 't0'"):
        compare(first, fewer)
    with pytest.raises(InputError, match="0 photos of the first only and 1 of the second only"):
        compare(fewer, first)
    truth.loc[0, "landmark_id"] = "b"
    with pytest.raises(InputError, match="another landmark for 1 photos, first 't0'"):
        compare(first, evaluate(predictions, truth, n_resamples=2))
    only = evaluate(predictions[:6], truth[:6], n_resamples=2)
    with pytest.raises(InputError, match="got 6 and 0 in compare"):
        compare(only, only)
