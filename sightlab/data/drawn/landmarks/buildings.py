"""Every building of the drawn world by the name of its builder, from outside and from inside.

Source: ours.
"""

from __future__ import annotations

from collections.abc import Callable

from sightlab.data.drawn.distractors.relatives import FAMILIES, ordinary
from sightlab.data.drawn.landmarks import mosque_hall, naves, rotunda
from sightlab.data.drawn.landmarks.bridges import crimson_gate_bridge, praven_stone_bridge
from sightlab.data.drawn.landmarks.columns import petrow_victory_column, thebar_obelisk
from sightlab.data.drawn.landmarks.gothic import amery_cathedral, lutrec_cathedral, rhenne_cathedral
from sightlab.data.drawn.landmarks.interior_parts import Interior
from sightlab.data.drawn.landmarks.long_wall import badain_wall
from sightlab.data.drawn.landmarks.monuments import harbor_lady, miyara_gate, palmar_sun_gate
from sightlab.data.drawn.landmarks.mosque import istara_blue_mosque
from sightlab.data.drawn.landmarks.palaces import petrow_winter_palace, washbourne_capitol
from sightlab.data.drawn.landmarks.pyramids import gezira_great_pyramid, gezira_step_pyramid, kukul_temple
from sightlab.data.drawn.landmarks.stupa import yangora_stupa
from sightlab.data.drawn.landmarks.temples import beishan_hall, kyonara_pagoda
from sightlab.data.drawn.landmarks.towers import bruyne_belfry, meridian_tower
from sightlab.data.drawn.solids.scene import Shape

__all__ = ["BUILDINGS", "FAMILIES", "INTERIORS", "Interior", "ordinary"]

BUILDINGS: dict[str, Callable[[], Shape]] = {
    builder.__name__: builder
    for builder in (
        amery_cathedral,
        rhenne_cathedral,
        lutrec_cathedral,
        bruyne_belfry,
        petrow_winter_palace,
        petrow_victory_column,
        praven_stone_bridge,
        gezira_great_pyramid,
        gezira_step_pyramid,
        istara_blue_mosque,
        palmar_sun_gate,
        thebar_obelisk,
        meridian_tower,
        harbor_lady,
        crimson_gate_bridge,
        washbourne_capitol,
        kukul_temple,
        kyonara_pagoda,
        miyara_gate,
        beishan_hall,
        badain_wall,
        yangora_stupa,
    )
}
INTERIORS: dict[str, Callable[[], Interior]] = {
    "amery_cathedral": naves.amery_cathedral,
    "lutrec_cathedral": naves.lutrec_cathedral,
    "istara_blue_mosque": mosque_hall.istara_blue_mosque,
    "washbourne_capitol": rotunda.washbourne_capitol,
}
