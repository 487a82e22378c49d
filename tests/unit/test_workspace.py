import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.workspace import Workspace, artefact_key, save_table

KEY = "0123456789abcdef"


@dataclass(frozen=True)
class Config:
    rate: float = 0.5


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "ws")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def start_python(code: str, *arguments) -> subprocess.Popen:
    """A second process that runs `code`; wait with `wait_for` until it got somewhere."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(path: Path, process: subprocess.Popen, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not path.exists():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < end, "the other process took too long"
        time.sleep(0.02)


def test_opening_makes_the_layout(workspace):
    assert {p.name for p in workspace.root.iterdir()} == {"artefacts", "results", "figures", "models", "logs"}
    assert repr(workspace) == f"Workspace: 0 artefacts in {workspace.root}"


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "ws").write_text("")
    with pytest.raises(InputError, match="expected a folder that can be written"):
        Workspace(tmp_path / "ws")


def test_write_stores_files_and_record(workspace):
    assert not workspace.has("embed", KEY)
    path = workspace.write(
        "embed", KEY, lambda folder: (folder / "a.txt").write_text("x"), {"settings": Config(), "seed": 3}
    )
    assert path == workspace.folder("embed", KEY) == workspace.root / "artefacts" / "embed" / KEY
    assert workspace.has("embed", KEY)
    assert names(workspace.root) == ["a.txt", "record.json"]
    record = workspace.record("embed", KEY)
    assert record["settings"] == {"rate": 0.5}
    assert record["seed"] == 3
    assert (record["step"], record["key"]) == ("embed", KEY)
    assert record["versions"]["python"].startswith("3.")
    assert record["seconds"] >= 0
    assert {"commit", "created", "platform"} <= set(record)


def test_a_complete_artefact_is_not_written_again(workspace):
    workspace.write("embed", KEY, lambda folder: (folder / "a").write_text("first"), {})
    path = workspace.write("embed", KEY, lambda folder: pytest.fail("called"), {})
    assert (path / "a").read_text() == "first"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_a_writer_that_fails_leaves_nothing(workspace, error):
    def writer(folder):
        (folder / "half").write_text("x")
        raise error

    with pytest.raises(error):
        workspace.write("embed", KEY, writer, {})
    assert not workspace.has("embed", KEY)
    assert list((workspace.root / "artefacts" / "embed").iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk that is always full")
def test_a_full_disk_is_said_and_leaves_nothing(workspace):
    def writer(folder):
        (folder / "half").write_text("x")
        (folder / "big").symlink_to("/dev/full")
        (folder / "big").write_bytes(b"0" * 100_000)

    with pytest.raises(InputError, match=f"disk is full: writing {KEY} .* MiB free"):
        workspace.write("embed", KEY, writer, {})
    assert list((workspace.root / "artefacts" / "embed").iterdir()) == []


KILLED_WRITER = """
import sys, time
from pathlib import Path
from sightlab.workspace import Workspace
def writer(folder):
    (folder / "half").write_text("x" * 1000)
    Path(sys.argv[2]).write_text(folder.name)
    time.sleep(600)
Workspace(sys.argv[1]).write("embed", "0123456789abcdef", writer, {})
"""


def test_kill_9_in_the_middle_of_a_write_leaves_nothing_half(workspace, tmp_path):
    process = start_python(KILLED_WRITER, workspace.root, tmp_path / "started")
    wait_for(tmp_path / "started", process)
    step = workspace.root / "artefacts" / "embed"
    assert len(list(step.glob(".*/half"))) == 1  # it was in the middle
    assert not Workspace(workspace.root).has("embed", KEY)
    assert len(list(step.glob(".*/half"))) == 1  # opening beside a living writer does not disturb it
    process.kill()
    process.communicate()
    assert not workspace.has("embed", KEY)
    assert not workspace.folder("embed", KEY).exists()
    again = Workspace(workspace.root)
    assert list(step.iterdir()) == []  # opening has cleared the rest
    path = again.write("embed", KEY, lambda folder: (folder / "whole").write_text("x"), {})
    assert names(path) == ["record.json", "whole"]


KILLED_LATE = """
import os, signal, sys
from sightlab import workspace
def killed(folder):
    os.kill(os.getpid(), signal.SIGKILL)
workspace.sync_tree = killed  # after record.json, before the rename
writer = lambda folder: (folder / "a").write_text("x")
workspace.Workspace(sys.argv[1]).write("embed", "0123456789abcdef", writer, {})
"""


def test_kill_9_just_before_the_rename_leaves_no_artefact(workspace):
    process = start_python(KILLED_LATE, workspace.root)
    _, complaint = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, complaint
    assert len(list((workspace.root / "artefacts" / "embed").glob(".*/record.json"))) == 1
    assert not workspace.has("embed", KEY)
    assert repr(Workspace(workspace.root)).startswith("Workspace: 0 artefacts")


def test_the_faster_of_two_equal_writers_wins_and_both_return(workspace):
    def writer(folder):
        (folder / "who").write_text("slow")
        workspace.write("embed", KEY, lambda other: (other / "who").write_text("fast"), {})

    path = workspace.write("embed", KEY, writer, {})
    assert (path / "who").read_text() == "fast"
    assert [p.name for p in path.parent.iterdir()] == [KEY]


def test_a_folder_without_record_is_no_artefact_and_is_replaced(workspace):
    workspace.folder("embed", KEY).mkdir(parents=True)
    (workspace.folder("embed", KEY) / "half").write_text("x")
    assert not workspace.has("embed", KEY)
    path = workspace.write("embed", KEY, lambda folder: (folder / "whole").write_text("x"), {})
    assert names(path) == ["record.json", "whole"]


def test_partial_survives_and_finishes(workspace):
    folder = workspace.partial("embed", KEY)
    (folder / "shard_0").write_text("x")
    (folder / f".shard_1.{2**22 + 1}.abc.tmp").write_text("of a killed process")
    assert not workspace.has("embed", KEY)
    assert Workspace(workspace.root).partial("embed", KEY) == folder
    assert names(folder) == ["shard_0"]
    path = workspace.finish("embed", KEY, {"seconds": 12.5})
    assert names(path) == ["record.json", "shard_0"]
    assert workspace.record("embed", KEY)["seconds"] == 12.5
    assert not folder.exists()
    workspace.partial("embed", KEY)
    assert workspace.finish("embed", KEY, {}) == path  # already complete: kept as it is
    assert workspace.record("embed", KEY)["seconds"] == 12.5


def test_finish_and_record_without_anything_say_what_to_do(workspace):
    with pytest.raises(InputError, match=r"Call partial\(\)"):
        workspace.finish("embed", KEY, {})
    with pytest.raises(InputError, match="Run its step first"):
        workspace.record("embed", KEY)


def test_work_that_is_discarded_leaves_nothing_and_its_place_is_free(workspace):
    folder = workspace.partial("embed", KEY)
    (folder / "part").write_text("half")
    workspace.discard("embed", KEY)
    assert not folder.exists()
    assert not workspace.has("embed", KEY)
    code = (
        "import sys; from sightlab.workspace import Workspace; Workspace(sys.argv[1]).partial(*sys.argv[2:])"
    )
    subprocess.run([sys.executable, "-c", code, str(workspace.root), "embed", KEY], check=True)


@pytest.mark.parametrize("bad", ["", "..", "a/b", ".hidden", "a b", "/etc"])
def test_names_that_leave_the_workspace_are_refused(workspace, bad):
    with pytest.raises(InputError, match="letters, digits"):
        workspace.folder(bad, KEY)
    with pytest.raises(InputError, match="letters, digits"):
        workspace.has("embed", bad)


def test_table_is_made_once_and_is_the_same_from_the_store(workspace):
    calls = []

    def make():
        calls.append(1)
        return pd.DataFrame({"photo_id": ["a", "b"], "score": [0.25, np.nan]})

    first = workspace.table("clean", 1, Config(), ["k"], make)
    second = workspace.table("clean", 1, Config(), ["k"], make)
    assert len(calls) == 1
    pd.testing.assert_frame_equal(first, second)
    pd.testing.assert_frame_equal(first, make())
    assert first.attrs == second.attrs == {"key": artefact_key("clean", 1, Config(), ["k"])}
    assert workspace.record("clean", first.attrs["key"])["inputs"] == ["k"]
    workspace.table("clean", 1, Config(rate=0.6), ["k"], make)
    assert len(calls) == 3  # another setting is another table (one call was our own)


LOCK_HOLDER = """
import sys, time
from pathlib import Path
from sightlab.workspace import Workspace
with Workspace(sys.argv[1]).lock():
    Path(sys.argv[2]).write_text("")
    time.sleep(600)
"""


def test_lock_names_the_other_process_and_is_taken_over_when_it_dies(workspace, tmp_path):
    process = start_python(LOCK_HOLDER, workspace.root, tmp_path / "started")
    try:
        wait_for(tmp_path / "started", process)
        with pytest.raises(InputError, match=f"the process {process.pid} is running in it"), workspace.lock():
            pytest.fail("two runs in one workspace")
    finally:
        process.kill()
        process.communicate()
    with workspace.lock():
        assert (workspace.root / "run.lock").read_text() == f"{os.getpid()}\n"


def test_lock_is_given_back_after_an_error(workspace):
    with pytest.raises(RuntimeError), workspace.lock():
        raise RuntimeError
    with workspace.lock(), pytest.raises(InputError, match=str(os.getpid())), workspace.lock():
        pytest.fail("locked twice")


def test_tables_of_a_step_may_be_saved_beside_others(workspace):
    def writer(folder):
        save_table(folder / "photos.parquet", pd.DataFrame({"a": [1]}))

    assert names(workspace.write("embed", KEY, writer, {})) == ["photos.parquet", "record.json"]


PARTIAL_HOLDER = """
import sys, time
from pathlib import Path
from sightlab.workspace import Workspace
Workspace(sys.argv[1]).partial("embed", "0123456789abcdef")
Path(sys.argv[2]).write_text("")
time.sleep(600)
"""


def test_a_second_process_at_the_same_artefact_is_told_to_wait(workspace, tmp_path):
    process = start_python(PARTIAL_HOLDER, workspace.root, tmp_path / "started")
    try:
        wait_for(tmp_path / "started", process)
        with pytest.raises(InputError, match=r"another process is computing it\. Wait until it is finished"):
            workspace.partial("embed", KEY)
        workspace.partial("clean", KEY)  # another artefact is free
    finally:
        process.kill()
        process.communicate()
    workspace.partial("embed", KEY)  # the work of a process that died is taken over
    workspace.finish("embed", KEY, {})
    assert [path.name for path in (workspace.root / "artefacts/embed").iterdir()] == [KEY]
