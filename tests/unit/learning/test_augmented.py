"""Augmented views: what is drawn, and within which limits."""

from dataclasses import replace

import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.learning.augmented import (
    ViewConfig,
    _generator,
    augmented_view,
)
from sightlab.nets.backbones import square_photo

PLAIN = ViewConfig(min_area=1, max_stretch=1, light=0, saturation=0)


@pytest.fixture
def photo():
    """Dark below, light above, redder to the right; (40, 60)."""
    rows, columns = np.mgrid[0:40, 0:60]
    return np.stack([120 + columns, 200 - 3 * rows, 200 - 3 * rows], axis=-1).astype(np.uint8)


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_views": 0},
        {"size": 16},
        {"min_area": 0},
        {"min_area": 1.1},
        {"max_stretch": 0.9},
        {"light": 1},
        {"light": -0.1},
        {"saturation": 1.5},
    ],
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        ViewConfig(**wrong)


def test_without_any_change_a_view_is_the_photo_or_its_mirror(photo):
    square = square_photo(photo, 32).astype(int)
    seen = set()
    for seed in range(20):
        view = augmented_view(photo, 32, np.random.default_rng(seed), PLAIN).astype(int)
        is_plain = np.abs(view - square).max() <= 1
        is_mirror = np.abs(view - square[:, ::-1]).max() <= 1
        assert is_plain != is_mirror
        seen.add(bool(is_plain))
    assert seen == {True, False}


def test_a_view_repeats_and_leaves_the_photo_alone(photo):
    before = photo.copy()
    views = [augmented_view(photo, 32, np.random.default_rng(seed), ViewConfig()) for seed in (1, 1, 2)]
    assert np.array_equal(views[0], views[1])
    assert not np.array_equal(views[0], views[2])
    assert np.array_equal(photo, before)
    assert views[0].shape == (32, 32, 3)
    assert views[0].dtype == np.uint8


def test_a_view_is_never_upside_down(photo):
    for seed in range(30):
        view = augmented_view(photo, 32, np.random.default_rng(seed), ViewConfig()).astype(float)
        assert view[:8, :, 1].mean() > view[-8:, :, 1].mean()


@pytest.mark.parametrize("min_area", [0.3, 0.7])
def test_a_crop_is_as_large_as_said(min_area):
    """Red and green count columns and rows, so that a view tells how much of them it has."""
    rows, columns = np.mgrid[0:200, 0:250]
    photo = np.stack([columns, rows, np.zeros_like(rows)], axis=-1).astype(np.uint8)
    config = ViewConfig(min_area=min_area, light=0, saturation=0, max_stretch=1.2)
    shares = []
    for seed in range(60):
        view = augmented_view(photo, 64, np.random.default_rng(seed), config).astype(float)
        width, height = np.ptp(view[..., 0]) / 250, np.ptp(view[..., 1]) / 200
        shares.append(width * height)
        assert 1 / 1.3 < width / height < 1.3
    assert min(shares) > min_area - 0.08
    assert min(shares) < min_area + 0.15
    assert max(shares) > 0.85


def test_light_changes_within_the_limits():
    gray = np.full((40, 40, 3), 100, np.uint8)
    config = replace(PLAIN, light=0.3)
    means = [augmented_view(gray, 32, np.random.default_rng(s), config).mean() for s in range(60)]
    # a gray photo has no contrast and no color, so only the brightness of 100 changes, by up to 30 %
    assert 69 <= min(means) < 78
    assert 122 < max(means) <= 130


def test_saturation_keeps_the_gray_of_a_pixel():
    photo = np.full((40, 40, 3), (160, 100, 40), np.uint8)
    views = [
        augmented_view(photo, 32, np.random.default_rng(s), replace(PLAIN, saturation=0.5)) for s in range(40)
    ]
    pixels = np.array([view[0, 0] for view in views], float)
    np.testing.assert_allclose(pixels.mean(axis=1), 100, atol=1)  # (160 + 100 + 40) / 3
    reach = (pixels[:, 0] - 100) / 60
    assert 0.48 <= reach.min() < 0.65
    assert 1.35 < reach.max() <= 1.5


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (3, 2), (500, 20)])
def test_any_photo_has_views(shape):
    for seed in range(5):
        view = augmented_view(
            np.full((*shape, 3), 90, np.uint8), 32, np.random.default_rng(seed), ViewConfig()
        )
        assert view.shape == (32, 32, 3)


def test_every_view_of_every_photo_has_its_own_randomness():
    draws = {
        (seed, name, view): _generator(seed, name, view).random()
        for seed in (0, 1)
        for name in ("a", "b", "1/a")
        for view in (0, 1, 11)
    }
    assert len(set(draws.values())) == len(draws)
    assert _generator(0, "a", 1).random() == draws[0, "a", 1]
