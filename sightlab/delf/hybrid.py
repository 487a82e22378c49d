"""The hybrid: centroids answer, and local features are asked only where the answer is in doubt.

When they are asked, and what their inliers are worth, stands in `recognition/local.py`.

Source: ours.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sightlab.delf.features import LocalFeatures
from sightlab.delf.recognizer import DelfRecognizer
from sightlab.delf.verification import verify
from sightlab.recognition.local import Evidence, HybridConfig, combined, in_doubt

__all__ = ["ENOUGH", "GAINS", "DelfEvidence", "HybridConfig", "combined", "evidence", "in_doubt"]

GAINS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3)  # tried on tune
ENOUGH = (10.0, 20.0, 30.0, 50.0)


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
