"""A recognizer in a folder: npy, parquet and json, no pickle.

Shapes: R references of all landmarks together, D embedding size.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.checks import InputError
from sightlab.recognition.calibration import Thresholds
from sightlab.recognition.gallery import CentroidGallery
from sightlab.recognition.probability import ProbabilityScales
from sightlab.recognition.search import RecognizerConfig
from sightlab.recognition.witnesses import Witnesses

if TYPE_CHECKING:
    from sightlab.recognition.recognizer import Recognizer


def write_recognizer(recognizer: Recognizer, folder: Path) -> None:
    """Write everything into an existing folder.

    Raises:
        InputError: it verifies by local features, which are no part of it.
    """
    if recognizer.local is not None:
        raise InputError(
            'Expected a recognizer that verifies by references; got one with verify="local", in save. '
            "Save the one without, and add local features again where it is used."
        )
    folder = Path(folder)
    (folder / "gallery").mkdir(exist_ok=True)
    recognizer.gallery.save(folder / "gallery")
    recognizer.search.landmarks.to_parquet(folder / "landmarks.parquet", index=False)
    references = recognizer.search.reference_vectors
    empty = np.empty((0, recognizer.gallery.vectors.shape[1]), dtype=np.float32)
    np.save(folder / "references.npy", np.concatenate([empty, *references.values()]), allow_pickle=False)
    np.save(folder / "pool.npy", recognizer.search.pool, allow_pickle=False)
    if recognizer.search.witnesses is not None:
        recognizer.search.witnesses.save(folder)
    scales = recognizer.probability
    settings = {
        "thresholds": recognizer.thresholds.to_dict(),
        "config": asdict(recognizer.config),
        "probability": None if scales is None else scales.to_dict(),
        "references": {name: len(vectors) for name, vectors in references.items()},  # rows, in order
    }
    (folder / "recognizer.json").write_text(json.dumps(settings, indent=1), encoding="utf-8")


def read_parts(folder: Path) -> tuple:
    """What `Recognizer` is made of, in its order, as `write_recognizer` wrote it.

    Raises:
        InputError: a file is missing.
    """
    folder = Path(folder)
    for name in ("recognizer.json", "landmarks.parquet", "references.npy", "pool.npy"):
        if not (folder / name).is_file():
            raise InputError(
                f"Expected a saved recognizer; got no {name} in {folder}. "
                "Run the recognition notebook first, or point at the right workspace."
            )
    settings = json.loads((folder / "recognizer.json").read_text(encoding="utf-8"))
    stacked = np.load(folder / "references.npy", allow_pickle=False)
    counts, scales = settings["references"], settings["probability"]
    parts = np.split(stacked, np.cumsum(list(counts.values()))[:-1]) if counts else []
    return (
        CentroidGallery.load(folder / "gallery"),
        pd.read_parquet(folder / "landmarks.parquet"),
        dict(zip(counts, parts, strict=True)),
        Thresholds.from_dict(settings["thresholds"]),
        RecognizerConfig.from_dict(settings["config"]),
        np.load(folder / "pool.npy", allow_pickle=False),
        None if scales is None else ProbabilityScales.from_dict(scales),
        Witnesses.load(folder),
    )
