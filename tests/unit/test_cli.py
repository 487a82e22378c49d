"""The command line: arguments, messages, exit codes.

`recognize` and `embed` with a trained network are tested where their pipeline is; here, that they refuse
everything else before they load it.
"""

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sightlab import __version__
from sightlab.cli import build_parser, main, os_error_in_words
from sightlab.nets.embedding_table import EmbeddingTable
from sightlab.workspace import Workspace
from tests.drawn import write_photo_folder
from tests.notebooks.drawn_notebooks import write_notebook

REPORT = (
    "from sightlab.workspace import Workspace\nworkspace = Workspace(WORKSPACE)\n"
    "workspace.report('{name}', {{'{key}': {value}}})"
)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return write_photo_folder(tmp_path_factory.mktemp("photos"), photos_per_landmark=8, n_distractors=6)


@pytest.fixture
def workspace(tmp_path):
    return tmp_path / "workspace"


@pytest.fixture
def notebooks(tmp_path):
    """Two notebooks; each reports one number."""
    folder = tmp_path / "notebooks"
    write_notebook(folder, "01_first", REPORT.format(name="01_first", key="n_photos", value=7))
    write_notebook(folder, "07_last", REPORT.format(name="07_last", key="micro_ap", value=0.5))
    return folder


def run(*words) -> int:
    return main([str(w) for w in words])


@pytest.mark.parametrize("name", ["run", "recognize", "evaluate", "embed", "check", "world", "figures"])
def test_every_command_explains_itself(name, capsys):
    with pytest.raises(SystemExit) as stop:
        main([name, "--help"])
    assert stop.value.code == 0
    told = capsys.readouterr().out
    assert f"usage: sightlab {name}" in told
    assert "DIR" in told
    assert max(map(len, told.splitlines())) <= 110


def test_version(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"sightlab {__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["fly"],
        ["run"],
        ["run", "--photos", "p"],
        ["recognize", "--workspace", "w", "--out", "o.csv"],
        ["recognize", "p", "--workspace", "w"],
        ["run", "--photos", "p", "--workspace", "w", "--profile", "huge"],
        ["world", "--size", "huge"],
        ["world", "--seed", "zero"],
        ["recognize", "p", "--workspace", "w", "--out", "o.csv", "--fpr", "1"],
        ["recognize", "p", "--workspace", "w", "--out", "o.csv", "--fpr", "low"],
    ],
)
def test_a_wrong_command_line_is_refused_with_2(words, capsys):
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    assert "usage: sightlab" in capsys.readouterr().err


def test_arguments_of_recognize():
    words = ["recognize", "a.jpg", "b", "--workspace", "w", "--out", "o.csv"]
    plain = build_parser().parse_args(words)
    assert (plain.paths, plain.out) == ([Path("a.jpg"), Path("b")], Path("o.csv"))
    assert (plain.gps, plain.fpr, plain.debug) == (True, None, False)
    chosen = build_parser().parse_args([*words, "--no-gps", "--fpr", "0.001", "--debug"])
    assert (chosen.gps, chosen.fpr, chosen.debug) == (False, 0.001, True)


def test_arguments_of_run():
    words = ["run", "--photos", "p", "--workspace", "w"]
    plain = build_parser().parse_args(words)
    assert (plain.profile, plain.only, plain.notebooks) == ("photos", None, None)
    chosen = build_parser().parse_args([*words, "--profile", "full", "--only", "02", "--only", "04,07"])
    assert (chosen.profile, chosen.only) == ("full", ["02", "04,07"])


def test_python_m_sightlab_is_the_command(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "sightlab", "check", tmp_path / "none"], capture_output=True, text=True
    )
    assert result.returncode == 2
    assert "is not a folder" in result.stderr
    assert "Traceback" not in result.stderr


# --- world, and a run without photos


def test_arguments_of_world():
    plain = build_parser().parse_args(["world"])
    assert (plain.size, plain.n_photos, plain.seed, plain.out) == ("tour", None, 0, None)
    assert (plain.workers, plain.depth) == (None, False)
    words = ["world", "--size", "large", "--n-photos", "5000", "--seed", "3", "--out", "w", "--depth"]
    chosen = build_parser().parse_args(words)
    assert (chosen.size, chosen.n_photos, chosen.seed, chosen.out) == ("large", 5000, 3, Path("w"))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--size", "large"], "a large world needs the number of its photos"),
        (["--size", "large", "--n-photos", "-4"], "n_photos=-4"),
        (["--seed", "-1"], "seed=-1"),
        (["--workers", "0"], "workers=0"),
    ],
)
def test_a_world_that_cannot_be_is_refused(words, told, tmp_path, capsys):
    assert run("world", "--out", tmp_path / "world", *words) == 2
    assert told in capsys.readouterr().err


def test_a_world_is_not_drawn_over_other_files(tmp_path, capsys):
    (tmp_path / "diary.txt").write_text("dear diary")
    assert run("world", "--size", "tiny", "--out", tmp_path) == 2
    assert "it holds 'diary.txt'" in capsys.readouterr().err


def test_a_run_without_photos_is_the_tour_or_refused(workspace, notebooks, photos, monkeypatch, capsys):
    assert run("run", "--workspace", workspace, "--notebooks", notebooks) == 2
    assert "profile photos needs a folder of photos" in capsys.readouterr().err
    monkeypatch.setattr("sightlab.pipeline_truth.photo_folder", lambda folder, profile: photos)
    write_notebook(notebooks, "00_tour", REPORT.format(name="00_tour", key="n_views_true", value=3))
    assert run("run", "--workspace", workspace, "--notebooks", notebooks, "--profile", "tour") == 0
    assert (workspace / "results" / "00_tour.json").is_file()


def test_the_tour_notebook_is_left_out_on_photographs(workspace, notebooks, photos):
    write_notebook(notebooks, "00_tour", REPORT.format(name="00_tour", key="n_views_true", value=3))
    assert run("run", "--photos", photos, "--workspace", workspace, "--notebooks", notebooks) == 0
    assert not (workspace / "results" / "00_tour.json").exists()
    assert (workspace / "results" / "07_last.json").is_file()


# --- check


def test_check_of_a_good_folder(photos, capsys):
    assert run("check", photos) == 0
    told = capsys.readouterr()
    assert "Manifest: 38 photos" in told.out  # 4 landmarks x 8 + 6 distractors
    assert told.out.splitlines()[-1].endswith("0 unusable photos. Ready to run.")


def test_check_names_an_unusable_photo(tmp_path, capsys):
    folder = write_photo_folder(tmp_path / "photos", photos_per_landmark=8, n_distractors=6)
    victim = sorted(folder.rglob("*.jpg"))[0]
    victim.write_bytes(victim.read_bytes()[:300])
    assert run("check", folder) == 1
    told = capsys.readouterr().out
    assert f"problem: {victim.relative_to(folder).as_posix()}: " in told
    assert "1 unusable photos." in told


def test_check_of_wrong_tables_is_1_with_the_row(tmp_path, capsys):
    folder = write_photo_folder(tmp_path / "photos", photos_per_landmark=8, n_distractors=6)
    manifest = folder / "manifest.csv"
    manifest.write_text(manifest.read_text().replace(",tune", ",tuna", 1))
    assert run("check", folder) == 1
    assert "tuna" in capsys.readouterr().out


def test_check_of_a_folder_without_tables_is_2(tmp_path, capsys):
    (tmp_path / "landmarks.csv").write_text("landmark_id\n")
    assert run("check", tmp_path) == 2
    assert "missing: manifest, references" in capsys.readouterr().err


# --- run


def test_run_executes_merges_and_says_where(photos, workspace, notebooks, capsys):
    words = ["run", "--photos", photos, "--workspace", workspace, "--notebooks", notebooks]
    assert run(*words) == 0
    results = (workspace / "results" / "results.json").read_text()
    for part in ('"profile": "photos"', '"n_photos": 7', '"micro_ap": 0.5', '"seconds_01"', '"seconds_07"'):
        assert part in results
    said = capsys.readouterr().err
    assert "results.json" in said
    assert "micro_ap = 0.500" in said

    # one notebook again, changed: its number is new, the other's stays
    write_notebook(notebooks, "07_last", REPORT.format(name="07_last", key="micro_ap", value=0.75))
    assert run(*words, "--only", "7") == 0
    results = (workspace / "results" / "results.json").read_text()
    for part in ('"n_photos": 7', '"micro_ap": 0.75', '"seconds_01"'):
        assert part in results
    assert "[1/1] 07_last" in capsys.readouterr().err


@pytest.mark.parametrize(("error", "code"), [("InputError", 2), ("ValueError", 1)])
def test_run_with_a_failing_notebook(photos, workspace, tmp_path, capsys, error, code):
    folder = tmp_path / "notebooks"
    write_notebook(folder, "01_first", f"from sightlab.checks import InputError\nraise {error}('what to do')")
    words = ["run", "--photos", photos, "--workspace", workspace, "--notebooks", folder]
    assert run(*words) == code
    said = capsys.readouterr().err
    assert f"sightlab: 01_first stopped in cell In [3].\n{error}: what to do" in said
    assert "Traceback" not in said
    assert not (workspace / "results" / "results.json").exists()


def test_run_refuses_a_missing_folder_before_it_creates_anything(tmp_path, workspace, capsys):
    assert run("run", "--photos", tmp_path / "none", "--workspace", workspace) == 2
    assert "is not a folder" in capsys.readouterr().err
    assert not workspace.exists()


def test_run_refuses_a_second_run_in_one_workspace(photos, workspace, notebooks, capsys):
    with Workspace(workspace).lock():
        assert run("run", "--photos", photos, "--workspace", workspace, "--notebooks", notebooks) == 2
    assert str(os.getpid()) in capsys.readouterr().err


# --- recognize, embed: what is refused


def test_recognize_refuses_a_missing_path(tmp_path, workspace, capsys):
    out = tmp_path / "o.csv"
    assert run("recognize", tmp_path / "none.jpg", "--workspace", workspace, "--out", out) == 2
    assert "none.jpg" in capsys.readouterr().err
    assert not out.exists()


def test_recognize_refuses_an_empty_folder(tmp_path, workspace, capsys):
    (tmp_path / "empty").mkdir()
    assert run("recognize", tmp_path / "empty", "--workspace", workspace, "--out", tmp_path / "o.csv") == 2
    assert "found no file" in capsys.readouterr().err


def test_recognize_does_not_create_a_workspace_that_is_not_there(photos, workspace, tmp_path, capsys):
    assert run("recognize", photos, "--workspace", workspace, "--out", tmp_path / "o.csv") == 2
    assert "First train: sightlab run" in capsys.readouterr().err
    assert not workspace.exists()


def test_embed_refuses_a_folder_without_tables(tmp_path, workspace, capsys):
    assert run("embed", "--photos", tmp_path, "--workspace", workspace) == 2
    assert "missing: manifest, landmarks, references" in capsys.readouterr().err
    assert not workspace.exists()


def test_an_address_without_a_cluster_is_refused(photos, workspace, capsys):
    assert run("embed", "--photos", photos, "--workspace", workspace, "--address", "auto") == 2
    assert "add --engine ray" in capsys.readouterr().err
    assert not workspace.exists()


def test_embed_on_a_cluster_names_the_extra_before_it_begins(photos, workspace, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)
    assert run("embed", "--photos", photos, "--workspace", workspace, "--engine", "ray") == 2
    assert "pip install 'sightlab[cluster]'" in capsys.readouterr().err
    assert not workspace.exists()


@pytest.mark.parametrize(
    ("words", "expected"),
    [([], None), (["--engine", "ray"], (None,)), (["--engine", "ray", "--address", "auto"], ("auto",))],
)
def test_embed_hands_the_cluster_on(words, expected, photos, workspace, monkeypatch):
    from sightlab import pipeline
    from sightlab.nets import cluster

    asked, table = [], EmbeddingTable(np.array(["a"]), np.ones((1, 1), np.float32))
    monkeypatch.setattr(cluster, "require_ray", lambda: None)
    monkeypatch.setattr(pipeline, "embed_manifest", lambda *a: asked.append(a[3]) or table)
    assert run("embed", "--photos", photos, "--workspace", workspace, *words) == 0
    assert asked == [expected and cluster.Cluster(*expected)]


def test_recognize_refuses_a_folder_as_table(photos, tmp_path, workspace, capsys):
    assert run("recognize", photos, "--workspace", workspace, "--out", tmp_path) == 2
    assert "--out must name a table" in capsys.readouterr().err


# --- errors


def test_debug_shows_the_traceback(tmp_path, capsys):
    assert run("check", tmp_path / "none", "--debug") == 2
    assert "Traceback" in capsys.readouterr().err


def test_a_full_disk_is_said_clearly():
    words = os_error_in_words(OSError(errno.ENOSPC, "No space left on device", "a.npy"))
    assert words.startswith("The disk is full (a.npy). Everything finished is kept")


def test_other_errors_of_the_system_name_the_file():
    assert "No permission (w)" in os_error_in_words(PermissionError(errno.EACCES, "denied", "w"))
    assert "File not found (p)" in os_error_in_words(FileNotFoundError(errno.ENOENT, "none", "p"))
    assert os_error_in_words(OSError(errno.EIO, "I/O error", "d")).startswith("I/O error (d).")
