"""Numbers that notebooks report, and their merger."""

import json

import numpy as np
import pytest

from sightlab import workspace_results
from sightlab.checks import InputError
from sightlab.workspace import Workspace
from sightlab.workspace_records import current_commit


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


def test_report_writes_flat_plain_numbers(workspace):
    path = workspace.report(
        "07_recognition", {"fpr": np.float32(0.5), "n": np.int64(3), "ok": np.True_, "x": None}
    )
    assert path == workspace.root / "results" / "07_recognition.json"
    assert json.loads(path.read_text()) == {"fpr": 0.5, "n": 3, "ok": True, "x": None}


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"fine": 1, "micro_ap": float("nan")}, "micro_ap is nan"),
        ({"micro_ap": np.float64("inf")}, "micro_ap is inf"),
        ({"per_region": {"a": 1}}, "per_region must be one number"),
        ({"all": [1, 2]}, "got list"),
        ({"all": np.zeros(3)}, "got ndarray"),
        ({"seconds_07": 1}, "the run writes it itself"),
        ({"commit_07": "abc"}, "the run writes it itself"),
        ({3: 1}, "cannot be a reported key"),
    ],
)
def test_report_refuses_what_a_result_cannot_be(workspace, numbers, message):
    with pytest.raises(InputError, match=message):
        workspace.report("07_recognition", numbers)
    assert list((workspace.root / "results").iterdir()) == []


def test_report_wants_the_name_of_a_notebook(workspace):
    with pytest.raises(InputError, match="must look like 07_recognition"):
        workspace.report("../recognition", {})


def test_merge_collects_all_notebooks(workspace):
    workspace.report("02_cleaning", {"cleaning_auroc": 0.75, "n_photos": 60})
    workspace.report("07_recognition", {"fpr": 0.01, "n_photos": 60})
    merged = workspace.merge_results("photos", {"02_cleaning": 1.25, "07": 2.5})
    assert merged == json.loads((workspace.root / "results" / "results.json").read_text())
    wanted = {"cleaning_auroc": 0.75, "fpr": 0.01, "n_photos": 60, "profile": "photos"}
    assert {key: merged[key] for key in wanted} == wanted
    assert merged["seconds_total"] == 3.8  # 1.25 + 2.5 = 3.75, one decimal
    assert merged["seconds_07"] == 2.5
    assert merged["versions"]["numpy"] == np.__version__
    assert {"commit", "created"} <= set(merged)
    assert workspace.merge_results("photos", {})["fpr"] == 0.01  # its own file is not merged again


def test_every_notebook_keeps_the_commit_that_its_numbers_were_made_by(workspace, monkeypatch):
    monkeypatch.setattr(workspace_results, "current_commit", lambda: "older")
    workspace.report("02_cleaning", {"cleaning_auroc": 0.75})
    workspace.report("07_recognition", {"fpr": 0.02})
    monkeypatch.setattr(workspace_results, "current_commit", lambda: "newer")
    workspace.report("07_recognition", {"fpr": 0.01})
    (workspace.root / "results" / "04_curriculum_training.json").write_text('{"n_stages": 4}')
    merged = workspace.merge_results("photos", {})
    assert {key: merged[key] for key in merged if key.startswith("commit_")} == {
        "commit_02": "older",
        "commit_04": "unknown",  # reported before commits were noted
        "commit_07": "newer",
    }
    assert merged["commit"] == current_commit()


def test_merge_refuses_one_key_with_two_values(workspace):
    workspace.report("02_cleaning", {"n_photos": 60})
    workspace.report("07_recognition", {"n_photos": 61})
    with pytest.raises(
        InputError, match=r"n_photos .* 02_cleaning.json says 60 and 07_recognition.json says 61"
    ):
        workspace.merge_results("photos", {})
