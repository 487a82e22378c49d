"""Engines: which one a name stands for, OpenVINO against torch, and what compiling must not change."""

import importlib.metadata
import os
import sys
from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import nn

from sightlab.checks import InputError
from sightlab.nets import engine as engine_module
from sightlab.nets.backbones import square_photo
from sightlab.nets.embedding import Embedder
from sightlab.nets.engine import (
    EngineChoice,
    TorchEngine,
    _cpu_has_bf16,
    available_cores,
    compile_engine,
    has_bf16,
    resolve_engine,
)
from sightlab.nets.engine_openvino import OpenVinoEngine
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


@pytest.mark.parametrize(
    ("engine", "least"), [("openvino-f32", 0.9999), ("openvino-bf16", 0.998), ("torch-bf16", 0.997)]
)
def test_engines_agree(embedder, drawn, engine, least):
    """On drawn photos and random axes, harder for bf16; tests/real does it on real ones, with decisions."""
    if engine.endswith("bf16") and not has_bf16():
        pytest.skip("this processor has no bfloat16 instructions")
    found = compile_engine(embedder, 96, engine)(drawn)
    by_torch = compile_engine(embedder, 96, "torch")(drawn)
    cosine = (found * by_torch).sum(axis=1) / np.linalg.norm(found, axis=1)
    assert cosine.min() >= least
    assert found.dtype == by_torch.dtype == np.float32
    assert found.shape == (9, 32)
    between = by_torch @ by_torch.T
    assert between[~np.eye(9, dtype=bool)].max() < 0.99  # so that 0.999 means something


def test_openvino_takes_batches_of_any_size(colors):
    engine = compile_engine(Mean(), 32, "openvino-f32", threads=1)
    assert isinstance(engine, OpenVinoEngine)
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


def test_unknown_words_are_refused():
    with pytest.raises(
        InputError, match=r"engine='onnx' is unknown. Choose one of: auto, openvino, openvino-f32"
    ):
        compile_engine(Mean(), 32, "onnx")
    with pytest.raises(InputError, match=r"hint='fast' is unknown\. Choose one of: throughput"):
        compile_engine(Mean(), 32, hint="fast")


@pytest.fixture
def machine(monkeypatch):
    """Makes this machine another one: with or without GPU, OpenVINO and bf16."""

    def become(gpu=False, openvino=True, bf16=True):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
        monkeypatch.setattr(engine_module, "_has_openvino", lambda: openvino)
        monkeypatch.setattr(engine_module, "has_bf16", lambda device: bf16)

    return become


@pytest.mark.parametrize(
    ("engine", "here", "expected"),
    [
        ("auto", {}, "openvino-bf16-cpu"),
        ("auto", {"bf16": False}, "openvino-f32-cpu"),
        ("auto", {"openvino": False}, "torch-f32-cpu"),
        ("auto", {"gpu": True}, "torch-f32-cuda"),
        ("openvino", {"gpu": True}, "openvino-bf16-cpu"),
        ("openvino", {"bf16": False}, "openvino-f32-cpu"),
        ("openvino-f32", {}, "openvino-f32-cpu"),
        ("openvino-bf16", {}, "openvino-bf16-cpu"),
        ("torch", {}, "torch-f32-cpu"),
        ("torch-bf16", {"gpu": True}, "torch-bf16-cuda"),
    ],
)
def test_a_name_stands_for_library_precision_version_and_device(machine, engine, here, expected):
    machine(**here)
    choice = resolve_engine(engine)
    library, precision, device = expected.split("-")
    version = importlib.metadata.version(library).split("+")[0]
    if library == "openvino":
        version += f"+{engine_module.CONVERSION}"
    assert choice == EngineChoice(library, precision, version, device)
    assert choice.name == f"{library}-{precision}-{version}-{device}"


@pytest.mark.parametrize("engine", ["openvino-bf16", "torch-bf16"])
def test_bf16_is_refused_where_the_processor_has_none(machine, engine):
    machine(bf16=False)
    with pytest.raises(InputError, match=f'engine="{engine}" needs a processor with bfloat16'):
        compile_engine(Mean(), 32, engine)


def test_whether_this_processor_has_bf16_is_what_openvino_says(monkeypatch):
    import openvino as ov

    can = ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    assert has_bf16() == ("BF16" in can)
    _cpu_has_bf16.cache_clear()
    monkeypatch.setattr(engine_module, "_has_openvino", lambda: False)
    for flags, expected in (({"avx512_bf16": True}, True), ({"amx_bf16": False, "avx2": True}, False)):
        _cpu_has_bf16.cache_clear()
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda flags=flags: flags, raising=False)
        assert has_bf16() is expected
    _cpu_has_bf16.cache_clear()


@pytest.mark.parametrize("engine", ["openvino", "openvino-f32", "openvino-bf16"])
def test_openvino_that_is_not_installed(monkeypatch, engine):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(
        InputError, match=f'engine="{engine}" needs the package openvino, .* pip install openvino'
    ):
        resolve_engine(engine)


def test_auto_without_openvino_is_torch_and_says_so(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert isinstance(compile_engine(Mean(), 32), TorchEngine)
    assert "OpenVINO is not installed: running on torch" in capsys.readouterr().out
    compile_engine(Mean(), 32, "torch")
    assert capsys.readouterr().out == ""  # asked for by name: nothing to explain


@pytest.mark.parametrize("engine", ["torch", "openvino-f32"])
def test_a_stream_gives_the_rows_of_every_block_in_order(colors, engine):
    engine = compile_engine(Mean(), 32, engine, threads=2)
    photos = np.random.default_rng(1).integers(0, 256, (90, 32, 32, 3), dtype=np.uint8)
    sizes = [1, 40, 3, 17, 8, 1, 20]
    ends = np.cumsum(sizes)
    blocks = [photos[end - size : end] for size, end in zip(sizes, ends, strict=True)]
    rows = list(engine.stream(iter(blocks)))
    assert [len(part) for part in rows] == sizes
    np.testing.assert_allclose(np.concatenate(rows), engine(photos), rtol=1e-5)
    assert list(engine.stream(iter([]))) == []
    started = engine.stream(iter(blocks))
    next(started)
    started.close()  # left early
    np.testing.assert_allclose(engine(colors), next(engine.stream([colors])), rtol=1e-6)


@pytest.mark.parametrize("engine", ["torch", "openvino-f32"])
def test_an_error_among_the_photos_comes_out_of_the_stream(colors, engine):
    def blocks():
        yield colors
        raise RuntimeError("no more photos")

    engine = compile_engine(Mean(), 32, engine, threads=2)
    with pytest.raises(RuntimeError, match="no more photos"):
        list(engine.stream(blocks()))
    assert engine(colors).shape == (5, 3)


def test_cores_are_those_that_this_process_may_use():
    if hasattr(os, "sched_getaffinity"):
        assert available_cores() == len(os.sched_getaffinity(0))
    else:
        assert available_cores() == os.cpu_count()
