"""One forward pass, many questions: why this class, why not that one, why near this centroid or reference.

    seen = Seen.of(network, photos)
    seen.of_class(["belfry", ...])                         # mean + bias = logit
    seen.of_difference(["belfry", ...], ["tower", ...])    # mean + bias = logit A - logit B
    seen.of_similarity(centroids)                          # mean + bias = similarity

The cosine between an embedding e and a unit vector u is u . e / |e|, and u . e is linear in the last map as a
logit is. The length |e| is that of the whole photo and the same for all of its places, so the map divided by
it adds up exactly; what it does not say is how a place changes the length itself. Whitened features beside
the embedding, if the network has them, are a second such part with a length of its own.

Shapes: B photos, F trunk channels, D embedding size, U size of unit embeddings, hxw last map.
Source: ours; CAM as in `cam`. Maps of similarity: Stylianou et al. 2019 for two photos; any vector: ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8

from sightlab.checks import InputError, check_same_length
from sightlab.nets.engine import Engine
from sightlab.nets.network import LandmarkNet
from sightlab.views.cam import check_photos, class_rows, class_weights, last_maps


@dataclass(frozen=True, eq=False)
class Maps:
    """Signed maps in the unit of their score, and what of the score does not come from the photo."""

    values: Float[np.ndarray, "B h w"]
    bias: Float[np.ndarray, " B"]

    @property
    def scores(self) -> Float[np.ndarray, " B"]:
        """Mean of each map + bias: the logit, the difference of two, or the similarity."""
        return self.values.mean(axis=(1, 2)) + self.bias


@dataclass(frozen=True, eq=False)
class Seen:
    """Photos that went through the trunk once. A photo takes 4 F h w bytes: 0.25 MB for lite0 at 224."""

    network: LandmarkNet
    last: Float[np.ndarray, "B F h w"]

    @classmethod
    def of(
        cls, network: LandmarkNet, photos: UInt8[np.ndarray, "B H W 3"], engine: str | Engine = "torch"
    ) -> Seen:
        """The one forward pass; network, photos and engine as in `cam.class_activation`."""
        photos = np.asarray(photos)
        check_photos(photos)
        return cls(network, np.concatenate(list(last_maps(network, photos, engine))))

    def of_class(self, classes: Sequence[int] | Sequence[str]) -> Maps:
        """Evidence for one class a photo: (B,) class indices or landmark_ids; scores are logits."""
        check_same_length("Seen.of_class", photos=self.last, classes=classes)
        weights, bias = class_weights(self.network)
        rows = class_rows(self.network, classes)
        return self._maps(weights[rows].numpy(), bias[rows].numpy())

    def of_difference(
        self, classes: Sequence[int] | Sequence[str], others: Sequence[int] | Sequence[str]
    ) -> Maps:
        """Why A and not B: (B,) classes and (B,) others; scores are logit A - logit B."""
        first, second = self.of_class(classes), self.of_class(others)
        return Maps(first.values - second.values, first.bias - second.bias)

    def of_similarity(self, vectors: Float[np.ndarray, "B U"]) -> Maps:
        """What makes each photo similar to a centroid or reference; scores are similarities.

        Args:
            vectors: (B, U) unit rows: a centroid, a reference, or the mean of the references (not made unit
                again), whose score is then the mean similarity to them.
        Raises:
            InputError: another number of vectors than of photos, another size than that of embeddings, or a
                row longer than 1.
        """
        vectors = np.asarray(vectors, np.float64)
        check_same_length("Seen.of_similarity", photos=self.last, vectors=vectors)
        self._check_vectors(vectors)
        rows, bias, first = 0.0, 0.0, 0
        parts = self._parts()
        for weights, shift in parts:
            mine = vectors[:, first : first + len(weights)]
            mine = mine / (len(parts) ** 0.5 * self._length(weights, shift))
            rows, bias, first = rows + mine @ weights, bias + mine @ shift, first + len(weights)
        return self._maps(rows, bias)

    def embeddings(self) -> Float[np.ndarray, "B D"]:
        """What the center loss works on: embeddings before they are made unit."""
        weights, shift = self._parts()[0]
        return self._pooled @ weights.T + shift

    def unit_embeddings(self) -> Float[np.ndarray, "B U"]:
        """What photos are compared by, in float64."""
        parts = self._parts()
        made = [(self._pooled @ w.T + s) / self._length(w, s) for w, s in parts]
        return np.concatenate(made, axis=1) / len(parts) ** 0.5

    def logits(self) -> Float[np.ndarray, "B classes"]:
        """What the classifier says; column 0 is the non-landmark."""
        weights, bias = (part.numpy() for part in class_weights(self.network))
        return self._pooled @ weights.T + bias

    @property
    def _pooled(self) -> Float[np.ndarray, "B F"]:
        return self.last.mean(axis=(2, 3), dtype=np.float64)

    def _length(self, weights: np.ndarray, shift: np.ndarray) -> Float[np.ndarray, "B 1"]:
        return np.linalg.norm(self._pooled @ weights.T + shift, axis=1, keepdims=True)

    @torch.no_grad()
    def _parts(self) -> list[tuple[Float[np.ndarray, "n F"], Float[np.ndarray, " n"]]]:
        """Each part of a unit embedding as one linear layer of pooled features, in float64.

        First the embedding block, fully connected layer and batch norm in eval mode; then the whitening.
        """
        bn, whitening = self.network.bn, self.network.whitening
        scale = bn.weight.double() / (bn.running_var.double() + bn.eps).sqrt()
        weights = scale[:, None] * self.network.fc.weight.double()
        parts = [(weights, bn.bias.double() - scale * bn.running_mean.double())]
        if whitening is not None:
            parts.append((whitening.weight.double(), whitening.bias.double()))
        return [(weights.cpu().numpy(), shift.cpu().numpy()) for weights, shift in parts]

    def _maps(self, weights: np.ndarray, bias: np.ndarray) -> Maps:
        values = np.einsum("bfhw,bf->bhw", self.last, weights.astype(np.float32))
        return Maps(values, bias.astype(np.float32))

    def _check_vectors(self, vectors: np.ndarray) -> None:
        dim = self.network.unit_dim
        norms = np.linalg.norm(vectors, axis=-1) if vectors.ndim == 2 else np.array([np.inf])
        if vectors.shape[1:] != (dim,) or not (norms <= 1.001).all():
            raise InputError(
                f"vectors must be (B, {dim}), unit rows or means of such; got shape {vectors.shape}, the "
                f"longest {norms.max():.3f}. Take rows of an EmbeddingTable or of gallery.vectors."
            )
