"""Folders named on the command line: found, or refused in words."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightlab.workspace import Workspace

TABLES = ("manifest", "landmarks", "references")  # each as .csv or .parquet, in a folder of photos


def photo_folder(folder: Path) -> Path:
    """The absolute path of a folder that has the three tables; InputError otherwise."""
    from sightlab.checks import InputError

    if not folder.is_dir():
        raise InputError(f"Expected a folder of photos, but {folder} is not a folder. Check the path.")
    missing = [t for t in TABLES if not any((folder / f"{t}.{end}").is_file() for end in ("csv", "parquet"))]
    if missing:
        raise InputError(
            f"Expected {', '.join(f'{t}.csv' for t in TABLES)} (or .parquet) in {folder}; missing: "
            f"{', '.join(missing)}. The README says which columns they have."
        )
    return folder.resolve()


def photos_of_run(args: argparse.Namespace) -> Path:
    """The folder given, or the drawn world of the tour, drawn now if it is not in the cache."""
    if args.photos is not None:
        return photo_folder(args.photos)
    from sightlab.pipeline_truth import photo_folder as world_folder

    return world_folder("", args.profile).resolve()


def profile_of_run(root: Path) -> str:
    """The profile of the run in a workspace, as it says itself; "photos" where it says nothing."""
    try:
        return json.loads((root / "results" / "results.json").read_text(encoding="utf-8"))["profile"]
    except (OSError, ValueError, KeyError):
        return "photos"  # what `sightlab run` takes when it is told nothing


def existing_workspace(folder: Path) -> Workspace:
    """The workspace of an earlier run; a typo must not create a new empty one."""
    from sightlab.checks import InputError
    from sightlab.workspace import Workspace

    if not folder.is_dir():
        raise InputError(
            f"Expected the workspace of a finished run, but there is no folder {folder}. "
            f"First train: sightlab run --photos DIR --workspace {folder}"
        )
    return Workspace(folder.resolve())


def notebook_folder(given: Path | None) -> Path:
    if given is not None:
        return given
    beside_package = Path(__file__).resolve().parent.parent / "notebooks"
    return beside_package if beside_package.is_dir() else Path("notebooks")
