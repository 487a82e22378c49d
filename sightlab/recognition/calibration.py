"""Thresholds for a wanted false-positive rate, and the words for what they promise.

Letters: n calibration distractors, L landmarks.

Without coordinates a photo must pass three gates: the similarity, the references, and the lead. The first
keeps the rate of distractors; the other two ask landmark photos only what a right match looks like, and
reject what does not: a landmark taken for another, and photos of landmarks that nobody has taught.
The promise itself, certified or on average, is in `sightlab.recognition.certified`.
"""

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.checks import InputError, check_columns, check_fraction, check_range
from sightlab.data.manifest import NON_LANDMARK
from sightlab.recognition.certified import (
    CONFIDENCE,
    can_promise,
    can_promise_over_places,
    check_enough,
    threshold_for,
    threshold_over_places,
)
from sightlab.recognition.matches import Matches
from sightlab.recognition.probability import (
    FEWEST,
    PREVALENCE,
    ProbabilityScale,
    ProbabilityScales,
    fit_scale,
)
from sightlab.recognition.search import LandmarkSearch

if TYPE_CHECKING:
    from sightlab.nets.embedding import EmbeddingTable


NO_LEAD = -2.0  # every cosine is as far ahead as this of any other
LOST_TO_SIMILARITY = 0.002  # where other gates keep the rate: a gate that is always open explains nothing
LOST_TO_LEAD = 0.09  # nearly all of these pass the similarity: a real price; notebook 07 has other shares


@dataclass(frozen=True)
class Thresholds:
    """When an answer is given, and what the choice rests on."""

    similarity: float  # without coordinates: answered when similarity > this, [-1, 1]
    similarity_gps: float  # with coordinates: the same inside the square; usually lower
    reference_distance: (
        float  # without coordinates: rejected when the mean distance > this; inf = not verified
    )
    fpr: float  # wanted share of distractors answered, (0, 1)
    n_distractors: int  # calibration distractors without coordinates
    n_distractors_gps: int  # calibration distractors with coordinates
    calibrated_on: str  # in words
    confidence: float | None = None  # of the certificate without coordinates, (0, 1); None: on average only
    confidence_gps: float | None = None  # with coordinates
    region_extra: float | None = (
        None  # by which a region must exceed the threshold; None: regions are ignored
    )
    lead: float = NO_LEAD  # without coordinates: rejected when less ahead of the rival; -2 = not asked
    n_places_gps: int = 0  # landmarks at each of which n_distractors_gps were placed; 0: as they came

    def __post_init__(self):
        check_range(self.similarity, "similarity", -1, 1)
        check_range(self.similarity_gps, "similarity_gps", -1, 1)
        check_range(self.lead, "lead", -2, 2)
        if not self.reference_distance >= 0:
            raise InputError(
                "Expected reference_distance >= 0, or inf for no verification; got "
                f"{self.reference_distance} in Thresholds. Choose the thresholds again with "
                "choose_thresholds."
            )
        check_fraction(self.fpr, "fpr", low_open=True, high_open=True, advice="Write 1 % as 0.01.")
        for value, name in ((self.confidence, "confidence"), (self.confidence_gps, "confidence_gps")):
            if value is not None:
                check_fraction(value, name, low_open=True, high_open=True, advice="Write 95 % as 0.95.")

        if self.region_extra is not None:
            check_range(self.region_extra, "region_extra", 0, 2)

    @property
    def promise(self) -> str:
        """What a user may rely on, in a sentence; both thresholds where they rest on different things."""
        plain, gps = (_strength(c) for c in (self.confidence, self.confidence_gps))
        n, n_gps = self.n_distractors, self.n_distractors_gps
        said = f"FPR <= {100 * self.fpr:g} % {plain}, on distractors like the {n:,} of tune"
        if (plain, n) == (gps, n_gps) and not self.n_places_gps:
            return said
        if not n_gps:
            return f"{said}, without coordinates; with them nothing is answered: no landmark has a position"
        stood = "with a landmark in their square"
        if self.n_places_gps:
            stood = f"placed at each of {self.n_places_gps:,} landmarks, as a mean over these"
        return f"{said}, without coordinates; with them, {gps}, on those like {n_gps:,} of tune {stood}"

    def to_dict(self) -> dict:
        """JSON-ready; an infinite reference distance becomes None."""
        is_verified = math.isfinite(self.reference_distance)
        return asdict(self) | {"reference_distance": self.reference_distance if is_verified else None}

    @classmethod
    def from_dict(cls, values: dict) -> "Thresholds":
        """What `to_dict` wrote."""
        distance = values["reference_distance"]
        return cls(**(values | {"reference_distance": math.inf if distance is None else distance}))


def choose_thresholds(
    search: LandmarkSearch,
    table: "EmbeddingTable",
    photos: pd.DataFrame,
    fpr: float = 0.01,
    lost_to_verification: float = 0.01,
    confidence: float | None = CONFIDENCE,
    lost_to_lead: float = LOST_TO_LEAD,
) -> Thresholds:
    """All thresholds, from the tune photos.

    1. `reference_distance`: as small as possible, while at most `lost_to_verification` of the landmark
       photos whose best landmark is right fail it. It looks at landmark photos only, so it takes nothing from
       the promise, which looks at distractors.
    2. `lead`: as large as possible, while at most `lost_to_lead` of the same photos fail it.
    3. `similarity`: over all tune distractors, searched as if without coordinates; those that fail
       another gate count as -inf, so `fpr` holds for all gates together. Where that asks for little, as high
       as it can be while at most `LOST_TO_SIMILARITY` of what is right and passes the other gates is lost.
    4. `similarity_gps`: over the tune distractors that stand near a landmark. If they are too few for the
       promise, every tune distractor is put at the position of every landmark in turn, and the rate
       holds on average over landmarks.

    Args:
        search: gallery, landmarks and references.
        table: embeddings of the photos; only its `rows(photo_ids)` is used.
        photos: photo_id, landmark_id, split, and lat, lon of the camera if known; readable tune photos.
        fpr: wanted false-positive rate, (0, 1).
        lost_to_verification: share of right matches that verification may reject, [0, 1); 1 turns it off.
        confidence: of the certificate, (0, 1); None: the rate is kept on average only.
        lost_to_lead: share of right matches that the lead may reject, [0, 1); 0 turns it off.
    Returns:
        The thresholds; `calibrated_on` says in words which photos stand behind them. `confidence_gps` is None
        where distractors certify `similarity` but are too few to certify `similarity_gps`.
    Raises:
        InputError: rows of another split, or too few distractors for the promise.
        KeyError: a photo without an embedding.
    Source: gates from Boiarov & Tyantov 2019 (article), but for the lead; how they are chosen is ours.
    """
    check_fraction(lost_to_verification, "lost_to_verification")
    check_fraction(lost_to_lead, "lost_to_lead", high_open=True)
    _check_tune(photos)
    truth = photos["landmark_id"].to_numpy(dtype=object)
    is_distractor = truth == NON_LANDMARK
    n = int(is_distractor.sum())
    check_enough(n, fpr, confidence)
    vectors = table.rows(photos["photo_id"].to_numpy(dtype=object))
    world = search.match(vectors)
    best, similarity, distance = (
        x[:, 0] for x in (world.landmark, world.similarity, world.reference_distance)
    )
    is_right = ~is_distractor & (search.landmark_ids[best] == truth)
    limit = _distance_limit(distance[is_right & ~np.isnan(distance)], lost_to_verification)
    ahead = world.ranked.lead[:, 0]
    lead = _lead_limit(ahead[is_right], lost_to_lead)
    is_out = (distance > limit) | (ahead < lead)  # NaN: no references, passes
    kept = np.where(is_out, -np.inf, similarity)[is_distractor]
    needed = threshold_for(kept, fpr, confidence)  # -inf if the other gates alone meet the rate
    threshold = max(needed, _least_similarity(similarity[is_right & ~is_out]))
    gps = _gps_threshold(search, vectors[is_distractor], photos[is_distractor], fpr, confidence)
    words = f"tune: {n:,} distractors, coordinates ignored; with coordinates: {gps.words}"
    return Thresholds(
        similarity=threshold,
        similarity_gps=threshold if gps.threshold is None else gps.threshold,
        reference_distance=limit,
        fpr=fpr,
        n_distractors=n,
        n_distractors_gps=gps.n,
        calibrated_on=words,
        confidence=confidence,
        confidence_gps=confidence if gps.threshold is None else gps.confidence,
        lead=lead,
        n_places_gps=gps.n_places,
    )


def choose_probability(
    search: LandmarkSearch, table: "EmbeddingTable", photos: pd.DataFrame, prevalence: float = PREVALENCE
) -> ProbabilityScales | None:
    """Scales from similarity to probability, from the tune photos.

    Args:
        search, table, photos: as `choose_thresholds`.
        prevalence: share of photos that show a known landmark, (0, 1).
    Returns:
        One scale for the search of the world, fitted on all tune photos; one for the square, on those with a
        landmark in theirs, None if there are too few. None if there are too few of any.
    Raises:
        InputError, KeyError: as `choose_thresholds`.
    """
    _check_tune(photos)
    truth = photos["landmark_id"].to_numpy(dtype=object)
    is_landmark = truth != NON_LANDMARK
    vectors = table.rows(photos["photo_id"].to_numpy(dtype=object))
    nowhere = np.full(len(photos), np.nan)
    lat, lon = (photos[c].to_numpy(dtype=np.float64) if c in photos else nowhere for c in ("lat", "lon"))

    def scale(matches: Matches, of: np.ndarray) -> ProbabilityScale | None:
        if min((of & is_landmark).sum(), (of & ~is_landmark).sum()) < FEWEST:
            return None
        is_right = is_landmark & (search.landmark_ids[matches.landmark[:, 0]] == truth)
        return fit_scale(matches.similarity[of, 0], is_right[of], is_landmark[of], prevalence)

    world = scale(search.match(vectors), np.ones(len(photos), dtype=bool))
    if world is None:
        return None
    placed = search.match(vectors, lat, lon)
    return ProbabilityScales(world, scale(placed, placed.n_in_square > 0))


@dataclass(frozen=True)
class _GpsThreshold:
    threshold: float | None  # None: no landmark has a position
    confidence: float | None
    n: int  # distractors behind it
    words: str
    n_places: int = 0  # landmarks at each of which they were placed; 0: they stood near one


def _gps_threshold(
    search: LandmarkSearch,
    vectors: np.ndarray,
    distractors: pd.DataFrame,
    fpr: float,
    confidence: float | None,
) -> _GpsThreshold:
    lat, lon = (
        distractors[c].to_numpy(dtype=np.float64) if c in distractors else np.full(len(distractors), np.nan)
        for c in ("lat", "lon")
    )
    found = search.match(vectors, lat, lon)
    near = found.has_position & ~found.is_square_empty
    n_near = int(near.sum())
    if can_promise(n_near, fpr, confidence):
        threshold = threshold_for(found.similarity[near, 0], fpr, confidence)
        words = f"{n_near:,} distractors with a landmark in their square"
        return _GpsThreshold(threshold, confidence, n_near, words)
    squares = search.neighbors()
    if not squares:
        words = "no landmark has a position, so the threshold without coordinates"
        return _GpsThreshold(None, None, 0, words)
    n, step = len(vectors), search.config.chunk
    if not can_promise_over_places(n, fpr, confidence):
        confidence = None
    blocks = (search.best_in_squares(vectors[i : i + step], squares) for i in range(0, n, step))
    threshold = threshold_over_places(blocks, n, len(squares), fpr, confidence)
    words = (
        f"only {n_near:,} distractors have a landmark in their square, too few, so each of "
        f"{n:,} was placed at each of {len(squares):,} landmarks ({n * len(squares):,} pairs)"
    )
    return _GpsThreshold(threshold, confidence, n, words, len(squares))


def _distance_limit(distances: np.ndarray, lost: float) -> float:
    """The smallest limit that at most a share `lost` of the distances exceeds; inf if it may be all."""
    allowed = math.floor(lost * len(distances) + 1e-9)
    if allowed >= len(distances):
        return math.inf
    return float(np.sort(distances)[len(distances) - 1 - allowed])


def _lead_limit(leads: np.ndarray, lost: float) -> float:
    """The largest limit that at most a share `lost` of the leads stays below; `NO_LEAD` to lose none."""
    allowed = math.floor(lost * len(leads) + 1e-9)
    limit = np.sort(leads)[allowed] if allowed else -np.inf
    return float(limit) if np.isfinite(limit) else NO_LEAD  # inf: there are no rivals


def _least_similarity(similarities: np.ndarray) -> float:
    """Just below the similarities, but for a share of `LOST_TO_SIMILARITY` of them; -1 if there are none."""
    if not len(similarities):
        return -1.0
    least = np.sort(similarities)[math.floor(LOST_TO_SIMILARITY * len(similarities) + 1e-9)]
    return max(-1.0, float(np.nextafter(least, -np.inf)))


def _strength(confidence: float | None) -> str:
    return "on average" if confidence is None else f"with {100 * confidence:g} % confidence"


def _check_tune(photos: pd.DataFrame) -> None:
    check_columns(photos, ("photo_id", "landmark_id", "split"), "photos")
    foreign = photos.loc[photos["split"] != "tune"]
    if len(foreign):
        raise InputError(
            f"Expected photos of the split tune; got {len(foreign)} others, first "
            f"{foreign['photo_id'].iloc[0]!r} of {foreign['split'].iloc[0]!r}, in choose_thresholds. Pass "
            "manifest.split('tune')."
        )
