import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.recognition.similarity import (
    PLAIN,
    SimilarityConfig,
    crowd_of,
    kept_pool,
    taken_off_for_rival,
)


def unit_rows(n, size, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(n, size))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_the_crowd_is_the_mean_of_the_nearest_the_slow_way():
    vectors, pool = unit_rows(9, 6), unit_rows(40, 6, seed=1)
    for k in (1, 10, 40, 99):
        slow = [max(np.mean(sorted((float(p @ v) for p in pool), reverse=True)[:k]), 0) for v in vectors]
        np.testing.assert_allclose(crowd_of(vectors, pool, k), slow, atol=1e-12)
    np.testing.assert_allclose(crowd_of(vectors[:1], pool, 10), crowd_of(vectors, pool, 10)[:1], atol=1e-12)
    assert crowd_of(vectors, pool[:0], 10).tolist() == [0.0] * 9
    assert crowd_of(vectors[:0], pool, 10).shape == (0,)


def test_photos_opposite_to_the_pool_have_no_crowd_and_stay_apart():
    pool = np.array([[-1.0, 0.0]])
    vectors = np.array([[1.0, 0.0], [0.8, 0.6]])  # cosines -1 and -0.8 to the pool
    assert crowd_of(vectors, pool, 10).tolist() == [0, 0]
    # with the crowd added both would be cut off at 1: 1 + 0.6 and 0.8 + 0.6 * 0.8 = 1.28
    assert len(set((vectors[:, 0] - 0.6 * crowd_of(vectors, pool, 10)).tolist())) == 2


def test_a_rival_by_hand():
    # level: 0.6 * ln 2 = 0.416; one width behind: 0.6 * ln(1 + e^-1) = 0.188; far behind: nothing;
    # 0.3 = 10 widths ahead: 0.6 * ln(1 + e^10) = 6.000
    cosine, rival = np.array([0.5, 0.5, 0.9, 0.5, 0.5]), np.array([0.5, 0.47, 0.1, 0.8, -np.inf])
    off = taken_off_for_rival(cosine, rival, SimilarityConfig(rival_weight=0.6))
    np.testing.assert_allclose(off, [0.6 * np.log(2), 0.18796, 0, 6.0000272, 0], atol=1e-5)
    assert np.isnan(taken_off_for_rival(np.array([np.nan]), np.array([-np.inf]), SimilarityConfig())).all()
    assert (taken_off_for_rival(cosine, rival, PLAIN) == 0).all()


def test_the_nearer_the_rival_the_more_is_taken_off():
    rivals = np.linspace(-1, 1, 200)
    off = taken_off_for_rival(np.full(200, 0.5), rivals, SimilarityConfig())
    assert (np.diff(off) >= 0).all()
    assert (off >= 0).all()


def test_a_small_pool_is_kept_whole():
    pool = unit_rows(12, 4)
    assert kept_pool(pool, SimilarityConfig()) is pool
    kept = kept_pool(pool, SimilarityConfig(max_pool=5))
    rows = [int(np.flatnonzero((pool == row).all(axis=1))[0]) for row in kept]
    assert rows == sorted(set(rows))
    assert len(rows) == 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"pool_weight": -0.1},
        {"pool_neighbors": 0},
        {"max_pool": 0},
        {"rival_weight": -1.0},
        {"rival_width": 0.0},
        {"place_km": 0.0},
    ],
)
def test_refuses_impossible_settings(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        SimilarityConfig(**wrong)
