"""Maps of evidence, measured: where they lie, what removing it costs, what is chance.

Every study takes a table of photos (photo_id, landmark_id, path) and returns a table; what is compared is
written in its docstring. Truth, where a drawn world has it, measures only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.evaluation import attribution
from sightlab.evaluation.intervals import bootstrap_by_landmark, wilson
from sightlab.evaluation.road import FRACTIONS, ORDERS, scores_without
from sightlab.nets.network import LandmarkNet
from sightlab.pipeline_cam import masks, squares
from sightlab.pipeline_truth import has_truth, truth_of
from sightlab.views.cam_methods import method_maps
from sightlab.views.cam_sanity import PARTS, with_random_weights
from sightlab.views.cam_targets import Seen

if TYPE_CHECKING:
    from sightlab.pipeline import Workbench

PAIR_SHARE = 0.03  # of the pixels that each of two landmarks must have to be told apart in one photo
_ENDS = ("", "_low", "_high")


def located(bench: Workbench, photos: pd.DataFrame, enlarge: tuple[float, ...] = (1.0,)) -> pd.DataFrame:
    """Where the evidence for the true landmark lies, photo by photo, against two ways to guess blindly.

    Args:
        photos: of the drawn world.
        enlarge: how much larger than in training the network sees the photo, see `squares`.
    Returns:
        photo_id, landmark_id, way, cells (of the map's side), inside, pointing, is_right (the classifier's
        first choice is the landmark). Ways: evidence; middle, a map that always says the middle of the
        photo; anywhere, a map that says nothing. No rows where no truth is known.
    """
    columns = ["photo_id", "landmark_id", "way", "cells", "inside", "pointing", "is_right"]
    if not has_truth(bench):
        return pd.DataFrame(columns=columns)
    names = photos["landmark_id"].tolist()
    known = masks(bench, photos["photo_id"].tolist(), names)
    rows = []
    for factor in enlarge:
        seen = Seen.of(bench.network, squares(bench, photos, factor))
        best = np.array(bench.network.class_ids)[seen.logits().argmax(axis=1)]
        for values, mask, photo_id, name, first in zip(
            seen.of_class(names).values, known, photos["photo_id"], names, best, strict=True
        ):
            facts = {"photo_id": photo_id, "landmark_id": name, "cells": len(values)}
            for way, judged in _judged(values, mask).items():
                rows.append(facts | {"way": way, "is_right": first == name} | judged)
    return pd.DataFrame(rows)[columns]


def _judged(values: np.ndarray, mask: np.ndarray) -> dict[str, dict[str, float]]:
    """inside and pointing of the map, of the middle, and of a map that says nothing."""
    cover = attribution.cell_cover(mask, *values.shape)
    ways = {"evidence": values, "middle": attribution.centered_map(*values.shape)}
    judged = {
        way: {
            "inside": attribution.inside_share(v, cover),
            "pointing": float(attribution.pointing_hit(v, mask)),
        }
        for way, v in ways.items()
    }
    blind = float(attribution.pointing_hits(mask, *values.shape).mean())
    return judged | {"anywhere": {"inside": float(cover.mean()), "pointing": blind}}


def pairs(bench: Workbench, splits: tuple[str, ...] = ("tune", "test")) -> pd.DataFrame:
    """Photos that show two landmarks: is "why A and not B" higher on A's pixels than on B's?

    No guess that knows only where photographers put their subject can answer this.

    Returns:
        photo_id, path, landmark_id (A, the larger one), other_id (B), on_first, on_other (mean of the
        difference map on each), is_told. No rows where no truth is known, or no photo shows two.
    """
    from sightlab.data.drawn.making.tables import visible_landmarks

    columns = ["photo_id", "path", "landmark_id", "other_id", "on_first", "on_other", "is_told"]
    if not has_truth(bench):
        return pd.DataFrame(columns=columns)
    visible = visible_landmarks(truth_of(bench))
    visible = visible[(visible["share"] >= PAIR_SHARE) & visible["landmark_id"].isin(bench.network.class_ids)]
    photos = bench.manifest.photos
    photos = photos.loc[photos["split"].isin(splits), ["photo_id", "path"]]
    ranked = visible.merge(photos, on="photo_id").sort_values(
        ["photo_id", "share"], ascending=[True, False], kind="stable"
    )
    first, second = ranked.groupby("photo_id").nth(0), ranked.groupby("photo_id").nth(1)
    both = first.merge(second[["photo_id", "landmark_id"]].rename(columns={"landmark_id": "other_id"}))
    if not len(both):
        return pd.DataFrame(columns=columns)
    ids, names, others = (both[column].tolist() for column in ("photo_id", "landmark_id", "other_id"))
    maps = Seen.of(bench.network, squares(bench, both)).of_difference(names, others).values
    for column, mine in (("on_first", names), ("on_other", others)):
        covers = [attribution.cell_cover(mask, *maps.shape[1:]) for mask in masks(bench, ids, mine)]
        both[column] = [(v * cover).sum() / cover.sum() for v, cover in zip(maps, covers, strict=True)]
    return both.assign(is_told=both["on_first"] > both["on_other"])[columns].reset_index(drop=True)


def removal(bench: Workbench, photos: pd.DataFrame) -> pd.DataFrame:
    """Probability of the true landmark when cells are removed and filled in (ROAD), photo by photo.

    Returns:
        photo_id, landmark_id, order (see `evaluation.road.ORDERS`), removed (share of cells, 0 among them),
        probability.
    """
    names = photos["landmark_id"].tolist()
    whole = squares(bench, photos)
    seen = Seen.of(bench.network, whole)
    probability = probability_of(bench.network, names)
    maps, start = seen.of_class(names).values, probability(whole)
    tables = []
    for order in ORDERS:
        left = scores_without(probability, whole, maps, order)
        for removed, values in zip((0.0, *FRACTIONS), (start, *left.T), strict=True):
            facts = {"order": order, "removed": removed, "probability": values}
            tables.append(photos[["photo_id", "landmark_id"]].assign(**facts))
    return pd.concat(tables, ignore_index=True)


def probability_of(network: LandmarkNet, names: list[str]) -> Callable[[np.ndarray], np.ndarray]:
    """A score for `scores_without`: the classifier's probability of each photo's landmark."""
    rows = np.array([network.class_ids.index(name) for name in names])

    def probability(photos: np.ndarray) -> np.ndarray:
        logits = Seen.of(network, photos).logits()
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return shares[np.arange(len(rows)), rows] / shares.sum(axis=1)

    return probability


def randomized(bench: Workbench, photos: pd.DataFrame, seed: int = 0) -> tuple[pd.DataFrame, dict]:
    """Maps of the same photos and classes by networks whose weights are random from the top down.

    Returns:
        photo_id, landmark_id, part (see `cam_sanity.PARTS`), correlation (Spearman with the trained maps);
        and the maps: "trained" and each part -> (B, h, w).
    """
    names, whole = photos["landmark_id"].tolist(), squares(bench, photos)
    maps = {"trained": Seen.of(bench.network, whole).of_class(names).values}
    tables = []
    for part in PARTS:
        random = with_random_weights(bench.network, part, seed)
        maps[part] = Seen.of(random, whole).of_class(names).values
        agreement = attribution.rank_correlation(maps["trained"], maps[part])
        tables.append(photos[["photo_id", "landmark_id"]].assign(part=part, correlation=agreement))
    return pd.concat(tables, ignore_index=True), maps


def grad_cam_difference(bench: Workbench, photos: pd.DataFrame) -> float:
    """Largest difference between our maps and pytorch_grad_cam's, as a share of the largest value."""
    names, whole = photos["landmark_id"].tolist(), squares(bench, photos)
    ours = Seen.of(bench.network, whole).of_class(names).values
    theirs = method_maps(bench.network, whole, names, "GradCAM") * ours[0].size  # its gradient is of a mean
    return float(np.abs(theirs - ours).max() / np.abs(ours).max())


def with_intervals(table: pd.DataFrame, by: list[str], columns: list[str]) -> pd.DataFrame:
    """Mean of some columns in each group, with a 95 % interval that draws whole landmarks.

    Returns:
        by, n, and for each column its mean, _low and _high. NaN is left out of a mean.
    """
    rows = []
    for names, group in table.groupby(by, sort=False):
        facts = dict(zip(by, names, strict=True)) | {"n": len(group)}
        for column in columns:
            values = group[column].to_numpy(float)
            mean = _mean_of(values)
            low, high = bootstrap_by_landmark(mean, group["landmark_id"].to_numpy(object))
            facts |= {column: mean(np.arange(len(values)))}
            facts |= {f"{column}_low": float(low[0]), f"{column}_high": float(high[0])}
        rows.append(facts)
    return pd.DataFrame(rows)


def _mean_of(values: np.ndarray) -> Callable[[np.ndarray], float]:
    def mean(rows: np.ndarray) -> float:
        drawn = values[rows]
        drawn = drawn[np.isfinite(drawn)]
        return float(drawn.mean()) if len(drawn) else float("nan")

    return mean


def numbers_of(
    places: pd.DataFrame, told: pd.DataFrame, left: pd.DataFrame, agreement: pd.DataFrame
) -> dict[str, float | None]:
    """Flat results of the studies: `located`, `pairs`, `removal`, `randomized`.

    Returns:
        cam_inside_share and cam_pointing_game of the network's own grid, with their gain over always the
        middle, the same with _fine of the finest grid; cam_pairs_told; cam_road_deletion, _insertion,
        _random (mean probability left) and cam_road, half of insertion less deletion; and
        random_weights_correlation, of everything random. Each with _low and _high; None where no truth is.
    """
    numbers: dict[str, float | None] = {}
    for end, side in (("", "min"), ("_fine", "max")):
        own = places[places["cells"] == getattr(places["cells"], side)()]
        wide = own.pivot_table(
            index=["photo_id", "landmark_id"], columns="way", values=["inside", "pointing"]
        )
        for key, column in (("cam_inside_share", "inside"), ("cam_pointing_game", "pointing")):
            facts = {key + end: column, f"{key}{end}_gain": f"{column}_gain"}
            if len(own):
                table = pd.DataFrame({column: wide[column]["evidence"]}).reset_index()
                table[f"{column}_gain"] = (wide[column]["evidence"] - wide[column]["middle"]).to_numpy()
                found = with_intervals(table.assign(all=""), ["all"], list(facts.values())).iloc[0]
                numbers |= {f"{k}{e}": float(found[c + e]) for k, c in facts.items() for e in _ENDS}
            else:
                numbers |= {f"{k}{e}": None for k in facts for e in _ENDS}
    k, n = int(told["is_told"].sum()), len(told)
    interval = wilson(k, n) if n else (None, None)
    numbers |= dict(
        zip([f"cam_pairs_told{e}" for e in _ENDS], (k / n if n else None, *interval), strict=True)
    )
    numbers["n_cam_pairs"] = n
    removed = left[left["removed"] > 0].groupby(["order", "photo_id", "landmark_id"], sort=False)
    means = removed["probability"].mean().unstack("order").reset_index()
    means["road"] = (means["least"] - means["most"]) / 2
    keys = {"most": "cam_road_deletion", "least": "cam_road_insertion", "random": "cam_road_random"}
    found = with_intervals(means.assign(all=""), ["all"], [*keys, "road"]).iloc[0]
    for column, key in (keys | {"road": "cam_road"}).items():
        numbers |= {key + e: float(found[column + e]) for e in _ENDS}
    everything = agreement[agreement["part"] == PARTS[-1]]
    found = with_intervals(everything, ["part"], ["correlation"]).iloc[0]
    numbers |= {f"random_weights_correlation{e}": float(found["correlation" + e]) for e in _ENDS}
    return numbers | {"n_cam_photos": int(places["photo_id"].nunique()), "n_cam_road": len(means)}
