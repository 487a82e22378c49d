"""What a search found: the best landmarks of each photo, with every number that a decision needs.

Shapes: Q photos, R ranks (best landmark first).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int


@dataclass(frozen=True, eq=False)
class Ranked:
    """The best landmarks of Q photos among some; the first of R ranks is the best."""

    landmark: Int[np.ndarray, "Q R"]  # index into `LandmarkSearch.landmark_ids`; -1: no further landmark
    centroid: Int[np.ndarray, "Q R"]  # row of the gallery that matched; -1 likewise
    cosine: Float[np.ndarray, "Q R"]  # of photo and centroid, [-1, 1]; NaN likewise
    similarity: Float[np.ndarray, "Q R"]  # the cosine less crowd and rival, [-1, 1]; NaN likewise
    rival: Int[np.ndarray, "Q R"]  # the best landmark of another place; -1: none
    rival_cosine: Float[np.ndarray, "Q R"]  # its cosine, -inf likewise
    # how far ahead of the rival, by witnesses or else by cosine, [-2, 2]; inf: no rival, NaN: no landmark
    lead: Float[np.ndarray, "Q R"]

    @classmethod
    def empty(cls, n: int, ranks: int) -> "Ranked":
        """No landmark for any photo, to be filled by `put`."""
        shape = (n, ranks)
        none, nothing = (np.full(shape, -1) for _ in range(2)), (np.full(shape, np.nan) for _ in range(2))
        return cls(*none, *nothing, np.full(shape, -1), np.full(shape, -np.inf), np.full(shape, np.nan))

    def put(self, rows: slice | Int[np.ndarray, " q"], found: "Ranked") -> None:
        """Fill the rows of some photos."""
        for mine, theirs in zip(vars(self).values(), vars(found).values(), strict=True):
            mine[rows] = theirs

    def where(self, mine: Bool[np.ndarray, " Q"], other: "Ranked") -> "Ranked":
        """These rows where `mine`, those of the other elsewhere."""
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Ranked(*(np.where(mine[:, None], a, b) for a, b in pairs))

    def first(self) -> "Ranked":
        """The best rank alone."""
        return Ranked(*(values[:, :1] for values in vars(self).values()))


@dataclass(frozen=True, eq=False)
class Matches:
    """Best landmarks of Q photos, before any threshold.

    A photo with coordinates is matched inside its square only; if the square is empty, in the whole world.
    """

    ranked: Ranked
    reference_distance: Float[np.ndarray, "Q R"]  # mean distance to the references, [0, 2]; NaN without any
    crowd: Float[np.ndarray, " Q"]  # mean cosine to the nearest photos of the pool, [-1, 1]
    n_in_square: Int[np.ndarray, " Q"]  # landmarks in the square around the camera; -1: no position
    world: Ranked  # (Q, 1): what the search of the whole world finds, coordinates or not
    world_distance: Float[np.ndarray, " Q"]  # to the references of that landmark

    @property
    def landmark(self) -> Int[np.ndarray, "Q R"]:
        return self.ranked.landmark

    @property
    def centroid(self) -> Int[np.ndarray, "Q R"]:
        return self.ranked.centroid

    @property
    def similarity(self) -> Float[np.ndarray, "Q R"]:
        return self.ranked.similarity

    @property
    def has_position(self) -> Bool[np.ndarray, " Q"]:
        return self.n_in_square >= 0

    @property
    def is_square_empty(self) -> Bool[np.ndarray, " Q"]:
        """Has a position, but no landmark is near."""
        return self.n_in_square == 0
