"""The landmarks of nature: lakes, mountains, a waterfall, an oasis, a garden, and where they are seen from.

A place of nature is not something that stands on a flat square: it *is* the land. So it takes three calls.

    scene = Scene({name: NATURE[name]()}, nature_ground(name))     # nothing from `surroundings`
    for viewpoint in viewpoints(name): ...                         # where people photograph it

`NATURE[name]()` is what the place is known for, around the origin; `nature_ground(name)` everything else, to
the horizon. The two fit together, so neither may be moved or turned without the other.

A `Viewpoint` says where the eyes of a photographer are, what he looks at, and how far he may step aside, to
every side and at the same height, without meeting a tree or sinking into the ground; a few hang in the air,
as drones do. stone_garden is seen from 30 m and less, siwal_oasis, thundering_falls, mirror_lake and
lijan_karst from up to 330, 420, 720 and 1,350 m, red_mesa from up to 2,400 m. The volcanoes are seen from 5
to 8 km: no camera is within 1 km of a summit, so what stands in a table as their position should be the lake
shore (0, -6000) of mount_fujara and the plain (0, -5600) before mount_pelado.

Source: ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from sightlab.checks import check_choice
from sightlab.data.drawn.landmarks.gardens import siwal_oasis, stone_garden
from sightlab.data.drawn.landmarks.mountains import lijan_karst, mount_fujara, mount_pelado, red_mesa
from sightlab.data.drawn.landmarks.waters import mirror_lake, thundering_falls
from sightlab.data.drawn.solids.scene import Shape


@dataclass(frozen=True)
class Viewpoint:
    """One place that people photograph a landmark of nature from."""

    view: str  # frontal, side, far or behind
    position: tuple[float, float, float]  # of the eyes, meters
    target: tuple[float, float, float]  # what the middle of the photo shows
    view_degrees: float  # horizontal angle of view of a photo in landscape
    spread: float  # meters that the eyes may move along x and along y

    def __post_init__(self):
        check_choice(self.view, "view", ("frontal", "side", "far", "behind"))


_BUILDERS: dict[str, Callable[[], tuple[Shape, Shape]]] = {
    "mirror_lake": mirror_lake,
    "red_mesa": red_mesa,
    "siwal_oasis": siwal_oasis,
    "thundering_falls": thundering_falls,
    "mount_pelado": mount_pelado,
    "lijan_karst": lijan_karst,
    "mount_fujara": mount_fujara,
    "stone_garden": stone_garden,
}

_VIEWPOINTS = {
    "mirror_lake": (
        Viewpoint("frontal", (0, -470, 6.5), (20, 400, 110), 62, 12),
        Viewpoint("frontal", (-40, -455, 5.5), (-70, 100, 50), 58, 8),
        Viewpoint("frontal", (0, -300, 2.5), (40, 400, 90), 66, 30),
        Viewpoint("side", (290, -80, 2.5), (-300, 330, 80), 64, 20),
        Viewpoint("side", (-270, -60, 2.5), (300, 420, 110), 64, 15),
        Viewpoint("far", (0, -720, 30), (0, 600, 150), 44, 25),
    ),
    "red_mesa": (
        Viewpoint("frontal", (2, -1500, 4.5), (0, 0, 110), 58, 30),
        Viewpoint("frontal", (2, -1150, 4.5), (-150, 0, 110), 66, 30),
        Viewpoint("side", (1250, -750, 5), (0, 0, 110), 55, 60),
        Viewpoint("side", (-1350, -350, 5), (0, 0, 110), 52, 60),
        Viewpoint("far", (2, -2400, 5), (0, 0, 110), 40, 40),
        Viewpoint("behind", (100, 1450, 5), (0, 0, 100), 58, 60),
    ),
    "siwal_oasis": (
        Viewpoint("frontal", (0, -75, 4), (15, 20, 9), 64, 5),
        Viewpoint("frontal", (-40, -85, 4), (40, 40, 9), 56, 4),
        Viewpoint("side", (-130, 5, 4.5), (10, 15, 8), 58, 4),
        Viewpoint("side", (60, -75, 4), (40, 40, 10), 60, 4),
        Viewpoint("far", (-30, -330, 46), (15, 20, 5), 34, 15),
    ),
    "thundering_falls": (
        Viewpoint("frontal", (0, -190, 5), (0, 60, 27), 62, 30),
        Viewpoint("frontal", (-20, -90, 4), (10, 80, 30), 74, 20),
        Viewpoint("side", (103, -45, 61), (-40, 60, 22), 74, 2),
        Viewpoint("side", (-104, -60, 61), (30, 60, 20), 70, 2),
        Viewpoint("far", (0, -420, 30), (0, 60, 30), 30, 30),
    ),
    "mount_pelado": (
        Viewpoint("frontal", (0, -5600, 12), (0, 0, 480), 46, 200),
        Viewpoint("frontal", (1500, -5000, 12), (300, 0, 480), 46, 200),
        Viewpoint("side", (5200, -1500, 12), (0, 0, 480), 50, 200),
        Viewpoint("side", (-4900, -2400, 14), (0, 0, 480), 48, 200),
        Viewpoint("far", (-800, -7600, 20), (0, 0, 420), 34, 200),
        Viewpoint("behind", (-2600, 5000, 20), (0, 0, 500), 46, 200),
    ),
    "lijan_karst": (
        Viewpoint("frontal", (-30, -640, 2.2), (30, 300, 80), 58, 10),
        Viewpoint("frontal", (-190, -350, 2.2), (-20, 300, 95), 66, 10),
        Viewpoint("side", (700, 300, 235), (-100, 300, 40), 65, 2),
        Viewpoint("side", (-20, -1000, 30), (0, 300, 90), 52, 30),
        Viewpoint("far", (-20, -1350, 30), (0, 300, 80), 38, 40),
    ),
    "mount_fujara": (
        Viewpoint("frontal", (0, -6030, 9), (0, 0, 620), 44, 15),
        Viewpoint("frontal", (300, -5500, 3), (0, 0, 640), 48, 150),
        Viewpoint("side", (4700, -3300, 60), (0, 0, 620), 50, 150),
        Viewpoint("side", (-4900, -3000, 60), (0, 0, 620), 50, 150),
        Viewpoint("far", (0, -7600, 60), (0, 0, 560), 34, 200),
        Viewpoint("behind", (0, 6000, 80), (0, 0, 620), 46, 200),
    ),
    "stone_garden": (
        Viewpoint("frontal", (0, -18.5, 2.3), (0, 4, 1.5), 64, 1.5),
        Viewpoint("frontal", (-6, -17, 2.3), (0, 3, 1.5), 48, 1.0),
        Viewpoint("side", (13, -10, 2.3), (-2, 4, 1.6), 60, 1.0),
        Viewpoint("side", (-13, -10.5, 2.3), (2, 4, 1.5), 60, 0.8),
        Viewpoint("far", (-4, -26, 2.6), (0, 4, 1.8), 40, 2.0),
    ),
}


@lru_cache(maxsize=2)
def _place(name: str) -> tuple[Shape, Shape]:
    check_choice(name, "name", tuple(_BUILDERS))
    return _BUILDERS[name]()


def _landmark(name: str) -> Callable[[], Shape]:
    return lambda: _place(name)[0]


NATURE: dict[str, Callable[[], Shape]] = {name: _landmark(name) for name in _BUILDERS}


def nature_ground(name: str) -> Shape:
    """What surrounds a landmark of `NATURE`, to the horizon: land, water, trees; in place of `surroundings`.

    Raises:
        InputError: no landmark of nature has this name.
    """
    return _place(name)[1]


def viewpoints(name: str) -> tuple[Viewpoint, ...]:
    """Where people photograph a landmark of `NATURE` from, most usual first.

    Raises:
        InputError: no landmark of nature has this name.
    """
    check_choice(name, "name", tuple(_VIEWPOINTS))
    return _VIEWPOINTS[name]
