"""Unnamed buildings of the landmarks' style families: hard distractors that resemble a landmark but are none.

Each draws its sizes, colors and parts from ranges that leave the landmarks' own out, or lacks what makes
the landmark: another number of storeys, one tower instead of two, a dome without a crown of columns.
Source: ours.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sightlab.checks import check_choice, check_count
from sightlab.data.drawn.distractors.relatives_halls import (
    dome_relative,
    gothic_relative,
    palace_relative,
    tower_relative,
)
from sightlab.data.drawn.distractors.relatives_stones import (
    bridge_relative,
    monument_relative,
    pyramid_relative,
    temple_relative,
)
from sightlab.data.drawn.solids.scene import Shape
from sightlab.data.drawn.solids.shapes import assembled

_BUILDERS: dict[str, Callable[[np.random.Generator], Shape]] = {
    "gothic": gothic_relative,
    "palace": palace_relative,
    "tower": tower_relative,
    "pyramid": pyramid_relative,
    "bridge": bridge_relative,
    "monument": monument_relative,
    "temple": temple_relative,
    "dome": dome_relative,
}
FAMILIES = tuple(_BUILDERS)


def ordinary(family: str, seed: int) -> Shape:
    """An unnamed building of a family, its front to -y, around the origin.

    Args:
        family: one of FAMILIES.
        seed: chooses the building; equal seeds give equal buildings.
    Raises:
        InputError: no such family, or a negative seed.
    """
    check_choice(family, "family", FAMILIES)
    check_count(seed, "seed", 0)
    rng = np.random.default_rng([seed, FAMILIES.index(family)])
    return assembled([_BUILDERS[family](rng)])
