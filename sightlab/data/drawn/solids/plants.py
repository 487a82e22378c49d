"""Trees, bushes and other plants, each around the origin with its foot on z = 0.

`plant(kind, seed)` gives one to stand near a camera (50 to 350 triangles), `plant(kind, seed, far=True)` a
coarse one for woods and horizons (10 to 60). `grove` sows many of a few kinds. Leaves wear the pattern
"foliage", which follows the season, needles and bamboo "evergreen", fronds and blades "plain".
Source: ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from sightlab.checks import check_choice
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.terrain import blob, scattered, sheet, tube

BARK = Material((0.30, 0.23, 0.17), "wood", (0.18, 0.13, 0.10), scale=0.3)
BIRCH = Material((0.82, 0.81, 0.77), "wood", (0.2, 0.2, 0.2), scale=0.5)
PALM_BARK = Material((0.47, 0.38, 0.27), "wood", (0.30, 0.24, 0.17), scale=0.3)
LEAVES = Material((0.20, 0.37, 0.12), "foliage", (0.10, 0.22, 0.07), scale=0.5, detail=0.8)
PALE_LEAVES = Material((0.36, 0.46, 0.16), "foliage", (0.19, 0.29, 0.08), scale=0.4, detail=0.8)
DARK_LEAVES = Material((0.13, 0.28, 0.12), "foliage", (0.06, 0.16, 0.06), scale=0.5, detail=0.8)
NEEDLES = Material((0.10, 0.22, 0.13), "evergreen", (0.04, 0.10, 0.06), scale=0.4, detail=0.8)
PALM_LEAVES = Material((0.22, 0.38, 0.10), "plain", (0.10, 0.2, 0.05), scale=0.3, detail=0.6)
BAMBOO_LEAVES = Material((0.40, 0.54, 0.16), "evergreen", (0.22, 0.36, 0.08), scale=0.3, detail=0.8)
BAMBOO_STEM = Material((0.42, 0.55, 0.20), "plain", (0.25, 0.36, 0.12), scale=0.5)


@lru_cache(maxsize=256)
def plant(kind: str, seed: int = 0, far: bool = False) -> Shape:
    """One plant of a kind in `PLANTS`; the seed varies its form, not its kind.

    Args:
        kind: broadleaf, birch, conifer, cypress, palm, bamboo, pine, bush, reed.
        seed: of the form.
        far: coarse, for a distance.
    """
    check_choice(kind, "kind", tuple(PLANTS))
    return PLANTS[kind](np.random.default_rng([seed, sum(map(ord, kind))]), far)


def grove(
    kinds: Sequence[str],
    x: Float[np.ndarray, " N"],
    y: Float[np.ndarray, " N"],
    z: Float[np.ndarray, " N"] | float = 0.0,
    seed: int = 0,
    far: bool = False,
    variants: int = 3,
    size: float = 1.0,
) -> Shape:
    """A plant at each of N spots, of mixed kinds, forms, sizes and turns.

    Args:
        kinds: of the plants, each as likely as it is often in the list.
        x, y, z: where their feet stand, meters.
        variants: how many forms of each kind there are.
        size: factor on all of them.
    """
    rng = np.random.default_rng([seed, 41])
    n = len(x)
    z = np.broadcast_to(np.asarray(z, np.float64), (n,))
    which = rng.integers(len(kinds) * variants, size=n)
    turn, sizes = rng.uniform(0, 360, n), size * rng.uniform(0.7, 1.25, n)
    parts = []
    for form in range(len(kinds) * variants):
        here = which == form
        shape = plant(kinds[form % len(kinds)], form // len(kinds), far)
        parts.append(scattered(shape, x[here], y[here], z[here], turn[here], sizes[here]))
    return Shape.join(parts)


def _trunk(rng: np.random.Generator, height: float, radius: float, lean: float, bark: Material, far: bool):
    steps = 2 if far else 4
    t = np.linspace(0, 1, steps)
    way = rng.uniform(-lean, lean, 2) * height
    path = np.stack([way[0] * t**2, way[1] * t**2, height * t], -1)
    return tube(path, radius * (1 - 0.5 * t), bark, 3 if far else 6), path[-1]


def _crown(rng, middle, radius, height, material, n_blobs, corners) -> list[Shape]:
    """Blobs around a middle that fill an ellipsoid: one large one, the others bulge out of it."""
    seeds = rng.integers(1 << 30, size=n_blobs)
    parts = [blob((radius, radius, height), material, int(seeds[0]), 0.18, corners).moved(*middle)]
    start = rng.uniform(0, 2 * np.pi)
    for i in range(1, n_blobs):
        a = start + 2.4 * i
        out, up = rng.uniform(0.5, 0.75), rng.uniform(-0.35, 0.75)
        r = rng.uniform(0.42, 0.6)
        at = middle + np.array([np.cos(a) * out * radius, np.sin(a) * out * radius, up * height])
        parts.append(
            blob((r * radius, r * radius, r * height), material, int(seeds[i]), 0.22, corners).moved(*at)
        )
    return parts


def _broadleaf(rng: np.random.Generator, far: bool) -> Shape:
    height, leaves = rng.uniform(8, 12), (LEAVES, PALE_LEAVES, DARK_LEAVES)[rng.integers(3)]
    trunk, top = _trunk(rng, 0.5 * height, 0.028 * height, 0.05, BARK, far)
    middle = top + np.array([0, 0, 0.12 * height])
    crown = _crown(rng, middle, 0.30 * height, 0.36 * height, leaves, 1 if far else 6, 18 if far else 32)
    return Shape.join([trunk, *crown])


def _birch(rng: np.random.Generator, far: bool) -> Shape:
    height = rng.uniform(9, 13)
    trunk, top = _trunk(rng, 0.75 * height, 0.014 * height, 0.06, BIRCH, far)
    crown = _crown(rng, top - [0, 0, 0.12 * height], 0.15 * height, 0.34 * height, PALE_LEAVES, 1, 24)
    if not far:
        for _ in range(4):
            at = top + rng.uniform(-1, 1, 3) * [0.13, 0.13, 0.2] * height - [0, 0, 0.2 * height]
            crown += _crown(rng, at, 0.1 * height, 0.13 * height, PALE_LEAVES, 1, 20)
    return Shape.join([trunk, *crown])


def _cypress(rng: np.random.Generator, far: bool) -> Shape:
    height = rng.uniform(7, 12)
    trunk, _ = _trunk(rng, 0.2 * height, 0.02 * height, 0, BARK, True)
    radius = 0.1 * height
    body = blob((radius, radius, 0.48 * height), NEEDLES, int(rng.integers(1 << 30)), 0.12, 20 if far else 60)
    return Shape.join([trunk, body.moved(z=0.53 * height)])


def _skirt(low: float, high: float, radius: float, n: int, rng: np.random.Generator, sag: float) -> Shape:
    """A cone of needles whose hem is ragged and hangs down between the boughs."""
    angle = np.linspace(0, 2 * np.pi, 2 * n + 1) + rng.uniform(0, 6)
    reach = radius * np.where(np.arange(2 * n + 1) % 2, 0.72, 1) * rng.uniform(0.9, 1.1, 2 * n + 1)
    hem = low - sag * np.where(np.arange(2 * n + 1) % 2, -0.5, 1)
    reach[-1], hem[-1] = reach[0], hem[0]
    ring = np.stack([reach * np.cos(angle), reach * np.sin(angle), hem], -1)
    ring[-1] = ring[0]
    return sheet(np.stack([ring, np.broadcast_to([0, 0, high], ring.shape)]), (NEEDLES,))


def _conifer(rng: np.random.Generator, far: bool) -> Shape:
    height = rng.uniform(10, 16)
    trunk, _ = _trunk(rng, 0.3 * height, 0.016 * height, 0, BARK, True)
    layers, n = (3, 4) if far else (6, 7)
    parts, width = [trunk], rng.uniform(0.17, 0.24) * height
    for i in range(layers):
        low = height * (0.14 + 0.76 * (i / layers) ** 0.9)
        high = min(height, low + height * (0.62 if far else 0.4) * (1 - 0.5 * i / layers))
        parts.append(
            _skirt(low, high, width * (1 - i / layers) ** 0.8 + 0.02 * height, n, rng, 0.02 * height)
        )
    return Shape.join(parts)


def _frond(length: float, rise: float, droop: float, width: float, material: Material, steps: int) -> Shape:
    """A leaf along +x that rises and then hangs: folded along its middle rib."""
    t = np.linspace(0, 1, steps)
    x, z = length * t * (1 - 0.15 * droop * t), rise * t - droop * length * 0.6 * t**2.2
    half = width * np.sin(np.pi * np.clip(0.08 + 0.92 * t, 0, 1)) ** 0.7
    rib = np.stack([x, np.zeros(steps), z], -1)
    down = np.stack([np.zeros(steps), half, -0.5 * half], -1)
    return sheet(np.stack([rib - down * [1, 1, -1], rib, rib + down], 0), (material,))


def _palm(rng: np.random.Generator, far: bool) -> Shape:
    height = rng.uniform(7, 12)
    trunk, top = _trunk(rng, height, 0.24, 0.16, PALM_BARK, far)
    parts, n = [trunk], 7 if far else 13
    for i in range(n):
        upper = i % 2
        leaf = _frond(
            rng.uniform(2.8, 3.6),
            rng.uniform(1.6, 2.4) if upper else rng.uniform(0.4, 1.0),
            rng.uniform(0.5, 0.8) if upper else rng.uniform(0.7, 1.0),
            0.5 if far else 0.38,
            PALM_LEAVES,
            3 if far else 5,
        )
        parts.append(leaf.turned(360 * i / n + rng.uniform(-12, 12)).moved(*top))
    return Shape.join(parts)


def _bamboo(rng: np.random.Generator, far: bool) -> Shape:
    parts = []
    for _ in range(5 if far else 9):
        height = rng.uniform(6, 9)
        x, y = rng.uniform(-0.9, 0.9, 2)
        stem, top = _trunk(rng, height, 0.07, 0.18, BAMBOO_STEM, True)
        tuft = blob((0.7, 0.7, 1.7), BAMBOO_LEAVES, int(rng.integers(1 << 30)), 0.35, 12)
        parts += [stem.moved(x, y), tuft.moved(x + top[0], y + top[1], top[2] - 0.9)]
    return Shape.join(parts)


def _pine(rng: np.random.Generator, far: bool) -> Shape:
    """A garden pine: a bent trunk that carries flat clouds of needles."""
    height = rng.uniform(4.5, 6.5)
    t = np.linspace(0, 1, 3 if far else 6)
    swing = rng.choice([-1.0, 1.0]) * 0.16 * height
    path = np.stack([swing * np.sin(3.6 * t), 0.4 * swing * np.sin(2.5 * t + 1), 0.86 * height * t], -1)
    parts = [tube(path - [0, path[0, 1], 0], 0.05 * height * (1 - 0.7 * t), BARK, 3 if far else 6)]
    for i in range(2 if far else 6):
        level = (0.45, 0.55, 0.62, 0.72, 0.8, 1.0)[-1 - i]
        a, out = 2.4 * i + rng.uniform(0, 1), 0 if i == 0 else rng.uniform(0.18, 0.3) * height
        r = rng.uniform(0.17, 0.24) * height
        at = [swing * np.sin(3.6 * level) + out * np.cos(a), out * np.sin(a), level * 0.9 * height]
        seed = int(rng.integers(1 << 30))
        parts.append(blob((r, r, 0.3 * r), NEEDLES, seed, 0.2, 16 if far else 28).moved(*at))
    return Shape.join(parts)


def _bush(rng: np.random.Generator, far: bool) -> Shape:
    leaves = (LEAVES, PALE_LEAVES, DARK_LEAVES)[rng.integers(3)]
    r = rng.uniform(0.6, 1.1)
    return Shape.join(
        _crown(rng, np.array([0, 0, 0.6 * r]), r, 0.8 * r, leaves, 1 if far else 3, 14 if far else 20)
    )


def _reed(rng: np.random.Generator, far: bool) -> Shape:
    """A tuft of tall grass."""
    blade = Material((0.45, 0.47, 0.20), "plain", (0.3, 0.3, 0.1), scale=0.2)
    parts = [
        _frond(rng.uniform(0.3, 0.8), rng.uniform(1.2, 2.0), 0.6, 0.05, blade, 3).turned(rng.uniform(0, 360))
        for _ in range(4 if far else 10)
    ]
    return Shape.join(parts)


PLANTS = {
    "broadleaf": _broadleaf,
    "birch": _birch,
    "conifer": _conifer,
    "cypress": _cypress,
    "palm": _palm,
    "bamboo": _bamboo,
    "pine": _pine,
    "bush": _bush,
    "reed": _reed,
}
