"""Evidence behind notebook 04: recipes of training against each other, on the cached views of a workbench.

    pipeline_learning.run_league(bench)          # trains the missing rows; killed, it goes on there
    pipeline_learning.stored_league(bench)       # the rows that are there, and nothing is trained

Every row is an artefact keyed by its recipe, the photos and the initial network. Measured on tune.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Float

from sightlab.checks import check_choice
from sightlab.data.manifest import NON_LANDMARK
from sightlab.evaluation.recipe_study import IN_USE, league_of
from sightlab.learning.augmented import view_source
from sightlab.learning.recipes import Recipe, RecipeCase, plain_embeddings, run_recipe, with_late_stages
from sightlab.nets.network import create_network, network_key
from sightlab.pipeline_scenes import scene_trunk
from sightlab.workspace import artefact_key, file_facts, load_table, save_table

if TYPE_CHECKING:
    from sightlab.learning.augmented import CachedViews
    from sightlab.learning.curriculum import Stage
    from sightlab.learning.training import TrainingConfig
    from sightlab.nets.network import LandmarkNet
    from sightlab.pipeline import Workbench

VERSION = 4
N_VIEWS = 4  # cached for the league; fewer than a run has, since every row is short
RATES = {"one learning rate": "one", "three learning rates": "three"}
SAMPLINGS = {"photos as they come": "natural", "landmarks alike often": "balanced"}
CENTER_WEIGHTS = {f"center loss x {weight}": float(weight) for weight in ("5e-5", "5e-4", "1e-2", "3e-2")}
EVERYBODY = "a center for non-landmarks, too"
HEADLINE = (
    *(IN_USE, "softmax alone", *CENTER_WEIGHTS, EVERYBODY),
    *("all at once", *RATES, *SAMPLINGS, "random stages", "dirty labels"),
)


def recipes(base: TrainingConfig) -> dict[str, Recipe]:
    """Every row of the league by name; the recipe in use first, then losses, stages, rates, labels.

    Args:
        base: training of the profile's first stage. Of one learning rate and three, and of the samplings,
            what it has already is no row of its own.
    """
    use = Recipe()
    others = {name: replace(use, rates=value) for name, value in RATES.items()}
    others |= {name: replace(use, sampling=value) for name, value in SAMPLINGS.items()}
    others = {name: recipe for name, recipe in others.items() if recipe.training(base) != use.training(base)}
    return {
        IN_USE: use,
        "softmax alone": replace(use, center_weight=0.0),
        **{name: replace(use, center_weight=weight) for name, weight in CENTER_WEIGHTS.items()},
        EVERYBODY: replace(use, center_for="everybody"),
        "sub-center ArcFace": replace(use, loss="sub_center_arcface", center_weight=0.0),
        "GeM pooling": replace(use, pooling="gem"),
        "all at once": replace(use, stages="at_once"),
        "random stages": replace(use, stages="random"),
        **others,
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
        names: of `recipes`; None: all.
        seeds: of order, views and, where stages are drawn, of the groups.
    Returns:
        As `stored_league`.
    Raises:
        InputError: a name that this profile has no row of.
    """
    rows = _recipes(bench)
    chosen = list(rows) if names is None else list(names)
    for name in chosen:
        check_choice(name, "recipe", tuple(rows))
    case, tune = None, None
    for place, seed in enumerate(seeds):
        for name in chosen:
            if place and name not in HEADLINE:
                continue
            recipe = replace(rows[name], seed=seed)
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


def _recipes(bench: Workbench) -> dict[str, Recipe]:
    return recipes(bench.profile.curriculum.stages[0])


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
    tune = bench.manifest.split("tune")
    settings |= {"tune": file_facts(tune.photos["photo_id"], tune.paths())}  # train: in the initial network
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


def stored_answers(
    bench: Workbench, seeds: Sequence[int] = (0, 1, 2), names: Collection[str] | None = None
) -> dict[str, dict[int, pd.DataFrame]]:
    """Name -> seed -> stored answers on tune, of all recipes or these; nothing is trained."""
    found: dict[str, dict[int, pd.DataFrame]] = {}
    for name, recipe in _recipes(bench).items():
        if names is not None and name not in names:
            continue
        for seed in seeds:
            key = _key(bench, replace(recipe, seed=seed))
            if bench.workspace.holds("recipe", key):
                table = load_table(bench.workspace.folder("recipe", key) / "answers.parquet")
                found.setdefault(name, {})[seed] = table
    return found


def stored_league(
    bench: Workbench, fpr: float = 0.01, n_resamples: int = 300, names: Collection[str] | None = None
) -> pd.DataFrame:
    """The league as far as it is stored, of all recipes or these, see `league_of`."""
    return league_of(stored_answers(bench, names=names), fpr, n_resamples)


def stage_table(stages: Sequence[Stage]) -> pd.DataFrame:
    """What each stage of a curriculum took in: region, photos judged and kept, threshold, updates."""
    rows = [
        {
            "region": stage.region,
            "judged": len(stage.cleaned),
            "kept": int(stage.cleaned["keep"].sum()),
            "threshold": stage.cleaned["threshold"].iloc[0],
            "updates": len(stage.history),
        }
        for stage in stages
    ]
    return pd.DataFrame(rows, index=[stage.number for stage in stages])


def training_numbers(stages: Sequence[Stage]) -> dict[str, float]:
    """Flat facts of a training: n_stages, n_updates, last_loss (mean of 50 updates)."""
    loss = pd.concat([stage.history["loss"] for stage in stages])
    return {
        "n_stages": len(stages),
        "n_updates": len(loss),
        "last_loss": loss.tail(50).mean(),
    }
