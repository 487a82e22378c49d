"""Ordinary houses, blocks of flats and street furniture, many at once: what towns are filled with.

Everything is built by the hundred from arrays, which takes milliseconds; the solids of `shapes` are for
buildings that somebody should recognize. A wall wears the pattern "windows" from its own corner on, so that
bays and floors come out whole where width and height are multiples of `BAY` and `FLOOR`.

Shapes: N houses or boxes.
Source: ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Int

from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import box, lathe

BAY = 2.6  # meters between the middles of two windows
FLOOR = 1.2 * BAY  # meters from floor to floor: as the pattern "windows" has it

_GLASS = (0.20, 0.23, 0.27)
FACADES = tuple(
    Material(color, "windows", _GLASS, scale=BAY, detail=0.7)
    for color in (
        (0.88, 0.80, 0.62),
        (0.84, 0.62, 0.46),
        (0.93, 0.90, 0.82),
        (0.70, 0.36, 0.27),
        (0.78, 0.74, 0.66),
        (0.88, 0.72, 0.40),
        (0.62, 0.68, 0.66),
        (0.86, 0.66, 0.62),
        (0.56, 0.33, 0.26),
        (0.72, 0.77, 0.62),
    )
)
ROOFS = tuple(
    Material(color, "tiles", shade, scale=0.5, detail=0.6)
    for color, shade in (
        ((0.58, 0.26, 0.17), (0.42, 0.17, 0.11)),
        ((0.66, 0.34, 0.22), (0.47, 0.22, 0.14)),
        ((0.32, 0.31, 0.33), (0.22, 0.21, 0.23)),
        ((0.44, 0.30, 0.23), (0.30, 0.20, 0.15)),
    )
)
GLASS_TOWERS = (
    Material((0.60, 0.62, 0.62), "windows", (0.16, 0.22, 0.28), scale=3.0),
    Material((0.36, 0.44, 0.52), "windows", (0.14, 0.24, 0.34), scale=3.2),
    Material((0.74, 0.70, 0.62), "windows", (0.18, 0.20, 0.24), scale=3.0),
    Material((0.50, 0.36, 0.29), "windows", (0.15, 0.16, 0.18), scale=2.8),
    Material((0.80, 0.80, 0.78), "windows", (0.22, 0.27, 0.32), scale=3.4),
    Material((0.24, 0.27, 0.31), "windows", (0.34, 0.42, 0.50), scale=3.0),
)
MUD_WALLS = (
    Material((0.74, 0.58, 0.41), "windows", (0.2, 0.15, 0.1), scale=3.2, detail=0.5),
    Material((0.82, 0.69, 0.52), "windows", (0.2, 0.15, 0.1), scale=3.6, detail=0.5),
)
SHOPS = (
    Material((0.24, 0.18, 0.14), "wood", (0.14, 0.1, 0.08), scale=0.6),
    Material((0.18, 0.30, 0.24), "wood", (0.1, 0.18, 0.14), scale=0.6),
    Material((0.30, 0.12, 0.11), "wood", (0.18, 0.07, 0.06), scale=0.6),
    Material((0.20, 0.24, 0.34), "wood", (0.1, 0.13, 0.2), scale=0.6),
)
DOOR = Material((0.20, 0.13, 0.09), "wood", (0.12, 0.08, 0.05), scale=0.4)
CHIMNEY = Material((0.50, 0.30, 0.24), "brick", (0.62, 0.58, 0.52), scale=0.25)
IRON = Material((0.13, 0.15, 0.14), "metal", (0.09, 0.1, 0.1), scale=1)
LAMP_GLASS = Material((0.96, 0.90, 0.70), "glow")


def boxes(
    x: Float[np.ndarray, " N"],
    y: Float[np.ndarray, " N"],
    z: Float[np.ndarray, " N"] | float,
    width: Float[np.ndarray, " N"] | float,
    depth: Float[np.ndarray, " N"] | float,
    height: Float[np.ndarray, " N"] | float,
    materials: Sequence[Material],
    worn: Int[np.ndarray, " N"] | int = 0,
    turn: Float[np.ndarray, " N"] | float = 0.0,
) -> Shape:
    """N boxes without undersides, each with patterns that begin at its own front left corner.

    Args:
        x, y, z: middle of the plan, and foot, meters.
        width, depth, height: along x, y and z before it is turned, meters.
        materials, worn: what there is, and which of it each box wears.
        turn: degrees counter-clockwise.
    """
    n = len(x)
    size = np.stack([np.broadcast_to(np.asarray(s, np.float64), (n,)) for s in (width, depth, height)], -1)
    built = _CORNERS[None] * size[:, None]
    local = built - np.stack([size[:, 0] / 2, size[:, 1] / 2, 0 * size[:, 0]], -1)[:, None]
    vertices = _placed(local, x, y, z, turn)
    faces = _BOX_FACES[None] + len(_CORNERS) * np.arange(n)[:, None, None]
    face_material = np.repeat(np.broadcast_to(np.asarray(worn, np.int64), (n,)), len(_BOX_FACES))
    return Shape(
        vertices.reshape(-1, 3), built.reshape(-1, 3), faces.reshape(-1, 3), face_material, tuple(materials)
    )


_CORNERS = np.array([[i & 1, i >> 1 & 1, i >> 2] for i in range(8)], np.float64)
_BOX_FACES = np.array([[0, 1, 5, 4], [1, 3, 7, 5], [3, 2, 6, 7], [2, 0, 4, 6], [4, 5, 7, 6]], np.int64)[
    :, [0, 1, 2, 0, 2, 3]
].reshape(-1, 3)


def _placed(local: np.ndarray, x, y, z, turn) -> np.ndarray:
    """(N, V, 3) points around their own feet, turned and moved to where they stand."""
    n = len(x)
    a = np.deg2rad(np.broadcast_to(np.asarray(turn, np.float64), (n,)))[:, None]
    return np.stack(
        [
            np.cos(a) * local[..., 0] - np.sin(a) * local[..., 1] + np.asarray(x)[:, None],
            np.sin(a) * local[..., 0] + np.cos(a) * local[..., 1] + np.asarray(y)[:, None],
            local[..., 2] + np.broadcast_to(np.asarray(z, np.float64), (n,))[:, None],
        ],
        -1,
    )


@dataclass(frozen=True, eq=False)
class Houses:
    """N houses as arrays; the front of an unturned one faces -y, its ridge runs along y."""

    x: Float[np.ndarray, " N"]  # middle of the plan, meters
    y: Float[np.ndarray, " N"]
    z: Float[np.ndarray, " N"]  # foot
    turn: Float[np.ndarray, " N"]  # degrees counter-clockwise
    width: Float[np.ndarray, " N"]  # meters, of the front
    depth: Float[np.ndarray, " N"]
    height: Float[np.ndarray, " N"]  # of the eaves
    roof: Float[np.ndarray, " N"]  # of the ridge above the eaves
    seed: int = 0  # of colors, doors, chimneys
    has_shops: bool = False  # a shop in every front, as in the middle of a town
    facades: tuple[Material, ...] = FACADES

    def only(self, keep: np.ndarray) -> Houses:
        """The houses where `keep` holds."""
        arrays = (self.x, self.y, self.z, self.turn, self.width, self.depth, self.height, self.roof)
        return Houses(*(a[keep] for a in arrays), self.seed, self.has_shops, self.facades)

    def built(self) -> Shape:
        """All of them as one shape, about 40 triangles each."""
        if not len(self.x):
            return Shape.join([])
        rng = np.random.default_rng([self.seed, 211])
        n = len(self.x)
        wall = rng.integers(len(self.facades), size=n)
        front = boxes(
            self.x, self.y, self.z, self.width, self.depth, self.height, self.facades, wall, self.turn
        )
        parts = [front, self._roofs(wall, rng.integers(len(ROOFS), size=n)), self._chimneys(rng)]
        parts.append(self._shops(rng) if self.has_shops else self._doors(rng))
        return Shape.join(parts)

    def _roofs(self, wall: np.ndarray, tile: np.ndarray) -> Shape:
        """Two slopes that hang over, and a gable at either end."""
        w, d, h, r = self.width / 2, self.depth / 2, self.height, self.roof
        o = 0.35
        low = h - o * r / w
        zero = 0 * w
        slopes = [  # left eaves, ridge, right eaves; front and back
            (-w - o, -d - o, low), (zero, -d - o, h + r), (w + o, -d - o, low),
            (-w - o, d + o, low), (zero, d + o, h + r), (w + o, d + o, low),
        ]  # fmt: skip
        gables = [(-w, -d, h), (w, -d, h), (zero, -d, h + r), (-w, d, h), (w, d, h), (zero, d, h + r)]
        local = np.stack([np.stack(np.broadcast_arrays(*p), -1) for p in slopes + gables], 1)
        faces = np.array([[0, 1, 4], [0, 4, 3], [1, 2, 5], [1, 5, 4], [6, 7, 8], [10, 9, 11]], np.int64)
        n = len(self.x)
        worn = np.stack([*[tile] * 4, *[len(ROOFS) + wall] * 2], 1)
        plain = tuple(Material(m.color, "plaster", m.color, scale=2) for m in self.facades)
        return Shape(
            _placed(local, self.x, self.y, self.z, self.turn).reshape(-1, 3),
            local.reshape(-1, 3),
            (faces[None] + 12 * np.arange(n)[:, None, None]).reshape(-1, 3),
            worn.ravel(),
            (*ROOFS, *plain),
        )

    def _at(self, dx, dy) -> tuple[np.ndarray, np.ndarray]:
        """Where a point of every house's own plan lies."""
        a = np.deg2rad(self.turn)
        return self.x + np.cos(a) * dx - np.sin(a) * dy, self.y + np.sin(a) * dx + np.cos(a) * dy

    def _chimneys(self, rng: np.random.Generator) -> Shape:
        n = len(self.x)
        side = rng.choice([-1.0, 1.0], n)
        x, y = self._at(side * self.width * 0.2, rng.uniform(-0.3, 0.3, n) * self.depth)
        foot = self.z + self.height + 0.3 * self.roof
        return boxes(x, y, foot, 0.7, 0.9, 0.7 * self.roof + 0.5, (CHIMNEY,), 0, self.turn)

    def _doors(self, rng: np.random.Generator) -> Shape:
        x, y = self._at(rng.integers(-1, 2, len(self.x)) * 0.5 * BAY, -self.depth / 2)
        return boxes(x, y, self.z, 1.1, 0.12, 2.2, (DOOR,), 0, self.turn)

    def _shops(self, rng: np.random.Generator) -> Shape:
        n = len(self.x)
        x, y = self._at(0.0, -self.depth / 2)
        kind = rng.integers(len(SHOPS), size=n)
        front = boxes(x, y, self.z, self.width - 0.7, 0.24, 0.95 * FLOOR, SHOPS, kind, self.turn)
        x, y = self._at(0.0, -self.depth / 2 - 0.1)
        panes = boxes(x, y, self.z + 0.6, self.width - 1.6, 0.1, 1.7, (_SHOP_WINDOW,), 0, self.turn)
        x, y = self._at(0.3 * self.width * rng.choice([-1.0, 1.0], n), -self.depth / 2 - 0.14)
        doors = boxes(x, y, self.z, 1.1, 0.1, 2.3, (DOOR,), 0, self.turn)
        return Shape.join([front, panes, doors])


_SHOP_WINDOW = Material((0.36, 0.38, 0.40), "windows", (0.20, 0.22, 0.24), scale=1.2)


def house_row(
    rng: np.random.Generator,
    length: float,
    floors: tuple[int, int] = (2, 4),
    depth: float = 4 * BAY,
    steep: float = 1.0,
) -> Houses:
    """Houses wall to wall along x, around the origin, their fronts on y = 0, facing -y.

    Args:
        rng: draws widths of 2 to 4 bays, heights, roofs; is moved on.
        length: of the row, meters; it comes out up to 5 m shorter.
        floors: fewest and most.
        depth: of the houses, meters.
        steep: height of a roof / half of its width.
    """
    width = BAY * rng.integers(2, 5, int(length / (2 * BAY)) + 1)
    n = int(np.searchsorted(np.cumsum(width), length))
    width = width[:n].astype(np.float64)
    x = np.cumsum(width) - width / 2 - width.sum() / 2
    height = FLOOR * rng.integers(floors[0], floors[1] + 1, n)
    roof = steep * rng.uniform(0.8, 1.2, n) * width / 2
    zero = np.zeros(n)
    return Houses(x, zero + depth / 2, zero, zero, width, zero + depth, height, roof)


def moved_houses(houses: Houses, x: float, y: float, turn: float, **facts) -> Houses:
    """The houses turned around the origin and then moved, with other facts of `Houses` if given."""
    a = np.deg2rad(turn)
    facts["x"] = np.cos(a) * houses.x - np.sin(a) * houses.y + x
    facts["y"] = np.sin(a) * houses.x + np.cos(a) * houses.y + y
    return replace(houses, turn=houses.turn + turn, **facts)


@lru_cache(maxsize=8)
def lamp(height: float = 5.0) -> Shape:
    """A street lamp."""
    post = lathe([(0.16, 0), (0.16, 0.5), (0.07, 0.7), (0.05, height - 0.6)], IRON, 5)
    head = lathe([(0.1, height - 0.6), (0.24, height - 0.1), (0.0, height + 0.15)], LAMP_GLASS, 5)
    return Shape.join([post, head])


@lru_cache(maxsize=8)
def bench() -> Shape:
    """A bench that faces -y, 0.85 m high."""
    return Shape.join(
        [
            box(1.8, 0.45, 0.08, DOOR, z=0.42),
            box(1.8, 0.06, 0.35, DOOR, y=0.22, z=0.5),
            *(box(0.08, 0.4, 0.42, IRON, x=x) for x in (-0.75, 0.75)),
        ]
    )
