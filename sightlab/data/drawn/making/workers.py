"""Drawing with several processes: batches of one place each go to whoever is free.

Processes are started as programs of their own, not forked and not by `multiprocessing`: that works from
notebooks and scripts alike, whatever their main module looks like, and needs no pickle.

Source: ours.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from queue import SimpleQueue

import sightlab
from sightlab.workspace_files import explain_full_disk

BATCH = 24  # photos: few enough that all processes end together, enough to build a place once for many


def batches(rows: Sequence[Mapping]) -> list[list[Mapping]]:
    """Rows in groups of at most 24; photos of one place stay together, the largest places come first."""
    places: dict[str, list[Mapping]] = {}
    for row in rows:
        places.setdefault(row["place"], []).append(row)
    ordered = sorted(places.values(), key=len, reverse=True)
    shared = [own for own in ordered if len(own) > 1]
    single = [row for own in ordered if len(own) == 1 for row in own]
    groups = [own[i : i + BATCH] for own in shared for i in range(0, len(own), BATCH)]
    return groups + [single[i : i + BATCH] for i in range(0, len(single), BATCH)]


def draw_with_workers(
    root: Path, seed: int, rows: Sequence[Mapping], n_workers: int, depth: bool = False
) -> Iterator[tuple[str, dict]]:
    """(photo_id, drawn facts) of every row as it is finished, drawn by processes.

    Closing the iterator early, by Ctrl-C for example, stops the processes.

    Args:
        root: folder of the world.
        seed: of the world.
        rows: of the plan.
        n_workers: how many processes.
        depth: write a depth map of every photo too.
    Raises:
        InputError: the disk is full.
        ChildProcessError: a process died or could not draw a photo; the message names it.
    """
    waiting, news = deque(batches(rows)), SimpleQueue()
    workers = [_Worker(root, seed, waiting, news, depth) for _ in range(min(n_workers, len(waiting)))]
    try:
        running = len(workers)
        while running:
            kind, *facts = news.get()
            if kind == "photo":
                yield facts[0], facts[1]
            elif kind == "end":
                running -= 1
            else:
                _raise(*facts)
    finally:
        for worker in workers:
            worker.stop()


class _Worker:
    """A process and the thread that talks with it."""

    def __init__(self, root: Path, seed: int, waiting: deque, news: SimpleQueue, depth: bool):
        self._waiting, self._news, self._depth = waiting, news, depth
        self._photo = "its first photo"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sightlab.data.drawn.making.worker", str(root.absolute()), str(seed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=_environment(),
        )
        self._last_words: deque[str] = deque(maxlen=20)
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._talk, self._listen)]
        for thread in self._threads:
            thread.start()

    def _talk(self) -> None:
        try:
            while self._waiting:
                rows = self._waiting.popleft()
                self._process.stdin.write(json.dumps({"rows": rows, "depth": self._depth}) + "\n")
                self._process.stdin.flush()
                self._hear_batch()
            self._process.stdin.close()
            self._news.put(("end",))
        except IndexError:  # another worker took the last batch
            self._news.put(("end",))
        except (EOFError, BrokenPipeError, ValueError):
            self._news.put(("died", self._photo, self._why()))
        except _Failed as failed:
            self._news.put(("failed", self._photo, *failed.args))

    def _hear_batch(self) -> None:
        for line in self._process.stdout:
            message = json.loads(line)
            if "starts" in message:
                self._photo = message["starts"]
            elif "photo_id" in message:
                self._news.put(("photo", message["photo_id"], message["facts"]))
            elif "error" in message:
                raise _Failed(message["error"], message["errno"], message["filename"])
            else:
                return
        raise EOFError

    def _listen(self) -> None:
        for line in self._process.stderr:
            self._last_words.append(line.rstrip())

    def _why(self) -> str:
        code = self._process.wait()
        if code < 0:
            return f"it was ended by signal {-code}" + (" (often: memory ran out)" if code == -9 else "")
        words = f": {self._last_words[-1]}" if self._last_words else ""
        return f"it ended with exit code {code}{words}"

    def stop(self) -> None:
        """Ends the process at once, if it still runs."""
        self._process.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join(timeout=5)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            try:
                stream.close()
            except (BrokenPipeError, ValueError):
                continue  # words that nobody will read


class _Failed(Exception):
    """What a worker said when it could not draw a photo: words, errno, file."""


def _raise(photo_id: str, why: str, number: int | None = None, file: str | None = None) -> None:
    if number is not None:
        with explain_full_disk(Path(file or photo_id)):
            raise OSError(number, os.strerror(number), file)
    raise ChildProcessError(
        f"a process that draws photos stopped at {photo_id}: {why}. Everything drawn before is kept: build "
        "the world again with the same settings and it continues; workers=1 draws without further processes"
    )


def _environment() -> dict[str, str]:
    """One thread each, and the same sightlab as here."""
    own = str(Path(sightlab.__file__).resolve().parent.parent)
    paths = [own, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **threads, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}
