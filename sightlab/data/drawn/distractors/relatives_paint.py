"""Random colors and choices for unnamed buildings.

Source: ours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sightlab.data.drawn.solids.scene import Material

STONES = ((0.70, 0.68, 0.64), (0.60, 0.55, 0.47), (0.72, 0.63, 0.50), (0.55, 0.53, 0.52), (0.66, 0.50, 0.42))
WALLS = ((0.78, 0.66, 0.42), (0.74, 0.52, 0.46), (0.76, 0.72, 0.62), (0.52, 0.60, 0.70), (0.66, 0.40, 0.32))
ROOFS = ((0.30, 0.31, 0.34), (0.50, 0.28, 0.20), (0.38, 0.33, 0.28), (0.36, 0.45, 0.42))


def chosen(rng: np.random.Generator, options: Sequence):
    return options[rng.integers(len(options))]


def paint(rng: np.random.Generator, colors: Sequence, pattern: str, scale: float) -> Material:
    """One of the colors, a little lighter or darker, with a darker second color."""
    color = np.clip(np.array(chosen(rng, colors)) * rng.uniform(0.88, 1.1), 0, 0.95)
    return Material(tuple(color.round(3)), pattern, tuple((0.7 * color).round(3)), scale)
