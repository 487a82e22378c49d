"""The cut: at which distance the trees of all landmarks are cut into views."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.checks import check_fraction
from sightlab.recognition.trees import MAX_SAMPLE, CentroidConfig, by_landmark, linkage_of, sample_for_tree

if TYPE_CHECKING:
    from sightlab.nets.embedding import EmbeddingTable


def calibrate_cut(
    table: "EmbeddingTable",
    photos: pd.DataFrame,
    wanted_share: float = 0.20,
    min_photos: int = 5,
    max_sample: int = MAX_SAMPLE,
    seed: int = 0,
) -> tuple[float, pd.DataFrame]:
    """The `max_diameter` at which about `wanted_share` of the landmarks have more than one centroid.

    A small cut leaves clusters too small to be valid, a large one merges everything: the share rises and
    falls again. Every height at which any landmark's tree merges is tried. Of cuts that fit equally well
    the largest wins, because it discards the fewest photos.

    Args:
        table, photos: as `build_gallery`.
        wanted_share: of landmarks, [0, 1]; the article says about 20 %.
        min_photos: smallest valid view, >= 1.
        max_sample, seed: as in `CentroidConfig`.
    Returns:
        The cut, (0, 2], half-way between the merge heights between which nothing changes, and the curve:
        max_diameter, share_multiple, n_centroids, which hold from that height to the next row's.
    Raises:
        InputError, KeyError: as `build_gallery`; wanted_share outside [0, 1].
    Source: the share from Boiarov & Tyantov 2019 (article); the rule is ours.
    """
    check_fraction(wanted_share, "wanted_share")
    CentroidConfig(min_photos=min_photos, max_sample=max_sample)  # its checks
    steps, n_landmarks = [], 0
    for _, _, of_landmark in by_landmark(table, photos):
        sample, minimum = sample_for_tree(len(of_landmark), min_photos, max_sample, seed)
        steps.append(_valid_steps(of_landmark[sample], minimum))
        n_landmarks += 1
    height, multiple, centroids = np.concatenate(steps).T  # changes, at each height
    order = np.argsort(height, kind="stable")
    height = np.minimum(height[order], 2.0)
    last = np.append(height[1:] > height[:-1], True)  # merges at one height happen together
    curve = pd.DataFrame(
        {
            "max_diameter": height,
            "share_multiple": np.cumsum(multiple[order]) / n_landmarks,
            "n_centroids": np.cumsum(centroids[order]).astype(int),
        }
    )[last]
    changed = (curve[["share_multiple", "n_centroids"]].diff() != 0).any(axis=1)
    curve = curve[changed].reset_index(drop=True)
    miss = (curve["share_multiple"] - wanted_share).abs().to_numpy()
    best = int(np.flatnonzero(miss <= miss.min() + 1e-12)[-1])
    ends = np.append(curve["max_diameter"].to_numpy(), 2.0)
    return float((ends[best] + ends[best + 1]) / 2), curve


def _valid_steps(vectors: np.ndarray, min_photos: int) -> np.ndarray:
    """(merges + 1, 3) of one landmark: height, change of "has several centroids", change of centroids."""
    n = len(vectors)
    tree = linkage_of(vectors) if n > 1 else np.empty((0, 4))
    size = np.append(np.ones(n), tree[:, 3])
    valid = (size >= min_photos).astype(int)
    merged = tree[:, :2].astype(int)
    change = valid[n:] - valid[merged].sum(axis=1)
    n_valid = np.cumsum(np.append(valid[:n].sum(), change))  # after each merge
    height = np.append(0.0, tree[:, 2])
    return np.stack(
        [height, np.diff((n_valid > 1).astype(int), prepend=0), np.diff(np.maximum(n_valid, 1), prepend=0)],
        axis=1,
    )
