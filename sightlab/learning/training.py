"""One training loop for every stage: softmax + center loss, three learning rates, warm-up + cosine.

A checkpoint is written after every epoch; a killed run continues there and ends with the weights of an
uninterrupted run, since all randomness is drawn anew for each epoch from (seed, epoch).

Shapes: N photos, B batch.
Source: loss and three rates Boiarov & Tyantov 2019 (article); optimizer and schedule: ours.
"""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from jaxtyping import Int
from torch import Tensor
from tqdm.auto import tqdm

from sightlab.checks import InputError, check_count, check_fraction, check_range
from sightlab.learning.augmented import ViewSource
from sightlab.nets.losses import CenterLoss
from sightlab.nets.network import LandmarkNet
from sightlab.workspace import atomic_write_text, explain_full_disk, load_table, save_table
from sightlab.workspace_files import delete_tree


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
    seed: int = 0

    def __post_init__(self):
        check_count(self.epochs, "epochs")
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
) -> pd.DataFrame:
    """Trains the network and the centers in place; returns the history.

    Args:
        source: N photos in views.
        classes: (N,) class indices, 0 for the non-landmark.
        photo_ids: N names, for the error that a broken batch deserves.
        folder: where checkpoints go; an unfinished one there is continued.
        words: beside the progress bar.
    Returns:
        One row per update: epoch, update, loss, softmax_loss, center_loss, learning_rate_trunk,
        learning_rate_embedding, learning_rate_classifier, seconds.
    Raises:
        InputError: a loss that is not finite (names the photos; the last good checkpoint is kept),
            fewer photos than a batch, or a checkpoint of another network.
    """
    from lightning_fabric import Fabric

    n_batches = len(source) // config.batch_size
    if n_batches == 0:
        raise InputError(
            f"{len(source)} photos do not fill one batch of {config.batch_size}: lower batch_size."
        )
    fabric = Fabric(accelerator="auto", devices=1)
    groups = network.parameter_groups(
        trunk=config.learning_rate * config.trunk_ratio,
        embedding=config.learning_rate * config.embedding_ratio,
        classifier=config.learning_rate * config.classifier_ratio,
        weight_decay=config.weight_decay,
    )
    network.to(memory_format=torch.channels_last)
    center_loss.to(fabric.device)
    model, optimizer = fabric.setup(network, torch.optim.AdamW(groups, fused=True))
    peaks = [group["lr"] for group in optimizer.param_groups]
    history, first = _resume(folder, network, center_loss, optimizer)
    bar = tqdm(total=config.epochs * n_batches, initial=first * n_batches, desc=words, unit=" updates")
    model.train()
    for epoch in range(first, config.epochs):
        started = time.perf_counter()
        with torch.random.fork_rng():
            torch.manual_seed(config.seed + 1_000_003 * epoch)
            for i, (rows, batch) in enumerate(_epoch_batches(source, config, epoch)):
                update = epoch * n_batches + i
                factor = rate_factor(update, config.epochs * n_batches, config.warmup)
                for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                    group["lr"] = peak * factor
                own = torch.from_numpy(classes[rows]).to(fabric.device)
                losses = _update(
                    model, center_loss, optimizer, fabric, batch.to(fabric.device), own, config, source
                )
                if not all(math.isfinite(value) for value in losses):
                    _refuse(losses, [photo_ids[row] for row in rows], epoch, folder)
                history.append(_history_row(epoch, update, losses, optimizer, time.perf_counter() - started))
                bar.update()
                bar.set_postfix(loss=f"{losses[0]:.3f}", refresh=False)
        _checkpoint(folder, network, center_loss, optimizer, history, epoch)
    bar.close()
    network.eval()
    network.cpu()
    center_loss.cpu()
    return pd.DataFrame(history)


def _epoch_batches(
    source: ViewSource, config: TrainingConfig, epoch: int
) -> Iterator[tuple[Int[np.ndarray, " B"], Tensor]]:
    """Every photo once in a new order, the rest that fills no batch left out; the next batch loads ahead."""
    generator = np.random.default_rng([config.seed, epoch])
    order = generator.permutation(len(source))
    n_batches = len(source) // config.batch_size
    chosen = [order[i * config.batch_size : (i + 1) * config.batch_size] for i in range(n_batches)]
    with ThreadPoolExecutor(1) as pool:  # one thread: views are drawn in order, so they repeat exactly
        waiting = pool.submit(source.batch, chosen[0], generator)
        for i, rows in enumerate(chosen):
            batch = waiting.result()
            if i + 1 < n_batches:
                waiting = pool.submit(source.batch, chosen[i + 1], generator)
            yield rows, batch


def _update(
    model, center_loss, optimizer, fabric, batch, classes, config, source
) -> tuple[float, float, float]:
    if batch.ndim == 4 and batch.is_floating_point():
        batch = batch.contiguous(memory_format=torch.channels_last)
    output = model(batch, source.from_stage)
    softmax_loss = torch.nn.functional.cross_entropy(
        output.logits, classes, label_smoothing=config.label_smoothing
    )
    pull = center_loss(output.embeddings, classes)
    loss = softmax_loss + config.center_weight * pull
    values = loss.item(), softmax_loss.item(), pull.item()
    if math.isfinite(values[0]):
        optimizer.zero_grad()
        fabric.backward(loss)
        optimizer.step()
        center_loss.update(output.embeddings, classes)
    return values


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


def _checkpoint(folder: Path, network, center_loss, optimizer, history: list[dict], epoch: int) -> None:
    """Whole or absent: a new folder, renamed when complete, then the old one goes."""
    from safetensors.torch import save_file

    with explain_full_disk(folder / "checkpoint"):
        unfinished = folder / "checkpoint.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        tensors = {f"network.{k}": v.contiguous() for k, v in network.state_dict().items()}
        save_file(
            {**tensors, "centers": center_loss.centers.contiguous()}, unfinished / "weights.safetensors"
        )
        torch.save(optimizer.state_dict(), unfinished / "optimizer.pt")
        save_table(unfinished / "history.parquet", pd.DataFrame(history))
        facts = {"epochs_done": epoch + 1, "class_ids": network.class_ids}
        atomic_write_text(unfinished / "checkpoint.json", json.dumps(facts))
        unfinished.rename(folder / f"checkpoint_{epoch + 1:04d}")
    for old in _checkpoints(folder)[:-1]:
        delete_tree(old)


def _checkpoints(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("checkpoint_*") if path.is_dir())


def _resume(folder: Path, network, center_loss, optimizer) -> tuple[list[dict], int]:
    from safetensors.torch import load_file

    found = _checkpoints(folder)
    if not found:
        return [], 0
    facts = json.loads((found[-1] / "checkpoint.json").read_text(encoding="utf-8"))
    if tuple(facts["class_ids"]) != network.class_ids:
        raise InputError(
            f"{found[-1]} was written for {len(facts['class_ids'])} classes, this network has "
            f"{len(network.class_ids)}, or in another order. Remove that folder to train anew."
        )
    tensors = load_file(found[-1] / "weights.safetensors")
    center_loss.centers.copy_(tensors.pop("centers"))
    network.load_state_dict({k.removeprefix("network."): v for k, v in tensors.items()}, strict=True)
    optimizer.load_state_dict(torch.load(found[-1] / "optimizer.pt", weights_only=True))
    return load_table(found[-1] / "history.parquet").to_dict("records"), facts["epochs_done"]
