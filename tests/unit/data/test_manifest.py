import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.data.manifest import NON_LANDMARK, SPLITS, Manifest
from sightlab.data.survey import survey_photos
from tests.drawn import write_photo_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_photo_folder(tmp_path_factory.mktemp("photos"), photos_per_landmark=8)


@pytest.fixture
def manifest(folder):
    return Manifest.read(folder)


def test_read_gives_the_three_tables(manifest, folder):
    assert manifest.root == folder
    columns = "photo_id path landmark_id landmark_name city country region lat lon split"
    assert list(manifest.photos.columns) == columns.split()
    assert list(manifest.landmarks.columns) == [
        "landmark_id",
        "name",
        "city",
        "country",
        "region",
        "lat",
        "lon",
    ]
    assert list(manifest.references.columns) == ["landmark_id", "photo_id"]
    assert len(manifest.photos) == len(manifest) == 4 * 8 + 12
    assert manifest.photos.index.equals(pd.RangeIndex(44))
    assert manifest.landmarks["landmark_id"].is_monotonic_increasing
    assert manifest.photos["lat"].isna().all()  # the file has no such columns
    assert manifest.photos["lat"].dtype == float
    assert manifest.warnings == ()


def test_what_it_shows_of_itself(manifest):
    # 8 a landmark: 4 train, 2 tune, 2 test; 12 distractors: 4 each
    assert repr(manifest) == (
        "Manifest: 44 photos (32 of 4 landmarks in 2 regions), train 20 / tune 12 / test 12"
    )
    assert manifest.landmark_ids == ("blue_dome", "green_arch", "red_tower", "yellow_pyramid")
    assert manifest.is_landmark.dtype == bool
    assert manifest.is_landmark.sum() == 32
    assert NON_LANDMARK not in manifest.landmark_ids


def test_regions_come_with_the_smallest_first(manifest):
    assert manifest.regions == ("north", "south")  # a tie goes by name
    is_dropped = (manifest.photos["photo_id"] == "green_arch_000").to_numpy()
    assert manifest.select(~is_dropped).regions == ("south", "north")
    is_tune = (manifest.photos["photo_id"] == "blue_dome_004").to_numpy()
    assert manifest.select(~is_tune).regions == ("north", "south")  # only train photos count
    assert manifest.select((manifest.photos["region"] == "south").to_numpy()).regions == ("south",)


def test_paths_are_absolute_and_exist(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    paths = Manifest.read(folder.name).paths()
    assert all(path.is_absolute() and path.is_file() for path in paths)
    assert len(paths) == 44


def test_splits_are_parts_of_the_whole(manifest):
    parts = [manifest.split(name) for name in SPLITS]
    assert sum(len(part) for part in parts) == len(manifest)
    assert all((part.photos["split"] == name).all() for part, name in zip(parts, SPLITS, strict=True))
    assert parts[1].photos.index.equals(pd.RangeIndex(12))
    assert parts[1].references is manifest.references
    with pytest.raises(InputError, match="Choose one of: train, tune, test"):
        manifest.split("validation")


def test_select_keeps_order_and_refuses_what_is_no_mask(manifest):
    mask = np.zeros(44, dtype=bool)
    mask[[3, 40]] = True
    assert manifest.select(mask).photos["photo_id"].tolist() == ["blue_dome_003", "distractor_008"]
    assert len(manifest) == 44
    for bad in (np.array([3, 40]), mask[:10], "train"):
        with pytest.raises(InputError, match="one bool for each of the 44 photos"):
            manifest.select(bad)


def test_key_follows_the_tables_not_the_place(manifest, tmp_path):
    elsewhere = Manifest.read(write_photo_folder(tmp_path / "copy", photos_per_landmark=8))
    assert elsewhere.key == manifest.key
    assert len(manifest.key) == 16
    assert manifest.split("train").key != manifest.key
    for table in ("photos", "landmarks", "references"):
        changed = getattr(manifest, table).copy()
        changed.iloc[0, 0] += "x"
        assert Manifest(**{**vars_of(manifest), table: changed}).key != manifest.key


def vars_of(manifest):
    return {name: getattr(manifest, name) for name in ("root", "photos", "landmarks", "references")}


def test_parquet_and_csv_give_the_same(folder, manifest, tmp_path):
    copy = write_photo_folder(tmp_path / "copy", photos_per_landmark=8)
    for name in ("manifest", "landmarks", "references"):
        pd.read_csv(copy / f"{name}.csv").to_parquet(copy / f"{name}.parquet")
        (copy / f"{name}.csv").unlink()
    assert Manifest.read(copy).key == manifest.key


def test_a_manifest_without_its_columns_is_refused(manifest):
    with pytest.raises(InputError, match="missing: split"):
        Manifest(**{**vars_of(manifest), "photos": manifest.photos.drop(columns="split")})


def test_photo_facts_fill_positions_and_drop_bad_photos(tmp_path):
    folder = write_photo_folder(tmp_path, photos_per_landmark=8)
    table = pd.read_csv(folder / "manifest.csv", keep_default_na=False).assign(lat="", lon="")
    table.loc[table["photo_id"] == "red_tower_004", ["lat", "lon"]] = ["12.5", "13.5"]
    table.to_csv(folder / "manifest.csv", index=False)
    (folder / "landmarks/red_tower/red_tower_000.jpg").write_text("broken")  # one of its three references
    manifest = Manifest.read(folder)
    before = manifest.photos.copy()
    better = manifest.with_photo_facts(survey_photos(manifest, progress=False))
    pd.testing.assert_frame_equal(manifest.photos, before)
    assert len(better) == 43
    assert "red_tower_000" not in set(better.photos["photo_id"])
    assert better.photos.index.equals(pd.RangeIndex(43))
    photos = better.photos.set_index("photo_id")
    assert photos.loc["red_tower_004", ["lat", "lon"]].tolist() == [12.5, 13.5]  # the table goes before EXIF
    assert photos.loc["blue_dome_004", "lat"] == pytest.approx(60.17, abs=0.01)
    assert np.isnan(photos.loc["blue_dome_000", "lat"])
    assert "red_tower_000" not in set(better.references["photo_id"])
    assert len(better.warnings) == 2
    assert "under 3 references: red_tower" in better.warnings[0]
    assert "1 reference(s) are unreadable" in better.warnings[1]
    assert better.key != manifest.key


def test_photo_facts_of_other_photos_are_refused(manifest):
    survey = survey_photos(manifest, progress=False)
    with pytest.raises(InputError, match="1 of 44 are not in it, first 'blue_dome_000'"):
        manifest.with_photo_facts(survey.iloc[1:])
    shuffled = survey.sample(frac=1, random_state=0)  # the order of the survey does not matter
    assert manifest.with_photo_facts(shuffled).key == manifest.with_photo_facts(survey).key
    with pytest.raises(InputError, match=r"all 44 .* have a problem, first: truncated"):
        manifest.with_photo_facts(survey.assign(problem="truncated"))
    with pytest.raises(InputError, match="must be unique"):
        manifest.with_photo_facts(pd.concat([survey, survey]))
