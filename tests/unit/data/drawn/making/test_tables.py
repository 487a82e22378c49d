"""The tables of a drawn world: those of every photo folder, and the truth, with no loss on the disk."""

import pandas as pd
import pytest

from sightlab.data.drawn.making.plan import plan
from sightlab.data.drawn.making.tables import (
    DRAWN,
    all_tables,
    camera_of,
    facts_of_camera,
    landmarks_table,
    manifest_table,
    noise_table,
    read_truth,
    references_table,
    truth_table,
    visible_landmarks,
)
from sightlab.data.drawn.solids.scene import Camera
from sightlab.data.validation import LANDMARK_COLUMNS, REFERENCE_COLUMNS

CAMERA = Camera((1.5, -2.25, 1.7), (0.0, 0.1, 3.0), (192, 256), 55.5, -0.31)


@pytest.fixture(scope="module")
def table():
    return plan(0, "tiny")


@pytest.fixture(scope="module")
def drawn(table):
    """Facts as if drawn: graphics have no camera, everything else the same one."""
    seen = {
        "visible": "harbor_lady:0.25 meridian_tower:0.0412",
        "visible_share": 0.25,
        "lat": 1.5,
        "lon": -2.0,
    }
    facts = dict.fromkeys(DRAWN) | seen | facts_of_camera(CAMERA)
    nothing = dict.fromkeys(DRAWN) | {"visible": "", "visible_share": 0.0}
    is_graphic = table["view"] == "graphic"
    return {p: nothing if g else facts for p, g in zip(table["photo_id"], is_graphic, strict=True)}


def test_the_manifest_has_every_photo_but_the_scenes(table):
    manifest = manifest_table(table)
    assert list(manifest["photo_id"]) == list(table.loc[table["scene"] == "", "photo_id"])
    assert set(manifest["split"]) == {"train", "tune", "test"}
    row = manifest[manifest["landmark_id"] == "amery_cathedral"].iloc[0]
    assert tuple(row[["landmark_name", "city", "country", "region"]]) == (
        "Amery Cathedral",
        "Amery",
        "Galland",
        "europe",
    )
    nowhere = manifest[manifest["landmark_id"] == "non_landmark"]
    assert (nowhere[["landmark_name", "city", "country", "region"]] == "").all(axis=None)


def test_landmarks_and_references_have_the_columns_of_any_folder(table):
    landmarks, references = landmarks_table(table), references_table(table)
    assert tuple(landmarks.columns) == LANDMARK_COLUMNS
    assert tuple(references.columns) == REFERENCE_COLUMNS
    assert len(landmarks) == 8
    assert len(references) == 4 * 8


def test_the_noise_is_what_the_plan_made_wrong(table):
    noise = noise_table(table)
    assert list(noise.columns) == ["photo_id", "landmark_id", "true_landmark_id", "kind"]
    assert len(noise) == (table["dirt"] != "").sum() > 0
    assert (noise["landmark_id"] != noise["true_landmark_id"]).all()
    assert (noise["landmark_id"] != "non_landmark").all()


def test_the_truth_survives_the_disk(table, drawn, tmp_path):
    truth = truth_table(table, drawn)
    truth.to_csv(tmp_path / "truth.csv", index=False)
    pd.testing.assert_frame_equal(read_truth(tmp_path / "truth.csv"), truth, check_dtype=False)


def test_a_camera_survives_the_truth(table, drawn):
    truth = truth_table(table, drawn).set_index("photo_id")
    frontal = truth[truth["view"] == "frontal"].iloc[0]
    camera = camera_of(frontal)
    assert (camera.position, camera.target) == (CAMERA.position, CAMERA.target)
    assert (camera.view_degrees, camera.roll_degrees) == (55.5, -0.31)
    assert camera.size == (frontal["height"], frontal["width"])
    assert camera_of(truth[truth["view"] == "graphic"].iloc[0]) is None


def test_the_focal_length_by_hand():
    # 256 pixels at 55.5 degrees: 128 / tan(27.75 degrees) = 128 / 0.52613 = 243.29
    assert facts_of_camera(CAMERA)["focal"] == pytest.approx(243.29, abs=0.01)


def test_every_landmark_in_sight_gets_a_row():
    truth = pd.DataFrame({"photo_id": ["a", "b", "c"], "visible": ["x:0.5 y:0.25", "", "x:0.125"]})
    rows = visible_landmarks(truth).to_dict("split")["data"]
    assert rows == [["a", "x", 0.5], ["a", "y", 0.25], ["c", "x", 0.125]]
    assert list(visible_landmarks(truth[1:2]).columns) == ["photo_id", "landmark_id", "share"]


def test_the_manifest_is_written_last(table, drawn):
    assert list(all_tables(table, drawn))[-1] == "manifest.csv"
