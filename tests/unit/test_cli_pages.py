"""The commands `albums`, `bundle`, `corrections` and `reviews`: what they refuse before anything heavy."""

import json

import pytest

from sightlab.cli import main
from sightlab.workspace import Workspace
from tests.drawn import write_photo_folder


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace").root


def run(*words) -> int:
    return main([str(word) for word in words])


@pytest.mark.parametrize("name", ["albums", "bundle", "corrections", "reviews"])
def test_every_command_explains_itself(name, capsys):
    with pytest.raises(SystemExit) as stop:
        main([name, "--help"])
    assert stop.value.code == 0
    told = capsys.readouterr().out
    assert f"usage: sightlab {name}" in told
    assert max(map(len, told.splitlines())) <= 110


def test_albums_into_a_folder_of_other_things_are_refused(tmp_path, workspace, capsys):
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "a.jpg").write_bytes(b"x")
    assert run("albums", photos, "--workspace", workspace, "--out", photos) == 2
    assert "holds a.jpg" in capsys.readouterr().err


def test_albums_of_nothing_and_without_a_model(tmp_path, workspace, capsys):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert run("albums", empty, "--workspace", workspace, "--out", tmp_path / "out") == 2
    assert "found no file there" in capsys.readouterr().err
    (empty / "a.jpg").write_bytes(b"x")
    assert run("albums", empty, "--workspace", tmp_path / "typo", "--out", tmp_path / "out") == 2
    assert "there is no folder" in capsys.readouterr().err
    assert run("albums", empty, "--workspace", workspace, "--out", tmp_path / "out") == 2  # nothing trained
    assert not (tmp_path / "out").exists()


def test_a_bundle_of_no_photos_is_refused(tmp_path, workspace, capsys):
    out = tmp_path / "review.html"
    assert run("bundle", "--workspace", workspace, "--photos", tmp_path, "--out", out, "--most", 0) == 2
    assert "--most=0" in capsys.readouterr().err


def correction(**changes) -> str:
    record = {
        "id": "0" * 8, "time": "2026-11-25T14:03:07Z", "photo": "a.jpg", "sha256": "ab" * 32,
        "landmark_id": "red_tower", "says": "is", "instead": "blue_dome", "model": "m",
    }  # fmt: skip
    return json.dumps(record | changes) + "\n"


def test_corrections_are_gathered_and_become_proposals(tmp_path, workspace, capsys):
    photos = write_photo_folder(tmp_path / "photos")
    exported = tmp_path / "corrections.jsonl"
    exported.write_text(correction())
    assert run("corrections", exported, "--workspace", workspace, "--photos", photos) == 0
    told = capsys.readouterr().err
    assert "1 new lines; 1 corrections stand" in told
    assert "0 to drop, 1 to add" in told
    assert "blue_dome,add" in (workspace / "proposals.csv").read_text()
    assert run("corrections", exported, "--workspace", workspace) == 0
    assert "0 new lines" in capsys.readouterr().err


def test_a_damaged_file_of_corrections_is_named(tmp_path, workspace, capsys):
    exported = tmp_path / "corrections.jsonl"
    exported.write_text(correction() + correction(id="1" * 8, says="perhaps"))
    assert run("corrections", exported, "--workspace", workspace) == 2
    assert "corrections.jsonl line 2" in capsys.readouterr().err
    assert not (workspace / "corrections.jsonl").exists()


def test_reviews_are_gathered(tmp_path, capsys):
    line = {
        "id": "0" * 8, "reviewer": "ann", "time": "2026-11-25T14:03:07Z", "photo_id": "a", "model": "m",
        "target": "true", "verdict": "context", "note": "", "blind": False,
    }  # fmt: skip
    exported = tmp_path / "ann.jsonl"
    exported.write_text(json.dumps(line) + "\n")
    assert run("reviews", exported, "--into", tmp_path / "reviews") == 0
    assert "1 new lines; 1 verdicts of 1 reviewers" in capsys.readouterr().err
    assert (tmp_path / "reviews" / "ann.jsonl").is_file()
