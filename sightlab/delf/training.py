"""The head of DELF, taught in two stages from cached maps: features as a classifier, then attention alone.

Shapes: N photos, C landmarks, F features, D numbers of a descriptor, n sampled cells.
Source: Noh et al. 2017 (DELF): two stages, attention pooled into a classifier, principal axes. Landmark
photos only, as there: attention must not learn what non-landmarks look like. The trunk stays frozen: ours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional
from tqdm.auto import tqdm

from sightlab.checks import InputError, check_count, check_fraction, check_range
from sightlab.delf.network import DelfHead, HeadConfig
from sightlab.learning.augmented import ViewSource
from sightlab.nets.backbones import batches

_SAMPLED_PHOTOS = 512  # whose cells the principal axes are fitted to
_CELLS_OF_PHOTO = 64


@dataclass(frozen=True)
class HeadTraining:
    feature_epochs: int = 4  # stage 1
    attention_epochs: int = 4  # stage 2
    batch_size: int = 32
    crop: int = 8  # side of the part of a map that an update sees, cells; maps may be smaller
    learning_rate: float = 2e-3  # at the start; falls to 0 along half a cosine
    weight_decay: float = 1e-3
    head: HeadConfig = field(default_factory=HeadConfig)
    seed: int = 0  # of the order and of the views

    def __post_init__(self):
        for name in ("feature_epochs", "attention_epochs", "batch_size", "crop"):
            check_count(getattr(self, name), name)
        check_range(self.learning_rate, "learning_rate", 0, 1, low_open=True)
        check_range(self.weight_decay, "weight_decay", 0, 1)


class TrainedHead(NamedTuple):
    head: DelfHead
    losses: np.ndarray  # (updates, 2): stage 1 or 2, loss


class Axes(NamedTuple):
    """What unit features are projected to, and how attention is distributed over cells."""

    mean: Float[Tensor, " F"]
    axes: Float[Tensor, "D F"]  # orthonormal rows, most variance first
    explained: float  # share of the variance that the axes keep, (0, 1]
    attention: Float[np.ndarray, " n"]  # of the sampled cells, ascending

    def attention_at(self, quantile: float) -> float:
        """The attention that this share of the cells of training photos does not reach."""
        check_fraction(quantile, "quantile")
        return float(np.quantile(self.attention, quantile))


def train_head(views: ViewSource, classes: Int[np.ndarray, " N"], config: HeadTraining) -> TrainedHead:
    """Features, then attention; the same numbers each time.

    Args:
        views: maps of N photos behind the trunk's stride-16 stage.
        classes: (N,) landmark of each photo, from 0, each of them used.
        config: epochs, rates, sizes.
    Returns:
        The head, in eval mode, and its losses.
    Raises:
        InputError: another number of classes than of photos, or fewer than two landmarks.
    """
    n_classes = _check_classes(views, classes)
    generator = np.random.default_rng(config.seed)
    n_channels = views.batch(np.array([0]), np.random.default_rng(0)).shape[1]
    with torch.random.fork_rng():
        torch.manual_seed(config.head.seed)
        head = DelfHead(n_channels, n_classes, config.head)
    losses = []
    for stage, parts, epochs, logits in (
        (1, [head.features, head.classify_mean], config.feature_epochs, head.mean_logits),
        (2, [head.attention, head.classify_attended], config.attention_epochs, head.attended_logits),
    ):
        head.eval().requires_grad_(False)  # what this stage does not train stays as it is, norms too
        for part in parts:
            part.train().requires_grad_(True)
        head.sharpness.requires_grad_(stage == 2)
        losses += [
            [stage, loss]
            for loss in _run_stage(stage, head, epochs, logits, views, classes, config, generator)
        ]
    return TrainedHead(head.eval().requires_grad_(False), np.array(losses))


def _check_classes(views: ViewSource, classes: np.ndarray) -> int:
    if len(classes) != len(views):
        raise InputError(
            f"Expected one class for each of {len(views)} photos; got {len(classes)} in train_head. Take "
            "both from one table."
        )
    n_classes = int(classes.max(initial=-1)) + 1
    if n_classes < 2:
        raise InputError(
            f"Expected photos of at least two landmarks; got {n_classes} in train_head. Attention is what "
            "tells landmarks apart: add photos of others."
        )
    return n_classes


def _run_stage(stage, head, epochs, logits, views, classes, config, generator):
    parameters = [p for p in head.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=config.learning_rate, weight_decay=config.weight_decay)
    n_steps = epochs * -(-len(classes) // config.batch_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_steps)
    words = f"DELF, stage {stage}: {'attention' if stage == 2 else 'features'}"
    with tqdm(total=n_steps, desc=words, unit=" updates") as bar:
        for _ in range(epochs):
            order = generator.permutation(len(classes))
            for part in batches(len(order), config.batch_size):
                rows = order[part]
                maps = _cropped(views.batch(rows, generator), config.crop, generator)
                loss = functional.cross_entropy(logits(maps), torch.from_numpy(classes[rows]))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                bar.update()
                yield float(loss.detach())


def _cropped(maps: Tensor, side: int, generator: np.random.Generator) -> Tensor:
    """The same random square of all maps of a batch."""
    top, left = (int(generator.integers(0, max(length - side, 0) + 1)) for length in maps.shape[2:])
    return maps[:, :, top : top + side, left : left + side]


@torch.inference_mode()
def fit_axes(head: DelfHead, views: ViewSource, dim: int, seed: int = 0) -> Axes:
    """Principal axes of the unit features of sampled cells.

    Args:
        head: trained.
        views: maps of its training photos.
        dim: D, at most F. DELF takes 40; 128 is the strong variant.
        seed: of the sample.
    Raises:
        InputError: more axes than features.
    """
    n_features = head.features[0].out_channels
    check_count(dim, "dim")
    if dim > n_features:
        raise InputError(f"dim={dim} is more than the {n_features} features have. Ask for at most as many.")
    generator = np.random.default_rng(seed)
    photos = generator.permutation(len(views))[:_SAMPLED_PHOTOS]
    cells, attention = [], []
    for part in batches(len(photos), 64):
        features = head.features(views.batch(photos[part], generator))
        seen = head.attention(features)[:, 0].flatten(1)  # (B, h w)
        unit = functional.normalize(features, dim=1).flatten(2).transpose(1, 2)  # (B, h w, F)
        chosen = generator.permutation(unit.shape[1])[:_CELLS_OF_PHOTO]
        cells.append(unit[:, chosen].reshape(-1, n_features))
        attention.append(seen.numpy().ravel())
    x = torch.cat(cells).double()
    mean = x.mean(dim=0)
    values, vectors = torch.linalg.eigh(torch.cov((x - mean).T))  # ascending
    axes = vectors[:, -dim:].flip(1).T
    axes = axes * axes.gather(1, axes.abs().argmax(dim=1, keepdim=True)).sign()  # same sign everywhere
    explained = float(values[-dim:].sum() / values.sum().clamp_min(1e-12))
    return Axes(mean.float(), axes.float().contiguous(), explained, np.sort(np.concatenate(attention)))
