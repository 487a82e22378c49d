"""Faults of a Ray cluster of two machines (on this one): processes, machines and drivers lost in it."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

from tests.faults.cluster_job import NO_START, SAYS
from tests.faults.killing import contents, do, train_beside

ROOT = Path(__file__).parents[2]
VICTIMS = ("worker", "node", "driver")


def on_cluster(job: str, photos: Path, folder: Path, victim: str) -> tuple[int, list[list[str]]]:
    """Exit code, and what the workers said: what they did, the shard, the machine, the process."""
    log = folder / f"{victim}.log"
    done = _started(job, photos, folder / "ws", log, victim)
    return done.returncode, [line.split() for line in log.read_text().splitlines()]


def spoken(*words: object) -> str:
    """What `tests.faults.cluster_job` says at its end."""
    lines = _started(*words).stdout.splitlines()
    [said] = [line.removeprefix(SAYS) for line in lines if line.startswith(SAYS)]
    return said.strip()


def _started(*words: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "tests.faults.cluster_job", *map(str, words)]
    for _ in range(3):  # a busy computer may be too slow for Ray to start
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400)
        if done.returncode != NO_START:
            break
    if done.returncode not in (0, -signal.SIGKILL):
        raise RuntimeError(done.stderr[-3000:])
    return done


def lost_on_a_cluster(photos: Path, work: Path, args) -> dict:
    """Somebody killed in the middle, the command given again where it was its own process; then compared."""
    train_beside(photos)
    tried = struck = lost = 0
    for job in ("embed", "recognize"):
        assert do(job, photos, work / job) == 0
        expected = contents(work / job)
        for victim in VICTIMS * max(1, args.moments // 25):
            folder = work / f"{job}{tried}"
            folder.mkdir()
            code, said = on_cluster(job, photos, folder, victim)
            tried += 1
            struck += code == -signal.SIGKILL or any(what == "killed" for what, *_ in said)
            if code == -signal.SIGKILL:
                code, _ = on_cluster(job, photos, folder, "nobody")
            lost += code != 0 or contents(folder / "ws") != expected
            shutil.rmtree(folder)
    return {"tried": tried, "struck": struck, "lost": lost}
