"""The training loop: rates, losses against a literal step, kills, broken batches."""

import math
import signal
import subprocess
import sys
from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
import torch

from sightlab.checks import InputError
from sightlab.learning.training import TrainingConfig, rate_factor, train
from sightlab.nets.losses import CenterLoss
from sightlab.nets.network import NetworkConfig, create_network
from tests.structure.source import ROOT

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


def run(network, centers, config, folder, source=None):
    source = source or Maps()
    return train(network, centers, source, CLASSES[: len(source)], IDS[: len(source)], config, folder)


def weights(network):
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def assert_same_weights(one, other):
    for name, tensor in weights(one).items():
        assert torch.equal(tensor, other.state_dict()[name]), name


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


@pytest.mark.parametrize("die_at", [5, 7, 10, 14])  # first and middle batch of epoch 2, 3; five batches each
def test_a_killed_training_ends_like_an_uninterrupted_one(network, centers, config, tmp_path, die_at):
    whole, whole_centers = deepcopy(network), deepcopy(centers)
    expected = run(whole, whole_centers, config, tmp_path / "whole")

    killed, killed_centers = deepcopy(network), deepcopy(centers)
    with pytest.raises(KeyboardInterrupt):
        run(killed, killed_centers, config, tmp_path / "killed", Maps(die_at=die_at))
    (checkpoint,) = (tmp_path / "killed").glob("checkpoint_*")
    assert checkpoint.name == f"checkpoint_{die_at // 5:04d}"
    (tmp_path / "killed" / "checkpoint.unfinished").mkdir()  # as a kill in the middle of writing leaves it

    source = Maps()
    history = run(network, centers, config, tmp_path / "killed", source)
    assert len(source.rows) == 15 - 5 * (die_at // 5)
    assert_same_weights(network, whole)
    assert torch.equal(centers.centers, whole_centers.centers)
    pd.testing.assert_frame_equal(history.drop(columns="seconds"), expected.drop(columns="seconds"))


def test_a_finished_training_is_not_repeated(network, centers, config, tmp_path):
    fresh, fresh_centers = deepcopy(network), deepcopy(centers)
    history = run(network, centers, config, tmp_path)
    again = run(fresh, fresh_centers, config, tmp_path, Maps(die_at=0))
    assert_same_weights(fresh, network)
    assert torch.equal(fresh_centers.centers, centers.centers)
    pd.testing.assert_frame_equal(again, history)


def test_only_the_last_checkpoint_stays(network, centers, config, tmp_path):
    run(network, centers, config, tmp_path)
    (checkpoint,) = tmp_path.iterdir()
    assert checkpoint.name == "checkpoint_0003"
    names = {path.name for path in checkpoint.iterdir()}
    assert names == {"weights.safetensors", "optimizer.pt", "history.parquet", "checkpoint.json"}


def test_a_broken_batch_is_refused_by_photo_and_the_checkpoint_kept(network, centers, config, tmp_path):
    fresh, fresh_centers = deepcopy(network), deepcopy(centers)
    source = Maps(break_at=6)  # the second batch of the second epoch
    with pytest.raises(InputError, match="the loss became nan in epoch 2") as refused:
        run(network, centers, config, tmp_path, source)
    told = str(refused.value)
    assert all(IDS[row] in told for row in source.rows[6])
    assert not any(IDS[row] in told for row in set(range(N)) - set(source.rows[6].tolist()))
    assert str(tmp_path) in told
    assert "Lower learning_rate or center_weight" in told
    (checkpoint,) = tmp_path.glob("checkpoint_*")
    assert checkpoint.name == "checkpoint_0001"
    # with the photo put right the run goes on and ends as if nothing had been
    run(fresh, fresh_centers, config, tmp_path)
    assert all(tensor.isfinite().all() for tensor in fresh.state_dict().values())
    assert fresh_centers.centers.isfinite().all()


def test_a_checkpoint_of_other_classes_is_refused(network, centers, config, tmp_path):
    run(deepcopy(network), deepcopy(centers), config, tmp_path)
    network.class_ids = ("non_landmark", "tower", "arch")
    with pytest.raises(InputError, match="written for 3 classes, this network has 3, or in another order"):
        run(network, centers, config, tmp_path)


def test_fewer_photos_than_a_batch_are_refused(network, centers, tmp_path):
    with pytest.raises(InputError, match="40 photos do not fill one batch of 64: lower batch_size"):
        run(network, centers, TrainingConfig(), tmp_path)


def test_the_network_comes_back_ready_to_answer(network, centers, config, tmp_path):
    run(network, centers, config, tmp_path)
    assert not any(module.training for module in network.modules())
    assert {p.device.type for p in network.parameters()} == {"cpu"}
    assert network.class_ids == ("non_landmark", "arch", "tower")


KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[3])
from pathlib import Path
from tests.unit.learning.test_training import Maps, new_network, new_centers, run
from sightlab.learning.training import TrainingConfig

class Mortal(Maps):
    def batch(self, rows, generator):
        if len(self.rows) == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)  # no handler, no finally, nothing is written any more
        return super().batch(rows, generator)

run(new_network(), new_centers(), TrainingConfig(epochs=3, batch_size=8, seed=4), Path(sys.argv[1]), Mortal())
"""


def test_a_process_killed_at_a_random_update_ends_like_an_uninterrupted_one(
    network, centers, config, tmp_path
):
    die_at = int(np.random.default_rng(20261125).integers(5, 15))  # of 15 updates, after the first epoch
    arguments = [sys.executable, "-c", KILLED, str(tmp_path / "killed"), str(die_at), str(ROOT)]
    killed = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    whole, whole_centers = deepcopy(network), deepcopy(centers)
    run(whole, whole_centers, config, tmp_path / "whole")
    source = Maps()
    run(network, centers, config, tmp_path / "killed", source)
    assert len(source.rows) == 15 - 5 * (die_at // 5)
    assert_same_weights(network, whole)
    assert torch.equal(centers.centers, whole_centers.centers)


PROCESSES = """
import sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
import torch
from tests.unit.learning.test_training import Maps, new_network, new_centers, run
from sightlab.learning.training import TrainingConfig

torch.set_num_threads(1)
network, centers = new_network(), new_centers()
history = run(network, centers, TrainingConfig(epochs=3, batch_size=8, seed=4), Path(sys.argv[1]) / "train")
rank = torch.distributed.get_rank()
history.to_parquet(Path(sys.argv[1]) / f"history_{rank}.parquet")
torch.save({**network.state_dict(), "centers": centers.centers}, Path(sys.argv[1]) / f"weights_{rank}.pt")
"""


def test_two_processes_give_the_loss_curve_of_one(network, centers, config, tmp_path):
    """Started by torchrun, over gloo; equal to rounding: 1e-4 of the loss, 1e-3 of the weights."""
    script = tmp_path / "two.py"
    script.write_text(PROCESSES)
    arguments = ["--nproc-per-node", "2", "--standalone", str(script), str(tmp_path), str(ROOT)]
    started = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert started.returncode == 0, started.stderr
    alone = run(network, centers, config, tmp_path / "alone")
    first, second = (pd.read_parquet(tmp_path / f"history_{rank}.parquet") for rank in range(2))
    columns = ["epoch", "update", "loss", "softmax_loss", "center_loss"]
    pd.testing.assert_frame_equal(first[columns], second[columns])
    for column in columns:
        np.testing.assert_allclose(first[column], alone[column], rtol=1e-4, err_msg=column)
    weights = [torch.load(tmp_path / f"weights_{rank}.pt", weights_only=True) for rank in range(2)]
    for name, tensor in {**network.state_dict(), "centers": centers.centers}.items():
        assert torch.equal(weights[0][name], weights[1][name]), name
        torch.testing.assert_close(weights[0][name], tensor, rtol=1e-3, atol=1e-3, msg=name)
    assert len(list((tmp_path / "train").glob("checkpoint_*"))) == 1
    # the mismatched world is refused: this process is alone
    with pytest.raises(InputError, match="written by 2 processes, this run has 1"):
        run(new_network(), new_centers(), config, tmp_path / "train")


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
