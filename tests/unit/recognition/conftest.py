"""Small hand-made galleries: vectors whose similarities can be read off."""

import numpy as np
import pandas as pd
import pytest

from sightlab.recognition.gallery import CentroidGallery
from sightlab.recognition.recognizer import Recognizer
from tests.unit.recognition.drawn_vectors import BARE, THRESHOLDS


class Table:
    """Stands in for an EmbeddingTable without importing the networks."""

    def __init__(self, photo_ids, vectors):
        self.photo_ids, self.vectors = list(photo_ids), np.asarray(vectors, dtype=np.float32)

    def rows(self, photo_ids):
        missing = [p for p in photo_ids if p not in self.photo_ids]
        if missing:
            raise KeyError(f"{len(missing)} photos have no embedding ({missing[:5]})")
        return self.vectors[[self.photo_ids.index(p) for p in photo_ids]]

    def __contains__(self, photo_id):
        return photo_id in self.photo_ids


@pytest.fixture
def make_table():
    return Table


@pytest.fixture
def rotation():
    """A random (8, 8) rotation."""
    return np.linalg.qr(np.random.default_rng(5).normal(size=(8, 8)))[0]


@pytest.fixture
def landmarks():
    """Two neighbors 111 m apart in Delhi, one tower in Paris, one place on the date line."""
    return pd.DataFrame(
        {
            "landmark_id": ["minar", "pillar", "tower", "atoll"],
            "name": ["Minar", "Pillar", "Tower", "Atoll"],
            "city": ["Delhi", "Delhi", "Paris", None],
            "country": ["India", "India", "France", "Fiji"],
            "lat": [28.524, 28.525, 48.858, -16.8],
            "lon": [77.185, 77.185, 2.294, 179.9995],
        }
    )


@pytest.fixture
def gallery():
    """Centroids in 5 dimensions: atoll e0, minar e1, pillar e2, tower e3 and, its second view, e4."""
    return CentroidGallery(
        np.eye(5, dtype=np.float32),
        pd.DataFrame(
            {
                "centroid": range(5),
                "landmark_id": ["atoll", "minar", "pillar", "tower", "tower"],
                "view": [0, 0, 0, 0, 1],
                "n_photos": [9, 8, 7, 6, 5],
            }
        ),
        key="handmade",
    )


@pytest.fixture
def references():
    """Each reference is its landmark's first centroid; the atoll has none."""
    eye = np.eye(5, dtype=np.float32)
    return {"minar": eye[[1, 1]], "pillar": eye[[2]], "tower": eye[[3, 4]]}


@pytest.fixture
def recognizer(gallery, landmarks, references):
    return Recognizer(gallery, landmarks, references, THRESHOLDS, BARE)
