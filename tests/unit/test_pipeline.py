"""The steps in their order: what each is given, what is stored, and the numbers that are reported."""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sightlab import pipeline
from sightlab.checks import InputError
from sightlab.learning import augmented, curriculum
from sightlab.nets import embedding
from sightlab.nets.backbones import square_photo
from sightlab.nets.network import network_key
from sightlab.pipeline import Workbench, embed_manifest
from sightlab.workspace import Workspace


@pytest.fixture
def again(trained):
    """The same photos, workspace and settings, opened anew."""
    return Workbench(trained.photos, Workspace(trained.workspace.root), trained.profile)


def test_the_manifest_knows_positions_from_the_photos(trained):
    photos = trained.manifest.photos
    assert len(photos) == 140
    # three of five photos of each landmark in tune and in test, and every fourth of 60 distractors
    assert photos["lat"].notna().groupby(photos["split"]).sum().to_dict() == {
        "train": 5,
        "tune": 17,
        "test": 17,
    }


def test_an_unusable_photo_is_in_the_ledger_and_left_out(trained, tmp_path):
    folder = tmp_path / "photos"
    shutil.copytree(trained.photos, folder)
    path = folder / "landmarks/blue_dome/blue_dome_005.jpg"
    path.write_bytes(path.read_bytes()[:900])
    bench = Workbench(folder, Workspace(tmp_path / "workspace"), trained.profile)
    problems = bench.survey.set_index("photo_id")["problem"]
    assert problems[problems != ""].to_dict() == {"blue_dome_005": "truncated"}
    assert len(bench.manifest) == 139
    assert "blue_dome_005" not in set(bench.manifest.photos["photo_id"])


def test_everything_comes_from_the_store_the_second_time(trained, again, monkeypatch):
    initial_cleaning = trained.initial_cleaning
    for module, name in (
        (pipeline, "survey_photos"),
        (curriculum, "train"),
        (embedding, "compile_engine"),
        (augmented, "compile_engine"),
    ):
        monkeypatch.setattr(module, name, lambda *_, **__: pytest.fail("computed again"))
    assert network_key(again.network) == network_key(trained.network)
    assert again.table.key == trained.table.key
    assert again.thresholds == trained.thresholds
    pd.testing.assert_frame_equal(again.initial_cleaning, initial_cleaning)
    pd.testing.assert_frame_equal(again.cleaned, trained.cleaned)
    pd.testing.assert_frame_equal(again.recognize("test", True), trained.recognize("test", True))


def test_the_table_holds_every_photo_by_the_last_network(trained):
    assert trained.table.photo_ids.tolist() == trained.manifest.photos["photo_id"].tolist()
    assert trained.table.dim == trained.network.unit_dim > 16  # the whitening is beside the embedding
    assert trained.network.class_ids == (
        "non_landmark",
        "blue_dome",
        "red_tower",
        "green_arch",
        "yellow_pyramid",
    )


def test_kept_photos_by_stage(trained):
    assert set(trained.kept(1)["landmark_id"]) == {"blue_dome", "red_tower"}
    kept = trained.kept()
    assert len(kept) == trained.cleaned["keep"].sum()
    for landmark, n in trained.train_counts.items():
        assert n == (kept["landmark_id"] == landmark).sum()
    assert trained.min_photos == 5  # 50 * 10 / 208 rounds to 2; never below 5


def test_the_gallery_knows_train_photos_only(trained):
    train = set(trained.kept()["photo_id"])
    assert set(trained.gallery.table["medoid_photo_id"]) <= train
    assert set(trained.gallery.landmark_ids) == set(trained.manifest.landmark_ids)
    assert (trained.gallery.table["diameter"] <= trained.cut[0]).all()


def test_thresholds_are_chosen_on_tune_only(trained, again):
    """Other labels on the test photos change no threshold."""
    photos = trained.manifest.photos.copy()
    photos.loc[photos["split"] == "test", "landmark_id"] = "non_landmark"
    again.__dict__["manifest"] = replace(trained.manifest, photos=photos)
    again.__dict__["stages"] = trained.stages
    again.__dict__["table"] = trained.table
    assert again.thresholds == trained.thresholds
    assert list(trained.thresholds) == [0.05]  # 20 tune distractors carry no lower rate
    assert trained.thresholds[0.05].n_distractors == 20


def test_a_rate_that_tune_cannot_carry_is_refused(trained):
    bench = Workbench(trained.photos, trained.workspace, replace(trained.profile, fpr=0.001))
    with pytest.raises(
        InputError, match=r"0\.10% needs 999 non-landmark photos in the tune split; there are 20"
    ):
        _ = bench.thresholds


def test_recognizing_a_split(trained):
    for use_gps in (True, False):
        answers = trained.recognize("test", use_gps)
        test = trained.manifest.split("test").photos
        assert answers["photo"].tolist() == test["photo_id"].tolist()
        assert answers["used_gps"].tolist() == (test["lat"].notna() & use_gps).tolist()


def test_it_recognizes_drawn_landmarks(trained):
    found = trained.evaluate(use_gps=False)
    assert found.numbers["n_landmark"] == found.numbers["n_distractor"] == 20
    assert found.numbers["closed_set_accuracy"] >= 0.75  # 0.95 when written; by chance 0.25
    assert found.numbers["auroc"] >= 0.75


def test_all_numbers_can_be_reported(trained, tmp_path):
    workspace = Workspace(tmp_path)
    plain, with_gps = trained.evaluate(use_gps=False), trained.evaluate(use_gps=True)
    numbers = trained.recognition_numbers(plain, with_gps)
    workspace.report("07_recognition", numbers)
    assert numbers["sensitivity"] == plain.numbers["sensitivity"]
    assert numbers["sensitivity_gps_low"] == with_gps.numbers["sensitivity_low"]
    assert numbers["threshold_similarity"] == trained.recognizer.thresholds.similarity
    assert numbers["n_landmark_north"] == numbers["n_landmark_south"] == 10
    cleaning = trained.cleaning_numbers(trained.cleaned, "curriculum_")
    workspace.report("02_cleaning", cleaning)
    assert cleaning["curriculum_n_noise"] == 4
    assert cleaning["curriculum_n_judged"] == 40


def test_known_noise_is_optional(trained, tmp_path):
    assert len(trained.known_noise) == 4
    assert Workbench(tmp_path, trained.workspace, trained.profile).known_noise == set()


def test_photos_are_explained_as_the_network_sees_them(trained):
    ids = ["green_arch_011", "distractor_002"]
    photos, maps = trained.explain(ids, ["green_arch", "red_tower"], ["non_landmark", "green_arch"])
    assert photos.shape == (2, 64, 64, 3)
    assert maps.shape == (2, 2, 2)
    path = trained.manifest.root / "landmarks/green_arch/green_arch_011.jpg"
    assert np.array_equal(photos[0], square_photo(np.asarray(Image.open(path)), 64))
    _, turned = trained.explain(ids, ["non_landmark", "green_arch"], ["green_arch", "red_tower"])
    np.testing.assert_allclose(turned, -maps, atol=1e-4)


def test_saving_a_figure_asks_for_the_credits_of_its_photos(trained, monkeypatch):
    from matplotlib.figure import Figure

    from sightlab.views import figures

    asked = []
    monkeypatch.setattr(figures, "credit", lambda _, paths: asked.append(paths))
    photos = trained.manifest.photos.iloc[[5, 2]]
    trained.save(Figure(figsize=(3.3, 2)), "07_test", photos=photos["photo_id"])
    trained.save(Figure(figsize=(3.3, 2)), "07_test")
    assert asked == [[trained.manifest.root / path for path in photos["path"]], []]


def test_a_figure_is_saved_with_its_table(trained):
    from matplotlib.figure import Figure

    path = trained.save(Figure(figsize=(3.3, 2)), "07_test", pd.DataFrame({"fpr": [0.01]}))
    assert path.is_relative_to(trained.workspace.root / "figures")
    assert {p.suffix for p in path.parent.glob("07_test.*")} == {".pdf", ".png", ".csv", ".json"}
    assert trained.manifest.key in path.with_suffix(".json").read_text()


def test_opening_by_name(trained, tmp_path):
    bench = Workbench.open(str(trained.photos), str(tmp_path / "workspace"), "tour")
    assert bench.profile.name == "tour"
    assert bench.workspace.root.is_dir()
    with pytest.raises(InputError, match="profile='big' is unknown"):
        Workbench.open(trained.photos, tmp_path / "workspace", "big")
    with pytest.raises(InputError, match="is no folder"):
        _ = Workbench.open(tmp_path / "nowhere", tmp_path / "workspace", "tour").manifest


def test_a_folder_is_embedded_by_the_trained_network(trained, monkeypatch):
    monkeypatch.setattr(pipeline, "get_profile", lambda name: trained.profile)
    assert embed_manifest(trained.photos, trained.workspace, "tour").key == trained.table.key


def test_without_a_trained_network_the_initial_one_embeds(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "get_profile", lambda name: trained.profile)
    root = tmp_path / "workspace"
    shutil.copytree(trained.workspace.root / "artefacts/initial_network", root / "artefacts/initial_network")
    table = embed_manifest(trained.photos, Workspace(root), "tour")
    assert table.photo_ids.tolist() == trained.table.photo_ids.tolist()
    assert table.key != trained.table.key
    reference = trained.initial_network
    with_it = embedding.embed_photos(
        reference, ["a"], [trained.manifest.paths()[0]], engine="torch", progress=None
    )
    np.testing.assert_allclose(table.vectors[:1], with_it.vectors, atol=1e-5)


# the command line
