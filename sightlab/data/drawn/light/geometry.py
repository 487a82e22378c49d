"""True correspondences: where the scene point behind a pixel of one photo lies in another photo.

The middle of pixel (x, y) is point (x, y); the middle of a photo of width W is x = (W - 1) / 2.
Shapes: N points, H x W photos.
Source: ours.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from sightlab.checks import InputError, check_range
from sightlab.data.drawn.light.render import Drawing
from sightlab.data.drawn.solids.scene import Camera

_LEAST_PART = 0.1  # of a blend of four pixels, for one of them to speak for a point


def scene_points(
    points: Float[np.ndarray, "N 2"], depth: Float[np.ndarray, " N"], camera: Camera
) -> Float[np.ndarray, "N 3"]:
    """Scene coordinates, meters, of photo points (x, y) at a depth along the camera's ahead axis."""
    rays = np.column_stack([(points - _middle(camera)) / camera.focal, np.ones(len(points))])
    return np.asarray(camera.position) + (rays * depth[:, None]) @ camera.axes()


def project(
    points: Float[np.ndarray, "N 3"], camera: Camera
) -> tuple[Float[np.ndarray, "N 2"], Float[np.ndarray, " N"]]:
    """Photo points (x, y) of scene points, and their depth in meters.

    Returns:
        points, NaN for what does not lie in front of the camera; they may lie outside the photo. Depth along
        the ahead axis, negative behind the camera.
    """
    seen = (points - np.asarray(camera.position)) @ camera.axes().T
    depth = seen[:, 2]
    in_front = depth > 1e-9
    flat = seen[:, :2] / np.where(in_front, depth, np.nan)[:, None]
    return flat * camera.focal + _middle(camera), depth


def correspondences(
    drawing_a: Drawing, camera_a: Camera, drawing_b: Drawing, camera_b: Camera, tolerance: float = 0.02
) -> Float[np.ndarray, "H W 2"]:
    """For every pixel of photo a, the point (x, y) of photo b that shows the same spot of the scene.

    Args:
        drawing_a, camera_a, drawing_b, camera_b: two photos of one scene.
        tolerance: largest difference between a spot's depth and what photo b shows there, as a share of its
            depth, (0, 1]. What differs more is hidden in b behind something else.
    Returns:
        (H, W, 2) float64 of photo a's size; NaN where a shows the sky, and where the spot is hidden in
        photo b or outside of it. People and leaves that stand in only one of the photos count as hidden.
    Raises:
        InputError: a camera and its drawing differ in size.
    """
    check_range(tolerance, "tolerance", 0, 1, low_open=True)
    for name, drawing, camera in (("a", drawing_a, camera_a), ("b", drawing_b, camera_b)):
        if drawing.depth.shape != tuple(camera.size):
            raise InputError(
                f"Photo {name} has {drawing.depth.shape} pixels, its camera {tuple(camera.size)}. "
                "Give the camera that the photo was drawn with."
            )
    height, width = camera_a.size
    y, x = np.divmod(np.arange(height * width), width)
    depth = drawing_a.depth.ravel().astype(np.float64)
    rows = np.flatnonzero(np.isfinite(depth))
    spots = scene_points(np.column_stack([x, y])[rows].astype(np.float64), depth[rows], camera_a)
    there, deep = project(spots, camera_b)
    shown = _is_shown(there, deep, drawing_b.depth, tolerance)
    result = np.full((height * width, 2), np.nan)
    result[rows[shown]] = there[shown]
    return result.reshape(height, width, 2)


def _is_shown(points: np.ndarray, depth: np.ndarray, depth_map: np.ndarray, tolerance: float) -> np.ndarray:
    """Whether a photo shows at its points (N, 2) what lies at a depth.

    One of the pixels around must have that depth, or the blend of all four: 1 / depth is linear on a plane,
    so that the blend is right on ground seen at a flat angle, where pixels lie many meters apart.
    """
    height, width = depth_map.shape
    x, y = np.nan_to_num(points, nan=-9.0).T
    inside = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
    x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    left, upper = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    right, lower = np.minimum(left + 1, width - 1), np.minimum(upper + 1, height - 1)
    shown, blend = np.zeros(len(points), dtype=bool), np.zeros(len(points))
    for column, part_x in ((left, 1 - (x - left)), (right, x - left)):
        for row, part_y in ((upper, 1 - (y - upper)), (lower, y - upper)):
            there = depth_map[row, column].astype(np.float64)
            part = part_x * part_y
            shown |= (part > _LEAST_PART) & (np.abs(there - depth) <= tolerance * depth)
            blend += part / there
    return (shown | (np.abs(blend * depth - 1) <= tolerance)) & inside


def _middle(camera: Camera) -> np.ndarray:
    height, width = camera.size
    return np.array([(width - 1) / 2, (height - 1) / 2])
