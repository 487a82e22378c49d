"""Several landmarks in one photo: regions are searched like photos, and the promise holds for all."""

import math

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.recognition.calibration import Thresholds, choose_thresholds
from sightlab.recognition.recognizer import Recognizer
from sightlab.recognition.search import LandmarkSearch, RecognizerConfig
from sightlab.recognition.several import RegionVectors, best_of_regions, match_regions, named_regions
from sightlab.recognition.similarity import PLAIN

BARE = RecognizerConfig(similarity=PLAIN)
WINDOWS = np.array([[0, 0, 1, 1], [0, 0, 0.5, 1], [0.5, 0, 1, 1]])
THRESHOLDS = Thresholds(0.5, 0.3, math.inf, 0.01, 100, 99, "tune", region_extra=0.2)


def at(axis, similarity):
    """This similarity to one centroid, the same low one to the four others."""
    v = np.full(5, -math.sqrt((1 - similarity**2) / 4))
    v[axis] = similarity
    return v


def photo(*vectors):
    """A photo and its regions."""
    return RegionVectors(np.stack(vectors)[None], WINDOWS)


@pytest.fixture
def recognizer(gallery, landmarks, references):
    return Recognizer(gallery, landmarks, references, THRESHOLDS, BARE)


def one(recognizer, regions, lat=None, lon=None):
    lat, lon = (None if x is None else np.array([float(x)]) for x in (lat, lon))
    return recognizer.recognize(["p"], regions.vectors[:, 0], lat, lon, regions).iloc[0].to_dict()


def test_a_region_names_a_second_landmark(recognizer):
    # whole photo: minar 0.6 > 0.5; left half: atoll 0.8 > 0.5 + 0.2; right half: minar again
    row = one(recognizer, photo(at(1, 0.6), at(0, 0.8), at(1, 0.9)))
    assert (row["landmark_id"], row["other_landmark_ids"]) == ("minar", "atoll")
    assert row["regions"] == "atoll 0.00 0.00 0.50 1.00"
    assert "; atoll in the region 0.00 0.00 0.50 1.00: similarity 0.800 > 0.700; " in row["trace"]
    assert row["trace"].endswith("verdict: minar and atoll")
    assert row["reason"] == "similarity 0.60 > 0.50"


def test_a_region_answers_where_the_whole_photo_does_not(recognizer):
    row = one(recognizer, photo(at(1, 0.4), at(0, 0.75), at(2, 0.95)))
    assert (row["landmark_id"], row["other_landmark_ids"]) == ("pillar", "atoll")  # the more similar first
    assert row["landmark_name"] == "Pillar"
    assert (row["best_landmark_id"], row["similarity"]) == ("minar", pytest.approx(0.4))
    assert row["reason"] == "similarity 0.95 > 0.70 in the region 0.50 0.00 1.00 1.00; not in the whole photo"
    assert row["regions"] == "pillar 0.50 0.00 1.00 1.00;atoll 0.00 0.00 0.50 1.00"


def test_a_region_must_exceed_the_threshold_by_the_extra(recognizer):
    row = one(recognizer, photo(at(1, 0.4), at(0, 0.699), at(2, 0.5)))
    assert (row["landmark_id"], row["regions"]) == ("non_landmark", "")
    row = one(recognizer, photo(at(1, 0.6), at(1, 0.99), at(1, 0.9)))  # the same landmark in all of them
    assert (row["landmark_id"], row["other_landmark_ids"], row["regions"]) == ("minar", "", "")


def test_regions_of_a_photo_with_coordinates_are_searched_in_its_square(recognizer):
    # in Delhi: threshold 0.3, regions 0.5; the atoll is far away
    row = one(recognizer, photo(at(1, 0.4), at(0, 0.99), at(2, 0.55)), 28.5243, 77.1851)
    assert (row["landmark_id"], row["other_landmark_ids"]) == ("minar", "pillar")
    nowhere = one(recognizer, photo(at(1, 0.9), at(0, 0.99), at(2, 0.9)), 0, 0)
    assert (nowhere["landmark_id"], nowhere["world_landmark_id"]) == ("non_landmark", "minar")


def test_regions_are_left_alone_when_the_thresholds_do_not_know_them(gallery, landmarks, references):
    blind = Thresholds(0.5, 0.3, math.inf, 0.01, 100, 99, "tune")
    recognizer = Recognizer(gallery, landmarks, references, blind, BARE)
    assert one(recognizer, photo(at(1, 0.6), at(0, 0.9), at(2, 0.9)))["other_landmark_ids"] == ""


def test_at_most_as_many_landmarks_as_asked_for(gallery, landmarks, references):
    config = RecognizerConfig(max_landmarks=2, similarity=PLAIN)
    recognizer = Recognizer(gallery, landmarks, references, THRESHOLDS, config)
    row = one(recognizer, photo(at(1, 0.6), at(0, 0.8), at(2, 0.9)))
    assert (row["landmark_id"], row["other_landmark_ids"]) == ("minar", "pillar")


def test_matches_are_those_of_single_photos(gallery, landmarks, references):
    search = LandmarkSearch(gallery, landmarks, references)
    vectors = np.random.default_rng(0).normal(size=(6, 3, 5))
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    lat, lon = (
        np.array([np.nan, 28.524, 0, np.nan, 28.5243, 48.858]),
        np.array([0, 77.185, 0, 0, 77.1851, 2.294]),
    )
    found = match_regions(search, RegionVectors(vectors, WINDOWS), lat, lon)
    for q in range(6):
        for region in (1, 2):
            alone = search.match(vectors[q, region][None], lat[q : q + 1], lon[q : q + 1])
            expected = -np.inf if q == 2 else alone.similarity[0, 0]  # in an empty square nothing is seen
            assert found.similarity[q, region - 1] == pytest.approx(expected, abs=1e-6)
            assert found.landmark[q, region - 1] == alone.landmark[0, 0]
    np.testing.assert_allclose(best_of_regions(found, 0.2), found.similarity.max(axis=1) - 0.2)
    named = named_regions(found, 0, -1.0)
    assert [similarity for _, _, similarity in named] == sorted((n[2] for n in named), reverse=True)
    assert len({landmark for landmark, _, _ in named}) == len(named)


@pytest.mark.parametrize("near", [True, False])
def test_the_promise_counts_the_regions_too(gallery, landmarks, references, make_table, near):
    # 60 distractors whose whole photos say little; the left half of number i says (300 + i) / 1000
    search = LandmarkSearch(gallery, landmarks, references, BARE)
    whole = np.stack([at(1, 0.1)] * 60)
    left = np.stack([at(1, (300 + i) / 1000) for i in range(60)])
    regions = RegionVectors(np.stack([whole, left, whole], axis=1), WINDOWS)
    ids = [f"p{i:02d}" for i in range(60)]
    photos = pd.DataFrame({"photo_id": ids, "landmark_id": "non_landmark", "split": "tune"})
    photos = photos.assign(lat=28.524 if near else np.nan, lon=77.185)
    table = make_table(ids, whole)
    blind = choose_thresholds(search, table, photos, 0.05)
    assert (blind.similarity, blind.region_extra) == (pytest.approx(0.1), None)
    found = choose_thresholds(search, table, photos, 0.05, regions=regions, region_extra=0.15)
    # certified at 5 %: none of 60 may be above, so the highest, 0.359 - 0.15
    assert found.similarity == pytest.approx(0.209)
    assert found.region_extra == 0.15
    if near:
        assert found.similarity_gps == pytest.approx(0.209)
    else:  # placed at each of 4 landmarks on average: of 240 pairs 61 * 4 * 5 % - 4 = 8 may be above; beside
        # minar and pillar all 120 pairs say (150 + i) / 1000, each twice: the ninth highest is 205
        assert found.similarity_gps == pytest.approx(0.205)
    recognizer = Recognizer(gallery, landmarks, references, found, BARE)
    answers = recognizer.recognize(ids, whole, None, None, regions)
    assert (answers["landmark_id"] == "non_landmark").all()


def test_refuses_what_does_not_belong_together(recognizer):
    with pytest.raises((InputError, TypeError), match="windows"):  # TypeError: annotations are executed
        RegionVectors(np.stack([np.eye(5)[:3]]), WINDOWS[:2])
    with pytest.raises(InputError, match="embeddings of regions must have unit-norm rows"):
        RegionVectors(np.ones((1, 3, 5)), WINDOWS)
    with pytest.raises(InputError, match="got 2 photo_ids and regions of 1"):
        recognizer.recognize(["a", "b"], np.eye(5)[:2], None, None, photo(*np.eye(5)[:3]))
    with pytest.raises(InputError, match="region_extra"):
        Thresholds(0.5, 0.3, 1.0, 0.01, 100, 99, "tune", region_extra=3.0)
