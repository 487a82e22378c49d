"""Photos of a scene: rays from a camera, what they meet, and how the sun and the sky light it.

Shapes: H x W photo, R rays, F triangles.
The same place, camera, light and seed give equal arrays on one machine, in any process. Across machines
expect the last bits of float32 to differ (vector units round sums in other orders), and single pixels on
the very edge of a triangle to fall on its other side.
Source: ours; rays by Embree.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int

from sightlab.data.world_scene import Camera, Light, Scene, Shape

_SKY = -1


@dataclass(frozen=True, eq=False)
class Drawing:
    """One photo before it is developed, with what is known of every pixel."""

    photo: Float[np.ndarray, "H W 3"]  # linear RGB, 1 is white at a middle exposure
    depth: Float[np.ndarray, "H W"]  # meters along the camera's ahead axis, inf where there is sky
    owner: Int[np.ndarray, "H W"]  # 0 surroundings and occluders, i = owners[i - 1], -1 sky
    owners: tuple[str, ...] = field(default=())  # landmark ids

    def visible_share(self, landmark_id: str) -> float:
        """Share of the photo's pixels that show this landmark, [0, 1]."""
        return self.visible_shares()[landmark_id]

    def visible_shares(self) -> dict[str, float]:
        """Share of the photo's pixels of every landmark of the scene, [0, 1]."""
        counts = np.bincount(self.owner.ravel() + 1, minlength=len(self.owners) + 2)
        return {name: float(counts[i + 2] / self.owner.size) for i, name in enumerate(self.owners)}


class Place:
    """A scene made ready for rays; build it once, draw many photos of it."""

    def __init__(self, scene: Scene):
        shapes = [scene.surroundings, *scene.landmarks.values()]
        self.owners = scene.owners
        owner = np.repeat(np.arange(len(shapes)), [len(s.faces) for s in shapes])
        self._mesh = _Mesh(Shape.join(shapes), owner)

    def draw(self, camera: Camera, light: Light, extra: Shape | None = None, seed: int = 0) -> Drawing:
        """One photo of the place.

        Args:
            camera: where it stands and looks.
            light: sun, weather, season.
            extra: what stands in the way for this photo only: people, cars, leaves.
            seed: of clouds and leaves; the caller's random state is not touched.
        Returns:
            The drawing, of the camera's size.
        """
        height, width = camera.size
        origin = np.asarray(camera.position, dtype=np.float32)
        rays = camera_rays(camera).reshape(-1, 3)
        sun = sun_direction(light)
        face, depth = self._mesh.first_hit(origin, rays)
        color = _sky(rays, light, sun)
        hit = np.flatnonzero(face >= 0)
        color[hit] = _shaded(self._mesh, face[hit], origin, rays[hit], depth[hit], light, sun)
        owner = np.where(face >= 0, self._mesh.owner[face], _SKY)
        if extra is not None and len(extra.faces):
            mesh = _Mesh(extra, np.zeros(len(extra.faces), np.int64))
            front, near = mesh.first_hit(origin, rays)
            hit = np.flatnonzero((front >= 0) & (near < depth))
            color[hit] = _shaded(mesh, front[hit], origin, rays[hit], near[hit], light, sun)
            depth[hit], owner[hit] = near[hit], 0
        return Drawing(
            color.reshape(height, width, 3),
            depth.reshape(height, width),
            owner.reshape(height, width).astype(np.int16),
            self.owners,
        )


def camera_rays(camera: Camera) -> Float[np.ndarray, "H W 3"]:
    """Directions through the middle of every pixel, 1 long along the camera's ahead axis; float32."""
    height, width = camera.size
    right, down, ahead = camera.axes()
    x = (np.arange(width) - (width - 1) / 2) / camera.focal
    y = (np.arange(height) - (height - 1) / 2) / camera.focal
    rays = ahead + x[None, :, None] * right + y[:, None, None] * down
    return rays.astype(np.float32)


def sun_direction(light: Light) -> Float[np.ndarray, " 3"]:
    """Unit vector towards the sun, float32."""
    a, e = np.deg2rad([light.sun_azimuth, light.sun_elevation])
    return np.array([np.sin(a) * np.cos(e), np.cos(a) * np.cos(e), np.sin(e)], dtype=np.float32)


class _Mesh:
    """Triangles in the form that rays and patterns want."""

    def __init__(self, shape: Shape, owner: np.ndarray):
        from embreex.mesh_construction import TriangleMesh
        from embreex.rtcore_scene import EmbreeScene

        corners = shape.vertices[shape.faces]
        normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        length = np.linalg.norm(normal, axis=1, keepdims=True)
        solid = length[:, 0] > 1e-12
        corners, normal = corners[solid], normal[solid] / length[solid]
        self.normal = normal.astype(np.float32)
        self.offset = np.einsum("fi,fi->f", normal, corners[:, 0])
        self.owner = owner[solid]
        self.material = shape.face_material[solid]
        self.colors = np.array([m.color for m in shape.materials] or [(0, 0, 0)], dtype=np.float32) ** 2.2
        self._scene = EmbreeScene()
        TriangleMesh(self._scene, corners.astype(np.float32))

    def first_hit(self, origin: np.ndarray, rays: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Face (R,) and distance in ray lengths (R,) of what every ray meets first; -1 and inf if nothing."""
        origins = np.broadcast_to(origin, rays.shape).astype(np.float32)
        face = self._scene.run(origins, rays)
        normal = self.normal[face]
        along = np.einsum("ri,ri->r", normal, rays)
        gap = (self.offset[face] - normal @ origin.astype(np.float64)).astype(np.float32)
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = np.where(face >= 0, gap / along, np.inf)
        return face, distance.astype(np.float32)

    def in_shade(self, points: np.ndarray, sun: np.ndarray) -> np.ndarray:
        return self._scene.run(points, sun[None], query="OCCLUDED") >= 0


def _shaded(mesh, face, origin, rays, depth, light, sun) -> np.ndarray:
    normal = mesh.normal[face]
    facing = np.sign(-np.einsum("ri,ri->r", normal, rays))
    normal = normal * facing[:, None]
    points = origin + rays * depth[:, None]
    color = mesh.colors[mesh.material[face]]
    towards = np.clip(normal @ sun, 0, None) * _sun_strength(light)
    lit = np.flatnonzero(towards > 0)
    shade = mesh.in_shade(points[lit] + normal[lit] * (0.01 + 1e-3 * depth[lit, None]), sun)
    towards[lit] *= ~shade
    ambient = 0.25 + 0.2 * normal[:, 2:]
    return (color * (towards[:, None] * np.float32([1.0, 0.95, 0.85]) + ambient)).astype(np.float32)


def _sun_strength(light: Light) -> float:
    return 1.0 if light.weather in ("clear", "hazy") and light.sun_elevation > 0 else 0.0


def _sky(rays: np.ndarray, light: Light, sun: np.ndarray) -> np.ndarray:
    up = rays[:, 2] / np.linalg.norm(rays, axis=1)
    high = np.clip(up, 0, 1)[:, None] ** 0.5
    zenith, horizon = np.float32([0.12, 0.25, 0.6]), np.float32([0.6, 0.7, 0.85])
    return (horizon + (zenith - horizon) * high).astype(np.float32)
