"""Long forms: bad photos and tables, each alone in a process with bounded memory; and random damage."""

from __future__ import annotations

import multiprocessing
import os
import re
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.drawn import write_photo_folder


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
