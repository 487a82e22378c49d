import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sightlab.checks import InputError
from sightlab.data.manifest import NON_LANDMARK
from sightlab.data.sources import read_attribution, write_source
from sightlab.data.sources_folders import (
    CsvColumns,
    camera_roll,
    csv_folder,
    landmark_folders,
    meters_between,
    places365,
)
from sightlab.data.splits import SplitShares
from tests.drawn import save_photo

ALL_TRAIN = SplitShares(1.0, 0.0)
PLACES = pd.DataFrame(
    [("dome", "Dome", "", "", "north", "60.0", "24.0"), ("arch", "Arch", "", "", "south", "-33.0", "151.0"),
     ("lost", "Lost", "", "", "south", "", "")],
    columns=["landmark_id", "name", "city", "country", "region", "lat", "lon"],
)  # fmt: skip


def draw(path, gps=None):
    pixels = np.random.default_rng(abs(hash(str(path))) % 2**32).integers(0, 256, (8, 12, 3), dtype=np.uint8)
    return save_photo(Image.fromarray(pixels), path, gps)


# --- a folder for each landmark


@pytest.fixture
def folders(tmp_path):
    root = tmp_path / "sorted"
    for name in ("Tour Eiffel/a.jpg", "Tour Eiffel/b.jpg", "Tour Eiffel/references/c.jpg", "big_ben/x.jpg"):
        draw(root / name)
    draw(root / "non_landmarks/cat.jpg")
    draw(root / ".trash/old.jpg")
    draw(root / "loose.jpg")
    (root / "empty").mkdir()
    return root


def test_each_folder_is_a_landmark(folders, tmp_path):
    source = landmark_folders(folders, ALL_TRAIN, region="europe")
    told = dict(zip(source.photos["photo_id"], source.photos["landmark_id"], strict=True))
    assert told == {
        "tour_eiffel_a": "tour_eiffel",
        "tour_eiffel_b": "tour_eiffel",
        "tour_eiffel_c": "tour_eiffel",
        "big_ben_x": "big_ben",
        "non_landmarks_cat": NON_LANDMARK,
    }
    manifest = write_source(source, tmp_path / "out")
    assert manifest.regions == ("europe",)
    assert manifest.references["photo_id"].tolist() == ["tour_eiffel_c"]
    assert manifest.landmarks["name"].tolist() == ["big ben", "Tour Eiffel"]


def test_references_are_train_photos_whatever_is_drawn(folders):
    source = landmark_folders(folders, SplitShares(0.001, 0.0))
    splits = dict(zip(source.photos["photo_id"], source.photos["split"], strict=True))
    assert splits["tour_eiffel_c"] == "train"
    assert splits["tour_eiffel_a"] == "test"


def test_folders_without_photos_are_refused(tmp_path):
    with pytest.raises(InputError, match="a folder with photos for every landmark"):
        landmark_folders(tmp_path)
    with pytest.raises(InputError, match="a folder with photos for every landmark"):
        landmark_folders(tmp_path / "nowhere")


# --- a CSV and a folder


@pytest.fixture
def listed(tmp_path):
    for name in "abcd":
        draw(tmp_path / f"img/{name}.jpg")
    (tmp_path / "list.csv").write_text(
        "path,landmark,country,region,lat,lon,author,license,split\n"
        "img/a.jpg,Big Ben,UK,europe,51.5,-0.12,Ann,CC0,train\n"
        "img/b.jpg,Big Ben,,,,,,,test\n"
        "img/c.jpg,,,,,,=Bob,CC BY 4.0,tune\n"
        "img/d.jpg,Nile,,,,,,,\n"
        "img/gone.jpg,Nile,,,,,,,train\n"
    )
    return tmp_path / "list.csv"


def test_a_csv_names_photos_landmarks_and_authors(listed, tmp_path):
    source = csv_folder(listed, shares=ALL_TRAIN)
    assert source.left_out["problem"].tolist() == ["missing"]
    manifest = write_source(source, tmp_path / "out")
    assert manifest.photos[["photo_id", "landmark_id", "split"]].to_numpy().tolist() == [
        ["a", "big_ben", "train"], ["b", "big_ben", "test"],
        ["c", NON_LANDMARK, "tune"], ["d", "nile", "train"]]  # fmt: skip
    assert manifest.landmarks[["name", "country", "region"]].to_numpy().tolist() == [
        ["Big Ben", "UK", "europe"], ["Nile", "", "world"]]  # fmt: skip
    assert manifest.landmarks["lat"].iloc[0] == 51.5
    assert read_attribution(tmp_path / "out", ["c", "a"])["author"].tolist() == ["Bob", "Ann"]


def test_columns_may_have_other_names_and_photos_lie_elsewhere(tmp_path):
    draw(tmp_path / "photos/a.jpg")
    (tmp_path / "list.csv").write_text("file,what\na.jpg,Big Ben\n")
    source = csv_folder(tmp_path / "list.csv", CsvColumns("file", "what"), tmp_path / "photos", ALL_TRAIN)
    assert source.photos[["photo_id", "path", "landmark_id"]].to_numpy().tolist() == [
        ["a", "a.jpg", "big_ben"]
    ]


@pytest.mark.parametrize("path", ["../list.csv", "/etc/passwd", ""])
def test_a_path_out_of_the_folder_is_refused(listed, path):
    listed.write_text(listed.read_text().replace("img/a.jpg", path))
    with pytest.raises(InputError, match="1 paths leave it"):
        csv_folder(listed)


def test_a_csv_without_landmarks_is_refused(tmp_path):
    (tmp_path / "list.csv").write_text("path\na.jpg\n")
    with pytest.raises(InputError, match="missing: landmark"):
        csv_folder(tmp_path / "list.csv")


# --- a camera roll


def test_distances_equal_the_slow_way():
    # a degree of latitude is 6,371,008.8 m * pi / 180 = 111,195.08 m everywhere
    found = meters_between(
        np.array([[0.0, 0.0], [60.0, 24.0], [np.nan, np.nan]]), np.array([[1.0, 0.0], [60.0, 25.0]])
    )
    assert found[0, 0] == pytest.approx(111_195.08, abs=0.01)
    # a degree of longitude at 60 N is about half of it: the great circle is a little shorter
    assert found[1, 1] == pytest.approx(111_195.08 / 2, rel=1e-4)
    assert np.isnan(found[2]).all()


def test_a_photo_is_filed_where_its_camera_stood(tmp_path):
    roll = tmp_path / "roll"
    draw(roll / "at.jpg", gps=(60.001, 24.0))  # 111 m from the dome
    draw(roll / "between.jpg", gps=(60.01, 24.0))  # 1.1 km
    draw(roll / "far.jpg", gps=(50.0, 24.0))
    draw(roll / "south.jpg", gps=(-33.0, 151.001))  # 93 m from the arch
    draw(roll / "screenshot.jpg")
    (roll / "video.mp4").write_bytes(b"no photo")
    source = camera_roll(roll, PLACES, shares=ALL_TRAIN)
    told = dict(zip(source.photos["photo_id"], source.photos["landmark_id"], strict=True))
    assert told == {"at": "dome", "far": NON_LANDMARK, "south": "arch"}
    left_out = dict(zip(source.left_out["photo_id"], source.left_out["problem"], strict=True))
    assert left_out == {
        "between": "neither near nor far", "screenshot": "no position", "video": "not an image"}  # fmt: skip
    assert len(write_source(source, tmp_path / "out")) == 3


def test_a_camera_roll_needs_photos_and_places(tmp_path):
    with pytest.raises(InputError, match="expected photos"):
        camera_roll(tmp_path, PLACES)
    draw(tmp_path / "a.jpg")
    with pytest.raises(InputError, match="landmarks with a position"):
        camera_roll(tmp_path, PLACES[2:])
    with pytest.raises(InputError, match="far=100"):
        camera_roll(tmp_path, PLACES, far=100.0)


# --- Places365


@pytest.fixture
def places(tmp_path):
    root, lines = tmp_path / "places", []
    for i in range(20):
        name = f"Places365_val_{i:08d}.jpg"
        draw(root / "val_256" / name)
        lines.append(f"{name} {i % 2}")
    (root / "places365_val.txt").write_text("\n".join(lines) + "\n")
    (root / "categories_places365.txt").write_text("/a/abbey 0\n/b/beach 1\n")
    return root


def test_places_are_photos_of_no_landmark(places):
    source = places365(places, 5, without=["/a/abbey"])
    assert set(source.photos["landmark_id"]) == {NON_LANDMARK}
    assert len(source.photos) == 5
    assert all(int(path[-5]) % 2 == 1 for path in source.photos["path"])  # beaches have odd numbers
    assert (
        source.photos["path"].tolist() == places365(places, 5, without=["/a/abbey"]).photos["path"].tolist()
    )
    assert len(places365(places, 1000).photos) == 20


def test_places_that_are_not_there_are_refused(places, tmp_path):
    with pytest.raises(InputError, match="categories that Places365 lacks: /x"):
        places365(places, 5, without=["/x"])
    with pytest.raises(InputError, match="torchvision"):
        places365(tmp_path, 5)
