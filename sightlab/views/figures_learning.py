"""Figures of notebook 04: how training went, and what later stages did to earlier regions."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.views import figures_base as base
from sightlab.views.figures_marks import forest

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PARTS = {"change": "in all", "forgotten": "by the network", "crowded": "by more landmarks"}
LOSSES = ("loss", "softmax_loss", "center_loss")
RATES = ("learning_rate_trunk", "learning_rate_embedding", "learning_rate_classifier")


@base.drawn
def training_history(history: pd.DataFrame) -> Figure:
    """Loss parts over the updates of all stages, with the learning rates below on a log axis.

    Args:
        history: columns stage, update and loss; as far as they are there also region, softmax_loss,
            center_loss, learning_rate_trunk, learning_rate_embedding, learning_rate_classifier. The rows
            of one stage follow each other; `update` may start again in each stage.
    """
    base.need_columns(history, ("stage", "update", "loss"), "history")
    table = history.reset_index(drop=True)
    x = _running_update(table)
    losses = [c for c in LOSSES if c in table and table[c].notna().any()]
    rates = [c for c in RATES if c in table and (table[c] > 0).any()]
    split_center = "center_loss" in losses and len(losses) > 1
    panels = [[c for c in losses if c != "center_loss"]] if split_center else [losses]
    if split_center:
        panels.append(["center_loss"])  # its scale depends on the embedding's norm, so it has its own axis
    heights = [2.0, *([0.9] if split_center else []), *([1.0] if rates else [])]
    figure = base.new_figure(base.WIDE, 0.7 + sum(heights))
    axes = np.atleast_1d(figure.subplots(len(heights), 1, sharex=True, height_ratios=heights))
    for ax, columns in zip(axes, panels, strict=False):
        for column in columns:
            _curve(ax, x, table, column)
        ax.set_ylabel("center loss" if columns == ["center_loss"] else "loss")
        ax.set_ylim(bottom=0)
        ax.grid(axis="y")
    if rates:
        ax = axes[-1]
        for column in rates:
            part = column.removeprefix("learning_rate_")
            values = table[column].where(table[column] > 0)
            for rows in table.groupby("stage", sort=False).indices.values():
                ax.plot(x[rows], values.iloc[rows], color=base.COLORS[part], label=part, linewidth=1.1)
        ax.set_yscale("log")
        # schedules end near zero; two decades below the slowest part's peak say enough
        ax.set_ylim(bottom=table[rates].max().min() / 150)
        ax.set_ylabel("learning rate")
        ax.grid(axis="y")
    _shade_stages(axes, x, table)
    for ax in axes:
        handles = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
        if len(handles) > 1:
            ax.legend(
                handles.values(),
                handles.keys(),
                loc="center left",
                bbox_to_anchor=(1.0, 0.5),
                borderaxespad=0.5,
            )
    axes[-1].set_xlabel("update")
    figure.align_ylabels(axes)
    return figure


def _running_update(table: pd.DataFrame) -> np.ndarray:
    """(rows,) updates counted through all stages, also when each stage starts at zero."""
    update = table["update"].to_numpy(float)
    stage = table["stage"].to_numpy()
    offset = np.zeros(len(update))
    for i in np.flatnonzero(stage[1:] != stage[:-1]) + 1:
        if update[i] <= update[i - 1]:
            offset[i:] += update[i - 1]
    return update + offset


def _curve(ax, x: np.ndarray, table: pd.DataFrame, column: str) -> None:
    """A loss stage by stage; long ones as a moving median over the pale single updates."""
    color = base.COLORS[column]
    for rows in table.groupby("stage", sort=False).indices.values():
        values = table[column].iloc[rows].astype(float)
        window = len(rows) // 40
        if window >= 3:
            ax.plot(x[rows], values, color=color, alpha=0.25, linewidth=0.5)
            values = values.rolling(window, center=True, min_periods=1).median()
        marker = "o" if len(rows) <= 12 else None
        ax.plot(x[rows], values, color=color, label=base.words(column), marker=marker, markersize=2.5)


def _shade_stages(axes, x: np.ndarray, table: pd.DataFrame) -> None:
    """Every second stage on a pale ground, each named on top."""
    groups = list(table.groupby("stage", sort=False).indices.items())
    starts = [x[0]] + [(x[a[-1]] + x[b[0]]) / 2 for (_, a), (_, b) in pairwise(groups)]
    ends = [*starts[1:], max(x[-1], x[0] + 1)]
    span = ends[-1] - starts[0]
    for i, ((stage, rows), start, end) in enumerate(zip(groups, starts, ends, strict=True)):
        for ax in axes:
            if i % 2 == 0:
                ax.axvspan(start, end, color=base.GREY, alpha=0.13, linewidth=0, zorder=0)
        letters = int(95 * (end - start) / span)  # that fit over the stage
        lines = [f"stage {stage}" if letters >= 8 else str(stage)]
        if "region" in table:
            lines.append(base.words(table["region"].iloc[rows[0]], letters) if letters >= 6 else "")
        for line, offset in zip(reversed(lines), (4, 13), strict=False):
            axes[0].annotate(
                line, ((start + end) / 2, 1), xycoords=("data", "axes fraction"), xytext=(0, offset),
                textcoords="offset points", ha="center", va="baseline", fontsize=7,
            )  # fmt: skip
    axes[0].set_xlim(starts[0], ends[-1])


@base.drawn
def forgetting_matrix(forgetting: pd.DataFrame, width: float | None = None) -> Figure:
    """Sensitivity of each region (column) after each stage (row) on tune, with its interval.

    A column that gets darker downwards was forgotten or crowded, which `changes_since_learned` tells apart.
    Cells without a value were not measured.

    Args:
        forgetting: columns stage, region, sensitivity; stage_region, low, high, n if known. Regions are
            ordered by the stage that taught them.
        width: inches; None: that of one column of a page for one region, of two columns for more.
    """
    from seaborn import heatmap

    base.need_columns(forgetting, ("stage", "region", "sensitivity"), "forgetting")
    table = forgetting.drop_duplicates(["stage", "region"], keep="last")
    stages = sorted(table["stage"].unique())
    taught = {}
    if "stage_region" in table:
        taught = table.drop_duplicates("stage").set_index("stage")["stage_region"].astype(str).to_dict()
    order = [taught[s] for s in stages if s in taught]
    seen = [str(r) for r in dict.fromkeys(table["region"])]
    regions = [r for r in dict.fromkeys(order) if r in seen] + [r for r in seen if r not in order]
    cell = table.assign(region=table["region"].astype(str)).set_index(["stage", "region"])
    values = cell["sensitivity"].unstack().reindex(index=stages, columns=regions).to_numpy(float)

    width = width or (base.WIDE if len(regions) > 1 else base.NARROW)
    is_wide = width >= base.WIDE or len(regions) == 1
    figure = base.new_figure(width, (1.2 if is_wide else 1.6) + 0.5 * len(stages))
    ax = figure.subplots()
    ax.set_facecolor("#F2F2F2")
    label = "sensitivity (Wilson 95 %)" if "low" in table else "sensitivity"
    heatmap(
        values, ax=ax, vmin=0, vmax=1, cmap="cividis", linewidths=2, linecolor="white",
        cbar_kws={"label": label, "pad": 0.02}
        | ({"aspect": 14} if is_wide else {"location": "bottom", "aspect": 30}),
    )  # fmt: skip
    for row, stage in enumerate(stages):
        for column, region in enumerate(regions):
            value = values[row, column]
            if not np.isfinite(value):
                ax.text(column + 0.5, row + 0.5, "\u2013", ha="center", va="center", color=base.INK)
                continue
            color = "white" if value < 0.55 else "#111111"
            facts = cell.loc[(stage, region)]
            known = {"low", "high"} <= set(facts.index) and np.isfinite([facts["low"], facts["high"]]).all()
            ax.text(
                column + 0.5, row + (0.36 if known else 0.5), f"{value:.2f}", ha="center", va="center",
                color=color, fontsize=8.5, weight="bold",
            )  # fmt: skip
            if known:
                between, size = (" to ", 6.5) if is_wide else ("\u2013", 5.5)
                text = between.join(f"{facts[end]:.2f}" for end in ("low", "high"))
                ax.text(column + 0.5, row + 0.74, text, ha="center", va="center", color=color, fontsize=size)
    labels = [base.words(r, 18) if is_wide else base.words(r, 18).replace(" ", "\n") for r in regions]
    if "n" in table:
        n = table.assign(region=table["region"].astype(str)).groupby("region")["n"].max()
        labels = [f"{label}\nn = {int(n[r]):,}" for label, r in zip(labels, regions, strict=True)]
    ax.xaxis.tick_top()
    ax.set_xticks(np.arange(len(regions)) + 0.5, labels)
    ax.set_yticks(
        np.arange(len(stages)) + 0.5,
        [f"stage {s}" + (f"\n+ {base.words(taught[s], 18)}" if s in taught else "") for s in stages],
        rotation=0,
    )
    ax.tick_params(length=0)
    return figure


@base.drawn
def changes_since_learned(changes: pd.DataFrame, width: float | None = None) -> Figure:
    """What each region lost or won since its own stage: in all, by the network, by more landmarks.

    Args:
        changes: columns region, n, and change, forgotten, crowded (shares), each with _low and _high.
        width: inches; None: that of two columns of a page. In one column the panels stand on each other.
    """
    columns = [f"{part}{end}" for part in PARTS for end in ("", "_low", "_high")]
    base.need_columns(changes, ("region", "n", *columns), "changes")
    width = width or base.WIDE
    is_wide = width >= base.WIDE
    shape = (1, len(PARTS)) if is_wide else (len(PARTS), 1)
    height = 0.75 + 0.3 * len(changes)
    figure = base.new_figure(width, height if is_wide else 3 * height)
    axes = np.atleast_1d(figure.subplots(*shape, sharex=True, sharey=True))
    labels = [f"{base.words(row.region, 18)} (n = {row.n:,})" for row in changes.itertuples()]
    for ax, (part, words) in zip(axes, PARTS.items(), strict=True):
        ends = (changes[part], changes[f"{part}_low"], changes[f"{part}_high"])
        table = pd.DataFrame(dict(zip(("estimate", "low", "high"), ends, strict=True)))
        table["note"] = [f"{100 * value:+.1f}" for value in changes[part]]
        forest(ax, labels, table, [(base.INK, "D" if part == "change" else "o")] * len(table))
        ax.axvline(0, color=base.INK, linewidth=0.7, linestyle=(0, (4, 2)))
        ax.set_title(words)
    figure.supxlabel("change of sensitivity since its own stage, bootstrap 95 %", fontsize=8)
    return figure
