"""How much of a bare training step `train` keeps: reading views, losses, history and checkpoints around it.

python benchmarks/bench_train.py

Both train the late stages of lite0 as profile `photos` does, on maps behind the frozen stem. `train` reads
them from a cache on disk and does all its bookkeeping; the bare loop has one batch in memory and does nothing
but forward, loss, backward and the update. 24 updates make an epoch, as in the shortest stage of a run on
4,000 photos; a shorter one would weigh the checkpoint, one an epoch, more than any run does.
"""

import argparse
import json
import tempfile
from copy import deepcopy
from itertools import count
from pathlib import Path

from measuring import Row, finish, fix_threads, parser_of, per_second, take_turns, times_better

N_LANDMARKS = 45


def draw_cache(folder: Path, n_photos: int, network):
    """Two views of each photo, as `view_source` would have stored them."""
    import numpy as np
    import torch

    from sightlab.learning.augmented import SHARD, CachedViews
    from sightlab.nets.backbones import trunk_stages

    frozen, size = network.config.frozen_stages, network.config.input_size
    with torch.no_grad():
        x = network.normalize(torch.zeros(1, size, size, 3, dtype=torch.uint8))
        for stage in trunk_stages(network.trunk)[:frozen]:
            x = stage(x)
    rng, n_shards = np.random.default_rng(0), -(-n_photos // SHARD)
    for number in range(n_shards):
        n = min(SHARD, n_photos - number * SHARD)
        maps = rng.random((n, 2, *x.shape[1:]), dtype=np.float32).astype(np.float16)
        np.save(folder / f"shard_{number:05d}.npy", maps)
    (folder / "views.json").write_text(json.dumps({"n_photos": n_photos, "n_shards": n_shards}))
    return CachedViews(folder, from_stage=frozen)


def bare_loop(network, source, classes, config, n_updates: int) -> None:
    """Updates with one batch that lies in memory."""
    import numpy as np
    import torch

    from sightlab.nets.losses import CenterLoss

    network.train()
    network.to(memory_format=torch.channels_last)
    centers = CenterLoss(N_LANDMARKS, network.config.embedding_dim)
    rate = config.learning_rate
    groups = network.parameter_groups(config.trunk_ratio * rate, rate, rate, config.weight_decay)
    optimizer = torch.optim.AdamW(groups, fused=True)
    batch = source.batch(np.arange(config.batch_size), np.random.default_rng(0))
    batch = batch.contiguous(memory_format=torch.channels_last)
    own = torch.from_numpy(classes[: config.batch_size])
    for _ in range(n_updates):
        output = network(batch, source.from_stage)
        loss = torch.nn.functional.cross_entropy(output.logits, own, label_smoothing=config.label_smoothing)
        loss = loss + config.center_weight * centers(output.embeddings, own)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        centers.update(output.embeddings, own)


def measure(settings: argparse.Namespace, folder: Path) -> tuple[list[Row], dict]:
    import numpy as np
    import torch

    from sightlab.learning.training import TrainingConfig, train
    from sightlab.nets.losses import CenterLoss
    from sightlab.nets.network import create_network
    from sightlab.profiles import get_profile

    torch.set_num_threads(settings.threads)
    torch.manual_seed(0)
    network = create_network(get_profile("photos").curriculum.network)
    dim = network.config.embedding_dim
    network.grow(tuple(f"landmark_{i:02d}" for i in range(N_LANDMARKS)), torch.randn(N_LANDMARKS, dim))
    config = TrainingConfig(epochs=1)
    n = settings.updates * config.batch_size
    source = draw_cache(folder, n, network)
    classes = np.random.default_rng(1).integers(0, N_LANDMARKS + 1, n)
    names, turns = [str(row) for row in range(n)], count()

    def ours():
        place = folder / f"run_{next(turns)}"
        place.mkdir()
        train(deepcopy(network), CenterLoss(N_LANDMARKS, dim), source, classes, names, config, place)

    def bare():
        bare_loop(deepcopy(network), source, classes, config, settings.updates)

    seconds = take_turns({"train": ours, "bare": bare}, settings.rounds)
    ratio, spread = times_better(seconds["train"], seconds["bare"])
    speed = per_second(n, seconds)
    what = "train the late stages of lite0 at 224 px"
    rival, key = "bare loop of the same step", "train_vs_bare_step"
    row = Row(what, speed["train"], rival, speed["bare"], "photos/s", ratio, key, spread)
    numbers = {"train_photos_per_second": speed["train"], "bare_step_photos_per_second": speed["bare"]}
    return [row], numbers


def main() -> None:
    settings = parser_of(__doc__.splitlines()[0], updates=24, rounds=3).parse_args()
    settings.threads = fix_threads(settings.threads)
    with tempfile.TemporaryDirectory() as folder:
        rows, numbers = measure(settings, Path(folder))
    finish(rows, numbers, settings.out)


if __name__ == "__main__":
    main()
