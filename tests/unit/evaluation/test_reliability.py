import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.evaluation.reliability import calibration_error, reliability


def test_a_bin_by_hand():
    # at 2 % prevalence 4 landmark photos weigh 0.005 each, 10 distractors 0.098 each. In the bin (0.6, 0.8]:
    # two right, one confused, one distractor: seen 0.01 / (0.015 + 0.098), said 0.7
    is_landmark = np.arange(14) < 4
    is_right = np.array([True, True, False, True] + [False] * 10)
    probability = np.array([0.7, 0.7, 0.7, 0.99, 0.7] + [0.01] * 9)
    table = reliability(probability, is_right, is_landmark, 0.02)
    row = table[table["said"].between(0.6, 0.8)].iloc[0]
    assert row["seen"] == pytest.approx(0.01 / 0.113)
    assert row["said"] == pytest.approx(0.7)
    assert (row["n_landmark"], row["n_distractor"]) == (3, 1)
    assert row["share"] == pytest.approx(0.113)
    assert 0 <= row["low"] <= row["seen"] <= row["high"] <= 1
    assert table["share"].sum() == pytest.approx(1)
    error = abs(0.7 - 0.01 / 0.113) * 0.113 + abs(0.99 - 1) * 0.005 + 0.01 * 9 * 0.098
    assert calibration_error(table) == pytest.approx(error)


def test_honest_probabilities_lie_on_the_line():
    rng = np.random.default_rng(0)
    is_landmark = np.arange(40_000) < 20_000
    # at prevalence 1 / 2 all photos weigh the same: draw what is right by the probability itself
    probability = np.where(is_landmark, rng.random(40_000), 0.0)
    is_right = rng.random(40_000) < probability
    table = reliability(probability, is_right, is_landmark, 0.5, n_resamples=50)
    inside = table[table["said"] > 0.06]
    assert (inside["said"] - inside["seen"]).abs().max() < 0.03
    assert calibration_error(table) < 0.02


def test_it_repeats_and_intervals_shrink_with_photos():
    rng = np.random.default_rng(1)

    def width(n):
        is_landmark = np.arange(n) < n // 2
        probability = rng.uniform(0.6, 0.8, n)
        table = reliability(probability, is_landmark, is_landmark, 0.5, n_resamples=100)
        again = reliability(probability, is_landmark, is_landmark, 0.5, n_resamples=100)
        assert table.equals(again)
        right = is_landmark & (np.arange(n) % 2 == 0)
        row = reliability(probability, right, is_landmark, 0.5, n_resamples=200).iloc[0]
        return row["high"] - row["low"]

    assert width(4000) < width(100) / 3


def test_refuses_one_kind_of_photo_and_impossible_probabilities():
    some = np.array([True, False])
    with pytest.raises(InputError, match="got 2, 0"):
        reliability(np.array([0.5, 0.5]), some, np.array([True, True]), 0.02)
    with pytest.raises(InputError, match=r"0\.5 to 1\.5"):
        reliability(np.array([0.5, 1.5]), some, some, 0.02)
