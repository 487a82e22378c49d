"""Numbers that notebooks report, each with the commit that it was made by, and their merger.

Layout: results/<notebook>.json, results/commits.json, results/results.json.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from sightlab.checks import InputError
from sightlab.workspace_files import atomic_write_text
from sightlab.workspace_records import current_commit, environment_record, now

_NOTEBOOK = re.compile(r"\d\d_[a-z0-9_]+")
_RUN_KEYS = re.compile(r"profile|commit|versions|created|seconds_total|(seconds|commit)_\d\d")


def write_report(results: Path, notebook: str, numbers: Mapping[str, object]) -> Path:
    """Writes a notebook's numbers and notes its commit, see `Workspace.report`."""
    if not _NOTEBOOK.fullmatch(notebook):
        raise InputError(f"notebook must look like 07_recognition; got {notebook!r}. Use the file's name.")
    plain = {key: _scalar(key, value) for key, value in numbers.items()}
    path = atomic_write_text(results / f"{notebook}.json", _text(plain))
    # beside the numbers and not among them: the same numbers are the same file, whatever code made them
    atomic_write_text(results / "commits.json", _text(_commits(results) | {notebook: current_commit()}))
    return path


def merge_reports(results: Path, profile: str, seconds: Mapping[str, float]) -> dict:
    """Merges what all notebooks reported into results.json, see `Workspace.merge_results`."""
    environment, commits = environment_record(), _commits(results)
    paths = sorted(results.glob("[0-9][0-9]_*.json"))
    merged = {
        "profile": profile,
        "commit": environment["commit"],
        **{f"commit_{path.name[:2]}": commits.get(path.stem, "unknown") for path in paths},
        "created": now(),
        "seconds_total": round(sum(seconds.values()), 1),
        **{f"seconds_{name[:2]}": round(value, 1) for name, value in sorted(seconds.items())},
        "versions": environment["versions"],
    }
    origin: dict[str, str] = {}
    for path in paths:
        for key, value in json.loads(path.read_text(encoding="utf-8")).items():
            if key in merged and merged[key] != value:
                raise InputError(
                    f"{key} must mean one number; {origin.get(key, 'this run')} says {merged[key]!r} "
                    f"and {path.name} says {value!r}. Rename one, or run the older notebook again."
                )
            merged[key] = value
            origin.setdefault(key, path.name)
    atomic_write_text(results / "results.json", _text(merged))
    return merged


def _commits(results: Path) -> dict[str, str]:
    path = results / "commits.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _text(values: Mapping) -> str:
    return json.dumps(values, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def _scalar(key: object, value: object) -> object:
    if not isinstance(key, str) or not key or _RUN_KEYS.fullmatch(key):
        raise InputError(
            f"{key!r} cannot be a reported key: the run writes it itself, or it is no name. Rename it."
        )
    if isinstance(value, (np.generic, np.ndarray)) and np.ndim(value) == 0:
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"{key} is {value}, which a result cannot be. Report None if it is not defined.")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise InputError(
        f"{key} must be one number, string, bool or None; got {type(value).__name__}. Report flat keys, like "
        f"{key}_low and {key}_high."
    )
