"""Sun, sky, clouds and air of one photo.

Brightness is what a camera's automatic exposure leaves of it: 1 is the white of paper in the noon sun, a
night is dark but readable. Colors are linear RGB.
Shapes: R rays; directions are (3, R) or (3, 1), of unit length unless said otherwise.
Source: ours, by eye.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from jaxtyping import Float

from sightlab.data.drawn.light.rays import dot
from sightlab.data.drawn.light.textures import tiles
from sightlab.data.drawn.solids.scene import Light

# how the sun's elevation (degrees) colors a clear day
_ELEVATION = (-12, -5, 0, 5, 15, 35, 65)
_SUN = ((0, 0, 0), (0, 0, 0), (0.5, 0.16, 0.05), (1.05, 0.53, 0.22), (1.15, 0.87, 0.6), (1.15, 1.02, 0.86),
        (1.15, 1.06, 0.94))  # fmt: skip
_ZENITH = ((0.006, 0.01, 0.022), (0.028, 0.052, 0.11), (0.11, 0.16, 0.34), (0.17, 0.27, 0.5),
           (0.15, 0.3, 0.63), (0.12, 0.28, 0.66), (0.1, 0.25, 0.64))  # fmt: skip
_HORIZON = ((0.024, 0.023, 0.032), (0.12, 0.11, 0.15), (0.27, 0.21, 0.25), (0.46, 0.43, 0.44),
            (0.68, 0.72, 0.76), (0.6, 0.72, 0.86), (0.56, 0.7, 0.88))  # fmt: skip
_GLOW = ((0, 0, 0), (0.3, 0.12, 0.06), (1.05, 0.34, 0.04), (1.0, 0.5, 0.12), (0.6, 0.5, 0.35),
         (0.35, 0.32, 0.26), (0.3, 0.28, 0.24))  # fmt: skip
_ROOM = (0.52, 0.47, 0.4)
_MOON = (0.045, 0.055, 0.08)
# weather: share of the sun that comes through, gray of the sky [0, 1], its brightness, how far one sees (m)
_WEATHER = {
    "clear": (1.0, 0.0, 1.0, 24_000),
    "hazy": (0.7, 0.45, 1.0, 3_500),
    "overcast": (0.03, 0.95, 0.9, 6_000),
    "rain": (0.0, 0.97, 0.62, 1_300),
    "snow": (0.02, 0.98, 0.95, 700),
    "fog": (0.0, 1.0, 0.95, 130),
}
_GRAY = np.array([0.93, 0.97, 1.03])  # tint of a covered sky


class Atmosphere:
    """The light of one photo.

    Args:
        light: sun, weather, season.
        seed: places the clouds.
        indoors: the camera stands in a room: its windows and lamps give an even light, and neither weather
            nor season comes in.
    """

    def __init__(self, light: Light, seed: int, indoors: bool = False):
        self.indoors = indoors
        self.season = "summer" if indoors else light.season
        self.weather = "clear" if indoors else light.weather
        passes, self.gray, brightness, self.sight = _WEATHER[self.weather]
        self.is_night = light.sun_elevation <= -3
        self.darkness = float(np.interp(light.sun_elevation, (-6, 4), (1, 0)))  # lamps burn, [0, 1]
        high = light.sun_elevation
        zenith, horizon = _at(high, _ZENITH), _at(high, _HORIZON)
        cover = _luminance(0.5 * zenith + 0.6 * horizon) * brightness * 1.15 * _GRAY
        self.zenith = _column(zenith + (cover * 0.92 - zenith) * self.gray)
        self.horizon = _column(horizon + (cover * 1.05 - horizon) * self.gray)
        self.glow = _column(_at(high, _GLOW) * (1 - self.gray))
        if self.is_night:  # the moon takes the sun's place
            self.sun_direction = _direction(light.sun_azimuth + 160, 38)
            self.sun = _column(np.array(_MOON) * passes)
        else:
            self.sun_direction = _direction(light.sun_azimuth, max(light.sun_elevation, 0.5))
            self.sun = _column(_at(high, _SUN) * passes)
        self._glow_direction = _direction(light.sun_azimuth, max(light.sun_elevation, -2))
        gain = self._automatic_exposure()
        for name in ("zenith", "horizon", "glow", "sun"):
            setattr(self, name, getattr(self, name) * gain)
        if indoors:
            self.sun, self.darkness = self.sun * 0, 0.0
        rng = np.random.default_rng([abs(seed), 11])
        self._cloud_shift = rng.uniform(0, 8, size=2).astype(np.float32)
        self._cover = float(rng.uniform(0.1, 0.62)) if self.weather in ("clear", "hazy") else 0.5

    def _automatic_exposure(self) -> np.float32:
        """A camera brightens a dull day and a night, but not so far that the colors of an evening bleach."""
        card = 0.9 * _luminance(self._light_from_above()) + 0.3 * _luminance(self.sun)
        sky = _luminance(self.horizon + 0.4 * self.glow)
        most = min(max(1.0, 0.62 / sky) + 1.4 * self.gray, 2.4)
        return np.float32(np.clip((0.74 / card) ** 0.75, 0.8, most))

    @cached_property
    def from_above(self) -> Float[np.ndarray, "3 1"]:
        """Light of the open sky on a surface that looks up; less blue than the sky, as cameras see it."""
        if self.indoors:
            return _column(_ROOM)
        return self._light_from_above()

    def _light_from_above(self) -> np.ndarray:
        sky = 0.4 * self.zenith + 0.6 * self.horizon + 0.15 * self.glow
        return (0.55 * sky + 0.45 * _luminance(sky)) * np.float32(0.78 + 0.16 * self.gray)

    @cached_property
    def from_ground(self) -> Float[np.ndarray, "3 1"]:
        """Light that the ground throws back."""
        if self.indoors:
            return _column(_ROOM) * np.float32(0.55)
        lit = self.from_above + self.sun * max(float(self.sun_direction[2, 0]), 0)
        return lit * _column((0.3, 0.27, 0.22))

    def sky(self, directions: Float[np.ndarray, "3 R"], clouds: bool = True) -> Float[np.ndarray, "3 R"]:
        """What a ray that leaves the scene sees."""
        up = directions[2]
        high = np.sqrt(np.clip(up, 0, 1))
        color = self.horizon + (self.zenith - self.horizon) * high
        towards = np.clip(dot(directions, self._glow_direction), 0, 1)
        low = np.exp(np.float32(-2.6) * np.clip(up, 0, 1))
        wide = towards**3 * low * np.float32(0.75) + towards**24 * np.float32(0.35)
        color += self.glow * wide
        if clouds:
            color = self._with_clouds(color, directions, towards)
        if not self.is_night and self.gray < 0.9:
            at_sun = dot(directions, self.sun_direction)
            disc = np.exp(-np.maximum(1 - at_sun, 0) * 9000) + 0.12 * np.exp(-np.maximum(1 - at_sun, 0) * 400)
            color += self.sun * (disc * 4)
        return color

    def through_air(
        self, color: Float[np.ndarray, "3 R"], directions: Float[np.ndarray, "3 R"], distance: np.ndarray
    ) -> Float[np.ndarray, "3 R"]:
        """The color of something seen from afar: the air in between fades it into the horizon."""
        if self.indoors:
            return color
        level = directions * _column((1, 1, 0))
        level = level / np.sqrt(np.maximum(dot(level, level), 1e-6))
        towards = np.clip(dot(level, self._glow_direction), 0, 1)
        air = self.horizon * np.float32(0.94) + self.glow * (towards**3 * np.float32(0.4))
        if self.weather == "clear":
            air = air * _column((0.82, 0.92, 1.06))
        clear = np.exp(distance * np.float32(-1 / self.sight))
        return air + (color - air) * clear

    def _with_clouds(self, color: np.ndarray, directions: np.ndarray, towards: np.ndarray) -> np.ndarray:
        rising = np.maximum(directions[2], 0)
        seen = np.flatnonzero(rising > 0.01)
        if self.weather == "fog" or not len(seen):
            return color
        x, y, up = (row[seen] for row in directions)
        flat = np.float32(3.0) / (up + np.float32(0.2))
        u, v = x * flat + self._cloud_shift[0], y * flat * 1.25 + self._cloud_shift[1]
        width = np.float32(0.012) * flat
        warp = self._noise(u * 0.37 + 3, v * 0.37, width)
        u, v = u + 1.6 * warp, v - 1.1 * warp
        thick = self._noise(u, v, width)
        sun_x, sun_y = self.sun_direction[0, 0], self.sun_direction[1, 0]
        beyond = self._noise(u + 0.35 * sun_x, v + 0.35 * sun_y, width)
        edge = np.float32(1 - self._cover) * 0.5 + 0.25
        here = np.clip((thick - edge) / 0.16, 0, 1)
        here = here * here * (3 - 2 * here) * np.clip((up - 0.01) / 0.12, 0, 1)
        lit = np.clip(0.85 + 2.6 * (thick - beyond) - 0.8 * np.clip(thick - edge - 0.06, 0, 1), 0.4, 1.15)
        day = _luminance(self.horizon) * np.float32(0.85)
        white = self.sun * np.float32(0.62) + day + self.glow * (towards[seen] ** 4 * 0.5)
        if self.gray > 0.9:  # a closed cover: only its relief is seen
            color[:, seen] *= 1 + np.float32(0.55) * (thick - 0.5) * np.clip(up / 0.25, 0, 1)
        else:
            color[:, seen] += (white * lit - color[:, seen]) * (here * np.float32(1 - 0.35 * self.gray))
        return color

    @staticmethod
    def _noise(u: np.ndarray, v: np.ndarray, width: np.ndarray) -> np.ndarray:
        return tiles().noise(u, v, width) + np.float32(0.5)


def _at(elevation: float, table: tuple) -> np.ndarray:
    return np.array([np.interp(elevation, _ELEVATION, channel) for channel in zip(*table, strict=True)])


def _column(color) -> Float[np.ndarray, "3 1"]:
    return np.asarray(color, dtype=np.float32).reshape(3, 1)


def _luminance(color: np.ndarray) -> float:
    return float(np.dot((0.3, 0.59, 0.11), np.ravel(color)))


def _direction(azimuth: float, elevation: float) -> Float[np.ndarray, "3 1"]:
    a, e = np.deg2rad([azimuth, elevation])
    return _column((np.sin(a) * np.cos(e), np.cos(a) * np.cos(e), np.sin(e)))
