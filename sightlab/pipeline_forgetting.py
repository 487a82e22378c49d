"""Evidence behind notebook 04: the regions of a curriculum after each of its stages, on tune.

    pipeline_forgetting.forgetting(bench)    # sensitivity of every region after every stage
    pipeline_forgetting.changes(bench)       # what each lost or won since its own stage, and why

Measured by what is trained alone: one mean a landmark, the cosine, no whitening.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from sightlab.data.manifest import NON_LANDMARK
from sightlab.evaluation.forgetting import PARTS, change_of_region, sensitivity_of_regions
from sightlab.learning.curriculum import embed_manifest
from sightlab.recognition.centroids import build_gallery
from sightlab.recognition.trees import CentroidConfig

if TYPE_CHECKING:
    from sightlab.learning.curriculum import Stage
    from sightlab.nets.embedding import EmbeddingTable
    from sightlab.pipeline import Workbench

ONE_MEAN = CentroidConfig(max_diameter=2, min_photos=1)


def forgetting(bench: Workbench, fpr: float = 0.01) -> pd.DataFrame:
    """Sensitivity of every region after every stage.

    Returns:
        stage, stage_region, region, sensitivity, low, high (Wilson 95 %), n; for regions already learned.
    """
    rows = []
    for stage in bench.stages:
        answers = answers_from(bench, _embedded(bench, stage), stage.number)
        regions = [seen.region for seen in bench.stages[: stage.number]]
        found = sensitivity_of_regions(answers, regions, fpr)
        rows.append(found.assign(stage=stage.number, stage_region=stage.region))
    columns = ["stage", "stage_region", "region", "sensitivity", "low", "high", "n"]
    return pd.concat(rows, ignore_index=True)[columns]


def changes(bench: Workbench, fpr: float = 0.01, n_resamples: int = 1000) -> pd.DataFrame:
    """What each region but the last lost or won since its own stage: by the network, and by the crowd.

    Returns:
        A row for each region with tune photos, see `change_of_region`; none with one stage.
    """
    *earlier, newest = bench.stages
    table = _embedded(bench, newest)
    last = answers_from(bench, table, newest.number)
    rows = []
    for stage in earlier:
        own = answers_from(bench, _embedded(bench, stage), stage.number)
        if own["region"].eq(stage.region).any():
            same = answers_from(bench, table, stage.number)
            rows.append(change_of_region(stage.region, own, same, last, fpr, n_resamples))
    parts = [f"{part}{end}" for part in PARTS for end in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=["region", "n", *parts])


def answers_from(bench: Workbench, table: EmbeddingTable, n_stages: int) -> pd.DataFrame:
    """Answers on tune from the landmarks of the first stages: photo_id, region, truth, best, similarity."""
    kept = bench.kept(n_stages)
    gallery = build_gallery(table, kept, ONE_MEAN)
    photos = bench.manifest.split("tune").photos
    photos = photos[photos["landmark_id"].isin({*kept["landmark_id"], NON_LANDMARK})]
    cosine = table.rows(photos["photo_id"]) @ gallery.vectors.T
    answers = photos[["photo_id", "region", "landmark_id"]].rename(columns={"landmark_id": "truth"})
    best = gallery.landmark_ids[cosine.argmax(axis=1)]
    return answers.assign(best=best, similarity=cosine.max(axis=1)).reset_index(drop=True)


def _embedded(bench: Workbench, stage: Stage) -> EmbeddingTable:
    """Tune photos, and what cleaning had kept by then, as the network of that stage sees them."""
    photos = bench.manifest.photos
    is_kept = photos["photo_id"].isin(bench.kept(stage.number)["photo_id"])
    used = bench.manifest.select((photos["split"].eq("tune") | is_kept).to_numpy())
    engine = bench.profile.curriculum.engine
    return embed_manifest(stage.network, used, bench.workspace, engine, f"after stage {stage.number}")
