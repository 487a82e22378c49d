import math

import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.evaluation.intervals import (
    bootstrap_by_landmark,
    clopper_pearson_upper,
    holm,
    mcnemar_exact,
    most_false_alarms,
    share_by_landmark,
    wilson,
)


def test_wilson_of_the_published_result():
    low, high = wilson(232, 290)  # 80.0 %: 75.0-84.2
    assert (round(100 * low, 1), round(100 * high, 1)) == (75.0, 84.2)


def test_wilson_solves_its_defining_equation():
    # the ends are the rates p at which (k / n - p)^2 = z^2 p (1 - p) / n, z = 1.959964
    for k, n in ((1, 7), (18, 39), (214, 251)):
        for p in wilson(k, n):
            assert (k / n - p) ** 2 == pytest.approx(1.959964**2 * p * (1 - p) / n, rel=1e-5)


def test_wilson_at_the_ends_of_the_scale():
    assert wilson(0, 10)[0] == 0.0
    assert wilson(10, 10)[1] == 1.0
    # k = 0: high = z^2 / (n + z^2) = 3.8415 / 13.8415
    assert wilson(0, 10)[1] == pytest.approx(3.8415 / 13.8415, abs=1e-4)
    assert wilson(10, 10)[0] == pytest.approx(1 - 3.8415 / 13.8415, abs=1e-4)


def test_wilson_covers_the_truth_about_95_times_in_100():
    rng = np.random.default_rng(0)
    intervals = {k: wilson(k, 50) for k in range(51)}
    ks = rng.binomial(50, 0.8, size=4000)
    covered = np.mean([intervals[k][0] <= 0.8 <= intervals[k][1] for k in ks])
    assert 0.93 < covered < 0.98


@pytest.mark.parametrize(("fpr", "most"), [(0.01, 92), (0.005, 42), (0.001, 5), (0.0005, 1)])
def test_false_alarms_that_still_certify_a_rate_on_11000(fpr, most):
    assert most_false_alarms(11_000, fpr) == most
    assert clopper_pearson_upper(most, 11_000) <= fpr < clopper_pearson_upper(most + 1, 11_000)


def test_clopper_pearson_by_its_definition():
    # at the bound, seeing k or fewer has probability 5 %
    bound = clopper_pearson_upper(3, 40)
    seen = sum(math.comb(40, i) * bound**i * (1 - bound) ** (40 - i) for i in range(4))
    assert seen == pytest.approx(0.05, abs=1e-9)
    assert clopper_pearson_upper(0, 100) == pytest.approx(1 - 0.05**0.01)  # the rule of three
    assert clopper_pearson_upper(5, 5) == 1.0


def test_too_few_distractors_certify_nothing():
    assert most_false_alarms(100, 0.01) == -1  # 0 of 100 bounds the rate by 2.95 %
    assert most_false_alarms(299, 0.01) == 0  # 1 - 0.05 ** (1 / 299) = 0.99696 %


def test_mcnemar_by_hand():
    # 1 against 5: 2 * (C(6, 0) + C(6, 1)) / 2^6 = 14 / 64
    assert mcnemar_exact(1, 5) == pytest.approx(14 / 64)
    assert mcnemar_exact(5, 1) == mcnemar_exact(1, 5)
    assert mcnemar_exact(0, 0) == 1
    assert mcnemar_exact(4, 4) == 1


def test_holm_by_hand():
    # 0.01 x 4, 0.02 x 3, 0.03 x 2 = 0.06 again, 0.9 x 1; in the order given
    found = holm(np.array([0.9, 0.01, 0.03, 0.02]))
    np.testing.assert_allclose(found, [0.9, 0.04, 0.06, 0.06])
    np.testing.assert_array_equal(holm(np.array([0.6, 0.7])), [1.0, 1.0])  # at most 1
    assert holm(np.empty(0)).shape == (0,)


def test_holm_errs_no_more_often_than_stated():
    # 5 true null hypotheses: uniform p-values; any adjusted below 5 % is an error
    p = np.random.default_rng(0).random((4000, 5))
    errors = np.mean([(holm(row) < 0.05).any() for row in p])
    assert errors <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 4000)
    assert (p < 0.05).any(axis=1).mean() > 0.2  # unadjusted: 1 - 0.95^5 = 22.6 %


def test_bootstrap_of_a_mean_is_as_wide_as_theory():
    # 400 landmarks with one photo each: the mean of a fair coin has sd 0.5 / 20 = 0.025
    truth = np.array([f"l{i:03d}" for i in range(400)])
    values = np.arange(400) % 2.0
    low, high = bootstrap_by_landmark(lambda index: values[index].mean(), truth, n_resamples=2000)
    assert low[0] == pytest.approx(0.5 - 1.96 * 0.025, abs=0.005)
    assert high[0] == pytest.approx(0.5 + 1.96 * 0.025, abs=0.005)


def test_bootstrap_draws_whole_landmarks():
    # 4 landmarks of 100 photos that are right or wrong together: as uncertain as 4 photos
    truth = np.repeat(["a", "b", "c", "d"], 100)
    values = np.repeat([0.0, 1.0, 0.0, 1.0], 100)
    low, high = bootstrap_by_landmark(lambda index: values[index].mean(), truth)
    assert (low[0], high[0]) == (0, 1)  # P(all four draws right) = 1 / 16 > 2.5 %


def test_bootstrap_keeps_the_number_of_distractors_and_draws_them_singly():
    truth = np.array(["a"] * 3 + ["non_landmark"] * 50)
    seen = []

    def statistic(index):
        seen.append((int((index >= 3).sum()), len(np.unique(index[index >= 3]))))
        return np.array([index.mean(), np.nan])

    low, high = bootstrap_by_landmark(statistic, truth, n_resamples=50)
    assert {n for n, _ in seen} == {50}
    assert max(different for _, different in seen) < 50
    assert low[0] < high[0]
    assert np.isnan([low[1], high[1]]).all()


def test_bootstrap_repeats_and_leaves_the_callers_random_state_alone():
    truth = np.repeat(["a", "b", "c"], 5)
    values = np.arange(15.0)
    np.random.seed(1)  # noqa: NPY002 - the caller's generator must not move
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first = bootstrap_by_landmark(lambda i: values[i].mean(), truth, n_resamples=40, seed=3)
    again = bootstrap_by_landmark(lambda i: values[i].mean(), truth, n_resamples=40, seed=3)
    other = bootstrap_by_landmark(lambda i: values[i].std(), truth, n_resamples=40, seed=4)
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002
    assert first == again
    assert first != other


def test_a_share_of_whole_landmarks_by_hand():
    # one landmark loses all its photos, one none: resamples are 0, 1/2 or 1 with chances 1/4, 1/2, 1/4
    lost = np.repeat([True, False], 100)
    assert share_by_landmark(lost, np.repeat(["a", "b"], 100)) == (0, 1)
    assert wilson(100, 200)[0] > 0.43  # what photos on their own would have said


def test_a_share_that_the_bootstrap_cannot_move_has_the_interval_of_wilson():
    landmark = np.repeat(["a", "b"], 20)
    assert share_by_landmark(np.ones(40, bool), landmark) == wilson(40, 40)
    assert share_by_landmark(np.zeros(40, bool), landmark) == wilson(0, 40)
    assert share_by_landmark(np.arange(40) < 10, np.repeat("a", 40)) == wilson(10, 40)


def test_a_share_of_clustered_photos_is_covered_where_wilson_is_too_sure():
    rng = np.random.default_rng(0)
    landmark = np.repeat(np.arange(25), 40)
    covered = []
    for _ in range(100):
        rates = rng.beta(0.5, 4.5, size=25)  # mean 0.1; most landmarks lose nothing, some half
        hit = rng.random(1000) < rates[landmark]
        limits = share_by_landmark(hit, landmark, 100), wilson(int(hit.sum()), 1000)
        covered.append([low <= 0.1 <= high for low, high in limits])
    by_landmark, by_photo = np.mean(covered, axis=0)
    assert by_landmark >= 0.85
    assert by_photo <= 0.75


def test_refuses_impossible_counts():
    for k, n in ((1, 0), (0, 0), (-1, 5), (6, 5)):
        with pytest.raises(InputError, match=rf"got k={k}, n={n}"):
            wilson(k, n)
        with pytest.raises(InputError, match=rf"got k={k}, n={n}"):
            clopper_pearson_upper(k, n)
    with pytest.raises(InputError, match="confidence=95"):
        wilson(1, 2, confidence=95.0)
    with pytest.raises(InputError, match="fpr=0"):
        most_false_alarms(100, 0.0)
    with pytest.raises(InputError, match="got nan in row 1"):
        holm(np.array([0.5, np.nan]))
    with pytest.raises(InputError, match="only_first=-1"):
        mcnemar_exact(-1, 2)
    with pytest.raises(InputError, match="got none"):
        bootstrap_by_landmark(len, np.array([], dtype=object))
    with pytest.raises(InputError, match="n_resamples"):
        bootstrap_by_landmark(len, np.array(["a"]), n_resamples=0)
