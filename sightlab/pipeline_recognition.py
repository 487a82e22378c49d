"""The second half of a workbench: from a trained network to centroids, thresholds, answers and their test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.checks import InputError, check_choice
from sightlab.evaluation.protocol import Evaluation, evaluate
from sightlab.evaluation.slices import position_slices, world_facts, world_slices
from sightlab.nets.network import network_key
from sightlab.nets.regions import embed_regions
from sightlab.pipeline_model import write_model
from sightlab.recognition.calibration import (
    Thresholds,
    choose_probability,
    choose_thresholds,
)
from sightlab.recognition.centroids import build_gallery, valid_minimum
from sightlab.recognition.certified import can_promise, distractors_needed
from sightlab.recognition.cut import calibrate_cut
from sightlab.recognition.gallery import CentroidGallery
from sightlab.recognition.gates import passed
from sightlab.recognition.recognizer import Recognizer
from sightlab.recognition.search import LandmarkSearch, reference_vectors
from sightlab.recognition.several import RegionVectors, choose_region_extra, match_regions
from sightlab.recognition.similarity import PLAIN, SimilarityConfig
from sightlab.recognition.trees import CentroidConfig
from sightlab.recognition.witnesses import Witnesses
from sightlab.workspace import artefact_key

if TYPE_CHECKING:
    from sightlab.data.manifest import Manifest
    from sightlab.learning.curriculum import Stage
    from sightlab.nets.embedding import EmbeddingTable
    from sightlab.nets.network import LandmarkNet
    from sightlab.profiles import Profile
    from sightlab.workspace import Workspace

GALLERY_VERSION = REGIONS_VERSION = 1
OFFERED_FPR = (0.05, 0.02, 0.01, 0.005, 0.002, 0.001)  # rates for which a model carries thresholds


class RecognitionSteps:
    """Properties and methods of `Workbench` that come after training; it gives them what stands here."""

    workspace: Workspace
    profile: Profile
    manifest: Manifest
    table: EmbeddingTable
    network: LandmarkNet
    stages: list[Stage]
    train_counts: Mapping[str, int]

    @property
    def min_photos(self) -> int:
        """Photos that a view needs to be trusted, scaled to this database."""
        return valid_minimum(float(np.median(list(self.train_counts.values()))))

    @cached_property
    def cut(self) -> tuple[float, pd.DataFrame]:
        """The linkage cut that gives the wanted share of landmarks more than one centroid, and its curve."""
        return calibrate_cut(self.table, self.kept(), self.profile.wanted_share_multiple, self.min_photos)

    @cached_property
    def gallery(self) -> CentroidGallery:
        """The centroids, each with its photos, the network and the day that they were made."""
        config = CentroidConfig(max_diameter=self.cut[0], min_photos=self.min_photos)
        inputs = [self.table.key, *(stage.key for stage in self.stages)]
        key = artefact_key("gallery", GALLERY_VERSION, config, inputs)

        def write(folder: Path) -> None:
            made = datetime.now(UTC).date().isoformat()
            network = network_key(self.network)
            build_gallery(self.table, self.kept(), config, self.table.key, network, made).save(folder)

        record = {"version": GALLERY_VERSION, "settings": config, "inputs": inputs}
        return CentroidGallery.load(self.workspace.write("gallery", key, write, record))

    @cached_property
    def offered_rates(self) -> list[float]:
        """False-positive rates that the tune distractors can carry thresholds for, the highest first."""
        tune = self.manifest.split("tune")
        n = int((~tune.is_landmark).sum())
        rates = sorted({*OFFERED_FPR, self.profile.fpr}, reverse=True)
        carried = [fpr for fpr in rates if can_promise(n, fpr, None)]
        if self.profile.fpr not in carried:
            raise InputError(
                f"an FPR of {self.profile.fpr:.2%} needs {distractors_needed(self.profile.fpr)} "
                f"non-landmark photos in the tune split; there are {n}. Add photos or ask for a higher rate."
            )
        return carried

    @cached_property
    def thresholds(self) -> dict[float, Thresholds]:
        """Thresholds for every offered rate; chosen on tune only.

        Each with the strongest promise that its distractors can carry: certified, or else on average.
        """
        return {fpr: self.recognizer_for(fpr).thresholds for fpr in self.offered_rates}

    def choose(
        self,
        fpr: float,
        search: LandmarkSearch,
        to_verification: float = 0.01,
        to_lead: float | None = None,
    ) -> Thresholds:
        """Thresholds of one search, with the strongest promise that the tune distractors can carry.

        Args:
            to_verification, to_lead: shares of right matches that these gates may lose; None: the profile's.
        """
        tune = self.manifest.split("tune")
        n, wanted = int((~tune.is_landmark).sum()), self.profile.confidence
        confidence = wanted if can_promise(n, fpr, wanted) else None
        photos, to_lead = tune.photos, self.profile.lost_to_lead if to_lead is None else to_lead
        return choose_thresholds(search, self.table, photos, fpr, to_verification, confidence, to_lead)

    def _with_regions(self, thresholds: Thresholds, regions: RegionVectors) -> Thresholds:
        """The same thresholds, and how far a region must be above them to add a landmark."""
        search, tune = self.search(), self.manifest.split("tune")
        matches = search.match(self.table.rows(tune.photos["photo_id"]))
        answered = passed(matches, thresholds)[:, 0] & tune.is_landmark
        names = {name: row for row, name in enumerate(search.landmark_ids)}
        truth = np.array([names.get(name, -1) for name in tune.photos["landmark_id"]])
        answer = matches.landmark[answered, 0]
        found = match_regions(search, regions[answered], answer)
        extra = choose_region_extra(found, answer, truth[answered], thresholds.similarity)
        return replace(thresholds, region_extra=extra)

    def regions(self, split: str) -> RegionVectors | None:
        """Embeddings of the regions of a split's photos; None where the profile looks at whole photos."""
        if self.profile.regions is None:
            return None
        photos, engine = self.manifest.split(split), self.profile.curriculum.engine
        settings = {"regions": self.profile.regions, "split": split, "engine": engine}
        key = artefact_key("regions", REGIONS_VERSION, settings, [self.table.key])

        def write(folder: Path) -> None:
            ids, words = photos.photos["photo_id"].tolist(), f"regions of {split} photos"
            made = embed_regions(self.network, ids, photos.paths(), self.profile.regions, engine, words)
            np.save(folder / "vectors.npy", made.vectors)
            np.save(folder / "windows.npy", made.windows)

        record = {"version": REGIONS_VERSION, "settings": settings, "inputs": [self.table.key]}
        folder = self.workspace.write("regions", key, write, record)
        vectors, windows = (
            np.load(folder / f"{name}.npy", allow_pickle=False) for name in ("vectors", "windows")
        )
        return RegionVectors(vectors, windows)

    @cached_property
    def pool(self) -> np.ndarray:
        """(P, D) embeddings of the train photos of no landmark."""
        train = self.manifest.split("train")
        return self.table.rows(train.photos["photo_id"][~train.is_landmark])

    @cached_property
    def witnesses(self) -> Witnesses:
        """Kept photos of the landmarks, by which the lead over a rival is measured."""
        return Witnesses.of(self.table, self.kept())

    def search(self, similarity: SimilarityConfig | None = None) -> LandmarkSearch:
        """Gallery, references and pool, ready to be searched; None: with the similarity of the profile."""
        config = self.profile.recognizer
        config = config if similarity is None else replace(config, similarity=similarity)
        references = reference_vectors(self.table, self.manifest.references)
        landmarks = self.manifest.landmarks
        return LandmarkSearch(self.gallery, landmarks, references, config, self.pool, self.witnesses)

    @cached_property
    def recognizer(self) -> Recognizer:
        return self.recognizer_for(self.profile.fpr)

    @cached_property
    def plain_recognizer(self) -> Recognizer:
        """The rule of the article, similarity = cosine, with its own thresholds: ours is held against it."""
        search = self.search(PLAIN)
        return self.with_thresholds(search, self.choose(self.profile.fpr, search))

    def recognizer_for(self, fpr: float) -> Recognizer:
        """With thresholds for one of the offered rates; the same object each time.

        Raises:
            InputError: a rate that the tune distractors cannot carry.
        """
        known = self.__dict__.setdefault("_recognizers", {})
        if fpr not in known:
            check_choice(fpr, "fpr", self.offered_rates)
            search, regions = self.search(), self.regions("tune")
            chosen = self.choose(fpr, search)
            if regions is not None:
                chosen = self._with_regions(chosen, regions)
            known[fpr] = self.with_thresholds(search, chosen)
        return known[fpr]

    def with_thresholds(self, search: LandmarkSearch, thresholds: Thresholds) -> Recognizer:
        """A recognizer, with probabilities fitted on tune."""
        return Recognizer(
            search.gallery,
            search.landmarks,
            search.reference_vectors,
            thresholds,
            search.config,
            search.pool,
            choose_probability(search, self.table, self.manifest.split("tune").photos),
            search.witnesses,
        )

    def recognize(self, split: str, use_gps: bool, recognizer: Recognizer | None = None) -> pd.DataFrame:
        """Answers on the photos of a split; None: by the recognizer of the profile."""
        photos = self.manifest.split(split).photos
        where = (photos["lat"].to_numpy(), photos["lon"].to_numpy()) if use_gps else (None, None)
        recognizer, vectors = recognizer or self.recognizer, self.table.rows(photos["photo_id"])
        regions = None if recognizer.thresholds.region_extra is None else self.regions(split)
        return recognizer.recognize(photos["photo_id"], vectors, *where, regions)

    def evaluate(self, use_gps: bool, recognizer: Recognizer | None = None) -> Evaluation:
        """The offline test: answers on the test split against the truth, with every slice there is."""
        truth = self.manifest.split("test").photos
        slices = position_slices(truth, self.manifest.landmarks, self.profile.recognizer.square_km)
        slices |= world_slices(truth, world_facts(self.manifest.root))
        answers = self.recognize("test", use_gps, recognizer)
        return evaluate(answers, truth, slices, self.train_counts)

    def recognition_numbers(self, plain: Evaluation, with_gps: Evaluation) -> dict[str, float | str | None]:
        """Flat results of the offline test: without coordinates, by slice, and `_gps` with them."""
        numbers = dict(plain.numbers)
        for row in plain.slices.set_index("slice").drop("all").to_dict("index").items():
            numbers |= _slice_numbers(*row)
        for key in ("sensitivity", "confusion_rate", "fpr"):
            numbers |= {f"{key}_gps{end}": with_gps.numbers[key + end] for end in ("", "_low", "_high")}
        numbers["fpr_bound_gps"] = with_gps.numbers["fpr_bound"]
        thresholds = self.recognizer.thresholds.to_dict()
        numbers |= {
            f"threshold_{k}": v for k, v in thresholds.items() if isinstance(v, float) and np.isfinite(v)
        }
        return numbers | {"promise": self.recognizer.thresholds.promise}

    def save_model(self) -> Path:
        """Puts network and recognizers where `sightlab recognize` looks for them."""
        recognizers = {fpr: self.recognizer_for(fpr) for fpr in self.offered_rates}
        return write_model(self.workspace, self.network, recognizers, self.profile.fpr, self.profile.regions)


def _slice_numbers(name: str, row: dict) -> dict[str, float | None]:
    """sensitivity_at_fpr_1pct_<slice> with its interval, and the photos behind it."""
    key, name = "sensitivity_at_fpr_1pct", name.removeprefix("region: ").lower()
    name = name.replace(": ", "_").replace(" ", "_")
    found = {f"{key}_{name}{end}": row[key + end] for end in ("", "_low", "_high")}
    found = {k: None if np.isnan(value) else value for k, value in found.items()}
    return found | {f"n_landmark_{name}": row["n_landmark"]}
