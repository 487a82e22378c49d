"""The file of a LandmarkNet: what is saved comes back, and nothing else is believed."""

import json
from dataclasses import asdict

import pytest
import torch
from safetensors.torch import load_file, save_file

from sightlab.checks import InputError
from sightlab.nets.network import load_network, network_key, save_network


def test_save_and_load_give_the_same_network(grown, photos, tmp_path):
    grown.train()(photos)  # batch norm statistics and running counts are part of the file too
    path = tmp_path / "network.safetensors"
    save_network(grown.eval().to(memory_format=torch.channels_last), path)
    state = torch.get_rng_state()
    loaded = load_network(path)
    assert torch.equal(torch.get_rng_state(), state)
    assert loaded.class_ids == grown.class_ids
    assert loaded.config == grown.config
    assert network_key(loaded) == network_key(grown)
    assert not loaded.training
    assert not loaded.trunk.conv_stem.weight.requires_grad  # still frozen
    with torch.no_grad():
        torch.testing.assert_close(loaded(photos).logits, grown(photos).logits)


def test_a_whitening_is_in_the_file(grown, photos, tmp_path):
    grown.fit_whitening(torch.randn(9, 1280, generator=torch.Generator().manual_seed(1)), 5)
    path = tmp_path / "network.safetensors"
    save_network(grown, path)
    loaded = load_network(path)
    assert loaded.unit_dim == grown.unit_dim == grown.config.embedding_dim + 5
    assert network_key(loaded) == network_key(grown)
    assert not loaded.whitening.weight.requires_grad
    with torch.no_grad():
        features = grown.features(photos)
        torch.testing.assert_close(loaded.unit_embeddings(features), grown.unit_embeddings(features))


@pytest.mark.parametrize(
    "damage",
    [
        {"whitening.weight": torch.zeros(())},
        {"whitening.weight": torch.zeros(5)},
        {"whitening.weight": torch.zeros(5, 7)},
        {"whitening.bias": torch.zeros(4)},
        {"whitening.bias": None},
        {"whitening.weight": None},
    ],
)
def test_a_whitening_that_does_not_fit_is_refused(grown, photos, tmp_path, damage):
    grown.fit_whitening(torch.randn(9, 1280, generator=torch.Generator().manual_seed(1)), 5)
    path = tmp_path / "network.safetensors"
    save_network(grown, path)
    tensors = load_file(path) | damage
    metadata = {"config": json.dumps(asdict(grown.config)), "class_ids": json.dumps(grown.class_ids)}
    save_file({name: t for name, t in tensors.items() if t is not None}, path, metadata=metadata)
    with pytest.raises(InputError, match="not a complete sightlab network"):
        load_network(path)


def rewritten(path, grown, **changes):
    """The file of a network with other metadata."""
    save_network(grown, path)
    metadata = {
        "config": json.dumps(asdict(grown.config) | changes.pop("config", {})),
        "class_ids": json.dumps(grown.class_ids),
        **changes,
    }
    save_file(load_file(path), path, metadata={k: v for k, v in metadata.items() if v is not None})
    return path


@pytest.mark.parametrize(
    "changes",
    [
        {"config": {"embedding_dim": 16}},
        {"config": {"trunk": "resnet10t"}},
        {"config": {"trunk": 5}},
        {"config": {"trunk": "hf_hub:somebody/something"}},
        {"config": {"frozen_stages": "all"}},
        {"config": {"code": "import os"}},
        {"class_ids": '["non_landmark", "tower"]'},
        {"class_ids": '["non_landmark", "tower", "tower"]'},
        {"class_ids": "[]"},
        {"class_ids": "null"},
        {"class_ids": "tower, arch"},
        {"class_ids": None},
    ],
)
def test_a_file_whose_settings_do_not_fit_is_refused(grown, tmp_path, changes):
    with pytest.raises(InputError):
        load_network(rewritten(tmp_path / "network.safetensors", grown, **changes))


def test_a_network_that_was_trained_on_hub_weights_fetches_nothing(grown, tmp_path, photos):
    path = rewritten(tmp_path / "network.safetensors", grown, config={"weights": "hub"})
    with torch.no_grad():
        torch.testing.assert_close(load_network(path)(photos).logits, grown(photos).logits)


@pytest.mark.parametrize("damage", ["empty", "text", "truncated", "half", "pickle", "folder", "missing"])
def test_a_damaged_file_is_refused_by_name(grown, tmp_path, damage):
    path = tmp_path / "network.safetensors"
    save_network(grown, path)
    whole = path.read_bytes()
    path.unlink()
    if damage == "folder":
        path.mkdir()
    elif damage == "pickle":
        torch.save(grown.state_dict(), path)
    elif damage != "missing":
        parts = {
            "empty": b"",
            "text": b"weights" * 99,
            "truncated": whole[:-1],
            "half": whole[: len(whole) // 2],
        }
        path.write_bytes(parts[damage])
    with pytest.raises(InputError, match="no network at" if damage in ("folder", "missing") else "Delete it"):
        load_network(path)
