"""The long form of the fault tests, and the page that its figures make: RELIABILITY.md.

    python -m tests.faults.report --moments 50 --damaged 2000

Each part adds its own lines to faults.json in the folder given; the page is written from all of them, so that
a part can be repeated alone (--only).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.drawn import write_photo_folder
from tests.faults.jobs import FULL, KILLED, REFUSED, Trigger
from tests.faults.killing import contents, do, finish, kill_after, start, undisturbed

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "RELIABILITY.md"
CHAIN = 5  # kills before a job may finish
JOBS = ("embed", "cleaning", "train", "run")


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


def kills(job: str) -> Callable:
    """Half of the kills before a change of the workspace, half after a time; then the job may finish.

    A process that was faster than its kill ends the chain: `tried` counts the kills that struck.
    """

    def part(photos: Path, work: Path, args) -> dict:
        rng = np.random.default_rng([args.seed, JOBS.index(job)])
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


def bad_photos(photos: Path, work: Path, args) -> dict:
    """Every kind, the huge ones too, each in a process of its own with 2 GiB of memory and a minute."""
    from tests.faults.bad_photos import HUGE, KINDS

    kinds, lost, most = KINDS | HUGE, 0, 0
    for number, (write, told) in enumerate(kinds.values()):
        path = work / f"photo_{number}.jpg"
        write(path)
        answer = _alone(_facts, path)
        if path.is_file() and not path.is_symlink():
            path.unlink()
        is_right = answer is not None and bool(re.search(told, answer[0])) and bool(told) == bool(answer[0])
        lost += not is_right
        most = max(most, answer[1] if answer else 0)
    struck = sum(bool(told) for _, told in kinds.values())
    return {"tried": len(kinds), "struck": struck, "lost": lost, "peak_mib": most}


def bad_tables(photos: Path, work: Path, args) -> dict:
    from tests.faults.bad_tables import KINDS, OUTSIDE

    pristine = write_photo_folder(work / "pristine", photos_per_landmark=6, n_distractors=3)
    lost, most = 0, 0
    for number, (spoil, told) in enumerate(KINDS.values()):
        place = work / str(number)
        (place / OUTSIDE).mkdir(parents=True)
        shutil.copy(pristine / "landmarks/blue_dome/blue_dome_001.jpg", place / OUTSIDE / "secret.jpg")
        spoil(shutil.copytree(pristine, place / "photos"))
        answer = _alone(_read, place / "photos")
        is_right = answer is not None and bool(re.search(told, answer[0])) and bool(told) == bool(answer[0])
        lost += not is_right
        most = max(most, answer[1] if answer else 0)
        shutil.rmtree(place)
    struck = sum(bool(told) for _, told in KINDS.values())
    return {"tried": len(KINDS), "struck": struck, "lost": lost, "peak_mib": most}


def damaged(photos: Path, work: Path, args) -> dict:
    """Photos and tables with random bytes in random places: an answer in words, or a result."""
    from sightlab.checks import InputError
    from sightlab.data.manifest import Manifest
    from sightlab.data.photos import photo_facts
    from tests.faults.test_fuzz import TABLES, WHOLE, hurt

    rng, lost, struck = np.random.default_rng([args.seed, 12]), 0, 0
    folder = write_photo_folder(work / "photos", photos_per_landmark=6, n_distractors=3)
    tables = {name: (folder / f"{name}.csv").read_bytes() for name in TABLES}
    n_tables = args.damaged // 4
    for number in range(args.damaged):
        edits = [
            (float(rng.uniform(0, rng.choice((0.1, 0.99)))), rng.bytes(3)) for _ in range(rng.integers(1, 6))
        ]
        try:
            if number < n_tables:
                name = TABLES[number % 3]
                for table, whole in tables.items():
                    (folder / f"{table}.csv").write_bytes(hurt(whole, edits) if table == name else whole)
                Manifest.read(folder)
            else:
                path = work / "photo.jpg"
                path.write_bytes(
                    hurt(WHOLE[sorted(WHOLE)[number % len(WHOLE)]], edits, rng.choice((1.0, 0.6)))
                )
                struck += bool(photo_facts(path, 1_000_000)["problem"])
        except InputError:
            struck += 1
        except Exception as error:
            print(f"number {number}: {type(error).__name__}: {error}", flush=True)
            lost += 1
    return {"tried": args.damaged, "struck": struck, "lost": lost}


def _facts(path: Path) -> str:
    from sightlab.data.photos import photo_facts

    return photo_facts(path)["problem"]


def _read(folder: Path) -> str:
    from sightlab.checks import InputError
    from sightlab.data.manifest import Manifest

    try:
        Manifest.read(folder)
    except InputError as error:
        return str(error)
    return ""


def _alone(work: Callable[[Path], str], path: Path) -> tuple[str, int] | None:
    """What `work(path)` says and its peak memory in MiB; None if it crashed, hung or took over 2 GiB."""
    context = multiprocessing.get_context("forkserver")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_confined, args=(work, path, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        answer = ours.recv() if ours.poll(120) else None
    except EOFError:
        answer = None
    process.kill()
    process.join()
    return answer if answer is not None and answer[1] <= 2048 else None


def _confined(work: Callable[[Path], str], path: Path, answer) -> None:
    said = work(path)
    answer.send((said, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10))
    answer.close()
    os._exit(0)


PARTS: dict[str, Callable] = {
    "bad photos": bad_photos,
    "bad tables": bad_tables,
    "random damage": damaged,
    **{f"kill: {job}": kills(job) for job in JOBS},
    "full disk": full_disk,
    "two at once": two_at_once,
    "clock backwards": clock_backwards,
}
WORDS = {
    "bad photos": "kinds of bad or odd photo, each decoded alone",
    "bad tables": "kinds of bad or odd table, each read alone",
    "random damage": "photos and tables with random bytes in random places",
    "kill: embed": "SIGKILL while photos are embedded",
    "kill: cleaning": "SIGKILL from the survey to the verdicts of the cleaning",
    "kill: train": "SIGKILL in a curriculum of two stages",
    "kill: run": "SIGKILL from the survey to the saved model",
    "full disk": "no space left, from a random moment on or on a small disk of its own",
    "two at once": "two processes with the same work in one workspace",
    "clock backwards": "kill, and a clock that runs backwards",
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
