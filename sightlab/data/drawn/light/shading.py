"""From a spot on a surface to its color: pattern, season, snow and rain, then the light that falls on it.

Shapes: R spots. Colors are linear RGB, (3, R) float32.
Source: ours, by eye.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from sightlab.data.drawn.light.rays import Mesh, Surface, dot
from sightlab.data.drawn.light.sky import Atmosphere
from sightlab.data.drawn.light.textures import MIX, SHADE, SLOPE_U, SLOPE_V, tiles
from sightlab.data.drawn.solids.noise import scatter
from sightlab.data.drawn.solids.scene import PATTERNS

ROW = {name: row for row, name in enumerate(PATTERNS)}
_WILD = ("grass", "rock", "snow_rock", "sand", "water")
_CALM = np.float32(80)  # meters at which waves seem half as steep: further ones hide each other
_AUTUMN = np.array([[0.4, 0.08, 0.03], [0.6, 0.24, 0.04], [0.62, 0.42, 0.07], [0.22, 0.22, 0.06]], np.float32)
_BLOSSOM = np.array([0.72, 0.5, 0.56], dtype=np.float32)
_TWIGS = np.array([0.11, 0.085, 0.07], dtype=np.float32)
_SNOW = np.array([0.82, 0.86, 0.92], dtype=np.float32)
_LAMP = np.array([1.0, 0.62, 0.27], dtype=np.float32)  # light of windows and street lamps


@dataclass(frozen=True, eq=False)
class Paint:
    """What a surface is like before light falls on it."""

    albedo: Float[np.ndarray, "3 R"]  # share of light thrown back
    normal: Float[np.ndarray, "3 R"]  # unit, with the relief of the pattern
    mirror: Float[np.ndarray, " R"]  # share of the surroundings it mirrors when looked at straight, [0, 1]
    shine: Float[np.ndarray, "3 R"]  # light of its own

    def take(self, chosen: np.ndarray) -> Paint:
        """Some of the spots."""
        return Paint(**{name: value[..., chosen] for name, value in vars(self).items()})


class Palette:
    """The materials of a mesh as a table."""

    def __init__(self, mesh: Mesh):
        rows = [(*m.color, *m.color2, m.scale, m.detail) for m in mesh.materials] or [(0,) * 8]
        table = np.array(rows)
        table[:, :6] = to_linear(table[:, :6])
        self._rows = table.astype(np.float32)
        self.metal = np.array([m.pattern == "metal" for m in mesh.materials] or [False])

    def __call__(self, material: np.ndarray) -> np.ndarray:
        """(8, R): color, second color, scale, detail."""
        return np.ascontiguousarray(self._rows.take(material, axis=0).T)


def to_linear(color: np.ndarray) -> np.ndarray:
    """sRGB in [0, 1] as linear light."""
    color = np.asarray(color, dtype=np.float64)
    return np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)


def leaf_gaps(season: str) -> float:
    """How strongly leaves must show their second color for a ray to pass between them."""
    return {"spring": 0.55, "winter": 0.3}.get(season, 0.62)


def painted(surface: Surface, palette: Palette, air: Atmosphere, open_sky: np.ndarray) -> Paint:
    """Color and relief of some spots.

    Args:
        surface: the spots.
        palette: of their mesh.
        air: weather and season.
        open_sky: (R,) share of the sky above each spot that is free, [0, 1]: snow falls only there.
    """
    rows = palette(surface.material)
    color, second, scale, detail = rows[0:3], rows[3:6], rows[6], rows[7]
    found = tiles().read(surface.pattern, surface.u, surface.v, surface.footprint / scale)
    mix = np.minimum(2 * detail, 1) * found[MIX]
    weathered = _weathering(surface, scale)
    wild = _is(surface.pattern, *_WILD)
    mix = np.where(wild, np.clip(mix + np.float32(0.9) * weathered, 0, 1), mix)
    albedo = color + (second - color) * mix
    albedo *= (1 + (found[SHADE] - 1) * (2 * detail)) * (1 + np.float32(0.5) * weathered)
    wet = surface.pattern == ROW["water"]
    relief = 2 * detail * np.where(wet, np.float32(0.7) * _CALM / (surface.distance + _CALM), np.float32(1))
    normal = surface.normal - (
        surface.along_u * (relief * found[SLOPE_U]) + surface.along_v * (relief * found[SLOPE_V])
    )
    mirror = np.zeros_like(mix)
    shine = np.zeros_like(albedo)
    sheet = surface.pattern == ROW["metal"]
    mirror[sheet] = 0.45
    _glass(surface, mix, albedo, mirror, shine, scale, air, surface.pattern == ROW["windows"])
    mirror[wet] = 1.0
    glow = surface.pattern == ROW["glow"]
    shine[:, glow] = color[:, glow] * np.float32(0.5 + 1.3 * air.darkness)
    green = _is(surface.pattern, "foliage", "evergreen", "grass")
    gray = albedo[0] * np.float32(0.3) + albedo[1] * np.float32(0.6) + albedo[2] * np.float32(0.1)
    albedo += (gray - albedo) * (np.float32(0.22) * green)  # leaves shine white, which mutes them
    _season(surface, albedo, air.season)
    _snow_rock(surface, albedo, second, normal, weathered, detail)
    _weather(surface, albedo, normal, mirror, shine, weathered, air.weather, open_sky)
    normal *= 1 / np.sqrt(np.maximum(dot(normal, normal), 1e-6))
    np.clip(albedo, 0, 0.92, out=albedo)
    return Paint(albedo, normal, mirror, shine)


def lit(
    surface: Surface,
    paint: Paint,
    air: Atmosphere,
    sunlit: Float[np.ndarray, " R"],
    open_sky: Float[np.ndarray, " R"],
) -> Float[np.ndarray, "3 R"]:
    """The color of painted spots in the light of sun, sky, ground and lamps; mirrors are still blind.

    Args:
        surface, paint: the spots.
        air: the light of the photo.
        sunlit: 0 in the shade, 1 in the sun.
        open_sky: share of the sky that is free above each spot, [0, 1].
    """
    normal = paint.normal
    towards = dot(normal, air.sun_direction)
    towards = np.where(
        surface.is_leaf, (towards + np.float32(0.45)) / np.float32(1.45), towards
    )  # light shines through
    sun = np.maximum(towards, 0) * sunlit
    up = np.float32(0.5) * normal[2] + np.float32(0.5)
    sky = open_sky * (np.float32(0.35) + np.float32(0.65) * up)
    ground = (1 - up) * (np.float32(0.35) + np.float32(0.65) * open_sky) + (1 - open_sky) * np.float32(0.42)
    light = air.sun * sun + air.from_above * sky + air.from_ground * ground
    if air.indoors:  # windows on one side
        light += air.from_above * (np.maximum(dot(normal, air.sun_direction), 0) * np.float32(0.6))
    if air.darkness > 0:
        light += _lamplight(surface, normal, open_sky) * np.float32(air.darkness)
    return paint.albedo * light + paint.shine


def mirrored(surface: Surface, paint: Paint) -> tuple[np.ndarray, np.ndarray]:
    """Directions (3, R) in which spots mirror, of unit length, and how strongly (R,), [0, 1]."""
    look = surface.ray * (1 / np.sqrt(dot(surface.ray, surface.ray)))
    along = dot(look, paint.normal)
    direction = look - 2 * along * paint.normal
    sunk = np.minimum(
        dot(direction, surface.facing) - np.float32(0.02), 0
    )  # waves must not mirror the depths
    direction = direction - 2 * sunk * surface.facing
    slant = (1 - np.clip(-along, 0, 1)) ** 5
    metal = surface.pattern == ROW["metal"]
    base = np.where(metal, np.float32(0.5), np.float32(0.03))
    return direction, paint.mirror * (base + (1 - base) * slant)


def _weathering(surface: Surface, scale: np.ndarray) -> np.ndarray:
    """Broad stains around 0 on everything, a few meters wide on walls, wider in the open country.

    Two layers whose sizes have no common multiple: tiles that repeat would be seen from a hill.
    """
    total = np.zeros_like(scale)
    wild = _is(surface.pattern, *_WILD)
    for size, country in ((3.1, 11.3), (8.7, 71.0)):
        meters = np.where(wild, np.float32(country), np.float32(size))
        u, v = surface.u * scale / meters, surface.v * scale / meters
        total += np.float32(0.5) * tiles().noise(u + np.float32(0.37), v, surface.footprint / meters)
    return total


def _glass(surface, mix, albedo, mirror, shine, scale, air, chosen) -> None:
    here = np.flatnonzero(chosen)
    if not len(here):
        return
    glass = np.clip(mix[here], 0, 1)
    column = np.floor(surface.u[here]).astype(np.int32)
    story = np.floor(surface.v[here] / np.float32(1.2)).astype(np.int32)
    house = surface.material[here] * 7 + (np.abs(surface.facing[0, here]) > 0.7)
    sharp = np.clip(1.6 - surface.footprint[here] / scale[here], 0, 1)  # a pixel that covers many windows
    own = scatter(column + 91 * house, story, 5)
    curtain = (scatter(column, story + 57 * house, 6) > 0.72) * sharp
    tone = 0.55 + 0.9 * (0.5 + (own - 0.5) * sharp)
    pale = np.float32(0.35) * curtain
    albedo[:, here] = albedo[:, here] * (1 + glass * (tone - 1)) + glass * pale
    mirror[here] = glass * np.float32(0.9)
    share = 0.34
    burning = share + ((own < share) - share) * sharp
    warm = _LAMP[:, None] * (0.45 + 0.75 * scatter(column, story, 7))
    shine[:, here] += warm * (glass * burning * np.float32(0.95 * air.darkness))


def _season(surface: Surface, albedo: np.ndarray, season: str) -> None:
    foliage = np.flatnonzero(surface.pattern == ROW["foliage"])
    meadow = np.flatnonzero(surface.pattern == ROW["grass"])
    if len(foliage) and season != "summer":
        tone = albedo[:, foliage]
        bright = tone[1] * np.float32(1 / 0.1)
        place = _grove(surface.point[0, foliage], surface.point[1, foliage])
        if season == "autumn":
            hue = np.clip(place * 3, 0, 2.999)
            first = hue.astype(np.int32)
            new = _AUTUMN[first].T + (_AUTUMN[first + 1] - _AUTUMN[first]).T * (
                hue - first.astype(np.float32)
            )
            new *= np.clip(bright, 0.25, 1.8)
            albedo[:, foliage] = tone * np.float32(0.25) + new * np.float32(0.75)
        elif season == "winter":
            albedo[:, foliage] = _TWIGS[:, None] * np.clip(bright, 0.4, 1.5)
        else:
            fresh = tone * np.array([[1.35], [1.3], [0.9]], np.float32)
            flowers = _BLOSSOM[:, None] * np.clip(bright, 0.5, 1.3)
            albedo[:, foliage] = fresh + (flowers - fresh) * _ramp(place, 0.72, 0.78)
    if len(meadow):
        tint = {"spring": (1.0, 1.12, 0.85), "autumn": (1.25, 0.95, 0.75), "winter": (1.2, 0.95, 0.9)}
        albedo[:, meadow] *= np.array(tint.get(season, (1, 1, 1)), np.float32)[:, None]


def _grove(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A number in [0, 1] that changes from tree to tree, and little within one."""
    tone = tiles().noise(x * np.float32(0.11), y * np.float32(0.11), np.full_like(x, 0.3))
    return np.clip(tone * 2 + np.float32(0.5), 0, 1)


def _snow_rock(surface, albedo, second, normal, weathered, detail) -> None:
    """Snow lies where the face is flat and high: above the share 1 - detail of the shape's height."""
    here = np.flatnonzero(surface.pattern == ROW["snow_rock"])
    if not len(here):
        return
    level = surface.level[here] + np.float32(0.5) * weathered[here] - (1 - detail[here])
    flat = surface.normal[2, here] + np.float32(0.6) * weathered[here]
    cover = _ramp(level, -0.04, 0.06) * _ramp(flat + np.float32(1.2) * level, 0.3, 0.55)
    albedo[:, here] += (_SNOW[:, None] - albedo[:, here]) * cover
    normal[:, here] += (surface.normal[:, here] - normal[:, here]) * (cover * np.float32(0.75))


def _weather(surface, albedo, normal, mirror, shine, weathered, weather, open_sky) -> None:
    pattern, up = surface.pattern, surface.normal[2]
    outside = _ramp(open_sky, 0.15, 0.45)
    if weather == "rain":
        solid = ~_is(pattern, "water", "glow", "falling_water")
        soaked = outside * solid
        albedo *= 1 - np.float32(0.38) * soaked
        level = _ramp(up, 0.9, 0.99) * soaked * _is(pattern, "paving", "asphalt", "plain")
        np.maximum(mirror, level * np.float32(0.75), out=mirror)
        normal += (surface.normal - normal) * (level * np.float32(0.85))
    if weather == "snow":
        snowy = ~_is(pattern, "water", "glow", "falling_water", "sky")
        flat = up + np.float32(0.5) * weathered + np.float32(0.25) * (normal[2] - up)
        cover = _ramp(flat, 0.3, 0.55) * outside * snowy
        cover *= np.where(_is(pattern, "asphalt", "paving"), np.float32(0.7), np.float32(0.97))
        albedo += (_SNOW[:, None] - albedo) * cover
        normal += (surface.normal - normal) * (cover * np.float32(0.7))
        mirror *= 1 - cover
        shine *= 1 - cover


def _lamplight(surface: Surface, normal: np.ndarray, open_sky: np.ndarray) -> np.ndarray:
    """Street lamps near the ground, and floodlights that shine up at landmarks."""
    height = surface.point[2]
    street = np.exp(-np.maximum(height, 0) / 7) * np.float32(0.2)
    street = street * np.exp(-surface.distance / 260) * (np.float32(0.5) + np.float32(0.5) * open_sky)
    flood = (surface.owner > 0) * (np.float32(0.75) - np.float32(0.45) * normal[2]) * np.float32(0.5)
    flood = flood * (np.float32(0.35) + np.float32(0.65) * np.exp(-np.maximum(height, 0) / 45))
    flood = flood * (np.float32(0.4) + np.float32(0.6) * open_sky)
    return _LAMP[:, None] * street + np.array([[1.0], [0.75], [0.45]], np.float32) * flood


def _is(pattern: np.ndarray, *names: str) -> Bool[np.ndarray, " R"]:
    return np.array([name in names for name in PATTERNS])[pattern]


def _ramp(x: np.ndarray, low: float, high: float) -> np.ndarray:
    t = np.clip((x - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
    return t * t * (3 - 2 * t)
