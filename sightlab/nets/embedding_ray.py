"""Embedding on many machines, see `cluster.py`: shards of 1,024 photos, stored by the driver as they arrive.

Shapes: n photos of a shard, D embedding size.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from sightlab.checks import InputError
from sightlab.nets.cluster import (
    Cluster,
    fetched,
    mapped,
    photo_tasks,
    prepared,
    why_other_engine,
    why_other_photos,
)
from sightlab.nets.embedding import Embedder
from sightlab.nets.embedding_shards import Shard, embedded_shards, photo_bar
from sightlab.nets.engine import Engine, EngineChoice, compile_engine, resolve_engine
from sightlab.nets.network import LandmarkNet, network_key
from sightlab.nets.photo_stream import Timing


def embedded_by_ray(
    cluster: Cluster,
    network: LandmarkNet,
    engine: str | Engine,
    photo_ids: Sequence[str],
    paths: Sequence[Path],
    wanted: dict[int, slice],
    bar: tqdm,
    timing: Timing,
) -> Iterator[tuple[int, Shard]]:
    """The wanted shards by their numbers, in the order in which they become ready.

    Args:
        engine: a name, see `resolve_engine`; every worker must come to the same answer as this machine.
        wanted: rows of each shard.
    Raises:
        InputError: see `mapped`; workers refuse photos that they do not see, and another engine.
    """
    if not isinstance(engine, str):
        raise InputError('workers compile the network themselves: give engine as a name, like "auto".')
    choice, started = resolve_engine(engine), time.perf_counter()
    settings = {"key": network_key(network), "engine": engine, "choice": choice}
    tasks = photo_tasks(photo_ids, paths, wanted)
    on_gpu = choice.device == "cuda"
    for answer in mapped(cluster, embed_shard, tasks, deepcopy(network).cpu(), settings, on_gpu):
        shard = _received(answer, network.unit_dim)
        bar.update(len(shard.photo_ids) + len(shard.problems))
        _count(timing, shard, json.loads(answer["timing"]), time.perf_counter() - started)
        yield answer["number"], shard


def embed_shard(task: dict, parts, key: str, engine: str, choice: EngineChoice, threads: int) -> dict:
    """What a worker does with one shard: plain columns in, plain columns out.

    Args:
        task: of `photo_tasks`.
        parts: the network, `fetched` when it is needed.
        key: of the network.
        engine: its name, and what that stands for on the driver's machine.
        threads: cores of this worker.
    Returns:
        number, photo_ids and problems (JSON), vectors (bytes of float32), timing (JSON), refused: "", or why
        this worker must not compute.
    """
    number = int(task["number"])
    answer = {"number": number, "photo_ids": "[]", "problems": "{}", "vectors": b"", "timing": "[]"}
    refused = why_other_engine(engine, choice) or why_other_photos(task)
    if refused:
        return {**answer, "refused": refused}

    def compiled() -> tuple[Engine, int]:
        network = fetched(parts)
        size = network.config.input_size
        return compile_engine(Embedder(network), size, engine, threads), size

    ready, size = prepared(("embed", key, engine), threads, compiled)
    photo_ids, paths, timing = list(task["names"]), [Path(path) for path in task["paths"]], Timing()
    with photo_bar(0, 0, None) as bar:
        whole = [slice(0, len(paths))]
        [shard] = embedded_shards(ready, photo_ids, paths, whole, size, bar, timing, threads)
    return {
        **answer,
        "photo_ids": json.dumps(shard.photo_ids),
        "problems": json.dumps(shard.problems),
        "vectors": np.ascontiguousarray(shard.vectors, np.float32).tobytes(),
        "timing": json.dumps([timing.decode, timing.resize, timing.waited]),
        "refused": "",
    }


def _received(answer: dict, dim: int) -> Shard:
    vectors = np.frombuffer(answer["vectors"], np.float32).reshape(-1, dim)
    return Shard(json.loads(answer["photo_ids"]), vectors, json.loads(answer["problems"]))


def _count(timing: Timing, shard: Shard, told: list[float], seconds: float) -> None:
    decode, resize, waited = told
    timing.n_photos += len(shard.photo_ids)
    timing.decode += decode
    timing.resize += resize
    timing.waited += waited
    timing.seconds = seconds
