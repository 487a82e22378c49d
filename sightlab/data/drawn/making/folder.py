"""The folder of a drawn world while it grows: claimed by its settings, with a journal of finished photos.

A photo is written beside its place and renamed; then its truth becomes a line of the journal. The tables are
written when every photo is there, the manifest last. So whatever stops the drawing, the manifest never names
a photo that is missing or half-written, and the next call continues after the last line of the journal.

Source: ours.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pandas as pd

from sightlab.checks import InputError
from sightlab.data.drawn.making.tables import DRAWN, all_tables, read_truth
from sightlab.workspace_files import TEMPORARY, atomic_write_text, explain_full_disk

SETTINGS, JOURNAL, LAST = "world.json", ".journal.jsonl", "manifest.csv"


class WorldFolder:
    """One folder, for as long as `claimed` holds it."""

    def __init__(self, root: Path, settings: Mapping):
        self.root, self.settings = Path(root), dict(settings)
        self._journal: IO[str] | None = None

    def holds(self, plan: pd.DataFrame) -> bool:
        """Whether this very world is there, with all its photos and tables."""
        try:
            same = (self.root / SETTINGS).read_text(encoding="utf-8") == self._as_text()
        except OSError:
            return False
        return same and self.is_complete and all((self.root / path).is_file() for path in plan["path"])

    @property
    def is_complete(self) -> bool:
        """Whether all tables are written."""
        return (self.root / LAST).is_file() and not (self.root / JOURNAL).exists()

    def _as_text(self) -> str:
        return json.dumps(self.settings, indent=1, sort_keys=True) + "\n"

    @contextmanager
    def claimed(self) -> Iterator[WorldFolder]:
        """Keeps the folder for this process; it is made if it is not there.

        Raises:
            InputError: the folder cannot be written, holds other things or a world of other settings, or
                another process is drawing in it.
        """
        descriptor = self._lock()
        try:
            self._claim(descriptor)
            yield self
        finally:
            self._close_journal()
            os.close(descriptor)

    def _lock(self) -> int:
        import fcntl

        try:
            self.root.mkdir(parents=True, exist_ok=True)
            strangers = [path.name for path in self.root.iterdir() if path.name != SETTINGS]
            if strangers and not (self.root / SETTINGS).is_file():
                raise InputError(
                    f"expected an empty folder, or one with a drawn world, at {self.root}; it holds "
                    f"{sorted(strangers)[0]!r} and no {SETTINGS}. Give the name of a new folder."
                )
            descriptor = os.open(self.root / SETTINGS, os.O_RDWR | os.O_CREAT, 0o644)
        except (FileExistsError, NotADirectoryError, PermissionError, IsADirectoryError) as error:
            raise InputError(
                f"expected a folder that can be written at {self.root}; {error.strerror}: {error.filename}. "
                "Give another folder."
            ) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise InputError(
                f"expected {self.root} for this process alone; another one is drawing in it. Wait until it "
                "ends, stop it, or give another folder."
            ) from None
        return descriptor

    def _claim(self, descriptor: int) -> None:
        ours = self._as_text()
        there = os.pread(descriptor, 1 << 16, 0).decode(errors="replace")
        if there == ours:
            return
        if not ours.startswith(there):  # a killed process may have left a beginning of it, or nothing
            raise InputError(
                f"expected a world of {_in_words(self.settings)} in {self.root}; it holds one of "
                f"{_in_words(_parsed(there))}. Give another folder, or delete that one."
            )
        with explain_full_disk(self.root / SETTINGS):
            os.pwrite(descriptor, ours.encode(), 0)
            os.fsync(descriptor)

    def finished(self) -> dict[str, dict]:
        """photo_id -> drawn facts, of photos that were finished before; also sweeps what was half-written."""
        for ending in (TEMPORARY, ".part"):
            for leftover in self.root.rglob(f".*{ending}"):
                leftover.unlink(missing_ok=True)
        facts = self._facts_of_tables()
        try:
            lines = (self.root / JOURNAL).read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return facts
        for line in lines:
            try:
                fact = json.loads(line)
                facts[fact.pop("photo_id")] = fact
            except (ValueError, KeyError, AttributeError, TypeError):
                continue  # the line that was being written when the process was killed
        return facts

    def _facts_of_tables(self) -> dict[str, dict]:
        """Of a world that was complete and has lost photos since."""
        path = self.root / "truth.csv"
        if not path.is_file():
            return {}
        truth = read_truth(path)
        return dict(zip(truth["photo_id"], truth[list(DRAWN)].to_dict("records"), strict=True))

    def add(self, photo_id: str, facts: Mapping) -> None:
        """Notes that a photo is finished."""
        with explain_full_disk(self.root / JOURNAL):
            if self._journal is None:
                self._journal = (self.root / JOURNAL).open("a", encoding="utf-8")
                self._journal.write("\n")  # ends a line that a killed process began
            self._journal.write(json.dumps({"photo_id": photo_id, **facts}) + "\n")
            self._journal.flush()

    def complete(self, plan: pd.DataFrame, drawn: Mapping[str, Mapping]) -> None:
        """Writes the tables, each whole or not at all, and forgets the journal."""
        for name, table in all_tables(plan, drawn).items():
            atomic_write_text(self.root / name, table.to_csv(index=False, lineterminator="\n"))
        self._close_journal()
        (self.root / JOURNAL).unlink(missing_ok=True)

    def _close_journal(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None


def read_settings(root: Path) -> dict:
    """The settings that a folder's world was drawn with.

    Raises:
        InputError: no such folder, no world in it, or one that is not finished.
    """
    root = Path(root)
    if not (root / SETTINGS).is_file():
        raise InputError(f"expected a drawn world in {root}; it has no {SETTINGS}. Draw one: World.build.")
    settings = _parsed((root / SETTINGS).read_text(encoding="utf-8", errors="replace"))
    if not (root / LAST).is_file():
        raise InputError(
            f"expected a finished world in {root}; its drawing was interrupted. Build it again with the same "
            f"settings ({_in_words(settings)}): it continues from there."
        )
    return settings


def _parsed(text: str) -> dict:
    try:
        settings = json.loads(text)
    except ValueError:
        return {"settings": "unreadable"}
    return settings if isinstance(settings, dict) else {"settings": "unreadable"}


def _in_words(settings: Mapping) -> str:
    return ", ".join(f"{key} {value}" for key, value in settings.items())
