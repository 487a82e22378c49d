import json

import numpy as np
import pytest
from scipy.optimize import minimize

from sightlab.checks import InputError
from sightlab.recognition.probability import (
    ProbabilityScale,
    ProbabilityScales,
    fit_scale,
    prevalence_weights,
)


def draw(n_landmark=300, n_distractor=900, seed=0):
    """Similarities of landmark photos, one in eight of them wrong, and of distractors."""
    rng = np.random.default_rng(seed)
    is_landmark = np.arange(n_landmark + n_distractor) < n_landmark
    is_right = is_landmark & (rng.random(len(is_landmark)) > 0.125)
    middle = np.where(is_right, 0.6, np.where(is_landmark, 0.2, -0.1))
    return middle + 0.2 * rng.normal(size=len(is_landmark)), is_right, is_landmark


def test_probability_by_hand():
    # 1 / (1 + exp(-(10 * 0.5 - 5))) = 1 / 2; at 0.7: 1 / (1 + e^-2) = 0.881
    scale = ProbabilityScale(10.0, -5.0, 0.02)
    np.testing.assert_allclose(scale.of(np.array([0.5, 0.7])), [0.5, 0.880797], atol=1e-6)
    assert scale.of(np.array([-np.inf]))[0] == 0
    assert np.isnan(scale.of(np.array([np.nan]))[0])


@pytest.mark.parametrize("prevalence", [0.01, 0.02, 0.3])
def test_the_fit_is_the_most_likely_one(prevalence):
    similarity, is_right, is_landmark = draw()
    found = fit_scale(similarity, is_right, is_landmark, prevalence)
    weight = np.where(is_landmark, prevalence / 300, (1 - prevalence) / 900)
    n_right = is_right.sum()
    target = np.where(is_right, (n_right + 1) / (n_right + 2), 1 / (1200 - n_right + 2))

    def slow(coefficients):
        p = 1 / (1 + np.exp(-(coefficients[0] * similarity + coefficients[1])))
        return -(weight * (target * np.log(p) + (1 - target) * np.log(1 - p))).sum()

    best = minimize(slow, [10, -5], method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-12}).x
    assert (found.slope, found.offset) == (pytest.approx(best[0], rel=1e-2), pytest.approx(best[1], rel=1e-2))


def test_probabilities_are_what_they_say():
    # fitted on one draw, checked on another, weighted to the same prevalence; in the middle of the scale
    # Gaussian similarities are not exactly logistic
    scale = fit_scale(*draw(3000, 9000), 0.02)
    similarity, is_right, is_landmark = draw(30_000, 90_000, seed=1)
    p, weight = scale.of(similarity), prevalence_weights(is_landmark, 0.02)
    assert (weight * p).sum() == pytest.approx((weight * is_right).sum(), rel=0.03)
    for low, high in ((0.1, 0.5), (0.5, 0.9), (0.9, 1.0)):
        inside = (p > low) & (p <= high)
        seen = (weight * is_right)[inside].sum() / weight[inside].sum()
        assert seen == pytest.approx((weight * p)[inside].sum() / weight[inside].sum(), abs=0.08)


def test_rarer_landmarks_make_every_answer_less_likely():
    drawn = draw()
    similarity = np.linspace(0.2, 1, 50)  # where answers are given; far below, all are as good as zero
    p = [fit_scale(*drawn, prevalence).of(similarity) for prevalence in (0.01, 0.02, 0.03)]
    assert (p[0] < p[1]).all()
    assert (p[1] < p[2]).all()
    assert (np.diff(p[0]) > 0).all()


def test_photos_that_separate_perfectly_do_not_make_it_certain():
    is_landmark = np.arange(100) < 50
    scale = fit_scale(np.where(is_landmark, 0.9, 0.1), is_landmark, is_landmark, 0.02)
    assert 0.9 < scale.of(np.array([0.9]))[0] < 1
    assert scale.slope < 100


def test_similarities_that_say_nothing_give_the_prevalence():
    rng = np.random.default_rng(0)
    is_landmark = np.arange(2000) < 1000
    scale = fit_scale(rng.random(2000), is_landmark, is_landmark, 0.02)
    assert scale.of(np.array([0.1, 0.9])) == pytest.approx([0.02, 0.02], abs=0.01)


def test_weights_have_the_prevalence():
    weight = prevalence_weights(np.array([True, True, False, False, False]), 0.02)
    assert weight.sum() == pytest.approx(1)
    assert weight[:2].sum() == pytest.approx(0.02)


@pytest.mark.parametrize("square", [None, ProbabilityScale(9.0, -3.0, 0.02)])
def test_scales_survive_json(square):
    scales = ProbabilityScales(ProbabilityScale(10.0, -5.0, 0.02), square)
    assert ProbabilityScales.from_dict(json.loads(json.dumps(scales.to_dict()))) == scales


def test_refuses_too_few_photos_and_bad_numbers():
    similarity, is_right, is_landmark = draw(29, 100)
    with pytest.raises(InputError, match="got 29 and 100"):
        fit_scale(similarity, is_right, is_landmark)
    similarity, is_right, is_landmark = draw()
    with pytest.raises(InputError, match="prevalence=2"):
        fit_scale(similarity, is_right, is_landmark, 2)
    similarity[3] = -np.inf
    with pytest.raises(InputError, match="1 of them not finite"):
        fit_scale(similarity, is_right, is_landmark)
