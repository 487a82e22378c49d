"""What each trick of training brings in speed, and what it costs in accuracy.

python benchmarks/bench_training.py --photos folder --store rows            all rows that are not there yet
python benchmarks/bench_training.py --photos folder --store rows --only speed

Speed rows: core-milliseconds that a photo costs in an update, each with one thing changed, on a few updates.
Accuracy rows: networks trained from the same start on the same train photos, cleaned by the initial network,
each with about the same core time; judged on tune by sensitivity at FPR 1 %. One run each: differences within
the interval mean nothing. A row is kept as soon as it is finished, and training inside a row goes on at its
last epoch, so that the run can be cut and continued. Not part of `make bench`: it takes most of an hour.
"""

import argparse
import json
import shutil
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from measuring import fix_threads, parser_of

ROOT = Path(__file__).resolve().parent
N_LANDMARKS = 45


@dataclass(frozen=True)
class Step:
    """One way to make an update."""

    name: str
    size: int = 160  # side of the photos, pixels
    frozen: int = 0  # stages behind which maps are cached; 0: the whole network from decoded photos
    channels_last: bool = True
    fused: bool = True
    bf16: bool = False
    compiled: bool = False


PLAIN = Step("whole network, plain torch", channels_last=False, fused=False)
STEPS = (
    PLAIN,
    replace(PLAIN, name="+ channels_last", channels_last=True),
    Step("+ fused AdamW"),
    Step("+ bf16 autocast", bf16=True),
    Step("+ torch.compile", compiled=True),
    Step("progressive resizing: 96 px", size=96),
    Step("progressive resizing: 128 px", size=128),
    Step("progressive resizing: 192 px", size=192),
    Step("whole network at 224 px", size=224),
    Step("frozen-stem cache, 5 of 9 stages, 192 px", size=192, frozen=5),
    Step("frozen-stem cache, 6 of 9 stages, 224 px", size=224, frozen=6),
    Step("frozen-stem cache, 6 of 9 stages, 224 px, bf16", size=224, frozen=6, bf16=True),
)


@dataclass(frozen=True)
class Recipe:
    """A training of about the same core time as the others."""

    name: str
    sizes: tuple[int, ...]  # side of the photos in each epoch, pixels
    frozen: int = 0
    n_views: int = 10  # cached behind the stem


RECIPES = (
    Recipe("frozen-stem cache, 6 of 9 stages, 224 px", (224,) * 8, frozen=6),
    Recipe("frozen-stem cache, 5 of 9 stages, 224 px", (224,) * 5, frozen=5),
    Recipe("frozen-stem cache, 4 of 9 stages, 224 px", (224,) * 4, frozen=4),
    Recipe("whole network, 160 px", (160,) * 3),
    Recipe("whole network, progressive 96, 128, 160, 192 px", (96, 128, 160, 192)),
)


def network_of(size: int, frozen: int):
    import torch

    from sightlab.nets.network import NetworkConfig, create_network

    network = create_network(NetworkConfig(input_size=size, frozen_stages=frozen))
    network.grow(tuple(f"landmark_{i:02d}" for i in range(N_LANDMARKS)), torch.randn(N_LANDMARKS, 256))
    return network


def step_row(step: Step, batch_size: int, n_updates: int) -> dict:
    """Core-milliseconds of a photo in an update, the least of a few; the first update is not counted."""
    import torch

    from sightlab.nets.backbones import Preprocessing, TrunkPart
    from sightlab.nets.losses import CenterLoss

    torch.manual_seed(0)
    network = network_of(step.size, step.frozen).train()
    centers = CenterLoss(N_LANDMARKS, 256)
    if step.channels_last:
        network.to(memory_format=torch.channels_last)
    groups = network.parameter_groups(3e-4, 1e-3, 1e-3, 0.05)
    optimizer = torch.optim.AdamW(groups, fused=step.fused, foreach=None if step.fused else False)
    batch = torch.randint(0, 256, (batch_size, step.size, step.size, 3), dtype=torch.uint8)
    if step.frozen:
        stem = TrunkPart(network.trunk, step.frozen, Preprocessing.of(network.trunk, step.size)).eval()
        with torch.no_grad():
            batch = stem(batch).contiguous(memory_format=torch.channels_last)
    classes = torch.randint(0, N_LANDMARKS + 1, (batch_size,))
    forward = torch.compile(network) if step.compiled else network
    seconds, wall = [], []
    for _ in range(n_updates + 1):
        started, began = time.process_time(), time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=step.bf16):
            output = forward(batch, step.frozen)
        loss = torch.nn.functional.cross_entropy(output.logits.float(), classes, label_smoothing=0.1)
        loss = loss + 3e-3 * centers(output.embeddings.float(), classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seconds.append(time.process_time() - started)
        wall.append(time.perf_counter() - began)
    return {
        "name": step.name,
        "core_ms": 1000 * min(seconds[1:]) / batch_size,
        "photos_per_second": batch_size / min(wall[1:]),
        "first_update_seconds": wall[0],
    }


def view_row(photos: Path, n: int = 200) -> dict:
    """Core-milliseconds of a photo before the update: decoding its file, and drawing a view of it."""
    import numpy as np

    from sightlab.data.photos import open_photo
    from sightlab.learning.augmented import ViewConfig, augmented_view

    paths = train_photos(photos).paths()[:n]
    started = time.thread_time()
    decoded = [open_photo(path) for path in paths]
    opened = time.thread_time()
    rng = np.random.default_rng(0)
    for photo in decoded:
        augmented_view(photo, 160, rng, ViewConfig())
    return {
        "name": "decoded photos cached: saves",
        "core_ms": 1000 * (opened - started) / len(paths),
        "augment_core_ms": 1000 * (time.thread_time() - opened) / len(paths),
    }


def train_photos(photos: Path):
    from sightlab.data.manifest import Manifest

    return Manifest.read(photos).split("train")


def accuracy_row(recipe: Recipe, photos: Path, store: Path) -> dict:
    """Trains, then measures on tune; `core_seconds` counts all from the first view to the last update."""
    import numpy as np

    from sightlab.data.manifest import Manifest
    from sightlab.evaluation.intervals import wilson
    from sightlab.learning.curriculum import initial_network, landmark_train_photos
    from sightlab.workspace import Workspace

    workspace = Workspace(store / "workspace")
    manifest = Manifest.read(photos)
    kept = cleaned_photos(manifest, workspace)
    config = curriculum_of(recipe.sizes[-1], recipe.frozen)
    network = initial_network(manifest, config, workspace)
    landmarks = tuple(sorted(set(kept["landmark_id"]) - {"non_landmark"}))
    started = core_seconds()
    network = trained(recipe, network, landmarks, kept, manifest, workspace, store)
    spent = core_seconds() - started
    right, n, accuracy = judged(network, landmarks, kept, manifest, workspace)
    low, high = wilson(right, n)
    assert landmark_train_photos(manifest).photos["landmark_id"].nunique() == len(landmarks) == N_LANDMARKS
    return {
        "name": recipe.name,
        "core_seconds": spent,
        "n_train": len(kept),
        "epochs": len(recipe.sizes),
        "sensitivity_at_fpr_1pct": right / n,
        "low": float(low),
        "high": float(high),
        "n_tune": n,
        "closed_set_accuracy": float(np.round(accuracy, 4)),
    }


def core_seconds() -> float:
    """Of this process, all threads."""
    return time.process_time()


def curriculum_of(size: int, frozen: int):
    from sightlab.learning.curriculum import CurriculumConfig
    from sightlab.nets.network import NetworkConfig

    return CurriculumConfig(network=NetworkConfig(input_size=size, frozen_stages=frozen))


def cleaned_photos(manifest, workspace):
    """photo_id, landmark_id, path of the train photos that the initial network keeps, and of distractors."""
    from sightlab.learning.cleaning import clean
    from sightlab.learning.curriculum import embed_manifest, initial_network, landmark_train_photos

    config = curriculum_of(224, 6)
    network = initial_network(manifest, config, workspace)
    arriving = landmark_train_photos(manifest)
    table = embed_manifest(network, arriving, workspace, words="cleaning")
    verdicts = clean(table, arriving, config.cleaning)
    keep = set(verdicts.loc[verdicts["keep"], "photo_id"])
    train = manifest.split("train").photos
    is_used = train["photo_id"].isin(keep) | (train["landmark_id"] == "non_landmark")
    return train.loc[is_used, ["photo_id", "landmark_id", "path"]].reset_index(drop=True)


def trained(recipe: Recipe, network, landmarks, kept, manifest, workspace, store: Path):
    """One epoch after the other at its size; the rates follow one schedule over all of them."""
    import numpy as np
    import torch

    from sightlab.learning.augmented import PhotoViews, ViewConfig, view_source
    from sightlab.learning.training import TrainingConfig, train
    from sightlab.nets.losses import CenterLoss

    index = {name: i + 1 for i, name in enumerate(landmarks)} | {"non_landmark": 0}
    classes = np.array([index[name] for name in kept["landmark_id"]])
    ids, paths = kept["photo_id"].tolist(), [manifest.root / path for path in kept["path"]]
    torch.manual_seed(0)
    network.grow(landmarks, torch.randn(len(landmarks), network.config.embedding_dim))
    centers = CenterLoss(len(landmarks), network.config.embedding_dim)
    views = ViewConfig(n_views=recipe.n_views)
    folder = store / "checkpoints" / recipe.name.replace(" ", "_").replace(",", "")
    folder.mkdir(parents=True, exist_ok=True)
    if recipe.frozen:
        source = view_source(network, ids, paths, views, workspace)
    else:
        sizes = recipe.sizes[epochs_done(folder) :]
        source = ProgressiveViews([PhotoViews(paths, size, views) for size in sizes])
    train(network, centers, source, classes, ids, TrainingConfig(epochs=len(recipe.sizes)), folder)
    shutil.rmtree(folder)
    return network


def epochs_done(folder: Path) -> int:
    """Epochs that an earlier, cut run has finished."""
    return max(
        (int(path.name.removeprefix("checkpoint_")) for path in folder.glob("checkpoint_????")), default=0
    )


class ProgressiveViews:
    """Views at the size of the epoch; an epoch is over when every batch has been drawn."""

    from_stage = 0

    def __init__(self, sources: list):
        self._sources, self._drawn = sources, 0

    def __len__(self) -> int:
        return len(self._sources[0])

    def batch(self, rows, generator):
        per_epoch = len(self) // len(rows)
        source = self._sources[min(self._drawn // per_epoch, len(self._sources) - 1)]
        self._drawn += 1
        return source.batch(rows, generator)


def judged(network, landmarks, kept, manifest, workspace) -> tuple[int, int, float]:
    """Right answers at FPR 1 % and landmark photos of tune, and closed-set accuracy; one mean a landmark."""
    import numpy as np

    from sightlab.evaluation.metrics import sensitivity_at_fpr
    from sightlab.nets.embedding import embed_photos

    tune = manifest.split("tune").photos
    all_ids = [*kept["photo_id"], *tune["photo_id"]]
    paths = [manifest.root / path for path in [*kept["path"], *tune["path"]]]
    table = embed_photos(network, all_ids, paths, workspace, progress="judging")
    means = [table.rows(kept.loc[kept["landmark_id"] == name, "photo_id"]).mean(axis=0) for name in landmarks]
    means = np.stack(means) / np.linalg.norm(means, axis=1, keepdims=True)
    cosines = table.rows(tune["photo_id"]) @ means.T
    best = np.array(landmarks, dtype=object)[cosines.argmax(axis=1)]
    truth = tune["landmark_id"].to_numpy(dtype=object)
    found = sensitivity_at_fpr(cosines.max(axis=1), best, truth, 0.01)
    is_landmark = truth != "non_landmark"
    right = (best == truth) & (cosines.max(axis=1) > found.threshold)
    return int(right.sum()), int(is_landmark.sum()), (best == truth)[is_landmark].mean()


def missing_rows(settings: argparse.Namespace):
    """Name of the file, and what makes the row, of all rows that are not there yet."""
    wanted = []
    if settings.only in (None, "speed"):
        wanted += [(f"speed_{i:02d}", step_row, (s, settings.batch, 2)) for i, s in enumerate(STEPS)]
        wanted += [("speed_view", view_row, (settings.photos,))]
    if settings.only in (None, "accuracy"):
        wanted += [
            (f"accuracy_{i:02d}", accuracy_row, (recipe, settings.photos, settings.store))
            for i, recipe in enumerate(RECIPES)
        ]
    return [row for row in wanted if not (settings.store / f"{row[0]}.json").is_file()]


def main() -> None:
    parser = parser_of(__doc__.splitlines()[0], batch=32)
    parser.add_argument("--photos", type=Path, required=True, help="folder with manifest.csv")
    parser.add_argument("--store", type=Path, required=True, help="folder where finished rows are kept")
    parser.add_argument("--only", choices=("speed", "accuracy"))
    settings = parser.parse_args()
    settings.threads = fix_threads(settings.threads)

    import torch

    from sightlab.workspace import atomic_write_text, environment_record

    torch.set_num_threads(settings.threads)
    settings.store.mkdir(parents=True, exist_ok=True)
    for name, make, arguments in missing_rows(settings):
        row = make(*arguments) | {"threads": settings.threads}
        atomic_write_text(settings.store / f"{name}.json", json.dumps(row))
        print(name, json.dumps(row), flush=True)
    rows = {path.stem: json.loads(path.read_text()) for path in sorted(settings.store.glob("*_*.json"))}
    found = {"rows": rows, "recipes": [asdict(recipe) for recipe in RECIPES], "machine": environment_record()}
    atomic_write_text(ROOT / "training.json", json.dumps(found, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
