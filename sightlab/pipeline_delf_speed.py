"""How fast both systems answer: one photo after the other, the same engine, threads and photos.

A larger database is made by entering the rival's descriptors, and our centroids, several times, each copy
moved a little. A photo costs the rival seven passes through the trunk, the search of its descriptors and
geometry; it costs us one pass and a product with the centroids. Where faiss is installed the rival is also
timed with an approximate index, whose time hardly grows. Each size is timed for itself, so that few large
indexes are in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from sightlab.data.photos import open_photo
from sightlab.delf.features import extract
from sightlab.delf.index import DescriptorIndex, has_faiss
from sightlab.delf.recognizer import DelfRecognizer
from sightlab.evaluation.timing import SpeedConfig, speedup, time_systems
from sightlab.nets.backbones import square_photo
from sightlab.nets.embedding import Embedder
from sightlab.nets.engine import compile_engine, resolve_engine
from sightlab.nets.regions import RegionEmbedder
from sightlab.pipeline_delf import Rival
from sightlab.recognition.gallery import CentroidGallery
from sightlab.recognition.recognizer import Recognizer
from sightlab.recognition.several import RegionVectors

SIZES = (1, 4, 16)  # times the database
OURS, THEIRS, APPROXIMATE = "sightlab", "delf", "delf_ivf"


def measure_speed(
    rival: Rival, config: SpeedConfig | None = None, sizes: Sequence[int] = SIZES
) -> pd.DataFrame:
    """Milliseconds of every step of both systems at every size of the database, see `time_systems`.

    Args:
        config: photos and threads at the first size; None: `n_timed` of the settings. The larger sizes are
            timed with `n_timed_enlarged` photos, if these are fewer.
        sizes: times the database.
    Returns:
        system ("sightlab 1x", "delf 1x", "sightlab 4x", ...; "delf_ivf 1x" with faiss), photo, step,
        milliseconds.
    """
    config = config or SpeedConfig(n_photos=rival.settings.n_timed)
    bench = rival.bench
    name = bench.profile.curriculum.engine
    needed = config.n_photos + config.n_warm_up
    photos = bench.manifest.split("test")
    chosen = np.random.default_rng(rival.settings.seed).permutation(len(photos))[:needed]
    paths = [photos.paths()[row] for row in chosen]
    options = {"threads": config.threads, "hint": "latency", "workspace": bench.workspace}
    embed = _embedding_steps(rival, name, options)
    local = compile_engine(rival.net, None, name, **options)
    fewer = min(config.n_photos, rival.settings.n_timed_enlarged)
    parts = []
    for size in sizes:
        systems = {f"{OURS} {size}x": [*embed, ("search", _answer(enlarged(bench.recognizer, size)))]}
        for system, kind in _indexes(rival).items():
            systems[f"{system} {size}x"] = [
                ("decode", open_photo),
                ("extraction", lambda photo: extract(photo, local, rival.net.field, rival.config)),
                *_delf_steps(rival, size, kind),
            ]
        warm = min(config.n_warm_up, 1)
        counted = config if size == sizes[0] else replace(config, n_photos=fewer, n_warm_up=warm)
        parts.append(time_systems(systems, paths, counted))
    return pd.concat(parts, ignore_index=True)


def device_of(rival: Rival) -> str:
    """What the networks of both systems run on: "cpu" or "cuda"."""
    return resolve_engine(rival.bench.profile.curriculum.engine).device


def speed_numbers(times: pd.DataFrame, sizes: Sequence[int] = SIZES, device: str = "cpu") -> dict[str, float]:
    """speedup_<device>_<size>x with the middle 90 %, and ms of every step of all systems at every size.

    With an approximate index also speedup_<device>_ivf_<size>x.
    """
    numbers = {}
    timed = set(times["system"])
    for size in sizes:
        for system, words in ((THEIRS, ""), (APPROXIMATE, "ivf_")):
            if f"{system} {size}x" in timed:
                found = speedup(times, f"{OURS} {size}x", f"{system} {size}x")
                key = f"speedup_{device}_{words}{size}x"
                numbers |= dict(zip((key, f"{key}_low", f"{key}_high"), found, strict=True))
        numbers[f"n_timed_{size}x"] = int(times.loc[times["system"] == f"{OURS} {size}x", "photo"].nunique())
    median = times.groupby(["system", "step"], sort=False)["milliseconds"].median()
    for (system, step), value in median.items():
        kind, size = system.split()
        numbers[f"ms_{kind}_{step}_{size}"] = float(value)
    return numbers


def _embedding_steps(rival: Rival, engine: str, options: dict) -> list[tuple[str, Callable[[Any], Any]]]:
    """From a file to its vectors, with the regions that the recognizer was calibrated with."""
    bench = rival.bench
    has_regions = bench.recognizer.thresholds.region_extra is not None
    network = bench.network
    part = RegionEmbedder(network, bench.profile.regions) if has_regions else Embedder(network)
    size = network.config.input_size
    compiled = compile_engine(part, size, engine, **options)

    def vectors(photo: np.ndarray):
        rows = compiled(square_photo(photo, size)[None])
        rows = rows / np.linalg.norm(rows, axis=-1, keepdims=True)
        return (rows[:, 0], RegionVectors(rows, part.windows)) if has_regions else (rows, None)

    return [("decode", open_photo), ("extraction", vectors)]


def _answer(recognizer: Recognizer) -> Callable[[Any], Any]:
    return lambda found: recognizer.recognize(["photo"], found[0], regions=found[1])


def _indexes(rival: Rival) -> dict[str, str]:
    """System -> kind of its index: that of the run, and an approximate one where faiss can be had."""
    found = {THEIRS: rival.index.kind}
    return found | {APPROXIMATE: "ivf"} if has_faiss() and rival.index.kind == "exact" else found


def _delf_steps(rival: Rival, size: int, kind: str) -> list[tuple[str, Callable[[Any], Any]]]:
    config = replace(rival.settings.index, kind=kind)
    is_there = size == 1 and kind == rival.index.kind
    index = rival.index if is_there else DescriptorIndex(rival.database, config, copies=size)
    landmarks = rival.untuned.landmark_ids
    settings = rival.settings
    recognizer = DelfRecognizer(
        index, rival.database, landmarks, rival.threshold, settings.search, settings.score
    )

    def verified(found: tuple) -> dict:
        query, votes = found
        return recognizer.decide("photo", len(query), query.note, recognizer.verify(query, votes))

    return [("search", lambda query: (query, recognizer.search(query))), ("verification", verified)]


def enlarged(recognizer: Recognizer, copies: int, seed: int = 0) -> Recognizer:
    """The recognizer with every landmark entered several times, each copy under a name of its own."""
    if copies == 1:
        return recognizer
    generator = np.random.default_rng(seed)
    vectors, tables, landmarks, references = [], [], [], {}
    for copy in range(copies):
        end = f"~{copy}" if copy else ""
        rows = recognizer.gallery.vectors
        moved = rows + 0.05 * copy / copies * generator.standard_normal(rows.shape).astype(np.float32)
        vectors.append(moved / np.linalg.norm(moved, axis=1, keepdims=True))
        tables.append(recognizer.gallery.table.assign(landmark_id=recognizer.gallery.landmark_ids + end))
        places = recognizer.search.landmarks
        landmarks.append(places.assign(landmark_id=places["landmark_id"] + end))
        references |= {name + end: rows for name, rows in recognizer.search.reference_vectors.items()}
    table = pd.concat(tables, ignore_index=True)
    order = np.argsort(table["landmark_id"].to_numpy(dtype=object), kind="stable")
    table = table.iloc[order].reset_index(drop=True).assign(centroid=np.arange(len(table)))
    gallery = CentroidGallery(np.concatenate(vectors)[order], table)
    witnesses = recognizer.search.witnesses
    return Recognizer(
        gallery,
        pd.concat(landmarks, ignore_index=True),
        references,
        recognizer.thresholds,
        recognizer.config,
        recognizer.search.pool,
        recognizer.probability,
        witnesses and witnesses.entered_again([f"~{copy}" for copy in range(1, copies)]),
    )
