"""Work on a Ray cluster of two machines that are one, with somebody who pulls a plug in the middle.

    python -m tests.faults.cluster_job embed|recognize PHOTOS WORKSPACE LOG nobody|worker|node|driver
    python -m tests.faults.cluster_job flood|poison LOG

Every shard that a worker begins or ends is a line of LOG: "begins 3 node pid". When two shards are stored,
`worker` kills a process that is at a shard, `node` the second machine while it is at one, `driver` this
process. `flood` has a slow reader of answers that together would fill the cluster's memory several times;
`poison` has a task that kills every worker.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from sightlab import pipeline_many
from sightlab.checks import InputError
from sightlab.data.manifest import Manifest
from sightlab.nets import cluster, embedding, embedding_ray
from sightlab.nets.network import create_network
from sightlab.workspace import Workspace
from tests.faults.jobs import NETWORK, SHARD, ready_to_recognize

SECONDS = 0.5  # that a shard takes at least, so that somebody is at work when the plug is pulled
SAYS = "cluster_job says"  # Ray prints lines of its own
NO_START = 75  # exit code: Ray itself did not come up
FLOOD = 40  # answers of 8 MB
STORE = 100 << 20  # bytes


def watched(work: Callable[..., dict], log: Path, seconds: float = SECONDS) -> Callable[..., dict]:
    """The work of a shard, with a word when it begins and ends, and where."""

    def do(task: dict, **settings) -> dict:
        import ray

        def say(what: str) -> None:
            node = ray.get_runtime_context().get_node_id()
            with open(log, "a", encoding="utf-8") as file:
                file.write(f"{what} {task['number']} {node} {os.getpid()}\n")

        say("begins")
        time.sleep(seconds)
        answer = work(task, **settings)
        say("ends")
        return answer

    return do


def busy(log: Path) -> list[tuple[str, int]]:
    """Machine and process of everybody who is at a shard."""
    lines = [line.split() for line in log.read_text().splitlines()] if log.is_file() else []
    ended = {(number, pid) for what, number, _, pid in lines if what == "ends"}
    begun = [(number, node, pid) for what, number, node, pid in lines if what == "begins"]
    return [(node, int(pid)) for number, node, pid in begun if (number, pid) not in ended]


def n_stored(workspace: Path) -> int:
    """Shards and parts that the driver has."""
    found = ("*.partial/shard_*.json", "*.partial/part_*.parquet")
    return sum(len(list(workspace.glob(f"artefacts/*/{names}"))) for names in found)


def pull_the_plug(victim: str, machines, second, workspace: Path, log: Path) -> None:
    """Waits in a thread until two shards are stored, then kills; a line "killed" says whom."""

    def wait_and_kill() -> None:
        while n_stored(workspace) < 2:
            time.sleep(0.01)
        if victim == "driver":
            os.kill(os.getpid(), signal.SIGKILL)
        while not (at_work := [who for who in busy(log) if victim == "worker" or who[0] == second.node_id]):
            time.sleep(0.01)
        node, pid = at_work[-1]
        if victim == "worker":
            os.kill(pid, signal.SIGKILL)
        else:
            machines.remove_node(second, allow_graceful=False)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"killed 0 {node} {pid}\n")

    threading.Thread(target=wait_and_kill, daemon=True).start()


def embed(photos: Path, workspace: Workspace, log: Path, where: cluster.Cluster) -> None:
    embedding.SHARD = SHARD
    embedding_ray.embed_shard = watched(embedding_ray.embed_shard, log)
    manifest = Manifest.read(photos)
    ids = manifest.photos["photo_id"].tolist()
    embedding.embed_photos(
        create_network(NETWORK), ids, manifest.paths(), workspace, "torch", None, cluster=where
    )


def recognize(photos: Path, workspace: Workspace, log: Path, where: cluster.Cluster) -> None:
    pipeline_many.SHARD = SHARD
    pipeline_many.recognize_shard = watched(pipeline_many.recognize_shard, log)
    paths = ready_to_recognize(photos, workspace)
    pipeline_many.recognize_into(
        workspace.root / "answers.csv", paths, workspace, cluster=where, engine="torch"
    )


def flood(log: Path) -> None:
    """Prints how many shards had begun when the first answer had been held for a while; and spilled files."""
    import ray

    def answer(task: dict, parts, threads: int) -> dict:
        return {"number": task["number"], "table": bytes(8 << 20), "refused": ""}

    ray.init("local", num_cpus=2, include_dashboard=False, object_store_memory=STORE, log_to_driver=False)
    tasks = ({"number": number} for number in range(FLOOD))
    answers = cluster.mapped(cluster.Cluster(cores=1), watched(answer, log, 0), tasks)
    whole = len(next(answers)["table"]) == 8 << 20
    time.sleep(8)
    n_begun = log.read_text().count("begins")
    rest = sum(len(answer["table"]) == 8 << 20 for answer in answers)
    session = Path(ray._private.worker._global_node.get_session_dir_path())
    n_spilled = sum(path.is_file() for path in session.glob("ray_spilled_objects*/**/*"))
    print(SAYS, n_begun, whole + rest, n_spilled)
    ray.shutdown()


def poison(log: Path) -> None:
    """Prints what is said of a task that no worker survives, and how often it was tried."""
    import ray

    def die(task: dict, parts, threads: int) -> dict:
        os.kill(os.getpid(), signal.SIGKILL)
        return {}

    ray.init("local", num_cpus=1, include_dashboard=False, log_to_driver=False)
    try:
        list(cluster.mapped(cluster.Cluster(cores=1), watched(die, log, 0), iter([{"number": 0}])))
    except InputError as error:
        print(SAYS, log.read_text().count("begins"), error)
    ray.shutdown()


def two_machines():
    """The cluster, and its second machine. Ends the process where Ray does not start, on a busy computer."""
    from ray.cluster_utils import Cluster as Machines

    try:
        machines = Machines(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        second = machines.add_node(num_cpus=1)
        machines.wait_for_nodes()
    except Exception as error:
        print(f"Ray did not start: {error}", file=sys.stderr)
        sys.exit(NO_START)
    return machines, second


def main(job: str, photos: Path, workspace: Path, log: Path, victim: str) -> None:
    import ray

    machines, second = two_machines()
    if victim != "nobody":
        pull_the_plug(victim, machines, second, workspace, log)
    work = {"embed": embed, "recognize": recognize}[job]
    work(photos, Workspace(workspace), log, cluster.Cluster(machines.address))
    ray.shutdown()
    machines.shutdown()


if __name__ == "__main__":
    if sys.argv[1] in ("flood", "poison"):
        {"flood": flood, "poison": poison}[sys.argv[1]](Path(sys.argv[2]))
    else:
        main(sys.argv[1], *map(Path, sys.argv[2:5]), sys.argv[5])
