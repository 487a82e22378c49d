"""Views, diameters, the cut, the tree."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from scipy.cluster.hierarchy import fcluster, linkage

from sightlab.checks import InputError
from sightlab.views.figures_gallery import _groups_below, cut_curve, dendrogram, view_counts, view_diameters


@pytest.fixture
def table():
    # a: 2 views, b: 1, c: 1 fallback, d: 3
    ids = ["a", "a", "b", "c", "d", "d", "d"]
    return pd.DataFrame(
        {
            "landmark_id": ids,
            "view": [0, 1, 0, 0, 0, 1, 2],
            "n_photos": [40, 12, 70, 3, 55, 20, 7],
            "diameter": [0.9, 0.7, 0.85, 1.3, 0.95, 0.6, 0.8],
            "is_fallback": [False, False, False, True, False, False, False],
        }
    )


def test_landmarks_are_counted_by_views(table, texts_of, assert_legible):
    figure = view_counts(table)
    heights = [p.get_height() for p in figure.axes[0].patches]
    assert heights == [1, 1, 1, 1, 0, 0]  # valid: b, a, d; fallback: c
    assert "50.0 % of 4 landmarks have several" in texts_of(figure)
    assert texts_of(view_counts(SimpleNamespace(table=table))) == texts_of(figure)  # the gallery itself
    assert_legible(figure)


def test_diameters_by_kind_with_the_cut(table, texts_of, assert_legible):
    figure = view_diameters(table, max_diameter=1.05)
    text = texts_of(figure)
    for label in ("most photographed view (3)", "further views (3)", "fallback (1)", "cut 1.050"):
        assert label in text
    assert sum(len(c.get_offsets()) for c in figure.axes[0].collections) == 7
    assert_legible(figure)
    assert "cut" not in texts_of(view_diameters(table))


def test_chosen_cut_reads_the_curve(texts_of, assert_legible):
    curve = pd.DataFrame(
        {"max_diameter": [0.5, 0.7, 0.9], "share_multiple": [0.6, 0.22, 0.05], "n_centroids": [9, 6, 4]}
    )
    figure = cut_curve(curve.sample(frac=1, random_state=1), chosen=0.8)
    text = texts_of(figure)
    assert "chosen cut 0.800: 22.0 %" in text  # the step that begins at 0.7 holds at 0.8
    assert "wanted 20 %" in text
    assert_legible(figure)
    assert len(cut_curve(curve.drop(columns="n_centroids"), chosen=0.8).axes) == 1


@pytest.fixture
def tree(rng):
    x = np.concatenate([rng.normal(c, 0.2, (n, 3)) for c, n in ((0, 9), (2, 6), (-3, 4))])
    return linkage(x, "complete")


@pytest.mark.parametrize("cut", [0.01, 0.5, 1.0, 2.0, 100.0])
def test_groups_are_those_of_scipy(tree, cut):
    group = _groups_below(tree, cut)[: len(tree) + 1]
    expected = fcluster(tree, cut, criterion="distance")
    same = group[:, None] == group[None]
    np.testing.assert_array_equal(same, expected[:, None] == expected[None])


def test_tree_draws_every_merge(tree, texts_of, assert_legible):
    figure = dendrogram(tree, 1.2, "Old $Gate_1$: 19 photos")
    merges = [
        s for c in figure.axes[0].collections if isinstance(c, LineCollection) for s in c.get_segments()
    ]
    assert len(merges) == len(tree)
    np.testing.assert_allclose(sorted(s[1][1] for s in merges), np.sort(tree[:, 2]))
    n_clusters = len(set(fcluster(tree, 1.2, criterion="distance")))
    assert f"19 photos, {n_clusters} clusters below the cut" in texts_of(figure)
    assert r"Old \$Gate_1\$: 19 photos" in texts_of(figure)
    assert_legible(figure)


def test_deep_chain_needs_no_recursion():
    n = 3000
    chain = np.array([[0 if i == 0 else n + i - 1, i + 1, float(i + 1), i + 2] for i in range(n - 1)])
    dendrogram(chain, 10.0, "chain")


def test_single_photo_has_no_tree():
    with pytest.raises(InputError, match="N >= 2 photos"):
        dendrogram(np.empty((0, 4)), 1.0, "one")
