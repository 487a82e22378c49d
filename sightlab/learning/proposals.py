"""Proposals for cleaning, made of what people said about photos; a person decides, nothing is changed.

Source: ours.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from sightlab.checks import check_columns
from sightlab.data.corrections import photo_sha256
from sightlab.data.manifest import Manifest

COLUMNS = ("photo_id", "landmark_id", "proposal", "photo", "sha256", "reason")


def proposals(corrections: pd.DataFrame, manifest: Manifest) -> pd.DataFrame:
    """What corrections mean for the photos of a database, a row for each photo and landmark.

    A photo is found by its bytes. Photos that are not in the manifest are proposed as new ones when somebody
    named a landmark that it knows.

    Args:
        corrections: of `data.corrections.read_corrections`.
        manifest: the database.
    Returns:
        photo_id ("" for a photo that is not in the manifest), landmark_id, proposal ("drop": the photo does
        not show it; "add": it does), photo (the name that its owner gave it), sha256 and reason in words.
        What the manifest says already is no proposal.
    """
    check_columns(corrections, ("photo", "sha256", "landmark_id", "says", "instead"), "corrections")
    ids = _ids_by_bytes(manifest, set(corrections["sha256"]))
    filed = dict(zip(manifest.photos["photo_id"], manifest.photos["landmark_id"], strict=True))
    known = set(manifest.landmarks["landmark_id"])
    rows: dict[tuple[str, str, str], tuple] = {}
    for said in corrections.itertuples():
        photo_id = ids.get(said.sha256, "")
        for landmark_id, proposal, reason in _meant(said, known):
            is_filed = filed.get(photo_id) == landmark_id
            if is_filed != (proposal == "drop"):
                continue  # nothing to change: filed so already, or never filed there
            facts = (photo_id, landmark_id, proposal, said.photo, said.sha256, reason)
            rows[said.sha256, landmark_id, proposal] = facts
    return pd.DataFrame(list(rows.values()), columns=list(COLUMNS))


def beside_cleaning(proposed: pd.DataFrame, cleaned: pd.DataFrame) -> pd.DataFrame:
    """Proposals with what cleaning says about the same photo of the same landmark.

    Args:
        proposed: of `proposals`.
        cleaned: of `learning.cleaning.clean`.
    Returns:
        The rows of `proposed` with cleaning ("kept", "dropped", or "not judged": no train photo of that
        landmark), its score and threshold, and agrees: both say drop, or both say it belongs (NA if it was
        not judged).
    """
    check_columns(proposed, COLUMNS, "proposed")
    check_columns(cleaned, ("photo_id", "landmark_id", "score", "threshold", "keep"), "cleaned")
    columns = ["photo_id", "landmark_id", "score", "threshold", "keep"]
    found = proposed.merge(cleaned[columns], how="left", on=["photo_id", "landmark_id"])
    keep = found.pop("keep").astype("boolean")
    words = ["not judged" if pd.isna(kept) else "kept" if kept else "dropped" for kept in keep]
    return found.assign(cleaning=words, agrees=keep == found["proposal"].eq("add"))


def _meant(said, known: set[str]) -> list[tuple[str, str, str]]:
    """(landmark, proposal, reason) of one correction: "this is X" means "not the old one", too."""
    meant = []
    if said.landmark_id in known:
        meant.append((said.landmark_id, "drop", "a person said: not this place"))
    if said.says == "is" and said.instead in known:
        meant.append((said.instead, "add", f"a person said: this is it, not {said.landmark_id}"))
    return meant


def _ids_by_bytes(manifest: Manifest, wanted: set[str]) -> Mapping[str, str]:
    """sha256 -> photo_id of the photos of a manifest that are wanted."""
    if not wanted:
        return {}
    found = {}
    for photo_id, path in zip(manifest.photos["photo_id"], manifest.paths(), strict=True):
        if path.is_file():
            digest = photo_sha256(path)
            if digest in wanted:
                found[digest] = photo_id
    return found
