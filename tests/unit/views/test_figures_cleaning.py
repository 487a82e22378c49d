"""What cleaning drops: histogram, curve, landmarks."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.evaluation.intervals import wilson
from sightlab.evaluation.metrics import auroc
from sightlab.views.figures_cleaning import (
    MOST_LANDMARKS,
    _bins,
    cleaning_curve,
    cleaning_scores,
    dropped_per_landmark,
    roc,
)


@pytest.fixture
def cleaned(rng):
    score = np.append(rng.normal(0.8, 0.1, 200), rng.normal(1.2, 0.1, 30))
    return pd.DataFrame(
        {
            "photo_id": [f"p{i}" for i in range(230)],
            "landmark_id": np.resize(["bell_tower", "old_gate", "red_fort"], 230),
            "score": score,
            "threshold": 1.0,
            "keep": score <= 1.0,
        }
    )


def test_no_bar_straddles_the_threshold():
    score = np.array([0.3, 0.9, 1.4])
    bins = _bins(score, 1.0)
    assert np.isclose(bins, 1.0).any()
    assert bins[0] <= 0.3
    assert bins[-1] >= 1.4


def test_every_photo_is_in_one_bar(cleaned, texts_of, assert_legible):
    figure = cleaning_scores(cleaned)
    assert sum(p.get_height() for p in figure.axes[0].patches) == 230
    n_kept = int(cleaned["keep"].sum())
    text = texts_of(figure)
    assert f"kept (n = {n_kept})" in text
    assert f"dropped (n = {230 - n_kept})" in text
    assert "threshold 1.000" in text
    assert_legible(figure)


def test_known_noise_is_drawn_apart(cleaned, texts_of, assert_legible):
    truth = pd.DataFrame({"photo_id": [f"p{i}" for i in range(200, 230)] + ["unknown"]})
    figure = cleaning_scores(cleaned, truth)
    assert "injected noise (n = 30)" in texts_of(figure)
    assert "kept, no known noise" in texts_of(figure)
    assert texts_of(cleaning_scores(cleaned, list(truth["photo_id"]))) == texts_of(figure)
    assert_legible(figure)


def test_thresholds_per_landmark_become_a_range(cleaned, texts_of):
    cleaned["threshold"] = np.resize([0.9, 1.0, 1.1], 230)
    assert "median 1.000, 0.900 to 1.100" in texts_of(cleaning_scores(cleaned))


def test_photos_without_score_are_left_out(cleaned):
    cleaned.loc[:9, "score"] = np.nan
    assert sum(p.get_height() for p in cleaning_scores(cleaned).axes[0].patches) == 220


def roc_slowly(score, positive):
    thresholds = [np.inf, *sorted(set(score), reverse=True)]
    x = [sum(s >= t and not p for s, p in zip(score, positive, strict=True)) for t in thresholds]
    y = [sum(s >= t and p for s, p in zip(score, positive, strict=True)) for t in thresholds]
    return np.array(x) / (~positive).sum(), np.array(y) / positive.sum()


def test_roc_by_hand():
    # sorted: noise 0.9, other 0.8, noise 0.8 (a tie: one step up and right), other 0.1
    x, y = roc(np.array([0.9, 0.8, 0.8, 0.1]), np.array([True, False, True, False]))
    assert x.tolist() == [0, 0, 0.5, 1]
    assert y.tolist() == [0, 0.5, 1, 1]
    assert np.trapezoid(y, x) == 0.875  # pairs won: 1 + 1 + 0.5 + 1 of 4


def test_roc_equals_the_slow_one_and_the_ranks(rng):
    score = rng.integers(0, 12, 80) / 10  # many ties
    positive = rng.random(80) < 0.3
    x, y = roc(score, positive)
    slow_x, slow_y = roc_slowly(score, positive)
    np.testing.assert_allclose(x, slow_x)
    np.testing.assert_allclose(y, slow_y)
    assert np.trapezoid(y, x) == pytest.approx(auroc(score, positive))


def test_chosen_threshold_is_a_point_on_the_curve(texts_of, assert_legible):
    score = np.array([0.2, 0.4, 0.9, 0.7, 0.8, 1.2])
    noise = np.array([False, False, False, True, True, True])
    figure = cleaning_curve(score, noise, threshold=0.75)
    # above 0.75: noise 0.8, 1.2 of 3, and 0.9 of 3 others
    text = texts_of(figure)
    assert "66.7 % of noise dropped" in text
    assert "33.3 % of others dropped" in text
    assert "AUROC 0.778" in text  # pairs won 3 * 3 - 2 = 7 of 9
    assert_legible(figure)


def test_curve_needs_both_kinds_and_finite_scores():
    with pytest.raises(InputError, match="0 noise, 2 others"):
        cleaning_curve([0.1, 0.2], [False, False])
    with pytest.raises(InputError, match="0 noise, 1 others, 0 infinite, and 1 photos without a score"):
        cleaning_curve([0.1, np.nan], [False, True])
    with pytest.raises(InputError, match="1 infinite"):
        cleaning_curve([0.1, np.inf], [False, True])


def test_photos_kept_unjudged_are_left_out_of_the_curve_and_counted(texts_of, assert_legible):
    score = np.array([0.2, np.nan, 0.4, 0.9, np.nan, 0.7, 0.8, 1.2])
    noise = np.array([False, True, False, False, False, True, True, True])
    landmark = np.array(["a", "c", "a", "b", "c", "a", "b", "b"], dtype=object)
    figure = cleaning_curve(score, noise, 0.75, landmark)
    text = texts_of(figure)
    # as without them: pairs won 7 of 9; above 0.75 two of three of the noise, one of three others
    assert "AUROC 0.778\nnoise n = 3\nothers n = 3\n2 kept unjudged: left out" in text
    assert "(bars: by landmark, 95 %)" in text
    lost, caught = figure.axes[0].lines[2:4]
    # a loses no other photo of two and the noise of one; b its only other photo and both of the noise
    assert lost.get_xdata().tolist() == [0, 1]
    assert caught.get_ydata().tolist() == [0, 1]
    assert "left out" not in texts_of(cleaning_curve(score[2:4], np.array([False, True])))
    assert_legible(figure)


def test_photos_kept_unjudged_are_counted_below_the_histogram(cleaned, texts_of, assert_legible):
    assert "unjudged" not in texts_of(cleaning_scores(cleaned))
    cleaned.loc[cleaned.index[:3], "score"] = np.nan
    figure = cleaning_scores(cleaned)
    assert "3 kept unjudged: left out" in texts_of(figure)
    assert_legible(figure)
    with pytest.raises(InputError, match=f"none of {len(cleaned)} has one"):
        cleaning_scores(cleaned.assign(score=np.nan))


def test_most_dropped_landmark_comes_first(landmarks, texts_of, assert_legible):
    keep = [True] * 8 + [False] * 2 + [True] * 5 + [False] * 5 + [True] * 4
    ids = ["bell_tower"] * 10 + ["old_gate"] * 10 + ["red_fort"] * 4
    cleaned = pd.DataFrame({"landmark_id": ids, "keep": keep})
    figure = dropped_per_landmark(cleaned, SimpleNamespace(landmarks=landmarks))
    ax = figure.axes[0]
    assert [t.get_text() for t in ax.get_yticklabels()] == [r"Old \$Gate_1\$", "Bell Tower", "Red Fort"]
    assert [t.get_text() for t in ax.texts] == ["5 / 10", "2 / 10", "0 / 4"]
    assert tuple(ax.lines[0].get_xdata()) == pytest.approx(wilson(5, 10))
    assert "over all 29.2 %" in texts_of(figure)  # 7 / 24
    assert_legible(figure)


def test_many_landmarks_are_cut_and_said(texts_of, assert_legible):
    ids = [f"l{i}" for i in range(MOST_LANDMARKS + 5)]
    cleaned = pd.DataFrame({"landmark_id": np.repeat(ids, 3), "keep": True})
    manifest = SimpleNamespace(landmarks=pd.DataFrame({"landmark_id": ids, "name": ids, "region": "r"}))
    figure = dropped_per_landmark(cleaned, manifest)
    assert "the 50 most dropped of 55 landmarks" in texts_of(figure)
    assert_legible(figure)
