"""The record of a review, and the files that hold it: JSON lines that are only ever appended.

One JSON object a line, all values strings unless noted:

    {"id": "9f2c...", "reviewer": "ann", "time": "2026-11-25T14:03:07.120394+00:00", "photo_id": "photo_12",
     "model": "a41c...", "target": "difference", "verdict": "wrong_object", "note": "", "blind": false}
    {"id": "77b0...", "reviewer": "ann", "time": "2026-11-25T14:03:09.002113+00:00", "undoes": "9f2c..."}

`id` is new for each line (8 to 64 letters, digits, - or _); `time` is UTC; `verdict` is a key of VERDICTS, or
"" for a note alone; `blind` (bool) says that answer and truth were hidden. What a verdict is about is photo,
model and target together (`ABOUT`); the newest line about it that was not undone stands.

Source: ours.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sightlab.checks import InputError
from sightlab.workspace_files import explain_full_disk, sync_folder

VERDICTS = {  # in the order of the keys 1 to 5
    "on_landmark": "on landmark",
    "part_of_it": "part of it",
    "context": "context",
    "wrong_object": "wrong object",
    "unclear": "unclear",
}
ABOUT = ("photo_id", "model", "target")
VERDICT_FIELDS = ("id", "reviewer", "time", *ABOUT, "verdict", "note", "blind")
UNDO_FIELDS = ("id", "reviewer", "time", "undoes")
_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_LONGEST = {"reviewer": 60, "note": 2000}  # characters
_ATTRIBUTES = "*.jsonl merge=union\n"


@dataclass(frozen=True)
class ReviewFile:
    """Records of one file in order of time, and the places of lines that are not records."""

    records: list[dict]
    damaged: list[str] = field(default_factory=list)  # such as "ann.jsonl line 7"


def read_file(path: Path) -> ReviewFile:
    """What stands in a file of reviews; an absent file is an empty one. Repeated lines count once.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        text = path.read_bytes().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ReviewFile([])
    except OSError as error:
        raise InputError(
            f"Expected a readable file of reviews; got {error.strerror} at {path}. Check its permissions."
        ) from error
    records, damaged = {}, []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                record = parse_record(line, f"{path.name} line {number}")
            except InputError:  # the end of a line lost with the power, or a conflict left by hand
                damaged.append(f"{path.name} line {number}")
            else:
                records[record["id"]] = record
    return ReviewFile(sorted(records.values(), key=lambda r: r["time"]), damaged)


def append_lines(path: Path, records: Iterable[dict]) -> None:
    """Append records as whole lines; they are on the disk when it returns.

    A line that a crash cut off is closed first, so that it spoils none but itself.
    """
    data = "".join(json.dumps(record, ensure_ascii=True) + "\n" for record in records).encode()
    if not data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    attributes = path.with_name(".gitattributes")
    with explain_full_disk(path), _locked(path) as descriptor:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            data = b"\n" + data
        while data:
            data = data[os.write(descriptor, data) :]
        os.fsync(descriptor)
        if not size:  # a new file: its name must be on the disk, too
            if not attributes.exists():
                attributes.write_text(_ATTRIBUTES, encoding="utf-8")
            sync_folder(path.parent)


@contextmanager
def _locked(path: Path):
    """A descriptor that appends to the file, for this process alone until the block ends."""
    import fcntl

    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def parse_record(line: str, where: str) -> dict:
    """One line as a checked record.

    Raises:
        InputError: not a record; `where` names the line.
    """
    try:
        record = json.loads(line)
    except ValueError as error:
        raise InputError(f"Expected one JSON object; got {line[:60]!r} in {where}: {error}.") from error
    return check_record(record, where)


def check_record(record: object, where: str) -> dict:
    """The record itself if every field is there and possible.

    Raises:
        InputError: a missing or unknown field, a wrong type, an unknown verdict; `where` names the line.
    """
    names: Sequence[str] = UNDO_FIELDS if isinstance(record, dict) and "undoes" in record else VERDICT_FIELDS
    if not isinstance(record, dict) or set(record) != set(names):
        got = ", ".join(map(str, record)) if isinstance(record, dict) else type(record).__name__
        raise InputError(f"Expected the fields {', '.join(names)}; got {got} in {where}.")
    for name, value in record.items():
        kind = bool if name == "blind" else str
        if not isinstance(value, kind) or len(str(value)) > _LONGEST.get(name, 1000):
            raise InputError(f"{name} must be a {kind.__name__}, not too long; got {value!r:.80} in {where}.")
    for name in {"id", "undoes"} & set(record):
        if not _ID.fullmatch(record[name]):
            raise InputError(f"{name} must be 8 to 64 letters or digits; got {record[name]!r} in {where}.")
    if record.get("verdict", "") not in ("", *VERDICTS):
        raise InputError(f"verdict={record['verdict']!r} is none of {', '.join(VERDICTS)}, in {where}.")
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(\+00:00|Z)", record["time"]):
        raise InputError(
            f"time must be UTC like 2026-11-25T14:03:07+00:00; got {record['time']!r} in {where}."
        )
    file_name(record["reviewer"])
    return record


def file_name(reviewer: str) -> str:
    """The reviewer's file: "ann" -> ann.jsonl; other characters are replaced, with a hash that tells apart.

    Raises:
        InputError: empty, longer than 60 characters, or with characters that cannot be printed.
    """
    if (
        not isinstance(reviewer, str)
        or not reviewer.strip()
        or not reviewer.isprintable()
        or (len(reviewer) > _LONGEST["reviewer"])
    ):
        raise InputError(
            f"reviewer must be a name of 1 to {_LONGEST['reviewer']} printable characters; got {reviewer!r}."
            " Give your name, such as ann."
        )
    safe = re.sub(r"[^a-z0-9_-]+", "-", reviewer.lower()).strip("-") or "reviewer"
    mark = "" if safe == reviewer else "-" + hashlib.sha256(reviewer.encode()).hexdigest()[:6]
    return f"{safe}{mark}.jsonl"


def not_undone(records: Sequence[dict]) -> list[dict]:
    undone = {record["undoes"] for record in records if "undoes" in record}
    return [record for record in records if "undoes" not in record and record["id"] not in undone]
