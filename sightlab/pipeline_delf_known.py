"""Geometry where the truth is known: photos of one landmark of the drawn world, drawn again with their depth.

    pairs = known_pairs(rival)        # None on photographs: nobody knows where their pixels lie
    by_pose(pairs)                    # precision, recall and inliers by how far the camera moved

What the verification says of a pair is held against the true place of every keypoint in the other photo.
Photos are right ones of train, so that no query is looked at.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.data.drawn.light.geometry import correspondences, scene_points
from sightlab.data.drawn.light.render import Drawing
from sightlab.data.drawn.solids.scene import Camera
from sightlab.data.photos import open_photo
from sightlab.delf.candidates import null_of
from sightlab.delf.features import LocalFeatures, extract_all
from sightlab.delf.known import known_geometry
from sightlab.delf.learned import CONFIGS
from sightlab.delf.sift import sift_features
from sightlab.delf.verification import VerificationConfig, verify
from sightlab.nets.engine import compile_engine

if TYPE_CHECKING:
    from sightlab.data.world import World
    from sightlab.pipeline_delf import Rival

VERSION = 1
DEGREES = (0, 10, 25, 45, 180)  # bounds of the bins of `by_pose`
TRUE_WITHIN = 0.03  # of the diagonal: a match that leads so near its true place is true; half a cell is 0.025
LEAST_SEEN = 0.1  # share of photo a that b must show for a pair to count
_VIEWS = ("frontal", "side", "far", "close", "behind", "detail")
COLUMNS = (
    "landmark_id", "photo_a", "photo_b", "degrees", "share_seen", "kind", "n_matches", "n_true", "n_inliers",
    "null", "precision", "recall",
)  # fmt: skip


def known_pairs(rival: Rival, n_landmarks: int = 8, n_photos: int = 5) -> pd.DataFrame | None:
    """Every two photos of some landmarks, verified by both kinds of features; stored.

    Args:
        n_landmarks, n_photos: drawn by chance; the number of pairs grows with the square of the photos.
    Returns:
        A row a pair and kind ("delf", "sift"). degrees: angle between the two cameras as seen from what both
        photos show; share_seen: of photo a's pixels, shown by b, too; n_true: matches that are true; null:
        inliers that chance explains; precision (NaN without inliers) and recall (NaN without true matches) of
        the inliers. None for a folder that is no drawn world.
    """
    bench, search = rival.bench, rival.settings.search.verification
    if not (bench.photos / "truth.csv").is_file():
        return None
    settings = {"n": [n_landmarks, n_photos], "search": repr(search), "features": repr(rival.config)}
    inputs = [rival.net.key, bench.manifest.key]
    return bench.workspace.table(
        "delf_known", VERSION, settings, inputs, lambda: _measured(rival, n_landmarks, n_photos)
    )


def _measured(rival: Rival, n_landmarks: int, n_photos: int) -> pd.DataFrame:
    from sightlab.data.world import World

    world = World.read(rival.bench.photos)
    chosen = _chosen(world.truth, n_landmarks, n_photos, rival.settings.seed)
    paths = dict(zip(rival.bench.manifest.photos["photo_id"], rival.bench.manifest.paths(), strict=True))
    photos = [open_photo(paths[name]) for name in chosen["photo_id"]]
    engine = compile_engine(rival.net, None, rival.bench.profile.curriculum.engine)
    local = {
        "delf": list(extract_all(photos, engine, rival.net.field, rival.config)),
        "sift": [sift_features(photo) for photo in photos],
    }
    configs = {"delf": rival.settings.search.verification, "sift": CONFIGS["sift"]}
    rows = []
    for landmark, group in chosen.groupby("true_landmark_id", sort=True):
        drawn = {row: _drawn(world, chosen.loc[row, "photo_id"]) for row in group.index}
        for a, b in combinations(group.index, 2):
            there = correspondences(*drawn[a], *drawn[b])
            facts = {
                "landmark_id": landmark,
                "photo_a": chosen.loc[a, "photo_id"],
                "photo_b": chosen.loc[b, "photo_id"],
                "degrees": pose_change(there, *drawn[a], drawn[b][1]),
                "share_seen": float(np.isfinite(there[..., 0]).mean()),
            }
            rows += [
                facts | {"kind": kind} | _against_truth(found[a], found[b], there, configs[kind])
                for kind, found in local.items()
            ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _chosen(truth: pd.DataFrame, n_landmarks: int, n_photos: int, seed: int) -> pd.DataFrame:
    """Right train photos, taken outdoors, of some landmarks; the same number of each, numbered from 0."""
    is_right = (truth["split"] == "train") & (truth["dirt"] == "") & truth["view"].isin(_VIEWS)
    fair = truth[is_right & truth["place"].str.startswith("site/")]
    counts = fair["true_landmark_id"].value_counts()
    names = np.sort(counts[counts >= n_photos].index.to_numpy(dtype=str))
    generator = np.random.default_rng(seed)
    parts = [
        fair[fair["true_landmark_id"] == name].sample(n_photos, random_state=generator)
        for name in generator.permutation(names)[:n_landmarks]
    ]
    return pd.concat(parts).sort_values("photo_id", ignore_index=True)


def _drawn(world: World, photo_id: str) -> tuple[Drawing, Camera]:
    return world.drawing(photo_id), world.camera(photo_id)


def pose_change(there: np.ndarray, drawing: Drawing, camera: Camera, other: Camera) -> float:
    """Degrees between two cameras as seen from the middle of what both show; NaN if they share nothing.

    Args:
        there: (H, W, 2) `correspondences` of the first photo in the second.
        drawing, camera: of the first photo.
        other: camera of the second.
    """
    y, x = np.nonzero(np.isfinite(there[..., 0]))
    if not len(y):
        return float("nan")
    spots = scene_points(np.column_stack([x, y]).astype(float), drawing.depth[y, x].astype(float), camera)
    middle = np.median(spots, axis=0)
    a, b = np.asarray(camera.position) - middle, np.asarray(other.position) - middle
    cosine = a @ b / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-9)
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def _against_truth(
    a: LocalFeatures, b: LocalFeatures, there: np.ndarray, config: VerificationConfig
) -> dict[str, float]:
    found = verify(a, b, config)
    true = known_geometry(found, a, b, there, TRUE_WITHIN * b.diagonal)
    return {
        "n_matches": true.n_matches,
        "n_true": true.n_true,
        "n_inliers": true.n_inliers,
        "null": null_of(true.n_matches, config),
        "precision": true.precision,
        "recall": true.recall,
    }


def by_pose(pairs: pd.DataFrame) -> pd.DataFrame:
    """How well geometry does by how far the camera moved; pairs that share too little are left out.

    Returns:
        kind, degrees (words), middle (degrees, median), n_pairs; n_inliers, null, n_true (medians);
        found: share of the pairs with more inliers than chance explains; precision, recall: of all their
        inliers and true matches together; NaN without any.
    """
    use = pairs[(pairs["share_seen"] >= LEAST_SEEN) & pairs["degrees"].notna()]
    bins = pd.cut(use["degrees"], DEGREES, include_lowest=True)
    rows = []
    for (kind, part), group in use.groupby(["kind", bins], sort=True, observed=True):
        hits = (group["precision"] * group["n_inliers"]).sum()
        n_inliers, n_true = group["n_inliers"].sum(), group["n_true"].sum()
        medians = group[["n_inliers", "null", "n_true"]].median().to_dict()
        rows.append(
            {
                "kind": kind,
                "degrees": f"{max(part.left, 0):.0f} to {part.right:.0f}",
                "middle": float(group["degrees"].median()),
                "n_pairs": len(group),
                **medians,
                "found": float((group["n_inliers"] > group["null"]).mean()),
                "precision": float(hits / n_inliers) if n_inliers else np.nan,
                "recall": float(hits / n_true) if n_true else np.nan,
            }
        )
    columns = ["kind", "degrees", "middle", "n_pairs", "n_inliers", "null", "n_true", "found", "precision"]
    return pd.DataFrame(rows, columns=[*columns, "recall"])


def known_numbers(pairs: pd.DataFrame | None) -> dict[str, float | None]:
    """<kind>_inlier_precision, _inlier_recall and _found of pairs turned by at most 25 degrees, together."""
    keys = ("inlier_precision", "inlier_recall", "found")
    if pairs is None:
        return {f"{kind}_{key}": None for kind in ("delf", "sift") for key in keys}
    near = by_pose(pairs[pairs["degrees"] <= DEGREES[2]].assign(degrees=0.0)).set_index("kind")
    numbers = {}
    for kind in ("delf", "sift"):
        row = near.loc[kind] if kind in near.index else dict.fromkeys(("precision", "recall", "found"))
        values = (row["precision"], row["recall"], row["found"])
        numbers |= {f"{kind}_{key}": value for key, value in zip(keys, values, strict=True)}
    return numbers
