"""What tells one gothic cathedral of the drawn world from another, and the sizes that they share.

Source: ours.
"""

from __future__ import annotations

from dataclasses import dataclass

from sightlab.checks import check_choice
from sightlab.data.drawn.solids.scene import Material

CROWNS = ("flat", "turrets", "spire", "helm")
DARK = Material((0.10, 0.09, 0.09))
DOOR = Material((0.30, 0.16, 0.10), "wood")


CREAM = Material((0.77, 0.72, 0.61), "ashlar", (0.55, 0.50, 0.41), 0.9)
SLATE = Material((0.33, 0.35, 0.40), "tiles", (0.25, 0.26, 0.30), 0.6)
GLASS = Material((0.08, 0.09, 0.14))


@dataclass(frozen=True)
class GothicStyle:
    """What tells one cathedral from another; meters where not said."""

    stone: Material = CREAM
    roof: Material = SLATE
    glass: Material = GLASS
    towers: tuple[float, float] = (69, 69)  # height of the left and the right one without crown
    crown: str = "flat"  # flat, turrets, spire, helm
    crown_height: float = 4.0
    portal_gable: float = 7.0  # 0: portals end in a straight band
    kings_above_rose: bool = False  # the gallery of statues runs above or below the rose
    rose_radius: float = 6.0
    rose_petals: int = 12
    rose_storey: float = 16.8  # height of the wall that holds the rose
    fleche: float = 40.0  # above the ridge; 0 for none
    bays: int = 6  # of the nave, 7 m each
    flyer_tiers: int = 2
    eaves: float = 34.0
    ridge: float = 46.0
    window_gablets: bool = False  # over the upper windows
    chapel_roof: float = 6.0  # cones over the radiating chapels; 0: flat with pinnacles

    def __post_init__(self):
        check_choice(self.crown, "crown", CROWNS)


# Half widths of the main vessel, of vessel and aisles, of the transept's arms; the length of one bay
VESSEL, AISLES, ARMS, BAY = 7.5, 15.0, 24.0, 7.0
AISLE_TOP = 13.0
TOWER, TOWER_X, FACADE_DEPTH = 12.4, 14.6, 13.0
KINGS = 4.8  # height of the gallery of statues


def shaded(stone: Material) -> Material:
    """The same stone in the shadow of carvings."""
    return Material(tuple(0.55 * c for c in stone.color), "plain")
