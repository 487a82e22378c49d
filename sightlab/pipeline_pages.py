"""Pages of a trained workspace: albums of anybody's photos, and what reviewers get to see."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from sightlab.checks import check_count
from sightlab.data.manifest import NON_LANDMARK
from sightlab.data.photos import UnreadablePhoto, open_photo
from sightlab.evaluation import metrics
from sightlab.nets.backbones import square_photo
from sightlab.nets.engine import compile_engine
from sightlab.nets.network import LandmarkNet, network_key
from sightlab.pipeline import Workbench
from sightlab.pipeline_model import TrainedModel
from sightlab.views.album_page import AlbumPageConfig, write_albums
from sightlab.views.albums import Albums, build_albums, look_at
from sightlab.views.bundle import BundleConfig, worst_first, write_bundle
from sightlab.views.cam import LastMap, class_activation
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


def albums_of_split(
    bench: Workbench, split: str = "test", use_gps: bool = True
) -> tuple[Albums, dict[str, str]]:
    """The photos of a split as if they were somebody's camera roll, and what each was filed under.

    Returns:
        The albums, and path -> landmark_id as the manifest says: for measuring.
    """
    photos = bench.manifest.split(split)
    paths = [str(path) for path in photos.paths()]
    answers = bench.recognize(split, use_gps).assign(photo=paths)
    truth = dict(zip(paths, photos.photos["landmark_id"], strict=True))
    return build_albums(answers, album_places(bench), look_at(paths)), truth


def album_places(bench: Workbench) -> pd.DataFrame:
    """Landmarks that a correction may name: landmark_id, name, city and more."""
    return bench.recognizer.search.landmarks


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


RULE = (
    "mistakes first, the most confident on top; then missed landmarks, then narrow successes, then rejections"
)


def make_bundle(
    bench: Workbench,
    out: Path,
    config: BundleConfig,
    split: str = "test",
    n: int = 400,
    use_gps: bool = False,
) -> pd.DataFrame:
    """Writes a review page of a split's photos; the cards that are on it.

    Args:
        bench: of a finished run.
        out: a name ending in .html, or a folder.
        config: title, blind, size.
        split: whose answers are reviewed.
        n: photos at most, the worst first (`worst_first`).
        use_gps: whether coordinates narrow the search, as in `Workbench.recognize`.
    """
    check_count(n, "n")
    cards = review_cards(bench, split, use_gps)
    cards = cards.iloc[worst_first(cards)[:n]].reset_index(drop=True)
    maps = review_maps(bench.network, cards)
    write_bundle(_in_words(cards, bench), maps, out, network_key(bench.network), config)
    return cards


def review_cards(bench: Workbench, split: str, use_gps: bool) -> pd.DataFrame:
    """One row for each photo of a split: what a reviewer should know, landmarks by their ids.

    Returns:
        photo_id, path, answer, best, runner_up, truth, similarity, threshold, margin, reason, trace, outcome,
        region ("" for photos of no landmark).
    """
    photos = bench.manifest.split(split)
    found = bench.recognize(split, use_gps)
    truth, answer = photos.photos["landmark_id"], found["landmark_id"]
    columns = ["runner_up", "similarity", "threshold", "margin", "reason", "trace"]
    outcome = metrics.outcomes(truth.to_numpy(dtype=object), answer.to_numpy(dtype=object))
    facts = {"answer": answer, "best": found["best_landmark_id"], "truth": truth, "outcome": outcome}
    cards = pd.DataFrame({"photo_id": found["photo"], "path": [str(p) for p in photos.paths()], **facts})
    return cards.join(found[columns]).assign(region=photos.photos["region"].fillna("").to_numpy())


def review_maps(network: LandmarkNet, cards: pd.DataFrame) -> dict[str, np.ndarray]:
    """Maps of every target of a review page for the same photos; NaN for a photo that cannot be read.

    Args:
        network: of the run.
        cards: path, best, runner_up, truth as landmark_ids.
    Returns:
        target -> (N, h, w) float32 in units of the logit; see `bundle.TARGETS`.
    """
    size = network.config.input_size
    squares = [_square(Path(path), size) for path in cards["path"]]
    is_there = np.array([square is not None for square in squares])
    if not is_there.any():
        return {}
    photos = np.stack([square for square in squares if square is not None])
    engine = compile_engine(LastMap(network), size, "torch")

    def of(landmarks: pd.Series) -> np.ndarray:
        """The maps of one landmark a photo; the non-landmark where there is none."""
        classes = landmarks[is_there].replace("", NON_LANDMARK).tolist()
        maps = class_activation(network, photos, classes, engine)
        whole = np.full((len(cards), *maps.shape[1:]), np.nan, dtype=np.float32)
        whole[is_there] = maps
        return whole

    best, second, true = (of(cards[column]) for column in ("best", "runner_up", "truth"))
    is_right = (cards["best"] == cards["truth"]).to_numpy()[:, None, None]
    difference = best - np.where(is_right, second, true)
    return {"predicted": best, "true": true, "runner_up": second, "difference": difference}


def _square(path: Path, size: int) -> np.ndarray | None:
    try:
        return square_photo(open_photo(path), size)
    except UnreadablePhoto:
        return None


def _in_words(cards: pd.DataFrame, bench: Workbench) -> pd.DataFrame:
    """Landmarks by their names, "" for none."""
    landmarks = bench.manifest.landmarks
    names = dict(zip(landmarks["landmark_id"], landmarks["name"], strict=True)) | {NON_LANDMARK: ""}
    columns = ("answer", "best", "runner_up", "truth")
    named = {name: [names.get(i) or i for i in cards[name]] for name in columns}
    return cards.assign(**named).replace(dict.fromkeys(columns, NON_LANDMARK), "")
