"""Scene pretraining: layouts, what is refused, and the hand-over of the trunk."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from sightlab.checks import InputError
from sightlab.learning.augmented import ViewConfig
from sightlab.learning.scenes import SceneConfig, ScenePhotos, hold_out, learn_scenes, places365, scene_folder
from sightlab.learning.training import TrainingConfig
from sightlab.nets.network import NetworkConfig, create_network
from sightlab.workspace import Workspace

COLORS = {"forest": (40, 140, 50), "sea": (30, 60, 190), "street": (140, 130, 120)}


def write_scenes(folder, n_train=12, n_test=4, scenes=COLORS):
    """Photos of one color and some noise: anything learns them."""
    rng = np.random.default_rng(0)
    for part, n in (("train", n_train), ("test", n_test)):
        for name, color in scenes.items():
            (folder / part / name).mkdir(parents=True)
            for i in range(n):
                pixels = np.array(color) + rng.integers(-25, 25, size=(48, 64, 3))
                photo = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
                photo.save(folder / part / name / f"{name}_{part}_{i:02d}.jpg")
    return folder


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return scene_folder(write_scenes(tmp_path_factory.mktemp("scenes")))


@pytest.fixture(scope="module")
def config():
    return SceneConfig(
        network=NetworkConfig("tf_efficientnet_lite0", "packaged", 64, 8, frozen_stages=7),
        training=TrainingConfig(epochs=2, batch_size=12, center_weight=0.0),
        views=ViewConfig(n_views=2),
        engine="torch",
    )


@pytest.fixture(scope="module")
def taught(photos, config, tmp_path_factory):
    workspace = Workspace(tmp_path_factory.mktemp("workspace"))
    return learn_scenes(photos, config, workspace), workspace


def test_a_folder_of_scenes(photos):
    assert photos.classes == ("forest", "sea", "street")
    assert (len(photos.train_paths), len(photos.test_paths)) == (36, 12)
    for path, scene in zip(photos.train_paths, photos.train_scene, strict=True):
        assert path.parent.name == photos.classes[scene]


def test_it_learns_and_measures(taught):
    trunk, _ = taught
    assert trunk.numbers["n"] == 12
    assert trunk.numbers["scene_top1_error"] <= 0.25
    assert trunk.numbers["scene_top5_error"] == 0  # three scenes: the truth is always among five
    assert len(trunk.history) == 2 * 3


def test_the_trunk_is_handed_over(taught, config):
    trunk, workspace = taught
    start = create_network(config.network)
    after = create_network(replace(config.network, weights=str(trunk.trunk_path)))
    assert torch.equal(after.trunk.conv_stem.weight, start.trunk.conv_stem.weight)  # frozen
    assert not torch.equal(after.trunk.conv_head.weight, start.trunk.conv_head.weight)  # learned
    assert after.class_ids == ("non_landmark",)  # the scenes' classifier is gone
    record = workspace.record("scene_trunk", trunk.key)
    assert record["classes"] == ["forest", "sea", "street"]
    assert record["network"]["trunk"] == "tf_efficientnet_lite0"
    json.dumps(record)


def test_it_is_found_again(taught, photos, config, monkeypatch):
    trunk, workspace = taught
    monkeypatch.setattr("sightlab.learning.scenes.train", None)  # would be called
    again = learn_scenes(photos, config, workspace)
    assert again.key == trunk.key
    assert np.array_equal(again.right, trunk.right)
    with pytest.raises(TypeError):
        learn_scenes(photos, replace(config, training=replace(config.training, epochs=3)), workspace)


def test_bad_folders_are_refused(tmp_path):
    with pytest.raises(InputError, match="there is no scene in train"):
        scene_folder(tmp_path)
    write_scenes(tmp_path, scenes={"forest": (0, 0, 0), "sea": (9, 9, 9)})
    (tmp_path / "test" / "moon").mkdir()
    with pytest.raises(InputError, match="test has scenes that train lacks: moon"):
        scene_folder(tmp_path)


def test_scenes_without_photos_are_refused(photos):
    with pytest.raises(InputError, match="without train photos: glacier"):
        ScenePhotos(
            (*photos.classes, "glacier"),
            photos.train_paths,
            photos.train_scene,
            photos.test_paths,
            photos.test_scene,
        )
    with pytest.raises(InputError, match="classes"):
        ScenePhotos(
            ("forest",), photos.train_paths[:2], np.zeros(2, int), photos.test_paths, photos.test_scene
        )
    with pytest.raises(InputError, match="test photos: 0"):
        ScenePhotos(photos.classes, photos.train_paths, photos.train_scene, (), np.zeros(0, int))


def test_a_part_of_every_scene_is_held_out(photos):
    held = hold_out(photos, share=0.25)
    # 12 train photos a scene: 3 held out, 9 learned; the folder's test photos are in neither part
    assert np.bincount(held.test_scene).tolist() == [3, 3, 3]
    assert np.bincount(held.train_scene).tolist() == [9, 9, 9]
    assert {*held.train_paths, *held.test_paths} == set(photos.train_paths)
    assert not set(held.train_paths) & set(held.test_paths)
    parts = ((held.train_paths, held.train_scene), (held.test_paths, held.test_scene))
    for path, scene in [pair for part in parts for pair in zip(*part, strict=True)]:
        assert path.parent.name == held.classes[scene]


def test_the_held_out_part_is_drawn_by_its_seed(photos):
    assert hold_out(photos, seed=1).test_paths == hold_out(photos, seed=1).test_paths
    assert hold_out(photos, seed=1).test_paths != hold_out(photos, seed=2).test_paths
    first = [path.name[-6:] for path in hold_out(photos, share=0.25).test_paths]
    assert first[:3] != first[3:6] or first[3:6] != first[6:]  # not the same places in every scene


def test_fewer_photos_take_part(photos):
    few = hold_out(photos, share=0.01, most_per_scene=4)  # at least one is held out
    assert np.bincount(few.test_scene).tolist() == [1, 1, 1]
    assert np.bincount(few.train_scene).tolist() == [3, 3, 3]
    all_but_one = hold_out(photos, share=0.99)  # and at least one is learned
    assert np.bincount(all_but_one.train_scene).tolist() == [1, 1, 1]


def test_nothing_to_hold_out_is_refused(photos):
    with pytest.raises(InputError, match="share"):
        hold_out(photos, share=1)
    with pytest.raises(InputError, match="most_per_scene"):
        hold_out(photos, most_per_scene=1)
    one = ScenePhotos(
        ("forest", "sea"), photos.train_paths[:3], np.array([0, 0, 1]), photos.test_paths, photos.test_scene
    )
    with pytest.raises(InputError, match="train photos of sea"):
        hold_out(one)


def test_places365_is_read_through_torchvision(tmp_path, monkeypatch):
    class Fake:
        def __init__(self, root, split, small):
            self.classes = ["/a/airfield", "/b/barn/indoor"]
            n = 5 if split == "train-standard" else 2
            self.imgs = [(f"{root}/{split}/{i}.jpg", i % 2) for i in range(n)]

    monkeypatch.setattr("torchvision.datasets.Places365", Fake)
    photos = places365(tmp_path, most_per_scene=1)
    assert photos.classes == ("a_airfield", "b_barn_indoor")
    assert [path.name for path in photos.train_paths] == ["0.jpg", "1.jpg"]
    assert photos.test_scene.tolist() == [0, 1]


def test_places365_that_is_not_there_says_how_to_get_it(tmp_path):
    with pytest.raises(
        InputError, match=r"Fetch it first: torchvision.datasets.Places365\(root, download=True\)"
    ):
        places365(tmp_path)
