"""Figures of notebook 07: operating points, similarities, and what an answer is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sightlab.checks import InputError, check_same_length
from sightlab.evaluation.intervals import wilson
from sightlab.evaluation.prevalence import ppv
from sightlab.views import figures_base as base
from sightlab.views.figures_marks import (
    legend_above,
    percent,
    percent_axis,
    step_outline,
    threshold_line,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = ("landmark right", "landmark wrong", "distractor")
_POINT_STYLES = (
    (base.VERMILLION, "D"),
    (base.GREEN, "s"),
    (base.PURPLE, "^"),
    (base.BLACK, "o"),
    (base.INK, "P"),
)


@base.drawn
def open_set_curve(
    curve: pd.DataFrame,
    points: pd.DataFrame | Sequence[Mapping[str, Any]],
    n_landmark: int | None = None,
    beside: Mapping[str, pd.DataFrame] | None = None,
) -> Figure:
    """Sensitivity against false-positive rate on a log axis, with a band and the operating points.

    Args:
        curve: columns fpr, sensitivity (`metrics.open_set_curve`); low, high, confusion_rate if known.
        points: a row each: label, fpr, sensitivity, and low, high if known. A point with fpr 0 stands at
            the left edge.
        n_landmark: landmark queries; the band is then Wilson 95 % around the curve.
        beside: name -> another curve with fpr and sensitivity, drawn thin and without band; `curve` is then
            that of the decision with all gates.
    """
    from matplotlib.ticker import FuncFormatter, NullFormatter

    base.need_columns(curve, ("fpr", "sensitivity"), "curve")
    rows = curve.sort_values("fpr", kind="stable")
    fpr, value = rows["fpr"].to_numpy(float), rows["sensitivity"].to_numpy(float)
    left = float(fpr[fpr > 0].min()) / 1.5 if (fpr > 0).any() else 1e-4
    left = min(left, 7e-4)
    x = np.append(np.maximum(fpr, left), 1.0)
    band = None
    if {"low", "high"} <= set(rows.columns):
        band = rows[["low", "high"]].to_numpy(float)
    elif n_landmark is not None:
        band = np.array([wilson(round(v * n_landmark), n_landmark) for v in value])

    def steps(values: np.ndarray) -> np.ndarray:
        return np.append(values, values[-1])

    figure = base.new_figure(base.WIDE, 3.2)
    ax = figure.subplots()
    if band is not None:
        label = "Wilson 95 %" + (f", n = {n_landmark:,} landmark photos" if n_landmark else "")
        ax.fill_between(
            x,
            steps(band[:, 0]),
            steps(band[:, 1]),
            step="post",
            color=base.BLUE,
            alpha=0.16,
            linewidth=0,
            label=label,
        )
    name = "sensitivity, all gates" if beside else "sensitivity"
    ax.step(x, steps(value), where="post", color=base.BLUE, label=name)
    for which, other in (beside or {}).items():
        other = other.sort_values("fpr", kind="stable")
        at = np.append(np.maximum(other["fpr"].to_numpy(float), left), 1.0)
        ax.step(
            at,
            steps(other["sensitivity"].to_numpy(float)),
            where="post",
            color=base.GREY,
            linewidth=1,
            label=which,
        )
    if "confusion_rate" in rows:
        confused = steps(rows["confusion_rate"].to_numpy(float))
        ax.step(x, confused, where="post", color=base.VERMILLION, linewidth=1, label="confusion rate")
    for i, point in enumerate(pd.DataFrame(points).to_dict("records")):
        color, marker = _POINT_STYLES[i % len(_POINT_STYLES)]
        at = max(float(point["fpr"]), left)
        y = float(point["sensitivity"])
        text = f"{base.plain(point['label'], 44)}: {percent(y)}"
        if np.isfinite([point.get("low", np.nan), point.get("high", np.nan)]).all():
            ax.plot([at, at], [point["low"], point["high"]], color=color, linewidth=1, zorder=5)
            text += f" ({100 * point['low']:.1f} to {100 * point['high']:.1f})"
        ax.plot(at, y, marker=marker, color=color, linestyle="none", markersize=5, zorder=6, label=text)
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{100 * v:g} %"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    percent_axis(ax.yaxis)
    ax.set_xlim(left, 1)
    ax.set_ylim(0, 1)
    ax.set_xlabel("false-positive rate: distractors answered with any landmark")
    ax.set_ylabel("landmark photos")
    ax.grid()
    legend_above(ax, columns=2)
    return figure


@base.drawn
def similarity_histogram(
    similarity: np.ndarray, kind: Sequence[str], thresholds: Mapping[str, float] | object
) -> Figure:
    """Best similarity before any threshold, for right and wrong landmarks and for distractors.

    Each kind is a share of its own photos, so that few landmark photos show beside many distractors.

    Args:
        similarity: (Q,) cosine; photos without a finite one (unreadable) are left out and counted.
        kind: (Q,) "landmark right", "landmark wrong" or "distractor".
        thresholds: name -> value, or a `Thresholds` object.
    """
    check_same_length("similarity_histogram", similarity=similarity, kind=kind)
    similarity, kind = np.asarray(similarity, float), np.asarray([str(k) for k in kind])
    unknown = sorted(set(kind) - set(KINDS))
    finite = np.isfinite(similarity)
    if unknown or not finite.any():
        raise InputError(
            f"kind must be one of {', '.join(KINDS)} and some similarity finite; "
            f"got {', '.join(unknown) or 'no finite similarity'}. Compare best_landmark_id with the truth."
        )
    lines = _threshold_values(thresholds)
    values = similarity[finite]
    low, high = min(values.min(), *lines.values(), 1.0), max(values.max(), *lines.values(), -1.0)
    bins = np.linspace(low, max(high, low + 1e-3), 51)
    figure = base.new_figure(base.WIDE, 2.8)
    ax = figure.subplots()
    looks = {
        "distractor": {"histtype": "stepfilled", "alpha": 0.55, "zorder": 2, "linewidth": 0},
        "landmark right": {"linewidth": 1.5, "zorder": 4},
        "landmark wrong": {"linewidth": 1.3, "linestyle": (0, (3, 1)), "zorder": 3},
    }
    for name in KINDS:
        part = similarity[finite & (kind == name)]
        if len(part):
            weights = np.full(len(part), 1 / len(part))
            label = f"{name} (n = {len(part):,})"
            draw = ax.hist if name == "distractor" else partial(step_outline, ax)
            draw(part, bins=bins, weights=weights, color=base.COLORS[name], label=label, **looks[name])
    ordered = sorted(lines.items(), key=lambda item: item[1])
    for i, (name, value) in enumerate(ordered):
        # the lower one is written to its left, the higher one to its right
        threshold_line(
            ax, value, f"{name} {value:.3f}", right=i > 0 or len(ordered) == 1, level=0.98 - 0.11 * (i // 2)
        )
    percent_axis(ax.yaxis)
    ax.set_xlabel("similarity to the best centroid" + _left_out(finite))
    ax.set_ylabel("share of each kind")
    ax.margins(y=0.18)
    ax.grid(axis="y")
    legend_above(ax, columns=3)
    return figure


def _left_out(finite: np.ndarray) -> str:
    missing = int((~finite).sum())
    return f" ({missing:,} unreadable left out)" if missing else ""


def _threshold_values(thresholds: Mapping[str, float] | object) -> dict[str, float]:
    if not isinstance(thresholds, Mapping):
        thresholds = {
            "threshold": thresholds.similarity,
            "threshold with coordinates": getattr(thresholds, "similarity_gps", np.nan),
        }
    return {str(k): float(v) for k, v in thresholds.items() if v is not None and np.isfinite(v)}


@base.drawn
def ppv_by_prevalence(
    sensitivity: float | Sequence[float],
    confusion_rate: float | Sequence[float],
    fpr: float | Sequence[float],
    n_distractor: int | None = None,
) -> Figure:
    """How often an answer is right, by the share of photos that show a known landmark.

    Args:
        sensitivity: [0, 1]; several operating points as equally long sequences.
        confusion_rate: [0, 1], likewise.
        fpr: [0, 1], likewise.
        n_distractor: distractors behind `fpr`; draws the band of its Wilson 95 % interval.
    """
    points = list(
        zip(*(np.atleast_1d(v).astype(float) for v in (sensitivity, confusion_rate, fpr)), strict=True)
    )
    prevalence = np.geomspace(0.001, 0.1, 121)
    figure = base.new_figure(base.WIDE, 2.9)
    ax = figure.subplots()
    ax.axvspan(0.01, 0.03, color=base.PALE, alpha=0.6, linewidth=0, zorder=0)
    ax.annotate(
        "users' photos: 1 to 3 %", (0.01 * 3**0.5, 0), xycoords=("data", "axes fraction"), xytext=(0, 4),
        textcoords="offset points", ha="center", va="bottom", fontsize=7, color=base.INK,
    )  # fmt: skip
    for i, (right, wrong, false) in enumerate(points):
        color = (base.BLUE, base.VERMILLION, base.GREEN, base.PURPLE)[i % 4]
        label = f"sensitivity {percent(right)}, FPR {percent(false)}"
        ax.plot(
            prevalence, [ppv(p, right, wrong, false) for p in prevalence], color=color, label=label, zorder=3
        )
        for p in (0.01, 0.03):
            ax.plot(p, ppv(p, right, wrong, false), marker="osD^"[i % 4], color=color, zorder=4)
            _value_beside(ax, p, ppv(p, right, wrong, false), left=p == 0.01)
        if n_distractor:
            low, high = wilson(round(false * n_distractor), n_distractor)
            edges = [[ppv(p, right, wrong, f) for p in prevalence] for f in (high, low)]
            label = f"FPR's Wilson 95 %, n = {n_distractor:,} distractors" if i == len(points) - 1 else None
            ax.fill_between(prevalence, *edges, color=color, alpha=0.14, linewidth=0, label=label)
    ax.set_xscale("log")
    ax.set_xticks([0.001, 0.003, 0.01, 0.03, 0.1], ["0.1 %", "0.3 %", "1 %", "3 %", "10 %"])
    ax.xaxis.minorticks_off()
    ax.set_xlim(0.001, 0.1)
    ax.set_ylim(0, 1)
    percent_axis(ax.yaxis)
    ax.set_xlabel("prevalence: share of photos that show a known landmark")
    ax.set_ylabel("answers that are right (PPV)")
    ax.grid()
    legend_above(ax, columns=1 if len(points) > 2 else 2)
    return figure


def _value_beside(ax, x: float, y: float, left: bool) -> None:
    above = left and y < 0.9  # the legend stands over the axes
    ax.annotate(
        f"{100 * y:.0f} %", (x, y), xytext=(-4 if left else 4, 3 if above else -3),
        textcoords="offset points", ha="right" if left else "left", va="bottom" if above else "top",
        fontsize=7, zorder=5,
    )  # fmt: skip
