"""Pages of a trained workspace: albums of anybody's photos, and what reviewers get to see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from sightlab.checks import check_count
from sightlab.data.manifest import NON_LANDMARK
from sightlab.data.photos import UnreadablePhoto, open_photo
from sightlab.evaluation import metrics
from sightlab.nets.backbones import batches, square_photo
from sightlab.nets.engine import compile_engine
from sightlab.nets.network import LandmarkNet, network_key
from sightlab.pipeline import Workbench
from sightlab.pipeline_cam import in_own_spread
from sightlab.pipeline_model import TrainedModel
from sightlab.views.album_page import AlbumPageConfig, write_albums
from sightlab.views.albums import Albums, build_albums, look_at
from sightlab.views.bundle import BundleConfig, worst_first, write_bundle
from sightlab.views.cam import BATCH, LastMap
from sightlab.views.cam_sanity import PARTS, with_random_weights
from sightlab.views.cam_targets import Seen
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
    maps = review_maps(bench.network, cards, nearest_vectors(bench, cards))
    write_bundle(_in_words(cards, bench), maps, out, network_key(bench.network), config)
    return cards


def review_cards(bench: Workbench, split: str, use_gps: bool) -> pd.DataFrame:
    """One row for each photo of a split: what a reviewer should know, landmarks by their ids.

    Returns:
        photo_id, path, answer, best, runner_up, truth, similarity, threshold, margin, reason, trace, outcome,
        region ("" for photos of no landmark), centroid (the nearest one's row in the gallery).
    """
    photos = bench.manifest.split(split)
    found = bench.recognize(split, use_gps)
    truth, answer = photos.photos["landmark_id"], found["landmark_id"]
    columns = ["runner_up", "similarity", "threshold", "margin", "reason", "trace", "centroid"]
    outcome = metrics.outcomes(truth.to_numpy(dtype=object), answer.to_numpy(dtype=object))
    facts = {"answer": answer, "best": found["best_landmark_id"], "truth": truth, "outcome": outcome}
    cards = pd.DataFrame({"photo_id": found["photo"], "path": [str(p) for p in photos.paths()], **facts})
    return cards.join(found[columns]).assign(region=photos.photos["region"].fillna("").to_numpy())


def review_maps(
    network: LandmarkNet, cards: pd.DataFrame, vectors: Mapping[str, np.ndarray] | None = None
) -> dict[str, np.ndarray]:
    """Maps of every target of a review page for the same photos: one pass, and one with random weights.

    Args:
        network: of the run.
        cards: path, best, runner_up, truth as landmark_ids.
        vectors: from `nearest_vectors`; None: no maps of similarity.
    Returns:
        target -> (N, h, w) float32, see `bundle.TARGETS`; NaN for a photo that cannot be read, and for one
        without such a target.
    """
    found: dict[str, list[np.ndarray]] = {}
    size = network.config.input_size
    engine = compile_engine(LastMap(network), size, "torch")
    random = with_random_weights(network, PARTS[-1])
    rows: list[int] = []
    for part in batches(len(cards), BATCH):  # the maps of all photos together would weigh gigabytes
        squares = {
            row: _square(Path(cards["path"].iloc[row]), size) for row in range(*part.indices(len(cards)))
        }
        there = [row for row, square in squares.items() if square is not None]
        if there:
            photos = np.stack([squares[row] for row in there])
            seen = Seen.of(network, photos, engine)
            found_here = _maps_of(seen, cards.iloc[there], vectors or {}, there)
            found_here["random"] = _by_chance(random, photos, cards["best"].iloc[there])
            for name, values in found_here.items():
                found.setdefault(name, []).append(values)
            rows += there
    maps = {}
    for name, parts in found.items():
        values = np.concatenate(parts)
        maps[name] = np.full((len(cards), *values.shape[1:]), np.nan, dtype=np.float32)
        maps[name][rows] = values
    return maps


def nearest_vectors(bench: Workbench, cards: pd.DataFrame) -> dict[str, np.ndarray]:
    """What each photo's similarity is about: "centroid" and "reference" (of the best landmark), the nearest.

    Returns:
        Name -> (N, D) unit rows; NaN where a photo has none.
    """
    gallery, table = bench.gallery, bench.table
    marked = bench.manifest.references.groupby("landmark_id")["photo_id"].agg(list)
    none = np.full(gallery.vectors.shape[1], np.nan, np.float32)
    centroids, references = [], []
    for card in cards.itertuples():
        has_centroid = pd.notna(card.centroid) and 0 <= card.centroid < len(gallery)
        centroids.append(gallery.vectors[int(card.centroid)] if has_centroid else none)
        known = [p for p in marked.get(card.best, []) if p in table] if card.photo_id in table else []
        own = table.rows(known) if known else none[None]
        references.append(own[(own @ table.rows([card.photo_id])[0]).argmax()] if known else none)
    return {"centroid": np.stack(centroids), "reference": np.stack(references)}


def _maps_of(
    seen: Seen, cards: pd.DataFrame, vectors: Mapping[str, np.ndarray], rows: list[int]
) -> dict[str, np.ndarray]:
    """Target -> (B, h, w) of the photos of some cards, which stand in these rows of `vectors`."""

    def of(landmarks: pd.Series) -> np.ndarray:
        """The maps of one landmark a photo; the non-landmark where there is none."""
        return seen.of_class(landmarks.replace("", NON_LANDMARK).tolist()).values

    best, second, true = (of(cards[column]) for column in ("best", "runner_up", "truth"))
    is_right = (cards["best"] == cards["truth"]).to_numpy()[:, None, None]
    maps = {"predicted": best, "true": true, "runner_up": second}
    maps["difference"] = best - np.where(is_right, second, true)
    for name, every in vectors.items():
        is_known = np.isfinite(every[rows]).all(axis=1)
        values = seen.of_similarity(np.where(is_known[:, None], every[rows], 0)).values
        maps[name] = np.where(is_known[:, None, None], values, np.nan)
    return maps


def _by_chance(random: LandmarkNet, photos: np.ndarray, landmarks: pd.Series) -> np.ndarray:
    """(B, h, w) maps of a network that has learned nothing, each in units of its own spread."""
    classes = landmarks.replace("", NON_LANDMARK).tolist()
    return in_own_spread({"": Seen.of(random, photos).of_class(classes).values})[""]


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
