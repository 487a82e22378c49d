"""Sources of views: the cache behind the frozen stem, views drawn while training, sources in a row."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from sightlab.data.photos import open_photo
from sightlab.learning import augmented
from sightlab.learning.augmented import (
    CachedViews,
    JoinedViews,
    PhotoViews,
    SomeViews,
    ViewConfig,
    _generator,
    augmented_view,
    view_source,
)
from sightlab.nets import photo_stream
from sightlab.nets.backbones import square_photo, trunk_stages
from sightlab.nets.network import NetworkConfig, create_network
from sightlab.workspace import Workspace


@pytest.fixture(scope="module")
def network():
    return create_network(NetworkConfig("tf_efficientnet_lite0", None, 64, 8, frozen_stages=3))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Seven photos of noise, not square."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for i in range(7):
        pixels = rng.integers(0, 256, (70 + 3 * i, 100, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"photo_{i}.png")
    return sorted(folder.iterdir())


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


def views_of(network, files, workspace, config=None, engine="torch"):
    config = config or ViewConfig(n_views=2)
    return view_source(network, [path.stem for path in files], files, config, workspace, engine)


def slow_map(network, photos):
    """(B, 64, 64, 3) photos through the three frozen stages, half precision."""
    with torch.no_grad():
        x = network.normalize(torch.from_numpy(photos))
        for stage in trunk_stages(network.trunk)[:3]:
            x = stage(x)
    return x.numpy()


def all_maps(source):
    return np.concatenate([np.asarray(shard) for shard in source._shards])


def test_cached_maps_are_those_of_the_frozen_stages(network, files, workspace, monkeypatch):
    monkeypatch.setattr(augmented, "SHARD", 3)
    monkeypatch.setattr(augmented, "BLOCK", 2)
    config = ViewConfig(n_views=3, seed=5)
    source = views_of(network, files, workspace, config)
    assert isinstance(source, CachedViews)
    assert (len(source), source.from_stage) == (7, 3)
    maps = all_maps(source)
    assert maps.shape == (7, 3, 24, 16, 16)
    assert maps.dtype == np.float16
    photos = [open_photo(path) for path in files]
    for view in range(3):
        drawn = [
            square_photo(photo, 64)
            if view == 0
            else augmented_view(photo, 64, _generator(5, path.stem, view), config)
            for path, photo in zip(files, photos, strict=True)
        ]
        np.testing.assert_allclose(maps[:, view], slow_map(network, np.stack(drawn)), atol=5e-3, rtol=2e-3)
    names = sorted(path.name for path in next((workspace.root / "artefacts/views").iterdir()).iterdir())
    assert names == ["record.json", *(f"shard_0000{i}.npy" for i in range(3)), "views.json"]


def test_neither_shards_nor_order_change_a_cached_map(network, files, tmp_path, monkeypatch):
    whole = all_maps(views_of(network, files, Workspace(tmp_path / "one")))
    monkeypatch.setattr(augmented, "SHARD", 2)
    turned = all_maps(views_of(network, files[::-1], Workspace(tmp_path / "two")))
    np.testing.assert_allclose(turned[::-1].astype(float), whole.astype(float), atol=2e-3, rtol=2e-3)


def test_a_batch_has_the_rows_asked_for_in_views_of_the_generator(network, files, workspace, monkeypatch):
    monkeypatch.setattr(augmented, "SHARD", 3)
    source = views_of(network, files, workspace)
    maps = all_maps(source).astype(np.float32)
    rows = np.array([6, 0, 3, 3, 2])
    batch = source.batch(rows, np.random.default_rng(1))
    assert batch.is_contiguous(memory_format=torch.channels_last)  # as training wants it
    batch = batch.numpy()
    assert batch.dtype == np.float32
    views = np.random.default_rng(1).integers(0, 2, size=5)
    assert np.array_equal(batch, maps[rows, views])
    seen = [source.batch(rows[:1], np.random.default_rng(s)).numpy()[0] for s in range(20)]
    assert {int(np.array_equal(s, maps[6, 1])) for s in seen} == {0, 1}


def test_training_on_cached_plain_views_equals_the_whole_network(network, files, workspace):
    source = views_of(network, files, workspace, ViewConfig(n_views=1))
    maps = source.batch(np.arange(7), np.random.default_rng(0))
    photos = torch.from_numpy(np.stack([square_photo(open_photo(path), 64) for path in files]))
    with torch.no_grad():
        cached, whole = network.embed(maps, source.from_stage), network.embed(photos)
    cosine = torch.nn.functional.cosine_similarity(cached, whole)
    assert cosine.min() > 0.9999  # maps are kept in half precision


def test_the_cache_is_read_again_and_its_key_knows_what_matters(network, files, workspace, monkeypatch):
    made = []
    real = augmented.compile_engine
    monkeypatch.setattr(augmented, "compile_engine", lambda *a, **kw: made.append(1) or real(*a, **kw))
    views_of(network, files[:2], workspace)
    views_of(network, files[:2], workspace)
    assert len(made) == 1
    views_of(network, files[:2], workspace, ViewConfig(n_views=2, light=0.1))
    views_of(network, files[:3], workspace)
    views_of(network, files[1:3], workspace)
    views_of(network, files[1::-1], workspace)
    other = create_network(replace(network.config, seed=1))
    views_of(other, files[:2], workspace)
    assert len(made) == 6
    grown = create_network(network.config)
    grown.grow(("tower",), torch.ones(1, 8))  # only the frozen stages count
    views_of(grown, files[:2], workspace)
    assert len(made) == 6


def test_a_photo_exchanged_under_its_name_is_looked_at_again(network, files, workspace, tmp_path):
    own = [tmp_path / path.name for path in files[:2]]
    for path, source in zip(own, files[:2], strict=True):
        path.write_bytes(source.read_bytes())
    before = all_maps(views_of(network, own, workspace))
    Image.fromarray(np.zeros((80, 90, 3), dtype=np.uint8)).save(own[1])
    after = all_maps(views_of(network, own, workspace))
    assert np.array_equal(before[0], after[0])
    assert not np.array_equal(before[1], after[1])


def test_a_killed_cache_goes_on_at_the_last_whole_shard(network, files, workspace, monkeypatch, tmp_path):
    monkeypatch.setattr(augmented, "SHARD", 2)
    monkeypatch.setattr(photo_stream, "available_cores", lambda: 1)
    real, drawn = augmented.pixels_of, []

    def dying(path):
        if path == files[6]:  # in the fourth shard; the third is still in the engine then
            raise KeyboardInterrupt
        return real(path)

    monkeypatch.setattr(augmented, "pixels_of", dying)
    with pytest.raises(KeyboardInterrupt):
        views_of(network, files, workspace)
    (partial,) = (path for path in (workspace.root / "artefacts/views").iterdir() if path.is_dir())
    assert sorted(path.name for path in partial.iterdir()) == ["shard_00000.npy", "shard_00001.npy"]
    (partial / "shard_00002.unfinished").write_bytes(b"half")
    monkeypatch.setattr(augmented, "pixels_of", lambda path: drawn.append(path) or real(path))
    resumed = all_maps(views_of(network, files, Workspace(workspace.root)))
    assert drawn == files[4:]
    assert np.array_equal(resumed, all_maps(views_of(network, files, Workspace(tmp_path / "other"))))


def test_without_frozen_stages_views_are_drawn_while_training(files, workspace):
    network = create_network(NetworkConfig("tf_efficientnet_lite0", None, 64, 8, frozen_stages=0))
    source = views_of(network, files, workspace, ViewConfig())
    assert isinstance(source, PhotoViews)
    assert (len(source), source.from_stage) == (7, 0)
    batch = source.batch(np.array([5, 1]), np.random.default_rng(3))
    assert batch.shape == (2, 64, 64, 3)
    assert batch.dtype == torch.uint8
    assert torch.equal(batch, source.batch(np.array([5, 1]), np.random.default_rng(3)))
    assert not torch.equal(batch, source.batch(np.array([5, 1]), np.random.default_rng(4)))
    expected = augmented_view(open_photo(files[5]), 64, np.random.default_rng(3), ViewConfig())
    assert np.array_equal(batch[0].numpy(), expected)


@pytest.mark.parametrize("frozen_stages", [0, 3])
def test_views_may_be_smaller_than_the_photos_of_recognition(files, workspace, frozen_stages):
    large, small = (
        create_network(NetworkConfig("tf_efficientnet_lite0", None, size, 8, frozen_stages))
        for size in (96, 64)
    )
    made = views_of(large, files, workspace, ViewConfig(n_views=2, size=64))
    rows = np.arange(7)
    batch = made.batch(rows, np.random.default_rng(0))
    assert batch.shape[1:] == ((64, 64, 3) if frozen_stages == 0 else (24, 16, 16))
    of_small = views_of(small, files, workspace, ViewConfig(n_views=2))
    assert torch.equal(batch, of_small.batch(rows, np.random.default_rng(0)))


class Numbers:
    """A source whose row r is the number first + r."""

    from_stage = 4

    def __init__(self, first, n):
        self.first, self.n = first, n

    def __len__(self):
        return self.n

    def batch(self, rows, generator):
        assert (rows < self.n).all()
        return torch.from_numpy(self.first + rows)[:, None].float()


def test_some_rows_of_a_source_are_in_the_order_given():
    some = SomeViews(Numbers(100, 5), np.array([4, 1, 2]))
    assert (len(some), some.from_stage) == (3, 4)
    found = some.batch(np.array([0, 2, 1, 0]), np.random.default_rng(0)).squeeze(1).tolist()
    assert found == [104, 102, 101, 104]


def test_joined_sources_are_one_row_after_the_other():
    joined = JoinedViews([Numbers(0, 3), Numbers(100, 2), Numbers(200, 4)])
    assert (len(joined), joined.from_stage) == (9, 4)
    rows = np.array([8, 0, 3, 2, 4, 5, 0])
    found = joined.batch(rows, np.random.default_rng(0)).squeeze(1).tolist()
    assert found == [203, 0, 100, 2, 101, 200, 0]
    assert joined.batch(np.arange(9), np.random.default_rng(0)).flatten().tolist() == [
        0, 1, 2, 100, 101, 200, 201, 202, 203,
    ]  # fmt: skip
