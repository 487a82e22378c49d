"""Long forms: kills at random moments, full disks, two processes at once, a clock that runs backwards."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.faults.jobs import FULL, KILLED, REFUSED, Trigger
from tests.faults.killing import contents, do, finish, kill_after, start, train_beside, undisturbed

CHAIN = 5  # kills before a job may finish
JOBS = ("embed", "cleaning", "train", "run", "recognize")


def kills(job: str) -> Callable:
    """Half of the kills before a change of the workspace, half after a time; then the job may finish.

    A process that was faster than its kill ends the chain: `tried` counts the kills that struck.
    """

    def part(photos: Path, work: Path, args) -> dict:
        rng = np.random.default_rng([args.seed, JOBS.index(job)])
        if job == "recognize":
            train_beside(photos)
        expected, n_changes, _ = undisturbed(job, photos, work)
        seconds = _seconds(job, photos, work / "again")
        struck = lost = restarts = too_late = 0
        while struck < args.moments and too_late < 5 * args.moments:
            root, code = work / f"ws{restarts}", KILLED
            for turn in range(CHAIN):
                share = rng.uniform(0, 1 / (1 + turn))  # less is left to do after each kill
                if rng.random() < 0.5:
                    code = do(job, photos, root, Trigger(1 + int(share * n_changes)))
                else:
                    code = kill_after(job, photos, root, share * seconds)
                struck += code == KILLED
                too_late += code == 0
                if code != KILLED or struck == args.moments:
                    break
            restarts += 1
            got_over_it = code in (KILLED, 0) and do(job, photos, root) == 0
            lost += not (got_over_it and contents(root) == expected)
            shutil.rmtree(root)
        return {"tried": struck, "struck": struck, "finals": restarts, "too_late": too_late, "lost": lost}

    return part


def _seconds(job: str, photos: Path, root: Path) -> float:
    """How long an undisturbed job takes whose libraries are loaded."""
    started = time.perf_counter()
    do(job, photos, root)
    return time.perf_counter() - started


def full_disk(photos: Path, work: Path, args) -> dict:
    """No space from a random change on; and, where this user may mount, a disk that is really too small."""
    rng, tried, lost, struck = np.random.default_rng([args.seed, 9]), 0, 0, 0
    for job in ("embed", "train"):
        (work / job).mkdir()
        expected, n_changes, _ = undisturbed(job, photos, work / job)
        for moment in rng.integers(1, n_changes, max(1, args.moments // 10)):
            root = work / job / f"ws{moment}"
            code = do(job, photos, root, Trigger(int(moment), "full"))
            tried, struck = tried + 1, struck + (code == FULL)
            lost += code not in (FULL, 0) or do(job, photos, root) != 0 or contents(root) != expected
        for kilobytes in (200, 400, 800):
            small = work / job / "small"
            small.mkdir(exist_ok=True)
            if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "none", small]).returncode:
                continue
            try:
                code = do(job, photos, small / "ws")
                subprocess.run(["mount", "-o", "remount,size=200m", "none", small], check=True)
                tried, struck = tried + 1, struck + (code == FULL)
                good = do(job, photos, small / "ws") == 0 and contents(small / "ws") == expected
                lost += code not in (FULL, 0) or not good
            finally:
                subprocess.run(["umount", small], check=True)
    return {"tried": tried, "struck": struck, "lost": lost}


def two_at_once(photos: Path, work: Path, args) -> dict:
    """Two processes start the same job in one workspace, the second a little later."""
    rng, tried, lost, refused = np.random.default_rng([args.seed, 10]), 0, 0, 0
    for job in ("embed", "run"):
        (work / job).mkdir()
        expected, _, _ = undisturbed(job, photos, work / job)
        seconds = _seconds(job, photos, work / job / "again")
        for _ in range(max(1, args.moments // 10)):
            root = work / job / f"ws{tried}"
            first = start(job, photos, root)
            time.sleep(float(rng.uniform(0, 0.7 * seconds)))
            second = start(job, photos, root)
            codes = [finish(first), finish(second)]
            tried, refused = tried + 1, refused + codes.count(REFUSED)
            lost += not set(codes) <= {0, REFUSED} or do(job, photos, root) != 0 or contents(root) != expected
    return {"tried": tried, "struck": refused, "lost": lost}


def clock_backwards(photos: Path, work: Path, args) -> dict:
    rng, tried, lost = np.random.default_rng([args.seed, 11]), 0, 0
    expected, n_changes, _ = undisturbed("embed", photos, work)
    job = "embed, clock backwards"
    for moment in rng.integers(1, n_changes, max(1, args.moments // 10)):
        root = work / f"ws{tried}"
        do(job, photos, root, Trigger(int(moment)))
        tried += 1
        lost += do(job, photos, root) != 0 or contents(root) != expected
    return {"tried": tried, "struck": tried, "lost": lost}
