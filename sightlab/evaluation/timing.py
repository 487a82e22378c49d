"""The speed protocol: systems that answer the same photos in turns, step by step, on fixed threads.

- Every system takes a photo from its file to its answer, cut into named steps.
- Systems take turns photo by photo, so that a busy second hits all of them.
- The first photos warm up and do not count; of the others the median and the middle 90 % are told.

Shapes: n photos that count.
Source: ours.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

from sightlab.checks import InputError, check_columns, check_count

STEPS = ("decode", "extraction", "search", "verification")
WHOLE = "whole"  # from the file to the answer

Step = tuple[str, Callable[[Any], Any]]


@dataclass(frozen=True)
class SpeedConfig:
    n_photos: int = 30  # that count; fewer say little about the spread
    n_warm_up: int = 5  # before them
    threads: int = 2  # for every library

    def __post_init__(self):
        check_count(self.n_photos, "n_photos")
        check_count(self.n_warm_up, "n_warm_up", minimum=0)
        check_count(self.threads, "threads")


def time_systems(
    systems: Mapping[str, Sequence[Step]], photos: Sequence[Any], config: SpeedConfig | None = None
) -> pd.DataFrame:
    """Milliseconds of every step of every system on every photo.

    Args:
        systems: name -> steps in order, each a name and a function of what the step before returned; the
            first is given a photo.
        photos: at least `n_warm_up + n_photos`, such as paths of files.
        config: how many, and threads.
    Returns:
        system, photo (0 is the first that counts), step, milliseconds; the step `WHOLE` is their sum.
    Raises:
        InputError: too few photos, no system, or a system without steps.
    """
    config = config or SpeedConfig()
    needed = config.n_warm_up + config.n_photos
    if len(photos) < needed:
        raise InputError(
            f"Expected {needed} photos, {config.n_warm_up} of them to warm up; got {len(photos)} in "
            "time_systems. Give more, or measure fewer."
        )
    if not systems or not all(systems.values()):
        raise InputError("Expected systems with at least one step each, in time_systems. Name the steps.")
    rows = []
    with fixed_threads(config.threads):
        for number, photo in enumerate(photos[:needed], start=-config.n_warm_up):
            for system, steps in systems.items():
                timed = _timed(steps, photo)
                if number >= 0:
                    rows += [(system, number, step, ms) for step, ms in timed]
    return pd.DataFrame(rows, columns=["system", "photo", "step", "milliseconds"])


def _timed(steps: Sequence[Step], photo: Any) -> list[tuple[str, float]]:
    value, found = photo, []
    for name, function in steps:
        started = perf_counter()
        value = function(value)
        found.append((name, 1000 * (perf_counter() - started)))
    return [*found, (WHOLE, sum(ms for _, ms in found))]


def speed_table(times: pd.DataFrame) -> pd.DataFrame:
    """Median and middle 90 % of every step.

    Args:
        times: from `time_systems`.
    Returns:
        system, step, median, low, high (milliseconds; 5 % and 95 %), n.
    """
    check_columns(times, ("system", "photo", "step", "milliseconds"), "times")
    rows = []
    for (system, step), group in times.groupby(["system", "step"], sort=False):
        low, median, high = np.quantile(group["milliseconds"], [0.05, 0.5, 0.95])
        rows.append((system, step, median, low, high, len(group)))
    return pd.DataFrame(rows, columns=["system", "step", "median", "low", "high", "n"])


def speedup(times: pd.DataFrame, fast: str, slow: str) -> tuple[float, float, float]:
    """How many times faster one system answers a photo than another: median, 5 % and 95 % over the photos.

    Args:
        times: from `time_systems`; both answered the same photos in turns.
        fast, slow: names of systems.
    Raises:
        InputError: a system that was not timed.
    """
    whole = times[times["step"] == WHOLE].pivot(index="photo", columns="system", values="milliseconds")
    missing = [name for name in (fast, slow) if name not in whole]
    if missing:
        raise InputError(
            f"Expected timed systems; got {missing[0]!r}. There are: {', '.join(whole.columns)}."
        )
    ratio = (whole[slow] / whole[fast]).dropna()  # of photos that both answered; others timed more of them
    low, median, high = np.quantile(ratio, [0.05, 0.5, 0.95])
    return float(median), float(low), float(high)


@contextmanager
def fixed_threads(threads: int) -> Iterator[None]:
    """Torch and OpenCV on so many threads, everything on so many cores (where possible); all set back."""
    import cv2
    import torch

    before = torch.get_num_threads(), cv2.getNumThreads()
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    try:
        if cores is not None:
            os.sched_setaffinity(0, sorted(cores)[:threads])
        torch.set_num_threads(threads)
        cv2.setNumThreads(threads)
        yield
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])
        if cores is not None:
            os.sched_setaffinity(0, cores)
