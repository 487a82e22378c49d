"""A file from elsewhere cannot run code: a planted pickle is refused wherever something is loaded."""

import io
import struct
import zipfile

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from sightlab.checks import InputError
from sightlab.data.manifest import Manifest
from sightlab.learning.checkpoints import TrainingIdentity, read_checkpoint, write_checkpoint
from sightlab.learning.training import TrainingConfig
from sightlab.nets.embedding_table import EmbeddingTable
from sightlab.nets.losses import CenterLoss
from sightlab.nets.network import NetworkConfig, create_network, load_network, save_network
from sightlab.workspace import load_table
from tests.drawn import write_photo_folder


@pytest.fixture(scope="module")
def network():
    return create_network(NetworkConfig("tf_efficientnet_lite0", None, input_size=64, embedding_dim=8))


@pytest.fixture
def canary(tmp_path):
    """The file that exists if a planted pickle was run."""
    return tmp_path / "canary"


@pytest.fixture
def pickled(canary) -> bytes:
    """A pickle that makes the canary when it is loaded, written by hand: this house imports no pickle."""
    return f"cposix\nmkdir\n(S'{canary}'\ntR.".encode()


def as_torch(pickled: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/version", "3\n")
    return file.getvalue()


def as_numpy(pickled: bytes) -> bytes:
    head = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + pickled


def test_the_planted_pickle_would_run(pickled, canary):
    with pytest.raises(AttributeError):  # what it makes is None, and no array
        np.load(io.BytesIO(as_numpy(pickled)), **{"allow_" + "pickle": True}).shape  # noqa: B018
    assert canary.exists()


@pytest.mark.parametrize("shape", [bytes, as_torch, as_numpy])
def test_a_network_file_is_not_unpickled(shape, pickled, canary, tmp_path):
    (tmp_path / "network.safetensors").write_bytes(shape(pickled))
    with pytest.raises(InputError, match="Delete it"):
        load_network(tmp_path / "network.safetensors")
    assert not canary.exists()


@pytest.mark.parametrize("name", ["vectors.npy", "photo_ids.npy"])
@pytest.mark.parametrize("shape", [bytes, as_numpy])
def test_embeddings_are_not_unpickled(name, shape, pickled, canary, tmp_path):
    table = EmbeddingTable(np.array(["a"]), np.eye(1, 4, dtype=np.float32))
    table.save(tmp_path)
    (tmp_path / name).write_bytes(shape(pickled))
    with pytest.raises(ValueError, match="allow_pickle"):
        EmbeddingTable.load(tmp_path)
    assert not canary.exists()


def test_an_optimizer_is_loaded_as_weights_only(network, pickled, canary, tmp_path):
    centers, optimizer = CenterLoss(0, 8, 0.5), torch.optim.AdamW(network.parameters())
    identity = TrainingIdentity.of(network, TrainingConfig(), 1, 1)
    write_checkpoint(tmp_path, identity, network, centers, optimizer, [{"update": 0}], 1)
    (tmp_path / "checkpoint_0001" / "optimizer.pt").write_bytes(as_torch(pickled))
    with pytest.raises(Exception, match="Weights only load failed"):
        read_checkpoint(tmp_path, identity, network, centers, optimizer)
    assert not canary.exists()


def test_tables_are_not_unpickled(pickled, canary, tmp_path):
    folder = write_photo_folder(tmp_path / "photos", photos_per_landmark=6, n_distractors=3)
    (folder / "manifest.csv").unlink()
    (folder / "manifest.parquet").write_bytes(pickled)
    with pytest.raises(InputError, match="must be a parquet table"):
        Manifest.read(folder)
    with pytest.raises(InputError, match="must be a parquet table"):
        load_table(folder / "manifest.parquet")
    assert not canary.exists()


def changed(tensors: dict, name: str) -> dict:
    """What a hand could do to the tensors of a network: take, add, rename, reshape, retype."""
    first = "fc.weight"
    match name:
        case "a tensor too few":
            return {key: value for key, value in tensors.items() if key != first}
        case "a tensor too many":
            return tensors | {"hook": torch.zeros(1)}
        case "another name":
            return {("x" if key == first else key): value for key, value in tensors.items()}
        case "another shape":
            return tensors | {first: torch.zeros(3, 3)}
    return tensors | {first: tensors[first].reshape(-1)}


@pytest.mark.parametrize(
    "name", ["a tensor too few", "a tensor too many", "another name", "another shape", "flat"]
)
def test_a_network_must_have_exactly_its_tensors(network, name, tmp_path):
    path = tmp_path / "network.safetensors"
    save_network(network, path)
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    save_file(changed(load_file(path), name), path, metadata=metadata)
    with pytest.raises(InputError, match="not a complete sightlab network"):
        load_network(path)


@pytest.mark.parametrize("length", [2**62, 10**9, 0])
def test_a_network_that_lies_about_its_length_is_refused(network, length, tmp_path):
    path = tmp_path / "network.safetensors"
    save_network(network, path)
    path.write_bytes(struct.pack("<Q", length) + path.read_bytes()[8:])
    with pytest.raises(InputError, match="not a complete sightlab network"):
        load_network(path)
