"""Noise of the drawn world: the same bits everywhere, no seam, the values a slow version gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightlab.data.drawn.solids.noise import cell_noise, fractal_noise, scatter, value_noise


def scatter_by_hand(x: int, y: int, salt: int) -> float:
    """The same arithmetic with Python's whole numbers, cut to 32 bits after every step."""
    bits = 0xFFFFFFFF
    mixed = (x * 0x8DA6B343 & bits) ^ (y * 0xD8163841 & bits) ^ (salt * 0x9E3779B1 + 0x7F4A7C15 & bits)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        mixed = (mixed ^ mixed >> shift) * factor & bits
    mixed ^= mixed >> 16
    return (mixed >> 8) / 2**24


@given(st.integers(-(2**31), 2**31 - 1), st.integers(-(2**31), 2**31 - 1), st.integers(0, 999))
def test_scatter_equals_python_arithmetic(x, y, salt):
    assert scatter(np.array([x]), np.array([y]), salt)[0] == scatter_by_hand(x, y, salt)


def test_scatter_is_even_and_unordered():
    values = scatter(np.arange(200)[None, :], np.arange(200)[:, None])
    assert values.shape == (200, 200)
    assert values.dtype == np.float32
    assert 0 <= values.min() < 1e-3
    assert 0.999 < values.max() < 1
    counts = np.histogram(values, bins=10, range=(0, 1))[0]
    assert np.abs(counts - 4000).max() < 300  # standard deviation of a count: sqrt(40,000 0.1 0.9) = 60
    for one, other in ((values[:, 1:], values[:, :-1]), (values[1:], values[:-1])):
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.03
    assert np.abs(scatter(np.arange(9), np.arange(9), salt=1) - values.diagonal()[:9]).min() > 0


def test_value_noise_by_hand():
    # 4 pixels, 2 cells: pixel 1 lies at (1 + 0.5) 2/4 = 0.75 cells, blend 0.75^2 (3 - 1.5) = 0.84375
    a, b = (scatter(np.array([i]), np.array([0]))[0] for i in (0, 1))
    c, d = (scatter(np.array([i]), np.array([1]))[0] for i in (0, 1))
    t = 0.84375
    top, bottom = a + (b - a) * t, c + (d - c) * t
    assert value_noise(4, 2, 2)[1, 1] == pytest.approx(top + (bottom - top) * t, abs=1e-6)


@pytest.mark.parametrize(
    "tile",
    [value_noise(64, 4, 8), fractal_noise(64, 2, octaves=3), cell_noise(64, 4, salt=3)[0]],
    ids=["value", "fractal", "cell"],
)
def test_tiles_continue_at_their_far_side(tile):
    for axis in (0, 1):
        inside = np.abs(np.diff(tile, axis=axis)).max()
        seam = np.abs(np.take(tile, 0, axis) - np.take(tile, -1, axis)).max()
        assert 0 < seam <= 1.5 * inside


def test_fractal_noise_adds_ever_finer_layers():
    layers = [value_noise(32, 3 << i, 2 << i, salt=7 + 101 * i) for i in range(3)]
    expected = (layers[0] + 0.6 * layers[1] + 0.36 * layers[2]) / 1.96
    np.testing.assert_allclose(fractal_noise(32, 3, 2, octaves=3, salt=7, fade=0.6), expected, atol=1e-6)
    finest = fractal_noise(32, 16, octaves=9)  # 16 and 32 cells fit on 32 pixels, 64 do not
    np.testing.assert_array_equal(finest, fractal_noise(32, 16, octaves=2))


def test_cell_noise_against_all_points():
    size, cells = 24, 3
    nearest, second, tone = cell_noise(size, cells, salt=5)
    for y in range(0, size, 5):
        for x in range(0, size, 5):
            here = (np.array([x, y]) + 0.5) * cells / size
            around = [np.floor(here).astype(int) + (dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
            column, row = np.array(around).T
            jitter = [scatter(column % cells, row % cells, salt) for salt in (5, 6)]
            distance = np.hypot(*(np.array([column, row]) + jitter - here[:, None]))
            order = np.argsort(distance)
            assert nearest[y, x] == pytest.approx(distance[order[0]], abs=1e-5)
            assert second[y, x] == pytest.approx(distance[order[1]], abs=1e-5)
            assert tone[y, x] == scatter(column % cells, row % cells, 7)[order[0]]
