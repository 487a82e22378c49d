"""The curriculum: one region of the world per stage, cleaned by the network of the stage before.

    initial network -> clean region 1 -> train stage 1 -> clean region 2 -> train stages 1 + 2 -> ...

Each stage is a stored artefact (network, centers, verdicts of its cleaning, history); a killed run
continues at the last finished epoch of the stage it was in.

Source: Boiarov & Tyantov 2019 (article). Ours: all non-landmarks join in stage 1; the first embedding block;
the choice to clean all regions by the initial network, which can look at them together: one threshold.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from sightlab.checks import InputError, check_choice
from sightlab.data.manifest import Manifest
from sightlab.learning.augmented import JoinedViews, ViewConfig, view_source
from sightlab.learning.cleaning import CleaningConfig, clean
from sightlab.learning.training import TrainingConfig, train
from sightlab.nets.embedding import EmbeddingTable, embed_photos, pooled_features
from sightlab.nets.engine import resolve_engine
from sightlab.nets.losses import CenterLoss
from sightlab.nets.network import (
    LandmarkNet,
    NetworkConfig,
    create_network,
    load_network,
    network_key,
    save_network,
)
from sightlab.workspace import (
    Workspace,
    artefact_key,
    explain_full_disk,
    file_facts,
    load_table,
    save_table,
)
from sightlab.workspace_files import delete_tree

if TYPE_CHECKING:
    from sightlab.nets.cluster import Cluster

VERSION = 2


@dataclass(frozen=True)
class CurriculumConfig:
    network: NetworkConfig = field(default_factory=NetworkConfig)
    cleaning: CleaningConfig = field(default_factory=CleaningConfig)
    views: ViewConfig = field(default_factory=ViewConfig)
    stages: tuple[TrainingConfig, ...] = (TrainingConfig(),)  # of stage 1, 2, ...; the last one repeats
    # what cleans a new region: "previous", the network of the stage before, or "initial", that before stage 1
    cleaner: str = "previous"
    regions: tuple[str, ...] = ()  # order of the regions; (): the manifest's order
    engine: str = "auto"  # what runs the networks that only infer

    def __post_init__(self):
        check_choice(self.cleaner, "cleaner", ("previous", "initial"))
        if not self.stages:
            raise InputError("stages is empty: give at least one TrainingConfig.")


@dataclass(frozen=True, eq=False)
class Stage:
    """What one stage left behind."""

    number: int  # 1, 2, ...
    region: str  # that joined
    network: LandmarkNet
    centers: torch.Tensor  # (C, D), of the landmarks in the order of network.class_ids[1:]
    cleaned: pd.DataFrame  # verdicts on the train photos of the region, see `clean`
    history: pd.DataFrame  # one row per update, see `train`
    key: str

    def __repr__(self) -> str:
        kept = int(self.cleaned["keep"].sum())
        loss = f"{self.history['loss'].tail(20).mean():.3f}" if len(self.history) else "none"
        return (
            f"Stage {self.number}, {self.region}: kept {kept:,} of {len(self.cleaned):,} photos, "
            f"{len(self.network.class_ids) - 1} landmarks, {len(self.history):,} updates, last loss {loss}"
        )


def initial_network(manifest: Manifest, config: CurriculumConfig, workspace: Workspace) -> LandmarkNet:
    """The network before stage 1: the pretrained trunk, its embedding block at principal axes.

    The axes are those of all train photos, without a look at any label, so every region can be cleaned by it.
    """
    photos = manifest.split("train")
    files = file_facts(photos.photos["photo_id"], photos.paths())
    engine = resolve_engine(config.engine).name
    settings = {"network": asdict(config.network), "engine": engine, "files": files}
    key = artefact_key("initial_network", VERSION, settings, [])
    if not workspace.has("initial_network", key):
        network = create_network(config.network)
        features = pooled_features(network, photos.paths(), config.engine, workspace)
        network.fit_embedding(torch.from_numpy(features))
        workspace.write(
            "initial_network",
            key,
            lambda folder: save_network(network, folder / "network.safetensors"),
            {"network": asdict(config.network), "n_photos": len(photos)},
        )
    return load_network(workspace.folder("initial_network", key) / "network.safetensors")


def embed_manifest(
    network: LandmarkNet,
    manifest: Manifest,
    workspace: Workspace,
    engine: str = "auto",
    words: str = "embedding",
    cluster: Cluster | None = None,
) -> EmbeddingTable:
    """Embeddings of all photos of the manifest, stored; computed here or on a cluster."""
    ids = manifest.photos["photo_id"].tolist()
    return embed_photos(network, ids, manifest.paths(), workspace, engine, words, cluster=cluster)


def landmark_train_photos(manifest: Manifest, region: str | None = None) -> Manifest:
    """The train photos of landmarks, of one region or of all: what a cleaner judges."""
    wanted = (manifest.photos["split"] == "train").to_numpy() & manifest.is_landmark
    if region is not None:
        wanted &= (manifest.photos["region"] == region).to_numpy()
    return manifest.select(wanted)


def run_curriculum(manifest: Manifest, config: CurriculumConfig, workspace: Workspace) -> list[Stage]:
    """All stages in order; finished ones come from the workspace.

    A region of the landmarks table without train photos has nothing to teach: it is no stage, and a line on
    stderr names it.

    Args:
        manifest: surveyed photos; only its train split is looked at.
    Raises:
        InputError: no train photo of any landmark, or an order of other regions than those with train photos.
    """
    manifest = manifest.split("train")
    regions = _ordered_regions(manifest, config)
    _tell_left_out(manifest, regions)
    stages: list[Stage] = []
    initial = initial_network(manifest, config, workspace)
    verdicts = None if config.cleaner == "previous" else clean_by(initial, manifest, config, workspace)
    for number, region in enumerate(regions, start=1):
        before = stages[-1].network if stages else initial
        stages.append(_run_stage(number, region, before, verdicts, stages, manifest, config, workspace))
    return stages


def clean_by(
    network: LandmarkNet,
    manifest: Manifest,
    config: CurriculumConfig,
    workspace: Workspace,
    cluster: Cluster | None = None,
) -> pd.DataFrame:
    """Verdicts of one network on all train photos of landmarks, with one threshold; see `clean`."""
    photos = landmark_train_photos(manifest)
    words = "train photos, initial network"
    table = embed_manifest(network, photos, workspace, config.engine, words, cluster)
    return clean(table, photos, config.cleaning, cluster)


def _ordered_regions(manifest: Manifest, config: CurriculumConfig) -> tuple[str, ...]:
    present = set(manifest.photos.loc[manifest.is_landmark, "region"])
    if not present:
        raise InputError(
            f"a curriculum needs train photos of landmarks; {manifest.root} has none that can be read. Check "
            "split and landmark_id, and what `sightlab check` says of the photos."
        )
    regions = config.regions or tuple(r for r in manifest.regions if r in present)
    if set(regions) != present or len(set(regions)) != len(regions):
        raise InputError(
            f"regions must name every region with train photos once: {', '.join(sorted(present))}; "
            f"got {', '.join(regions)}. Leave it empty for the manifest's own order."
        )
    return tuple(regions)


def _tell_left_out(manifest: Manifest, regions: Sequence[str]) -> None:
    """Names regions of the landmarks table that no stage teaches on stderr."""
    missing = manifest.landmarks[~manifest.landmarks["region"].isin(regions)]
    for region, rows in missing.groupby("region"):
        print(
            f"Region {region!r} has no train photo, so no stage teaches it ({len(rows):,} landmarks, first "
            f"{rows['landmark_id'].iloc[0]}). Add train photos, or take its landmarks out.",
            file=sys.stderr,
        )


def _run_stage(
    number,
    region,
    before: LandmarkNet,
    verdicts: pd.DataFrame | None,
    stages: Sequence[Stage],
    manifest,
    config,
    workspace,
) -> Stage:
    """Trains from `before`, on a region that `verdicts` judge; None: `before` judges it."""
    training = config.stages[min(number, len(config.stages)) - 1]
    settings = {
        "region": region,
        "training": asdict(training),
        "cleaning": asdict(config.cleaning),
        "views": asdict(config.views),
        "engine": resolve_engine(config.engine).name,
        "cleaner": config.cleaner,
        "photos": manifest.key,
    }
    key = artefact_key("stage", VERSION, settings, [network_key(before), *(stage.key for stage in stages)])
    if not workspace.has("stage", key):
        started = time.perf_counter()
        folder = workspace.partial("stage", key)
        arriving = landmark_train_photos(manifest, region)
        table = embed_manifest(
            before, arriving, workspace, config.engine, f"stage {number}: {region} before it"
        )
        if verdicts is None:
            cleaned = clean(table, arriving, config.cleaning)
        else:
            is_mine = verdicts["photo_id"].isin(arriving.photos["photo_id"])
            cleaned = verdicts[is_mine].reset_index(drop=True)
        network, centers = _grown(before, stages, cleaned, table, training)
        joined = [*stages, Stage(number, region, before, centers.centers, cleaned, pd.DataFrame(), key)]
        history = _train_on(network, centers, joined, manifest, training, config, workspace, folder)
        with explain_full_disk(folder):
            save_network(network, folder / "network.safetensors")
            np.save(folder / "centers.npy", centers.centers.numpy())
        save_table(folder / "cleaned.parquet", cleaned)
        save_table(folder / "history.parquet", history.assign(stage=number, region=region))
        for checkpoint in folder.glob("checkpoint_*"):
            delete_tree(checkpoint)
        record = {
            **settings,
            "stage": number,
            "seed": training.seed,
            "seconds": time.perf_counter() - started,
        }
        workspace.finish("stage", key, record)
    return _load_stage(number, region, workspace.folder("stage", key), key)


def _load_stage(number: int, region: str, folder: Path, key: str) -> Stage:
    return Stage(
        number=number,
        region=region,
        network=load_network(folder / "network.safetensors"),
        centers=torch.from_numpy(np.load(folder / "centers.npy", allow_pickle=False)),
        cleaned=load_table(folder / "cleaned.parquet"),
        history=load_table(folder / "history.parquet"),
        key=key,
    )


def _grown(
    before: LandmarkNet, stages: Sequence[Stage], cleaned: pd.DataFrame, table: EmbeddingTable, training
) -> tuple[LandmarkNet, CenterLoss]:
    """A copy of the network with rows and centers for the new landmarks, at the mean of their kept photos."""
    kept = cleaned[cleaned["keep"]]
    ids = tuple(sorted(set(kept["landmark_id"])))
    own = [kept.loc[kept["landmark_id"] == landmark, "photo_id"].tolist() for landmark in ids]
    means = torch.from_numpy(np.stack([table.rows(photo_ids).mean(axis=0) for photo_ids in own]))
    network = deepcopy(before)
    network.grow(ids, means)
    centers = CenterLoss(0, network.config.embedding_dim, training.center_alpha)
    if stages:
        centers.grow(stages[-1].centers)
    # Embeddings have unit length in the table, but the loss sees them as batch norm leaves them.
    length = (network.bn.weight.pow(2) + network.bn.bias.pow(2)).sum().sqrt().detach()
    centers.grow(means * length)
    return network, centers


def _train_on(
    network, centers, joined: Sequence[Stage], manifest, training, config, workspace, folder
) -> pd.DataFrame:
    """Trains on the photos that joined in any of the stages."""
    classes, photo_ids, sources = [], [], []
    index = {landmark: i for i, landmark in enumerate(network.class_ids)}
    for stage in joined:
        photos = _stage_photos(stage, manifest)
        paths = [manifest.root / path for path in photos["path"]]
        sources.append(
            view_source(network, photos["photo_id"].tolist(), paths, config.views, workspace, config.engine)
        )
        classes.extend(index[landmark] for landmark in photos["landmark_id"])
        photo_ids.extend(photos["photo_id"])
    words = f"stage {joined[-1].number}: {joined[-1].region}, {len(photo_ids):,} photos"
    log = workspace.root / "logs" / "tensorboard" / f"stage_{joined[-1].number}_{joined[-1].key}"
    views = JoinedViews(sources)
    return train(network, centers, views, np.array(classes), photo_ids, training, folder, words, log=log)


def _stage_photos(stage: Stage, manifest: Manifest) -> pd.DataFrame:
    """Photos that joined in this stage: the kept ones of its region, and in stage 1 all non-landmarks."""
    kept = set(stage.cleaned.loc[stage.cleaned["keep"], "photo_id"])
    joined = manifest.photos["photo_id"].isin(kept).to_numpy()
    return manifest.photos[joined | (~manifest.is_landmark & (stage.number == 1))]
