"""Places of the drawn world by their key in the plan: what has to be built before a photo can be drawn.

| key | what |
| --- | --- |
| site/NAME | the landmarks of a site with their surroundings |
| interior/LANDMARK | a landmark from inside |
| ordinary/NUMBER | an unnamed building of a landmark's style family: a hard distractor |
| house, street, countryside, interior, portrait, table, pet /NUMBER | something ordinary |
| scene/CLASS/NUMBER | a scene of a class |

A site looks the same in every world: the seed of a world chooses the photos, not the places.
Source: ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

from sightlab.checks import InputError
from sightlab.data.drawn.distractors.distractors import HARD_FAMILIES, distractor
from sightlab.data.drawn.distractors.scenes import scene_view
from sightlab.data.drawn.landmarks.buildings import BUILDINGS, INTERIORS
from sightlab.data.drawn.landmarks.nature import NATURE, nature_ground
from sightlab.data.drawn.light.render import Place
from sightlab.data.drawn.making.camera import Subject
from sightlab.data.drawn.making.catalog import CATALOG, SITES, landmarks_at
from sightlab.data.drawn.solids.scene import Camera, Scene, Shape
from sightlab.data.drawn.surroundings.town import surroundings


@dataclass(frozen=True, eq=False)
class BuiltPlace:
    """A place made ready for photos."""

    key: str
    place: Place
    scene: Scene
    subjects: dict[str, Subject]  # the landmarks of a site, measured
    cameras: tuple[Camera, ...] = ()  # of places that are seen from some points only
    clear_radius: float = 0.0  # of a site, meters


def build_place(key: str) -> BuiltPlace:
    """Builds what a key of the plan stands for.

    Raises:
        InputError: no such place.
    """
    kind, _, name = key.partition("/")
    if kind == "site" and name in SITES:
        return _site(key, name)
    if kind == "interior" and name in INTERIORS:
        inside = INTERIORS[name]()
        scene = Scene({name: inside.shape}, Shape.join([]))
        spots = tuple(Camera(*spot, (192, 256), inside.view_degrees) for spot in inside.viewpoints)
        return BuiltPlace(key, Place(scene), scene, {}, spots)
    kind, _, name = key.rpartition("/")
    if not name.isdecimal():
        raise InputError(f"place={key!r} is unknown. Take one of the plan, like site/amery or house/7.")
    scene, camera = _numbered(kind, int(name))
    return BuiltPlace(key, Place(scene), scene, {}, (camera,))


def _numbered(kind: str, number: int) -> tuple[Scene, Camera]:
    """One of the many places that are no landmark."""
    if kind.startswith("scene/"):
        return scene_view(kind.removeprefix("scene/"), number)
    if kind == "ordinary":
        return distractor(HARD_FAMILIES[number % len(HARD_FAMILIES)], number)
    return distractor(kind, number)


def _site(key: str, name: str) -> BuiltPlace:
    landmarks = landmarks_at(name)
    if landmarks[0].kind == "nature":
        shapes = {landmark.landmark_id: NATURE[landmark.landmark_id]() for landmark in landmarks}
        around = nature_ground(landmarks[0].landmark_id)
    else:
        site = SITES[name]
        shapes = {x.landmark_id: _standing(x.landmark_id, x.x, x.y) for x in landmarks}
        shapes |= {guest: _standing(guest, x, y) for guest, x, y in site.guests}
        around = surroundings(site.surroundings, crc32(name.encode()), site.clear_radius)
    scene = Scene(shapes, around)
    subjects = {i: Subject.of(shape, CATALOG[i].turn) for i, shape in shapes.items()}
    return BuiltPlace(key, Place(scene), scene, subjects, (), SITES[name].clear_radius)


def _standing(landmark_id: str, x: float, y: float) -> Shape:
    return BUILDINGS[landmark_id]().turned(CATALOG[landmark_id].turn).moved(x, y)
