"""Checkpoints of a training: whole or absent, and refused by name when they belong to another one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd
import torch

from sightlab.checks import InputError
from sightlab.nets.losses import CenterLoss
from sightlab.nets.network import LandmarkNet
from sightlab.workspace import atomic_write_text, explain_full_disk, load_table, save_table
from sightlab.workspace_files import delete_tree


@dataclass(frozen=True)
class TrainingIdentity:
    """What a checkpoint and the training that continues it must have in common."""

    class_ids: tuple[str, ...]
    network: dict  # settings of the network
    training: dict  # settings of the training
    n_photos: int
    n_processes: int

    @classmethod
    def of(
        cls, network: LandmarkNet, config, n_photos: int, n_processes: int, n_updates: int | None = None
    ) -> TrainingIdentity:
        """Of a training of whole epochs, or, with `n_updates`, of so many updates."""
        training = asdict(config) | ({} if n_updates is None else {"n_updates": n_updates})
        return cls(network.class_ids, asdict(network.config), training, n_photos, n_processes)

    def refuse(self, other: TrainingIdentity, folder: Path) -> None:
        """Raises where `other`, read from a checkpoint in `folder`, is not this training.

        Raises:
            InputError: says which of the five differ, and how; of classes, the first that does.
        """
        if other.class_ids != self.class_ids:
            differ = _first_difference(other.class_ids, self.class_ids)
            raise InputError(
                f"{folder} is of another list of classes: {differ}. Remove that folder to train anew."
            )
        if other.n_processes != self.n_processes:
            raise InputError(
                f"{folder} was written by {other.n_processes} processes, this run has {self.n_processes}; "
                "it would end with other weights. Start as many, or remove that folder to train anew."
            )
        for what in ("network", "training"):
            theirs, ours = getattr(other, what), getattr(self, what)
            changed = [k for k in sorted({*theirs, *ours}) if theirs.get(k) != ours.get(k)]
            if changed:
                listed = ", ".join(f"{k} {theirs.get(k)!r} instead of {ours.get(k)!r}" for k in changed)
                raise InputError(
                    f"{folder} is of another {what}: {listed}. Remove that folder to train anew."
                )
        if other.n_photos != self.n_photos:
            raise InputError(
                f"{folder} is of a training on {other.n_photos:,} photos, this one has {self.n_photos:,}. "
                "Remove that folder to train anew."
            )


def _first_difference(theirs: Sequence[str], ours: Sequence[str]) -> str:
    """The first place at which a list of classes, read from a checkpoint, is not this network's, in words."""
    sizes = f"it has {len(theirs):,}, this network {len(ours):,}"
    for i, (their, our) in enumerate(zip(theirs, ours, strict=False)):
        if their != our:
            return f"class number {i} is {their!r} there and {our!r} here ({sizes})"
    n = min(len(theirs), len(ours))
    owner, rest = ("there", theirs) if len(theirs) > n else ("here", ours)
    return f"class number {n}, {rest[n]!r}, is only {owner} ({sizes})"


def write_checkpoint(
    folder: Path,
    identity: TrainingIdentity,
    network: LandmarkNet,
    center_loss: CenterLoss,
    optimizer: torch.optim.Optimizer,
    history: list[dict],
    epochs_done: int,
    last_batch: Sequence[str] = (),
) -> None:
    """Whole or absent: a new folder, renamed when complete, then the old one goes.

    Args:
        epochs_done: so far, >= 1.
        last_batch: photo_ids of the last update, for the error that broken weights deserve.
    Raises:
        InputError: a weight or a center that is not finite. Nothing is written, the last checkpoint stays.
    """
    from safetensors.torch import save_file

    _check_finite(folder, network, center_loss, epochs_done, last_batch)
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
        facts = {"epochs_done": epochs_done, **asdict(identity)}
        atomic_write_text(unfinished / "checkpoint.json", json.dumps(facts))
        unfinished.rename(folder / f"checkpoint_{epochs_done:04d}")
    for old in checkpoints(folder)[:-1]:
        delete_tree(old)


def _check_finite(
    folder: Path, network: LandmarkNet, center_loss: CenterLoss, epochs_done: int, last_batch: Sequence[str]
) -> None:
    """Refuses NaN and infinity: the loss was finite before the last update, which nothing has judged."""
    tensors = {**network.state_dict(), "centers": center_loss.centers}
    broken = [name for name, tensor in tensors.items() if not tensor.isfinite().all()]
    if not broken:
        return
    kept = checkpoints(folder)
    last = f"The last good checkpoint, {kept[-1]}, stays" if kept else f"{folder} has no checkpoint yet"
    batch = f" Photos of the last batch: {', '.join(last_batch)}." if last_batch else ""
    raise InputError(
        f"weights must be finite; {broken[0]} holds NaN or infinity after epoch {epochs_done} ({len(broken)} "
        f"of {len(tensors)} tensors do), though every loss was finite.{batch} {last}; nothing was written. "
        "Lower learning_rate or center_weight, or look at these photos, then run again."
    )


def checkpoints(folder: Path) -> list[Path]:
    """The complete ones, oldest first."""
    return sorted(path for path in folder.glob("checkpoint_*") if path.is_dir())


def read_checkpoint(
    folder: Path,
    identity: TrainingIdentity,
    network: LandmarkNet,
    center_loss: CenterLoss,
    optimizer: torch.optim.Optimizer,
) -> tuple[list[dict], int]:
    """Puts network, centers and optimizer where the newest checkpoint left them.

    Returns:
        The history so far, and the epochs done; nothing and 0 without a checkpoint.
    Raises:
        InputError: the checkpoint is of another training (see `TrainingIdentity.refuse`).
    """
    from safetensors.torch import load_file

    found = checkpoints(folder)
    if not found:
        return [], 0
    facts = json.loads((found[-1] / "checkpoint.json").read_text(encoding="utf-8"))
    epochs_done = facts.pop("epochs_done")
    facts["class_ids"] = tuple(facts["class_ids"])
    try:
        other = TrainingIdentity(**facts)
    except TypeError:
        raise InputError(
            f"{found[-1]} was written by another version of sightlab. Remove that folder to train anew."
        ) from None
    identity.refuse(other, found[-1])
    tensors = load_file(found[-1] / "weights.safetensors")
    center_loss.centers.copy_(tensors.pop("centers"))
    network.load_state_dict({k.removeprefix("network."): v for k, v in tensors.items()}, strict=True)
    optimizer.load_state_dict(torch.load(found[-1] / "optimizer.pt", weights_only=True))
    return load_table(found[-1] / "history.parquet").to_dict("records"), epochs_done
