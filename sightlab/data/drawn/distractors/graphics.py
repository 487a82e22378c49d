"""Graphics, as they turn up among collected photos: maps, charts, screenshots, flags, posters, cartoons.

`graphic(seed, size)` draws one with Pillow and its built-in font. None shows a landmark.
Source: ours.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8

from sightlab.checks import InputError, check_count
from sightlab.data.drawn.distractors.drawings import (
    INK,
    PAPER,
    SOFT,
    STRONG,
    WHITE,
    Canvas,
    cartoon,
    flag,
    logo,
    poster,
)


def graphic(seed: int, size: tuple[int, int]) -> UInt8[np.ndarray, "H W 3"]:
    """One picture that is no photo.

    Args:
        seed: chooses its kind and everything on it.
        size: (height, width), pixels.
    Raises:
        InputError: a negative seed, or a side shorter than 32 pixels.
    """
    check_count(seed, "seed", 0)
    if min(size) < 32:
        raise InputError(
            f"size={size} is too small for a graphic. Give height and width of at least 32 pixels."
        )
    rng = np.random.default_rng([seed, 503])
    kinds = tuple(GRAPHICS)
    return GRAPHICS[kinds[rng.integers(len(kinds))]](size, rng).photo()


def street_map(size: tuple[int, int], rng: np.random.Generator) -> Canvas:
    """A plan of a town: blocks, streets, a river, a park, names, a pin."""
    ground, water, road = (
        ((238, 234, 226), (165, 205, 228), WHITE),
        ((250, 243, 222), (120, 180, 210), (240, 170, 90)),
    )[rng.integers(2)]
    canvas = Canvas(size, ground, rng)
    for _ in range(3):
        x, y = rng.uniform(0, 0.8, 2)
        canvas.box(x, y, x + rng.uniform(0.1, 0.25), y + rng.uniform(0.1, 0.25), (200, 226, 178))
    t = np.linspace(-0.1, 1.1, 30)
    bend = (
        rng.uniform(0.2, 0.8)
        + 0.12 * np.sin(rng.uniform(3, 7) * t + rng.uniform(0, 6))
        + rng.uniform(-0.4, 0.4) * t
    )
    river = [*zip(t, bend, strict=True)] if rng.random() < 0.5 else [*zip(bend, t, strict=True)]
    canvas.line(river, water, rng.uniform(0.05, 0.11))
    tilt = rng.uniform(-0.25, 0.25)
    for i, at in enumerate(np.cumsum(rng.uniform(0.06, 0.14, 24)) - 0.6):
        width = 0.03 if i % 4 == 0 else 0.014
        canvas.line([(at, -0.1), (at + tilt, 1.1)], (205, 200, 190), width + 0.008)
        canvas.line([(at, -0.1), (at + tilt, 1.1)], road, width)
        canvas.line([(-0.1, at), (1.1, at - tilt)], (205, 200, 190), width + 0.008)
        canvas.line([(-0.1, at), (1.1, at - tilt)], road, width)
    for _ in range(7):
        canvas.text(
            *rng.uniform(0.1, 0.9, 2), canvas.word().capitalize(), rng.uniform(0.035, 0.06), (90, 85, 80)
        )
    x, y = rng.uniform(0.25, 0.75, 2)
    canvas.polygon([(x, y), (x - 0.03, y - 0.09), (x + 0.03, y - 0.09)], (215, 50, 45))
    canvas.disc(x, y - 0.1, 0.05, (215, 50, 45))
    canvas.disc(x, y - 0.1, 0.02, WHITE)
    return canvas


def chart(size: tuple[int, int], rng: np.random.Generator) -> Canvas:
    """Bars, lines or a pie, with a title and labels."""
    canvas = Canvas(size, WHITE if rng.random() < 0.7 else PAPER, rng)
    canvas.text(0.5, 0.07, canvas.words(3), 0.07, INK)
    colors = canvas.pick(STRONG, 4)
    kind = rng.integers(3)
    if kind == 2:
        _pie(canvas, colors)
        return canvas
    for i in range(5):
        y = 0.16 + 0.17 * i
        canvas.line([(0.12, y), (0.95, y)], (215, 215, 215), 0.005)
        canvas.text(0.1, y, str(100 - 25 * i), 0.045, (90, 90, 90), "rm")
    canvas.line([(0.12, 0.14), (0.12, 0.84), (0.95, 0.84)], INK, 0.008)
    n = int(rng.integers(4, 9))
    for i in range(n):
        canvas.text(0.16 + 0.78 * (i + 0.5) / n, 0.9, canvas.word()[:3], 0.045, (90, 90, 90))
    series = rng.integers(1, 4)
    for s in range(series):
        values = np.clip(rng.uniform(0.1, 0.6) + np.cumsum(rng.normal(0.03, 0.12, n)), 0.03, 1)
        if kind == 0:
            for i, value in enumerate(values):
                x = 0.14 + 0.8 * (i + 0.15 + 0.7 * s / series) / n
                canvas.box(x, 0.84 - 0.68 * value, x + 0.55 / n / series, 0.84, colors[s])
        else:
            line = [(0.14 + 0.8 * (i + 0.5) / n, 0.84 - 0.68 * v) for i, v in enumerate(values)]
            canvas.line(line, colors[s], 0.014)
            for point in line:
                canvas.disc(*point, 0.018, colors[s])
    return canvas


def _pie(canvas: Canvas, colors) -> None:
    share = canvas.rng.dirichlet([2.0] * 4)
    ends = np.concatenate([[0], np.cumsum(share)]) * 360 - 90
    (x, y), r = canvas.at([(0.36, 0.55)])[0], 0.34 * canvas.short
    for i in range(4):
        canvas.draw.pieslice(
            (x - r, y - r, x + r, y + r), ends[i], ends[i + 1], fill=colors[i], outline=WHITE, width=3
        )
        canvas.box(0.72, 0.33 + 0.12 * i, 0.76, 0.38 + 0.12 * i, colors[i])
        canvas.text(0.79, 0.355 + 0.12 * i, f"{canvas.word()[:6]} {100 * share[i]:.0f} %", 0.05, INK, "lm")


def screenshot(size: tuple[int, int], rng: np.random.Generator) -> Canvas:
    """A window with lines of text and buttons, or a talk in bubbles."""
    is_dark = rng.random() < 0.35
    ground, text = ((32, 34, 40), (205, 208, 214)) if is_dark else (WHITE, (60, 60, 66))
    canvas = Canvas(size, ground, rng)
    accent = STRONG[rng.integers(len(STRONG))]
    canvas.box(0, 0, 1, 0.1, accent)
    canvas.text(0.04, 0.05, canvas.words(2), 0.06, WHITE, "lm", 0.7)
    for i in range(3):
        canvas.disc(0.96 - 0.05 * i, 0.05, 0.018, ((240, 90, 80), (245, 190, 60), (90, 200, 90))[i])
    if rng.random() < 0.5:
        y = 0.16
        while y < 0.88:
            mine, wide, high = rng.random() < 0.5, rng.uniform(0.3, 0.6), rng.uniform(0.08, 0.18)
            x = 0.95 - wide if mine else 0.05
            canvas.box(
                x, y, x + wide, y + high, accent if mine else ((70, 74, 84) if is_dark else (232, 233, 238))
            )
            canvas.text(
                x + 0.03, y + high / 2, canvas.words(2), 0.045, WHITE if mine else text, "lm", wide - 0.05
            )
            y += high + 0.04
        return canvas
    side = rng.choice([0.0, 0.25])
    canvas.box(0, 0.1, side, 1, (45, 48, 56) if is_dark else (238, 240, 244))
    for i in range(9):
        y = 0.18 + 0.085 * i
        if side:
            canvas.text(0.03, y, canvas.word(), 0.045, text, "lm", 0.2)
        if rng.random() < 0.8:
            canvas.box(
                side + 0.05,
                y - 0.02,
                side + rng.uniform(0.3, 0.7),
                y + 0.012,
                (110, 114, 124) if is_dark else (205, 208, 214),
            )
    canvas.box(0.72, 0.86, 0.94, 0.94, accent)
    canvas.text(0.83, 0.9, canvas.word()[:6].capitalize(), 0.05, WHITE, "mm", 0.2)
    return canvas


def page(size: tuple[int, int], rng: np.random.Generator) -> Canvas:
    """A page of text under a heading, perhaps with a stamp."""
    canvas = Canvas(size, (WHITE, PAPER, (235, 226, 200))[rng.integers(3)], rng)
    canvas.text(0.08, 0.1, canvas.words(3), 0.08, INK, "lm", 0.84)
    step = rng.uniform(0.05, 0.075)
    y = 0.2
    while y < 0.94:
        line = ""
        while len(line) < 46:
            line = f"{line} {canvas.word()}".strip()
        if rng.random() < 0.15:
            line, y = line[: rng.integers(10, 30)] + ".", y + 0.4 * step
        canvas.text(0.08, y, line, 0.72 * step, (50, 50, 54), "lm", 0.84)
        y += step
    if rng.random() < 0.35:
        x, y = rng.uniform(0.6, 0.85), rng.uniform(0.6, 0.85)
        canvas.disc(x, y, 0.13, canvas.image.getpixel((0, 0)), (190, 40, 45))
        canvas.text(x, y, canvas.word(True)[:5], 0.06, (190, 40, 45))
    return canvas


def notice(size: tuple[int, int], rng: np.random.Generator) -> Canvas:
    """Large words on a strong ground: an advertisement, a sale, a saying."""
    ground, other = [STRONG[i] for i in rng.permutation(len(STRONG))[:2]]
    canvas = Canvas(size, ground, rng)
    if rng.random() < 0.5:
        canvas.polygon([(0, rng.uniform(0.5, 0.9)), (1, rng.uniform(0.3, 0.7)), (1, 1), (0, 1)], other)
    else:
        canvas.disc(rng.uniform(0.6, 0.9), rng.uniform(0.6, 0.9), 0.3, other)
    light = SOFT[rng.integers(len(SOFT))]
    for i in range(int(rng.integers(2, 4))):
        canvas.text(0.5, 0.22 + 0.24 * i, canvas.word(True), rng.uniform(0.14, 0.24), (WHITE, light)[i % 2])
    canvas.text(0.5, 0.9, canvas.words(4), 0.06, WHITE)
    return canvas


GRAPHICS: dict[str, Callable[[tuple[int, int], np.random.Generator], Canvas]] = {
    "map": street_map,
    "chart": chart,
    "screenshot": screenshot,
    "page": page,
    "notice": notice,
    "flag": flag,
    "logo": logo,
    "poster": poster,
    "cartoon": cartoon,
}
