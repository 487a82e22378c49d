"""Photos by the thousand, in parts: the same answers and checks as in one piece, here and on a cluster."""

import shutil

import numpy as np
import pandas as pd
import pytest

from sightlab import pipeline_many, pipeline_model
from sightlab.checks import InputError
from sightlab.cli import main
from sightlab.data.photos import survey_photos
from sightlab.nets.cluster import Cluster
from sightlab.nets.engine import compile_engine
from sightlab.pipeline import Workbench, recognize_paths
from sightlab.pipeline_many import Counts, check_shard, recognize_into, recognize_shard, survey_by_ray
from sightlab.recognition.recognizer import COLUMNS
from sightlab.workspace import Workspace


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    """Four photos a shard, two blocks each; and no compilation."""
    monkeypatch.setattr(pipeline_many, "SHARD", 4)
    torch_only = lambda part, size, *_, **__: compile_engine(part, size, "torch")  # noqa: E731
    monkeypatch.setattr(pipeline_model, "compile_engine", torch_only)


@pytest.fixture(scope="module")
def files(trained, tmp_path_factory):
    """Nine test photos and two files that are none; one shard has nothing but these."""
    folder = tmp_path_factory.mktemp("holiday")
    for path in trained.manifest.split("test").photos["path"].iloc[:36:4]:
        shutil.copy(trained.manifest.root / path, folder)
    (folder / "zz_empty.jpg").touch()
    (folder / "zz_text.jpg").write_text("nice weather")
    found = sorted(folder.iterdir())
    return found[:8] + found[9:] + found[8:9]


@pytest.fixture
def workspace(trained, tmp_path):
    """One with the trained model and nothing else."""
    root = tmp_path / "ws"
    shutil.copytree(trained.workspace.root / "models", root / "models")
    return Workspace(root)


def left(workspace: Workspace) -> list[str]:
    """Names of what lies in the store."""
    return sorted(path.name for path in (workspace.root / "artefacts").glob("*/*") if path.is_dir())


def read(path) -> pd.DataFrame:
    return pd.read_parquet(path).astype(COLUMNS)


def assert_same_answers(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Equal but for the last digits: how photos are parted into batches and threads moves those."""
    numbers = [name for name, kind in COLUMNS.items() if kind is np.float64]
    np.testing.assert_allclose(found[numbers], expected[numbers], atol=1e-5)
    words = [name for name in COLUMNS if name not in (*numbers, "trace", "reason")]
    pd.testing.assert_frame_equal(found[words], expected[words])


@pytest.mark.parametrize("is_cluster", [False, True])
@pytest.mark.parametrize("use_gps", [False, True])
def test_parts_give_the_answers_of_one_piece(files, workspace, play, tmp_path, is_cluster, use_gps):
    play()
    out = tmp_path / "answers.parquet"
    counts = recognize_into(out, files, workspace, use_gps, cluster=Cluster() if is_cluster else None)
    expected = recognize_paths(files, workspace, use_gps)
    found = read(out)
    assert_same_answers(found, expected.astype(COLUMNS))
    assert found["used_gps"].any() == use_gps
    assert counts == Counts().plus(expected)
    assert (counts.unreadable, counts.named + counts.rejected) == (2, 9)
    assert left(workspace) == []
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["answers.parquet"]


@pytest.mark.parametrize("is_cluster", [False, True])
def test_a_file_that_is_gone_is_a_row_and_no_end(files, workspace, play, tmp_path, is_cluster):
    play()
    dangling = tmp_path / "dangling.jpg"
    dangling.symlink_to(tmp_path / "nowhere.jpg")
    paths, out = [files[0], dangling, tmp_path / "gone.jpg"], tmp_path / "answers.csv"
    recognize_into(out, paths, workspace, cluster=Cluster() if is_cluster else None)
    found = pd.read_csv(out)
    assert found["photo"].tolist() == [str(path) for path in paths]
    assert found["reason"].str.startswith("unreadable").tolist() == [False, True, True]


def test_a_cluster_writes_the_table_of_this_process(files, workspace, play, tmp_path):
    play()
    for name, cluster in (("here.csv", None), ("there.csv", Cluster())):
        recognize_into(tmp_path / name, files, workspace, cluster=cluster)
    here, there = (pd.read_csv(tmp_path / name) for name in ("here.csv", "there.csv"))
    assert_same_answers(there, here)
    assert here["photo"].tolist() == [str(path) for path in files]


@pytest.mark.parametrize("first", ["cluster", "here"])
def test_what_was_lost_is_continued_by_either_engine(files, workspace, play, tmp_path, monkeypatch, first):
    recognize_into(tmp_path / "whole.csv", files, workspace)
    real, asked = pipeline_model.TrainedModel.recognize, []

    def counted(self, paths, *arguments):
        asked.append(len(paths))
        if len(asked) == 2 and first == "here":
            raise InputError("the power is gone")
        return real(self, paths, *arguments)

    monkeypatch.setattr(pipeline_model.TrainedModel, "recognize", counted)
    play(lost_after=1)
    clusters = [Cluster(), None] if first == "cluster" else [None, Cluster()]
    out = tmp_path / "answers.csv"
    with pytest.raises(InputError, match=r"it was lost|power is gone"):
        recognize_into(out, files, workspace, cluster=clusters[0])
    assert not out.exists()
    [partial] = (workspace.root / "artefacts/recognized").glob("*.partial")
    assert len(list(partial.glob("part_*.parquet"))) == 1
    asked.clear()
    play()
    asked += [0] * 2  # nothing is lost any more
    recognize_into(out, files, workspace, cluster=clusters[1])
    assert sum(asked) == (8 if first == "cluster" else 7)  # of 11: a shard of 3, or of 4, was there
    assert_same_answers(pd.read_csv(out), pd.read_csv(tmp_path / "whole.csv"))
    assert left(workspace) == []


def test_another_model_question_or_file_begins_anew(files, workspace, play, tmp_path):
    play(lost_after=1)
    for choice in ({}, {"use_gps": False}, {"fpr": 0.05}):
        with pytest.raises(InputError, match="it was lost"):
            recognize_into(tmp_path / "a.csv", files, workspace, cluster=Cluster(), **choice)
        play(lost_after=1)
    with pytest.raises(InputError, match="it was lost"):
        recognize_into(tmp_path / "a.csv", files[:-1], workspace, cluster=Cluster())
    assert len(left(workspace)) == 4
    (workspace.root / "models/current/regions.json").write_text("null ")
    play(lost_after=1)
    with pytest.raises(InputError, match="it was lost"):
        recognize_into(tmp_path / "a.csv", files, workspace, cluster=Cluster())
    assert len(left(workspace)) == 5


def test_a_worker_reads_the_model_once(files, workspace, play, tmp_path, monkeypatch):
    real, made = pipeline_model.TrainedModel.__init__, []
    monkeypatch.setattr(
        pipeline_model.TrainedModel, "__init__", lambda self, *a: made.append(a[5]) or real(self, *a)
    )
    ray = play(cpus=(2,))
    recognize_into(tmp_path / "a.csv", files, workspace, cluster=Cluster())
    assert ray.done == [2, 1, 0]
    assert made == [2]  # with two threads


def test_a_worker_that_sees_other_photos_or_computes_otherwise_is_refused(files, workspace, play, tmp_path):
    def elsewhere(task, **settings):
        return recognize_shard({**task, "sizes": [1] * len(task["sizes"])}, **settings)

    play(machine=elsewhere)
    with pytest.raises(InputError, match="Put the photos where all machines see them"):
        recognize_into(tmp_path / "a.csv", files, workspace, cluster=Cluster())

    def other(task, engine, **settings):
        return recognize_shard(task, engine="torch-bf16", **settings)

    play(machine=other)
    with pytest.raises(InputError, match="every worker to compute with"):
        recognize_into(tmp_path / "a.csv", files, workspace, cluster=Cluster())
    assert not (tmp_path / "a.csv").exists()


def test_a_stop_while_the_table_is_written_leaves_the_old_one(files, workspace, tmp_path, monkeypatch):
    out = tmp_path / "answers.csv"
    out.write_text("old")
    real, read_so_far = pipeline_many.load_table, []

    def broken(path):
        read_so_far.append(path)
        if len(read_so_far) == 2:
            raise InputError("stop")
        return real(path)

    monkeypatch.setattr(pipeline_many, "load_table", broken)
    with pytest.raises(InputError, match="stop"):
        recognize_into(out, files, workspace)
    assert out.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["answers.csv"]


def test_no_model_is_said_before_anything_is_begun(files, tmp_path):
    with pytest.raises(InputError):
        recognize_into(tmp_path / "a.csv", files, Workspace(tmp_path / "empty"))
    assert not (tmp_path / "a.csv").exists()


def test_the_command_asks_the_cluster(files, workspace, play, tmp_path, capsys):
    ray, out = play(), tmp_path / "answers.csv"
    words = ["recognize", *map(str, files), "--workspace", str(workspace.root), "--out", str(out)]
    assert main([*words, "--engine", "ray"]) == 0
    assert ray.done == [2, 1, 0]
    assert "2 unreadable" in capsys.readouterr().err
    assert main([*words, "--address", "auto"]) == 2
    assert "add --engine ray" in capsys.readouterr().err


# --- checks


def test_a_cluster_checks_photos_as_this_process_does(files, play, tmp_path):
    ray = play(cpus=(2,))
    found = survey_by_ray(files, Cluster(), Workspace(tmp_path / "ws"), progress=False)
    pd.testing.assert_frame_equal(found, survey_photos(files, progress=False))
    assert (found["problem"] != "").sum() == 2
    assert ray.done == [2, 1, 0]
    assert left(Workspace(tmp_path / "ws")) == []


def test_checks_that_were_lost_are_continued(files, play, tmp_path):
    workspace = Workspace(tmp_path / "ws")
    play(lost_after=2)
    with pytest.raises(InputError, match="it was lost"):
        survey_by_ray(files, Cluster(), workspace, progress=False)
    ray = play()
    found = survey_by_ray(files, Cluster(), workspace, progress=False)
    assert ray.done == [0]
    pd.testing.assert_frame_equal(found, survey_photos(files, progress=False))


def test_a_machine_without_the_photos_checks_nothing(files, play, tmp_path):
    """They must not become missing photos of the ledger."""
    play(
        machine=lambda task, **told: check_shard({**task, "paths": ["/nowhere"] * len(task["paths"])}, **told)
    )
    with pytest.raises(InputError, match="/nowhere on"):
        survey_by_ray(files, Cluster(), Workspace(tmp_path / "ws"), progress=False)


def test_no_photo_has_an_empty_survey(play, tmp_path):
    play()
    found = survey_by_ray([], Cluster(), Workspace(tmp_path / "ws"), progress=False)
    pd.testing.assert_frame_equal(found, survey_photos([], progress=False))


def test_a_workbench_on_a_cluster_has_the_survey_and_the_table_of_one_without(trained, play, tmp_path):
    ray = play()
    bench = Workbench(trained.photos, Workspace(tmp_path / "ws"), trained.profile, Cluster())
    pd.testing.assert_frame_equal(bench.survey, trained.survey)
    assert bench.survey.attrs == trained.survey.attrs  # the same key: either finds what the other made
    assert len(ray.done) == -(-len(trained.survey) // 4)
