"""Recipes of training against each other, from what each answered on tune after its stages.

Shapes: Q photos asked.
Source: ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float, Shaped

from sightlab.checks import InputError
from sightlab.data.manifest import NON_LANDMARK
from sightlab.evaluation import metrics
from sightlab.evaluation.intervals import bootstrap_by_landmark, wilson

IN_USE = "recipe in use"
DRAWN_SEEDS = 1  # of the generator that draws seeds; landmarks are drawn by another one


def league_of(
    answers: Mapping[str, Mapping[int, pd.DataFrame]], fpr: float = 0.01, n_resamples: int = 300
) -> pd.DataFrame:
    """A row for each recipe after its last stage, against the recipe in use.

    Intervals (95 %) are a bootstrap by landmark in which the seeds are drawn, too: they hold the choice of
    photos and the seed of the training. With one seed they hold the photos only.

    Args:
        answers: name -> seed -> stage, photo_id, truth, similarity, best, joined, updates; after the last
            stage of the same photos for all, in any order.
        fpr: at which sensitivity is read off, on the same photos.
        n_resamples: draws of the bootstrap.
    Returns:
        recipe, seeds (how many), updates; sensitivity (mean over the seeds) with low, high; spread (largest
        less smallest seed); gain over the recipe in use with gain_low, gain_high (paired, by the seeds that
        both have; NaN with none); n (landmark photos); closed_set_accuracy; backward_transfer (mean over the
        stages but the last of what their landmarks lost or won until the end; NaN with one stage).
    Raises:
        InputError: answers to other photos than those of the recipe in use.
    """
    if IN_USE not in answers:
        return pd.DataFrame()
    photo_ids = _after_last(next(iter(answers[IN_USE].values())))["photo_id"]
    last = {
        name: {seed: _of_photos(table, photo_ids, name, seed) for seed, table in tables.items()}
        for name, tables in answers.items()
    }
    return pd.DataFrame(
        [_row(name, tables, last[name], last[IN_USE], fpr, n_resamples) for name, tables in answers.items()]
    )


def _row(
    name: str,
    tables: Mapping[int, pd.DataFrame],
    own: Mapping[int, pd.DataFrame],
    base: Mapping[int, pd.DataFrame],
    fpr: float,
    n_resamples: int,
) -> dict:
    """Of the league: `tables` are of all stages, `own` and `base` (the recipe in use) of the last one."""
    truth = _column(next(iter(own.values())), "truth")
    single = [_sensitivity(table, fpr) for table in own.values()]
    value, low, high = _with_intervals(own, base, truth, fpr, n_resamples)
    closed = [
        metrics.closed_set_accuracy(_column(table, "best"), _column(table, "truth")) for table in own.values()
    ]
    return {
        "recipe": name,
        "seeds": len(own),
        "updates": int(np.mean([table["updates"].iloc[0] for table in own.values()])),
        "sensitivity": value[0],
        "low": low[0],
        "high": high[0],
        "spread": max(single) - min(single),
        "gain": value[1],
        "gain_low": low[1],
        "gain_high": high[1],
        "n": int((truth != NON_LANDMARK).sum()),
        "closed_set_accuracy": float(np.mean(closed)),
        "backward_transfer": float(np.mean([backward_transfer(table, fpr) for table in tables.values()])),
    }


def _with_intervals(
    own: Mapping[int, pd.DataFrame],
    base: Mapping[int, pd.DataFrame],
    truth: Shaped[np.ndarray, " Q"],
    fpr: float,
    n_resamples: int,
) -> tuple[Float[np.ndarray, " 2"], Float[np.ndarray, " 2"], Float[np.ndarray, " 2"]]:
    """Sensitivity and gain, both as means over seeds, with the ends of their intervals."""
    seeds, common = list(own), [seed for seed in own if seed in base]
    rng = np.random.default_rng(DRAWN_SEEDS)

    def values(rows: np.ndarray, seeds: Sequence[int], common: Sequence[int]) -> np.ndarray:
        found = {seed: _sensitivity(own[seed].iloc[rows], fpr) for seed in {*seeds, *common}}
        gains = [found[seed] - _sensitivity(base[seed].iloc[rows], fpr) for seed in common]
        return np.array([np.mean([found[seed] for seed in seeds]), np.mean(gains) if gains else np.nan])

    def drawn(rows: np.ndarray) -> np.ndarray:
        """With the seeds drawn; a seed brings its answers by both recipes."""
        return values(rows, _redrawn(seeds, rng), _redrawn(common, rng))

    return values(np.arange(len(truth)), seeds, common), *bootstrap_by_landmark(drawn, truth, n_resamples)


def _redrawn(seeds: list[int], rng: np.random.Generator) -> list[int]:
    """As many, with replacement."""
    return [seeds[i] for i in rng.integers(len(seeds), size=len(seeds))] if seeds else []


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


def _after_last(table: pd.DataFrame) -> pd.DataFrame:
    return _after(table, int(table["stage"].max()))


def _of_photos(table: pd.DataFrame, photo_ids: pd.Series, name: str, seed: int) -> pd.DataFrame:
    """Answers after the last stage, in the order of these photos."""
    last = _after_last(table).set_index("photo_id", drop=False)
    differ = sorted({*last.index} ^ {*photo_ids})
    if differ:
        raise InputError(
            f"league_of compares answers to the same photos; those of {name!r}, seed {seed}, differ from "
            f"those of the recipe in use in {len(differ)}, {differ[0]!r} first. Ask both the same."
        )
    return last.loc[photo_ids].reset_index(drop=True)


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
