"""Corrections: what people say about the place of a photo, in a file of JSON lines.

    {"id": "5d0c...", "time": "2026-11-25T14:03:07.120Z", "photo": "IMG_0012.jpg", "sha256": "9a...",
     "landmark_id": "red_tower", "says": "not_this", "instead": "", "model": "a41c..."}
    {"id": "77b0...", "time": "2026-11-25T14:03:09.002Z", "undoes": "5d0c..."}

`says` is "not_this" (the photo does not show `landmark_id`) or "is" (it shows `instead`: a landmark_id that
the model knows, or a name that it does not). `sha256` is of the file's bytes: a photo is found again wherever
it lies. A line is never changed; what was undone is left out when the file is read. An album page exports
such lines, `merge_corrections` gathers them, and `learning.proposals` makes proposals for cleaning of them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sightlab.checks import InputError
from sightlab.workspace_files import atomic_write_text

GATHERED = "corrections.jsonl"  # in a workspace: those of all people
SAYS = ("not_this", "is")
FIELDS = ("id", "time", "photo", "sha256", "landmark_id", "says", "instead", "model")
UNDO_FIELDS = ("id", "time", "undoes")
LONGEST = 1000  # characters of any value
_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(\+00:00|Z)")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def photo_sha256(path: Path) -> str:
    """64 hex characters that tell the bytes of a file from those of any other."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_corrections(path: Path | str) -> pd.DataFrame:
    """The corrections of a file that were not undone, oldest first; columns `FIELDS`.

    The newest about the same photo and landmark stands; an older one is left out.

    Raises:
        InputError: no such file, or a line that is no correction: it is named.
    """
    records = _records(Path(path))
    undone = {record["undoes"] for record in records if "undoes" in record}
    standing = [r for r in records if "undoes" not in r and r["id"] not in undone]
    table = pd.DataFrame(standing, columns=list(FIELDS), dtype=object)
    table = table.sort_values("time", kind="stable")
    return table.drop_duplicates(["sha256", "landmark_id"], keep="last").reset_index(drop=True)


def merge_corrections(into: Path | str, exported: Sequence[Path | str]) -> int:
    """Adds the lines of exported files to a file; a line that is already there is not added again.

    Args:
        into: the file that gathers them; made when it does not exist.
        exported: files of people.
    Returns:
        How many lines were new.
    Raises:
        InputError: a file is missing, or a line is no correction; nothing was added then.
    """
    into = Path(into)
    known = {record["id"]: record for record in (_records(into) if into.exists() else [])}
    n_before = len(known)
    for path in exported:
        for record in _records(Path(path)):
            known.setdefault(record["id"], record)
    if len(known) > n_before:
        lines = (json.dumps(record, ensure_ascii=True) for record in known.values())
        atomic_write_text(into, "".join(f"{line}\n" for line in lines))
    return len(known) - n_before


def _records(path: Path) -> list[dict]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InputError(
            f"expected a file of corrections at {path}; {said}. Give the file that an album page exported."
        ) from error
    lines = enumerate(text.split("\n"), start=1)
    return [_record(line, f"{path.name} line {number}") for number, line in lines if line.strip()]


def _record(line: str, where: str) -> dict:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise InputError(f"expected one JSON object in {where}; got {line[:60]!r}: {error}.") from error
    names = UNDO_FIELDS if isinstance(record, dict) and "undoes" in record else FIELDS
    if not isinstance(record, dict) or set(record) != set(names):
        got = ", ".join(map(str, record)) if isinstance(record, dict) else type(record).__name__
        raise InputError(f"expected the fields {', '.join(names)} in {where}; got {got[:200]}. Export again.")
    for name, value in record.items():
        if not isinstance(value, str) or len(value) > LONGEST:
            raise InputError(
                f"expected a text of at most {LONGEST} characters as {name} in {where}; got {value!r:.80}."
            )
    patterns = {"id": _ID, "undoes": _ID, "time": _TIME, "sha256": _SHA256}
    for name in patterns.keys() & record.keys():
        if not patterns[name].fullmatch(record[name]):
            raise InputError(f"{name}={record[name]!r:.80} is impossible in {where}. Export again.")
    if "says" in record and record["says"] not in SAYS:
        raise InputError(f"says={record['says']!r:.80} in {where} is none of {', '.join(SAYS)}.")
    if record.get("says") == "is" and not record["instead"].strip():
        raise InputError(f'expected a landmark as instead, since says is "is", in {where}; it is empty.')
    return record
