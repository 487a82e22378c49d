"""LandmarkNet: growing, freezing, cutting, its start at principal axes, its file."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sightlab.checks import InputError
from sightlab.nets.backbones import create_trunk, trunk_stages
from sightlab.nets.network import (
    LandmarkNet,
    NetworkConfig,
    create_network,
    network_key,
)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"embedding_dim": 1}, "embedding_dim=1: directions need at least 2"),
        ({"frozen_stages": -1}, "frozen_stages=-1 is negative"),
        ({"input_size": 16}, "input_size=16: trunks shrink photos 32 times"),
    ],
)
def test_impossible_settings_are_refused(wrong, told):
    with pytest.raises(InputError, match=told):
        NetworkConfig(**wrong)
    with pytest.raises(TypeError):
        NetworkConfig(embeding_dim=64)


@pytest.mark.parametrize(
    ("trunk", "frozen", "most"), [("tf_efficientnet_lite0", 9, 8), ("mobilenetv3_small_050", 1, 0)]
)
def test_a_whole_frozen_trunk_is_refused(trunk, frozen, most):
    config = NetworkConfig(trunk, None, 64, 8, frozen_stages=frozen)
    with pytest.raises(InputError, match=f"one must stay trainable. Use {most} or less"):
        create_network(config)


def test_a_new_network_knows_the_non_landmark_only_and_repeats(network):
    state = torch.get_rng_state()
    again = create_network(network.config)
    assert torch.equal(torch.get_rng_state(), state)
    assert again.class_ids == ("non_landmark",)
    assert not again.training
    assert network_key(again) == network_key(network)
    assert network_key(create_network(replace(network.config, seed=1))) != network_key(network)


def test_shapes(grown, photos):
    with torch.no_grad():
        output = grown(photos)
        assert grown.features(photos).shape == (6, 1280)
    assert output.embeddings.shape == (6, 8)
    assert output.logits.shape == (6, 3)


def test_growing_leaves_torchs_random_state_alone(network):
    state = torch.get_rng_state()
    network.grow(("tower",), torch.ones(1, 8))
    assert torch.equal(torch.get_rng_state(), state)


def test_growing_keeps_old_rows_bit_identical_and_the_non_landmark_first(grown, photos):
    weight, bias = grown.classifier.weight.clone(), grown.classifier.bias.clone()
    with torch.no_grad():
        before = grown(photos).logits
    grown.grow(("dome",), torch.tensor([[0.0, 0, 3, 4, 0, 0, 0, 0]]))
    assert grown.class_ids == ("non_landmark", "tower", "arch", "dome")
    assert torch.equal(grown.classifier.weight[:3], weight)
    assert torch.equal(grown.classifier.bias[:3], bias)
    with torch.no_grad():
        torch.testing.assert_close(grown(photos).logits[:, :3], before)


def test_new_rows_by_hand(grown):
    grown.grow(("dome",), torch.tensor([[0.0, 0, 3, 4, 0, 0, 0, 0]]))
    # direction (0, 0, 3, 4) / 5; length the mean of 2 and 4; bias the mean of 1 and 3; the non-landmark
    # row has no part in either
    torch.testing.assert_close(
        grown.classifier.weight[3], 3 * torch.tensor([0, 0, 0.6, 0.8, 0, 0, 0, 0]), atol=1e-6, rtol=0
    )
    assert grown.classifier.bias[3] == 2


def test_the_first_landmarks_get_unit_rows(network):
    network.grow(("tower",), torch.full((1, 8), 7.0))
    torch.testing.assert_close(network.classifier.weight[1].norm(), torch.tensor(1.0))
    assert network.classifier.bias[1] == 0


@pytest.mark.parametrize("ids", [("arch",), ("non_landmark",), ("dome", "dome")])
def test_classes_that_are_not_new_are_refused(grown, ids):
    with pytest.raises(InputError, match="classes must be new and unique"):
        grown.grow(ids, torch.ones(len(ids), 8))
    assert grown.class_ids == ("non_landmark", "tower", "arch")


def training_step(network, photos, rate=0.01):
    network.train()
    groups = network.parameter_groups(trunk=rate, embedding=rate, classifier=rate, weight_decay=0.1)
    optimizer = torch.optim.AdamW(groups)
    classes = torch.arange(len(photos)) % len(network.class_ids)
    torch.nn.functional.cross_entropy(network(photos).logits, classes).backward()
    optimizer.step()


def test_frozen_stages_stay_bit_identical_over_a_training_step(grown, photos):
    frozen = trunk_stages(grown.trunk)[:3]
    before = [{k: v.clone() for k, v in stage.state_dict().items()} for stage in frozen]
    whole = {k: v.clone() for k, v in grown.state_dict().items()}
    training_step(grown, photos)
    for stage, old in zip(frozen, before, strict=True):
        assert any("running_mean" in name for name in old)
        for name, tensor in stage.state_dict().items():
            assert torch.equal(tensor, old[name]), name
    changed = {k for k, v in grown.state_dict().items() if not torch.equal(v, whole[k])}
    assert {"fc.weight", "bn.running_mean", "bn.weight", "classifier.weight"} <= changed
    assert {
        "trunk.blocks.2.0.bn1.running_var",
        "trunk.blocks.2.0.conv_pw.weight",
        "trunk.conv_head.weight",
    } <= changed


def test_without_frozen_stages_everything_learns(photos):
    network = create_network(NetworkConfig("tf_efficientnet_lite0", None, 64, 8, frozen_stages=0))
    before = {k: v.clone() for k, v in network.state_dict().items()}
    network.grow(("tower",), torch.ones(1, 8))
    training_step(network, photos)
    same = {k for k, v in network.state_dict().items() if torch.equal(v, before[k])}
    assert same == {"normalize.scale", "normalize.shift"}


def test_frozen_stages_stay_in_eval_mode(network):
    network.train()
    assert [stage.training for stage in trunk_stages(network.trunk)[1:]] == [False] * 2 + [True] * 5 + [True]
    assert not network.trunk.bn1.training
    assert network.bn.training
    network.eval()
    assert not any(module.training for module in network.modules() if list(module.children()) == [])


@pytest.mark.parametrize("from_stage", [1, 3, 8, 9])
def test_features_of_cached_maps_equal_the_whole_network(network, photos, from_stage):
    with torch.no_grad():
        x = network.normalize(photos)
        for stage in trunk_stages(network.trunk)[:from_stage]:
            x = stage(x)
        torch.testing.assert_close(network.features(x, from_stage), network.features(photos), rtol=0, atol=0)
        torch.testing.assert_close(network(x, from_stage).logits, network(photos).logits, rtol=0, atol=0)


def test_a_resnet_trunk_can_be_cut_too(photos):
    network = create_network(NetworkConfig("resnet10t", None, 64, 8, frozen_stages=2))
    with torch.no_grad():
        x = network.normalize(photos)
        for stage in trunk_stages(network.trunk)[:2]:
            x = stage(x)
        torch.testing.assert_close(network.features(x, 2), network.features(photos), rtol=0, atol=0)
    network.train()
    assert not network.trunk.layer1.training
    assert network.trunk.layer2.training


def principal_scores(x, dim):
    """Scores on the first principal axes by a singular value decomposition; signs as in the network."""
    centered = x - x.mean(axis=0)
    _, _, axes = np.linalg.svd(centered, full_matrices=False)
    axes = axes[:dim]
    axes *= np.sign(axes[np.arange(dim), np.abs(axes).argmax(axis=1)])[:, None]
    return centered @ axes.T


def test_fit_embedding_gives_principal_scores_of_mean_variance_one(network):
    rng = np.random.default_rng(0)
    features = rng.normal(size=(200, 1280)) @ np.diag(np.linspace(1, 3, 1280)) + 5
    network.fit_embedding(torch.from_numpy(features).float())
    with torch.no_grad():
        found = network.bn(network.fc(torch.from_numpy(features).float())).numpy()
    scores = principal_scores(features, 8)
    # one scale for all axes, so that the shape of the cloud is kept: the mean variance becomes 1
    expected = scores / np.sqrt(scores.var(axis=0, ddof=1).mean())
    np.testing.assert_allclose(found, expected, atol=2e-3)
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=2e-3)
    assert found.var(axis=0, ddof=1).mean() == pytest.approx(1, abs=1e-3)
    # also in training mode, where batch norm divides by the spread of the batch: largest axis first
    np.testing.assert_allclose(network.bn.running_var.numpy(), scores.var(axis=0, ddof=1), rtol=1e-3)
    assert (network.bn.weight[:-1] > network.bn.weight[1:]).all()


def test_fit_embedding_does_not_depend_on_the_order_of_photos(network):
    features = torch.randn(40, 1280, generator=torch.Generator().manual_seed(2))
    network.fit_embedding(features)
    before = network.fc.weight.clone()
    network.fit_embedding(features.flip(0))
    torch.testing.assert_close(network.fc.weight, before, atol=1e-5, rtol=0)


def test_fit_embedding_needs_more_photos_than_dimensions(network):
    with pytest.raises(InputError, match="more photos than the 8 embedding dimensions; got 8"):
        network.fit_embedding(torch.randn(8, 1280))


def test_without_a_whitening_unit_embeddings_are_those_that_are_trained(network, photos):
    with torch.no_grad():
        found = network.unit_embeddings(network.features(photos))
        expected = torch.nn.functional.normalize(network.embed(photos))
    assert network.unit_dim == 8
    torch.testing.assert_close(found, expected)


def test_a_whitening_is_the_other_half_of_the_square_length(network, photos):
    """Slow and literal: each axis of the features, centered, divided by its standard deviation."""
    rng = np.random.default_rng(0)
    features = (rng.normal(size=(200, 1280)) @ np.diag(np.linspace(1, 3, 1280)) + 5).astype(np.float32)
    key, learned = network_key(network), network.embed(photos).detach().numpy()
    network.fit_whitening(torch.from_numpy(features), 12)
    assert network.unit_dim == 20
    assert network_key(network) != key
    assert not any(p.requires_grad for p in network.whitening.parameters())
    with torch.no_grad():
        white = network.whitening(torch.from_numpy(features)).numpy()
        found = network.unit_embeddings(network.features(photos)).numpy()
        own = network.whitening(network.features(photos)).numpy()
    scores = principal_scores(features.astype(float), 12)
    np.testing.assert_allclose(white, scores / scores.std(axis=0, ddof=1), atol=2e-3)
    halves = [part / np.linalg.norm(part, axis=1, keepdims=True) for part in (learned, own)]
    np.testing.assert_allclose(found, np.concatenate(halves, axis=1) / np.sqrt(2), atol=1e-5)
    cosines = [half @ half.T for half in halves]
    np.testing.assert_allclose(found @ found.T, np.mean(cosines, axis=0), atol=1e-5)


def test_a_whitening_has_fewer_axes_than_photos(network):
    features = torch.randn(5, 1280, generator=torch.Generator().manual_seed(2))
    network.fit_whitening(features, 12)
    assert network.whitening.out_features == 4
    assert network.whitening(features).isfinite().all()


def test_parameter_groups_hold_every_trained_tensor_once(grown):
    groups = grown.parameter_groups(trunk=0.1, embedding=0.2, classifier=0.3, weight_decay=0.04)
    members = [p for group in groups for p in group["params"]]
    assert len({id(p) for p in members}) == len(members)
    assert {id(p) for p in members} == {id(p) for p in grown.parameters() if p.requires_grad}
    frozen = {id(p) for stage in trunk_stages(grown.trunk)[:3] for p in stage.parameters()}
    assert frozen
    assert not frozen & {id(p) for p in members}
    rates = {"trunk": 0.1, "embedding": 0.2, "classifier": 0.3}
    assert {group["name"] for group in groups} == set(rates)
    for group in groups:
        assert group["lr"] == rates[group["name"]]
        for p in group["params"]:
            assert group["weight_decay"] == (0.04 if p.ndim > 1 else 0)
    by_name = dict(grown.named_parameters())
    owner = {id(p): group["name"] for group in groups for p in group["params"]}
    assert owner[id(by_name["bn.bias"])] == owner[id(by_name["fc.weight"])] == "embedding"
    assert owner[id(by_name["classifier.bias"])] == "classifier"
    assert owner[id(by_name["trunk.conv_head.weight"])] == "trunk"


def test_the_key_changes_with_weights_classes_and_settings(network):
    keys = [network_key(network)]
    with torch.no_grad():
        network.trunk.bn2.running_mean[3] += 1e-6
    keys.append(network_key(network))
    network.grow(("tower",), torch.ones(1, 8))
    keys.append(network_key(network))
    network.class_ids = ("non_landmark", "arch")
    keys.append(network_key(network))
    network.config = replace(network.config, input_size=96)
    keys.append(network_key(network))
    assert len(set(keys)) == 5
    assert network_key(network.to(memory_format=torch.channels_last)) == keys[-1]
    assert network_key(network.train()) == keys[-1]


def test_any_wider_layer_is_reached(photos):
    """A one-stage trunk whose maps have fewer channels than its own head."""
    config = NetworkConfig("mobilenetv3_small_050", None, 64, 8, frozen_stages=0)
    network = LandmarkNet(config, create_trunk(config.trunk, None)).eval()
    with torch.no_grad():
        assert network.features(photos).shape == (6, 288)
        assert network.embed(photos).shape == (6, 8)
