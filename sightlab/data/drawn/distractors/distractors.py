"""What people photograph when there is no landmark: the distractors of the drawn world.

`distractor(kind, seed)` gives a scene that nobody owns, and a camera in it. The easy kinds are `EASY_KINDS`;
the hard ones are `HARD_FAMILIES`: an unnamed building of a landmark's style family, photographed as landmarks
are. Scenes with labels, for another purpose, come from `scenes`.
Source: ours.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sightlab.checks import check_choice, check_count
from sightlab.data.drawn.distractors.outdoors import ahead, land_ahead, looking, planted
from sightlab.data.drawn.distractors.portraits import FURS, pet, portrait
from sightlab.data.drawn.distractors.rooms import laid_table, room
from sightlab.data.drawn.distractors.scenes import scene_view
from sightlab.data.drawn.landmarks.buildings import FAMILIES, ordinary
from sightlab.data.drawn.solids.plants import grove
from sightlab.data.drawn.solids.scene import Camera, Material, Scene, Shape
from sightlab.data.drawn.solids.shapes import lathe
from sightlab.data.drawn.solids.terrain import (
    blob,
    heightfield,
    scattered,
    smooth_step,
    stations,
    terrain_noise,
)
from sightlab.data.drawn.surroundings.houses import boxes, house_row, moved_houses
from sightlab.data.drawn.surroundings.land import (
    FIELDS,
    GROUND,
    LAWN,
    MEADOW,
    SAND,
    far_city,
    scattered_houses,
)
from sightlab.data.drawn.surroundings.people import people
from sightlab.data.drawn.surroundings.shores import RIVER
from sightlab.data.drawn.surroundings.streets import ASPHALT, FENCE, PAVEMENT, SIZE, house, plane, street

HARD_FAMILIES = FAMILIES
HAY = Material((0.78, 0.66, 0.34), "plain", (0.62, 0.50, 0.24), scale=0.3, detail=0.6)


def distractor(kind: str, seed: int) -> tuple[Scene, Camera]:
    """A scene without a landmark.

    Args:
        kind: one of `EASY_KINDS`, or of `HARD_FAMILIES` for a building that resembles a landmark.
        seed: of everything in it; thousands of seeds give thousands of different photos.
    Returns:
        the scene, and a camera of 192 x 256 pixels.
    Raises:
        InputError: unknown kind, or a negative seed.
    """
    check_choice(kind, "kind", (*EASY_KINDS, *HARD_FAMILIES))
    check_count(seed, "seed", 0)
    if kind in HARD_FAMILIES:
        shape, camera = relative(kind, seed)
    else:
        shape, camera = _EASY[kind](np.random.default_rng([seed, 801]))
    return Scene({}, shape), camera


def countryside(rng: np.random.Generator) -> tuple[Shape, Camera]:
    """Fields, a farm track, trees, hay, cows, a farm; or any of the wilder scenes."""
    if rng.random() < 0.25:
        wild = ("forest", "lake", "mountain", "desert", "beach")[rng.integers(5)]
        scene, camera = scene_view(wild, int(rng.integers(1 << 30)))
        return scene.surroundings, camera
    seed, rise = int(rng.integers(1 << 30)), rng.uniform(4, 70)
    crops = rng.integers(len(FIELDS), size=(32, 32))
    side, tilt = rng.uniform(60, 160), rng.uniform(-0.4, 0.4)

    def height(x, y):
        wave = terrain_noise(x, y, seed, 400, 4)
        return rise * (0.5 + wave) * smooth_step(np.hypot(x, y), 15, 500) + 0.3 * terrain_noise(
            x, y, seed, 25, 2
        )

    def paint(middle, up):
        x, y, _ = middle.T
        row, column = (
            np.floor(v / side).astype(np.int64) % 32 for v in (x + tilt * y + side / 2, y - tilt * x)
        )
        return crops[row, column]

    parts = [land_ahead(height, FIELDS, paint, 90)]
    for n, low, far in ((int(rng.integers(0, 9)), 12, 70), (int(rng.integers(20, 260)), 70, 600)):
        x, y = ahead(rng, n, low, far)
        kinds = (("broadleaf",), ("broadleaf", "birch", "conifer"), ("cypress", "broadleaf"))[seed % 3]
        parts.append(planted(rng, kinds, x, y, height, far=low > 12))
    parts += [_bales(rng, height), _herd(rng, height)]
    x, y = ahead(rng, int(rng.integers(0, 7)), 50, 260)
    parts.append(scattered_houses(rng, x, y, height))
    if rng.random() < 0.4:
        at = np.arange(-14, 14, 1.6)
        line = rng.uniform(5, 11) + rng.uniform(-0.3, 0.3) * at
        ground = height(at, line)
        parts.append(boxes(at, line, ground - 0.2, 0.12, 0.12, 1.4, (FENCE,)))
        parts.append(boxes(at, line, ground + 0.8, 1.7, 0.05, 0.12, (FENCE,)))
    eye = float(height(np.zeros(1), np.zeros(1))[0]) + rng.uniform(1.5, 3)
    return Shape.join(parts), looking(rng, eye, (-6, 10))


def _bales(rng: np.random.Generator, height) -> Shape:
    """Round bales of hay."""
    x, y = ahead(rng, int(rng.choice([0, 0, 9])), 9, 90)
    bale = lathe([(0.7, -0.6), (0.75, 0), (0.7, 0.6)], HAY, 12)
    lying = bale.vertices[:, [2, 1, 0]]
    bale = Shape(lying, lying, bale.faces[:, ::-1], bale.face_material, bale.materials)
    return scattered(bale, x, y, height(x, y) + 0.65, rng.uniform(0, 360, len(x)))


def _herd(rng: np.random.Generator, height) -> Shape:
    """Cows on a meadow."""
    x, y = ahead(rng, int(rng.choice([0, 0, 7])), 10, 60)
    coat = FURS[rng.integers(len(FURS))]
    parts = [
        blob((0.38, 0.9, 0.42), coat, 1, 0.05, 40).moved(z=1.0),
        blob((0.18, 0.34, 0.2), coat, 2, 0.05, 24).moved(0, -1.1, 1.2),
    ]
    parts += [
        lathe([(0.09, 0), (0.12, 0.9)], coat, 5).moved(s, t) for s in (-0.22, 0.22) for t in (-0.6, 0.65)
    ]
    return scattered(
        Shape.join(parts), x, y, height(x, y), rng.uniform(0, 360, len(x)), rng.uniform(0.85, 1.05, len(x))
    )


def relative(family: str, seed: int) -> tuple[Shape, Camera]:
    """An unnamed building of a style family where such buildings stand, and somebody who photographs it."""
    rng = np.random.default_rng([seed, 802])
    building = ordinary(family, seed)
    low, high = building.vertices.min(axis=0), building.vertices.max(axis=0)
    half_x, half_y = np.maximum(-low, high)[:2]
    half, tall = float(max(half_x, half_y)), float(high[2])
    widest = 35 if family == "bridge" else rng.choice([35, 100])
    azimuth = np.deg2rad(rng.uniform(-widest, widest))
    sin, cos = abs(np.sin(azimuth)), abs(np.cos(azimuth))
    view = rng.uniform(46, 66)
    across = np.tan(np.deg2rad(view) / 2)
    fit = max((half_x * cos + half_y * sin) / across, 0.5 * tall / (0.75 * across))
    away = float(fit / rng.uniform(0.65, 1.15) + 0.8 * (half_x * sin + half_y * cos))
    x = away * np.sin(azimuth)
    if family == "bridge":  # from a boat, not from within the banks
        x = np.clip(x, -0.8 * half, 0.8 * half)
    eye = (float(x), -away * np.cos(azimuth), rng.uniform(1.6, 2.2))
    around = _SETTINGS[family](rng, half, max(away, 1.3 * half))
    if family != "bridge":
        around = Shape.join(
            [
                around,
                people(int(rng.integers(1 << 20)), int(rng.poisson(2)), (*np.multiply(eye[:2], 0.6), 0), 6),
            ]
        )
    drift = 0.12 * away * rng.uniform(-1, 1)
    return Shape.join([building, around]), Camera(eye, (drift, 0, tall * rng.uniform(0.4, 0.55)), SIZE, view)


def _town_square(rng: np.random.Generator, half: float, clear: float) -> Shape:
    """Rows of houses on three sides, behind what stands there."""
    rows = []
    for turn in (0, 90, 270):
        line = moved_houses(house_row(rng, 2.4 * clear, (2, 5)), 0, clear + 8, 0)
        rows.append(moved_houses(line, 0, 0, turn, seed=int(rng.integers(1 << 30))).built())
    return Shape.join([_paved(rng, clear), *rows])


def _city_square(rng: np.random.Generator, half: float, clear: float) -> Shape:
    return Shape.join([_paved(rng, clear), far_city(rng, 1.35 * clear + 25, 3 * clear + 250, 140, 34)])


def _paved(rng: np.random.Generator, clear: float) -> Shape:
    def paint(middle, up):
        return np.where(np.hypot(*middle[:, :2].T) < 2 * clear + 60, 0, 1)

    return plane(rng, ((PAVEMENT, ASPHALT)[rng.integers(2)], MEADOW), paint)


def _gardens(rng: np.random.Generator, half: float, clear: float) -> Shape:
    angle, r = rng.uniform(0, 2 * np.pi, 160), clear * rng.uniform(1.15, 2.6, 160) + 6
    x, y = r * np.cos(angle), r * np.sin(angle)
    kinds = (("broadleaf", "conifer"), ("broadleaf", "palm"), ("broadleaf", "birch"))[rng.integers(3)]
    behind = y > -0.5 * clear
    trees = grove(kinds, x[behind], y[behind], 0, int(rng.integers(1 << 30)), far=True)
    return Shape.join([plane(rng, ((LAWN, PAVEMENT, MEADOW)[rng.integers(3)],)), trees])


def _sands(rng: np.random.Generator, half: float, clear: float) -> Shape:
    if rng.random() < 0.4:
        return _gardens(rng, half, clear)
    return plane(rng, (SAND,), rise=40)


def _banks(rng: np.random.Generator, half: float, clear: float) -> Shape:
    """A river along y, its banks where a bridge along x ends."""
    x = np.concatenate([-half + np.array([-30_000, -4000, -900, -300, -90, -40, -14, 0, 7.0])])
    across = np.concatenate([x, -x[::-1]])

    def height(x, y):
        return np.where(np.abs(x) > half - 4, 2.5 + 9 * smooth_step(np.abs(x), half + 10, half + 200), -5.0)

    land = heightfield(height, across, stations(-300, 300, 14, 10), ((LAWN, MEADOW)[rng.integers(2)],))
    water = heightfield(
        lambda x, y: np.full(x.shape, GROUND),
        np.linspace(-half, half, 6),
        stations(-300, 300, 14, 10),
        (RIVER,),
    )
    tx, ty = rng.choice([-1, 1], 120) * (half + rng.uniform(8, 160, 120)), rng.uniform(-150, 260, 120)
    trees = grove(("broadleaf",), tx, ty, height(tx, ty) - 0.3, int(rng.integers(1 << 30)), far=True)
    return Shape.join([land, water, trees])


_SETTINGS: dict[str, Callable[[np.random.Generator, float, float], Shape]] = {
    "gothic": _town_square,
    "palace": _gardens,
    "tower": _city_square,
    "pyramid": _sands,
    "bridge": _banks,
    "monument": _town_square,
    "temple": _gardens,
    "dome": _city_square,
}
_EASY: dict[str, Callable[[np.random.Generator], tuple[Shape, Camera]]] = {
    "house": house,
    "street": street,
    "countryside": countryside,
    "interior": lambda rng: room(int(rng.integers(1 << 30))),
    "portrait": portrait,
    "table": lambda rng: laid_table(int(rng.integers(1 << 30))),
    "pet": pet,
}
EASY_KINDS = tuple(_EASY)
