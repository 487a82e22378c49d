"""EXIF: which way up a photo is, where the camera stood, and when.

EXIF is written by many programs, some of them wrong; whatever cannot be trusted counts as absent.
Source: Exif 2.32, tags 0x0112 (orientation), 0x8825 (GPS), 0x9003 and 0x0132 (dates).
"""

import math
from datetime import datetime

from PIL import Image

NO_POSITION = (math.nan, math.nan)
_ORIENTATION, _GPS = 0x0112, 0x8825
_DETAILS, _ORIGINAL, _CHANGED = 0x8769, 0x9003, 0x0132
_TRANSPOSE = Image.Transpose
_TURNS = {
    2: _TRANSPOSE.FLIP_LEFT_RIGHT,
    3: _TRANSPOSE.ROTATE_180,
    4: _TRANSPOSE.FLIP_TOP_BOTTOM,
    5: _TRANSPOSE.TRANSPOSE,
    6: _TRANSPOSE.ROTATE_270,
    7: _TRANSPOSE.TRANSVERSE,
    8: _TRANSPOSE.ROTATE_90,
}


def turn_of(photo: Image.Image) -> int:
    """EXIF orientation, 1 to 8; 1 (upright) when it is absent or broken."""
    try:
        turn = photo.getexif().get(_ORIENTATION, 1)
        return int(turn) if int(turn) in _TURNS else 1
    except Exception:  # a broken EXIF block raises many kinds of error, none of which spoils the pixels
        return 1


def upright(photo: Image.Image, turn: int) -> Image.Image:
    """The photo as its photographer saw it, given its EXIF orientation (1 to 8)."""
    return photo.transpose(_TURNS[turn]) if turn in _TURNS else photo


def position_of(photo: Image.Image) -> tuple[float, float]:
    """Latitude and longitude of the camera in degrees, (NaN, NaN) when unknown.

    Unknown means: no GPS block, a hemisphere letter missing, 0/0 rationals, position 0,0, or out of range.
    """
    try:
        tags = photo.getexif().get_ifd(_GPS)
        lat = _degrees(tags.get(2), tags.get(1), positive="N", negative="S", limit=90)
        lon = _degrees(tags.get(4), tags.get(3), positive="E", negative="W", limit=180)
    except Exception:  # as above: broken EXIF is no EXIF
        return NO_POSITION
    if math.isnan(lat) or math.isnan(lon) or (lat == 0 and lon == 0):
        return NO_POSITION
    return lat, lon


def taken_at(photo: Image.Image) -> datetime | None:
    """When the photo was taken, by the clock of the camera (no time zone); None when unknown.

    The date of the exposure, else that of the file inside the camera. Year 0 and the like are unknown.
    """
    try:
        tags = photo.getexif()
        written = tags.get_ifd(_DETAILS).get(_ORIGINAL) or tags.get(_CHANGED)
        return datetime.strptime(str(written).strip("\0 ")[:19], "%Y:%m:%d %H:%M:%S")
    except Exception:  # as above: broken EXIF is no EXIF
        return None


def _degrees(parts, letter, positive: str, negative: str, limit: int) -> float:
    """Signed degrees from (degrees, minutes, seconds) and a hemisphere letter; NaN when not to be trusted."""
    if parts is None or letter is None:
        return math.nan
    if isinstance(letter, bytes):
        letter = letter.decode("ascii", errors="ignore")
    letter = letter.strip("\0 ").upper()
    if letter not in (positive, negative):
        return math.nan
    if not isinstance(parts, tuple):
        parts = (parts,)  # some programs write decimal degrees alone
    values = [float(part) for part in parts]
    if not 1 <= len(values) <= 3 or not all(math.isfinite(v) and v >= 0 for v in values):
        return math.nan
    degrees, minutes, seconds = (*values, 0.0, 0.0)[:3]
    total = degrees + minutes / 60 + seconds / 3600
    if minutes > 60 or seconds > 60 or total > limit:
        return math.nan
    return total if letter == positive else -total
