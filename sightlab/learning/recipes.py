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
from typing import NamedTuple

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

    loss: str = "softmax"  # or "sub_center_arcface", with margins by class size and a head that grows
    center_weight: float = 3e-3  # lambda of the center loss, >= 0
    center_for: str = "landmarks"  # or "everybody": the non-landmark has a center, too
    pooling: str = "mean"  # or "gem", with an embedding block that starts at its axes
    stages: str = "regions"  # or "at_once", "random": as many groups of landmarks, drawn
    rates: str = "profile"  # or "one": all three parts learn alike, "three": by `THREE_RATES`
    sampling: str = "profile"  # or "natural", "balanced": landmarks alike often, see `balanced_order`
    labels: str = "cleaned"  # or "dirty": all photos, "truth": all that are known to be right
    start: str = "imagenet"  # late trunk stages; or "scenes": taught scenes before, "random": drawn weights
    updates: int = 120  # in all stages together, but an epoch of each region at least: see `updates_of`
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


class _Taught(NamedTuple):
    """What goes through all stages and grows in each."""

    network: LandmarkNet
    centers: CenterLoss
    head: SubCenterArcFace | None  # in place of the classifier's loss


def run_recipe(case: RecipeCase, recipe: Recipe, base: TrainingConfig, after_stage: AfterStage) -> int:
    """Trains by the recipe; calls `after_stage` with the network of each stage. Returns the updates made.

    They are the same for every recipe of a case that wants the same, see `updates_of`.

    Args:
        base: settings of the training that the recipe leaves alone.
        after_stage: gets the number of the stage, the network, and the landmarks that joined in it.
    Raises:
        InputError: fewer landmarks than stages, or a stage with fewer photos than a batch.
    """
    usable = case.usable(recipe.labels)
    groups = landmark_groups(case, usable, recipe)
    taught = _started(case, recipe, base)
    shares = shared_updates(_stage_sizes(case, usable, groups), updates_of(case, recipe, base.batch_size))
    known = ()
    for number, (group, n_updates) in enumerate(zip(groups, shares, strict=True), start=1):
        known = (*known, *group)
        rows = np.flatnonzero(usable & np.isin(case.landmark, [NON_LANDMARK, *known]))
        config = recipe.training(base)
        _grow(taught, case, usable, group, config.seed)
        _train_stage(taught, case, rows, config, n_updates, f"stage {number}")
        after_stage(number, taught.network, group)
    return sum(shares)


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


def updates_of(case: RecipeCase, recipe: Recipe, batch_size: int) -> int:
    """Updates of all stages together: those wanted, or an epoch of each region if that is more.

    Regions are counted as the recipe in use has them, with cleaned labels: so the number is the same for
    recipes with other labels or other stages.

    Args:
        batch_size: photos of an update.
    Raises:
        InputError: a region, with those before it, has fewer photos than a batch.
    """
    use = Recipe()
    usable = case.usable(use.labels)
    sizes = _stage_sizes(case, usable, landmark_groups(case, usable, use))
    if min(sizes) < batch_size:
        raise InputError(f"a stage has fewer photos than a batch of {batch_size}: {sizes}. Lower batch_size.")
    return max(recipe.updates, sum(size // batch_size for size in sizes))


def shared_updates(sizes: list[int], updates: int) -> list[int]:
    """Updates of each stage, in all exactly those wanted: every stage passes over its photos alike often.

    Args:
        sizes: photos of each stage, those of the stages before included.
        updates: in all stages together.
    Returns:
        One number a stage, >= 1, at most one update from its share.
    Raises:
        InputError: so few updates that a stage gets none.
    """
    ends = np.rint(np.cumsum(sizes) / np.sum(sizes) * updates).astype(int)
    shares = np.diff(ends, prepend=0).tolist()
    if min(shares) < 1:
        raise InputError(f"{updates} updates leave a stage of {sizes} photos without any: ask for more.")
    return shares


def _started(case: RecipeCase, recipe: Recipe, base: TrainingConfig) -> _Taught:
    """What a recipe teaches, before the first stage."""
    network = deepcopy(case.network).eval()
    if recipe.pooling == "gem":
        network.pool = GeM()
        _refit(network, case.views)
    dim = network.config.embedding_dim
    loss_type = CenterLoss if recipe.center_for == "landmarks" else EveryClassCenterLoss
    head = SubCenterArcFace(np.empty(0), dim) if recipe.loss == "sub_center_arcface" else None
    return _Taught(network, loss_type(0, dim, base.center_alpha), head)


def _grow(taught: _Taught, case: RecipeCase, usable: np.ndarray, group: tuple[str, ...], seed: int) -> None:
    """Adds the landmarks of a group to all that is taught, before the first group the non-landmark."""
    network, centers, head = taught
    means = _class_means(network, case, [usable & (case.landmark == landmark) for landmark in group])
    first = means[:0]
    n_classes = len(network.class_ids)
    if n_classes == 1:
        first = _class_means(network, case, [case.landmark == NON_LANDMARK])
    network.grow(group, means)
    if head is not None:
        head.grow(torch.cat([first, means]), seed=seed + n_classes)
    # Embeddings have unit length here, but the loss sees them as batch norm leaves them.
    length = (network.bn.weight.pow(2) + network.bn.bias.pow(2)).sum().sqrt().detach()
    if isinstance(centers, EveryClassCenterLoss):
        means = torch.cat([first, means])
    centers.grow(means * length)


def _class_means(network: LandmarkNet, case: RecipeCase, classes: list[np.ndarray]) -> Float[Tensor, "n D"]:
    """Mean unit embedding of the photos of each class."""
    rows = [np.flatnonzero(own) for own in classes]
    return torch.stack([plain_embeddings(network, case.views.plain(own)).mean(dim=0) for own in rows])


def _train_stage(taught: _Taught, case: RecipeCase, rows, config, n_updates: int, words: str) -> None:
    network, centers, head = taught
    index = {landmark: i for i, landmark in enumerate(network.class_ids)}
    classes = np.array([index[landmark] for landmark in case.landmark[rows]])
    if head is not None:
        head.set_margins(margins_by_size(np.bincount(classes, minlength=len(index))))
    with TemporaryDirectory() as folder:
        source = SomeViews(case.views, rows)
        ids = case.photo_ids[rows].tolist()
        train(network, centers, source, classes, ids, config, Path(folder), words, head, n_updates=n_updates)


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
    _refit(network, case.views)
    return replace(case, network=network)


@torch.no_grad()
def _refit(network: LandmarkNet, views: PlainViewSource) -> None:
    """Starts the embedding block anew at the axes of the features that trunk and pool give now."""
    stage = network.config.frozen_stages
    maps = views.plain(np.arange(len(views)))
    network.fit_embedding(torch.cat([network.features(part, stage) for part in maps.split(128)]))


@torch.no_grad()
def plain_embeddings(network: LandmarkNet, maps: Tensor) -> Float[Tensor, "n D"]:
    """Unit embeddings of maps behind the frozen stem, in eval mode."""
    network.eval()
    stage = network.config.frozen_stages
    parts = [
        network.embed(part.contiguous(memory_format=torch.channels_last), stage) for part in maps.split(128)
    ]
    return torch.nn.functional.normalize(torch.cat(parts))
