"""The command `sightlab figures`: its list, its refusals, its exit codes."""

import pytest

from sightlab.cli import main
from sightlab.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    workspace.report("04_curriculum_training", {"n_stages": 4})
    return workspace


def run(*words) -> int:
    return main(["figures", *map(str, words)])


def test_the_list_tells_what_is_there_and_what_is_missing(workspace, capsys):
    assert run("--workspace", workspace.root, "--list") == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "not drawn" in lines["forgetting"]
    assert "not measured yet: results/07_recognition.json" in lines["open_set"]
    assert not (workspace.root / "report").exists()  # a list draws nothing


def test_a_workspace_without_rows_of_the_league_tells_how_to_get_them(workspace, capsys, drawn_photos):
    assert run("losses", "--workspace", workspace.root, "--list") == 0
    line = capsys.readouterr().out
    assert "missing" in line
    assert "train the rows: python benchmarks/learning_league.py" in line
    words = ("losses", "--workspace", workspace.root, "--photos", drawn_photos, "--profile", "tour")
    assert run(*words) == 2
    assert "To get it, train the rows: python benchmarks/learning_league.py" in capsys.readouterr().err


def test_the_list_of_one_figure(workspace, capsys):
    assert run("dirt", "--workspace", workspace.root, "--list") == 0
    assert capsys.readouterr().out.startswith("dirt ")


def test_an_unknown_figure_is_told_before_anything_is_read(workspace, capsys):
    assert run("open_sett", "--workspace", workspace.root) == 2
    assert "no report figure 'open_sett'. Close names: open_set" in capsys.readouterr().err


def test_a_workspace_that_is_none_is_refused(tmp_path, capsys):
    assert run("--workspace", tmp_path / "typo") == 2
    assert "Expected the workspace of a finished run" in capsys.readouterr().err


def test_photographs_need_their_folder(workspace, capsys):
    assert run("dirt", "--workspace", workspace.root) == 2
    assert "profile photos needs a folder of photos" in capsys.readouterr().err


def test_nothing_is_trained_where_nothing_is_stored(workspace, drawn_photos, capsys):
    """The notebook has reported, but for other photos: in words, at once, and no artefact appears."""
    words = ("forgetting", "--workspace", workspace.root, "--photos", drawn_photos, "--profile", "tour")
    assert run(*words) == 2
    assert "expected a stored result of step survey" in capsys.readouterr().err
    assert not any((workspace.root / "artefacts").rglob("record.json"))
