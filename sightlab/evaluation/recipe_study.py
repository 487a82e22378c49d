"""Recipes of training against each other, from what each answered on tune after its stages.

Shapes: Q photos asked.
Source: ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Shaped

from sightlab.data.manifest import NON_LANDMARK
from sightlab.evaluation import metrics
from sightlab.evaluation.intervals import bootstrap_by_landmark, wilson

IN_USE = "recipe in use"


def league_of(
    answers: Mapping[str, Sequence[pd.DataFrame]], fpr: float = 0.01, n_resamples: int = 300
) -> pd.DataFrame:
    """A row for each recipe after its last stage, against the recipe in use.

    Args:
        answers: name -> answers of each seed: stage, photo_id, truth, similarity, best, joined, updates.
        fpr: at which sensitivity is read off, on the same photos.
    Returns:
        recipe, seeds, updates; sensitivity (mean over the seeds) with low, high (95 %, bootstrap by landmark
        of that mean), spread (largest less smallest seed); gain over the recipe in use with gain_low,
        gain_high (paired, by the seeds that both have); n (landmark photos); closed_set_accuracy;
        backward_transfer (mean over the stages but the last of what their landmarks lost or won until the
        end; NaN with one stage).
    """
    if IN_USE not in answers:
        return pd.DataFrame()
    rows = []
    for name, seeds in answers.items():
        last = [_after(table, int(table["stage"].max())) for table in seeds]
        base = [_after(table, int(table["stage"].max())) for table in answers[IN_USE]][: len(last)]
        truth = last[0]["truth"].to_numpy(dtype=object)

        def values(rows: np.ndarray, last=last, base=base) -> np.ndarray:
            own = [_sensitivity(table.iloc[rows], fpr) for table in last]
            theirs = [_sensitivity(table.iloc[rows], fpr) for table in base]
            return np.array([np.mean(own), np.mean(own[: len(theirs)]) - np.mean(theirs)])

        value = values(np.arange(len(truth)))
        low, high = bootstrap_by_landmark(values, truth, n_resamples)
        single = [_sensitivity(table, fpr) for table in last]
        closed = [
            metrics.closed_set_accuracy(_column(table, "best"), _column(table, "truth")) for table in last
        ]
        rows.append(
            {
                "recipe": name,
                "seeds": len(seeds),
                "updates": int(np.mean([table["updates"].iloc[0] for table in seeds])),
                "sensitivity": value[0],
                "low": low[0],
                "high": high[0],
                "spread": max(single) - min(single),
                "gain": value[1],
                "gain_low": low[1],
                "gain_high": high[1],
                "n": int((truth != NON_LANDMARK).sum()),
                "closed_set_accuracy": float(np.mean(closed)),
                "backward_transfer": float(np.mean([backward_transfer(table, fpr) for table in seeds])),
            }
        )
    return pd.DataFrame(rows)


def forgetting_of(table: pd.DataFrame, fpr: float = 0.01) -> pd.DataFrame:
    """Sensitivity of each stage's landmarks after each stage, from the answers of one recipe and seed.

    Returns:
        stage, group (the stage in which the landmarks joined), sensitivity, low, high (Wilson 95 %), n.
    """
    joined = table[table["joined"]]
    home = dict(zip(joined["truth"], joined["stage"], strict=True))
    rows = []
    for stage in sorted(table["stage"].unique()):
        own = _after(table, stage)
        threshold = metrics.sensitivity_at_fpr(
            own["similarity"].to_numpy(float), _column(own, "best"), _column(own, "truth"), fpr
        ).threshold
        is_right = (own["best"] == own["truth"]) & (own["similarity"] > threshold)
        groups = own["truth"].map(home)
        for group in sorted(groups.dropna().unique()):
            mine = groups == group
            k, n = int(is_right[mine].sum()), int(mine.sum())
            low, high = wilson(k, n)
            rows.append(
                {
                    "stage": int(stage),
                    "group": int(group),
                    "sensitivity": k / n,
                    "low": low,
                    "high": high,
                    "n": n,
                }
            )
    return pd.DataFrame(rows)


def backward_transfer(table: pd.DataFrame, fpr: float = 0.01) -> float:
    """Mean change of sensitivity between a group's own stage and the last one; NaN with one stage."""
    matrix = forgetting_of(table, fpr).set_index(["stage", "group"])["sensitivity"]
    last = int(table["stage"].max())
    changes = [
        matrix[last, group] - matrix[group, group] for group in range(1, last) if (group, group) in matrix
    ]
    return float(np.mean(changes)) if changes else float("nan")


def _after(table: pd.DataFrame, stage: int) -> pd.DataFrame:
    return table[table["stage"] == stage].reset_index(drop=True)


def _column(table: pd.DataFrame, name: str) -> Shaped[np.ndarray, " Q"]:
    return table[name].to_numpy(dtype=object)


def _sensitivity(table: pd.DataFrame, fpr: float) -> float:
    return metrics.sensitivity_at_fpr(
        table["similarity"].to_numpy(float), _column(table, "best"), _column(table, "truth"), fpr
    ).sensitivity


def league_numbers(league: pd.DataFrame) -> dict[str, float]:
    """Flat results of `league_of`: league_gain_<recipe> with _low, _high; empty without rows."""
    return {
        f"league_{end}_{row.recipe.replace(' ', '_').replace(',', '')}": getattr(row, end)
        for row in league.itertuples()
        for end in ("gain", "gain_low", "gain_high")
    }
