"""Everything that can be wrong with a photo folder, one broken folder each."""

import shutil

import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.data.manifest import Manifest
from sightlab.data.validation import equal_content
from tests.drawn import write_photo_folder


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    return write_photo_folder(tmp_path_factory.mktemp("pristine"), photos_per_landmark=8)


@pytest.fixture
def folder(pristine, tmp_path):
    return shutil.copytree(pristine, tmp_path / "photos")


def edit(folder, name, change):
    """Let `change` work on a table's lines (header first, as text) and write them back."""
    path = folder / f"{name}.csv"
    lines = path.read_text().splitlines()
    lines = change(lines) or lines
    path.write_text("\n".join(lines) + "\n")


def replace_in(name, line, old, new):
    """Replace text in one line of a table, counted from 1 as an editor does."""

    def change(folder):
        def work(lines):
            assert old in lines[line - 1]
            lines[line - 1] = lines[line - 1].replace(old, new)

        edit(folder, name, work)

    return change


def append(name, row):
    return lambda folder: edit(folder, name, lambda lines: [*lines, row])


def add_position(lat, lon):
    def change(folder):
        table = pd.read_csv(folder / "manifest.csv", dtype=str, keep_default_na=False).assign(lat="", lon="")
        table.loc[1, ["lat", "lon"]] = [lat, lon]
        table.to_csv(folder / "manifest.csv", index=False)

    return change


TRAIN = "landmarks/blue_dome/blue_dome_000.jpg"
BAD = {
    "unknown split": (
        replace_in("manifest", 3, ",train", ",trian"),
        r"unknown split \(1\): manifest.csv line 3: 'trian'. Use train, tune, test.",
    ),
    "repeated id": (
        replace_in("manifest", 3, "blue_dome_001,", "blue_dome_000,"),
        r"repeated photo_id \(1\): manifest.csv line 3: 'blue_dome_000', first in manifest.csv line 2",
    ),
    "no id": (replace_in("manifest", 2, "blue_dome_000,", ","), r"empty photo_id \(1\): manifest.*line 2"),
    "id with a slash": (
        replace_in("manifest", 2, "blue_dome_000,", "../x,"),
        r"unusable photo_id \(1\): manifest.csv line 2: '../x'",
    ),
    "id with a semicolon": (replace_in("landmarks", 2, "blue_dome,", "a;b,"), "unusable landmark_id"),
    "unknown landmark": (
        replace_in("manifest", 2, ",blue_dome,", ",bleu_dome,"),
        r"unknown landmark \(1\): manifest.csv line 2: 'bleu_dome'",
    ),
    "region differs": (
        replace_in("manifest", 2, "north,", "west,"),
        r"region differs \(1\): manifest.csv line 2: 'west', landmarks say 'north'",
    ),
    "path upwards": (replace_in("manifest", 2, TRAIN, "../secret.jpg"), "path outside the folder"),
    "path upwards inside": (replace_in("manifest", 2, TRAIN, "a/../../b.jpg"), "path outside the folder"),
    "absolute path": (replace_in("manifest", 2, TRAIN, "/etc/passwd"), r"outside the folder .*'/etc/passwd'"),
    "windows path": (replace_in("manifest", 2, TRAIN, "C:\\a.jpg"), "path outside the folder"),
    "windows upwards": (replace_in("manifest", 2, TRAIN, "..\\a.jpg"), "path outside the folder"),
    "empty path": (replace_in("manifest", 2, TRAIN, ""), "path outside the folder"),
    "latitude": (add_position("91", "5"), r"bad coordinates \(1\): manifest.csv line 3: lat='91', lon='5'"),
    "longitude": (add_position("1", "-181"), "bad coordinates"),
    "no number": (add_position("north", "5"), r"lat='north'"),
    "half a position": (add_position("51.2", ""), r"lat='51.2', lon=''"),
    "infinite": (add_position("inf", "5"), "bad coordinates"),
    "half nan": (add_position("nan", "5"), "bad coordinates"),
    "repeated landmark": (append("landmarks", "red_tower,R,C,C,north,1,1"), "repeated landmark_id"),
    "non_landmark as landmark": (append("landmarks", "non_landmark,A,B,C,x,1,1"), "it stands for"),
    "no region": (append("landmarks", "x,X,C,C,,1,1"), r"without a region \(1\): landmarks.csv line 6"),
    "landmark position": (append("landmarks", "x,X,C,C,west,95,1"), r"landmarks.csv line 6: lat='95'"),
    "reference to nothing": (
        append("references", "red_tower,nowhere"),
        r"reference to an unknown photo \(1\): references.csv line 14: photo 'nowhere'",
    ),
    "reference of nothing": (append("references", "tower,red_tower_000"), "reference of an unknown landmark"),
    "reference of another": (
        append("references", "red_tower,blue_dome_003"),
        "'blue_dome_003' is of 'blue_dome', not of 'red_tower'",
    ),
    "reference in tune": (append("references", "red_tower,red_tower_004"), "'red_tower_004' is in 'tune'"),
    "reference twice": (append("references", "red_tower,red_tower_000"), "repeated reference"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "message"), BAD.values(), ids=BAD.keys())
def test_each_mistake_is_told_with_its_line(folder, change, message):
    Manifest.read(folder)  # valid before
    change(folder)
    with pytest.raises(InputError, match=message):
        Manifest.read(folder)


def test_all_mistakes_come_in_one_message_with_five_of_each_kind(folder):
    edit(folder, "manifest", lambda lines: [line.replace(",test", ",tset") for line in lines])
    append("references", "red_tower,nowhere")(folder)
    with pytest.raises(InputError) as caught:
        Manifest.read(folder)
    message = str(caught.value)
    assert "unknown split (12)" in message  # 4 * 2 landmark photos and 4 distractors
    assert message.count("'tset'") == 5
    assert "and 7 more" in message
    assert "reference to an unknown photo (1)" in message


def test_same_photo_in_two_splits_is_refused(folder):
    shutil.copy(folder / TRAIN, folder / "landmarks/blue_dome/blue_dome_005.jpg")  # a test photo
    message = r"in two splits \(1\): blue_dome_000 \(train, .* line 2\) = blue_dome_005 \(test, .* line 7"
    with pytest.raises(InputError, match=message):
        Manifest.read(folder)


def test_same_photo_twice_in_one_split_is_a_warning(folder):
    shutil.copy(folder / TRAIN, folder / "landmarks/blue_dome/blue_dome_003.jpg")
    manifest = Manifest.read(folder)
    assert len(manifest) == 44
    assert "1 photos repeat another of their split, e.g. blue_dome_000 (train" in manifest.warnings[0]


def test_empty_files_are_not_the_same_photo(folder):
    (folder / TRAIN).write_bytes(b"")
    (folder / "landmarks/blue_dome/blue_dome_005.jpg").write_bytes(b"")
    assert len(Manifest.read(folder)) == 44  # they become rows of the ledger


def testequal_content_equals_the_slow_way(tmp_path):
    contents = [b"aa", b"ab", b"aa", b"abc", b"", b"", b"ab", b"aa", None]
    for i, content in enumerate(contents):
        if content is not None:
            (tmp_path / str(i)).write_bytes(content)
    slow = [[i for i, c in enumerate(contents) if c == content] for content in (b"aa", b"ab")]
    sizes = [None if content is None else len(content) for content in contents]
    assert equal_content(tmp_path, [str(i) for i in range(9)], sizes) == slow == [[0, 2, 7], [1, 6]]


def test_up_to_one_percent_of_missing_files_is_left_to_the_ledger(tmp_path):
    folder = write_photo_folder(tmp_path, photos_per_landmark=22, n_distractors=12)  # 100 photos
    (folder / TRAIN).unlink()  # 1 of 100
    assert len(Manifest.read(folder)) == 100
    (folder / "landmarks/blue_dome/blue_dome_003.jpg").unlink()  # 2 of 100
    with pytest.raises(
        InputError, match=rf"missing files \(2\): manifest.csv line 2: '{TRAIN}'; .*At most 1%"
    ):
        Manifest.read(folder)


def test_a_folder_in_place_of_a_photo_is_missing(folder):
    (folder / TRAIN).unlink()
    (folder / TRAIN).mkdir()
    with pytest.raises(InputError, match=r"missing files \(1\)"):
        Manifest.read(folder)


def test_zero_landmarks_are_refused(folder):
    edit(folder, "manifest", lambda lines: [lines[0], *(line for line in lines if "non_landmark" in line)])
    edit(folder, "references", lambda lines: lines[:1])
    with pytest.raises(InputError, match="no photo of a landmark"):
        Manifest.read(folder)


def test_empty_tables_are_refused(folder):
    for name in ("manifest", "landmarks", "references"):
        edit(folder, name, lambda lines: lines[:1])
    with pytest.raises(InputError, match="no photo of a landmark"):
        Manifest.read(folder)


def test_unwise_but_allowed(folder):
    # blue_dome: one train photo, one reference; green_arch: no reference; red_tower: no train photo
    def keep(line):
        gone = [f"blue_dome_{i:03d}" for i in (1, 2, 3)] + [f"red_tower_{i:03d}" for i in range(4)]
        return not any(name in line for name in gone)

    edit(folder, "manifest", lambda lines: list(filter(keep, lines)))
    edit(folder, "references", lambda lines: [row for row in lines if keep(row) and "green_arch" not in row])
    edit(folder, "landmarks", lambda lines: [row.replace("-33.8527,151.21", ",") for row in lines])
    no_train, single, no_references, few, no_position = Manifest.read(folder).warnings
    assert no_train.startswith("1 landmark(s) with no train photo: red_tower. It cannot be recognized")
    assert single.startswith("1 landmark(s) with a single train photo: blue_dome.")
    assert no_references.startswith("1 landmark(s) with no references: green_arch. It cannot be cleaned. Add")
    assert few.startswith("1 landmark(s) with under 3 references: blue_dome. Add")
    assert no_position.startswith("1 landmark(s) with no position: yellow_pyramid.")


def test_empty_names_come_from_the_landmarks(folder):
    table = pd.read_csv(folder / "manifest.csv", dtype=str, keep_default_na=False)
    table.drop(columns=["landmark_name", "region"]).to_csv(folder / "manifest.csv", index=False)
    manifest = Manifest.read(folder)
    assert manifest.photos.loc[0, ["landmark_name", "region"]].tolist() == ["Blue Dome", "north"]
    assert manifest.photos["region"].iloc[-1] == ""  # a distractor has none
    assert manifest.regions == ("north", "south")


def test_zero_zero_is_no_position(folder):
    add_position("0", "0.0")(folder)
    assert Manifest.read(folder).photos["lat"].isna().all()
