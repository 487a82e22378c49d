"""Recognizer: photos in, one row per photo out, with the reason for each answer.

Shapes: Q photos, D embedding size.
Steps: Boiarov & Tyantov 2019 (article). The search is in `search.py`, the gates in `gates.py`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float

from sightlab.checks import InputError, check_unique
from sightlab.data.manifest import NON_LANDMARK
from sightlab.recognition.calibration import Thresholds
from sightlab.recognition.decision import Explainer, Seen
from sightlab.recognition.gallery import CentroidGallery
from sightlab.recognition.gates import further_threshold, passed, threshold_of, world_passed
from sightlab.recognition.local import Heard, LocalVerification, check_verify, with_local
from sightlab.recognition.matches import Matches
from sightlab.recognition.probability import ProbabilityScales
from sightlab.recognition.recognizer_file import read_parts, write_recognizer
from sightlab.recognition.search import LandmarkSearch, RecognizerConfig
from sightlab.recognition.several import RegionVectors, match_regions, named_regions
from sightlab.recognition.witnesses import Witnesses

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
    "probability": np.float64,
    "cosine": np.float64,
    "crowd": np.float64,
    "rival": object,
    "world_landmark_id": object,
    "regions": object,
    "trace": object,
}


class Recognizer:
    """The answering system: gallery, square, thresholds, verification.

    Args:
        gallery: the centroids.
        landmarks: landmark_id, name, city, country, lat, lon; every landmark of the gallery.
        reference_vectors: landmark_id -> (R, D) unit rows; a landmark without references is never verified.
        thresholds: from `choose_thresholds`.
        config: square, most landmarks per photo, chunk, what is taken off the cosine.
        pool: (P, D) unit rows, train photos of no landmark; None: nothing is taken off for the crowd.
        probability: from similarity to probability; None: it is not known.
        witnesses: kept photos that the lead is measured by; None: it is measured by the centroids.
        verify: "references", or "local": a longer lead is asked for, and where it is missing and there are no
            coordinates, local features compare the photo with those of the best landmark; enough inliers make
            up for it. Notebook 08 measures what that brings: on photographs next to nothing (CHANGELOG).
        local: with "local", whom to ask, the thresholds used instead, and how many inliers are enough.
    Raises:
        InputError: "local" without the means, or means that would not be used.
    """

    def __init__(
        self,
        gallery: CentroidGallery,
        landmarks: pd.DataFrame,
        reference_vectors: Mapping[str, np.ndarray],
        thresholds: Thresholds,
        config: RecognizerConfig | None = None,
        pool: Float[np.ndarray, "P D"] | None = None,
        probability: ProbabilityScales | None = None,
        witnesses: Witnesses | None = None,
        verify: str = "references",
        local: LocalVerification | None = None,
    ):
        check_verify(verify, local)
        self.search = LandmarkSearch(gallery, landmarks, reference_vectors, config, pool, witnesses)
        self.thresholds = thresholds if local is None else local.thresholds
        self.probability = probability
        self.local = local
        self._explain = Explainer(self.search, self.thresholds)
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
        regions: RegionVectors | None = None,
    ) -> pd.DataFrame:
        """One row per photo, in the order given.

        Args:
            photo_ids: (Q,) names, each once.
            vectors: (Q, D) unit rows.
            lat, lon: (Q,) of the camera, degrees; NaN, or None for all, when unknown.
            regions: of the same photos; looked at if the thresholds were calibrated with regions.
        Returns:
            The columns of `COLUMNS`. `landmark_id` is the answer, `non_landmark` when rejected; name, city
            and country belong to it. `best_landmark_id`, `similarity`, `margin`, `runner_up` and `centroid`
            hold before any threshold: inside the square for a photo with coordinates; in the world if the
            square is empty, and then the photo is rejected. `similarity` is what the threshold is compared
            with: `cosine`, the bare cosine to the centroid, less `crowd` and `rival` (`similarity.py`);
            `margin` is how far the cosine is ahead of the runner-up's.
            `used_gps`: coordinates decided. `other_landmark_ids`: further landmarks that pass every gate,
            joined by ";"; first those of the whole photo, then those of its regions; only beside an answer.
            `regions`: where a region named one, "name left top right bottom" in shares of the photo, joined
            by ";". `world_landmark_id`: for a photo with coordinates and no answer, what would have been
            answered without them. `probability`: that the best landmark is right, at the prevalence of the
            scale. `reason` says in a few words, `trace` in full, why; with verify="local" also what local
            features have found.
        Raises:
            InputError: a photo twice; NaN in an embedding, by the name of its photo; rows not of unit norm;
                coordinates out of range.
        """
        rows = self.rows(photo_ids, vectors, lat, lon, regions)
        columns = {name: np.array([row[name] for row in rows], dtype=kind) for name, kind in COLUMNS.items()}
        return pd.DataFrame(columns)

    def rows(
        self,
        photo_ids: Sequence[str] | np.ndarray,
        vectors: Float[np.ndarray, "Q D"],
        lat: Float[np.ndarray, " Q"] | None = None,
        lon: Float[np.ndarray, " Q"] | None = None,
        regions: RegionVectors | None = None,
    ) -> list[dict]:
        """The rows of `recognize` as dictionaries: for one photo, a table takes as long as its decision."""
        names = [str(photo_id) for photo_id in photo_ids]
        check_unique(names, "photo_ids")
        _check_rows(names, vectors)
        if regions is not None and len(regions) != len(names):
            raise InputError(
                f"Expected regions of the same photos; got {len(names)} photo_ids and regions of "
                f"{len(regions)} in recognize. Embed both in one pass."
            )
        matches, heard = self._with_local(names, self.search.match(vectors, lat, lon))
        gates = passed(matches, self.thresholds)
        instead = world_passed(matches, self.thresholds)
        seen = self._seen_in_regions(regions, matches, gates[:, 0], lat, lon)
        rows = [
            self._row(name, q, matches, gates[q], instead[q], seen[q], heard[q])
            for q, name in enumerate(names)
        ]
        for row, value in zip(rows, self._probabilities(matches), strict=True):
            row["probability"] = value
        return rows

    def _with_local(self, names: list[str], matches: Matches) -> tuple[Matches, list[Heard | None]]:
        if self.local is None:
            return matches, [None] * len(names)
        return with_local(self.local, names, matches, self.search.landmark_ids)

    def _seen_in_regions(
        self,
        regions: RegionVectors | None,
        matches: Matches,
        is_answered: np.ndarray,
        lat: np.ndarray | None,
        lon: np.ndarray | None,
    ) -> list[list[Seen]]:
        """For each photo, the landmarks that its regions name; they only add to an answer."""
        seen: list[list[Seen]] = [[] for _ in is_answered]
        extra, answered = self.thresholds.region_extra, np.flatnonzero(is_answered)
        if regions is None or extra is None or len(answered) == 0:
            return seen
        where = [None if x is None else np.asarray(x)[answered] for x in (lat, lon)]
        found = match_regions(self.search, regions[answered], matches.landmark[answered, 0], *where)
        for row, q in enumerate(answered):
            limit = further_threshold(matches, self.thresholds)[q] + extra
            named = named_regions(found, row, limit)
            seen[q] = [Seen(*one, regions.windows[one[1]], limit) for one in named]
        return seen

    def _row(
        self,
        photo: str,
        q: int,
        matches: Matches,
        gates: np.ndarray,
        instead: bool,
        seen: list[Seen],
        heard: Heard | None,
    ) -> dict:
        """The decision on one photo, and its trace."""
        ids, ranked = self.search.landmark_ids, matches.ranked
        best, runner_up = ranked.landmark[q, 0], ranked.landmark[q, 1]
        most, is_whole = self.config.max_landmarks, bool(gates[0])
        whole = [int(ranked.landmark[q, r]) for r in range(most) if gates[r]] if is_whole else []
        seen = [one for one in seen if one.landmark not in whole][: most - len(whole)]
        answers = whole + [one.landmark for one in seen]
        answer = answers[0] if answers else None
        facts = {name: "" if answer is None else values[answer] for name, values in self._facts.items()}
        is_lost = matches.has_position[q] and answer is None and instead
        named = [ids[landmark] for landmark in answers]
        return {
            "photo": photo,
            "landmark_id": NON_LANDMARK if answer is None else ids[answer],
            "best_landmark_id": ids[best],
            "landmark_name": facts["name"],
            "city": facts["city"],
            "country": facts["country"],
            "similarity": ranked.similarity[q, 0],
            "threshold": threshold_of(matches, self.thresholds)[q],
            "margin": ranked.cosine[q, 0] - ranked.cosine[q, 1],
            "runner_up": ids[runner_up] if runner_up >= 0 else "",
            "centroid": ranked.centroid[q, 0],
            "used_gps": bool(matches.has_position[q]),
            "reason": self._explain.reason(q, matches, is_whole, instead, heard),
            "reference_distance": matches.reference_distance[q, 0],
            "other_landmark_ids": ";".join(named[1:]),
            "probability": np.nan,  # filled in for all photos at once
            "cosine": ranked.cosine[q, 0],
            "crowd": matches.crowd[q],
            "rival": ids[ranked.rival[q, 0]] if ranked.rival[q, 0] >= 0 else "",
            "world_landmark_id": ids[matches.world.landmark[q, 0]] if is_lost else "",
            "regions": ";".join(f"{ids[one.landmark]} {one.place}" for one in seen),
            "trace": self._explain.trace(q, matches, named, instead, seen, heard),
        }

    def _probabilities(self, matches: Matches) -> Float[np.ndarray, " Q"]:
        """That the best landmark is the right one; NaN where no scale is known."""
        similarity, scales = matches.similarity[:, 0], self.probability
        if scales is None:
            return np.full(len(similarity), np.nan)
        in_square, world = matches.n_in_square > 0, scales.world.of(similarity)
        if scales.square is None:  # as far above its own threshold means as likely
            lower = self.thresholds.similarity - self.thresholds.similarity_gps
            return np.where(in_square, scales.world.of(similarity + lower), world)
        return np.where(in_square, scales.square.of(similarity), world)

    def save(self, folder: Path) -> None:
        """Write everything into an existing folder: npy, parquet and json, no pickle.

        Raises:
            InputError: verify="local": local features are no part of it.
        """
        write_recognizer(self, folder)

    @classmethod
    def load(cls, folder: Path) -> "Recognizer":
        """Read what `save` wrote.

        Raises:
            InputError: a file is missing.
        """
        return cls(*read_parts(folder))


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
