"""Does the promise hold for photos of landmarks that nobody has taught? Measured on tune, two ways.

Few of the tune distractors that a threshold is certified with are landmarks. A user photographs some that the
gallery does not know, and those look much more like a landmark. *Left out*: every landmark in turn is taken
out of the gallery, with all of its place; the network has learned it, though, and so keeps its photos apart
from all others. *Never seen*: the network before the last stage has not learned the last region, so for
it those photos are what new landmarks will be for the final network. The truth for a user lies nearer to
the second. Both are without coordinates. *At a known landmark*: with them, the worst place to stand is the
square of a landmark that is known, so the photos of the second kind are put at each of these in turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float

from sightlab.data.manifest import NON_LANDMARK
from sightlab.evaluation.intervals import bootstrap_by_landmark
from sightlab.learning.curriculum import embed_manifest
from sightlab.recognition.calibration import choose_thresholds
from sightlab.recognition.centroids import build_gallery
from sightlab.recognition.gallery import CentroidGallery
from sightlab.recognition.gates import passed
from sightlab.recognition.search import LandmarkSearch, reference_vectors
from sightlab.recognition.similarity import PLAIN, SimilarityConfig
from sightlab.recognition.trees import CentroidConfig
from sightlab.recognition.witnesses import Witnesses

if TYPE_CHECKING:
    from sightlab.nets.embedding import EmbeddingTable
    from sightlab.pipeline import Workbench
    from sightlab.recognition.calibration import Thresholds

LEFT_OUT, NEVER_SEEN = "left out of the gallery", "never seen by the network"
PLACED = "never seen, at a known landmark"
IN_USE = "similarity and lead"


class Way(NamedTuple):
    """A decision to be judged."""

    name: str
    similarity: SimilarityConfig | None  # None: of the profile
    to_lead: float  # share of right matches that the lead may lose
    fpr: float  # wanted


def way_in_use(bench: Workbench) -> Way:
    """The profile's own decision, at its own rate."""
    return Way(IN_USE, None, bench.profile.lost_to_lead, bench.profile.fpr)


def unknown_landmarks(bench: Workbench) -> pd.DataFrame:
    """Tune photos of unknown landmarks: how many are answered, by the article's rule and by ours.

    Returns:
        way, unknown (`LEFT_OUT` or, with two stages at least, `NEVER_SEEN` and, if landmarks have positions,
        `PLACED`), n, n_answered (of `PLACED` on average over the places), answered with answered_low,
        answered_high (bootstrap by landmark, 95 %): photos of unknown landmarks; sensitivity and
        confusion_rate of the known ones at the same thresholds, of `PLACED` standing at their own landmark;
        thresholds certified as the profile asks, and in the last rows at the strictest rate that the model
        carries.
    """
    usual, strict = bench.profile.fpr, min(bench.thresholds)
    ways = (
        Way("article: cosine", PLAIN, 0.0, usual),
        Way("similarity", None, 0.0, usual),
        way_in_use(bench),
        Way(f"the same at FPR {100 * strict:g} %", None, bench.profile.lost_to_lead, strict),
    )
    rows = []
    for way in ways:
        search = bench.search(way.similarity)
        thresholds = bench.choose(way.fpr, search, to_lead=way.to_lead)
        names, answered = _left_out(bench, search, thresholds)
        left_out = {"unknown": LEFT_OUT} | answered_rates(answered, names)
        rows.append({"way": way.name} | left_out | _known_rates(bench, search, thresholds, bench.table))
        if len(bench.stages) > 1:
            rows += [{"way": way.name} | row for row in _never_seen(bench, way)]
    return pd.DataFrame(rows)


def unknown_numbers(table: pd.DataFrame) -> dict[str, float]:
    """Flat results of `unknown_landmarks`, of the way in use.

    answered_left_out, answered_never_seen and, at known landmarks, answered_never_seen_gps, with _low, _high.
    """
    numbers = {}
    in_use = table[table["way"] == IN_USE]
    keys = {LEFT_OUT: "answered_left_out", NEVER_SEEN: "answered_never_seen"}
    for unknown, key in (keys | {PLACED: "answered_never_seen_gps"}).items():
        for row in in_use[in_use["unknown"] == unknown].itertuples():
            ends = {"": row.answered, "_low": row.answered_low, "_high": row.answered_high}
            numbers |= {f"{key}{end}": float(value) for end, value in ends.items()} | {f"n_{key}": int(row.n)}
    return numbers


def answered_rates(answered: np.ndarray, landmark_ids: np.ndarray) -> dict[str, float]:
    """n, n_answered, answered with answered_low, answered_high of photos of unknown landmarks.

    Photos of one landmark are answered together or not at all, so whole landmarks are drawn.

    Args:
        answered: (Q,) bool, or shares of the places at which a photo is answered.
        landmark_ids: (Q,) what they show.
    """

    def rate(index: np.ndarray) -> float:
        return float(answered[index].mean())

    low, high = bootstrap_by_landmark(rate, landmark_ids)
    found = {"n": len(answered), "n_answered": answered.sum().item(), "answered": float(answered.mean())}
    return found | {"answered_low": float(low[0]), "answered_high": float(high[0])}


def _left_out(
    bench: Workbench, search: LandmarkSearch, thresholds: Thresholds
) -> tuple[np.ndarray, np.ndarray]:
    """Landmark of each tune photo of a landmark, and whether it is answered with one of another place."""
    tune = bench.manifest.split("tune").photos
    ids = search.landmark_ids
    places = {str(name): set(ids[near]) for name, near in zip(ids, search.places.near, strict=True)}
    names, answered = [], []
    for landmark_id, photos in tune.groupby("landmark_id"):
        if landmark_id in places:
            rest = without(search, places[landmark_id])
            names += [landmark_id] * len(photos)
            answered.append(_answered(rest, bench.table.rows(photos["photo_id"]), thresholds))
    return np.array(names, dtype=object), np.concatenate(answered)


def without(search: LandmarkSearch, landmark_ids: set[str]) -> LandmarkSearch:
    """The same search of a gallery that lacks some landmarks."""
    gallery = search.gallery
    keep = ~np.isin(gallery.landmark_ids, list(landmark_ids))
    rest = CentroidGallery(gallery.vectors[keep], gallery.table[keep].reset_index(drop=True))
    witnesses = search.witnesses and search.witnesses.without(landmark_ids)
    references = search.reference_vectors
    return LandmarkSearch(rest, search.landmarks, references, search.config, search.pool, witnesses)


def _never_seen(bench: Workbench, way: Way) -> Iterator[dict]:
    """The rates of the network before the last stage: without coordinates, then at known landmarks."""
    case = before_last_stage(bench, way)
    vectors, names = case.table.rows(case.new["photo_id"]), case.new["landmark_id"].to_numpy(dtype=object)
    rule = (case.search, case.thresholds)
    rates = answered_rates(_answered(case.search, vectors, case.thresholds), names)
    yield {"unknown": NEVER_SEEN} | rates | _known_rates(bench, *rule, case.table)
    if case.search.neighbors():
        rates = answered_rates(share_of_places(case.search, vectors, case.thresholds), names)
        yield {"unknown": PLACED} | rates | _known_rates(bench, *rule, case.table, is_placed=True)


def share_of_places(
    search: LandmarkSearch, vectors: Float[np.ndarray, "Q D"], thresholds: Thresholds
) -> Float[np.ndarray, " Q"]:
    """At which share of the known landmarks each photo would be answered, did it stand there.

    Rivals inside a square are not counted, as where the threshold was chosen, so it is never too low.
    """
    squares, step = search.neighbors(), search.config.chunk
    blocks = (search.best_in_squares(vectors[i : i + step], squares) for i in range(0, len(vectors), step))
    return np.concatenate([(best > thresholds.similarity_gps).mean(axis=1) for best in blocks])


class BeforeLastStage(NamedTuple):
    """What recognizes with the network that has not learned the last region yet."""

    search: LandmarkSearch
    table: EmbeddingTable
    thresholds: Thresholds
    known: pd.DataFrame  # tune photos of landmarks that it has learned, and distractors
    new: pd.DataFrame  # tune photos of landmarks that it has not


def before_last_stage(bench: Workbench, way: Way) -> BeforeLastStage:
    """A recognizer of the network before the last stage, with thresholds chosen as the profile's are."""
    kept = bench.kept(len(bench.stages) - 1)
    table = _table_of_stage(bench, kept)
    config = CentroidConfig(max_diameter=bench.cut[0], min_photos=bench.min_photos)
    train = bench.manifest.split("train")
    pool = table.rows(train.photos["photo_id"][~train.is_landmark])
    references = reference_vectors(table, bench.manifest.references)
    gallery = build_gallery(table, kept, config)
    recognizer = bench.search(way.similarity).config
    witnesses = Witnesses.of(table, kept)
    search = LandmarkSearch(gallery, bench.manifest.landmarks, references, recognizer, pool, witnesses)
    tune = bench.manifest.split("tune").photos
    confidence = bench.thresholds[way.fpr].confidence
    known = tune[tune["landmark_id"].isin({*search.landmark_ids, NON_LANDMARK})]
    thresholds = choose_thresholds(search, table, known, way.fpr, 0.01, confidence, way.to_lead)
    new = tune.loc[~tune.index.isin(known.index)]
    return BeforeLastStage(search, table, thresholds, known, new)


def _table_of_stage(bench: Workbench, kept: pd.DataFrame) -> EmbeddingTable:
    """Embeddings by the network before the last stage of everything that a decision looks at."""
    photos = bench.manifest.photos
    wanted = photos["split"].eq("tune") | photos["photo_id"].isin(kept["photo_id"])
    wanted |= photos["split"].eq("train") & photos["landmark_id"].eq(NON_LANDMARK)
    wanted |= photos["photo_id"].isin(bench.manifest.references["photo_id"])
    used, engine = bench.manifest.select(wanted.to_numpy()), bench.profile.curriculum.engine
    network = bench.recognizing_network(len(bench.stages) - 1)
    return embed_manifest(network, used, bench.workspace, engine, "network before the last")


def _answered(search: LandmarkSearch, vectors: np.ndarray, thresholds: Thresholds) -> np.ndarray:
    return passed(search.match(vectors), thresholds)[:, 0]


def _known_rates(
    bench: Workbench,
    search: LandmarkSearch,
    thresholds: Thresholds,
    table: EmbeddingTable,
    is_placed: bool = False,
) -> dict:
    """Sensitivity and confusion rate of tune photos of known landmarks; placed: each stands at its own."""
    tune = bench.manifest.split("tune").photos
    known = tune[tune["landmark_id"].isin(search.landmark_ids)]
    where = search.landmarks.set_index("landmark_id").loc[known["landmark_id"], ["lat", "lon"]]
    at = tuple(where.to_numpy(dtype=np.float64).T) if is_placed else (None, None)
    matches = search.match(table.rows(known["photo_id"]), *at)
    answered = passed(matches, thresholds)[:, 0]
    is_right = search.landmark_ids[matches.landmark[:, 0]] == known["landmark_id"].to_numpy(dtype=object)
    return {
        "sensitivity": float((answered & is_right).mean()),
        "confusion_rate": float((answered & ~is_right).mean()),
    }
