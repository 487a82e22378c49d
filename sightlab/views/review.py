"""Reviews: what people say about photos and maps, one append-only file of JSON lines a reviewer.

    log = ReviewLog(folder, reviewer="ann", model=network_key(network))
    log.press("photo_12", "wrong_object", target="difference")   # on the disk when it returns
    log.undo()                                                   # of the last press, also of an earlier day
    read_reviews(folder)                                         # what stands, of all reviewers

A line is never changed or removed: an undo is a line of its own. So a killed process loses nothing that was
pressed, and git merges two reviewers without conflict (two files) and one reviewer at two desks too (a
`.gitattributes` beside the files keeps the lines of both sides; order and repetition do not matter).
The record is described in `review_lines.py`.

Source: ours.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from sightlab.checks import InputError
from sightlab.views.review_lines import (
    ABOUT,
    VERDICT_FIELDS,
    VERDICTS,
    append_lines,
    check_record,
    file_name,
    not_undone,
    parse_record,
    read_file,
)

__all__ = ["ABOUT", "VERDICTS", "VERDICT_FIELDS", "ReviewLog", "read_reviews", "take_in"]


class ReviewLog:
    """The file of one reviewer: reads what is there, appends presses, undoes the last.

    Several processes may hold a log of the same file: lines are appended whole, under a lock, and each sees
    the lines of the others at its next call.

    Args:
        folder: of the reviews; made at the first press.
        reviewer: who presses; 1 to 60 printable characters.
        model: key of the network that the verdicts are about.
        blind: whether answer and truth are hidden from the reviewer; written beside each verdict.
    Raises:
        InputError: an impossible name, or a file that cannot be read.
    """

    def __init__(self, folder: Path | str, reviewer: str, model: str, blind: bool = False):
        self.path = Path(folder) / file_name(reviewer)
        self.reviewer, self.model, self.blind = reviewer, str(model), bool(blind)
        self.pending: list[dict] = []  # records that could not be written; the next press tries again
        self._seen: tuple[int, int] | None = None
        self._records: list[dict] = []
        self._read()

    def press(self, photo_id: str, verdict: str, target: str = "", note: str = "") -> dict:
        """Append one verdict; the record, when it is safely on the disk.

        Raises:
            InputError: an unknown verdict, or nothing could be written. What was pressed then waits in
                `pending`, and is written with the next press that succeeds.
        """
        about = {"photo_id": str(photo_id), "model": self.model, "target": target}
        return self._append(self._stamp() | about | {"verdict": verdict, "note": note, "blind": self.blind})

    def undo(self) -> dict | None:
        """Take back the newest verdict that stands; what was taken back, None if there is none.

        Raises:
            InputError: nothing could be written.
        """
        if self.pending:
            return self.pending.pop()  # it never reached the disk
        standing = self.standing()
        if not standing:
            return None
        try:
            self._append(self._stamp() | {"undoes": standing[-1]["id"]})
        except InputError:
            self.pending.clear()  # the verdict still stands; an undo is asked for again, not later by itself
            raise
        return standing[-1]

    def standing(self) -> list[dict]:
        """All presses of this reviewer that were not undone, oldest first; older ones on the same too."""
        self._read()
        return not_undone(self._records)

    def verdicts(self, target: str | None = None) -> dict[str, dict]:
        """photo_id -> the record that stands, for this model; only of one CAM target if given."""
        mine = (r for r in (*self.standing(), *not_undone(self.pending)) if r["model"] == self.model)
        return {r["photo_id"]: r for r in mine if target is None or r["target"] == target}

    def moved(self, folder: Path | str) -> ReviewLog:
        """A log in another folder, for the case that this one cannot be written; takes `pending` along."""
        other = ReviewLog(folder, self.reviewer, self.model, self.blind)
        other.pending, self.pending = self.pending, []
        if other.pending:
            other._write_pending()
        return other

    def _stamp(self) -> dict:
        """Id, reviewer and time; never before the newest record, whatever the clock does."""
        self._read()
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        newest = max((r["time"] for r in self._records), default="")
        return {"id": uuid.uuid4().hex, "reviewer": self.reviewer, "time": max(now, newest)}

    def _append(self, record: dict) -> dict:
        self.pending.append(check_record(record, "the press"))
        self._write_pending()
        return record

    def _write_pending(self) -> None:
        try:
            append_lines(self.path, self.pending)
        except (OSError, InputError) as error:
            reason = str(error) if isinstance(error, InputError) else error.strerror
            raise InputError(
                f"Expected to write into {self.path}; {reason}. {len(self.pending)} verdicts wait in memory: "
                "make the folder writable and press again, or give another folder with moved()."
            ) from error
        self.pending = []

    def _read(self) -> None:
        seen = _signature(self.path)
        if seen != self._seen:
            self._records, self._seen = read_file(self.path).records, seen


def read_reviews(folder: Path | str) -> pd.DataFrame:
    """The verdicts that stand, of all reviewers in a folder.

    Returns:
        A row for each reviewer and `ABOUT`, columns VERDICT_FIELDS, by reviewer and time. `attrs["damaged"]`
        names lines that could not be read, such as "ann.jsonl line 7"; they stay in their file.
    """
    standing, damaged = {}, []
    for path in sorted(Path(folder).glob("*.jsonl")):
        found = read_file(path)
        damaged += found.damaged
        for record in not_undone(found.records):
            standing[record["reviewer"], *(record[name] for name in ABOUT)] = record
    table = pd.DataFrame(list(standing.values()), columns=list(VERDICT_FIELDS)).astype({"blind": bool})
    table = table.sort_values(["reviewer", "time"], kind="stable", ignore_index=True)
    table.attrs["damaged"] = damaged
    return table


def take_in(folder: Path | str, exported: Path | str) -> int:
    """Merges a file of JSON lines, such as a review page exports, into the reviewers' files.

    Args:
        folder: of the reviews.
        exported: lines of one reviewer or of several.
    Returns:
        How many lines were new; those already there are left out, so a file may be taken in twice.
    Raises:
        InputError: a line is no record: it is named, and nothing was taken in.
    """
    lines = Path(exported).read_text(encoding="utf-8").split("\n")
    records = [
        parse_record(line, f"{Path(exported).name} line {number}")
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]
    n_new = 0
    for reviewer in dict.fromkeys(record["reviewer"] for record in records):
        path = Path(folder) / file_name(reviewer)
        known = {record["id"] for record in read_file(path).records}
        theirs = {r["id"]: r for r in records if r["reviewer"] == reviewer and r["id"] not in known}
        append_lines(path, theirs.values())
        n_new += len(theirs)
    return n_new


def _signature(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size
