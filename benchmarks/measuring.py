"""What the benchmarks share: fixed cores, ways that take turns, and numbers written with their machine."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from time import perf_counter


def fix_threads(threads: int) -> int:
    """Gives this process the first cores only; how many it got.

    Call it before numpy and torch are imported: they read these settings once. Decoding threads, torch,
    numpy and OpenVINO then share the same cores.
    """
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))[:threads]
        os.sched_setaffinity(0, cores)
        threads = len(cores)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)
    return threads


def take_turns(ways: dict[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """Seconds of each round of each way; a busy minute hits all of them. One round before is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(repeats + 1):
        for name, way in ways.items():
            started = perf_counter()
            way()
            if turn:
                seconds[name].append(perf_counter() - started)
    return seconds


def write_numbers(numbers: dict, out: Path | None) -> None:
    """One flat JSON: the numbers, the versions, the machine and the commit; nothing if `out` is None."""
    from sightlab.workspace import atomic_write_text, environment_record

    if out is not None:
        record = environment_record()
        versions = {f"version_{name}": version for name, version in record.pop("versions").items()}
        out.parent.mkdir(parents=True, exist_ok=True)
        atomic_write_text(out, json.dumps(numbers | record | versions, indent=2, sort_keys=True) + "\n")
