"""Methods of pytorch_grad_cam inside the guard: right numbers, and a network that comes back as it was."""

import numpy as np
import pytest
import torch

from sightlab.checks import InputError
from sightlab.nets.network import NetworkConfig, create_network
from sightlab.views import cam, cam_methods


@pytest.fixture(params=["test_efficientnet", "test_resnet"])
def network(request):
    network = create_network(NetworkConfig(request.param, None, 64, embedding_dim=6, frozen_stages=1))
    network.grow(("arch", "dome"), torch.eye(2, 6))
    return network


@pytest.fixture
def photos(rng):
    return rng.integers(0, 256, (2, 64, 96, 3), dtype=np.uint8)


def test_grad_cam_is_the_closed_form_with_its_sign(network, photos):
    ours = cam.class_activation(network, photos, ["arch", "dome"])
    theirs = cam_methods.method_maps(network, photos, ["arch", "dome"], "GradCAM")
    np.testing.assert_allclose(theirs * ours[0].size, ours, atol=1e-4 * np.abs(ours).max())
    assert (ours < 0).any()


@pytest.mark.parametrize("method", cam_methods.METHODS)
def test_every_method_gives_finite_maps_on_the_networks_grid(network, photos, method):
    maps = cam_methods.method_maps(network, photos, [1, 2], method)
    assert maps.shape == cam.class_activation(network, photos, [1, 2]).shape
    assert np.isfinite(maps).all()


def test_the_network_comes_back_as_it_was(network, photos):
    network.train()
    network.fc.weight.grad = torch.ones_like(network.fc.weight)
    network.fc.register_forward_hook(mine := _pass)
    modes = [m.training for m in network.modules()]
    needs = [p.requires_grad for p in network.parameters()]
    cam_methods.method_maps(network, photos, [1, 2], "LayerCAM")
    assert [m.training for m in network.modules()] == modes
    assert [p.requires_grad for p in network.parameters()] == needs
    assert (network.fc.weight.grad == 1).all()
    hooks = [hook for m in network.modules() for hook in m._forward_hooks.values()]
    assert hooks == [mine]  # the caller's own stays, the tool's are gone


def test_hooks_are_gone_also_after_an_error(network):
    def careless_tool():
        with cam.unchanged(network):
            network.fc.register_forward_hook(_pass)
            network.trunk.register_forward_pre_hook(_pass)
            raise IndexError("in the middle")

    with pytest.raises(IndexError):
        careless_tool()
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in network.modules())


def test_refuses_what_it_does_not_know(network, photos):
    with pytest.raises(InputError, match="method='Jet' is unknown"):
        cam_methods.method_maps(network, photos, [1, 2], "Jet")
    with pytest.raises(InputError, match="classes has 1"):
        cam_methods.method_maps(network, photos, [1])


def _pass(*args):
    return None
