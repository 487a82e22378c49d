"""Certificates: what n distractors can promise, by formula, by hand, and over resampled splits."""

import math

import numpy as np
import pytest
from scipy import stats

from sightlab.checks import InputError
from sightlab.recognition.certified import (
    allowed_above,
    can_promise,
    can_promise_over_places,
    clopper_pearson_upper,
    distractors_needed,
    most_false_alarms,
    threshold_for,
    threshold_over_places,
)

SPLITS = 4000


def thresholds_of(splits, fpr, confidence):
    """`threshold_for` of every row at once: the value with `allowed_above` values above it."""
    n = splits.shape[1]
    at = n - 1 - allowed_above(n, fpr, confidence)
    return np.partition(splits, at, axis=1)[:, at]


# how many it takes


@pytest.mark.parametrize(("fpr", "needed"), [(0.01, 99), (0.001, 999), (0.1, 9), (0.3, 3), (1 / 49, 48)])
def test_how_many_distractors_a_rate_needs_on_average(fpr, needed):
    assert distractors_needed(fpr) == needed
    threshold_for(np.arange(float(needed)), fpr, None)
    with pytest.raises(InputError, match=rf"at least {needed} tune distractors; there are {needed - 1}"):
        threshold_for(np.arange(float(needed - 1)), fpr, None)


@pytest.mark.parametrize(
    ("fpr", "needed"),
    # ln 0.05 / ln 0.99 = 298.07; / ln 0.999 = 2994.23; / ln 0.9995 = 5989.97; / ln 0.95 = 58.4
    [(0.01, 299), (0.001, 2995), (0.0005, 5990), (0.05, 59)],
)
def test_how_many_distractors_a_certificate_needs(fpr, needed):
    assert distractors_needed(fpr, 0.95) == needed
    assert most_false_alarms(needed, fpr) == 0
    assert most_false_alarms(needed - 1, fpr) == -1
    assert can_promise(needed, fpr)
    assert not can_promise(needed - 1, fpr)


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.99])
def test_the_number_needed_is_the_smallest_there_is(confidence):
    for fpr in (0.3, 0.1, 0.05, 0.013, 0.01, 0.002):
        n = distractors_needed(fpr, confidence)
        assert clopper_pearson_upper(0, n, confidence) <= fpr
        assert n == 1 or clopper_pearson_upper(0, n - 1, confidence) > fpr


def test_a_promise_that_cannot_be_carried_is_refused_in_words():
    words = (
        r"FPR <= 0\.1 % with 95 % confidence needs at least 2,995 tune distractors; you have 1,308\. "
        r"Add photos without landmarks to tune, or ask for 0\.229 % or more\."
    )
    # 1 - 0.05 ** (1 / 1308) = 0.229 %
    with pytest.raises(InputError, match=words):
        threshold_for(np.arange(1308.0), 0.001)
    with pytest.raises(InputError, match=r"you have 0\. Add photos without landmarks to tune\.$"):
        threshold_for(np.empty(0), 0.001)


# the threshold


@pytest.mark.parametrize(
    ("n", "fpr", "k"),
    [
        (9, 0.1, 9),  # ceil(10 * 0.9) = 9: above the highest of nine
        (19, 0.1, 18),  # ceil(20 * 0.9) = 18
        (20, 0.1, 19),  # ceil(21 * 0.9) = ceil(18.9) = 19
        (999, 0.001, 999),  # ceil(1000 * 0.999) = 999, though 1000 * 0.999 may round to 998.9999...
        (1999, 0.001, 1998),
        (100, 0.29, 72),  # ceil(101 * 0.71) = ceil(71.71)
    ],
)
def test_on_average_the_threshold_is_the_kth_smallest(n, fpr, k):
    values = np.random.default_rng(n).permutation(n) + 1.0  # so that the k-th smallest is k
    assert threshold_for(values, fpr, None) == k


@pytest.mark.parametrize(("fpr", "above"), [(0.01, 92), (0.005, 42), (0.001, 5), (0.0005, 1)])
def test_certified_on_11000_distractors(fpr, above):
    # the numbers that method.md gives for the article's test
    values = np.random.default_rng(0).permutation(11_000) + 1.0
    assert allowed_above(11_000, fpr) == above
    assert threshold_for(values, fpr) == 11_000 - above
    assert (values > threshold_for(values, fpr)).sum() == above


def test_a_certificate_costs_similarity():
    values = np.random.default_rng(0).normal(size=1308)
    assert (
        threshold_for(values, 0.01, 0.99)
        > threshold_for(values, 0.01, 0.95)
        > threshold_for(values, 0.01, None)
    )


def test_rejected_distractors_count_as_minus_infinity():
    values = np.array([0.9, -np.inf, -np.inf, -np.inf, 0.3, -np.inf, -np.inf, -np.inf, -np.inf])
    assert threshold_for(values, 0.1, None) == 0.9  # 9-th of 9
    assert threshold_for(values, 0.2, None) == 0.3  # 8-th of 9
    assert threshold_for(values, 0.4, None) == -np.inf  # 6-th of 9


# coverage: the promise over resampled splits


def test_coverage_on_average():
    # P(a new distractor is answered) = floor(200 * 0.05) / 200 = 0.05 exactly, averaged over splits
    draws = np.random.default_rng(0).gamma(2.0, size=(SPLITS, 199 + 50))
    rate = (draws[:, 199:] > thresholds_of(draws[:, :199], 0.05, None)[:, None]).mean()
    # a split's rate has sd sqrt(0.05 * 0.95 / 200 + 0.05 * 0.95 / 50) = 0.034; / sqrt(4000) = 0.0005
    assert rate == pytest.approx(0.05, abs=4 * 0.0006)


@pytest.mark.parametrize(
    ("n", "fpr", "confidence"), [(1308, 0.01, 0.95), (299, 0.01, 0.95), (700, 0.02, 0.9)]
)
def test_coverage_certified(n, fpr, confidence):
    # uniform scores: the true rate at a threshold t is 1 - t. It is Beta(k + 1, n - k), so the promise is
    # kept in a share Beta.cdf(fpr) of all splits: a little more than `confidence`, since k is whole
    splits = np.random.default_rng(1).random((SPLITS, n))
    kept = (1 - thresholds_of(splits, fpr, confidence) <= fpr).mean()
    k = allowed_above(n, fpr, confidence)
    expected = stats.beta.cdf(fpr, k + 1, n - k)
    assert expected >= confidence
    assert kept == pytest.approx(expected, abs=4 * math.sqrt(0.05 * 0.95 / SPLITS))


def test_coverage_on_splits_of_a_finite_pool():
    # as a user would check it: the same 6,000 distractors again and again divided into tune and new
    rng = np.random.default_rng(2)
    pool = np.round(rng.normal(size=6000), 2)  # with ties
    order = np.argsort(rng.random((2000, len(pool)), dtype=np.float32), axis=1)
    tune, new = pool[order[:, :1000]], pool[order[:, 1000:]]
    certified = (new > thresholds_of(tune, 0.01, 0.95)[:, None]).mean(axis=1)
    average = (new > thresholds_of(tune, 0.01, None)[:, None]).mean(axis=1)
    assert (certified <= 0.01).mean() >= 0.95
    assert (average <= 0.01).mean() < 0.8  # on average only: in many splits the rate is higher
    assert average.mean() <= 0.01


def test_ties_only_lower_the_rate():
    draws = np.round(np.random.default_rng(1).random(size=(2000, 199 + 50)), 1)
    rate = (draws[:, 199:] > thresholds_of(draws[:, :199], 0.05, None)[:, None]).mean()
    assert 0 < rate < 0.05


# many places


def test_one_place_is_the_plain_threshold():
    values = np.random.default_rng(0).random(150)
    for fpr in (0.01, 0.05, 0.3):
        blocks = [values[:70, None], values[70:, None]]
        assert threshold_over_places(blocks, 150, 1, fpr, None) == threshold_for(values, fpr, None)


def test_places_by_hand():
    # n = 19 distractors at 2 places, 10 %: 40 * 0.1 = 4 values may lie above, 2 of them are the newcomer's;
    # so the threshold is the third highest known value
    values = np.random.default_rng(0).permutation(38).reshape(19, 2) + 1.0
    assert threshold_over_places([values[:5], values[5:]], 19, 2, 0.1, None) == 36


def test_certified_places_by_hand():
    # Bentkus at 95 %: e times the binomial tail within 0.05, so Clopper-Pearson at 1 - 0.05 / e = 98.16 %.
    # n = 100, fpr 10 %: e * P(Binom(100, 0.1) <= 3) = e * 0.0078 = 0.021; <= 4: e * 0.0237 = 0.064. So 3
    # distractors' worth: 3 * 4 places = 12 values may lie above
    values = np.random.default_rng(0).permutation(400).reshape(100, 4) + 1.0
    assert threshold_over_places([values], 100, 4, 0.1, 0.95) == 400 - 12
    assert can_promise_over_places(100, 0.1)
    # e * 0.9^n <= 0.05 from n = ln(e / 0.05) / -ln 0.9 = 37.9
    assert not can_promise_over_places(37, 0.1)
    assert can_promise_over_places(38, 0.1)


@pytest.mark.parametrize("confidence", [None, 0.95])
def test_coverage_over_places(confidence):
    # distractors that score high everywhere, and places that differ: pairs are far from independent
    rng = np.random.default_rng(3)
    n, places, fpr = 99, 6, 0.05
    shape = np.linspace(0, 2, places)
    values = rng.normal(size=(1500, n, 1)) + shape + 0.3 * rng.normal(size=(1500, n, places))
    thresholds = np.array([threshold_over_places([split], n, places, fpr, confidence) for split in values])
    true = stats.norm.sf((thresholds[:, None] - shape) / math.sqrt(1.09)).mean(axis=1)
    if confidence is None:
        assert 0.02 < true.mean() <= fpr
    else:
        assert (true <= fpr).mean() >= confidence


# bad input


@pytest.mark.parametrize("fpr", [0.0, 1.0, -0.1, math.nan])
def test_refuses_impossible_rates(fpr):
    with pytest.raises(InputError, match="fpr"):
        threshold_for(np.arange(100.0), fpr, None)
    with pytest.raises(InputError, match="fpr"):
        distractors_needed(fpr, 0.95)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0])
def test_refuses_impossible_confidence(confidence):
    for refuse in (
        lambda: threshold_for(np.arange(100.0), 0.1, confidence),
        lambda: threshold_over_places([np.ones((100, 2))], 100, 2, 0.1, confidence),
    ):
        with pytest.raises(InputError, match="confidence"):
            refuse()


def test_refuses_nan_and_says_where():
    with pytest.raises(InputError, match="NaN for 1, first in row 2"):
        threshold_for(np.array([0.1, 0.2, np.nan] + 97 * [0.1]), 0.05, None)
