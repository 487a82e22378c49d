"""Starting jobs, ending them at any moment, and comparing what they leave with an undisturbed run."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import time
from pathlib import Path

import numpy as np
import pandas as pd

from tests.faults import jobs
from tests.faults.jobs import NEVER, Trigger

# What may differ between two runs of the same: when, how long, and on which commit of a changing checkout.
_RUN_FACTS = ("created", "seconds", "timing", "commit", "seconds_total", "made")
_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(["tests.faults.jobs"])  # imports once; each job then starts at once


def start(job: str, photos: Path, root: Path, trigger: Trigger = NEVER, counted: Path | None = None):
    """The process of a job, started."""
    process = _server.Process(target=jobs.work, args=(job, photos, root, trigger, counted), daemon=True)
    process.start()
    return process


def finish(process) -> int:
    """Its exit code, when it has ended."""
    process.join(300)
    if process.exitcode is None:
        process.kill()
        raise TimeoutError("the job hangs")
    return process.exitcode


def do(job: str, photos: Path, root: Path, trigger: Trigger = NEVER, counted: Path | None = None) -> int:
    """Exit code of a job that runs to its end, or to its trigger."""
    return finish(start(job, photos, root, trigger, counted))


def kill_after(job: str, photos: Path, root: Path, seconds: float) -> int:
    """Exit code of a job that is killed from outside after a time, unless it was faster."""
    process = start(job, photos, root)
    process.join(seconds)
    if process.exitcode is None:
        process.kill()
    return finish(process)


def undisturbed(job: str, photos: Path, folder: Path) -> tuple[dict[str, str], int, float]:
    """What a job leaves that nobody disturbs; how many changes it makes, and how many seconds it takes."""
    started = time.perf_counter()
    code = do(job, photos, folder / "whole", counted=folder / "changes.txt")
    if code != 0:
        raise RuntimeError(f"{job} ended with {code} though nobody disturbed it")
    seconds = time.perf_counter() - started
    return contents(folder / "whole"), int((folder / "changes.txt").read_text()), seconds


def train_beside(photos: Path) -> None:
    """A model of these photos in trained/ beside them: what the job `recognize` answers with."""
    if do("run", photos, photos.parent / "trained") != 0:
        raise RuntimeError("no model could be trained")


def contents(root: Path) -> dict[str, str]:
    """Every file of a workspace with a digest of what it says; temporary files and half artefacts too.

    Locks and logs (one more for every start) are no results.
    """
    files = [path for path in sorted(root.rglob("*")) if path.is_file() and path.suffix != ".lock"]
    files = [path for path in files if path.relative_to(root).parts[0] != "logs"]
    return {path.relative_to(root).as_posix(): _digest(path) for path in files}


def _digest(path: Path) -> str:
    if path.suffix == ".json":
        said = json.dumps(_without_run_facts(json.loads(path.read_text(encoding="utf-8")))).encode()
    elif path.suffix == ".parquet":
        table = pd.read_parquet(path)
        said = table.drop(columns="seconds", errors="ignore").to_csv().encode()
    elif path.suffix == ".safetensors":
        said = _tensors(path)
    else:
        said = path.read_bytes()
    return hashlib.sha256(said).hexdigest()[:16]


def _without_run_facts(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_run_facts(own) for key, own in value.items() if key not in _RUN_FACTS}
    return value


def _tensors(path: Path) -> bytes:
    """Names and numbers; the library writes its metadata in any order."""
    from safetensors import safe_open

    with safe_open(path, framework="np") as file:
        names = sorted(file.keys())
        numbers = b"".join(np.ascontiguousarray(file.get_tensor(name)).tobytes() for name in names)
        return json.dumps([names, sorted((file.metadata() or {}).items())]).encode() + numbers
