"""Keys and records: what an artefact was made from, as text that never lies about a setting."""

import dataclasses
import hashlib
import importlib.metadata
import json
import math
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePath

import numpy as np

from sightlab.checks import InputError, check_count

_PACKAGES = (
    "torch",
    "torchvision",
    "timm",
    "lightning-fabric",
    "openvino",
    "numpy",
    "pandas",
    "pyarrow",
    "pillow",
    "scipy",
    "scikit-learn",
    "umap-learn",
    "matplotlib",
)


def artefact_key(step: str, version: int, settings: object, inputs: Sequence[str]) -> str:
    """16 hex characters that change with the step, its version, any setting, and any input's key.

    Args:
        step: name of the step.
        version: to be raised whenever the step's code gives other results for the same settings.
        settings: dataclasses, dicts, lists, tuples, paths, numbers, strings, bools, None, nested at will.
            The order of a dict does not matter; a list and a tuple are the same; 1, 1.0 and True are not.
        inputs: keys of what the step reads, in the order it reads them.
    Raises:
        InputError: a setting of another type, which could not be told apart safely.
    """
    check_count(version, "version", minimum=0)
    if isinstance(inputs, str) or not all(isinstance(key, str) for key in inputs):
        raise InputError(f"inputs must be a list of keys (str); got {inputs!r}. Write [key].")
    parts = [str(step), int(version), _canonical(settings, "settings"), list(inputs)]
    text = json.dumps(parts, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def file_facts(photo_ids: Sequence[str], paths: Sequence[Path]) -> list[list]:
    """[photo_id, bytes] of every photo, for a key that notices a file exchanged under its name, or gone."""
    return [[photo_id, file_size(path)] for photo_id, path in zip(photo_ids, paths, strict=True)]


def file_size(path: Path) -> int:
    """Bytes of a file; -1: no such file."""
    return path.stat().st_size if path.is_file() else -1


def _canonical(value: object, name: str) -> object:
    """Nested lists that differ whenever the value differs, each with its type in front."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, float)):
        return [type(value).__name__, repr(value)]  # repr tells any two floats apart
    if isinstance(value, PurePath):
        return ["path", value.as_posix()]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return ["dataclass", type(value).__name__, _canonical(fields, name)]
    if isinstance(value, Mapping):
        pairs = [
            [_canonical(key, f"a key of {name}"), _canonical(entry, f"{name}.{key}")]
            for key, entry in value.items()
        ]
        return ["dict", sorted(pairs, key=lambda pair: json.dumps(pair[0]))]
    if isinstance(value, (list, tuple)):
        return ["list", [_canonical(entry, f"{name}[{i}]") for i, entry in enumerate(value)]]
    raise InputError(
        f"{name} is a {type(value).__name__}, which a key cannot hold. Use numbers, strings, paths, lists, "
        "dicts and dataclasses of them; of an array or a table give its key."
    )


def to_plain(value: object) -> object:
    """The value as JSON can hold it: dataclasses as dicts, NaN and infinity as words."""
    if isinstance(value, np.generic):
        value = value.item()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [to_plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def environment_record() -> dict:
    """What a result depends on besides its settings: versions, platform, processors, commit of the code."""
    versions = {"python": platform.python_version()}
    for package in ("sightlab", *_PACKAGES):
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = "not installed"
    return {
        "versions": versions,
        "platform": platform.platform(),
        "processor": platform.machine(),
        "n_cpus": os.cpu_count() or 1,
        "commit": current_commit(),
    }


def available_cores() -> int:
    """Cores that this process may use (a container or taskset may allow fewer than the machine has)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def now() -> str:
    """The time of day, UTC, to the second: 2026-01-31T12:00:00+00:00."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def current_commit() -> str:
    """Git commit of the code that runs, with "+changes" if files differ; "unknown" outside a checkout."""
    root = Path(__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return "unknown"  # an installed package: a repository further up would be somebody else's
    commit = _git(root, "rev-parse", "HEAD")
    if not commit:
        return "unknown"
    return commit + ("+changes" if _git(root, "status", "--porcelain") else "")


def _git(root: Path, *words: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(root), *words],
            capture_output=True,
            text=True,
            timeout=20,
            env=environment,
        )
    except (OSError, subprocess.SubprocessError):
        return ""  # no git, or one that hangs
    return done.stdout.strip() if done.returncode == 0 else ""
