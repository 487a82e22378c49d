"""Rows of scene errors: what they hold, which count as the same, and the table with its empty cells."""

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.evaluation.intervals import wilson
from sightlab.evaluation.scene_errors import (
    COLUMNS,
    is_measured,
    read_scene_errors,
    scene_error_row,
    scene_error_table,
    scene_error_words,
    training_seconds,
    with_gaps,
    write_scene_errors,
)
from sightlab.learning.scenes import SceneTrunk

SCENES = ("forest", "sea", "street", "glacier", "mountain", "buildings")
RIGHT = np.array([[1, 1], [0, 1], [1, 1], [0, 0]], dtype=float)  # 2 of 4 missed at once, 1 of 4 in five
SETTINGS = {"trunk": "resnet50", "weights": "random", "scenes": "photos/scenes", "size": 64, "epochs": 1}
SETTINGS |= {"batch": 32, "seed": 0, "n_train": 90, "device": "CPU, 1 thread"}


def history(seconds=(1.0, 3.0, 0.5, 2.0), epochs=(0, 0, 1, 1)):
    return pd.DataFrame({"epoch": epochs, "seconds": seconds})


def row(scenes=SCENES, **changed):
    return scene_error_row(SETTINGS | changed, SceneTrunk("trunk", scenes, RIGHT, history(), "key"))


def rows(*found):
    return pd.DataFrame(found, columns=list(COLUMNS))


def test_a_row_by_hand():
    found = row()
    assert tuple(found) == COLUMNS
    assert (found["n_test"], found["n_classes"]) == (4, 6)
    assert (found["top1_error"], found["top5_error"]) == (2 / 4, 1 / 4)
    assert (found["top1_low"], found["top1_high"]) == wilson(2, 4)


def test_top_5_stays_empty_where_five_guesses_are_all_scenes():
    assert row(SCENES[:5])["top5_error"] is None


def test_seconds_are_those_of_all_epochs():
    assert training_seconds(history()) == 3.0 + 2.0  # the clock begins anew with each epoch


def test_rows_are_written_with_gaps_and_read_without(tmp_path):
    path = tmp_path / "scene_errors.csv"
    assert len(read_scene_errors(path)) == 0
    write_scene_errors(path, rows(row(), row(trunk="resnet200", device="NVIDIA H200")))
    stored = pd.read_csv(path)
    gaps = stored[stored["top1_error"].isna()]
    assert gaps["trunk"].tolist() == ["resnet50", "seresnext101_32x4d", "wide_resnet50_2"]
    assert gaps["device"].unique().tolist() == ["not measured: takes a GPU"]
    back = read_scene_errors(path)
    assert back["trunk"].tolist() == ["resnet50", "resnet200"]
    assert is_measured(back, SETTINGS | {"n_test": 4, "n_classes": 6})
    write_scene_errors(path, back)  # gaps are not added twice
    assert len(pd.read_csv(path)) == 5


@pytest.mark.parametrize(
    ("name", "other"),
    [("trunk", "resnet200"), ("size", 96), ("epochs", 2), ("n_train", 91), ("seed", 1), ("device", "H200")],
)
def test_another_setting_is_another_cell(name, other):
    assert is_measured(rows(row()), SETTINGS)
    assert not is_measured(rows(row()), SETTINGS | {name: other})
    assert not is_measured(rows(), SETTINGS)


def test_a_file_of_something_else_is_refused(tmp_path):
    (tmp_path / "other.csv").write_text("trunk,error\nresnet50,0.5\n")
    with pytest.raises(InputError, match="missing: weights"):
        read_scene_errors(tmp_path / "other.csv")


def test_the_table_tells_where_cells_are_empty():
    table = scene_error_table(rows(row())).set_index("measured on")
    measured = table.loc["CPU, 1 thread"]
    assert measured["trunk"] == "ResNet-50"
    assert measured["top-1 error"] == "50.0% (15.0% to 85.0%)"  # Wilson: 0.5 +- 0.35 at 2 of 4
    assert (measured["top-5 error"], measured["minutes"], measured["held out"]) == ("25.0%", "0.1", "4")
    empty = table.loc["not measured: takes a GPU"]
    assert empty["trunk"].tolist() == ["ResNet-50", "ResNet-200", "SE-ResNeXt-101", "WRN-50-2"]
    assert set(empty["top-1 error"]) | set(empty["minutes"]) | set(empty["started from"]) == {""}


def test_without_rows_the_table_is_all_gaps():
    assert with_gaps(rows())["size"].tolist() == [224] * 4
    assert scene_error_table(rows())["top-1 error"].tolist() == [""] * 4


def test_words():
    # 6 scenes: a guess misses 5 / 6 = 83 %, five guesses miss 1 / 6 = 17 %
    gpu = row(trunk="resnet200", device="NVIDIA H200")
    assert scene_error_words(rows(row(), gpu)) == (
        "Measured: 1 trunk on CPU, 1 thread; 1 trunk on NVIDIA H200. Of 6 scenes a guess misses 83%. Five "
        "guesses at random miss only 17%: top-5 says little. Not measured on a GPU: ResNet-50, "
        "SE-ResNeXt-101, WRN-50-2."
    )
    assert scene_error_words(rows()).startswith("Not measured on a GPU: ResNet-50, ResNet-200")
