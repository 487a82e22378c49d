"""Ways to score photos: each against its slow version, and the league by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sightlab.evaluation.intervals import holm, mcnemar_exact
from sightlab.evaluation.score_study import ARTICLE, OURS, Scored, StudyInputs, league, tried_scores
from sightlab.recognition.gallery import CentroidGallery
from sightlab.recognition.search import LandmarkSearch, RecognizerConfig
from sightlab.recognition.similarity import PLAIN

NON = "non_landmark"


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def inputs():
    """Three landmarks around axes of 8 dimensions, the first of two views; 6 photos a view; a pool of 30."""
    rng = np.random.default_rng(0)
    axes = np.eye(8)[[0, 1, 2, 3]]
    names = ["a", "a", "b", "c"]
    gallery = CentroidGallery(
        axes.astype(np.float32),
        pd.DataFrame({"centroid": range(4), "landmark_id": names, "view": [0, 1, 0, 0], "n_photos": 6}),
    )
    landmarks = pd.DataFrame({"landmark_id": ["a", "b", "c"], "name": "", "city": "", "country": ""})
    landmarks = landmarks.assign(lat=[1.0, 40.0, -30.0], lon=[2.0, 50.0, 60.0])
    pool = unit(np.abs(rng.normal(size=(30, 8)))).astype(np.float32)
    search = LandmarkSearch(gallery, landmarks, {}, pool=pool)
    train = unit(np.repeat(axes, 6, axis=0) + 0.3 * rng.normal(size=(24, 8))).astype(np.float32)
    queries = unit(np.repeat(axes, 4, axis=0) + 0.4 * rng.normal(size=(16, 8)))
    queries = np.concatenate([queries, unit(rng.normal(size=(20, 8)))]).astype(np.float32)
    classifier = dict(zip(["non_landmark", "a", "b", "c"], rng.normal(size=(4, 8)), strict=True))
    return StudyInputs(queries, search, train, np.repeat(names, 6).astype(object), classifier)


@pytest.fixture
def truth():
    return np.array(["a"] * 8 + ["b"] * 4 + ["c"] * 4 + [NON] * 20, dtype=object)


def test_every_way_is_tried_and_finite(inputs):
    found = tried_scores(inputs)
    assert list(found)[:2] == [ARTICLE, OURS]
    assert len(found) == 12
    for name, scored in found.items():
        assert np.isfinite(scored.similarity).all(), name
        assert set(scored.best) <= {"a", "b", "c"}, name
    without = StudyInputs(inputs.vectors, inputs.search, inputs.train_vectors, inputs.train_landmarks, {})
    assert len(tried_scores(without)) == 9


def test_where_nothing_is_taken_off_the_ways_are_tried_as_usual(inputs):
    usual, search = tried_scores(inputs), inputs.search
    plain = LandmarkSearch(
        search.gallery, search.landmarks, {}, RecognizerConfig(similarity=PLAIN), search.pool
    )
    found = tried_scores(replace(inputs, search=plain))
    np.testing.assert_array_equal(found[OURS].similarity, usual[ARTICLE].similarity)
    for name in set(usual) - {OURS}:
        np.testing.assert_array_equal(found[name].similarity, usual[name].similarity, err_msg=name)


def test_ways_equal_their_slow_versions(inputs):
    found, weight = tried_scores(inputs), inputs.search.config.similarity.pool_weight
    for q, v in enumerate(inputs.vectors):
        cosine = {"a": max(v[0], v[1]), "b": v[2], "c": v[3]}
        crowd = max(0, np.mean(sorted(inputs.search.pool @ v)[-10:]))
        best = max(cosine, key=cosine.get)
        assert found[ARTICLE].similarity[q] == pytest.approx(cosine[best], abs=1e-6)
        assert found[ARTICLE].best[q] == best
        assert found["less crowd"].similarity[q] == pytest.approx(cosine[best] - weight * crowd, abs=1e-6)
        near = {
            name: np.mean(sorted(inputs.train_vectors[inputs.train_landmarks == name] @ v)[-3:])
            for name in "abc"
        }
        best = max(near, key=near.get)
        assert found["mean of 3 nearest photos"].similarity[q] == pytest.approx(near[best], abs=1e-6)
        assert found["mean of 3 nearest photos"].best[q] == best
        direction = {n: w @ v / np.linalg.norm(w) for n, w in inputs.classifier.items() if n != NON}
        assert found["classifier direction"].similarity[q] == pytest.approx(max(direction.values()), abs=1e-6)


def test_ours_is_what_the_search_says(inputs):
    matches = inputs.search.match(inputs.vectors)
    found = tried_scores(inputs)[OURS]
    np.testing.assert_array_equal(found.similarity, matches.similarity[:, 0])


def test_the_league_by_hand():
    # 4 landmark photos and 200 distractors at 0 ... 0.398; 1 % allows two above: threshold 0.394
    truth = np.array(["a", "a", "b", "b"] + [NON] * 200, dtype=object)
    distractors = np.arange(200) / 500
    first = Scored(
        np.append([0.9, 0.3, 0.8, 0.5], distractors), np.array(["a"] * 4 + ["b"] * 200, dtype=object)
    )
    second = Scored(
        np.append([0.9, 0.6, 0.7, 0.2], distractors), np.array(["a", "a", "b", "b"] + ["b"] * 200)
    )
    table = league({"one": first, "two": second}, truth, reference="one", n_resamples=20).set_index("way")
    # one: 0.9 right, 0.3 too low, 0.8 and 0.5 called a: 1 of 4, two confused; two: 0.9, 0.6, 0.7 right
    assert table.loc["one", ["sensitivity_at_fpr_1pct", "confusion_at_fpr_1pct"]].tolist() == [0.25, 0.5]
    assert table.loc["two", ["sensitivity_at_fpr_1pct", "confusion_at_fpr_1pct"]].tolist() == [0.75, 0.0]
    assert table["closed_set_accuracy"].tolist() == [0.5, 1.0]
    row = table.loc["two"]
    assert (row["difference_1pct"], row["only_reference_1pct"], row["only_this_1pct"]) == (0.5, 0, 2)
    assert row["p_1pct"] == row["p_holm_1pct"] == mcnemar_exact(0, 2)
    assert row["low_1pct"] <= 0.5 <= row["high_1pct"]
    assert (table.loc["one", ["difference_1pct", "low_1pct", "high_1pct"]] == 0).all()


def test_holm_counts_all_rows_but_the_reference(inputs, truth):
    table = league(tried_scores(inputs), truth, n_resamples=3)
    others = table[table["way"] != ARTICLE]
    np.testing.assert_array_equal(others["p_holm_1pct"], holm(others["p_1pct"].to_numpy()))


def test_the_study_repeats(inputs, truth):
    first, again = (league(tried_scores(inputs), truth, n_resamples=5) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)


def test_without_a_pool_the_crowd_is_nothing(inputs):
    search = inputs.search
    bare = LandmarkSearch(search.gallery, search.landmarks, {}, search.config)
    found = tried_scores(
        StudyInputs(inputs.vectors, bare, inputs.train_vectors, inputs.train_landmarks, inputs.classifier)
    )
    np.testing.assert_allclose(found["less crowd"].similarity, found[ARTICLE].similarity, atol=1e-6)
