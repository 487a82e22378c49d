"""Photos in folders as a `Source`: one folder a landmark, a CSV with paths, a camera roll, Places365.

Shapes: N photos, C landmarks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float

from sightlab.checks import InputError, check_columns, check_count, check_range
from sightlab.data.manifest import NON_LANDMARK
from sightlab.data.photos import find_photos, survey_photos
from sightlab.data.sources import (
    ATTRIBUTION,
    REGION,
    Source,
    plain_id,
    plain_text,
    read_source_csv,
    source_header,
    usable,
)
from sightlab.data.splits import USUAL_SHARES, SplitShares, drawn_splits
from sightlab.data.tables import stays_inside
from sightlab.data.validation import LANDMARK_COLUMNS

NON_LANDMARK_FOLDERS = (NON_LANDMARK, "non_landmarks", "distractors")
_EARTH_RADIUS = 6_371_008.8  # meters, mean
_PLACES = ("city", "country", "region", "lat", "lon")


def landmark_folders(
    folder: Path | str,
    shares: SplitShares = USUAL_SHARES,
    region: str = REGION,
    check: bool = False,
) -> Source:
    """Photos sorted by hand: every folder directly below is a landmark, named like it.

    Photos in a folder called non_landmark, non_landmarks or distractors show no landmark; in a folder
    `references` inside a landmark's folder, they are its references and train photos.

    Args:
        folder: of the folders.
        shares: how the photos are split.
        region: of all landmarks.
        check: see `usable`.
    Raises:
        InputError: no folder with photos.
    """
    root = Path(folder)
    folders = sorted(p for p in root.iterdir() if p.is_dir() and p.name[0] != ".") if root.is_dir() else []
    rows, landmarks, ids, used = [], [], set(), set()
    for own in folders:
        landmark = NON_LANDMARK if own.name in NON_LANDMARK_FOLDERS else plain_id(own.name, ids)
        files = find_photos([own])
        if files and landmark != NON_LANDMARK:
            landmarks.append((landmark, plain_text(own.name.replace("_", " ")), "", "", region, "", ""))
        for file in files:
            path = file.relative_to(root).as_posix()
            is_reference = landmark != NON_LANDMARK and file.relative_to(own).parts[0] == "references"
            rows.append((plain_id(f"{own.name} {file.stem}", used), path, landmark, is_reference))
    photos = pd.DataFrame(rows, columns=["photo_id", "path", "landmark_id", "is_reference"])
    _refuse_none(photos, root, "a folder with photos for every landmark")
    photos["split"] = np.where(photos["is_reference"], "train", drawn_splits(photos["photo_id"], shares))
    return _source(root, photos, pd.DataFrame(landmarks, columns=list(LANDMARK_COLUMNS)), check)


@dataclass(frozen=True)
class CsvColumns:
    """How somebody's table calls things; "" where it does not say."""

    path: str = "path"
    landmark: str = "landmark"  # its name; empty for a photo of none
    photo_id: str = "photo_id"  # empty: named after the file
    split: str = "split"  # train, tune or test; empty: drawn
    city: str = "city"
    country: str = "country"
    region: str = "region"
    lat: str = "lat"  # of the landmark, degrees
    lon: str = "lon"
    author: str = "author"
    license: str = "license"
    title: str = "title"
    url: str = "url"


def csv_folder(
    table: Path | str,
    columns: CsvColumns = CsvColumns(),
    root: Path | None = None,
    shares: SplitShares = USUAL_SHARES,
    check: bool = False,
) -> Source:
    """Photos that a CSV lists, with the name of the landmark on each.

    Args:
        table: one row a photo; columns that it lacks, other than path and landmark, count as empty.
        columns: their names.
        root: folder of the paths; None: the table's.
        shares: of the splits, where the table has none.
        check: see `usable`.
    Raises:
        InputError: no such table or column, a path that leaves the folder, no photo.
    """
    table = Path(table)
    root = table.parent if root is None else Path(root)
    read = _renamed(table, columns)
    leaving = [path for path in read["path"] if not stays_inside(path)]
    if leaving:
        raise InputError(
            f"{table} must name photos below {root}; {len(leaving):,} paths leave it, first "
            f"{leaving[0][:80]!r}. Mend them, or give another root."
        )
    ids, used = {}, set()
    for name in sorted(set(read["landmark"]) - {"", NON_LANDMARK}):
        ids[name] = plain_id(name, used)
    read["landmark_id"] = read["landmark"].map(ids).fillna(NON_LANDMARK)
    taken: set[str] = set()
    stems = [own or Path(path).stem for own, path in zip(read["photo_id"], read["path"], strict=True)]
    read["photo_id"] = [plain_id(stem, taken) for stem in stems]
    drawn = pd.Series(drawn_splits(read["photo_id"], shares), index=read.index, dtype=str)
    read["split"] = read["split"].where(read["split"] != "", drawn)
    return _source(root, read.assign(is_reference=False), _places_of(read), check)


def _renamed(table: Path, columns: CsvColumns) -> pd.DataFrame:
    """The table under our names, "" for columns that it lacks."""
    names = {theirs: ours for ours, theirs in vars(columns).items() if theirs}
    wanted = [name for name in source_header(table) if name in names]
    read = read_source_csv(table, [*{*wanted, columns.path, columns.landmark}]).rename(columns=names)
    for name in vars(columns):
        read[name] = read[name].str.strip() if name in read else ""
    return read


def _places_of(photos: pd.DataFrame) -> pd.DataFrame:
    """The landmarks of photos, each with the first place that a photo of it names."""
    own = photos[photos["landmark_id"] != NON_LANDMARK]
    first = own.replace("", np.nan).groupby("landmark_id")[["landmark", *_PLACES]].first().fillna("")
    first = first.reset_index().rename(columns={"landmark": "name"})
    return first.assign(region=first["region"].where(first["region"] != "", REGION))[list(LANDMARK_COLUMNS)]


def camera_roll(
    folder: Path | str,
    landmarks: pd.DataFrame,
    near: float = 300.0,
    far: float = 3_000.0,
    shares: SplitShares = USUAL_SHARES,
) -> Source:
    """The photos of a phone, filed under the landmark that stands nearest to where each was taken.

    Where somebody stood says little of what the photo shows: these labels are dirty, and meant to be
    cleaned. Photos without a position, and those taken neither near nor far, are left out, with the reason.

    Args:
        folder: of the photos.
        landmarks: landmark_id, name, city, country, region, lat, lon (degrees) of C landmarks.
        near: meters up to which a photo is filed under a landmark, > 0.
        far: meters from every landmark beyond which a photo shows none, >= near.
        shares: of the splits.
    Raises:
        InputError: no photos, or no landmark with a position.
    Source: ours.
    """
    check_columns(landmarks, LANDMARK_COLUMNS, "landmarks")
    check_range(near, "near", 0, low_open=True)
    check_range(far, "far", near, advice="Photos between near and far are of neither kind.")
    root = Path(folder)
    files = find_photos([root])
    photos = pd.DataFrame({"path": [file.relative_to(root).as_posix() for file in files]}, dtype=str)
    _refuse_none(photos, root, "photos")
    used: set[str] = set()
    photos["photo_id"] = [plain_id(path.rpartition(".")[0] or path, used) for path in photos["path"]]
    survey = survey_photos(files, progress=False)
    where = landmarks[["lat", "lon"]].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=np.float64)
    placed = landmarks[np.isfinite(where).all(axis=1)].reset_index(drop=True)
    if placed.empty:
        raise InputError("expected landmarks with a position; none has lat and lon. Add them to the table.")
    distance = meters_between(survey[["lat", "lon"]].to_numpy(), where[np.isfinite(where).all(axis=1)])
    nearest = np.where(np.isnan(distance), np.inf, distance).argmin(axis=1)
    least = distance[np.arange(len(photos)), nearest]
    photos["landmark_id"] = np.where(least <= near, placed["landmark_id"].to_numpy()[nearest], NON_LANDMARK)
    photos["split"] = drawn_splits(photos["photo_id"], shares)
    problem = survey["problem"].to_numpy(dtype=object)
    problem = np.where((problem == "") & np.isnan(least), "no position", problem)
    problem = np.where((problem == "") & (least > near) & (least <= far), "neither near nor far", problem)
    source = _source(root, photos[problem == ""].assign(is_reference=False), placed, check=False)
    left_out = photos.loc[problem != "", ["photo_id", "path"]].assign(problem=problem[problem != ""])
    both = pd.concat([left_out, source.left_out], ignore_index=True)
    return Source(root, source.photos, source.landmarks, source.references, both)


def meters_between(
    photos: Float[np.ndarray, "N 2"], landmarks: Float[np.ndarray, "C 2"]
) -> Float[np.ndarray, "N C"]:
    """Great-circle distances of positions (lat, lon in degrees); NaN where a position is NaN.

    Source: haversine formula.
    """
    lat1, lon1 = np.radians(photos.T)[:, :, None]
    lat2, lon2 = np.radians(landmarks.T)[:, None, :]
    half = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_RADIUS * np.arcsin(np.sqrt(np.clip(half, 0, 1)))


def places365(
    folder: Path | str,
    n_photos: int,
    without: Sequence[str] = (),
    shares: SplitShares = USUAL_SHARES,
    seed: int = 0,
) -> Source:
    """Photos of no landmark from the validation part of Places365, as torchvision lays it out.

    Args:
        folder: the root given to `torchvision.datasets.Places365`, with places365_val.txt,
            categories_places365.txt and val_256 (small) or val_large.
        n_photos: how many, drawn evenly from all.
        without: categories that may show landmarks and are left out, like /t/tower.
        shares: of the splits.
        seed: of the draw.
    Raises:
        InputError: a list or the photos are missing, or a category that does not exist.
    """
    root = Path(folder)
    check_count(n_photos, "n_photos")
    inside = next((name for name in ("val_256", "val_large") if (root / name).is_dir()), None)
    lists = [root / "places365_val.txt", root / "categories_places365.txt"]
    if inside is None or not all(path.is_file() for path in lists):
        raise InputError(
            f"expected {lists[0].name}, {lists[1].name} and val_256 or val_large in {root}. "
            "torchvision.datasets.Places365(root, split='val', small=True, download=True) fetches them."
        )
    category_of = {number: name for name, number in _pairs(lists[1])}
    unknown = sorted(set(without) - set(category_of.values()))
    if unknown:
        raise InputError(
            f"without names categories that Places365 lacks: {', '.join(unknown)}. See {lists[1]}."
        )
    listed = [(name.lstrip("/"), category_of.get(number, "")) for name, number in _pairs(lists[0])]
    names = [name for name, category in listed if category not in without and stays_inside(name)]
    drawn = sorted(np.random.default_rng(seed).permutation(len(names))[:n_photos].tolist())
    photos = pd.DataFrame({"path": [f"{inside}/{names[i]}" for i in drawn]}, dtype=str)
    _refuse_none(photos, root, "photos of Places365")
    used: set[str] = set()
    photos["photo_id"] = [plain_id(f"places365 {Path(path).stem}", used) for path in photos["path"]]
    photos["split"] = drawn_splits(photos["photo_id"], shares)
    photos = photos.assign(landmark_id=NON_LANDMARK, is_reference=False)
    return _source(root, photos, pd.DataFrame(columns=list(LANDMARK_COLUMNS)), check=False)


def _pairs(path: Path) -> list[tuple[str, str]]:
    """(name, number) of every line `name number` of a list."""
    lines = (line.rsplit(" ", 1) for line in path.read_text(encoding="utf-8").splitlines())
    return [(line[0], line[1]) for line in lines if len(line) == 2]


def _refuse_none(photos: pd.DataFrame, root: Path, expected: str) -> None:
    if photos.empty:
        raise InputError(f"expected {expected} in {root}; there is none. Check the path.")


def _source(root: Path, photos: pd.DataFrame, landmarks: pd.DataFrame, check: bool) -> Source:
    for column in ATTRIBUTION:
        if column not in photos:
            photos = photos.assign(**{column: ""})
    photos, left_out = usable(root, photos, check)
    references = photos.loc[photos["is_reference"].to_numpy(dtype=bool), ["landmark_id", "photo_id"]]
    return Source(root, photos.drop(columns="is_reference"), landmarks, references, left_out)
