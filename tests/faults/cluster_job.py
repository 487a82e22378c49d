"""Embedding on a Ray cluster of two machines that are one, with somebody who pulls a plug in the middle.

    python -m tests.faults.cluster_job PHOTOS WORKSPACE LOG node|driver|nobody

Every shard that a worker begins or ends is a line of LOG: "begins 3 node". With `node` the second machine is
killed while it is at a shard, with `driver` this process is, both after two shards are stored.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from sightlab.data.manifest import Manifest
from sightlab.nets import embedding, embedding_ray
from sightlab.nets.network import create_network
from sightlab.workspace import Workspace
from tests.faults.jobs import NETWORK

SHARD = 8
SECONDS = 0.5  # that a shard takes at least, so that somebody is at work when the plug is pulled
_embed_shard = embedding_ray.embed_shard


def watched(row: dict, log: str, **settings) -> dict:
    """`embed_shard` that says when it begins and ends, and where."""
    import ray

    def say(what: str) -> None:
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{what} {row['number']} {ray.get_runtime_context().get_node_id()}\n")

    say("begins")
    time.sleep(SECONDS)
    answer = _embed_shard(row, **settings)
    say("ends")
    return answer


def busy(log: Path, node: str) -> bool:
    """Whether a machine is at a shard."""
    lines = [line.split() for line in log.read_text().splitlines()] if log.is_file() else []
    mine = [what for what, _, where in lines if where == node]
    return mine.count("begins") > mine.count("ends")


def when_two_are_stored(workspace: Path, then: Callable[[], None]) -> None:
    """Does it from another thread, once."""

    def wait() -> None:
        while len(list(workspace.glob("artefacts/embed/*.partial/shard_*.json"))) < 2:
            time.sleep(0.01)
        then()

    threading.Thread(target=wait, daemon=True).start()


def main(photos: Path, workspace: Path, log: Path, victim: str) -> None:
    import ray
    from ray.cluster_utils import Cluster as Machines

    embedding.SHARD = SHARD
    embedding_ray.embed_shard = lambda row, **settings: watched(row, str(log), **settings)
    machines = Machines(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    second = machines.add_node(num_cpus=1)
    machines.wait_for_nodes()

    def kill_node() -> None:
        while not busy(log, second.node_id):
            time.sleep(0.01)
        machines.remove_node(second, allow_graceful=False)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"killed 0 {second.node_id}\n")

    if victim != "nobody":
        kill_driver = lambda: os.kill(os.getpid(), signal.SIGKILL)  # noqa: E731
        when_two_are_stored(workspace, kill_node if victim == "node" else kill_driver)
    manifest = Manifest.read(photos)
    ids, cluster = manifest.photos["photo_id"].tolist(), embedding_ray.Cluster(machines.address)
    embedding.embed_photos(
        create_network(NETWORK), ids, manifest.paths(), Workspace(workspace), "torch", None, cluster=cluster
    )
    ray.shutdown()
    machines.shutdown()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]), sys.argv[4])
