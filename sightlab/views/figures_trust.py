"""Figures of notebook 07 about trust: what was tried, gates, certificates, reliability, comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.data.manifest import NON_LANDMARK
from sightlab.evaluation.compare import CHANGES, Comparison
from sightlab.recognition.certified import CONFIDENCE, distractors_needed, most_false_alarms
from sightlab.views import figures_base as base
from sightlab.views.figures_marks import forest, legend_above, percent, percent_axis, threshold_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SERIES = ((base.BLUE, "o"), (base.VERMILLION, "s"), (base.GREEN, "^"), (base.PURPLE, "D"))


@base.drawn
def league(table: pd.DataFrame, reference: str, chosen: str | None = None) -> Figure:
    """Ways held against one of them: difference of sensitivity at FPR 1 % and 0.5 %, with intervals.

    Args:
        table: `score_study.league`.
        reference: the way that the others are held against; it is the zero line.
        chosen: the way in use, drawn as a filled diamond.
    """
    base.need_columns(table, ("way", "difference_1pct", "low_1pct", "high_1pct", "p_holm_1pct"), "table")
    rows = table[table["way"] != reference].reset_index(drop=True)
    against = table.loc[table["way"] == reference].iloc[0]
    figure = base.new_figure(base.WIDE, 1.0 + 0.2 * len(rows))
    axes = figure.subplots(1, 2, sharey=True)
    for ax, end in zip(axes, ("_1pct", "_0.5pct"), strict=True):
        at = end.strip("_").replace("pct", "")
        notes = [
            f"{100 * sensitivity:.1f} %{_stars(p)}"
            for sensitivity, p in zip(rows[f"sensitivity_at_fpr{end}"], rows[f"p_holm{end}"], strict=True)
        ]
        data = pd.DataFrame(
            {"estimate": rows[f"difference{end}"], "low": rows[f"low{end}"], "high": rows[f"high{end}"]}
        ).assign(note=notes)
        styles = [(base.BLUE, "D") if way == chosen else (base.INK, "o") for way in rows["way"]]
        ax.axvline(0, color=base.INK, linewidth=0.7, linestyle=(0, (4, 2)))
        forest(ax, [base.plain(way, 36) for way in rows["way"]], data, styles)
        ax.set_xlabel(f"gain at FPR {at} % over {100 * against[f'sensitivity_at_fpr{end}']:.1f} %")
    axes[0].set_title(base.plain(f"against {reference}", 60), fontweight="normal", loc="left")
    axes[1].set_title("right: sensitivity; * p < 0.05, ** < 0.001", fontweight="normal", loc="right")
    return figure


def _stars(p: float) -> str:
    return " **" if p < 0.001 else " *" if p < 0.05 else ""


@base.drawn
def gate_effects(table: pd.DataFrame) -> Figure:
    """What each gate does: sensitivity, confusion rate and FPR of each setting, with Wilson intervals.

    Args:
        table: columns gate, setting, and sensitivity, confusion_rate, fpr with _low and _high
            (`pipeline_studies.gates`).
    """
    base.need_columns(table, ("gate", "setting", "sensitivity", "confusion_rate", "fpr"), "table")
    labels = [base.plain(f"{row.gate}: {row.setting}", 40) for row in table.itertuples()]
    figure = base.new_figure(base.WIDE, 0.8 + 0.2 * len(table))
    axes = figure.subplots(1, 3, sharey=True, width_ratios=[3, 2, 2])
    for ax, (key, words, color) in zip(
        axes,
        (
            ("sensitivity", "sensitivity", base.BLUE),
            ("confusion_rate", "confusion rate", base.VERMILLION),
            ("fpr", "FPR", base.PURPLE),
        ),
        strict=True,
    ):
        data = pd.DataFrame(
            {"estimate": table[key], "low": table[f"{key}_low"], "high": table[f"{key}_high"]}
        ).assign(note=[f"{100 * value:.1f}" for value in table[key]])
        forest(ax, labels, data, [(color, "o")] * len(table))
        ax.locator_params(axis="x", nbins=4)
        percent_axis(ax.xaxis, decimals=0 if key == "sensitivity" else 1)
        ax.set_xlabel(words)
        if key != "sensitivity":
            ax.set_xlim(left=0)
    return figure


@base.drawn
def unknown_landmarks(table: pd.DataFrame) -> Figure:
    """How many photos of unknown landmarks each way answers, beside its sensitivity for the known ones.

    Args:
        table: columns way, unknown, n, answered with _low and _high, sensitivity
            (`pipeline_unknown.unknown_landmarks`).
    """
    base.need_columns(table, ("way", "unknown", "n", "answered", "answered_low", "sensitivity"), "table")
    kinds = list(dict.fromkeys(table["unknown"]))
    figure = base.new_figure(base.WIDE, 0.9 + 0.22 * table["way"].nunique())
    axes = np.atleast_1d(figure.subplots(1, len(kinds), sharey=True))
    for ax, kind in zip(axes, kinds, strict=True):
        rows = table[table["unknown"] == kind]
        data = pd.DataFrame(
            {"estimate": rows["answered"], "low": rows["answered_low"], "high": rows["answered_high"]}
        ).assign(note=[f"{100 * value:.1f}" for value in rows["sensitivity"]])
        forest(ax, [base.plain(way, 36) for way in rows["way"]], data, [(base.VERMILLION, "o")] * len(rows))
        ax.set_xlim(left=0)
        percent_axis(ax.xaxis)
        ax.set_xlabel(f"answered of {rows['n'].iloc[0]:,} photos\n{kind}")
    axes[-1].set_title("right: sensitivity (%) for known landmarks", fontweight="normal", loc="right")
    return figure


@base.drawn
def reliability_diagram(table: pd.DataFrame, width: float = base.WIDE) -> Figure:
    """What was said against what was seen, one panel for each prevalence; on the line, both agree.

    On a narrow page the panels stand below each other.

    Args:
        table: columns prevalence, said, seen, low, high, share, and if known calibration_error, n_landmark
            and n_distractor (`evaluation.reliability.reliability`).
        width: inches.
    """
    base.need_columns(table, ("prevalence", "said", "seen", "low", "high"), "table")
    groups = list(table.groupby("prevalence"))
    is_wide = width >= base.WIDE
    figure = base.new_figure(width, 2.6 if is_wide else 0.4 + 1.75 * len(groups))
    grid = (1, len(groups)) if is_wide else (len(groups), 1)
    axes = np.atleast_1d(figure.subplots(*grid, sharey=True, sharex=True))
    for ax, (prevalence, rows), (color, marker) in zip(axes, groups, _SERIES, strict=False):
        ax.plot([0, 1], [0, 1], color=base.INK, linewidth=0.7, linestyle=(0, (4, 2)))
        ax.vlines(rows["said"], rows["low"], rows["high"], color=color, linewidth=1)
        ax.plot(rows["said"], rows["seen"], color=color, marker=marker, linewidth=1)
        error = f", error {percent(rows['calibration_error'].iloc[0])}" if "calibration_error" in rows else ""
        ax.set_title(
            f"{100 * float(prevalence):g} % show a landmark{error}", fontweight="normal", fontsize=7.5
        )
        ax.set_xlim(0, 1.02)
        ax.set_ylim(0, 1.02)
        percent_axis(ax.xaxis)
        percent_axis(ax.yaxis)
        ax.grid()
    counts = [column for column in ("n_landmark", "n_distractor") if column in table]
    n = f" (n = {int(groups[0][1][counts].to_numpy().sum()):,})" if counts else ""  # the same in every panel
    for ax in axes if is_wide else axes[-1:]:
        ax.set_xlabel(f"probability said{n}")
    for ax in axes[:1] if is_wide else axes:
        ax.set_ylabel("share that was right\n(bootstrap 95 %)")
    return figure


@base.drawn
def certificates(n_distractors: int, rates: Sequence[float] = (0.01, 0.005, 0.002, 0.001)) -> Figure:
    """How many false alarms a certificate allows, by the number of calibration distractors; n is marked.

    Args:
        n_distractors: that tune has.
        rates: wanted false-positive rates, at most four.
    """
    from matplotlib.ticker import LogLocator

    figure = base.new_figure(base.WIDE, 2.8)
    ax = figure.subplots()
    top = max(n_distractors, distractors_needed(min(rates), CONFIDENCE)) * 2
    for rate, (color, marker) in zip(rates, _SERIES, strict=False):
        needed = distractors_needed(rate, CONFIDENCE)
        n = np.unique(np.geomspace(needed, max(top, needed + 1), 60).astype(int))
        allowed = np.array([most_false_alarms(int(each), rate, CONFIDENCE) for each in n])
        words = f"FPR {100 * rate:g} %: from {needed:,} distractors"
        ax.step(n, 100 * allowed / n, where="post", color=color, label=words)
        ax.plot(needed, 0, marker=marker, color=color, clip_on=False, zorder=5)
        ax.axhline(100 * rate, color=color, linewidth=0.6, linestyle=(0, (1, 2)))
    threshold_line(ax, n_distractors, f"tune has {n_distractors:,}", level=0.85)
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(lambda v, _: f"{v:,.10g}")
    ax.xaxis.minorticks_off()
    ax.set_ylim(bottom=0)
    ax.set_xlabel("calibration distractors")
    ax.set_ylabel("allowed above the threshold (%)")
    ax.grid()
    legend_above(ax, columns=2)
    return figure


@base.drawn
def comparison(found: Comparison) -> Figure:
    """Two systems on the same photos: what was fixed and broken, and each question with its interval.

    Args:
        found: `evaluation.compare.compare`.
    """
    figure = base.new_figure(base.WIDE, 2.5)
    left, right = figure.subplots(1, 2, width_ratios=[3, 4])
    is_landmark = found.photos["landmark_id"] != NON_LANDMARK
    colors = {"both right": base.PALE, "fixed": base.BLUE, "broken": base.VERMILLION, "both wrong": base.GREY}
    for y, group in enumerate((is_landmark, ~is_landmark)):
        counts = found.photos.loc[group, "change"].value_counts()
        start = 0.0
        for name in CHANGES:
            share = counts.get(name, 0) / max(int(group.sum()), 1)
            left.barh(y, share, left=start, color=colors[name], edgecolor="white", height=0.6)
            if share > 0.12:
                left.text(start + share / 2, y, f"{counts[name]:,}", ha="center", va="center", fontsize=6.5)
            start += share
        fixed, broken = counts.get("fixed", 0), counts.get("broken", 0)
        left.text(
            0, y + 0.47, f"fixed {fixed:,}, broken {broken:,}", fontsize=6.5, va="center", color=base.INK
        )
    left.set_yticks([0, 1], ["landmarks", "distractors"])
    left.set_ylim(1.7, -0.5)
    percent_axis(left.xaxis)
    left.set_xlim(0, 1)
    left.set_xlabel("photos, at the chosen thresholds")
    handles = [left.barh(0, 0, color=colors[name], label=name) for name in CHANGES]
    legend_above(left, handles, columns=2)
    rows = found.questions
    data = pd.DataFrame({"estimate": rows["difference"], "low": rows["low"], "high": rows["high"]})
    data["note"] = [
        f"{r.only_second} / {r.only_first}, p {r.p:.1g}{_stars(r.p_holm)}" for r in rows.itertuples()
    ]
    right.axvline(0, color=base.INK, linewidth=0.7, linestyle=(0, (4, 2)))
    forest(right, [base.plain(q, 48) for q in rows["question"]], data, [(base.BLUE, "o")] * len(rows))
    right.set_xlabel("difference (95 %); right: gained / lost, McNemar")
    right.set_title(
        base.plain(f"{found.names[1]} against {found.names[0]}", 70), fontweight="normal", loc="right"
    )
    return figure


@base.drawn
def beside_published(table: pd.DataFrame) -> Figure:
    """The article's figures and ours with their Wilson intervals; other photos, so no comparison of systems.

    Args:
        table: `evaluation.published.beside_published`.
    """
    base.need_columns(table, ("slice", "system", "estimate", "low", "high", "n", "is_published"), "table")
    figure = base.new_figure(base.WIDE, 0.8 + 0.2 * len(table))
    ax = figure.subplots()
    labels = [f"{row.slice}, {'published' if row.is_published else 'here'}" for row in table.itertuples()]
    styles = [
        (base.ORANGE, "s") if published else (base.COLORS["sightlab"], "o")
        for published in table["is_published"]
    ]
    forest(ax, labels, table.assign(note=[f"n = {n:,}" for n in table["n"]]), styles)
    ax.set_xlim(0, 1.005)
    ax.set_xlabel("sensitivity; line: Wilson 95 %")
    return figure
