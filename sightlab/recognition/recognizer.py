"""Recognizer: photos in, one row per photo out, with the reason for each answer.

Shapes: Q photos, D embedding size.
Steps and gates: Boiarov & Tyantov 2019 (article), with the two inequalities that its translation has the
wrong way round put right: answered when the similarity is *above* its threshold and the distance to the
references is *below*.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float

from sightlab.checks import InputError, check_unique
from sightlab.data.manifest import NON_LANDMARK
from sightlab.recognition.calibration import Thresholds
from sightlab.recognition.gallery import CentroidGallery
from sightlab.recognition.search import LandmarkSearch, Matches, RecognizerConfig

COLUMNS = {
    "photo": object,
    "landmark_id": object,
    "best_landmark_id": object,
    "landmark_name": object,
    "city": object,
    "country": object,
    "similarity": np.float64,
    "threshold": np.float64,
    "margin": np.float64,
    "runner_up": object,
    "centroid": np.int64,
    "used_gps": bool,
    "reason": object,
    "reference_distance": np.float64,
    "other_landmark_ids": object,
}


class Recognizer:
    """The answering system: gallery, square, thresholds, verification.

    Args:
        gallery: the centroids.
        landmarks: landmark_id, name, city, country, lat, lon; every landmark of the gallery.
        reference_vectors: landmark_id -> (R, D) unit rows; a landmark without references is never verified.
        thresholds: from `choose_thresholds`.
        config: square, most landmarks per photo, chunk.
    """

    def __init__(
        self,
        gallery: CentroidGallery,
        landmarks: pd.DataFrame,
        reference_vectors: Mapping[str, np.ndarray],
        thresholds: Thresholds,
        config: RecognizerConfig | None = None,
    ):
        self.search = LandmarkSearch(gallery, landmarks, reference_vectors, config)
        self.thresholds = thresholds
        self._facts = self.search.landmarks.to_dict("list")

    @property
    def gallery(self) -> CentroidGallery:
        return self.search.gallery

    @property
    def config(self) -> RecognizerConfig:
        return self.search.config

    def recognize(
        self,
        photo_ids: Sequence[str] | np.ndarray,
        vectors: Float[np.ndarray, "Q D"],
        lat: Float[np.ndarray, " Q"] | None = None,
        lon: Float[np.ndarray, " Q"] | None = None,
    ) -> pd.DataFrame:
        """One row per photo, in the order given.

        Args:
            photo_ids: (Q,) names, each once.
            vectors: (Q, D) unit rows.
            lat, lon: (Q,) of the camera, degrees; NaN, or None for all, when unknown.
        Returns:
            The columns of `COLUMNS`. `landmark_id` is the answer, `non_landmark` when rejected; name, city
            and country belong to it. `best_landmark_id`, `similarity`, `margin`, `runner_up` and `centroid`
            hold before any threshold: inside the square for a photo with coordinates; in the world if the
            square is empty, and then the photo is rejected. `used_gps`: coordinates decided.
            `other_landmark_ids`: further landmarks that pass every gate, best first, joined by ";"; only
            beside an answer.
        Raises:
            InputError: a photo twice; NaN in an embedding, by the name of its photo; rows not of unit norm;
                coordinates out of range.
        """
        names = [str(photo_id) for photo_id in photo_ids]
        check_unique(names, "photo_ids")
        _check_rows(names, vectors)
        matches = self.search.match(vectors, lat, lon)
        rows = [self._row(name, q, matches) for q, name in enumerate(names)]
        columns = {name: np.array([row[name] for row in rows], dtype=kind) for name, kind in COLUMNS.items()}
        return pd.DataFrame(columns)

    def _row(self, photo: str, q: int, matches: Matches) -> dict:
        """The decision on one photo, and its trace."""
        is_answered, threshold, reason = self._decide(q, matches)
        best, runner_up = matches.landmark[q, 0], matches.landmark[q, 1]
        facts = self._facts
        others = [
            matches.landmark[q, r]
            for r in range(1, self.config.max_landmarks)
            if is_answered and matches.landmark[q, r] >= 0 and self._gate(q, r, matches)[0]
        ]
        return {
            "photo": photo,
            "landmark_id": facts["landmark_id"][best] if is_answered else NON_LANDMARK,
            "best_landmark_id": facts["landmark_id"][best],
            "landmark_name": facts["name"][best] if is_answered else "",
            "city": facts["city"][best] if is_answered else "",
            "country": facts["country"][best] if is_answered else "",
            "similarity": matches.similarity[q, 0],
            "threshold": threshold,
            "margin": matches.similarity[q, 0] - matches.similarity[q, 1],
            "runner_up": facts["landmark_id"][runner_up] if runner_up >= 0 else "",
            "centroid": matches.centroid[q, 0],
            "used_gps": bool(matches.has_position[q]),
            "reason": reason,
            "reference_distance": matches.reference_distance[q, 0],
            "other_landmark_ids": ";".join(facts["landmark_id"][row] for row in others),
        }

    def _decide(self, q: int, matches: Matches) -> tuple[bool, float, str]:
        """Whether the best landmark is the answer, the threshold that applied, and why."""
        if not matches.is_square_empty[q]:
            is_passed, reason = self._gate(q, 0, matches)
            is_near = matches.has_position[q]
            return (
                is_passed,
                self.thresholds.similarity_gps if is_near else self.thresholds.similarity,
                reason,
            )
        is_passed, world = self._world_gate(q, 0, matches)
        best = self._facts["landmark_id"][matches.landmark[q, 0]]
        said = f"{best} ({world})" if is_passed else f"nothing ({best}: {world})"
        square = f"{self.config.square_km:g} km square"
        reason = f"no landmark in the {square}; the world search would have said {said}"
        return False, self.thresholds.similarity, reason

    def _gate(self, q: int, r: int, matches: Matches) -> tuple[bool, str]:
        """Whether the landmark at one rank passes all that applies to this photo."""
        if not matches.has_position[q]:
            return self._world_gate(q, r, matches)
        similarity, threshold = matches.similarity[q, r], self.thresholds.similarity_gps
        reason = f"similarity {_compared(similarity, threshold)} in the {self.config.square_km:g} km square"
        return bool(similarity > threshold), reason

    def _world_gate(self, q: int, r: int, matches: Matches) -> tuple[bool, str]:
        similarity, distance = matches.similarity[q, r], matches.reference_distance[q, r]
        threshold, limit = self.thresholds.similarity, self.thresholds.reference_distance
        reason = f"similarity {_compared(similarity, threshold)}"
        if not similarity > threshold:
            return False, reason
        if distance > limit:
            shown, border = _compared(distance, limit).split(" > ")
            return False, f"mean distance {shown} to the references > {border}"
        if np.isnan(distance) and np.isfinite(limit):
            return True, f"{reason}; no references to verify it"
        return True, reason

    def save(self, folder: Path) -> None:
        """Write everything into an existing folder: npy, parquet and json, no pickle."""
        folder = Path(folder)
        (folder / "gallery").mkdir(exist_ok=True)
        self.gallery.save(folder / "gallery")
        self.search.landmarks.to_parquet(folder / "landmarks.parquet", index=False)
        references = self.search.reference_vectors
        empty = np.empty((0, self.gallery.vectors.shape[1]), dtype=np.float32)
        np.save(folder / "references.npy", np.concatenate([empty, *references.values()]), allow_pickle=False)
        settings = {
            "thresholds": self.thresholds.to_dict(),
            "config": asdict(self.config),
            "references": {name: len(vectors) for name, vectors in references.items()},  # rows, in order
        }
        (folder / "recognizer.json").write_text(json.dumps(settings, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Recognizer":
        """Read what `save` wrote.

        Raises:
            InputError: a file is missing.
        """
        folder = Path(folder)
        for name in ("recognizer.json", "landmarks.parquet", "references.npy"):
            if not (folder / name).is_file():
                raise InputError(
                    f"Expected a saved recognizer; got no {name} in {folder}. "
                    "Run the recognition notebook first, or point at the right workspace."
                )
        settings = json.loads((folder / "recognizer.json").read_text(encoding="utf-8"))
        stacked = np.load(folder / "references.npy", allow_pickle=False)
        counts = settings["references"]
        parts = np.split(stacked, np.cumsum(list(counts.values()))[:-1]) if counts else []
        return cls(
            CentroidGallery.load(folder / "gallery"),
            pd.read_parquet(folder / "landmarks.parquet"),
            dict(zip(counts, parts, strict=True)),
            Thresholds.from_dict(settings["thresholds"]),
            RecognizerConfig(**settings["config"]),
        )


def unreadable_row(photo: str, reason: str) -> dict:
    """The row of a photo that could not be read: rejected, no similarity, and the reason in words.

    Args:
        photo: its name.
        reason: what is wrong with it, such as "truncated".
    Returns:
        The columns of `COLUMNS`; append such rows to what `recognize` returns.
    """
    row = {name: "" if kind is object else np.nan for name, kind in COLUMNS.items()}
    known = {"photo": photo, "landmark_id": NON_LANDMARK, "reason": f"unreadable: {reason}"}
    return row | known | {"centroid": -1, "used_gps": False}


def _check_rows(names: list[str], vectors: np.ndarray) -> None:
    if len(names) != len(vectors):
        raise InputError(
            f"Expected one embedding per photo; got {len(names)} photo_ids and {len(vectors)} rows in "
            "recognize. Take both from the same table."
        )
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(bad):
        raise InputError(
            f"Expected finite embeddings; got NaN or infinity for {len(bad)} photos, first "
            f"{names[bad[0]]!r}, in recognize. Embed them again, or give them an unreadable_row."
        )


def _compared(value: float, threshold: float) -> str:
    """ "0.71 > 0.62", with as many digits as it takes to tell the two apart, at most six."""
    sign = ">" if value > threshold else "<="
    for digits in range(2, 7):
        left, right = f"{value:.{digits}f}", f"{threshold:.{digits}f}"
        if left != right:
            break
    return f"{left} {sign} {right}"
