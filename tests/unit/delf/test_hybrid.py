"""The hybrid's band and gain by hand."""

import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.delf.hybrid import HybridConfig, combined, evidence, in_doubt
from sightlab.delf.index import DescriptorIndex
from sightlab.delf.recognizer import DelfRecognizer
from sightlab.delf.store import store_of
from tests.unit.delf.conftest import AFFINE, drawn_features, seen_again

CONFIG = HybridConfig(below=0.2, above=0.1, enough=20, gain=0.3)
SIMILARITY = np.array([0.2, 0.45, 0.55, 0.7])


def test_the_band():
    # around 0.5: above 0.3, up to 0.6
    assert in_doubt(SIMILARITY, 0.5, CONFIG).tolist() == [False, True, True, False]


def test_what_inliers_add():
    # outside the band nothing below, all of it above; inside 10 of 20 inliers are half of 0.3, 40 all of it
    found = combined(SIMILARITY, np.array([99.0, 10, 40, 0]), 0.5, CONFIG)
    np.testing.assert_allclose(found, [0.2, 0.45 + 0.15, 0.55 + 0.3, 0.7 + 0.3])


def test_nothing_in_doubt_overtakes_what_is_sure():
    generator = np.random.default_rng(0)
    similarity, inliers = generator.uniform(0, 1, 500), generator.uniform(0, 60, 500)
    found, doubt = combined(similarity, inliers, 0.5, CONFIG), in_doubt(similarity, 0.5, CONFIG)
    assert found[doubt].max() <= found[similarity > 0.6].min() + 1e-9
    assert found[doubt].min() >= found[similarity <= 0.3].max()


def test_inliers_with_the_named_landmark_only():
    scenes = [drawn_features(i) for i in range(3)]
    store = store_of(["a", "b", "c"], scenes, "net")
    landmarks = np.array(["tower", "arch", "arch"], dtype=object)
    recognizer = DelfRecognizer(DescriptorIndex(store), store, landmarks)
    query = seen_again(scenes[1], AFFINE, 40, seed=3)
    found = evidence(query, "arch", recognizer)
    assert 38 <= found.n_inliers <= found.n_matches
    assert found.photo == "b"  # the query shows it, not c
    assert evidence(query, "tower", recognizer).n_inliers < 12
    assert evidence(query, "nowhere", recognizer) == (0, 0, "")


def test_impossible_settings_are_refused():
    with pytest.raises(InputError):
        HybridConfig(enough=0)
    with pytest.raises(InputError):
        HybridConfig(gain=-0.1)
