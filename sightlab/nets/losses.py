"""Softmax plus center loss: what the network is taught to do.

    L = L_softmax(all C + 1 classes) + weight * L_center
    L_center = 1 / (2 m) * sum over the m landmark photos of the batch of || f_i - c_{y_i} ||^2; 0 when m = 0
    delta_j  = sum over {i: y_i = j} of (c_j - f_i) / (1 + count_j);   c_j <- c_j - alpha * delta_j

Shapes: B batch, C landmarks, D embedding size. The extra class, non-landmark, has index 0 and no
center: photos of anything at all have no typical look.
Norm convention (ours): f is the embedding *before* unit-normalization, so `weight` is only
comparable between networks whose embedding block ends in the same batch norm.
Source: the terms Boiarov & Tyantov 2019 (article); the update of the centers Wen et al., ECCV 2016.
"""

from __future__ import annotations

import torch
import torch.distributed as dist
from jaxtyping import Float, Int
from torch import Tensor, nn

from sightlab.checks import InputError

NON_LANDMARK_INDEX = 0  # first, so that it never moves when the classifier grows


class CenterLoss(nn.Module):
    """Half the mean squared distance of landmark embeddings to the center of their class.

    Centers are no parameters: the optimizer never sees them, `update` moves them.

    Args:
        n_landmarks: C, classes 1..C of the labels; class 0 is the non-landmark.
        dim: D, embedding size.
        alpha: learning rate of the centers, (0, 1].
    """

    centers: Float[Tensor, "C D"]

    def __init__(self, n_landmarks: int, dim: int, alpha: float = 0.5):
        super().__init__()
        if not 0 < alpha <= 1:
            raise InputError(f"alpha={alpha} is outside (0, 1]: centers move by a share of their error.")
        self.alpha = alpha
        self.register_buffer("centers", torch.zeros(n_landmarks, dim))

    def forward(self, embeddings: Float[Tensor, "B D"], classes: Int[Tensor, " B"]) -> Float[Tensor, ""]:
        """Mean over the landmark photos of the batch; exactly 0 (with a zero gradient) without any.

        With several processes the mean over all their photos is the mean of what they return.

        Args:
            embeddings: (B, D), before unit-normalization.
            classes: (B,), 0 for the non-landmark, 1..C for landmarks.
        Raises:
            InputError: a class above C, or below 0.
        """
        self._check(classes)
        is_landmark = classes != NON_LANDMARK_INDEX
        own = self.centers[classes[is_landmark] - 1].to(embeddings.dtype)
        pull = (embeddings[is_landmark] - own).pow(2).sum(dim=1)
        if dist.is_available() and dist.is_initialized():
            m = is_landmark.sum()
            dist.all_reduce(m)
            # gradients are averaged over the processes: each gives its part of the mean times their number
            return pull.sum() * dist.get_world_size() / (2 * m.clamp_min(1)) + (embeddings * 0).sum()
        if not bool(is_landmark.any()):
            return (embeddings * 0).sum()  # keeps the graph: backward works on every batch
        return pull.mean() / 2

    @torch.no_grad()
    def update(self, embeddings: Float[Tensor, "B D"], classes: Int[Tensor, " B"]) -> None:
        """Moves the centers of the classes in the batch; all processes end with the same centers."""
        self._check(classes)
        is_landmark = classes != NON_LANDMARK_INDEX
        own = classes[is_landmark] - 1
        error = self.centers[own] - embeddings[is_landmark].detach().to(self.centers.dtype)
        total = torch.zeros_like(self.centers).index_add_(0, own, error)
        count = torch.zeros(len(self.centers), 1, device=total.device)
        count.index_add_(0, own, torch.ones(len(own), 1, device=total.device))
        if dist.is_available() and dist.is_initialized():
            dist.all_reduce(total)
            dist.all_reduce(count)
        self.centers -= self.alpha * total / (1 + count)

    def grow(self, new_centers: Float[Tensor, "n D"]) -> None:
        """Adds centers for new landmarks behind the old ones, which stay bit-identical."""
        self.centers = torch.cat([self.centers, new_centers.to(self.centers)])

    def _check(self, classes: Tensor) -> None:
        if len(classes) and (int(classes.min()) < 0 or int(classes.max()) > len(self.centers)):
            raise InputError(
                f"classes must lie in 0..{len(self.centers)} (0 is the non-landmark); "
                f"got {int(classes.min())}..{int(classes.max())}. Was the loss grown with the classifier?"
            )
