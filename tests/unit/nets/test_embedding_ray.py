"""What a worker of a cluster does with a shard, and what the driver does with the answers; without a cluster.

Ray is played by `FakeRay`, which answers last shard first. A real cluster is in tests/faults/test_cluster.py.
"""

import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from sightlab.checks import InputError
from sightlab.nets import embedding, embedding_ray
from sightlab.nets import engine as engine_module
from sightlab.nets.embedding import embed_photos
from sightlab.nets.embedding_ray import Cluster, embed_shard
from sightlab.nets.engine import resolve_engine
from sightlab.nets.network import network_key
from sightlab.nets.photo_stream import Timing
from sightlab.workspace import Workspace


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Eleven files, not square; the sixth is no photo."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for i in range(11):
        Image.fromarray(rng.integers(0, 256, (70 + i, 90, 3), dtype=np.uint8)).save(folder / f"p{i:02d}.png")
    (folder / "p05.png").write_text("no photo")
    return sorted(folder.iterdir())


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    """Three photos a shard; a worker sets the threads of its process, which is ours here."""
    monkeypatch.setattr(embedding, "SHARD", 3)
    monkeypatch.setattr(embedding_ray, "_ready", {})
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


class FakeRay:
    """As much of Ray as the driver uses: the work is done when its answer is asked for, last shard first."""

    class RayError(Exception): ...

    class RayTaskError(RayError): ...

    def __init__(self, cpus=(1,), lost_after=None, machine=None, start=None):
        self.exceptions, self.data, self.start = self, self, start
        self.cpus, self.lost_after, self.machine = cpus, lost_after, machine
        self.done, self.asked = [], {}

    def is_initialized(self):
        return self.start is None

    def init(self, address, **settings):
        self.asked = {"address": address, **settings}
        if isinstance(self.start, Exception):
            raise self.start

    def shutdown(self):
        self.done.append("shutdown")

    def nodes(self):
        return [{"Alive": True, "Resources": {"CPU": n}} for n in self.cpus] + [{"Alive": False}]

    def put(self, network):
        return network

    def from_items(self, rows, override_num_blocks):
        assert override_num_blocks == len(rows)
        return SimpleNamespace(
            context=SimpleNamespace(enable_progress_bars=True), map=lambda *a, **kw: self._map(rows, *a, **kw)
        )

    def _map(self, rows, work, fn_kwargs, **asked):
        self.asked = asked

        def answers():
            for row in rows[::-1]:
                if len(self.done) == self.lost_after:
                    raise self.RayError("the head node is gone\nand more lines")
                json.dumps(row)  # plain values only
                self.done.append(row["number"])
                yield (self.machine or work)(row, **fn_kwargs)

        return SimpleNamespace(iter_rows=answers)


@pytest.fixture
def play(monkeypatch):
    def start(**choice):
        ray = FakeRay(**choice)
        monkeypatch.setattr(embedding_ray, "require_ray", lambda: ray)
        return ray

    return start


def embed(network, paths, workspace=None, cluster=None, **choice):
    ids = [path.stem for path in paths]
    return embed_photos(network, ids, paths, workspace, "torch", None, cluster=cluster, **choice)


def assert_same(one, other):
    assert one.photo_ids.tolist() == other.photo_ids.tolist()
    assert one.problems == other.problems
    assert one.key == other.key
    np.testing.assert_allclose(one.vectors, other.vectors, atol=1e-6)


@pytest.mark.parametrize("is_stored", [True, False])
def test_the_table_is_the_local_one_in_whatever_order_shards_arrive(
    network, files, play, tmp_path, is_stored
):
    ray, timing = play(), Timing()
    places = [Workspace(tmp_path / name) if is_stored else None for name in ("local", "ray")]
    local = embed(network, files, places[0])
    found = embed(network, files, places[1], Cluster(), timing=timing)
    assert ray.done == [3, 2, 1, 0]
    assert_same(found, local)
    assert found.problems == {"p05": "not an image"}
    assert timing.n_photos == 10
    assert timing.decode > 0
    assert timing.seconds > 0


def test_a_lost_cluster_is_said_and_finished_shards_are_not_computed_again(network, files, play, tmp_path):
    workspace = Workspace(tmp_path / "ws")
    play(lost_after=2)
    with pytest.raises(InputError, match=r"it was lost \(the head node is gone\).*same command again"):
        embed(network, files, workspace, Cluster())
    ray = play()
    found = embed(network, files, workspace, Cluster())
    assert ray.done == [1, 0]  # 3 and 2 were there
    assert_same(found, embed(network, files, Workspace(tmp_path / "other")))


def test_what_a_cluster_began_this_process_finishes(network, files, play, tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "ws")
    play(lost_after=3)
    with pytest.raises(InputError):
        embed(network, files, workspace, Cluster())
    real, computed = embedding.embedded_shards, []
    monkeypatch.setattr(embedding, "embedded_shards", lambda *a: computed.extend(a[3]) or real(*a))
    found = embed(network, files, workspace)
    assert computed == [slice(0, 3)]
    play()
    assert_same(found, embed(network, files, Workspace(tmp_path / "other"), Cluster()))


def test_an_error_of_the_code_keeps_its_traceback(network, files, play):
    def broken(row, **_):
        raise FakeRay.RayTaskError("ZeroDivisionError in worker")

    play(machine=broken)
    with pytest.raises(FakeRay.RayTaskError):
        embed(network, files, cluster=Cluster())


def test_a_worker_that_does_not_see_the_photos_is_refused(network, files, play, tmp_path):
    """A photo missing on one machine must not become an unreadable one of the table."""

    def elsewhere(row, **settings):
        return embed_shard({**row, "paths": [str(tmp_path / "nowhere.png")] * len(row["paths"])}, **settings)

    play(machine=elsewhere)
    with pytest.raises(InputError, match=r"nowhere.png on .* got -1 .*Put the photos where all machines see"):
        embed(network, files, cluster=Cluster())


def test_a_file_missing_everywhere_is_a_problem_of_that_photo(network, files, play, tmp_path):
    play()
    paths = [*files[:4], tmp_path / "gone.png"]
    assert_same(embed(network, paths, cluster=Cluster()), embed(network, paths))


def test_a_worker_that_computes_otherwise_is_refused(network, files, play, monkeypatch):
    def newer(row, **settings):
        monkeypatch.setattr(engine_module.importlib.metadata, "version", lambda _: "99.0")
        return embed_shard(row, **settings)

    play(machine=newer)
    with pytest.raises(InputError, match=r"every worker to compute with torch-f32-.* has torch-f32-99.0-cpu"):
        embed(network, files, cluster=Cluster())


def test_a_worker_compiles_a_network_once(network, files, monkeypatch):
    real, compiled = embedding_ray.compile_engine, []
    monkeypatch.setattr(embedding_ray, "compile_engine", lambda *a: compiled.append(a[1:]) or real(*a))
    row = {"number": 0, "photo_ids": ["a"], "paths": [str(files[0])], "sizes": [files[0].stat().st_size]}
    settings = {"engine": ("torch", resolve_engine("torch").name), "threads": 1}
    first = embed_shard(row, network, network_key(network), **settings)
    assert embed_shard(row, network, network_key(network), **settings)["vectors"] == first["vectors"]
    assert compiled == [(64, "torch", 1)]
    with torch.no_grad():
        network.fc.weight.mul_(-1)
        network.bn.bias.add_(1)
    assert embed_shard(row, network, network_key(network), **settings)["vectors"] != first["vectors"]
    assert len(compiled) == 2


def test_decoding_and_network_keep_to_the_cores_of_the_worker(network, files, monkeypatch):
    real, threads = embedding_ray.embedded_shards, []
    monkeypatch.setattr(embedding_ray, "embedded_shards", lambda *a: threads.append(a[-1]) or real(*a))
    row = {"number": 0, "photo_ids": ["a"], "paths": [str(files[0])], "sizes": [files[0].stat().st_size]}
    embed_shard(row, network, "key", ("torch", resolve_engine("torch").name), 3)
    assert threads == [3]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ConnectionError("none"), r"a Ray cluster at address '10.0.0.1:6379'; none answers"),
        (Exception("timed out during startup.\nmore"), r"to start; it did not \(timed out during startup.\)"),
    ],
)
def test_a_cluster_that_cannot_be_had_is_said(network, files, play, error, told):
    play(start=error)
    with pytest.raises(InputError, match=told):
        embed(network, files, cluster=Cluster("10.0.0.1:6379"))


@pytest.mark.parametrize("address", [None, "auto"])
def test_a_connection_of_ours_is_closed(play, address, monkeypatch):
    """This machine alone starts Ray with the cores of this process; a cluster has its own."""
    monkeypatch.setattr(embedding_ray, "available_cores", lambda: 3)
    ray = play(start="works")
    with embedding_ray._connected(Cluster(address)) as connected:
        assert connected is ray
        assert ray.done == []
    assert ray.done == ["shutdown"]
    assert ray.asked["address"] == (address or "local")
    assert ray.asked.get("num_cpus") == (3 if address is None else None)


@pytest.mark.parametrize(
    ("asked", "cpus", "expected"),
    [(None, (16, 2), 2), (None, (64, 32), 4), (None, (0, 8), 4), (8, (16, 2), 8)],
)
def test_cores_of_a_worker(network, files, play, asked, cpus, expected):
    ray = play(cpus=cpus)
    embed(network, files[:2], cluster=Cluster(cores=asked))
    assert ray.asked == {"num_cpus": expected}


@pytest.mark.parametrize(("asked", "cpus"), [(8, (4, 2)), (None, (0,))])
def test_cores_that_no_machine_has_are_refused_at_once(network, files, play, asked, cpus):
    play(cpus=cpus)
    with pytest.raises(InputError, match=rf"the largest offers {max(cpus)}"):
        embed(network, files[:2], cluster=Cluster(cores=asked))


def test_a_worker_without_cores_is_refused():
    with pytest.raises(InputError, match="cores"):
        Cluster(cores=0)


def test_an_engine_that_is_compiled_already_cannot_travel(network, files, play):
    play()
    engine = SimpleNamespace(name="torch-f32")
    with pytest.raises(InputError, match="give engine as a name"):
        embed_photos(network, ["a"], files[:1], None, engine, None, cluster=Cluster())


def test_without_ray_the_extra_is_named(network, files, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"pip install 'sightlab\[cluster\]'"):
        embed(network, files[:2], cluster=Cluster())
