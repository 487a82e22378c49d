"""Embeddings of photos: order, unreadable files, the store, a kill in the middle."""

import signal
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sightlab.checks import InputError
from sightlab.data.photos import UnreadablePhoto, open_photo
from sightlab.nets import embedding, embedding_shards, photo_stream
from sightlab.nets import engine as engine_module
from sightlab.nets.backbones import square_photo
from sightlab.nets.embedding import Embedder, embed_photos, pooled_features
from sightlab.nets.engine import available_cores, compile_engine, resolve_engine
from sightlab.nets.network import save_network
from sightlab.workspace import Workspace


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Ten small photos of noise, not square."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for i in range(10):
        pixels = rng.integers(0, 256, (70 + i, 90, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"photo_{i}.png")
    return sorted(folder.iterdir())


@pytest.fixture
def junk(tmp_path, files):
    """An empty file, text, and the first half of a photo."""
    paths = [tmp_path / name for name in ("empty.jpg", "text.jpg", "half.png")]
    paths[0].touch()
    paths[1].write_text("no photo")
    paths[2].write_bytes(files[0].read_bytes()[:4000])
    return paths


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


def ids(paths):
    return [path.stem for path in paths]


def embed(network, paths, workspace=None, **choice):
    return embed_photos(network, ids(paths), paths, workspace, engine="torch", progress=None, **choice)


def slow_vectors(network, paths):
    """One photo at a time, through the network itself."""
    rows = []
    for path in paths:
        photo = torch.from_numpy(square_photo(open_photo(path), 64)[None])
        with torch.no_grad():
            row = network.embed(photo)[0]
        rows.append((row / row.norm()).numpy())
    return np.stack(rows)


def test_rows_are_unit_embeddings_in_the_order_given(network, files):
    order = [files[i] for i in (3, 0, 7, 1)]
    table = embed(network, order)
    assert table.photo_ids.tolist() == ids(order)
    np.testing.assert_allclose(table.vectors, slow_vectors(network, order), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(table.vectors, axis=1), 1, atol=1e-6)
    assert table.vectors.dtype == np.float32
    assert table.problems == {}


def test_neither_batches_nor_shards_nor_the_store_change_a_row(network, files, workspace, monkeypatch):
    whole = embed(network, files)
    monkeypatch.setattr(photo_stream, "BLOCK", 3)
    monkeypatch.setattr(embedding, "SHARD", 4)
    stored = embed(network, files, workspace)
    assert stored.photo_ids.tolist() == whole.photo_ids.tolist()
    np.testing.assert_allclose(stored.vectors, whole.vectors, atol=1e-6)
    names = {path.name for path in workspace.folder("embed", stored.key).iterdir()}
    assert names == {"vectors.npy", "photo_ids.npy", "problems.json", "record.json"}


@pytest.mark.parametrize("is_stored", [True, False])
def test_unreadable_photos_are_named_and_the_others_keep_their_order(
    network, files, junk, workspace, is_stored, monkeypatch
):
    monkeypatch.setattr(embedding, "SHARD", 4)
    paths = [junk[0], files[2], junk[1], files[0], files[5], junk[2], Path("nowhere/gone.jpg")]
    table = embed(network, paths, workspace if is_stored else None)
    assert table.photo_ids.tolist() == ["photo_2", "photo_0", "photo_5"]
    assert list(table.problems) == ["empty", "text", "half", "gone"]
    assert table.problems["empty"] == "empty file"
    assert all(table.problems.values())
    np.testing.assert_allclose(
        table.rows(["photo_5", "photo_2"]), slow_vectors(network, [files[5], files[2]]), atol=1e-5
    )
    with pytest.raises(KeyError, match=r"1 photos have no embedding .*empty: empty file"):
        table.rows(["photo_0", "empty"])


@pytest.mark.parametrize("is_stored", [True, False])
def test_nothing_readable_and_nothing_at_all(network, junk, workspace, is_stored):
    place = workspace if is_stored else None
    assert embed(network, junk, place).vectors.shape == (0, 8)
    assert embed(network, [], place).vectors.shape == (0, 8)
    assert len(embed(network, junk, place).problems) == 3


def test_embedding_leaves_network_and_random_state_alone(network, files, workspace):
    state = torch.get_rng_state()
    embed(network, files[:2], workspace)
    assert not any(module.training for module in network.modules())
    assert torch.equal(torch.get_rng_state(), state)
    assert network.fc.weight.grad is None


def test_a_stored_table_is_not_computed_again(network, files, workspace, monkeypatch):
    first = embed(network, files[:3], workspace)
    monkeypatch.setattr(embedding, "compile_engine", lambda *_, **__: pytest.fail("compiled again"))
    again = embed(network, files[:3], workspace)
    assert again.key == first.key
    assert np.array_equal(again.vectors, first.vectors)


def test_the_key_changes_with_weights_files_order_and_size(network, files, workspace, tmp_path):
    changing = tmp_path / "photo_0.png"
    changing.write_bytes(files[0].read_bytes())
    paths = [changing, files[1]]
    keys = [embed(network, paths, workspace).key, embed(network, paths[::-1], workspace).key]
    changing.write_bytes(files[2].read_bytes())
    keys.append(embed(network, paths, workspace).key)
    with torch.no_grad():
        network.fc.weight[0, 0] += 1e-4
    changed = embed(network, paths, workspace)
    keys.append(changed.key)
    assert len(set(keys)) == 4
    np.testing.assert_allclose(changed.vectors, slow_vectors(network, paths), atol=1e-5)


def test_the_key_names_the_engine_and_not_the_word_for_it(network, files, workspace, monkeypatch):
    """A table computed in bf16 must not be found by a machine that computes in f32."""
    monkeypatch.setattr(engine_module, "_has_openvino", lambda: False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with redirect_stdout(StringIO()):
        auto = embed_photos(network, ids(files[:2]), files[:2], workspace, "auto", None)
    assert auto.key == embed(network, files[:2], workspace).key  # "auto" is torch here
    record = workspace.record("embed", auto.key)
    assert (
        record["engine"] == resolve_engine("torch").name == f"torch-f32-{torch.__version__.split('+')[0]}-cpu"
    )
    assert record["timing"]["n_photos"] == 2
    monkeypatch.setattr(engine_module, "has_bf16", lambda _: True)
    half = embed_photos(network, ids(files[:2]), files[:2], workspace, "torch-bf16", None)
    assert half.key != auto.key
    assert (half.vectors * auto.vectors).sum(axis=1).min() > 0.99


def test_a_compiled_engine_is_used_as_it_is(network, files, workspace):
    engine = compile_engine(Embedder(network), 64, "torch")
    table = embed_photos(network, ids(files), files, engine=engine, progress=None)
    np.testing.assert_allclose(table.vectors, embed(network, files).vectors, atol=1e-6)
    stored = embed_photos(network, ids(files), files, workspace, engine, None)
    assert stored.key == embed(network, files, workspace).key


KILLED = """
import os, signal, sys
from pathlib import Path
from sightlab.nets import embedding, embedding_shards, photo_stream
from sightlab.nets import engine as engine_module
from sightlab.nets.network import load_network
from sightlab.workspace import Workspace

embedding.SHARD = photo_stream.BLOCK = 3
real = embedding.compile_engine

class DyingEngine:
    def __init__(self, engine):
        self.engine = engine
    def stream(self, blocks):
        for number, block in enumerate(blocks):
            if number == %d:
                os.kill(os.getpid(), signal.SIGKILL)
            yield from self.engine.stream([block])

embedding.compile_engine = lambda *a, **kw: DyingEngine(real(*a, **kw))
folder, *paths = map(Path, sys.argv[1:])
network = load_network(folder / "network.safetensors")
embedding.embed_photos(network, [p.stem for p in paths], paths, Workspace(folder / "workspace"), "torch")
"""


def test_a_killed_run_goes_on_at_the_last_whole_shard(network, files, junk, tmp_path, monkeypatch):
    save_network(network, tmp_path / "network.safetensors")
    paths = [*files[:5], junk[1], *files[5:]]  # shards 3 + 3 + 3 + 2; killed in the third
    blocks = 2 * -(-3 // min(3, -(-3 // available_cores())))  # of the first two shards
    words = [sys.executable, "-c", KILLED % blocks, str(tmp_path), *map(str, paths)]
    killed = subprocess.run(words, capture_output=True, text=True, timeout=150)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    workspace = Workspace(tmp_path / "workspace")
    left = sorted(path.name for path in (workspace.root / "artefacts/embed").glob("*.partial/*.json"))
    assert left == ["shard_00000.json", "shard_00001.json"]

    monkeypatch.setattr(embedding, "SHARD", 3)
    real, decoded = embedding_shards.photo_blocks, []
    monkeypatch.setattr(
        embedding_shards,
        "photo_blocks",
        lambda p, size, parts, n: decoded.extend(parts) or real(p, size, parts),
    )
    resumed = embed(network, paths, workspace)
    assert (decoded[0].start, decoded[-1].stop) == (6, 11)
    uninterrupted = embed(network, paths, Workspace(tmp_path / "other"))
    assert resumed.key == uninterrupted.key
    assert resumed.photo_ids.tolist() == uninterrupted.photo_ids.tolist() == ids(files)
    assert resumed.problems == uninterrupted.problems == {"text": "not an image"}
    np.testing.assert_allclose(resumed.vectors, uninterrupted.vectors, atol=1e-6)


def test_a_shard_without_its_sidecar_is_written_again(network, files, workspace, monkeypatch):
    """A kill between the rows and the sidecar: the rows may be half."""
    monkeypatch.setattr(embedding, "SHARD", 4)
    whole = embed(network, files, workspace)
    other = Workspace(workspace.root.with_name("other"))
    (other.partial("embed", whole.key) / "shard_00000.npy").write_bytes(b"half")
    assert np.array_equal(embed(network, files, other).vectors, whole.vectors)


@pytest.mark.parametrize(
    ("photo_ids", "told"), [(["a", "a"], "photo_ids must be unique"), (["a"], "1 photo_ids, but 2 paths")]
)
def test_ids_that_do_not_name_every_photo_once_are_refused(network, files, photo_ids, told):
    with pytest.raises(InputError, match=told):
        embed_photos(network, photo_ids, files[:2])


def test_pooled_features_are_those_of_the_network(network, files, junk):
    found = pooled_features(network, files[:3], "torch")
    photos = torch.from_numpy(np.stack([square_photo(open_photo(path), 64) for path in files[:3]]))
    with torch.no_grad():
        np.testing.assert_allclose(found, network.features(photos).numpy(), atol=1e-5)
    assert not network.training
    with pytest.raises(UnreadablePhoto):
        pooled_features(network, [*files[:3], junk[0]], "torch")


def test_decoding_takes_the_threads_it_is_given(network, files, monkeypatch):
    real, threads = embedding_shards.photo_blocks, []
    monkeypatch.setattr(embedding_shards, "photo_blocks", lambda *a: threads.append(a[-1]) or real(*a))
    embed(network, files, threads=3)
    embed(network, files)
    assert threads == [3, None]
