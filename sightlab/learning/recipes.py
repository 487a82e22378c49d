"""Recipes of training against each other: the same photos, the same number of updates, one thing changed.

A recipe goes through its stages as the curriculum does, on cached views of photos behind the frozen stem.

Shapes: N photos, C landmarks, D embedding size, c x h x w map behind the stem.
Source: stages, three rates, softmax and center loss Boiarov & Tyantov 2019 (article); controls: ours.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from jaxtyping import Bool, Float, Shaped
from torch import Tensor, nn

from sightlab.checks import InputError, check_choice, check_count, check_range
from sightlab.data.manifest import NON_LANDMARK
from sightlab.learning.augmented import PlainViewSource, SomeViews
from sightlab.learning.training import TrainingConfig, train
from sightlab.nets.backbones import trunk_stages
from sightlab.nets.losses import CenterLoss
from sightlab.nets.network import LandmarkNet
from sightlab.nets.rival_losses import EveryClassCenterLoss, GeM, SubCenterArcFace, margins_by_size

# the trunk moves little, the embedding more, the classifier most; the numbers are ours
THREE_RATES = {"trunk_ratio": 0.1, "embedding_ratio": 0.3, "classifier_ratio": 1.0}
RATES = {"profile": {}, "one": dict.fromkeys(THREE_RATES, 1.0), "three": THREE_RATES}


@dataclass(frozen=True)
class Recipe:
    """What a row of the league does; the defaults are the recipe in use."""

    loss: str = "softmax"  # or "sub_center_arcface", with margins by class size
    center_weight: float = 3e-3  # lambda of the center loss, >= 0
    center_for: str = "landmarks"  # or "everybody": the non-landmark has a center, too
    pooling: str = "mean"  # or "gem"
    stages: str = "regions"  # or "at_once", "random": as many groups of landmarks, drawn
    rates: str = "profile"  # or "one": all three parts learn alike, "three": by `THREE_RATES`
    sampling: str = "profile"  # or "natural", "balanced": landmarks alike often, see `balanced_order`
    labels: str = "cleaned"  # or "dirty": all photos, "truth": all that are known to be right
    start: str = "imagenet"  # late trunk stages; or "scenes": taught scenes before, "random": drawn weights
    updates: int = 120  # in all stages together; a stage is whole epochs, so it is met within one
    seed: int = 0

    def __post_init__(self):
        check_choice(self.loss, "loss", ("softmax", "sub_center_arcface"))
        check_choice(self.center_for, "center_for", ("landmarks", "everybody"))
        check_choice(self.pooling, "pooling", ("mean", "gem"))
        check_choice(self.stages, "stages", ("regions", "at_once", "random"))
        check_choice(self.rates, "rates", tuple(RATES))
        check_choice(self.sampling, "sampling", ("profile", "natural", "balanced"))
        check_choice(self.labels, "labels", ("cleaned", "dirty", "truth"))
        check_choice(self.start, "start", ("imagenet", "scenes", "random"))
        check_range(self.center_weight, "center_weight", 0)
        check_count(self.updates, "updates")

    def training(self, base: TrainingConfig) -> TrainingConfig:
        """Settings of a training by this recipe; what it leaves alone is as in `base`, of the profile."""
        seed = base.seed + 1000 * self.seed
        sampling = base.sampling if self.sampling == "profile" else self.sampling
        own = {"center_weight": self.center_weight, "sampling": sampling}
        return replace(base, seed=seed, **own, **RATES[self.rates])


@dataclass(frozen=True, eq=False)
class RecipeCase:
    """What every recipe starts from."""

    network: LandmarkNet  # before the first stage
    views: PlainViewSource  # of the N train photos
    landmark: Shaped[np.ndarray, " N"]  # filed under, `NON_LANDMARK` among them
    region: Shaped[np.ndarray, " N"]  # "" for non-landmarks
    kept: Bool[np.ndarray, " N"]  # by the cleaning of the run
    right: Bool[np.ndarray, " N"]  # known not to be wrong
    photo_ids: Shaped[np.ndarray, " N"]

    def usable(self, labels: str) -> Bool[np.ndarray, " N"]:
        """Photos that the recipe may learn from; non-landmarks always."""
        chosen = {"cleaned": self.kept, "truth": self.right, "dirty": np.ones_like(self.kept)}[labels]
        return chosen | (self.landmark == NON_LANDMARK)


AfterStage = Callable[[int, LandmarkNet, tuple[str, ...]], None]  # stage, network, landmarks of that stage


def run_recipe(case: RecipeCase, recipe: Recipe, base: TrainingConfig, after_stage: AfterStage) -> int:
    """Trains by the recipe; calls `after_stage` with the network of each stage. Returns the updates made.

    Args:
        base: settings of the training that the recipe leaves alone.
        after_stage: gets the number of the stage, the network, and the landmarks that joined in it.
    Raises:
        InputError: fewer landmarks than stages.
    """
    usable = case.usable(recipe.labels)
    groups = landmark_groups(case, usable, recipe)
    network = deepcopy(case.network)
    if recipe.pooling == "gem":
        network.pool = GeM()
    loss_type = CenterLoss if recipe.center_for == "landmarks" else EveryClassCenterLoss
    centers = loss_type(0, network.config.embedding_dim, base.center_alpha)
    sizes = _stage_sizes(case, usable, groups)
    by_region = _stage_sizes(case, usable, landmark_groups(case, usable, replace(recipe, stages="regions")))
    # Stages by region take an epoch each at least; without stages as many updates as they must be made.
    least = sum(size // base.batch_size for size in by_region)
    epochs = epochs_of(sizes, base.batch_size, max(recipe.updates, least))
    done, known = 0, ()
    for number, (group, n_epochs) in enumerate(zip(groups, epochs, strict=True), start=1):
        known = (*known, *group)
        rows = np.flatnonzero(usable & np.isin(case.landmark, [NON_LANDMARK, *known]))
        _grow(network, centers, case, usable, group)
        config = replace(recipe.training(base), epochs=n_epochs)
        done += _train_stage(network, centers, case, rows, recipe, config, f"stage {number}")
        after_stage(number, network, group)
    return done


def _stage_sizes(case: RecipeCase, usable: np.ndarray, groups: list[tuple[str, ...]]) -> list[int]:
    """Photos of each stage, those of the stages before and all non-landmarks included."""
    return [
        int(np.isin(case.landmark, [NON_LANDMARK, *sum(groups[: k + 1], ())])[usable].sum())
        for k in range(len(groups))
    ]


def landmark_groups(case: RecipeCase, usable: np.ndarray, recipe: Recipe) -> list[tuple[str, ...]]:
    """The landmarks of each stage: by region in the order given, all at once, or as many drawn groups."""
    is_landmark = usable & (case.landmark != NON_LANDMARK)
    ids = sorted(set(case.landmark[is_landmark]))
    regions = list(dict.fromkeys(case.region[is_landmark]))
    if recipe.stages == "at_once":
        return [tuple(ids)]
    if recipe.stages == "regions":
        home = dict(zip(case.landmark[is_landmark], case.region[is_landmark], strict=True))
        return [tuple(i for i in ids if home[i] == region) for region in regions]
    if len(ids) < len(regions):
        raise InputError(f"{len(ids)} landmarks cannot be drawn into {len(regions)} stages.")
    order = np.random.default_rng(recipe.seed).permutation(len(ids))
    return [tuple(ids[i] for i in sorted(part)) for part in np.array_split(order, len(regions))]


def epochs_of(sizes: list[int], batch_size: int, updates: int) -> list[int]:
    """Whole epochs of each stage, as alike as possible, whose updates come nearest to those wanted.

    Args:
        sizes: photos of each stage, those of the stages before included.
        batch_size: photos of an update.
        updates: in all stages together.
    Returns:
        One number a stage, >= 1; the last stage, which sees every photo, makes up for the rest.
    """
    batches = np.array([size // batch_size for size in sizes])
    if batches.min() < 1:
        raise InputError(f"a stage has fewer photos than a batch of {batch_size}: {sizes}.")
    alike = max(1, int(updates // batches.sum()))
    epochs = [alike] * len(sizes)
    left = updates - alike * int(batches[:-1].sum())
    epochs[-1] = max(1, round(left / int(batches[-1])))
    return epochs


def _grow(
    network: LandmarkNet, centers: CenterLoss, case: RecipeCase, usable, group: tuple[str, ...]
) -> None:
    rows = [np.flatnonzero(usable & (case.landmark == landmark)) for landmark in group]
    means = torch.stack([plain_embeddings(network, case.views.plain(own)).mean(dim=0) for own in rows])
    is_first = len(network.class_ids) == 1
    network.grow(group, means)
    # Embeddings have unit length here, but the loss sees them as batch norm leaves them.
    length = (network.bn.weight.pow(2) + network.bn.bias.pow(2)).sum().sqrt().detach()
    if is_first and isinstance(centers, EveryClassCenterLoss):
        strangers = np.flatnonzero(case.landmark == NON_LANDMARK)
        mean = plain_embeddings(network, case.views.plain(strangers)).mean(dim=0)
        centers.grow(mean[None] * length)
    centers.grow(means * length)


def _train_stage(network, centers, case: RecipeCase, rows, recipe: Recipe, config, words: str) -> int:
    index = {landmark: i for i, landmark in enumerate(network.class_ids)}
    classes = np.array([index[landmark] for landmark in case.landmark[rows]])
    rival = None
    if recipe.loss == "sub_center_arcface":
        with torch.random.fork_rng():
            torch.manual_seed(config.seed)
            margins = margins_by_size(np.bincount(classes, minlength=len(index)))
            rival = SubCenterArcFace(margins, network.config.embedding_dim)
    with TemporaryDirectory() as folder:
        source = SomeViews(case.views, rows)
        ids = case.photo_ids[rows].tolist()
        history = train(network, centers, source, classes, ids, config, Path(folder), words, rival)
    return len(history)


@torch.no_grad()
def with_late_stages(case: RecipeCase, trunk: nn.Module) -> RecipeCase:
    """The same case with the late stages of another trunk; its embedding block starts anew at their axes.

    The frozen stem stays, so the cached views do, too.

    Args:
        trunk: of the same kind as the network's.
    """
    network = deepcopy(case.network).eval()
    first = network.config.frozen_stages
    pairs = zip(trunk_stages(network.trunk)[first:], trunk_stages(trunk)[first:], strict=True)
    for own, other in pairs:
        own.load_state_dict(other.state_dict())
    maps = case.views.plain(np.arange(len(case.views)))
    features = torch.cat([network.features(part, first) for part in maps.split(128)])
    network.fit_embedding(features)
    return replace(case, network=network)


@torch.no_grad()
def plain_embeddings(network: LandmarkNet, maps: Tensor) -> Float[Tensor, "n D"]:
    """Unit embeddings of maps behind the frozen stem, in eval mode."""
    network.eval()
    stage = network.config.frozen_stages
    parts = [
        network.embed(part.contiguous(memory_format=torch.channels_last), stage) for part in maps.split(128)
    ]
    return torch.nn.functional.normalize(torch.cat(parts))
