"""Google Landmarks v2 as a `Source`: its tables, its `a/b/c/id.jpg` photos, whatever part of them is there.

train.csv names the train photos; of the recognition solution, the public half becomes `tune` and the private
half `test`, their photos without landmark the distractors. The dataset says nothing of places: a table of
places (landmark_id, city, country, region, lat, lon) may be given.

Source: Weyand et al. 2020 (dataset); which part becomes which split: ours.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

import pandas as pd

from sightlab.checks import InputError
from sightlab.data.manifest import NON_LANDMARK
from sightlab.data.sources import (
    ATTRIBUTION,
    EVERYTHING,
    REGION,
    Source,
    Subset,
    chosen_landmarks,
    plain_text,
    read_source_csv,
    source_header,
    usable,
)

N_REFERENCES = 4  # of the photos that the clean list names, the first by id; the article uses 3 to 5
_ID = re.compile(r"[0-9a-f]{16}")
_SPLIT_OF_USAGE = {"Public": "tune", "Private": "test"}  # of the competition; "Ignored" is in no split


def gldv2(
    folder: Path | str,
    subset: Subset = EVERYTHING,
    places: Path | None = None,
    clean_only: bool = False,
    check: bool = False,
) -> Source:
    """The part of Google Landmarks v2 that lies in a folder.

    Args:
        folder: holds train.csv and, if there, train_clean.csv, train_attribution.csv,
            train_label_to_category.csv, recognition_solution_v2.1.csv, directly or in `metadata`; and photos
            as a/b/c/id.jpg, directly or in `train` and `test`.
        subset: which landmarks.
        places: a CSV with landmark_id and any of city, country, region, lat, lon; needed for countries.
        clean_only: only the train photos that train_clean.csv names.
        check: see `usable`.
    Raises:
        InputError: no train.csv, an id that is none, a subset that is empty or needs places.
    """
    root = Path(folder)
    if subset.countries and places is None:
        raise InputError(
            "the dataset names no countries. To choose by country, give a table of places with the columns "
            "landmark_id and country."
        )
    clean = _clean_lists(root)
    photos = pd.concat([_train(root, clean, clean_only), _solution(root)], ignore_index=True)
    landmarks = _landmarks(root, photos, places)
    countries = dict(zip(landmarks["landmark_id"], landmarks["country"], strict=True))
    photos = _with_attribution(root, chosen_landmarks(photos, subset, countries))
    photos, left_out = usable(root, photos, check)
    return Source(root, photos, landmarks, _references(photos, clean), left_out)


def photo_path(photo_id: str) -> str:
    """Where the dataset keeps a photo: 0123456789abcdef is 0/1/2/0123456789abcdef.jpg."""
    if not _ID.fullmatch(photo_id):
        raise InputError(f"expected an id of 16 hex digits; got {photo_id[:40]!r}. Fetch the table again.")
    return f"{photo_id[0]}/{photo_id[1]}/{photo_id[2]}/{photo_id}.jpg"


def _table(root: Path, name: str, columns: tuple[str, ...]) -> pd.DataFrame | None:
    """A table of the dataset, wherever it lies; None if it is not there."""
    for path in (root / name, root / "metadata" / name):
        if path.is_file():
            return read_source_csv(path, columns)
    return None


def _paths(root: Path, part: str, photo_ids: Iterable[str]) -> list[str]:
    inside = f"{part}/" if (root / part).is_dir() else ""
    return [inside + photo_path(photo_id) for photo_id in photo_ids]


def _train(root: Path, clean: dict[str, list[str]], clean_only: bool) -> pd.DataFrame:
    table = _table(root, "train.csv", ("id", "landmark_id"))
    if table is None:
        raise InputError(f"expected train.csv in {root}; there is none. sightlab fetch gldv2 gets it.")
    if clean_only:
        if not clean:
            raise InputError(f"expected train_clean.csv in {root}; there is none, or it names no photo.")
        table = table[table["id"].isin({photo_id for ids in clean.values() for photo_id in ids})]
    return pd.DataFrame(
        {
            "photo_id": table["id"],
            "path": _paths(root, "train", table["id"]),
            "landmark_id": table["landmark_id"],
            "split": "train",
        }
    )


def _solution(root: Path) -> pd.DataFrame:
    """Test photos with their landmark; one with several gets the first, as only one can be filed."""
    table = _table(root, "recognition_solution_v2.1.csv", ("id", "landmarks", "Usage"))
    if table is None:
        return pd.DataFrame(columns=["photo_id", "path", "landmark_id", "split"], dtype=str)
    table = table[table["Usage"].isin(list(_SPLIT_OF_USAGE))]
    return pd.DataFrame(
        {
            "photo_id": table["id"],
            "path": _paths(root, "test", table["id"]),
            "landmark_id": [(words.split() or [NON_LANDMARK])[0] for words in table["landmarks"]],
            "split": table["Usage"].map(_SPLIT_OF_USAGE),
        }
    )


def _clean_lists(root: Path) -> dict[str, list[str]]:
    """Ids of the photos of each landmark that the clean list names, sorted."""
    table = _table(root, "train_clean.csv", ("landmark_id", "images"))
    if table is None:
        return {}
    return {row.landmark_id: sorted(row.images.split()) for row in table.itertuples()}


def _references(photos: pd.DataFrame, clean: dict[str, list[str]]) -> pd.DataFrame:
    present = photos.loc[photos["split"] == "train"].groupby("landmark_id")["photo_id"].agg(set)
    rows = [
        (landmark, photo_id)
        for landmark, own in present.items()
        for photo_id in [p for p in clean.get(landmark, []) if p in own][:N_REFERENCES]
    ]
    return pd.DataFrame(rows, columns=["landmark_id", "photo_id"], dtype=str)


def _landmarks(root: Path, photos: pd.DataFrame, places: Path | None) -> pd.DataFrame:
    """All landmarks of the photos, with names from the categories and places from the user's table."""
    ids = sorted(set(photos["landmark_id"]) - {NON_LANDMARK})
    table = pd.DataFrame({"landmark_id": ids}, dtype=str)
    categories = _table(root, "train_label_to_category.csv", ("landmark_id", "category"))
    names = (
        {}
        if categories is None
        else dict(zip(categories["landmark_id"], categories["category"], strict=True))
    )
    table["name"] = [_name(names.get(landmark, ""), landmark) for landmark in ids]
    known = pd.DataFrame({"landmark_id": []}, dtype=str)
    if places is not None:
        header = source_header(places)
        wanted = [column for column in ("city", "country", "region", "lat", "lon") if column in header]
        known = read_source_csv(places, ("landmark_id", *wanted)).drop_duplicates("landmark_id")
    table = table.merge(known, how="left", on="landmark_id")
    for column in ("city", "country", "region", "lat", "lon"):
        table[column] = table[column].fillna("") if column in table else ""
    return table.assign(region=table["region"].where(table["region"] != "", REGION))


def _name(category: str, landmark_id: str) -> str:
    """The words of .../wiki/Category:Eiffel_Tower."""
    words = unquote(category.rpartition("Category:")[2]).replace("_", " ")
    return plain_text(words) or f"landmark {landmark_id}"


def _with_attribution(root: Path, photos: pd.DataFrame) -> pd.DataFrame:
    table = _table(root, "train_attribution.csv", ("id", *ATTRIBUTION))
    if table is None:
        return photos.assign(**dict.fromkeys(ATTRIBUTION, ""))
    table = table.rename(columns={"id": "photo_id"}).drop_duplicates("photo_id")
    return photos.merge(table, how="left", on="photo_id").fillna(dict.fromkeys(ATTRIBUTION, ""))
