"""The hybrid: centroids answer, and local features are asked only where the similarity is near its threshold.

Shapes: Q photos.
Source: ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from sightlab.checks import check_range
from sightlab.delf.features import LocalFeatures
from sightlab.delf.recognizer import DelfRecognizer
from sightlab.delf.verification import verify
from sightlab.recognition.local import Evidence

GAINS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3)  # tried on tune
ENOUGH = (10.0, 20.0, 30.0, 50.0)


@dataclass(frozen=True)
class HybridConfig:
    below: float = 0.15  # similarities this far below the threshold are still in doubt, [0, 2]
    above: float = 0.10  # and this far above
    enough: float = 30.0  # inliers that settle the matter; chosen on tune
    gain: float = 0.1  # similarity that they are worth; chosen on tune

    def __post_init__(self):
        for name in ("below", "above", "gain"):
            check_range(getattr(self, name), name, 0, 2)
        check_range(self.enough, "enough", 0, low_open=True)


def in_doubt(
    similarity: Float[np.ndarray, " Q"], threshold: float, config: HybridConfig
) -> Bool[np.ndarray, " Q"]:
    """Which answers lie so near the threshold that local features are asked."""
    return (similarity > threshold - config.below) & (similarity <= threshold + config.above)


def combined(
    similarity: Float[np.ndarray, " Q"],
    inliers: Float[np.ndarray, " Q"],
    threshold: float,
    config: HybridConfig,
) -> Float[np.ndarray, " Q"]:
    """Similarity with what geometry adds to it.

    Args:
        similarity: of the centroids' best landmark.
        inliers: of the photos in doubt; ignored for the others.
        threshold: of the centroids alone; what is in doubt lies around it.
        config: the band, and what inliers are worth.
    Returns:
        Below the band the similarity as it is, above it the full gain, inside the share of `enough` inliers:
        so that nothing in doubt overtakes what is sure, of which geometry was never asked.
    """
    share = np.clip(inliers / config.enough, 0, 1)
    share = np.where(in_doubt(similarity, threshold, config), share, similarity > threshold)
    return similarity + config.gain * share


def evidence(query: LocalFeatures, landmark_id: str, recognizer: DelfRecognizer) -> Evidence:
    """The best database photo of one landmark; no search: the centroids have named it."""
    rows = np.flatnonzero(recognizer.landmark_ids == landmark_id)
    config = recognizer.config.verification
    found = [(verify(query, recognizer.database[int(row)], config), row) for row in rows]
    if not found:
        return Evidence(0, 0, "")
    best, row = max(found, key=lambda pair: pair[0].n_inliers)  # the first of equals
    return Evidence(best.n_inliers, len(best.matches), recognizer.database.photo_ids[row])


class DelfEvidence:
    """Answers what `Recognizer(verify="local")` asks.

    Args:
        recognizer: of the database that photos are compared with; its index is not searched.
        features: photo_id -> local features, by the network that built the database.
    """

    def __init__(self, recognizer: DelfRecognizer, features: Callable[[str], LocalFeatures]):
        self._recognizer, self._features = recognizer, features

    def evidence(self, photo_id: str, landmark_id: str) -> Evidence:
        return evidence(self._features(photo_id), landmark_id, self._recognizer)
