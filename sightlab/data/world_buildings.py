"""Every building of the drawn world by the name of its builder.

Source: ours.
"""

from __future__ import annotations

from collections.abc import Callable

from sightlab.data.world_gothic import amery_cathedral, lutrec_cathedral, rhenne_cathedral
from sightlab.data.world_scene import Shape

BUILDINGS: dict[str, Callable[[], Shape]] = {
    builder.__name__: builder for builder in (amery_cathedral, rhenne_cathedral, lutrec_cathedral)
}
