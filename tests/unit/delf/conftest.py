"""Features drawn by numbers: a scene of random descriptors, seen through known models."""

import numpy as np
import pytest

from sightlab.delf.features import LocalFeatures


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def drawn_features(seed: int, n: int = 60, dim: int = 16, size=(240, 320)) -> LocalFeatures:
    """Keypoints anywhere in the photo, with descriptors in any direction."""
    generator = np.random.default_rng(seed)
    points = (generator.uniform(0.1, 0.9, (n, 2)) * [size[1], size[0]]).astype(np.float32)
    attention = np.sort(generator.uniform(1, 2, n)).astype(np.float32)[::-1]
    ones = np.ones(n, dtype=np.float32)
    return LocalFeatures(points, ones, attention, unit(generator.standard_normal((n, dim))), size)


def seen_again(one: LocalFeatures, matrix: np.ndarray, n_same: int, seed: int, noise: float = 0.1):
    """The first `n_same` keypoints moved by a model, their descriptors a little off; the others replaced."""
    generator = np.random.default_rng(seed)
    other = drawn_features(seed + 1000, len(one), one.descriptors.shape[1], one.size)
    x = np.column_stack([one.points, np.ones(len(one))]) @ matrix.T
    points, descriptors = other.points.copy(), other.descriptors.copy()
    points[:n_same] = (x[:, :2] / x[:, 2:])[:n_same]
    moved = one.descriptors + noise * unit(generator.standard_normal(one.descriptors.shape))
    descriptors[:n_same] = unit(moved)[:n_same]
    return LocalFeatures(points, one.scales, one.attention, descriptors, one.size)


AFFINE = np.array([[0.9, 0.1, 12.0], [-0.08, 1.05, -5.0], [0, 0, 1]])
PERSPECTIVE = np.array([[0.95, 0.05, 8.0], [-0.02, 1.02, -3.0], [2e-4, -1e-4, 1]])


@pytest.fixture
def photo():
    return drawn_features(0)
