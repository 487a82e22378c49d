import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.data.manifest import NON_LANDMARK
from sightlab.evaluation.reliability import (
    IN_USE,
    ISOTONIC,
    _folds,
    calibration_error,
    reliability,
    scales_tried,
)
from sightlab.recognition.probability import fit_scale


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


def drawn(n_landmarks=20, per_landmark=10, n_distractors=200, seed=3):
    """Similarities of landmark photos, one in eight wrong, and of distractors; they overlap."""
    rng = np.random.default_rng(seed)
    names = np.repeat([f"place {i:02d}" for i in range(n_landmarks)], per_landmark)
    truth = np.concatenate([names, np.repeat(NON_LANDMARK, n_distractors)]).astype(object)
    is_right = (truth != NON_LANDMARK) & (rng.random(len(truth)) > 0.125)
    middle = np.where(is_right, 0.6, np.where(truth != NON_LANDMARK, 0.2, -0.1))
    return middle + 0.2 * rng.normal(size=len(truth)), is_right, truth


def test_scales_are_asked_about_landmarks_that_they_were_not_fitted_on():
    similarity, is_right, truth = drawn()
    table = scales_tried(similarity, is_right, truth, 0.3, n_folds=4, seed=1).set_index("scale")
    assert list(table.index) == [IN_USE, ISOTONIC]
    # slowly: the same folds, each photo told by a scale and by the means of pooled neighbors (isotonic)
    fold, is_landmark = _folds(truth, 4, np.random.default_rng(1)), truth != NON_LANDMARK
    weight = np.where(is_landmark, 0.3 / is_landmark.sum(), 0.7 / (~is_landmark).sum())
    said, steps = np.empty(len(truth)), np.empty(len(truth))
    for f in range(4):
        known = fold != f
        order = np.flatnonzero(known)[np.argsort(similarity[known])]
        n_landmark, n_distractor = is_landmark[known].sum(), (~is_landmark[known]).sum()
        w = np.where(is_landmark[order], 0.3 / n_landmark, 0.7 / n_distractor)
        blocks = []
        for one, share in zip(is_right[order], w, strict=True):  # pool adjacent violators
            blocks.append([float(one), share, 1])
            while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
                b, a = blocks.pop(), blocks.pop()
                mean = (a[0] * a[1] + b[0] * b[1]) / (a[1] + b[1])
                blocks.append([mean, a[1] + b[1], a[2] + b[2]])
        heights = np.concatenate([[mean] * n for mean, _, n in blocks])
        steps[~known] = np.interp(similarity[~known], similarity[order], heights)
        scale = fit_scale(similarity[known], is_right[known], is_landmark[known], 0.3)
        said[~known] = scale.of(similarity[~known])
    for name, p in ((IN_USE, said), (ISOTONIC, steps)):
        assert table.loc[name, "brier"] == pytest.approx((weight * (p - is_right) ** 2).sum())
        error = calibration_error(reliability(p, is_right, is_landmark, 0.3, n_resamples=1))
        assert table.loc[name, "calibration_error"] == pytest.approx(error)
    assert table.loc[IN_USE, "says_one"] == 0
    assert table.loc[ISOTONIC, "says_one"] == pytest.approx(weight[np.isclose(steps, 1)].sum(), abs=1e-3)
    assert table.loc[ISOTONIC, "says_one"] > 0.02


def test_folds_keep_landmarks_whole_and_are_even():
    truth = drawn()[2]
    fold = _folds(truth, 4, np.random.default_rng(0))
    for name in set(truth) - {NON_LANDMARK}:
        assert len(set(fold[truth == name])) == 1
    assert np.bincount(fold[truth == NON_LANDMARK]).tolist() == [50] * 4
    assert np.bincount(fold[truth != NON_LANDMARK]).tolist() == [50] * 4


def test_too_few_photos_for_a_fold_compare_nothing():
    assert scales_tried(*drawn(4, 9, 200), 0.02).empty  # 36 landmark photos, of which a fold takes 9 away
