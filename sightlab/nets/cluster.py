"""Work on many machines: Ray Data carries shards of photos to workers and brings their answers back.

A worker is handed one shard, some photos by name, and does what the local path does with them, with as many
threads as Ray gave it cores. The driver gets each answer whole, in any order, and stores it: what a lost
worker was at goes to another one, and what a lost driver had stored is not computed again. The driver names
one wave of shards after the other, and Ray Data starts no more of them than there are cores and room for
their answers, so memory is bounded however many photos come.

Workers need sightlab installed and must see the photos under the same paths (a shared file system); the
workspace is the driver's alone. Members of a Ray cluster trust each other: keep its ports away from others.
"""

from __future__ import annotations

import logging
import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

import torch

from sightlab.checks import InputError, check_count
from sightlab.nets.engine import EngineChoice, available_cores, resolve_engine
from sightlab.workspace_records import file_size

CORES = 4  # of a worker, where its machine has so many
STORE = 512 << 20  # bytes of this machine's memory for shards on their way, where we start Ray ourselves
RETRIES = 8  # of a task whose worker was lost; a photo that kills every worker must not be tried for ever
AHEAD = 32  # tasks that are named ahead for each worker; it idles for half a task at the end of such a wave

Made = TypeVar("Made")
_ready: dict[tuple, object] = {}  # what this worker process has made; its next shards use it again


@dataclass(frozen=True)
class Cluster:
    """Where Ray computes."""

    address: str | None = (
        None  # "auto": the cluster that this machine is in; host:6379; None: this machine alone
    )
    cores: int | None = None  # of one worker, >= 1; None: 4, or as many as the smallest machine has

    def __post_init__(self):
        if self.cores is not None:
            check_count(self.cores, "cores", advice="A worker needs one core at least.")


def mapped(
    cluster: Cluster,
    work: Callable[..., dict],
    tasks: Iterator[dict],
    parts: object = None,
    settings: Mapping[str, object] | None = None,
    on_gpu: bool = False,
    ahead: int = AHEAD,
) -> Iterator[dict]:
    """What `work` makes of each task, in the order in which the answers become ready.

    Args:
        work: a function of a module, called by a worker as `work(task, parts=, threads=, **settings)`. Tasks
            and answers are plain columns: numbers, words, bytes, lists of these. An answer has the column
            `refused`: "", or why this worker must not compute.
        tasks: asked for a wave at a time.
        parts: what is large and the same for all; it travels once to each machine, see `fetched`.
        on_gpu: each worker gets one.
        ahead: tasks of a wave for each worker; fewer where tasks are large.
    Raises:
        InputError: Ray is not installed, there is no cluster at that address, no machine has so many cores, a
            worker refused, the cluster was lost, or one task lost every worker that tried it.
    """
    with connected(cluster) as ray:
        cores, n_workers = _cores_of_a_worker(ray, cluster)
        told = {**(settings or {}), "parts": ray.put(parts), "threads": cores}
        # max_calls=0: a worker process keeps its GPU and what it has made for the next shards
        asked = {
            "num_cpus": cores,
            "max_retries": RETRIES,
            **({"num_gpus": 1, "max_calls": 0} if on_gpu else {}),
        }
        with _failures_in_words(ray):
            while wave := list(islice(tasks, ahead * n_workers)):
                dataset = ray.data.from_items(wave, override_num_blocks=len(wave))
                dataset.context.enable_progress_bars = False
                for answer in dataset.map(work, fn_kwargs=told, **asked).iter_rows():
                    if answer["refused"]:
                        raise InputError(answer["refused"])
                    yield answer


def fetched(parts: object) -> object:
    """What the driver gave as `parts`, in a worker."""
    return require_ray().get(parts)


def prepared(key: tuple, threads: int, make: Callable[[], Made]) -> Made:
    """What `make` gives: made once by a worker process, and kept until another key is asked for.

    The one before goes first, since two networks may not fit a GPU. torch gets so many threads.
    """
    if (key, threads) not in _ready:
        _ready.clear()
        torch.set_num_threads(threads)
        _ready[key, threads] = make()
    return _ready[key, threads]


def photo_tasks(names: Sequence[str], paths: Sequence[Path], wanted: Mapping[int, slice]) -> Iterator[dict]:
    """What a worker must know of each shard of photos: number, names, paths, sizes.

    Args:
        wanted: rows of each shard, by its number.
    Returns:
        `sizes` are bytes as this machine sees the files; -1: no such file.
    """
    for number, rows in wanted.items():
        yield {
            "number": number,
            "names": [str(name) for name in names[rows]],
            "paths": [str(Path(path).absolute()) for path in paths[rows]],
            "sizes": [file_size(path) for path in paths[rows]],
        }


def why_other_engine(engine: str, choice: EngineChoice) -> str:
    """Why this machine would compute other numbers than the driver's; "" if it would not.

    Args:
        engine: its name, see `resolve_engine`.
        choice: what that is on the driver's machine.
    """
    here = resolve_engine(engine).name
    if here == choice.name:
        return ""
    return (
        f"expected every worker to compute with {choice.name}, as this machine does; {platform.node()} has "
        f"{here}, whose numbers differ. Start the command on a machine like the workers, or use like ones."
    )


def why_other_photos(task: Mapping) -> str:
    """Why this machine does not have the photos of a task as the driver has them; "" if it has."""
    for path, size in zip(task["paths"], task["sizes"], strict=True):
        here = file_size(Path(path))
        if here != size:
            return (
                f"expected {path} on {platform.node()} as it is on the machine of the command ({size:,} "
                f"bytes); got {here:,} (-1: no such file). Put the photos where all machines see them."
            )
    return ""


def _cores_of_a_worker(ray, cluster: Cluster) -> tuple[int, int]:
    """Cores of a worker, as asked for or as every machine has, and how many workers there is room for.

    A wish that no machine can grant would wait for ever.
    """
    found = [int(node["Resources"].get("CPU", 0)) for node in ray.nodes() if node["Alive"]]
    found = [n for n in found if n] or [0]
    if max(found) < (cluster.cores or 1):
        raise InputError(
            f"expected a machine with {cluster.cores or 1} cores in the cluster; the largest offers "
            f"{max(found)}. Give fewer cores to a worker, or start nodes with more (ray start --num-cpus)."
        )
    cores = cluster.cores or min(CORES, *found)
    return cores, sum(n // cores for n in found)


@contextmanager
def connected(cluster: Cluster):
    """Ray, connected to the cluster; a connection that the caller has already is used and left open.

    Raises:
        InputError: Ray is not installed or does not start, or there is no cluster at that address.
    """
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
