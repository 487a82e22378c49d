import math

import numpy as np
import pandas as pd
import pytest

from sightlab.recognition.calibration import Thresholds
from sightlab.recognition.gallery import CentroidGallery
from sightlab.recognition.probability import ProbabilityScale, ProbabilityScales
from sightlab.recognition.recognizer import COLUMNS, Recognizer, RecognizerConfig
from sightlab.recognition.similarity import PLAIN, SimilarityConfig
from tests.unit.recognition.drawn_vectors import BARE, THRESHOLDS, vector


def one(recognizer, v, lat=None, lon=None):
    lat, lon = (None if x is None else np.array([float(x)]) for x in (lat, lon))
    table = recognizer.recognize(["p.jpg"], np.asarray(v)[None], lat, lon)
    assert list(table.columns) == list(COLUMNS)
    return table.iloc[0].to_dict()


def test_an_answer_and_its_trace(recognizer):
    row = one(recognizer, vector(e1=0.7104, e2=0.25))
    assert row == {
        "photo": "p.jpg",
        "landmark_id": "minar",
        "best_landmark_id": "minar",
        "landmark_name": "Minar",
        "city": "Delhi",
        "country": "India",
        "similarity": pytest.approx(0.7104),
        "threshold": 0.62,
        "margin": pytest.approx(0.4604),
        "runner_up": "pillar",
        "centroid": 1,
        "used_gps": False,
        "reason": "similarity 0.71 > 0.62",
        "reference_distance": pytest.approx(math.sqrt(2 - 2 * 0.7104)),
        "other_landmark_ids": "",
        "probability": pytest.approx(math.nan, nan_ok=True),
        "cosine": pytest.approx(0.7104),
        "crowd": 0.0,
        "rival": "",
        "world_landmark_id": "",
        "regions": "",
        "trace": "no coordinates, so the whole world was searched; nearest centroid 1, view 1 of minar: "
        "cosine 0.710; similarity 0.710 > 0.620, the threshold; runner-up pillar, cosine 0.250; mean "
        "distance to 2 references 0.761 <= 1.000, the limit; verdict: minar",
    }


def test_too_low_a_similarity_is_rejected_with_its_trace(recognizer):
    row = one(recognizer, vector(e1=0.41))
    assert (row["landmark_id"], row["best_landmark_id"]) == ("non_landmark", "minar")
    assert (row["landmark_name"], row["city"], row["country"]) == ("", "", "")
    assert row["similarity"] == pytest.approx(0.41)
    assert row["reason"] == "similarity 0.41 <= 0.62"


def test_at_the_threshold_it_is_not_yet_an_answer(gallery, landmarks):
    exact = Thresholds(0.5, 0.5, math.inf, 0.01, 100, 99, "tune")
    half = np.array([-0.5, 0.5, -0.5, -0.5, 0.0])
    row = one(Recognizer(gallery, landmarks, {}, exact, BARE), half)
    assert (row["landmark_id"], row["reason"]) == ("non_landmark", "similarity 0.500000 <= 0.500000")
    near = one(Recognizer(gallery, landmarks, {}, exact, BARE), half, 28.524, 77.185)
    assert (near["landmark_id"], near["used_gps"]) == ("non_landmark", True)


def test_digits_enough_to_tell_a_similarity_from_its_threshold(recognizer):
    assert one(recognizer, vector(e1=0.6204))["reason"] == "similarity 0.6204 > 0.6200"
    assert one(recognizer, vector(e1=0.6196))["reason"] == "similarity 0.6196 <= 0.6200"


def test_without_coordinates_the_references_are_asked(recognizer):
    # the tower's references are its two views: at similarity 0.99 to one, the mean distance is
    # (sqrt(0.02) + sqrt(2)) / 2 = 0.778; at -0.14 to the other (sqrt(0.02) + sqrt(2.28)) / 2 = 0.826
    v = np.array([0, 0, 0, 0.99, -math.sqrt(1 - 0.99**2)])
    distance = (math.sqrt(0.02) + math.sqrt(2 + 2 * math.sqrt(1 - 0.99**2))) / 2
    strict = Thresholds(0.62, 0.40, 0.8, 0.01, 100, 99, "tune")
    strict_recognizer = Recognizer(
        recognizer.gallery, recognizer.search.landmarks, recognizer.search.reference_vectors, strict, BARE
    )
    row = one(strict_recognizer, v)
    assert (row["landmark_id"], row["best_landmark_id"]) == ("non_landmark", "tower")
    assert row["reason"] == "mean distance 0.83 to the references > 0.80"
    assert row["reference_distance"] == pytest.approx(distance)
    assert one(recognizer, v)["landmark_id"] == "tower"  # limit 1.0
    beside = one(strict_recognizer, v, 48.858, 2.294)  # with coordinates nobody asks
    assert beside["landmark_id"] == "tower"
    assert beside["reference_distance"] == pytest.approx(distance)


def test_a_photo_between_two_places_is_not_answered(gallery, landmarks):
    # minar 0.7 and, in Paris, the tower 0.65: the similarity would do, the lead of 0.05 does not
    v = np.array([0, 0.7, 0, 0.65, -math.sqrt(1 - 0.7**2 - 0.65**2)])
    config = RecognizerConfig(similarity=SimilarityConfig(pool_weight=0.0, rival_weight=1e-9))
    careful = Recognizer(
        gallery, landmarks, {}, Thresholds(0.62, 0.40, 1.0, 0.01, 100, 99, "tune", lead=0.1), config
    )
    row = one(careful, v)
    assert (row["landmark_id"], row["best_landmark_id"]) == ("non_landmark", "minar")
    assert row["reason"] == "similarity 0.70 > 0.62, but ahead of tower by only 0.05 < 0.10"
    assert "; ahead of the rival by 0.050 < 0.100, the least lead; " in row["trace"]
    assert one(careful, v, 28.524, 77.185)["landmark_id"] == "minar"  # in the square nobody asks
    elsewhere = one(careful, v, 0, 0)
    assert (elsewhere["landmark_id"], elsewhere["world_landmark_id"]) == ("non_landmark", "")
    # the pillar stands beside the minar, so it is no rival
    beside = np.array([0, 0.7, 0.65, 0, -math.sqrt(1 - 0.7**2 - 0.65**2)])
    assert one(careful, beside)["landmark_id"] == "minar"


def test_a_landmark_without_references_is_not_verified_and_says_so(recognizer):
    row = one(recognizer, vector(e0=0.8))
    assert row["landmark_id"] == "atoll"
    assert row["reason"] == "similarity 0.80 > 0.62; no references to verify it"
    assert math.isnan(row["reference_distance"])
    assert row["city"] == ""  # unknown in the table of landmarks


def test_in_the_square_the_lower_threshold_and_near_landmarks_only(recognizer):
    v = vector(e0=0.6, e1=0.5, e2=0.45)  # the atoll is best in the world, but far from Delhi
    assert one(recognizer, v)["best_landmark_id"] == "atoll"
    row = one(recognizer, v, 28.5243, 77.1851)
    assert (row["landmark_id"], row["runner_up"], row["centroid"]) == ("minar", "pillar", 1)
    assert (row["similarity"], row["threshold"]) == (pytest.approx(0.5), 0.40)
    assert row["margin"] == pytest.approx(0.05)
    assert row["used_gps"]
    assert row["reason"] == "similarity 0.50 > 0.40 in the 1 km square"
    assert one(recognizer, vector(e1=0.41), 28.5243, 77.1851)["landmark_id"] == "minar"
    low = one(recognizer, vector(e1=0.35), 28.5243, 77.1851)
    assert low["reason"] == (
        "similarity 0.35 <= 0.40 in the 1 km square; the world search would have said nothing "
        "(minar: similarity 0.35 <= 0.62)"
    )
    assert (low["landmark_id"], low["best_landmark_id"]) == ("non_landmark", "minar")


def test_wrong_coordinates_lose_no_landmark_in_silence(recognizer):
    # a photo of the tower with coordinates in Delhi: nothing there passes, and the row says what was lost
    v = [0, 0.1, 0, 0.98, -math.sqrt(1 - 0.98**2 - 0.1**2)]
    assert one(recognizer, v)["landmark_id"] == "tower"
    row = one(recognizer, v, 28.5243, 77.1851)
    assert (row["landmark_id"], row["best_landmark_id"]) == ("non_landmark", "minar")
    assert row["world_landmark_id"] == "tower"
    said = "the world search would have said tower (similarity 0.98 > 0.62)"
    assert row["reason"] == f"similarity 0.10 <= 0.40 in the 1 km square; {said}"
    assert row["trace"].endswith(f"; not verified, in the square; {said}; verdict: no landmark")
    ocean = one(recognizer, v, 0, 0)
    assert (ocean["landmark_id"], ocean["world_landmark_id"]) == ("non_landmark", "tower")
    assert one(recognizer, v, 48.858, 2.294)["world_landmark_id"] == ""  # answered: nothing was lost
    assert one(recognizer, vector(e1=0.41), 0, 0)["world_landmark_id"] == ""  # nor here


def test_what_is_taken_off_is_said_in_the_trace(gallery, landmarks, references):
    # cosine 0.8 to the minar, 0.59 to the tower, 0.625 * 0.8 = 0.5 to the only photo of the pool: 0.35 are
    # taken off, and for the rival, 0.21 = 7 widths behind, 0.6 * log(1 + exp(-7)) = 0.0005
    pool = np.array([[0, 0.625, -math.sqrt(1 - 0.625**2), 0, 0]])
    v = np.array([0, 0.8, 0, 0.59, -math.sqrt(1 - 0.8**2 - 0.59**2)])
    config = RecognizerConfig(similarity=SimilarityConfig(pool_weight=0.7, rival_weight=0.6))
    row = one(Recognizer(gallery, landmarks, references, THRESHOLDS, config, pool), v)
    assert (row["cosine"], row["crowd"]) == (pytest.approx(0.8), pytest.approx(0.5))
    assert row["similarity"] == pytest.approx(0.8 - 0.35 - 0.6 * math.log(1 + math.exp(-7)), abs=1e-6)
    assert row["rival"] == row["runner_up"] == "tower"
    assert "; less 0.350 for its likeness to photos of no landmark (0.500)" in row["trace"]
    assert "; less 0.001 for the rival tower (cosine 0.590)" in row["trace"]
    assert row["trace"].endswith("verdict: no landmark")


def test_the_trace_of_a_photo_in_its_square(recognizer):
    row = one(recognizer, vector(e0=0.6, e1=0.5, e2=0.45), 28.5243, 77.1851)
    assert row["trace"] == (
        "2 landmarks in the 1 km square; nearest centroid 1, view 1 of minar: cosine 0.500; similarity 0.500 "
        "> 0.400, the threshold; runner-up pillar, cosine 0.450; not verified, in the square; verdict: minar"
    )
    alone = one(recognizer, vector(e0=0.6), -16.8, 179.9995)["trace"]
    assert alone.startswith("1 landmark in the 1 km square; ")
    assert "; no runner-up; " in alone
    far = one(recognizer, vector(e1=0.3), 0, 0)["trace"]
    assert far.startswith("no landmark in the 1 km square, so no answer; nearest in the whole world; ")


def test_alone_in_the_square_there_is_no_runner_up(recognizer):
    row = one(recognizer, vector(e0=0.6, e1=0.5), -16.8, -179.9995)  # across the date line from the atoll
    assert (row["landmark_id"], row["runner_up"]) == ("atoll", "")
    assert math.isnan(row["margin"])


def test_an_empty_square_rejects_but_tells_what_the_world_would_have_said(recognizer):
    row = one(recognizer, vector(e1=0.81), 0, 0)
    assert (row["landmark_id"], row["best_landmark_id"]) == ("non_landmark", "minar")
    assert (row["similarity"], row["threshold"]) == (pytest.approx(0.81), 0.62)
    assert row["used_gps"]
    square = "no landmark in the 1 km square; the world search would have said "
    assert row["reason"] == square + "minar (similarity 0.81 > 0.62)"
    assert (
        one(recognizer, vector(e1=0.41), 0, 0)["reason"]
        == square + "nothing (minar: similarity 0.41 <= 0.62)"
    )


def test_several_landmarks_in_one_photo(recognizer):
    row = one(recognizer, vector(e0=0.2, e1=0.68, e2=0.65), 28.5243, 77.1851)
    assert (row["landmark_id"], row["other_landmark_ids"]) == ("minar", "pillar")
    # in the square 0.40 is enough for the best; a second one must exceed 0.62, as anywhere
    row = one(recognizer, vector(e0=0.45, e1=0.6, e2=0.55), 28.5243, 77.1851)
    assert (row["landmark_id"], row["other_landmark_ids"]) == ("minar", "")
    # without coordinates: 0.67 and 0.66 pass, the third does not; distances sqrt(2 - 2 * 0.66) = 0.82
    row = one(recognizer, vector(e0=0.65, e1=0.67, e2=0.3))
    assert (row["landmark_id"], row["other_landmark_ids"]) == ("minar", "atoll")
    assert row["runner_up"] == "atoll"


def test_further_landmarks_are_verified_too_and_limited(gallery, landmarks, references):
    # limit 0.825: minar at 0.67 is sqrt(0.66) = 0.812 away and passes, pillar at 0.65 sqrt(0.70) = 0.837
    tight = Thresholds(0.62, 0.40, 0.825, 0.01, 100, 99, "tune")
    row = one(Recognizer(gallery, landmarks, references, tight, BARE), vector(e1=0.67, e2=0.65))
    assert (row["landmark_id"], row["runner_up"], row["other_landmark_ids"]) == ("minar", "pillar", "")
    loose = Thresholds(0.3, 0.3, math.inf, 0.01, 100, 99, "tune")
    v = vector(e0=0.5, e1=0.52, e2=0.48, e4=0.4)
    for most, others in (
        (1, ""),
        (2, "atoll"),
        (3, "atoll;pillar"),
        (4, "atoll;pillar;tower"),
        (9, "atoll;pillar;tower"),
    ):
        config = RecognizerConfig(max_landmarks=most, similarity=PLAIN)
        row = one(Recognizer(gallery, landmarks, references, loose, config), v)
        assert (row["other_landmark_ids"], row["runner_up"]) == (others, "atoll")


def test_when_the_best_fails_nobody_else_answers(gallery, landmarks, references):
    # the tower (0.72, its references far) fails verification; the minar (0.65) would have passed alone
    thresholds = Thresholds(0.6, 0.4, 0.9, 0.01, 100, 99, "tune")
    v = np.array([-0.1, 0.65, 0, 0.72, -0.2])
    row = one(Recognizer(gallery, landmarks, references, thresholds, BARE), v / np.linalg.norm(v))
    assert (row["best_landmark_id"], row["runner_up"]) == ("tower", "minar")
    assert (row["landmark_id"], row["other_landmark_ids"]) == ("non_landmark", "")


def test_a_gallery_with_one_landmark():
    gallery = CentroidGallery(
        np.eye(2, dtype=np.float32)[:1],
        pd.DataFrame({"centroid": [0], "landmark_id": ["only"], "view": [0], "n_photos": [1]}),
    )
    landmarks = pd.DataFrame({"landmark_id": ["only"], "name": ["Only"], "city": ["C"], "country": ["D"]})
    recognizer = Recognizer(gallery, landmarks.assign(lat=1.0, lon=1.0), {}, THRESHOLDS)
    row = one(recognizer, [0.8, 0.6])
    assert (row["landmark_id"], row["runner_up"], row["other_landmark_ids"]) == ("only", "", "")
    assert math.isnan(row["margin"])


def test_probability_of_the_world_and_of_the_square(gallery, landmarks, references):
    scales = ProbabilityScales(ProbabilityScale(10.0, -6.0, 0.02), ProbabilityScale(8.0, -2.0, 0.02))
    v = vector(e1=0.5)
    for square in (scales.square, None):
        both = ProbabilityScales(scales.world, square)
        known = Recognizer(gallery, landmarks, references, THRESHOLDS, BARE, probability=both)
        assert one(known, v)["probability"] == pytest.approx(1 / (1 + math.e))  # 10 * 0.5 - 6 = -1
        # 8 * 0.5 - 2 = 2; without a scale of its own 0.62 - 0.40 higher on the other: 10 * 0.72 - 6 = 1.2
        logit = 2.0 if square else 1.2
        beside = one(known, v, 28.5243, 77.1851)["probability"]
        assert beside == pytest.approx(1 / (1 + math.exp(-logit)), abs=1e-6)
        assert one(known, v, 0, 0)["probability"] == pytest.approx(1 / (1 + math.e))  # an empty square
