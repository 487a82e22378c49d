"""Why the rival misses what it misses: where the truth is lost, and what a larger database would give it.

found = diagnosis.fates_of(rival, "test")
diagnosis.lost(rival, found)                  # by view, or by region
diagnosis.by_database_size(rival)             # on tune: fewer and more photos of every landmark
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.checks import InputError
from sightlab.data.manifest import NON_LANDMARK
from sightlab.delf.candidates import null_of
from sightlab.delf.index import DescriptorIndex
from sightlab.delf.recognizer import DelfRecognizer
from sightlab.evaluation.intervals import wilson
from sightlab.evaluation.lost_truth import fates, fates_by, recall_at
from sightlab.evaluation.metrics import sensitivity_at_fpr
from sightlab.evaluation.slices import slice_masks, world_facts, world_slices
from sightlab.pipeline_delf import Rival, some

if TYPE_CHECKING:
    from sightlab.delf.store import FeatureStore

FPR = 0.01
VERSION = 1


def fates_of(rival: Rival, split: str) -> pd.DataFrame:
    """What became of every query of a split at FPR 1 % of its own distractors, see `fates`."""
    queries, answers = rival.queries(split), rival.answers(split)
    compared = rival.compared(queries, split)
    config = rival.settings.search.verification
    return fates(
        queries,
        answers,
        _with_landmarks(compared, rival.untuned.landmark_ids),
        at_fpr(answers, queries).threshold,
        lambda n: null_of(n, config),
    )


def at_fpr(answers: pd.DataFrame, queries: pd.DataFrame):
    """The operating point of some answers at FPR 1 % of their own distractors."""
    known = answers.set_index("photo").loc[queries["photo_id"]]
    best, truth = (x.to_numpy(dtype=object) for x in (known["best_landmark_id"], queries["landmark_id"]))
    return sensitivity_at_fpr(known["similarity"].to_numpy(dtype=float), best, truth, FPR)


def _with_landmarks(compared: pd.DataFrame, landmark_ids: np.ndarray) -> pd.DataFrame:
    """The candidates, and the landmark of each; photos without any have no row any more."""
    found = compared[compared["row"] >= 0]
    return found.assign(landmark_id=landmark_ids[found["row"].to_numpy()])


def lost(rival: Rival, found: pd.DataFrame) -> pd.DataFrame:
    """Fates of the landmark photos by kind of view where it is known, else by region, see `fates_by`."""
    photos = rival.bench.manifest.photos.set_index("photo_id").loc[found["photo_id"]].reset_index()
    views = world_slices(photos, world_facts(rival.bench.manifest.root))
    views = {name: mask for name, mask in views.items() if name.startswith("view: ")}
    masks = slice_masks(photos, views, None)
    wanted = ("all", "view: ") if views else ("all", "region: ")
    return fates_by(found, {name: mask for name, mask in masks.items() if name.startswith(wanted)})


def lost_numbers(found: pd.DataFrame) -> dict[str, float]:
    """delf_lost_<fate>: share of the landmark photos; delf_recall_at_1, ...; medians of inliers."""
    own = found[found["landmark_id"] != NON_LANDMARK]
    others = found[found["landmark_id"] == NON_LANDMARK]
    numbers = {f"delf_{key}": value for key, value in recall_at(found).items()}
    numbers |= {
        f"delf_lost_{fate}": float((own["fate"] == fate).mean())
        for fate in ("no_candidate", "beaten", "chance", "below")
    }
    return numbers | {
        "delf_inliers_true_median": float(own["true_inliers"].median()),
        "delf_inliers_wrong_median": float(own["wrong_inliers"].median()),
        "delf_inliers_distractor_median": float(others["wrong_inliers"].median()),
        "delf_inliers_null_median": float(found["true_null"].median()),
    }


# ---------------------------------------------------------------- the size of the database


def by_database_size(rival: Rival, sizes: Sequence[int], n_queries: int | None = None) -> pd.DataFrame:
    """The same tune queries, asked of databases with fewer and more photos of every landmark; stored.

    Args:
        sizes: photos of a landmark, at most. The smaller databases are parts of the largest.
        n_queries: landmark photos, and as many distractors; None: as the settings have them.
    Returns:
        photos_per_landmark, n_photos, sensitivity (at FPR 1 % of these distractors) with low, high (Wilson),
        recall (the true landmark is among the candidates), true_inliers, distractor_inliers (medians of the
        best), n (landmark photos).
    Raises:
        InputError: no size, or one below 1.
    """
    if not sizes:
        raise InputError(
            "by_database_size needs at least one number of photos of a landmark, such as [5, 10]."
        )
    most = n_queries or rival.settings.studied_queries
    largest = Rival(rival.bench, replace(rival.settings, photos_per_landmark=max(sizes), most_queries=most))
    queries = largest.queries("tune")
    settings = {"sizes": list(sizes), "queries": queries["photo_id"].tolist(), "rival": repr(rival.settings)}
    inputs = [rival.net.key, rival.bench.manifest.key]
    return rival.bench.workspace.table(
        "delf_sizes", VERSION, settings, inputs, lambda: _by_size(largest, queries, sizes)
    )


def _by_size(largest: Rival, queries: pd.DataFrame, sizes: Sequence[int]) -> pd.DataFrame:
    store = largest.features(queries["photo_id"], "local features of tune queries")
    rows = []
    for size in sizes:
        recognizer = _of_size(largest, size)
        compared = recognizer.compare(queries["photo_id"], (store[row] for row in range(len(store))))
        answers = recognizer.answers(queries["photo_id"], compared)
        point = at_fpr(answers, queries)
        known = _with_landmarks(compared, recognizer.landmark_ids)
        found = fates(queries, answers, known, point.threshold, lambda n: 0.0)
        own = found["landmark_id"] != NON_LANDMARK
        low, high = wilson(point.k, point.n)
        facts = {"photos_per_landmark": size, "n_photos": len(recognizer.database)}
        rates = {"sensitivity": point.sensitivity, "low": low, "high": high}
        rows.append(
            facts
            | rates
            | {
                "recall": float(found.loc[own, "rank"].notna().mean()),
                "true_inliers": float(found.loc[own, "true_inliers"].median()),
                "distractor_inliers": float(found.loc[~own, "wrong_inliers"].median()),
                "n": point.n,
            }
        )
    return pd.DataFrame(rows)


def _of_size(largest: Rival, size: int) -> DelfRecognizer:
    """The recognizer of a part of the database."""
    photos, settings = largest.database_photos, largest.settings
    kept = [
        some(group, size, settings.seed)["photo_id"]
        for _, group in largest.bench.kept().groupby("landmark_id", sort=True)
    ]
    rows = np.flatnonzero(photos["photo_id"].isin(pd.concat(kept)).to_numpy())
    store: FeatureStore = largest.database.select(rows)
    landmarks = photos["landmark_id"].to_numpy(dtype=object)[rows]
    index = DescriptorIndex(store, settings.index)
    return DelfRecognizer(index, store, landmarks, config=settings.search, score=settings.score)
