"""The A/B read-out against published examples and slow literal formulas."""

from math import sqrt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sightlab.checks import InputError
from sightlab.evaluation.ab import planning_table, power_of, uplift, users_needed
from sightlab.evaluation.intervals import wilson


def counts(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["metric", "control_n", "control_k", "treatment_n", "treatment_k"])


def test_the_published_example_of_newcombe():
    # Newcombe 1998, method 10 without continuity correction: 56/70 against 48/80 -> 0.0524 to 0.3339
    row = uplift(counts(("opened", 80, 48, 70, 56))).iloc[0]
    assert row["difference"] == pytest.approx(0.8 - 0.6)
    assert (row["difference_low"], row["difference_high"]) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert row["uplift"] == pytest.approx(1 / 3)  # 0.8 / 0.6 - 1


def test_difference_against_newcombes_formula_written_out():
    n, k, m, j = 1000, 100, 900, 120
    (low_c, high_c), (low_t, high_t) = wilson(k, n), wilson(j, m)
    gain = j / m - k / n
    low = gain - sqrt((j / m - low_t) ** 2 + (high_c - k / n) ** 2)
    high = gain + sqrt((high_t - j / m) ** 2 + (k / n - low_c) ** 2)
    row = uplift(counts(("x", n, k, m, j))).iloc[0]
    assert (row["difference_low"], row["difference_high"]) == pytest.approx((low, high))


def test_p_against_the_pooled_z_written_out():
    n, k, m, j = 1000, 100, 900, 120
    pooled = (k + j) / (n + m)
    z = (j / m - k / n) / sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    expected = 2 * stats.norm.sf(abs(z))
    found = uplift(counts(("x", n, k, m, j))).iloc[0]["p"]
    assert found == pytest.approx(expected, rel=2e-3)  # statsmodels has a factor (N - 1) / N in the variance


def test_interval_of_the_uplift_holds_the_uplift_and_excludes_zero_with_the_test():
    row = uplift(counts(("x", 20_000, 800, 20_000, 904))).iloc[0]
    assert row["uplift"] == pytest.approx(0.13)
    assert 0 < row["uplift_low"] < 0.13 < row["uplift_high"]
    assert row["p"] < 0.05


def test_groups_exchanged_turn_the_sign():
    one = uplift(counts(("x", 500, 60, 700, 70))).iloc[0]
    other = uplift(counts(("x", 700, 70, 500, 60))).iloc[0]
    assert one["difference"] == pytest.approx(-other["difference"])
    assert one["difference_low"] == pytest.approx(-other["difference_high"])
    assert one["p"] == pytest.approx(other["p"])


def test_several_metrics_are_corrected():
    table = uplift(counts(("a", 1000, 100, 1000, 130), ("b", 1000, 100, 1000, 104)))
    assert table["p_holm"].iloc[0] == pytest.approx(2 * table["p"].iloc[0])  # the smaller of two, times 2


def test_nobody_and_everybody():
    table = uplift(counts(("nobody", 50, 0, 60, 0), ("everybody", 50, 50, 60, 60), ("new", 50, 0, 60, 9)))
    assert table["p"].iloc[:2].tolist() == [1, 1]
    assert np.isnan(table.loc[[0, 2], "uplift"]).all()
    assert np.isnan(table.loc[[0, 1], "detectable"]).all()
    assert table["p"].iloc[2] < 0.05


def test_users_needed_against_fleiss_written_out():
    # z_0.975 = 1.960, z_0.8 = 0.8416; rates 0.10 and 0.11, pooled 0.105
    za, zb = stats.norm.ppf(0.975), stats.norm.ppf(0.8)
    n = (za * sqrt(2 * 0.105 * 0.895) + zb * sqrt(0.10 * 0.90 + 0.11 * 0.89)) ** 2 / 0.01**2
    assert users_needed(0.10, 0.10) == np.ceil(n) == 14_751


def test_the_plan_has_the_power_it_promises_and_one_user_less_has_not():
    n = users_needed(0.04, 0.10, power=0.9)
    assert power_of(0.04, 0.10, n, n) >= 0.9 > power_of(0.04, 0.10, n - 2, n - 2)


def test_a_plan_with_groups_of_two_sizes():
    n = users_needed(0.05, 0.20, ratio=0.25)
    assert power_of(0.05, 0.20, n, round(n / 4)) == pytest.approx(0.8, abs=1e-3)
    assert n > users_needed(0.05, 0.20)  # unequal groups cost users


def test_detectable_is_where_the_power_is_reached():
    row = uplift(counts(("x", 5000, 400, 6000, 500))).iloc[0]
    assert power_of(0.08, row["detectable"], 5000, 6000) == pytest.approx(0.8, abs=1e-6)


def test_a_smaller_change_needs_more_users():
    needed = planning_table(0.04, [0.02, 0.05, 0.13, -0.03])["users_a_group"]
    assert needed.iloc[0] > needed.iloc[3] > needed.iloc[1] > needed.iloc[2]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("x", 10, 11, 10, 1), "control_k=11 of control_n=10"),
        (("x", 10, 1, 0, 0), "treatment_n >= 1"),
        (("x", 10, 0.5, 10, 1), "control_k=0.5"),
        (("x", 10, 1, 10, -1), "treatment_k=-1"),
        (("x", 10, 1, 10, np.nan), "treatment_k=nan"),
    ],
)
def test_refuses_impossible_counts(row, message):
    with pytest.raises(InputError, match=message):
        uplift(counts(row))


def test_refuses_a_metric_twice_and_none():
    with pytest.raises(InputError, match="unique"):
        uplift(counts(("x", 10, 1, 10, 1), ("x", 10, 1, 10, 1)))
    with pytest.raises(InputError, match="at least one metric"):
        uplift(counts())


@pytest.mark.parametrize("plan", [(0.5, 1.0), (0.5, 0.0), (0.0, 0.1), (1.0, 0.1), (0.5, -1.0)])
def test_refuses_impossible_plans(plan):
    with pytest.raises(InputError):
        users_needed(*plan)
