"""Scenes beside the photos of a workbench."""

import numpy as np
import pytest

from sightlab import pipeline_scenes as studies
from sightlab.checks import InputError
from sightlab.learning.scenes import SceneTrunk


def test_a_workbench_without_scenes_says_so(trained):
    assert not studies.has_scenes(trained)
    with pytest.raises(InputError, match="there is no scene in train"):
        studies.scene_trunk(trained)


def test_numbers_by_hand(tmp_path):
    right = np.array([[1, 1], [0, 1], [1, 1], [0, 0]], dtype=float)
    numbers = studies.scene_numbers(SceneTrunk(tmp_path, ("forest", "sea"), right, None, "key"))
    assert numbers["scene_top1_error"] == 2 / 4
    assert numbers["scene_top5_error"] == 1 / 4
    assert numbers["scene_top1_error_low"] < 0.5 < numbers["scene_top1_error_high"]
    assert (numbers["n_scenes"], numbers["n_scene_test"]) == (2, 4)
