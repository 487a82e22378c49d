"""A training that takes a second: maps of three looks, a network of which little is trained."""

import numpy as np
import torch

from sightlab.learning.training import train
from sightlab.nets.losses import CenterLoss
from sightlab.nets.network import NetworkConfig, create_network

N, BATCH = 40, 8
CLASSES = np.arange(N) % 3  # 0: non-landmark
IDS = [f"photo_{i:02d}" for i in range(N)]


class Maps:
    """Maps behind eight frozen stages, one look a class; counts batches and may die or break at one."""

    from_stage = 8

    def __init__(self, die_at=None, break_at=None, n=N):
        generator = torch.Generator().manual_seed(0)
        looks = torch.randn(3, 320, 1, 1, generator=generator)
        self.maps = looks[torch.arange(n) % 3] + 0.7 * torch.randn(n, 320, 2, 2, generator=generator)
        self.die_at, self.break_at, self.rows, self.views = die_at, break_at, [], []

    def __len__(self):
        return len(self.maps)

    def batch(self, rows, generator):
        if len(self.rows) == self.die_at:
            raise KeyboardInterrupt
        batch = self.maps[rows] + 0.1 * float(generator.standard_normal())
        if len(self.rows) == self.break_at:
            batch[1] = torch.nan
        self.rows.append(rows)
        self.views.append(batch.clone())
        return batch


def new_network():
    network = create_network(NetworkConfig("tf_efficientnet_lite0", None, 64, 8, frozen_stages=8))
    network.grow(("arch", "tower"), torch.eye(8)[:2])
    return network


def new_centers():
    loss = CenterLoss(0, 8)
    loss.grow(torch.eye(8)[:2])
    return loss


def run(network, centers, config, folder, source=None):
    source = source or Maps()
    return train(network, centers, source, CLASSES[: len(source)], IDS[: len(source)], config, folder)


def weights(network):
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def assert_same_weights(one, other):
    for name, tensor in weights(one).items():
        assert torch.equal(tensor, other.state_dict()[name]), name
