"""What there is to see at one place of the drawn world: meshes with materials, and who owns them.

A `Shape` is built once in its own coordinates, then moved and turned into a place. Patterns (bricks,
windows, bark) are evaluated at the coordinates a shape was *built* in, so a landmark wears the same
stones wherever a scene puts it.

Coordinates: meters, x to the right and y away from somebody who looks at the front, z up; the front of a
shape faces -y, its base stands on z = 0 around the origin.
Shapes: V vertices, F triangles.
Source: ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sightlab.checks import InputError

PATTERNS = (
    "plain",  # one color with a little noise
    "ashlar",  # courses of stone blocks
    "brick",
    "plaster",  # stained by rain below ledges
    "windows",  # a grid of windows on walls; nothing on faces that look up or down
    "tiles",  # roof tiles in rows
    "metal",
    "wood",
    "grass",
    "foliage",  # leaves: colored by the season; light and glances pass between them
    "evergreen",  # needles, palm leaves: the same, but no season changes them
    "rock",  # strata and cracks
    "snow_rock",  # rock below, snow where the face is flat and higher than 1 - detail of the whole
    "sand",
    "water",  # mirrors the sky, waves
    "falling_water",  # white streaks
    "paving",
    "asphalt",
    "sky",  # a hole: the sky is seen there, and owns it
    "glow",  # shines by itself: lamps, lit signs
)


@dataclass(frozen=True)
class Material:
    """How a surface looks; colors are sRGB in [0, 1]."""

    color: tuple[float, float, float] = (0.7, 0.65, 0.55)
    pattern: str = "plain"
    color2: tuple[float, float, float] = (0.25, 0.25, 0.28)  # joints, window glass, strata, snow
    scale: float = 1.0  # meters of one block, window bay, tile, wave
    detail: float = 0.5  # strength of the pattern, [0, 1]

    def __post_init__(self):
        if self.pattern not in PATTERNS:
            raise InputError(f"pattern={self.pattern!r} is unknown; expected one of {', '.join(PATTERNS)}.")
        if not self.scale > 0:
            raise InputError(f"scale={self.scale} must be positive: the size of one block in meters.")


@dataclass(frozen=True, eq=False)
class Shape:
    """Triangles with a material each. Every operation returns a new shape."""

    vertices: Float[np.ndarray, "V 3"]  # where the shape stands
    built: Float[np.ndarray, "V 3"]  # where each vertex was when the shape was built: patterns live here
    faces: Int[np.ndarray, "F 3"]
    face_material: Int[np.ndarray, " F"]  # rows of `materials`
    materials: tuple[Material, ...]

    @classmethod
    def of(cls, vertices: np.ndarray, faces: np.ndarray, material: Material) -> Shape:
        """A shape of one material where it was built."""
        vertices = np.asarray(vertices, dtype=np.float64).reshape(-1, 3)
        faces = np.asarray(faces, dtype=np.int64).reshape(-1, 3)
        return cls(vertices, vertices, faces, np.zeros(len(faces), dtype=np.int64), (material,))

    @classmethod
    def join(cls, shapes: Iterable[Shape]) -> Shape:
        """All shapes as one; a material that several of them wear is kept once."""
        shapes = list(shapes)
        if not shapes:
            empty = np.empty((0, 3))
            return cls(empty, empty, np.empty((0, 3), np.int64), np.empty(0, np.int64), ())
        starts = np.cumsum([0, *(len(s.vertices) for s in shapes)])
        rows: dict[Material, int] = {}
        worn = [np.array([rows.setdefault(m, len(rows)) for m in s.materials], np.int64) for s in shapes]
        return cls(
            np.concatenate([s.vertices for s in shapes]),
            np.concatenate([s.built for s in shapes]),
            np.concatenate([s.faces + start for s, start in zip(shapes, starts, strict=False)]),
            np.concatenate([row[s.face_material] for s, row in zip(shapes, worn, strict=True)]),
            tuple(rows),
        )

    def moved(self, x: float = 0, y: float = 0, z: float = 0) -> Shape:
        return self._at(self.vertices + np.array([x, y, z], dtype=np.float64))

    def turned(self, degrees: float) -> Shape:
        """Turned around the vertical axis through the origin, counter-clockwise seen from above."""
        a = np.deg2rad(degrees)
        turn = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
        return self._at(self.vertices @ turn.T)

    def rebuilt(self) -> Shape:
        """The same shape, its patterns living in the coordinates where it stands now."""
        return Shape(self.vertices, self.vertices, self.faces, self.face_material, self.materials)

    def _at(self, vertices: np.ndarray) -> Shape:
        return Shape(vertices, self.built, self.faces, self.face_material, self.materials)

    @property
    def height(self) -> float:
        return float(self.vertices[:, 2].max()) if len(self.vertices) else 0.0

    @property
    def radius(self) -> float:
        """Of the smallest circle around the origin that holds the shape, seen from above, meters."""
        return float(np.hypot(self.vertices[:, 0], self.vertices[:, 1]).max()) if len(self.vertices) else 0.0


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that stands at one place: the landmarks by id, and what belongs to no landmark."""

    landmarks: dict[str, Shape]  # landmark_id -> where it stands
    surroundings: Shape  # ground, houses, trees, water

    @property
    def owners(self) -> tuple[str, ...]:
        """Index 1, 2, ... of an owner map; 0 is the surroundings."""
        return tuple(self.landmarks)


@dataclass(frozen=True)
class Camera:
    """A pinhole camera: pixel (x, y) looks along right (x - cx) / f + down (y - cy) / f + ahead."""

    position: tuple[float, float, float]  # meters, z up
    target: tuple[float, float, float]  # what the center of the photo shows
    size: tuple[int, int]  # (height, width), pixels
    view_degrees: float = 55.0  # horizontal angle of view, (0, 170]
    roll_degrees: float = 0.0  # positive: the camera leans to the right

    @property
    def focal(self) -> float:
        """Focal length in pixels."""
        return self.size[1] / 2 / np.tan(np.deg2rad(self.view_degrees) / 2)

    def axes(self) -> Float[np.ndarray, "3 3"]:
        """Rows: right, down, ahead; unit vectors in scene coordinates."""
        ahead = np.subtract(self.target, self.position).astype(np.float64)
        ahead /= np.linalg.norm(ahead)
        right = np.cross(ahead, [0.0, 0.0, 1.0])
        right /= np.linalg.norm(right)
        down = np.cross(ahead, right)
        a = np.deg2rad(self.roll_degrees)
        return np.stack([np.cos(a) * right - np.sin(a) * down, np.sin(a) * right + np.cos(a) * down, ahead])


@dataclass(frozen=True)
class Light:
    """Sun, sky and season of one photo."""

    sun_azimuth: float = 200.0  # degrees from +y clockwise (0: the sun stands behind the landmark)
    sun_elevation: float = 40.0  # degrees above the horizon; below 0 is night
    weather: str = "clear"  # clear, hazy, overcast, fog, rain, snow
    season: str = "summer"  # spring, summer, autumn, winter

    def __post_init__(self):
        if self.weather not in ("clear", "hazy", "overcast", "fog", "rain", "snow"):
            raise InputError(f"weather={self.weather!r} is unknown.")
        if self.season not in ("spring", "summer", "autumn", "winter"):
            raise InputError(f"season={self.season!r} is unknown.")
