"""The runner, with notebooks of a few lines executed for real."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from sightlab import notebook_kernel, notebook_runner
from sightlab.checks import InputError
from sightlab.notebook_kernel import NotebookFailed
from sightlab.notebook_runner import (
    choose_notebooks,
    duration,
    expected_seconds,
    find_notebooks,
    remembered_seconds,
    run_notebooks,
)
from sightlab.workspace import Workspace
from tests.notebooks.drawn_notebooks import write_notebook

APPEND = "from pathlib import Path\nwith (Path(WORKSPACE) / 'log.txt').open('a') as log:\n    log.write({!r})"
TELL_PID = "import os\nfrom pathlib import Path\n(Path(WORKSPACE) / 'pid').write_text(str(os.getpid()))"
SLEEP = "import time\ntime.sleep(60)"


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "notebooks"


def parameters(workspace, **more) -> dict[str, str]:
    return {"PROFILE": "photos", "PHOTOS": "/p", "WORKSPACE": str(workspace.root), **more}


def outputs(path) -> str:
    cells = nbformat.read(path, as_version=4).cells
    return "".join(o.get("text", "") for c in cells if c.cell_type == "code" for o in c.outputs)


def is_alive(pid: int) -> bool:
    """A process that ended, but whose parent has not asked for its exit code yet, is not alive."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return not Path("/proc/self").exists()  # no /proc here: the signal arrived, so it is alive


def wait_for(condition, seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def test_runs_in_order_with_parameters_and_this_python(folder, workspace):
    # written second to first; the kernel named in the second one is registered nowhere
    show = "import sys\nprint(PROFILE, PHOTOS, sys.executable)"
    second = write_notebook(folder, "02_second", APPEND.format("2"), show, kernel="no_such_kernel")
    write_notebook(folder, "01_first", APPEND.format("1"), TELL_PID)
    before = second.read_bytes()
    lines = []

    seconds = run_notebooks(folder, parameters(workspace), workspace, progress=lines.append)

    assert (workspace.root / "log.txt").read_text() == "12"
    assert list(seconds) == ["01_first", "02_second"]
    assert all(0 < s < 60 for s in seconds.values())
    assert outputs(workspace.root / "notebooks/02_second.ipynb") == f"photos /p {sys.executable}\n"
    assert second.read_bytes() == before  # the committed notebook stays without outputs
    pid = int((workspace.root / "pid").read_text())
    assert wait_for(lambda: not is_alive(pid))
    assert remembered_seconds(workspace, "photos") == {n: round(s, 1) for n, s in seconds.items()}
    assert remembered_seconds(workspace, "full") == {}
    assert any("[1/2] 01_first: starts, about" in line for line in lines)
    assert any("[2/2] 02_second: done in" in line for line in lines)


def test_a_failure_stops_the_run_and_the_next_run_continues(folder, workspace):
    # 1/0 in the third code cell that runs: parameters, injected parameters, then this one
    write_notebook(folder, "01_first", APPEND.format("1"))
    write_notebook(folder, "02_second", "1 / 0")
    write_notebook(folder, "03_third", APPEND.format("3"))
    with pytest.raises(NotebookFailed) as failure:
        run_notebooks(folder, parameters(workspace), workspace, progress=lambda line: None)

    message = str(failure.value)
    assert (failure.value.notebook, failure.value.cell, failure.value.error) == (
        "02_second",
        3,
        "ZeroDivisionError",
    )
    assert message.startswith("02_second stopped in cell In [3].\nZeroDivisionError: division by zero\n")
    assert str(workspace.root / "notebooks/02_second.ipynb") in message
    assert "again: it continues" in message
    assert (workspace.root / "log.txt").read_text() == "1"  # the third was not started
    assert list(remembered_seconds(workspace, "photos")) == ["01_first"]

    write_notebook(folder, "02_second", APPEND.format("2"))
    run_notebooks(folder, parameters(workspace), workspace, only="02,3", progress=lambda line: None)
    assert (workspace.root / "log.txt").read_text() == "123"


def test_an_input_error_is_shown_whole(folder, workspace):
    cell = "from sightlab.checks import InputError\nraise InputError('expected a\\ngot b\\ndo c')"
    write_notebook(folder, "01_first", cell)
    with pytest.raises(NotebookFailed, match="InputError: expected a\ngot b\ndo c\n") as failure:
        run_notebooks(folder, parameters(workspace), workspace, progress=lambda line: None)
    assert failure.value.error == "InputError"


def test_of_another_error_the_last_line_is_shown(folder, workspace):
    write_notebook(folder, "01_first", "raise ValueError('long\\nlonger\\nthe point')")
    with pytest.raises(NotebookFailed, match="ValueError: the point\n"):
        run_notebooks(folder, parameters(workspace), workspace, progress=lambda line: None)


def test_a_killed_process_is_explained_as_memory(folder, workspace):
    write_notebook(folder, "01_first", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(NotebookFailed, match="memory ran out"):
        run_notebooks(folder, parameters(workspace), workspace, progress=lambda line: None)


def hear_ctrl_c() -> None:
    """A shell that starts tests in the background makes them deaf to SIGINT, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_stops_the_kernel_and_its_children(folder, workspace):
    # the notebook starts a process of its own; a real Ctrl-C goes to the process that runs the notebooks
    child = (
        "import subprocess\nchild = subprocess.Popen(['sleep', '60'])\n"
        "(Path(WORKSPACE) / 'child').write_text(str(child.pid))"
    )
    write_notebook(folder, "01_first", TELL_PID, child, SLEEP)
    photos = folder.parent / "photos"
    photos.mkdir()
    for table in ("manifest", "landmarks", "references"):
        (photos / f"{table}.csv").touch()
    words = ["run", "--photos", photos, "--workspace", workspace.root, "--notebooks", folder]
    command = [sys.executable, "-m", "sightlab", *words]
    run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=hear_ctrl_c)
    files = [workspace.root / "pid", workspace.root / "child"]
    try:
        assert wait_for(lambda: all(p.is_file() and p.read_text() for p in files))
        pids = [int(p.read_text()) for p in files]
        assert all(map(is_alive, pids))
        time.sleep(0.3)  # now it sleeps in its last cell
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=30)
    finally:
        run.kill()
    assert run.returncode == 130, said
    assert "Traceback" not in said
    assert said.splitlines()[-1].startswith("Interrupted. Everything finished is kept")
    assert wait_for(lambda: not any(map(is_alive, pids)))


def test_tells_where_it_is_while_a_notebook_runs(folder, workspace, monkeypatch):
    monkeypatch.setattr(notebook_kernel, "HEARTBEAT_SECONDS", 0.2)
    notebook_runner._remember(workspace, "photos", "01_first", 1000)  # 16 min 40 s, less what has passed
    write_notebook(folder, "01_first", "import time\ntime.sleep(1)")
    lines = []
    minutes = {"01": 99}  # not looked at, since the workspace remembers
    run_notebooks(folder, parameters(workspace), workspace, progress=lines.append, expected_minutes=minutes)
    told = [line for line in lines if line.startswith("[1/1] 01_first: cell 4, ")]
    assert told, lines
    assert re.search(r" s so far, about 16 min [0-3]\d s left$", told[0])


def test_finds_the_numbered_notebooks_only(folder):
    for name in ("07_recognition", "01_photo_database", "scratch", "1_draft"):
        write_notebook(folder, name)
    assert [p.stem for p in find_notebooks(folder)] == ["01_photo_database", "07_recognition"]


def test_refuses_a_folder_without_notebooks(tmp_path):
    with pytest.raises(InputError, match=r"found none in .*--notebooks"):
        find_notebooks(tmp_path)


def test_refuses_a_number_used_twice(folder):
    write_notebook(folder, "01_a")
    write_notebook(folder, "01_b")
    with pytest.raises(InputError, match=r"01 is used by 01_a\.ipynb, 01_b\.ipynb"):
        find_notebooks(folder)


@pytest.mark.parametrize(
    ("only", "chosen"),
    [
        (None, "124"),
        ("04", "4"),
        ("4", "4"),
        ("1,04", "14"),
        (["04", "01"], "14"),
        ("02_b", "2"),
    ],
)
def test_only_chooses_by_number(only, chosen):
    notebooks = [Path("01_a.ipynb"), Path("02_b.ipynb"), Path("04_d.ipynb")]
    assert "".join(p.stem[1] for p in choose_notebooks(notebooks, only)) == chosen


@pytest.mark.parametrize("only", ["03", "4x", "104", ["01", "09"]])
def test_only_refuses_an_unknown_number(only):
    with pytest.raises(InputError, match="--only takes one of 01, 04"):
        choose_notebooks([Path("01_a.ipynb"), Path("04_d.ipynb")], only)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (372, "6 min 12 s"),
        (3599.7, "1 h 00 min"),
        (3725, "1 h 02 min"),
    ],
)
def test_duration_in_words(seconds, words):
    assert duration(seconds) == words


def test_the_last_run_is_a_better_guess_than_the_table():
    # 04: as last time; 01: 1.5 min of the table; 99 is in neither, so 2 min
    notebooks = [Path("01_a.ipynb"), Path("04_d.ipynb"), Path("99_z.ipynb")]
    expected = expected_seconds(notebooks, {"04_d": 17.0}, {"01": 1.5, "04": 35})
    assert expected == {"01_a": 90, "04_d": 17, "99_z": 120}


def test_broken_memory_of_seconds_is_no_error(workspace):
    path = workspace.root / "logs" / "notebook_seconds.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{half")
    assert remembered_seconds(workspace, "photos") == {}
