"""From light to a photo file: lens, film and camera settings, then a JPEG with EXIF.

Shapes: H x W photo.
Source: ours; the tone curve is K. Narkowicz's fit of the ACES film curve (2016).
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from sightlab.checks import InputError, check_range
from sightlab.data import exif

_ORIENTATION, _DATE, _EXIF, _GPS, _DATE_TAKEN = 0x0112, 0x0132, 0x8769, 0x8825, 0x9003
_DATE_FORMAT = "%Y:%m:%d %H:%M:%S"
_UNDO = {6: 8, 8: 6}  # the EXIF turn that undoes another; all others undo themselves
_STEPS = 4096  # of the tone curve between black and white


@dataclass(frozen=True)
class DevelopConfig:
    """Lens, camera settings and film of one photo."""

    exposure: float = 0.0  # stops, [-6, 6]; 1 doubles the light
    warmth: float = 0.0  # white balance, [-1, 1]; 1 is as orange as a candle, -1 as blue as shade
    saturation: float = 0.9  # [0, 2]; 0 is gray, 1 what the scene has
    defocus: float = 0.0  # radius of a blurred point, pixels, [0, 20]
    motion: float = 0.0  # length of a shake, pixels, [0, 60]
    motion_degrees: float = 0.0  # its direction, counter-clockwise from the right
    vignette: float = 0.25  # how much light the corners lose, [0, 1]
    noise: float = 0.12  # grain of a small sensor, [0, 1]; 1 is a phone at night

    def __post_init__(self):
        for name, low, high in (
            ("exposure", -6, 6),
            ("warmth", -1, 1),
            ("saturation", 0, 2),
            ("defocus", 0, 20),
            ("motion", 0, 60),
            ("vignette", 0, 1),
            ("noise", 0, 1),
        ):
            check_range(getattr(self, name), name, low, high)


def develop(
    linear: Float[np.ndarray, "H W 3"], config: DevelopConfig, seed: int = 0
) -> UInt8[np.ndarray, "H W 3"]:
    """The photo as sRGB.

    Args:
        linear: linear RGB, 1 is white at a middle exposure; not changed.
        config: lens, camera settings, film.
        seed: of the grain; the caller's random state is not touched.
    """
    light = np.asarray(linear, dtype=np.float32)
    light = _blurred(light, config)
    gain = np.float32(2.0**config.exposure) * _balance(config.warmth)
    light = light * (gain * _vignette(light.shape[:2], config.vignette)[:, :, None])
    if config.saturation != 1:
        gray = light @ np.float32([0.3, 0.59, 0.11])
        light = gray[:, :, None] + (light - gray[:, :, None]) * np.float32(config.saturation)
    if config.noise > 0:
        light = light + _grain(light, config.noise, seed)
    return _TONES[
        np.clip(np.sqrt(np.clip(light, 0, 9)) * np.float32(_STEPS / 3) + 0.5, 0, _STEPS).astype(np.int32)
    ]


def write_jpeg(
    path: Path | str,
    photo: UInt8[np.ndarray, "H W 3"],
    quality: int = 90,
    lat: float = math.nan,
    lon: float = math.nan,
    taken: str | None = None,
    orientation: int = 1,
) -> None:
    """Write a photo with EXIF; the file is whole or absent, and the same input gives the same bytes.

    Args:
        path: the file; its folder must exist.
        photo: as it is to be seen.
        quality: of the JPEG, 1 to 100.
        lat, lon: of the camera, degrees; NaN if unknown.
        taken: date and time as EXIF writes them, "2018:07:15 12:00:00"; None if unknown.
        orientation: EXIF turn, 1 to 8. The pixels are stored so that a viewer who follows it, and only he,
            sees them upright.
    Raises:
        InputError: a setting out of range, or another pixel type.
    """
    path = Path(path)
    if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3:
        raise InputError(
            f"photo must be (H, W, 3) uint8, got {photo.shape} {photo.dtype}. Call develop first."
        )
    check_range(quality, "quality", 1, 100)
    if orientation not in range(1, 9):
        raise InputError(f"orientation={orientation!r} is not one of EXIF's turns 1 to 8. Give 1 for none.")
    stored = exif.upright(Image.fromarray(photo), _UNDO.get(orientation, orientation))
    buffer = BytesIO()
    stored.save(buffer, "JPEG", quality=int(quality), exif=_tags(lat, lon, taken, orientation))
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(buffer.getvalue())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _tags(lat: float, lon: float, taken: str | None, orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[_ORIENTATION] = orientation
    if taken is not None:
        try:
            datetime.strptime(taken, _DATE_FORMAT)
        except ValueError:
            example = "2018:07:15 12:00:00"
            raise InputError(f"taken={taken!r} is no EXIF date. Write it as {example!r}.") from None
        tags[_DATE] = taken
        tags.get_ifd(_EXIF)[_DATE_TAKEN] = taken
    if not (math.isnan(lat) or math.isnan(lon)):
        check_range(lat, "lat", -90, 90)
        check_range(lon, "lon", -180, 180)
        tags.get_ifd(_GPS).update(
            {1: "NS"[lat < 0], 2: _sexagesimal(lat), 3: "EW"[lon < 0], 4: _sexagesimal(lon)}
        )
    return tags


def _sexagesimal(degrees: float) -> tuple[float, float, float]:
    """Degrees, minutes, seconds to 1/10,000 second, about 3 mm."""
    total = round(abs(degrees) * 36_000_000)
    minutes, tenthousandths = divmod(total, 600_000)
    return float(minutes // 60), float(minutes % 60), tenthousandths / 10_000


def _blurred(light: np.ndarray, config: DevelopConfig) -> np.ndarray:
    """Through a lens that is out of focus, by a hand that shakes; what lies outside continues the edge."""
    import cv2

    for kernel in (_disc(config.defocus), _stroke(config.motion, config.motion_degrees)):
        if kernel.size > 1:
            light = cv2.filter2D(light, -1, kernel, borderType=cv2.BORDER_REPLICATE)
    return light


def _disc(radius: float) -> Float[np.ndarray, "k k"]:
    """A blurred point: a disc whose rim falls off over one pixel; sums to 1."""
    half = math.ceil(radius)
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    kernel = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1) if radius > 0 else np.ones((1, 1))
    return (kernel / kernel.sum()).astype(np.float32)


def _stroke(length: float, degrees: float) -> Float[np.ndarray, "k k"]:
    """The way of a point during a shake: a line, its points shared among the pixels around; sums to 1."""
    half = math.ceil(length / 2)
    kernel = np.zeros((2 * half + 1, 2 * half + 1))
    along = np.linspace(-length / 2, length / 2, 8 * half + 1)
    a = np.deg2rad(degrees)
    x, y = half + along * np.cos(a), half - along * np.sin(a)
    left, upper = np.floor(x).astype(int), np.floor(y).astype(int)
    for dx in (0, 1):
        for dy in (0, 1):
            share = (1 - np.abs(x - left - dx)) * (1 - np.abs(y - upper - dy))
            inside = share > 1e-9
            np.add.at(kernel, (upper[inside] + dy, left[inside] + dx), share[inside])
    return (kernel / kernel.sum()).astype(np.float32)


def _balance(warmth: float) -> Float[np.ndarray, " 3"]:
    return np.exp(np.array([0.32, 0.02, -0.45]) * warmth).astype(np.float32)


def _vignette(size: tuple[int, int], strength: float) -> Float[np.ndarray, "H W"]:
    """Factor on the light: 1 in the middle, 1 - strength in the corners, falling with the fourth power."""
    y, x = (np.linspace(-1, 1, n, dtype=np.float32) ** 2 if n > 1 else np.zeros(1, "f4") for n in size)
    square = (y[:, None] + x[None, :]) / 2
    return 1 - np.float32(strength) * square * square


def _grain(light: np.ndarray, strength: float, seed: int) -> np.ndarray:
    """Noise of photons, which grows with the root of the light, and of the sensor; gray more than colored."""
    rng = np.random.default_rng([abs(seed), 7])
    gray = rng.standard_normal((*light.shape[:2], 1), dtype=np.float32)
    colored = rng.standard_normal(light.shape, dtype=np.float32)
    sigma = np.float32(strength) * np.sqrt(np.float32(0.012) * np.maximum(light, 0) + np.float32(0.0004))
    return sigma * (np.float32(0.8) * gray + np.float32(0.6) * colored)


def _tone_table() -> UInt8[np.ndarray, " K"]:
    """sRGB for the square root of light, from 0 to 3 in equal steps: a table is faster than the powers."""
    x = np.linspace(0, 3, _STEPS + 1) ** 2 * 0.8
    film = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1)
    srgb = np.where(film <= 0.0031308, 12.92 * film, 1.055 * film ** (1 / 2.4) - 0.055)
    return np.round(srgb * 255).astype(np.uint8)


_TONES = _tone_table()
