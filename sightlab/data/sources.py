"""Sources: photos of others, in their own layout, become a photo folder that `Manifest.read` accepts.

A `Source` says which photos there are and what is known of them; `write_source` writes the tables, beside
the photos or in a new folder. What cannot be used is counted, file by file, never silently dropped; author
and license stay with every photo in attribution.csv.

Shapes: N photos.
"""

import filecmp
import os
import re
import shutil
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from sightlab.checks import InputError, check_columns, check_count
from sightlab.data.manifest import NON_LANDMARK, Manifest
from sightlab.data.photos import survey_photos
from sightlab.data.tables import links_out
from sightlab.data.validation import LANDMARK_COLUMNS, PHOTO_COLUMNS, REFERENCE_COLUMNS, equal_content
from sightlab.workspace import atomic_write_text, explain_full_disk
from sightlab.workspace_files import temporary_name

ATTRIBUTION = ("author", "license", "title", "url")  # of a photo, text, "" if unknown
TABLES = ("manifest", "landmarks", "references", "attribution", "left_out")
REGION = "world"  # of landmarks whose region nobody told


@dataclass(frozen=True)
class Subset:
    """Which landmarks of a large source are wanted; the defaults take all."""

    n_landmarks: int | None = None  # the ones with most train photos, >= 1; None: all
    min_photos: int = 1  # train photos that a landmark needs, >= 1
    countries: tuple[str, ...] = ()  # as the table of places writes them; (): all
    n_photos: int | None = None  # at most so many of a landmark in a split, by name; None: all

    def __post_init__(self):
        check_count(self.min_photos, "min_photos")
        for name in ("n_landmarks", "n_photos"):
            if getattr(self, name) is not None:
                check_count(getattr(self, name), name)


EVERYTHING = Subset()


@dataclass(frozen=True, eq=False)
class Source:
    """Photos of a source that are there and usable."""

    root: Path  # the paths are relative to it
    photos: pd.DataFrame  # photo_id, path, landmark_id, split, and ATTRIBUTION
    landmarks: pd.DataFrame  # LANDMARK_COLUMNS
    references: pd.DataFrame  # landmark_id, photo_id
    left_out: pd.DataFrame = field(  # photo_id, path, problem
        default_factory=lambda: pd.DataFrame({"photo_id": [], "path": [], "problem": []}, dtype=str)
    )

    def __post_init__(self):
        check_columns(self.photos, ("photo_id", "path", "landmark_id", "split", *ATTRIBUTION), "photos")
        check_columns(self.landmarks, LANDMARK_COLUMNS, "landmarks")

    def __repr__(self) -> str:
        n_landmarks = self.photos.loc[self.photos["landmark_id"] != NON_LANDMARK, "landmark_id"].nunique()
        problems = self.left_out["problem"].value_counts()
        counts = ", ".join(f"{n:,} {problem}" for problem, n in problems.items()) or "none"
        return f"Source: {len(self.photos):,} photos of {n_landmarks:,} landmarks; left out: {counts}"


def usable(root: Path, photos: pd.DataFrame, check: bool = False) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The photos that are there, and a row with its problem for each that is not, or is there twice.

    Args:
        root: folder of the paths.
        photos: photo_id, path, ... of N photos.
        check: decode every photo (5 core-ms each), so that corrupt ones are found now and not by a run.
    Returns:
        Rows of the usable photos, and photo_id, path, problem of the others.
    """
    photos = photos.reset_index(drop=True)
    paths = list(photos["path"])
    leads_out = links_out(root, paths)
    sizes = [None if out else _size(root / path) for path, out in zip(paths, leads_out, strict=True)]
    problems = np.array(["missing" if s is None else "" if s else "empty file" for s in sizes], dtype=object)
    problems[leads_out] = "links out of the folder"
    if check:
        whole = np.flatnonzero(problems == "")
        problems[whole] = survey_photos([root / paths[row] for row in whole])["problem"]
    for twins in equal_content(root, paths, sizes):
        whole = [row for row in twins if problems[row] == ""]
        problems[whole[1:]] = "repeats another photo"
    is_usable = problems == ""
    left_out = photos.loc[~is_usable, ["photo_id", "path"]].assign(problem=problems[~is_usable].astype(str))
    return photos[is_usable].reset_index(drop=True), left_out.reset_index(drop=True)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size if path.is_file() else None
    except (OSError, ValueError):
        return None


def chosen_landmarks(photos: pd.DataFrame, subset: Subset, countries: dict[str, str]) -> pd.DataFrame:
    """The photos of the wanted landmarks, and all non-landmarks.

    Args:
        photos: with landmark_id and split.
        countries: of every landmark whose country is known.
    Raises:
        InputError: no landmark is left.
    """
    own = photos[photos["landmark_id"] != NON_LANDMARK]
    counts = own.loc[own["split"] == "train", "landmark_id"].value_counts()
    counts = counts[counts >= subset.min_photos]
    if subset.countries:
        counts = counts[[countries.get(name, "") in subset.countries for name in counts.index]]
    names = sorted(counts.index, key=lambda name: (-counts[name], name))[: subset.n_landmarks]
    if not names:
        known = ", ".join(sorted({country for country in countries.values() if country})[:10]) or "none"
        raise InputError(
            f"expected at least one landmark; none of {own['landmark_id'].nunique():,} fits {subset}. Known "
            f"countries: {known}. Ask for less."
        )
    kept = photos[photos["landmark_id"].isin({*names, NON_LANDMARK})].sort_values("photo_id")
    if subset.n_photos is not None:
        is_own = kept["landmark_id"] != NON_LANDMARK
        rank = kept.groupby(["landmark_id", "split"]).cumcount()
        kept = kept[~is_own | (rank < subset.n_photos)]
    return kept.reset_index(drop=True)


def plain_id(name: str, used: set[str] | None = None) -> str:
    """A name as an id: lower case ASCII letters, digits and _; numbered if `used` has it, and added there."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:150] or "photo"
    used = set() if used is None else used
    numbered, n = plain, 1
    while numbered in used or numbered == NON_LANDMARK:
        n += 1
        numbered = f"{plain}_{n}"
    used.add(numbered)
    return numbered


def plain_text(text: str) -> str:
    """Text of a stranger, fit for a table: one line, and nothing that a spreadsheet would compute."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line.lstrip("=+-@ ")


def source_header(path: Path) -> list[str]:
    """The columns that somebody's CSV has.

    Raises:
        InputError: no such file, or not a CSV table.
    """
    return list(_csv(path, nrows=0).columns)


def read_source_csv(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Some columns of somebody's CSV as text, "" for empty.

    Raises:
        InputError: no such file, not a CSV table, or a column is missing.
    """
    table = _csv(path, usecols=lambda name: name in columns)
    check_columns(table, columns, str(path))
    return table


def _csv(path: Path, **options) -> pd.DataFrame:
    if not path.is_file():
        raise InputError(f"expected the table {path}; there is none. Fetch it, or check the folder.")
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, **options)
    except (ValueError, OSError) as error:  # pandas' own errors are of these kinds
        raise InputError(f"{path} must be a CSV table in UTF-8; {error}. Fetch it again.") from None


def write_source(source: Source, out: Path | str) -> Manifest:
    """Writes the photo folder of a source and reads it back.

    The photos are hard links where that is possible (no space is used), else copies; into the source's own
    folder only the tables are written.

    Args:
        out: a folder without tables; created when it does not exist.
    Raises:
        InputError: there are tables already, or another file in the place of a photo; no photo to write; or
            `Manifest.read` refuses the tables (they are taken away again).
    """
    out = Path(out)
    if source.photos.empty:
        raise InputError(f"expected photos to write; {source}. Check the folder {source.root}.")
    there = [name for name in TABLES if (out / f"{name}.csv").exists() or (out / f"{name}.parquet").exists()]
    if there:
        raise InputError(
            f"expected no tables in {out}; there is already: {', '.join(there)}. Give another folder, or "
            "move them away: nothing is overwritten."
        )
    out.mkdir(parents=True, exist_ok=True)
    if out.resolve() != source.root.resolve():
        for path in source.photos["path"]:
            _bring(source.root / path, out / path)
    for name, table in _tables(source).items():
        atomic_write_text(out / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
    try:
        return Manifest.read(out)
    except InputError:
        for name in TABLES:
            (out / f"{name}.csv").unlink(missing_ok=True)
        raise


def _bring(photo: Path, place: Path) -> None:
    """Links or copies a photo; one that an interrupted import has brought already stays."""
    if place.exists():
        if not filecmp.cmp(photo, place, shallow=False):
            raise InputError(f"expected {photo} at {place}; another file is there. Give an empty folder.")
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(photo.resolve(), place)
    except OSError:  # another disk, or one without hard links
        unfinished = temporary_name(place)
        with explain_full_disk(place):
            shutil.copyfile(photo, unfinished)
            unfinished.replace(place)


def _tables(source: Source) -> dict[str, pd.DataFrame]:
    photos = source.photos.reindex(columns=[c for c in PHOTO_COLUMNS if c in source.photos])
    landmarks = source.landmarks.reindex(columns=list(LANDMARK_COLUMNS))
    landmarks = landmarks[landmarks["landmark_id"].isin(set(photos["landmark_id"]))]
    for column in ("name", "city", "country", "region"):
        landmarks = landmarks.assign(**{column: landmarks[column].fillna("").map(plain_text)})
    attribution = source.photos[["photo_id", *ATTRIBUTION]]
    attribution = attribution[(attribution[list(ATTRIBUTION)] != "").any(axis=1)]
    for column in ATTRIBUTION:
        attribution = attribution.assign(**{column: attribution[column].map(plain_text)})
    is_there = source.references["photo_id"].isin(photos.loc[photos["split"] == "train", "photo_id"])
    return {
        "landmarks": landmarks,
        "references": source.references.loc[is_there, list(REFERENCE_COLUMNS)],
        "attribution": attribution,
        "left_out": source.left_out,
        "manifest": photos,  # last: a folder without it is not complete
    }


def read_attribution(folder: Path | str, photo_ids: Sequence[str]) -> pd.DataFrame:
    """photo_id, author, license, title, url of photos, in the order given; "" for what nobody told."""
    path = Path(folder) / "attribution.csv"
    wanted = pd.DataFrame({"photo_id": list(photo_ids)}, dtype=str)
    if not path.is_file():
        return wanted.assign(**dict.fromkeys(ATTRIBUTION, ""))
    return wanted.merge(read_source_csv(path, ("photo_id", *ATTRIBUTION)), how="left").fillna("")
