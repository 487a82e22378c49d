"""Scene pretraining of a workbench: the scenes beside its photos, and what they teach its trunk."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sightlab.evaluation.intervals import wilson
from sightlab.learning.scenes import SceneConfig, ScenePhotos, SceneTrunk, learn_scenes, scene_folder

if TYPE_CHECKING:
    from sightlab.pipeline import Workbench


def has_scenes(bench: Workbench) -> bool:
    """Whether a folder scenes/ with train and test lies beside the photos."""
    return (bench.photos / "scenes" / "train").is_dir()


def scene_photos(bench: Workbench) -> ScenePhotos:
    """The scenes beside the photos, see `scene_folder`."""
    return scene_folder(bench.photos / "scenes")


def scene_trunk(bench: Workbench) -> SceneTrunk:
    """The trunk of the profile after it has learned the scenes; stored.

    Few scenes and few photos: two views of each, and as many updates as four passes make.
    """
    curriculum = bench.profile.curriculum
    usual = SceneConfig()
    photos = scene_photos(bench)
    batch_size = min(usual.training.batch_size, max(2, len(photos.train_paths) // 4))
    config = SceneConfig(
        network=curriculum.network,
        training=replace(usual.training, epochs=4, batch_size=batch_size),
        views=replace(curriculum.views, n_views=2),
        engine=curriculum.engine,
    )
    return learn_scenes(photos, config, bench.workspace)


def scene_numbers(trunk: SceneTrunk) -> dict[str, float]:
    """scene_top1_error and scene_top5_error with _low and _high (Wilson 95 %), n_scenes, n_scene_test."""
    n = len(trunk.right)
    numbers: dict[str, float] = {"n_scenes": len(trunk.classes), "n_scene_test": n}
    for key, column in (("scene_top1_error", 0), ("scene_top5_error", 1)):
        k = int(n - trunk.right[:, column].sum())
        low, high = wilson(k, n)
        numbers |= {key: k / n, f"{key}_low": low, f"{key}_high": high}
    return numbers
