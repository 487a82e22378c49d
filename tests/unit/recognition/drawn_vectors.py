"""Unit vectors whose distances can be read off."""

import math

import numpy as np
import pandas as pd

from sightlab.recognition.calibration import Thresholds
from sightlab.recognition.search import RecognizerConfig
from sightlab.recognition.similarity import PLAIN


def on_circle(*degrees):
    angle = np.radians(np.array(degrees, dtype=float))
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def clouds(sizes, seed=0, spread=0.1):
    """Unit rows in 8 dimensions around as many random directions."""
    rng = np.random.default_rng(seed)
    middles = np.repeat(np.linalg.qr(rng.normal(size=(8, 8)))[0][: len(sizes)], sizes, axis=0)
    vectors = middles + spread * rng.normal(size=middles.shape)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def gallery_photos(names, sizes):
    landmark_id = np.repeat(names, sizes)
    return pd.DataFrame(
        {"photo_id": [f"p{i:03d}" for i in range(len(landmark_id))], "landmark_id": landmark_id}
    )


BARE = RecognizerConfig(similarity=PLAIN)  # similarity = cosine, so that it can be read off
THRESHOLDS = Thresholds(0.62, 0.40, 1.0, 0.01, 100, 99, "tune")


def vector(**parts):
    """Unit vector with these similarities to e0 ... e4; what is missing to norm 1 goes against e3."""
    v = np.zeros(5)
    for axis, value in parts.items():
        v[int(axis[1])] = value
    v[3] -= math.sqrt(max(0, 1 - v @ v)) if v[3] == 0 else 0
    return v / np.linalg.norm(v)
