"""What a trunk costs: parameters, multiplications, memory, and speed, for any timm network.

Size and multiplications are counted on torch's meta device, which computes nothing. Speed is given per second
of *processor time of one thread*, so that other work on the machine does not count.

Source: the four trunks Boiarov & Tyantov 2019 (article); the way to measure: ours.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pandas as pd

from sightlab.checks import InputError, check_count

# name in the article -> name in timm
ARTICLE_TRUNKS = {
    "ResNet-50": "resnet50",
    "ResNet-200": "resnet200",
    "SE-ResNeXt-101": "seresnext101_32x4d",
    "WRN-50-2": "wide_resnet50_2",
}


def trunk_sizes(trunks: Sequence[str], size: int = 224) -> pd.DataFrame:
    """Counted costs of each trunk, without its classifier.

    Args:
        trunks: timm names.
        size: side of the photo, pixels.
    Returns:
        trunk, parameters, gflops (multiply-adds of one photo, in 1e9), megabytes (weights in float32).
    Raises:
        InputError: a name that timm does not know.
    """
    import timm
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    rows = []
    for name in trunks:
        if not timm.is_model(name):
            raise InputError(f"trunk={name!r} is no timm network. See timm.list_models().")
        with torch.device("meta"):
            trunk = timm.create_model(name, num_classes=0).eval()
            counter = FlopCounterMode(display=False)
            with counter, torch.no_grad():
                trunk(torch.empty(1, 3, size, size))
        n = sum(p.numel() for p in trunk.parameters())
        gflops = counter.get_total_flops() / 2e9  # a multiply-add counts twice there
        rows.append({"trunk": name, "parameters": n, "gflops": gflops, "megabytes": 4 * n / 2**20})
    return pd.DataFrame(rows)


def trunk_speeds(
    trunks: Sequence[str], size: int = 224, batch: int = 2, repeats: int = 3, training: bool = True
) -> pd.DataFrame:
    """Photos per second of processor time, one thread, forward and training, the trunks in turn.

    Args:
        trunks: timm names; weights are random, which costs the same.
        size: side of the photos, pixels.
        batch: photos at a time.
        repeats: rounds; every round asks each trunk once, so that a slow minute hits all alike.
        training: measure forward + backward, too.
    Returns:
        trunk, forward, forward_low, forward_high, and the same for training: photos per second, the median
        over the rounds and their extremes.
    """
    import timm
    import torch

    check_count(batch, "batch")
    check_count(repeats, "repeats")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        photos = torch.randn(batch, 3, size, size).contiguous(memory_format=torch.channels_last)
        models = {
            name: timm.create_model(name, num_classes=0).to(memory_format=torch.channels_last)
            for name in trunks
        }
        seconds: dict[tuple[str, str], list[float]] = {}
        for round_ in range(repeats + 1):
            for name, model in models.items():
                for kind in ("forward", "training")[: 1 + training]:
                    spent = _seconds(model, photos, kind)
                    if round_:  # the first round warms up
                        seconds.setdefault((name, kind), []).append(spent)
    finally:
        torch.set_num_threads(threads)
    rows = []
    for name in trunks:
        row: dict[str, object] = {"trunk": name}
        for kind in ("forward", "training")[: 1 + training]:
            speed = batch / np.array(seconds[name, kind])
            row |= {kind: float(np.median(speed)), f"{kind}_low": speed.min(), f"{kind}_high": speed.max()}
        rows.append(row)
    return pd.DataFrame(rows)


def _seconds(model, photos, kind: str) -> float:
    import torch

    started = time.thread_time()
    if kind == "forward":
        model.eval()
        with torch.inference_mode():
            model(photos)
    else:
        model.train()
        model(photos).mean().backward()
        model.zero_grad(set_to_none=True)
    return time.thread_time() - started
