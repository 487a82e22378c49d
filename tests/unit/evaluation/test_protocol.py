import json

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.evaluation.intervals import clopper_pearson_upper, wilson
from sightlab.evaluation.prevalence import ppv
from sightlab.evaluation.protocol import evaluate

NON = "non_landmark"


def test_every_number_by_hand(truth, predictions):
    found = evaluate(predictions, truth, n_resamples=50)
    n = found.numbers
    assert (n["n_landmark"], n["n_distractor"]) == (6, 4)
    assert (n["sensitivity"], n["confusion_rate"], n["fpr"]) == (2 / 6, 1 / 6, 1 / 4)
    assert n["closed_set_accuracy"] == 4 / 6  # t0 t2 t3 t4; the unreadable t5 is wrong
    # 1 % and 0.1 % of four distractors allow none: threshold 0.65; above it t0 t3 right, t1 confused
    for at in ("1pct", "0.1pct", "0.05pct"):
        assert n[f"sensitivity_at_fpr_{at}"] == 2 / 6
        assert n[f"confusion_at_fpr_{at}"] == 1 / 6
        assert n[f"threshold_at_fpr_{at}"] == 0.65
    # ranks: t0 hit, t3 hit, t1, t6, t2 hit, t7, t4 hit, t8 -> (1 + 1 + 3/5 + 4/7) / 6
    assert n["micro_ap"] == pytest.approx((1 + 1 + 3 / 5 + 4 / 7) / 6)
    # pairs won by t0..t5 over t6 t7 t8 t9: t0 4, t1 4, t2 3, t3 4, t4 2, t5 (tied with t9) 0.5 -> 17.5 of 24
    assert n["auroc"] == pytest.approx(17.5 / 24)
    # p = 0.01: 0.01 / 3 / (0.01 (1/3 + 1/6) + 0.99 / 4)
    assert n["ppv_at_1pct"] == pytest.approx(0.01 / 3 / (0.005 + 0.99 / 4))
    assert n["ppv_at_1pct"] < n["ppv_at_2pct"] < n["ppv_at_3pct"]
    # of 1,000 photos 10 show a landmark and 1/6 of them is confused, 1/4 of the other 990 are false alarms
    assert n["wrong_albums_per_1000_at_1pct"] == pytest.approx(10 / 6 + 990 / 4)
    assert n["fpr_at_sensitivity_80pct"] is None  # five of six would be 80 %, four have the right best
    assert n["fpr_bound"] == clopper_pearson_upper(1, 4)
    assert found.outcomes["outcome"].tolist() == [
        *("correct", "confused", "missed", "correct", "missed", "missed"),
        *("false_alarm", "correct_rejection", "correct_rejection", "correct_rejection"),
    ]
    assert repr(found) == (
        "Evaluation: 6 landmark photos and 4 distractors: "
        "2 correct, 1 confused, 3 missed, 1 false alarm, 3 correct rejection"
    )


def test_every_rate_has_its_interval_and_all_is_json(truth, predictions):
    numbers = evaluate(predictions, truth, n_resamples=50).numbers
    json.dumps(numbers, allow_nan=False)
    plain = [k for k in numbers if not k.endswith(("_low", "_high", "_bound")) and not k.startswith("n_")]
    rates = [k for k in plain if not k.startswith(("threshold_", "wrong_albums", "fpr_at_sensitivity"))]
    assert len(rates) == 15
    for key in rates:
        assert 0 <= numbers[f"{key}_low"] <= numbers[key] <= numbers[f"{key}_high"] <= 1, key
        assert type(numbers[key]) is float, key
    assert (numbers["sensitivity_low"], numbers["sensitivity_high"]) == wilson(2, 6)
    assert (numbers["fpr_low"], numbers["fpr_high"]) == wilson(1, 4)
    for key in ("wrong_albums_per_1000_at_1pct", "wrong_albums_per_1000_at_3pct"):
        assert 0 <= numbers[f"{key}_low"] <= numbers[key] <= numbers[f"{key}_high"] <= 1000, key
    low = ppv(0.01, wilson(2, 6)[0], wilson(1, 6)[1], wilson(1, 4)[1])
    assert numbers["ppv_at_1pct_low"] == pytest.approx(low)


def test_the_bootstrap_repeats(truth, predictions):
    first, again = (evaluate(predictions, truth, n_resamples=30, seed=5).numbers for _ in range(2))
    assert first == again
    assert first["micro_ap_low"] < first["micro_ap"] < first["micro_ap_high"]


def test_order_of_rows_does_not_matter(truth, predictions):
    before = evaluate(predictions, truth, n_resamples=30)
    after = evaluate(predictions[::-1], truth, n_resamples=30)
    assert after.numbers == before.numbers
    pd.testing.assert_frame_equal(after.outcomes, before.outcomes)


def test_slices(truth, predictions):
    mask = truth["photo_id"].isin(["t0", "t1", "t6", "t7"]).to_numpy()
    found = evaluate(
        predictions, truth, slices={"mine": mask}, train_counts={"a": 101, "b": 100}, n_resamples=5
    ).slices.set_index("slice")
    assert list(found.index) == ["all", "frequent", "rare", "region: asia", "region: europe", "mine"]
    assert found["n_landmark"].tolist() == [6, 3, 3, 3, 3, 2]
    assert found["n_distractor"].tolist() == [4, 0, 0, 0, 0, 2]
    # frequent is a: t0 correct of three; rare is b and c: t3 correct of three; "frequent" means more than 100
    assert found["sensitivity"].tolist() == pytest.approx([2 / 6, 1 / 3, 1 / 3, 1 / 3, 1 / 3, 1 / 2])
    assert found["fpr"].isna().tolist() == [False, True, True, True, True, False]
    assert found.loc["mine", "fpr"] == 0.5
    assert (found.loc["rare", "sensitivity_low"], found.loc["rare", "sensitivity_high"]) == wilson(1, 3)
    # at the threshold of all distractors, 0.65
    assert found.loc["region: europe", "sensitivity_at_fpr_1pct"] == pytest.approx(1 / 3)
    empty = evaluate(predictions, truth, slices={"none": np.zeros(10, dtype=bool)}, n_resamples=5).slices
    assert np.isnan(empty.set_index("slice").loc["none", "sensitivity"])


def test_without_distractors_what_needs_them_is_none(truth, predictions):
    found = evaluate(predictions[:6], truth[:6], n_resamples=5)
    n = found.numbers
    json.dumps(n, allow_nan=False)
    assert n["sensitivity"] == 2 / 6
    assert n["closed_set_accuracy"] == 4 / 6
    for key in (
        "fpr",
        "fpr_low",
        "sensitivity_at_fpr_1pct",
        "micro_ap",
        "micro_ap_high",
        "auroc",
        "ppv_at_1pct",
        "wrong_albums_per_1000_at_2pct",
        "fpr_at_sensitivity_80pct",
        "fpr_bound",
    ):
        assert n[key] is None, key
    assert len(found.curve) == 0
    only = evaluate(predictions[6:], truth[6:], n_resamples=5).numbers
    assert (only["fpr"], only["sensitivity"], only["closed_set_accuracy"]) == (0.25, None, None)


def test_a_system_that_never_answers(truth, predictions):
    silent = predictions.assign(landmark_id=NON)
    numbers = evaluate(silent, truth, n_resamples=5).numbers
    assert (numbers["sensitivity"], numbers["fpr"], numbers["ppv_at_1pct"]) == (0, 0, None)
    json.dumps(numbers, allow_nan=False)


def test_the_curve_and_the_outcomes_carry_what_figures_need(truth, predictions):
    found = evaluate(predictions, truth, n_resamples=5)
    assert list(found.curve) == ["fpr", "sensitivity", "confusion_rate", "threshold"]
    assert list(found.outcomes) == [
        *truth.columns,
        "answer",
        "best_landmark_id",
        "similarity",
        "reason",
        "outcome",
    ]
    assert found.outcomes["similarity"].iloc[[5, 9]].tolist() == [-np.inf, -np.inf]


def test_inputs_are_unchanged(truth, predictions):
    copies = truth.copy(), predictions.copy()
    evaluate(predictions, truth, n_resamples=5)
    pd.testing.assert_frame_equal(truth, copies[0])
    pd.testing.assert_frame_equal(predictions, copies[1])


def test_refuses_tune_rows(truth, predictions):
    truth.loc[2, "split"] = "tune"
    with pytest.raises(InputError, match=r"split test only; got 1 of tune, first 't2'.*chosen on tune"):
        evaluate(predictions, truth)


def test_refuses_missing_unknown_and_repeated_photos(truth, predictions):
    with pytest.raises(InputError, match=r"10 test photos; got none for 2: 't8', 't9'"):
        evaluate(predictions[:8], truth)
    with pytest.raises(InputError, match=r"got 1 others: 't9'"):
        evaluate(predictions, truth[:9])
    with pytest.raises(InputError, match=r"photo in the predictions.*'t3' \(2 times\)"):
        evaluate(pd.concat([predictions, predictions[3:4]]), truth)
    with pytest.raises(InputError, match=r"photo_id in the truth.*'t3' \(2 times\)"):
        evaluate(predictions, pd.concat([truth, truth[3:4]]))


def test_refuses_unexplained_gaps(truth, predictions):
    with pytest.raises(InputError, match=r"NaN or infinity for 1, first 't0'"):
        evaluate(
            predictions.assign(similarity=predictions["similarity"].mask(predictions["photo"] == "t0")), truth
        )
    with pytest.raises(InputError, match="NaN or infinity for 2, first 't5'"):
        evaluate(predictions.assign(reason=None), truth)
    answered = predictions.assign(
        landmark_id=predictions["landmark_id"].mask(predictions["photo"] == "t5", "a")
    )
    with pytest.raises(InputError, match="unreadable photo; got a landmark for 1, first 't5'"):
        evaluate(answered, truth)
    with pytest.raises(InputError, match="got nothing for 10, first 't0', in column answer"):
        evaluate(predictions.assign(landmark_id=None), truth)


def test_refuses_bad_tables_and_slices(truth, predictions):
    with pytest.raises(InputError, match="missing: similarity"):
        evaluate(predictions.drop(columns="similarity"), truth)
    with pytest.raises(InputError, match="missing: split"):
        evaluate(predictions, truth.drop(columns="split"))
    with pytest.raises(InputError, match="empty truth"):
        evaluate(predictions[:0], truth[:0])
    for wrong in (np.ones(3, dtype=bool), np.ones(10)):
        with pytest.raises(InputError, match="slice 'x'"):
            evaluate(predictions, truth, slices={"x": wrong})
    with pytest.raises(InputError, match="new name"):
        evaluate(predictions, truth, slices={"all": np.ones(10, dtype=bool)})
