"""DelfNet: raw photos in, at every cell of the stride-16 map a descriptor and how much it deserves attention.

    trunk to stride 16 -> features (1x1, ReLU) -> unit length -> principal axes -> unit length   descriptors
                                   `-> attention: 1x1, ReLU, 1x1, softplus                       attention

Shapes: B photos, hxw cells, c channels of the trunk there, F features, D numbers of a descriptor.
Source: Noh et al. 2017 (DELF). The feature layer stands in for fine-tuning the trunk's last block, which
stays frozen so that its maps can be cached; projecting inside the network: ours.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from sightlab.checks import check_count
from sightlab.delf.receptive import Cells, ReceptiveField, receptive_field, stages_at_stride
from sightlab.nets.backbones import Normalize, Preprocessing
from sightlab.nets.network import LandmarkNet, weights_key

_SHARPNESS = 16.0  # unit features average to short vectors; their logits start on a useful scale


@dataclass(frozen=True)
class HeadConfig:
    n_features: int = 256  # F, what is matched before it is projected
    n_hidden: int = 512  # of the attention; DELF: 512
    seed: int = 0  # of the first weights

    def __post_init__(self):
        check_count(self.n_features, "n_features", minimum=2)
        check_count(self.n_hidden, "n_hidden")


class DelfHead(nn.Module):
    """What is trained: features from the trunk's map, attention on them, a classifier for each stage.

    Args:
        n_channels: c.
        n_classes: landmarks of the training photos.
    """

    def __init__(self, n_channels: int, n_classes: int, config: HeadConfig):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(n_channels, config.n_features, 1, bias=False),
            nn.BatchNorm2d(config.n_features),
            nn.ReLU(),
        )
        self.attention = nn.Sequential(
            nn.Conv2d(config.n_features, config.n_hidden, 1),
            nn.ReLU(),
            nn.Conv2d(config.n_hidden, 1, 1),
            nn.Softplus(),
        )
        self.classify_mean = nn.Linear(config.n_features, n_classes)  # stage 1
        self.classify_attended = nn.Linear(config.n_features, n_classes)  # stage 2
        self.sharpness = nn.Parameter(torch.tensor(_SHARPNESS))  # of its logits

    def mean_logits(self, maps: Float[Tensor, "B c h w"]) -> Float[Tensor, "B C"]:
        """Stage 1: the plain mean of the features is classified."""
        return self.classify_mean(self.features(maps).mean(dim=(2, 3)))

    def attended_logits(self, maps: Float[Tensor, "B c h w"]) -> Float[Tensor, "B C"]:
        """Stage 2: the mean of unit features, weighted by attention, is classified."""
        features = self.features(maps)
        return self.classify_attended(self.sharpness * attended_mean(features, self.attention(features)))


def attended_mean(
    features: Float[Tensor, "B F h w"], attention: Float[Tensor, "B 1 h w"]
) -> Float[Tensor, "B F"]:
    """Mean of the features at unit length, each cell weighted by its share of the attention.

    DELF's own code does not divide by the attention; a small head then learns to attend to nothing.
    """
    unit = functional.normalize(features, dim=1)
    return (unit * attention).sum(dim=(2, 3)) / attention.sum(dim=(2, 3)).clamp_min(1e-9)


class DelfNet(nn.Module):
    """Trunk, head and principal axes in one: (B, H, W, 3) uint8 -> (B, h, w, D + 1), the attention last.

    Sides of the photos must be multiples of the stride: then every cell is whole, and the padding of
    TensorFlow trunks, which depends on the size, is always the same.

    Args:
        network: whose trunk and normalization are used.
        head: trained.
        mean: (F,) of unit features.
        axes: (D, F) orthonormal rows, the first with the most variance.
    """

    def __init__(
        self, network: LandmarkNet, head: DelfHead, mean: Float[Tensor, " F"], axes: Float[Tensor, "D F"]
    ):
        super().__init__()
        n_stages = stages_at_stride(network.trunk)
        self.normalize = Normalize(Preprocessing.of(network.trunk, network.config.input_size))
        self.cells = Cells(network.trunk, n_stages)
        self.head = head
        self.project = nn.Conv2d(axes.shape[1], axes.shape[0], 1)
        with torch.no_grad():
            self.project.weight.copy_(axes[:, :, None, None])
            self.project.bias.copy_(-axes @ mean)
        self.field: ReceptiveField = receptive_field(self.cells)
        self.eval().requires_grad_(False)

    @property
    def dim(self) -> int:
        return self.project.weight.shape[0]

    def forward(self, photos: Tensor) -> Float[Tensor, "B h w D1"]:
        features = self.head.features(self.cells(self.normalize(photos)))
        attention = self.head.attention(features)
        descriptors = functional.normalize(self.project(functional.normalize(features, dim=1)), dim=1)
        return torch.cat([descriptors, attention], dim=1).permute(0, 2, 3, 1)

    @property
    def key(self) -> str:
        """16 hex characters that change with any weight that a descriptor depends on."""
        return weights_key(self, asdict(self.field))


def load_net(folder: Path, network: LandmarkNet, config: HeadConfig) -> DelfNet:
    """A trained head on its trunk, from a folder with delf.safetensors and delf.json.

    Args:
        folder: of a `Rival`.
        network: whose trunk the head was trained on.
        config: of the head.
    """
    from safetensors.torch import load_file

    tensors = load_file(folder / "delf.safetensors")
    facts = json.loads((folder / "delf.json").read_text(encoding="utf-8"))
    mean, axes = tensors.pop("mean"), tensors.pop("axes")
    weights = {name.removeprefix("head."): value for name, value in tensors.items()}
    head = DelfHead(weights["features.0.weight"].shape[1], facts["n_classes"], config)
    head.load_state_dict(weights, strict=True)
    return DelfNet(network, head.eval(), mean, axes)
