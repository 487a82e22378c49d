"""The OpenVINO engine: what it refuses, and when a kept compiled network is used or made again."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from sightlab.checks import InputError
from sightlab.nets import engine_openvino
from sightlab.nets.engine import compile_engine
from sightlab.nets.engine_openvino import _operator
from sightlab.workspace import Workspace


class Scaled(nn.Module):
    """Mean color times a weight, plus a number that is no weight: code that may change."""

    def __init__(self, weight=2.0, extra=0.0):
        super().__init__()
        self.weight = nn.Parameter(torch.full((3,), weight))
        self.extra = extra

    def forward(self, photos):
        return photos.permute(0, 3, 1, 2).float().mean(dim=(2, 3)) * self.weight + self.extra


@pytest.fixture
def photos():
    return np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def conversions(monkeypatch):
    """The parts that were converted, one entry for each time."""
    made, real = [], engine_openvino._converted
    monkeypatch.setattr(engine_openvino, "_converted", lambda part, *a: made.append(part) or real(part, *a))
    return made


def compiled(workspace, part=None, engine="openvino-f32", size=32, **choice):
    return compile_engine(part or Scaled(), size, engine, threads=1, workspace=workspace, **choice)


def kept(workspace):
    return sorted(path.name for path in (workspace.root / "artefacts" / "compiled").iterdir())


def test_a_kept_network_is_not_converted_again_and_answers_the_same(workspace, photos, conversions, capsys):
    first = compiled(workspace)(photos)
    np.testing.assert_allclose(first, 2 * photos.mean(axis=(1, 2)), rtol=1e-4)
    again = compiled(Workspace(workspace.root))
    assert np.array_equal(again(photos), first)
    assert np.array_equal(compiled(workspace, hint="latency")(photos), first)  # one file serves both
    assert len(conversions) == 1
    assert len(kept(workspace)) == 2  # network and sidecar
    assert capsys.readouterr().out == ""


def test_weights_layers_size_and_precision_are_kept_apart(workspace, photos, conversions):
    compiled(workspace)
    np.testing.assert_allclose(
        compiled(workspace, Scaled(3.0))(photos), 3 * photos.mean(axis=(1, 2)), rtol=1e-4
    )
    compiled(workspace, size=64)
    compiled(workspace, nn.Sequential(Scaled()))
    assert len(conversions) == 4
    assert len(kept(workspace)) == 8


def damage(blob):
    content = bytearray(blob.read_bytes())
    content[len(content) // 2] ^= 255  # one flipped byte, which OpenVINO itself would not notice
    blob.write_bytes(content)


def halve(blob):
    blob.write_bytes(blob.read_bytes()[: blob.stat().st_size // 2])


def sidecar_of_another(what, value):
    def change(blob):
        facts = json.loads(blob.with_suffix(".json").read_text())
        blob.with_suffix(".json").write_text(json.dumps(facts | {what: value}))

    return change


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (damage, "is damaged"),
        (halve, "is damaged"),
        (lambda blob: blob.with_suffix(".json").write_text("{"), "has a damaged sidecar"),
        (
            sidecar_of_another("engine", "openvino-f32-2025.1.0-cpu"),
            "was made for engine openvino-f32-2025.1.0-cpu, this is openvino-f32-2",
        ),
        (sidecar_of_another("processor", "Toaster"), "was made for processor Toaster, this is "),
    ],
)
def test_a_stale_or_damaged_network_is_compiled_again_and_it_says_so(
    workspace, photos, conversions, capsys, change, told
):
    before = compiled(workspace)(photos)
    (blob,) = (workspace.root / "artefacts" / "compiled").glob("*.blob")
    change(blob)
    after = compiled(workspace)(photos)
    assert np.array_equal(after, before)
    assert len(conversions) == 2
    said = capsys.readouterr().out
    assert f"The compiled network {blob.name} {told}" in said
    assert "compiling it again" in said
    compiled(workspace)
    assert len(conversions) == 2  # the new one is whole
    assert capsys.readouterr().out == ""


def test_a_network_whose_code_has_changed_is_compiled_again(workspace, photos, conversions, capsys):
    compiled(workspace)
    changed = compiled(workspace, Scaled(extra=100.0))  # the same weights and layers
    np.testing.assert_allclose(changed(photos), 2 * photos.mean(axis=(1, 2)) + 100, rtol=1e-4)
    assert "gives other answers than the network" in capsys.readouterr().out
    assert len(conversions) == 2


@pytest.mark.parametrize("lost", [".blob", ".json"])
def test_half_of_it_is_none_of_it(workspace, conversions, capsys, lost):
    compiled(workspace)
    (blob,) = (workspace.root / "artefacts" / "compiled").glob("*.blob")
    blob.with_suffix(lost).unlink()
    compiled(workspace)
    assert len(conversions) == 2
    assert len(kept(workspace)) == 2
    assert capsys.readouterr().out == ""


def test_without_a_workspace_nothing_is_kept(photos, conversions, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    compile_engine(Scaled(), 32, "openvino-f32", threads=1)(photos)
    compile_engine(Scaled(), 32, "openvino-f32", threads=1)
    assert len(conversions) == 2
    assert list(tmp_path.iterdir()) == []


def test_an_operator_that_openvino_does_not_know_is_named():
    class Histogram(nn.Module):
        def forward(self, photos):
            return torch.histc(photos.float(), 8)[None]

    with pytest.raises(InputError, match=r'aten::histc\)\. Use engine="torch" for it'):
        compile_engine(Histogram(), 32, "openvino-f32")


def test_a_network_that_cannot_be_traced_says_why():
    class Broken(nn.Module):
        def forward(self, photos):
            raise NotImplementedError("this operator is new")

    with pytest.raises(InputError, match='Use engine="torch" for it'):
        compile_engine(Broken(), 32, "openvino-f32")
    assert _operator(ValueError("the first line\nthe second")) == "the first line"


def test_modules_keep_their_mode_and_device(photos):
    part = Scaled().train()
    compile_engine(part, 32, "openvino-f32", threads=1)(photos)
    assert part.training
    assert part.weight.grad is None
    assert part.weight.requires_grad
