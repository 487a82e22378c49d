"""Features on disk: what one byte a number costs, keys, and a run that was killed."""

import numpy as np
import pytest
from PIL import Image

from sightlab.checks import InputError
from sightlab.delf import store as stores
from sightlab.delf.features import DelfConfig, LocalFeatures
from sightlab.delf.store import extract_photos, packed, store_of, unpacked
from sightlab.workspace import Workspace
from tests.unit.delf.conftest import drawn_features
from tests.unit.delf.test_features import FIELD, BrightCells


class FakeNet:
    field = FIELD

    def __init__(self, key="0" * 16):
        self.key = key


@pytest.fixture
def photos(tmp_path):
    generator = np.random.default_rng(0)
    paths = []
    for i in range(5):
        paths.append(tmp_path / f"p{i}.png")
        Image.fromarray(generator.integers(0, 256, (48 + 16 * i, 80, 3), dtype=np.uint8)).save(paths[-1])
    return [f"p{i}" for i in range(5)], paths


@pytest.fixture
def engines(monkeypatch):
    """How many photos went through the engine."""
    seen = []

    class Counting(BrightCells):
        def stream(self, blocks):
            return super().stream(seen.append(1) or block for block in blocks)

    monkeypatch.setattr(stores, "compile_engine", lambda *a, **k: Counting())
    return seen


def test_a_byte_a_number_moves_a_descriptor_by_about_a_hundredth():
    rows = drawn_features(1, n=200, dim=40).descriptors
    again = unpacked(packed(rows))
    # rounding: uniform within +- 1/254, sqrt(40 / 12) / 127 = 0.0144
    off = np.linalg.norm(again - rows, axis=1)
    assert off.mean() == pytest.approx(0.0144, rel=0.1)
    np.testing.assert_allclose(np.linalg.norm(again, axis=1), 1, atol=1e-5)


def test_a_store_gives_back_what_it_got():
    features = [drawn_features(i, n) for i, n in enumerate((30, 0, 12))]
    store = store_of(["a", "b", "c"], features, "k")
    assert len(store) == 3
    assert [len(store[i]) for i in range(3)] == [30, 0, 12]
    assert np.array_equal(store[2].points, features[2].points)
    assert store[0].size == (240, 320)
    np.testing.assert_allclose(store[0].descriptors, features[0].descriptors, atol=0.01)
    # 8 bytes of place, 2 of scale, 2 of attention, 16 of the descriptor: 28 each; 42 keypoints of 3 photos
    assert store.bytes_per_photo == 28 * 42 / 3


def test_some_photos_of_a_store():
    store = store_of(["a", "b", "c"], [drawn_features(i, n) for i, n in enumerate((30, 0, 12))], "k")
    some = store.select([2, 0])
    assert some.photo_ids == ("c", "a")
    assert np.array_equal(some[0].points, store[2].points)
    assert np.array_equal(some[1].descriptors, store[0].descriptors)


def test_features_are_kept_and_found_again(photos, engines, tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    config = DelfConfig(scales=(0.5, 1.0))
    first = extract_photos(FakeNet(), *photos, workspace, config)
    assert len(engines) == 10  # five photos, two scales
    again = extract_photos(FakeNet(), *photos, workspace, config)
    assert len(engines) == 10
    assert np.array_equal(first.descriptors, again.descriptors)
    assert first.photo_ids == ("p0", "p1", "p2", "p3", "p4")
    assert first[3].size == (96, 80)


@pytest.mark.parametrize("change", ["network", "config", "photo"])
def test_a_key_forgets_nothing(photos, engines, tmp_path, change):
    workspace = Workspace(tmp_path / "workspace")
    extract_photos(FakeNet(), *photos, workspace, DelfConfig(scales=(1.0,)))
    if change == "photo":
        Image.fromarray(np.zeros((32, 32, 3), np.uint8)).save(photos[1][0])
    net = FakeNet("1" * 16) if change == "network" else FakeNet()
    config = DelfConfig(scales=(1.0,), max_keypoints=7 if change == "config" else 1000)
    extract_photos(net, *photos, workspace, config)
    assert len(engines) == 10


def test_a_killed_run_goes_on_where_it_was(photos, engines, tmp_path, monkeypatch):
    monkeypatch.setattr(stores, "SHARD", 2)
    workspace, real = Workspace(tmp_path / "workspace"), stores._write

    def killed(folder, number, shard):
        if number == 1:
            raise KeyboardInterrupt
        real(folder, number, shard)

    monkeypatch.setattr(stores, "_write", killed)
    with pytest.raises(KeyboardInterrupt):
        extract_photos(FakeNet(), *photos, workspace, DelfConfig(scales=(1.0,)))
    monkeypatch.setattr(stores, "_write", real)
    engines.clear()
    store = extract_photos(FakeNet(), *photos, workspace, DelfConfig(scales=(1.0,)))
    assert len(engines) == 3  # the first two were kept
    assert len(store) == 5


def test_nonsense_is_refused(photos, tmp_path):
    with pytest.raises(InputError, match="at least one photo"):
        store_of([], [], "k")
    with pytest.raises(InputError, match="must be unique"):
        store_of(["a", "a"], [drawn_features(0), drawn_features(1)], "k")
    with pytest.raises(InputError, match="one length"):
        extract_photos(FakeNet(), photos[0], photos[1][:2], Workspace(tmp_path / "workspace"))


def test_a_photo_without_keypoints_keeps_its_note():
    empty = drawn_features(0, n=0)
    noted = LocalFeatures(empty.points, empty.scales, empty.attention, empty.descriptors, (10, 20), "shrunk")
    assert store_of(["a"], [noted], "k")[0].note == "shrunk"
