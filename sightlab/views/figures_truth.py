"""Figures that need a known truth: dirt by its kind, look-alikes, views found against views taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.views import figures_base as base
from sightlab.views.figures_marks import forest, legend_above, percent_axis, threshold_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WANTED_AUROC = 0.97  # what the tour has to reach for known dirt


@base.drawn
def dirt_found(found: pd.DataFrame) -> Figure:
    """AUROC of each kind of dirt against the right photos, and the share dropped at the threshold.

    Args:
        found: of `dirt_found`: kind, n, auroc and dropped, each with _low and _high.
    """
    columns = ("kind", "n", "auroc", "auroc_low", "auroc_high", "dropped", "dropped_low", "dropped_high")
    base.need_columns(found, columns, "found")
    table = found.sort_values("auroc", ignore_index=True)
    figure = base.new_figure(base.WIDE, 0.9 + 0.24 * len(table))
    axes = figure.subplots(1, 2, sharey=True)
    names = [f"{base.words(kind)} ({n:,})" for kind, n in zip(table["kind"], table["n"], strict=True)]
    parts = (("auroc", "AUROC, bootstrap 95 %"), ("dropped", "dropped at the threshold, bootstrap 95 %"))
    for ax, (rate, label) in zip(axes, parts, strict=True):
        low, high = table[f"{rate}_low"], table[f"{rate}_high"]
        notes = [f"{value:.3f}" if rate == "auroc" else f"{100 * value:.0f} %" for value in table[rate]]
        rows = pd.DataFrame({"estimate": table[rate], "low": low, "high": high, "note": notes})
        forest(ax, names, rows, [(base.VERMILLION, "o")] * len(table))
        ax.set_xlabel(label)
    low = min(0.9, float(np.nanmin(table["auroc_low"])))
    axes[0].set_xlim(np.floor(20 * low) / 20, 1.003)
    axes[0].xaxis.set_major_formatter("{x:g}")
    threshold_line(axes[0], WANTED_AUROC, f"wanted {WANTED_AUROC}", right=False, level=0.99)
    axes[1].set_xlim(0, 1.01)
    return figure


@base.drawn
def look_alikes(found: pd.DataFrame) -> Figure:
    """What became of test photos of landmarks that resemble each other, a bar for every family.

    Args:
        found: of `look_alike_outcomes`: family, n, correct, within, elsewhere, missed (counts).
    """
    base.need_columns(found, ("family", "n", "correct", "within", "elsewhere", "missed"), "found")
    parts = {
        "correct": ("correct", base.COLORS["correct"]),
        "within": ("confused with a look-alike", base.COLORS["confused"]),
        "elsewhere": ("confused with another", base.COLORS["false_alarm"]),
        "missed": ("missed", base.COLORS["missed"]),
    }
    figure = base.new_figure(base.WIDE, 0.8 + 0.24 * len(found))
    ax = figure.subplots()
    left = np.zeros(len(found))
    for column, (label, color) in parts.items():
        share = (found[column] / found["n"]).to_numpy(float)
        ax.barh(np.arange(len(found)), share, left=left, color=color, label=label, height=0.7)
        left += share
    names = [f"{base.words(family)} ({n:,})" for family, n in zip(found["family"], found["n"], strict=True)]
    ax.set_yticks(np.arange(len(found)), names)
    ax.set_ylim(len(found) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(0, 1)
    percent_axis(ax.xaxis)
    ax.set_xlabel("test photos of the family, by what was answered")
    legend_above(ax, columns=4)
    return figure


@base.drawn
def views_found(found: pd.DataFrame) -> Figure:
    """Views found by clustering and kinds of view taken, per landmark, with their agreement.

    Args:
        found: of `views_agreement`: landmark_id, n, true_views, found_views, ari.
    """
    base.need_columns(found, ("landmark_id", "n", "true_views", "found_views", "ari"), "found")
    table = found.sort_values(["found_views", "ari", "n"], ascending=False, ignore_index=True)
    figure = base.new_figure(base.WIDE, 0.9 + 0.15 * len(table))
    counts, agreement = figure.subplots(1, 2, sharey=True)
    y = np.arange(len(table))
    counts.hlines(y, table["found_views"], table["true_views"], color=base.GREY, linewidth=0.8, zorder=1)
    counts.plot(table["true_views"], y, "o", color=base.GREY, markersize=4, label="kinds of view taken")
    counts.plot(table["found_views"], y, "D", color=base.BLUE, markersize=3.6, label="views found")
    several = (table["found_views"] > 1).to_numpy()
    agreement.plot(table["ari"][several], y[several], "D", color=base.BLUE, markersize=3.6, linestyle="none")
    agreement.plot(
        table["ari"][~several], y[~several], "D", color=base.BLUE, markersize=3.2, mfc="none", mew=0.6
    )
    counts.set_yticks(y, [base.words(name, 30) for name in table["landmark_id"]])
    counts.set_ylim(len(table) - 0.4, -0.6)
    counts.set_xlim(0.5, float(table[["true_views", "found_views"]].to_numpy().max()) + 0.5)
    counts.set_xlabel("views of the landmark")
    agreement.set_xlim(min(-0.05, float(table["ari"].min()) - 0.05), 1.02)
    agreement.set_xlabel("agreement: adjusted Rand index; open: not split")
    for ax in (counts, agreement):
        ax.tick_params(axis="y", length=0)
        ax.grid(axis="x")
    legend_above(counts, columns=2)
    return figure
