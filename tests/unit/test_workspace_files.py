import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sightlab import workspace_files
from sightlab.checks import InputError
from sightlab.workspace_files import (
    atomic_write_bytes,
    atomic_write_text,
    delete_leftovers,
    explain_full_disk,
    is_running,
    load_table,
    save_table,
    temporary_name,
)


def dead_pid():
    """A process number that was just in use and is free again."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_text_and_bytes_arrive_whole_and_leave_nothing_else(tmp_path):
    path = atomic_write_text(tmp_path / "new" / "a.txt", "Brügge\n")
    assert path.read_bytes() == "Brügge\n".encode()
    atomic_write_bytes(path, b"second")
    assert path.read_bytes() == b"second"
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]


def test_a_failed_write_keeps_the_old_content(tmp_path, monkeypatch):
    path = atomic_write_text(tmp_path / "a.txt", "old")

    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(KeyboardInterrupt):
        atomic_write_text(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_files_get_the_usual_permissions(tmp_path):
    (tmp_path / "usual").write_text("")
    path = atomic_write_text(tmp_path / "ours", "")
    assert path.stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_table_comes_back_as_it_was(tmp_path):
    table = pd.DataFrame(
        {"photo_id": ["007", "é"], "score": [0.1, np.nan], "n": [1, 2], "keep": [True, False]}
    )
    table.attrs["key"] = object()  # would not survive as JSON
    path = save_table(tmp_path / "t.parquet", table)
    pd.testing.assert_frame_equal(load_table(path), table)
    assert "key" in table.attrs
    assert [p.name for p in tmp_path.iterdir()] == ["t.parquet"]


def test_missing_and_broken_tables_say_so(tmp_path):
    with pytest.raises(InputError, match="there is none"):
        load_table(tmp_path / "t.parquet")
    (tmp_path / "t.parquet").write_text("no parquet")
    with pytest.raises(InputError, match="must be a parquet table"):
        load_table(tmp_path / "t.parquet")


def test_leftovers_of_dead_processes_go_and_those_of_living_ones_stay(tmp_path):
    mine = temporary_name(tmp_path / "key")
    mine.mkdir()
    dead = dead_pid()
    (tmp_path / f".key.{dead}.abc.tmp").mkdir()
    (tmp_path / f".key.{dead}.abc.tmp" / "shard").write_text("half")
    (tmp_path / f".a.json.{dead}.abc.tmp").write_text("half")
    (tmp_path / ".somebody.tmp").write_text("not ours")
    delete_leftovers(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {mine.name, ".somebody.tmp"}


def test_is_running():
    assert is_running(os.getpid())
    assert not is_running(dead_pid())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk that is always full")
def test_a_really_full_disk_is_explained(tmp_path):
    message = r"disk is full: writing big.npy .* MiB free at .*Free some space"
    path = tmp_path / "not yet" / "big.npy"
    np_path = tmp_path / "vectors.npy"
    np_path.symlink_to("/dev/full")
    with pytest.raises(InputError, match="disk is full"), explain_full_disk(np_path):
        np.save(np_path, np.zeros(100_000))
    with pytest.raises(InputError, match=message), explain_full_disk(path), open("/dev/full", "wb") as file:
        file.write(b"0" * 100_000)


def test_full_disk_is_recognized_in_words_and_in_causes_and_other_errors_pass(tmp_path):
    with pytest.raises(InputError, match="disk is full"), explain_full_disk(tmp_path):
        raise RuntimeError("I/O error: No space left on device (os error 28)")
    with pytest.raises(InputError, match="disk is full"), explain_full_disk(tmp_path):
        raise RuntimeError("write failed") from OSError(errno.EDQUOT, "quota")
    with pytest.raises(InputError, match="disk is full"), explain_full_disk(tmp_path):
        raise OSError("1000000 requested and 392176 written")  # numpy.save
    with pytest.raises(PermissionError), explain_full_disk(tmp_path):
        raise PermissionError(errno.EACCES, "no")
    with pytest.raises(InputError, match=r"^mine$"), explain_full_disk(tmp_path):
        raise InputError("mine") from OSError(errno.ENOSPC, "already explained")


def test_a_folder_is_deleted_for_a_reader_all_at_once(tmp_path, monkeypatch):
    (tmp_path / "checkpoint").mkdir()
    (tmp_path / "checkpoint/weights").write_text("x")
    monkeypatch.setattr(workspace_files.shutil, "rmtree", lambda *_, **__: None)  # killed before it began
    workspace_files.delete_tree(tmp_path / "checkpoint")
    assert not (tmp_path / "checkpoint").exists()
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".checkpoint.")
    monkeypatch.undo()
    workspace_files.delete_tree(left)
    workspace_files.delete_tree(tmp_path / "checkpoint")  # gone already
    assert list(tmp_path.iterdir()) == []


def test_a_lock_is_ours_until_it_is_released(tmp_path):
    lock = tmp_path / ".a.lock"
    assert workspace_files.hold(lock)
    assert workspace_files.hold(lock)  # still ours
    workspace_files.release(lock)
    assert not lock.exists()
    workspace_files.release(lock)  # not held: nothing to do
    assert workspace_files.hold(lock)
    workspace_files.release(lock)
