"""The trained model of a workspace: written whole, an answer for every file, and the command that asks."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sightlab import pipeline_model
from sightlab.checks import InputError
from sightlab.cli import main
from sightlab.nets.embedding import Embedder
from sightlab.nets.engine import compile_engine, resolve_engine
from sightlab.nets.network import load_network, network_key
from sightlab.pipeline import recognize_paths
from sightlab.pipeline_model import TrainedModel
from sightlab.recognition.recognizer import COLUMNS, Recognizer
from sightlab.workspace import Workspace


@pytest.fixture(scope="module")
def files(trained, tmp_path_factory):
    """A folder with every fourth test photo, and things that people keep beside their photos."""
    folder = tmp_path_factory.mktemp("holiday")
    test = trained.manifest.split("test").photos
    for path in test["path"].iloc[::4]:
        shutil.copy(trained.manifest.root / path, folder)
    (folder / "0_empty.jpg").touch()
    (folder / "diary.txt").write_text("nice weather")
    whole = (trained.manifest.root / test["path"].iloc[0]).read_bytes()
    (folder / "half.jpg").write_bytes(whole[: len(whole) // 2])
    frames = [Image.new("L", (40, 30), shade) for shade in (0, 255)]
    frames[0].save(folder / "zz_moving.gif", save_all=True, append_images=frames[1:])
    Image.new("RGB", (1, 1)).save(folder / "tiny.png")
    return sorted(folder.iterdir())


JUNK = ("0_empty.jpg", "diary.txt", "half.jpg", "zz_moving.gif")


def torch_engine(part, size, *_, **__):
    return compile_engine(part, size, "torch")


@pytest.fixture
def fast(monkeypatch):
    """The engine that the drawn workspace was made with, and no compilation."""
    monkeypatch.setattr(pipeline_model, "compile_engine", torch_engine)


@pytest.fixture(scope="module")
def answers(trained, files):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline_model, "compile_engine", torch_engine)
        return recognize_paths(files, trained.workspace)


def test_every_file_is_answered_in_order(answers, files):
    assert answers["photo"].tolist() == [str(path) for path in files]
    assert list(answers.columns) == list(COLUMNS)
    junk = answers[[Path(photo).name in JUNK for photo in answers["photo"]]]
    assert len(junk) == 4
    assert junk["reason"].str.startswith("unreadable: ").all()
    assert set(junk["landmark_id"]) == {"non_landmark"}
    assert junk["similarity"].isna().all()
    reasons = dict(zip([Path(photo).name for photo in junk["photo"]], junk["reason"], strict=True))
    assert reasons["0_empty.jpg"] == "unreadable: empty file"
    assert reasons["diary.txt"] == "unreadable: not an image"
    readable = answers.drop(junk.index)
    assert len(readable) == 11  # ten test photos, one of a single pixel
    assert readable["similarity"].between(-1, 1).all()
    assert set(readable["best_landmark_id"]) <= set(answers["best_landmark_id"]) - {"", "non_landmark"}


def test_answers_on_files_are_those_of_the_workbench(trained, answers):
    inside = trained.recognize("test", use_gps=True)
    photos = trained.manifest.photos.set_index("photo_id")
    inside["name"] = [Path(photos.loc[photo, "path"]).name for photo in inside["photo"]]
    outside = answers.assign(name=[Path(photo).name for photo in answers["photo"]])
    both = outside.merge(inside, on="name", suffixes=("", "_inside"))
    assert len(both) == 10
    np.testing.assert_allclose(both["cosine"], both["cosine_inside"], atol=2e-3)
    assert (both["best_landmark_id"] == both["best_landmark_id_inside"]).all()
    assert (both["used_gps"] == both["used_gps_inside"]).all()


def test_a_model_stays_warm_and_answers_as_the_command_does(trained, files, answers):
    """By the engine that a user gets; bfloat16 is hard for a tiny network on photos of flat colors."""
    model = TrainedModel(trained.workspace)
    model.network.normalize.forward = lambda _: pytest.fail("a photo costs one pass of the engine, no other")
    one_by_one = pd.concat([model.recognize([path]) for path in files[:6]], ignore_index=True)
    assert one_by_one["photo"].tolist() == answers["photo"].tolist()[:6]
    assert one_by_one["reason"].str.startswith("unreadable").tolist() == [
        Path(photo).name in JUNK for photo in one_by_one["photo"]
    ]
    np.testing.assert_allclose(one_by_one["similarity"], answers["similarity"][:6], atol=0.1)
    together = model.recognize(files[:6], use_gps=False)
    assert not together["used_gps"].any()
    np.testing.assert_allclose(together["similarity"], one_by_one["similarity"], atol=0.1)
    assert model.engine.name == resolve_engine().name


def test_coordinates_can_be_left_out(trained, files, answers, fast):
    plain = recognize_paths(files, trained.workspace, use_gps=False)
    assert answers["used_gps"].any()
    assert not plain["used_gps"].any()
    assert plain["photo"].tolist() == answers["photo"].tolist()
    assert not plain["reason"].str.contains("square").any()


def test_order_and_company_change_no_answer(trained, files, answers, fast):
    few = recognize_paths([files[-2], files[1], files[3]], trained.workspace)
    expected = answers.iloc[[-2, 1, 3]].reset_index(drop=True)
    assert few["photo"].tolist() == expected["photo"].tolist()
    assert few["best_landmark_id"].tolist() == expected["best_landmark_id"].tolist()
    np.testing.assert_allclose(few["cosine"], expected["cosine"], atol=2e-3)


@pytest.mark.parametrize("use_gps", [True, False])
@pytest.mark.parametrize("regions", [True, False])
def test_one_file_alone_gets_the_same_answer(trained, files, fast, use_gps, regions):
    model = TrainedModel(trained.workspace)
    if not regions:
        model.regions, model.engine = None, torch_engine(Embedder(model.network), 48)
    expected = model.recognize(files, use_gps).to_dict("records")
    assert any(row["used_gps"] for row in expected) == use_gps
    for path, row in zip(files, expected, strict=True):
        found = model.recognize_one(path, use_gps)
        assert list(found) == list(COLUMNS)
        for name, value in row.items():
            if isinstance(value, float):
                assert found[name] == pytest.approx(value, abs=2e-3, nan_ok=True)
            elif name not in ("trace", "reason"):  # numbers in words, which may be rounded the other way
                assert found[name] == value


def test_nothing_but_junk_is_answered_too(trained, files, fast):
    junk = [path for path in files if path.name in JUNK]
    answers = recognize_paths(junk, trained.workspace)
    assert list(answers.columns) == list(COLUMNS)
    assert answers["photo"].tolist() == [str(path) for path in junk]
    assert set(answers["landmark_id"]) == {"non_landmark"}


def test_a_rate_that_the_model_does_not_carry_is_refused(trained, files):
    with pytest.raises(InputError, match=r"no thresholds for fpr=0\.001; it carries 0\.05"):
        recognize_paths(files, trained.workspace, fpr=0.001)


def test_a_rate_can_be_asked_for(trained, files, answers, fast):
    asked = recognize_paths(files[1:3], trained.workspace, fpr=0.05)
    assert asked["threshold"].tolist() == answers["threshold"].iloc[1:3].tolist()


def test_a_workspace_without_a_model_is_refused(files, tmp_path):
    with pytest.raises(InputError, match="Train one first: sightlab run"):
        recognize_paths(files, Workspace(tmp_path))


def test_the_saved_network_is_the_last_stage(trained):
    model = trained.workspace.root / "models" / "current"
    assert network_key(load_network(model / "network.safetensors")) == network_key(trained.network)
    assert (model / "default_fpr.txt").read_text() == "0.05"
    loaded = Recognizer.load(model / "fpr_0.05")
    assert loaded.thresholds == trained.recognizer.thresholds
    assert np.array_equal(loaded.gallery.vectors, trained.gallery.vectors)
    assert not model.with_name("unfinished").exists()


def test_the_old_model_stands_until_the_new_one_is_complete(trained, tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "workspace")
    recognizers = {0.05: trained.recognizer}
    model = pipeline_model.write_model(workspace, trained.network, recognizers, 0.05)
    before = (model / "fpr_0.05" / "recognizer.json").read_bytes()

    def disk_full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Recognizer, "save", disk_full)
        with pytest.raises(OSError, match="No space left"):
            pipeline_model.write_model(workspace, trained.network, recognizers, 0.05)
    assert (model / "fpr_0.05" / "recognizer.json").read_bytes() == before
    two = {0.05: trained.recognizer, 0.1: trained.recognizer}
    pipeline_model.write_model(workspace, trained.network, two, 0.1)
    assert {path.name for path in model.glob("fpr_*")} == {"fpr_0.05", "fpr_0.1"}
    assert [path.name for path in (workspace.root / "models").iterdir()] == ["current"]


# the workbench


def run(*words) -> int:
    return main([str(word) for word in words])


def test_the_command_recognizes_a_folder_with_junk_in_it(trained, files, answers, tmp_path, fast, capsys):
    out = tmp_path / "predictions.csv"
    assert run("recognize", files[0].parent, "--workspace", trained.workspace.root, "--out", out) == 0
    table = pd.read_csv(out)
    assert list(table.columns) == list(COLUMNS)
    assert table["photo"].tolist() == answers["photo"].tolist()
    np.testing.assert_allclose(table["cosine"], answers["cosine"], atol=2e-3)
    is_junk = table["reason"].str.startswith("unreadable")
    assert [Path(photo).name for photo in table.loc[is_junk, "photo"]] == list(JUNK)
    n_found = (table["landmark_id"] != "non_landmark").sum()
    assert f"{n_found} with a landmark, {11 - n_found} without, 4 unreadable" in capsys.readouterr().err


def test_the_command_takes_a_switch_and_a_rate(trained, files, tmp_path, fast, capsys):
    out, place = tmp_path / "predictions.csv", ("--workspace", trained.workspace.root)
    assert run("recognize", files[1], *place, "--out", out, "--no-gps", "--fpr", "0.05") == 0
    assert pd.read_csv(out)["used_gps"].tolist() == [False]
    assert run("recognize", files[1], *place, "--out", out, "--fpr", "0.01") == 2
    assert "it carries 0.05" in capsys.readouterr().err


def test_the_command_refuses_what_is_not_there(trained, files, tmp_path, capsys):
    out, place = tmp_path / "predictions.csv", ("--workspace", trained.workspace.root)
    assert run("recognize", tmp_path / "gone", *place, "--out", out) == 2
    assert "gone" in capsys.readouterr().err
    assert run("recognize", files[0], "--workspace", tmp_path / "none", "--out", out) == 2
    (tmp_path / "empty").mkdir()
    assert run("recognize", files[0], "--workspace", tmp_path / "empty", "--out", out) == 2
    assert "Train one first" in capsys.readouterr().err
    assert not out.exists()


def test_a_damaged_model_is_refused(trained, files, tmp_path, capsys):
    root = tmp_path / "workspace"
    shutil.copytree(trained.workspace.root / "models", root / "models")
    network = root / "models/current/network.safetensors"
    network.write_bytes(network.read_bytes()[:-100])
    assert run("recognize", files[0], "--workspace", root, "--out", tmp_path / "p.csv") == 2
    assert "is not a complete sightlab network" in capsys.readouterr().err
