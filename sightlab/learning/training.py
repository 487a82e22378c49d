"""One training loop for every stage: softmax + center loss, three learning rates, warm-up + cosine.

A checkpoint is written after every epoch; a killed run continues there and ends with the weights of an
uninterrupted run, since all randomness is drawn anew for each epoch from (seed, epoch).

Shapes: N photos, B batch.
Source: loss and three rates Boiarov & Tyantov 2019 (article); optimizer and schedule: ours.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from jaxtyping import Int
from torch import Tensor, nn
from tqdm.auto import tqdm

from sightlab.checks import InputError, check_choice, check_count, check_fraction, check_range
from sightlab.learning.augmented import ViewSource
from sightlab.learning.checkpoints import TrainingIdentity, read_checkpoint, write_checkpoint
from sightlab.learning.processes import process_team, shared_batch_norm
from sightlab.nets.losses import CenterLoss
from sightlab.nets.network import LandmarkNet


@dataclass(frozen=True)
class TrainingConfig:
    epochs: int = 8  # passes over the photos, >= 1
    batch_size: int = 64  # photos of one update over all processes, >= 2
    learning_rate: float = 1e-3  # peak rate of AdamW, times the ratio of each part
    trunk_ratio: float = 0.3  # of the trunk rate to learning_rate; at 0 only batch-norm statistics move
    embedding_ratio: float = 1.0
    classifier_ratio: float = 1.0
    weight_decay: float = 0.05  # of matrices and kernels, not of vectors
    label_smoothing: float = 0.1  # of the softmax loss, [0, 1)
    center_weight: float = 3e-3  # lambda of the center loss, before unit-normalization; >= 0
    center_alpha: float = 0.5  # learning rate of the centers, (0, 1]
    warmup: float = 0.2  # share of the updates in which the rates rise, [0, 1]
    # "natural": every photo once an epoch; "balanced": every landmark alike often, non-landmarks once
    sampling: str = "natural"
    seed: int = 0

    def __post_init__(self):
        check_count(self.epochs, "epochs")
        check_choice(self.sampling, "sampling", ("natural", "balanced"))
        check_count(self.batch_size, "batch_size", 2, advice="Batch norm needs two photos to compare.")
        check_range(self.learning_rate, "learning_rate", 0, 1, low_open=True)
        for name in ("trunk_ratio", "embedding_ratio", "classifier_ratio", "weight_decay", "center_weight"):
            check_range(getattr(self, name), name, 0)
        check_fraction(self.label_smoothing, "label_smoothing", high_open=True)
        check_fraction(self.center_alpha, "center_alpha", low_open=True)
        check_fraction(self.warmup, "warmup")


def rate_factor(update: int, n_updates: int, warmup: float) -> float:
    """Share of the peak learning rate at an update: a linear rise, then half a cosine down to 0."""
    n_rise = max(1, round(warmup * n_updates))
    if update < n_rise:
        return (update + 1) / n_rise
    return 0.5 * (1 + math.cos(math.pi * (update - n_rise) / max(1, n_updates - n_rise)))


def train(
    network: LandmarkNet,
    center_loss: CenterLoss,
    source: ViewSource,
    classes: Int[np.ndarray, " N"],
    photo_ids: list[str],
    config: TrainingConfig,
    folder: Path,
    words: str = "training",
    rival: nn.Module | None = None,
    log: Path | None = None,
    n_updates: int | None = None,
) -> pd.DataFrame:
    """Trains the network and the centers in place; returns the history.

    Started by torchrun, the processes share every batch and end with the weights of one process (up to
    rounding); the first of them writes the checkpoints.

    Args:
        source: N photos in views.
        classes: (N,) class indices, 0 for the non-landmark.
        photo_ids: N names, for the error that a broken batch deserves.
        folder: where checkpoints go; an unfinished one there is continued.
        words: beside the progress bar.
        rival: a loss of (embeddings, classes) with weights of its own, in place of classifier and softmax;
            for a study in one process, and it is not resumed.
        log: where TensorBoard finds losses and rates; None: nowhere.
        n_updates: to make, >= 1, over which the rates rise and fall; the last epoch may stay unfinished.
            None: `config.epochs` whole epochs.
    Returns:
        One row per update: epoch, update, loss, softmax_loss, center_loss, learning_rate_trunk,
        learning_rate_embedding, learning_rate_classifier, seconds. With several processes: of all of them.
    Raises:
        InputError: a loss, or a weight after an epoch, that is not finite (names the photos; the last good
            checkpoint is kept), fewer photos than a batch, a batch that the processes cannot share evenly,
            or a checkpoint of another training (says what differs).
    """
    n_batches = len(source) // config.batch_size
    if n_batches == 0:
        raise InputError(
            f"{len(source)} photos do not fill one batch of {config.batch_size}: lower batch_size."
        )
    if n_updates is not None:
        check_count(n_updates, "n_updates")
    wanted = n_updates or config.epochs * n_batches
    fabric = process_team(config.batch_size)
    groups = network.parameter_groups(
        trunk=config.learning_rate * config.trunk_ratio,
        embedding=config.learning_rate * config.embedding_ratio,
        classifier=config.learning_rate * config.classifier_ratio,
        weight_decay=config.weight_decay,
    )
    if rival is not None:
        rival.to(fabric.device)
        rate = config.learning_rate * config.classifier_ratio
        groups.append({"params": list(rival.parameters()), "lr": rate, "weight_decay": 0.0, "name": "rival"})
    network.to(memory_format=torch.channels_last)
    center_loss.to(fabric.device)
    model, optimizer = fabric.setup(network, torch.optim.AdamW(groups, fused=True))
    peaks = [group["lr"] for group in optimizer.param_groups]
    identity = TrainingIdentity.of(network, config, len(source), fabric.world_size, n_updates)
    history, first = read_checkpoint(folder, identity, network, center_loss, optimizer)
    bar = tqdm(
        total=wanted, initial=len(history), desc=words, unit=" updates",
        disable=True if fabric.global_rank else None,
    )  # fmt: skip
    model.train()
    for epoch in range(first, -(-wanted // n_batches)):
        started = time.perf_counter()
        n_here = min(n_batches, wanted - epoch * n_batches)
        with torch.random.fork_rng(), shared_batch_norm(network, fabric.world_size):
            torch.manual_seed(config.seed + 1_000_003 * epoch)
            for i, (rows, batch) in enumerate(_epoch_batches(source, classes, config, epoch, n_here)):
                update = epoch * n_batches + i
                factor = rate_factor(update, wanted, config.warmup)
                for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                    group["lr"] = peak * factor
                mine = slice(fabric.global_rank, None, fabric.world_size)
                own = torch.from_numpy(classes[rows][mine]).to(fabric.device)
                losses = _update(
                    model, center_loss, optimizer, fabric, batch[mine].to(fabric.device), own, config, source,
                    rival,
                )  # fmt: skip
                if not all(math.isfinite(value) for value in losses):
                    _refuse(losses, [photo_ids[row] for row in rows], epoch, folder)
                history.append(_history_row(epoch, update, losses, optimizer, time.perf_counter() - started))
                bar.update()
                bar.set_postfix(loss=f"{losses[0]:.3f}", refresh=False)
        if fabric.is_global_zero:
            last = [photo_ids[row] for row in rows]
            write_checkpoint(folder, identity, network, center_loss, optimizer, history, epoch + 1, last)
            _log(log, history, n_here)
        fabric.barrier()
    bar.close()
    network.eval()
    network.cpu()
    center_loss.cpu()
    if rival is not None:
        rival.cpu()
    return pd.DataFrame(history)


def balanced_order(classes: Int[np.ndarray, " N"], generator: np.random.Generator) -> Int[np.ndarray, " N"]:
    """Rows of one epoch: every landmark alike often, up to one photo, and non-landmarks once each.

    A landmark with fewer photos than its part shows each again before one comes a third time; one with
    more leaves some out, others in the next epoch.

    Args:
        classes: (N,) class indices, 0 for the non-landmark.
    """
    landmarks = generator.permutation(np.unique(classes[classes > 0]))  # the first ones get the rest
    n = int((classes > 0).sum())
    rows = [np.flatnonzero(classes == 0)]
    for place, landmark in enumerate(landmarks):
        own = np.flatnonzero(classes == landmark)
        size = n // len(landmarks) + (place < n % len(landmarks))
        rounds = [generator.permutation(own) for _ in range(-(-size // len(own)))]
        rows.append(np.concatenate(rounds)[:size])
    return generator.permutation(np.concatenate(rows))


def _epoch_batches(
    source: ViewSource, classes: Int[np.ndarray, " N"], config: TrainingConfig, epoch: int, n_batches: int
) -> Iterator[tuple[Int[np.ndarray, " B"], Tensor]]:
    """So many batches of an epoch, its photos in a new order; the next batch loads ahead."""
    generator = np.random.default_rng([config.seed, epoch])
    balanced = config.sampling == "balanced"
    order = balanced_order(classes, generator) if balanced else generator.permutation(len(source))
    chosen = [order[i * config.batch_size : (i + 1) * config.batch_size] for i in range(n_batches)]
    with ThreadPoolExecutor(1) as pool:  # one thread: views are drawn in order, so they repeat exactly
        waiting = pool.submit(source.batch, chosen[0], generator)
        for i, rows in enumerate(chosen):
            batch = waiting.result()
            if i + 1 < n_batches:
                waiting = pool.submit(source.batch, chosen[i + 1], generator)
            yield rows, batch


def _update(
    model, center_loss, optimizer, fabric, batch, classes, config, source, rival
) -> tuple[float, float, float]:
    if batch.ndim == 4 and batch.is_floating_point():
        batch = batch.contiguous(memory_format=torch.channels_last)
    output = model(batch, source.from_stage)
    if rival is None:
        softmax_loss = nn.functional.cross_entropy(
            output.logits, classes, label_smoothing=config.label_smoothing
        )
    else:
        softmax_loss = rival(output.embeddings, classes)
    pull = center_loss(output.embeddings, classes)
    loss = softmax_loss + config.center_weight * pull
    values = torch.stack([loss, softmax_loss, pull]).detach()
    if fabric.world_size > 1:
        values = fabric.all_reduce(values, reduce_op="mean")
    values = tuple(values.tolist())
    if math.isfinite(values[0]):
        optimizer.zero_grad()
        fabric.backward(loss)
        optimizer.step()
        center_loss.update(output.embeddings, classes)
    return values


def _log(folder: Path | None, history: list[dict], n_last: int) -> None:
    """The last updates of the history as TensorBoard scalars."""
    if folder is None:
        return
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder)) as writer:
        for row in history[-n_last:]:
            for name, value in row.items():
                if name.endswith("loss") or name.startswith("learning_rate"):
                    writer.add_scalar(name, value, row["update"])


def _refuse(losses, photo_ids: list[str], epoch: int, folder: Path) -> None:
    raise InputError(
        f"the loss became {losses[0]} in epoch {epoch + 1} (softmax {losses[1]}, center {losses[2]}). "
        f"Photos of the batch: {', '.join(photo_ids)}. The last good checkpoint is kept in {folder}. "
        "Lower learning_rate or center_weight, or look at these photos, then run again."
    )


def _history_row(epoch: int, update: int, losses, optimizer, seconds: float) -> dict:
    rates = {group["name"]: group["lr"] for group in optimizer.param_groups}
    return {
        "epoch": epoch,
        "update": update,
        "loss": losses[0],
        "softmax_loss": losses[1],
        "center_loss": losses[2],
        **{f"learning_rate_{name}": rates.get(name, 0.0) for name in ("trunk", "embedding", "classifier")},
        "seconds": seconds,
    }
