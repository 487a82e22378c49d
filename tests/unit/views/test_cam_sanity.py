"""Networks whose weights are random from the top down."""

import pytest
import torch

from sightlab.checks import InputError
from sightlab.nets.backbones import trunk_stages
from sightlab.nets.network import NetworkConfig, create_network
from sightlab.views.cam_sanity import PARTS, with_random_weights


@pytest.fixture
def network():
    network = create_network(NetworkConfig("test_efficientnet", None, 64, embedding_dim=6, frozen_stages=1))
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(8)
        network.grow(("arch", "dome"), torch.randn(2, 6))
        for weight in network.parameters():
            weight.add_(torch.randn_like(weight))  # far from any start
    return network.train()


def pieces(network) -> list[dict]:
    """State of each piece from the top down: classifier, embedding, stages."""
    stages = [stage.state_dict() for stage in reversed(trunk_stages(network.trunk))]
    return [network.classifier.state_dict(), network.fc.state_dict(), *stages]


def is_same(one: dict, other: dict) -> bool:
    return all(torch.equal(value, other[name]) for name, value in one.items())


def test_each_part_takes_those_above_it_along(network):
    n_stages = len(trunk_stages(network.trunk))
    n_random = [1, 2, 2 + 1, 2 + (n_stages + 1) // 2, 2 + n_stages]
    assert len(n_random) == len(PARTS)
    for part, n in zip(PARTS, n_random, strict=True):
        copy = with_random_weights(network, part)
        same = [is_same(a, b) for a, b in zip(pieces(network), pieces(copy), strict=True)]
        assert same == [False] * n + [True] * (len(same) - n), part
        assert not copy.training
        assert copy.class_ids == network.class_ids
    assert network.training  # the given one is left alone


def test_seeded_and_the_callers_random_state_stays(network):
    state = torch.random.get_rng_state()
    one, same, other = (with_random_weights(network, "everything", seed) for seed in (0, 0, 1))
    assert torch.equal(torch.random.get_rng_state(), state)
    for a, b, c in zip(pieces(one), pieces(same), pieces(other), strict=True):
        assert is_same(a, b)
        assert not is_same(a, c) or not any("weight" in name for name in a)


def test_random_rows_are_as_long_as_the_learned_ones(network):
    rows = with_random_weights(network, "classifier").classifier.weight
    expected = network.classifier.weight.norm(dim=1).mean()
    torch.testing.assert_close(rows.norm(dim=1), expected.expand(3))


def test_refuses_an_unknown_part(network):
    with pytest.raises(InputError, match="part='trunk' is unknown"):
        with_random_weights(network, "trunk")
