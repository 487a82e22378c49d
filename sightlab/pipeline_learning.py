"""Evidence behind notebook 04: recipes of training against each other, on the cached views of a workbench.

    pipeline_learning.run_league(bench)          # trains the missing rows; killed, it goes on there
    pipeline_learning.stored_league(bench)       # the rows that are there, and nothing is trained

Every row is an artefact keyed by its recipe, the photos and the initial network. Measured on tune.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Float, Shaped

from sightlab.data.manifest import NON_LANDMARK
from sightlab.evaluation import metrics
from sightlab.evaluation.intervals import bootstrap_by_landmark, wilson
from sightlab.learning.augmented import view_source
from sightlab.learning.recipes import Recipe, RecipeCase, plain_embeddings, run_recipe, with_late_stages
from sightlab.nets.network import create_network, network_key
from sightlab.pipeline_scenes import scene_trunk
from sightlab.workspace import artefact_key, load_table, save_table

if TYPE_CHECKING:
    from sightlab.learning.augmented import CachedViews
    from sightlab.nets.network import LandmarkNet
    from sightlab.pipeline import Workbench

VERSION = 1
IN_USE = "recipe in use"
N_VIEWS = 4  # cached for the league; fewer than a run has, since every row is short
HEADLINE = (IN_USE, "softmax alone", "all at once", "one learning rate", "random stages", "dirty labels")


def recipes() -> dict[str, Recipe]:
    """Every row of the league by name; the recipe in use first, then losses, stages, labels."""
    use = Recipe()
    return {
        IN_USE: use,
        "softmax alone": replace(use, center_weight=0.0),
        "center loss x 5e-5": replace(use, center_weight=5e-5),
        "center loss x 5e-4": replace(use, center_weight=5e-4),
        "center loss x 3e-2": replace(use, center_weight=3e-2),
        "a center for non-landmarks, too": replace(use, center_for="everybody"),
        "sub-center ArcFace": replace(use, loss="sub_center_arcface", center_weight=0.0),
        "GeM pooling": replace(use, pooling="gem"),
        "all at once": replace(use, stages="at_once"),
        "random stages": replace(use, stages="random"),
        "one learning rate": replace(use, rates="one"),
        "dirty labels": replace(use, labels="dirty"),
        "labels cleaned by truth": replace(use, labels="truth"),
        "late stages taught scenes first": replace(use, start="scenes"),
        "late stages from random weights": replace(use, start="random"),
    }


def run_league(
    bench: Workbench, names: Sequence[str] | None = None, seeds: Sequence[int] = (0, 1, 2)
) -> pd.DataFrame:
    """Trains every row that is not stored; headline rows with all seeds, the others with the first.

    Args:
        names: of `recipes()`; None: all.
        seeds: of order, views and, where stages are drawn, of the groups.
    Returns:
        As `stored_league`.
    """
    chosen = list(recipes()) if names is None else list(names)
    case, tune = None, None
    for place, seed in enumerate(seeds):
        for name in chosen:
            if place and name not in HEADLINE:
                continue
            recipe = replace(recipes()[name], seed=seed)
            key = _key(bench, recipe)
            if bench.workspace.has("recipe", key):
                continue
            if case is None:
                case, tune = recipe_case(bench), tune_maps(bench)
            facts = {"name": name, "recipe": asdict(recipe), "seed": seed}
            bench.workspace.write(
                "recipe",
                key,
                partial(_train_row, bench, case, tune, recipe),
                facts,
            )
    return stored_league(bench)


def recipe_case(bench: Workbench) -> RecipeCase:
    """All train photos in cached views, with what is known of each."""
    photos = bench.manifest.split("train").photos
    cleaned = bench.initial_cleaning
    kept = set(cleaned.loc[cleaned["keep"], "photo_id"])
    return RecipeCase(
        network=bench.initial_network,
        views=_views(bench, photos, N_VIEWS),
        landmark=photos["landmark_id"].to_numpy(dtype=object),
        region=photos["region"].to_numpy(dtype=object),
        kept=photos["photo_id"].isin(kept).to_numpy(),
        right=~photos["photo_id"].isin(bench.known_noise).to_numpy(),
        photo_ids=photos["photo_id"].to_numpy(dtype=object),
    )


def tune_maps(bench: Workbench) -> CachedViews:
    """Tune photos behind the frozen stem, as they are."""
    return _views(bench, bench.manifest.split("tune").photos, 1)


def _views(bench: Workbench, photos: pd.DataFrame, n_views: int) -> CachedViews:
    paths = [bench.manifest.root / path for path in photos["path"]]
    curriculum = bench.profile.curriculum
    config = replace(curriculum.views, n_views=n_views)
    ids = photos["photo_id"].tolist()
    return view_source(bench.initial_network, ids, paths, config, bench.workspace, curriculum.engine)


def _key(bench: Workbench, recipe: Recipe) -> str:
    base = bench.profile.curriculum.stages[0]
    settings = {"recipe": asdict(recipe), "training": asdict(base), "photos": bench.manifest.key}
    settings |= {"views": N_VIEWS, "cleaning": asdict(bench.profile.curriculum.cleaning)}
    return artefact_key("recipe", VERSION, settings, [network_key(bench.initial_network)])


def _train_row(bench: Workbench, case: RecipeCase, tune: CachedViews, recipe: Recipe, folder) -> None:
    """Trains, and writes what tune photos were answered after each stage."""
    case = _started(bench, case, recipe)
    photos = bench.manifest.split("tune").photos
    truth = photos["landmark_id"].to_numpy(dtype=object)
    usable = case.usable(recipe.labels) & (case.landmark != NON_LANDMARK)
    answers, joined = [], []

    def after_stage(number: int, network: LandmarkNet, group: tuple[str, ...]) -> None:
        joined.extend(group)
        names = sorted(joined)
        means = np.stack([_mean(network, case, usable & (case.landmark == name)) for name in names])
        vectors = plain_embeddings(network, tune.plain(np.arange(len(tune)))).numpy()
        cosine = vectors @ means.T
        best = cosine.argmax(axis=1)
        facts = {"stage": number, "photo_id": photos["photo_id"].to_numpy(), "truth": truth}
        found = {
            "similarity": cosine[np.arange(len(best)), best],
            "best": np.array(names, dtype=object)[best],
        }
        is_asked = np.isin(truth, [NON_LANDMARK, *names])
        rows = pd.DataFrame(facts | found | {"region": photos["region"].to_numpy()})
        rows["joined"] = rows["truth"].isin(group)
        answers.append(rows[is_asked])

    updates = run_recipe(case, recipe, bench.profile.curriculum.stages[0], after_stage)
    save_table(folder / "answers.parquet", pd.concat(answers, ignore_index=True).assign(updates=updates))


def _started(bench: Workbench, case: RecipeCase, recipe: Recipe) -> RecipeCase:
    """The case with the late stages that the recipe starts from."""
    if recipe.start == "imagenet":
        return case
    weights = str(scene_trunk(bench).trunk_path) if recipe.start == "scenes" else None
    config = replace(case.network.config, weights=weights, seed=recipe.seed)
    return with_late_stages(case, create_network(config).trunk)


def _mean(network: LandmarkNet, case: RecipeCase, rows: np.ndarray) -> Float[np.ndarray, " D"]:
    mean = plain_embeddings(network, case.views.plain(np.flatnonzero(rows))).numpy().mean(axis=0)
    return mean / np.linalg.norm(mean)


def stored_answers(bench: Workbench, seeds: Sequence[int] = (0, 1, 2)) -> dict[str, list[pd.DataFrame]]:
    """Name -> answers on tune of each seed that is stored; nothing is trained."""
    found: dict[str, list[pd.DataFrame]] = {}
    for name, recipe in recipes().items():
        for seed in seeds:
            key = _key(bench, replace(recipe, seed=seed))
            if bench.workspace.has("recipe", key):
                table = load_table(bench.workspace.folder("recipe", key) / "answers.parquet")
                found.setdefault(name, []).append(table)
    return found


def stored_league(bench: Workbench, fpr: float = 0.01, n_resamples: int = 300) -> pd.DataFrame:
    """The league as far as it is stored, see `league_of`."""
    return league_of(stored_answers(bench), fpr, n_resamples)


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
