"""What a cell of a feature map has seen of the photo, read off the network itself.

A copy of the network with equal positive weights and without anything nonlinear passes a gradient to exactly
those pixels that a cell depends on; where they begin and end gives size, stride and padding. So the numbers
hold for any trunk, and nobody has to add up kernels.

Source: the definition is that of DELF (Noh et al. 2017, official code); reading it off a gradient: ours.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sightlab.checks import InputError
from sightlab.nets.backbones import trunk_stages

STRIDE = 16  # pixels between the cells that DELF matches
_WIDTH = 32  # of the strip that the gradient is read from; only its length matters
_LONGEST = 4096  # pixels; a receptive field that reaches further sees everything (global pooling)


@dataclass(frozen=True)
class ReceptiveField:
    """Along one side: cell i sees the pixels from `i stride - padding`, `size` of them."""

    size: int  # pixels
    stride: int  # pixels from one cell to the next
    padding: int  # pixels by which the first cell looks over the edge

    @property
    def first_center(self) -> float:
        """Middle of what the first cell sees; the middle of the first pixel is 0."""
        return (self.size - 1) / 2 - self.padding

    def centers(self, n_cells: int) -> Float[np.ndarray, " n"]:
        """Pixel coordinates of the middle of each cell."""
        return self.first_center + self.stride * np.arange(n_cells, dtype=np.float64)


def receptive_field(layers: nn.Module) -> ReceptiveField:
    """What a cell of the map that `layers` makes sees, away from the edges.

    Args:
        layers: (B, 3, H, W) float -> (B, c, h, w); convolutions, pools, norms and activations.
    Raises:
        InputError: cells that see everything, as behind a global pooling.
    """
    linear = _linear(layers)
    length = 256
    while length <= _LONGEST:
        seen, n_cells = _seen_by_middle(linear, length)
        if seen[0] > 0 and seen[1] < length - 1:
            stride = round(length / n_cells)
            return ReceptiveField(seen[1] - seen[0] + 1, stride, (n_cells // 2) * stride - seen[0])
        length *= 2
    raise InputError(
        f"Expected cells that see a part of the photo; got some that see more than {_LONGEST} pixels, in "
        "receptive_field. Local features need a trunk without global pooling in its early stages."
    )


def stages_at_stride(trunk: nn.Module, stride: int = STRIDE) -> int:
    """How many stages of a trunk (`trunk_stages`) come before its map gets coarser than this stride.

    Raises:
        InputError: no stage ends at this stride.
    """
    maps = torch.zeros(1, 3, 8 * stride, 8 * stride)
    found = 0
    was_training = trunk.training
    trunk.eval()
    try:
        with torch.no_grad():
            for number, stage in enumerate(trunk_stages(trunk), start=1):
                maps = stage(maps)
                if maps.shape[2] == 8:
                    found = number
    finally:
        trunk.train(was_training)
    if not found:
        raise InputError(
            f"Expected a trunk with a stage of stride {stride}; got {type(trunk).__name__}, which has none "
            "that can be cut off. DELF needs a ResNet or an EfficientNet."
        )
    return found


def _seen_by_middle(linear: nn.Module, length: int) -> tuple[tuple[int, int], int]:
    """First and last row of a strip that its middle cell depends on, and the number of cells."""
    strip = torch.zeros(1, 3, length, _WIDTH, dtype=torch.float64, requires_grad=True)
    maps = linear(strip)
    n_cells = maps.shape[2]
    (gradient,) = torch.autograd.grad(maps[:, :, n_cells // 2].sum(), strip)
    rows = torch.nonzero(gradient.abs().sum(dim=(0, 1, 3))).flatten()
    return (int(rows[0]), int(rows[-1])), n_cells


def _linear(layers: nn.Module) -> nn.Module:
    """A copy in which every path of a pixel to a cell adds up."""
    copy = deepcopy(layers).double().eval()
    _make_linear(copy)
    for parameter in copy.parameters():
        parameter.requires_grad_(False)
    return copy


def _make_linear(module: nn.Module) -> None:
    for name, child in module.named_children():
        if isinstance(child, nn.Conv2d):
            child.weight.data.fill_(1 / child.weight[0].numel())
            child.bias = None
        elif isinstance(child, nn.MaxPool2d):
            setattr(module, name, nn.AvgPool2d(child.kernel_size, child.stride, child.padding))
        elif isinstance(child, nn.AvgPool2d | nn.AdaptiveAvgPool2d):
            continue
        elif _is_pointwise(child):
            setattr(module, name, nn.Identity())
        else:
            _make_linear(child)


def _is_pointwise(module: nn.Module) -> bool:
    """Norms and activations: they change values, not what is seen. timm's norm layers carry an activation."""
    is_norm = isinstance(module, nn.BatchNorm2d | nn.GroupNorm | nn.LayerNorm)
    return is_norm or not (list(module.children()) or list(module.parameters()))


class Cells(nn.Module):
    """The first stages of a trunk, after its normalization: (B, 3, H, W) -> (B, c, h, w)."""

    def __init__(self, trunk: nn.Module, n_stages: int):
        super().__init__()
        self.stages = nn.Sequential(*trunk_stages(trunk)[:n_stages])

    def forward(self, photos: Tensor) -> Float[Tensor, "B c h w"]:
        return self.stages(photos)
