"""What gets into a photo of the plan: passers-by, cars, and what somebody forgot to step aside from.

Source: ours.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sightlab.data.drawn.making.catalog import SITES
from sightlab.data.drawn.making.places import BuiltPlace
from sightlab.data.drawn.solids.scene import Camera, Shape
from sightlab.data.drawn.surroundings.people import OCCLUDERS, cars, occluder, people_before

WALKED_ON = (
    "old_town",
    "modern_city",
    "park",
    "desert",
)  # surroundings whose ground is even around the landmark
OCCLUDED = 0.1  # share of photos with something close before the lens; references are free of it
_INDOORS = ("shoulders",)
_IN_NATURE = ("branch", "railing", "shoulders")


def in_the_way(
    built: BuiltPlace, row: Mapping, camera: Camera, generator: np.random.Generator
) -> Shape | None:
    """People, cars and things close to the lens of one photo; None if there is nothing.

    Args:
        built: the place of the photo.
        row: of the plan.
        camera: of the photo.
        generator: of the photo's passers-by.
    """
    kind, _, name = built.key.partition("/")
    around = SITES[name].surroundings if kind == "site" else ""
    ground = _ground(built, camera) if kind == "site" else 0.0
    parts = []
    if around in WALKED_ON or kind == "interior":
        parts.append(people_before(camera, int(generator.integers(2**31)), row["n_people"], ground))
    if around == "modern_city":
        parts.append(_traffic(built.clear_radius, generator))
    is_occluded = generator.random() < OCCLUDED
    if is_occluded and not row["is_reference"] and kind in ("site", "interior"):
        kinds = _INDOORS if kind == "interior" else OCCLUDERS if around in WALKED_ON else _IN_NATURE
        chosen = kinds[generator.integers(len(kinds))]
        parts.append(occluder(chosen, camera, int(generator.integers(2**31)), ground))
    return Shape.join(parts) if parts else None


def _ground(built: BuiltPlace, camera: Camera) -> float:
    height = built.place.ground_height(*camera.position[:2])
    return height if np.isfinite(height) and height < camera.position[2] else camera.position[2] - 1.7


def _traffic(clear_radius: float, generator: np.random.Generator) -> Shape:
    """Cars on both lanes of one of the avenues, beyond the square."""
    near, far = clear_radius + 15, clear_radius + 260
    lanes = [cars(int(generator.integers(2**31)), 6, (x, side * near), (x, side * far))
             for x, side in ((-7.0, -1), (7.0, -1), (-7.0, 1), (7.0, 1))]  # fmt: skip
    return Shape.join(lanes).turned(90 * int(generator.integers(2)))
