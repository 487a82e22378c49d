"""A long wall over hills, with its watch towers; it runs along x.

Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.drawn.solids.ornaments import SQUARE, battlements, curved_roof, on_four_sides, window_rows
from sightlab.data.drawn.solids.outlines import rectangle
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import assembled, box, copies, lathe, sweep

SLATE = Material((0.24, 0.25, 0.28), "tiles", (0.18, 0.19, 0.21), 0.5)
DARK = Material((0.09, 0.08, 0.08))
BRICK = Material((0.60, 0.54, 0.46), "brick", (0.42, 0.37, 0.31), 0.7)
SCRUB = Material((0.33, 0.38, 0.22), "grass", (0.45, 0.40, 0.27), 9.0, 0.9)


def badain_wall() -> Shape:
    """A wall with battlements and five watch towers over a ridge of 560 m; the ridge comes with it."""
    x = np.linspace(-280, 280, 57)
    path = np.column_stack([x, _wall_y(x), _ridge_z(x, _wall_y(x))])
    rng = np.random.default_rng(0)
    parts = [_ridge(), sweep(path + [0, 0, 3.0], rectangle(6.4, 8.5), BRICK)]
    for s in (-1, 1):
        edge = path + [0, s * 2.9, 7.7]
        parts.append(sweep(edge, rectangle(0.6, 1.5), BRICK))
        step = np.linspace(0, len(x) - 1, 170)
        spots = np.stack([np.interp(step, np.arange(len(x)), c) for c in edge.T], axis=1)
        parts.append(copies(box(1.7, 0.65, 1.5, BRICK), spots + [0, 0, 0.5]))
    for i in (4, 16, 27, 39, 52):
        ahead = path[i + 1] - path[i - 1]
        turn = np.rad2deg(np.arctan2(ahead[1], ahead[0]))
        parts.append(_watch_tower(10 + rng.uniform(-1, 1.5)).turned(turn).moved(*(path[i] + [0, 0, -2])))
    return assembled(parts)


def _wall_y(x: np.ndarray) -> np.ndarray:
    return 26 * np.sin(x / 62) + 10 * np.sin(x / 23 + 1)


def _ridge_z(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Height of the hills: a crest along the wall that falls to 0 at the rim."""
    crest = 46 + 17 * np.sin(x / 58 + 0.6) + 9 * np.sin(x / 24) + 5 * np.sin(x / 11 + 2)
    away = np.abs(y - _wall_y(x) * np.exp(-(((y - _wall_y(x)) / 90) ** 2)))
    slope = np.exp(-((away / 78) ** 2)) + 0.10 * np.sin(x / 19 + y / 27) * np.exp(-((away / 110) ** 2))
    rim = np.clip(np.minimum((330 - np.abs(x)) / 60, (190 - np.abs(y)) / 60), 0, 1)
    return np.maximum(crest * slope, 0) * rim * rim * (3 - 2 * rim)


def _ridge() -> Shape:
    """The hills as a grid of triangles, 660 x 380 m."""
    nx, ny = 67, 49
    gx, gy = np.meshgrid(np.linspace(-330, 330, nx), np.linspace(-190, 190, ny))
    top = np.column_stack([gx.ravel(), gy.ravel(), _ridge_z(gx, gy).ravel() - 0.2])
    a = (np.arange(ny - 1)[:, None] * nx + np.arange(nx - 1)).ravel()
    faces = np.concatenate([np.stack([a, a + 1, a + nx + 1], 1), np.stack([a, a + nx + 1, a + nx], 1)])
    return Shape.of(top, faces, SCRUB)


def _watch_tower(height: float) -> Shape:
    """A square tower astride the wall: two rows of arched windows, battlements, a small hipped roof."""
    half = 5.2
    foot = lathe([(half + 0.9, -12), (half + 0.2, 7)], BRICK, SQUARE)
    face = window_rows(
        2 * half, 3, [(8.2, 2.2, 1.1), (8 + 0.55 * height - 2.2, 2.2, 1.1)], 6 + height, BRICK, DARK, arched=1
    )
    parts = [foot, box(2 * half - 1.2, 2 * half - 1.2, height, BRICK, z=6), on_four_sides(face, half)]
    parts.append(box(2 * half + 0.8, 2 * half + 0.8, 0.5, BRICK, z=5.6 + height))
    parts.append(on_four_sides(battlements(2 * half + 0.6, 6, 1.5, BRICK).moved(z=6 + height), half + 0.1))
    parts += [
        box(5, 4, 3.2, BRICK, z=6 + height),
        curved_roof((7, 6), (3, 0), 2.2, 0.5, SLATE, BRICK, 2).moved(z=9 + height),
    ]
    return Shape.join(parts)
