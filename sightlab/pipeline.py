"""The steps in their order: from a folder of photos to a recognizer, and from a recognizer to answers.

Every property of a `Workbench` is a stored artefact: computed once for its settings and photos, read from
the workspace from then on. Notebooks, the command line and tests all go through here, so that they cannot
disagree about what a step is given.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.data.manifest import NON_LANDMARK, Manifest
from sightlab.data.photos import open_photo, survey_photos
from sightlab.data.survey import changed_files
from sightlab.evaluation.cleaning import cleaning_numbers
from sightlab.learning.curriculum import (
    Stage,
    clean_by,
    initial_network,
    landmark_train_photos,
    run_curriculum,
)
from sightlab.learning.curriculum import (
    embed_manifest as embed_with,
)
from sightlab.learning.whitening import whitened
from sightlab.nets.backbones import square_photo
from sightlab.nets.cluster import Cluster, connected
from sightlab.nets.embedding import EmbeddingTable
from sightlab.nets.network import LandmarkNet, load_network
from sightlab.pipeline_many import survey_by_ray
from sightlab.pipeline_model import model_folder, recognize_paths
from sightlab.pipeline_recognition import RecognitionSteps
from sightlab.pipeline_truth import photo_folder
from sightlab.profiles import Profile, get_profile
from sightlab.workspace import Workspace, artefact_key, file_facts

if TYPE_CHECKING:
    from matplotlib.figure import Figure


__all__ = ["Workbench", "embed_manifest", "recognize_paths"]

VERSION = 1


@dataclass(frozen=True, eq=False)
class Workbench(RecognitionSteps):
    """Photos, a place for results, and settings; everything else follows."""

    photos: Path
    workspace: Workspace
    profile: Profile
    cluster: Cluster | None = None  # who checks, embeds and scores photos; None: this process

    @classmethod
    def open(cls, photos: Path | str, workspace: Path | str, profile: str) -> Workbench:
        """A workbench on a folder of photos; "" with profile tour is the drawn world in the user's cache."""
        return cls(photo_folder(photos, profile), Workspace(workspace), get_profile(profile))

    @cached_property
    def survey(self) -> pd.DataFrame:
        """One row per photo: size, EXIF coordinates, and why it cannot be used, if so."""
        manifest = self._manifest_as_written
        settings = file_facts(manifest.photos["photo_id"], manifest.paths())
        if not self.workspace.holds("survey", artefact_key("survey", VERSION, settings, [manifest.key])):
            last = self.workspace.newest("survey")
            changed = changed_files(last["settings"], settings) if last else ""
            if changed:
                print(f"Changed {changed}. Results that rest on them no longer count.", file=sys.stderr)

        def checked() -> pd.DataFrame:
            if self.cluster is None:
                return survey_photos(manifest)
            return survey_by_ray(manifest, self.cluster, self.workspace)

        return self.workspace.table("survey", VERSION, settings, [manifest.key], checked)

    @cached_property
    def manifest(self) -> Manifest:
        """Readable photos, with the coordinates that their EXIF carries."""
        return self._manifest_as_written.with_photo_facts(self.survey)

    @cached_property
    def _manifest_as_written(self) -> Manifest:
        return Manifest.read(self.photos)

    @cached_property
    def initial_network(self) -> LandmarkNet:
        return initial_network(self.manifest, self.profile.curriculum, self.workspace)

    @cached_property
    def initial_table(self) -> EmbeddingTable:
        """Embeddings of the train photos of landmarks by the network that has learned none of them."""
        photos = landmark_train_photos(self.manifest)
        engine, words = self.profile.curriculum.engine, "train photos, initial network"
        return embed_with(self.initial_network, photos, self.workspace, engine, words, self.cluster)

    @cached_property
    def initial_cleaning(self) -> pd.DataFrame:
        """Verdicts on all train photos of landmarks by that network."""
        curriculum = self.profile.curriculum
        return clean_by(self.initial_network, self.manifest, curriculum, self.workspace, self.cluster)

    @cached_property
    def stages(self) -> list[Stage]:
        """The curriculum, stage by stage."""
        return run_curriculum(self.manifest, self.profile.curriculum, self.workspace)

    @cached_property
    def network(self) -> LandmarkNet:
        """What photos are recognized by: the network after the last stage, with its whitening."""
        return self.recognizing_network(len(self.stages))

    def recognizing_network(self, n_stages: int) -> LandmarkNet:
        """The network after the first stages, with a whitening of the photos that it was trained on."""
        photos = self.manifest.photos
        taught = photos["photo_id"].isin(self.kept(n_stages)["photo_id"])
        taught |= photos["split"].eq("train") & photos["landmark_id"].eq(NON_LANDMARK)
        taught, engine = self.manifest.select(taught.to_numpy()), self.profile.curriculum.engine
        network = self.stages[n_stages - 1].network
        return whitened(network, taught, self.profile.whitened_dim, self.workspace, engine)

    @cached_property
    def cleaned(self) -> pd.DataFrame:
        """Verdicts of the curriculum, region by region, with the threshold that each was judged by."""
        return pd.concat([stage.cleaned for stage in self.stages], ignore_index=True)

    @cached_property
    def table(self) -> EmbeddingTable:
        """Embeddings of all photos by the final network."""
        engine = self.profile.curriculum.engine
        return embed_with(self.network, self.manifest, self.workspace, engine, "all photos", self.cluster)

    def kept(self, n_stages: int | None = None) -> pd.DataFrame:
        """photo_id, landmark_id of the kept train photos of the first stages (None: all)."""
        cleaned = pd.concat([stage.cleaned for stage in self.stages[:n_stages]], ignore_index=True)
        return cleaned.loc[cleaned["keep"], ["photo_id", "landmark_id"]].reset_index(drop=True)

    @cached_property
    def train_counts(self) -> dict[str, int]:
        """Kept train photos of each landmark."""
        return self.kept()["landmark_id"].value_counts().to_dict()

    @cached_property
    def known_noise(self) -> set[str]:
        """Photos known to be mislabelled (an optional injected_noise.csv): for measuring only."""
        path = self.photos / "injected_noise.csv"
        return set(pd.read_csv(path, dtype=str)["photo_id"]) if path.is_file() else set()

    def cleaning_numbers(self, cleaned: pd.DataFrame, prefix: str = "") -> dict[str, float | None]:
        """Flat results of one cleaning, measured against the known noise if there is any.

        References are kept by definition, so nothing is measured on them.
        """
        references = set(self.manifest.references["photo_id"])
        return cleaning_numbers(cleaned, self.known_noise, prefix, references)

    def explain(
        self, photo_ids: Sequence[str], answered: Sequence[str], instead: Sequence[str]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Photos as the network sees them, and maps of the evidence for one class and against another.

        Args:
            photo_ids: (B,) photos of the manifest.
            answered: (B,) the class that the evidence is for.
            instead: (B,) the class that it is held against; may be the non-landmark.
        Returns:
            (B, S, S, 3) uint8 and (B, h, w) signed logit differences, comparable across photos.
        """
        from sightlab.views.cam import difference

        rows = self.manifest.photos.set_index("photo_id").loc[list(photo_ids)]
        size = self.profile.curriculum.network.input_size
        photos = [square_photo(open_photo(self.manifest.root / path), size) for path in rows["path"]]
        return np.stack(photos), difference(self.network, np.stack(photos), list(answered), list(instead))

    def save(
        self,
        figure: Figure,
        name: str,
        table: pd.DataFrame | None = None,
        photos: Sequence[str] = (),
    ) -> Path:
        """Writes a figure with the table behind it to the workspace; shows it as the value of a cell.

        Args:
            photos: photo_ids of what it shows, for their credits; sheets that open photos by path know it.
        """
        from sightlab.views import figures

        rows = self.manifest.photos.set_index("photo_id").loc[list(photos)]
        figures.credit(figure, [self.manifest.root / path for path in rows["path"]])
        record = {"profile": self.profile.name, "photos_key": self.manifest.key}
        return figures.save(figure, name, self.workspace, table, record)


def embed_manifest(
    photos: Path, workspace: Workspace, profile: str, cluster: Cluster | None = None
) -> EmbeddingTable:
    """Embeddings of a photo folder by the workspace's trained network; untrained: by the initial one."""
    bench = Workbench(photos, workspace, get_profile(profile), cluster)
    trained = model_folder(workspace) / "network.safetensors"
    with nullcontext() if cluster is None else connected(cluster):  # once for both steps
        network = load_network(trained) if trained.is_file() else bench.initial_network
        engine = bench.profile.curriculum.engine
        return embed_with(network, bench.manifest, workspace, engine, cluster=cluster)
