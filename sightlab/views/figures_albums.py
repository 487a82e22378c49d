"""Figures of notebook 10: what is in the albums, and what a change did to users."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.views.figures_base import BLUE, COLORS, INK, WIDE, drawn, need_columns, new_figure, plain
from sightlab.views.figures_marks import forest, legend_above, percent, percent_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_ALBUMS = 30  # bars; more do not fit on one page
_KINDS = {
    "right": ("shows the landmark", COLORS["correct"]),
    "other_landmark": ("shows another one", COLORS["confused"]),
    "no_landmark": ("shows none", COLORS["false_alarm"]),
}


@drawn
def album_contents(table: pd.DataFrame) -> Figure:
    """Photos of each album by what they really show, the largest albums on top.

    Args:
        table: `evaluation.album_truth.album_contents`; at most `MOST_ALBUMS` rows are drawn.
    """
    need_columns(table, ("name", *_KINDS), "table")
    rows = table.head(MOST_ALBUMS)
    figure = new_figure(WIDE, 0.9 + 0.155 * len(rows))
    ax = figure.subplots()
    start = np.zeros(len(rows))
    for name, (words, color) in _KINDS.items():
        counts = rows[name].to_numpy()
        ax.barh(np.arange(len(rows)), counts, left=start, color=color, height=0.72, label=words)
        start += counts
    ax.set_yticks(np.arange(len(rows)), [plain(name, 40) for name in rows["name"]], fontsize=7)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.xaxis.get_major_locator().set_params(integer=True)
    left = len(table) - len(rows)
    ax.set_xlabel("photos in the album" + (f"; {left:,} smaller albums not shown" if left else ""))
    ax.grid(axis="x")
    legend_above(ax, columns=3)
    return figure


@drawn
def ab_readout(table: pd.DataFrame, plan: pd.DataFrame, note: str = "") -> Figure:
    """Left the uplift of each metric with its interval; right how many users it takes to see an uplift.

    Args:
        table: `evaluation.ab.uplift`.
        plan: metric, rate, uplift, users_a_group: curves of `planning_table` for each metric.
        note: a few words on where the counts come from, written above them.
    """
    need_columns(table, ("metric", "uplift", "uplift_low", "uplift_high", "p_holm", "detectable"), "table")
    need_columns(plan, ("metric", "rate", "uplift", "users_a_group"), "plan")
    figure = new_figure(WIDE, 2.5)
    left, right = figure.subplots(1, 2, width_ratios=[5, 4])
    data = table.rename(columns={"uplift": "estimate", "uplift_low": "low", "uplift_high": "high"})
    data["note"] = ["p < 0.001" if p < 0.001 else f"p = {p:.3f}" for p in table["p_holm"]]
    left.axvline(0, color=INK, linewidth=0.7, linestyle=(0, (4, 2)))
    names = [plain(name, 26) for name in table["metric"]]
    forest(left, names, data, [(BLUE, "o")] * len(table))
    for y, detectable in enumerate(table["detectable"]):
        left.plot(detectable, y, "|", color=INK, markersize=9, zorder=1)
    left.set_xlabel("uplift, 95 %; tick: rise seen with 80 % power")
    title = ", ".join(filter(None, (plain(note, 40), "p after Holm")))
    left.set_title(title, fontweight="normal", loc="left", fontsize=7.5)
    for (name, rows), style in zip(plan.groupby("metric", sort=False), ("-", "--", ":", "-."), strict=False):
        label = f"{plain(name, 22)}, {percent(rows['rate'].iloc[0])}"
        right.plot(rows["uplift"], rows["users_a_group"], color=BLUE, linestyle=style, label=label)
    right.set_xscale("log")
    right.set_yscale("log")
    percent_axis(right.xaxis)
    right.xaxis.set_minor_formatter("")
    right.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    right.set_xlabel("uplift to be seen")
    right.set_ylabel("users in each group")
    right.grid()
    right.legend(fontsize=6.5, loc="upper right")
    return figure
