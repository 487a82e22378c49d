"""Scenes beside the photos of a workbench."""

import numpy as np
import pandas as pd
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


def test_stored_speeds_are_called_stored():
    costs = pd.DataFrame({"trunk": ["resnet200", "wide_resnet50_2"], "gflops": [15.0, 11.4]})
    speeds = costs[["trunk"]].assign(forward=[2.0, 3.0], training=[0.5, 0.5], gflops=0)
    assert studies.trunk_numbers(costs, speeds) == {
        "wrn_50_2_gflops": 11.4,
        "resnet_200_gflops": 15.0,
        "stored_wrn_50_2_to_resnet_200_forward": 1.5,
        "stored_wrn_50_2_to_resnet_200_training": 1.0,
    }


def test_scenes_in_words(tmp_path):
    right = np.array([[1, 1], [0, 1], [1, 1], [0, 0]], dtype=float)
    numbers = studies.scene_numbers(SceneTrunk(tmp_path, ("forest", "sea"), right, None, "key"))
    assert studies.scene_words(numbers).startswith(
        "Of 4 test photos of 2 scenes 50.0% were taken for another"
    )
    assert studies.scene_words({"n_scenes": 0}) == "No scenes were at hand."
