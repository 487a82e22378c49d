"""Scenes by class: beach, desert, forest, interior, lake, mountain, skyline, street.

`scene_view(name, seed)` gives a scene that nobody owns, and a camera in it; sun, weather and season are left
to whoever draws it.
Source: ours. Pre-training on scenes: Boiarov & Tyantov 2019 (article).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sightlab.checks import check_choice, check_count
from sightlab.data.drawn.distractors.outdoors import (
    ahead,
    beach,
    desert,
    forest,
    lake,
    land_ahead,
    looking,
    mountain,
    planted,
    water_ahead,
)
from sightlab.data.drawn.distractors.rooms import room
from sightlab.data.drawn.solids.scene import Camera, Scene, Shape
from sightlab.data.drawn.solids.shapes import lathe
from sightlab.data.drawn.solids.terrain import scattered
from sightlab.data.drawn.surroundings.houses import GLASS_TOWERS, boxes
from sightlab.data.drawn.surroundings.land import GROUND, MEADOW
from sightlab.data.drawn.surroundings.shores import SEA
from sightlab.data.drawn.surroundings.streets import street


def scene_view(name: str, seed: int) -> tuple[Scene, Camera]:
    """A scene of a class.

    Args:
        name: one of `SCENES`.
        seed: of everything in it; thousands of seeds give thousands of different places.
    Returns:
        the scene, without landmarks, and a camera of 192 x 256 pixels.
    Raises:
        InputError: unknown class, or a negative seed.
    """
    check_choice(name, "name", tuple(SCENES))
    check_count(seed, "seed", 0)
    shape, camera = SCENES[name](np.random.default_rng([seed, 701]))
    return Scene({}, shape), camera


def _interior(rng: np.random.Generator) -> tuple[Shape, Camera]:
    return room(int(rng.integers(1 << 30)))


def _skyline(rng: np.random.Generator) -> tuple[Shape, Camera]:
    """The towers of a city from a distance, behind water, a park or roofs."""
    away, n = rng.uniform(450, 1500), int(rng.integers(90, 220))
    x = rng.normal(0, 0.5 * away, n)
    y = away + rng.uniform(0, 0.7 * away, n)
    center = np.exp(-((x / (0.35 * away)) ** 2))
    tall = 14 + rng.gamma(2.0, 10 + rng.uniform(20, 60) * center, n)
    w, d = rng.uniform(18, 44, (2, n))
    kind = rng.integers(len(GLASS_TOWERS), size=n)
    towers = [boxes(x, y, 0, w, d, tall, GLASS_TOWERS, kind)]
    top = tall > np.quantile(tall, 0.75)
    towers.append(
        boxes(
            x[top], y[top], tall[top], 0.6 * w[top], 0.6 * d[top], 0.22 * tall[top], GLASS_TOWERS, kind[top]
        )
    )
    spire = lathe([(1.2, 0), (0.2, 40)], GLASS_TOWERS[0], 5)
    spires = np.flatnonzero(top)[: int(rng.integers(0, 5))]
    towers.append(scattered(spire, x[spires], y[spires], 1.2 * tall[spires]))
    front = rng.integers(3)
    if front == 0:
        quay = boxes(np.zeros(1), np.array([1.9 * away]), -3, 9 * away, 2 * away, 5.0, (MEADOW,))
        parts, eye = [water_ahead(SEA), quay], rng.uniform(2, 12)
    else:
        parts = [land_ahead(lambda x, y: np.full(x.shape, GROUND), (MEADOW,))]
        eye = rng.uniform(4, 45)
        px, py = ahead(rng, 400, 45, 0.95 * away, 1.0)
        if front == 1:
            parts.append(planted(rng, ("broadleaf", "conifer"), px, py, lambda x, y: 0 * x, far=True))
        else:
            low, wall = rng.uniform(6, 18, 400), rng.integers(len(GLASS_TOWERS), size=400)
            parts.append(boxes(px, py, 0, *rng.uniform(9, 22, (2, 400)), low, GLASS_TOWERS, wall))
            eye = max(eye, 26.0)
    return Shape.join([*parts, *towers]), looking(rng, eye, (-2, 9), 52)


SCENES: dict[str, Callable[[np.random.Generator], tuple[Shape, Camera]]] = {
    "beach": beach,
    "desert": desert,
    "forest": forest,
    "interior": _interior,
    "lake": lake,
    "mountain": mountain,
    "skyline": _skyline,
    "street": street,
}
