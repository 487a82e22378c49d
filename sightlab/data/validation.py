"""What makes a photo folder valid: the rules behind `Manifest.read`.

Everything wrong is collected and told at once; what is only unwise becomes a warning.
"""

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from sightlab.data.tables import (
    Problems,
    check_ids,
    check_texts,
    links_out,
    positions,
    read_table,
    stays_inside,
)

NON_LANDMARK = "non_landmark"
SPLITS = ("train", "tune", "test")
MIN_REFERENCES = 3  # the article uses 3-5 a landmark
PHOTO_COLUMNS = (
    "photo_id",
    "path",
    "landmark_id",
    "landmark_name",
    "city",
    "country",
    "region",
    "lat",
    "lon",
    "split",
)
LANDMARK_COLUMNS = ("landmark_id", "name", "city", "country", "region", "lat", "lon")
REFERENCE_COLUMNS = ("landmark_id", "photo_id")
_MAX_MISSING = 0.01  # share of photos; more means a wrong folder or a broken copy, not a few lost files


def read_tables(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, tuple[str, ...]]:
    """Photos, landmarks, references and warnings of a photo folder, validated.

    Raises:
        InputError: a table that cannot be read, or all problems of the three tables in one message.
    """
    required = ("photo_id", "path", "landmark_id", "split")
    optional = tuple(column for column in PHOTO_COLUMNS if column not in required)
    photos = read_table(folder, "manifest", required, optional)
    landmarks = read_table(folder, "landmarks", LANDMARK_COLUMNS)
    references = read_table(folder, "references", REFERENCE_COLUMNS)
    problems = Problems()
    _check_landmarks(landmarks, problems)
    _check_photos(photos, landmarks, problems)
    _check_references(references, photos, landmarks, problems)
    for table in (photos, landmarks):
        table["lat"], table["lon"] = positions(table, problems)
    duplicates = _check_files(folder, photos, problems)
    problems.raise_if_any(folder)
    photos = _fill_places(photos, landmarks)[list(PHOTO_COLUMNS)]
    landmarks = landmarks[list(LANDMARK_COLUMNS)].sort_values("landmark_id", ignore_index=True)
    references = references[list(REFERENCE_COLUMNS)]
    references = references.sort_values("landmark_id", kind="stable", ignore_index=True)
    warnings = landmark_warnings(photos, references, landmarks) + duplicates
    return photos, landmarks, references, warnings


def _check_landmarks(landmarks: pd.DataFrame, problems: Problems) -> None:
    check_ids(landmarks, "landmark_id", problems)
    check_texts(landmarks, ("landmark_id", "name", "city", "country", "region"), problems)
    for row in landmarks.itertuples():
        if row.landmark_id == NON_LANDMARK:
            advice = "Take it out of the landmarks: it stands for photos of no landmark."
            problems.add(f"{NON_LANDMARK} as a landmark", advice, row.where)
        if not row.region:
            problems.add("landmarks without a region", "Name one: the curriculum goes by region.", row.where)


def _check_photos(photos: pd.DataFrame, landmarks: pd.DataFrame, problems: Problems) -> None:
    check_ids(photos, "photo_id", problems)
    check_texts(photos, ("photo_id", "landmark_name", "city", "country", "region"), problems)
    region_of = dict(zip(landmarks["landmark_id"], landmarks["region"], strict=True))
    for row in photos.itertuples():
        if row.split not in SPLITS:
            problems.add("unknown split", f"Use {', '.join(SPLITS)}.", f"{row.where}: {row.split[:60]!r}")
        if not stays_inside(row.path):
            advice = "Give each path relative to the manifest's folder, without '..'."
            problems.add("path outside the folder", advice, f"{row.where}: {row.path[:80]!r}")
        if row.landmark_id == NON_LANDMARK:
            continue
        if row.landmark_id not in region_of:
            advice = f"Add them to the landmarks table, or use {NON_LANDMARK}."
            problems.add("unknown landmark", advice, f"{row.where}: {row.landmark_id[:60]!r}")
        elif row.region not in ("", region_of[row.landmark_id]):
            advice = "Make both tables agree, or leave the manifest's region empty."
            where = f"{row.where}: {row.region[:60]!r}, landmarks say {region_of[row.landmark_id]!r}"
            problems.add("region differs", advice, where)
    if not (photos["landmark_id"] != NON_LANDMARK).any():
        advice = "Add photos of at least one landmark: there is nothing to recognize otherwise."
        problems.add(
            "no photo of a landmark", advice, f"{len(photos):,} photos, {len(landmarks):,} landmarks"
        )


def _check_references(
    references: pd.DataFrame, photos: pd.DataFrame, landmarks: pd.DataFrame, problems: Problems
) -> None:
    known = set(landmarks["landmark_id"])
    shown = zip(photos["landmark_id"], photos["split"], strict=True)
    photo_of = dict(zip(photos["photo_id"], shown, strict=True))
    advice = "A reference is a train photo of its landmark, named once: mend or remove the row."
    seen = set()
    for row in references.itertuples():
        name = f"{row.where}: photo {row.photo_id[:60]!r}"
        landmark_id, split = photo_of.get(row.photo_id, ("", ""))
        if row.landmark_id not in known:
            problems.add("reference of an unknown landmark", advice, f"{row.where}: {row.landmark_id[:60]!r}")
        elif row.photo_id not in photo_of:
            problems.add("reference to an unknown photo", advice, name)
        elif landmark_id != row.landmark_id:
            where = f"{name} is of {landmark_id!r}, not of {row.landmark_id!r}"
            problems.add("reference of another landmark", advice, where)
        elif split != "train":
            problems.add("reference outside train", advice, f"{name} is in {split!r}")
        elif row.photo_id in seen:
            problems.add("repeated reference", advice, name)
        seen.add(row.photo_id)


def _check_files(folder: Path, photos: pd.DataFrame, problems: Problems) -> tuple[str, ...]:
    """Missing files and equal content across splits are problems; inside a split, a warning."""
    is_inside = np.array([stays_inside(path) for path in photos["path"]], dtype=bool)
    rows = photos[is_inside]
    is_link_out = links_out(folder, list(rows["path"]))
    for row in rows[is_link_out].itertuples():
        advice = "They are links that lead out: copy the photos into the folder, nothing outside is read."
        problems.add("links out of the folder", advice, f"{row.where}: {row.path[:80]!r}")
    rows = rows[~is_link_out]
    sizes = [_size(folder / path) for path in rows["path"]]
    missing = [where for where, size in zip(rows["where"], sizes, strict=True) if size is None]
    if len(missing) > _MAX_MISSING * len(photos):
        advice = f"At most {_MAX_MISSING:.0%} may be missing: copy the folder again, or mend the paths."
        for where, path, size in zip(rows["where"], rows["path"], sizes, strict=True):
            if size is None:
                problems.add("missing files", advice, f"{where}: {path[:80]!r}")
    n_repeated, examples = 0, []
    for group in equal_content(folder, list(rows["path"]), sizes):
        twins = rows.iloc[group]
        names = " = ".join(f"{row.photo_id} ({row.split}, {row.where})" for row in twins.itertuples())
        if twins["split"].nunique() > 1:
            advice = "Keep each photo in one split: a test photo that was learned proves nothing."
            problems.add("same photo in two splits", advice, names)
        else:
            n_repeated += len(twins) - 1
            examples.append(names)
    if not examples:
        return ()
    return (f"{n_repeated:,} photos repeat another of their split, e.g. {examples[0]}. Keep one of each.",)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return None


def equal_content(folder: Path, paths: Sequence[str], sizes: Sequence[int | None]) -> list[list[int]]:
    """Groups of row numbers whose files hold the same bytes; empty and missing files are in no group."""
    by_size: dict[int, list[int]] = defaultdict(list)
    for row, size in enumerate(sizes):
        if size:
            by_size[size].append(row)
    by_content: dict[bytes, list[int]] = defaultdict(list)
    for rows in by_size.values():
        if len(rows) == 1:
            continue  # nothing else is as long, so nothing else is equal
        for row in rows:
            try:
                with open(os.path.join(folder, paths[row]), "rb") as file:
                    by_content[hashlib.file_digest(file, "sha1").digest()].append(row)
            except OSError:
                continue  # a file that cannot be read gets its row in the ledger
    return sorted(rows for rows in by_content.values() if len(rows) > 1)


def _fill_places(photos: pd.DataFrame, landmarks: pd.DataFrame) -> pd.DataFrame:
    """Names and places that the manifest leaves empty come from the landmarks table."""
    photos = photos.copy()
    facts = landmarks.set_index("landmark_id")
    sources = {"landmark_name": "name", "city": "city", "country": "country", "region": "region"}
    for column, source in sources.items():
        known = photos["landmark_id"].map(facts[source]).fillna("").astype(str)
        photos[column] = photos[column].where(photos[column] != "", known)
    return photos


def landmark_warnings(
    photos: pd.DataFrame, references: pd.DataFrame, landmarks: pd.DataFrame
) -> tuple[str, ...]:
    """What is allowed but unwise about the landmarks that have photos, one sentence of advice each."""
    is_train = photos["split"] == "train"
    n_train = photos.loc[is_train, "landmark_id"].value_counts()
    n_references = references["landmark_id"].value_counts()
    present = sorted(set(photos["landmark_id"]) - {NON_LANDMARK})
    counts = [(name, int(n_train.get(name, 0)), int(n_references.get(name, 0))) for name in present]
    unplaced = set(landmarks.loc[np.isnan(landmarks["lat"]), "landmark_id"])
    add = "Add train photos that surely show it to the references, 3 to 5 a landmark."
    found = [
        _warning("no train photo", "It cannot be recognized: add some.", (n for n, t, _ in counts if t == 0)),
        _warning("a single train photo", "Add more, best 50.", (n for n, t, _ in counts if t == 1)),
        _warning("no references", f"It cannot be cleaned. {add}", (n for n, t, r in counts if t and r == 0)),
        _warning(
            f"under {MIN_REFERENCES} references", add, (n for n, _, r in counts if 0 < r < MIN_REFERENCES)
        ),
        _warning(
            "no position", "A photo's coordinates will never find it: add lat and lon.",
            (n for n, _, _ in counts if n in unplaced),
        ),
    ]  # fmt: skip
    return tuple(warning for warning in found if warning)


def _warning(what: str, advice: str, names: Iterable[str]) -> str:
    names = list(names)
    if not names:
        return ""
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    return f"{len(names):,} landmark(s) with {what}: {', '.join(names[:5])}{more}. {advice}"
