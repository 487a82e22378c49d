"""Summaries of a landmark and the study of cuts, on clouds whose views are known."""

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.evaluation import metrics
from sightlab.evaluation.view_study import (
    ONE,
    SEVERAL,
    cut_study,
    minority_true_view,
    minority_view,
    summaries,
)
from sightlab.recognition.centroids import build_gallery
from sightlab.recognition.trees import CentroidConfig

NON = "non_landmark"
CONFIG = CentroidConfig(max_diameter=0.9, min_photos=4)


class Table:
    def __init__(self, photo_ids, vectors):
        self.row = {p: i for i, p in enumerate(photo_ids)}
        self.vectors = np.asarray(vectors, dtype=np.float32)

    def rows(self, photo_ids):
        return self.vectors[[self.row[p] for p in photo_ids]]


def cloud(axis, n, rng, spread=0.12):
    vectors = np.eye(6)[axis] + spread * rng.normal(size=(n, 6))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def known():
    """Landmark a: 10 photos along e0, 6 along e1; b: 12 along e2."""
    rng = np.random.default_rng(0)
    vectors = np.concatenate([cloud(0, 10, rng), cloud(1, 6, rng), cloud(2, 12, rng)])
    photos = pd.DataFrame(
        {"photo_id": [f"p{i:02d}" for i in range(28)], "landmark_id": ["a"] * 16 + ["b"] * 12}
    )
    return Table(photos["photo_id"], vectors), photos


@pytest.fixture
def asked():
    """Four photos of each view, and ten distractors along e4 and e5."""
    rng = np.random.default_rng(1)
    parts = [cloud(0, 4, rng), cloud(1, 4, rng), cloud(2, 4, rng), cloud(4, 5, rng), cloud(5, 5, rng)]
    truth = np.array(["a"] * 8 + ["b"] * 4 + [NON] * 10, dtype=object)
    return np.concatenate(parts).astype(np.float32), truth


def test_several_centroids_know_both_views_and_one_mean_is_between(known, asked):
    table, photos = known
    gallery = build_gallery(table, photos, CONFIG)
    assert len(gallery) == 3
    found = summaries(table, photos, gallery, asked[0])
    assert list(found)[:2] == [SEVERAL, ONE]
    for name, scored in found.items():
        assert metrics.closed_set_accuracy(scored.best, asked[1]) == 1, name
    # the mean of ten photos along e0 and six along e1 is about 0.86 from e0 and 0.51 from e1
    assert found[ONE].similarity[4:8].max() < found[SEVERAL].similarity[4:8].min()
    np.testing.assert_allclose(found["k-means, as many"].similarity, found[SEVERAL].similarity, atol=0.02)
    slow = (asked[0] @ table.vectors.T).max(axis=1)
    np.testing.assert_allclose(found["nearest photo"].similarity, slow, atol=1e-6)
    medoids = table.rows(gallery.table["medoid_photo_id"].tolist())
    slow = (asked[0] @ medoids.T).max(axis=1)
    np.testing.assert_allclose(found["medoids of the same views"].similarity, slow, atol=1e-6)


def test_minority_photos_are_those_nearest_to_a_further_view(known, asked):
    gallery = build_gallery(*known, CONFIG)
    assert np.flatnonzero(minority_view(gallery, *asked)).tolist() == [4, 5, 6, 7]


def test_minority_by_the_view_that_a_photo_was_taken_as():
    # of a three train photos are frontal, two far; of b one each, and "far" sorts first; of c none is known
    known_views = np.array(
        ["frontal", "far", "frontal", "far", "frontal", "frontal", "far", ""], dtype=object
    )
    known_landmarks = np.array(["a"] * 5 + ["b"] * 2 + ["c"], dtype=object)
    views = np.array(["frontal", "far", "night", "", "far", "frontal", "far", "far", "frontal"], dtype=object)
    truth = np.array(["a", "a", "a", "a", "b", "b", NON, "c", "d"], dtype=object)
    found = minority_true_view(views, truth, known_views, known_landmarks)
    assert np.flatnonzero(found).tolist() == [1, 2, 5]


def test_a_true_minority_is_seen_even_where_the_centroids_miss_it(known, asked):
    # cut so wide that landmark a has one centroid: by the centroids nothing is a minority, by truth e1 is
    table, photos = known
    gallery = build_gallery(table, photos, CentroidConfig(max_diameter=2.0, min_photos=4))
    assert not minority_view(gallery, *asked).any()
    known_views = np.array(["frontal"] * 10 + ["far"] * 6 + ["frontal"] * 12, dtype=object)
    views = np.array(["frontal"] * 4 + ["far"] * 4 + ["frontal"] * 4 + [""] * 10, dtype=object)
    found = minority_true_view(views, asked[1], known_views, photos["landmark_id"].to_numpy(dtype=object))
    assert np.flatnonzero(found).tolist() == [4, 5, 6, 7]


@pytest.mark.parametrize("max_sample", [2, 8, 13])
def test_the_cut_study_draws_the_sample_that_the_gallery_draws(known, asked, max_sample):
    table, photos = known
    cuts = [0.2, 0.5, 0.9, 1.3, 2.0]
    study = cut_study(table, photos, *asked, min_photos=4, cuts=cuts, max_sample=max_sample)
    for row in study.itertuples():
        config = CentroidConfig(max_diameter=row.max_diameter, min_photos=4, max_sample=max_sample)
        gallery = build_gallery(table, photos, config)
        trees = gallery.table.groupby("landmark_id").agg(n=("n_in_tree", "first"), views=("view", "size"))
        assert row.n_centroids == len(gallery)
        assert row.n_fallback == gallery.table["is_fallback"].sum()
        assert row.share_used == pytest.approx(gallery.table["n_photos"].sum() / trees["n"].sum())
        cosine = asked[0] @ gallery.vectors.T
        best = gallery.landmark_ids[cosine.argmax(axis=1)]
        point = metrics.sensitivity_at_fpr(cosine.max(axis=1).astype(float), best, asked[1], 0.01)
        assert (row.sensitivity, row.confusion_rate) == (point.sensitivity, point.confusion_rate)
    another = cut_study(table, photos, *asked, min_photos=4, cuts=cuts, max_sample=max_sample, seed=1)
    assert not another.equals(study)


def test_refuses_a_sample_without_a_tree(known, asked):
    with pytest.raises(InputError, match="max_sample"):
        cut_study(*known, *asked, min_photos=4, cuts=[0.9], max_sample=1)


def test_the_cut_study_counts_what_build_gallery_builds(known, asked):
    table, photos = known
    cuts = [0.2, 0.5, 0.9, 1.3, 2.0]
    study = cut_study(table, photos, *asked, min_photos=4, cuts=cuts)
    assert study["max_diameter"].tolist() == cuts
    for row in study.itertuples():
        gallery = build_gallery(table, photos, CentroidConfig(max_diameter=row.max_diameter, min_photos=4))
        views = gallery.table.groupby("landmark_id").agg(n=("view", "size"), fallback=("is_fallback", "any"))
        assert row.n_centroids == len(gallery)
        assert row.share_multiple == (views["n"] > 1).mean()
        assert row.n_fallback == views["fallback"].sum()
        assert row.share_used == pytest.approx(gallery.table["n_photos"].sum() / 28)
        cosine = asked[0] @ gallery.vectors.T
        best = gallery.landmark_ids[cosine.argmax(axis=1)]
        point = metrics.sensitivity_at_fpr(cosine.max(axis=1).astype(float), best, asked[1], 0.01)
        assert (row.sensitivity, row.confusion_rate) == (point.sensitivity, point.confusion_rate)


def test_a_landmark_with_one_photo_has_no_tree(known, asked):
    table, photos = known
    few = pd.concat([photos[:16], photos[16:17]])
    study = cut_study(table, few, *asked, min_photos=4, cuts=[0.9])
    assert study["n_fallback"].iloc[0] == 1
    gallery = build_gallery(table, few, CONFIG)
    assert len(summaries(table, few, gallery, asked[0])["k-means, as many"].best) == 22
