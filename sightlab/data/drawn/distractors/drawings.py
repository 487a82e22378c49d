"""Flat pictures drawn by hand of code: flags, logos, travel posters, cartoons. No photo of anything.

A `Canvas` is twice as large as what comes out of it, so that edges end up smooth. Positions on it are shares
of its width and height in [0, 1], lengths are shares of its shorter side.
Source: ours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

Color = tuple[int, int, int]

INK = (28, 28, 34)
WHITE = (255, 255, 255)
PAPER = (247, 244, 236)
STRONG: tuple[Color, ...] = (
    (200, 30, 40), (20, 70, 160), (245, 190, 30), (20, 130, 80),
    (235, 110, 35), (120, 40, 130), (25, 25, 30), (30, 150, 190),
)  # fmt: skip
SOFT: tuple[Color, ...] = (
    (246, 214, 190), (190, 220, 236), (206, 232, 200), (250, 236, 170), (228, 208, 238), (240, 240, 240),
)  # fmt: skip
_SYLLABLES = (
    "ba", "den", "vor", "lin", "ta", "mar", "os", "kel", "ra", "ti", "pen", "sol", "gar", "mi", "ne", "lu",
    "fa", "hol", "ster", "an", "dre", "ko", "ri", "va",
)  # fmt: skip


class Canvas:
    """A picture that is drawn at twice its size."""

    def __init__(self, size: tuple[int, int], background: Color, rng: np.random.Generator):
        self.height, self.width = 2 * size[0], 2 * size[1]
        self.short = min(self.height, self.width)
        self.image = Image.new("RGB", (self.width, self.height), background)
        self.draw = ImageDraw.Draw(self.image)
        self.rng = rng

    def at(self, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        return [(x * self.width, y * self.height) for x, y in points]

    def polygon(self, points: Sequence[tuple[float, float]], color: Color, edge: Color | None = None) -> None:
        self.draw.polygon(self.at(points), fill=color)
        if edge is not None:
            self.line([*points, points[0]], edge, 0.008)

    def box(
        self, x0: float, y0: float, x1: float, y1: float, color: Color, edge: Color | None = None
    ) -> None:
        self.polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], color, edge)

    def line(self, points: Sequence[tuple[float, float]], color: Color, width: float = 0.01) -> None:
        self.draw.line(self.at(points), fill=color, width=max(1, round(width * self.short)), joint="curve")

    def disc(
        self, x: float, y: float, radius: float, color: Color, edge: Color | None = None, flat: float = 1.0
    ) -> None:
        """A disc; `flat` squeezes it upright."""
        (cx, cy), r = self.at([(x, y)])[0], radius * self.short
        around = (cx - r, cy - flat * r, cx + r, cy + flat * r)
        self.draw.ellipse(around, fill=color, outline=edge, width=max(1, round(0.008 * self.short)))

    def star(self, x: float, y: float, radius: float, color: Color, points: int = 5) -> None:
        angle = -np.pi / 2 + np.pi * np.arange(2 * points) / points
        r = radius * self.short * np.where(np.arange(2 * points) % 2, 0.42, 1)
        (cx, cy) = self.at([(x, y)])[0]
        self.draw.polygon([*zip(cx + r * np.cos(angle), cy + r * np.sin(angle), strict=True)], fill=color)

    def text(
        self, x: float, y: float, words: str, size: float, color: Color, anchor: str = "mm", fit: float = 0.92
    ) -> None:
        """Words in Pillow's own font, made smaller until they take at most `fit` of the width."""
        pixels = max(8, round(size * self.short))
        while pixels > 8 and ImageFont.load_default(pixels).getlength(words) > fit * self.width:
            pixels = round(0.9 * pixels)
        self.draw.text(
            self.at([(x, y)])[0], words, fill=color, font=ImageFont.load_default(pixels), anchor=anchor
        )

    def word(self, capital: bool = False) -> str:
        """An invented word of two or three syllables."""
        parts = self.rng.choice(_SYLLABLES, int(self.rng.integers(2, 4)))
        return "".join(parts).upper() if capital else "".join(parts)

    def words(self, n: int) -> str:
        return " ".join(self.word() for _ in range(n)).capitalize()

    def pick(self, colors: Sequence[Color], n: int) -> list[Color]:
        """n different colors."""
        return [colors[i] for i in self.rng.permutation(len(colors))[:n]]

    def photo(self) -> UInt8[np.ndarray, "H W 3"]:
        small = self.image.resize((self.width // 2, self.height // 2), Image.Resampling.BOX)
        return np.array(small)


def flag(size: tuple[int, int], rng: np.random.Generator) -> Canvas:
    """A flag that fills the picture, or hangs on a plain ground."""
    canvas = Canvas(size, (205, 222, 236), rng)
    margin = rng.choice([0.0, 0.0, 0.12])
    a, b, c = canvas.pick((*STRONG, WHITE), 3)
    x0, y0, x1, y1 = margin, 1.3 * margin, 1 - margin, 1 - 1.3 * margin
    wide, high = x1 - x0, y1 - y0
    design = rng.integers(5)
    if design in (0, 1):
        n = int(rng.choice([2, 3, 3, 3, 5, 9]))
        for i in range(n):
            color = (a, b, c)[i % (3 if n == 3 else 2)]
            if design == 0:
                canvas.box(x0, y0 + high * i / n, x1, y0 + high * (i + 1) / n, color)
            else:
                canvas.box(x0 + wide * i / n, y0, x0 + wide * (i + 1) / n, y1, color)
    elif design == 2:
        canvas.box(x0, y0, x1, y1, a)
        canvas.disc(x0 + wide * rng.choice([0.5, 0.4]), (y0 + y1) / 2, 0.3 * high, b)
    elif design == 3:
        canvas.box(x0, y0, x1, y1, a)
        x, thick = x0 + wide * rng.choice([0.5, 0.36]), 0.11
        for color, t in ((b, thick), (c, 0.5 * thick)):
            canvas.box(x - t * high * 0.7, y0, x + t * high * 0.7, y1, color)
            canvas.box(x0, (y0 + y1) / 2 - t * high, x1, (y0 + y1) / 2 + t * high, color)
    else:
        canvas.box(x0, y0, x1, (y0 + y1) / 2, a)
        canvas.box(x0, (y0 + y1) / 2, x1, y1, b)
        canvas.polygon([(x0, y0), (x0 + 0.42 * wide, (y0 + y1) / 2), (x0, y1)], c)
    if rng.random() < 0.5:
        canvas.star(
            x0 + wide * rng.choice([0.5, 0.16]), (y0 + y1) / 2, 0.14, (250, 220, 60), int(rng.integers(5, 9))
        )
    return canvas


def logo(size: tuple[int, int], rng: np.random.Generator) -> Canvas:
    """A mark and a name on a plain ground."""
    canvas = Canvas(size, WHITE if rng.random() < 0.6 else STRONG[rng.integers(len(STRONG))], rng)
    ground = canvas.image.getpixel((0, 0))
    a, b = canvas.pick([c for c in (*STRONG, WHITE) if c != ground], 2)
    if ground == WHITE:
        a, b = canvas.pick(STRONG, 2)
    x, y, mark = 0.5, 0.4, rng.integers(5)
    if mark == 0:
        canvas.disc(x, y, 0.26, a)
        canvas.disc(x + 0.07, y - 0.04, 0.18, b)
    elif mark == 1:
        for i in range(3):
            canvas.box(
                x - 0.16 + 0.12 * i, y + 0.2 - 0.14 * (i + 1), x - 0.07 + 0.12 * i, y + 0.2, (a, b, a)[i]
            )
    elif mark == 2:
        canvas.polygon([(x, y - 0.28), (x + 0.2, y + 0.22), (x - 0.2, y + 0.22)], a)
        canvas.polygon([(x, y - 0.02), (x + 0.1, y + 0.22), (x - 0.1, y + 0.22)], ground)
    elif mark == 3:
        canvas.star(x, y, 0.28, a, int(rng.integers(5, 12)))
        canvas.disc(x, y, 0.09, b)
    else:
        canvas.disc(x, y, 0.27, a)
        canvas.text(x, y, canvas.word(True)[:1], 0.36, ground)
    canvas.text(0.5, 0.82, canvas.word(rng.random() < 0.6), rng.uniform(0.12, 0.18), a)
    return canvas


def poster(size: tuple[int, int], rng: np.random.Generator) -> Canvas:
    """A travel poster: a sunset of bands, hills, the outline of something famous, a name."""
    top, low, dark, light = [STRONG[i] for i in rng.permutation(len(STRONG))[:4]]
    canvas = Canvas(size, top, rng)
    bands = int(rng.integers(4, 8))
    for i in range(bands):
        share = i / (bands - 1)
        color = tuple(int(t + (u - t) * share) for t, u in zip(top, low, strict=True))
        canvas.box(0, 0.75 * share, 1, 1, color)
    canvas.disc(rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.4), rng.uniform(0.1, 0.2), (255, 236, 170))
    x = np.linspace(0, 1, 30)
    ridge = 0.68 + 0.06 * np.sin(rng.uniform(4, 9) * x + rng.uniform(0, 6))
    canvas.polygon([*zip(x, ridge, strict=True), (1, 1), (0, 1)], tuple(int(0.6 * c) for c in light))
    silhouette(
        canvas,
        int(rng.integers(5)),
        rng.uniform(0.35, 0.65),
        0.76,
        rng.uniform(0.3, 0.45),
        tuple(int(0.35 * c) for c in dark),
    )
    canvas.box(0, 0.75, 1, 1, tuple(int(0.35 * c) for c in dark))
    canvas.text(0.5, 0.84, canvas.word(True), 0.14, (255, 240, 200))
    canvas.text(0.5, 0.94, canvas.words(3), 0.06, (255, 240, 200))
    return canvas


def silhouette(canvas: Canvas, kind: int, x: float, foot: float, tall: float, color: Color) -> None:
    """The outline of a tower, a pyramid, a dome, a bridge or a pagoda that stands on the height `foot`."""
    top = foot - tall
    if kind == 0:
        canvas.polygon(
            [(x - 0.09, foot), (x - 0.02, top + 0.1), (x, top), (x + 0.02, top + 0.1), (x + 0.09, foot)],
            color,
        )
        canvas.box(x - 0.06, foot - 0.3 * tall, x + 0.06, foot - 0.26 * tall, color)
    elif kind == 1:
        canvas.polygon([(x - 0.3, foot), (x, top + 0.1), (x + 0.3, foot)], color)
        canvas.polygon([(x + 0.12, foot), (x + 0.28, top + 0.2), (x + 0.44, foot)], color)
    elif kind == 2:
        canvas.box(x - 0.2, foot - 0.4 * tall, x + 0.2, foot, color)
        canvas.disc(x, foot - 0.4 * tall, 0.16, color)
        canvas.line([(x, foot - 0.5 * tall), (x, top)], color, 0.015)
        for side in (-0.26, 0.26):
            canvas.box(x + side - 0.015, top + 0.06, x + side + 0.015, foot, color)
    elif kind == 3:
        for side in (-0.25, 0.25):
            canvas.box(x + side - 0.015, top, x + side + 0.015, foot, color)
        t = np.linspace(-1, 1, 21)
        canvas.line([(x + 0.25 * s, top + (foot - 0.08 - top) * (1 - s * s)) for s in t], color, 0.012)
        canvas.box(0, foot - 0.07, 1, foot - 0.045, color)
    else:
        for i in range(4):
            y, half = foot - tall * (i + 1) / 5, 0.17 - 0.03 * i
            canvas.polygon(
                [(x - half, y), (x - 0.6 * half, y - 0.05), (x + 0.6 * half, y - 0.05), (x + half, y)], color
            )
            canvas.box(x - 0.55 * half, y, x + 0.55 * half, y + tall / 5, color)
        canvas.line([(x, foot - 0.8 * tall), (x, top)], color, 0.012)


def cartoon(size: tuple[int, int], rng: np.random.Generator) -> Canvas:
    """Flat colors with black outlines: a face, or a house on a hill under the sun."""
    canvas = Canvas(size, SOFT[rng.integers(len(SOFT))], rng)
    a, b, c = canvas.pick(STRONG[:6], 3)
    if rng.random() < 0.5:
        x, y, ear = 0.5, 0.52, rng.choice([0.0, 0.3])
        for side in (-1, 1):
            canvas.disc(x + side * 0.2, y - 0.24 - ear * 0.3, 0.1, a, INK, 1 + ear * 3)
        canvas.disc(x, y, 0.34, a, INK)
        for side in (-1, 1):
            canvas.disc(x + side * 0.09, y - 0.06, 0.08, WHITE, INK, 1.2)
            canvas.disc(x + side * 0.08, y - 0.04, 0.035, INK)
        canvas.disc(x, y + 0.06, 0.045, b, INK)
        t = np.linspace(-1, 1, 11)
        canvas.line([(x + 0.13 * s, y + 0.15 + 0.06 * (1 - s * s)) for s in t], INK, 0.014)
        if rng.random() < 0.6:
            canvas.disc(0.82, 0.16, 0.14, WHITE, INK, 0.7)
            canvas.text(0.82, 0.16, canvas.word()[:5] + "!", 0.08, INK)
        return canvas
    canvas.disc(rng.uniform(0.12, 0.88), 0.18, 0.11, (255, 210, 60), INK)
    x = np.linspace(0, 1, 30)
    hill = 0.72 + 0.08 * np.sin(rng.uniform(3, 6) * x + rng.uniform(0, 6))
    canvas.polygon([*zip(x, hill, strict=True), (1, 1), (0, 1)], (110, 185, 80), INK)
    left, foot, wide, high = rng.uniform(0.2, 0.5), 0.8, 0.3, 0.28
    canvas.box(left, foot - high, left + wide, foot, a, INK)
    canvas.polygon(
        [(left - 0.04, foot - high), (left + wide / 2, foot - high - 0.2), (left + wide + 0.04, foot - high)],
        b,
        INK,
    )
    canvas.box(left + 0.04, foot - 0.16, left + 0.11, foot, c, INK)
    canvas.box(left + 0.17, foot - 0.2, left + 0.26, foot - 0.1, (190, 225, 250), INK)
    for tree in rng.uniform(0.05, 0.95, 2):
        canvas.box(tree - 0.015, 0.74, tree + 0.015, 0.86, (120, 80, 45), INK)
        canvas.disc(tree, 0.68, 0.11, (60, 150, 70), INK)
    return canvas
