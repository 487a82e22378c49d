"""LandmarkNet: trunk -> embedding (fully connected + batch norm) -> classifier (fully connected).

Photos are compared by unit embeddings. A trained network may carry a whitening beside its embedding block:
the embedding keeps what tells the landmarks apart, whitened trunk features keep what else a photo shows, and
a photo of something else differs from a landmark in that, too.

Shapes: B batch, HxW photo, F trunk channels, D embedding size, W whitened axes (may be 0), U = D + W size of
unit embeddings, C landmarks (classes: C + 1).
Source: Boiarov & Tyantov 2019 (article). Embedding size, the start from principal axes, frozen
early stages, whitened features beside the embedding: ours.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sightlab.checks import InputError
from sightlab.data.manifest import NON_LANDMARK
from sightlab.nets.backbones import Normalize, Preprocessing, create_trunk, trunk_stages


@dataclass(frozen=True)
class NetworkConfig:
    trunk: str = "tf_efficientnet_lite0"  # any timm name
    weights: str | None = "packaged"  # "packaged", "hub", a safetensors path, or None: random
    input_size: int = 224  # side of the square photo, pixels
    embedding_dim: int = 256  # D
    frozen_stages: int = 5  # trunk stages never trained, counted with the input layers; 0: train all
    seed: int = 0  # of random weights

    def __post_init__(self):
        if self.embedding_dim < 2:
            raise InputError(f"embedding_dim={self.embedding_dim}: directions need at least 2 dimensions.")
        if self.frozen_stages < 0:
            raise InputError(f"frozen_stages={self.frozen_stages} is negative; 0 trains the whole trunk.")
        if self.input_size < 32:
            raise InputError(f"input_size={self.input_size}: trunks shrink photos 32 times; use 96 or more.")


class Output(NamedTuple):
    embeddings: Tensor  # (B, D), before unit-normalization
    logits: Tensor  # (B, C + 1), column 0 is the non-landmark


class MeanPool(nn.Module):
    """(B, F, h, w) maps -> (B, F), their mean: what class activation maps in closed form need."""

    def forward(self, maps: Float[Tensor, "B F h w"]) -> Float[Tensor, "B F"]:
        return maps.mean(dim=(2, 3))


class LandmarkNet(nn.Module):
    """Starts with one class, the non-landmark (index 0); `grow` adds landmarks behind it."""

    def __init__(self, config: NetworkConfig, trunk: nn.Module):
        super().__init__()
        self.config = config
        self.class_ids: tuple[str, ...] = (NON_LANDMARK,)
        self.trunk = trunk
        self.normalize = Normalize(Preprocessing.of(trunk, config.input_size))
        n_stages = len(trunk_stages(trunk))
        if config.frozen_stages >= n_stages > 1 or (n_stages == 1 and config.frozen_stages):
            raise InputError(
                f"frozen_stages={config.frozen_stages}, but {config.trunk} has {n_stages} stages and "
                f"one must stay trainable. Use {max(0, n_stages - 1)} or less."
            )
        n_features = (
            trunk.num_features if n_stages == 1 else getattr(trunk, "head_hidden_size", trunk.num_features)
        )
        self.fc = nn.Linear(n_features, config.embedding_dim, bias=False)  # batch norm has the bias
        self.bn = nn.BatchNorm1d(config.embedding_dim)
        self.pool: nn.Module = MeanPool()  # a study may put another one here; files are of this one
        self.classifier = nn.Linear(config.embedding_dim, 1)
        self.whitening: nn.Linear | None = None  # (F -> W), see `fit_whitening`; training does without
        for stage in trunk_stages(trunk)[: config.frozen_stages]:
            stage.requires_grad_(False)

    def train(self, mode: bool = True) -> LandmarkNet:
        super().train(mode)
        for stage in trunk_stages(self.trunk)[: self.config.frozen_stages]:
            stage.eval()  # frozen batch norm keeps its statistics too
        return self

    def features(self, photos: Tensor, from_stage: int = 0) -> Float[Tensor, "B F"]:
        """Average-pooled last map.

        Args:
            photos: (B, H, W, 3) uint8; or, if `from_stage` > 0, the maps after that many stages.
        """
        x = photos if from_stage else self.normalize(photos)
        for stage in trunk_stages(self.trunk)[from_stage:]:
            x = stage(x)
        return self.pool(x)

    def embed(self, photos: Tensor, from_stage: int = 0) -> Float[Tensor, "B D"]:
        """Embeddings before unit-normalization (the center loss works on these)."""
        return self.bn(self.fc(self.features(photos, from_stage)))

    def forward(self, photos: Tensor, from_stage: int = 0) -> Output:
        embeddings = self.embed(photos, from_stage)
        return Output(embeddings, self.classifier(embeddings))

    @property
    def unit_dim(self) -> int:
        """U, the size of unit embeddings."""
        return self.config.embedding_dim + (self.whitening.out_features if self.whitening else 0)

    def unit_embeddings(self, features: Float[Tensor, "B F"]) -> Float[Tensor, "B U"]:
        """What photos are compared by: the unit embedding and, with a whitening, as long a whitened part.

        So the product of two is the mean of two cosines.
        """
        learned = nn.functional.normalize(self.bn(self.fc(features)).float())
        if self.whitening is None:
            return learned
        general = nn.functional.normalize(self.whitening(features).float())
        return torch.cat([learned, general], dim=1) * 0.5**0.5

    @torch.no_grad()
    def fit_whitening(self, features: Float[Tensor, "N F"], dim: int) -> None:
        """Puts a whitening beside the embedding: principal axes of trunk features, each at unit variance.

        Args:
            features: of photos that the network was trained on.
            dim: W, the axes wanted; with N photos there are at most N - 1.
        """
        mean, axes, variance = _principal_axes(features, min(dim, len(features) - 1))
        rows = axes.T / variance.sqrt()[:, None]
        self.whitening = _linear(features.shape[1], len(rows))
        self.whitening.weight.copy_(rows)
        self.whitening.bias.copy_(-rows @ mean)

    @torch.no_grad()
    def fit_embedding(self, features: Float[Tensor, "N F"]) -> None:
        """Starts the embedding block at the principal axes of trunk features, centered by its batch norm.

        A random projection of an untaught trunk keeps the large common direction of all photos, and
        distances to references hardly differ; centering is what makes the first cleaning work. Source: ours.

        Raises:
            InputError: fewer photos than embedding dimensions.
        """
        dim = self.config.embedding_dim
        if len(features) <= dim:
            raise InputError(
                f"fit_embedding needs more photos than the {dim} embedding dimensions; got {len(features)}. "
                "Use a smaller embedding_dim."
            )
        mean, axes, variance = _principal_axes(features, dim)
        self.fc.weight.copy_(axes.T)
        self.bn.running_mean.copy_(mean @ axes)
        self.bn.running_var.copy_(variance)
        self.bn.weight.copy_((variance / variance.mean()).sqrt())  # keeps the shape, unit variance overall
        self.bn.bias.zero_()

    @torch.no_grad()
    def grow(self, landmark_ids: tuple[str, ...], class_means: Float[Tensor, "n D"]) -> None:
        """Adds classes; the rows of the old ones stay bit-identical.

        Args:
            landmark_ids: n new landmarks.
            class_means: their mean embeddings; only the direction counts, the length is the mean
                length of the old landmark rows (1 if there is none).
        Raises:
            InputError: a landmark that the network already has.
        """
        known = sorted(set(landmark_ids) & set(self.class_ids))
        if known or len(set(landmark_ids)) != len(landmark_ids):
            raise InputError(f"grow: classes must be new and unique; got {known or landmark_ids} again.")
        old = self.classifier
        rows = torch.nn.functional.normalize(class_means.to(old.weight))
        if len(self.class_ids) > 1:
            rows = rows * old.weight[1:].norm(dim=1).mean()
        bias = old.bias[1:].mean() if len(self.class_ids) > 1 else old.bias.new_zeros(())
        n_classes = len(self.class_ids) + len(landmark_ids)
        new = torch.nn.utils.skip_init(nn.Linear, self.config.embedding_dim, n_classes).to(old.weight)
        new.weight.copy_(torch.cat([old.weight, rows]))
        new.bias.copy_(torch.cat([old.bias, bias.expand(len(landmark_ids))]))
        self.classifier = new
        self.class_ids = (*self.class_ids, *landmark_ids)

    def parameter_groups(
        self, trunk: float, embedding: float, classifier: float, weight_decay: float
    ) -> list[dict]:
        """Optimizer groups with a learning rate for each of the three parts.

        Vectors (batch norm, biases) are not decayed. Source: three rates Boiarov & Tyantov 2019 (article).
        """
        parts = {
            "trunk": (self.trunk.parameters(), trunk),
            "embedding": ([*self.pool.parameters(), *self.fc.parameters(), *self.bn.parameters()], embedding),
            "classifier": (self.classifier.parameters(), classifier),
        }
        groups = []
        for name, (parameters, rate) in parts.items():
            trained = [p for p in parameters if p.requires_grad]
            for decay, members in (
                (weight_decay, [p for p in trained if p.ndim > 1]),
                (0.0, [p for p in trained if p.ndim <= 1]),
            ):
                if members:
                    groups.append({"params": members, "lr": rate, "weight_decay": decay, "name": name})
        return groups


def _principal_axes(
    features: Float[Tensor, "N F"], dim: int
) -> tuple[Float[Tensor, " F"], Float[Tensor, "F n"], Float[Tensor, " n"]]:
    """Mean, the first axes, and the variance along each, in float64; the same signs everywhere."""
    x = features.double()
    mean = x.mean(dim=0)
    values, axes = torch.linalg.eigh(torch.cov((x - mean).T))  # ascending
    axes = axes[:, -dim:].flip(1)
    axes = axes * axes[axes.abs().argmax(dim=0), torch.arange(axes.shape[1])].sign()
    return mean, axes, values[-dim:].flip(0).clamp_min(1e-8)


def _linear(n_in: int, n_out: int) -> nn.Linear:
    """Whose values are to be copied in; never trained."""
    return nn.utils.skip_init(nn.Linear, n_in, n_out).requires_grad_(False)


def create_network(config: NetworkConfig) -> LandmarkNet:
    """A network with the non-landmark class only; repeatable, and torch's random state is left alone."""
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        return LandmarkNet(config, create_trunk(config.trunk, config.weights)).eval()


def weights_key(module: nn.Module, settings: object) -> str:
    """16 hex characters that change with any weight of the module and with its settings."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def network_key(network: LandmarkNet) -> str:
    """16 hex characters that change with any weight, setting or class of the network."""
    return weights_key(network, {"config": asdict(network.config), "class_ids": network.class_ids})


def save_network(network: LandmarkNet, path: Path) -> None:
    """One safetensors file: weights, settings and class list."""
    from safetensors.torch import save_file

    tensors = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    metadata = {"config": json.dumps(asdict(network.config)), "class_ids": json.dumps(network.class_ids)}
    save_file(tensors, path, metadata=metadata)


def load_network(path: Path) -> LandmarkNet:
    """The network of `save_network`, in eval mode; nothing is fetched, nothing unpickled.

    Raises:
        InputError: no such file, not a sightlab network, or weights of another shape.
    """
    from safetensors import SafetensorError, safe_open

    if not Path(path).is_file():
        raise InputError(f"no network at {path}. Train one first: sightlab run --photos DIR --workspace DIR.")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            config = NetworkConfig(**json.loads(metadata["config"]))
            class_ids = tuple(json.loads(metadata["class_ids"]))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        with torch.random.fork_rng():  # random weights are drawn first; the caller's state is left alone
            network = LandmarkNet(config, create_trunk(config.trunk, None))
        network.grow(class_ids[1:], torch.ones(len(class_ids) - 1, config.embedding_dim))
        if "whitening.weight" in tensors:
            network.whitening = _linear(network.fc.in_features, len(tensors["whitening.weight"]))
        network.load_state_dict(tensors, strict=True)
    except (
        SafetensorError,
        json.JSONDecodeError,
        KeyError,
        TypeError,
        AttributeError,
        RuntimeError,
    ) as error:
        detail = str(error).splitlines()[0]
        raise InputError(
            f"{path} is not a complete sightlab network ({detail}). Delete it and run again."
        ) from error
    return network.eval()
