"""Bad photos, made by code: each kind writes one file, and says what the ledger must say of it.

`KINDS` maps a name to (write, told): `write(path)` makes the file, `told` is the pattern of the reason, ""
for a photo that is odd but must be read.
"""

import io
import os
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from tests.drawn import draw_landmark, gps_tags

READ = ""
MARKERS = {
    0xC0: "SOF0",
    0xC2: "SOF2",
    0xC4: "DHT",
    0xD8: "SOI",
    0xD9: "EOI",
    0xDA: "SOS",
    0xDB: "DQT",
    0xE0: "APP0",
    0xE1: "APP1",
}
CUT = "truncated|broken|not an image"

Kind = tuple[Callable[[Path], object], str]


def drawing() -> Image.Image:
    return draw_landmark("red_tower", np.random.default_rng(0), (40, 64))


def encoded(photo: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    photo.save(file, kind, **options)
    return file.getvalue()


def content(data: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(data)


def with_exif(tags: dict) -> bytes:
    exif = Image.Exif()
    for tag, value in tags.items():
        exif[tag] = value
    return encoded(drawing(), "JPEG", exif=exif)


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, *between: bytes, pixels: bytes = b"\0" * 1000) -> bytes:
    """A PNG that claims a size, whatever its pixels are; 8-bit RGB."""
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    rest = png_chunk(b"IDAT", zlib.compress(pixels)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(between) + rest


def spoiled_checksum(chunk: bytes) -> bytes:
    whole = bytearray(encoded(drawing(), "PNG"))
    start = whole.rindex(chunk)
    end = start + 4 + struct.unpack(">I", whole[start - 4 : start])[0]
    whole[end] ^= 0xFF
    return bytes(whole)


def jpeg_cuts(progressive: bool) -> dict[str, Kind]:
    """A JPEG that ends where one of its segments begins, for each of them."""
    whole = encoded(drawing(), "JPEG", progressive=progressive, exif=Image.Exif())
    cuts: dict[str, Kind] = {}
    for found in re.finditer(b"\xff[\xc0-\xfe]", whole):
        marker = found.group()[1]
        if marker in MARKERS and not 0xD0 <= marker <= 0xD7 and found.start():
            name = f"{'progressive ' if progressive else ''}JPEG cut before {MARKERS[marker]} {found.start()}"
            cuts[name] = content(whole[: found.start()]), CUT
    return cuts


def wide_jpeg() -> bytes:
    """A JPEG that claims 65,535 x 65,535 pixels."""
    whole = encoded(drawing(), "JPEG")
    start = whole.index(b"\xff\xc0") + 5  # marker, length, bits a sample; then height and width
    return whole[:start] + b"\xff" * 4 + whole[start + 4 :]


def scan_bomb() -> bytes:
    """A progressive JPEG of some kilobytes that repeats its last scan a thousand times."""
    whole = encoded(Image.new("L", (640, 640), 128), "JPEG", progressive=True)
    last = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + last * 1000 + b"\xff\xd9"


def many_pages(n_pages: int) -> bytes:
    """A TIFF that names the same little photo again and again."""
    whole = bytearray(encoded(Image.new("L", (8, 8)), "TIFF"))
    start = struct.unpack("<I", whole[4:8])[0]
    end = start + 2 + 12 * struct.unpack("<H", whole[start : start + 2])[0]
    page = bytes(whole[start:end])
    places = [len(whole) + (len(page) + 4) * i for i in range(n_pages - 1)] + [0]
    whole[end : end + 4] = struct.pack("<I", places[0])
    return bytes(whole) + b"".join(page + struct.pack("<I", place) for place in places[1:])


def looping_pages() -> bytes:
    """A TIFF whose only page says that it is its own successor."""
    whole = bytearray(encoded(Image.new("L", (8, 8)), "TIFF"))
    start = struct.unpack("<I", whole[4:8])[0]
    end = start + 2 + 12 * struct.unpack("<H", whole[start : start + 2])[0]
    whole[end : end + 4] = struct.pack("<I", start)
    return bytes(whole)


def many_frames(n_frames: int) -> bytes:
    whole = encoded(Image.new("P", (8, 8), 1), "GIF")
    frame = whole[whole.index(b",") : -1]
    return whole[:-1] + frame * (n_frames - 1) + b";"


def animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (6, 4), color) for color in ("red", "green", "blue")]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:])


def two_pictures() -> bytes:
    first, second = Image.new("RGB", (64, 40), "red"), Image.new("RGB", (64, 40), "blue")
    return encoded(first, "MPO", save_all=True, append_images=[second])


def pixels(values: np.ndarray, kind: str) -> bytes:
    return encoded(Image.fromarray(values), kind)


def gps(**changes) -> bytes:
    """A JPEG whose camera stood at 50.5 N, 4.25 E, or where `changes` of the tags t1 to t4 say."""
    tags = gps_tags(50.5, 4.25) | {int(tag[1:]): value for tag, value in changes.items()}
    return with_exif({0x8825: {tag: value for tag, value in tags.items() if value is not None}})


def huge(mode: str, kind: str, **options) -> Callable[[Path], object]:
    """The largest photo that is let in, of one color: 100 million pixels."""
    return lambda path: Image.new(mode, (10_000, 10_000)).save(path, kind, **options)


NO_POSITION: dict[str, Kind] = {
    "GPS 0/0": (content(gps().replace(struct.pack(">2L", 50, 1), bytes(8))), READ),
    "GPS of the hemisphere X": (content(gps(t1="X")), READ),
    "GPS without a hemisphere": (content(gps(t3=None)), READ),
    "GPS 0,0": (content(gps(t2=(0.0, 0.0, 0.0), t4=(0.0, 0.0, 0.0))), READ),
    "GPS of latitude 91": (content(gps(t2=(91.0, 0.0, 0.0))), READ),
    "GPS of 99 minutes": (content(gps(t2=(50.0, 99.0, 0.0))), READ),
    "GPS of five numbers": (content(gps(t2=(1.0, 2.0, 3.0, 4.0, 5.0))), READ),
    "GPS whose hemisphere is a number": (content(gps(t1="5")), READ),
    "EXIF of garbage": (content(encoded(drawing(), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff ?")), READ),
    "EXIF that is its own next block": (
        content(encoded(drawing(), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\x08\0\0\0")),
        READ,
    ),
    "EXIF that says it has a billion numbers": (
        content(
            encoded(
                drawing(),
                "JPEG",
                exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0" + struct.pack("<HHII", 0x112, 3, 10**9, 26) + b"\0" * 4,
            )
        ),
        READ,
    ),
}

KINDS: dict[str, Kind] = {
    **{f"EXIF turn {turn}": (content(with_exif({0x112: turn})), READ) for turn in range(1, 9)},
    "EXIF turn 9": (content(with_exif({0x112: 9})), READ),
    "EXIF turn 65535": (content(with_exif({0x112: 65_535})), READ),
    **NO_POSITION,
    **jpeg_cuts(progressive=False),
    **jpeg_cuts(progressive=True),
    "PNG cut in its pixels": (content(encoded(drawing(), "PNG")[:900]), CUT),
    "PNG with a wrong checksum of its head": (content(spoiled_checksum(b"IHDR")), CUT),
    "PNG with a wrong checksum at its end": (content(spoiled_checksum(b"IEND")), READ),
    "PNG of too few pixels": (content(png(64, 40, pixels=b"\0" * (193 * 20))), READ),  # the rest is black
    "GIF cut": (content(encoded(drawing(), "GIF")[:900]), CUT),
    "WebP cut": (content(encoded(drawing(), "WEBP")[:200]), CUT),
    "TIFF cut": (content(encoded(drawing(), "TIFF")[:900]), CUT),
    "BMP cut": (content(encoded(drawing(), "BMP")[:900]), CUT),
    "JPEG 2000 cut": (content(encoded(drawing(), "JPEG2000")[:300]), CUT),
    "bomb: PNG of 101 Mpixel": (content(png(10_100, 10_000)), "too large: 101 Mpixel"),
    "bomb: PNG of 300 Mpixel": (content(png(30_000, 10_000)), "too large: 300 Mpixel"),
    "bomb: PNG of 2^62 pixels": (content(png(2**31 - 1, 2**31 - 1)), "too large|broken"),
    "bomb: JPEG of 4,295 Mpixel": (content(wide_jpeg()), "too large: 4,295 Mpixel"),
    "bomb: GIF of 4,295 Mpixel": (
        content(b"GIF89a\xff\xff\xff\xff" + encoded(Image.new("P", (4, 4)), "GIF")[10:]),
        "too large",
    ),
    "bomb: PPM of 10^18 pixels": (content(b"P6 1000000000 1000000000 255\n\0"), "too large|broken"),
    "bomb: compressed text in a PNG": (
        content(png(8, 8, png_chunk(b"zTXt", b"a\0\0" + zlib.compress(b"\0" * 70_000_000, 9)))),
        "broken|not an image",
    ),
    "bomb: a thousand scans of a JPEG": (content(scan_bomb()), "too many scans: 1,006"),
    "bomb: a TIFF of 20,000 pages": (content(many_pages(20_000)), "100 pages or more"),
    "bomb: a GIF of 50,000 frames": (content(many_frames(50_000)), "animated: 50000 frames"),
    "TIFF whose page follows itself": (content(looping_pages()), READ),
    "animated GIF": (content(animated("GIF")), "animated: 3 frames"),
    "animated WebP": (content(animated("WEBP")), "animated: 3 frames"),
    "animated PNG": (content(animated("PNG")), "animated: 3 frames"),
    "TIFF of three pages": (content(animated("TIFF")), "3 pages"),
    "two pictures in a JPEG": (content(two_pictures()), READ),
    "CMYK JPEG": (content(encoded(drawing().convert("CMYK"), "JPEG")), READ),
    "CMYK TIFF": (content(encoded(drawing().convert("CMYK"), "TIFF")), READ),
    "gray JPEG": (content(encoded(drawing().convert("L"), "JPEG")), READ),
    "palette PNG": (content(encoded(drawing().convert("P"), "PNG")), READ),
    "palette PNG with a transparent color": (
        content(encoded(drawing().convert("P"), "PNG", transparency=0)),
        READ,
    ),
    "black and white PNG": (content(encoded(drawing().convert("1"), "PNG")), READ),
    "gray PNG with transparency": (content(encoded(drawing().convert("LA"), "PNG")), READ),
    "wholly transparent PNG": (content(encoded(Image.new("RGBA", (6, 4)), "PNG")), READ),
    "Lab TIFF": (content(encoded(Image.new("LAB", (6, 4)), "TIFF")), READ),
    "16-bit PNG": (content(pixels(np.full((4, 6), 40_000, np.uint16), "PNG")), READ),
    "32-bit TIFF": (content(pixels(np.full((4, 6), 70_000, np.int32), "TIFF")), "32-bit pixels"),
    "TIFF of fractions": (content(pixels(np.full((4, 6), 0.5, np.float32), "TIFF")), "floating-point pixels"),
    "1 pixel": (content(encoded(Image.new("RGB", (1, 1)), "JPEG")), READ),
    "1 pixel wide, 65,000 high": (content(encoded(Image.new("RGB", (1, 65_000)), "JPEG")), READ),
    "0 pixels": (content(png(0, 0)), "broken|not an image"),
    "HEIC without the extra": (content(struct.pack(">I", 24) + b"ftypheic" + b"\0" * 100), "heic|broken"),
    "zero bytes": (content(b""), "empty file"),
    "a megabyte of zeros": (content(bytes(10**6)), "not an image"),
    "text named .jpg": (content(b"not a photo"), "not an image"),
    "a web page named .jpg": (content(b"<!doctype html><html><body>404</body></html>"), "not an image"),
    "SVG": (content(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"), "not an im"),
    "PostScript, which starts a program": (
        content(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"),
        "not",
    ),
    "PDF": (content(b"%PDF-1.7\n"), "not an image"),
    "a first byte too many": (content(b"\n" + encoded(drawing(), "JPEG")), "not an image"),
    "bytes behind the end": (content(encoded(drawing(), "JPEG") + b"PK\x03\x04" * 99), READ),
    "a PNG named .jpg": (content(encoded(drawing(), "PNG")), READ),
    "a folder": (Path.mkdir, "not a file"),
    "a pipe": (os.mkfifo, "not a file"),
    "an endless device": (lambda path: path.symlink_to("/dev/zero"), "not a file"),
    "a link to itself": (lambda path: path.symlink_to(path), "broken"),
    "a link to nothing": (lambda path: path.symlink_to(path.with_name("nowhere")), "missing"),
    "nothing": (lambda path: None, "missing"),
}

# Slow, because large: 100 million pixels each. Not in the normal tests.
HUGE: dict[str, Kind] = {
    "100-Mpixel JPEG": (huge("RGB", "JPEG"), READ),
    "100-Mpixel PNG with transparency": (huge("RGBA", "PNG", compress_level=1), READ),
    "100-Mpixel 16-bit PNG": (huge("I;16", "PNG", compress_level=1), READ),
    "100-Mpixel palette GIF": (huge("P", "GIF"), READ),
    "100-Mpixel CMYK TIFF": (huge("CMYK", "TIFF", compression="tiff_lzw"), READ),
}
