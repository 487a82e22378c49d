"""The rival in a workbench: taught on the same photos, asked the same queries, for the same wanted rate.

    rival = Rival(bench)
    rival.evaluation          # DELF on the test queries
    rival.centroids           # sightlab on the very same ones

Every property is a stored artefact or follows from stored ones. Thresholds come from tune, numbers from test.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.checks import InputError
from sightlab.data.manifest import NON_LANDMARK
from sightlab.delf.features import DelfConfig
from sightlab.delf.index import DescriptorIndex, IndexConfig, resolve_kind
from sightlab.delf.network import DelfNet, load_net
from sightlab.delf.receptive import stages_at_stride
from sightlab.delf.recognizer import DelfRecognizer
from sightlab.delf.settings import DelfSettings
from sightlab.delf.store import FeatureStore, extract_photos, features_key
from sightlab.delf.training import fit_axes, train_head
from sightlab.evaluation.protocol import Evaluation, evaluate
from sightlab.evaluation.slices import world_facts, world_slices
from sightlab.learning.augmented import JoinedViews, SomeViews, view_source
from sightlab.nets.network import LandmarkNet, network_key
from sightlab.recognition.certified import can_promise, threshold_for
from sightlab.workspace import artefact_key

if TYPE_CHECKING:
    from tqdm.auto import tqdm

    from sightlab.learning.augmented import ViewSource
    from sightlab.pipeline import Workbench

VERSION = 2
COMPARED_VERSION = 1
PART = 200  # queries that are stored together: what a kill can cost


@dataclass(frozen=True, eq=False)
class Rival:
    """DELF beside the recognizer of a workbench."""

    bench: Workbench
    settings: DelfSettings

    @classmethod
    def of(cls, bench: Workbench) -> Rival:
        """With the settings of the bench's profile."""
        return cls(bench, bench.profile.delf)

    @cached_property
    def net(self) -> DelfNet:
        """Trained head and principal axes on the bench's trunk."""
        return load_net(self._folder, self.bench.network, self.settings.training.head)

    @cached_property
    def _folder(self) -> Path:
        """Of the trained head; trained now if it is not there."""
        settings, inputs = self._taught_by
        record = {"version": VERSION, "settings": settings, "inputs": inputs}
        key = artefact_key("delf", VERSION, settings, inputs)
        return self.bench.workspace.write("delf", key, self._train_into, record)

    @property
    def _taught_by(self) -> tuple[dict, list[str]]:
        """Settings and inputs of the head."""
        settings = {"training": asdict(self.settings.training), "dim": self.settings.dim}
        return settings, [network_key(self.bench.network), *(stage.key for stage in self.bench.stages)]

    @property
    def has_evaluation(self) -> bool:
        """Whether the workspace holds all that `evaluation` needs; nothing is computed."""
        has = self.bench.workspace.has
        if not has("delf", artefact_key("delf", VERSION, *self._taught_by)):
            return False
        ids = self.database_photos["photo_id"]
        if not has("delf_features", features_key(self.net, *self._photos(ids), *self._extraction)):
            return False
        keys = (
            artefact_key("delf_compared", COMPARED_VERSION, *self._compared_by(queries))
            for queries in (self._tune_distractors, self.queries("test"))
        )
        return all(has("delf_compared", key) for key in keys)

    def _train_into(self, folder: Path) -> None:
        from safetensors.torch import save_file

        views, classes = self._training_views()
        trained = train_head(views, classes, self.settings.training)
        axes = fit_axes(trained.head, views, self.settings.dim, self.settings.training.seed)
        tensors = {f"head.{name}": value.contiguous() for name, value in trained.head.state_dict().items()}
        save_file(tensors | {"mean": axes.mean, "axes": axes.axes}, folder / "delf.safetensors")
        np.save(folder / "losses.npy", trained.losses)
        np.save(folder / "attention.npy", np.quantile(axes.attention, np.linspace(0, 1, 1001)))
        facts = {"n_classes": int(classes.max()) + 1, "explained": axes.explained}
        (folder / "delf.json").write_text(json.dumps(facts), encoding="utf-8")

    def _training_views(self) -> tuple[ViewSource, np.ndarray]:
        """Cached maps of the kept landmark photos behind the stride-16 stage, and their classes.

        Where the curriculum froze the trunk at that very stage, its own cache is found, and nothing is drawn.
        """
        bench, sources, landmarks = self.bench, [], []
        train, curriculum = bench.manifest.split("train"), bench.profile.curriculum
        network = _frozen_at(bench.network, stages_at_stride(bench.network.trunk))
        for stage in bench.stages:
            kept = stage.cleaned.loc[stage.cleaned["keep"], "photo_id"]
            joined = train.photos["photo_id"].isin(kept).to_numpy() | (
                ~train.is_landmark & (stage.number == 1)
            )
            photos = train.photos[joined]
            paths = [train.root / path for path in photos["path"]]
            ids, engine = photos["photo_id"].tolist(), curriculum.engine
            sources.append(view_source(network, ids, paths, curriculum.views, bench.workspace, engine))
            landmarks.append(photos["landmark_id"].to_numpy(dtype=object))
        landmark = np.concatenate(landmarks)
        rows = np.flatnonzero(landmark != NON_LANDMARK)
        classes = np.unique(landmark[rows].astype(str), return_inverse=True)[1]
        return SomeViews(JoinedViews(sources), rows), classes

    @cached_property
    def config(self) -> DelfConfig:
        """How features are extracted; the attention that a keypoint needs is read off the training photos."""
        levels = np.load(self._folder / "attention.npy", allow_pickle=False)
        least = float(np.interp(self.settings.attention_quantile, np.linspace(0, 1, len(levels)), levels))
        return replace(
            self.settings.features, min_attention=least if self.settings.attention_quantile else 0.0
        )

    # ------------------------------------------------------------ photos

    @cached_property
    def database_photos(self) -> pd.DataFrame:
        """photo_id, landmark_id of the kept train photos that the rival compares with, a few of each."""
        kept = self.bench.kept()
        drawn = [
            some(group, self.settings.photos_per_landmark, self.settings.seed)
            for _, group in kept.groupby("landmark_id", sort=True)
        ]
        return pd.concat(drawn, ignore_index=True)

    def queries(self, split: str) -> pd.DataFrame:
        """Rows of the manifest that both systems are asked, some of each kind, drawn once and for all."""
        photos = self.bench.manifest.split(split).photos
        is_landmark = photos["landmark_id"] != NON_LANDMARK
        most, seed = self.settings.most_queries, self.settings.seed
        found = pd.concat([some(photos[is_landmark], most, seed), some(photos[~is_landmark], most, seed)])
        return found.sort_index().reset_index(drop=True)

    def features(self, photo_ids: Sequence[str], words: str) -> FeatureStore:
        """Local features of photos of the manifest, stored."""
        photos = self._photos(photo_ids)
        return extract_photos(self.net, *photos, self.bench.workspace, *self._extraction, words)

    def _photos(self, photo_ids: Sequence[str]) -> tuple[list[str], list[Path]]:
        rows = self.bench.manifest.photos.set_index("photo_id").loc[list(photo_ids)]
        return list(photo_ids), [self.bench.manifest.root / path for path in rows["path"]]

    @property
    def _extraction(self) -> tuple[DelfConfig, str]:
        return self.config, self.bench.profile.curriculum.engine

    @cached_property
    def database(self) -> FeatureStore:
        return self.features(self.database_photos["photo_id"], "local features of the database")

    # ------------------------------------------------------------ answers

    @cached_property
    def index(self) -> DescriptorIndex:
        return DescriptorIndex(self.database, self.settings.index)

    @property
    def _index_kind(self) -> str:
        n_indexed = np.minimum(np.diff(self.database.starts), self.settings.index.n_indexed).sum()
        return resolve_kind(self.settings.index.kind, int(n_indexed))

    @cached_property
    def untuned(self) -> DelfRecognizer:
        """Without a threshold: what the threshold is chosen with."""
        landmarks = self.database_photos["landmark_id"].to_numpy(dtype=object)
        search, score = self.settings.search, self.settings.score
        return DelfRecognizer(self.index, self.database, landmarks, config=search, score=score)

    @cached_property
    def recognizer(self) -> DelfRecognizer:
        """With a threshold from the distractors of tune, for the same rate and promise as the centroids'."""
        landmarks = self.database_photos["landmark_id"].to_numpy(dtype=object)
        search, score = self.settings.search, self.settings.score
        return DelfRecognizer(self.index, self.database, landmarks, self.threshold, search, score)

    def answers(self, split: str) -> pd.DataFrame:
        """What geometry says about the queries of a split, before any threshold."""
        return self._answers_of(self.queries(split), split)

    def _answers_of(self, queries: pd.DataFrame, words: str) -> pd.DataFrame:
        return self.untuned.answers(queries["photo_id"].tolist(), self.compared(queries, words))

    def compared(self, queries: pd.DataFrame, words: str) -> pd.DataFrame:
        """Every candidate of some queries, see `DelfRecognizer.compare`; stored, part by part.

        Args:
            queries: rows of the manifest.
            words: beside the progress bar.
        """

        def compare() -> pd.DataFrame:
            from tqdm.auto import tqdm

            store = self.features(queries["photo_id"], f"local features of {words} queries")
            with tqdm(total=len(queries), desc=f"DELF on {words}", unit=" photos") as bar:
                starts = range(0, max(1, len(queries)), PART)
                parts = [self._part(queries[start : start + PART], store, start, bar) for start in starts]
            return pd.concat(parts, ignore_index=True)

        by = self._compared_by(queries)
        return self.bench.workspace.table("delf_compared", COMPARED_VERSION, *by, compare)

    def _part(self, queries: pd.DataFrame, store: FeatureStore, start: int, bar: tqdm) -> pd.DataFrame:
        """The candidates of some queries; their features are in `store`, the first of them at `start`."""
        ids = queries["photo_id"].tolist()

        def features():
            for row in range(start, start + len(ids)):
                yield store[row]
                bar.update()

        def compare() -> pd.DataFrame:
            return self.untuned.compare(ids, features(), store.network_key)

        by = self._compared_by(queries)
        found = self.bench.workspace.table("delf_compared_part", COMPARED_VERSION, *by, compare)
        bar.update(start + len(ids) - bar.n)  # what was stored
        return found

    def _compared_by(self, queries: pd.DataFrame) -> tuple[dict, list[str]]:
        """Settings and inputs of what was compared."""
        index = asdict(self.settings.index)
        if self.settings.index.n_indexed == IndexConfig().n_indexed:
            del index["n_indexed"]  # what was stored before it could be set stays of use
        settings = {
            "network": self.net.key,
            "features": asdict(self.config),
            "index": index | {"kind": self._index_kind},
            "search": asdict(self.settings.search),
            "database": self.database_photos["photo_id"].tolist(),
            "queries": queries["photo_id"].tolist(),
        }
        return settings, [self.bench.manifest.key]

    @cached_property
    def threshold(self) -> float:
        """Score that an answer must exceed: chosen on the distractors of tune, never on test."""
        scores = self._answers_of(self._tune_distractors, "tune")["similarity"].to_numpy()
        return threshold_for(scores, self.bench.profile.fpr, self.confidence)

    @property
    def _tune_distractors(self) -> pd.DataFrame:
        tune = self.queries("tune")
        return tune[tune["landmark_id"] == NON_LANDMARK].reset_index(drop=True)

    @property
    def confidence(self) -> float | None:
        """Of the promise, the strongest that the tune distractors asked can carry; None: on average only."""
        tune = self.queries("tune")
        n = int((tune["landmark_id"] == NON_LANDMARK).sum())
        wanted, fpr = self.bench.profile.confidence, self.bench.profile.fpr
        if not can_promise(n, fpr, None):
            raise InputError(
                f"An FPR of {fpr:.2%} needs more tune distractors than the {n} that the rival is asked. "
                "Raise most_queries in its settings, or add photos."
            )
        return wanted if can_promise(n, fpr, wanted) else None

    @cached_property
    def evaluation(self) -> Evaluation:
        """The rival on the test queries, at its threshold."""
        answers = self.answers("test")
        is_answered = answers["similarity"] > self.threshold
        landmark = answers["best_landmark_id"].where(is_answered, NON_LANDMARK)
        return self._evaluate(answers.assign(landmark_id=landmark, threshold=self.threshold))

    @cached_property
    def centroids(self) -> Evaluation:
        """The bench's own recognizer on the same queries, without coordinates: the rival uses none."""
        answers = self.bench.recognize("test", use_gps=False)
        return self._evaluate(answers[answers["photo"].isin(self.queries("test")["photo_id"])])

    def _evaluate(self, answers: pd.DataFrame) -> Evaluation:
        truth = self.queries("test")
        slices = world_slices(truth, world_facts(self.bench.manifest.root))
        return evaluate(answers, truth, slices, self.bench.train_counts)


def some(photos: pd.DataFrame, most: int, seed: int) -> pd.DataFrame:
    """At most so many rows, drawn by chance, in their old order."""
    chosen = np.random.default_rng(seed).permutation(len(photos))[:most]
    return photos.iloc[np.sort(chosen)]


def _frozen_at(network: LandmarkNet, n_stages: int) -> LandmarkNet:
    """A network of the same trunk whose stem ends where DELF's map is."""
    if network.config.frozen_stages == n_stages:
        return network
    return LandmarkNet(replace(network.config, frozen_stages=n_stages), network.trunk)
