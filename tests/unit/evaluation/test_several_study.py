import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.evaluation.intervals import wilson
from sightlab.evaluation.several_study import several_named


def test_by_hand():
    visible = pd.DataFrame(
        [
            ("both", "palace", 0.3), ("both", "column", 0.05),
            ("one", "palace", 0.3), ("one", "column", 0.1), ("one", "far_tower", 0.001),
            ("tiny", "palace", 0.3), ("tiny", "column", 0.001),  # the column is too small to count
        ],
        columns=["photo_id", "landmark_id", "share"],
    )  # fmt: skip
    answers = pd.DataFrame(
        [
            ("both", "column", "palace;bridge"),  # both named, and a bridge that is not there
            ("one", "palace", "far_tower"),  # one of two; the small tower is there
            ("tiny", "palace", ""),
            ("distractor", "non_landmark", ""),
        ],
        columns=["photo", "landmark_id", "other_landmark_ids"],
    )
    found = several_named(answers, visible)
    assert found["n_several"] == 2
    assert (found["several_all_named"], found["several_any_named"]) == (0.5, 1)
    assert found["several_wrong_named"] == 0.5
    assert (found["several_all_named_low"], found["several_all_named_high"]) == wilson(1, 2)
    assert several_named(answers, visible, least=0.0005)["n_several"] == 3
    none = several_named(answers[3:], visible)
    assert none["n_several"] == 0
    assert none["several_all_named"] is none["several_wrong_named_low"] is None
    with pytest.raises(InputError, match="other_landmark_ids"):
        several_named(answers.drop(columns="other_landmark_ids"), visible)
