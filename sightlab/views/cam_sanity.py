"""Does a map depend on what the network has learned? Weights are replaced by random ones, from the top down.

A map that stays the same shows edges of the photo, not evidence. From the top down: first the classifier,
then the embedding too, then the last stages of the trunk, then everything.

Source: Adebayo et al. 2018 (cascading randomization).
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import torch
from torch import nn

from sightlab.checks import check_choice
from sightlab.nets.backbones import trunk_stages
from sightlab.nets.network import LandmarkNet, create_network

# what is random, each with all that stand before it
PARTS = ("classifier", "embedding", "last stage", "upper half", "everything")


def with_random_weights(network: LandmarkNet, part: str, seed: int = 0) -> LandmarkNet:
    """A copy of the network, in eval mode, whose upper parts have random weights as before any training.

    Args:
        network: stays as it is.
        part: one of `PARTS`; the parts before it are random, too.
        seed: of the weights; the caller's random state is left alone.
    Raises:
        InputError: an unknown part.
    """
    check_choice(part, "part", PARTS)
    depth = PARTS.index(part)
    random = create_network(replace(network.config, weights=None, seed=seed))
    copy = deepcopy(network).eval()
    _randomize_classifier(copy.classifier, seed)
    if depth >= PARTS.index("embedding"):
        copy.fc.load_state_dict(random.fc.state_dict())
        copy.bn.load_state_dict(random.bn.state_dict())
    stages, fresh = trunk_stages(copy.trunk), trunk_stages(random.trunk)
    n_random = {"last stage": 1, "upper half": (len(stages) + 1) // 2, "everything": len(stages)}.get(part, 0)
    for stage, other in list(zip(stages, fresh, strict=True))[len(stages) - n_random :]:
        stage.load_state_dict(other.state_dict())
    return copy


def _randomize_classifier(classifier: nn.Linear, seed: int) -> None:
    """Random rows as long as the learned ones are on average, so that maps keep their size."""
    length = classifier.weight.detach().norm(dim=1).mean()
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(seed)
        rows = torch.randn_like(classifier.weight)
        classifier.weight.copy_(rows / rows.norm(dim=1, keepdim=True) * length)
        classifier.bias.zero_()
