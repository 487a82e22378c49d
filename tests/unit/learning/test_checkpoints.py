"""Checkpoints: what is refused, and by which name. That they continue exactly is tested with the training."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from sightlab.checks import InputError
from sightlab.learning.checkpoints import TrainingIdentity, checkpoints, read_checkpoint, write_checkpoint
from sightlab.learning.training import TrainingConfig
from sightlab.nets.losses import CenterLoss
from sightlab.nets.network import NetworkConfig, create_network


@pytest.fixture(scope="module")
def network():
    net = create_network(NetworkConfig("tf_efficientnet_lite0", None, 64, 8, frozen_stages=8))
    net.grow(("arch", "tower"), torch.eye(8)[:2])
    return net


@pytest.fixture
def parts(network):
    centers = CenterLoss(2, 8)
    return network, centers, torch.optim.AdamW(network.classifier.parameters())


def identity(network, n_photos=40, n_processes=1, n_updates=None, **training):
    return TrainingIdentity.of(network, TrainingConfig(**training), n_photos, n_processes, n_updates)


def test_nothing_is_read_where_nothing_was_written(parts, tmp_path):
    assert read_checkpoint(tmp_path, identity(parts[0]), *parts) == ([], 0)


def test_what_was_written_comes_back(parts, tmp_path):
    network, centers, optimizer = parts
    centers.centers += 3
    write_checkpoint(
        tmp_path, identity(network), network, centers, optimizer, [{"update": 0, "loss": 2.5}], 1
    )
    centers.centers -= 3
    history, done = read_checkpoint(tmp_path, identity(network), *parts)
    assert (history, done) == ([{"update": 0, "loss": 2.5}], 1)
    assert torch.equal(centers.centers, torch.full((2, 8), 3.0))


def test_only_the_newest_is_kept(parts, tmp_path):
    network, centers, optimizer = parts
    for epoch in (1, 2, 10):
        write_checkpoint(tmp_path, identity(network), network, centers, optimizer, [{"update": 0}], epoch)
    assert [path.name for path in checkpoints(tmp_path)] == ["checkpoint_0010"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"n_processes": 2}, "written by 1 processes, this run has 2"),
        ({"n_photos": 41}, "on 40 photos, this one has 41"),
        ({"learning_rate": 0.5}, r"another training: learning_rate 0.001 instead of 0.5\."),
        ({"n_updates": 9}, r"another training: n_updates None instead of 9\."),
    ],
)
def test_another_training_is_refused_by_name(parts, tmp_path, change, told):
    network, centers, optimizer = parts
    write_checkpoint(tmp_path, identity(network), network, centers, optimizer, [{"update": 0}], 1)
    with pytest.raises(InputError, match=f"{told}.*emove that folder to train anew"):
        read_checkpoint(tmp_path, identity(network, **change), *parts)


def test_another_network_is_refused_by_name(network):
    mine = identity(network)
    other = replace(mine, network={**mine.network, "trunk": "resnet18", "input_size": 224})
    told = (
        "another network: input_size 224 instead of 64, trunk 'resnet18' instead of 'tf_efficientnet_lite0'"
    )
    with pytest.raises(InputError, match=told):
        mine.refuse(other, Path("checkpoint_0001"))


@pytest.mark.parametrize(
    ("theirs", "told"),
    [
        (("non_landmark", "tower", "arch"), r"number 1 is 'tower' there and 'arch' here \(it has 3, this"),
        (("non_landmark", "arch"), r"number 2, 'tower', is only here \(it has 2, this network 3\)"),
        (("non_landmark", "arch", "tower", "well"), r"number 3, 'well', is only there \(it has 4, this"),
    ],
)
def test_the_first_class_that_differs_is_named(network, theirs, told):
    mine = identity(network)
    with pytest.raises(InputError, match=f"checkpoint_0001 is of another list of classes: class {told}"):
        mine.refuse(replace(mine, class_ids=theirs), Path("checkpoint_0001"))


@pytest.mark.parametrize("broken", ["weight", "running mean", "center"])
def test_broken_weights_leave_the_last_checkpoint(network, tmp_path, broken):
    net, centers = deepcopy(network), CenterLoss(2, 8)
    optimizer = torch.optim.AdamW(net.classifier.parameters())
    write_checkpoint(tmp_path, identity(net), net, centers, optimizer, [{"update": 0}], 1)
    before = {path.name: path.read_bytes() for path in (tmp_path / "checkpoint_0001").iterdir()}
    with torch.no_grad():
        values = {"weight": net.classifier.weight, "running mean": net.bn.running_mean}
        values.get(broken, centers.centers)[0] = torch.inf if broken == "weight" else torch.nan
    with pytest.raises(InputError, match=r"after epoch 2.*last batch: p7, p9\. .*checkpoint_0001, stays"):
        write_checkpoint(tmp_path, identity(net), net, centers, optimizer, [{"update": 0}], 2, ["p7", "p9"])
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint_0001"]
    assert {path.name: path.read_bytes() for path in checkpoints(tmp_path)[0].iterdir()} == before


def test_broken_weights_of_the_first_epoch_are_told(parts, tmp_path):
    network, centers, optimizer = parts
    centers.centers += torch.nan
    with pytest.raises(
        InputError, match=r"centers holds NaN.*\(1 of \d+ tensors do\).*has no checkpoint yet"
    ):
        write_checkpoint(tmp_path, identity(network), network, centers, optimizer, [{"update": 0}], 1)
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_of_another_version_is_refused(parts, tmp_path):
    network, centers, optimizer = parts
    write_checkpoint(tmp_path, identity(network), network, centers, optimizer, [{"update": 0}], 1)
    facts = tmp_path / "checkpoint_0001" / "checkpoint.json"
    facts.write_text('{"epochs_done": 1, "class_ids": ["non_landmark"]}')
    with pytest.raises(InputError, match="written by another version of sightlab"):
        read_checkpoint(tmp_path, identity(network), *parts)
