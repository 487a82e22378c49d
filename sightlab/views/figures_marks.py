"""Marks that several figures share: thresholds, intervals, legends, labels that find their place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.views.figures_base import BLACK, COLORS, INK, plain, settle, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def region_handles(styles: dict[str, tuple[str, str]], present: Iterable[str]) -> list:
    """Legend entries for the groups of `styles` that are present, in the order of `styles`."""
    from matplotlib.lines import Line2D

    shown = set(present)
    return [
        Line2D([], [], color=color, marker=marker, linestyle="none", label=words(name, 24))
        for name, (color, marker) in styles.items()
        if name in shown
    ]


def percent_axis(axis, decimals: int = 0) -> None:
    """Writes shares of an axis as percent."""
    from matplotlib.ticker import PercentFormatter

    axis.set_major_formatter(PercentFormatter(xmax=1, decimals=decimals, symbol=" %"))


def percent(value: float) -> str:
    """A share in percent with as many digits as it needs: 0.8123 -> 81.2 %, 0.001 -> 0.1 %."""
    digits = 1 if abs(value) >= 0.001 or value == 0 else 2
    return f"{100 * value:.{digits}f} %"


def threshold_line(
    ax: Axes, value: float, label: str, *, level: float = 0.97, right: bool = True, **line
) -> None:
    """A drawn and labelled threshold: vertical line with its text beside it, `level` in axes height."""
    ax.axvline(value, **{"color": COLORS["threshold"], "linewidth": 0.9, "linestyle": (0, (4, 2)), **line})
    ax.annotate(
        plain(label), (value, level), xycoords=("data", "axes fraction"), fontsize=7, va="top",
        xytext=(3 if right else -3, 0), textcoords="offset points", ha="left" if right else "right",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.8}, zorder=6,
    )  # fmt: skip


def forest(ax: Axes, labels: Sequence[str], table: pd.DataFrame, styles: Sequence[tuple[str, str]]) -> None:
    """Points with intervals, first row on top.

    Args:
        labels: one per row.
        table: columns estimate, low, high (shares) and note (written in the right margin).
        styles: (color, marker) per row.
    """
    y = np.arange(len(table))
    for i, (row, (color, marker)) in enumerate(zip(table.itertuples(), styles, strict=True)):
        ax.plot([row.low, row.high], [i, i], color=color, linewidth=1.1, solid_capstyle="butt", zorder=2)
        ax.plot(row.estimate, i, marker=marker, color=color, markersize=4.2, linestyle="none", zorder=3)
        ax.annotate(
            plain(row.note), (1.0, i), xycoords=("axes fraction", "data"), xytext=(5, 0),
            textcoords="offset points", va="center", ha="left", fontsize=6.5, color=INK,
        )  # fmt: skip
    ax.set_yticks(y, labels)
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x")
    percent_axis(ax.xaxis)


def step_outline(ax: Axes, values: np.ndarray, bins: np.ndarray, **options) -> None:
    """Outline of a histogram from the smallest to the largest value, without a line along zero."""
    first = int(np.clip(np.searchsorted(bins, values.min(), side="right") - 1, 0, len(bins) - 2))
    last = min(int(np.searchsorted(bins, values.max(), side="left")), len(bins) - 1)
    ax.hist(values, bins=bins[first : max(last, first + 1) + 1], histtype="step", **options)


def legend_above(ax: Axes, handles: Sequence | None = None, columns: int = 4, **options) -> None:
    """A legend above the axes, outside the data, left-aligned, with as many columns as the page takes."""
    extra = {"handles": handles} if handles is not None else {}
    room = 0.88 * ax.figure.bbox.width
    for n in range(columns, 0, -1):
        legend = ax.legend(
            loc="lower left", bbox_to_anchor=(0, 1.0), ncols=n, borderaxespad=0.2, **extra, **options
        )
        if n == 1 or legend.get_window_extent(ax.figure.canvas.get_renderer()).width <= room:
            return


def place_labels(
    ax: Axes, points: np.ndarray, labels: Sequence[str], fontsize: float = 6.5, color: str = BLACK
) -> int:
    """Writes labels near their points so that no two overlap; a thin line leads to a label that had to move.

    Greedy and deterministic: each label takes the first free place on growing rings around its point.

    Args:
        points: (n, 2) data coordinates, most important first.
        labels: n texts.
    Returns:
        How many labels found a place (the others are not drawn).
    """
    figure = ax.figure
    settle(figure)
    renderer = figure.canvas.get_renderer()
    scale = figure.dpi / 72  # pixels per point
    pixels = ax.transData.transform(points)
    frame = ax.get_window_extent(renderer)
    angles = np.deg2rad([45, 135, -45, -135, 0, 180, 90, -90, 22, 158, -22, -158, 68, 112, -68, -112])
    taken: list[tuple[float, float, float, float]] = []
    count = 0
    for (px, py), label in zip(pixels, labels, strict=True):
        text = ax.text(0, 0, label, fontsize=fontsize, color=color, zorder=7, ha="center", va="center")
        extent = text.get_window_extent(renderer)
        w, h = extent.width / 2 + 0.8 * scale, extent.height / 2 + 0.3 * scale
        for radius in np.arange(3.5, 90, 3.0) * scale:
            spots = [(px + np.cos(a) * (radius + w), py + np.sin(a) * (radius + h)) for a in angles]
            free = [s for s in spots if _is_free(s, (w, h), taken, pixels, frame, 2.2 * scale)]
            if free:
                break
        else:
            text.remove()
            continue
        x, y = free[0]
        taken.append((x, y, w, h))
        count += 1
        text.set_position(ax.transData.inverted().transform((x, y)))
        if radius > 7 * scale:
            end = (x - np.clip(x - px, -w, w), y - np.clip(y - py, -h, h))
            ends = ax.transData.inverted().transform([(px, py), end])
            ax.plot(ends[:, 0], ends[:, 1], color=INK, linewidth=0.35, zorder=4, scalex=False, scaley=False)
    return count


def _is_free(spot, half, taken, pixels, frame, clearance) -> bool:
    (x, y), (w, h) = spot, half
    if not (frame.x0 + w < x < frame.x1 - w and frame.y0 + h < y < frame.y1 - h):
        return False
    if any(abs(x - tx) < w + tw and abs(y - ty) < h + th for tx, ty, tw, th in taken):
        return False
    near = (np.abs(pixels[:, 0] - x) < w + clearance) & (np.abs(pixels[:, 1] - y) < h + clearance)
    return not near.any()
