import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.data.decoding import photo_facts
from sightlab.data.manifest import Manifest
from sightlab.data.survey import (
    SURVEY_COLUMNS,
    changed_files,
    database_numbers,
    find_photos,
    photo_problems,
    survey_photos,
)
from tests.drawn import write_photo_folder


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    return Manifest.read(write_photo_folder(tmp_path_factory.mktemp("photos"), photos_per_landmark=6))


def test_survey_has_one_row_per_photo_in_order(manifest):
    survey = survey_photos(manifest, progress=False)
    assert tuple(survey.columns) == SURVEY_COLUMNS
    assert survey["photo_id"].tolist() == manifest.photos["photo_id"].tolist()
    assert survey["path"].tolist() == manifest.photos["path"].tolist()
    assert (survey["problem"] == "").all()
    first = survey.iloc[0]
    assert (first["height"], first["width"]) == (96, 128)
    assert first["bytes"] == manifest.paths()[0].stat().st_size
    second = survey.iloc[1]  # drawn 128 high and 96 wide, stored turned
    assert (second["height"], second["width"]) == (128, 96)


def test_survey_equals_the_slow_way(manifest):
    survey = survey_photos(manifest, workers=3, progress=False)
    slow = pd.DataFrame([photo_facts(path) for path in manifest.paths()])
    pd.testing.assert_frame_equal(survey[list(slow.columns)], slow, check_dtype=False)
    pd.testing.assert_frame_equal(survey, survey_photos(manifest, workers=1, progress=False))


def test_survey_finds_the_positions_that_were_drawn(manifest):
    survey = survey_photos(manifest, progress=False)
    has_position = survey["lat"].notna()
    # of 6 photos: 3 train without, then tune, test, tune; the first tune and test photo carry GPS, so 2 of 6
    assert has_position[manifest.is_landmark].sum() == 4 * 2
    assert has_position[~manifest.is_landmark].sum() == 12 / 4
    dome = survey[has_position & survey["photo_id"].str.startswith("blue_dome")]
    assert np.abs(dome["lat"] - 60.17).max() < 0.01


def test_survey_of_paths_and_of_nothing(manifest, tmp_path):
    (tmp_path / "junk.txt").write_text("junk")
    paths = [tmp_path / "junk.txt", manifest.paths()[0], tmp_path / "nowhere.jpg"]
    survey = survey_photos(paths, progress=False)
    assert survey["photo_id"].tolist() == [str(path) for path in paths]
    assert survey["problem"].tolist() == ["not an image", "", "missing"]
    empty = survey_photos([], progress=False)
    assert tuple(empty.columns) == SURVEY_COLUMNS
    assert empty.dtypes.equals(survey.dtypes)


def test_ledger_names_what_cannot_be_used(manifest, tmp_path):
    (tmp_path / "empty.jpg").touch()
    survey = survey_photos([manifest.paths()[0], tmp_path / "empty.jpg"], progress=False)
    ledger = photo_problems(survey)
    name = str(tmp_path / "empty.jpg")
    assert ledger.to_dict("records") == [{"photo_id": name, "path": name, "problem": "empty file"}]
    assert len(photo_problems(survey.iloc[:1])) == 0


def test_survey_leaves_no_thread_behind(manifest):
    survey_photos(manifest, workers=4, progress=False)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("survey")]


@pytest.mark.parametrize("workers", [0, -1, 1.5])
def test_survey_wants_workers(manifest, workers):
    with pytest.raises(InputError, match="workers"):
        survey_photos(manifest, workers=workers)


INTERRUPTED = """
import sys, time
from sightlab.data import survey
def slow(path):
    print("started", flush=True)
    time.sleep(0.2)
    return {"width": 0, "height": 0, "lat": 0.0, "lon": 0.0, "bytes": 0, "problem": ""}
survey.photo_facts = slow
survey.survey_photos(["a"] * 3000, progress=False)
"""


def test_ctrl_c_ends_the_survey_at_once():
    root = Path(__file__).parents[3]
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED],
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a background shell ignores it
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=30)  # all of it would take 3000 * 0.2 / 2 = 300 s
    assert "KeyboardInterrupt" in complaint
    assert process.returncode != 0


def test_find_photos_lists_every_file_once_and_sorted(tmp_path):
    for name in ("b/2.jpg", "b/1.JPG", "a.txt", ".hidden.jpg", ".git/c.jpg", "b/.DS_Store", "c/d/e.heic"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere")
    (tmp_path / "b" / "loop").symlink_to(tmp_path)
    found = [str(path.relative_to(tmp_path)) for path in find_photos([tmp_path])]
    assert found == ["a.txt", "b/1.JPG", "b/2.jpg", "c/d/e.heic", "gone.jpg"]
    both = find_photos([tmp_path / "b" / "2.jpg", tmp_path])
    assert both[0] == tmp_path / "b" / "2.jpg"
    assert len(both) == 5
    assert find_photos([tmp_path / ".hidden.jpg"]) == [tmp_path / ".hidden.jpg"]  # named, so wanted
    assert find_photos(tmp_path / "b") == [tmp_path / "b" / "1.JPG", tmp_path / "b" / "2.jpg"]


def test_find_photos_says_which_path_is_missing(tmp_path):
    with pytest.raises(InputError, match=r"nowhere' does not exist"):
        find_photos([tmp_path, tmp_path / "nowhere"])


def test_numbers_of_a_database_by_hand(manifest):
    photos = manifest.photos.head(6).copy()
    photos["split"] = ["train", "train", "train", "train", "train", "test"]
    photos["landmark_id"] = ["a", "a", "a", "b", "non_landmark", "a"]
    photos["region"] = ["north"] * 4 + ["", "north"]
    photos["lat"] = [1.0, 2.0, np.nan, np.nan, np.nan, np.nan]
    # train photos: 3 of a, 1 of b; those of no landmark are none of a landmark
    assert database_numbers(replace(manifest, photos=photos), 7) == {
        "n_photos": 6,
        "n_landmarks": 2,
        "n_regions": 1,
        "n_unusable": 7,
        "share_with_coordinates": 2 / 6,
        "median_train_photos": 2,
    }


def test_what_changed_in_a_folder_is_told_by_name():
    before = [["a", 10], ["b", 20], ["c", 30], ["d", -1], *([f"x{i}", 1] for i in range(4))]
    assert changed_files(before, before) == ""
    assert changed_files(before, [["a", 10], ["b", 21], ["c", -1], ["d", 5], *before[4:]]) == (
        "photos since the last run: 1 gone ('c'); 1 exchanged ('b'); 1 new ('d')"
    )
    gone = changed_files(before, before[:4])
    assert gone == "photos since the last run: 4 gone ('x0', 'x1', 'x2', ...)"
    assert changed_files(before, [["other", 10]]) == ""  # another folder, not another state of this one
