"""Scene pretraining of a workbench: the scenes beside its photos, and what they teach its trunk."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sightlab.evaluation.intervals import wilson
from sightlab.learning.scenes import SceneConfig, ScenePhotos, SceneTrunk, learn_scenes, scene_folder

if TYPE_CHECKING:
    import pandas as pd

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


def trunk_numbers(costs: pd.DataFrame, speeds: pd.DataFrame) -> dict[str, float]:
    """The article's trunk against ResNet-200.

    Args:
        costs: of `trunk_sizes`, counted in this run.
        speeds: of `benchmarks/trunks.csv`, of another day and maybe another machine: they are called stored.
    Returns:
        wrn_50_2_gflops, resnet_200_gflops; stored_wrn_50_2_to_resnet_200_forward and _training (times as
        fast).
    """
    counted, stored = costs.set_index("trunk")["gflops"], speeds.set_index("trunk")
    wide, deep = "wide_resnet50_2", "resnet200"
    numbers = {"wrn_50_2_gflops": counted[wide], "resnet_200_gflops": counted[deep]}
    for kind in ("forward", "training"):
        numbers[f"stored_wrn_50_2_to_resnet_200_{kind}"] = stored[kind][wide] / stored[kind][deep]
    return numbers


def scene_words(numbers: dict) -> str:
    """What `scene_numbers` found, in a sentence."""
    if not numbers["n_scenes"]:
        return "No scenes were at hand."
    return (
        f"Of {numbers['n_scene_test']} test photos of {numbers['n_scenes']} scenes "
        f"{numbers['scene_top1_error']:.1%} were taken for another scene "
        f"({numbers['scene_top1_error_low']:.1%} to {numbers['scene_top1_error_high']:.1%})."
    )
