"""Many targets of one forward pass against the network itself."""

from copy import deepcopy

import numpy as np
import pytest
import torch

from sightlab.checks import InputError
from sightlab.nets.network import NetworkConfig, create_network
from sightlab.views import cam
from sightlab.views.cam_targets import Seen


@pytest.fixture
def network():
    config = NetworkConfig("test_efficientnet", None, input_size=64, embedding_dim=6, frozen_stages=1)
    network = create_network(config)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network.grow(("arch", "dome", "tower"), torch.randn(3, 6))
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


@pytest.fixture
def output(network, photos):
    with torch.no_grad():
        return network(torch.from_numpy(photos))


@pytest.fixture
def seen(network, photos):
    return Seen.of(network, photos)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_logits_and_embeddings_are_the_networks(seen, output):
    np.testing.assert_allclose(seen.logits(), output.logits, atol=2e-5)
    np.testing.assert_allclose(seen.embeddings(), output.embeddings, atol=2e-5)


def test_class_and_difference_are_those_of_cam(seen, network, photos):
    maps = seen.of_class(["arch", "tower", "non_landmark"])
    np.testing.assert_allclose(maps.values, cam.class_activation(network, photos, [1, 3, 0]), atol=1e-5)
    np.testing.assert_allclose(maps.scores, seen.logits()[[0, 1, 2], [1, 3, 0]], atol=2e-5)
    why = seen.of_difference(["dome"] * 3, ["tower"] * 3)
    np.testing.assert_allclose(why.values, cam.difference(network, photos, [2] * 3, [3] * 3), atol=1e-5)
    np.testing.assert_allclose(why.scores, seen.logits()[:, 2] - seen.logits()[:, 3], atol=2e-5)


def test_mean_plus_bias_is_the_similarity_to_a_centroid(seen, output, rng):
    centroids = unit(rng.normal(size=(3, 6)))
    maps = seen.of_similarity(centroids)
    cosine = (unit(output.embeddings.numpy()) * centroids).sum(axis=1)
    np.testing.assert_allclose(maps.scores, cosine, atol=1e-6)
    assert maps.values.std() > 0.01
    assert (maps.values < 0).any()


def test_a_whitening_has_its_share_of_the_map(network, photos, rng):
    with_more = deepcopy(network)
    with_more.fit_whitening(torch.from_numpy(rng.normal(size=(9, 256)).astype(np.float32)), 5)
    seen, vectors = Seen.of(with_more, photos), unit(rng.normal(size=(3, 11)))
    with torch.no_grad():
        expected = with_more.unit_embeddings(with_more.features(torch.from_numpy(photos))).numpy()
    np.testing.assert_allclose(seen.unit_embeddings(), expected, atol=1e-5)
    np.testing.assert_allclose(
        seen.of_similarity(vectors).scores, (expected * vectors).sum(axis=1), atol=1e-5
    )
    alone, general = vectors * (np.arange(11) < 6), vectors * (np.arange(11) >= 6)
    learned = Seen.of(network, photos).of_similarity(alone[:, :6]).values * 0.5**0.5
    np.testing.assert_allclose(seen.of_similarity(alone).values, learned, atol=1e-5)
    both = learned + seen.of_similarity(general).values
    np.testing.assert_allclose(seen.of_similarity(vectors).values, both, atol=1e-5)
    with pytest.raises(InputError, match=r"\(B, 11\), unit rows .* shape \(3, 6\)"):
        seen.of_similarity(vectors[:, :6])


def test_the_mean_of_references_gives_the_mean_similarity(seen, output, rng):
    references = unit(rng.normal(size=(4, 6)))
    maps = seen.of_similarity(np.repeat(references.mean(axis=0, keepdims=True), 3, axis=0))
    expected = (unit(output.embeddings.numpy()) @ references.T).mean(axis=1)
    np.testing.assert_allclose(maps.scores, expected, atol=1e-6)
    single = [seen.of_similarity(np.repeat(r[None], 3, axis=0)).values for r in references]
    np.testing.assert_allclose(maps.values, np.mean(single, axis=0), atol=1e-6)


def test_each_place_is_its_own_way_through_the_layers(seen, network, rng):
    """Slow and literal: a place alone through embedding and batch norm, less the answer to nothing."""
    vector = unit(rng.normal(size=(1, 6)))[0]
    length = np.linalg.norm(seen.embeddings()[0])

    def towards(column):
        with torch.no_grad():
            return float(network.bn(network.fc(torch.from_numpy(column)[None]))[0].double().numpy() @ vector)

    nothing = towards(np.zeros_like(seen.last[0, :, 0, 0]))
    h, w = seen.last.shape[2:]
    slow = [[(towards(seen.last[0, :, i, j]) - nothing) / length for j in range(w)] for i in range(h)]
    found = seen.of_similarity(np.repeat(vector[None], 3, axis=0))
    np.testing.assert_allclose(found.values[0], slow, atol=1e-6)
    assert found.bias[0] == pytest.approx(nothing / length, abs=1e-6)


def test_refuses_vectors_of_another_kind(seen):
    with pytest.raises(InputError, match=r"\(B, 6\), unit rows .* shape \(3, 5\)"):
        seen.of_similarity(np.zeros((3, 5)))
    with pytest.raises(InputError, match=r"longest 2\.449"):  # sqrt 6
        seen.of_similarity(np.ones((3, 6)))
    with pytest.raises(InputError, match="vectors has 2"):
        seen.of_similarity(np.zeros((2, 6)))
    with pytest.raises(InputError, match="classes has 1"):
        seen.of_class(["arch"])
