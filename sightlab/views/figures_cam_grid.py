"""Several maps of one photo in a row: targets, or the same target with weights more and more random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sightlab.checks import InputError, check_fraction, check_same_length
from sightlab.views.figures_base import BLACK, WIDE, drawn, fitted, new_figure, plain
from sightlab.views.figures_cam import COLORMAP, LABEL, color_bar, overlay, reduced, symmetric_scale

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_ROWS, MOST_COLUMNS = 12, 7  # photos; maps of each


@drawn
def cam_grid(
    photos: Sequence[np.ndarray],
    maps: dict[str, np.ndarray],
    captions: Sequence[str],
    title: str = "",
    masks: Sequence[np.ndarray] | None = None,
    limit: float | None = None,
    opacity: float = 0.65,
    label: str = LABEL,
    is_native: bool = False,
    width: float = WIDE,
) -> Figure:
    """A row for each photo: the photo, then its maps; the same color means the same value everywhere.

    Args:
        photos: B photos (H, W, 3) uint8 of any shape; a map covers its whole photo.
        maps: name of each column -> (B, h, w) signed, all in one unit.
        captions: B texts, drawn under the photos, one line each.
        title: one line above the sheet.
        masks: B masks (H, W) of what is known to be the landmark; outlined on every picture.
        limit: value of the full color, > 0; None: the largest absolute value of the sheet.
        opacity: of the map over the grey photo, [0, 1].
        label: what the color bar measures.
        is_native: show the cells of a map as they are.
        width: inches.
    Raises:
        InputError: too many photos or maps, lengths that differ, values that are not finite.
    """
    from matplotlib import colormaps

    check_fraction(opacity, "opacity")
    _check_grid(photos, maps, captions, masks)
    everything = np.concatenate([np.ravel(values) for values in maps.values()])
    scale = symmetric_scale(everything, limit)
    title, captions = fitted(title, width, 88), [fitted(caption, width, 120) for caption in captions]
    margin, gap, line, bar = 0.06, 0.06, 0.17, 0.56  # inches
    head = 0.3 + 0.15 * title.count("\n") if title else 0.05
    tile = min(1.35, (width - 2 * margin - len(maps) * gap) / (len(maps) + 1))
    heights = [tile * photo.shape[0] / max(photo.shape[:2]) for photo in photos]
    texts = [line + 0.11 * caption.count("\n") for caption in captions]
    tops = head + line + np.cumsum([0, *(h + text for h, text in zip(heights, texts, strict=True))])
    figure = new_figure(width, tops[-1] + bar)
    figure.set_layout_engine("none")  # positions are given in inches
    width, height = figure.get_size_inches()
    start = (width - (len(maps) + 1) * (tile + gap) + gap) / 2  # the sheet stands in the middle
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set_axis_off()
    if title:
        ax.text(margin, 0.06, title, fontsize=9, weight="bold", va="top")
    for column, name in enumerate(("photo", *maps)):
        ax.text(
            start + column * (tile + gap) + tile / 2, head + line - 0.05, plain(name, 26),
            fontsize=7.5 if tile > 0.9 else 6.5, ha="center", va="bottom",
        )  # fmt: skip
    for i, photo in enumerate(photos):
        small = reduced(photo, max(32, round(tile * 200)))
        pictures = [small]
        for values in maps.values():
            pictures.append(overlay(small, values[i], scale, colormaps[COLORMAP], opacity, is_native))
        w, h = (tile * side / max(photo.shape[:2]) for side in photo.shape[1::-1])
        for column, picture in enumerate(pictures):
            left = start + column * (tile + gap) + (tile - w) / 2
            place = (left, left + w, tops[i] + h, tops[i])
            ax.imshow(picture, extent=place, interpolation="antialiased", aspect="auto")
            if masks is not None:
                _outline(ax, masks[i], place)
        ax.text(start, tops[i] + h + 0.03, captions[i], fontsize=6.5, va="top")
    ax.set_xlim(0, width)
    ax.set_ylim(height, 0)  # y grows downwards, as in a photo
    color_bar(figure, scale, label, bool(np.abs(everything).max() > scale.vmax))
    return figure


def _outline(ax, mask: np.ndarray, place: tuple[float, float, float, float]) -> None:
    """The border of a mask, black on white so that it shows on every ground."""
    if not mask.any() or mask.all():
        return
    left, right, bottom, top = place
    x = left + (np.arange(mask.shape[1]) + 0.5) * (right - left) / mask.shape[1]
    y = top + (np.arange(mask.shape[0]) + 0.5) * (bottom - top) / mask.shape[0]
    for color, linewidth in (("white", 1.1), (BLACK, 0.5)):
        ax.contour(x, y, mask.astype(float), levels=[0.5], colors=[color], linewidths=linewidth)


def _check_grid(photos, maps: dict[str, np.ndarray], captions, masks) -> None:
    check_same_length(
        "cam_grid", photos=photos, captions=captions, **{f"maps {n}": m for n, m in maps.items()}
    )
    if masks is not None:
        check_same_length("cam_grid", photos=photos, masks=masks)
    if not 0 < len(photos) <= MOST_ROWS or not 0 < len(maps) <= MOST_COLUMNS:
        raise InputError(
            f"cam_grid draws 1 to {MOST_ROWS} photos with 1 to {MOST_COLUMNS} maps each; got {len(photos)} "
            f"photos, {len(maps)} maps. Choose some by a rule."
        )
    for name, values in maps.items():
        if np.ndim(values) != 3 or not np.isfinite(values).all():
            raise InputError(
                f"maps must be (B, h, w) finite numbers; {name!r} has shape {np.shape(values)} and "
                f"{int((~np.isfinite(values)).sum())} others. Take them from Seen.of_class and its kin."
            )
