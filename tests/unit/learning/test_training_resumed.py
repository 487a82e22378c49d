"""A training that is killed, broken, repeated or shared between processes ends like one left alone."""

import signal
import subprocess
import sys
from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
import torch
from torch.optim import AdamW

from sightlab.checks import InputError
from tests.structure.source import ROOT
from tests.unit.learning.small_training import (
    IDS,
    Maps,
    N,
    assert_same_weights,
    new_centers,
    new_network,
    run,
)


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


def test_weights_that_break_in_the_last_update_of_an_epoch_leave_the_checkpoint(
    network, centers, config, tmp_path, monkeypatch
):
    fresh, fresh_centers = deepcopy(network), deepcopy(centers)
    source, real = Maps(), AdamW.step

    def step(self, *args, **kwargs):
        real(self, *args, **kwargs)
        if step.count == 9:  # the fifth of five updates of epoch 2; its loss was finite
            with torch.no_grad():
                network.classifier.weight[1, 0] = torch.nan
        step.count += 1

    step.count = 0
    with monkeypatch.context() as patch:
        patch.setattr(AdamW, "step", step)
        with pytest.raises(
            InputError, match=r"classifier\.weight holds NaN or infinity after epoch 2"
        ) as told:
            run(network, centers, config, tmp_path, source)
    assert f"last batch: {', '.join(IDS[row] for row in source.rows[9])}." in str(told.value)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint_0001"]
    # with the cause put right the run goes on from there and ends as if nothing had been
    whole, whole_centers = deepcopy(fresh), deepcopy(fresh_centers)
    run(whole, whole_centers, config, tmp_path / "whole")
    run(fresh, fresh_centers, config, tmp_path)
    assert_same_weights(fresh, whole)


def test_a_checkpoint_of_other_classes_is_refused(network, centers, config, tmp_path):
    run(deepcopy(network), deepcopy(centers), config, tmp_path)
    network.class_ids = ("non_landmark", "tower", "arch")
    with pytest.raises(InputError, match="class number 1 is 'arch' there and 'tower' here"):
        run(network, centers, config, tmp_path)


KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[3])
from pathlib import Path
from tests.unit.learning.small_training import Maps, new_network, new_centers, run
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
from tests.unit.learning.small_training import Maps, new_network, new_centers, run
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
