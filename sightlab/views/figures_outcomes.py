"""Figures of notebook 07: the five outcomes, and where the system fails: slices and worst landmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.checks import InputError
from sightlab.evaluation.intervals import wilson
from sightlab.evaluation.metrics import OUTCOMES
from sightlab.views import figures_base as base
from sightlab.views.figures_marks import (
    forest,
    legend_above,
    percent_axis,
    region_handles,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@base.drawn
def outcomes(outcomes_table: pd.DataFrame) -> Figure:
    """The five outcomes of every slice: landmark photos on the left, distractors on the right.

    Args:
        outcomes_table: a row per slice with the columns slice, correct, confused, missed, false_alarm,
            correct_rejection (numbers of photos); or long: slice, outcome, n; or one row per photo
            with outcome and region (`Evaluation.outcomes`): the slices are then all photos and each region.
    """
    table = outcomes_table
    if "outcome" in table.columns and "slice" not in table.columns:
        table = _by_region(table)
    if {"slice", "outcome", "n"} <= set(table.columns):
        order = list(dict.fromkeys(table["slice"]))
        table = table.pivot_table(index="slice", columns="outcome", values="n", aggfunc="sum", fill_value=0)
        table = table.reindex(index=order, columns=list(OUTCOMES), fill_value=0).reset_index()
    base.need_columns(table, ("slice", *OUTCOMES), "outcomes_table")
    figure = base.new_figure(base.WIDE, 0.95 + 0.24 * len(table))
    axes = figure.subplots(1, 2, sharey=True, width_ratios=[3, 2])
    y = np.arange(len(table))
    for ax, names, title in (
        (axes[0], OUTCOMES[:3], "landmark photos (right: n)"),
        (axes[1], OUTCOMES[3:], "distractors (right: false alarms / n)"),
    ):
        total = table[list(names)].sum(axis=1).to_numpy(float)
        left = np.zeros(len(table))
        for name in names:
            share = np.divide(table[name].to_numpy(float), total, out=np.zeros_like(total), where=total > 0)
            color = base.COLORS[name]
            ax.barh(y, share, left=left, height=0.68, color=color, edgecolor="white", label=base.words(name))
            for i in np.flatnonzero(share > 0.02):
                ink = "white" if name in ("correct", "confused") else base.BLACK
                text = f"{100 * share[i]:.0f} %" if share[i] > 0.09 else f"{100 * share[i]:.0f}"
                ax.text(left[i] + share[i] / 2, y[i], text, ha="center", va="center", fontsize=6.5, color=ink)
            left += share
        notes = [f"{int(n):,}" for n in total]
        if "false_alarm" in names:
            notes = [f"{int(a):,} / {note}" for a, note in zip(table["false_alarm"], notes, strict=True)]
        for i, n in enumerate(total):
            ax.annotate(
                notes[i] if n else "\u2013", (1, y[i]), xycoords=("axes fraction", "data"), xytext=(4, 0),
                textcoords="offset points", va="center", fontsize=6.5, color=base.INK,
            )  # fmt: skip
        ax.set_xlim(0, 1)
        percent_axis(ax.xaxis)
        ax.set_xlabel(title)
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
        legend_above(ax, columns=3)
    axes[0].set_yticks(y, [base.words(s, 34) for s in table["slice"]])
    axes[0].set_ylim(len(table) - 0.5, -0.5)
    return figure


def _by_region(photos: pd.DataFrame) -> pd.DataFrame:
    """Long table slice, outcome, n: all photos, then the landmark photos of each region."""
    base.need_columns(photos, ("outcome",), "outcomes_table")
    parts = [photos.assign(slice="all")]
    if "region" in photos:
        is_landmark = photos["outcome"].isin(OUTCOMES[:3]) & photos["region"].notna()
        parts.append(photos[is_landmark].assign(slice=photos["region"].astype(str)).sort_values("slice"))
    return pd.concat(parts).groupby(["slice", "outcome"], sort=False).size().rename("n").reset_index()


@base.drawn
def sensitivity_by_slice(slices: pd.DataFrame, rate: str = "sensitivity") -> Figure:
    """Sensitivity of each slice with its Wilson 95 % interval and its photos.

    Args:
        slices: columns slice and either k, n (right answers, landmark photos), or a rate and n or
            n_landmark (`Evaluation.slices`). Slices without landmark photos are left out. The first row
            is the reference line.
        rate: the column drawn, e.g. "sensitivity_at_fpr_1pct".
    """
    table = slices if "n" in slices else slices.rename(columns={"n_landmark": "n"})
    base.need_columns(table, ("slice", "k" if "k" in table else rate, "n"), "slices")
    table = table[(table["n"] > 0) & table["k" if "k" in table else rate].notna()].reset_index(drop=True)
    base.need_columns(table, ("slice",), "slices with landmark photos")
    n = table["n"].astype(int)
    k = (table["k"] if "k" in table else (table[rate] * n).round()).astype(int)
    table = _with_wilson(table, k, n)
    styles = [(base.BLUE, "D") if i == 0 else (base.BLUE, "o") for i in range(len(table))]
    figure = base.new_figure(base.WIDE, 0.7 + 0.19 * len(table))
    ax = figure.subplots()
    ax.axvline(table["estimate"].iloc[0], color=base.INK, linewidth=0.7, linestyle=(0, (4, 2)), zorder=1)
    forest(ax, [base.words(s, 40) for s in table["slice"]], table, styles)
    ax.set_xlim(max(0, np.floor(10 * table["low"].min() - 0.2) / 10), 1.005)
    ax.set_xlabel(f"{_rate_words(rate)}; line: Wilson 95 %; right: landmark photos correct / all")
    return figure


def _rate_words(rate: str) -> str:
    """`sensitivity_at_fpr_1pct` -> sensitivity at FPR 1 %."""
    return base.words(rate).replace("fpr", "FPR").replace("pct", " %")


def _with_wilson(table: pd.DataFrame, k: pd.Series, n: pd.Series) -> pd.DataFrame:
    """Adds estimate, low, high (Wilson 95 %) and the note "k / n" to a table of rates."""
    limits = np.array([wilson(int(a), int(b)) for a, b in zip(k, n, strict=True)])
    notes = [f"{a:,} / {b:,}" for a, b in zip(k, n, strict=True)]
    return table.assign(estimate=(k / n).to_numpy(), low=limits[:, 0], high=limits[:, 1], note=notes)


def _per_landmark(photos: pd.DataFrame) -> pd.DataFrame:
    """Sensitivity and number of photos of each landmark, with its name and region where known."""
    queries = photos[photos["outcome"].isin(OUTCOMES[:3])]
    is_correct = queries["outcome"].eq("correct").groupby(queries["landmark_id"])
    table = is_correct.agg(sensitivity="mean", n="size").reset_index()
    about = queries.drop_duplicates("landmark_id").set_index("landmark_id")
    for column in [c for c in ("landmark_name", "region") if c in about.columns]:
        table[column] = table["landmark_id"].map(about[column])
    return table


@base.drawn
def worst_landmarks(per_landmark: pd.DataFrame, k: int = 20) -> Figure:
    """The k landmarks with the lowest sensitivity; at equal values the one with more photos first.

    Args:
        per_landmark: columns landmark_id, sensitivity, n (landmark photos); landmark_name, region if
            known. Or one row per photo with landmark_id and outcome (`Evaluation.outcomes`).
        k: how many, at least 1.
    """
    if "outcome" in per_landmark.columns:
        per_landmark = _per_landmark(per_landmark)
    base.need_columns(per_landmark, ("landmark_id", "sensitivity", "n"), "per_landmark")
    if k < 1:
        raise InputError(f"k must be at least 1; got {k}. It is the number of landmarks drawn.")
    seen = per_landmark[(per_landmark["n"] > 0) & per_landmark["sensitivity"].notna()]
    base.need_columns(seen, ("landmark_id",), "landmarks with test photos")
    table = seen.sort_values(
        ["sensitivity", "n", "landmark_id"], ascending=[True, False, True], kind="stable"
    )
    table = table.head(k).reset_index(drop=True)
    n = table["n"].astype(int)
    table = _with_wilson(table, (table["sensitivity"] * n).round().astype(int), n)
    names = table["landmark_name"] if "landmark_name" in table else table["landmark_id"].str.replace("_", " ")
    regions = table["region"].astype(str).tolist() if "region" in table else [""] * len(table)
    styles = base.group_styles(per_landmark["region"]) if "region" in table else {"": (base.BLUE, "o")}
    figure = base.new_figure(base.WIDE, 0.85 + 0.165 * len(table))
    ax = figure.subplots()
    forest(ax, [base.plain(name, 34) for name in names], table, [styles[r] for r in regions])
    ax.set_xlim(-0.015, 1.005)
    ax.set_xlabel(
        f"sensitivity, worst {len(table)} of {len(seen):,} landmarks; line: Wilson 95 %; right: correct / all"
    )
    if "region" in table:
        legend_above(ax, region_handles(styles, regions), columns=5)
    return figure
