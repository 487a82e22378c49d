"""A mountain lake and a waterfall; `nature` says from where to look.

Every function returns (landmark, ground): the water and what frames it around the origin, and the land
around it to the horizon with what grows there. They fit together without a gap.
Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.drawn.landmarks.mountains import LAKE, MEADOW, SHORE, SNOW, WOODS, standing, water_level
from sightlab.data.drawn.solids.plants import grove
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import box
from sightlab.data.drawn.solids.terrain import (
    blob,
    heightfield,
    middles,
    parted,
    scattered,
    sheet,
    smooth_step,
    stations,
    terrain_noise,
)

GRAY_ROCK = Material((0.47, 0.46, 0.45), "rock", (0.30, 0.29, 0.29), scale=20, detail=0.7)
WET_ROCK = Material((0.33, 0.30, 0.27), "rock", (0.20, 0.18, 0.16), scale=6, detail=0.8)
FALLS = Material((0.93, 0.96, 0.98), "falling_water", (0.62, 0.76, 0.80), scale=3, detail=0.7)
FOAM = Material((0.92, 0.95, 0.96), "plain", (0.7, 0.8, 0.82), scale=1)
RAPIDS = Material((0.25, 0.44, 0.42), "water", (0.62, 0.74, 0.72), scale=2, detail=0.9)
PLANKS = Material((0.45, 0.36, 0.26), "wood", (0.30, 0.23, 0.16), scale=0.3)


def mirror_lake() -> tuple[Shape, Shape]:
    """A still lake with a wooded islet between two wooded hills, under a gray double peak with snow."""

    def height(x, y):
        shore = np.hypot(x / 340, (y - 60) / 460) - 1 + 0.16 * terrain_noise(x, y, 41, 300, 3)
        islet = 1 - np.hypot((x + 85) / 62, (y + 90) / 44) + 0.2 * terrain_noise(x, y, 42, 40, 2)
        low = np.where(shore < 0, -7 * smooth_step(shore, 0, -0.08), 9 * np.clip(shore, 0, 2) ** 0.8)
        low = np.maximum(low, -7 + 17 * smooth_step(islet, -0.3, 0.9))
        rise = smooth_step(shore, 0.03, 0.75) * smooth_step(y, -560, -250)
        rough = 1 + 0.28 * terrain_noise(x, y, 43, 420, 5)
        hills = 270 * _bump(x, y, -760, 330, 420, 620) + 370 * _bump(x, y, 850, 520, 430, 560)
        hills = hills + 130 * _bump(x, y, 450, -150, 230, 250) + 90 * _bump(x, y, -520, -220, 200, 220)
        crag = 1 + 0.35 * terrain_noise(x, y, 44, 600, 6, 0.55, ridged=True)
        peaks = 1050 * _point(x, y, 130, 2350, 1050) + 830 * _point(x, y, -420, 2500, 850)
        peaks = peaks + 620 * _point(x, y, 900, 2900, 1100) + 560 * _point(x, y, -1400, 2900, 1200)
        far = (
            500
            * smooth_step(np.hypot(x, y), 4000, 9000)
            * np.clip(0.4 + terrain_noise(x, y, 45, 3500, 5, 0.5, ridged=True), 0, 2)
        )
        return low + rise * (hills * rough + peaks * crag) + far

    def paint(middle, up):
        x, y, z = middle.T
        woods = 430 + 90 * terrain_noise(x, y, 46, 250, 3)
        snow = (z > 780 + 150 * terrain_noise(x, y, 47, 200, 3)) & (up > 0.6)
        meadow = (y < -330) | (terrain_noise(x, y, 48, 220, 3) > 0.35)
        low = np.where(z < 0.6, 3, np.where(meadow & (z < 60), 4, 2))
        return np.where(snow, 0, np.where((z > woods) | ((z > 120) & (up < 0.5)), 1, low))

    land = heightfield(
        height,
        stations(-1500, 1500, 130),
        np.concatenate(
            [stations(-700, 1300, 110)[:-12], np.linspace(1320, 3200, 60), [4500, 7e3, 12e3, 3e4]]
        ),
        (SNOW, GRAY_ROCK, WOODS, SHORE, MEADOW),
        paint,
    )
    middle = middles(land)
    frame, ground = parted(land, (middle[:, 1] > -250) & (middle[:, 2] > 2) & (np.abs(middle[:, 0]) < 1900))
    rng = np.random.default_rng(49)
    wood = standing(
        rng, 1500, (-700, 700, -300, 800), height, lambda x, y: (height(x, y) > 1.5) & (height(x, y) < 90)
    )
    near = standing(
        rng, 90, (-420, 420, -640, -420), height, lambda x, y: (np.abs(x) > 60) & (height(x, y) > 1.5)
    )
    islet = standing(rng, 110, (-150, -20, -140, -40), height, lambda x, y: height(x, y) > 1.5)
    water = water_level(-600, 600, -600, 750, LAKE)
    landmark = Shape.join([frame, water, grove(("conifer",), *islet, seed=3, far=True, size=1.1)])
    trees = [grove(("conifer",), *wood, seed=1, far=True), grove(("conifer", "birch"), *near, seed=2)]
    return landmark, Shape.join([ground, *trees, _jetty().moved(14, -402)])


def _bump(x, y, cx: float, cy: float, wide: float, deep: float):
    return np.exp(-(((x - cx) / wide) ** 2) - ((y - cy) / deep) ** 2)


def _point(x, y, cx: float, cy: float, foot: float):
    return np.clip(1 - np.hypot(x - cx, y - cy) / foot, 0, 1) ** 1.25


def _jetty() -> Shape:
    deck = box(2.2, 26, 0.15, PLANKS, z=0.75)
    posts = [box(0.2, 0.2, 2.4, PLANKS, x=x, y=y, z=-1.2) for x in (-1, 1) for y in (-10, -3, 4, 11)]
    return Shape.join([deck, *posts])


GORGE = 95.0  # meters: half the width of the gorge, and the radius of the horseshoe
DROP = 52.0  # meters that the water falls


def thundering_falls() -> tuple[Shape, Shape]:
    """A horseshoe of water that falls in two parts beside a rock, into a gorge that opens to the front."""

    def away(x, y):
        """Meters outside of the gorge, negative within."""
        around = np.where(y > 0, np.hypot(x, y), np.abs(x)) - GORGE
        rock = 26 * np.exp(-(((x - 48) / 20) ** 2) - ((y - 84) / 34) ** 2)
        return around + rock + 5 * terrain_noise(x, y, 51, 30, 3) * smooth_step(np.abs(x), 30, 80)

    def channel(x, y):
        """1 in the river above the falls, 0 on its banks."""
        is_rock = np.exp(-(((x - 52) / 17) ** 2) - ((y - 110) / 60) ** 2) > 0.4
        return smooth_step(np.abs(x - 25 * np.sin(y / 300)), 112, 92) * smooth_step(y, 20, 45) * ~is_rock

    def height(x, y):
        out = away(x, y)
        top = DROP + 4 + 3 * terrain_noise(x, y, 52, 90, 4) - 6.5 * channel(x, y)
        hills = 55 * smooth_step(np.hypot(x, y), 1200, 4000) * (1 + terrain_noise(x, y, 53, 1500, 3))
        foot = -4 + 12 * smooth_step(out, -16, -1) * (1 - channel(x, y + 15))
        scree = foot + 4 * terrain_noise(x, y, 54, 14, 2) * smooth_step(out, -14, -2)
        return np.where(out < 0, scree, foot + (top - foot) * smooth_step(out, 0, 7)) + hills * (out > 0)

    def paint(middle, up):
        return np.where((up < 0.75) | (away(middle[:, 0], middle[:, 1]) < 6), 0, 1)

    land = heightfield(
        height, stations(-170, 170, 115, 16), stations(-330, 190, 170, 16), (WET_ROCK, MEADOW), paint
    )
    middle = middles(land)
    is_cliff = (away(middle[:, 0], middle[:, 1]) < 9) & (middle[:, 1] > -60) & (middle[:, 2] > 0)
    cliff, ground = parted(land, is_cliff)
    rng = np.random.default_rng(55)
    woods = standing(
        rng,
        1500,
        (-600, 600, -420, 900),
        height,
        lambda x, y: (away(x, y) > 14) & (channel(x, y) < 0.05) & ~_overlooks(x, y),
    )
    upper = water_level(-130, 130, 60, 1500, RAPIDS, DROP + 0.8)
    upper, _ = parted(upper, np.hypot(*middles(upper)[:, :2].T) > GORGE - 40)
    landmark = Shape.join([cliff, _curtain(), _spray(rng), _boulders(rng)])
    lower = water_level(-110, 110, -3000, 95, RAPIDS)
    trees = grove(("broadleaf", "broadleaf", "conifer"), *woods, seed=56, far=True)
    return landmark, Shape.join([ground, upper, lower, trees])


def _overlooks(x, y):
    """Where photographers stand on the rim."""
    return (np.abs(x) < 190) & (y > -210) & (y < -20)


def _curtain() -> Shape:
    """The falling water: down a horseshoe, bulging out at its lip, in front of the cliff."""
    angle = np.deg2rad(np.linspace(8, 172, 80))
    t = np.array([-0.06, 0.0, 0.04, 0.12, 0.3, 0.6, 1.0])[:, None]
    lump = 1.6 * terrain_noise(40 * np.cos(angle), 40 * np.sin(angle), 57, 6, 3)
    radius = GORGE + 3 - np.where(t > 0, 2 + 5 * np.clip(t, 0, 1) ** 0.5, 40 * t) + lump * np.clip(t, 0, 1)
    z = DROP + 0.9 - np.where(t > 0, (DROP + 1) * t, 0)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle), np.broadcast_to(z, radius.shape)], -1)
    curtain = sheet(points, (FALLS,))
    bare = np.abs(np.rad2deg(np.arctan2(*middles(curtain)[:, 1::-1].T)) - 61) < 7
    return parted(curtain, ~bare)[0]


def _spray(rng: np.random.Generator) -> Shape:
    """Foam along the foot of the falls."""
    a = np.deg2rad(rng.uniform(8, 172, 150))
    r = GORGE - rng.uniform(6, 22, 150)
    one = blob((4.5, 4.5, 2.6), FOAM, 7, 0.35, 14)
    return scattered(
        one, r * np.cos(a), r * np.sin(a), -0.6, rng.uniform(0, 360, 150), rng.uniform(0.3, 1.1, 150)
    )


def _boulders(rng: np.random.Generator) -> Shape:
    a = np.deg2rad(rng.uniform(5, 175, 60))
    r = GORGE - rng.uniform(2, 26, 60)
    one = blob((3.5, 3, 2.6), WET_ROCK, 8, 0.3, 18)
    return scattered(
        one, r * np.cos(a), r * np.sin(a), 0.2, rng.uniform(0, 360, 60), rng.uniform(0.4, 1.4, 60)
    )
