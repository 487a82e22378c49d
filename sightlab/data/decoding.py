"""Decoding: a photo file as pixels, one way up, always RGB; or the reason why not.

Shapes: H x W photo, (H, W, 3) uint8.
Color profiles are not applied. Formats are limited to what cameras and the web write; Pillow could open
others, some of them by starting programs.
"""

import re
import stat
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from sightlab.data import exif

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "JPEG2000", "AVIF")
MAX_PIXELS = 100_000_000
MAX_SCANS = 100  # of a progressive JPEG; cameras and the web write about 10
_COUNTED_PAGES = 100  # Pillow needs quadratic time for more
_STRIP = 1024  # rows worked on at once: wide copies of a whole large photo would weigh gigabytes
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevx", b"mif1", b"msf1")


class UnreadablePhoto(ValueError):
    """A file that does not give one whole photo; `reason` says why in a few words."""

    def __init__(self, path: Path | str, reason: str):
        super().__init__(f"{path}: {reason}. Replace the file, or take it out of the manifest.")
        self.path = Path(path)
        self.reason = reason

    def __reduce__(self):  # so that it crosses process borders whole
        return type(self), (self.path, self.reason)


def open_photo(path: Path | str, min_side: int | None = None, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """One photo as its photographer saw it.

    Args:
        path: the file.
        min_side: the short side that is enough, in pixels. A JPEG may then be decoded at 1/2, 1/4 or 1/8
            of its size, much faster, with its short side still at least this long. None: full size.
        max_pixels: photos with more are refused before they are decoded (Pillow's own limit, about
            179 million, also holds).
    Returns:
        (H, W, 3) uint8 RGB, turned by EXIF, writable; 16 bits scaled to 8, transparent parts on white.
    Raises:
        UnreadablePhoto: missing, empty, truncated, not an image, too large, animated, or an odd pixel type.
    """
    with _opened(Path(path), max_pixels) as photo:
        return _decode(photo, min_side)


def open_located(path: Path | str, min_side: int | None = None) -> tuple[np.ndarray, tuple[float, float]]:
    """`open_photo` and `read_gps` of one file that is opened once.

    Args:
        path: the file.
        min_side: see `open_photo`.
    Returns:
        The pixels, and latitude and longitude in degrees, (NaN, NaN) if unknown or doubtful.
    Raises:
        UnreadablePhoto: see `open_photo`.
    """
    with _opened(Path(path), MAX_PIXELS) as photo:
        if photo.format == "PNG":  # its EXIF may stand behind the pixels: asking for it would decode them
            return _decode(photo, min_side), exif.position_of(photo)
        position = exif.position_of(photo)  # a TIFF is closed once it is decoded
        return _decode(photo, min_side), position


def read_gps(path: Path | str) -> tuple[float, float]:
    """Latitude and longitude of the camera in degrees from EXIF; (NaN, NaN) if unknown or doubtful.

    Raises:
        UnreadablePhoto: the file is no photo at all. Broken EXIF in a readable photo is no error.
    """
    with _opened(Path(path), max_pixels=None) as photo:
        return exif.position_of(photo)


def read_taken(path: Path | str) -> datetime | None:
    """When the camera says that the photo was taken, without a time zone; None if it does not say.

    Raises:
        UnreadablePhoto: the file is no photo at all.
    """
    with _opened(Path(path), max_pixels=None) as photo:
        return exif.taken_at(photo)


def read_color_profile(path: Path | str) -> bytes:
    """The color profile of an RGB photo, b"" if it has none: what a copy needs to look the same.

    Raises:
        UnreadablePhoto: the file is no photo at all.
    """
    with _opened(Path(path), max_pixels=None) as photo:
        return photo.info.get("icc_profile") or b"" if photo.mode == "RGB" else b""


def photo_facts(path: Path | str, max_pixels: int = MAX_PIXELS) -> dict:
    """What a survey wants to know of one file; decodes it whole (a JPEG at small size) and never raises.

    Returns:
        width and height after the EXIF turn (0 if unknown), lat, lon (NaN if unknown), bytes, and problem:
        "" or the reason why `open_photo` refuses it.
    """
    path = Path(path)
    facts = {"width": 0, "height": 0, "lat": np.nan, "lon": np.nan, "bytes": 0, "problem": ""}
    with suppress(OSError, ValueError):  # their reason is found below
        facts["bytes"] = path.stat().st_size
    try:
        with _opened(path, max_pixels) as photo:
            width, height = photo.size  # before a draft shrinks it
            lat, lon = exif.position_of(photo)
            _decode(photo, min_side=32)
            if exif.turn_of(photo) >= 5:  # a quarter turn
                width, height = height, width
            facts.update(width=width, height=height, lat=lat, lon=lon)
    except UnreadablePhoto as problem:
        facts["problem"] = problem.reason
    return facts


@contextmanager
def _opened(path: Path, max_pixels: int | None) -> Iterator[Image.Image]:
    """The opened, not yet decoded photo; whatever goes wrong inside becomes an UnreadablePhoto."""
    _check_file(path)
    try:
        with _quiet_pillow(), _identified(path) as photo:
            n_pixels = photo.width * photo.height
            if max_pixels is not None and n_pixels > max_pixels:
                raise UnreadablePhoto(path, _too_large(n_pixels))
            reason = _more_than_one(photo) or _too_many_scans(photo, path)
            if reason:
                raise UnreadablePhoto(path, reason)
            yield photo
    except (UnreadablePhoto, MemoryError):
        raise
    except Exception as error:  # decoders raise almost anything on broken files; a bad file must get a row
        raise UnreadablePhoto(path, _reason(error)) from error


def _more_than_one(photo: Image.Image) -> str:
    """Words for a file with several photos, "" for one."""
    if photo.format in ("MPO", "HEIF"):  # MPO: a phone's photo plus extras
        return ""
    if photo.format != "TIFF":
        n_frames = getattr(photo, "n_frames", 1)
        return f"animated: {n_frames} frames" if n_frames > 1 else ""
    if not photo.is_animated:
        return ""
    n_pages = 1
    with suppress(EOFError):
        while n_pages < _COUNTED_PAGES:
            photo.seek(n_pages)
            n_pages += 1
    return f"{n_pages} pages" + (" or more" if n_pages == _COUNTED_PAGES else "")


def _too_many_scans(photo: Image.Image, path: Path) -> str:
    """Words for a JPEG whose few kilobytes would keep the decoder busy for minutes, "" for others."""
    if photo.format not in ("JPEG", "MPO") or not photo.info.get("progressive"):
        return ""
    n_scans = path.read_bytes().count(b"\xff\xda")  # inside compressed data a \xff is followed by \0
    return f"too many scans: {n_scans:,}" if n_scans > MAX_SCANS else ""


def _check_file(path: Path) -> None:
    try:
        status = path.stat()
    except FileNotFoundError:
        raise UnreadablePhoto(path, "missing") from None
    except (OSError, ValueError) as error:  # no permission, a loop of links, a NUL byte in the name
        raise UnreadablePhoto(path, _reason(error)) from None
    if not stat.S_ISREG(status.st_mode):
        raise UnreadablePhoto(path, "not a file")  # opening a pipe would wait forever
    if status.st_size == 0:
        raise UnreadablePhoto(path, "empty file")


def _identified(path: Path) -> Image.Image:
    Image.init()
    formats = [name for name in FORMATS if name in Image.OPEN]  # AVIF needs a recent Pillow
    if _is_heic(path):
        try:
            import pillow_heif
        except ImportError:
            advice = "HEIC needs the extra heic: pip install 'sightlab[heic]'"
            raise UnreadablePhoto(path, advice) from None
        pillow_heif.register_heif_opener()
        formats = ["HEIF"]
    return Image.open(path, formats=formats)


def _is_heic(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(12)
    return head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS


def _decode(photo: Image.Image, min_side: int | None) -> np.ndarray:
    if min_side is not None:
        photo.draft(None, (min_side, min_side))  # JPEG only; never below the size asked for
    photo.load()
    turn = exif.turn_of(photo)  # after load: PNG may keep its EXIF behind the pixels
    return np.array(exif.upright(_to_rgb(photo), turn))


def _to_rgb(photo: Image.Image) -> Image.Image:
    mode = photo.mode
    if mode == "F":
        raise ValueError("floating-point pixels")
    if mode.startswith("I"):
        return _scaled_to_8_bits(photo).convert("RGB")
    if mode in ("RGBA", "RGBa", "LA", "La", "PA", "P") or "transparency" in photo.info:
        return _on_white(photo.convert("RGBA"))
    return photo if mode == "RGB" else photo.convert("RGB")  # to convert it anyway would copy it


def _on_white(photo: Image.Image) -> Image.Image:
    result = Image.new("RGB", photo.size)
    for top in range(0, photo.height, _STRIP):
        part = photo.crop((0, top, photo.width, min(top + _STRIP, photo.height)))
        white = Image.new("RGBA", part.size, "white")
        result.paste(Image.alpha_composite(white, part).convert("RGB"), (0, top))
    return result


def _scaled_to_8_bits(photo: Image.Image) -> Image.Image:
    levels = np.asarray(photo)
    if levels.min() < 0 or levels.max() > 65_535:
        raise ValueError("32-bit pixels")
    scaled = np.empty(levels.shape, dtype=np.uint8)
    for top in range(0, len(levels), _STRIP):
        wide = levels[top : top + _STRIP].astype(np.int64)
        scaled[top : top + _STRIP] = (wide + 128) // 257  # 65,535 = 257 * 255
    return Image.fromarray(scaled)


def _too_large(n_pixels: int) -> str:
    return f"too large: {n_pixels / 1e6:,.0f} Mpixel"


def _reason(error: Exception) -> str:
    """A few words for what a decoder raised."""
    text = str(error)
    if isinstance(error, UnidentifiedImageError):
        return "not an image"
    if isinstance(error, Image.DecompressionBombError):
        n_pixels = re.search(r"\((\d+) pixels\)", text)
        return _too_large(int(n_pixels[1])) if n_pixels else "too large"
    if isinstance(error, PermissionError):
        return "no permission to read it"
    if isinstance(error, EOFError) or "truncated" in text.lower():
        return "truncated"
    return " ".join(f"broken: {text or type(error).__name__}".split())[:120]


_quiet_lock = threading.Lock()
_quiet_users = 0
_quiet_filters: warnings.catch_warnings | None = None


@contextmanager
def _quiet_pillow() -> Iterator[None]:
    """Silence Pillow's own warnings (broken EXIF, large photo) while any thread decodes.

    `catch_warnings` alone loses the caller's filters when two threads overlap: here the first one in saves
    them, and the last one out restores them.
    """
    global _quiet_users, _quiet_filters
    with _quiet_lock:
        if _quiet_users == 0:
            _quiet_filters = warnings.catch_warnings()
            _quiet_filters.__enter__()
            warnings.filterwarnings("ignore", module=r"PIL(\.|$)")
            warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
        _quiet_users += 1
    try:
        yield
    finally:
        with _quiet_lock:
            _quiet_users -= 1
            if _quiet_users == 0:
                _quiet_filters.__exit__(None, None, None)
