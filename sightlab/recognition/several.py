"""Several landmarks in one photo: its regions are searched too, each like a photo of its own.

Regions only ever add to an answer that the whole photo has got. A distractor rejected as a whole stays
rejected, so the false-positive rate is that of the whole photo, whatever regions say. What they could spoil
is an answer, by adding a landmark that is not there: a region must exceed the threshold by `region_extra`,
chosen on tune for a wanted share of answers so spoiled.

Shapes: Q photos, R regions (0 is the whole photo), D embedding size.
Source: several landmarks a photo from Boiarov & Tyantov 2019 (article); regions and their rule are ours.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sightlab.checks import InputError, check_fraction, check_unit_rows
from sightlab.recognition.matches import Matches
from sightlab.recognition.search import LandmarkSearch


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
    similarity: Float[np.ndarray, "Q r"]  # in the square if the photo has one, [-1, 1]; -inf: another place


def match_regions(
    search: LandmarkSearch,
    regions: RegionVectors,
    answer: Int[np.ndarray, " Q"],
    lat: Float[np.ndarray, " Q"] | None = None,
    lon: Float[np.ndarray, " Q"] | None = None,
) -> RegionMatches:
    """Search each region like a photo; what it finds counts only near the answer: no photo shows two places.

    Args:
        search: gallery and pool.
        regions: of the photos.
        answer: (Q,) index of the best landmark of each whole photo.
        lat, lon: (Q,) of the camera; NaN, or None for all, when unknown.
    """
    n, n_regions, size = regions.vectors.shape
    where = [
        None if x is None else np.repeat(np.asarray(x, dtype=np.float64), n_regions - 1) for x in (lat, lon)
    ]
    matches: Matches = search.match(regions.vectors[:, 1:].reshape(-1, size), *where)
    shape = (n, n_regions - 1)
    landmark = matches.landmark[:, 0].reshape(shape)
    similarity = np.where(matches.is_square_empty, -np.inf, matches.similarity[:, 0]).reshape(shape)
    is_here = search.places.may_be_one(landmark, np.broadcast_to(answer[:, None], shape))
    return RegionMatches(landmark, np.where(is_here, similarity, -np.inf))


def choose_region_extra(
    found: RegionMatches,
    answer: Int[np.ndarray, " Q"],
    truth: Int[np.ndarray, " Q"],
    threshold: float,
    spoiled: float = 0.01,
) -> float:
    """The smallest extra at which at most a share `spoiled` of the answers gets a wrong addition.

    An addition counts as wrong when it is neither the answer nor the landmark that the photo is filed under,
    even if it really is in the photo: nobody has written down second landmarks.

    Args:
        found: regions of Q answered landmark photos of tune, searched without coordinates.
        answer: (Q,) index of the landmark answered for the whole photo.
        truth: (Q,) index of the landmark of the photo, -1 if the gallery does not know it.
        threshold: of the whole photo.
        spoiled: wanted share, [0, 1].
    Returns:
        At least 0; 2, more than any region can exceed, without a photo.
    """
    check_fraction(spoiled, "spoiled", advice="Write 1 % as 0.01.")
    if len(answer) == 0:
        return 2.0
    is_wrong = (found.landmark != answer[:, None]) & (found.landmark != truth[:, None])
    worst = np.where(is_wrong, found.similarity, -np.inf).max(axis=1) - threshold
    allowed = math.floor(spoiled * len(worst) + 1e-9)
    if allowed >= len(worst):
        return 0.0
    return float(np.clip(np.sort(worst)[::-1][allowed], 0.0, 2.0))


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
