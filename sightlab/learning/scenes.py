"""Scene pretraining: a trunk that knows streets from forests before it sees its first landmark.

    photos = scene_folder("photos/scenes")                 # or places365(root), torchvision's data set
    photos = hold_out(photos)                              # to compare trunks: the test photos stay unseen
    taught = learn_scenes(photos, SceneConfig(), workspace)
    NetworkConfig(weights=str(taught.trunk_path))          # the hand-over to stage 1

Scenes are taught as if they were landmarks, by the same network and the same loop; then embedding block and
classifier are thrown away, and the trunk is kept as safetensors with its record.

Source: a trunk pretrained on a scene database Boiarov & Tyantov 2019 (article); the recipe: ours.
"""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int

from sightlab.checks import InputError, check_count, check_fraction
from sightlab.learning.augmented import ViewConfig, view_source
from sightlab.learning.training import TrainingConfig, train
from sightlab.nets.embedding import pooled_features
from sightlab.nets.engine import resolve_engine
from sightlab.nets.losses import CenterLoss
from sightlab.nets.network import LandmarkNet, NetworkConfig, create_network
from sightlab.workspace import Workspace, artefact_key, load_table, save_table

VERSION = 1
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")


@dataclass(frozen=True)
class SceneConfig:
    network: NetworkConfig = field(default_factory=NetworkConfig)
    training: TrainingConfig = field(default_factory=lambda: TrainingConfig(epochs=6, center_weight=0.0))
    views: ViewConfig = field(default_factory=lambda: ViewConfig(n_views=4))
    engine: str = "auto"  # what runs the frozen stem


@dataclass(frozen=True, eq=False)
class ScenePhotos:
    """Photos of scene classes, to learn from and to measure on."""

    classes: tuple[str, ...]
    train_paths: tuple[Path, ...]
    train_scene: Int[np.ndarray, " N"]  # index into `classes`
    test_paths: tuple[Path, ...]
    test_scene: Int[np.ndarray, " M"]

    def __post_init__(self):
        check_count(len(self.classes), "classes", 2, advice="One scene alone cannot be told from another.")
        missing = set(range(len(self.classes))) - set(self.train_scene.tolist())
        if missing or len(self.test_paths) == 0:
            names = ", ".join(self.classes[i] for i in sorted(missing)) or "none"
            raise InputError(
                f"every scene needs train photos, and some scene test photos; without train photos: {names}; "
                f"test photos: {len(self.test_paths)}."
            )

    def __repr__(self) -> str:
        return (
            f"ScenePhotos: {len(self.classes)} scenes, {len(self.train_paths):,} train and "
            f"{len(self.test_paths):,} test photos"
        )


@dataclass(frozen=True, eq=False)
class SceneTrunk:
    """What was learned: where the trunk lies, and how well it tells scenes apart."""

    trunk_path: Path
    classes: tuple[str, ...]
    right: Float[np.ndarray, "M 2"]  # of each test photo: 1 where the first, the first five guesses hold it
    history: object  # one row per update, see `train`
    key: str

    @property
    def numbers(self) -> dict[str, float]:
        """Top-1 and top-5 error in [0, 1], and the test photos behind them."""
        top_1, top_5 = 1 - self.right.mean(axis=0)
        return {"scene_top1_error": float(top_1), "scene_top5_error": float(top_5), "n": len(self.right)}


def scene_folder(folder: Path | str) -> ScenePhotos:
    """Scenes laid out as train/<scene>/<photo> and test/<scene>/<photo>.

    Raises:
        InputError: no such folders, a scene of test that train does not have, or too little in them.
    """
    folder = Path(folder)
    parts = {}
    for part in ("train", "test"):
        found = sorted(path for path in (folder / part).glob("*") if path.is_dir())
        if not found:
            raise InputError(
                f"expected scenes as {part}/<scene>/<photo> in {folder}; there is no scene in {part}. "
                "Give another folder."
            )
        parts[part] = {
            scene.name: sorted(p for p in scene.iterdir() if p.suffix.lower() in SUFFIXES) for scene in found
        }
    strange = sorted(set(parts["test"]) - set(parts["train"]))
    if strange:
        raise InputError(f"{folder}/test has scenes that train lacks: {', '.join(strange)}. Remove them.")
    classes = tuple(parts["train"])
    train_photos, test_photos = (_listed(parts[part], classes) for part in ("train", "test"))
    return ScenePhotos(classes, *train_photos, *test_photos)


def _listed(scenes: dict[str, list[Path]], classes: tuple[str, ...]) -> tuple[tuple[Path, ...], np.ndarray]:
    paths = [path for name in classes for path in scenes.get(name, [])]
    index = [i for i, name in enumerate(classes) for _ in scenes.get(name, [])]
    return tuple(paths), np.array(index, dtype=int)


def places365(root: Path | str, small: bool = True, most_per_scene: int | None = None) -> ScenePhotos:
    """The scenes of Places365 where torchvision has put them; nothing is fetched.

    Args:
        root: the folder given to `torchvision.datasets.Places365`.
        small: the version at 256 pixels.
        most_per_scene: train photos of each scene, the first ones; None: all.
    Raises:
        InputError: the data set is not there.
    """
    from torchvision.datasets import Places365

    try:
        sets = {s: Places365(str(root), split=s, small=small) for s in ("train-standard", "val")}
    except (RuntimeError, OSError) as error:
        raise InputError(
            f"expected Places365 in {root} ({str(error).splitlines()[0]}). Fetch it first: "
            "torchvision.datasets.Places365(root, download=True), about 30 GB."
        ) from None
    names = tuple(name.strip("/").replace("/", "_") for name in sets["val"].classes)
    listed = {}
    for split, data in sets.items():
        paths = np.array([path for path, _ in data.imgs], dtype=object)
        scene = np.array([index for _, index in data.imgs], dtype=int)
        if split == "train-standard" and most_per_scene is not None:
            first = [np.flatnonzero(scene == i)[:most_per_scene] for i in range(len(names))]
            rows = np.concatenate(first)
            paths, scene = paths[rows], scene[rows]
        listed[split] = (tuple(Path(path) for path in paths), scene)
    return ScenePhotos(names, *listed["train-standard"], *listed["val"])


def hold_out(
    photos: ScenePhotos, share: float = 0.2, seed: int = 0, most_per_scene: int | None = None
) -> ScenePhotos:
    """The train photos, of every scene a seeded part held out to measure on.

    The test photos take no part: who compares trunks may choose by it, and nothing is chosen by test photos.

    Args:
        share: of each scene's photos that is held out, (0, 1); rounded, at least one photo, never all.
        seed: of the draw.
        most_per_scene: photos of each scene that take part, drawn too, at least 2; None: all.
    Raises:
        InputError: a scene of fewer than two photos.
    """
    check_fraction(share, "share", low_open=True, high_open=True)
    if most_per_scene is not None:
        check_count(most_per_scene, "most_per_scene", 2, advice="One to learn from, one to measure on.")
    learned, held = [], []
    for index, name in enumerate(photos.classes):
        own = np.flatnonzero(photos.train_scene == index)
        check_count(len(own), f"train photos of {name}", 2, advice="Add photos, or remove the scene.")
        drawn = np.random.default_rng([seed, index]).permutation(own)[:most_per_scene]
        n_held = min(max(1, round(share * len(drawn))), len(drawn) - 1)
        held.append(np.sort(drawn[:n_held]))
        learned.append(np.sort(drawn[n_held:]))
    rows = [np.concatenate(part) for part in (learned, held)]
    parts = [(tuple(photos.train_paths[i] for i in part), photos.train_scene[part]) for part in rows]
    return ScenePhotos(photos.classes, *parts[0], *parts[1])


def learn_scenes(photos: ScenePhotos, config: SceneConfig, workspace: Workspace) -> SceneTrunk:
    """Teaches a trunk to tell scenes apart; stored, and a killed training goes on at its last epoch.

    Raises:
        InputError: fewer train photos than a batch.
    """
    settings = {
        "network": asdict(config.network),
        "training": asdict(config.training),
        "views": asdict(config.views),
        "engine": resolve_engine(config.engine).name,
        "photos": [
            _facts(photos.train_paths, photos.train_scene),
            _facts(photos.test_paths, photos.test_scene),
        ],
    }
    key = artefact_key("scene_trunk", VERSION, settings, [])
    if not workspace.has("scene_trunk", key):
        folder = workspace.partial("scene_trunk", key)
        network, history = _taught(photos, config, workspace, folder)
        right = _right(network, photos, config.engine, workspace)
        for checkpoint in folder.glob("checkpoint_*"):
            shutil.rmtree(checkpoint)
        _write(folder, network, history, right)
        record = {name: value for name, value in settings.items() if name != "photos"}
        record |= {"classes": list(photos.classes), "n_train": len(photos.train_paths)}
        workspace.finish("scene_trunk", key, {**record, "seed": config.training.seed})
    folder = workspace.folder("scene_trunk", key)
    right = np.load(folder / "right.npy", allow_pickle=False)
    history = load_table(folder / "history.parquet")
    return SceneTrunk(folder / "trunk.safetensors", photos.classes, right, history, key)


def _facts(paths, scene: np.ndarray) -> list:
    named = zip(paths, scene.tolist(), strict=True)
    return [[path.parent.name, path.name, path.stat().st_size, index] for path, index in named]


def _taught(photos: ScenePhotos, config: SceneConfig, workspace: Workspace, folder: Path):
    network = create_network(config.network)
    paths = list(photos.train_paths)
    features = torch.from_numpy(pooled_features(network, paths, config.engine, workspace))
    network.fit_embedding(features)
    with torch.no_grad():
        vectors = torch.nn.functional.normalize(network.bn(network.fc(features)))
    scene = torch.from_numpy(photos.train_scene)
    means = torch.stack([vectors[scene == i].mean(dim=0) for i in range(len(photos.classes))])
    network.grow(tuple(f"scene_{name}" for name in photos.classes), means)
    ids = [f"{path.parent.name}/{path.name}" for path in paths]
    views = view_source(network, ids, paths, config.views, workspace, config.engine)
    centers = CenterLoss(len(photos.classes), config.network.embedding_dim, config.training.center_alpha)
    words = f"{len(photos.classes)} scenes, {len(paths):,} photos"
    history = train(network, centers, views, photos.train_scene + 1, ids, config.training, folder, words)
    return network, history


def _right(network: LandmarkNet, photos: ScenePhotos, engine: str, workspace: Workspace) -> np.ndarray:
    """(M, 2) whether the truth is the first guess, and among the first five."""
    features = pooled_features(network, list(photos.test_paths), engine, workspace)
    with torch.no_grad():
        embeddings = network.bn(network.fc(torch.from_numpy(features)))
        logits = network.classifier(embeddings).numpy()[:, 1:]
    order = np.argsort(-logits, axis=1, kind="stable")
    hit = order == photos.test_scene[:, None]
    return np.stack([hit[:, :1].any(axis=1), hit[:, :5].any(axis=1)], axis=1).astype(float)


def _write(folder: Path, network: LandmarkNet, history, right: np.ndarray) -> None:
    from safetensors.torch import save_file

    tensors = {name: tensor.contiguous() for name, tensor in network.trunk.state_dict().items()}
    save_file(tensors, folder / "trunk.safetensors", metadata={"trunk": network.config.trunk})
    save_table(folder / "history.parquet", history)
    np.save(folder / "right.npy", right)
