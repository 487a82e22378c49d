"""Photos of a scene: rays from a camera, what they meet, and how the sun and the sky light it.

Every pixel gets a ray through its middle, which alone decides depth and owner. Pixels whose color differs
from a neighbor's get four more, and the mean of the five in linear light.

Shapes: H x W photo, R rays, F triangles.
The same place, camera, light and seed give equal arrays on one machine, in any process. Across machines
expect the last bits of float32 to differ (vector units round exp, log and powers differently), and single
rays along the very edge of a triangle to fall on its other side: after 8-bit development, 99 % of pixels
within 2 levels.
Source: ours; rays by Embree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sightlab.checks import InputError, check_choice
from sightlab.data.drawn.light.exposure import Exposure, rays_through
from sightlab.data.drawn.light.rays import Mesh
from sightlab.data.drawn.solids.scene import Camera, Light, Scene, Shape

_HIGH = 10_000.0  # meters: above every mountain


@dataclass(frozen=True, eq=False)
class Drawing:
    """One photo before it is developed, with what is known of every pixel."""

    photo: Float[np.ndarray, "H W 3"]  # linear RGB, 1 is white at a middle exposure
    depth: Float[np.ndarray, "H W"]  # meters along the camera's ahead axis, inf where there is sky
    owner: Int[np.ndarray, "H W"]  # 0 surroundings and occluders, i = owners[i - 1], -1 sky
    owners: tuple[str, ...] = ()  # landmark ids

    def visible_share(self, landmark_id: str) -> float:
        """Share of the photo's pixels that show this landmark, [0, 1].

        Raises:
            InputError: the scene has no such landmark.
        """
        check_choice(landmark_id, "landmark_id", self.owners)
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
        self._mesh = Mesh(Shape.join(shapes), owner)

    def draw(self, camera: Camera, light: Light, extra: Shape | None = None, seed: int = 0) -> Drawing:
        """One photo of the place.

        Args:
            camera: where it stands and looks.
            light: sun, weather, season.
            extra: what stands in the way for this photo only: people, cars, leaves.
            seed: of clouds, snowflakes and drops; the caller's random state is not touched.
        Returns:
            The drawing, of the camera's size.
        Raises:
            InputError: the camera looks straight up or down, stands where it looks, or lies at no number.
        """
        photo, depth, owner = self._exposure(camera, light, extra, seed).take()
        return Drawing(photo, depth, owner, self.owners)

    def owner_of_pixels(
        self, camera: Camera, light: Light, extra: Shape | None = None
    ) -> Int[np.ndarray, "H W"]:
        """`Drawing.owner` of a photo that is not drawn; arguments as of `draw`."""
        return self._exposure(camera, light, extra, 0).owners()

    def _exposure(self, camera: Camera, light: Light, extra: Shape | None, seed: int) -> Exposure:
        _check_camera(camera)
        meshes = [self._mesh]
        if extra is not None and len(extra.faces):
            meshes.append(Mesh(extra, np.zeros(len(extra.faces), dtype=np.int16)))
        return Exposure(meshes, camera, light, seed)

    def glance(self, camera: Camera) -> Drawing:
        """Depth and owners only, many times faster than a photo, and no gaps between leaves; it is black."""
        eye = np.asarray(camera.position, dtype=np.float32)[:, None]
        hits = self._mesh.first_hit(eye, camera_rays(camera).reshape(-1, 3).T)
        owner = self._mesh.owner_of(hits)
        black = np.zeros((*camera.size, 3), dtype=np.float32)
        return Drawing(black, hits.depth.reshape(camera.size), owner.reshape(camera.size), self.owners)

    def ground_height(self, x: float, y: float) -> float:
        """Height of what is met from high above at a point, meters; NaN where there is nothing."""
        sky = np.array([[x], [y], [_HIGH]], dtype=np.float32)
        fall = self._mesh.first_hit(sky, np.array([[0], [0], [-1]], dtype=np.float32)).depth[0]
        return float(_HIGH - fall) if np.isfinite(fall) else float("nan")


def _check_camera(camera: Camera) -> None:
    x, y, _ = np.subtract(camera.target, camera.position)
    if not np.isfinite([*camera.position, *camera.target]).all() or np.hypot(x, y) == 0:
        raise InputError(
            f"A camera needs finite coordinates and must not look straight up or down; it stands at "
            f"{camera.position} and looks at {camera.target}. Move its target aside."
        )
    if min(camera.size) < 1 or not 0 < camera.view_degrees <= 170:
        raise InputError(
            f"A photo of size={camera.size} with view_degrees={camera.view_degrees} has no pixels or no "
            "focal length. Give a size of at least (1, 1), and an angle inside (0, 170]."
        )


def camera_rays(camera: Camera) -> Float[np.ndarray, "H W 3"]:
    """Directions through the middle of every pixel, 1 long along the camera's ahead axis; float32."""
    height, width = camera.size
    y, x = np.divmod(np.arange(height * width), width)
    return np.ascontiguousarray(rays_through(camera, x, y).T).reshape(height, width, 3)
