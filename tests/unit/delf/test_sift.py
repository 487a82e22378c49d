"""RootSIFT: unit rows, places, repeatability, and a photo without anything on it."""

import numpy as np

from sightlab.delf.sift import sift_features
from sightlab.delf.verification import VerificationConfig, verify


def textured(seed=0, height=160, width=220):
    import cv2

    noise = np.random.default_rng(seed).integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    return cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)


def test_rows_are_unit_and_the_strongest_come_first():
    found = sift_features(textured(), 50)
    assert 20 < len(found) <= 50
    np.testing.assert_allclose(np.linalg.norm(found.descriptors, axis=1), 1, atol=1e-3)
    assert (np.diff(found.attention) <= 0).all()
    assert found.size == (160, 220)


def test_a_shifted_photo_matches():
    photo = textured()
    moved = np.roll(photo, (9, -14), axis=(0, 1))
    found = verify(sift_features(photo), sift_features(moved), VerificationConfig(max_error=0.01))
    assert found.n_inliers > 30
    np.testing.assert_allclose(found.matrix[:2, 2], [-14, 9], atol=1)


def test_an_empty_wall_has_none():
    found = sift_features(np.full((60, 90, 3), 128, np.uint8))
    assert len(found) == 0
    assert found.descriptors.shape == (0, 128)


def test_the_same_photo_gives_the_same_features():
    first, again = sift_features(textured()), sift_features(textured())
    assert np.array_equal(first.points, again.points)
    assert np.array_equal(first.descriptors, again.descriptors)
