"""Class activation maps against the network's own logits, a slow literal version, and Grad-CAM."""

from inspect import unwrap

import numpy as np
import pytest
import torch

from sightlab.checks import InputError
from sightlab.nets.backbones import trunk_stages
from sightlab.nets.engine import compile_engine
from sightlab.nets.network import NetworkConfig, create_network
from sightlab.views import cam

LANDMARKS = ("arch", "dome", "tower")


@pytest.fixture(params=["test_efficientnet", "test_resnet"])
def network(request):
    """A tiny network with random weights and a batch norm that is far from neutral; maps of size 1."""
    config = NetworkConfig(request.param, weights=None, input_size=64, embedding_dim=6, frozen_stages=1)
    network = create_network(config)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network.grow(LANDMARKS, torch.randn(3, 6))
        with torch.no_grad():
            network.classifier.bias.copy_(torch.tensor([0.3, -1.0, 2.0, 0.7]))
            network.bn.weight.uniform_(0.5, 2)
            network.bn.bias.normal_()
            network.bn.running_mean.normal_()
            network.bn.running_var.uniform_(0.5, 2)
            network.fc.weight.mul_(300)  # random trunks give faint maps
    return network.eval()


@pytest.fixture
def photos(rng):
    return rng.integers(0, 256, (3, 64, 96, 3), dtype=np.uint8)  # not square


def logits_of(network, photos):
    with torch.no_grad():
        return network(torch.from_numpy(photos)).logits.numpy()


def test_mean_plus_bias_is_the_logit(network, photos):
    classes = [0, 3, 1]
    maps = cam.class_activation(network, photos, classes)
    assert maps.dtype == np.float32
    assert maps.shape[0] == 3
    assert maps.shape[2] > maps.shape[1] > 1  # as the photos are wider than high
    expected = logits_of(network, photos)[np.arange(3), classes]
    np.testing.assert_allclose(maps.mean(axis=(1, 2)) + cam.bias(network, classes), expected, atol=2e-5)
    assert maps.std() > 0.1  # far above the tolerance
    assert (maps > 0).any()
    assert (maps < 0).any()


def test_each_place_is_its_own_way_through_the_layers(network, photos):
    """Slow and literal: every place alone through the layers, less the answer to nothing."""
    with torch.no_grad():
        x = network.normalize(torch.from_numpy(photos[:1]))
        for stage in trunk_stages(network.trunk):
            x = stage(x)

        def logit(column):
            return float(network.classifier(network.bn(network.fc(column[None])))[0, 2])

        nothing = logit(torch.zeros(x.shape[1]))
        slow = [[logit(x[0, :, i, j]) - nothing for j in range(x.shape[3])] for i in range(x.shape[2])]
    np.testing.assert_allclose(cam.class_activation(network, photos[:1], [2])[0], slow, atol=2e-5)
    assert cam.bias(network, [2])[0] == pytest.approx(nothing, abs=1e-5)


def test_equals_grad_cam_before_it_drops_the_sign(network, photos):
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.image import scale_cam_image
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    class RawGradCAM(GradCAM):
        def get_cam_image(self, *args, **kwargs):
            self.raw = super().get_cam_image(*args, **kwargs)
            return self.raw

    class LogitsOfPlanes(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, planes):
            return self.network(planes.permute(0, 2, 3, 1)).logits

    classes = [1, 3, 0]
    planes = torch.from_numpy(photos).permute(0, 3, 1, 2).float()
    last = network.trunk.layer4 if hasattr(network.trunk, "layer4") else network.trunk.bn2
    before = [p.requires_grad for p in network.parameters()]
    assert not all(before)  # a frozen stage, so that restoring it is tested
    network.train()
    with cam.unchanged(network):
        # not as a context manager: its __exit__ swallows IndexError
        grad_cam = RawGradCAM(LogitsOfPlanes(), [last])
        scaled = grad_cam(planes, targets=[ClassifierOutputTarget(c) for c in classes])
        grad_cam.activations_and_grads.release()
    assert network.training
    network.eval()
    maps = cam.class_activation(network, photos, classes)
    # the gradient of a mean over h x w places is 1 / (h w) at each
    np.testing.assert_allclose(grad_cam.raw * maps[0].size, maps, atol=2e-5)
    # what it returns has lost sign and size: cut at 0, each map to its own maximum, enlarged, and once more
    ours = scale_cam_image(scale_cam_image(np.maximum(maps, 0), (96, 64)))
    np.testing.assert_allclose(ours, scaled, atol=2e-5)
    assert [p.requires_grad for p in network.parameters()] == before
    assert all(p.grad is None for p in network.parameters())
    assert not any(m._forward_hooks or m._backward_hooks for m in network.modules())


def test_difference_says_why_one_and_not_the_other(network, photos):
    maps = cam.difference(network, photos, ["dome"] * 3, ["tower"] * 3)
    single = [cam.class_activation(network, photos, [name] * 3) for name in ("dome", "tower")]
    np.testing.assert_allclose(maps, single[0] - single[1], atol=2e-5)
    np.testing.assert_allclose(maps, -cam.difference(network, photos, [3] * 3, [2] * 3), atol=1e-6)
    logits = logits_of(network, photos)
    gap = cam.bias(network, ["dome"]) - cam.bias(network, ["tower"])
    np.testing.assert_allclose(maps.mean(axis=(1, 2)) + gap, logits[:, 2] - logits[:, 3], atol=2e-5)


def test_nothing_of_the_network_or_the_caller_changes(network, photos):
    """A network in the middle of training: mixed modes, gradients waiting, the caller's random state."""
    network.train()
    network.classifier.eval()
    network.fc.weight.grad = torch.full_like(network.fc.weight, 7.0)
    modes = [m.training for m in network.modules()]
    needs = [p.requires_grad for p in network.parameters()]
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    random, copy = torch.random.get_rng_state(), photos.copy()
    in_training = cam.class_activation(network, photos, [1, 2, 3])
    assert [m.training for m in network.modules()] == modes
    assert [p.requires_grad for p in network.parameters()] == needs
    assert (network.fc.weight.grad == 7).all()
    assert all(torch.equal(value, weights[name]) for name, value in network.state_dict().items())
    assert torch.equal(torch.random.get_rng_state(), random)
    assert (photos == copy).all()
    assert torch.is_grad_enabled()
    network.eval()
    np.testing.assert_array_equal(in_training, cam.class_activation(network, photos, [1, 2, 3]))


def test_the_guard_restores_also_after_an_error(network):
    waiting = torch.ones_like(network.fc.weight)
    network.fc.weight.grad = waiting

    def careless_tool():
        with cam.unchanged(network):
            network.train()
            network.requires_grad_(True)
            network.fc(torch.ones(1, network.fc.in_features)).sum().backward()
            raise IndexError("as pytorch_grad_cam would swallow")

    with pytest.raises(IndexError, match="swallow"):
        careless_tool()
    assert not network.training
    assert not all(p.requires_grad for p in network.parameters())
    assert network.fc.weight.grad is waiting
    assert (waiting == 1).all()  # what was computed inside was not added to it


def test_batches_do_not_change_maps(network, photos, monkeypatch):
    whole = cam.class_activation(network, photos, [1, 2, 3])
    monkeypatch.setattr(cam, "BATCH", 2)
    np.testing.assert_allclose(cam.class_activation(network, photos, [1, 2, 3]), whole, atol=1e-5)


def test_names_and_indices_are_the_same_class(network, photos):
    by_name = cam.class_activation(network, photos, np.array(["non_landmark", "arch", "tower"]))
    by_index = cam.class_activation(network, photos, np.array([0, 1, 3]))
    np.testing.assert_array_equal(by_name, by_index)
    assert cam.bias(network, ["arch"]) == cam.bias(network, [1])


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ([0, 1, 4], r"0 to 3 .*got 4 in row 2"),
        ([0, -1, 2], r"got -1 in row 1"),
        (["arch", "nave", "dome"], r"got 'nave' in row 1"),
        ([0.0, 1.0, 2.0], r"got 0\.0 in row 0"),
        ([True, False, True], r"got True in row 0"),
        ([1], "photos has 3, classes has 1"),
    ],
)
def test_refuses_classes_it_does_not_know(network, photos, classes, message):
    with pytest.raises(InputError, match=message):
        cam.class_activation(network, photos, classes)


def test_refuses_what_is_no_photo(network, photos):
    for bad in (photos / 255, photos[0], photos[..., :2], photos[:0]):
        with pytest.raises(InputError, match=r"\(B, H, W, 3\) uint8"):
            unwrap(cam.class_activation)(network, bad, [1] * len(bad))
    with pytest.raises(InputError, match="others has 2"):
        cam.difference(network, photos, [1, 2, 3], [1, 2])


def test_another_engine_gives_nearly_the_same_maps(rng):
    config = NetworkConfig("test_efficientnet", weights=None, input_size=64, embedding_dim=6, frozen_stages=0)
    network = create_network(config)
    network.grow(LANDMARKS, torch.eye(3, 6))
    photos = rng.integers(0, 256, (5, 64, 64, 3), dtype=np.uint8)
    exact = cam.class_activation(network, photos, [1, 2, 3, 0, 1])
    compiled = compile_engine(cam.LastMap(network), 64, "openvino-f32", threads=1)
    found = cam.class_activation(network, photos, [1, 2, 3, 0, 1], compiled)
    np.testing.assert_allclose(found, exact, atol=1e-4 * np.abs(exact).max())
    gap = cam.difference(network, photos, [1] * 5, [2] * 5, compiled)
    np.testing.assert_allclose(gap, cam.difference(network, photos, [1] * 5, [2] * 5), atol=1e-5)
