"""DelfNet: one map with unit descriptors and attention, of any size, the same by every engine."""

import numpy as np
import pytest
import torch

from sightlab.delf.features import DelfConfig, extract
from sightlab.delf.network import DelfHead, DelfNet, HeadConfig
from sightlab.nets.engine import compile_engine
from sightlab.nets.network import NetworkConfig, create_network


@pytest.fixture(scope="module")
def net():
    network = create_network(NetworkConfig("tf_efficientnet_lite0", None, 64, 8, frozen_stages=6))
    with torch.random.fork_rng():
        torch.manual_seed(1)
        head = DelfHead(112, 3, HeadConfig(32, 16)).eval()
        axes = torch.linalg.qr(torch.randn(32, 8)).Q.T.contiguous()
    return DelfNet(network, head, torch.full((32,), 0.05), axes)


@pytest.fixture
def photos():
    generator = np.random.default_rng(0)
    return [
        generator.integers(0, 256, (1, h, w, 3), dtype=np.uint8) for h, w in ((48, 80), (160, 96), (80, 48))
    ]


def test_a_cell_every_16_pixels_with_a_unit_descriptor_and_attention(net, photos):
    rows = net(torch.from_numpy(photos[0]))
    assert rows.shape == (1, 3, 5, 9)
    np.testing.assert_allclose(rows[..., :8].norm(dim=-1), 1, atol=1e-5)
    assert (rows[..., 8] > 0).all()
    assert net.dim == 8


def test_descriptors_are_the_features_on_the_axes(net, photos):
    features = net.head.features(net.cells(net.normalize(torch.from_numpy(photos[0]))))
    one = features[0, :, 1, 2]  # by hand: unit length, less the mean, on the axes, unit length
    moved = net.project.weight[:, :, 0, 0] @ (one / one.norm() - 0.05)
    expected = moved / moved.norm()
    np.testing.assert_allclose(net(torch.from_numpy(photos[0]))[0, 1, 2, :8], expected, atol=1e-5)


def test_openvino_and_torch_agree_for_every_size(net, photos):
    openvino = compile_engine(net, None, "openvino-f32", threads=1)
    by_torch = list(compile_engine(net, None, "torch").stream(photos))
    for ours, theirs in zip(openvino.stream(photos), by_torch, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-3)


def test_a_shifted_photo_has_shifted_keypoints(net):
    # far from the edges a cell does not know where it is: two cells to the right, the same descriptors
    photo = np.random.default_rng(2).integers(0, 256, (96, 1200, 3), dtype=np.uint8)
    engine, config = compile_engine(net, None, "torch"), DelfConfig(scales=(1.0,), max_keypoints=10_000)
    first, second = (extract(photo[:, start : start + 1152], engine, net.field, config) for start in (0, 32))
    where = {tuple(p): i for i, p in enumerate((second.points + [32, 0]).tolist())}
    inside = [i for i, p in enumerate(first.points) if 420 < p[0] < 760 and tuple(p.tolist()) in where]
    assert len(inside) > 60
    there = [where[tuple(first.points[i].tolist())] for i in inside]
    np.testing.assert_allclose(first.descriptors[inside], second.descriptors[there], atol=1e-4)


def test_any_weight_changes_the_key(net):
    from copy import deepcopy

    other = deepcopy(net)
    with torch.no_grad():
        other.project.bias[0] += 1
    assert other.key != net.key
    assert deepcopy(net).key == net.key
    assert not any(p.requires_grad for p in net.parameters())
