"""Several landmarks in one photo: its regions are searched like photos, and only add to an answer."""

import math

import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.recognition.calibration import Thresholds
from sightlab.recognition.recognizer import Recognizer
from sightlab.recognition.search import LandmarkSearch, RecognizerConfig
from sightlab.recognition.several import (
    RegionMatches,
    RegionVectors,
    choose_region_extra,
    match_regions,
    named_regions,
)
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
    # whole photo: minar 0.6 > 0.5; left half: pillar 0.8 > 0.5 + 0.2; right half: minar again
    row = one(recognizer, photo(at(1, 0.6), at(2, 0.8), at(1, 0.9)))
    assert (row["landmark_id"], row["other_landmark_ids"]) == ("minar", "pillar")
    assert row["regions"] == "pillar 0.00 0.00 0.50 1.00"
    assert "; pillar in the region 0.00 0.00 0.50 1.00: similarity 0.800 > 0.700; " in row["trace"]
    assert row["trace"].endswith("verdict: minar and pillar")
    assert row["reason"] == "similarity 0.60 > 0.50"


def test_without_positions_every_landmark_may_be_in_sight(gallery, landmarks):
    nowhere = LandmarkSearch(gallery, landmarks.assign(lat=np.nan), {}, BARE)
    found = match_regions(nowhere, photo(at(1, 0.6), at(2, 0.8), at(0, 0.99)), np.array([1]))
    np.testing.assert_allclose(found.similarity, [[0.8, 0.99]], atol=1e-6)


def test_no_photo_shows_two_places(recognizer):
    # the right half looks like an island on the other side of the Earth: that says nothing about this photo
    row = one(recognizer, photo(at(1, 0.6), at(2, 0.8), at(0, 0.99)))
    assert (row["landmark_id"], row["other_landmark_ids"]) == ("minar", "pillar")


def test_regions_never_answer_alone(recognizer):
    # so that a rejected distractor stays rejected, whatever its regions look like
    row = one(recognizer, photo(at(1, 0.4), at(0, 0.99), at(2, 0.99)))
    assert (row["landmark_id"], row["other_landmark_ids"], row["regions"]) == ("non_landmark", "", "")
    assert "region" not in row["trace"]


def test_a_region_must_exceed_the_threshold_by_the_extra(recognizer):
    row = one(recognizer, photo(at(1, 0.6), at(0, 0.699), at(2, 0.5)))
    assert (row["landmark_id"], row["regions"]) == ("minar", "")
    row = one(recognizer, photo(at(1, 0.6), at(1, 0.99), at(1, 0.9)))  # the same landmark in all of them
    assert (row["landmark_id"], row["other_landmark_ids"], row["regions"]) == ("minar", "", "")


def test_regions_of_a_photo_with_coordinates_are_searched_in_its_square(recognizer):
    # in Delhi: threshold 0.3 for the photo, 0.5 + 0.2 for its regions, as anywhere; the atoll is far away
    row = one(recognizer, photo(at(1, 0.4), at(0, 0.99), at(2, 0.71)), 28.5243, 77.1851)
    assert (row["landmark_id"], row["other_landmark_ids"]) == ("minar", "pillar")
    row = one(recognizer, photo(at(1, 0.4), at(0, 0.99), at(2, 0.69)), 28.5243, 77.1851)
    assert (row["landmark_id"], row["other_landmark_ids"]) == ("minar", "")
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
    answer = np.array([1, 1, 1, 2, 2, 3])
    found = match_regions(search, RegionVectors(vectors, WINDOWS), answer, lat, lon)
    is_seen = []
    for q in range(6):
        for region in (1, 2):
            alone = search.match(vectors[q, region][None], lat[q : q + 1], lon[q : q + 1])
            here = {1, 2} if answer[q] in (1, 2) else {answer[q]}  # minar and pillar share a place
            is_seen.append(q != 2 and alone.landmark[0, 0] in here)  # in an empty square nothing is seen
            expected = alone.similarity[0, 0] if is_seen[-1] else -np.inf
            assert found.similarity[q, region - 1] == pytest.approx(expected, abs=1e-6)
            assert found.landmark[q, region - 1] == alone.landmark[0, 0]
    assert 0 < sum(is_seen) < len(is_seen)
    named = named_regions(found, 4, -1.0)
    assert named
    assert [similarity for _, _, similarity in named] == sorted((n[2] for n in named), reverse=True)
    assert len({landmark for landmark, _, _ in named}) == len(named)


def test_the_extra_by_hand():
    # ten answered photos, threshold 0.5; the answer is 1, filed under 1 (or 2, if confused). The best
    # wrong additions have 0.95, 0.85, 0.7; regions that say 1, or the landmark filed under, are not wrong
    landmark = np.array([[1, 3], [1, 3], [3, 1], [2, 1]] + [[1, 1]] * 6)
    similarity = np.array([[0.9, 0.95], [0.9, 0.85], [0.7, 0.9], [0.99, 0.2]] + [[0.9, 0.9]] * 6)
    answer, truth = np.ones(10, dtype=int), np.array([1, 1, 1, 2] + [1] * 6)
    found = RegionMatches(landmark, similarity)
    is_wrong = (landmark != answer[:, None]) & (landmark != truth[:, None])
    for spoiled, extra in ((0.0, 0.45), (0.1, 0.35), (0.2, 0.2), (0.3, 0.0), (1.0, 0.0)):
        chosen = choose_region_extra(found, answer, truth, 0.5, spoiled)
        assert chosen == pytest.approx(extra)
        assert (is_wrong & (similarity > 0.5 + chosen + 1e-9)).any(axis=1).mean() <= spoiled
    none = RegionMatches(landmark[:0], similarity[:0])
    assert choose_region_extra(none, answer[:0], truth[:0], 0.5) == 2.0
    with pytest.raises(InputError, match="spoiled"):
        choose_region_extra(found, answer, truth, 0.5, 1.5)


def test_refuses_what_does_not_belong_together(recognizer):
    with pytest.raises((InputError, TypeError), match="windows"):  # TypeError: annotations are executed
        RegionVectors(np.stack([np.eye(5)[:3]]), WINDOWS[:2])
    with pytest.raises(InputError, match="embeddings of regions must have unit-norm rows"):
        RegionVectors(np.ones((1, 3, 5)), WINDOWS)
    with pytest.raises(InputError, match="got 2 photo_ids and regions of 1"):
        recognizer.recognize(["a", "b"], np.eye(5)[:2], None, None, photo(*np.eye(5)[:3]))
    with pytest.raises(InputError, match="region_extra"):
        Thresholds(0.5, 0.3, 1.0, 0.01, 100, 99, "tune", region_extra=3.0)
