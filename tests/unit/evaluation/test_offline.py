"""The offline test as a command: files in, numbers out, and every refusal by name."""

import json

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.cli import main
from sightlab.data.drawn.making.tables import TEXT
from sightlab.data.manifest import Manifest
from sightlab.evaluation.compare import compare
from sightlab.evaluation.offline import (
    named_as_in,
    offline_test,
    per_landmark,
    read_predictions,
    report,
    report_comparison,
)
from tests.drawn import write_photo_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_photo_folder(tmp_path_factory.mktemp("offline") / "photos", photos_per_landmark=12)


@pytest.fixture(scope="module")
def manifest(folder):
    return Manifest.read(folder)


@pytest.fixture
def perfect(manifest):
    """Every landmark right at 0.9, every distractor rejected at 0.1 ... 0.4, named by photo_id."""
    test = manifest.split("test")
    photos, is_landmark = test.photos, test.is_landmark
    table = pd.DataFrame({"photo": photos["photo_id"], "landmark_id": photos["landmark_id"]})
    table["best_landmark_id"] = photos["landmark_id"].where(is_landmark, "red_tower")
    table["similarity"] = np.where(is_landmark, 0.9, np.linspace(0.1, 0.4, len(photos)))
    return table.assign(reason="similarity", landmark_name="ignored")


def written(table, path):
    table.to_csv(path, index=False)
    return path


def test_a_file_comes_back_as_it_was_written(perfect, tmp_path):
    perfect.loc[0, ["landmark_id", "similarity", "reason"]] = [
        "non_landmark",
        np.nan,
        "unreadable: truncated",
    ]
    table = read_predictions(written(perfect, tmp_path / "p.csv"))
    assert table["similarity"].isna().sum() == 1
    np.testing.assert_allclose(table["similarity"][1:], perfect["similarity"][1:])
    assert table["photo"].tolist() == perfect["photo"].tolist()


def test_photos_may_be_named_by_id_or_by_any_path(manifest, perfect, monkeypatch):
    test = manifest.split("test")
    monkeypatch.chdir(manifest.root.parent)
    ways = (
        test.photos["path"],
        [str(path) for path in test.paths()],
        [f"photos/{path}" for path in test.photos["path"]],
        [f"../{manifest.root.parent.name}/photos/{path}" for path in test.photos["path"]],
    )
    for names in ways:
        named = named_as_in(perfect.assign(photo=names), manifest)
        assert named["photo"].tolist() == test.photos["photo_id"].tolist()
    assert named_as_in(perfect.assign(photo="holiday.jpg")[:1], manifest)["photo"].tolist() == ["holiday.jpg"]


def test_the_whole_test_with_its_slices(perfect, manifest):
    found = offline_test(perfect, manifest, n_resamples=5)
    assert found.numbers["sensitivity"] == found.numbers["sensitivity_at_fpr_1pct"] == 1.0
    assert found.numbers["fpr"] == 0.0
    names = set(found.slices["slice"])
    # half of the test photos of each landmark carry EXIF coordinates near it
    assert {"all", "frequent", "rare", "region: north", "region: south", "with GPS", "without GPS"} == names
    rows = found.slices.set_index("slice")
    assert rows.loc["with GPS", "n_landmark"] + rows.loc["without GPS", "n_landmark"] == 12
    assert rows.loc["frequent", "n_landmark"] == 0


def test_the_truth_of_a_drawn_world_makes_slices(perfect, folder):
    truth = pd.DataFrame({"photo_id": Manifest.read(folder).photos["photo_id"]})
    truth = pd.concat([truth, pd.DataFrame("", truth.index, TEXT[1:])], axis=1).assign(view="far")
    truth.to_csv(folder / "truth.csv", index=False)
    found = offline_test(perfect, Manifest.read(folder), n_resamples=2)
    (folder / "truth.csv").unlink()
    assert found.slices.set_index("slice").loc["view: far", "n_landmark"] == 12


def test_the_report_says_it_all_in_lines(perfect, manifest):
    perfect.loc[0, ["landmark_id", "similarity"]] = ["non_landmark", 0.2]
    found = offline_test(perfect, manifest, n_resamples=5)
    text = report(found)
    assert "sensitivity, as answered                    91.7 %" in text  # 11 of 12
    assert "published          80.0 % (75.0 to 84.2), n = 290" in text
    assert f"{perfect['best_landmark_id'].iloc[0]}" in text.split("Landmarks found least often")[1]
    assert max(map(len, text.splitlines())) <= 120
    both = compare(found, offline_test(perfect, manifest, n_resamples=2), ("old", "new"), n_resamples=5)
    text = report_comparison(both)
    assert "new against old on 16 photos: 15 both right, 0 fixed, 0 broken, 1 both wrong" in text


def test_the_landmark_found_least_often_comes_first(perfect, manifest):
    rows = perfect["best_landmark_id"].eq("green_arch") & perfect["landmark_id"].ne("non_landmark")
    perfect.loc[rows, ["landmark_id", "best_landmark_id"]] = "blue_dome"
    table = per_landmark(offline_test(perfect, manifest, n_resamples=2).outcomes)
    assert table.iloc[0].tolist() == ["green_arch", 3, 0.0, 1.0]
    assert (table["sensitivity"][1:] == 1).all()


# the command


def command(*words):
    return main(["evaluate", *map(str, words)])


def test_the_command_prints_and_writes(perfect, folder, tmp_path, capsys):
    worse = perfect.assign(landmark_id="non_landmark")
    code = command(
        *("--predictions", written(perfect, tmp_path / "new.csv"), "--photos", folder),
        *("--against", written(worse, tmp_path / "old.csv"), "--out", tmp_path / "out"),
    )
    assert code == 0
    told = capsys.readouterr().out
    assert "12 correct" in told
    assert "new against old on 16 photos: 4 both right, 12 fixed" in told
    numbers = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert numbers["sensitivity"] == 1.0
    files = {path.name for path in (tmp_path / "out").iterdir()}
    tables = {"slices", "outcomes", "open_set_curve", "landmarks", "comparison", "changes"}
    assert files == {"evaluation.json", *(f"{name}.csv" for name in tables)}


@pytest.mark.parametrize("case", ["tune", "twice", "missing", "nan", "word", "stranger", "column", "no file"])
def test_the_command_refuses_and_names_the_first(perfect, folder, manifest, tmp_path, capsys, case):
    first = perfect["photo"].iloc[0]
    tune = manifest.split("tune").photos["photo_id"].iloc[0]
    bad, words = {
        "tune": (pd.concat([perfect, perfect[:1].assign(photo=tune)]), f"1 of tune, first {tune!r}"),
        "twice": (pd.concat([perfect, perfect[:1]]), f"{first!r} (2 times)"),
        "missing": (perfect[1:], f"got none for 1: {first!r}"),
        "nan": (perfect.assign(similarity=np.nan), f"NaN or infinity for 16, first {first!r}"),
        "word": (perfect.assign(similarity="high"), f"got 'high' for {first!r}"),
        "stranger": (pd.concat([perfect, perfect[:1].assign(photo="cat.jpg")]), "got 1 others: 'cat.jpg'"),
        "column": (perfect.drop(columns="reason"), "missing: reason"),
        "no file": (None, "there is no file"),
    }[case]
    path = tmp_path / "p.csv"
    if bad is not None:
        bad.to_csv(path, index=False)
    assert command("--predictions", path, "--photos", folder) == 2
    assert words in capsys.readouterr().err


def test_a_file_that_is_no_table_is_refused(tmp_path):
    path = tmp_path / "p.csv"
    path.write_bytes(b"\xff\xfe\x00junk\x00")
    with pytest.raises(InputError):
        read_predictions(path)
    path.write_text("")
    with pytest.raises(InputError, match="Expected a CSV of predictions"):
        read_predictions(path)
