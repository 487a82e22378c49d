"""The folder of a world that grows: one owner, one setting, nothing half-written, and it continues."""

import json
import multiprocessing
import os

import pytest

from sightlab.checks import InputError
from sightlab.data.drawn.making.folder import JOURNAL, SETTINGS, WorldFolder, read_settings
from sightlab.data.drawn.making.plan import plan
from sightlab.data.drawn.making.tables import DRAWN

SEED_0 = {"seed": 0, "size": "tiny"}
TABLES = {"manifest.csv", "landmarks.csv", "references.csv", "injected_noise.csv", "truth.csv"}


@pytest.fixture(scope="module")
def table():
    return plan(0, "tiny")


def nothing_drawn(table) -> dict[str, dict]:
    """Facts of photos that nobody has drawn: all empty."""
    return {photo_id: dict.fromkeys(DRAWN) for photo_id in table["photo_id"]}


def test_tables_are_written_when_the_world_is_complete(tmp_path, table):
    folder = WorldFolder(tmp_path / "world", SEED_0)
    with folder.claimed():
        folder.add(table["photo_id"][0], dict.fromkeys(DRAWN))
        assert {p.name for p in folder.root.iterdir()} == {SETTINGS, JOURNAL}
        folder.complete(table, nothing_drawn(table))
    assert {p.name for p in folder.root.iterdir()} == {SETTINGS, *TABLES}
    assert read_settings(folder.root) == SEED_0


def test_it_holds_a_world_only_with_all_its_photos(tmp_path, table):
    folder = WorldFolder(tmp_path, SEED_0)
    with folder.claimed():
        folder.complete(table, nothing_drawn(table))
    assert not folder.holds(table)
    for path in table["path"]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert folder.holds(table)
    assert not WorldFolder(tmp_path, SEED_0 | {"seed": 1}).holds(table)
    (tmp_path / table["path"][5]).unlink()
    assert not folder.holds(table)


def test_it_continues_after_the_last_whole_line(tmp_path):
    folder = WorldFolder(tmp_path, SEED_0)
    with folder.claimed():
        folder.add("a", {"lat": 1.5})
        folder.add("b", {"lat": None})
    with (tmp_path / JOURNAL).open("a") as file:
        file.write('{"photo_id": "c", "la')  # killed in the middle of a line
    with folder.claimed():
        assert folder.finished() == {"a": {"lat": 1.5}, "b": {"lat": None}}
        folder.add("d", {"lat": 2})
        assert set(folder.finished()) == {"a", "b", "d"}


def test_what_was_half_written_is_swept(tmp_path):
    folder = WorldFolder(tmp_path, SEED_0)
    half = tmp_path / "landmarks" / "x" / ".x_0001.jpg.123.abcdef01.tmp"
    with folder.claimed():
        half.parent.mkdir(parents=True)
        half.touch()
        folder.finished()
    assert not half.exists()


def test_an_unfinished_world_is_not_read(tmp_path):
    folder = WorldFolder(tmp_path, SEED_0)
    with folder.claimed():
        folder.add("a", {})
    with pytest.raises(InputError, match="its drawing was interrupted"):
        read_settings(tmp_path)
    with pytest.raises(InputError, match=r"it has no world\.json"):
        read_settings(tmp_path / "nowhere")


def test_other_settings_are_refused(tmp_path):
    with WorldFolder(tmp_path, SEED_0).claimed():
        pass
    with (
        pytest.raises(
            InputError, match=r"expected a world of seed 1, size tiny in .*; it holds one of seed 0"
        ),
        WorldFolder(tmp_path, SEED_0 | {"seed": 1}).claimed(),
    ):
        pass
    assert json.loads((tmp_path / SETTINGS).read_text()) == SEED_0


@pytest.mark.parametrize("left", ["", "{", '{\n "se'])
def test_a_claim_that_was_killed_is_claimed_again(tmp_path, left):
    (tmp_path / SETTINGS).write_text(left)
    with WorldFolder(tmp_path, SEED_0).claimed():
        pass
    assert json.loads((tmp_path / SETTINGS).read_text()) == SEED_0


def test_a_folder_with_other_things_is_refused(tmp_path):
    (tmp_path / "diary.txt").write_text("dear diary")
    with (
        pytest.raises(InputError, match=r"it holds 'diary\.txt' and no world\.json"),
        WorldFolder(tmp_path, SEED_0).claimed(),
    ):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["diary.txt"]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(InputError, match="expected a folder that can be written"),
        WorldFolder(tmp_path / "file", SEED_0).claimed(),
    ):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_folder_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with (
        pytest.raises(InputError, match="expected a folder that can be written"),
        WorldFolder(tmp_path / "world", SEED_0).claimed(),
    ):
        pass


def _claim_for_good(path, claimed, end) -> None:
    with WorldFolder(path, SEED_0).claimed():
        claimed.set()
        end.wait(30)


def test_two_processes_do_not_draw_in_one_folder(tmp_path):
    context = multiprocessing.get_context("spawn")
    claimed, end = context.Event(), context.Event()
    other = context.Process(target=_claim_for_good, args=(tmp_path, claimed, end))
    other.start()
    try:
        assert claimed.wait(30)
        with (
            pytest.raises(InputError, match="another one is drawing in it"),
            WorldFolder(tmp_path, SEED_0).claimed(),
        ):
            pass
    finally:
        end.set()
        other.join()
    with WorldFolder(tmp_path, SEED_0).claimed():  # it died, so the folder is free
        pass
