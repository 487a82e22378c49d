"""Does the promise hold for photos of landmarks that nobody has taught? Measured on tune, two ways.

Few of the tune distractors that a threshold is certified with are landmarks. A user photographs some that the
gallery does not know, and those look much more like a landmark. *Left out*: every landmark in turn is taken
out of the gallery, with all of its place; the network has learned it, though, and so keeps its photos apart
from all others. *Never seen*: the network before the last stage has not learned the last region, so for
it those photos are what new landmarks will be for the final network. The truth for a user lies nearer to
the second.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from sightlab.data.manifest import NON_LANDMARK
from sightlab.evaluation.intervals import wilson
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
        way, unknown (`LEFT_OUT` or, with two stages at least, `NEVER_SEEN`), n, n_answered, answered with
        answered_low, answered_high (Wilson 95 %): photos of unknown landmarks; sensitivity and confusion_rate
        of the known ones at the same thresholds; all without coordinates, thresholds certified as the
        profile asks, and in the last rows at the strictest rate that the model carries.
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
        answered = np.concatenate(list(_left_out(bench, search, thresholds)))
        rows.append({"way": way.name, "unknown": LEFT_OUT} | _rates(bench, search, thresholds, answered))
        if len(bench.stages) > 1:
            rows.append({"way": way.name, "unknown": NEVER_SEEN} | _never_seen(bench, way))
    return pd.DataFrame(rows)


def unknown_numbers(table: pd.DataFrame) -> dict[str, float]:
    """Flat results of `unknown_landmarks`: answered_left_out and answered_never_seen of the way in use."""
    numbers = {}
    in_use = table[table["way"] == IN_USE]
    for unknown, key in ((LEFT_OUT, "answered_left_out"), (NEVER_SEEN, "answered_never_seen")):
        for row in in_use[in_use["unknown"] == unknown].itertuples():
            ends = {"": row.answered, "_low": row.answered_low, "_high": row.answered_high}
            numbers |= {f"{key}{end}": float(value) for end, value in ends.items()} | {f"n_{key}": int(row.n)}
    return numbers


def _left_out(bench: Workbench, search: LandmarkSearch, thresholds: Thresholds) -> Iterator[np.ndarray]:
    """For each landmark, which of its tune photos are answered with a landmark of another place."""
    tune = bench.manifest.split("tune").photos
    ids = search.landmark_ids
    places = {str(name): set(ids[near]) for name, near in zip(ids, search.places.near, strict=True)}
    for landmark_id, photos in tune.groupby("landmark_id"):
        if landmark_id in places:
            rest = without(search, places[landmark_id])
            yield _answered(rest, bench.table.rows(photos["photo_id"]), thresholds)


def without(search: LandmarkSearch, landmark_ids: set[str]) -> LandmarkSearch:
    """The same search of a gallery that lacks some landmarks."""
    gallery = search.gallery
    keep = ~np.isin(gallery.landmark_ids, list(landmark_ids))
    rest = CentroidGallery(gallery.vectors[keep], gallery.table[keep].reset_index(drop=True))
    witnesses = search.witnesses and search.witnesses.without(landmark_ids)
    references = search.reference_vectors
    return LandmarkSearch(rest, search.landmarks, references, search.config, search.pool, witnesses)


def _never_seen(bench: Workbench, way: Way) -> dict:
    """The rates of the network before the last stage."""
    case = before_last_stage(bench, way)
    new = _answered(case.search, case.table.rows(case.new["photo_id"]), case.thresholds)
    return _rates(bench, case.search, case.thresholds, new, case.table)


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


def _rates(
    bench: Workbench,
    search: LandmarkSearch,
    thresholds: Thresholds,
    unknown: np.ndarray,
    table: EmbeddingTable | None = None,
) -> dict:
    tune = bench.manifest.split("tune").photos
    known = tune[tune["landmark_id"].isin(search.landmark_ids)]
    matches = search.match((table or bench.table).rows(known["photo_id"]))
    answered = passed(matches, thresholds)[:, 0]
    is_right = search.landmark_ids[matches.landmark[:, 0]] == known["landmark_id"].to_numpy(dtype=object)
    low, high = wilson(int(unknown.sum()), len(unknown))
    return {
        "n": len(unknown),
        "n_answered": int(unknown.sum()),
        "answered": float(unknown.mean()),
        "answered_low": low,
        "answered_high": high,
        "sensitivity": float((answered & is_right).mean()),
        "confusion_rate": float((answered & ~is_right).mean()),
    }
