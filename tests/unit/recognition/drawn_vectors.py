"""Unit vectors whose distances can be read off."""

import numpy as np
import pandas as pd


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
