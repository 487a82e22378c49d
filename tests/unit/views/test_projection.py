"""Coordinates on the plane: exact repetition, kept once, small and strange inputs."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.views.projection import UmapConfig, nearest, umap_coordinates


def embeddings(rng, n, dim=8, key="k1"):
    vectors = rng.normal(size=(n, dim)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = np.array([f"p{i}" for i in range(n)])
    table = SimpleNamespace(photo_ids=ids, vectors=vectors, key=key)
    return type("Table", (SimpleNamespace,), {"__len__": lambda self: n})(**vars(table))


@pytest.fixture
def fake_umap(monkeypatch):
    """Stands in for UMAP, which compiles for ten seconds: notes its settings, returns two columns."""
    calls = []

    class Fake:
        def __init__(self, **settings):
            calls.append(settings)

        def fit_transform(self, vectors):
            return vectors[:, :2].astype(np.float32)

    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(UMAP=Fake))
    return calls


def test_coordinates_stand_in_the_order_of_the_table(rng, fake_umap):
    table = embeddings(rng, 30)
    found = umap_coordinates(table)
    assert found["photo_id"].tolist() == table.photo_ids.tolist()
    xy = table.vectors[:, :2].astype(float)
    np.testing.assert_allclose(found[["x", "y"]], xy - np.median(xy, axis=0))


def test_layout_is_seeded_and_single_threaded(rng, fake_umap):
    umap_coordinates(embeddings(rng, 12), config=UmapConfig(seed=5, neighbors=15))
    assert fake_umap[0]["random_state"] == 5
    assert fake_umap[0]["n_jobs"] == 1
    assert fake_umap[0]["n_neighbors"] == 11  # never more than there are others


def test_kept_coordinates_are_not_computed_again(rng, workspace, fake_umap):
    table = embeddings(rng, 30)
    first = umap_coordinates(table, workspace)
    second = umap_coordinates(table, workspace)
    assert len(fake_umap) == 1
    np.testing.assert_array_equal(first[["x", "y"]], second[["x", "y"]])
    umap_coordinates(table, workspace, UmapConfig(min_dist=0.3))  # other settings
    table.key = "k2"
    umap_coordinates(table, workspace)  # other embeddings
    assert len(fake_umap) == 3


def test_few_photos_are_laid_out_without_umap(rng, fake_umap):
    found = umap_coordinates(embeddings(rng, 4))
    assert not fake_umap
    assert np.isfinite(found[["x", "y"]]).all(axis=None)
    assert len(umap_coordinates(embeddings(rng, 3, dim=1))) == 3


def test_refuses_two_photos_and_rows_that_are_no_embeddings(rng):
    with pytest.raises(InputError, match="at least 3 photos"):
        umap_coordinates(embeddings(rng, 2))
    table = embeddings(rng, 12)
    table.vectors = table.vectors * 2
    with pytest.raises(InputError, match="unit-norm rows"):
        umap_coordinates(table)


@pytest.mark.parametrize("wrong", [{"neighbors": 1}, {"min_dist": 1.5}, {"epochs": 0}])
def test_settings_refuse_nonsense(wrong):
    with pytest.raises(ValueError, match=r"outside|below"):
        UmapConfig(**wrong)


def test_nearest_equals_the_slow_one(rng):
    vectors = embeddings(rng, 23).vectors
    rows, distances = nearest(vectors, 4, chunk=7)
    for i in range(23):
        slow = [(-1.0 if j == i else 1 - float(vectors[i] @ vectors[j])) for j in range(23)]
        order = sorted(range(23), key=slow.__getitem__)[:4]
        assert rows[i].tolist() == order
        np.testing.assert_allclose(distances[i], [max(slow[j], 0) for j in order], atol=1e-6)
    vectors[5] = vectors[9]  # duplicates: each comes first in its own row
    rows, _ = nearest(vectors, 4, chunk=7)
    assert rows[5][:2].tolist() == [5, 9]
    assert rows[9][:2].tolist() == [9, 5]


def test_nearest_of_everyone(rng):
    rows, _ = nearest(embeddings(rng, 5).vectors, 5)
    assert np.sort(rows, axis=1).tolist() == [[0, 1, 2, 3, 4]] * 5


def test_real_umap_repeats_exactly_and_keeps_groups_apart(rng):
    table = embeddings(rng, 24)
    middle = np.repeat(np.eye(8, dtype=np.float32)[:2], 12, axis=0)
    table.vectors = middle + 0.1 * table.vectors
    table.vectors /= np.linalg.norm(table.vectors, axis=1, keepdims=True)
    before = table.vectors.copy()
    state = np.random.get_state()[1].copy()  # noqa: NPY002 (the caller's generator)
    first = umap_coordinates(table, config=UmapConfig(neighbors=5, epochs=50))
    second = umap_coordinates(table, config=UmapConfig(neighbors=5, epochs=50))
    np.testing.assert_array_equal(first[["x", "y"]], second[["x", "y"]])
    np.testing.assert_array_equal(table.vectors, before)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    xy = first[["x", "y"]].to_numpy()
    a, b = xy[:12], xy[12:]
    spread = max(np.ptp(a, axis=0).max(), np.ptp(b, axis=0).max())
    assert np.linalg.norm(a.mean(axis=0) - b.mean(axis=0)) > spread / 2
