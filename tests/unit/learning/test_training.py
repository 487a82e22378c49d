"""The training loop: rates, losses against a literal step, what is kept and what is refused."""

import math
from copy import deepcopy

import numpy as np
import pytest
import torch

from sightlab.checks import InputError
from sightlab.learning.training import TrainingConfig, rate_factor, train
from tests.unit.learning.small_training import (
    BATCH,
    CLASSES,
    IDS,
    Maps,
    N,
    assert_same_weights,
    run,
    weights,
)


@pytest.mark.parametrize(
    ("update", "n_updates", "warmup", "factor"),
    [
        (0, 10, 0.2, 1 / 2),  # two updates of rise: 1/2, 2/2
        (1, 10, 0.2, 1),
        (2, 10, 0.2, 1),  # the cosine begins: (1 + cos 0) / 2
        (4, 10, 0.2, 0.5 * (1 + math.cos(math.pi / 4))),  # 2 of 8 updates of the fall
        (6, 10, 0.2, 0.5),  # 4 of 8
        (9, 10, 0.2, 0.5 * (1 + math.cos(math.pi * 7 / 8))),
        (10, 10, 0.2, 0),
        (0, 1, 0.2, 1),  # a single update is made at the peak
        (0, 10, 0, 1),  # no rise
        (5, 10, 0, 0.5 * (1 + math.cos(math.pi * 4 / 9))),
        (4, 10, 1, 0.5),  # nothing but rise: 5/10
        (9, 10, 1, 1),
    ],
)
def test_rate_factor_by_hand(update, n_updates, warmup, factor):
    assert rate_factor(update, n_updates, warmup) == pytest.approx(factor)


@pytest.mark.parametrize("warmup", [0, 0.05, 0.2, 0.9, 1])
@pytest.mark.parametrize("n_updates", [1, 2, 7, 100])
def test_rates_rise_to_the_peak_once_and_then_fall(n_updates, warmup):
    factors = [rate_factor(i, n_updates, warmup) for i in range(n_updates)]
    top = int(np.argmax(factors))
    assert factors[top] == 1
    assert factors[: top + 1] == sorted(factors[: top + 1])
    assert factors[top:] == sorted(factors[top:], reverse=True)
    assert min(factors) > 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"batch_size": 1},
        {"learning_rate": 0},
        {"trunk_ratio": -0.1},
        {"weight_decay": -1},
        {"label_smoothing": 1},
        {"center_weight": float("nan")},
        {"center_alpha": 0},
        {"warmup": 1.2},
    ],
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        TrainingConfig(**wrong)


def test_it_learns(network, centers, tmp_path):
    history = run(network, centers, TrainingConfig(epochs=8, batch_size=BATCH), tmp_path)
    assert history["loss"].tail(5).mean() < 0.7 * history["loss"].head(5).mean()
    with torch.no_grad():
        found = network(Maps().maps, 8).logits.argmax(dim=1)
    assert (found.numpy() == CLASSES).mean() > 0.9


def test_history_has_one_row_per_update(network, centers, config, tmp_path):
    source = Maps(n=N - 3)  # 37 photos: four batches, five photos left out in each epoch
    history = run(network, centers, config, tmp_path, source)
    assert list(history.columns) == [
        "epoch",
        "update",
        "loss",
        "softmax_loss",
        "center_loss",
        "learning_rate_trunk",
        "learning_rate_embedding",
        "learning_rate_classifier",
        "seconds",
    ]
    assert history["update"].tolist() == list(range(12))
    assert history["epoch"].tolist() == [0] * 4 + [1] * 4 + [2] * 4
    np.testing.assert_allclose(
        history["loss"], history["softmax_loss"] + config.center_weight * history["center_loss"], rtol=1e-5
    )
    epochs = [np.concatenate(source.rows[4 * e : 4 * e + 4]) for e in range(3)]
    assert all(len(set(rows)) == 32 for rows in epochs)  # no photo twice
    assert not np.array_equal(epochs[0], epochs[1])


def test_first_loss_equals_a_literal_step(network, centers, config, tmp_path):
    before, first_centers = deepcopy(network).train(), centers.centers.clone()
    source = Maps()
    history = run(network, centers, config, tmp_path, source)
    classes = CLASSES[source.rows[0]]
    with torch.no_grad():
        embeddings, logits = before(source.views[0], 8)
    softmax_loss = 0.0
    for row, y in zip(logits.double().numpy(), classes, strict=True):
        log_p = row - row.max() - math.log(np.exp(row - row.max()).sum())
        # label smoothing 0.1 over three classes: 0.9 + 0.1 / 3 on the truth, 0.1 / 3 on the two others
        wanted = np.full(3, 0.1 / 3) + 0.9 * (np.arange(3) == y)
        softmax_loss -= (wanted * log_p).sum() / len(classes)
    own = [(f, c) for f, c in zip(embeddings, classes, strict=True) if c != 0]
    center_loss = sum(float((f - first_centers[c - 1]).pow(2).sum()) for f, c in own) / (2 * len(own))
    assert history["softmax_loss"][0] == pytest.approx(softmax_loss, rel=1e-5)
    assert history["center_loss"][0] == pytest.approx(center_loss, rel=1e-5)
    assert history["loss"][0] == pytest.approx(softmax_loss + 3e-3 * center_loss, rel=1e-5)


def test_three_learning_rates_are_in_the_history(network, centers, tmp_path):
    config = TrainingConfig(
        epochs=2, batch_size=BATCH, learning_rate=0.01, trunk_ratio=0.1, embedding_ratio=0.3, warmup=0.3
    )
    history = run(network, centers, config, tmp_path)
    factors = [rate_factor(update, 10, 0.3) for update in range(10)]
    for part, ratio in (("trunk", 0.1), ("embedding", 0.3), ("classifier", 1.0)):
        np.testing.assert_allclose(history[f"learning_rate_{part}"], [0.01 * ratio * f for f in factors])


def test_three_learning_rates_are_really_applied(network, centers, tmp_path):
    """The first step of AdamW moves every weight by its rate, whatever the size of its gradient."""
    rates = {"trunk_ratio": 0.01, "embedding_ratio": 0.3, "classifier_ratio": 1.0}
    config = TrainingConfig(epochs=1, batch_size=N, learning_rate=1e-3, weight_decay=0, **rates)
    before = weights(network)
    history = run(network, centers, config, tmp_path)
    assert len(history) == 1
    parts = {"trunk.conv_head": 1e-5, "trunk.bn2": 1e-5, "fc": 3e-4, "bn": 3e-4, "classifier": 1e-3}
    for part, rate in parts.items():
        name = f"{part}.weight"
        step = (network.state_dict()[name] - before[name]).abs()
        assert step.median().item() == pytest.approx(rate, rel=0.05), name


def test_a_ratio_of_0_keeps_a_part(network, centers, tmp_path):
    before = weights(network)
    config = TrainingConfig(epochs=1, batch_size=BATCH, trunk_ratio=0)
    run(network, centers, config, tmp_path)
    assert torch.equal(network.trunk.conv_head.weight, before["trunk.conv_head.weight"])
    assert not torch.equal(network.fc.weight, before["fc.weight"])


def test_centers_move_by_their_own_rule(network, centers, tmp_path):
    config = TrainingConfig(epochs=1, batch_size=N, center_alpha=0.5)
    other, start = deepcopy(network).train(), deepcopy(centers)
    source = Maps()
    run(network, centers, config, tmp_path, source)
    with torch.no_grad():
        start.update(other(source.views[0], 8).embeddings, torch.from_numpy(CLASSES[source.rows[0]]))
    torch.testing.assert_close(centers.centers, start.centers, atol=1e-5, rtol=1e-4)


def test_frozen_stages_are_not_touched(network, centers, config, tmp_path):
    before = weights(network)
    run(network, centers, config, tmp_path)
    changed = {name for name, tensor in weights(network).items() if not torch.equal(tensor, before[name])}
    assert not any(name.startswith(("trunk.conv_stem", "trunk.bn1", "trunk.blocks")) for name in changed)
    assert {"trunk.conv_head.weight", "trunk.bn2.running_mean", "fc.weight", "bn.running_var"} <= changed


def test_training_repeats_and_leaves_random_states_alone(network, centers, config, tmp_path):
    other, other_centers = deepcopy(network), deepcopy(centers)
    run(network, centers, config, tmp_path / "one")
    torch.manual_seed(99)
    np_state, state = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    run(other, other_centers, config, tmp_path / "two")
    assert torch.equal(torch.get_rng_state(), state)
    assert np.array_equal(np.random.get_state()[1], np_state)  # noqa: NPY002
    assert_same_weights(network, other)
    assert torch.equal(centers.centers, other_centers.centers)


def test_another_seed_gives_another_network(network, centers, config, tmp_path):
    other = deepcopy(network)
    run(network, deepcopy(centers), config, tmp_path / "one")
    run(other, centers, TrainingConfig(epochs=3, batch_size=BATCH, seed=5), tmp_path / "two")
    assert not torch.equal(network.fc.weight, other.fc.weight)


def test_so_many_updates_as_wanted_and_the_rates_over_them(network, centers, tmp_path):
    config = TrainingConfig(epochs=1, batch_size=BATCH, learning_rate=0.01, warmup=0.3)  # of 5 updates
    source = Maps()
    history = train(network, centers, source, CLASSES, IDS, config, tmp_path / "seven", n_updates=7)
    assert history["update"].tolist() == list(range(7))
    assert history["epoch"].tolist() == [0] * 5 + [1] * 2
    assert len(source.rows) == 7  # nothing is loaded for the rest of epoch 2
    rates = [0.01 * rate_factor(update, 7, 0.3) for update in range(7)]
    np.testing.assert_allclose(history["learning_rate_classifier"], rates)
    with pytest.raises(InputError, match="n_updates=0"):
        train(network, centers, source, CLASSES, IDS, config, tmp_path / "none", n_updates=0)


def test_whole_epochs_are_as_many_updates(network, centers, config, tmp_path):
    other, other_centers = deepcopy(network), deepcopy(centers)
    run(network, centers, config, tmp_path / "epochs")
    train(other, other_centers, Maps(), CLASSES, IDS, config, tmp_path / "updates", n_updates=15)  # 3 x 5
    assert_same_weights(network, other)


class Head(torch.nn.Linear):
    """A loss in place of the classifier's; tells where it was sent."""

    def __init__(self):
        super().__init__(8, 3)
        self.sent = []

    def forward(self, embeddings, classes):
        return torch.nn.functional.cross_entropy(super().forward(embeddings), classes)

    def to(self, device):
        self.sent.append(torch.device(device).type)
        return super().to(device)

    def cpu(self):
        self.sent.append("back")
        return super().cpu()


def test_a_rival_loss_learns_where_the_network_does(network, centers, config, tmp_path):
    head, classifier = Head(), network.classifier.weight.detach().clone()
    before = head.weight.detach().clone()
    train(network, centers, Maps(), CLASSES, IDS, config, tmp_path, rival=head)
    fast = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    assert head.sent == [fast, "back"]
    assert not torch.equal(head.weight, before)
    # without a gradient only the weight decay touches the classifier
    turned = torch.nn.functional.cosine_similarity(network.classifier.weight, classifier)
    torch.testing.assert_close(turned, torch.ones(3))


def test_fewer_photos_than_a_batch_are_refused(network, centers, tmp_path):
    with pytest.raises(InputError, match="40 photos do not fill one batch of 64: lower batch_size"):
        run(network, centers, TrainingConfig(), tmp_path)


def test_the_network_comes_back_ready_to_answer(network, centers, config, tmp_path):
    run(network, centers, config, tmp_path)
    assert not any(module.training for module in network.modules())
    assert {p.device.type for p in network.parameters()} == {"cpu"}
    assert network.class_ids == ("non_landmark", "arch", "tower")


def test_losses_and_rates_are_logged_for_tensorboard(network, centers, config, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    source = Maps()
    history = train(network, centers, source, CLASSES, IDS, config, tmp_path / "run", log=tmp_path / "log")
    events = EventAccumulator(str(tmp_path / "log"))
    events.Reload()
    found = events.Scalars("loss")
    assert [event.step for event in found] == history["update"].tolist()
    np.testing.assert_allclose([event.value for event in found], history["loss"], rtol=1e-6)
    assert {"softmax_loss", "center_loss", "learning_rate_trunk"} <= set(events.Tags()["scalars"])
