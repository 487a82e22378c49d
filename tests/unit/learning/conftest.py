"""The small training of `small_training.py`, a fresh copy for each test."""

from copy import deepcopy

import pytest

from sightlab.learning.training import TrainingConfig
from tests.unit.learning.small_training import BATCH, new_centers, new_network


@pytest.fixture(scope="module")
def _network():
    return new_network()


@pytest.fixture
def network(_network):
    return deepcopy(_network)


@pytest.fixture
def centers():
    return new_centers()


@pytest.fixture
def config():
    return TrainingConfig(epochs=3, batch_size=BATCH, seed=4)
