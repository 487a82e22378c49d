"""Cleaning by geometry as a row of the league of cleaners; slow, so only on request.

    league = pipeline_delf_graph.league(rival)

Local features of every train photo, and every photo compared with some of its label: minutes for thousands
of photos. The attention was taught on photos that the curriculum had kept, so this row has seen more than the
others, whose network has learned nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from sightlab.delf.graph import INLIERS, WITNESSES, compared_pairs, verified_inliers, witnessed_inliers
from sightlab.evaluation.cleaning_study import cleaning_league, left_out
from sightlab.pipeline_cleaning import cleaning_case, obstacle, scores
from sightlab.workspace import artefact_key

if TYPE_CHECKING:
    from sightlab.pipeline_delf import Rival

VERSION = 1
NAME = f"{WITNESSES} neighbors with {INLIERS} inliers (DELF)"


def witnessed(rival: Rival, n_neighbors: int = 10) -> pd.DataFrame:
    """n_inliers of every train photo that cleaners judge, in their order, see `witnessed_inliers`; stored.

    Args:
        n_neighbors: photos of its label that each is compared with, the most similar by embedding.
    """
    inputs, _, photos, _ = cleaning_case(rival.bench)
    config = rival.settings.search.verification

    def compare() -> pd.DataFrame:
        store = rival.features(photos["photo_id"], "local features of train photos")
        pairs = compared_pairs(inputs.vectors, inputs.column, n_neighbors)
        counts = verified_inliers(store, pairs, config)
        return pd.DataFrame({"n_inliers": witnessed_inliers(pairs, counts, len(store))})

    return rival.bench.workspace.table("delf_graph", VERSION, *_by(rival, n_neighbors), compare)


def _by(rival: Rival, n_neighbors: int) -> tuple[dict, list[str]]:
    """Settings and inputs of the counts."""
    config = rival.settings.search.verification
    settings = {"n_neighbors": n_neighbors, "verification": repr(config), "features": repr(rival.config)}
    return settings, [rival.net.key, cleaning_case(rival.bench)[3]]


def league_to_show(rival: Rival, is_asked: bool, n_neighbors: int = 10) -> pd.DataFrame | None:
    """`league` where it is asked for or stored; None otherwise, or where cleaners cannot be compared."""
    if obstacle(rival.bench):
        return None
    key = artefact_key("delf_graph", VERSION, *_by(rival, n_neighbors))
    is_wanted = is_asked or rival.bench.workspace.has("delf_graph", key)
    return league(rival, n_neighbors) if is_wanted else None


def graph_numbers(table: pd.DataFrame | None) -> dict[str, float]:
    """delf_graph_<key> of the row: AUROC, and what it drops of the known noise and of the others."""
    if table is None:
        return {}
    row = table.set_index("way").loc[NAME]
    keys = ("auroc", "auroc_low", "auroc_high", "noise_dropped", "other_dropped", "noise_dropped_at_10pct")
    return {f"delf_graph_{key}": float(row[key]) for key in keys}


def league(rival: Rival, n_neighbors: int = 10) -> pd.DataFrame:
    """The league of cleaners with this row, see `cleaning_league`."""
    inputs, known, _, _ = cleaning_case(rival.bench)
    counts = witnessed(rival, n_neighbors)["n_inliers"]
    suspect = INLIERS - 0.5 - counts.to_numpy(dtype=float)  # > 0: fewer than wanted, dropped
    found = scores(rival.bench).assign(**{NAME: suspect})
    return cleaning_league(found, known, reasons=left_out(inputs))
