"""Engines: OpenVINO against torch, and what compiling must not change."""

import os
import sys
from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import nn

from sightlab.checks import InputError
from sightlab.nets.backbones import square_photo
from sightlab.nets.embedding import Embedder
from sightlab.nets.engine import OpenVinoEngine, TorchEngine, available_cores, compile_engine
from sightlab.nets.network import NetworkConfig, create_network, network_key
from tests.drawn import LANDMARKS, draw_distractor, draw_landmark


class Mean(nn.Module):
    """The smallest part there is: photos to their mean color, times a weight; batch norm has a mode."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))
        self.bn = nn.BatchNorm1d(3)

    def forward(self, photos):
        return self.bn(photos.permute(0, 3, 1, 2).float().mean(dim=(2, 3)) * self.weight)


@pytest.fixture
def colors():
    return np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def embedder():
    config = NetworkConfig(input_size=96, embedding_dim=32)
    network = create_network(config)
    generator = torch.Generator().manual_seed(0)
    network.fit_embedding(torch.randn(99, 1280, generator=generator).abs())
    return Embedder(network)


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(5)
    photos = [draw_landmark(name, rng, (96, 128)) for name in LANDMARKS]
    photos += [draw_distractor(rng, (128, 96)) for _ in range(5)]
    return np.stack([square_photo(np.asarray(photo), 96) for photo in photos])


def test_openvino_and_torch_agree(embedder, drawn):
    by_openvino = compile_engine(embedder, 96, "openvino")(drawn)
    by_torch = compile_engine(embedder, 96, "torch")(drawn)
    cosine = (by_openvino * by_torch).sum(axis=1)
    assert cosine.min() >= 0.9999
    assert by_openvino.dtype == by_torch.dtype == np.float32
    assert by_openvino.shape == (9, 32)
    between = by_torch @ by_torch.T
    assert between[~np.eye(9, dtype=bool)].max() < 0.999  # so that 0.9999 means something


def test_openvino_takes_batches_of_any_size(colors):
    engine = compile_engine(Mean(), 32, "openvino", threads=1)
    assert isinstance(engine, OpenVinoEngine)
    assert engine.name.startswith("openvino-20")
    whole = engine(colors)
    np.testing.assert_allclose(np.concatenate([engine(colors[:1]), engine(colors[1:])]), whole, rtol=1e-5)
    np.testing.assert_allclose(engine(colors[::-1]), whole[::-1], rtol=1e-5)
    np.testing.assert_allclose(whole, colors.mean(axis=(1, 2)) / np.sqrt(1 + 1e-5), rtol=1e-4)


@pytest.mark.parametrize(("engine", "training"), [("openvino", True), ("torch", True), ("torch", False)])
def test_compiling_and_running_leave_the_module_alone(colors, engine, training):
    part = nn.Sequential(Mean()).train(training)
    part[0].bn.eval()  # a frozen batch norm inside
    before = deepcopy(part.state_dict())
    compile_engine(part, 32, engine)(colors)
    assert part.training == part[0].training == training
    assert not part[0].bn.training
    assert all(torch.equal(v, before[k]) for k, v in part.state_dict().items())
    assert part[0].weight.requires_grad
    assert part[0].weight.grad is None


def test_a_network_in_eval_mode_stays_in_eval_mode(network, photos):
    """A fresh wrapper is in training mode by itself; that must not reach the network inside."""
    compile_engine(Embedder(network), 64, "torch")(photos.numpy())
    assert not any(module.training for module in network.modules())


def test_an_engine_keeps_the_weights_it_was_made_with(colors):
    part = Mean()
    engine = compile_engine(part, 32, "torch")
    before = engine(colors)
    with torch.no_grad():
        part.weight *= 2
    assert np.array_equal(engine(colors), before)


def test_running_leaves_no_trace_for_gradients(network, photos):
    key = network_key(network)
    compile_engine(Embedder(network), 64, "torch")(photos.numpy())
    assert network_key(network) == key
    network.embed(photos).sum().backward()
    assert network.fc.weight.grad is not None


def test_unknown_engine():
    with pytest.raises(InputError, match="engine='onnx' is unknown; expected one of auto, openvino, torch"):
        compile_engine(Mean(), 32, "onnx")


def test_auto_is_openvino_on_a_cpu_and_torch_on_a_gpu(monkeypatch):
    monkeypatch.setattr("sightlab.nets.engine.TorchEngine", lambda part: "torch engine")
    monkeypatch.setattr("sightlab.nets.engine.OpenVinoEngine", lambda part, size, threads: threads)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert compile_engine(Mean(), 32) == available_cores()
    assert compile_engine(Mean(), 32, threads=7) == 7
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert compile_engine(Mean(), 32) == "torch engine"


def test_without_openvino(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    engine = compile_engine(Mean(), 32)
    assert isinstance(engine, TorchEngine)
    assert engine.name == f"torch-{torch.__version__.split('+')[0]}-cpu"
    assert "OpenVINO is not installed" in capsys.readouterr().out
    with pytest.raises(InputError, match="pip install openvino"):
        compile_engine(Mean(), 32, "openvino")


def test_a_network_that_openvino_cannot_convert():
    class Broken(nn.Module):
        def forward(self, photos):
            raise NotImplementedError("this operator is new")

    with pytest.raises(InputError, match='Use engine="torch" for it'):
        compile_engine(Broken(), 32, "openvino")


def test_cores_are_those_that_this_process_may_use():
    if hasattr(os, "sched_getaffinity"):
        assert available_cores() == len(os.sched_getaffinity(0))
    else:
        assert available_cores() == os.cpu_count()
