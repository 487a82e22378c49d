"""Class activation maps: where in a photo the evidence for a class comes from, in closed form.

After the last map a LandmarkNet only averages and applies linear layers (batch norm in eval mode is linear
too), so the logit of class c is the mean over the map of  w_c . M[:, y, x]  plus a constant:

    w_c    = (classifier_c * s) @ fc              s = bn.weight / sqrt(bn.running_var + eps)
    bias_c = classifier_c . (bn.bias - s * bn.running_mean) + classifier.bias_c

The products are the map: signed, in units of the logit, comparable across photos; its mean plus the bias
is the logit. No gradient, no hook. It equals Grad-CAM of the last map, before that drops sign and scale.
A LandmarkNet always averages; for a trunk pooled otherwise (GeM) no such sum exists, and this would be a
first-order approximation at best. Similarities and many targets at once: `cam_targets`.

Shapes: B photos, HxW photo, F trunk channels, hxw last map, C landmarks (classes: C + 1).
Source: Zhou et al. 2016 (CAM); Selvaraju et al. 2017 (Grad-CAM). Through embedding and batch norm: ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from sightlab.checks import InputError, check_same_length
from sightlab.nets.backbones import batches, trunk_stages
from sightlab.nets.engine import Engine, compile_engine
from sightlab.nets.network import LandmarkNet

BATCH = 32  # photos that go through the network at once; bounds memory, does not change maps


class LastMap(nn.Module):
    """Raw photos to the last feature map: (B, H, W, 3) uint8 -> (B, F, h, w), what an engine runs."""

    def __init__(self, network: LandmarkNet):
        super().__init__()
        self.network = network

    def forward(self, photos: Tensor) -> Float[Tensor, "B F h w"]:
        x = self.network.normalize(photos)
        for stage in trunk_stages(self.network.trunk):
            x = stage(x)
        return x


def class_activation(
    network: LandmarkNet,
    photos: UInt8[np.ndarray, "B H W 3"],
    classes: Sequence[int] | Sequence[str],
    engine: str | Engine = "torch",
) -> Float[np.ndarray, "B h w"]:
    """The evidence for one class at each place of each photo; mean + `bias` = logit.

    Args:
        network: its mode, gradients and weights stay as they are; the map is always that of eval mode.
        photos: (B, H, W, 3) RGB, as the network sees them: squashed to `network.config.input_size`.
        classes: (B,) what to look for in each photo, as class index or as landmark_id.
        engine: a name, see `resolve_engine`, or a `LastMap` of this network already compiled. "torch" is
            exact; the others are faster for many photos.
    Returns:
        (B, h, w) float32 in units of the logit; above 0 speaks for the class, below 0 against it.
    Raises:
        InputError: no photos, not uint8 RGB, another number of classes than of photos, an unknown class.
    """
    return _activation(network, photos, class_weights(network)[0][class_rows(network, classes)], engine)


def difference(
    network: LandmarkNet,
    photos: UInt8[np.ndarray, "B H W 3"],
    classes: Sequence[int] | Sequence[str],
    others: Sequence[int] | Sequence[str],
    engine: str | Engine = "torch",
) -> Float[np.ndarray, "B h w"]:
    """Why the one class and not the other: the map of `classes` minus that of `others`, in one pass.

    Args:
        network, photos, engine: see `class_activation`.
        classes: (B,) class A of each photo, e.g. what was answered.
        others: (B,) class B, e.g. the truth or the runner-up.
    Returns:
        (B, h, w) float32; above 0 speaks for A. Its mean + bias of A - bias of B = logit A - logit B.
    Raises:
        InputError: see `class_activation`.
    """
    check_same_length("difference", classes=classes, others=others)
    weights = class_weights(network)[0]
    difference = weights[class_rows(network, classes)] - weights[class_rows(network, others)]
    return _activation(network, photos, difference, engine)


def bias(network: LandmarkNet, classes: Sequence[int] | Sequence[str]) -> Float[np.ndarray, " B"]:
    """The part of each logit that does not come from the photo.

    Args:
        classes: (B,) class indices or landmark_ids.
    Returns:
        (B,) float32; add the mean of the map and it is the logit.
    Raises:
        InputError: an unknown class.
    """
    return class_weights(network)[1][class_rows(network, classes)].float().cpu().numpy()


@contextmanager
def unchanged(network: nn.Module) -> Iterator[None]:
    """Gives a network back as it was: mode and hooks of every part, `requires_grad` and gradient of every
    parameter.

    For tools that do not clean up: pytorch_grad_cam leaves eval mode, gradients and, after an error, hooks.
    """
    modes = [(module, module.training) for module in network.modules()]
    hooks = [(own, dict(own)) for module in network.modules() for own in _hooks(module)]
    parameters = [(p, p.requires_grad, p.grad) for p in network.parameters()]
    for parameter, _, _ in parameters:
        parameter.grad = None  # a gradient made inside must not be added to the caller's
    try:
        yield
    finally:
        for module, is_training in modes:
            module.training = is_training
        for own, before in hooks:
            own.clear()
            own.update(before)
        for parameter, requires_grad, gradient in parameters:
            parameter.requires_grad_(requires_grad)
            parameter.grad = gradient


def _hooks(module: nn.Module) -> list[dict]:
    """The dicts in which torch keeps what is called before and after a module, forwards and backwards."""
    names = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return [getattr(module, name) for name in names]


@torch.no_grad()
def class_weights(network: LandmarkNet) -> tuple[Float[Tensor, "classes F"], Float[Tensor, " classes"]]:
    """What each class takes from each channel of the last map, and its bias; in float64."""
    bn, classifier = network.bn, network.classifier
    scale = bn.weight.double() / (bn.running_var.double() + bn.eps).sqrt()
    shift = bn.bias.double() - scale * bn.running_mean.double()
    rows = classifier.weight.double()
    return (rows * scale) @ network.fc.weight.double(), rows @ shift + classifier.bias.double()


def _activation(
    network: LandmarkNet, photos: np.ndarray, weights: Float[Tensor, "B F"], engine: str | Engine
) -> Float[np.ndarray, "B h w"]:
    photos = np.asarray(photos)
    check_photos(photos)
    check_same_length("class activation", photos=photos, classes=weights)
    weights = weights.float().cpu().numpy()
    maps = last_maps(network, photos, engine)
    parts = batches(len(photos), BATCH)
    return np.concatenate(
        [np.einsum("bfhw,bf->bhw", x, weights[part]) for part, x in zip(parts, maps, strict=True)]
    )


def last_maps(
    network: LandmarkNet, photos: UInt8[np.ndarray, "B H W 3"], engine: str | Engine = "torch"
) -> Iterator[Float[np.ndarray, "b F h w"]]:
    """What the trunk sees before it is averaged, `BATCH` photos at a time; see `class_activation`."""
    if isinstance(engine, str):
        engine = compile_engine(LastMap(network), network.config.input_size, engine)
    return engine.stream(photos[part] for part in batches(len(photos), BATCH))


def check_photos(photos: np.ndarray) -> None:
    """Refuses what is no stack of photos as the network sees them."""
    if photos.ndim != 4 or photos.shape[-1] != 3 or photos.dtype != np.uint8 or len(photos) == 0:
        raise InputError(
            f"photos must be (B, H, W, 3) uint8 RGB with B >= 1; got shape {photos.shape} of {photos.dtype}. "
            "Squash each with square_photo and stack them."
        )


def class_rows(network: LandmarkNet, classes: Sequence[int] | Sequence[str]) -> list[int]:
    """Class indices of class indices or landmark_ids."""
    index = {name: row for row, name in enumerate(network.class_ids)}
    rows = []
    for row, name in enumerate(np.asarray(classes).tolist()):
        known = index.get(name) if isinstance(name, str) else name
        is_index = isinstance(known, int) and not isinstance(known, bool)
        if not is_index or not 0 <= known < len(index):
            raise InputError(
                f"classes must be 0 to {len(index) - 1} or one of the landmark_ids the network knows "
                f"(network.class_ids); got {name!r} in row {row}. Choose a class that it was taught."
            )
        rows.append(known)
    return rows
