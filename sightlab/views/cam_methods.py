"""The methods of pytorch_grad_cam on a LandmarkNet: a cross-check of `cam`, and what is not in closed form.

Their maps come back as the method computed them: not cut at 0, not scaled to a maximum of 1, not enlarged.
The network comes back as it was, whatever the method did to it.

Shapes: B photos, hxw last map.
Source: pytorch_grad_cam; each method its own paper.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import nn

from sightlab.checks import InputError, check_choice, check_same_length
from sightlab.nets.backbones import trunk_stages
from sightlab.nets.network import LandmarkNet
from sightlab.views.cam import check_photos, class_rows, unchanged

# The first two are the closed form of `cam` up to 1 / (h w); the last takes no gradient and knows no class.
METHODS = ("GradCAM", "HiResCAM", "GradCAMPlusPlus", "XGradCAM", "LayerCAM", "EigenGradCAM", "EigenCAM")


def method_maps(
    network: LandmarkNet,
    photos: UInt8[np.ndarray, "B H W 3"],
    classes: Sequence[int] | Sequence[str],
    method: str = "GradCAMPlusPlus",
) -> Float[np.ndarray, "B h w"]:
    """Maps of another method for one class a photo, on the grid of the last map; comparable within a photo.

    Args:
        network: comes back unchanged; maps are those of eval mode.
        photos: (B, H, W, 3) RGB as the network sees them.
        classes: (B,) class indices or landmark_ids.
        method: one of `METHODS`.
    Raises:
        InputError: see `cam.class_activation`; an unknown method; a trunk whose last layer cannot be named.
    """
    import pytorch_grad_cam
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    check_choice(method, "method", METHODS)
    photos = np.asarray(photos)
    check_photos(photos)
    check_same_length("method_maps", photos=photos, classes=classes)
    targets = [ClassifierOutputTarget(row) for row in class_rows(network, classes)]
    raw = []

    class Kept(getattr(pytorch_grad_cam, method)):
        """Keeps what the method computed before it is cut at 0 and scaled."""

        def get_cam_image(self, *args, **kwargs):
            raw.append(super().get_cam_image(*args, **kwargs))
            return raw[-1]

    with unchanged(network), torch.enable_grad():
        # not as a context manager: its __exit__ swallows IndexError
        tool = Kept(_LogitsOfPlanes(network), [_last_layer(network)])
        tool(torch.from_numpy(photos).permute(0, 3, 1, 2).float(), targets=targets)
    return np.asarray(raw[0], np.float32)


class _LogitsOfPlanes(nn.Module):
    """The network as pytorch_grad_cam expects one: planes (B, 3, H, W) in, logits out."""

    def __init__(self, network: LandmarkNet):
        super().__init__()
        self.network = network

    def forward(self, planes: torch.Tensor) -> torch.Tensor:
        return self.network(planes.permute(0, 2, 3, 1)).logits


def _last_layer(network: LandmarkNet) -> nn.Module:
    """The module whose output is averaged; hooks must sit on the trunk's own one."""
    stages = trunk_stages(network.trunk)
    if len(stages) == 1:
        raise InputError(
            f"method_maps needs a trunk whose last layer is known (EfficientNet, MobileNet, ResNet); got "
            f"{network.config.trunk}. Use cam.class_activation, which takes every trunk."
        )
    return list(stages[-1].children())[-1]
