import json
import math

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.recognition.calibration import (
    Thresholds,
    _pooled_threshold,
    choose_thresholds,
    conformal_threshold,
    distractors_needed,
)
from sightlab.recognition.search import LandmarkSearch, RecognizerConfig


@pytest.fixture
def search(gallery, landmarks, references):
    return LandmarkSearch(gallery, landmarks, references)


def pointing_at(axis, similarity, size=5):
    """A unit vector with this similarity to one centroid and the same negative one to all others."""
    vector = np.full(size, -math.sqrt((1 - similarity**2) / (size - 1)))
    vector[axis] = similarity
    return vector


def tune_photos(vectors, truth, make_table, lat=np.nan, lon=np.nan):
    photos = pd.DataFrame({"photo_id": [f"p{i:04d}" for i in range(len(vectors))], "landmark_id": truth})
    return make_table(photos["photo_id"], vectors), photos.assign(split="tune", lat=lat, lon=lon)


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
def test_the_threshold_is_the_kth_smallest(n, fpr, k):
    values = np.random.default_rng(n).permutation(n) + 1.0  # so that the k-th smallest is k
    assert conformal_threshold(values, fpr) == k


@pytest.mark.parametrize(("fpr", "needed"), [(0.01, 99), (0.001, 999), (0.1, 9), (0.3, 3), (1 / 49, 48)])
def test_how_many_distractors_a_rate_needs(fpr, needed):
    assert distractors_needed(fpr) == needed
    conformal_threshold(np.arange(float(needed)), fpr)
    with pytest.raises(InputError, match=rf"at least {needed} tune distractors; there are {needed - 1}"):
        conformal_threshold(np.arange(float(needed - 1)), fpr)


def test_coverage_over_resampled_splits():
    # P(a new distractor is answered) = floor(200 * 0.05) / 200 = 0.05 exactly, averaged over splits
    rng = np.random.default_rng(0)
    draws = rng.gamma(2.0, size=(4000, 199 + 50))
    thresholds = np.array([conformal_threshold(row, 0.05) for row in draws[:, :199]])
    rate = (draws[:, 199:] > thresholds[:, None]).mean()
    # a split's rate has sd sqrt(0.05 * 0.95 / 200 + 0.05 * 0.95 / 50) = 0.034; / sqrt(4000) = 0.0005
    assert rate == pytest.approx(0.05, abs=4 * 0.0006)


def test_ties_only_lower_the_rate():
    rng = np.random.default_rng(1)
    draws = np.round(rng.random(size=(2000, 199 + 50)), 1)
    thresholds = np.array([conformal_threshold(row, 0.05) for row in draws[:, :199]])
    assert 0 < (draws[:, 199:] > thresholds[:, None]).mean() < 0.05


def test_rejected_distractors_count_as_minus_infinity():
    values = np.array([0.9, -np.inf, -np.inf, -np.inf, 0.3, -np.inf, -np.inf, -np.inf, -np.inf])
    assert conformal_threshold(values, 0.1) == 0.9  # 9-th of 9
    assert conformal_threshold(values, 0.2) == 0.3  # 8-th of 9
    assert conformal_threshold(values, 0.4) == -np.inf  # 6-th of 9


@pytest.mark.parametrize("fpr", [0.0, 1.0, -0.1, math.nan])
def test_refuses_impossible_rates(fpr):
    with pytest.raises(InputError, match="fpr"):
        conformal_threshold(np.arange(100.0), fpr)


def test_refuses_nan_and_says_where():
    with pytest.raises(InputError, match="NaN for 1, first in row 2"):
        conformal_threshold(np.array([0.1, 0.2, np.nan] + 97 * [0.1]), 0.05)


def test_pooled_places_with_one_place_are_the_plain_threshold():
    values = np.random.default_rng(0).random(150)
    for fpr in (0.01, 0.05, 0.3):
        blocks = [values[:70, None], values[70:, None]]
        assert _pooled_threshold(blocks, 150, 1, fpr) == conformal_threshold(values, fpr)


def test_pooled_places_by_hand():
    # n = 19 distractors at 2 places, 10 %: 40 * 0.1 = 4 values may lie above, 2 of them are the newcomer's;
    # so the threshold is the third highest known value
    values = np.random.default_rng(0).permutation(38).reshape(19, 2) + 1.0
    assert _pooled_threshold([values[:5], values[5:]], 19, 2, 0.1) == 36


def test_pooled_coverage_over_resampled_splits():
    # distractors that score high everywhere, and places that differ: pairs are far from independent
    rng = np.random.default_rng(2)
    n, places = 99, 6
    values = (
        rng.normal(size=(1500, n + 1, 1))
        + np.linspace(0, 2, places)
        + 0.3 * rng.normal(size=(1500, n + 1, places))
    )
    thresholds = np.array([_pooled_threshold([split[:n]], n, places, 0.05) for split in values])
    rate = (values[:, n] > thresholds[:, None]).mean()
    assert 0.02 < rate <= 0.05 + 3 * 0.2 / math.sqrt(1500)


def test_all_three_thresholds_by_hand(search, make_table):
    # 20 distractors point at minar with similarity 0.01 ... 0.20 and stand beside it; fpr 10 %: the 19th
    # of 20 (ceil(21 * 0.9) = 19) = 0.19, in the world and in the square
    similarities = np.arange(1, 21) / 100
    vectors = [pointing_at(1, s) for s in similarities]
    # landmark photos of minar with similarities 0.5 ... 0.95: distance to its references sqrt(2 - 2 s)
    rights = np.array([0.5, 0.6, 0.7, 0.8, 0.95])
    vectors += [pointing_at(1, s) for s in rights]
    truth = ["non_landmark"] * 20 + ["minar"] * 5
    table, photos = tune_photos(vectors, truth, make_table, lat=28.524, lon=77.185)
    found = choose_thresholds(search, table, photos, fpr=0.1, lost_to_verification=0.2)
    assert found.similarity_gps == pytest.approx(0.19)
    # one of five may be lost: the limit is the distance of the photo with 0.6, sqrt(0.8)
    assert found.reference_distance == pytest.approx(math.sqrt(0.8))
    # every distractor is further than that: verification alone meets the rate, similarity has nothing to do
    assert found.similarity == -1
    assert (found.fpr, found.n_distractors, found.n_distractors_gps) == (0.1, 20, 20)
    assert found.calibrated_on == (
        "tune: 20 distractors, coordinates ignored; with coordinates: "
        "20 distractors with a landmark in their square"
    )
    unverified = choose_thresholds(search, table, photos, fpr=0.1, lost_to_verification=1.0)
    assert unverified.reference_distance == math.inf
    assert unverified.similarity == pytest.approx(0.19)


def test_distractors_far_from_every_landmark_say_nothing_about_the_square(search, make_table):
    # 20 stand beside the minar with 0.01 ... 0.20; 30 in the ocean look like the atoll, 0.9: rejected anyway
    vectors = [pointing_at(1, s / 100) for s in range(1, 21)] + [pointing_at(0, 0.9)] * 30
    table, photos = tune_photos(vectors, "non_landmark", make_table, lat=28.524, lon=77.185)
    photos.loc[20:, ["lat", "lon"]] = 0.0
    found = choose_thresholds(search, table, photos, fpr=0.1)
    assert found.similarity_gps == pytest.approx(0.19)
    assert (found.n_distractors, found.n_distractors_gps) == (50, 20)
    assert found.similarity == pytest.approx(0.9)


def test_both_gates_together_meet_the_rate(search, make_table):
    # 18 distractors at 0.80 ... 0.97 to the view e3 of the tower, whose references are e3 and e4: too far.
    # The two that point at the atoll (no references: never verified) at 0.5 and 0.6 are all that is left
    vectors = [pointing_at(3, 0.80 + i / 100) for i in range(18)] + [pointing_at(0, 0.5), pointing_at(0, 0.6)]
    vectors += [pointing_at(1, 0.9)] * 4
    table, photos = tune_photos(vectors, ["non_landmark"] * 20 + ["minar"] * 4, make_table)
    found = choose_thresholds(search, table, photos, fpr=0.1)
    # verified matches are sqrt(0.2) = 0.447 away; the tower's mean distance is at least half of sqrt(2)
    assert found.reference_distance == pytest.approx(math.sqrt(0.2), abs=1e-6)
    # the 19th of 20, where 18 are -inf
    assert found.similarity == pytest.approx(0.5)
    matches = search.match(table.vectors[:20])
    passed = (matches.similarity[:, 0] > found.similarity) & ~(
        matches.reference_distance[:, 0] > found.reference_distance
    )
    assert passed.sum() == 1


def test_with_few_coordinates_distractors_visit_every_landmark(search, make_table):
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(60, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    table, photos = tune_photos(vectors, "non_landmark", make_table)
    photos.loc[3, ["lat", "lon"]] = [48.858, 2.294]  # one stands beside the tower
    found = choose_thresholds(search, table, photos, fpr=0.1)
    # squares: atoll alone, minar and pillar share theirs, tower has two views; 61 * 4 * 0.1 = 24.4 -> 24
    # values may lie above, 4 of them the newcomer's: the 21st highest of the 240
    s = table.vectors
    shared = np.maximum(s[:, 1], s[:, 2])
    pool = np.concatenate([s[:, 0], shared, shared, np.maximum(s[:, 3], s[:, 4])])
    assert found.similarity_gps == np.sort(pool)[-21]
    assert found.n_distractors_gps == 60
    assert "only 1 of 9 needed" in found.calibrated_on
    assert "each of 60 was placed at each of 4 landmarks (240 pairs)" in found.calibrated_on
    assert found.similarity_gps < found.similarity  # a square holds fewer landmarks than the world
    small_chunks = LandmarkSearch(
        search.gallery, search.landmarks, search.reference_vectors, RecognizerConfig(chunk=7)
    )
    assert choose_thresholds(small_chunks, table, photos, fpr=0.1) == found


def test_without_any_landmark_position_one_threshold_serves_both(gallery, landmarks, make_table):
    search = LandmarkSearch(gallery, landmarks.assign(lat=np.nan, lon=np.nan), {})
    table, photos = tune_photos([pointing_at(1, i / 20) for i in range(1, 20)], "non_landmark", make_table)
    found = choose_thresholds(search, table, photos.drop(columns=["lat", "lon"]), fpr=0.1)
    assert found.similarity == found.similarity_gps == pytest.approx(0.9)  # the 18th of 19
    assert found.reference_distance == math.inf  # no right match to choose it on
    assert "no landmark has a position" in found.calibrated_on


def test_shuffled_photos_give_the_same_thresholds(search, make_table):
    rng = np.random.default_rng(4)
    vectors = rng.normal(size=(80, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    table, photos = tune_photos(vectors, ["non_landmark"] * 50 + ["minar", "tower"] * 15, make_table)
    before = choose_thresholds(search, table, photos, fpr=0.05)
    assert choose_thresholds(search, table, photos.sample(frac=1, random_state=0), fpr=0.05) == before


def test_refuses_photos_of_another_split_and_too_few(search, make_table):
    table, photos = tune_photos([pointing_at(1, 0.5)] * 5, "non_landmark", make_table)
    with pytest.raises(InputError, match="split tune; got 5 others, first 'p0000' of 'test'"):
        choose_thresholds(search, table, photos.assign(split="test"))
    with pytest.raises(
        InputError, match=r"rate of 1 % needs at least 99 tune distractors; there are 5\. .* 16\.7 %"
    ):
        choose_thresholds(search, table, photos, fpr=0.01)
    with pytest.raises(InputError, match="split"):
        choose_thresholds(search, table, photos.drop(columns="split"))
    with pytest.raises(InputError, match="lost_to_verification"):
        choose_thresholds(search, table, photos, lost_to_verification=2.0)


@pytest.mark.parametrize("distance", [0.9, math.inf])
def test_thresholds_survive_json(distance):
    thresholds = Thresholds(0.6, 0.5, distance, 0.01, 100, 99, "tune")
    text = json.dumps(thresholds.to_dict(), allow_nan=False)
    assert Thresholds.from_dict(json.loads(text)) == thresholds


def test_refuses_impossible_thresholds():
    with pytest.raises(InputError, match=r"similarity=1\.5 is outside"):
        Thresholds(1.5, 0.5, 1.0, 0.01, 100, 99, "tune")
    with pytest.raises(InputError, match="similarity_gps"):
        Thresholds(0.5, math.nan, 1.0, 0.01, 100, 99, "tune")
    with pytest.raises(InputError, match="reference_distance"):
        Thresholds(0.5, 0.5, math.nan, 0.01, 100, 99, "tune")
    with pytest.raises(InputError, match="fpr"):
        Thresholds(0.5, 0.5, 1.0, 1.0, 100, 99, "tune")
