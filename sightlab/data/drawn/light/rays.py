"""Rays through a place: what each meets first, and what there is to know of the surface there.

Shapes: R rays, F triangles. Arrays that hold a vector per ray are (3, R), float32, so that numpy walks
through memory in order.
Source: ours; the intersections are Embree's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from sightlab.data.drawn.solids.scene import PATTERNS, Shape

NOTHING = -1  # the face of a ray that meets nothing
_COURSES = ("ashlar", "brick", "plaster", "windows", "tiles", "metal", "wood", "paving", "falling_water")
_COURSE_ROWS = np.array([PATTERNS.index(p) for p in _COURSES])
_LEAF_ROWS = np.array([PATTERNS.index(p) for p in ("foliage", "evergreen")])
_CREASE = np.cos(np.deg2rad(36))  # faces that meet at a smaller angle are shaded as one round surface
_MOST_AROUND = 24  # more faces around one point (the middle of a disc) are left flat


@dataclass(frozen=True, eq=False)
class Hits:
    """What rays met first."""

    face: Int[np.ndarray, " R"]  # NOTHING if the ray left the scene
    depth: Float[np.ndarray, " R"]  # in lengths of the ray's direction; inf if nothing
    u: Float[np.ndarray, " R"]  # where inside the triangle
    v: Float[np.ndarray, " R"]

    def take(self, chosen: np.ndarray) -> Hits:
        """Some of the rays; a mask or rows."""
        return Hits(self.face[chosen], self.depth[chosen], self.u[chosen], self.v[chosen])

    def put(self, chosen: np.ndarray, others: Hits) -> None:
        """Overwrite some of the rays, in place."""
        for name, values in vars(others).items():
            getattr(self, name)[chosen] = values


@dataclass(frozen=True, eq=False)
class Surface:
    """Spots on surfaces, seen along rays."""

    point: Float[np.ndarray, "3 R"]  # meters
    ray: Float[np.ndarray, "3 R"]  # direction it is seen along, not of unit length
    distance: Float[np.ndarray, " R"]  # meters from the eye
    footprint: Float[np.ndarray, " R"]  # width of a pixel there, meters, slant counted half
    facing: Float[np.ndarray, "3 R"]  # unit normal of the triangle, towards the eye
    normal: Float[np.ndarray, "3 R"]  # the same, rounded over neighboring triangles
    along_u: Float[np.ndarray, "3 R"]  # where the pattern's u and v grow, in scene coordinates
    along_v: Float[np.ndarray, "3 R"]
    u: Float[np.ndarray, " R"]  # place in the pattern, in units of Material.scale
    v: Float[np.ndarray, " R"]
    level: Float[np.ndarray, " R"]  # height within the owner's faces of this material, [0, 1]
    pattern: Int[np.ndarray, " R"]  # rows of PATTERNS
    material: Int[np.ndarray, " R"]  # rows of Mesh.materials
    owner: Int[np.ndarray, " R"]
    is_leaf: Bool[np.ndarray, " R"]

    def take(self, chosen: np.ndarray) -> Surface:
        """Some of the spots; a mask, a slice or rows."""
        return Surface(**{name: value[..., chosen] for name, value in vars(self).items()})


class Mesh:
    """A shape in the form that rays and patterns want: one row of numbers per triangle."""

    def __init__(self, shape: Shape, owner: Int[np.ndarray, " F"]):
        from embreex.mesh_construction import TriangleMesh
        from embreex.rtcore_scene import EmbreeScene

        corners = shape.vertices.take(shape.faces, axis=0)
        normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        double_area = np.linalg.norm(normal, axis=1)
        solid = double_area > 1e-10
        corners, normal = corners[solid], normal[solid] / double_area[solid, None]
        built = shape.built.take(shape.faces[solid], axis=0)
        self.owner = np.asarray(owner, dtype=np.int16)[solid]
        self.material = shape.face_material[solid].astype(np.int32)
        self.materials = shape.materials
        names = np.array([PATTERNS.index(m.pattern) for m in shape.materials] or [0], dtype=np.int32)
        scales = np.array([m.scale for m in shape.materials] or [1.0])
        self.scale = scales[self.material].astype(np.float32)
        self.pattern, axis_u, axis_v = _pattern_axes(built, names[self.material])
        self._rows = _face_rows(
            corners,
            built,
            normal,
            double_area[solid],
            _levels(corners[:, :, 2], self.owner, self.material),
            axis_u,
            axis_v,
            scales[self.material],
        )
        self.is_leaf = np.isin(self.pattern, _LEAF_ROWS)
        self.is_hole = self.pattern == PATTERNS.index("sky")
        self.has_leaves, self.has_holes = bool(self.is_leaf.any()), bool(self.is_hole.any())
        self._normal = normal.astype(np.float32)
        self._scene = EmbreeScene()
        if len(corners):
            TriangleMesh(self._scene, shape.vertices.astype(np.float32), shape.faces[solid].astype(np.int32))

    def __len__(self) -> int:
        return len(self.owner)

    def first_hit(self, origins: np.ndarray, rays: np.ndarray, reach: np.ndarray | None = None) -> Hits:
        """What rays meet first.

        Args:
            origins: (3, R) or (3, 1), meters.
            rays: (3, R) directions of any length.
            reach: (R,) how far to look, in ray lengths; None: to the end of the world.
        """
        if not len(self):
            n = rays.shape[1]
            return Hits(
                np.full(n, NOTHING, np.int32), np.full(n, np.inf, np.float32), *np.zeros((2, n), "f4")
            )
        starts = np.broadcast_to(origins, rays.shape).T
        limit = None if reach is None else np.minimum(reach, 1e37).astype(np.float32)
        found = self._scene.run(starts, rays.T, limit, output=True)
        face = found["primID"]
        return Hits(face, np.where(face >= 0, found["tfar"], np.float32(np.inf)), found["u"], found["v"])

    def blocked(self, points: np.ndarray, directions: np.ndarray, reach: float) -> Bool[np.ndarray, " R"]:
        """Whether anything stands within `reach` of points (3, R) along directions (3, R) or (3, 1)."""
        if not len(self) or not points.shape[1]:
            return np.zeros(points.shape[1], dtype=bool)
        return self._scene.run(points.T, directions.T, reach, query="OCCLUDED") >= 0

    def surface(
        self,
        hits: Hits,
        origins: np.ndarray,
        rays: np.ndarray,
        pixel: float,
        travelled: np.ndarray | float = 0.0,
    ) -> Surface:
        """What there is to know where rays met this mesh; every ray must have met it.

        Args:
            hits: of R rays.
            origins: (3, R) or (3, 1).
            rays: (3, R).
            pixel: width of a pixel at depth 1.
            travelled: depth that mirrored rays already have behind them, (R,) or one for all.
        """
        rows = np.ascontiguousarray(self._rows.take(hits.face, axis=0).T)
        mixed = rows[0:6] + rows[6:12] * hits.u + rows[12:18] * hits.v
        facing, normal = rows[24:27], mixed[3:6]
        normal *= 1 / np.sqrt(dot(normal, normal))
        towards = dot(facing, rays)
        flip = np.where(towards > 0, np.float32(-1), np.float32(1))
        length = np.sqrt(dot(rays, rays))
        slant = np.sqrt(np.maximum(np.abs(towards) / length, 0.04))
        return Surface(
            point=origins + rays * hits.depth,
            ray=rays,
            distance=hits.depth * length,
            footprint=(hits.depth + np.float32(travelled)) * np.float32(pixel) / slant,
            facing=facing * flip,
            normal=normal * flip,
            along_u=rows[18:21],
            along_v=rows[21:24],
            u=mixed[0],
            v=mixed[1],
            level=mixed[2],
            pattern=self.pattern[hits.face],
            material=self.material[hits.face],
            owner=self.owner[hits.face],
            is_leaf=self.is_leaf[hits.face],
        )

    def owner_of(self, hits: Hits) -> Int[np.ndarray, " R"]:
        """Owners of what rays met, NOTHING where they met nothing; int16."""
        owner = np.full(len(hits.face), NOTHING, dtype=np.int16)
        met = np.flatnonzero(hits.face != NOTHING)
        owner[met] = self.owner[hits.face[met]]
        return owner

    def facing(self, hits: Hits, rays: np.ndarray) -> Float[np.ndarray, "3 R"]:
        """Unit normals of the triangles that rays met, towards the eye."""
        normal = np.ascontiguousarray(self._normal.take(hits.face, axis=0).T)
        return normal * np.where(dot(normal, rays) > 0, np.float32(-1), np.float32(1))

    def leaves(self, hits: Hits, rays: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """u and v of the pattern where rays met this mesh, and the cosine they met its rounded form at."""
        rows = np.ascontiguousarray(self._rows.take(hits.face, axis=0)[:, :18].T)
        mixed = rows[0:6] + rows[6:12] * hits.u + rows[12:18] * hits.v
        normal = mixed[3:6]
        cosine = np.abs(dot(normal, rays)) / np.sqrt(dot(rays, rays) * dot(normal, normal))
        return mixed[0], mixed[1], cosine


def dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Products of vectors (3, R) with vectors (3, R) or (3, 1), summed in one order on every machine."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _pattern_axes(built: np.ndarray, pattern: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pattern of every face, and the two axes (F, 3) it is laid along, in built coordinates.

    Courses of stones or tiles lie level and climb a wall or a roof; everything else is seen along the
    axis its face looks at most, so that it runs on from face to face.
    """
    normal = np.cross(built[:, 1] - built[:, 0], built[:, 2] - built[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    size = np.abs(normal)
    x, y, z = np.eye(3)
    looks_x, flat = size[:, 0] > size[:, 1], size[:, 2] > np.maximum(size[:, 0], size[:, 1])
    level = np.where(looks_x[:, None], y, x)
    axis_u = np.where(flat[:, None], x, level)
    axis_v = np.where(flat[:, None], y, z)
    courses, steep = np.isin(pattern, _COURSE_ROWS), np.hypot(normal[:, 0], normal[:, 1])
    roof = courses & (steep > 0.2) & (size[:, 2] > 0.35)
    uphill = np.stack([-normal[:, 0] * normal[:, 2], -normal[:, 1] * normal[:, 2], steep**2], axis=1)
    axis_u[roof] = level[roof]
    axis_v[roof] = uphill[roof] / steep[roof, None]
    windows = PATTERNS.index("windows")
    blind = (pattern == windows) & (size[:, 2] > 0.5)
    return np.where(blind, PATTERNS.index("plain"), pattern).astype(np.int32), axis_u, axis_v


def _levels(z: np.ndarray, owner: np.ndarray, material: np.ndarray) -> np.ndarray:
    """Where corners (F, 3) lie between the lowest, 0, and the highest, 1, of their owner and material."""
    group = owner.astype(np.int64) * (material.max(initial=0) + 1) + material
    low, high = np.full(group.max(initial=0) + 1, np.inf), np.full(group.max(initial=0) + 1, -np.inf)
    np.minimum.at(low, group, z.min(axis=1))
    np.maximum.at(high, group, z.max(axis=1))
    return (z - low[group, None]) / np.maximum(high - low, 1e-6)[group, None]


def _face_rows(corners, built, normal, double_area, level, axis_u, axis_v, scale) -> np.ndarray:
    """(F, 27): u, v, level, normal at the first corner; their change to the second and to the third; the
    directions in which u and v grow; the normal."""
    u = np.einsum("fci,fi->fc", built, axis_u)
    v = np.einsum("fci,fi->fc", built, axis_v)
    at_corners = np.concatenate(
        [
            np.stack([u / scale[:, None], v / scale[:, None], level], axis=2),
            _corner_normals(corners, normal, double_area),
        ],
        axis=2,
    )  # (F, 3, 6)
    first, second, third = at_corners[:, 0], at_corners[:, 1], at_corners[:, 2]
    growth = [_growth(corners, values) for values in (u, v)]
    return np.concatenate([first, second - first, third - first, *growth, normal], axis=1).astype(np.float32)


def _growth(corners: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Gradient (F, 3) inside each triangle of what is known at its corners (F, 3)."""
    e1, e2 = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    d1, d2 = values[:, 1] - values[:, 0], values[:, 2] - values[:, 0]
    g11, g12, g22 = ((a * b).sum(axis=1) for a, b in ((e1, e1), (e1, e2), (e2, e2)))
    det = np.maximum(g11 * g22 - g12**2, 1e-20)
    part1, part2 = (d1 * g22 - d2 * g12) / det, (d2 * g11 - d1 * g12) / det
    return np.clip(part1[:, None] * e1 + part2[:, None] * e2, -2, 2)


def _corner_normals(corners: np.ndarray, normal: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Normals (F, 3, 3) at the corners: the mean over the faces around that meet at less than a crease."""
    grid = np.round(corners.reshape(-1, 3) * 1000).astype(np.int64)
    spot = grid[:, 0] * 73856093 ^ grid[:, 1] * 19349663 ^ grid[:, 2] * 83492791
    order = np.argsort(spot, kind="stable")
    start = np.flatnonzero(np.diff(spot[order], prepend=spot[order[:1]] - 1))
    size = np.diff(start, append=len(order))
    face = order // 3
    flat = normal.astype(np.float32)
    weighted = (normal * weight[:, None]).astype(np.float32)
    total = weighted[face]
    for n in np.unique(size[(size > 1) & (size <= _MOST_AROUND)]):
        rows = start[size == n][:, None] + np.arange(n)  # corners that share a spot
        around = flat[face[rows]]
        alike = (around @ around.transpose(0, 2, 1) > _CREASE).astype(np.float32)
        total[rows] = alike @ weighted[face[rows]]
    result = np.empty_like(total)
    result[order] = total / np.linalg.norm(total, axis=1, keepdims=True)
    return result.reshape(-1, 3, 3)
