"""The index: neighbors and votes by hand, exact against slow, approximate against exact, and refusals."""

import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.delf.features import LocalFeatures
from sightlab.delf.index import DescriptorIndex, IndexConfig
from sightlab.delf.store import store_of
from tests.unit.delf.conftest import drawn_features, unit


def features_of(rows) -> LocalFeatures:
    rows = unit(np.array(rows, dtype=np.float64))
    n = len(rows)
    ones = np.ones(n, np.float32)
    return LocalFeatures(np.zeros((n, 2), np.float32), ones, ones, rows, (10, 10))


@pytest.fixture
def store():
    return store_of([f"p{i}" for i in range(12)], [drawn_features(i, n=40) for i in range(12)], "net")


def test_votes_by_hand():
    # photo 0 lies along x (twice) and y, photo 1 along y and z
    two = store_of(
        ["a", "b"],
        [features_of([[1, 0, 0], [1, 0.1, 0], [0, 1, 0]]), features_of([[0, 1, 0.1], [0, 0, 1]])],
        "n",
    )
    index = DescriptorIndex(two, IndexConfig(n_neighbors=2, max_distance=0.5))
    query = features_of([[1, 0.05, 0], [0, 1, 0.05], [-1, 0, 0]])
    # x: two neighbors, both in photo 0, one vote. y: one neighbor in each photo. -x: nothing near.
    votes = index.votes(query)
    assert votes.rows.tolist() == [0, 1]
    assert votes.counts.tolist() == [2, 1]


def test_exact_neighbors_are_those_of_a_slow_search(store):
    index = DescriptorIndex(store, IndexConfig(n_neighbors=5))
    query = drawn_features(99, n=15)
    photos, distances = index.neighbors(query.descriptors)
    database = np.concatenate([store[i].descriptors for i in range(12)])
    owner = np.repeat(np.arange(12), 40)
    for row, descriptor in enumerate(query.descriptors):
        d = np.linalg.norm(database - descriptor, axis=1)
        order = np.argsort(d)[:5]
        np.testing.assert_allclose(distances[row], d[order], atol=1e-3)
        assert photos[row].tolist() == owner[order].tolist()


def test_a_search_in_small_blocks_is_the_same(store, monkeypatch):
    from sightlab.delf import index as indexes

    query = drawn_features(98, n=20)
    whole = DescriptorIndex(store, IndexConfig(n_neighbors=7)).neighbors(query.descriptors)
    monkeypatch.setattr(indexes, "_EXACT_ROWS", 50)
    blocks = DescriptorIndex(store, IndexConfig(n_neighbors=7)).neighbors(query.descriptors)
    assert np.array_equal(whole[0], blocks[0])
    np.testing.assert_allclose(whole[1], blocks[1], atol=1e-6)


def test_of_equally_near_descriptors_the_first_are_found(monkeypatch):
    from sightlab.delf import index as indexes

    monkeypatch.setattr(indexes, "_EXACT_ROWS", 4)
    rows = [[0, 1], [1, 0], [1, 0], [1, 0], [1, 0], [0, 1], [1, 0], [1, 0.1]]  # two blocks
    found = DescriptorIndex(
        store_of([str(i) for i in range(8)], [features_of([row]) for row in rows], "n"),
        IndexConfig(n_neighbors=3),
    )
    assert found.neighbors(unit(np.array([[1.0, 0]])))[0].tolist() == [[1, 2, 3]]
    assert found.neighbors(unit(np.array([[1.0, 0.1]])))[0].tolist() == [[7, 1, 2]]


def test_only_the_first_keypoints_of_a_photo_are_indexed(store):
    whole = DescriptorIndex(store, IndexConfig(n_neighbors=1))
    part = DescriptorIndex(store, IndexConfig(n_neighbors=1, n_indexed=7))
    assert part.n_descriptors == 7 * len(store) < whole.n_descriptors
    assert part.n_photos == len(store)
    for row in range(len(store)):
        first, last = store[row].descriptors[:7], store[row].descriptors[7:]
        assert (part.neighbors(first)[0][:, 0] == row).all()
        assert (part.neighbors(first)[1] < 0.05).all()
        assert (part.neighbors(last)[1] > 0.1).all()  # not there any more
    many = DescriptorIndex(store, IndexConfig(n_neighbors=1, n_indexed=10_000))
    assert many.n_descriptors == whole.n_descriptors
    assert DescriptorIndex(store, IndexConfig(n_indexed=7), copies=3).n_descriptors == 21 * len(store)


@pytest.mark.parametrize("kind", ["ivf", "ivfpq", "hnsw"])
def test_an_approximate_index_finds_most_of_the_photos(kind):
    pytest.importorskip("faiss")
    store = store_of(
        [f"p{i}" for i in range(30)], [drawn_features(i, n=120, dim=20) for i in range(30)], "net"
    )
    index = DescriptorIndex(store, IndexConfig(kind=kind, n_bytes=10))
    right = 0
    for i in range(30):
        rows = store[i].descriptors + 0.05 * unit(np.random.default_rng(i).standard_normal((120, 20)))
        query = LocalFeatures(store[i].points, store[i].scales, store[i].attention, unit(rows), (240, 320))
        right += index.votes(query).rows[0] == i
    assert right >= 29
    assert index.bytes_per_photo > 0


def test_a_query_without_keypoints_gets_no_votes(store):
    empty = drawn_features(0, n=0)
    assert len(DescriptorIndex(store).votes(empty).rows) == 0


def test_copies_make_a_larger_database(store):
    one, four = DescriptorIndex(store), DescriptorIndex(store, copies=4)
    assert four.n_photos == 48
    assert four.n_descriptors == 4 * one.n_descriptors
    assert (
        four.bytes_per_photo == one.bytes_per_photo == 40 * (16 + 8)
    )  # a byte a number, 4 for its length and the owner
    query = store[3]
    assert four.votes(query).rows[0] == 3  # itself, before its copies


def test_an_index_of_another_network_is_refused(store):
    index = DescriptorIndex(store)
    index.check_network("net")
    with pytest.raises(InputError, match=r"network net, which built this index; got those of other"):
        index.check_network("other")


def test_an_empty_database_is_refused():
    with pytest.raises(InputError, match="database with keypoints"):
        DescriptorIndex(store_of(["a"], [drawn_features(0, n=0)], "net"))


@pytest.mark.parametrize("bad", [{"kind": "kd"}, {"n_neighbors": 0}, {"max_distance": 3}, {"n_probes": 0}])
def test_impossible_settings_are_refused(bad):
    with pytest.raises(InputError):
        IndexConfig(**bad)


def test_product_codes_must_divide_a_descriptor(store):
    pytest.importorskip("faiss")
    with pytest.raises(InputError, match="must divide the 16 numbers"):
        DescriptorIndex(store, IndexConfig(kind="ivfpq", n_bytes=5))
