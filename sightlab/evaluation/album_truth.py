"""Albums against the truth: how many of the photos in them belong there. For measuring only."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from sightlab.checks import check_columns
from sightlab.data.manifest import NON_LANDMARK
from sightlab.evaluation.intervals import wilson


def album_contents(placed: pd.DataFrame, truth: Mapping[str, str]) -> pd.DataFrame:
    """What is in each album, the one with most photos first.

    Args:
        placed: photo, landmark_id, name: a row for each photo in each album.
        truth: photo -> landmark_id that it was filed under. Nobody wrote down second landmarks, so a photo in
            two albums counts as wrong in one of them even where it shows both.
    Returns:
        landmark_id, name, right, other_landmark, no_landmark (photos).
    """
    check_columns(placed, ("photo", "landmark_id", "name"), "placed")
    true = placed["photo"].map(truth)
    kind = pd.Series("other_landmark", index=placed.index)
    kind[true == placed["landmark_id"]] = "right"
    kind[true == NON_LANDMARK] = "no_landmark"
    counts = pd.crosstab([placed["landmark_id"], placed["name"]], kind)
    counts = counts.reindex(columns=["right", "other_landmark", "no_landmark"], fill_value=0)
    counts["n"] = counts.sum(axis=1)
    counts = counts.reset_index().sort_values(["n", "name"], ascending=[False, True], ignore_index=True)
    counts.columns.name = None
    return counts.drop(columns="n")


def album_numbers(contents: pd.DataFrame, n_landmark_photos: int) -> dict[str, float | None]:
    """Flat results: `album_precision` and `album_coverage` with Wilson 95 %.

    Args:
        contents: of `album_contents`.
        n_landmark_photos: photos of landmarks in the whole roll, in albums or not.
    Returns:
        album_precision: places in albums that are right; album_coverage: photos of landmarks that are in the
        album of their own; None where there is nothing to divide by.
    """
    right = int(contents["right"].sum())
    n_places = int(contents[["right", "other_landmark", "no_landmark"]].to_numpy().sum())
    numbers: dict[str, float | None] = {"n_places_in_albums": n_places}
    for name, n in (("album_precision", n_places), ("album_coverage", n_landmark_photos)):
        low, high = wilson(right, n) if n else (None, None)
        numbers |= {name: right / n if n else None, f"{name}_low": low, f"{name}_high": high}
    return numbers
