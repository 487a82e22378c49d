"""Thresholds for a wanted false-positive rate, with a guarantee.

Letters: n calibration distractors, L landmarks.
The guarantee is conformal: if a new distractor is drawn like those of tune, it is answered with
probability at most `fpr`, whatever the distribution of similarities.
"""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Float

from sightlab.checks import InputError, check_columns, check_fraction, check_range
from sightlab.data.manifest import NON_LANDMARK
from sightlab.recognition.search import LandmarkSearch

if TYPE_CHECKING:
    from sightlab.nets.embedding import EmbeddingTable


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

    def __post_init__(self):
        check_range(self.similarity, "similarity", -1, 1)
        check_range(self.similarity_gps, "similarity_gps", -1, 1)
        if not self.reference_distance >= 0:
            raise InputError(
                "Expected reference_distance >= 0, or inf for no verification; got "
                f"{self.reference_distance} in Thresholds. Choose the thresholds again with "
                "choose_thresholds."
            )
        check_fraction(self.fpr, "fpr", low_open=True, high_open=True, advice="Write 1 % as 0.01.")

    def to_dict(self) -> dict:
        """JSON-ready; an infinite reference distance becomes None."""
        is_verified = math.isfinite(self.reference_distance)
        return asdict(self) | {"reference_distance": self.reference_distance if is_verified else None}

    @classmethod
    def from_dict(cls, values: dict) -> "Thresholds":
        """What `to_dict` wrote."""
        distance = values["reference_distance"]
        return cls(**(values | {"reference_distance": math.inf if distance is None else distance}))


def conformal_threshold(distractor_similarities: Float[np.ndarray, " n"], fpr: float) -> float:
    """The smallest threshold that a new distractor exceeds with probability at most fpr.

    It is the k-th smallest of the n similarities, k = ceil((n + 1) (1 - fpr)). Answer if and only if
    similarity > threshold: ties then only lower the rate.

    Args:
        distractor_similarities: (n,) best similarity of each calibration distractor, in any order; -inf
            for one that another gate already rejects.
        fpr: wanted rate, (0, 1).
    Returns:
        One of the similarities.
    Raises:
        InputError: fewer than ceil(1 / fpr) - 1 distractors, NaN, fpr outside (0, 1).
    Source: Vovk, Gammerman & Shafer 2005.
    """
    check_fraction(fpr, "fpr", low_open=True, high_open=True, advice="Write 1 % as 0.01.")
    n = len(distractor_similarities)
    bad = np.flatnonzero(np.isnan(distractor_similarities))
    if len(bad):
        raise InputError(
            f"Expected a similarity for each of {n} distractors; got NaN for {len(bad)}, first in row "
            f"{bad[0]}, in conformal_threshold. Leave unreadable photos out."
        )
    _check_enough(n, fpr)
    from_top = math.floor((n + 1) * fpr + 1e-9)  # n + 1 - k, safe from 1000 * 0.999 = 998.9999...
    return float(np.partition(distractor_similarities, n - from_top)[n - from_top])


def choose_thresholds(
    search: LandmarkSearch,
    table: "EmbeddingTable",
    photos: pd.DataFrame,
    fpr: float = 0.01,
    lost_to_verification: float = 0.01,
) -> Thresholds:
    """All three thresholds, from the tune photos.

    1. `reference_distance`: as small as possible, while at most `lost_to_verification` of the landmark
       photos whose best landmark is right fail it.
    2. `similarity`: conformal over all tune distractors, searched as if without coordinates; those that fail
       verification count as -inf, so `fpr` holds for both gates together.
    3. `similarity_gps`: conformal over the tune distractors that stand near a landmark. If they are too
       few, every tune distractor is put at the position of every landmark in turn, and the rate holds on
       average over landmarks.

    Args:
        search: gallery, landmarks and references.
        table: embeddings of the photos; only its `rows(photo_ids)` is used.
        photos: photo_id, landmark_id, split, and lat, lon of the camera if known; readable tune photos.
        fpr: wanted false-positive rate, (0, 1).
        lost_to_verification: share of right matches that verification may reject, [0, 1); 1 turns it off.
    Returns:
        The thresholds; `calibrated_on` says in words which photos stand behind them.
    Raises:
        InputError: rows of another split, or too few distractors for the wanted rate.
        KeyError: a photo without an embedding.
    Source: gates from Boiarov & Tyantov 2019 (article); how they are chosen is ours.
    """
    check_fraction(lost_to_verification, "lost_to_verification")
    check_columns(photos, ("photo_id", "landmark_id", "split"), "photos")
    foreign = photos.loc[photos["split"] != "tune"]
    if len(foreign):
        raise InputError(
            f"Expected photos of the split tune; got {len(foreign)} others, first "
            f"{foreign['photo_id'].iloc[0]!r} of {foreign['split'].iloc[0]!r}, in choose_thresholds. Pass "
            "manifest.split('tune')."
        )
    truth = photos["landmark_id"].to_numpy(dtype=object)
    is_distractor = truth == NON_LANDMARK
    n = int(is_distractor.sum())
    _check_enough(n, fpr)
    vectors = table.rows(photos["photo_id"].to_numpy(dtype=object))
    world = search.match(vectors)
    best, similarity, distance = (
        x[:, 0] for x in (world.landmark, world.similarity, world.reference_distance)
    )
    is_right = ~is_distractor & (search.landmark_ids[best] == truth)
    limit = _distance_limit(distance[is_right & ~np.isnan(distance)], lost_to_verification)
    kept = np.where(distance > limit, -np.inf, similarity)[is_distractor]  # NaN: no references, passes
    threshold = conformal_threshold(kept, fpr)
    gps, n_gps, words = _gps_threshold(search, vectors[is_distractor], photos[is_distractor], fpr)
    return Thresholds(
        similarity=max(threshold, -1.0),  # -inf if verification alone meets the rate
        similarity_gps=max(threshold, -1.0) if gps is None else gps,
        reference_distance=limit,
        fpr=fpr,
        n_distractors=n,
        n_distractors_gps=n_gps,
        calibrated_on=f"tune: {n:,} distractors, coordinates ignored; with coordinates: {words}",
    )


def _gps_threshold(
    search: LandmarkSearch, vectors: np.ndarray, distractors: pd.DataFrame, fpr: float
) -> tuple[float | None, int, str]:
    """Threshold inside the square, the number of distractors behind it, and the words that say so."""
    lat, lon = (
        distractors[c].to_numpy(dtype=np.float64) if c in distractors else np.full(len(distractors), np.nan)
        for c in ("lat", "lon")
    )
    found = search.match(vectors, lat, lon)
    near = found.has_position & ~found.is_square_empty
    n_near, needed = int(near.sum()), distractors_needed(fpr)
    if n_near >= needed:
        words = f"{n_near:,} distractors with a landmark in their square"
        return conformal_threshold(found.similarity[near, 0], fpr), n_near, words
    squares = search.neighbors()
    if not squares:
        return None, 0, "no landmark has a position, so the threshold without coordinates"
    n = len(vectors)
    step = search.config.chunk
    blocks = (_placed(search, vectors[i : i + step], squares) for i in range(0, n, step))
    threshold = _pooled_threshold(blocks, n, len(squares), fpr)
    words = (
        f"only {n_near:,} of {needed:,} needed distractors have a landmark in their square, so each of "
        f"{n:,} was placed at each of {len(squares):,} landmarks ({n * len(squares):,} pairs)"
    )
    return threshold, n, words


def distractors_needed(fpr: float) -> int:
    """Fewest calibration distractors for a wanted rate: ceil(1 / fpr) - 1; 99 for 1 %, 999 for 0.1 %."""
    return math.ceil(1 / fpr - 1e-9) - 1


def _placed(search: LandmarkSearch, vectors: np.ndarray, squares: list[np.ndarray]) -> np.ndarray:
    """(q, squares) best similarity of each photo inside each landmark's square."""
    similarities = search.landmark_similarities(vectors)
    return np.stack([similarities[:, near].max(axis=1) for near in squares], axis=1)


def _pooled_threshold(blocks: Iterable[np.ndarray], n: int, n_places: int, fpr: float) -> float:
    """Conformal threshold when each of n distractors brings one similarity per place.

    A new distractor brings n_places more values; as if all of them were above, the threshold is the value
    with only fpr (n + 1) n_places - n_places known ones above. For one place it is `conformal_threshold`.
    """
    from_top = math.floor((n + 1) * n_places * fpr + 1e-9) - n_places + 1
    top = np.empty(0, dtype=np.float32)
    for block in blocks:
        top = np.append(top, block.ravel())
        if len(top) > from_top:
            top = np.partition(top, len(top) - from_top)[len(top) - from_top :]
    return float(top.min())


def _distance_limit(distances: np.ndarray, lost: float) -> float:
    """The smallest limit that at most a share `lost` of the distances exceeds; inf if it may be all."""
    allowed = math.floor(lost * len(distances) + 1e-9)
    if allowed >= len(distances):
        return math.inf
    return float(np.sort(distances)[len(distances) - 1 - allowed])


def _check_enough(n: int, fpr: float) -> None:
    check_fraction(fpr, "fpr", low_open=True, high_open=True, advice="Write 1 % as 0.01.")
    needed = distractors_needed(fpr)
    if n < needed:
        raise InputError(
            f"A false-positive rate of {100 * fpr:g} % needs at least {needed:,} tune distractors; there "
            f"are {n:,}. Add photos without landmarks to tune, or ask for {100 / (n + 1):.3g} % or more."
        )
