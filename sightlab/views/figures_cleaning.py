"""Figures of notebook 02: which photos cleaning drops, and how well it finds known noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.checks import InputError, check_same_length
from sightlab.evaluation.intervals import share_by_landmark, wilson
from sightlab.views import figures_base as base
from sightlab.views.figures_marks import (
    forest,
    legend_above,
    percent,
    percent_axis,
    region_handles,
    step_outline,
    threshold_line,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_LANDMARKS = 50  # more are cut to those that lost the largest share


@base.drawn
def cleaning_scores(cleaned: pd.DataFrame, truth: pd.DataFrame | Sequence[str] | None = None) -> Figure:
    """Histogram of the mean distance to the photos trusted: kept, dropped and, where known, injected noise.

    Args:
        cleaned: columns photo_id, score (distance, lower = closer), threshold, keep (`clean`).
        truth: photos known to carry a wrong label: a table with photo_id, or the ids.
    Raises:
        InputError: no photo has a score. Those without one, kept unjudged, are left out and counted.
    """
    base.need_columns(cleaned, ("photo_id", "score", "threshold", "keep"), "cleaned")
    rows = cleaned[np.isfinite(cleaned["score"])]
    if rows.empty:
        raise InputError(
            f"cleaning_scores needs photos with a score; none of {len(cleaned):,} has one. Add references."
        )
    keep = rows["keep"].to_numpy(bool)
    score = rows["score"].to_numpy(float)
    groups = [("kept", score[keep]), ("dropped", score[~keep])]
    if truth is not None:
        ids = truth["photo_id"] if isinstance(truth, pd.DataFrame) else truth
        noise = rows["photo_id"].isin(set(ids)).to_numpy()
        groups = [
            ("kept", score[keep & ~noise]),
            ("dropped", score[~keep & ~noise]),
            ("injected noise", score[noise]),
        ]
    figure = base.new_figure(base.WIDE, 2.6)
    ax = figure.subplots()
    thresholds = rows["threshold"].to_numpy(float)
    thresholds = thresholds[np.isfinite(thresholds)]
    bins = _bins(score, float(np.median(thresholds)) if len(thresholds) else 0.0)
    for name, values in groups:
        if not len(values):
            continue
        others = ", no known noise" if truth is not None and name != "injected noise" else ""
        label = f"{name}{others} (n = {len(values):,})"
        if name == "injected noise":
            step_outline(ax, values, bins, color=base.COLORS[name], linewidth=1.5, label=label, zorder=4)
        else:
            ax.hist(values, bins=bins, color=base.COLORS[name], alpha=0.85, linewidth=0, label=label)
    if len(thresholds):
        middle = float(np.median(thresholds))
        text = f"threshold {middle:.3f}"
        if np.ptp(thresholds) > 1e-9:
            text = f"thresholds: median {middle:.3f}, {thresholds.min():.3f} to {thresholds.max():.3f}"
            ax.axvspan(thresholds.min(), thresholds.max(), color=base.GREY, alpha=0.2, linewidth=0, zorder=0)
        threshold_line(ax, middle, text)
    ax.set_xlabel(
        "mean distance to the photos trusted (0 = same, 2 = opposite)" + _unjudged(len(cleaned) - len(rows))
    )
    ax.set_ylabel("photos")
    ax.grid(axis="y")
    legend_above(ax, columns=3)
    return figure


def _unjudged(n: int) -> str:
    """A line that counts photos without a score; nothing for none."""
    return f"\n{n:,} kept unjudged: left out" if n else ""


def _bins(score: np.ndarray, edge: float) -> np.ndarray:
    """About 60 bins over all scores with one edge at `edge`, so that no bar straddles the threshold."""
    width = max((score.max() - score.min()) / 60, 1e-6)
    below, above = np.floor((score.min() - edge) / width), np.ceil((score.max() - edge) / width)
    return edge + width * np.arange(below, max(above, below + 1) + 1)


@base.drawn
def cleaning_curve(
    score: np.ndarray,
    is_noise: np.ndarray,
    threshold: float | None = None,
    landmark: np.ndarray | None = None,
) -> Figure:
    """Share of injected noise dropped against share of other photos dropped, for every threshold.

    Args:
        score: (N,) distance, higher = more suspect; NaN: kept unjudged, left out and counted in words.
        is_noise: (N,) whether the label is known to be wrong.
        threshold: the chosen one (dropped above it); drawn with 95 % intervals.
        landmark: (N,) that each is filed under, drawn together for these intervals (`share_by_landmark`);
            None: every photo on its own (Wilson).
    Raises:
        InputError: no noise, or no other photo, among those with a score; an infinite one.
    """
    places = np.zeros(len(score)) if landmark is None else np.asarray(landmark)
    check_same_length("cleaning_curve", score=score, is_noise=is_noise, landmark=places)
    score, noise = np.asarray(score, float), np.asarray(is_noise, bool)
    judged = ~np.isnan(score)
    n_unjudged, score, noise, places = int((~judged).sum()), score[judged], noise[judged], places[judged]
    n_noise, n_other = int(noise.sum()), int((~noise).sum())
    if not n_noise or not n_other or not np.isfinite(score).all():
        raise InputError(
            "cleaning_curve needs finite scores of noise and of other photos; "
            f"got {n_noise:,} noise, {n_other:,} others, {int((~np.isfinite(score)).sum()):,} infinite, and "
            f"{n_unjudged:,} photos without a score. Draw no curve where none of one kind was judged."
        )
    other_dropped, noise_dropped = roc(score, noise)
    area = float(np.trapezoid(noise_dropped, other_dropped))
    figure = base.new_figure(base.NARROW, 3.3)
    ax = figure.subplots()
    ax.plot([0, 1], [0, 1], color=base.GREY, linewidth=0.7, linestyle=(0, (2, 2)))
    ax.plot(other_dropped, noise_dropped, color=base.BLUE, zorder=3)
    text = f"AUROC {area:.3f}\nnoise n = {n_noise:,}\nothers n = {n_other:,}{_unjudged(n_unjudged)}"
    if threshold is not None:
        is_lost = score > threshold
        x, y = is_lost[~noise].mean(), is_lost[noise].mean()
        x_low, x_high = _limits(is_lost[~noise], None if landmark is None else places[~noise])
        y_low, y_high = _limits(is_lost[noise], None if landmark is None else places[noise])
        method = "Wilson" if landmark is None else "by landmark"
        ax.plot([x_low, x_high], [y, y], color=base.VERMILLION, linewidth=1, zorder=4)
        ax.plot([x, x], [y_low, y_high], color=base.VERMILLION, linewidth=1, zorder=4)
        ax.plot(x, y, marker="D", color=base.VERMILLION, linestyle="none", zorder=5)
        text += (
            f"\n\nchosen threshold {threshold:.3f}:\n{percent(y)} of noise dropped"
            f"\n{percent(x)} of others dropped"
            f"\n(bars: {method}, 95 %)"
        )
    ax.text(0.97, 0.05, text, transform=ax.transAxes, ha="right", va="bottom", fontsize=7, linespacing=1.3)
    ax.set_xlim(-0.01, 1.01)
    ax.set_ylim(-0.01, 1.01)
    ax.set_xlabel("other photos dropped")
    ax.set_ylabel("injected noise dropped")
    percent_axis(ax.xaxis)
    percent_axis(ax.yaxis)
    ax.set_aspect("equal")
    ax.grid()
    return figure


def _limits(is_hit: np.ndarray, landmark: np.ndarray | None) -> tuple[float, float]:
    if landmark is None:
        return wilson(int(is_hit.sum()), len(is_hit))
    return share_by_landmark(is_hit, landmark)


def roc(score: np.ndarray, positive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shares of negatives and of positives above each threshold, from 0 to 1; equal scores move together."""
    order = np.argsort(-score, kind="stable")
    last = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)  # last photo of each equal score
    hits = np.cumsum(positive[order])[last]
    false = last + 1 - hits
    return np.append(0, false / max(false[-1], 1)), np.append(0, hits / max(hits[-1], 1))


@base.drawn
def dropped_per_landmark(cleaned: pd.DataFrame, manifest) -> Figure:
    """Share of each landmark's photos that cleaning drops, with Wilson 95 % intervals, most dropped first.

    Args:
        cleaned: columns landmark_id, keep (`clean`).
        manifest: the `Manifest`; names and regions come from `manifest.landmarks`.
    """
    base.need_columns(cleaned, ("landmark_id", "keep"), "cleaned")
    table = cleaned.groupby("landmark_id")["keep"].agg(n="size", kept="sum").reset_index()
    table["k"] = table["n"] - table["kept"]
    table["estimate"] = table["k"] / table["n"]
    everything = percent(float(table["k"].sum() / table["n"].sum()))
    n_landmarks = len(table)
    table = table.sort_values(["estimate", "landmark_id"], ascending=[False, True], kind="stable")
    table = table.head(MOST_LANDMARKS).reset_index(drop=True)
    limits = [wilson(k, n) for k, n in zip(table["k"].astype(int), table["n"].astype(int), strict=True)]
    table["low"], table["high"] = (np.array(limits, float).T[i] for i in (0, 1))
    table["note"] = [f"{int(k)} / {int(n)}" for k, n in zip(table["k"], table["n"], strict=True)]
    about = manifest.landmarks.set_index("landmark_id")
    regions = about["region"].reindex(table["landmark_id"]).fillna("unknown").astype(str)
    styles = base.group_styles([*manifest.landmarks["region"], *regions])
    names = about["name"].reindex(table["landmark_id"])
    labels = [
        base.plain(i if pd.isna(n) else n, 30) for i, n in zip(table["landmark_id"], names, strict=True)
    ]
    figure = base.new_figure(base.WIDE, 0.75 + 0.135 * len(table))
    ax = figure.subplots()
    forest(ax, labels, table, [styles[r] for r in regions])
    ax.set_yticks(ax.get_yticks(), labels, fontsize=6.5)
    ax.set_xlim(left=0)
    shown = (
        "" if n_landmarks == len(table) else f"; the {len(table)} most dropped of {n_landmarks:,} landmarks"
    )
    ax.set_xlabel(f"photos dropped (over all {everything}); line: Wilson 95 %; right: dropped / all{shown}")
    legend_above(ax, region_handles(styles, set(regions)), columns=5)
    return figure
