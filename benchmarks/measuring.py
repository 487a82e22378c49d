"""What the benchmarks share: fixed cores, ways that take turns, rows of the table, and their machine.

A script measures sightlab beside what a user would take instead, prints its rows, and with `--out` writes
them as JSON for `run_all.py`, which puts the rows of all scripts into one table.
"""

import argparse
import json
import os
import statistics
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter


@dataclass(frozen=True)
class Row:
    """One line of the table: sightlab and a rival, measured in the same rounds."""

    what: str  # the job
    ours: float | None  # in `unit`; None: not measured
    rival: str  # what would be taken instead
    theirs: float | None  # in `unit`; None: not measured, see note
    unit: str  # "photos/s" (more is better) or "ms" (less is better)
    ratio: float | None = None  # how many times better sightlab is: median over the rounds
    key: str = ""  # name of the ratio in results.json; "": it has none
    note: str = ""  # spread of the ratio over the rounds, or why it is missing

    def __str__(self) -> str:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f} x "
        values = f"{shown(self.ours)} against {shown(self.theirs)} {self.unit}"
        return f"{self.what}: {values} ({self.rival}) {ratio}{self.note}"


def shown(value: float | None) -> str:
    """Three digits that count, or a dash."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def parser_of(description: str, **defaults: int) -> argparse.ArgumentParser:
    """`--out`, `--threads`, `--rounds`, and a whole number for each default."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--out", type=Path, help="JSON with the rows and what they rest on")
    for name, default in {"threads": 2, "rounds": 5, **defaults}.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=_count, default=default)
    return parser


def _count(word: str) -> int:
    if not word.isdigit() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} is not a whole number of at least 1")
    return int(word)


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


def take_turns(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each round of each way; a busy minute hits all of them. One round before is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, way in ways.items():
            started = perf_counter()
            way()
            if turn:
                seconds[name].append(perf_counter() - started)
    return seconds


def times_better(ours: list[float], theirs: list[float]) -> tuple[float, str]:
    """How many times faster we are: the median over the rounds, and the middle half of them in words.

    Args:
        ours, theirs: seconds of the same work, round by round.
    """
    ratios = sorted(b / a for a, b in zip(ours, theirs, strict=True))
    low, high = ratios[len(ratios) // 4], ratios[-1 - len(ratios) // 4]
    return statistics.median(ratios), f"{low:.2f} to {high:.2f}"


def per_second(n: int, seconds: Mapping[str, list[float]]) -> dict[str, float]:
    """n over the median of the rounds, for each way."""
    return {name: n / statistics.median(values) for name, values in seconds.items()}


def milliseconds(seconds: Mapping[str, list[float]]) -> dict[str, float]:
    """Median of the rounds, for each way."""
    return {name: 1000 * statistics.median(values) for name, values in seconds.items()}


def finish(rows: list[Row], numbers: Mapping[str, object], out: Path | None) -> None:
    """Prints the rows; writes them with the numbers, the versions, the machine and the commit."""
    from sightlab.workspace import atomic_write_text, environment_record

    for row in rows:
        print(row)
    if out is not None:
        found = {"rows": [asdict(row) for row in rows], "numbers": dict(numbers)}
        found["machine"] = environment_record()
        out.parent.mkdir(parents=True, exist_ok=True)
        atomic_write_text(out, json.dumps(found, indent=2, sort_keys=True) + "\n")
