"""A tiny Google Landmarks v2, laid out as the real one."""

import numpy as np
import pytest
from PIL import Image

from sightlab.checks import InputError
from sightlab.data.manifest import NON_LANDMARK
from sightlab.data.sources import Subset, read_attribution, write_source
from sightlab.data.sources_gldv2 import gldv2, photo_path

TRAIN = {"17": 6, "203": 4, "9": 1}  # photos of each landmark


def photo_id(number: int) -> str:
    return f"{number * 2654435761 % 2**64:016x}"


def draw(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (8, 12, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def folder(tmp_path):
    root, n = tmp_path / "gldv2", 0
    train, clean, attribution = (
        ["id,url,landmark_id"],
        ["landmark_id,images"],
        ["id,url,author,license,title"],
    )
    for landmark, count in TRAIN.items():
        ids = [photo_id(n + i) for i in range(count)]
        n += count
        train += [f"{one},https://example.org/{one},{landmark}" for one in ids]
        clean.append(f"{landmark},{' '.join(ids[: count - 1])}")
        attribution += [f'{one},https://example.org/{one},@ann {landmark},CC BY 2.0,"A, b"' for one in ids]
        for number, one in enumerate(ids):
            draw(root / "train" / photo_path(one), n * 100 + number)
    solution = ["id,landmarks,Usage"]
    for number, (landmarks, usage) in enumerate(
        [
            ("17", "Public"),
            ("203 17", "Private"),
            ("", "Private"),
            ("", "Public"),
            ("17", "Ignored"),
            ("9", "Private"),
        ]
    ):
        one = photo_id(1000 + number)
        solution.append(f"{one},{landmarks},{usage}")
        draw(root / "test" / photo_path(one), 5000 + number)
    categories = ["landmark_id,category", "17,http://commons.wikimedia.org/wiki/Category:Eiffel_Tower"]
    categories.append("203,http://commons.wikimedia.org/wiki/Category:%3DCaf%C3%A9")
    (root / "metadata").mkdir()
    tables = {"train": train, "train_clean": clean, "train_attribution": attribution}
    tables |= {"recognition_solution_v2.1": solution, "train_label_to_category": categories}
    for name, lines in tables.items():
        (root / "metadata" / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return root


def test_a_photo_lies_under_its_first_three_digits():
    assert photo_path("0123456789abcdef") == "0/1/2/0123456789abcdef.jpg"
    for bad in ("", "0123", "../../etc/passwd", "0123456789ABCDEF"):
        with pytest.raises(InputError, match="16 hex digits"):
            photo_path(bad)


def test_all_of_it(folder, tmp_path):
    manifest = write_source(gldv2(folder), tmp_path / "out")
    photos = manifest.photos
    assert photos["split"].value_counts().to_dict() == {"train": 11, "test": 3, "tune": 2}
    tune = photos[photos["split"] == "tune"]
    assert sorted(tune["landmark_id"]) == ["17", NON_LANDMARK]  # public; one of them without a landmark
    assert sorted(photos[photos["split"] == "test"]["landmark_id"]) == ["203", "9", NON_LANDMARK]
    names = dict(zip(manifest.landmarks["landmark_id"], manifest.landmarks["name"], strict=True))
    assert names == {"17": "Eiffel Tower", "203": "Café", "9": "landmark 9"}
    assert manifest.regions == ("world",)
    # 5 clean photos of landmark 17 give 4 references, 3 of 203 give 3, none of 9
    assert manifest.references["landmark_id"].value_counts().to_dict() == {"17": 4, "203": 3}
    train_id = photos.loc[photos["landmark_id"] == "17", "photo_id"].iloc[0]
    found = read_attribution(tmp_path / "out", [train_id]).iloc[0]
    assert (found["author"], found["license"], found["title"]) == ("ann 17", "CC BY 2.0", "A, b")


def test_a_part_of_it_counts_what_is_missing_or_corrupt(folder):
    lost = folder / "train" / photo_path(photo_id(0))
    lost.unlink()
    corrupt = folder / "train" / photo_path(photo_id(1))
    corrupt.write_bytes(corrupt.read_bytes()[:60])
    source = gldv2(folder, Subset(n_landmarks=2), clean_only=True, check=True)
    assert source.left_out["photo_id"].tolist() == sorted([photo_id(0), photo_id(1)])
    assert source.left_out["problem"].eq("missing").sum() == 1
    # clean: 5 of landmark 17 and 3 of 203, two of them lost; test photos of the two, and two distractors
    assert source.photos["split"].value_counts().to_dict() == {"train": 6, "tune": 2, "test": 2}
    assert "1 missing" in repr(source)


def test_countries_come_from_a_table_of_places(folder, tmp_path):
    with pytest.raises(InputError, match="names no countries"):
        gldv2(folder, Subset(countries=("France",)))
    places = tmp_path / "places.csv"
    places.write_text(
        "landmark_id,country,region,lat,lon\n17,France,europe,48.858,2.294\n203,Italy,europe,,\n"
    )
    source = gldv2(folder, Subset(countries=("France",)), places)
    assert set(source.photos["landmark_id"]) == {"17", NON_LANDMARK}
    manifest = write_source(source, tmp_path / "out")
    assert manifest.landmarks[["landmark_id", "country", "region", "lat"]].to_numpy().tolist() == [
        ["17", "France", "europe", 48.858]]  # fmt: skip


def test_photos_may_lie_directly_in_the_folder_and_without_other_tables(folder):
    for part in (folder / "train").iterdir():
        part.rename(folder / part.name)
    (folder / "train").rmdir()
    (folder / "metadata/train.csv").rename(folder / "train.csv")
    for left in (folder / "metadata").iterdir():
        left.unlink()
    source = gldv2(folder)
    assert len(source.photos) == 11
    assert source.references.empty
    assert (source.photos["author"] == "").all()


@pytest.mark.parametrize("bad", ["../../etc/passwd", "0123", "0123456789abcdeg"])
def test_an_id_that_is_none_is_refused(folder, bad):
    train = folder / "metadata/train.csv"
    train.write_text(train.read_text() + f"{bad},https://example.org,17\n")
    with pytest.raises(InputError, match="16 hex digits"):
        gldv2(folder)


def test_without_its_tables_it_is_refused(folder):
    (folder / "metadata/train_clean.csv").unlink()
    with pytest.raises(InputError, match="train_clean"):
        gldv2(folder, clean_only=True)
    (folder / "metadata/train.csv").unlink()
    with pytest.raises(InputError, match="sightlab fetch gldv2"):
        gldv2(folder)
