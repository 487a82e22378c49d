"""The rival answers: the photo with most inliers, a threshold, reasons, and photos that cannot be matched."""

from dataclasses import replace

import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.delf.index import DescriptorIndex
from sightlab.delf.recognizer import COLUMNS, DelfRecognizer, DelfSearchConfig
from sightlab.delf.store import store_of
from tests.unit.delf.conftest import AFFINE, drawn_features, seen_again

LANDMARKS = np.array(["tower", "tower", "arch", "arch", "dome"], dtype=object)


@pytest.fixture
def scenes():
    return [drawn_features(i) for i in range(5)]


@pytest.fixture
def recognizer(scenes):
    store = store_of([f"p{i}" for i in range(5)], scenes, "net")
    return DelfRecognizer(DescriptorIndex(store), store, LANDMARKS, threshold=12.0)


def test_the_landmark_of_the_photo_with_most_inliers(recognizer, scenes):
    queries = [seen_again(scenes[2], AFFINE, 30, seed=7), seen_again(scenes[4], AFFINE, 25, seed=8)]
    found = recognizer.recognize(["a", "b"], queries, "net")
    assert list(found.columns) == list(COLUMNS)
    assert found["landmark_id"].tolist() == ["arch", "dome"]
    assert found["matched_photo"].tolist() == ["p2", "p4"]
    assert found["n_inliers"].tolist() == pytest.approx([30, 25], abs=3)
    assert "inliers, more than 12.0" in found["reason"][0]


def test_more_inliers_win_over_more_votes(recognizer, scenes):
    # two thirds of the query's descriptors are p1's, but scattered; one third is p3's, in one piece
    scattered = np.random.default_rng(0).permutation(60)
    one = scenes[1].descriptors.copy()
    one[40:] = scenes[3].descriptors[:20]
    points = scenes[1].points[scattered].copy()
    points[40:] = scenes[3].points[:20]
    query = replace(scenes[1], descriptors=one, points=points)
    votes = recognizer.search(query)
    assert votes.rows[0] == 1
    assert votes.counts[0] >= 40
    row = recognizer.row("q", query)
    assert row["best_landmark_id"] == "arch"
    assert row["n_inliers"] >= 20
    assert row["recall_rank"].startswith("tower:1;arch:2")


def test_nothing_alike_is_rejected_with_its_reason(recognizer):
    row = recognizer.row("q", drawn_features(77))
    assert row["landmark_id"] == "non_landmark"
    assert row["similarity"] <= 12
    assert "not more than 12.0" in row["reason"]


def test_no_keypoint_is_an_answer_too(recognizer):
    row = recognizer.row("q", drawn_features(0, n=0))
    assert row["landmark_id"] == row["best_landmark_id"] == "non_landmark"
    assert row["similarity"] == 0
    assert row["reason"] == "no keypoint above the attention threshold"


def test_fewer_matches_than_a_model_needs(recognizer, scenes):
    few = scenes[0].take(slice(2))
    row = recognizer.row("q", few)
    assert row["landmark_id"] == "non_landmark"
    assert "affine needs 3" in row["reason"]


def test_what_a_huge_photo_cost_is_in_the_trace(recognizer, scenes):
    row = recognizer.row("q", replace(scenes[0], note="scales multiplied by 0.25"))
    assert row["trace"].endswith("scales multiplied by 0.25")


def test_ties_are_broken_by_likeness(scenes):
    # two identical places; the second photo's descriptors are further off
    near, far = (
        seen_again(scenes[0], AFFINE, 60, 5, noise=0.02),
        seen_again(scenes[0], AFFINE, 60, 5, noise=0.4),
    )
    store = store_of(["far", "near"], [far, near], "net")
    recognizer = DelfRecognizer(DescriptorIndex(store), store, np.array(["b", "a"], dtype=object), 5.0)
    row = recognizer.row("q", scenes[0])
    assert row["best_landmark_id"] == "a"
    assert 60 <= row["similarity"] < 61


def test_only_candidates_are_verified(recognizer, scenes):
    recognizer.config = DelfSearchConfig(n_candidates=2)
    votes = recognizer.search(scenes[0])
    assert len(votes.rows) <= 2
    assert len(recognizer.verify(scenes[0], votes)) == len(votes.rows)


def test_the_same_photo_gets_the_same_row(recognizer, scenes):
    query = seen_again(scenes[2], AFFINE, 20, seed=7)
    assert recognizer.row("q", query) == recognizer.row("q", query)


def test_parts_that_do_not_fit_are_refused(recognizer, scenes):
    store, index = recognizer.database, recognizer.index
    with pytest.raises(InputError, match="built this index"):
        recognizer.recognize(["a"], [scenes[0]], "another")
    with pytest.raises(InputError, match="built this index"):
        DelfRecognizer(index, replace(store, network_key="x"), LANDMARKS)
    with pytest.raises(InputError, match="one length"):
        DelfRecognizer(index, store, LANDMARKS[:3])
    with pytest.raises(InputError, match="got one of 5"):
        DelfRecognizer(index, store.select([0, 1, 2]), LANDMARKS[:3])
    with pytest.raises(InputError, match="must be unique"):
        recognizer.recognize(["a", "a"], scenes[:2])
    with pytest.raises(InputError):
        DelfSearchConfig(n_candidates=0)
