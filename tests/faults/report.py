"""The long form of the fault tests, and the page that its figures make: RELIABILITY.md.

    python -m tests.faults.report --moments 50 --damaged 2000

Each part adds its own lines to faults.json in the folder given; the page is written from all of them, so that
a part can be repeated alone (--only).
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from tests.drawn import write_photo_folder
from tests.faults.parts_cluster import lost_on_a_cluster
from tests.faults.parts_inputs import bad_photos, bad_tables, damaged
from tests.faults.parts_kills import JOBS, clock_backwards, full_disk, kills, two_at_once

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "RELIABILITY.md"


def main() -> int:
    parser = argparse.ArgumentParser("tests.faults.report", description="The long form of the fault tests.")
    parser.add_argument("--moments", type=int, default=50, help="kills of each job")
    parser.add_argument("--damaged", type=int, default=2000, help="photos and tables with random damage")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=[*PARTS], action="append", help="only these parts")
    parser.add_argument("--results", type=Path, default=ROOT / "tests/faults/faults.json")
    args = parser.parse_args()
    results = json.loads(args.results.read_text()) if args.results.is_file() else {}
    with tempfile.TemporaryDirectory(prefix="sightlab-faults-") as folder:
        photos = write_photo_folder(Path(folder) / "photos", photos_per_landmark=12, n_distractors=60)
        for name in args.only or PARTS:
            if name == "cluster" and find_spec("ray") is None:
                print("cluster: left out, Ray is not installed: pip install 'sightlab[cluster]'", flush=True)
                continue
            started = time.perf_counter()
            work = Path(folder) / re.sub(r"\W+", "_", name)
            work.mkdir()
            found = PARTS[name](photos, work, args)
            results[name] = {**found, "seconds": round(time.perf_counter() - started), "seed": args.seed}
            print(f"{name}: {results[name]}", flush=True)
            shutil.rmtree(work)
            args.results.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            PAGE.write_text(page(results), encoding="utf-8")
    return 1 if sum(part["lost"] for part in results.values()) else 0


PARTS: dict[str, Callable] = {
    "bad photos": bad_photos,
    "bad tables": bad_tables,
    "random damage": damaged,
    **{f"kill: {job}": kills(job) for job in JOBS},
    "full disk": full_disk,
    "two at once": two_at_once,
    "clock backwards": clock_backwards,
    "cluster": lost_on_a_cluster,
}
WORDS = {
    "bad photos": "kinds of bad or odd photo, each decoded alone",
    "bad tables": "kinds of bad or odd table, each read alone",
    "random damage": "photos and tables with random bytes in random places",
    "kill: embed": "SIGKILL while photos are embedded",
    "kill: cleaning": "SIGKILL from the survey to the verdicts of the cleaning",
    "kill: train": "SIGKILL in a curriculum of two stages",
    "kill: run": "SIGKILL from the survey to the saved model",
    "kill: recognize": "SIGKILL while photos are recognized",
    "full disk": "no space left, from a random moment on or on a small disk of its own",
    "two at once": "two processes with the same work in one workspace",
    "clock backwards": "kill, and a clock that runs backwards",
    "cluster": "worker, machine or driver of a Ray cluster of two machines killed in embed and recognize",
}


TEMPLATE = """\
# Reliability

<!-- written by python -m tests.faults.report; do not edit -->

Faults tried: {tried:,}. Lost: {lost:,}.

*Lost* means: a crash, a hang, an answer that is neither a result nor a sentence, more than 2 GiB of memory;
or, after a kill and a new start, any file of the workspace that differs from what an undisturbed run leaves
(but for dates, durations and the commit). *Struck* means: the fault took effect before the work was done, or
was refused in words; in the others the work was faster, or the file could be read after all.

| fault | what was done | tried | struck | lost |
| --- | --- | ---: | ---: | ---: |
{rows}

{notes}
`make test-faults` repeats all of it (about an hour); `make test` tries a few of each. The jobs are small: 108
drawn photos, 64 pixels, a network of a few thousand weights. A loss of power is not tried.
"""


def page(results: dict) -> str:
    """RELIABILITY.md: every number in it comes from `results`."""
    rows = [
        f"| {name} | {WORDS[name]} | {part['tried']:,} | {part['struck']:,} | {part['lost']:,} |"
        for name, part in ((name, results[name]) for name in PARTS if name in results)
    ]
    peak = max((part.get("peak_mib", 0) for part in results.values()), default=0)
    missing = [name for name in PARTS if name not in results]
    notes = ""
    if peak:
        notes += (
            f"Largest process that read one of the bad photos or tables, libraries included: {peak:,} MiB.\n"
        )
    if missing:
        notes += f"Not measured yet: {', '.join(missing)}.\n"
    tried, lost = (sum(part[key] for part in results.values()) for key in ("tried", "lost"))
    return TEMPLATE.format(tried=tried, lost=lost, rows="\n".join(rows), notes=notes)


if __name__ == "__main__":
    raise SystemExit(main())
