"""Promises beside what was seen, and what coordinates gain."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sightlab import pipeline_promises as promises
from sightlab.evaluation.intervals import clopper_pearson_upper, mcnemar_exact, wilson
from sightlab.evaluation.protocol import evaluate
from sightlab.views import figures


def test_promises_count_the_false_alarms_of_their_own_distractors(trained):
    table = promises.promises(trained, "tune").set_index("distractors")
    ignored = table.loc["coordinates ignored"]
    answers = trained.recognize("tune", use_gps=False)
    is_distractor = ~trained.manifest.split("tune").is_landmark
    k = int((answers["landmark_id"][is_distractor] != "non_landmark").sum())
    assert (ignored["n"], ignored["n_answered"]) == (20, k)
    assert ignored["bound"] == clopper_pearson_upper(k, 20)
    assert ignored["promised"] == trained.profile.fpr
    assert ignored["kept"] == (k / 20 <= trained.profile.fpr)
    numbers = promises.promise_numbers(table.reset_index())
    assert numbers["n_false_alarms_plain"] == k
    assert numbers["promise_kept_plain"] is bool(ignored["kept"])


def test_coordinates_gain_no_more_than_their_ceiling(trained):
    table = promises.gps_gain(trained, "tune")
    np.testing.assert_allclose(table["gain"], table["with_gps"] - table["without_gps"])
    assert (table["gain"] <= table["ceiling"] + 1e-12).all()
    assert (table["ceiling"] <= table["share_with_gps"]).all()
    assert promises.gain_numbers(table)["gain_gps"] == pytest.approx(table["gain"].iloc[0])


def test_wrong_coordinates_are_counted_on_the_answers_that_used_them():
    # four photos of the dome: two right coordinates (found, missed), none (found), wrong ones (confused)
    truth = pd.DataFrame({"photo_id": list("abcdx"), "landmark_id": ["dome"] * 4 + ["non_landmark"]})
    answers = ["dome", "non_landmark", "dome", "arch", "non_landmark"]
    said = pd.DataFrame({"photo": list("abcdx"), "landmark_id": answers, "reason": ""})
    said = said.assign(best_landmark_id=["dome", "dome", "dome", "arch", "arch"], similarity=0.5)
    slices = {
        "with GPS": np.array([True, True, False, False, False]),
        "without GPS": np.array([False, False, True, False, False]),
        "wrong GPS": np.array([False, False, False, True, False]),
        "view: front": np.array([True, False, False, False, False]),
    }
    table = promises.by_position(evaluate(said, truth.assign(split="test"), slices, n_resamples=1))
    assert table["slice"].tolist() == ["all", "with GPS", "without GPS", "wrong GPS"]
    numbers = promises.position_numbers(table)
    assert (numbers["sensitivity_gps_with_gps"], numbers["confusion_rate_gps_with_gps"]) == (0.5, 0)
    assert (numbers["sensitivity_gps_without_gps"], numbers["confusion_rate_gps_without_gps"]) == (1, 0)
    assert (numbers["sensitivity_gps_wrong_gps"], numbers["confusion_rate_gps_wrong_gps"]) == (0, 1)
    low, high = wilson(1, 1)
    assert numbers["confusion_rate_gps_wrong_gps_low"] == low
    assert numbers["confusion_rate_gps_wrong_gps_high"] == high == 1
    assert len(numbers) == 3 * 2 * 3
    words = promises.position_words(table)
    assert words.startswith(
        "Answered with coordinates: of landmark photos whose coordinates are right (2) 50.0%"
    )
    assert "whose coordinates are wrong (1) 0.0% are found and 100.0% (20.7% to 100.0%) are taken" in words
    figures.sensitivity_by_slice(table)


def test_the_slices_by_position_are_those_of_the_answers_with_coordinates(trained):
    with_gps = trained.evaluate(use_gps=True)
    rows = with_gps.outcomes
    truth = trained.manifest.split("test").photos
    has_none = truth["lat"].isna().to_numpy() & trained.manifest.split("test").is_landmark
    assert has_none.any()
    table = promises.by_position(with_gps).set_index("slice")
    assert table.loc["without GPS", "sensitivity"] == rows["outcome"].eq("correct")[has_none].mean()


def test_the_whole_decision_puts_what_a_gate_rejects_last(trained):
    whole = promises.whole_decision(trained, "tune")
    answers = trained.recognize("tune", use_gps=False).set_index("photo")
    rows = whole.outcomes.set_index("photo_id")
    is_out = answers["reason"].str.contains("but ahead of|mean distance")
    assert is_out.any()
    assert (rows.loc[answers.index[is_out], "similarity"] == -1).all()
    answered = answers["landmark_id"] != "non_landmark"
    kept = answers.index[answered]
    np.testing.assert_array_equal(rows.loc[kept, "similarity"], answers.loc[kept, "similarity"])
    # at the certified threshold the curve goes through the decision itself
    threshold = trained.recognizer.thresholds.similarity
    np.testing.assert_array_equal(rows.loc[answers.index, "similarity"] > threshold, answered)
    numbers = promises.whole_numbers(whole)
    assert numbers["whole_sensitivity_at_fpr_1pct"] == whole.numbers["sensitivity_at_fpr_1pct"]


def test_the_whole_decision_at_a_rate(trained):
    found = promises.whole_numbers(promises.whole_decision(trained, "tune"))
    ranked = trained.evaluate(use_gps=False).numbers  # of test: the keys are the same
    assert {key.removeprefix("whole_") for key in found} <= set(ranked)
    # 1 % of 20 distractors is none: what counts lies above every distractor that passes the other gates
    free = replace(trained.recognizer.thresholds, similarity=-1.0, region_extra=None)
    answers = trained.recognize("tune", False, trained.with_thresholds(trained.search(), free))
    truth = trained.manifest.split("tune").photos["landmark_id"].tolist()
    rows = list(zip(answers["landmark_id"], answers["similarity"], truth, strict=True))
    passed = [row for row in rows if row[0] != "non_landmark"]
    highest = max((s for _, s, true in passed if true == "non_landmark"), default=-1)
    right = sum(s > highest and said == true for said, s, true in passed)
    wrong = sum(s > highest and true not in (said, "non_landmark") for said, s, true in passed)
    assert found["whole_sensitivity_at_fpr_1pct"] == pytest.approx(right / 20)
    assert found["whole_confusion_at_fpr_1pct"] == pytest.approx(wrong / 20)
    assert right > 0


def found_at_one_percent(trained, recognizer):
    """Which tune photos are right above every distractor that passes the gates other than the similarity."""
    free = replace(recognizer.thresholds, similarity=-1.0, region_extra=None)
    answers = trained.recognize("tune", False, trained.with_thresholds(recognizer.search, free))
    truth = trained.manifest.split("tune").photos["landmark_id"].to_numpy()
    passes = (answers["landmark_id"] != "non_landmark").to_numpy()
    highest = answers["similarity"][passes & (truth == "non_landmark")].max()
    above = passes & ~(answers["similarity"] <= highest)  # NaN: no distractor passes
    return (above & (answers["best_landmark_id"] == truth))[truth != "non_landmark"].to_numpy()


def test_the_whole_decision_against_the_article_by_hand(trained):
    whole = promises.whole_decision(trained, "tune")
    row = promises.whole_against_article(trained, whole, "tune", n_resamples=20)
    # 1 % of 20 distractors is none
    ours, article = (found_at_one_percent(trained, r) for r in (trained.recognizer, trained.plain_recognizer))
    numbers = promises.whole_gain_numbers(row)
    key = "whole_gain_over_article_at_fpr_1pct"
    assert numbers[key] == pytest.approx(ours.mean() - article.mean())
    fixed, broken = int((ours & ~article).sum()), int((article & ~ours).sum())
    assert numbers["whole_n_fixed_against_article_at_fpr_1pct"] == fixed
    assert numbers["whole_n_broken_against_article_at_fpr_1pct"] == broken
    assert fixed + broken > 0
    assert numbers["whole_mcnemar_p_at_fpr_1pct"] == mcnemar_exact(broken, fixed)
    assert numbers[f"{key}_low"] <= numbers[key] <= numbers[f"{key}_high"]


def test_the_gain_of_the_whole_decision_in_words():
    row = pd.Series({"first": 0.8, "second": 0.85, "difference": 0.05, "low": 0.02, "high": 0.08})
    row["only_first"], row["only_second"], row["p"] = 2, 12, mcnemar_exact(2, 12)
    # 2 (1 + 14 + 91) / 2^14 = 0.0129
    assert promises.whole_gain_words(row) == (
        "At FPR 1 % with all gates of both, 85.0% of the landmark photos are found instead of 80.0% by the "
        "article's rule: +5.0 points (+2.0 to +8.0), 12 photos fixed and 2 broken (McNemar p = 0.013)."
    )
    row["p"] = 0.3
    assert promises.whole_gain_words(row).endswith("(McNemar p = 0.3), a difference that chance explains.")
