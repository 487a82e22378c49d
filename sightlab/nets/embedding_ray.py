"""Embedding on many machines: Ray Data carries shards to workers and brings their rows back.

A worker is handed one shard, 1,024 photos by name, and does what the local path does with it, with as many
threads as Ray gave it cores. The driver stores each shard whole as it arrives, in any order: what a lost
worker was at goes to another one, and what a lost driver had stored is not computed again. Ray Data starts
no more shards than there are cores and room for their rows, so memory is bounded however many photos come.

Workers need sightlab installed and must see the photos under the same paths (a shared file system); the
workspace is the driver's alone. Members of a Ray cluster trust each other: keep its ports away from others.

Shapes: n photos of a shard, D embedding size.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm.auto import tqdm

from sightlab.checks import InputError, check_count
from sightlab.nets.embedding import Embedder
from sightlab.nets.embedding_shards import Shard, embedded_shards, photo_bar
from sightlab.nets.engine import Engine, available_cores, compile_engine, resolve_engine
from sightlab.nets.network import LandmarkNet, network_key
from sightlab.nets.photo_stream import Timing

CORES = 4  # of a worker, where its machine has so many
STORE = 512 << 20  # bytes of this machine's memory for shards on their way, where we start Ray ourselves

_ready: dict[
    tuple, tuple[Engine, int]
] = {}  # the compiled network of this worker process; the next shards use it again


@dataclass(frozen=True)
class Cluster:
    """Where embeddings are computed by Ray."""

    address: str | None = (
        None  # "auto": the cluster that this machine is in; host:6379; None: this machine alone
    )
    cores: int | None = None  # of one worker, >= 1; None: 4, or as many as the smallest machine has

    def __post_init__(self):
        if self.cores is not None:
            check_count(self.cores, "cores", advice="A worker needs one core at least.")


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
        InputError: Ray is not installed, there is no cluster at that address, no machine has so many cores, a
            worker does not see the photos or computes otherwise, or the cluster was lost.
    """
    if not isinstance(engine, str):
        raise InputError('workers compile the network themselves: give engine as a name, like "auto".')
    choice, started = resolve_engine(engine), time.perf_counter()
    with _connected(cluster) as ray:
        cores = _cores_of_a_worker(ray, cluster)
        settings = {
            "network": ray.put(deepcopy(network).cpu()),
            "key": network_key(network),
            "engine": (engine, choice.name),
            "threads": cores,
        }
        dataset = ray.data.from_items(_tasks(photo_ids, paths, wanted), override_num_blocks=len(wanted))
        dataset.context.enable_progress_bars = False
        # max_calls=0: a worker process keeps its GPU and its compiled network for the next shards
        on_gpu = {"num_gpus": 1, "max_calls": 0} if choice.device == "cuda" else {}
        answers = dataset.map(embed_shard, fn_kwargs=settings, num_cpus=cores, **on_gpu)
        with _failures_in_words(ray):
            for answer in answers.iter_rows():
                if answer["refused"]:
                    raise InputError(answer["refused"])
                shard = _received(answer, network.unit_dim)
                bar.update(len(shard.photo_ids) + len(shard.problems))
                _count(timing, shard, json.loads(answer["timing"]), time.perf_counter() - started)
                yield answer["number"], shard


def embed_shard(row: dict, network, key: str, engine: tuple[str, str], threads: int) -> dict:
    """What a worker does with one shard: plain columns in, plain columns out.

    Args:
        row: number, photo_ids, paths, sizes (bytes, as the driver sees the files; -1: no such file).
        network: a LandmarkNet, or where Ray keeps it.
        key: of the network.
        engine: its name, and what that stands for on the driver's machine.
        threads: cores of this worker.
    Returns:
        number, photo_ids and problems (JSON), vectors (bytes of float32), timing (JSON), refused: "", or why
        this worker must not compute.
    """
    answer = {
        "number": int(row["number"]),
        "photo_ids": "[]",
        "problems": "{}",
        "vectors": b"",
        "timing": "[]",
    }
    photo_ids, paths = [str(p) for p in row["photo_ids"]], [Path(path) for path in row["paths"]]
    refused = _why_not(paths, row["sizes"], *engine)
    if refused:
        return {**answer, "refused": refused}
    if (key, engine, threads) not in _ready:
        torch.set_num_threads(threads)
        network = network if isinstance(network, LandmarkNet) else require_ray().get(network)
        size = network.config.input_size
        _ready.clear()
        _ready[key, engine, threads] = compile_engine(Embedder(network), size, engine[0], threads), size
    compiled, size = _ready[key, engine, threads]
    timing = Timing()
    with photo_bar(0, 0, None) as bar:
        whole = [slice(0, len(paths))]
        [shard] = embedded_shards(compiled, photo_ids, paths, whole, size, bar, timing, threads)
    return {
        **answer,
        "photo_ids": json.dumps(shard.photo_ids),
        "problems": json.dumps(shard.problems),
        "vectors": np.ascontiguousarray(shard.vectors, np.float32).tobytes(),
        "timing": json.dumps([timing.decode, timing.resize, timing.waited]),
        "refused": "",
    }


def _tasks(photo_ids: Sequence[str], paths: Sequence[Path], wanted: dict[int, slice]) -> list[dict]:
    """What a worker must know of each shard."""
    return [
        {
            "number": number,
            "photo_ids": [str(photo_id) for photo_id in photo_ids[rows]],
            "paths": [str(Path(path).absolute()) for path in paths[rows]],
            "sizes": [_size(path) for path in paths[rows]],
        }
        for number, rows in wanted.items()
    ]


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


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def _why_not(paths: Sequence[Path], sizes: Sequence[int], engine: str, name: str) -> str:
    """Why this machine would give other rows than the driver's; "" if it would not."""
    here, machine = resolve_engine(engine).name, platform.node()
    if here != name:
        return (
            f"expected every worker to compute with {name}, as this machine does; {machine} has {here}, "
            "whose numbers differ. Start the command on a machine like the workers, or use like ones."
        )
    for path, size in zip(paths, sizes, strict=True):
        if _size(path) != size:
            return (
                f"expected {path} on {machine} as it is on the machine of the command ({size:,} bytes); got "
                f"{_size(path):,} (-1: no such file). Put the photos where all machines see them."
            )
    return ""


def _cores_of_a_worker(ray, cluster: Cluster) -> int:
    """As asked for, or as every machine has; a wish that no machine can grant would wait for ever."""
    found = [int(node["Resources"].get("CPU", 0)) for node in ray.nodes() if node["Alive"]]
    found = [n for n in found if n] or [0]
    if cluster.cores is None and max(found):
        return min(CORES, *found)
    if max(found) < (cluster.cores or 1):
        raise InputError(
            f"expected a machine with {cluster.cores or 1} cores in the cluster; the largest offers "
            f"{max(found)}. Give fewer cores to a worker, or start nodes with more (ray start --num-cpus)."
        )
    return cluster.cores


@contextmanager
def _connected(cluster: Cluster):
    """Ray, connected to the cluster; a connection that the caller has already is used and left open."""
    ray = require_ray()
    if ray.is_initialized():
        yield ray
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent to anybody unless asked
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        if cluster.address is None:
            n = available_cores()
            ray.init("local", num_cpus=n, include_dashboard=False, object_store_memory=STORE, **quiet)
        else:
            ray.init(cluster.address, **quiet)
    except ConnectionError as error:
        raise InputError(
            f"expected a Ray cluster at address {cluster.address!r}; none answers. Start one with `ray start "
            "--head`, give its host:port, or leave the address out to use this machine alone."
        ) from error
    except Exception as error:  # a busy machine, an odd address: Ray has no kind of its own for these
        raise InputError(
            f"expected Ray to start; it did not ({_first_line(error)}). Give the same command again, on a "
            "machine that is less busy or with another address."
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()


@contextmanager
def _failures_in_words(ray):
    try:
        yield
    except ray.exceptions.RayTaskError:
        raise  # a bug: with the traceback of the worker
    except ray.exceptions.RayError as error:
        raise InputError(
            f"expected a cluster that stays up; it was lost ({_first_line(error)}). What was "
            "finished is kept in the workspace: give the same command again to continue."
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def require_ray():
    """The package ray.

    Raises:
        InputError: it is not installed; names the extra.
    """
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise InputError(
            "--engine ray needs the package ray, which is not installed: pip install 'sightlab[cluster]', or "
            "leave it out to compute in this process."
        ) from error
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    return ray
