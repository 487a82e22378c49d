"""Figures that only a report needs: the method in a picture, dirt before and after, systems side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.evaluation.intervals import wilson
from sightlab.views.figures_base import (
    BLUE,
    COLORS,
    GREEN,
    INK,
    ORANGE,
    PALE,
    PURPLE,
    SKY,
    VERMILLION,
    WIDE,
    drawn,
    need_columns,
    new_figure,
    plain,
    words,
)
from sightlab.views.figures_marks import forest, legend_above, percent, percent_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# the same color, marker and line for the same system in every figure; others take the next free one
SYSTEMS = {
    "sightlab": (COLORS["sightlab"], "D", "-"),
    "rule of the article": (ORANGE, "s", (0, (4, 1.5))),
    "DELF": (COLORS["delf"], "o", (0, (1, 1))),
}
_OTHERS = ((GREEN, "^", "-"), (PURPLE, "v", "-"), (SKY, "P", "-"), (INK, "X", "-"))
_KINDS = (ORANGE, VERMILLION, PURPLE, SKY, GREEN)


def system_style(name: str, others: Sequence[str] = ()) -> tuple[str, str, object]:
    """Color, marker and line of a system; one without a fixed style takes that of its place in `others`."""
    return SYSTEMS.get(name) or _OTHERS[list(others).index(name) % len(_OTHERS)]


@drawn
def pipeline_diagram(steps: Sequence[tuple[str, str]], answer: Sequence[tuple[str, str]]) -> Figure:
    """The method in one picture: what is learned from photos above, how a new photo is answered below.

    Args:
        steps: (name, facts) of each step of learning, in order; facts are drawn small, lines kept.
        answer: likewise, of recognition; its second step uses what was learned.
    """
    from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

    figure = new_figure(WIDE, 2.5)
    figure.set_layout_engine("none")
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set_axis_off()
    ax.set_xlim(0, WIDE)
    ax.set_ylim(0, 2.5)
    for row, (boxes, color, top, title) in enumerate(
        ((steps, BLUE, 2.1, "learned once"), (answer, ORANGE, 0.92, "for every new photo"))
    ):
        ax.text(0.1, top + 0.13, title, fontsize=7.5, weight="bold", color=color)
        gap = 0.22
        width = (WIDE - 0.2 - gap * (len(boxes) - 1)) / len(boxes)
        for i, (name, facts) in enumerate(boxes):
            left = 0.1 + i * (width + gap)
            box = FancyBboxPatch(
                (left + 0.03, top - 0.75), width - 0.06, 0.75, boxstyle="round,pad=0.03,rounding_size=0.06",
                facecolor="white", edgecolor=color, linewidth=0.9,
            )  # fmt: skip
            ax.add_patch(box)
            middle = left + width / 2
            ax.text(middle, top - 0.06, plain(name), fontsize=7.5, weight="bold", ha="center", va="top")
            text = "\n".join(plain(line, 30) for line in facts.splitlines())
            ax.text(
                middle, top - 0.27, text, fontsize=6.2, ha="center", va="top", color=INK, linespacing=1.25
            )
            if i:
                ax.add_patch(_arrow(FancyArrowPatch, (left - gap, top - 0.38), (left, top - 0.38)))
        if row == 0:
            last, search = WIDE - 0.1 - width / 2, 0.1 + 1.5 * (WIDE - 0.2) / len(answer)
            ax.plot([last, last, search], [top - 0.79, 1.2, 1.2], color=INK, linewidth=0.9)
            ax.add_patch(_arrow(FancyArrowPatch, (search, 1.21), (search, 0.96)))
    return figure


def _arrow(patch, start: tuple[float, float], end: tuple[float, float]):
    return patch(
        start, end, arrowstyle="-|>", mutation_scale=7, linewidth=0.9, color=INK, shrinkA=0, shrinkB=0
    )


@drawn
def dirt_before_after(counts: pd.DataFrame) -> Figure:
    """Wrong photos among the train photos before and after cleaning, by kind, with intervals of the share.

    Args:
        counts: rows kind (of dirt), before, after: known wrong photos; and one row kind "right" with the
            others.
    """
    need_columns(counts, ("kind", "before", "after"), "counts")
    table = counts.set_index("kind")
    wrong = table.drop(index="right")
    figure = new_figure(WIDE, 1.7)
    ax = figure.subplots()
    for y, column in enumerate(("before", "after")):
        total, start = int(table[column].sum()), 0.0
        for i, (kind, n) in enumerate(wrong[column].items()):
            share = n / total
            label = words(kind) if y == 0 else None
            ax.barh(y, share, left=start, color=_KINDS[i % len(_KINDS)], height=0.55, label=label)
            if share > 0.006:
                ax.text(start + share / 2, y, f"{n:,}", ha="center", va="center", fontsize=6.5)
            start += share
        k = int(wrong[column].sum())
        low, high = wilson(k, total)
        ax.plot([low, high], [y + 0.36] * 2, color=INK, linewidth=0.9)
        text = f"{percent(start)} of {total:,} ({100 * low:.1f} to {100 * high:.1f})"
        ax.annotate(
            text, (max(start, high), y), xytext=(5, 0), textcoords="offset points", va="center", fontsize=7
        )
    ax.set_yticks([0, 1], ["before cleaning", "after cleaning"])
    ax.set_ylim(1.55, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(0, 1.75 * float(wrong["before"].sum() / table["before"].sum()))
    ax.locator_params(axis="x", nbins=8, steps=[1, 2, 5, 10])  # whole percents
    percent_axis(ax.xaxis)
    ax.set_xlabel("train photos known to be wrong; line: Wilson 95 %")
    legend_above(ax, columns=5)
    return figure


@drawn
def open_set_systems(curves: Mapping[str, pd.DataFrame], n_landmark: int) -> Figure:
    """Sensitivity against false-positive rate of several systems on the same photos, with Wilson bands.

    Args:
        curves: system -> columns fpr, sensitivity (`metrics.open_set_curve`).
        n_landmark: landmark queries.
    """
    from matplotlib.ticker import FuncFormatter, NullFormatter

    for name, curve in curves.items():
        need_columns(curve, ("fpr", "sensitivity"), f"curve of {name}")
    positive = np.concatenate([c["fpr"][c["fpr"] > 0].to_numpy(float) for c in curves.values()])
    left = min(float(positive.min()) / 1.5 if len(positive) else 1e-4, 7e-4)
    others = [name for name in curves if name not in SYSTEMS]
    figure = new_figure(WIDE, 3.0)
    ax = figure.subplots()
    for name, curve in curves.items():
        color, _, line = system_style(name, others)
        rows = curve.sort_values("fpr", kind="stable")
        x = np.append(np.maximum(rows["fpr"].to_numpy(float), left), 1.0)
        value = rows["sensitivity"].to_numpy(float)
        band = np.array([wilson(round(v * n_landmark), n_landmark) for v in value])
        low, high = (np.append(edge, edge[-1]) for edge in band.T)
        ax.fill_between(x, low, high, step="post", color=color, alpha=0.12, linewidth=0)
        ax.step(
            x, np.append(value, value[-1]), where="post", color=color, linestyle=line, label=plain(name, 40)
        )
    for rate in (0.01, 0.001):
        ax.axvline(rate, color=PALE, linewidth=0.8, zorder=0)
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{100 * v:g} %"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    percent_axis(ax.yaxis)
    ax.set_xlim(left, 1)
    ax.set_ylim(0, 1)
    ax.set_xlabel("false-positive rate: distractors answered with any landmark")
    ax.set_ylabel(f"sensitivity (n = {n_landmark:,}, Wilson 95 %)")
    ax.grid()
    legend_above(ax, columns=3)
    return figure


@drawn
def accuracy_speed(table: pd.DataFrame) -> Figure:
    """Sensitivity at FPR 1 % against milliseconds a photo on a log axis: up and left is better.

    Args:
        table: columns system, milliseconds, sensitivity, low, high.
    """
    need_columns(table, ("system", "milliseconds", "sensitivity", "low", "high"), "table")
    others = [name for name in table["system"] if name not in SYSTEMS]
    figure = new_figure(WIDE, 2.7)
    ax = figure.subplots()
    for row in table.itertuples():
        color, marker, _ = system_style(row.system, others)
        ax.plot([row.milliseconds] * 2, [row.low, row.high], color=color, linewidth=1)
        label = f"{plain(row.system, 40)}: {percent(row.sensitivity)} in {row.milliseconds:,.3g} ms"
        ax.plot(row.milliseconds, row.sensitivity, marker=marker, color=color, linestyle="none", label=label)
    ax.set_xscale("log")
    ax.margins(x=0.15)
    ax.set_ylim(0, 1)
    percent_axis(ax.yaxis)
    ax.set_xlabel("milliseconds a photo, from pixels to answer")
    ax.set_ylabel("sensitivity at FPR 1 %")
    ax.grid()
    legend_above(ax, columns=2)
    return figure


@drawn
def loss_league(table: pd.DataFrame) -> Figure:
    """Sensitivity at FPR 1 % of networks that differ in their loss only.

    Args:
        table: columns loss, sensitivity, low, high, n.
    """
    need_columns(table, ("loss", "sensitivity", "low", "high", "n"), "table")
    rows = table.rename(columns={"sensitivity": "estimate"}).reset_index(drop=True)
    rows["note"] = [
        f"{percent(value)}, n = {int(n):,}" for value, n in zip(rows["estimate"], rows["n"], strict=True)
    ]
    figure = new_figure(WIDE, 0.8 + 0.2 * len(rows))
    ax = figure.subplots()
    forest(ax, [plain(name, 40) for name in rows["loss"]], rows, [(BLUE, "o")] * len(rows))
    ax.set_xlim(0, 1.005)
    percent_axis(ax.xaxis)
    ax.set_xlabel("sensitivity at FPR 1 %; line: 95 %")
    return figure
