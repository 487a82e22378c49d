import math

import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.evaluation import metrics

NON = "non_landmark"


def draw(seed=0, n_landmark=60, n_distractor=80, digits=2):
    """Queries with many ties: similarity, best, truth."""
    rng = np.random.default_rng(seed)
    truth = np.array(["a", "b", "c"] * (n_landmark // 3) + [NON] * n_distractor, dtype=object)
    best = np.where(rng.random(len(truth)) < 0.6, truth, "a").astype(object)
    best[truth == NON] = "b"
    similarity = np.round(rng.normal(0.3, 0.2, len(truth)) + 0.3 * (best == truth), digits)
    similarity[::17] = -np.inf
    return similarity, best, truth


def test_the_five_outcomes():
    truth = np.array(["a", "a", "a", NON, NON], dtype=object)
    answer = np.array(["a", "b", NON, "a", NON], dtype=object)
    assert metrics.outcomes(truth, answer).tolist() == list(metrics.OUTCOMES)


def test_sensitivity_at_fpr_by_hand():
    # ten distractors at 0.0 ... 0.9; one false alarm (10 %) allowed: the threshold is the second highest, 0.8
    similarity = np.append(np.arange(10) / 10, [0.95, 0.85, 0.80, 0.82])
    truth = np.array([NON] * 10 + ["a", "a", "a", "b"], dtype=object)
    best = np.array(["a"] * 14, dtype=object)
    point = metrics.sensitivity_at_fpr(similarity, best, truth, 0.1)
    # 0.95 and 0.85 right, 0.80 is not above the threshold, the b is confused with a
    assert (point.threshold, point.k, point.n, point.n_confused) == (0.8, 2, 4, 1)
    assert (point.sensitivity, point.confusion_rate, point.fpr_realized) == (0.5, 0.25, 0.1)
    assert (point.n_false_alarms, point.n_distractors) == (1, 10)


def test_tied_distractors_are_all_rejected():
    # one of four allowed, but two share the top: answering one would answer both
    similarity = np.array([0.7, 0.7, 0.1, 0.1, 0.7, 0.8])
    truth = np.array([NON] * 4 + ["a", "a"], dtype=object)
    point = metrics.sensitivity_at_fpr(similarity, np.array(["a"] * 6, dtype=object), truth, 0.25)
    assert (point.threshold, point.sensitivity, point.fpr_realized) == (0.7, 0.5, 0.0)


@pytest.mark.parametrize("fpr", [0.0, 0.01, 0.05, 0.29, 0.5, 1.0])
@pytest.mark.parametrize("seed", range(5))
def test_no_threshold_does_better(fpr, seed):
    similarity, best, truth = draw(seed)
    point = metrics.sensitivity_at_fpr(similarity, best, truth, fpr)
    assert point.fpr_realized <= fpr
    possible = []
    for threshold in [-math.inf, *similarity, math.inf]:  # the slow literal version
        false_alarms = sum(s > threshold for s, t in zip(similarity, truth, strict=True) if t == NON)
        if false_alarms <= fpr * 80 + 1e-9:
            right = [
                s > threshold and b == t for s, b, t in zip(similarity, best, truth, strict=True) if t != NON
            ]
            possible.append(sum(right) / 60)
    assert point.sensitivity == max(possible)


def test_the_allowed_number_does_not_suffer_from_rounding():
    # 0.29 * 100 = 28.999999999999996, and 29 false alarms are allowed
    similarity = np.append(np.arange(100.0), 200.0)
    truth = np.array([NON] * 100 + ["a"], dtype=object)
    point = metrics.sensitivity_at_fpr(similarity, np.array(["a"] * 101, dtype=object), truth, 0.29)
    assert point.n_false_alarms == 29


def test_unreadable_photos_are_never_answered():
    similarity = np.array([-np.inf, 0.5, -np.inf, 0.4])
    truth = np.array(["a", "a", NON, NON], dtype=object)
    best = np.array(["", "a", "", "a"], dtype=object)
    point = metrics.sensitivity_at_fpr(similarity, best, truth, 1.0)
    assert (point.threshold, point.sensitivity, point.fpr_realized) == (-np.inf, 0.5, 0.5)


def test_micro_ap_one_negative_first_one_positive_second():
    assert metrics.micro_ap(np.array([0.9, 0.8]), np.array([False, True]), n_landmark_queries=1) == 0.5


def test_micro_ap_counts_a_confident_distractor():
    # ranks: hit, distractor, hit -> (1/1 + 2/3) over the 2 landmark queries, not over 3
    ap = metrics.micro_ap(np.array([0.9, 0.8, 0.7]), np.array([True, False, True]), n_landmark_queries=2)
    assert ap == pytest.approx((1 + 2 / 3) / 2)


def test_micro_ap_divides_by_landmark_queries_that_were_never_answered():
    assert metrics.micro_ap(np.array([0.9, -np.inf]), np.array([True, False]), n_landmark_queries=4) == 0.25
    assert metrics.micro_ap(np.array([]), np.array([], dtype=bool), n_landmark_queries=3) == 0


def test_micro_ap_is_pessimistic_about_ties():
    # both at 0.5: the wrong one ranks first, whatever the order of the rows
    for is_correct in ([True, False], [False, True]):
        assert metrics.micro_ap(np.array([0.5, 0.5]), np.array(is_correct), n_landmark_queries=1) == 0.5


@pytest.mark.parametrize("seed", range(5))
def test_micro_ap_same_as_the_slow_literal_version(seed):
    similarity, best, truth = draw(seed, digits=6)
    is_correct = (best == truth) & (truth != NON)
    order = [i for i in np.argsort(-similarity, kind="stable") if similarity[i] > -np.inf]
    total = 0.0
    for rank, i in enumerate(order, start=1):
        precision = sum(is_correct[j] for j in order[:rank]) / rank
        total += precision * is_correct[i]
    assert metrics.micro_ap(similarity, is_correct, 60) == pytest.approx(total / 60)


@pytest.mark.parametrize("seed", range(5))
def test_added_distractors_never_raise_micro_ap_nor_move_sensitivity(seed):
    similarity, best, truth = draw(seed)
    extra = np.random.default_rng(seed + 100).normal(0.4, 0.3, 50)
    more = np.append(similarity, extra)
    best_more, truth_more = np.append(best, ["c"] * 50), np.append(truth, [NON] * 50)
    before, after = (
        metrics.micro_ap(s, b == t, 60)
        for s, b, t in ((similarity, best, truth), (more, best_more, truth_more))
    )
    assert after < before
    for threshold in (0.2, 0.5):
        few = metrics.at_threshold(similarity, best, truth, threshold)
        many = metrics.at_threshold(more, best_more, truth_more, threshold)
        assert (few.sensitivity, few.confusion_rate) == (many.sensitivity, many.confusion_rate)


def test_shuffled_queries_give_the_same_numbers():
    similarity, best, truth = draw()
    order = np.random.default_rng(1).permutation(len(truth))
    for fpr in (0.01, 0.1):
        before = metrics.sensitivity_at_fpr(similarity, best, truth, fpr)
        assert metrics.sensitivity_at_fpr(similarity[order], best[order], truth[order], fpr) == before
    is_correct = best == truth
    assert metrics.micro_ap(similarity[order], is_correct[order], 60) == metrics.micro_ap(
        similarity, is_correct, 60
    )


def test_the_curve_agrees_with_the_single_points():
    similarity, best, truth = draw()
    curve = metrics.open_set_curve(similarity, best, truth)
    assert curve["fpr"].iloc[0] == 0
    assert (np.diff(curve["fpr"]) > 0).all()
    assert (np.diff(curve["sensitivity"]) >= 0).all()
    for fpr, sensitivity, confusion_rate, threshold in curve.itertuples(index=False):
        point = metrics.at_threshold(similarity, best, truth, threshold)
        assert (point.fpr_realized, point.sensitivity, point.confusion_rate) == (
            fpr,
            sensitivity,
            confusion_rate,
        )
    for wanted in (0.0, 0.03, 0.2, 1.0):
        row = curve[curve["fpr"] <= wanted].iloc[-1]
        assert metrics.sensitivity_at_fpr(similarity, best, truth, wanted).threshold == row["threshold"]


def test_the_curve_by_hand():
    similarity = np.array([0.9, 0.5, 0.6, 0.4])
    truth = np.array(["a", "a", NON, NON], dtype=object)
    curve = metrics.open_set_curve(similarity, np.array(["a"] * 4, dtype=object), truth)
    assert curve.to_dict("list") == {
        "fpr": [0, 0.5, 1],
        "sensitivity": [0.5, 1, 1],
        "confusion_rate": [0, 0, 0],
        "threshold": [0.6, 0.4, -np.inf],
    }


def test_closed_set_accuracy_asks_landmark_queries_only():
    truth = np.array(["a", "b", "b", NON], dtype=object)
    best = np.array(["a", "b", "a", "a"], dtype=object)
    assert metrics.closed_set_accuracy(best, truth) == pytest.approx(2 / 3)


def test_auroc_same_as_counting_pairs():
    rng = np.random.default_rng(0)
    score, is_positive = np.round(rng.random(40), 1), rng.random(40) < 0.4
    score[3] = -np.inf
    pairs = [(p > n) + 0.5 * (p == n) for p in score[is_positive] for n in score[~is_positive]]
    assert metrics.auroc(score, is_positive) == pytest.approx(np.mean(pairs))
    assert metrics.auroc(np.zeros(40), is_positive) == 0.5


def test_refuses_what_is_undefined():
    one, a, non = np.array([0.5]), np.array(["a"], dtype=object), np.array([NON], dtype=object)
    with pytest.raises(InputError, match="got 1 and 0"):
        metrics.sensitivity_at_fpr(one, a, a, 0.01)
    with pytest.raises(InputError, match="got 0 and 1"):
        metrics.open_set_curve(one, a, non)
    with pytest.raises(InputError, match="first in row 1"):
        metrics.at_threshold(np.array([0.1, np.nan]), np.append(a, a), np.append(a, non), 0.5)
    with pytest.raises(InputError, match=r"fpr=1\.5"):
        metrics.sensitivity_at_fpr(one, a, a, 1.5)
    with pytest.raises(InputError, match="got 0 in micro_ap"):
        metrics.micro_ap(one, np.array([False]), 0)
    with pytest.raises(InputError, match="at least the 2 correct"):
        metrics.micro_ap(np.array([0.1, 0.2]), np.array([True, True]), 1)
    with pytest.raises(InputError, match="NaN"):
        metrics.micro_ap(np.array([np.nan]), np.array([True]), 1)
    with pytest.raises(InputError, match="all 'non_landmark'"):
        metrics.closed_set_accuracy(a, non)
    with pytest.raises(InputError, match="got 1 and 0 in auroc"):
        metrics.auroc(one, np.array([True]))


def test_fpr_at_sensitivity_by_hand():
    # 5 landmark queries, 4 with the right best; 60 % needs the third: 0.7; of the distractors 0.8 and the
    # tied 0.7 are at or above it
    correct, distractors = np.array([0.9, 0.7, 0.85, 0.3]), np.array([0.8, 0.7, 0.6, 0.1])
    assert metrics.fpr_at_sensitivity(correct, distractors, 5, 0.6) == 0.5
    assert metrics.fpr_at_sensitivity(correct, distractors, 5, 0.8) == 0.75  # the fourth: 0.3
    assert metrics.fpr_at_sensitivity(correct, distractors, 5, 0.2) == 0.0  # the first: 0.9
    assert math.isnan(metrics.fpr_at_sensitivity(correct, distractors, 5, 0.81))
    unreadable = np.array([0.9, -np.inf])
    assert math.isnan(metrics.fpr_at_sensitivity(unreadable, distractors, 2, 1.0))


@pytest.mark.parametrize("seed", range(5))
def test_fpr_at_sensitivity_is_the_inverse_of_sensitivity_at_fpr(seed):
    similarity, best, truth = draw(seed, digits=9)
    right = similarity[(best == truth) & (truth != NON)]
    fpr = metrics.fpr_at_sensitivity(right, similarity[truth == NON], 60, 0.4)
    assert metrics.sensitivity_at_fpr(similarity, best, truth, fpr).sensitivity >= 0.4
    assert metrics.sensitivity_at_fpr(similarity, best, truth, fpr - 1 / 80).sensitivity < 0.4


def test_refuses_what_has_no_fpr_at_sensitivity():
    some = np.array([0.5, 0.6])
    with pytest.raises(InputError, match="got 0 and 2 in fpr_at_sensitivity"):
        metrics.fpr_at_sensitivity(some, np.empty(0), 2, 0.8)
    with pytest.raises(InputError, match="got 2 and 1"):
        metrics.fpr_at_sensitivity(some, some, 1, 0.8)
    with pytest.raises(InputError, match="sensitivity=0"):
        metrics.fpr_at_sensitivity(some, some, 2, 0)
    with pytest.raises(InputError, match="NaN"):
        metrics.fpr_at_sensitivity(np.array([np.nan]), some, 2, 0.5)
