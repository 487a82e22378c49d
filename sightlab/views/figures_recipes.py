"""Figures of notebooks 03 and 04 that hold ways of teaching against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from sightlab.views.figures_base import BLUE, INK, VERMILLION, WIDE, drawn, need_columns, new_figure, plain
from sightlab.views.figures_marks import forest, legend_above

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@drawn
def recipe_league(table: pd.DataFrame, chosen: str | None = None) -> Figure:
    """Recipes after their last stage: sensitivity at FPR 1 % on tune, and the gain over the recipe in use.

    Args:
        table: `pipeline_learning.league_of`.
        chosen: the recipe in use, drawn as a filled diamond.
    """
    need_columns(table, ("recipe", "seeds", "sensitivity", "low", "high", "gain", "gain_low"), "table")
    labels = [
        f"{plain(row.recipe, 34)} ({row.seeds} seed{'s' if row.seeds > 1 else ''})"
        for row in table.itertuples()
    ]
    styles = [(BLUE, "D") if name == chosen else (INK, "o") for name in table["recipe"]]
    figure = new_figure(WIDE, 0.9 + 0.21 * len(table))
    axes = figure.subplots(1, 2, sharey=True)
    level = table[["low", "high"]].assign(
        estimate=table["sensitivity"], note=[f"{100 * v:.1f} %" for v in table["sensitivity"]]
    )
    gain = pd.DataFrame({"estimate": table["gain"], "low": table["gain_low"], "high": table["gain_high"]})
    gain["note"] = [f"{100 * v:+.1f}" for v in table["gain"]]
    forest(axes[0], labels, level, styles)
    forest(axes[1], labels, gain, styles)
    axes[1].axvline(0, color=INK, linewidth=0.7, linestyle=(0, (4, 2)))
    axes[0].set_xlabel("sensitivity at FPR 1 %, bootstrap 95 %")
    axes[1].set_xlabel("gain over the recipe in use, paired")
    return figure


@drawn
def trunk_costs(table: pd.DataFrame) -> Figure:
    """Speed of each trunk against its multiplications, forward and training.

    Args:
        table: columns trunk, gflops; forward, training with _low and _high (photos per second).
    """
    need_columns(table, ("trunk", "gflops", "forward", "training"), "table")
    figure = new_figure(WIDE, 2.6)
    ax = figure.subplots()
    for kind, color, marker in (("forward", BLUE, "o"), ("training", VERMILLION, "s")):
        ax.vlines(table["gflops"], table[f"{kind}_low"], table[f"{kind}_high"], color=color, linewidth=1)
        ax.plot(table["gflops"], table[kind], marker=marker, color=color, linestyle="none", label=kind)
    for row in table.itertuples():
        ax.annotate(
            plain(row.trunk), (row.gflops, row.forward), xytext=(5, 3), textcoords="offset points", fontsize=7
        )
    ax.set_xlim(0, 1.25 * table["gflops"].max())
    ax.set_ylim(bottom=0)
    ax.set_xlabel("multiply-adds of one photo, 1e9")
    ax.set_ylabel("photos per second of one thread")
    ax.grid()
    legend_above(ax, columns=2)
    return figure
