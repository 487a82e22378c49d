"""Figures of notebook 05: class activation maps beside their photos, on one scale for the whole sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from sightlab.checks import InputError, check_count, check_fraction, check_same_length
from sightlab.views.figures_base import WIDE, drawn, new_figure, plain

if TYPE_CHECKING:
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

MOST_PAIRS = 120  # more do not fit on one page
LABEL = "evidence for the class (mean over the photo + bias = logit)"
COLORMAP = "RdBu_r"  # diverging, safe for color-blind readers: red for the class, blue against it


@drawn
def cam_sheet(
    photos: Sequence[np.ndarray],
    maps: np.ndarray,
    captions: Sequence[str],
    columns: int = 2,
    title: str = "",
    limit: float | None = None,
    opacity: float = 0.65,
    label: str = LABEL,
    is_native: bool = False,
) -> Figure:
    """Each photo beside its map laid over it in grey; the same color means the same value everywhere.

    Args:
        photos: B photos (H, W, 3) uint8 of any shape; a map covers its whole photo.
        maps: (B, h, w) signed, e.g. of `cam.class_activation`; 0 is white, above 0 red, below 0 blue.
        captions: B texts, up to three lines each; drawn as they stand.
        columns: pairs in a row, 1 to 4.
        title: one line above the sheet.
        limit: value of the full color, > 0; None: the largest absolute value of the sheet. Give the same
            limit to sheets that are compared.
        opacity: of the map over the grey photo, [0, 1].
        label: what the color bar measures.
        is_native: show the cells of the map as they are, instead of blending them into each other.
    Raises:
        InputError: lengths that differ, a photo that is not uint8 RGB, values that are not finite.
    """
    from matplotlib import colormaps

    maps = np.asarray(maps)
    check_same_length("cam_sheet", photos=photos, maps=maps, captions=captions)
    _check_sheet(photos, maps, columns, opacity)
    scale = symmetric_scale(maps, limit)
    margin, gap, bar = 0.08, 0.06, 0.56  # inches
    between = 0.16  # two pairs
    tile = (WIDE - 2 * margin - columns * gap - (columns - 1) * between) / (2 * columns)
    across = int(2 * tile * 72 / (0.56 * 7))  # letters of 7 points under a pair
    texts = ["\n".join(plain(line, across) for line in str(c).splitlines()[:3]) for c in captions]
    lines = max(text.count("\n") + 1 if text else 0 for text in texts)
    heights = [tile * photo.shape[0] / max(photo.shape[:2]) for photo in photos]
    heights = [max(heights[i : i + columns]) for i in range(0, len(heights), columns)]  # of each row
    below = lines * 7 * 1.3 / 72 + 0.12
    head = 0.3 if title else 0.06
    tops = head + np.cumsum([0, *(h + below for h in heights)])  # (rows + 1,)
    figure = new_figure(WIDE, tops[-1] + bar)
    figure.set_layout_engine("none")  # positions are given in inches
    width, height = figure.get_size_inches()
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set_axis_off()
    if title:
        ax.text(margin, 0.07, plain(title, 110), fontsize=9, weight="bold", va="top")
    colors = colormaps[COLORMAP]
    for i, (photo, values, text) in enumerate(zip(photos, maps, texts, strict=True)):
        left = margin + (i % columns) * (2 * tile + gap + between)
        bottom = tops[i // columns] + heights[i // columns]
        small = reduced(photo, max(32, round(tile * 200)))
        for picture, x in (
            (small, left),
            (overlay(small, values, scale, colors, opacity, is_native), left + tile + gap),
        ):
            h, w = (tile * side / max(picture.shape[:2]) for side in picture.shape[:2])
            x0 = x + (tile - w) / 2
            extent = (x0, x0 + w, bottom, bottom - h)
            ax.imshow(picture, extent=extent, interpolation="antialiased", aspect="auto")
        ax.text(left, bottom + 0.05, text, fontsize=7, va="top", linespacing=1.15)
    ax.set_xlim(0, width)
    ax.set_ylim(height, 0)  # y grows downwards, as in a photo
    color_bar(figure, scale, label, bool(np.abs(maps).max() > scale.vmax))
    return figure


def full_color(maps: Iterable[np.ndarray], share: float = 0.98) -> float:
    """A `limit` that few strong cells do not make pale: the given quantile of the absolute values.

    Args:
        maps: arrays of one sheet, in one unit.
        share: of the cells that stay inside the scale, (0, 1].
    """
    check_fraction(share, "share", low_open=True)
    return float(np.quantile(np.abs(np.concatenate([np.ravel(values) for values in maps])), share)) or 1.0


def color_bar(figure: Figure, scale: Normalize, label: str, is_cut: bool = False) -> None:
    """The one color bar of a sheet, 0.39 inches above its lower edge; with arrows if values lie beyond it."""
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable

    cax = figure.add_axes((0.25, 0.39 / figure.get_size_inches()[1], 0.5, 0.09 / figure.get_size_inches()[1]))
    shown = ScalarMappable(scale, colormaps[COLORMAP])
    extend = "both" if is_cut else "neither"
    line = figure.colorbar(shown, cax=cax, orientation="horizontal", extend=extend)
    line.set_label(plain(label, 90), fontsize=7)
    line.outline.set_visible(False)


def overlay(
    photo: np.ndarray, values: np.ndarray, scale: Normalize, colors, opacity: float, is_native: bool = False
) -> np.ndarray:
    """(H, W, 3) uint8: the map in color over the photo in grey, so that every hue is the map's.

    Args:
        photo: (H, W, 3) uint8.
        values: (h, w), enlarged to the photo bilinearly, or as cells if `is_native`.
        scale: value -> [0, 1]; 0 in its middle.
        colors: a matplotlib color map.
        opacity: of the map, [0, 1].
    """
    import cv2

    grey = cv2.cvtColor(np.ascontiguousarray(photo), cv2.COLOR_RGB2GRAY)[..., None] / 255
    size = (photo.shape[1], photo.shape[0])
    way = cv2.INTER_NEAREST if is_native else cv2.INTER_LINEAR
    large = cv2.resize(np.ascontiguousarray(values, np.float32), size, interpolation=way)
    return np.round(255 * ((1 - opacity) * grey + opacity * colors(scale(large))[..., :3])).astype(np.uint8)


def symmetric_scale(maps: np.ndarray, limit: float | None) -> Normalize:
    """One scale for the sheet, symmetric around 0."""
    from matplotlib.colors import Normalize

    if limit is None:
        limit = float(np.abs(maps).max()) or 1.0
    if not (np.isfinite(limit) and limit > 0):
        raise InputError(f"limit must be a finite number > 0; got {limit!r}. It is the value of full color.")
    return Normalize(-limit, limit)


def reduced(photo: np.ndarray, pixels: int) -> np.ndarray:
    """The photo with its long side at most `pixels`; smaller ones stay as they are."""
    from PIL import Image

    small = Image.fromarray(photo)
    small.thumbnail((pixels, pixels), Image.Resampling.LANCZOS)
    return np.asarray(small)


def _check_sheet(photos: Sequence[np.ndarray], maps: np.ndarray, columns: int, opacity: float) -> None:
    check_fraction(opacity, "opacity")
    check_count(columns, "columns")
    if not 0 < len(photos) <= MOST_PAIRS or columns > 4:
        raise InputError(
            f"a sheet holds 1 to {MOST_PAIRS} photos in 1 to 4 columns; got {len(photos):,} in {columns}. "
            "Choose some by a rule, such as the worst 12, and draw several sheets for more."
        )
    if maps.ndim != 3 or not np.isfinite(maps).all():
        raise InputError(
            f"maps must be (B, h, w) finite numbers; got shape {maps.shape} with "
            f"{int((~np.isfinite(maps)).sum())} others. Take them from class_activation or difference."
        )
    for row, photo in enumerate(photos):
        photo = np.asarray(photo)
        if photo.ndim != 3 or photo.shape[-1] != 3 or photo.dtype != np.uint8:
            raise InputError(
                f"photos must be (H, W, 3) uint8 RGB; photo {row} has shape {photo.shape} of {photo.dtype}. "
                "Open them with open_photo."
            )
