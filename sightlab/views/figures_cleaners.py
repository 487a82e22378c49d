"""Figures of notebook 02 that hold cleaners against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.views import figures_base as base
from sightlab.views.figures_marks import forest, legend_above, percent_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SERIES = ((base.BLUE, "o"), (base.VERMILLION, "s"), (base.GREEN, "^"))


@base.drawn
def cleaner_league(table: pd.DataFrame, chosen: str | None = None) -> Figure:
    """Ways to clean: AUROC, noise dropped where 10 % of the others are, and rare views kept where known.

    Beside the middle panel: known noise / other photos dropped where the way cuts by itself, in percent. A
    way that was left out (its numbers are NaN) has its name, no point, and these words.

    Args:
        table: `cleaning_study.cleaning_league`.
        chosen: the way in use, drawn as a filled diamond.
    """
    base.need_columns(table, ("way", "auroc", "auroc_low", "auroc_high", "noise_dropped_at_10pct"), "table")
    styles = [(base.BLUE, "D") if way == chosen else (base.INK, "o") for way in table["way"]]
    labels = [base.plain(way, 40) for way in table["way"]]
    knows_rare = "rare_kept" in table and bool(table["rare_kept"].notna().any())
    figure = base.new_figure(base.WIDE, 0.9 + 0.21 * len(table))
    axes = figure.subplots(1, 3 if knows_rare else 2, sharey=True)
    at_10 = table["noise_dropped_at_10pct"]
    own = [
        "" if np.isnan(noise) else f"{100 * noise:.0f} / {100 * other:.0f}"
        for noise, other in zip(table["noise_dropped"], table["other_dropped"], strict=True)
    ]
    areas = ["left out" if np.isnan(value) else f"{value:.3f}" for value in table["auroc"]]
    kept = ["" if np.isnan(v) else f"{100 * v:.0f} %" for v in table.get("rare_kept", at_10)]
    panels = [
        ("auroc", "AUROC (95 %)", areas),
        (None, "noise dropped at 10 %", own),
        ("rare_kept", "rare views kept (95 %)", kept),
    ]
    for ax, (key, label, notes) in zip(axes, panels, strict=False):
        estimate = at_10 if key is None else table[key]
        low, high = (at_10, at_10) if key is None else (table[f"{key}_low"], table[f"{key}_high"])
        rows = pd.DataFrame({"estimate": estimate, "low": low, "high": high, "note": notes})
        forest(ax, labels, rows, styles)
        ax.set_xlabel(label)
        ax.locator_params(axis="x", nbins=3)
    axes[0].xaxis.set_major_formatter("{x:g}")
    return figure


@base.drawn
def reference_cost(table: pd.DataFrame) -> Figure:
    """What one more reference buys: AUROC by references per landmark, a line for each way to use them.

    Args:
        table: `cleaning_study.reference_cost`.
    """
    base.need_columns(table, ("summary", "count", "auroc", "low", "high"), "table")
    figure = base.new_figure(base.NARROW, 2.6)
    ax = figure.subplots()
    for i, ((summary, rows), (color, marker)) in enumerate(
        zip(table.groupby("summary", sort=False), _SERIES, strict=False)
    ):
        x = rows["count"].to_numpy(float) * (1 + 0.03 * (i - 1))  # beside each other, not on top
        ax.vlines(x, rows["low"], rows["high"], color=color, linewidth=0.9)
        ax.plot(x, rows["auroc"], color=color, marker=marker, markersize=4, label=base.words(summary))
    ticks = np.unique(table["count"])
    ax.set_xscale("log")
    ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
    ax.xaxis.minorticks_off()
    ax.set_xlabel("references per landmark")
    ax.set_ylabel("AUROC, bootstrap 95 %")
    ax.grid(axis="y")
    legend_above(ax, columns=3)
    return figure


@base.drawn
def before_after(table: pd.DataFrame, most: int = 30) -> Figure:
    """Known wrong photos of each landmark before and after cleaning, and what the right ones paid.

    Args:
        table: `pipeline_cleaning.before_and_after`, the dirtiest landmark first.
        most: landmarks shown.
    """
    base.need_columns(table, ("landmark_id", "dirt_before", "dirt_after", "right_lost", "photos"), "table")
    rows = table.head(most).reset_index(drop=True)
    y = np.arange(len(rows))
    figure = base.new_figure(base.WIDE, 0.9 + 0.15 * len(rows))
    dirt, lost = figure.subplots(1, 2, sharey=True, width_ratios=[2, 1])
    dirt.hlines(y, rows["dirt_after"], rows["dirt_before"], color=base.INK, linewidth=0.7, zorder=1)
    dirt.plot(rows["dirt_before"], y, "o", color=base.VERMILLION, markersize=4, label="before")
    dirt.plot(rows["dirt_after"], y, "D", color=base.BLUE, markersize=3.6, label="after")
    lost.plot(rows["right_lost"] / rows["photos"], y, "s", color=base.INK, markersize=3.4)
    dirt.set_yticks(y, [base.words(name, 30) for name in rows["landmark_id"]], fontsize=6.5)
    dirt.set_ylim(len(rows) - 0.4, -0.6)
    cut = "" if len(rows) == len(table) else f"; the {len(rows)} dirtiest of {len(table):,}"
    dirt.set_xlabel(f"known wrong photos among those of the landmark{cut}")
    lost.set_xlabel("other photos dropped")
    for ax in (dirt, lost):
        ax.tick_params(axis="y", length=0)
        ax.grid(axis="x")
        ax.set_xlim(left=-0.01)
        percent_axis(ax.xaxis)
    legend_above(dirt, columns=2)
    return figure
