"""Engines on real photographs: the same embeddings and decisions. Skipped where the folder is missing.

The network is the pretrained one, its embedding block at the principal axes of 600 train photos: a hard case,
since training pulls the photos of a landmark together and away from thresholds.
"""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from sightlab.data.manifest import Manifest
from sightlab.evaluation.metrics import sensitivity_at_fpr
from sightlab.nets.embedding import Embedder, PooledFeatures
from sightlab.nets.engine import compile_engine, has_bf16
from sightlab.nets.network import NetworkConfig, create_network
from sightlab.nets.photo_stream import photo_blocks

FOLDER = Path(os.environ.get("SIGHTLAB_PHOTOS") or Path(__file__).parents[2] / ".." / "shared" / "photos")
pytestmark = pytest.mark.skipif(
    not (FOLDER / "manifest.csv").is_file(),
    reason=f"no photographs in {FOLDER}; set SIGHTLAB_PHOTOS to a folder with manifest.csv",
)
SIZE = 192
N = 256  # photos on which cosines are compared
N_DECIDED = 1000  # photos on which decisions are compared, N among them: 0.2 % of 256 is less than one photo
needs_bf16 = pytest.mark.skipif(not has_bf16(), reason="this processor has no bfloat16 instructions")


def squares(photos) -> np.ndarray:
    paths = [FOLDER / path for path in photos["path"]]
    return np.concatenate([block.photos for block in photo_blocks(paths, SIZE)])


@pytest.fixture(scope="module")
def manifest():
    return Manifest.read(FOLDER)


@pytest.fixture(scope="module")
def network(manifest):
    network = create_network(NetworkConfig(input_size=SIZE))
    fit = squares(manifest.split("train").photos.sample(600, random_state=0))
    features = compile_engine(PooledFeatures(network), SIZE, "openvino-f32")(fit)
    network.fit_embedding(torch.from_numpy(features))
    return network


@pytest.fixture(scope="module")
def tune(manifest):
    return manifest.split("tune").photos.sample(N_DECIDED, random_state=1)


@pytest.fixture(scope="module")
def photos(tune):
    return squares(tune)


@pytest.fixture(scope="module")
def exact(network, photos):
    """By torch, and only the first photos; the others by OpenVINO in float32."""
    return rows_of(network, photos[:N], "torch"), rows_of(network, photos, "openvino-f32")


def rows_of(network, photos, engine) -> np.ndarray:
    rows = compile_engine(Embedder(network), SIZE, engine)(photos)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def decisions(rows, tune, means, landmarks, threshold=None):
    """The landmark of the nearest mean, or "" below the threshold: given, or that of FPR 1 %."""
    cosines = rows @ means.T
    best, most = np.array(landmarks, dtype=object)[cosines.argmax(axis=1)], cosines.max(axis=1)
    if threshold is None:
        truth = tune["landmark_id"].to_numpy(dtype=object)
        threshold = sensitivity_at_fpr(most, best, truth, 0.01).threshold
    return np.where(most > threshold, best, ""), threshold


@pytest.fixture(scope="module")
def means(manifest, network):
    """Mean embedding of each landmark, from ten train photos."""
    train = manifest.split("train").photos
    train = train[train["landmark_id"] != "non_landmark"].groupby("landmark_id").head(10)
    rows = rows_of(network, squares(train), "openvino-f32")
    landmarks = sorted(train["landmark_id"].unique())
    means = np.stack([rows[(train["landmark_id"] == name).to_numpy()].mean(axis=0) for name in landmarks])
    return means / np.linalg.norm(means, axis=1, keepdims=True), landmarks


def test_openvino_in_float32_is_torch(exact):
    by_torch, by_openvino = exact
    cosine = (by_torch * by_openvino[:N]).sum(axis=1)
    assert cosine.min() >= 0.9999
    between = by_torch @ by_torch.T
    assert np.median(between[~np.eye(N, dtype=bool)]) < 0.2  # so that 0.9999 means something


@needs_bf16
def test_bfloat16_stays_near(network, photos, exact):
    cosine = (rows_of(network, photos[:N], "openvino-bf16") * exact[0]).sum(axis=1)
    assert np.median(cosine) >= 0.9995
    assert cosine.min() >= 0.999


@needs_bf16
def test_bfloat16_decides_the_same(network, photos, tune, exact, means):
    expected, threshold = decisions(exact[1], tune, *means)
    assert 0.05 < (expected != "").mean() < 0.95  # both kinds of answers are there
    found, _ = decisions(rows_of(network, photos, "openvino-bf16"), tune, *means, threshold)
    assert (found == expected).mean() >= 0.998
