"""Measures of maps against slow literal versions and cases computed by hand."""

from inspect import unwrap

import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.evaluation import attribution


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def mask():
    mask = np.zeros((37, 52), dtype=bool)  # neither square nor divisible by the grid
    mask[5:30, 20:33] = True
    mask[33, 2:9] = True
    return mask


def slow_cover(mask, height, width, parts=60):
    """Every pixel cut into parts x parts points; the share of a cell's points that lie on the mask."""
    fine = np.kron(mask, np.ones((parts, parts)))
    rows = (np.arange(fine.shape[0]) + 0.5) * height / fine.shape[0]
    columns = (np.arange(fine.shape[1]) + 0.5) * width / fine.shape[1]
    found = np.zeros((height, width))
    for i in range(height):
        for j in range(width):
            found[i, j] = fine[np.ix_(rows.astype(int) == i, columns.astype(int) == j)].mean()
    return found


def test_cover_counts_pixels_on_a_border_by_their_parts(mask):
    found = attribution.cell_cover(mask, 4, 5)
    np.testing.assert_allclose(found, slow_cover(mask, 4, 5), atol=0.01)
    assert found.mean() == pytest.approx(mask.mean())  # nothing is lost between cells


def test_cover_by_hand():
    # 3 pixels in 2 cells of 1.5: the first cell holds pixel 0 whole and half of pixel 1, which is on
    found = attribution.cell_cover(np.array([[False, True, True]]), 1, 2)
    np.testing.assert_allclose(found, [[0.5 / 1.5, 1.0]])


def test_a_mask_smaller_than_the_grid_is_refused():
    with pytest.raises(InputError, match=r"at least a pixel .* 5 x 5; got shape \(4, 9\)"):
        attribution.cell_cover(np.ones((4, 9), bool), 5, 5)


def test_inside_share_by_hand():
    # positive evidence 3 + 1 = 4; on the landmark 3 x 1.0 + 1 x 0.5 = 3.5; what speaks against is left out
    values, cover = np.array([[3.0, 1.0], [-9.0, 0.0]]), np.array([[1.0, 0.5], [1.0, 0.0]])
    assert attribution.inside_share(values, cover) == 3.5 / 4


def test_a_constant_map_gets_the_landmarks_share_of_the_photo(mask):
    cover = attribution.cell_cover(mask, 5, 5)
    assert attribution.inside_share(np.full((5, 5), 0.3), cover) == pytest.approx(mask.mean())


def test_a_map_without_evidence_has_no_share():
    assert np.isnan(attribution.inside_share(-np.ones((2, 2)), np.ones((2, 2))))


@pytest.mark.parametrize("tolerance", [0.0, 0.05, 0.2])
def test_pointing_against_every_pixel_asked_one_by_one(mask, tolerance):
    found = attribution.pointing_hits(mask, 4, 5, tolerance)
    for i in range(4):
        for j in range(5):
            y, x = (i + 0.5) * 37 / 4, (j + 0.5) * 52 / 5
            distances = [
                np.hypot(y - np.clip(y, r, r + 1), x - np.clip(x, c, c + 1)) for r, c in np.argwhere(mask)
            ]
            assert found[i, j] == (min(distances) <= tolerance * 52)
    assert found.any()
    assert not found.all()


def test_pointing_asks_for_the_strongest_cell(mask):
    values = np.zeros((4, 5))
    values[1, 2] = 1  # its middle, (13.9, 26), is on the landmark
    assert attribution.pointing_hit(values, mask)
    values[0, 4] = 2
    assert not attribution.pointing_hit(values, mask)


def test_nothing_can_be_hit_where_nothing_is():
    assert not attribution.pointing_hits(np.zeros((9, 9), bool), 3, 3, 1.0).any()


def test_the_middle_is_strongest_in_the_middle():
    for shape in ((5, 5), (4, 7), (1, 1)):
        values = attribution.centered_map(*shape)
        np.testing.assert_allclose(values, values[::-1, ::-1])
        assert values[(shape[0] - 1) // 2, (shape[1] - 1) // 2] == values.max()


def test_rank_correlation_is_scipys(rng):
    from scipy.stats import spearmanr

    maps, others = rng.normal(size=(3, 4, 5)), rng.normal(size=(3, 4, 5)).round(1)  # with ties
    found = attribution.rank_correlation(maps, others)
    expected = [spearmanr(a.ravel(), b.ravel()).statistic for a, b in zip(maps, others, strict=True)]
    np.testing.assert_allclose(found, expected)


def test_rank_correlation_of_a_constant_map_is_undefined(rng):
    maps = rng.normal(size=(2, 3, 3))
    found = attribution.rank_correlation(maps, np.stack([np.exp(maps[0]), np.ones((3, 3))]))
    assert found[0] == pytest.approx(1)  # any rising function keeps the ranks
    assert np.isnan(found[1])
    with pytest.raises(InputError, match="one shape"):
        unwrap(attribution.rank_correlation)(maps, maps[:, :2])
