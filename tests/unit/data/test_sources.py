"""What all sources share: what is usable, which landmarks are chosen, the folder that is written."""

import os

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sightlab.checks import InputError
from sightlab.data.sources import (
    ATTRIBUTION,
    Source,
    Subset,
    chosen_landmarks,
    plain_id,
    plain_text,
    read_attribution,
    read_source_csv,
    usable,
    write_source,
)


def draw(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (8, 12, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


def table(rows):
    return pd.DataFrame(rows, columns=["photo_id", "path", "landmark_id", "split"], dtype=str)


@pytest.fixture
def root(tmp_path):
    """Four good photos; a repeated, a missing, an empty and a broken one."""
    root = tmp_path / "theirs"
    for seed in range(4):
        draw(root / f"{seed}.png", seed)
    (root / "again.png").write_bytes((root / "1.png").read_bytes())
    (root / "empty.png").touch()
    (root / "broken.png").write_bytes((root / "2.png").read_bytes()[:100])
    return root


@pytest.fixture
def photos():
    names = ["0", "1", "2", "3", "again", "gone", "empty", "broken"]
    return table([(name, f"{name}.png", "tower", "train") for name in names])


def source_of(root, photos, left_out=None):
    photos = photos.assign(**dict.fromkeys(ATTRIBUTION, ""))
    photos.loc[photos.index[:1], ["author", "license", "title"]] = ["=Ann", "CC BY 4.0", "a\nb"]
    landmarks = pd.DataFrame(
        {"landmark_id": ["tower", "unused"], "name": ["@Tower", "Unused"], "city": "", "country": ""}
    ).assign(region="world", lat="", lon="")
    references = pd.DataFrame({"landmark_id": ["tower"] * 2, "photo_id": ["1", "nowhere"]})
    return Source(root, photos, landmarks, references, *([] if left_out is None else [left_out]))


@pytest.mark.parametrize("check", [False, True])
def test_what_cannot_be_used_is_named_with_its_reason(root, photos, check):
    kept, left_out = usable(root, photos, check)
    told = dict(zip(left_out["photo_id"], left_out["problem"], strict=True))
    broken = {"broken": told.get("broken", "")} if check else {}
    assert told == {"again": "repeats another photo", "gone": "missing", "empty": "empty file"} | broken
    assert ("broken" in told) == check
    assert kept["photo_id"].tolist() == ["0", "1", "2", "3"] + ([] if check else ["broken"])


def test_the_largest_landmarks_are_chosen_and_distractors_stay():
    rows = [
        (f"{name}{i}", "p", name, "train") for name, n in (("a", 2), ("b", 5), ("c", 3)) for i in range(n)
    ]
    photos = table([*rows, ("x", "p", "non_landmark", "test"), ("b9", "p", "b", "test")])

    def names(**subset):
        chosen = chosen_landmarks(photos, Subset(**subset), {"a": "Oz", "b": "Oz", "c": "Ur"})
        return sorted(set(chosen["landmark_id"])), len(chosen)

    assert names() == (["a", "b", "c", "non_landmark"], 12)
    assert names(n_landmarks=1) == (["b", "non_landmark"], 7)  # 5 train, 1 test, 1 distractor
    assert names(min_photos=3) == (["b", "c", "non_landmark"], 10)
    assert names(countries=("Oz",), n_landmarks=1) == (["b", "non_landmark"], 7)
    assert names(countries=("Ur",)) == (["c", "non_landmark"], 4)
    assert names(n_photos=2) == (["a", "b", "c", "non_landmark"], 8)  # 2 + 2 + 2 train, 1 test, 1 distractor
    with pytest.raises(InputError, match="Known countries: Oz, Ur"):
        names(countries=("Atlantis",))
    with pytest.raises(InputError, match="min_photos=0"):
        Subset(min_photos=0)


def test_the_written_folder_is_valid_and_its_photos_cost_no_space(root, photos, tmp_path):
    kept, left_out = usable(root, photos, check=True)
    manifest = write_source(source_of(root, kept, left_out), tmp_path / "ours")
    assert manifest.photos["photo_id"].tolist() == ["0", "1", "2", "3"]
    assert manifest.landmarks["name"].tolist() == ["Tower"]  # the unused landmark is not written
    assert manifest.references["photo_id"].tolist() == ["1"]
    assert (tmp_path / "ours/0.png").stat().st_nlink == 2  # a hard link
    assert pd.read_csv(tmp_path / "ours/left_out.csv")["problem"].tolist()[-1] != ""
    attribution = read_attribution(tmp_path / "ours", ["1", "0"])
    assert attribution["author"].tolist() == ["", "Ann"]
    assert attribution.loc[1, ["license", "title"]].tolist() == ["CC BY 4.0", "a b"]
    assert read_attribution(root, ["0"])["author"].tolist() == [""]  # nobody told


def test_photos_are_copied_where_links_are_not_possible(root, photos, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError("another disk")

    monkeypatch.setattr(os, "link", refuse)
    write_source(source_of(root, photos[:4]), tmp_path / "ours")
    assert (tmp_path / "ours/3.png").read_bytes() == (root / "3.png").read_bytes()
    assert (tmp_path / "ours/3.png").stat().st_nlink == 1


def test_into_its_own_folder_only_tables_are_written_and_never_twice(root, photos):
    before = {path.name for path in root.iterdir()}
    write_source(source_of(root, photos[:4]), root)
    names = {f"{name}.csv" for name in ("manifest", "landmarks", "references", "attribution", "left_out")}
    assert {path.name for path in root.iterdir()} == before | names
    with pytest.raises(InputError, match="nothing is overwritten"):
        write_source(source_of(root, photos[:4]), root)


def test_another_file_in_the_place_of_a_photo_is_not_touched(root, photos, tmp_path):
    place = tmp_path / "ours" / "1.png"
    place.parent.mkdir()
    place.write_bytes(b"the only photo of grandmother")
    with pytest.raises(InputError, match="another file is there"):
        write_source(source_of(root, photos[:4]), tmp_path / "ours")
    assert place.read_bytes() == b"the only photo of grandmother"
    place.write_bytes((root / "1.png").read_bytes())  # brought by an import that was interrupted
    assert len(write_source(source_of(root, photos[:4]), tmp_path / "ours")) == 4


def test_tables_that_are_refused_are_taken_away_again(root, photos, tmp_path):
    source = source_of(root, photos[:4].assign(split=["train", "tune", "test", "trian"]))
    with pytest.raises(InputError, match="unknown split"):
        write_source(source, tmp_path / "ours")
    assert not list((tmp_path / "ours").glob("*.csv"))


def test_a_link_out_of_the_folder_is_left_out(root, photos, tmp_path):
    (root / "0.png").rename(tmp_path / "outside.png")
    (root / "0.png").symlink_to(tmp_path / "outside.png")
    _, left_out = usable(root, photos, check=True)
    told = dict(zip(left_out["photo_id"], left_out["problem"], strict=True))
    assert told["0"] == "links out of the folder"


def test_a_source_without_photos_is_refused_with_what_was_left_out(root, photos, tmp_path):
    kept, left_out = usable(root, photos[5:6])
    with pytest.raises(InputError, match="left out: 1 missing"):
        write_source(source_of(root, kept.reindex(range(0)), left_out), tmp_path / "ours")
    assert not (tmp_path / "ours").exists()


def test_names_become_ids_that_are_never_equal():
    used = set()
    names = ["Tour Eiffel", "tour-eiffel", "Café", "東京", "../../etc", "non_landmark"]
    assert [plain_id(name, used) for name in names] == [
        "tour_eiffel", "tour_eiffel_2", "cafe", "photo", "etc", "non_landmark_2"]  # fmt: skip


def test_text_of_strangers_is_one_line_and_no_formula():
    assert plain_text("=cmd|'/C calc'!A0\n\0b") == "cmd|'/C calc'!A0 b"
    assert plain_text("@ann") == "ann"
    assert plain_text("Côte d'Azur") == "Côte d'Azur"


def test_a_table_that_is_none_is_refused(tmp_path):
    with pytest.raises(InputError, match="there is none"):
        read_source_csv(tmp_path / "a.csv", ["id"])
    (tmp_path / "a.csv").write_bytes(b"id\n\xff\xfe")
    with pytest.raises(InputError, match="UTF-8"):
        read_source_csv(tmp_path / "a.csv", ["id"])
    (tmp_path / "a.csv").write_text("name\nx\n")
    with pytest.raises(InputError, match="missing: id"):
        read_source_csv(tmp_path / "a.csv", ["id"])
