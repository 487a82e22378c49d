"""Many processes as one: the same batches, the same batch norm, the same loss curve.

    torchrun --nproc-per-node 2 my_training.py        # which calls `train`

Each process computes its share of every global batch. Batch norm takes mean and variance over all shares, so
the number of processes is no setting of the training: on CPUs (gloo) as on GPUs (nccl).
Source: ours; torch's SyncBatchNorm does the same on GPUs only.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
import torch.distributed as dist
from torch import Tensor, nn

from sightlab.checks import InputError

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def process_team(batch_size: int) -> Fabric:
    """This process's place among those that torchrun has started; alone where it has started none.

    Args:
        batch_size: photos of a global batch.
    Raises:
        InputError: a batch that cannot be shared evenly.
    """
    from lightning_fabric import Fabric

    n_processes = int(os.environ.get("WORLD_SIZE", 1)) if "LOCAL_WORLD_SIZE" in os.environ else 1
    if n_processes == 1:
        return Fabric(accelerator="auto", devices=1)
    if batch_size % n_processes:
        raise InputError(
            f"batch_size={batch_size} cannot be shared by {n_processes} processes evenly. Choose a multiple."
        )
    local = int(os.environ["LOCAL_WORLD_SIZE"])
    fabric = Fabric(accelerator="auto", devices=local, num_nodes=n_processes // local, strategy="ddp")
    fabric.launch()
    return fabric


@contextmanager
def shared_batch_norm(network: nn.Module, n_processes: int) -> Iterator[None]:
    """While it lasts, batch norm in training mode is over the photos of all processes."""
    changed = []
    if n_processes > 1:
        for module in network.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                changed.append((module, module.__class__))
                module.__class__ = type(f"Shared{module.__class__.__name__}", (_Shared, module.__class__), {})
    try:
        yield
    finally:
        for module, own in changed:
            module.__class__ = own


class _Shared:
    """Mixed into a batch norm, timm's with its activation included."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        y = _normalized(self, x)
        return self.act(self.drop(y)) if hasattr(self, "act") else y


def _normalized(module, x: Tensor) -> Tensor:
    """Batch norm by the sums of all processes; moves the running statistics as torch does."""
    from torch.distributed.nn.functional import all_reduce

    dims = [0, *range(2, x.ndim)]
    sums = torch.stack([x.double().sum(dims), x.double().pow(2).sum(dims)])
    sums = all_reduce(sums)  # its gradient is shared, too
    n = x.numel() // x.shape[1] * dist.get_world_size()
    mean = sums[0] / n
    variance = sums[1] / n - mean.pow(2)
    with torch.no_grad():
        module.num_batches_tracked += 1
        for running, value in (
            (module.running_mean, mean),
            (module.running_var, variance * n / (n - 1)),  # the unbiased one
        ):
            running.lerp_(value.to(running), module.momentum)
    shape = [1, -1, *[1] * (x.ndim - 2)]
    scale = (module.weight * (variance + module.eps).rsqrt()).to(x.dtype)
    shift = (module.bias - mean * scale).to(x.dtype)
    return x * scale.view(shape) + shift.view(shape)
