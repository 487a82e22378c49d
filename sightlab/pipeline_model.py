"""The trained model of a workspace: written whole, read by `sightlab recognize`.

models/current/network.safetensors   default_fpr.txt   regions.json   fpr_0.01/ fpr_0.001/ ... one
recognizer a rate
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from sightlab.checks import InputError
from sightlab.data.photos import UnreadablePhoto, open_located, read_gps
from sightlab.nets.backbones import square_photo
from sightlab.nets.embedding import Embedder, embed_photos
from sightlab.nets.engine import compile_engine
from sightlab.nets.network import LandmarkNet, load_network, save_network
from sightlab.nets.regions import RegionConfig, RegionEmbedder, embed_regions
from sightlab.recognition.recognizer import Recognizer, unreadable_row
from sightlab.recognition.several import RegionVectors
from sightlab.workspace import Workspace
from sightlab.workspace_files import delete_tree


def model_folder(workspace: Workspace) -> Path:
    return workspace.root / "models" / "current"


def write_model(
    workspace: Workspace,
    network: LandmarkNet,
    recognizers: dict[float, Recognizer],
    default_fpr: float,
    regions: RegionConfig | None = None,
) -> Path:
    """Replaces the model of the workspace: the old one stands until the new one is complete.

    Args:
        recognizers: one for each false-positive rate.
        default_fpr: the rate that is meant when none is asked for.
        regions: the grid that the recognizers were calibrated with; None: whole photos only.
    """
    model = model_folder(workspace)
    fresh = model.with_name("unfinished")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    save_network(network, fresh / "network.safetensors")
    for fpr, recognizer in recognizers.items():
        folder = fresh / f"fpr_{fpr:g}"
        folder.mkdir()
        recognizer.save(folder)
    (fresh / "regions.json").write_text(json.dumps(regions and asdict(regions)), encoding="utf-8")
    (fresh / "default_fpr.txt").write_text(f"{default_fpr:g}", encoding="utf-8")
    delete_tree(model)
    fresh.rename(model)
    return model


class ModelParts(NamedTuple):
    """What a model is made of, read from the disk; nothing is compiled yet."""

    network: LandmarkNet
    recognizer: Recognizer
    regions: RegionConfig | None  # the grid that the recognizer was calibrated with; None: whole photos only


def read_model(workspace: Workspace, fpr: float | None = None) -> ModelParts:
    """The model of a workspace.

    Args:
        workspace: of a finished run.
        fpr: wanted false-positive rate, one of those that the model carries; None: the profile's.
    Raises:
        InputError: no trained model in the workspace, or a rate it does not carry.
    """
    model = model_folder(workspace)
    network = load_network(model / "network.safetensors")
    return ModelParts(network, Recognizer.load(_thresholds_folder(model, fpr)), _regions_of(model))


class TrainedModel:
    """The model of a workspace, read and compiled once; from then on a photo takes milliseconds.

    Args:
        workspace: of a finished run; None: `parts` are given, and the compiled network is not kept.
        fpr: see `read_model`.
        engine: what runs the network, see `resolve_engine`.
        hint: "latency" for a photo now and then, "throughput" for many at once.
        parts: of the model, if they have been read already.
        threads: cores that it may use; None: all.
    Raises:
        InputError: see `read_model`.
    """

    def __init__(
        self,
        workspace: Workspace | None,
        fpr: float | None = None,
        engine: str = "auto",
        hint: str = "latency",
        parts: ModelParts | None = None,
        threads: int | None = None,
    ):
        self.network, self.recognizer, self.regions = parts or read_model(workspace, fpr)
        self.threads, regions = threads, self.regions
        self._part = Embedder(self.network) if regions is None else RegionEmbedder(self.network, regions)
        size = self.network.config.input_size
        self.engine = compile_engine(self._part, size, engine, threads, hint, workspace)

    def recognize(self, paths: list[Path], use_gps: bool = True, progress: str | None = None) -> pd.DataFrame:
        """An answer for every file, readable or not, in the order given: the columns of `COLUMNS`.

        Args:
            paths: files; their text is the name in the column `photo`.
            use_gps: whether EXIF coordinates may narrow the search.
            progress: words beside a progress bar; None for no bar.
        """
        names = [str(path) for path in paths]
        readable, vectors, regions, problems = self._embedded(names, paths, progress)
        positions = [read_gps(name) if use_gps else (np.nan, np.nan) for name in readable]
        lat, lon = np.array(positions, dtype=float).reshape(-1, 2).T
        answers = self.recognizer.recognize(readable, vectors, lat, lon, regions)
        if not problems:
            return answers
        unreadable = [unreadable_row(name, reason) for name, reason in problems.items()]
        answers = pd.DataFrame([*answers.to_dict("records"), *unreadable], columns=answers.columns)
        return answers.set_index("photo", drop=False).loc[names].reset_index(drop=True)

    def recognize_one(self, path: Path, use_gps: bool = True) -> dict:
        """The answer for one file, as `recognize` gives it, by name of the column: in half of the time.

        Args:
            path: the file, readable or not; its text is the name under `photo`.
            use_gps: whether EXIF coordinates may narrow the search.
        """
        size = self.network.config.input_size
        try:
            photo, (lat, lon) = open_located(path, size)
        except UnreadablePhoto as problem:
            return unreadable_row(str(path), problem.reason)
        rows = self.engine(square_photo(photo, size)[None])  # (1, D), with regions (1, R, D)
        where = (np.array([lat]), np.array([lon])) if use_gps else (None, None)
        if self.regions is None:
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)  # as `embed_photos` does
            return self.recognizer.rows([str(path)], rows, *where)[0]
        regions = RegionVectors(rows, self._part.windows)
        return self.recognizer.rows([str(path)], rows[:, 0], *where, regions)[0]

    def _embedded(self, names: list[str], paths: list[Path], progress: str | None) -> tuple:
        """Readable names, their embeddings, their regions if the model looks at them, and why others not."""
        if self.regions is None:
            table = embed_photos(
                self.network, names, paths, None, self.engine, progress, threads=self.threads
            )
            return table.photo_ids.tolist(), table.vectors, None, table.problems
        table = embed_regions(
            self.network, names, paths, self.regions, self.engine, progress, self._part, self.threads
        )
        regions = RegionVectors(table.vectors, table.windows)
        return table.photo_ids.tolist(), table.vectors[:, 0], regions, table.problems


def recognize_paths(
    paths: list[Path], workspace: Workspace, use_gps: bool = True, fpr: float | None = None
) -> pd.DataFrame:
    """Answers of the workspace's model, see `TrainedModel`; for one call with many files."""
    return TrainedModel(workspace, fpr, hint="throughput").recognize(paths, use_gps, "recognizing")


def _regions_of(model: Path) -> RegionConfig | None:
    """The grid of regions that a model was calibrated with."""
    settings = json.loads((model / "regions.json").read_text(encoding="utf-8"))
    return None if settings is None else RegionConfig(**settings)


def _thresholds_folder(model: Path, fpr: float | None) -> Path:
    if fpr is None:
        fpr = float((model / "default_fpr.txt").read_text(encoding="utf-8"))
    folder = model / f"fpr_{fpr:g}"
    if not folder.is_dir():
        offered = sorted(path.name.removeprefix("fpr_") for path in model.glob("fpr_*"))
        raise InputError(f"this model has no thresholds for fpr={fpr:g}; it carries {', '.join(offered)}.")
    return folder
