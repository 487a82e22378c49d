"""What a drawn world knows about its photos, brought together with what a run made of them.

For measuring only: no step is given any of it. On photographs there is no truth.csv, and these refuse.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster

from sightlab.checks import InputError
from sightlab.data.drawn.making.catalog import CATALOG, look_alikes
from sightlab.data.drawn.making.tables import read_truth
from sightlab.data.manifest import NON_LANDMARK
from sightlab.evaluation.intervals import wilson
from sightlab.evaluation.protocol import Evaluation
from sightlab.evaluation.truth import cleaning_by_kind, look_alike_outcomes, views_agreement
from sightlab.learning.curriculum import embed_manifest, landmark_train_photos
from sightlab.recognition.trees import linkage_of

if TYPE_CHECKING:
    from sightlab.nets.embedding import EmbeddingTable
    from sightlab.pipeline import Workbench


def photo_folder(photos: Path | str, profile: str) -> Path:
    """The folder of a run's photos; "" means the tour's drawn world, drawn now if it is not in the cache.

    Raises:
        InputError: no folder for another profile than tour.
    """
    if str(photos):
        return Path(photos)
    if profile != "tour":
        raise InputError(
            f"profile {profile} needs a folder of photos; none was given. Name one (--photos DIR, or PHOTOS "
            "in a notebook), or take profile tour, which draws photos of its own."
        )
    from sightlab.data.world import World

    return World.build(seed=0, size="tour").folder


def has_truth(bench: Workbench) -> bool:
    """Whether everything about the photos is known: on a drawn world it is, on photographs it is not."""
    return (bench.photos / "truth.csv").is_file()


def truth_of(bench: Workbench) -> pd.DataFrame:
    """truth.csv of the run's photos.

    Raises:
        InputError: these are no photos of a drawn world.
    """
    if not has_truth(bench):
        raise InputError(
            f"expected a drawn world with its truth.csv in {bench.photos}; it has none. Photographs have no "
            "known truth: run this on the tour."
        )
    return read_truth(bench.photos / "truth.csv")


def named_truth(bench: Workbench) -> pd.DataFrame:
    """The truth of every usable photo, with the path, landmark_id and landmark_name it is filed under."""
    names = bench.manifest.photos[["photo_id", "path", "landmark_id", "landmark_name"]]
    return truth_of(bench).merge(names, on="photo_id")


def best_views(known: pd.DataFrame) -> pd.DataFrame:
    """One photo a landmark: the one on which it is largest, of its train photos from the front.

    Args:
        known: of `named_truth`; photos that are wrong or show no landmark are left out.
    """
    front = known[rightly_filed(known) & (known["view"] == "frontal") & (known["split"] == "train")]
    best = front.sort_values(["visible_share", "photo_id"]).groupby("landmark_id").tail(1)
    return best.sort_values("landmark_id")[["photo_id", "landmark_id", "landmark_name", "path"]]


def rightly_filed(known: pd.DataFrame) -> pd.Series:
    """Which photos of `named_truth` show the landmark that they are filed under."""
    return (known["dirt"] == "") & (known["landmark_id"] != NON_LANDMARK)


def known_views(bench: Workbench, photo_ids: pd.Series) -> np.ndarray:
    """Kind of view of each photo that shows the landmark that it is filed under; "" for the others."""
    known = named_truth(bench).set_index("photo_id")
    return known["view"].where(rightly_filed(known), "").reindex(photo_ids).fillna("").to_numpy(dtype=object)


def dirt_of(bench: Workbench) -> pd.DataFrame:
    """photo_id, landmark_id, true_landmark_id, kind of every photo filed under a wrong landmark."""
    truth_of(bench)
    return pd.read_csv(bench.photos / "injected_noise.csv", dtype=str, keep_default_na=False)


def dirt_found(bench: Workbench, cleaned: pd.DataFrame) -> pd.DataFrame:
    """How well a cleaning found each kind of dirt among photos that are no references, `cleaning_by_kind`."""
    is_reference = cleaned["photo_id"].isin(bench.manifest.references["photo_id"])
    return cleaning_by_kind(cleaned[~is_reference], dirt_of(bench))


def dirt_numbers(found: pd.DataFrame) -> dict[str, float]:
    """Flat results of `dirt_found`: cleaning_auroc_<kind> with _low and _high, and n_dirt_<kind>."""
    numbers = {}
    for row in found.itertuples():
        ends = {"": row.auroc, "_low": row.auroc_low, "_high": row.auroc_high}
        numbers |= {f"cleaning_auroc_{row.kind}{end}": float(value) for end, value in ends.items()}
        numbers[f"n_dirt_{row.kind}"] = int(row.n)
    return numbers


def look_alikes_found(evaluation: Evaluation) -> pd.DataFrame:
    """What became of test photos of landmarks that resemble each other, see `look_alike_outcomes`."""
    ids = [i for i in evaluation.outcomes["landmark_id"].unique() if i in CATALOG]
    return look_alike_outcomes(evaluation.outcomes, look_alikes(ids))


def look_alike_numbers(found: pd.DataFrame) -> dict[str, float | None]:
    """lookalike_confusion: share of photos of look-alikes answered with another one of their family."""
    n, within = int(found["n"].sum()), int(found["within"].sum())
    if not n:
        return dict.fromkeys(("lookalike_confusion", "lookalike_confusion_low", "lookalike_confusion_high"))
    low, high = wilson(within, n)
    rate = {"lookalike_confusion": within / n, "lookalike_confusion_low": low}
    return rate | {"lookalike_confusion_high": high, "n_lookalike": n}


def views_found(bench: Workbench) -> pd.DataFrame:
    """Views that clustering found, against the kinds of view as which the photos were taken.

    A kept and rightly filed train photo belongs to the nearest centroid of its landmark.

    Returns:
        As `views_agreement`, one row per landmark.
    """
    right, views = _rightly_kept(bench)
    gallery = bench.gallery
    found = pd.Series(0, index=right.index)
    for landmark_id, own in right.groupby("landmark_id"):
        centroids = gallery.vectors[gallery.landmark_ids == landmark_id]
        found[own.index] = (bench.table.rows(own["photo_id"]) @ centroids.T).argmax(axis=1)
    return views_agreement(right["landmark_id"].to_numpy(dtype=object), views, found.to_numpy())


def views_told(bench: Workbench) -> dict[str, float | None]:
    """What complete linkage finds if told how many: each tree cut into as many parts as kinds of view taken.

    Returns:
        views_ari_told, with embeddings of the trained network, and views_ari_told_untrained, with those of
        the network that has learned none of the landmarks: agreement as `views_ari_all`.
    Source: ours.
    """
    right, views = _rightly_kept(bench)
    photos, engine = landmark_train_photos(bench.manifest), bench.profile.curriculum.engine
    untrained = embed_manifest(bench.initial_network, photos, bench.workspace, engine)
    tables = {"views_ari_told": bench.table, "views_ari_told_untrained": untrained}
    return {name: _told(right, views, table) for name, table in tables.items()}


def _told(right: pd.DataFrame, views: np.ndarray, table: EmbeddingTable) -> float | None:
    landmark = right["landmark_id"].to_numpy(dtype=object)
    found = np.zeros(len(right), dtype=int)
    for landmark_id in set(landmark):
        own = np.flatnonzero(landmark == landmark_id)
        tree = linkage_of(table.rows(right["photo_id"].iloc[own]))
        found[own] = fcluster(tree, len(set(views[own])), criterion="maxclust")
    return views_numbers(views_agreement(landmark, views, found))["views_ari_all"]


def _rightly_kept(bench: Workbench) -> tuple[pd.DataFrame, np.ndarray]:
    """Kept train photos that show their landmark, and the kind of view of each."""
    truth, kept = truth_of(bench).set_index("photo_id"), bench.kept()
    right = kept[(truth.loc[kept["photo_id"], "dirt"] == "").to_numpy()]
    return right, truth.loc[right["photo_id"], "view"].to_numpy(dtype=object)


def views_numbers(found: pd.DataFrame) -> dict[str, float | None]:
    """views_ari: mean adjusted Rand index of the landmarks with several centroids, weighted by photos.

    Landmarks with one centroid are left out there, since nothing was split; `views_ari_all` has them as 0.
    """
    several = found[found["found_views"] > 1]
    return {
        "views_ari": _weighted(several),
        "views_ari_all": _weighted(found[found["true_views"] > 1]),
        "n_views_found": int(found["found_views"].sum()),
        "n_views_true": int(found["true_views"].sum()),
    }


def _weighted(found: pd.DataFrame) -> float | None:
    return float((found["ari"] * found["n"]).sum() / found["n"].sum()) if len(found) else None
