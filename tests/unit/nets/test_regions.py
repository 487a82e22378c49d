"""Regions of a photo: pooled windows of the same map, the whole photo first."""

import inspect

import numpy as np
import pytest
import torch
from PIL import Image

from sightlab.checks import InputError
from sightlab.nets import regions
from sightlab.nets.embedding import Embedder, embed_photos
from sightlab.nets.regions import RegionConfig, RegionEmbedder, _grid, embed_regions


@pytest.fixture
def files(tmp_path):
    """Five photos of noise, none of them square, and one that is none."""
    rng = np.random.default_rng(0)
    for i in range(5):
        pixels = rng.integers(0, 256, (70 + i, 90, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"photo_{i}.png")
    (tmp_path / "text.jpg").write_text("no photo")
    return sorted(tmp_path.iterdir())


def test_the_first_region_is_the_whole_photo(network, photos):
    with torch.no_grad():
        found = RegionEmbedder(network)(photos)
        whole = Embedder(network)(photos)
    np.testing.assert_allclose(found[:, 0], whole, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(found, axis=2), 1, atol=1e-5)


def test_each_region_is_the_mean_over_its_window_the_slow_way(network, photos):
    # a map of 2 x 2 for 64 pixels; windows of 1 x 1
    part = RegionEmbedder(network, RegionConfig(per_side=2, size=0.5))
    assert part.windows.tolist() == [
        [0, 0, 1, 1],
        [0, 0, 0.5, 0.5],
        [0.5, 0, 1, 0.5],
        [0, 0.5, 0.5, 1],
        [0.5, 0.5, 1, 1],
    ]
    with torch.no_grad():
        maps = part._map(photos)
        found = part(photos)
        for region, (y, x) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)], start=1):
            embeddings = network.bn(network.fc(maps[:, :, y, x]))
            slow = embeddings / embeddings.norm(dim=1, keepdim=True)
            np.testing.assert_allclose(found[:, region], slow, atol=1e-5)


def test_the_grid_by_hand():
    # 7 places, windows of round(0.55 * 7) = 4, three evenly spaced starts: 0, 1.5 -> 2, 3
    rows, windows = _grid(7, 7, RegionConfig())
    assert rows.shape == (10, 49)
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(windows[1], [0, 0, 4 / 7, 4 / 7])
    np.testing.assert_allclose(windows[2], [2 / 7, 0, 6 / 7, 4 / 7])
    np.testing.assert_allclose(windows[9], [3 / 7, 3 / 7, 1, 1])
    assert (rows[1].reshape(7, 7)[:4, :4] == np.float32(1 / 16)).all()
    assert rows[1].reshape(7, 7)[4:].sum() == 0
    wide, _ = _grid(3, 7, RegionConfig())  # the map of a wide input: two starts along the short side
    assert wide.shape == (1 + 2 * 3, 21)
    tiny, _ = _grid(1, 1, RegionConfig())
    assert tiny.shape == (2, 1)


@pytest.mark.parametrize("engine", ["torch", "openvino"])
def test_photos_are_embedded_with_their_regions(network, files, engine):
    names = [path.stem for path in files]
    found = embed_regions(network, names, files, engine=engine)
    assert found.photo_ids.tolist() == names[:5]
    assert found.problems == {"text": "not an image"}
    assert found.vectors.shape == (5, len(found.windows), 8)
    assert found.vectors.dtype == np.float32
    plain = embed_photos(network, names, files, engine="torch", progress=None)
    np.testing.assert_allclose(
        found.vectors[:, 0], plain.vectors, atol=2e-2 if engine == "openvino" else 1e-5
    )


def test_the_network_keeps_its_mode_and_nobody_gets_a_gradient(network, files):
    network.train()
    embed_regions(network, ["a"], files[:1], engine="torch")
    assert network.training
    assert all(p.grad is None for p in network.parameters())


def test_no_readable_photo_gives_an_empty_table(network, files):
    found = embed_regions(network, ["text"], files[5:], engine="torch")
    assert found.vectors.shape == (0, len(found.windows), 8)
    assert embed_regions(network, [], [], engine="torch").vectors.shape[0] == 0


def test_refuses_bad_settings_and_names(network, files):
    with pytest.raises(InputError, match="per_side=1"):
        RegionConfig(per_side=1)
    with pytest.raises(InputError, match="size=1"):
        RegionConfig(size=1.0)
    with pytest.raises(InputError, match=r"'a' \(2 times\)"):
        embed_regions(network, ["a", "a"], files[:2])
    with pytest.raises(InputError, match="1 photo_ids, but 2 paths"):
        inspect.unwrap(embed_regions)(network, ["a"], files[:2])


def test_decoding_takes_the_threads_it_is_given(network, files, monkeypatch):
    real, threads = regions.photo_blocks, []

    def watched(*arguments, **choice):
        threads.append(choice["threads"])
        return real(*arguments, **choice)

    monkeypatch.setattr(regions, "photo_blocks", watched)
    embed_regions(network, [path.stem for path in files], files, engine="torch", progress=None, threads=3)
    assert threads == [3]
