"""Albums: a person's photos by city and landmark, and why each photo is where it is.

    albums = build_albums(answers, landmarks, look_at(paths))
    write_albums(albums, Path("holiday"))        # album_page.py: pages for any browser

Photos without a landmark are left out, a photo of several landmarks is in several albums.
Source: the album is what Boiarov & Tyantov 2019 (article) is for; cover and order: ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float

from sightlab.checks import check_columns, check_unique
from sightlab.data.manifest import NON_LANDMARK
from sightlab.data.photos import UnreadablePhoto, open_photo, read_taken

SHARPNESS_SIDE = 320  # pixels of the long side at which sharpness is compared
ANSWER_COLUMNS = (
    "photo", "landmark_id", "other_landmark_ids", "similarity", "threshold", "runner_up", "margin",
    "used_gps", "reason", "regions", "trace",
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One photo in one album, and why."""

    photo: str  # path of the file
    taken: datetime | None  # by the clock of the camera
    similarity: float  # of the whole photo to this landmark; NaN for one that was found beside it
    sharpness: float  # higher = sharper, see `sharpness_of`
    used_gps: bool  # whether the camera's position narrowed the search
    window: tuple[float, ...]  # left, top, right, bottom of the part that shows it, shares; () = whole photo
    why: str  # a sentence
    trace: str  # everything that was looked at

    @property
    def name(self) -> str:
        return Path(self.photo).name


@dataclass(frozen=True)
class Album:
    """The photos of one landmark, in the order in which they were taken."""

    landmark_id: str
    name: str
    city: str
    country: str
    entries: tuple[Entry, ...]
    cover: int  # which entry

    @property
    def days(self) -> tuple[datetime, datetime] | None:
        """The first and the last day known."""
        taken = [entry.taken for entry in self.entries if entry.taken is not None]
        return (min(taken), max(taken)) if taken else None


@dataclass(frozen=True)
class Albums:
    """All albums of a set of photos, the city with most photos first."""

    albums: tuple[Album, ...]
    left_out: tuple[str, ...]  # photos without a landmark that is known
    unreadable: dict[str, str]  # photo -> what is wrong with it

    @property
    def photos(self) -> list[str]:
        """Every photo that is in an album, once, in the order of its first."""
        return list(dict.fromkeys(entry.photo for album in self.albums for entry in album.entries))

    @property
    def cities(self) -> list[tuple[str, str, list[Album]]]:
        """(city, country, its albums) in the order in which they are shown."""
        found: dict[tuple[str, str], list[Album]] = {}
        for album in self.albums:
            found.setdefault((album.city, album.country), []).append(album)
        return [(city, country, albums) for (city, country), albums in found.items()]

    @property
    def table(self) -> pd.DataFrame:
        """photo, landmark_id, name, city, used_gps, similarity: a row for each photo in each album."""
        rows = [
            (entry.photo, album.landmark_id, album.name, album.city, entry.used_gps, entry.similarity)
            for album in self.albums
            for entry in album.entries
        ]
        columns = ["photo", "landmark_id", "name", "city", "used_gps", "similarity"]
        return pd.DataFrame(rows, columns=columns)

    @property
    def covers(self) -> tuple[list[str], list[str]]:
        """The covers, and a caption for each: name, city, photos."""
        photos = [album.entries[album.cover].photo for album in self.albums]
        captions = [f"{a.name}\n{a.city}, {len(a.entries)}" for a in self.albums]
        return photos, captions

    @property
    def numbers(self) -> dict[str, int]:
        """Counts: of photos, albums, cities, and of photos in several albums."""
        places = [entry.photo for album in self.albums for entry in album.entries]
        n_albums = pd.Series(places, dtype=object).value_counts()
        return {
            "n_albums": len(self.albums),
            "n_cities": len(self.cities),
            "n_photos_in_albums": len(n_albums),
            "n_photos_in_several_albums": int((n_albums > 1).sum()),
            "n_photos_left_out": len(self.left_out),
            "n_photos_unreadable": len(self.unreadable),
        }

    def __repr__(self) -> str:
        n = self.numbers
        return (
            f"{n['n_albums']:,} albums in {n['n_cities']:,} cities: {n['n_photos_in_albums']:,} photos, "
            f"{n['n_photos_left_out']:,} without a landmark left out, {n['n_photos_unreadable']:,} unreadable"
        )


def look_at(photos: Sequence[Path | str]) -> pd.DataFrame:
    """What albums want to know of each photo: photo, taken (None if unknown), sharpness (NaN: unreadable)."""
    return pd.DataFrame([_facts(photo) for photo in photos], columns=["photo", "taken", "sharpness"])


def _facts(photo: Path | str) -> dict:
    try:
        pixels = open_photo(photo, min_side=SHARPNESS_SIDE)
        return {"photo": str(photo), "taken": read_taken(photo), "sharpness": sharpness_of(pixels)}
    except UnreadablePhoto:
        return {"photo": str(photo), "taken": None, "sharpness": np.nan}


def sharpness_of(photo: np.ndarray) -> float:
    """Variance of the Laplacian of the brightness, at one size for all photos; higher = sharper.

    Args:
        photo: (H, W, 3) uint8.
    Source: Pech-Pacheco et al. 2000.
    """
    import cv2

    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    factor = SHARPNESS_SIDE / max(grey.shape)
    if factor < 1:
        grey = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())


def build_albums(answers: pd.DataFrame, landmarks: pd.DataFrame, facts: pd.DataFrame) -> Albums:
    """Answers grouped by city and landmark.

    Args:
        answers: of `Recognizer.recognize`, one row a photo; `photo` is the path of its file.
        landmarks: landmark_id, name, city, country of every landmark that may be answered.
        facts: of `look_at`, for the same photos.
    Returns:
        The city with most photos first, in it the landmark with most photos; names decide between equals.
    Raises:
        InputError: a missing column, or a photo twice.
    """
    check_columns(answers, ANSWER_COLUMNS, "answers")
    check_columns(landmarks, ("landmark_id", "name", "city", "country"), "landmarks")
    check_unique(answers["photo"], "photo of the answers")
    places = landmarks.set_index("landmark_id")
    known = facts.set_index("photo")
    is_unreadable = answers["reason"].str.startswith("unreadable")
    unreadable = answers[is_unreadable]
    left_out = answers[answers["landmark_id"].eq(NON_LANDMARK) & ~is_unreadable]
    entries: dict[str, list[Entry]] = {}
    for row in answers[answers["landmark_id"].ne(NON_LANDMARK)].to_dict("records"):
        for landmark_id in (row["landmark_id"], *_others(row)):
            entries.setdefault(landmark_id, []).append(_entry(row, landmark_id, known, places))
    albums = [_album(name, places.loc[name], found) for name, found in entries.items()]
    in_city = pd.Series(
        {(album.city, album.country): 0 for album in albums}, dtype=int
    )  # photos, over all landmarks
    for album in albums:
        in_city[album.city, album.country] += len(album.entries)
    albums.sort(
        key=lambda a: (-in_city[a.city, a.country], a.city, a.country, -len(a.entries), a.name, a.landmark_id)
    )
    reasons = [reason.removeprefix("unreadable: ") for reason in unreadable["reason"]]
    return Albums(
        tuple(albums), tuple(left_out["photo"]), dict(zip(unreadable["photo"], reasons, strict=True))
    )


def cover_of(similarity: Float[np.ndarray, " N"], sharpness: Float[np.ndarray, " N"]) -> int:
    """Which photo stands for the album: the one that ranks best by similarity and by sharpness together.

    Ranks, not values, are added, since the two have no common unit. A photo without a similarity ranks last
    in it. Of equals the more similar one is taken, then the first.

    Args:
        similarity: (N,) higher = surer; NaN allowed.
        sharpness: (N,) higher = sharper; NaN allowed.
    Source: ours.
    """
    ranks = sum(pd.Series(values).rank(na_option="top") for values in (similarity, sharpness))
    order = pd.DataFrame({"rank": ranks, "similarity": similarity})
    return int(order.sort_values(["rank", "similarity"], ascending=False, kind="stable").index[0])


def _album(landmark_id: str, place: pd.Series, entries: list[Entry]) -> Album:
    entries = sorted(entries, key=lambda e: (e.taken is None, e.taken or datetime.min, e.photo))
    values = [np.array([getattr(e, name) for e in entries]) for name in ("similarity", "sharpness")]
    place = place.fillna("").astype(str)
    name = place["name"] or landmark_id
    return Album(landmark_id, name, place["city"], place["country"], tuple(entries), cover_of(*values))


def _others(row: dict) -> list[str]:
    return [name for name in row["other_landmark_ids"].split(";") if name]


def _entry(row: dict, landmark_id: str, known: pd.DataFrame, places: pd.DataFrame) -> Entry:
    facts = known.loc[row["photo"]]
    is_first, window = landmark_id == row["landmark_id"], _windows(row["regions"]).get(landmark_id, ())
    return Entry(
        photo=row["photo"],
        taken=None if pd.isna(facts["taken"]) else pd.Timestamp(facts["taken"]).to_pydatetime(),
        similarity=float(row["similarity"]) if is_first else np.nan,
        sharpness=float(facts["sharpness"]),
        used_gps=bool(row["used_gps"]),
        window=window,
        why=_why(row, landmark_id, is_first, bool(window), places),
        trace=row["trace"],
    )


def _windows(regions: str) -> dict[str, tuple[float, ...]]:
    """Landmark -> window, from "name left top right bottom;..." as `recognize` writes it."""
    parts = [part.rsplit(" ", 4) for part in regions.split(";") if part]
    return {name: tuple(float(edge) for edge in edges) for name, *edges in parts}


def _why(row: dict, landmark_id: str, is_first: bool, is_part: bool, places: pd.DataFrame) -> str:
    """One sentence or two for the owner of the photo."""
    name = places.loc[landmark_id, "name"] or landmark_id
    if is_part:
        return f"A part of this photo looks like {name}; the whole photo was taken for another landmark."
    if not is_first:
        return f"This photo passes for {name}, too, after the landmark that it resembles most."
    where = (
        "Its GPS position left only landmarks near by, and of these it looks most like"
        if row["used_gps"]
        else "No position was used: by the picture alone it looks most like"
    )
    words = f"{where} {name}. Similarity {row['similarity']:.2f}, needed {row['threshold']:.2f}"
    if row["runner_up"] in places.index and np.isfinite(row["margin"]):
        second = places.loc[row["runner_up"], "name"] or row["runner_up"]
        words += f"; next comes {second}, {row['margin']:.2f} behind"
    return words + "."
