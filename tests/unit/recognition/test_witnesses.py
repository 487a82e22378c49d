"""Witnesses: who they are, a slow literal likeness, and the lead that they give."""

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.recognition.recognizer import Recognizer
from sightlab.recognition.search import LandmarkSearch, RecognizerConfig
from sightlab.recognition.similarity import SimilarityConfig
from sightlab.recognition.witnesses import Likeness, Witnesses
from tests.unit.recognition.drawn_vectors import BARE, THRESHOLDS
from tests.unit.recognition.test_search import unit_rows

WITH_RIVAL = RecognizerConfig(chunk=3, similarity=SimilarityConfig(pool_weight=0))


@pytest.fixture
def witnesses():
    names = np.array(["minar"] * 2 + ["pillar"] * 6 + ["tower"] * 4)
    return Witnesses(unit_rows(12, 5, seed=3), names)


def slow_likeness(vector, own, neighbors):
    cosines = sorted((float(vector @ row) for row in own), reverse=True)[:neighbors]
    return sum(cosines) / len(cosines) if cosines else np.nan


def test_kept_photos_are_the_witnesses_and_of_many_a_sample(make_table):
    rows = unit_rows(9, 4, seed=1)
    table = make_table(list("abcdefghi"), rows)
    kept = pd.DataFrame({"photo_id": list("ibcdefg"), "landmark_id": ["tower"] + ["arch"] * 5 + ["tower"]})
    found = Witnesses.of(table, kept)
    assert found.landmark_ids.tolist() == ["arch"] * 5 + ["tower"] * 2
    np.testing.assert_array_equal(found.vectors, rows[[1, 2, 3, 4, 5, 8, 6]])
    some = Witnesses.of(table, kept, most=3)
    assert some.landmark_ids.tolist() == ["arch"] * 3 + ["tower"] * 2
    np.testing.assert_array_equal(some.vectors, Witnesses.of(table, kept, most=3).vectors)
    others = [Witnesses.of(table, kept, most=3, seed=seed).vectors for seed in range(1, 9)]
    assert any(not np.array_equal(some.vectors, other) for other in others)
    assert all(any((row == full).all() for full in found.vectors) for row in some.vectors)


def test_likeness_against_a_slow_loop(witnesses):
    vectors, ids = unit_rows(7, 5, seed=2), ["atoll", "minar", "pillar", "tower"]
    landmark = np.random.default_rng(0).integers(-1, 4, size=(7, 3))
    for neighbors in (1, 3, 50):
        found = Likeness(witnesses, ids, neighbors)(vectors, landmark)
        for q, r in np.ndindex(7, 3):
            name = "" if landmark[q, r] < 0 else ids[landmark[q, r]]
            own = witnesses.vectors[witnesses.landmark_ids == name]
            expected = slow_likeness(vectors[q], own, neighbors)
            assert found[q, r] == pytest.approx(expected, abs=1e-6, nan_ok=True)


def test_the_lead_is_by_witnesses_where_both_have_some(gallery, landmarks, witnesses):
    vectors = unit_rows(8, 5, seed=6)
    with_them = LandmarkSearch(gallery, landmarks, {}, WITH_RIVAL, witnesses=witnesses)
    ranked = with_them.match(vectors).ranked
    without = LandmarkSearch(gallery, landmarks, {}, WITH_RIVAL).match(vectors).ranked
    for name in ("landmark", "similarity", "rival"):  # witnesses change nothing but the lead
        np.testing.assert_array_equal(getattr(ranked, name), getattr(without, name))
    by_witnesses = 0
    for q, r in np.ndindex(ranked.landmark.shape):
        own, rival = (
            witnesses.vectors[witnesses.landmark_ids == with_them.landmark_ids[i]]
            for i in (ranked.landmark[q, r], ranked.rival[q, r])
        )
        expected = without.cosine[q, r] - without.rival_cosine[q, r]
        if ranked.rival[q, r] >= 0 and len(own) and len(rival):
            expected = slow_likeness(vectors[q], own, 3) - slow_likeness(vectors[q], rival, 3)
            by_witnesses += 1
        assert ranked.lead[q, r] == pytest.approx(expected, abs=1e-6)
    assert 0 < by_witnesses < ranked.lead.size  # the atoll has none


def test_a_photo_that_only_the_centroid_likes_is_rejected(gallery, landmarks, references):
    """By hand: near the centroid of the minar, but its photos and those of the tower are equally far."""
    photo = np.array([[0, 0.8, 0, 0, 0.6]])
    names = np.array(["minar", "tower"])
    far = Witnesses(np.array([[1, 0, 0, 0, 0], [1, 0, 0, 0, 0]], dtype=np.float32), names)
    near = Witnesses(np.array([[0, 1, 0, 0, 0], [1, 0, 0, 0, 0]], dtype=np.float32), names)
    thresholds = THRESHOLDS.__class__(**(vars(THRESHOLDS) | {"similarity": 0.3, "lead": 0.5}))
    thresholds = thresholds.__class__(**(vars(thresholds) | {"reference_distance": np.inf}))
    config = RecognizerConfig(similarity=SimilarityConfig(pool_weight=0))
    rows = [
        Recognizer(gallery, landmarks, references, thresholds, config, witnesses=who).recognize(["a"], photo)
        for who in (far, near)
    ]
    assert [row["landmark_id"][0] for row in rows] == ["non_landmark", "minar"]
    assert "ahead of Tower by only 0.00 < 0.50" in rows[0]["reason"][0].replace("tower", "Tower")
    assert "ahead of the rival's by its nearest photos by 0.800 >= 0.500" in rows[1]["trace"][0]


def test_they_are_saved_with_the_recognizer(gallery, landmarks, references, witnesses, tmp_path):
    Recognizer(gallery, landmarks, references, THRESHOLDS, BARE, witnesses=witnesses).save(tmp_path)
    loaded = Recognizer.load(tmp_path).search.witnesses
    np.testing.assert_array_equal(loaded.vectors, witnesses.vectors)
    np.testing.assert_array_equal(loaded.landmark_ids, witnesses.landmark_ids)


def test_left_out_and_entered_again(witnesses):
    rest = witnesses.without({"pillar", "unknown"})
    assert rest.landmark_ids.tolist() == ["minar"] * 2 + ["tower"] * 4
    more = rest.entered_again(["~1"])
    assert more.landmark_ids.tolist() == ["minar"] * 2 + ["minar~1"] * 2 + ["tower"] * 4 + ["tower~1"] * 4
    np.testing.assert_array_equal(more.vectors[:2], more.vectors[2:4])


def test_bad_witnesses_are_refused(gallery, landmarks, witnesses):
    with pytest.raises(InputError, match="sorted by landmark_id"):
        Witnesses(witnesses.vectors, witnesses.landmark_ids[::-1])
    with pytest.raises(InputError, match="unit"):
        Witnesses(2 * witnesses.vectors, witnesses.landmark_ids)
    with pytest.raises(InputError, match="Witnesses needs arrays of one length"):
        Witnesses(witnesses.vectors[:3], witnesses.landmark_ids)
    with pytest.raises(InputError, match="got 4 in witnesses"):
        LandmarkSearch(
            gallery, landmarks, {}, witnesses=Witnesses(unit_rows(2, 4, seed=0), np.array(["minar", "tower"]))
        )
    with pytest.raises(InputError, match="witnesses=0"):
        RecognizerConfig(witnesses=0)
