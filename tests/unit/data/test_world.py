"""The drawn world: the same for the same seed, however it was interrupted, and true about its photos."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.data import world as world_module
from sightlab.data.drawn.light.geometry import correspondences
from sightlab.data.drawn.making.catalog import CATALOG, SITES
from sightlab.data.drawn.making.draw import Studio
from sightlab.data.drawn.making.folder import JOURNAL
from sightlab.data.photos import open_photo, photo_facts
from sightlab.data.world import World, cache_folder, world_settings
from tests.unit.data.conftest import least

TABLES = ("manifest.csv", "landmarks.csv", "references.csv", "injected_noise.csv", "truth.csv")
BUILD = """
import sys
from pathlib import Path
from sightlab.data import world
from tests.unit.data.conftest import least
world.plan = least
world.World.build(0, "tiny", Path(sys.argv[1]), workers=2, progress=False)
"""


def files_of(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_it_is_a_photo_folder_like_any_other(little_world):
    manifest = little_world.manifest
    assert manifest.landmark_ids == ("gezira_step_pyramid", "mount_fujara")
    assert len(manifest.references) == 8
    assert [w for w in manifest.warnings if "repeat" not in w] == []
    for path in manifest.paths():
        assert photo_facts(path)["problem"] == ""


def test_several_processes_draw_the_same_bytes(least_world, tmp_path, plans_least):
    World.build(0, "tiny", tmp_path / "again", workers=2, progress=False)
    assert files_of(tmp_path / "again") == files_of(least_world.folder)


def test_a_finished_world_is_found_not_drawn(least_world, plans_least, monkeypatch):
    monkeypatch.setattr(Studio, "write", lambda *_: pytest.fail("drawn again"))
    found = World.build(0, "tiny", least_world.folder, workers=1, progress=False)
    pd.testing.assert_frame_equal(found.truth, least_world.truth)


def test_another_seed_draws_other_photos_of_the_same_places(little_world, little_plan):
    row = little_plan[little_plan["view"] == "frontal"].iloc[0].to_dict()
    one, other = Studio(0).take(row), Studio(1).take(row)
    assert one.facts["camera_x"] != other.facts["camera_x"]
    assert not np.array_equal(one.photo, other.photo)


def test_an_interrupted_world_continues_where_it_stopped(least_world, tmp_path, plans_least, monkeypatch):
    folder, original, drawn = tmp_path / "world", Studio.write, []

    def stop_at_the_sixth(studio, row, path):
        if len(drawn) == 5:
            raise KeyboardInterrupt
        drawn.append(row["photo_id"])
        return original(studio, row, path)

    monkeypatch.setattr(Studio, "write", stop_at_the_sixth)
    with pytest.raises(KeyboardInterrupt):
        World.build(0, "tiny", folder, workers=1, progress=False)
    assert not (folder / "manifest.csv").exists()
    with pytest.raises(InputError, match="its drawing was interrupted"):
        World.read(folder)
    before, drawn[:] = list(drawn), []
    monkeypatch.setattr(Studio, "write", lambda *a: drawn.append(a[1]["photo_id"]) or original(*a))
    world = World.build(0, "tiny", folder, workers=1, progress=False)
    assert sorted([*before, *drawn]) == list(world.plan["photo_id"])  # each exactly once
    assert files_of(folder) == files_of(least_world.folder)


def _wait_for(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.05)


def _workers_in(folder: Path) -> list[int]:
    """Processes that draw into a folder, from the process table."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"sightlab.data.drawn.making.worker" in words and str(folder).encode() in words:
            found.append(int(path.parent.name))
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at the process table of Linux")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_world_leaves_no_process_and_no_half_photo(least_world, tmp_path, plans_least, number):
    folder = tmp_path / "world"
    code = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n{BUILD}"
    process = subprocess.Popen([sys.executable, "-c", code, folder], stderr=subprocess.DEVNULL)
    try:
        journal = folder / JOURNAL
        _wait_for(lambda: journal.exists() and journal.read_bytes().count(b"\n") > 4)
    finally:
        process.send_signal(number)
        process.wait()
    _wait_for(lambda: not _workers_in(folder.absolute()))
    assert not (folder / "manifest.csv").exists()
    for path in folder.rglob("*.jpg"):
        open_photo(path)  # whole, or it raises
    World.build(0, "tiny", folder, workers=1, progress=False)
    assert files_of(folder) == files_of(least_world.folder)


def test_a_lost_photo_is_drawn_again(least_world, tmp_path, plans_least):
    folder = tmp_path / "world"
    shutil.copytree(least_world.folder, folder)
    (folder / least_world.plan["path"][3]).unlink()
    World.build(0, "tiny", folder, workers=1, progress=False)
    assert files_of(folder) == files_of(least_world.folder)


def test_a_full_disk_is_said_in_words(tmp_path, plans_least, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Studio, "write", full)
    with pytest.raises(InputError, match=r"the disk is full: writing .*\.jpg"):
        World.build(0, "tiny", tmp_path / "world", workers=1, progress=False)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"size": "huge"}, "size='huge' is unknown"),
        ({"seed": -1}, "seed=-1"),
        ({"size": "tiny", "workers": 0}, "workers=0"),
        ({"size": "large"}, "a large world needs the number of its photos"),
        ({"size": "large", "n_photos": -3}, "n_photos=-3"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(tmp_path, arguments, told):
    with pytest.raises(InputError, match=told):
        World.build(folder=tmp_path / "world", **arguments)
    assert not (tmp_path / "world").exists()


def test_a_folder_of_other_settings_is_refused(least_world, plans_least):
    with pytest.raises(InputError, match=r"expected a world of .*seed 5.* it holds one of .*seed 0"):
        World.build(5, "tiny", least_world.folder, workers=1, progress=False)


def test_a_world_of_an_older_version_is_refused(least_world, tmp_path, monkeypatch):
    there = world_module.VERSION
    monkeypatch.setattr(world_module, "VERSION", 99)
    with pytest.raises(InputError, match=rf"expected a world of version 99 in .*; got {there}"):
        World.read(least_world.folder)


def test_the_cache_has_a_folder_for_all_settings(monkeypatch, tmp_path):
    monkeypatch.setenv("SIGHTLAB_CACHE", str(tmp_path))
    variants = [(0, "tiny", None, False), (1, "tiny", None, False), (0, "tour", None, False)]
    variants += [(0, "large", 2000, False), (0, "large", 3000, False), (0, "tiny", None, True)]
    folders = {cache_folder(world_settings(*variant)) for variant in variants}
    assert len(folders) == len(variants)
    assert all(folder.parent == tmp_path for folder in folders)


# --- what is true about the photos


def test_read_gives_what_build_gave(little_world):
    world = World.read(little_world.folder)
    assert world.settings == little_world.settings
    assert repr(little_world) == f"World: {len(little_world.plan)} photos, tiny, seed 0"


def test_every_rightly_filed_photo_shows_its_landmark(little_world):
    truth = little_world.truth
    shown = truth[truth["true_landmark_id"] != "non_landmark"]
    assert (shown["visible_share"] > 0.005).all()
    others = truth[truth["true_landmark_id"] == "non_landmark"]
    assert (others["visible_share"] < 0.004).all()


def test_a_drawing_is_the_photo_with_its_truth(little_world):
    truth = little_world.truth
    row = truth[(truth["view"] == "side") & (truth["dirt"] == "")].iloc[0]
    drawing = little_world.drawing(row["photo_id"])
    assert drawing.depth.shape == (row["height"], row["width"])
    assert round(drawing.visible_share(row["true_landmark_id"]), 4) == row["visible_share"]
    camera = little_world.camera(row["photo_id"])
    assert camera.size == drawing.depth.shape
    assert camera.position == (row["camera_x"], row["camera_y"], row["camera_z"])
    assert np.array_equal(little_world.depth(row["photo_id"]), drawing.depth)


def test_the_camera_stands_where_its_coordinates_say(little_world):
    truth = little_world.truth
    row = truth[truth["place"] == "site/gezira"].iloc[0]
    lat, lon = SITES["gezira"].position(row["camera_x"], row["camera_y"])
    assert (row["lat"], row["lon"]) == (pytest.approx(lat, abs=1e-6), pytest.approx(lon, abs=1e-6))


def test_exif_tells_the_position_of_half_the_photos(little_world):
    truth, manifest = little_world.truth, little_world.manifest
    paths = dict(zip(manifest.photos["photo_id"], manifest.paths(), strict=True))
    for row in truth[truth["split"] != ""].itertuples():
        facts = photo_facts(paths[row.photo_id])
        assert np.isnan(facts["lat"]) == (row.gps == "")
        if row.gps == "right":  # 8 m of noise along each axis: 60 m is 7 sigma
            assert abs(facts["lat"] - row.lat) * 111_320 < 60
        assert (facts["height"], facts["width"]) == (row.height, row.width)  # after the EXIF turn


def test_graphics_have_no_camera(little_world):
    graphics = little_world.truth.query("view == 'graphic'")["photo_id"]
    assert len(graphics)
    assert little_world.camera(graphics.iloc[0]) is None
    assert little_world.drawing(graphics.iloc[0]) is None
    assert little_world.depth(graphics.iloc[0]) is None


def test_two_photos_of_one_place_correspond(little_world):
    truth = little_world.truth
    own = truth[(truth["place"] == "site/gezira") & (truth["true_landmark_id"] == "gezira_step_pyramid")]
    own = own[own["view"].isin(["frontal", "side"])]
    spots = own[["camera_x", "camera_y"]].to_numpy()
    apart = np.hypot(*(spots[:, None] - spots[None]).T) + 1e9 * np.eye(len(own))
    a, b = own["photo_id"].iloc[list(np.unravel_index(apart.argmin(), apart.shape))]  # the nearest cameras
    points = correspondences(
        little_world.drawing(a), little_world.camera(a), little_world.drawing(b), little_world.camera(b)
    )
    found = np.isfinite(points).all(axis=2)
    assert found.mean() > 0.02
    height, width = little_world.camera(b).size
    assert ((points[found] > -1) & (points[found] < [width, height])).all()
    # a pixel of the pyramid in one photo is a pixel of the pyramid in the other
    rows, columns = np.nonzero(found & (little_world.drawing(a).owner > 0))
    x, y = np.rint(points[rows, columns]).astype(int).T
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    assert inside.sum() > 100
    assert (little_world.drawing(b).owner[y[inside], x[inside]] > 0).mean() > 0.95


def test_every_landmark_in_sight_is_named(little_world):
    visible = little_world.visible
    assert set(visible["landmark_id"]) <= set(CATALOG)
    assert visible["share"].between(0, 1).all()
    truth = little_world.truth.set_index("photo_id")["visible_share"]
    main = visible.groupby("photo_id")["share"].max()
    assert (main >= truth[main.index] - 1e-9).all()


def test_an_unknown_photo_is_refused(little_world):
    with pytest.raises(InputError, match="got 'nobody'"):
        little_world.drawing("nobody")


def test_depth_maps_on_request(tmp_path, monkeypatch):
    monkeypatch.setattr(world_module, "plan", lambda *a: least(*a).groupby("view").head(1))
    world = World.build(0, "tiny", tmp_path / "world", workers=1, depth=True, progress=False)
    with_camera = world.truth[world.truth["view"] != "graphic"]["photo_id"]
    assert {p.stem for p in (tmp_path / "world" / "depth").iterdir()} == set(with_camera)
    depth = np.load(tmp_path / "world" / "depth" / f"{with_camera.iloc[0]}.npy", allow_pickle=False)
    assert np.array_equal(depth, world.depth(with_camera.iloc[0]))


def test_a_mask_is_the_owner_of_the_drawing(little_world):
    """Without drawing the photo, behind passers-by and leaves too; a graphic shows no landmark."""
    truth = little_world.truth
    shown = truth[(truth["true_landmark_id"] == "gezira_step_pyramid") & (truth["visible_share"] > 0)].head(3)
    for row in shown.itertuples():
        drawing = little_world.drawing(row.photo_id)
        mask = little_world.mask(row.photo_id, "gezira_step_pyramid")
        number = 1 + drawing.owners.index("gezira_step_pyramid")
        assert np.array_equal(mask, drawing.owner == number)
        assert mask.mean() == pytest.approx(row.visible_share, abs=1e-4)
        path = little_world.manifest.photos.set_index("photo_id")["path"].get(row.photo_id)
        if path is not None:  # of a scene there is none in the manifest
            assert open_photo(little_world.folder / path).shape[:2] == mask.shape  # upright
        assert not little_world.mask(row.photo_id, "mount_fujara").any()  # stands somewhere else
    graphics = truth.loc[truth["view"] == "graphic", "photo_id"]
    assert all(little_world.mask(photo_id, "mount_fujara") is None for photo_id in graphics.head(1))
