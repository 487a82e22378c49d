"""Pages of a trained workspace: albums of anybody's photos, and what reviewers get to see."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sightlab.nets.network import network_key
from sightlab.pipeline_model import TrainedModel
from sightlab.views.album_page import AlbumPageConfig, write_albums
from sightlab.views.albums import Albums, build_albums, look_at
from sightlab.workspace import Workspace


def albums_of(paths: Sequence[Path], model: TrainedModel, use_gps: bool = True) -> Albums:
    """Photos recognized by a trained model and grouped into albums.

    Args:
        paths: files; unreadable ones are counted, not refused.
        model: of a workspace.
        use_gps: whether coordinates in the photos may narrow the search.
    """
    answers = model.recognize(list(paths), use_gps, "recognizing")
    return build_albums(answers, model.recognizer.search.landmarks, look_at(answers["photo"]))


def make_albums(
    paths: Sequence[Path],
    workspace: Workspace,
    out: Path,
    config: AlbumPageConfig,
    use_gps: bool = True,
    fpr: float | None = None,
) -> Albums:
    """Recognizes photos and writes the page of their albums, see `write_albums`."""
    model = TrainedModel(workspace, fpr, hint="throughput")
    albums = albums_of(paths, model, use_gps)
    places = model.recognizer.search.landmarks
    write_albums(albums, out, places, network_key(model.network), config)
    return albums
