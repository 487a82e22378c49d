"""Several landmarks in one photo: regions of the photo are searched too, each like a photo of its own.

A region sees less than the whole photo, and there are several of them, so it must be more similar by
`region_extra` to be believed; thresholds are calibrated on the best of the whole and its regions, so that the
promise holds for *any* landmark named on a distractor.

Shapes: Q photos, R regions (0 is the whole photo), D embedding size.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sightlab.checks import InputError, check_unit_rows
from sightlab.recognition.matches import Matches
from sightlab.recognition.search import LandmarkSearch

REGION_EXTRA = 0.3  # chosen on tune: costs 0.5 points of sensitivity, see notebook 07


@dataclass(frozen=True, eq=False)
class RegionVectors:
    """Embeddings of Q photos and their regions, as `nets.regions.embed_regions` makes them in one pass."""

    vectors: Float[np.ndarray, "Q R D"]  # unit rows; region 0 is the whole photo
    windows: Float[np.ndarray, "R 4"]  # left, top, right, bottom as shares of the photo, [0, 1]

    def __post_init__(self):
        if self.vectors.ndim != 3 or len(self.windows) != self.vectors.shape[1]:
            raise InputError(
                f"Expected embeddings (Q, R, D) and a window for each of R regions; got {self.vectors.shape} "
                f"and {len(self.windows)} windows in RegionVectors. Take both from one RegionTable."
            )
        check_unit_rows(self.vectors.reshape(-1, self.vectors.shape[2]), "embeddings of regions")

    def __len__(self) -> int:
        return len(self.vectors)

    def __getitem__(self, rows: slice | np.ndarray) -> "RegionVectors":
        """Some of the photos."""
        return RegionVectors(self.vectors[rows], self.windows)


@dataclass(frozen=True, eq=False)
class RegionMatches:
    """The best landmark of each region of Q photos, the whole photo left out; R - 1 regions."""

    landmark: Int[np.ndarray, "Q r"]  # index into `LandmarkSearch.landmark_ids`
    similarity: Float[np.ndarray, "Q r"]  # in the square of the photo if it has one, [-1, 1]


def match_regions(
    search: LandmarkSearch,
    regions: RegionVectors,
    lat: Float[np.ndarray, " Q"] | None = None,
    lon: Float[np.ndarray, " Q"] | None = None,
) -> RegionMatches:
    """Search each region like a photo.

    Args:
        search: gallery and pool.
        regions: of the photos.
        lat, lon: (Q,) of the camera; NaN, or None for all, when unknown.
    """
    n, n_regions, size = regions.vectors.shape
    where = [
        None if x is None else np.repeat(np.asarray(x, dtype=np.float64), n_regions - 1) for x in (lat, lon)
    ]
    matches: Matches = search.match(regions.vectors[:, 1:].reshape(-1, size), *where)
    shape = (n, n_regions - 1)
    similarity = np.where(matches.is_square_empty, -np.inf, matches.similarity[:, 0])
    return RegionMatches(matches.landmark[:, 0].reshape(shape), similarity.reshape(shape))


def best_of_regions(found: RegionMatches, extra: float) -> Float[np.ndarray, " Q"]:
    """Similarity of the best region, less what a region must be above the whole photo."""
    return found.similarity.max(axis=1) - extra


def named_regions(found: RegionMatches, q: int, threshold: float) -> list[tuple[int, int, float]]:
    """Landmarks that the regions of one photo name, best first: (landmark, region, similarity), each once.

    Args:
        found: of all photos.
        q: which photo.
        threshold: a region is believed when its similarity > this.
    Returns:
        Regions count from 1, as in `RegionVectors.windows`.
    """
    named: dict[int, tuple[int, int, float]] = {}
    for region in np.argsort(-found.similarity[q], kind="stable"):
        if not found.similarity[q, region] > threshold:
            break
        landmark = int(found.landmark[q, region])
        named.setdefault(landmark, (landmark, int(region) + 1, float(found.similarity[q, region])))
    return list(named.values())
