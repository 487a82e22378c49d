"""The trained model of a workspace: written whole, read by `sightlab recognize`.

models/current/network.safetensors   default_fpr.txt   fpr_0.01/ fpr_0.001/ ... one recognizer a rate
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from sightlab.checks import InputError
from sightlab.data.photos import read_gps
from sightlab.nets.embedding import Embedder, embed_photos
from sightlab.nets.engine import compile_engine
from sightlab.nets.network import LandmarkNet, load_network, save_network
from sightlab.recognition.recognizer import Recognizer, unreadable_row
from sightlab.workspace import Workspace


def model_folder(workspace: Workspace) -> Path:
    return workspace.root / "models" / "current"


def write_model(
    workspace: Workspace, network: LandmarkNet, recognizers: dict[float, Recognizer], default_fpr: float
) -> Path:
    """Replaces the model of the workspace: the old one stands until the new one is complete."""
    model = model_folder(workspace)
    fresh = model.with_name("unfinished")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    save_network(network, fresh / "network.safetensors")
    for fpr, recognizer in recognizers.items():
        folder = fresh / f"fpr_{fpr:g}"
        folder.mkdir()
        recognizer.save(folder)
    (fresh / "default_fpr.txt").write_text(f"{default_fpr:g}", encoding="utf-8")
    shutil.rmtree(model, ignore_errors=True)
    fresh.rename(model)
    return model


class TrainedModel:
    """The model of a workspace, read and compiled once; from then on a photo takes milliseconds.

    Args:
        workspace: of a finished run.
        fpr: wanted false-positive rate, one of those that the model carries; None: the profile's.
        engine: what runs the network, see `resolve_engine`.
        hint: "latency" for a photo now and then, "throughput" for many at once.
    Raises:
        InputError: no trained model in the workspace, or a rate it does not carry.
    """

    def __init__(
        self, workspace: Workspace, fpr: float | None = None, engine: str = "auto", hint: str = "latency"
    ):
        model = model_folder(workspace)
        self.network = load_network(model / "network.safetensors")
        self.recognizer = Recognizer.load(_thresholds_folder(model, fpr))
        size = self.network.config.input_size
        self.engine = compile_engine(Embedder(self.network), size, engine, hint=hint, workspace=workspace)

    def recognize(self, paths: list[Path], use_gps: bool = True, progress: str | None = None) -> pd.DataFrame:
        """An answer for every file, readable or not, in the order given: the columns of `COLUMNS`.

        Args:
            paths: files; their text is the name in the column `photo`.
            use_gps: whether EXIF coordinates may narrow the search.
            progress: words beside a progress bar; None for no bar.
        """
        names = [str(path) for path in paths]
        table = embed_photos(self.network, names, paths, engine=self.engine, progress=progress)
        readable = [name for name in names if name in table]
        positions = [read_gps(name) if use_gps else (np.nan, np.nan) for name in readable]
        lat, lon = np.array(positions, dtype=float).reshape(-1, 2).T
        answers = self.recognizer.recognize(readable, table.rows(readable), lat, lon)
        if not table.problems:
            return answers
        unreadable = [unreadable_row(name, reason) for name, reason in table.problems.items()]
        answers = pd.DataFrame([*answers.to_dict("records"), *unreadable], columns=answers.columns)
        return answers.set_index("photo", drop=False).loc[names].reset_index(drop=True)


def recognize_paths(
    paths: list[Path], workspace: Workspace, use_gps: bool = True, fpr: float | None = None
) -> pd.DataFrame:
    """Answers of the workspace's model, see `TrainedModel`; for one call with many files."""
    return TrainedModel(workspace, fpr, hint="throughput").recognize(paths, use_gps, "recognizing")


def _thresholds_folder(model: Path, fpr: float | None) -> Path:
    if fpr is None:
        fpr = float((model / "default_fpr.txt").read_text(encoding="utf-8"))
    folder = model / f"fpr_{fpr:g}"
    if not folder.is_dir():
        offered = sorted(path.name.removeprefix("fpr_") for path in model.glob("fpr_*"))
        raise InputError(f"this model has no thresholds for fpr={fpr:g}; it carries {', '.join(offered)}.")
    return folder
