"""How a photo is taken: light, weather, frame, passers-by and file; and the randomness of every photo.

All randomness of a photo comes from (seed, photo_id), so any photo can be drawn alone, in any order and by
any process.

Source: ours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache

import numpy as np

from sightlab.data.drawn.light.sky import Atmosphere
from sightlab.data.drawn.making.catalog import SITES
from sightlab.data.drawn.solids.scene import Light

_WEATHER = {"clear": 0.52, "hazy": 0.14, "overcast": 0.22, "fog": 0.04, "rain": 0.08}
_FRAMES = {  # (height, width) in pixels -> share
    (192, 256): 0.46, (256, 192): 0.24, (170, 256): 0.11, (256, 170): 0.05, (144, 256): 0.06,
    (224, 224): 0.08,
}  # fmt: skip


def photo_generator(seed: int, photo_id: str, purpose: str) -> np.random.Generator:
    """Own randomness for every purpose of every photo: order, processes and restarts change nothing."""
    digest = hashlib.sha256(f"{seed}/{purpose}/{photo_id}".encode()).digest()
    return np.random.default_rng(np.frombuffer(digest[:16], dtype=np.uint32))


def shared_out(shares: Mapping, n: int, offset: float) -> list:
    """n keys in the proportions of `shares`, each proportion kept as nearly as whole numbers allow.

    Args:
        shares: key -> share; any positive numbers.
        n: how many keys.
        offset: [0, 1), where the even steps through the shares begin.
    """
    ends = np.cumsum(list(shares.values()))
    steps = (np.arange(n) + offset) / max(n, 1) * ends[-1]
    keys = list(shares)
    return [keys[i] for i in np.searchsorted(ends, steps, side="right")]


def taking(seed: int, row: Mapping) -> dict:
    """Light, frame, passers-by, file: how this photo is taken.

    Args:
        seed: of the world.
        row: of the plan: photo_id, place, view, scene, is_reference.
    Returns:
        The columns of `plan` from weather on.
    """
    generator = photo_generator(seed, row["photo_id"], "taking")
    season = ("spring", "summer", "autumn", "winter")[generator.choice(4, p=(0.24, 0.38, 0.24, 0.14))]
    height, width = _chosen(_FRAMES, generator)
    if row["scene"]:
        height, width = height * 5 // 8, width * 5 // 8  # small, as scene databases are
    weather = _weather(row, season, generator)
    is_night = not row["is_reference"] and row["view"] != "interior" and generator.random() < 0.03
    aside = generator.normal(0, 35 if row["is_reference"] else 65)  # of the sun, from behind the photographer
    gps = shared_out({"": 0.5, "right": 0.48, "wrong": 0.02}, 1, generator.random())[0]
    return {
        "weather": weather,
        "season": season,
        "sun_azimuth": round(float((180 + aside) % 360), 1),
        "sun_elevation": -8.0 if is_night else round(float(generator.uniform(12, 62)), 1),
        "height": height,
        "width": width,
        "n_people": int(generator.poisson(1.2)),
        "quality": int(generator.integers(62, 95)),
        "gps": "" if row["scene"] or row["view"] == "graphic" else gps,
        "turn": 6 if height > width and generator.random() < 0.3 else 1,
    }


def _weather(row: Mapping, season: str, generator) -> str:
    """In winter rain is snow, deserts are dry, references are taken in good light, and nobody photographs
    what the weather hides."""
    weather = _chosen(_WEATHER, generator)
    weather = "snow" if weather == "rain" and season == "winter" else weather
    site = SITES.get(row["place"].removeprefix("site/"))
    is_dry = site is not None and site.surroundings == "desert"
    reach = site.clear_radius * (3.0 if row["view"] in ("far", "pair") else 1.3) if site else 100.0
    if sight(weather) < reach:
        weather = "overcast"
    if row["is_reference"] or is_dry:
        weather = weather if weather in ("clear", "hazy", "overcast") else "clear"
    return weather


@cache
def sight(weather: str) -> float:
    """How far one sees, meters."""
    return float(Atmosphere(Light(weather=weather), 0).sight)


def _chosen(shares: Mapping, generator):
    keys = list(shares)
    return keys[int(generator.choice(len(keys), p=np.divide(list(shares.values()), sum(shares.values()))))]
