"""Figures of notebook 08 on why local features miss: lost truth, known geometry, sizes of the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.views import figures_base as base
from sightlab.views.figures_marks import legend_above, percent_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FATES = {
    "right": ("right", base.BLUE),
    "below": ("below the threshold", base.ORANGE),
    "beaten": ("beaten by another", base.VERMILLION),
    "no_candidate": ("not a candidate", base.PURPLE),
}
_KINDS = {"delf": ("DELF", base.VERMILLION, "s"), "sift": ("SIFT", base.OLIVE, "^")}


@base.drawn
def lost_truth(counts: pd.DataFrame, found: pd.DataFrame) -> Figure:
    """Left, what became of the landmark photos by slice; right, how inliers of true and wrong places spread.

    Args:
        counts: of `fates_by`: slice, n, and a column for every fate.
        found: of `fates`: landmark_id, true_inliers, true_null, wrong_inliers.
    """
    base.need_columns(counts, ("slice", "n", *_FATES), "counts")
    base.need_columns(found, ("landmark_id", "true_inliers", "true_null", "wrong_inliers"), "found")
    figure = base.new_figure(base.WIDE, max(2.5, 1.1 + 0.24 * len(counts)))
    figure.set_layout_engine("constrained")
    left, right = figure.subplots(1, 2)
    _bars(left, counts)
    _spread(right, found)
    return figure


def _bars(ax: Axes, counts: pd.DataFrame) -> None:
    start = np.zeros(len(counts))
    for fate, (label, color) in _FATES.items():
        share = (counts[fate] / counts["n"]).to_numpy(dtype=float)
        ax.barh(np.arange(len(counts)), share, left=start, color=color, label=label, height=0.7)
        start += share
    names = [f"{base.words(name, 26)} ({n:,})" for name, n in zip(counts["slice"], counts["n"], strict=True)]
    ax.set_yticks(np.arange(len(counts)), names)
    ax.set_ylim(len(counts) - 0.4, -0.6)
    ax.set_xlim(0, 1)
    ax.tick_params(axis="y", length=0)
    percent_axis(ax.xaxis)
    ax.set_xlabel("landmark photos, at FPR 1 %")
    legend_above(ax, columns=2, fontsize=6.5)


def _spread(ax: Axes, found: pd.DataFrame) -> None:
    is_landmark = (found["landmark_id"] != "non_landmark").to_numpy()
    lines = (
        ("true place", found.loc[is_landmark, "true_inliers"], base.BLUE, "-"),
        ("best wrong place", found.loc[is_landmark, "wrong_inliers"], base.VERMILLION, (0, (4, 1.5))),
        ("distractors", found.loc[~is_landmark, "wrong_inliers"], base.INK, (0, (1, 1.2))),
        ("random matches", found.loc[is_landmark, "true_null"], base.GREY, "-"),
    )
    for label, values, color, dashes in lines:
        counts = np.sort(values.dropna().to_numpy(dtype=float))
        if len(counts):
            x = np.concatenate([[0.9], np.maximum(counts, 0.9)])
            share = np.linspace(1, 0, len(x))
            ax.step(x, share, where="post", color=color, linestyle=dashes, linewidth=1.2, label=label)
    ax.set_xscale("log")
    ax.set_ylim(0, 1.01)
    percent_axis(ax.yaxis)
    ax.set_xlabel("inliers with the best photo")
    ax.set_ylabel("photos with more")
    ax.grid(alpha=0.4)
    legend_above(ax, columns=2, fontsize=6.5)


@base.drawn
def known_geometry(table: pd.DataFrame) -> Figure:
    """Inliers, and how many of them are true, by how far the camera moved.

    Args:
        table: of `by_pose`: kind, degrees, middle, n_pairs, n_inliers, null, precision, recall.
    """
    base.need_columns(
        table, ("kind", "degrees", "n_inliers", "null", "precision", "recall", "n_pairs"), "table"
    )
    figure = base.new_figure(base.WIDE, 2.4)
    figure.set_layout_engine("constrained")
    axes = figure.subplots(1, 3)
    panels = (("n_inliers", "inliers, median"), ("precision", "inliers that are true"))
    panels += (("recall", "true matches found"),)
    bins = list(dict.fromkeys(table.sort_values("middle")["degrees"]))
    for ax, (column, label) in zip(axes, panels, strict=True):
        for kind, (name, color, marker) in _KINDS.items():
            rows = table[table["kind"] == kind]
            x = [bins.index(name) for name in rows["degrees"]]
            ax.plot(x, rows[column], color=color, marker=marker, markersize=4, linewidth=1.1, label=name)
            if column == "n_inliers":
                ax.plot(x, rows["null"], color=color, linewidth=0.9, linestyle=(0, (1, 1.5)))
        ax.set_xticks(range(len(bins)), [base.plain(name) for name in bins], fontsize=6.5)
        ax.set_xlabel("camera turned, degrees")
        ax.set_ylabel(label)
        ax.grid(alpha=0.4)
        if column == "n_inliers":
            ax.set_ylim(bottom=0)
            ax.plot([], [], color=base.BLACK, linewidth=0.9, linestyle=(0, (1, 1.5)), label="random")
        else:
            ax.set_ylim(-0.03, 1.03)
            percent_axis(ax.yaxis)
    legend_above(axes[0], columns=3, fontsize=6.5)
    return figure


@base.drawn
def database_sizes(table: pd.DataFrame) -> Figure:
    """What more photos of every landmark give: sensitivity and recall, and inliers of true and wrong places.

    Args:
        table: of `by_database_size`.
    """
    columns = ("photos_per_landmark", "sensitivity", "low", "high", "recall", "true_inliers")
    base.need_columns(table, (*columns, "distractor_inliers"), "table")
    figure = base.new_figure(base.WIDE, 2.3)
    figure.set_layout_engine("constrained")
    left, right = figure.subplots(1, 2)
    x = table["photos_per_landmark"].to_numpy(dtype=float)
    error = np.abs(
        table[["low", "high"]].to_numpy(dtype=float).T - table["sensitivity"].to_numpy(dtype=float)
    )
    left.errorbar(
        x, table["sensitivity"], error, color=base.VERMILLION, marker="s", markersize=4, linewidth=1.1,
        label="sensitivity at FPR 1 %",
    )  # fmt: skip
    left.plot(
        x,
        table["recall"],
        color=base.PURPLE,
        marker="o",
        markersize=4,
        linewidth=1.1,
        label="among candidates",
    )
    left.set_ylim(0, 1.03)
    percent_axis(left.yaxis)
    right.plot(
        x, table["true_inliers"], color=base.BLUE, marker="o", markersize=4, linewidth=1.1, label="true place"
    )
    right.plot(
        x, table["distractor_inliers"], color=base.INK, marker="^", markersize=4, linewidth=1.1,
        label="distractors, best place",
    )  # fmt: skip
    right.set_ylim(bottom=0)
    right.set_ylabel("inliers, median")
    for ax in (left, right):
        ax.set_xticks(x, [f"{value:g}" for value in x])
        ax.set_xlabel("photos of a landmark in the database")
        ax.grid(alpha=0.4)
        ax.legend(loc="lower right", fontsize=6.5)
    return figure
