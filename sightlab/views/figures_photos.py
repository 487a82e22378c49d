"""Contact sheets: many small photos with a caption each; what cannot be read says why."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sightlab.checks import InputError, check_same_length
from sightlab.data.photos import UnreadablePhoto, open_photo
from sightlab.views.figures_base import COLORS, INK, PALE, WIDE, credit, drawn, new_figure, plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_TILES = 400  # more do not fit on one page


@drawn
def contact_sheet(
    paths: Sequence[Path | str],
    captions: Sequence[str],
    columns: int = 6,
    title: str = "",
    outline_colors: Sequence[str] | None = None,
) -> Figure:
    """A sheet of thumbnails, row by row, each with its caption below.

    Args:
        paths: photos; they are opened here, never shown by name. One that cannot be read becomes a grey
            tile with the reason.
        captions: one per photo, drawn as they stand, up to three lines; a line break is kept.
        columns: tiles in a row, 1 to 12.
        title: one line above the sheet.
        outline_colors: a color per photo, or a key of `COLORS` such as "confused"; "" draws no outline.
    """
    check_same_length("contact_sheet", paths=paths, captions=captions)
    if outline_colors is not None:
        check_same_length("contact_sheet", paths=paths, outline_colors=outline_colors)
    if not 0 < len(paths) <= MOST_TILES:
        raise InputError(
            f"paths must hold 1 to {MOST_TILES} photos for one sheet; got {len(paths):,}. "
            "Choose some by a rule, such as the worst 24, and draw several sheets for more."
        )
    if not 1 <= columns <= 12:
        raise InputError(f"columns must be 1 to 12; got {columns}. Choose how many tiles stand in a row.")
    margin, gap = 0.06, 0.08  # inches
    tile = (WIDE - 2 * margin - (columns - 1) * gap) / columns
    size = min(7.0, max(4.5, 4 + 2.2 * tile))  # points
    line = size * 1.25 / 72
    texts = [_wrap(c, tile, size) for c in captions]
    lines = max(t.count("\n") + 1 if t else 0 for t in texts)
    rows = -(-len(paths) // columns)
    step = tile + lines * line + 0.1
    head = 0.3 if title else 0.05
    figure = new_figure(WIDE, head + rows * step + margin)
    figure.set_layout_engine("none")  # positions are given in inches
    width, height = figure.get_size_inches()
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set_axis_off()
    ax.set_xlim(0, width)
    ax.set_ylim(height, 0)  # y grows downwards, as in a photo
    if title:
        ax.text(margin, 0.06, plain(title, 110), fontsize=9, weight="bold", va="top")
    pixels = max(32, round(tile * 200))
    for i, (path, text) in enumerate(zip(paths, texts, strict=True)):
        left, top = margin + (i % columns) * (tile + gap), head + (i // columns) * step
        outline = outline_colors[i] if outline_colors is not None else ""
        draw_tile(ax, path, left, top, tile, pixels, COLORS.get(outline, outline))
        ax.text(left, top + tile + 0.04, text, fontsize=size, va="top", linespacing=1.15, color="#222222")
    ax.set_xlim(0, width)
    ax.set_ylim(height, 0)
    credit(figure, paths)
    return figure


@drawn
def empty_sheet(text: str) -> Figure:
    """A sheet without photos that says why, where a notebook expects one."""
    figure = new_figure(WIDE, 0.6)
    figure.text(0.5, 0.5, plain(text, 110), ha="center", va="center", fontsize=9, color=INK)
    return figure


def _wrap(caption: str, tile: float, size: float) -> str:
    """At most three lines that fit under a tile of `tile` inches; longer captions end in an ellipsis."""
    across = max(6, int(tile * 72 / (0.54 * size)))  # an average letter is 0.54 of the font size wide
    lines = []
    for part in str(caption).splitlines():
        lines += textwrap.wrap(plain(part).replace(r"\$", "$"), across, break_on_hyphens=False)
    if len(lines) > 3:
        lines = [*lines[:2], lines[2][: across - 1].rstrip() + "\u2026"]
    return "\n".join(lines).replace("$", r"\$")


def draw_tile(ax, path: Path | str, left: float, top: float, tile: float, pixels: int, outline: str) -> None:
    """One thumbnail, centered in its square with its own shape kept."""
    from matplotlib.patches import Rectangle

    x, y, w, h = left, top, tile, tile
    try:
        thumbnail = _thumbnail(path, pixels)
    except UnreadablePhoto as error:
        ax.add_patch(Rectangle((x, y), w, h, facecolor=PALE, edgecolor="none"))
        reason = getattr(error, "reason", "") or str(error)
        text = textwrap.fill("unreadable: " + plain(reason, 60).replace(r"\$", "$"), max(8, int(tile * 14)))
        ax.text(
            x + w / 2, y + h / 2, text.replace("$", r"\$"), fontsize=6, color=INK, ha="center", va="center"
        )
    else:
        rows, columns = thumbnail.shape[:2]
        w, h = tile * columns / max(rows, columns), tile * rows / max(rows, columns)
        x, y = left + (tile - w) / 2, top + (tile - h)
        ax.imshow(thumbnail, extent=(x, x + w, y + h, y), interpolation="antialiased", aspect="auto")
    if outline:
        ax.add_patch(Rectangle((x, y), w, h, fill=False, edgecolor=outline, linewidth=1.8))


def _thumbnail(path: Path | str, pixels: int) -> np.ndarray:
    """(h, w, 3) with the long side at most `pixels`; smaller photos stay as they are."""
    from PIL import Image

    photo = Image.fromarray(open_photo(path, min_side=pixels))
    photo.thumbnail((pixels, pixels), Image.Resampling.LANCZOS)
    return np.asarray(photo)
