"""What others teach with: sub-center ArcFace with margins by class size, GeM pooling, a center for everybody.

Rows of the league of notebook 04; the network in use has none of them.
Shapes: B batch, C landmarks, D embedding size, F trunk channels, hxw feature map.
Source: Deng et al., ECCV 2020 (sub-centers; pytorch-metric-learning); Ha et al. 2020 (margins by class size,
winners of Google Landmarks 2020); Radenovic et al., TPAMI 2019 (GeM). The control of the center loss: ours.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from sightlab.checks import InputError, check_range
from sightlab.nets.losses import CenterLoss


def margins_by_size(
    counts: Int[np.ndarray, " C"], smallest: float = 0.05, largest: float = 0.5, power: float = 0.25
) -> Float[np.ndarray, " C"]:
    """Angular margin of each class in radians: the rarest class gets the largest, the commonest the smallest.

    margin_j = a * count_j ** -power + b, with a and b so that the extremes meet the two limits.

    Args:
        counts: photos of each class, >= 1.
        smallest, largest: margins, [0, pi / 2].
        power: > 0; how fast the margin falls with the size of a class.
    Returns:
        (C,) in [smallest, largest]; the mean of both where all classes are of one size.
    Raises:
        InputError: a class without photos, or limits the wrong way round.
    Source: Ha et al. 2020, with their 0.05 to 0.5 and power 1/4.
    """
    check_range(power, "power", 0, low_open=True)
    if len(counts) == 0 or counts.min() < 1 or not 0 <= smallest <= largest <= np.pi / 2:
        raise InputError(
            f"margins_by_size needs counts of 1 or more and 0 <= smallest <= largest <= pi / 2; got counts "
            f"{counts.tolist()[:5]}, {smallest}, {largest}. Leave out classes without photos."
        )
    rarity = counts.astype(float) ** -power
    span = rarity.max() - rarity.min()
    if span == 0:
        return np.full(len(counts), (smallest + largest) / 2)
    return smallest + (largest - smallest) * (rarity - rarity.min()) / span


class SubCenterArcFace(nn.Module):
    """Loss of embeddings in place of the classifier's: the best of k sub-centers of each class must win.

    Sub-centers start as unit columns, k for each class: the optimizer's steps turn them as they turn the
    classifier's rows. The library draws columns of length root D, which would hardly turn.

    Args:
        margins: (C,) radians, of every class with the non-landmark first; may be empty, see `grow`.
        dim: D, embedding size.
        n_sub_centers: k.
        scale: of the cosines before the softmax, > 0.
    """

    def __init__(
        self, margins: Float[np.ndarray, " C"], dim: int, n_sub_centers: int = 3, scale: float = 30.0
    ):
        from pytorch_metric_learning.losses import SubCenterArcFaceLoss

        super().__init__()
        self.loss = SubCenterArcFaceLoss(
            num_classes=len(margins), embedding_size=dim, scale=scale, sub_centers=n_sub_centers
        )
        self.register_buffer("margins", torch.as_tensor(margins, dtype=torch.float32))
        self.loss.W.data = nn.functional.normalize(self.loss.W.data, dim=0)

    @torch.no_grad()
    def grow(self, class_means: Float[Tensor, "n D"], jitter: float = 0.1, seed: int = 0) -> None:
        """Adds classes; the sub-centers of the old ones stay bit-identical. Margins are to be set anew.

        Args:
            class_means: mean embeddings of the n new classes; only the direction counts, and each of the k
                sub-centers of a class starts near it.
            jitter: length of what is added to the unit mean of each sub-center, so that they can part, >= 0.
            seed: of that.
        """
        check_range(jitter, "jitter", 0)
        old, k = self.loss.W, self.loss.sub_centers
        generator = torch.Generator().manual_seed(seed)
        apart = torch.randn(len(class_means) * k, old.shape[0], generator=generator)
        near = nn.functional.normalize(class_means).repeat_interleave(k, dim=0).cpu()
        new = nn.functional.normalize(near + jitter * nn.functional.normalize(apart))
        self.loss.W = nn.Parameter(torch.cat([old, new.T.to(old)], dim=1))
        self.loss.num_classes += len(class_means)

    def set_margins(self, margins: Float[np.ndarray, " C"]) -> None:
        """Margins of all classes, in radians, as they are now.

        Raises:
            InputError: not one for each class.
        """
        if len(margins) != self.loss.num_classes:
            raise InputError(
                f"set_margins needs one for each of {self.loss.num_classes} classes; got {len(margins)}. "
                "Grow the head first."
            )
        self.margins = torch.as_tensor(margins, dtype=torch.float32, device=self.margins.device)

    def forward(self, embeddings: Float[Tensor, "B D"], classes: Int[Tensor, " B"]) -> Float[Tensor, ""]:
        """Mean over the batch; embeddings may have any length, only their direction counts."""
        margin = self.margins[classes]
        cosine = self.loss.get_cosine(embeddings)  # (B, C), best sub-center
        own = cosine.gather(1, classes[:, None])[:, 0].clamp(-1 + 1e-6, 1 - 1e-6)  # acos has no slope at 1
        angle = torch.acos(own)
        with_margin = torch.where(
            angle <= torch.pi - margin, torch.cos(angle + margin), own - margin * torch.sin(margin)
        )
        logits = cosine.scatter(1, classes[:, None], with_margin[:, None]) * self.loss.scale
        return nn.functional.cross_entropy(logits, classes)


class GeM(nn.Module):
    """Generalized mean over the map: p = 1 is the mean, large p the maximum; p is learned.

    Its power has no closed-form class activation map, so it stays out of the network in use.
    """

    def __init__(self, power: float = 3.0):
        super().__init__()
        check_range(power, "power", 1)
        self.power = nn.Parameter(torch.tensor(float(power)))

    def forward(self, maps: Float[Tensor, "B F h w"]) -> Float[Tensor, "B F"]:
        return maps.clamp_min(1e-6).pow(self.power).mean(dim=(2, 3)).pow(1 / self.power)


class EveryClassCenterLoss(CenterLoss):
    """The control of the center loss: the non-landmark gets a center, too. Row 0 of `centers` is its own."""

    def forward(self, embeddings: Float[Tensor, "B D"], classes: Int[Tensor, " B"]) -> Float[Tensor, ""]:
        return super().forward(embeddings, classes + 1)

    @torch.no_grad()
    def update(self, embeddings: Float[Tensor, "B D"], classes: Int[Tensor, " B"]) -> None:
        super().update(embeddings, classes + 1)
