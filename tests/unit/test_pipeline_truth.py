"""What a drawn world knows, brought together with a run: by hand, and refused where nothing is known."""

import shutil

import numpy as np
import pandas as pd
import pytest

from sightlab import pipeline_truth
from sightlab.checks import InputError
from sightlab.data import world as world_module
from sightlab.data.drawn.making.tables import TEXT
from sightlab.nets.embedding import EmbeddingTable
from sightlab.pipeline import Workbench
from sightlab.workspace import Workspace


@pytest.fixture(scope="module")
def bench(trained, tmp_path_factory):
    """The trained run on a copy of its photos that has a truth: odd photos are far, even ones frontal."""
    folder = tmp_path_factory.mktemp("true") / "photos"
    shutil.copytree(trained.photos, folder)
    manifest = pd.read_csv(folder / "manifest.csv", dtype=str, keep_default_na=False)
    truth = pd.DataFrame(dict.fromkeys(TEXT, ""), index=manifest.index)
    truth["photo_id"], truth["split"] = manifest["photo_id"], manifest["split"]
    truth["true_landmark_id"] = manifest["landmark_id"]
    is_odd = manifest["photo_id"].str[-1].astype(int) % 2 == 1
    truth["view"] = is_odd.map({True: "far", False: "frontal"})
    wrong = pd.read_csv(folder / "injected_noise.csv", dtype=str)
    wrong["kind"] = ["neighbor", "neighbor", "graphic", "graphic"]
    truth.loc[truth["photo_id"].isin(wrong["photo_id"]), "dirt"] = "neighbor"
    truth.to_csv(folder / "truth.csv", index=False)
    wrong.to_csv(folder / "injected_noise.csv", index=False)
    return Workbench(folder, Workspace(trained.workspace.root), trained.profile)


def test_photographs_have_no_truth(trained):
    with pytest.raises(InputError, match=r"expected a drawn world with its truth\.csv"):
        pipeline_truth.truth_of(trained)
    with pytest.raises(InputError, match=r"truth\.csv"):
        pipeline_truth.dirt_of(trained)


def test_each_kind_of_dirt_is_measured(bench):
    found = pipeline_truth.dirt_found(bench, bench.initial_cleaning)
    assert list(found["kind"]) == ["graphic", "neighbor"]
    assert list(found["n"]) == [2, 2]
    numbers = pipeline_truth.dirt_numbers(found)
    assert numbers["n_dirt_graphic"] == 2
    assert numbers["cleaning_auroc_neighbor"] == found["auroc"].iloc[1]
    assert set(numbers) == {
        *(f"cleaning_auroc_{k}{end}" for k in ("graphic", "neighbor") for end in ("", "_low", "_high")),
        "n_dirt_graphic",
        "n_dirt_neighbor",
    }


def test_views_are_those_of_kept_and_right_photos(bench):
    kept = set(bench.kept()["photo_id"])
    truth = pipeline_truth.truth_of(bench)
    right = truth[truth["photo_id"].isin(kept) & (truth["dirt"] == "")]
    found = pipeline_truth.views_found(bench)
    assert found["n"].sum() == len(right)
    assert (found["true_views"] == 2).all()
    own = bench.gallery.table.groupby("landmark_id").size()
    assert (found.set_index("landmark_id")["found_views"] <= own).all()


def test_numbers_of_views_by_hand():
    found = pd.DataFrame(
        {
            "landmark_id": ["a", "b", "c"],
            "n": [10, 30, 60],
            "true_views": [2, 3, 1],
            "found_views": [2, 2, 1],
            "ari": [1.0, 0.2, 1.0],
        }
    )
    # split: (10 * 1 + 30 * 0.2) / 40 = 0.4; several kinds taken: the same two landmarks
    assert pipeline_truth.views_numbers(found) == {
        "views_ari": pytest.approx(0.4),
        "views_ari_all": pytest.approx(0.4),
        "n_views_found": 5,
        "n_views_true": 6,
    }
    whole = found.assign(found_views=1, ari=0.0)
    assert pipeline_truth.views_numbers(whole)["views_ari"] is None
    assert pipeline_truth.views_numbers(whole)["views_ari_all"] == 0


def test_views_told_their_number_by_hand():
    # a: two tight pairs, far apart, each of one kind -> 1; b: each pair holds one photo of either kind, and
    # then the adjusted Rand index of [0 1 0 1] and [0 0 1 1] is -0.5; 4 photos each -> (1 - 0.5) / 2
    turns = np.deg2rad([0, 1, 90, 91, 0, 1, 90, 91])
    ids = [f"p{i}" for i in range(8)]
    vectors = np.column_stack([np.cos(turns), np.sin(turns)]).astype(np.float32)
    table = EmbeddingTable(np.array(ids, dtype=object), vectors)
    right = pd.DataFrame({"photo_id": ids, "landmark_id": ["a"] * 4 + ["b"] * 4})
    views = np.array(["far", "far", "close", "close", "far", "close", "far", "close"], dtype=object)
    assert pipeline_truth._told(right, views, table) == pytest.approx(0.25)
    order = [5, 2, 0, 7, 1, 3, 6, 4]
    assert pipeline_truth._told(right.iloc[order], views[order], table) == pytest.approx(0.25)


def test_views_told_their_number_are_measured_before_and_after_training(bench):
    told = pipeline_truth.views_told(bench)
    assert set(told) == {"views_ari_told", "views_ari_told_untrained"}
    assert all(-0.5 <= value <= 1 for value in told.values())
    assert told["views_ari_told"] != told["views_ari_told_untrained"]


def test_numbers_of_look_alikes_by_hand():
    found = pd.DataFrame({"family": ["a", "b"], "n": [30, 10], "within": [3, 1]})
    numbers = pipeline_truth.look_alike_numbers(found)
    assert (numbers["lookalike_confusion"], numbers["n_lookalike"]) == (0.1, 40)
    assert numbers["lookalike_confusion_low"] < 0.1 < numbers["lookalike_confusion_high"]
    assert pipeline_truth.look_alike_numbers(found[:0])["lookalike_confusion"] is None


def test_photos_without_look_alikes_give_an_empty_table(bench):
    assert len(pipeline_truth.look_alikes_found(bench.evaluate(use_gps=False))) == 0


def test_an_empty_folder_is_the_world_of_the_tour(tmp_path, monkeypatch):
    asked = []

    class Drawn:
        folder = tmp_path

    monkeypatch.setattr(world_module.World, "build", lambda **facts: asked.append(facts) or Drawn())
    assert Workbench.open("", tmp_path / "workspace", "tour").photos == tmp_path
    assert asked == [{"seed": 0, "size": "tour"}]
    assert Workbench.open(tmp_path / "mine", tmp_path / "workspace", "tour").photos == tmp_path / "mine"
    with pytest.raises(InputError, match="profile photos needs a folder of photos"):
        Workbench.open("", tmp_path / "workspace", "photos")


def test_the_best_view_is_the_largest_of_the_right_frontal_train_photos():
    rows = [
        ("a", "tower", "frontal", "train", "", 0.2),
        ("b", "tower", "frontal", "train", "", 0.3),
        ("c", "tower", "frontal", "train", "graphic", 0.9),
        ("d", "tower", "far", "train", "", 0.8),
        ("e", "tower", "frontal", "test", "", 0.7),
        ("f", "arch", "frontal", "train", "", 0.1),
        ("g", "non_landmark", "frontal", "train", "", 0.6),
    ]
    columns = ["photo_id", "landmark_id", "view", "split", "dirt", "visible_share"]
    known = pd.DataFrame(rows, columns=columns).assign(landmark_name="", path="")
    assert pipeline_truth.best_views(known)["photo_id"].tolist() == ["f", "b"]
    assert pipeline_truth.rightly_filed(known).tolist() == [True, True, False, True, True, True, False]


def test_named_truth_has_every_usable_photo(bench):
    known = pipeline_truth.named_truth(bench)
    assert set(known["photo_id"]) == set(bench.manifest.photos["photo_id"])
    assert {"path", "landmark_id", "landmark_name", "view", "dirt"} <= set(known)
