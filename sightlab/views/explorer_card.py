"""The card of an explorer: all that is known about one photo, as plain values and small pictures.

Everything is text or bytes: no HTML is made here, so a name of a file cannot become markup.

Source: ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.checks import InputError
from sightlab.data.manifest import NON_LANDMARK
from sightlab.views.explorer_photos import PhotoShelf

if TYPE_CHECKING:
    from sightlab.data.manifest import Manifest
    from sightlab.nets.embedding import EmbeddingTable
    from sightlab.nets.network import LandmarkNet
    from sightlab.recognition.gallery import CentroidGallery

THUMBNAIL, LARGE = 168, 560  # pixels of the long side
MOST_MEMBERS, MOST_REFERENCES = 5, 5


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a run left behind that cards are made of."""

    manifest: Manifest
    table: EmbeddingTable
    gallery: CentroidGallery
    load_network: Callable[[], LandmarkNet]
    model: str  # key of the network, written beside each verdict
    square_km: float = 1.0
    local_matches: Callable[[str, str], bytes] | None = None  # photo_id, reference -> PNG of their matches


class CardMaker:
    """Cards of the photos of one explorer.

    Args:
        evidence: of the run.
        shelf: thumbnails.
    """

    def __init__(self, evidence: Evidence, shelf: PhotoShelf):
        self.evidence, self.shelf = evidence, shelf
        landmarks = evidence.manifest.landmarks
        self.names = dict(zip(landmarks["landmark_id"], landmarks["name"].astype(str), strict=True))
        references = evidence.manifest.references
        self._references = references.groupby("landmark_id")["photo_id"].agg(list).to_dict()

    def name(self, landmark_id: object) -> str:
        """As people say it: "Amery Cathedral", "no landmark", the id where it has no name; "" if unknown."""
        if not isinstance(landmark_id, str):
            return ""  # the frame says nothing, as of a photo that was never answered
        if landmark_id in ("", NON_LANDMARK):
            return "no landmark"
        return self.names.get(landmark_id) or landmark_id

    def facts(self, record: Mapping) -> list[list[str]]:
        """Pairs of a word and its value, in the order in which they are read; unknown ones are left out."""
        rows = [
            ["answered", self.name(record.get("answer"))],
            ["best guess", self._guess(record)],
            ["true", self.name(record.get("landmark_id"))],
            ["runner-up", self.name(record.get("runner_up")) if record.get("runner_up") else ""],
        ]
        for label, name in (("similarity", "similarity"), ("threshold", "threshold"), ("margin", "margin")):
            rows.append([label, _number(record.get(name))])
        rows.append(["probability", _percent(record.get("probability"))])
        rows.append(["true centroid", self._of_truth(record)])
        region = record.get("region")
        rows.append(["region", region.replace("_", " ") if isinstance(region, str) else ""])
        return [row for row in rows if row[1]]

    def trace(self, record: Mapping) -> list[str]:
        """The decision, a step a line."""
        trace = record.get("trace")
        return [part.strip() for part in trace.split(";") if part.strip()] if isinstance(trace, str) else []

    def centroid(self, record: Mapping) -> dict:
        """The nearest centroid in words, and its photos: the middle one, then those nearest to this photo."""
        row, gallery = record.get("centroid"), self.evidence.gallery
        if not _is_index(row) or not 0 <= int(row) < len(gallery):
            why = "it could not be read" if _is_index(row) else "this table has no answer for it"
            return {"words": f"No centroid was near this photo: {why}.", "photos": []}
        centroid = gallery[int(row)]
        n_views = int((gallery.landmark_ids == centroid.landmark_id).sum())
        words = (
            f"View {centroid.view + 1} of {n_views} of {self.name(centroid.landmark_id)}, made of "
            f"{len(centroid.members):,} photos, cosine {_number(record.get('cosine')) or 'unknown'}"
        )
        others = [member for member in centroid.members if member != centroid.medoid_photo_id]
        near = self._nearest(record["photo_id"], others)[: MOST_MEMBERS - 1]
        middle = self._similarities(record["photo_id"], [centroid.medoid_photo_id])
        return {"words": words, "photos": [*((p, f"middle, {s}") for p, s in middle), *near]}

    def references(self, record: Mapping) -> list[dict]:
        """References of the best guess and of the true landmark, nearest first, in words."""
        wanted = (record.get("best_landmark_id"), record.get("landmark_id"))
        groups = []
        for landmark_id in dict.fromkeys(wanted):
            if isinstance(landmark_id, str) and landmark_id not in ("", NON_LANDMARK):
                mine = self._references.get(landmark_id, [])
                role = "best guess" if landmark_id == wanted[0] else "true"
                words = f"References of {self.name(landmark_id)} ({role})"
                words += "" if mine else ": it has none, so its answers are not verified"
                near = self._nearest(record["photo_id"], mine)[:MOST_REFERENCES]
                groups.append({"words": words, "photos": near})
        return groups

    def nearest_reference(self, record: Mapping) -> str:
        """photo_id of the reference of the best guess that is nearest; "" if it has none."""
        mine = self._references.get(record.get("best_landmark_id"), [])
        near = self._nearest(record["photo_id"], mine)
        return near[0][0] if near else ""

    def likeness(self, target: str, record: Mapping) -> tuple[np.ndarray, str]:
        """What a photo is held against by a map of similarity: its (D,) unit vector, and what it is in words.

        Args:
            target: "centroid", the nearest one, or "reference", the nearest of the best guess.
        Raises:
            InputError: it has none, or it was never embedded.
        """
        name = self.name(record.get("best_landmark_id")) or "an unknown landmark"
        if target == "centroid":
            row, gallery = record.get("centroid"), self.evidence.gallery
            if not _is_index(row) or not 0 <= int(row) < len(gallery):
                raise InputError("This photo has no map for a centroid: none was near.")
            view = gallery[int(row)].view + 1
            return gallery.vectors[int(row)], f"view {view} of {name}"
        reference = self.nearest_reference(record)
        vector = self._vector(reference)
        if vector is None:
            raise InputError(f"This photo has no map for a reference: {name} has none to compare it with.")
        return vector, f"{reference}, the nearest reference of {name}"

    def _guess(self, record: Mapping) -> str:
        best = record.get("best_landmark_id")
        return self.name(best) if isinstance(best, str) and best != record.get("answer") else ""

    def _of_truth(self, record: Mapping) -> str:
        """The cosine to the nearest centroid of the true landmark, where that was not the best guess."""
        truth, gallery = record.get("landmark_id"), self.evidence.gallery
        rows = np.flatnonzero(gallery.landmark_ids == truth)
        if truth == record.get("best_landmark_id") or not len(rows):
            return ""
        vector = self._vector(record["photo_id"])
        return "" if vector is None else f"cosine {(gallery.vectors[rows] @ vector).max():.2f}"

    def _nearest(self, photo_id: str, others: list[str]) -> list[tuple[str, str]]:
        known = self._similarities(photo_id, others)
        return sorted(known, key=lambda pair: (-float(pair[1] or -2), pair[0]))

    def _similarities(self, photo_id: str, others: list[str]) -> list[tuple[str, str]]:
        """Other photos, each with its cosine as text; "" where one of the two was never embedded."""
        table, vector = self.evidence.table, self._vector(photo_id)
        return [
            (other, "" if vector is None or other not in table else f"{table.rows([other])[0] @ vector:.3f}")
            for other in others
        ]

    def _vector(self, photo_id: str) -> np.ndarray | None:
        table = self.evidence.table
        return table.rows([photo_id])[0] if photo_id in table else None


def _is_index(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and np.isfinite(value)


def _number(value: object) -> str:
    """Three digits, or "" for what is no finite number."""
    return f"{float(value):.3f}" if _is_index(value) else ""


def _percent(value: object) -> str:
    return f"{100 * float(value):.0f} %" if _is_index(value) else ""


def square_position(manifest: Manifest, photo_id: str) -> tuple[float, float]:
    """Latitude and longitude of a photo's camera, NaN where unknown."""
    mine: pd.DataFrame = manifest.photos[manifest.photos["photo_id"] == photo_id]
    return (np.nan, np.nan) if mine.empty else (float(mine["lat"].iloc[0]), float(mine["lon"].iloc[0]))
