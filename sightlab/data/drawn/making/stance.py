"""Where the camera of a photo of the plan stands: what each kind of view wants to see, and not to see.

Source: ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sightlab.data.drawn.landmarks.nature import viewpoints
from sightlab.data.drawn.landmarks.viewings import Viewing, viewing_of
from sightlab.data.drawn.light.render import Place
from sightlab.data.drawn.making.camera import Subject, Trial, propose, search
from sightlab.data.drawn.making.catalog import CATALOG, SITES, VIEW_KINDS
from sightlab.data.drawn.making.places import BuiltPlace
from sightlab.data.drawn.solids.scene import Camera
from sightlab.data.drawn.surroundings.town import SIDE_STREET_WIDTH, side_street_point

_FLAT = ("old_town", "modern_city", "park")  # surroundings whose ground lies at 0
_UNSEEN = 0.003  # of the pixels: less of a landmark than this nobody recognizes


def stance(built: BuiltPlace, row: Mapping, generator: np.random.Generator) -> Camera:
    """The camera of a photo.

    Args:
        built: the place of the photo.
        row: of the plan.
        generator: of the photo's camera.
    """
    size = (row["height"], row["width"])
    if built.cameras:
        return framed(built.cameras[generator.integers(len(built.cameras))], size, generator)
    if row["view"] not in VIEW_KINDS:
        return _nearby(built, size, generator)
    if CATALOG[row["subject"]].kind == "nature":
        return _viewpoint(row["subject"], row["view"], size, generator)
    if row["subject"] == "badain_wall" and row["view"] == "close":
        return along_the_wall(built, size, generator)
    return _standing(built, row, size, generator)


def framed(camera: Camera, size: tuple[int, int], generator: np.random.Generator) -> Camera:
    """A camera of the same place and direction, with another frame, a hand's breadth beside it."""
    along = np.tan(np.deg2rad(camera.view_degrees) / 2) * generator.uniform(0.86, 1.08)
    across = along * size[1] / max(size)
    shift = generator.normal(0, 0.02, 3) * np.linalg.norm(np.subtract(camera.target, camera.position))
    target = tuple(round(float(v), 3) for v in np.add(camera.target, shift))
    degrees = round(float(2 * np.rad2deg(np.arctan(across))), 3)
    position = tuple(round(float(v), 3) for v in camera.position)
    return Camera(position, target, size, degrees, round(float(generator.normal(0, 0.6)), 2))


def _viewpoint(landmark_id: str, view: str, size: tuple[int, int], generator) -> Camera:
    """One of the spots that nature leaves to people."""
    spots = [spot for spot in viewpoints(landmark_id) if spot.view == view]
    spot = spots[generator.integers(len(spots))]
    x, y, z = spot.position
    aside = generator.uniform(-spot.spread, spot.spread, 2)
    camera = Camera((x + aside[0], y + aside[1], z), spot.target, size, spot.view_degrees)
    return framed(camera, size, generator)


def _standing(built: BuiltPlace, row: Mapping, size: tuple[int, int], generator) -> Camera:
    """In front of a building, beside or behind it, wherever the view is free."""
    subject_id, view = row["subject"], row["view"]
    subject, kind = built.subjects[subject_id], SITES[CATALOG[subject_id].site].surroundings
    viewing = viewing_of(subject_id, view)
    wanted = {subject_id: viewing.least}
    stages = [subject]
    if view == "pair":
        stages = [Subject.around(built.subjects.values(), subject.front), *built.subjects.values()]
        wanted = dict.fromkeys(built.subjects, viewing.least)
    unwanted = row["landmark_id"] if row["dirt"] == "neighbor" else ""

    def fault(seen: Trial) -> float:
        missing = sum(max(0.0, 1 - seen.shares[name] / least) for name, least in wanted.items())
        return missing + 200 * max(0.0, seen.shares.get(unwanted, 0.0) - _UNSEEN)

    def draw() -> Camera:
        subject = stages[generator.integers(len(stages))]
        if view == "far" and kind == "old_town" and not np.any(np.abs(subject.center) > 30):
            return along_side_street(subject, built.clear_radius, viewing, size, generator)
        if kind == "modern_city" and view in ("frontal", "far", "side", "behind"):
            return propose(subject, in_an_avenue(viewing, generator), size, generator)
        return propose(subject, viewing, size, generator)

    return search(built.place, draw, fault, _heights_of(built))


def in_an_avenue(viewing: Viewing, generator: np.random.Generator) -> Viewing:
    """The same view from the nearest of the avenues, which leave the landmark in four directions."""
    azimuth = generator.uniform(*viewing.azimuth) * (-1 if generator.random() < 0.5 else 1)
    nearest = 90.0 * round(azimuth / 90)
    return replace(viewing, azimuth=(nearest - 2.5, nearest + 2.5), both_sides=False)


def along_side_street(
    subject: Subject, clear_radius: float, viewing: Viewing, size: tuple[int, int], generator
) -> Camera:
    """From the side street of an old town, between two rows of fronts.

    Args:
        subject: stands at the origin.
        clear_radius: of the square.
        viewing: how large it is in the photo.
        size: (height, width) of the photo.
        generator: gives the randomness.
    """
    x, y = side_street_point(clear_radius * generator.uniform(1.3, 1.5) + generator.uniform(40, 240))
    x, y = np.array([x, y]) + generator.uniform(-SIDE_STREET_WIDTH / 4, SIDE_STREET_WIDTH / 4, 2)
    distance = float(np.hypot(x, y))
    up = subject.height / 2 / distance / generator.uniform(*viewing.fill)
    degrees = float(np.clip(2 * np.rad2deg(np.arctan(up * size[1] / size[0])), 9, 70))
    aim = generator.uniform(*viewing.aim) * subject.height
    eye = generator.uniform(*viewing.eye)
    return framed(Camera((x, y, eye), (*subject.center, aim), size, degrees), size, generator)


def along_the_wall(built: BuiltPlace, size: tuple[int, int], generator: np.random.Generator) -> Camera:
    """On top of a long wall, looking along it."""
    subject = built.subjects["badain_wall"]
    half = 0.8 * np.abs(subject.corners[:, 0]).max()
    start = generator.uniform(-half, half)
    step = (1 if start < 0 else -1) * generator.uniform(90, 180)
    here, there = (_crest(built.place, subject.center[0] + x) for x in (start, start + step))
    eye = here + [0, 0, generator.uniform(2.5, 8)]
    degrees = generator.uniform(50, 70)
    return framed(Camera(tuple(eye), tuple(there), size, degrees), size, generator)


def _crest(place: Place, x: float) -> np.ndarray:
    """The highest spot on a line along y, within 50 m of the middle."""
    y = np.arange(-50.0, 50.0, 1.0)
    heights = np.array([place.ground_height(x, float(v)) for v in y])
    at = int(np.nanargmax(heights))
    return np.array([x, y[at], heights[at]])


def _nearby(built: BuiltPlace, size: tuple[int, int], generator) -> Camera:
    """Somewhere around the landmarks of a site, none of them in sight."""
    radius = 3 * max(np.abs(subject.corners).max() for subject in built.subjects.values()) + 60

    def draw() -> Camera:
        direction = generator.uniform(0, 2 * np.pi)
        spot = Subject(generator.normal(0, radius, 2), np.zeros((1, 2)), 0.0, 4.0, 0.0)
        away = Viewing((0, 360), (0.05, 0.2), (46, 68), drift=0.0)
        camera = propose(replace(spot, front=np.rad2deg(direction)), away, size, generator)
        return camera

    def fault(seen: Trial) -> float:
        is_dull = not 0.08 < seen.sky < 0.7  # a slope, or nothing but sky
        return 200 * max(0.0, sum(seen.shares.values()) - _UNSEEN) + is_dull

    return search(built.place, draw, fault, _heights_of(built))


def _heights_of(built: BuiltPlace) -> tuple[float, float]:
    """Heights of ground that people walk on: on flat sites neither roofs nor trees."""
    kind = SITES[built.key.partition("/")[2]].surroundings
    return (-1.5, 2.5) if kind in _FLAT else (-np.inf, np.inf)
