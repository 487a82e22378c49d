"""Kinds of view of buildings: how people stand to a landmark, measured in the landmark itself.

`fill` 1 means that the landmark just fits into the photo. Azimuths are degrees clockwise from its front, seen
from above: 0 in front, 90 to the left of somebody who looks at the front, 180 behind.
Source: ours.
"""

from __future__ import annotations

from dataclasses import dataclass

from sightlab.checks import check_choice, check_range


@dataclass(frozen=True)
class Viewing:
    """A kind of view: ranges that a camera is drawn from."""

    azimuth: tuple[float, float] = (-28, 28)  # degrees; mirrored half of the time if `both_sides`
    fill: tuple[float, float] = (0.62, 0.95)  # share of the photo's tighter side that the landmark spans
    view_degrees: tuple[float, float] = (45, 66)  # angle of view along the long side, (0, 170]
    eye: tuple[float, float] = (1.6, 2.2)  # meters above the ground
    aim: tuple[float, float] = (0.42, 0.56)  # height of the middle of the photo, share of the landmark's
    drift: float = 0.12  # how far the landmark may stand beside the middle, share of the photo's width
    both_sides: bool = False
    least: float = 0.1  # least share of the pixels that shows the landmark, [0, 1]

    def __post_init__(self):
        check_range(self.view_degrees[0], "view_degrees", 0, 170, low_open=True)
        check_range(self.fill[0], "fill", 0, low_open=True)
        check_range(self.least, "least", 0, 1)
        for name in ("azimuth", "fill", "view_degrees", "eye", "aim"):
            low, high = getattr(self, name)
            check_range(high, f"end of {name}", low)


VIEWINGS = {
    "frontal": Viewing(fill=(0.66, 1.08), view_degrees=(50, 72)),
    "side": Viewing((35, 100), (0.55, 0.98), (48, 70), both_sides=True, least=0.07),
    "close": Viewing((-50, 50), (1.25, 2.1), (56, 74), aim=(0.45, 0.8), least=0.25),
    "far": Viewing((-60, 60), (0.38, 0.72), (24, 42), aim=(0.35, 0.6), drift=0.2, least=0.025),
    "behind": Viewing((130, 230), (0.5, 0.95), (48, 70), least=0.06),
    "detail": Viewing((-40, 40), (2.6, 4.5), (20, 32), aim=(0.2, 0.9), drift=0.3, least=0.4),
    "pair": Viewing((-75, 75), (0.35, 0.95), (46, 72), drift=0.3, least=0.004),
}

# What is long is seen in part, or along; what stands in a wood, from its clearing.
_SPECIAL = {
    "kukul_temple": {"far": Viewing((-60, 60), (0.5, 0.8), (40, 60), drift=0.2, least=0.04)},
    "crimson_gate_bridge": {
        "frontal": Viewing((8, 42), (1.1, 2.1), (50, 70), drift=0.25, both_sides=True, least=0.025),
        "side": Viewing((52, 80), (1.0, 2.0), (48, 68), (1.7, 4), (0.3, 0.5), 0.1, True, 0.04),
        "far": Viewing((0, 50), (0.6, 0.95), (36, 56), (1.7, 20), both_sides=True, least=0.01),
    },
    "praven_stone_bridge": {
        "frontal": Viewing((5, 40), (0.9, 1.5), (50, 70), drift=0.25, both_sides=True, least=0.03),
        "side": Viewing((52, 80), (0.9, 1.7), (48, 68), (1.7, 3), (0.2, 0.5), 0.1, True, 0.04),
        "far": Viewing((0, 50), (0.5, 0.85), (36, 56), both_sides=True, least=0.015),
    },
    "badain_wall": {
        "frontal": Viewing((0, 40), (1.8, 3.4), (46, 66), (1.7, 30), (0.5, 0.8), 0.3, True, 0.2),
        "side": Viewing((50, 88), (1.3, 2.4), (46, 66), (1.7, 30), (0.5, 0.8), 0.2, True, 0.15),
        "far": Viewing((0, 60), (0.8, 1.3), (36, 56), (1.7, 40), (0.4, 0.7), 0.2, True, 0.06),
    },
}


def viewing_of(landmark_id: str, view: str) -> Viewing:
    """The range of cameras of a kind of view of a building.

    Raises:
        InputError: a view that buildings do not have from outside.
    """
    check_choice(view, "view", tuple(VIEWINGS))
    return _SPECIAL.get(landmark_id, {}).get(view, VIEWINGS[view])
