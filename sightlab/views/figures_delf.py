"""Figures of notebook 08: accuracy against time, where time goes, and matches drawn between photos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from sightlab.checks import InputError, check_count
from sightlab.views import figures_base as base
from sightlab.views.figures_cam import COLORMAP, full_color, overlay, symmetric_scale
from sightlab.views.figures_marks import forest, percent, percent_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STEPS = {"decode": base.PALE, "extraction": base.SKY, "search": base.ORANGE, "verification": base.PURPLE}
_MARKERS = {"sightlab": "o", "delf": "s"}


class MatchPicture(NamedTuple):
    """Two photos with the keypoints that agree."""

    photo: np.ndarray  # (H, W, 3) uint8, the query
    other: np.ndarray  # (h, w, 3) uint8, of the database
    points: np.ndarray  # (M, 2), pixels of `photo`
    others: np.ndarray  # (M, 2), pixels of `other`
    caption: str
    paths: tuple[Path, ...] = ()  # of both, for their credits
    seen: tuple[np.ndarray, np.ndarray] | None = None  # query as a square (S, S, 3), map of evidence (h, w)


@base.drawn
def accuracy_against_time(table: pd.DataFrame) -> Figure:
    """One dot a system: sensitivity at FPR 1 %, against milliseconds of a photo on a logarithmic axis.

    Args:
        table: system, sensitivity, low, high, milliseconds.
    """
    base.need_columns(table, ("system", "sensitivity", "low", "high", "milliseconds"), "table")
    figure = base.new_figure(base.NARROW, 2.6)
    figure.set_layout_engine("constrained")
    ax = figure.add_subplot()
    for row in table.itertuples():
        color, marker = base.COLORS.get(row.system, base.GREEN), _MARKERS.get(row.system, "D")
        ax.plot([row.milliseconds] * 2, [row.low, row.high], color=color, linewidth=1.1)
        ax.plot(row.milliseconds, row.sensitivity, marker=marker, color=color, markersize=6, linestyle="none")
        ax.annotate(
            base.plain(row.system), (row.milliseconds, row.sensitivity), xytext=(6, 3),
            textcoords="offset points", fontsize=7.5, color=base.INK,
        )  # fmt: skip
    ax.set_xscale("log")
    low, high = table["milliseconds"].min(), table["milliseconds"].max()
    ax.set_xlim(low / 2.5, high * 4)
    ax.set_ylim(max(0, table["low"].min() - 0.1), min(1.02, table["high"].max() + 0.1))
    percent_axis(ax.yaxis)
    ax.set_xlabel("ms a photo, from its file to its answer")
    ax.set_ylabel("sensitivity at FPR 1 %")
    ax.grid(which="both", axis="x", alpha=0.4)
    return figure


@base.drawn
def method_rows(table: pd.DataFrame) -> Figure:
    """Sensitivity at FPR 1 % of every system on the same photos; beside it how often a hybrid asked geometry.

    Args:
        table: system, sensitivity_at_fpr_1pct with _low and _high; share_verified (NaN or no such
            column: of none or all).
    """
    key = "sensitivity_at_fpr_1pct"
    base.need_columns(table, ("system", key, f"{key}_low", f"{key}_high"), "table")
    figure = base.new_figure(base.WIDE, 0.8 + 0.22 * len(table))
    ax = figure.subplots()
    notes = [percent(value) for value in table[key]]
    asked = [
        f", asked for {percent(share)}" if share == share else ""
        for share in table.get("share_verified", [np.nan] * len(table))
    ]
    rows = pd.DataFrame({"estimate": table[key], "low": table[f"{key}_low"], "high": table[f"{key}_high"]})
    rows["note"] = [note + more for note, more in zip(notes, asked, strict=True)]
    known = {"centroids": (base.COLORS["sightlab"], "o"), "DELF": (base.COLORS["delf"], "s")}
    styles = [known.get(name.split(",")[0], (base.GREEN, "D")) for name in table["system"]]
    forest(ax, [base.plain(name, 40) for name in table["system"]], rows, styles)
    ax.set_xlabel("sensitivity at FPR 1 %, Wilson 95 %")
    return figure


@base.drawn
def time_by_step(table: pd.DataFrame) -> Figure:
    """Where the time goes: a bar a system and database size, its median milliseconds cut into steps.

    Args:
        table: system, step, median, low, high, as `speed_table` makes it; the row "whole" is written beside.
    """
    base.need_columns(table, ("system", "step", "median", "low", "high"), "table")
    names = list(dict.fromkeys(table["system"]))
    figure = base.new_figure(base.WIDE, 0.9 + 0.28 * len(names))
    figure.set_layout_engine("constrained")
    ax = figure.add_subplot()
    longest = table.loc[table["step"] == "whole", "median"].max()
    for y, name in enumerate(names):
        rows, left = table[table["system"] == name].set_index("step"), 0.0
        for step, color in _STEPS.items():
            if step in rows.index:
                width = float(rows.loc[step, "median"])
                ax.barh(y, width, left=left, color=color, height=0.7, label=step if y == 1 else None)
                left += width
        whole = rows.loc["whole"]
        text = f"{whole['median']:.3g} ms ({whole['low']:.3g} to {whole['high']:.3g})"
        ax.annotate(
            text,
            (left, y),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
            color=base.INK,
        )
    ax.set_yticks(range(len(names)), [base.plain(name) for name in names])
    ax.invert_yaxis()
    ax.set_xlim(0, 1.35 * longest)
    ax.set_xlabel("median ms a photo (middle 90 %)")
    ax.legend(loc="upper right", fontsize=7)
    return figure


@base.drawn
def match_sheet(pictures: Sequence[MatchPicture], columns: int = 2, most_lines: int = 40) -> Figure:
    """Pairs of photos with lines between the keypoints that agree, and the map of evidence if there is one.

    Maps have one color scale for the sheet: red speaks for the landmark, blue against it.

    Args:
        pictures: one or more.
        columns: pairs in a row.
        most_lines: drawn of a pair, evenly chosen; the caption tells how many there are.
    """
    check_count(columns, "columns")
    check_count(most_lines, "most_lines")
    if not pictures:
        raise InputError("Expected at least one pair to draw; got none, in match_sheet. Choose another rule.")
    rows = -(-len(pictures) // columns)
    across = 3 if any(picture.seen is not None for picture in pictures) else 2
    figure = base.new_figure(base.WIDE, rows * (base.WIDE / columns / across + 0.35))
    figure.set_layout_engine("constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes:
        ax.set_axis_off()
    maps = [picture.seen[1] for picture in pictures if picture.seen is not None]
    limit = full_color(maps) if maps else None
    for ax, picture in zip(axes, pictures, strict=False):
        _draw_pair(ax, picture, most_lines, limit)
    base.credit(figure, [path for picture in pictures for path in picture.paths])
    return figure


def _draw_pair(ax, picture: MatchPicture, most_lines: int, limit: float | None) -> None:
    """Both photos at one height of 1, side by side, and the map of evidence beside them."""
    from matplotlib import colormaps

    left, gap = picture.photo.shape[1] / picture.photo.shape[0], 0.05
    right = picture.other.shape[1] / picture.other.shape[0]
    ax.imshow(picture.photo, extent=(0, left, 1, 0), aspect="equal")
    ax.imshow(picture.other, extent=(left + gap, left + gap + right, 1, 0), aspect="equal")
    end = left + gap + right
    if picture.seen is not None:
        square, values = picture.seen
        map_ = overlay(square, values, symmetric_scale(values, limit), colormaps[COLORMAP], 0.6)
        ax.imshow(map_, extent=(end + gap, end + gap + 1, 1, 0), aspect="equal")
        end += gap + 1
    ax.set_xlim(0, end)
    ax.set_ylim(1, 0)
    n = len(picture.points)
    for i in np.unique(np.linspace(0, n - 1, min(n, most_lines)).astype(int)) if n else ():
        x = (picture.points[i] + 0.5) / picture.photo.shape[0]
        y = (picture.others[i] + 0.5) / picture.other.shape[0] + [left + gap, 0]
        ax.plot(
            [x[0], y[0]], [x[1], y[1]], color=base.GREEN, linewidth=0.5, marker=".", markersize=2, alpha=0.8
        )
    ax.set_title(base.plain(picture.caption, 80), fontsize=6.5)
