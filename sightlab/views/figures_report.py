"""Figures that only a report needs: dirt before and after, systems side by side.

Each takes its width: `WIDE` for two columns of a page, `NARROW` for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.evaluation.intervals import wilson
from sightlab.views import figures_base as base
from sightlab.views.figures_marks import legend_above, percent, percent_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# the same color, marker and line for the same system in every figure; others take the next free one
SYSTEMS = {
    "sightlab": (base.COLORS["sightlab"], "D", "-"),
    "rule of the article": (base.ORANGE, "s", (0, (4, 1.5))),
    "DELF": (base.COLORS["delf"], "o", (0, (1, 1))),
}
_OTHERS = ((base.GREEN, "^", "-"), (base.PURPLE, "v", "-"), (base.SKY, "P", "-"), (base.INK, "X", "-"))
_KINDS = (base.ORANGE, base.VERMILLION, base.PURPLE, base.SKY, base.GREEN)


def system_style(name: str, others: Sequence[str] = ()) -> tuple[str, str, object]:
    """Color, marker and line of a system; one without a fixed style takes that of its place in `others`."""
    return SYSTEMS.get(name) or _OTHERS[list(others).index(name) % len(_OTHERS)]


@base.drawn
def dirt_before_after(counts: pd.DataFrame, width: float = base.WIDE) -> Figure:
    """Wrong photos among the train photos before and after cleaning, by kind, with intervals of the share.

    Args:
        counts: rows kind (of dirt), before, after: known wrong photos; and one row kind "right" with the
            others.
        width: inches.
    Raises:
        InputError: no wrong photo is known.
    """
    base.need_columns(counts, ("kind", "before", "after"), "counts")
    table = counts.set_index("kind")
    wrong = table.drop(index="right")
    base.need_columns(wrong, ("before", "after"), "the table of photos known to be wrong")
    is_wide = width >= base.WIDE
    figure = base.new_figure(width, 1.7 if is_wide else 2.2)
    ax = figure.subplots()
    for y, column in enumerate(("before", "after")):
        total, start = int(table[column].sum()), 0.0
        for i, (kind, n) in enumerate(wrong[column].items()):
            share = n / total
            label = base.words(kind) if y == 0 else None
            ax.barh(y, share, left=start, color=_KINDS[i % len(_KINDS)], height=0.55, label=label)
            if share > 0.006 * base.WIDE / width:
                ax.text(start + share / 2, y, f"{n:,}", ha="center", va="center", fontsize=6.5)
            start += share
        k = int(wrong[column].sum())
        low, high = wilson(k, total)
        ax.plot([low, high], [y + 0.36] * 2, color=base.INK, linewidth=0.9)
        parts = f"{percent(start)} of {total:,}", f"({100 * low:.1f} to {100 * high:.1f})"
        text = (" " if is_wide else "\n").join(parts)
        ax.annotate(
            text, (max(start, high), y), xytext=(5, 0), textcoords="offset points", va="center", fontsize=7
        )
    ax.set_yticks([0, 1], ["before cleaning", "after cleaning"] if is_wide else ["before", "after"])
    ax.set_ylim(1.55, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(0, 1.75 * float(wrong["before"].sum() / table["before"].sum()))
    ax.locator_params(axis="x", nbins=8, steps=[1, 2, 5, 10])  # whole percents
    percent_axis(ax.xaxis)
    ax.set_xlabel(base.fitted("train photos known to be wrong; line: Wilson 95 %", width, 110))
    legend_above(ax, columns=5)
    return figure


@base.drawn
def open_set_systems(curves: pd.DataFrame, n_landmark: int, width: float = base.WIDE) -> Figure:
    """Sensitivity against false-positive rate of several systems on the same photos, with Wilson bands.

    Args:
        curves: columns system, fpr, sensitivity (`metrics.open_set_curve` of each).
        n_landmark: landmark queries.
        width: inches.
    """
    from matplotlib.ticker import FuncFormatter, NullFormatter

    base.need_columns(curves, ("system", "fpr", "sensitivity"), "curves")
    positive = curves.loc[curves["fpr"] > 0, "fpr"].to_numpy(float)
    # rates below that of one distractor were not measured: the curve at 0 is shown up to it, and no further
    left = min(float(positive.min()) / 1.5 if len(positive) else 1e-4, 7e-3)
    others = [name for name in curves["system"].unique() if name not in SYSTEMS]
    figure = base.new_figure(width, 3.0 if width >= base.WIDE else 2.8)
    ax = figure.subplots()
    for name, curve in curves.groupby("system", sort=False):
        color, _, line = system_style(name, others)
        rows = curve.sort_values("fpr", kind="stable")
        x = np.append(np.maximum(rows["fpr"].to_numpy(float), left), 1.0)
        value = rows["sensitivity"].to_numpy(float)
        band = np.array([wilson(round(v * n_landmark), n_landmark) for v in value])
        low, high = (np.append(edge, edge[-1]) for edge in band.T)
        ax.fill_between(x, low, high, step="post", color=color, alpha=0.12, linewidth=0)
        ax.step(
            x,
            np.append(value, value[-1]),
            where="post",
            color=color,
            linestyle=line,
            label=base.plain(name, 40),
        )
    for rate in (0.01, 0.001):
        if rate > left:
            ax.axvline(rate, color=base.PALE, linewidth=0.8, zorder=0)
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{100 * v:g} %"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    percent_axis(ax.yaxis)
    ax.set_xlim(left, 1)
    ax.set_ylim(0, 1)
    ax.set_xlabel(base.fitted("false-positive rate: distractors answered with any landmark", width, 80))
    ax.set_ylabel(f"sensitivity (n = {n_landmark:,}, Wilson 95 %)")
    ax.grid()
    legend_above(ax, columns=3)
    return figure


@base.drawn
def accuracy_speed(table: pd.DataFrame, n_landmark: int | None = None, width: float = base.WIDE) -> Figure:
    """Sensitivity at FPR 1 % against milliseconds a photo on a log axis: up and left is better.

    Args:
        table: columns system, milliseconds, sensitivity, low, high (Wilson 95 %).
        n_landmark: landmark queries, if known.
        width: inches.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    base.need_columns(table, ("system", "milliseconds", "sensitivity", "low", "high"), "table")
    others = [name for name in table["system"] if name not in SYSTEMS]
    figure = base.new_figure(width, 2.7)
    ax = figure.subplots()
    for row in table.itertuples():
        color, marker, _ = system_style(row.system, others)
        ax.plot([row.milliseconds] * 2, [row.low, row.high], color=color, linewidth=1)
        label = f"{base.plain(row.system, 40)}: {percent(row.sensitivity)} in {row.milliseconds:,.3g} ms"
        ax.plot(row.milliseconds, row.sensitivity, marker=marker, color=color, linestyle="none", label=label)
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.margins(x=0.15)
    ax.set_ylim(0, 1)
    percent_axis(ax.yaxis)
    ax.set_xlabel(base.fitted("milliseconds a photo, from its file to its answer", width, 90))
    n = "" if n_landmark is None else f"n = {n_landmark:,}, "
    ax.set_ylabel(f"sensitivity at FPR 1 %\n({n}Wilson 95 %)")
    ax.grid()
    legend_above(ax, columns=2)
    return figure


@base.drawn
def loss_league(table: pd.DataFrame, width: float = base.WIDE) -> Figure:
    """Sensitivity at FPR 1 % of networks that differ in their loss only: bars with intervals.

    Args:
        table: columns loss, sensitivity, low, high, n; all of the same photos.
        width: inches.
    """
    base.need_columns(table, ("loss", "sensitivity", "low", "high", "n"), "table")
    is_wide = width >= base.WIDE
    figure = base.new_figure(width, 0.8 + (0.24 if is_wide else 0.34) * len(table))
    ax = figure.subplots()
    for y, row in enumerate(table.itertuples()):
        ax.barh(y, row.sensitivity, height=0.62, color=base.BLUE if y == 0 else base.SKY)
        ax.plot([row.low, row.high], [y, y], color=base.INK, linewidth=1, solid_capstyle="butt")
        ax.annotate(
            percent(row.sensitivity), (1.0, y), xycoords=("axes fraction", "data"), xytext=(4, 0),
            textcoords="offset points", va="center", fontsize=7, color=base.INK,
        )  # fmt: skip
    labels = [base.plain(name, 40) if is_wide else base.fitted(name, width, 46) for name in table["loss"]]
    ax.set_yticks(range(len(table)), labels)
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x")
    ax.set_xlim(0, 1)
    percent_axis(ax.xaxis)
    n = ", ".join(f"{count:,}" for count in sorted({int(count) for count in table["n"]}))
    ax.set_xlabel(base.fitted(f"sensitivity at FPR 1 %; n = {n}; line: 95 % by landmark", width, 96))
    return figure
