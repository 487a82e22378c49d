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
from sightlab.workspace import artefact_key

if TYPE_CHECKING:
    from sightlab.delf.store import FeatureStore

FPR = 0.01
VERSION = 1
SIZES_VERSION = 2
RECALL_AT = (1, 5, 10, 100)
TRIED_SIZES = (1, 2, 4, 5, 10, 20, 40, 80, 100)  # of which a workspace may hold some


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
        for fate in ("no_candidate", "beaten", "below")
    }
    return numbers | {
        "delf_inliers_true_median": float(own["true_inliers"].median()),
        "delf_inliers_wrong_median": float(own["wrong_inliers"].median()),
        "delf_inliers_distractor_median": float(others["wrong_inliers"].median()),
        "delf_inliers_null_median": float(found["true_null"].median()),
    }


def vote_ranks(rival: Rival, split: str) -> pd.DataFrame:
    """Which place the first photo of the right landmark has among all that have votes; stored.

    Returns:
        photo_id, landmark_id, vote_rank (from 1; NaN: none of its photos has a vote) of the landmark queries.
    """
    queries = rival.queries(split)
    queries = queries[queries["landmark_id"] != NON_LANDMARK].reset_index(drop=True)
    settings = {"compared": rival.compared(rival.queries(split), split).attrs["key"]}
    store = rival.features(rival.queries(split)["photo_id"], f"local features of {split} queries")
    where = {name: row for row, name in enumerate(store.photo_ids)}

    def rank(photo: str, landmark: str) -> float:
        rows = rival.index.votes(store[where[photo]]).rows % len(rival.database)
        own = np.flatnonzero(rival.untuned.landmark_ids[rows] == landmark)
        return float(own[0] + 1) if len(own) else np.nan

    def search() -> pd.DataFrame:
        pairs = zip(queries["photo_id"], queries["landmark_id"], strict=True)
        ranks = [rank(*pair) for pair in pairs]
        return queries[["photo_id", "landmark_id"]].assign(vote_rank=np.array(ranks, dtype=float))

    return rival.bench.workspace.table("delf_votes", VERSION, settings, [], search)


def recall_numbers(ranks: pd.DataFrame) -> dict[str, float]:
    """delf_recall_at_1, 5, 10, 100 with intervals: of votes alone, before any geometry."""
    renamed = ranks.rename(columns={"vote_rank": "rank"})
    found = recall_at(renamed, RECALL_AT)
    return {f"delf_{key}": value for key, value in found.items() if "candidates" not in key}


# ---------------------------------------------------------------- the size of the database


def by_database_size(rival: Rival, sizes: Sequence[int], n_queries: int | None = None) -> pd.DataFrame:
    """The same tune queries, asked of databases with fewer and more photos of every landmark; each stored.

    Args:
        sizes: photos of a landmark, at most. The smaller databases are parts of the larger.
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
    largest = _asked(rival, max(sizes), n_queries)
    rows = []
    for size in sizes:
        by = _sized(largest, size)
        rows.append(
            rival.bench.workspace.table(
                "delf_sizes", SIZES_VERSION, *by, lambda size=size: _by_size(largest, size)
            )
        )
    return pd.concat(rows, ignore_index=True)


def stored_sizes(rival: Rival, n_queries: int | None = None) -> list[int]:
    """Which of `TRIED_SIZES` the workspace holds; nothing is computed."""
    asked, has = _asked(rival, 1, n_queries), rival.bench.workspace.has
    keys = {size: artefact_key("delf_sizes", SIZES_VERSION, *_sized(asked, size)) for size in TRIED_SIZES}
    return [size for size, key in keys.items() if has("delf_sizes", key)]


def sizes_to_show(rival: Rival, asked: Sequence[int]) -> pd.DataFrame | None:
    """`by_database_size` of what is asked for and what is stored; None: neither."""
    sizes = sorted({*asked, *stored_sizes(rival)})
    return by_database_size(rival, sizes) if sizes else None


def _asked(rival: Rival, size: int, n_queries: int | None) -> Rival:
    most = n_queries or rival.settings.studied_queries
    return Rival(rival.bench, replace(rival.settings, photos_per_landmark=size, most_queries=most))


def _sized(asked: Rival, size: int) -> tuple[dict, list[str]]:
    """Settings and inputs of one size."""
    queries = asked.queries("tune")["photo_id"].tolist()
    used = asked.settings
    how = {"index": repr(used.index), "search": repr(used.search), "score": repr(used.score)}
    settings = {"size": size, "seed": used.seed, "queries": queries, "features": repr(asked.config)} | how
    return settings, [asked.net.key, asked.bench.manifest.key]


def _by_size(largest: Rival, size: int) -> pd.DataFrame:
    queries = largest.queries("tune")
    store = largest.features(queries["photo_id"], "local features of tune queries")
    recognizer = _of_size(largest, size)
    compared = recognizer.compare(queries["photo_id"], (store[row] for row in range(len(store))))
    answers = recognizer.answers(queries["photo_id"], compared)
    point = at_fpr(answers, queries)
    known = _with_landmarks(compared, recognizer.landmark_ids)
    found = fates(queries, answers, known, point.threshold, lambda n: 0.0)
    own = found["landmark_id"] != NON_LANDMARK
    low, high = wilson(point.k, point.n)
    facts = {
        "photos_per_landmark": size,
        "n_photos": len(recognizer.database),
        "sensitivity": point.sensitivity,
        "low": low,
        "high": high,
        "recall": float(found.loc[own, "rank"].notna().mean()),
        "true_inliers": float(found.loc[own, "true_inliers"].median()),
        "distractor_inliers": float(found.loc[~own, "wrong_inliers"].median()),
        "n": point.n,
    }
    return pd.DataFrame([facts])


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
