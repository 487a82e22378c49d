"""Places: which landmarks stand so near each other that one photo may show both.

Shapes: L landmarks, numbered as in the gallery.
"""

import numpy as np
from jaxtyping import Bool, Float, Int

from sightlab.recognition.geo import has_position, in_square_of_each


class Places:
    """The landmarks around each landmark.

    Args:
        lat, lon: (L,) of the landmarks, degrees; NaN in either means unknown.
        side_km: landmarks in a square of this side are one place, (0, 1000] km.
    Raises:
        InputError: a coordinate or the side out of range.
    """

    def __init__(self, lat: Float[np.ndarray, " L"], lon: Float[np.ndarray, " L"], side_km: float):
        self.near: list[Int[np.ndarray, " _"]] = in_square_of_each(lat, lon, side_km)  # itself among them
        self.is_known: Bool[np.ndarray, " L"] = has_position(lat, lon)
        n = len(self.near)
        self._codes = np.concatenate([row * n + near for row, near in enumerate(self.near)])  # sorted

    def is_one(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Whether landmarks a and b (indices, of equal shape) are of one place."""
        code = a * len(self.near) + b
        at = np.minimum(np.searchsorted(self._codes, code), len(self._codes) - 1)
        return self._codes[at] == code

    def may_be_one(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Whether they are of one place, or where one of them stands is not known."""
        return self.is_one(a, b) | ~self.is_known[a] | ~self.is_known[b]
