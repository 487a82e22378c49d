"""Albums as pages for any browser: no server, no network, on a phone and with a keyboard.

DIR/index.html   thumbs/0001.jpg ...   photos/0001.jpg ... (only where photos are copied)

Where a photo was taken is private: neither pages, thumbnails nor copies hold coordinates, unless asked for.
Source: ours.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from sightlab.checks import InputError, check_choice, check_count
from sightlab.data.corrections import photo_sha256
from sightlab.data.credits import Credit, credits_of
from sightlab.data.photos import UnreadablePhoto, read_color_profile
from sightlab.views.albums import Album, Albums, Entry
from sightlab.views.pages import jpeg, open_small, readable, relative_link, render, write_page, write_part

PHOTOS = ("copy", "original", "reference")
PARTS = ("index.html", "thumbs", "photos")  # what a page is made of; a new one replaces these and no others
_PRIVACY = {
    "copy": "The photos here are copies without their EXIF data: they do not tell where they were taken.",
    "original": "The photos here are the files as they were, with all that they tell about place and time.",
    "reference": "The photos stay where they are; this page links to them.",
}
_UNFINISHED = "<!doctype html><title>Albums</title><p>These albums were not finished. Make them again.</p>\n"


@dataclass(frozen=True)
class AlbumPageConfig:
    title: str = "Albums"
    photos: str = "copy"  # copy: without EXIF; original: bytes as they are; reference: links, nothing copied
    long_side: int = 2048  # pixels of a copy at most
    thumb_side: int = 640  # pixels of a thumbnail at most
    quality: int = 86  # of JPEG, 1 to 95

    def __post_init__(self):
        check_choice(self.photos, "photos", PHOTOS)
        check_count(self.long_side, "long_side", 64)
        check_count(self.thumb_side, "thumb_side", 64)
        check_count(self.quality, "quality")


@dataclass(frozen=True)
class _File:
    """A photo as the page has it."""

    href: str
    thumb: str
    width: int  # of the thumbnail
    height: int
    sha256: str


def write_albums(
    albums: Albums,
    out: Path,
    places: pd.DataFrame,
    model: str = "",
    config: AlbumPageConfig | None = None,
) -> Path:
    """Writes the page of albums into a folder; its index.html.

    Args:
        albums: of `build_albums`.
        out: a new folder, an empty one, or one of an earlier page, which is replaced.
        places: landmark_id, name, city of all landmarks that may be named in a correction.
        model: key of the network, noted in corrections.
        config: title, and whether photos are copied.
    Raises:
        InputError: the folder holds other things, or cannot be written.
    """
    out, config = Path(out), config or AlbumPageConfig()
    check_free(out)
    write_page(out / "index.html", _UNFINISHED)  # also marks the folder as ours
    for part in PARTS[1:]:
        shutil.rmtree(out / part, ignore_errors=True)
    credits = credits_of(albums.photos)
    files = {photo: _place(Path(photo), f"{n:04d}", out, config) for n, photo in enumerate(albums.photos, 1)}
    cities = [
        {
            "name": city or "Elsewhere",
            "country": country,
            "albums": [_shown(album, files, credits) for album in own],
        }
        for city, country, own in albums.cities
    ]
    for n, album in enumerate((album for city in cities for album in city["albums"]), 1):
        album["id"] = f"album-{n}"
    html = render(
        "albums",
        title=readable(config.title),
        page_id=hashlib.sha256("".join(f.sha256 for f in files.values() if f).encode()).hexdigest()[:16],
        model=model,
        summary=summary(albums),
        cities=cities,
        places=_places(places),
        n_left_out=len(albums.left_out),
        unreadable=[(readable(Path(p).name), reason) for p, reason in albums.unreadable.items()],
        privacy=_PRIVACY[config.photos] if files else "",
    )
    return write_page(out / "index.html", html)


def check_free(out: Path) -> None:
    """Refuse a folder whose files are not those of a page of albums.

    Raises:
        InputError: there is something else in it, or it is a file.
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"expected a folder for the albums; {out} is a file. Give another name with --out.")
    found = {path.name for path in out.iterdir()} if out.is_dir() else set()
    if found and not ("index.html" in found and found <= {*PARTS}):
        others = ", ".join(sorted(map(readable, found - {*PARTS}))[:3]) or ", ".join(sorted(found))
        raise InputError(
            f"expected a new or empty folder for the albums, or that of earlier ones; {out} holds {others}. "
            "Give another folder with --out."
        )


def summary(albums: Albums) -> str:
    """How many photos, places and cities, in one sentence."""
    n = albums.numbers
    counts = (("n_photos_in_albums", "photo"), ("n_albums", "landmark"), ("n_cities", "cit"))
    photos, landmarks, cities = (
        f"{n[key]:,} {word}{_ending(word, n[key])}" for key, word in counts
    )  # 12 photos, 1 landmark, 2 cities
    return f"{photos} of {landmarks} in {cities}."


def _ending(word: str, n: int) -> str:
    if word == "cit":
        return "y" if n == 1 else "ies"
    return "" if n == 1 else "s"


def day(moment: datetime) -> str:
    """14 May 2024"""
    return f"{moment.day} {moment:%B %Y}"


def days(album: Album) -> str:
    """One day or a span in words; "" when no date is known."""
    if album.days is None:
        return ""
    first, last = album.days
    if first.date() == last.date():
        return day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} – {day(last)}"
    if first.year == last.year:
        return f"{first.day} {first:%B} – {day(last)}"
    return f"{day(first)} – {day(last)}"


def _place(path: Path, name: str, out: Path, config: AlbumPageConfig) -> _File | None:
    """Writes thumbnail and copy of one photo; None if it cannot be read any more."""
    try:
        profile, digest = read_color_profile(path), photo_sha256(path)
        thumb = open_small(path, config.thumb_side)
        content = _content(path, config, profile)
    except (UnreadablePhoto, OSError):
        return None
    href = relative_link(path, out)
    if config.photos != "reference":
        ending = path.suffix.lower() if config.photos == "original" and path.suffix[1:].isalnum() else ".jpg"
        href = f"photos/{name}{ending}"
        write_part(out / href, content)
    write_part(out / "thumbs" / f"{name}.jpg", jpeg(thumb, config.quality, profile))
    return _File(href, f"thumbs/{name}.jpg", thumb.shape[1], thumb.shape[0], digest)


def _content(path: Path, config: AlbumPageConfig, profile: bytes) -> bytes:
    """The bytes of the large photo beside the page; none where it is only linked."""
    if config.photos == "reference":
        return b""
    if config.photos == "original":
        return path.read_bytes()
    return jpeg(open_small(path, config.long_side), config.quality, profile)


def _shown(album: Album, files: Mapping[str, _File | None], credits: Mapping[str, Credit]) -> dict:
    """What the template shows of one album."""
    cover = files[album.entries[album.cover].photo] or next(
        (files[entry.photo] for entry in album.entries if files[entry.photo]), None
    )
    return {
        "landmark_id": album.landmark_id,
        "name": album.name,
        "place": ", ".join(part for part in (album.city, album.country) if part),
        "days": days(album),
        "cover": cover,
        "entries": [
            _tile(entry, album, files[entry.photo]) | {"credit": readable(credits.get(entry.photo, ""))}
            for entry in album.entries
        ],
    }


def _tile(entry: Entry, album: Album, file: _File | None) -> dict:
    """What the template shows of one photo."""
    when = day(entry.taken) if entry.taken else "no date"
    place = f" in {album.city}" if album.city else ""
    part = "; a part of the photo shows it" if entry.window else ""
    return {
        "name": readable(entry.name),
        "sha256": file.sha256 if file else "",
        "window": " ".join(f"{edge:.2f}" for edge in entry.window),
        "href": file.href if file else "",
        "thumb": file.thumb if file else "",
        "width": file.width if file else 4,
        "height": file.height if file else 3,
        "ratio": f"{file.width / file.height if file else 4 / 3:.3f}",
        "alt": f"{album.name}{place}, {when if entry.taken else 'date unknown'}{part}",
        "when": f"{when}, {entry.taken:%H:%M}" if entry.taken else when,
        "source": "GPS" if entry.used_gps else "seen",
        "source_words": (
            "Where the place comes from: the GPS position of the camera chose the surroundings, the picture "
            "the landmark."
            if entry.used_gps
            else "Where the place comes from: the picture alone."
        ),
        "why": entry.why,
        "trace": readable(entry.trace),
    }


def _places(places: pd.DataFrame) -> list[dict]:
    """Landmarks to choose from in a correction, by name; the city tells namesakes apart."""
    rows = places.fillna("").sort_values(["name", "city", "landmark_id"])
    return [
        {
            "landmark_id": row.landmark_id,
            "label": ", ".join(x for x in (row.name_ or row.landmark_id, row.city) if x),
        }
        for row in rows.rename(columns={"name": "name_"}).itertuples()
    ]
