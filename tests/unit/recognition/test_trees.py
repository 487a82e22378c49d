import numpy as np
import pytest
from scipy.spatial.distance import pdist

from sightlab.checks import InputError
from sightlab.recognition.trees import (
    CentroidConfig,
    condensed_distances,
    landmark_views,
    linkage_of,
    views_below,
)
from tests.unit.recognition.drawn_vectors import clouds, on_circle


def as_sets(views):
    return {frozenset(view.tolist()) for view in views}


def complete_linkage_the_slow_way(vectors, max_diameter):
    """Merge the two clusters whose farthest photos are nearest, while they are near enough."""
    clusters = [[i] for i in range(len(vectors))]
    distance = np.linalg.norm(vectors[:, None] - vectors[None], axis=2)
    while len(clusters) > 1:
        pairs = [
            (distance[np.ix_(a, b)].max(), i, j)
            for i, a in enumerate(clusters)
            for j, b in enumerate(clusters[:i])
        ]
        width, i, j = min(pairs)
        if width > max_diameter:
            break
        clusters[j] += clusters.pop(i)
    return {frozenset(c) for c in clusters}


def test_complete_linkage_cuts_a_chain():
    # chords: 29 degrees 0.501, 31 degrees 0.534, 60 degrees 1.0; single linkage would keep all three together
    found = landmark_views(on_circle(0, 29, 60), CentroidConfig(max_diameter=0.6, min_photos=1))
    assert [view.tolist() for view in found.views] == [[0, 1], [2]]
    assert not found.is_fallback


def test_the_cut_itself_belongs_to_the_view():
    # three photos at 0, 90, 90 degrees: sqrt(2) apart
    vectors = on_circle(0, 90, 90)
    height = linkage_of(vectors)[-1, 2]
    assert height == pytest.approx(np.sqrt(2))
    assert len(landmark_views(vectors, CentroidConfig(max_diameter=float(height), min_photos=1)).views) == 1


@pytest.mark.parametrize("max_diameter", [0.3, 0.7, 1.0, 1.3])
def test_same_views_as_the_slow_literal_version(max_diameter):
    vectors = clouds([7, 6, 4], spread=0.25)
    found = landmark_views(vectors, CentroidConfig(max_diameter=max_diameter, min_photos=1))
    assert as_sets(found.views) == complete_linkage_the_slow_way(vectors, max_diameter)


@pytest.mark.parametrize("max_diameter", [0.5, 0.7, 0.9])
def test_no_view_is_wider_than_the_cut(max_diameter):
    vectors = clouds([20, 20], spread=0.2)
    found = landmark_views(vectors, CentroidConfig(max_diameter=max_diameter, min_photos=2))
    assert not found.is_fallback
    for view in found.views:
        apart = np.linalg.norm(vectors[view][:, None] - vectors[view][None], axis=2)
        assert apart.max() <= max_diameter
        assert len(view) >= 2


def test_rotating_all_embeddings_keeps_the_tree(rotation):
    vectors = clouds([12, 9, 5])
    before, after = linkage_of(vectors), linkage_of(vectors @ rotation)
    np.testing.assert_allclose(after[:, 2], before[:, 2], atol=1e-12)
    np.testing.assert_array_equal(after[:, [0, 1, 3]], before[:, [0, 1, 3]])


def test_small_clusters_are_dropped_and_the_largest_comes_first():
    vectors = clouds([3, 8, 6])
    found = landmark_views(vectors, CentroidConfig(max_diameter=0.9, min_photos=5))
    assert [len(view) for view in found.views] == [8, 6]
    assert as_sets(found.views) == {frozenset(range(3, 11)), frozenset(range(11, 17))}


def test_without_a_valid_cluster_the_largest_stands_in():
    found = landmark_views(clouds([3, 4, 2]), CentroidConfig(max_diameter=0.9, min_photos=5))
    assert found.is_fallback
    assert [view.tolist() for view in found.views] == [[3, 4, 5, 6]]


def test_one_photo_is_one_view():
    found = landmark_views(on_circle(30), CentroidConfig(min_photos=5))
    assert [view.tolist() for view in found.views] == [[0]]
    assert found.is_fallback
    assert not landmark_views(on_circle(30), CentroidConfig(min_photos=1)).is_fallback


def test_above_the_sample_size_a_seeded_sample_is_clustered():
    vectors = clouds([60, 24, 12])
    config = CentroidConfig(max_diameter=0.9, min_photos=18, max_sample=48)
    np.random.seed(3)  # noqa: NPY002 - the caller's generator must not move
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first, again = landmark_views(vectors, config), landmark_views(vectors, config)
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002
    assert [a.tolist() for a in first.views] == [b.tolist() for b in again.views]
    # half of the photos are drawn, about 30, 12 and 6 of the clouds; so a view of 18 / 2 = 9 is large enough
    assert [len(view) for view in first.views] == pytest.approx([30, 12], abs=3)
    other = CentroidConfig(max_diameter=0.9, min_photos=18, max_sample=48, seed=1)
    assert first.views[0].tolist() != landmark_views(vectors, other).views[0].tolist()


def test_photos_shuffled_inside_the_tree_give_the_same_centroids_as_a_set():
    vectors = clouds([9, 7, 6], spread=0.2)
    order = np.random.default_rng(4).permutation(len(vectors))
    config = CentroidConfig(max_diameter=0.9, min_photos=3)
    means = [
        {tuple(np.round(v[view].mean(axis=0), 9)) for view in landmark_views(v, config).views}
        for v in (vectors, vectors[order])
    ]
    assert means[0] == means[1]
    assert len(means[0]) >= 2


def test_distances_are_those_of_scipy():
    vectors = np.random.default_rng(0).normal(size=(1100, 6))  # more than one block
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(condensed_distances(vectors), pdist(vectors), atol=1e-12)
    assert condensed_distances(on_circle(0, 0, 90)) == pytest.approx([0, np.sqrt(2), np.sqrt(2)], abs=1e-7)


def test_a_tree_can_be_cut_again_and_again():
    vectors = clouds([12, 9, 5], spread=0.2)
    tree, photos = linkage_of(vectors), np.arange(len(vectors))
    for cut in (0.3, 0.8, 1.2, 2.0):
        once = landmark_views(vectors, CentroidConfig(max_diameter=cut, min_photos=4))
        again = views_below(tree, photos, cut, 4)
        assert [view.tolist() for view in again.views] == [view.tolist() for view in once.views]
        assert again.is_fallback == once.is_fallback


def test_the_heights_inside_a_view_are_those_of_its_own_tree():
    vectors = clouds([12, 9, 5], spread=0.2)
    found = landmark_views(vectors, CentroidConfig(max_diameter=0.9, min_photos=3))
    assert len(found.views) >= 2
    for view, heights in zip(found.views, found.heights, strict=True):
        np.testing.assert_allclose(heights, linkage_of(vectors[view])[:, 2], atol=1e-9)
    assert found.n_in_tree == 26


def test_refuses_impossible_settings():
    with pytest.raises(InputError, match=r"max_diameter=3\.0 is outside \(0, 2\].*unit norm"):
        CentroidConfig(max_diameter=3.0)
    with pytest.raises(InputError, match="max_diameter"):
        CentroidConfig(max_diameter=0.0)
    with pytest.raises(InputError, match="min_photos"):
        CentroidConfig(min_photos=0)


def test_refuses_too_few_photos():
    with pytest.raises(InputError, match="two leaves"):
        linkage_of(on_circle(0))
    with pytest.raises(InputError, match="got none"):
        landmark_views(on_circle(), CentroidConfig())
