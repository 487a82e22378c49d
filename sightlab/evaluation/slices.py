"""Slices: groups of test photos whose numbers are told apart."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Bool

from sightlab.checks import InputError, check_columns, check_unique
from sightlab.data.drawn.making.catalog import CATALOG
from sightlab.data.drawn.making.tables import read_truth
from sightlab.data.manifest import NON_LANDMARK
from sightlab.recognition.geo import has_position, inside_square

FREQUENT_ABOVE = 100  # train photos after cleaning
WORLD_COLUMNS = ("view", "kind", "family")  # what a drawn world knows of a photo


def slice_masks(
    rows: pd.DataFrame, slices: Mapping[str, np.ndarray] | None, train_counts: Mapping[str, int] | None
) -> dict[str, Bool[np.ndarray, " Q"]]:
    """Every slice of a test by name: all, frequent and rare, regions, then those given.

    Args:
        rows: landmark_id of each test photo, and region if known.
        slices, train_counts: as `evaluate`.
    Returns:
        Name -> which rows belong to it.
    Raises:
        InputError: a slice of the wrong length or kind, or of a name that is taken.
    """
    masks = {"all": np.ones(len(rows), dtype=bool)}
    is_landmark = (rows["landmark_id"] != NON_LANDMARK).to_numpy()
    if train_counts is not None:
        of_photo = rows["landmark_id"].map(dict(train_counts)).fillna(0).to_numpy()
        masks["frequent"] = is_landmark & (of_photo > FREQUENT_ABOVE)
        masks["rare"] = is_landmark & (of_photo <= FREQUENT_ABOVE)
    if "region" in rows:
        for region in dict.fromkeys(rows.loc[is_landmark, "region"].dropna()):
            masks[f"region: {region}"] = is_landmark & (rows["region"] == region).to_numpy(dtype=bool)
    for name, mask in (slices or {}).items():
        mask = np.asarray(mask)
        if mask.shape != (len(rows),) or mask.dtype != bool or name in masks:
            raise InputError(
                f"Expected a bool for each of {len(rows)} rows of the truth under a new name; got shape "
                f"{mask.shape} of {mask.dtype} in slice {name!r}. Build the mask from the truth table."
            )
        masks[name] = mask
    return masks


def position_slices(
    photos: pd.DataFrame, landmarks: pd.DataFrame, square_km: float = 1.0
) -> dict[str, Bool[np.ndarray, " Q"]]:
    """Landmark photos with coordinates, without, and with wrong ones.

    Args:
        photos: landmark_id, and lat, lon of the camera, NaN when unknown.
        landmarks: landmark_id, lat, lon of the landmark itself.
        square_km: coordinates are wrong when the landmark lies outside this square around the camera.
    Returns:
        "with GPS" (right ones), "without GPS", "wrong GPS", of those that have any photo. A landmark of
        unknown position cannot be wrong.
    """
    check_columns(photos, ("landmark_id", "lat", "lon"), "photos")
    check_columns(landmarks, ("landmark_id", "lat", "lon"), "landmarks")
    is_landmark = (photos["landmark_id"] != NON_LANDMARK).to_numpy()
    lat, lon = (photos[c].to_numpy(dtype=np.float64) for c in ("lat", "lon"))
    where = landmarks.set_index("landmark_id")[["lat", "lon"]].reindex(photos["landmark_id"])
    their_lat, their_lon = (where[c].to_numpy(dtype=np.float64) for c in ("lat", "lon"))
    is_known = is_landmark & has_position(lat, lon)
    is_wrong = np.zeros(len(photos), dtype=bool)
    for q in np.flatnonzero(is_known & has_position(their_lat, their_lon)):
        one = slice(q, q + 1)
        is_wrong[q] = not inside_square(lat[one], lon[one], their_lat[one], their_lon[one], square_km)[0, 0]
    masks = {
        "with GPS": is_known & ~is_wrong,
        "without GPS": is_landmark & ~is_known,
        "wrong GPS": is_wrong,
    }
    return {name: mask for name, mask in masks.items() if mask.any()}


def world_slices(photos: pd.DataFrame, facts: pd.DataFrame) -> dict[str, Bool[np.ndarray, " Q"]]:
    """Landmark photos by what the drawn world knows of them: kind of view, built or natural, family.

    Args:
        photos: photo_id, landmark_id.
        facts: photo_id and any of view, kind, family (`world_facts`); photos that are missing there belong
            to no slice.
    Returns:
        "view: side street", "kind: natural", "family: gothic", ... of those that have any landmark photo.
    """
    check_columns(facts, ("photo_id",), "facts")
    check_unique(facts["photo_id"], "photo_id of the facts")
    known = facts.set_index("photo_id").reindex(photos["photo_id"])
    is_landmark = (photos["landmark_id"] != NON_LANDMARK).to_numpy()
    masks = {}
    for column in WORLD_COLUMNS:
        if column in known:
            values = known[column].fillna("").astype(str).to_numpy()
            for value in sorted(set(values[is_landmark]) - {""}):
                masks[f"{column}: {value.replace('_', ' ')}"] = is_landmark & (values == value)
    return masks


def world_facts(folder: Path) -> pd.DataFrame:
    """What a drawn world knows of its photos, if the folder holds one; else a table without rows.

    Returns:
        photo_id; view (kind of view); kind (built or nature) and family (of look-alikes) of the landmark.
    """
    path = folder / "truth.csv"
    if not path.is_file():
        return pd.DataFrame({name: pd.Series(dtype=str) for name in ("photo_id", *WORLD_COLUMNS)})
    truth = read_truth(path)
    facts = truth[["photo_id", "view"]].copy()
    for name in ("kind", "family"):
        known = {i: getattr(landmark, name) for i, landmark in CATALOG.items()}
        facts[name] = truth["true_landmark_id"].map(known).fillna("")
    return facts
