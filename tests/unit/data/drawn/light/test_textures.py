"""Patterns: every one has a seamless tile, is read exactly, and fades to its mean in the distance."""

import numpy as np
import pytest

from sightlab.data.drawn.light.swatches import SIDE, SWATCHES
from sightlab.data.drawn.light.textures import MIX, SHADE, SLOPE_U, SLOPE_V, tiles
from sightlab.data.drawn.solids.scene import PATTERNS


def read(pattern: str, u, v, footprint) -> np.ndarray:
    u, v, footprint = np.broadcast_arrays(*(np.asarray(a, dtype=np.float32) for a in (u, v, footprint)))
    rows = np.full(len(u), PATTERNS.index(pattern), dtype=np.int32)
    return tiles().read(rows, u.copy(), v.copy(), footprint.copy())


def test_every_pattern_has_a_swatch():
    assert set(SWATCHES) == set(PATTERNS)


@pytest.mark.parametrize("name", PATTERNS)
def test_swatches_are_in_range_and_repeat_without_a_seam(name):
    swatch = SWATCHES[name]()
    for values in (swatch.mix, swatch.shade, swatch.height):
        assert values.shape == (SIDE, SIDE)
        assert np.isfinite(values).all()
        for axis in (0, 1):  # the step over the seam is one that also occurs elsewhere
            steps = np.abs(np.diff(values, axis=axis)).mean(axis=1 - axis)
            seam = np.abs(np.take(values, 0, axis) - np.take(values, -1, axis)).mean()
            assert seam <= steps.max() * 1.2 + 1e-6
    assert swatch.mix.min() >= 0
    assert swatch.mix.max() <= 1
    assert 0.75 < swatch.shade.mean() < 1.25  # patterns keep a material's color


def test_the_middle_of_a_pixel_is_that_pixel():
    swatch = SWATCHES["windows"]()
    row, column = np.array([40, 100, 255]), np.array([30, 200, 0])
    u = (column + 0.5) / SIDE * swatch.across
    v = (row + 0.5) / SIDE * swatch.down
    found = read("windows", u, v, 1e-6)
    np.testing.assert_allclose(found[MIX], swatch.mix[row, column], atol=1e-5)
    np.testing.assert_allclose(found[SHADE], swatch.shade[row, column], atol=1e-5)
    step_u, step_v = swatch.across / SIDE, swatch.down / SIDE
    slope_u = (swatch.height[row, (column + 1) % SIDE] - swatch.height[row, column - 1]) / (2 * step_u)
    slope_v = (swatch.height[(row + 1) % SIDE, column] - swatch.height[row - 1, column]) / (2 * step_v)
    np.testing.assert_allclose(found[SLOPE_U], slope_u, atol=1e-4)
    np.testing.assert_allclose(found[SLOPE_V], slope_v, atol=1e-4)


def test_between_pixels_their_blend():
    swatch = SWATCHES["rock"]()
    # a quarter of the way from column 10 to 11, half of the way from row 20 to 21
    u, v = (10.75 / SIDE) * swatch.across, (21.0 / SIDE) * swatch.down
    a, b, c, d = swatch.shade[20, 10], swatch.shade[20, 11], swatch.shade[21, 10], swatch.shade[21, 11]
    expected = 0.5 * (0.75 * a + 0.25 * b) + 0.5 * (0.75 * c + 0.25 * d)
    assert read("rock", [u], [v], 1e-6)[SHADE, 0] == pytest.approx(expected, abs=1e-4)


def test_far_away_only_the_mean_is_left():
    swatch, rng = SWATCHES["brick"](), np.random.default_rng(0)
    found = read("brick", rng.uniform(-50, 50, 200), rng.uniform(-50, 50, 200), 100.0)
    np.testing.assert_allclose(found[MIX], swatch.mix.mean(), atol=1e-4)
    np.testing.assert_allclose(found[SLOPE_U], 0, atol=1e-4)


def test_a_wider_pixel_shows_less_contrast():
    rng = np.random.default_rng(1)
    u, v = rng.uniform(0, 8, 3000), rng.uniform(0, 8, 3000)
    spread = [read("ashlar", u, v, width)[SHADE].std() for width in (0.01, 0.1, 0.4, 1.5)]
    assert all(np.diff(spread) < 0)


def test_patterns_repeat_and_do_not_mix():
    u, v = np.array([0.3, 1.7]), np.array([2.2, 0.4])
    swatch = SWATCHES["tiles"]()
    here = read("tiles", u, v, 0.02)
    np.testing.assert_allclose(
        read("tiles", u - 3 * swatch.across, v + 2 * swatch.down, 0.02), here, atol=1e-3
    )
    both = tiles().read(
        np.array([PATTERNS.index("tiles"), PATTERNS.index("glow")], dtype=np.int32),
        u.astype(np.float32), v.astype(np.float32), np.full(2, 0.02, np.float32),
    )  # fmt: skip
    np.testing.assert_array_equal(both[:, 0], here[:, 0])
    np.testing.assert_array_equal(both[:, 1], [0, 1, 0, 0])  # glow: one even color


def test_noise_is_the_grain_of_plain():
    swatch = SWATCHES["plain"]()
    column, row = np.array([3, 128]), np.array([77, 9])
    u, v = (((i + 0.5) / SIDE * 8).astype(np.float32) for i in (column, row))
    found = tiles().noise(u, v, np.full(2, 1e-6, np.float32))
    np.testing.assert_allclose(found, (swatch.shade[row, column] - swatch.shade.mean()) * 2, atol=1e-4)
    assert np.abs(tiles().noise(u, v, np.full(2, 99, np.float32))).max() < 1e-4
