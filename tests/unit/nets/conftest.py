"""A small landmark network with random weights, and one with two landmarks."""

from copy import deepcopy

import pytest
import torch


@pytest.fixture(scope="session")
def _small_network():
    from sightlab.nets.network import NetworkConfig, create_network

    config = NetworkConfig("tf_efficientnet_lite0", None, input_size=64, embedding_dim=8, frozen_stages=3)
    return create_network(config)


@pytest.fixture
def network(_small_network):
    """Eval mode, the non-landmark class only; a copy for every test."""
    return deepcopy(_small_network)


@pytest.fixture
def photos():
    """(6, 64, 64, 3) uint8."""
    return torch.randint(
        0, 256, (6, 64, 64, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
    )


@pytest.fixture
def grown(network):
    """Two landmarks, rows of length 2 and 4, biases 1 and 3."""
    network.grow(("tower", "arch"), torch.eye(8)[:2])
    with torch.no_grad():
        network.classifier.weight[1:] *= torch.tensor([[2.0], [4.0]])
        network.classifier.bias[1:] = torch.tensor([1.0, 3.0])
    return network
