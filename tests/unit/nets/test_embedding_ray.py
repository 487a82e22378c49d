"""What a worker of a cluster does with a shard, and what the driver does with the answers; without a cluster.

Ray is played by `tests.fake_ray`; the driver's own side is in test_cluster.py.
"""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from sightlab.checks import InputError
from sightlab.nets import cluster, embedding, embedding_ray
from sightlab.nets import engine as engine_module
from sightlab.nets.cluster import Cluster
from sightlab.nets.embedding import embed_photos
from sightlab.nets.embedding_ray import embed_shard
from sightlab.nets.engine import resolve_engine
from sightlab.nets.network import network_key
from sightlab.nets.photo_stream import Timing
from sightlab.workspace import Workspace
from tests.fake_ray import FakeRay


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
    """Three photos a shard."""
    monkeypatch.setattr(embedding, "SHARD", 3)


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

    def elsewhere(task, **settings):
        return embed_shard(
            {**task, "paths": [str(tmp_path / "nowhere.png")] * len(task["paths"])}, **settings
        )

    play(machine=elsewhere)
    with pytest.raises(InputError, match=r"nowhere.png on .* got -1 .*Put the photos where all machines see"):
        embed(network, files, cluster=Cluster())


def test_a_file_missing_everywhere_is_a_problem_of_that_photo(network, files, play, tmp_path):
    play()
    paths = [*files[:4], tmp_path / "gone.png"]
    assert_same(embed(network, paths, cluster=Cluster()), embed(network, paths))


def test_a_worker_that_computes_otherwise_is_refused(network, files, play, monkeypatch):
    def newer(task, **settings):
        monkeypatch.setattr(engine_module.importlib.metadata, "version", lambda _: "99.0")
        return embed_shard(task, **settings)

    play(machine=newer)
    with pytest.raises(InputError, match=r"every worker to compute with torch-f32-.* has torch-f32-99.0-cpu"):
        embed(network, files, cluster=Cluster())


def shard(ray, network, path, key, threads=1):
    """What a worker answers about one photo."""
    task = {"number": 0, "names": ["a"], "paths": [str(path)], "sizes": [path.stat().st_size]}
    return embed_shard(task, ray.put(network), key, "torch", resolve_engine("torch"), threads)


def test_a_worker_compiles_a_network_once_and_keeps_one(network, files, play, monkeypatch):
    real, compiled = embedding_ray.compile_engine, []
    monkeypatch.setattr(embedding_ray, "compile_engine", lambda *a: compiled.append(a[1:]) or real(*a))
    ray = play()
    first = shard(ray, network, files[0], network_key(network))
    assert shard(ray, None, files[0], network_key(network))["vectors"] == first["vectors"]  # not fetched
    assert compiled == [(64, "torch", 1)]
    with torch.no_grad():
        network.fc.weight.mul_(-1)
        network.bn.bias.add_(1)
    assert shard(ray, network, files[0], network_key(network))["vectors"] != first["vectors"]
    assert len(compiled) == 2
    assert len(cluster._ready) == 1


def test_decoding_and_network_keep_to_the_cores_of_the_worker(network, files, play, monkeypatch):
    real, threads = embedding_ray.embedded_shards, []
    monkeypatch.setattr(embedding_ray, "embedded_shards", lambda *a: threads.append(a[-1]) or real(*a))
    shard(play(), network, files[0], "key", 3)
    assert threads == [3]


def test_an_engine_that_is_compiled_already_cannot_travel(network, files, play):
    play()
    engine = SimpleNamespace(name="torch-f32")
    with pytest.raises(InputError, match="give engine as a name"):
        embed_photos(network, ["a"], files[:1], None, engine, None, cluster=Cluster())
