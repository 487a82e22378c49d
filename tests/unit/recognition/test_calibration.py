import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.recognition.calibration import (
    Thresholds,
    _least_similarity,
    choose_probability,
    choose_thresholds,
)
from sightlab.recognition.gates import passed
from sightlab.recognition.probability import ProbabilityScales, fit_scale
from sightlab.recognition.search import LandmarkSearch, RecognizerConfig
from sightlab.recognition.similarity import PLAIN, SimilarityConfig

BARE = RecognizerConfig(similarity=PLAIN)  # similarity = cosine, so that it can be read off


@pytest.fixture
def search(gallery, landmarks, references):
    return LandmarkSearch(gallery, landmarks, references, BARE)


def pointing_at(axis, similarity, size=5):
    """A unit vector with this similarity to one centroid and the same negative one to all others."""
    vector = np.full(size, -math.sqrt((1 - similarity**2) / (size - 1)))
    vector[axis] = similarity
    return vector


def tune_photos(vectors, truth, make_table, lat=np.nan, lon=np.nan):
    photos = pd.DataFrame({"photo_id": [f"p{i:04d}" for i in range(len(vectors))], "landmark_id": truth})
    return make_table(photos["photo_id"], vectors), photos.assign(split="tune", lat=lat, lon=lon)


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
    found = choose_thresholds(search, table, photos, fpr=0.1, confidence=None, lost_to_verification=0.2)
    assert found.similarity_gps == pytest.approx(0.19)
    # one of five may be lost: the limit is the distance of the photo with 0.6, sqrt(0.8)
    assert found.reference_distance == pytest.approx(math.sqrt(0.8))
    # every distractor is further than that, so verification alone meets the rate; similarity asks as much as
    # it can without losing one of the four that pass, the lowest of which has 0.6
    assert found.similarity < float(np.float32(0.6))
    assert found.similarity == pytest.approx(0.6)
    assert (found.fpr, found.n_distractors, found.n_distractors_gps) == (0.1, 20, 20)
    assert found.calibrated_on == (
        "tune: 20 distractors, coordinates ignored; with coordinates: "
        "20 distractors with a landmark in their square"
    )
    unverified = choose_thresholds(search, table, photos, fpr=0.1, confidence=None, lost_to_verification=1.0)
    assert unverified.reference_distance == math.inf
    assert unverified.similarity == pytest.approx(0.5)  # 0.19 would keep the rate; all five pass now


def test_the_similarity_that_is_asked_for_nothing_by_hand():
    # 0.2 % of 499 are none, of 1,000 two: the third lowest; just below it, since a photo must exceed it
    rising = np.arange(1, 1001) / 1000
    assert _least_similarity(rising[:499]) == np.nextafter(0.001, -1)
    assert _least_similarity(rising[::-1]) == np.nextafter(0.003, -1)
    assert _least_similarity(np.array([])) == -1
    assert _least_similarity(np.array([-1.0])) == -1


def test_distractors_far_from_every_landmark_say_nothing_about_the_square(search, make_table):
    # 20 stand beside the minar with 0.01 ... 0.20; 30 in the ocean look like the atoll, 0.9: rejected anyway
    vectors = [pointing_at(1, s / 100) for s in range(1, 21)] + [pointing_at(0, 0.9)] * 30
    table, photos = tune_photos(vectors, "non_landmark", make_table, lat=28.524, lon=77.185)
    photos.loc[20:, ["lat", "lon"]] = 0.0
    found = choose_thresholds(search, table, photos, fpr=0.1, confidence=None)
    assert found.similarity_gps == pytest.approx(0.19)
    assert (found.n_distractors, found.n_distractors_gps) == (50, 20)
    assert found.similarity == pytest.approx(0.9)


def test_both_gates_together_meet_the_rate(search, make_table):
    # 18 distractors at 0.80 ... 0.97 to the view e3 of the tower, whose references are e3 and e4: too far.
    # The two that point at the atoll (no references: never verified) at 0.5 and 0.6 are all that is left
    vectors = [pointing_at(3, 0.80 + i / 100) for i in range(18)] + [pointing_at(0, 0.5), pointing_at(0, 0.6)]
    vectors += [pointing_at(1, 0.9)] * 4 + [pointing_at(0, 0.3)]  # right ones begin below that
    table, photos = tune_photos(vectors, ["non_landmark"] * 20 + ["minar"] * 4 + ["atoll"], make_table)
    found = choose_thresholds(search, table, photos, fpr=0.1, confidence=None)
    # verified matches are sqrt(0.2) = 0.447 away; the tower's mean distance is at least half of sqrt(2)
    assert found.reference_distance == pytest.approx(math.sqrt(0.2), abs=1e-6)
    # the 19th of 20, where 18 are -inf
    assert found.similarity == pytest.approx(0.5)
    matches = search.match(table.vectors[:20])
    passed = (matches.similarity[:, 0] > found.similarity) & ~(
        matches.reference_distance[:, 0] > found.reference_distance
    )
    assert passed.sum() == 1


def test_the_lead_by_hand(gallery, landmarks, make_table):
    # photos of the minar at 0.5 and four times 0.7, ahead of the tower by 0.6, 0.5, 0.4, 0.3 and 0.2
    pairs = [(0.5, 0.6), (0.7, 0.5), (0.7, 0.4), (0.7, 0.3), (0.7, 0.2)]
    vectors = [[0, s, 0, s - lead, math.sqrt(1 - s**2 - (s - lead) ** 2)] for s, lead in pairs]
    # 20 distractors like the minar: 0.41 ... 0.60, those above 0.55 between two landmarks, a lead of 0.1
    for i in range(20):
        s = 0.41 + i / 100
        t = s - 0.1 if s > 0.55 else 0.0
        vectors.append([0, s, 0, t, -math.sqrt(1 - s**2 - t**2)])
    truth = ["minar"] * 5 + ["non_landmark"] * 20
    table, photos = tune_photos(vectors, truth, make_table)
    config = RecognizerConfig(similarity=SimilarityConfig(pool_weight=0.0, rival_weight=1e-9))
    bare = LandmarkSearch(gallery.__class__(gallery.vectors[:4], gallery.table[:4]), landmarks, {}, config)
    found = choose_thresholds(bare, table, photos, fpr=0.1, confidence=None, lost_to_lead=0.4)
    # two of five may be lost: those with 0.2 and 0.3, so the limit is 0.4
    assert found.lead == pytest.approx(0.4)
    # the 5 distractors above 0.55 fail the lead: -inf; the 19th of 20 is the second highest of the rest
    assert found.similarity == pytest.approx(0.54, abs=1e-6)
    without = choose_thresholds(bare, table, photos, fpr=0.1, confidence=None, lost_to_lead=0)
    assert (without.lead, without.similarity) == (-2, pytest.approx(0.59, abs=1e-6))
    with pytest.raises(InputError, match="lost_to_lead"):
        choose_thresholds(bare, table, photos, fpr=0.1, confidence=None, lost_to_lead=1.0)


def test_a_stricter_rate_never_asks_for_less(search, make_table):
    # distractors at 0.01 ... 0.80; right ones from 0.40 on, whose references leave the nearer half
    vectors = [pointing_at(1, s / 1000) for s in range(10, 801)] + [
        pointing_at(1, s / 100) for s in range(40, 100)
    ]
    table, photos = tune_photos(vectors, ["non_landmark"] * 791 + ["minar"] * 60, make_table)
    rates = (0.9, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01)
    found = [choose_thresholds(search, table, photos, rate, 0.5).similarity for rate in rates]
    assert found == sorted(found)
    assert found[0] == pytest.approx(0.70)  # the lowest that passes: half of 60 may be lost
    assert found[-1] > found[0]


def test_without_rivals_no_lead_is_asked(search, make_table):
    vectors = [pointing_at(1, s / 100) for s in range(1, 21)] + [pointing_at(1, 0.9)] * 20
    table, photos = tune_photos(vectors, ["non_landmark"] * 20 + ["minar"] * 20, make_table)
    assert choose_thresholds(search, table, photos, fpr=0.1, confidence=None, lost_to_lead=0.5).lead == -2


def test_with_few_coordinates_distractors_visit_every_landmark(search, make_table):
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(60, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    table, photos = tune_photos(vectors, "non_landmark", make_table)
    photos.loc[3, ["lat", "lon"]] = [48.858, 2.294]  # one stands beside the tower
    found = choose_thresholds(search, table, photos, fpr=0.1, confidence=None)
    # squares: atoll alone, minar and pillar share theirs, tower has two views; 61 * 4 * 0.1 = 24.4 -> 24
    # values may lie above, 4 of them the newcomer's: the 21st highest of the 240
    s = table.vectors
    shared = np.maximum(s[:, 1], s[:, 2])
    pool = np.concatenate([s[:, 0], shared, shared, np.maximum(s[:, 3], s[:, 4])])
    assert found.similarity_gps == np.sort(pool)[-21]
    assert found.n_distractors_gps == 60
    assert "only 1 distractors have a landmark in their square, too few" in found.calibrated_on
    assert "each of 60 was placed at each of 4 landmarks (240 pairs)" in found.calibrated_on
    assert found.similarity_gps < found.similarity  # a square holds fewer landmarks than the world
    small_chunks = LandmarkSearch(
        search.gallery,
        search.landmarks,
        search.reference_vectors,
        RecognizerConfig(chunk=7, similarity=PLAIN),
    )
    assert choose_thresholds(small_chunks, table, photos, fpr=0.1, confidence=None) == found


def test_without_any_landmark_position_one_threshold_serves_both(gallery, landmarks, make_table):
    search = LandmarkSearch(gallery, landmarks.assign(lat=np.nan, lon=np.nan), {}, BARE)
    table, photos = tune_photos([pointing_at(1, i / 20) for i in range(1, 20)], "non_landmark", make_table)
    found = choose_thresholds(search, table, photos.drop(columns=["lat", "lon"]), fpr=0.1, confidence=None)
    assert found.similarity == found.similarity_gps == pytest.approx(0.9)  # the 18th of 19
    assert found.reference_distance == math.inf  # no right match to choose it on
    assert "no landmark has a position" in found.calibrated_on


def test_probabilities_are_chosen_for_the_world_and_for_the_square(search, make_table):
    rng = np.random.default_rng(5)
    similar = np.append(rng.uniform(0.3, 0.9, 40), rng.uniform(-0.2, 0.5, 80))
    table, photos = tune_photos(
        [pointing_at(1, s) for s in similar],
        ["minar"] * 40 + ["non_landmark"] * 80,
        make_table,
        28.524,
        77.185,
    )
    found = choose_probability(search, table, photos)
    is_landmark = np.arange(120) < 40
    assert found.world == fit_scale(search.match(table.vectors).similarity[:, 0], is_landmark, is_landmark)
    assert found.square is not None
    photos.loc[:15, ["lat", "lon"]] = np.nan  # leaves 24 landmark photos with coordinates: too few
    assert choose_probability(search, table, photos) == ProbabilityScales(found.world, None)
    assert choose_probability(search, table, photos[20:]) is None
    with pytest.raises(InputError, match="split tune"):
        choose_probability(search, table, photos.assign(split="test"))


def test_shuffled_photos_give_the_same_thresholds(search, make_table):
    rng = np.random.default_rng(4)
    vectors = rng.normal(size=(80, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    table, photos = tune_photos(vectors, ["non_landmark"] * 50 + ["minar", "tower"] * 15, make_table)
    before = choose_thresholds(search, table, photos, fpr=0.05, confidence=None)
    assert (
        choose_thresholds(search, table, photos.sample(frac=1, random_state=0), fpr=0.05, confidence=None)
        == before
    )


def test_refuses_photos_of_another_split_and_too_few(search, make_table):
    table, photos = tune_photos([pointing_at(1, 0.5)] * 5, "non_landmark", make_table)
    with pytest.raises(InputError, match="split tune; got 5 others, first 'p0000' of 'test'"):
        choose_thresholds(search, table, photos.assign(split="test"))
    with pytest.raises(
        InputError, match=r"rate of 1 % needs at least 99 tune distractors; there are 5\. .* 16\.7 %"
    ):
        choose_thresholds(search, table, photos, fpr=0.01, confidence=None)
    with pytest.raises(InputError, match="split"):
        choose_thresholds(search, table, photos.drop(columns="split"))
    with pytest.raises(InputError, match="lost_to_verification"):
        choose_thresholds(search, table, photos, lost_to_verification=2.0)


def test_a_certificate_is_the_default_and_costs_similarity(search, make_table):
    # 59 distractors at 0.001 ... 0.059: to certify 5 % none may be above; on average floor(60 * 0.05) - 1 = 2
    vectors = [pointing_at(1, s / 1000) for s in range(1, 60)]
    table, photos = tune_photos(vectors, "non_landmark", make_table, lat=28.524, lon=77.185)
    found = choose_thresholds(search, table, photos, fpr=0.05)
    average = choose_thresholds(search, table, photos, fpr=0.05, confidence=None)
    assert found.similarity == found.similarity_gps == pytest.approx(0.059)
    assert average.similarity == average.similarity_gps == pytest.approx(0.057)
    assert (found.confidence, found.confidence_gps) == (0.95, 0.95)
    assert (average.confidence, average.confidence_gps) == (None, None)
    assert found.promise == "FPR <= 5 % with 95 % confidence, on distractors like the 59 of tune"
    assert average.promise == "FPR <= 5 % on average, on distractors like the 59 of tune"
    with pytest.raises(InputError, match="needs at least 59 tune distractors; you have 58"):
        choose_thresholds(search, table, photos[1:], fpr=0.05)


def test_what_only_one_gate_can_carry_is_promised_for_that_gate(search, make_table):
    # without coordinates 59 are enough to certify 5 %; placed at every landmark it takes 78
    table, photos = tune_photos([pointing_at(1, s / 1000) for s in range(1, 61)], "non_landmark", make_table)
    found = choose_thresholds(search, table, photos, fpr=0.05)
    assert (found.confidence, found.confidence_gps) == (0.95, None)
    assert found.promise == (
        "FPR <= 5 % with 95 % confidence, on distractors like the 60 of tune, without coordinates; with "
        "them, on average, on those like 60 of tune placed at each of 4 landmarks, as a mean over these"
    )
    table, photos = tune_photos([pointing_at(1, s / 1000) for s in range(1, 79)], "non_landmark", make_table)
    assert choose_thresholds(search, table, photos, fpr=0.05).confidence_gps == 0.95


def test_a_promise_names_both_counts_where_they_differ(search, make_table):
    # 59 of 79 stand beside the minar: enough to certify 5 % with coordinates, on these alone
    table, photos = tune_photos([pointing_at(1, s / 1000) for s in range(1, 80)], "non_landmark", make_table)
    photos.loc[:58, ["lat", "lon"]] = 28.524, 77.185
    assert choose_thresholds(search, table, photos, fpr=0.05).promise == (
        "FPR <= 5 % with 95 % confidence, on distractors like the 79 of tune, without coordinates; with "
        "them, with 95 % confidence, on those like 59 of tune with a landmark in their square"
    )


@pytest.mark.parametrize(
    ("n_gps", "confidence_gps", "places", "end"),
    [
        (1000, 0.95, 0, "like the 1,000 of tune"),  # as strong, on as many: one sentence for both
        (900, 0.95, 0, "with 95 % confidence, on those like 900 of tune with a landmark in their square"),
        (1000, None, 0, "on average, on those like 1,000 of tune with a landmark in their square"),
        (1000, 0.95, 30, "on those like 1,000 of tune placed at each of 30 landmarks, as a mean over these"),
        (0, 0.95, 0, "; with them nothing is answered: no landmark has a position"),
    ],
)
def test_what_the_threshold_with_coordinates_rests_on_is_told(n_gps, confidence_gps, places, end):
    found = Thresholds(
        0.5, 0.4, 1.0, 0.01, 1000, n_gps, "tune", 0.95, confidence_gps, n_places_gps=places
    ).promise
    assert found.endswith(end)
    assert found.startswith("FPR <= 1 % with 95 % confidence, on distractors like the 1,000 of tune")


def test_without_positions_nothing_is_promised_with_coordinates(gallery, landmarks, make_table):
    nowhere = LandmarkSearch(gallery, landmarks.assign(lat=np.nan, lon=np.nan), {}, BARE)
    table, photos = tune_photos([pointing_at(1, s / 1000) for s in range(1, 60)], "non_landmark", make_table)
    found = choose_thresholds(nowhere, table, photos, fpr=0.05)
    assert found.promise.endswith("with them nothing is answered: no landmark has a position")
    placed = nowhere.match(table.vectors, np.full(59, 28.524), np.full(59, 77.185))
    assert not passed(placed, replace(found, similarity=-1.0, similarity_gps=-1.0)).any()


def test_thresholds_of_an_older_model_promise_on_average_only():
    old = Thresholds(0.6, 0.5, 1.0, 0.01, 100, 99, "tune").to_dict()
    del old["confidence"], old["confidence_gps"], old["lead"], old["n_places_gps"]
    assert Thresholds.from_dict(old).lead == -2  # and no lead is asked
    assert Thresholds.from_dict(old).promise.startswith("FPR <= 1 % on average")


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
    with pytest.raises(InputError, match="confidence_gps"):
        Thresholds(0.5, 0.5, 1.0, 0.01, 100, 99, "tune", 0.95, 95.0)
    with pytest.raises(InputError, match="lead"):
        Thresholds(0.5, 0.5, 1.0, 0.01, 100, 99, "tune", lead=math.nan)
