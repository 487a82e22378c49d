"""A camera for a kind of view, found in the scene.

Cameras are drawn from the range of the view until the landmark is in sight as it should be, somebody can
stand there and nothing stands in the lens; that is tried on a small photo first.

Source: ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from sightlab.data.drawn.landmarks.viewings import Viewing
from sightlab.data.drawn.light.render import Place
from sightlab.data.drawn.solids.scene import Camera, Shape

TRIES = 80
_SMALL, _FINE = 32, 128  # pixels of the long side of a trial photo, and of the one that decides
_LENS = 2.5  # meters: what is nearer stands in the lens


@dataclass(frozen=True, eq=False)
class Subject:
    """What a camera looks at, measured once."""

    center: np.ndarray  # (2,) of its plan, meters
    corners: np.ndarray  # (V, 2) of its plan around the center
    bottom: float
    top: float
    front: float  # degrees clockwise from -y to where its front looks

    @classmethod
    def of(cls, shape: Shape, turn: float = 0.0) -> Subject:
        """Measures a shape where it stands; `turn` is how far it was turned, counter-clockwise."""
        low, high = shape.vertices.min(axis=0), shape.vertices.max(axis=0)
        center = (low[:2] + high[:2]) / 2
        x, y = np.meshgrid((low[0], high[0]), (low[1], high[1]))
        corners = np.stack([x.ravel(), y.ravel()], axis=1) - center
        return cls(center, corners, float(low[2]), float(high[2]), -turn)

    @classmethod
    def around(cls, subjects: Iterable[Subject], front: float) -> Subject:
        """Several things as one."""
        subjects = list(subjects)
        corners = np.concatenate([s.corners + s.center for s in subjects])
        center = (corners.min(axis=0) + corners.max(axis=0)) / 2
        bottom, top = min(s.bottom for s in subjects), max(s.top for s in subjects)
        return cls(center, corners - center, bottom, top, front)

    def towards(self, azimuth: float) -> np.ndarray:
        """Unit vector in plan from the center to a camera at this azimuth."""
        a = np.deg2rad(azimuth + self.front)
        return np.array([-np.sin(a), -np.cos(a)])  # clockwise from -y: to the left of who looks at the front

    @property
    def height(self) -> float:
        return self.top - self.bottom


def propose(subject: Subject, view: Viewing, size: tuple[int, int], generator: np.random.Generator) -> Camera:
    """A camera drawn from the range of a view; its eye is measured from the height of the ground 0.

    Args:
        subject: what it looks at.
        view: the range.
        size: (height, width) of the photo, pixels.
        generator: gives the randomness.
    """
    azimuth = generator.uniform(*view.azimuth)
    if view.both_sides and generator.random() < 0.5:
        azimuth = -azimuth
    away = subject.towards(azimuth)
    right = np.array([-away[1], away[0]])
    half_width, half_depth = np.abs(subject.corners @ right).max(), np.abs(subject.corners @ away).max()
    long_side = np.tan(np.deg2rad(generator.uniform(*view.view_degrees)) / 2)
    across, up = (long_side * s / max(size) for s in (size[1], size[0]))
    fit = max(half_width / across, subject.height / 2 / up)
    distance = fit / generator.uniform(*view.fill) + 0.6 * half_depth
    position = subject.center + distance * away
    aim = subject.bottom + generator.uniform(*view.aim) * subject.height
    drift = generator.uniform(-view.drift, view.drift) * 2 * across * distance
    target = subject.center + drift * right
    eye = generator.uniform(*view.eye)
    return _camera((*position, eye), (*target, aim), size, 2 * np.rad2deg(np.arctan(across)), generator)


def _camera(position, target, size, view_degrees: float, generator) -> Camera:
    """Rounded, so that a table tells it exactly."""
    return Camera(
        tuple(round(float(v), 3) for v in position),
        tuple(round(float(v), 3) for v in target),
        (int(size[0]), int(size[1])),
        round(float(view_degrees), 3),
        round(float(np.clip(generator.normal(0, 0.8), -2.5, 2.5)), 2),
    )


def lifted(camera: Camera, ground: float) -> Camera:
    """The same camera, standing on a ground of this height."""
    x, y, z = camera.position
    return Camera(
        (x, y, round(z + ground, 3)), camera.target, camera.size, camera.view_degrees, camera.roll_degrees
    )


@dataclass(frozen=True)
class Footing:
    """What somebody would stand on at a spot."""

    height: float  # meters; NaN where there is nothing
    slope: float  # largest difference in height to a spot two meters beside it, meters
    is_landmark: bool

    @property
    def is_firm(self) -> bool:
        """No landmark, no edge of a roof, no tree."""
        return not self.is_landmark and self.slope < 1.5


def footing(place: Place, x: float, y: float) -> Footing:
    """What is met from above at a spot."""
    around = ((0, 0), (2, 0), (-2, 0), (0, 2), (0, -2))
    heights = np.array([place.ground_height(x + dx, y + dy) for dx, dy in around])
    slope = np.abs(heights - heights[0]).max() if np.isfinite(heights).all() else np.inf
    is_landmark = False
    if np.isfinite(heights[0]):
        down = Camera((x, y, heights[0] + 100), (x, y + 0.01, 0.0), (1, 1), 1.0)
        is_landmark = bool(place.glance(down).owner[0, 0] > 0)
    return Footing(float(heights[0]), float(slope), is_landmark)


@dataclass(frozen=True)
class Trial:
    """What a small photo shows."""

    shares: dict[str, float]  # of the pixels, by landmark
    near: float  # share of the pixels that show something in the lens
    sky: float

    @property
    def is_free(self) -> bool:
        return self.near < 0.08 and self.sky < 0.9


def trial(place: Place, camera: Camera, pixels: int = _SMALL) -> Trial:
    """A small photo by the same camera, with one ray for many pixels; its long side has `pixels`."""
    shrink = pixels / max(camera.size)
    size = tuple(max(8, round(side * shrink)) for side in camera.size)
    small = Camera(camera.position, camera.target, size, camera.view_degrees, camera.roll_degrees)
    seen = place.glance(small)
    near, sky = float((seen.depth < _LENS).mean()), float((seen.owner < 0).mean())
    return Trial(seen.visible_shares(), near, sky)


Judge = Callable[[Trial], float]  # how far a trial is from what is wanted, 0: fine


def search(
    place: Place, draw: Callable[[], Camera], judge: Judge, heights: tuple[float, float] = (-np.inf, np.inf)
) -> Camera:
    """The first camera that is wanted, or of 80 the one that comes nearest to it.

    Args:
        place: where it stands.
        draw: gives another camera, its eye above a ground of height 0, at every call.
        judge: how far a trial photo is from what is wanted, 0 for a camera to be taken.
        heights: lowest and highest ground that somebody may stand on, meters.
    """
    best, least = None, np.inf
    for _ in range(TRIES):
        camera = draw()
        ground = footing(place, *camera.position[:2])
        standing = lifted(camera, ground.height if np.isfinite(ground.height) else 0.0)
        is_ground = ground.is_firm and heights[0] <= ground.height <= heights[1]
        if not is_ground and best is not None:
            continue  # most tries end here, cheaply
        fault = _fault(trial(place, standing), judge) + 4 * (not is_ground)
        if fault == 0:
            fault = _fault(trial(place, standing, _FINE), judge)  # a column is thinner than a coarse pixel
        if fault < least:
            best, least = standing, fault
        if fault == 0:
            break
    return best


def _fault(seen: Trial, judge: Judge) -> float:
    return judge(seen) + 2 * (not seen.is_free)
