"""The reference picker: spread candidates, saved at each click, resumed, nothing left behind."""

from datetime import UTC, datetime
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sightlab.checks import InputError
from sightlab.data.manifest import Manifest
from sightlab.nets.embedding import EmbeddingTable
from sightlab.views.reference_picker import ReferenceFile, reference_picker, spread_photos


def on_circle(*degrees):
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


@pytest.fixture
def folder(tmp_path):
    """Two landmarks, eight train photos each, and a test photo; the arch has three references."""
    rows = []
    for landmark in ("arch", "tower"):
        for i in range(8):
            rows.append((f"{landmark}_{i}", landmark, "train"))
    rows.append(("tower_test", "tower", "test"))
    photos = pd.DataFrame(rows, columns=["photo_id", "landmark_id", "split"])
    photos["path"] = photos["photo_id"] + ".jpg"
    photos = photos.assign(
        landmark_name=photos["landmark_id"].str.title(), city="", country="", region="r", lat=0.0, lon=0.0
    )
    for path in photos["path"]:
        Image.new("RGB", (300, 200), (90, 120, 150)).save(tmp_path / path)
    landmarks = pd.DataFrame({"landmark_id": ["arch", "tower"], "name": ["Arch", "Tower"]})
    landmarks = landmarks.assign(city="", country="", region="r", lat=0.0, lon=0.0)
    references = pd.DataFrame({"landmark_id": "arch", "photo_id": ["arch_0", "arch_1", "arch_2"]})
    references.to_csv(tmp_path / "references.csv", index=False)
    table = EmbeddingTable(photos["photo_id"].to_numpy(str), on_circle(*range(0, 170, 10)))
    return Manifest(tmp_path, photos, landmarks, references), table


@pytest.fixture
def picker(folder):
    manifest, table = folder
    widget = reference_picker(table, manifest, manifest.root / "references.csv", who="ann", n_candidates=4)
    yield widget
    widget.close()


def stored(manifest):
    return pd.read_csv(manifest.root / "references.csv", dtype=str, keep_default_na=False)


def test_candidates_by_hand():
    # nearest to the mean of 0, 10, 20, 90: 20; then the furthest, 90; then 0, which is furthest from both
    assert spread_photos(on_circle(0, 10, 20, 90), 3).tolist() == [2, 3, 0]
    assert spread_photos(on_circle(0, 10, 20, 90), 9).tolist() == [2, 3, 0, 1]
    assert spread_photos(on_circle(5), 1).tolist() == [0]
    with pytest.raises(InputError, match="spread_photos needs a photo"):
        spread_photos(np.empty((0, 2), np.float32), 1)


def test_photos_that_are_the_same_are_offered_once_each():
    assert sorted(spread_photos(on_circle(0, 0, 0), 3).tolist()) == [0, 1, 2]


def test_it_opens_at_the_first_landmark_with_too_few(picker):
    assert picker.landmark.value == "tower"
    assert len(picker.buttons) == 4
    assert all(name.startswith("tower_") and name != "tower_test" for name in picker.buttons)
    assert "<b>0</b> references, pick 3 more" in picker.status.value
    assert "1 of 2 landmarks" in picker.status.value


def test_every_click_is_saved_at_once_with_who_and_when(picker, folder):
    manifest, _ = folder
    name, button = next(iter(picker.buttons.items()))
    button.value = True
    row = stored(manifest).iloc[-1]
    assert row[["landmark_id", "photo_id", "picked_by"]].tolist() == ["tower", name, "ann"]
    assert abs((datetime.now(UTC) - datetime.fromisoformat(row["picked_at"])).total_seconds()) < 60
    assert stored(manifest)["photo_id"].tolist()[:3] == ["arch_0", "arch_1", "arch_2"]  # nobody's are lost
    button.value = False
    assert len(stored(manifest)) == 3
    assert picker.picked == {"arch": ["arch_0", "arch_1", "arch_2"], "tower": []}


def test_it_resumes_where_it_was_left(folder):
    manifest, table = folder
    path = manifest.root / "references.csv"
    first = reference_picker(table, manifest, path, who="ann")
    for button in list(first.buttons.values())[:2]:
        button.value = True
    picked = first.picked["tower"]
    first.close()
    again = reference_picker(table, manifest, path, who="bob")
    assert again.landmark.value == "tower"
    assert [name for name, button in again.buttons.items() if button.value] == picked
    again.close()


def test_next_goes_to_a_landmark_that_needs_some_and_says_when_all_is_done(picker):
    picker.landmark.value = "arch"
    assert [name for name, button in picker.buttons.items() if button.value] == ["arch_0", "arch_1", "arch_2"]
    picker.next.click()
    assert picker.landmark.value == "tower"
    for button in list(picker.buttons.values())[:3]:
        button.value = True
    assert "enough" in picker.status.value
    picker.next.click()
    assert "All 2 landmarks have 3 references or more" in picker.status.value


def test_more_than_five_are_told(folder):
    manifest, table = folder
    widget = reference_picker(table, manifest, manifest.root / "references.csv", who="ann", n_candidates=8)
    widget.landmark.value = "arch"
    for button in widget.buttons.values():
        button.value = True
    assert "<b>8</b> references, more than 5" in widget.status.value
    widget.close()


def test_thumbnails_are_small(picker):
    for card in picker.sheet.children:
        with Image.open(BytesIO(card.picture.value)) as photo:
            assert max(photo.size) == 150
            assert photo.size[0] > photo.size[1]


def test_the_manifest_reads_what_was_written(tmp_path):
    clock = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    file = ReferenceFile(tmp_path / "references.csv", "ann", now=lambda: clock)
    file.set("arch", "arch_1", True)
    file.set("arch", "arch_1", True)  # twice is once
    file.set("arch", "arch_9", False)  # never was
    text = (tmp_path / "references.csv").read_text()
    assert text == "landmark_id,photo_id,picked_by,picked_at\narch,arch_1,ann,2026-01-02T03:04:05+00:00\n"
    assert ReferenceFile(tmp_path / "references.csv", "bob").of("arch") == ["arch_1"]


def test_a_new_file_starts_with_the_references_of_the_manifest(folder, tmp_path):
    manifest, table = folder
    widget = reference_picker(table, manifest, tmp_path / "mine.csv", who="ann")
    assert widget.picked["arch"] == ["arch_0", "arch_1", "arch_2"]
    assert not (tmp_path / "mine.csv").exists()  # nothing was clicked
    next(iter(widget.buttons.values())).value = True
    assert len(pd.read_csv(tmp_path / "mine.csv")) == 4
    widget.close()


def test_other_columns_stay(tmp_path):
    (tmp_path / "references.csv").write_text("photo_id,landmark_id,note\narch_0,arch,sunny\n")
    ReferenceFile(tmp_path / "references.csv", "ann").set("arch", "arch_1", True)
    table = pd.read_csv(tmp_path / "references.csv", keep_default_na=False)
    assert table["note"].tolist() == ["sunny", ""]


def test_nothing_is_left_behind(folder):
    from ipywidgets.widgets.widget import _instances

    manifest, table = folder
    before = set(_instances)
    for _ in range(2):
        widget = reference_picker(table, manifest, manifest.root / "references.csv", who="ann")
        widget.landmark.value = "arch"
        assert len(set(_instances) - before) > 20
        widget.close()
        widget.close()
    assert set(_instances) == before


def test_bad_input(folder, tmp_path):
    manifest, table = folder
    with pytest.raises(InputError, match="who is empty"):
        ReferenceFile(tmp_path / "x.csv", " ")
    (tmp_path / "x.csv").write_text("photo\na\n")
    with pytest.raises(InputError, match="has no column landmark_id, photo_id"):
        ReferenceFile(tmp_path / "x.csv", "ann")
    with pytest.raises(InputError, match="needs train photos of landmarks with embeddings"):
        reference_picker(table, manifest.split("test"), tmp_path / "y.csv", "ann")
