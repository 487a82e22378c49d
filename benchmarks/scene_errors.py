"""Top-1 and top-5 error of the article's trunks on scenes, each taught in the same way from the same photos.

    python benchmarks/scene_errors.py --scenes ../shared/photos/scenes         on a GPU: 224 pixels, 60 epochs
    ... --size 64 --epochs 1 --batch 32 --per-scene 200 --held-out 0.3         on a CPU: minutes for all four

Writes scene_errors.csv, a row for each trunk and setting; what is there is not measured again, and a killed
training goes on at its last epoch. Cells that wait for a GPU stand there empty. Notebook 03 shows the table.

Nothing is fetched: a trunk starts from weights that an installed package carries, or from random ones. The
article's four have none, so all of them start from nothing: on a few scenes and in a few epochs their errors
say how fast a trunk begins to learn, not how good it can become. No stage is frozen. A part of each scene's
train photos is held out; its test photos are not looked at.
"""

import argparse
from pathlib import Path

import pandas as pd
import torch

from sightlab.evaluation.scene_errors import (
    GPU_EPOCHS,
    GPU_SIZE,
    is_measured,
    read_scene_errors,
    scene_error_row,
    scene_error_table,
    scene_error_words,
    write_scene_errors,
)
from sightlab.evaluation.trunk_costs import ARTICLE_TRUNKS
from sightlab.learning.scenes import SceneConfig, ScenePhotos, hold_out, learn_scenes, places365, scene_folder
from sightlab.learning.training import TrainingConfig
from sightlab.nets.backbones import PACKAGED
from sightlab.nets.network import NetworkConfig
from sightlab.pipeline_truth import photo_folder
from sightlab.workspace import Workspace

FOLDER = Path(__file__).resolve().parent


def asked_for() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--scenes", type=Path, help="train/<scene>/, test/<scene>/; default: the drawn world")
    where.add_argument("--places365", type=Path, help="folder where torchvision has put Places365")
    parser.add_argument("--trunks", nargs="+", default=list(ARTICLE_TRUNKS.values()), help="timm names")
    parser.add_argument("--weights", choices=("packaged", "random"), default="packaged",
                        help="packaged: where a package carries some, else random")  # fmt: skip
    parser.add_argument("--size", type=int, default=GPU_SIZE, help="side of the photos, pixels")
    parser.add_argument("--epochs", type=int, default=GPU_EPOCHS)
    parser.add_argument("--batch", type=int, default=64, help="photos of an update")
    parser.add_argument("--held-out", type=float, default=0.2, help="share of each scene that is measured on")
    parser.add_argument("--per-scene", type=int, help="photos of each scene that take part; all by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workspace", type=Path, default=FOLDER.parent / "workspace-scenes")
    parser.add_argument("--out", type=Path, default=FOLDER / "scene_errors.csv")
    return parser.parse_args()


def scenes_of(asked: argparse.Namespace) -> tuple[str, ScenePhotos]:
    """The photos, some of them held out; and which they are."""
    if asked.places365:
        words, photos = "Places365", places365(asked.places365)
    elif asked.scenes:
        folder = asked.scenes.resolve()
        words, photos = f"{folder.parent.name}/{folder.name}", scene_folder(folder)
    else:
        words, photos = "drawn world", scene_folder(photo_folder("", "tour") / "scenes")
    return words, hold_out(photos, asked.held_out, asked.seed, asked.per_scene)


def config_of(trunk: str, photos: ScenePhotos, asked: argparse.Namespace) -> SceneConfig:
    """Random weights learn as fast as the embedding, packaged ones as carefully as in every stage."""
    weights = "packaged" if asked.weights == "packaged" and trunk in PACKAGED else None
    usual, n = SceneConfig(), len(photos.train_paths)
    training = TrainingConfig(
        epochs=asked.epochs,
        batch_size=min(asked.batch, max(2, n // 4)),
        center_weight=0.0,
        trunk_ratio=usual.training.trunk_ratio if weights else 1.0,
        seed=asked.seed,
    )
    dim = min(usual.network.embedding_dim, max(2, n // 4))
    network = NetworkConfig(trunk, weights, asked.size, dim, frozen_stages=0, seed=asked.seed)
    return SceneConfig(network, training, usual.views)


def settings_of(config: SceneConfig, words: str, photos: ScenePhotos) -> dict[str, object]:
    network, training = config.network, config.training
    threads = torch.get_num_threads()
    on_cpu = f"CPU, {threads} thread{'s' * (threads > 1)}"
    return {
        "trunk": network.trunk,
        "weights": "ImageNet, packaged" if network.weights else "random",
        "scenes": words,
        "size": network.input_size,
        "epochs": training.epochs,
        "batch": training.batch_size,
        "seed": training.seed,
        "n_train": len(photos.train_paths),
        "n_test": len(photos.test_paths),
        "n_classes": len(photos.classes),
        "device": torch.cuda.get_device_name(0) if torch.cuda.is_available() else on_cpu,
    }


def main() -> None:
    asked = asked_for()
    words, photos = scenes_of(asked)
    workspace, rows = Workspace(asked.workspace), read_scene_errors(asked.out)
    print(f"{words}, {photos}, held out of train".replace(" test ", " "), flush=True)
    for number, trunk in enumerate(asked.trunks, start=1):
        config = config_of(trunk, photos, asked)
        settings = settings_of(config, words, photos)
        done = is_measured(rows, settings)
        what = f"{trunk} ({settings['weights']}) at {asked.size} px, {asked.epochs} epochs"
        print(f"{number} of {len(asked.trunks)}: {what}{': is there' if done else ''}", flush=True)
        if done:
            continue
        row = scene_error_row(settings, learn_scenes(photos, config, workspace))
        rows = pd.DataFrame([*rows.to_dict("records"), row])
        write_scene_errors(asked.out, rows)
        print(f"top-1 error {row['top1_error']:.1%} in {row['seconds']:.0f} s", flush=True)
    print(scene_error_table(rows).to_string(index=False))
    print(scene_error_words(rows))


if __name__ == "__main__":
    main()
