"""The workspace: results on disk, keyed by what they were made from, whole or absent, never pickled.

Layout: artefacts/<step>/<key>/ with a record.json written last, results/, figures/, models/, logs/.
"""

import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from sightlab.checks import InputError
from sightlab.workspace_files import (
    atomic_write_bytes,
    atomic_write_text,
    delete_leftovers,
    delete_tree,
    explain_full_disk,
    hold,
    load_table,
    release,
    save_table,
    sync_folder,
    sync_tree,
    temporary_name,
)
from sightlab.workspace_records import artefact_key, environment_record, file_facts, now, to_plain
from sightlab.workspace_results import merge_reports, write_report

__all__ = [
    "Workspace",
    "artefact_key",
    "atomic_write_bytes",
    "atomic_write_text",
    "environment_record",
    "explain_full_disk",
    "file_facts",
    "load_table",
    "save_table",
]

_FOLDERS = ("artefacts", "results", "figures", "models", "logs")
_RECORD = "record.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


class Workspace:
    """One folder with everything that runs have made. Opening it clears what killed runs left."""

    def __init__(self, root: Path | str):
        self.root = Path(root).absolute()
        try:
            for name in _FOLDERS:
                (self.root / name).mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError, PermissionError) as error:
            raise InputError(
                f"expected a folder that can be written at {self.root}; {error.strerror}: {error.filename}. "
                "Give another workspace."
            ) from None
        for folder in (*(self.root / name for name in _FOLDERS), *(self.root / "artefacts").glob("*")):
            delete_leftovers(folder)

    def __repr__(self) -> str:
        n_artefacts = len(list((self.root / "artefacts").glob(f"*/*/{_RECORD}")))
        return f"Workspace: {n_artefacts:,} artefacts in {self.root}"

    def folder(self, step: str, key: str) -> Path:
        """Where an artefact is, or would be."""
        for value, name in ((step, "step"), (key, "key")):
            if not _NAME.fullmatch(value):
                raise InputError(f"{name} must be letters, digits, _ and -; got {value!r}. Rename it.")
        return self.root / "artefacts" / step / key

    def has(self, step: str, key: str) -> bool:
        """Whether the artefact is there and complete; asked by a step that will make it otherwise."""
        return self.holds(step, key)

    def holds(self, step: str, key: str) -> bool:
        """Whether the artefact is there and complete; asked where it may well be missing."""
        return (self.folder(step, key) / _RECORD).is_file()

    def write(self, step: str, key: str, writer: Callable[[Path], None], record: Mapping) -> Path:
        """The artefact's folder, written now unless it is already complete (then `writer` is not called).

        Args:
            step, key: which artefact; the key from `artefact_key`.
            writer: puts its files into the empty folder it is given.
            record: settings, inputs, seed; versions, commit, seconds and the date are added.
        Raises:
            InputError: the disk is full. Whatever happens, kill included, no half artefact is ever seen.
        """
        target = self.folder(step, key)
        if self.has(step, key):
            return target
        temporary = temporary_name(target)
        with explain_full_disk(target):
            try:
                temporary.mkdir(parents=True)
                start = time.perf_counter()
                writer(temporary)
                seconds = round(time.perf_counter() - start, 3)
                return self._complete(temporary, target, {"seconds": seconds, **record})
            except BaseException:  # Ctrl-C too
                delete_tree(temporary)
                raise

    def partial(self, step: str, key: str) -> Path:
        """A folder for long work that is resumed after a kill; `finish` turns it into the artefact.

        Raises:
            InputError: another process is at the same work; the disk is full.
        """
        target = self.folder(step, key)
        path = target.with_name(f"{key}.partial")
        with explain_full_disk(path):
            path.mkdir(parents=True, exist_ok=True)
            is_ours = hold(self._lock_of(target))
        if not is_ours:
            raise InputError(
                f"expected {step}/{key} in {self.root} for this process alone; another process is computing "
                "it. Wait until it is finished, then run this again: the result is read from the workspace."
            )
        delete_leftovers(path)
        return path

    def discard(self, step: str, key: str) -> None:
        """Delete the partial folder of work whose result lies elsewhere."""
        target = self.folder(step, key)
        delete_tree(target.with_name(f"{key}.partial"))
        release(self._lock_of(target))

    @staticmethod
    def _lock_of(target: Path) -> Path:
        return target.with_name(f".{target.name}.lock")

    def finish(self, step: str, key: str, record: Mapping) -> Path:
        """Turn the partial folder into the complete artefact; `record` as in `write`."""
        target = self.folder(step, key)
        path = target.with_name(f"{key}.partial")
        if self.has(step, key):
            delete_tree(path)
        elif not path.is_dir():
            raise InputError(
                f"expected shards in {path}; there is no such folder. Call partial() and fill it first."
            )
        else:
            delete_leftovers(path)
            with explain_full_disk(target):
                self._complete(path, target, record)
        release(self._lock_of(target))
        return target

    def _complete(self, folder: Path, target: Path, record: Mapping) -> Path:
        """Record last, everything on the disk, then one rename."""
        environment = environment_record()
        added = {"created": now(), "versions": environment.pop("versions"), **environment}
        place = {"step": target.parent.name, "key": target.name}
        text = json.dumps(to_plain({**added, **record, **place}), indent=1, allow_nan=False)
        (folder / _RECORD).write_text(text, encoding="utf-8")
        sync_tree(folder)
        if target.is_dir() and not (target / _RECORD).is_file():
            delete_tree(target)  # no artefact: somebody deleted its record
        try:
            os.rename(folder, target)
        except OSError:
            if not (target / _RECORD).is_file():
                raise
            delete_tree(folder)  # another process was faster, with the same key and so the same result
        sync_folder(target.parent)
        return target

    def record(self, step: str, key: str) -> dict:
        """How an artefact was made: settings, inputs, versions, seconds, commit, created, seed.

        Raises:
            InputError: there is no such artefact.
        """
        if not self.has(step, key):
            raise InputError(
                f"expected an artefact {step}/{key} in {self.root}; there is none. Run its step first."
            )
        return json.loads((self.folder(step, key) / _RECORD).read_text(encoding="utf-8"))

    def newest(self, step: str) -> dict | None:
        """The record of the artefact of a step that was made last; None without any."""
        paths = (self.root / "artefacts" / step).glob(f"*/{_RECORD}")
        found = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
        return max(found, key=lambda record: record["created"], default=None)

    def table(
        self,
        step: str,
        version: int,
        settings: object,
        inputs: Sequence[str],
        make: Callable[[], pd.DataFrame],
    ) -> pd.DataFrame:
        """A table from the store, or made now by `make` and stored; its key stands in `.attrs["key"]`."""
        key = artefact_key(step, version, settings, inputs)
        record = {"version": version, "settings": settings, "inputs": list(inputs)}
        path = self.write(step, key, lambda folder: save_table(folder / "table.parquet", make()), record)
        table = load_table(path / "table.parquet")  # also when made now, so that both ways give the same
        table.attrs["key"] = key
        return table

    def report(self, notebook: str, numbers: Mapping[str, object]) -> Path:
        """Write a notebook's numbers to results/<notebook>.json, and the commit of the code beside them.

        Args:
            notebook: its name without ending, like 07_recognition.
            numbers: flat; numbers, strings, bools; None for a number that is not defined.
        Raises:
            InputError: a nested value, NaN or infinity (named), or a key that the run itself writes.
        """
        return write_report(self.root / "results", notebook, numbers)

    def merge_results(self, profile: str, seconds: Mapping[str, float]) -> dict:
        """Merge what all notebooks reported into results/results.json, and return it.

        `commit` is that of this run; `commit_07` of the code that notebook 07 last reported with, which may
        be older.

        Args:
            profile: name of the run's profile.
            seconds: how long each notebook took, by its name or its number.
        Raises:
            InputError: two notebooks report different values under one key.
        """
        return merge_reports(self.root / "results", profile, seconds)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep the workspace for one run; the lock of a run that died is taken over.

        Raises:
            InputError: another run has it; its process number is told.
        """
        import fcntl

        # The system drops this lock when its process ends, however it ends; the number inside is for people.
        descriptor = os.open(self.root / "run.lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pid = os.read(descriptor, 20).decode().strip() or "unknown"
                raise InputError(
                    f"expected {self.root} for this run alone; the process {pid} is running in it. Wait "
                    "until it ends, stop it, or give another workspace."
                ) from None
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            yield
        finally:
            os.close(descriptor)
