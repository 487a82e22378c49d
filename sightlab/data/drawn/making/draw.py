"""One photo of the plan, drawn: the camera found, the scene lit, the picture developed, the file written.

Source: ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, UInt8

from sightlab.data.drawn.distractors.graphics import graphic
from sightlab.data.drawn.light.photo import DevelopConfig, develop, write_jpeg
from sightlab.data.drawn.light.render import Drawing
from sightlab.data.drawn.making.catalog import CATALOG, SITES, landmark_position, moved_position
from sightlab.data.drawn.making.passers import in_the_way
from sightlab.data.drawn.making.places import BuiltPlace, build_place
from sightlab.data.drawn.making.stance import stance
from sightlab.data.drawn.making.tables import DRAWN, facts_of_camera
from sightlab.data.drawn.making.taking import photo_generator
from sightlab.data.drawn.solids.scene import Camera, Light, Shape

_MONTHS = {"spring": 4, "summer": 7, "autumn": 10, "winter": 1}


@dataclass(frozen=True, eq=False)
class Taken:
    """A photo as it is written, and what is known of it."""

    photo: UInt8[np.ndarray, "H W 3"]
    facts: dict  # the columns DRAWN of the truth
    drawing: Drawing | None  # None for a graphic


class Studio:
    """Draws photos of a plan one by one, and keeps the last place for the next photo."""

    def __init__(self, seed: int):
        self.seed = seed
        self._built: BuiltPlace | None = None

    def take(self, row: Mapping) -> Taken:
        """Draws one photo.

        Args:
            row: of the plan.
        """
        if row["place"].startswith("graphic/"):
            size = (row["height"], row["width"])
            facts = dict.fromkeys(DRAWN) | {"visible": "", "visible_share": 0.0}
            return Taken(graphic(int(row["place"].split("/")[1]), size), facts, None)
        drawing, camera = self._draw(row)
        generator = photo_generator(self.seed, row["photo_id"], "development")
        config = development(drawing.photo, row["is_reference"], generator)
        photo = develop(drawing.photo, config, _number(self.seed, row, "noise"))
        return Taken(photo, self._facts(row, drawing, camera), drawing)

    def drawing(self, row: Mapping) -> Drawing | None:
        """The photo before it is developed, with depth and owner of every pixel; None for a graphic."""
        return None if row["place"].startswith("graphic/") else self._draw(row)[0]

    def mask(self, row: Mapping, landmark_id: str) -> Bool[np.ndarray, "H W"] | None:
        """Which pixels show a landmark, without drawing the photo; None for a graphic."""
        if row["place"].startswith("graphic/"):
            return None
        built, camera, passers_by = self._scene(row)
        owner = built.place.owner_of_pixels(camera, light_of(row), passers_by)
        if landmark_id not in built.place.owners:
            return np.zeros(owner.shape, dtype=bool)
        return owner == 1 + built.place.owners.index(landmark_id)

    def _draw(self, row: Mapping) -> tuple[Drawing, Camera]:
        built, camera, passers_by = self._scene(row)
        return built.place.draw(camera, light_of(row), passers_by, _number(self.seed, row, "sky")), camera

    def _scene(self, row: Mapping) -> tuple[BuiltPlace, Camera, Shape | None]:
        built = self._place(row["place"])
        camera = stance(built, row, photo_generator(self.seed, row["photo_id"], "camera"))
        passers_by = in_the_way(built, row, camera, photo_generator(self.seed, row["photo_id"], "people"))
        return built, camera, passers_by

    def _place(self, key: str) -> BuiltPlace:
        if self._built is None or self._built.key != key:
            self._built = None  # the old one may go before the new one comes
            self._built = build_place(key)
        return self._built

    def _facts(self, row: Mapping, drawing: Drawing, camera: Camera) -> dict:
        shares = {name: share for name, share in drawing.visible_shares().items() if share > 0}
        ranked = sorted(shares.items(), key=lambda item: (-item[1], item[0]))
        lat, lon = self._position(row, camera)
        return {
            "visible": " ".join(f"{name}:{share:.4f}" for name, share in ranked),
            "visible_share": round(shares.get(row["subject"], 0.0), 4),
            **facts_of_camera(camera),
            "lat": round(lat, 6),
            "lon": round(lon, 6),
        }

    def _position(self, row: Mapping, camera: Camera) -> tuple[float, float]:
        """Where the camera stood: in the frame of its site, in a landmark, or anywhere on the globe."""
        kind, _, name = row["place"].partition("/")
        if kind == "site":
            return SITES[name].position(*camera.position[:2])
        if kind == "interior" and name in CATALOG:
            return landmark_position(CATALOG[name])
        return _anywhere(photo_generator(self.seed, row["photo_id"], "position"))

    def write(self, row: Mapping, path: Path) -> Taken:
        """Draws one photo and writes it as JPEG, whole or not at all, with the EXIF that the plan wants."""
        taken = self.take(row)
        lat, lon = exif_position(taken.facts, row, photo_generator(self.seed, row["photo_id"], "gps"))
        date = f"2018:{_MONTHS[row['season']]:02d}:15 12:00:00"
        write_jpeg(path, taken.photo, row["quality"], lat, lon, date, row["turn"])
        return taken


def exif_position(facts: Mapping, row: Mapping, generator: np.random.Generator) -> tuple[float, float]:
    """What the receiver says: some 10 m beside the truth, or near another city; NaN where it is silent."""
    if not row["gps"] or facts["lat"] is None:
        return float("nan"), float("nan")
    if row["gps"] == "wrong":
        return _anywhere(generator)
    return moved_position(facts["lat"], facts["lon"], *generator.normal(0, 8, 2))


def _anywhere(generator: np.random.Generator) -> tuple[float, float]:
    """Near a landmark more often than not, since that is where people take photos."""
    site = SITES[list(SITES)[generator.integers(len(SITES))]]
    reach = 300 if generator.random() < 0.6 else 40_000
    return moved_position(site.lat, site.lon, *generator.normal(0, reach, 2))


def light_of(row: Mapping) -> Light:
    """Sun, weather and season of a row of the plan."""
    return Light(row["sun_azimuth"], row["sun_elevation"], row["weather"], row["season"])


def development(
    linear: Float[np.ndarray, "H W 3"], is_reference: bool, generator: np.random.Generator
) -> DevelopConfig:
    """How a photo is developed: exposed for its middle, most well, some too dark, blurred or grainy.

    Args:
        linear: the photo, linear RGB.
        is_reference: well, then.
        generator: gives the randomness.
    """
    error = generator.normal(0, 0.12 if is_reference else 0.3)
    warmth, saturation = generator.normal(0, 0.12), generator.normal(1.05, 0.12)
    defocus = generator.uniform(0.6, 1.6) if generator.random() < 0.12 else 0.0
    motion = generator.uniform(1.5, 5) if generator.random() < 0.06 else 0.0
    noise = generator.gamma(2, 0.06)
    return DevelopConfig(
        exposure=float(np.clip(metered(linear) + error, -2, 4)),
        warmth=float(np.clip(warmth, -0.4, 0.4)),
        saturation=float(np.clip(saturation, 0.7, 1.4)),
        defocus=0.0 if is_reference else float(defocus),
        motion=0.0 if is_reference else float(motion),
        motion_degrees=float(generator.uniform(0, 180)),
        vignette=float(generator.uniform(0.05, 0.45)),
        noise=float(min(noise, 0.6)),
    )


def metered(linear: Float[np.ndarray, "H W 3"]) -> float:
    """Stops that bring the middle of a photo near a middle gray; a dark photo stays somewhat dark."""
    height, width = linear.shape[:2]
    middle = linear[height // 4 : -(height // 8), width // 6 : width - width // 6]
    light = middle @ np.float32([0.3, 0.59, 0.11])
    return 0.75 * float(np.log2(0.2 / max(float(np.exp(np.log(light + 0.01).mean())), 1e-3)))


def _number(seed: int, row: Mapping, purpose: str) -> int:
    return int(photo_generator(seed, row["photo_id"], purpose).integers(2**31))
