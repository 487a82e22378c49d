"""Figures of notebook 06: views, their diameters, and the cut of the trees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.checks import InputError
from sightlab.views import figures_base as base
from sightlab.views.figures_marks import percent, percent_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WANTED_SHARE = 0.20  # landmarks with more than one centroid; Boiarov & Tyantov 2019 (article)


@base.drawn
def view_counts(gallery_table: pd.DataFrame) -> Figure:
    """How many landmarks have one view, two, three ...; the fallbacks among them apart.

    Args:
        gallery_table: columns landmark_id, is_fallback (`CentroidGallery.table`, or the gallery itself).
    """
    table = getattr(gallery_table, "table", gallery_table)
    base.need_columns(table, ("landmark_id", "is_fallback"), "gallery_table")
    landmarks = table.groupby("landmark_id")["is_fallback"].agg(views="size", fallback="any")
    most = int(landmarks["views"].max())
    views = np.arange(1, most + 1)
    valid = (
        landmarks.loc[~landmarks["fallback"], "views"].value_counts().reindex(views, fill_value=0).to_numpy()
    )
    fallback = (
        landmarks.loc[landmarks["fallback"], "views"].value_counts().reindex(views, fill_value=0).to_numpy()
    )
    figure = base.new_figure(base.NARROW, 2.5)
    ax = figure.subplots()
    ax.bar(views, valid, color=base.BLUE, width=0.75, label="valid views")
    if fallback.any():
        label = "fallback: no view large enough"
        ax.bar(
            views,
            fallback,
            bottom=valid,
            color=base.PALE,
            edgecolor=base.INK,
            width=0.75,
            hatch="////",
            label=label,
        )
        ax.legend(loc="upper right")
    total = valid + fallback
    if most <= 12:
        for x, n in zip(views, total, strict=True):
            if n:
                ax.annotate(
                    f"{n:,}", (x, n), xytext=(0, 2), textcoords="offset points", ha="center", fontsize=7
                )
        ax.set_xticks(views)
    ax.margins(y=0.12)
    share = float((landmarks["views"] > 1).mean())
    ax.set_title(f"{percent(share)} of {len(landmarks):,} landmarks have several", fontweight="normal")
    ax.set_xlabel("views (centroids) of a landmark")
    ax.set_ylabel("landmarks")
    ax.grid(axis="y")
    return figure


@base.drawn
def view_diameters(gallery_table: pd.DataFrame, max_diameter: float | None = None) -> Figure:
    """Diameter of every view against its photos: how wide the views are that became centroids.

    Args:
        gallery_table: columns landmark_id, view, n_photos, diameter, is_fallback (`CentroidGallery.table`,
            or the gallery itself).
        max_diameter: the cut; drawn as a line. Fallback views may be wider than valid ones.
    """
    from matplotlib.ticker import LogLocator

    table = getattr(gallery_table, "table", gallery_table)
    base.need_columns(table, ("view", "n_photos", "diameter", "is_fallback"), "gallery_table")
    fallback = table["is_fallback"].to_numpy(bool)
    first = (table["view"].to_numpy() == 0) & ~fallback
    groups = [
        ("most photographed view", first, base.BLUE, "o"),
        ("further views", ~first & ~fallback, base.ORANGE, "^"),
        ("fallback", fallback, base.GREY, "X"),
    ]
    figure = base.new_figure(base.WIDE, 2.7)
    ax, side = figure.subplots(1, 2, sharey=True, width_ratios=[4, 1])
    top = max(float(table["diameter"].max()), max_diameter or 0.0, 0.1)
    bins = np.linspace(0, top * 1.001, 25)
    size = 14 if len(table) <= 500 else 5
    for name, rows, color, marker in groups:
        if not rows.any():
            continue
        part = table[rows]
        ax.scatter(
            part["n_photos"], part["diameter"], s=size, color=color, marker=marker, alpha=0.85,
            edgecolor="white", linewidth=0.3, label=f"{name} ({len(part):,})", zorder=3,
        )  # fmt: skip
    side.hist(
        [table["diameter"][rows] for _, rows, _, _ in groups], bins=bins, stacked=True,
        color=[c for _, _, c, _ in groups], orientation="horizontal", linewidth=0,
    )  # fmt: skip
    if max_diameter is not None:
        for panel in (ax, side):
            panel.axhline(max_diameter, color=base.COLORS["threshold"], linewidth=0.9, linestyle=(0, (4, 2)))
        ax.annotate(
            f"cut {max_diameter:.3f}", (1, max_diameter), xycoords=("axes fraction", "data"), fontsize=7,
            xytext=(-2, 2), textcoords="offset points", ha="right", va="bottom",
        )  # fmt: skip
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(lambda v, _: f"{v:,.10g}")
    ax.xaxis.minorticks_off()
    ax.set_ylim(0, top * 1.12)
    ax.set_xlabel("photos of the view")
    ax.set_ylabel("diameter (distance, at most 2)")
    ax.grid()
    side.set_xlabel("views")
    side.locator_params(axis="x", integer=True, nbins=3)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, borderaxespad=0.2)
    return figure


@base.drawn
def cut_curve(curve: pd.DataFrame, chosen: float) -> Figure:
    """Share of landmarks with more than one centroid for every cut, the wanted 20 % and the chosen cut.

    Args:
        curve: columns max_diameter, share_multiple, n_centroids (`calibrate_cut`).
        chosen: the cut that was taken.
    """
    base.need_columns(curve, ("max_diameter", "share_multiple"), "curve")
    table = curve.sort_values("max_diameter", kind="stable")
    x = table["max_diameter"].to_numpy(float)
    both = "n_centroids" in table
    figure = base.new_figure(base.WIDE if both else base.NARROW, 2.5)
    axes = np.atleast_1d(figure.subplots(1, 2 if both else 1))
    share = table["share_multiple"].to_numpy(float)
    axes[0].step(x, share, where="post", color=base.BLUE)
    axes[0].axhline(WANTED_SHARE, color=base.VERMILLION, linewidth=0.9, linestyle=(0, (1, 1.5)))
    axes[0].annotate(
        f"wanted {100 * WANTED_SHARE:.0f} %", (1, WANTED_SHARE), xycoords=("axes fraction", "data"),
        xytext=(-2, 2), textcoords="offset points", ha="right", fontsize=7, color=base.VERMILLION,
    )  # fmt: skip
    at = share[max(np.searchsorted(x, chosen, side="right") - 1, 0)]
    axes[0].plot(chosen, at, marker="D", color=base.COLORS["threshold"], linestyle="none", zorder=5)
    percent_axis(axes[0].yaxis)
    axes[0].set_ylabel("landmarks with > 1 centroid")
    if both:
        axes[1].step(x, table["n_centroids"], where="post", color=base.BLUE)
        axes[1].set_ylabel("centroids")
    for ax in axes:
        ax.set_ylim(bottom=0)
        ax.axvline(chosen, color=base.COLORS["threshold"], linewidth=0.9, linestyle=(0, (4, 2)))
        ax.set_xlabel("cut: largest distance inside one view")
        ax.grid()
    axes[0].set_title(f"chosen cut {chosen:.3f}: {percent(float(at))}", fontweight="normal")
    return figure


@base.drawn
def dendrogram(linkage: np.ndarray, cut: float, title: str) -> Figure:
    """The complete-linkage tree of one landmark; clusters below the cut in color, the cut as a line.

    Args:
        linkage: (N - 1, 4) as scipy writes it (`linkage_of`).
        cut: the largest distance inside one view.
        title: usually the landmark's name.
    """
    from matplotlib.collections import LineCollection
    from scipy.cluster.hierarchy import leaves_list

    linkage = np.asarray(linkage, float)
    if linkage.ndim != 2 or linkage.shape[1] != 4 or not len(linkage):
        raise InputError(
            f"linkage must be (N - 1, 4) with N >= 2 photos; got shape {linkage.shape}. "
            "A landmark with one photo has no tree: choose another one."
        )
    n = len(linkage) + 1
    x, height = np.empty(2 * n - 1), np.zeros(2 * n - 1)
    x[leaves_list(linkage)] = np.arange(n)
    lines: dict[int, list] = {}
    group = _groups_below(linkage, cut)
    for i, (left, right, distance, _) in enumerate(linkage):
        a, b, node = int(left), int(right), n + i
        x[node], height[node] = (x[a] + x[b]) / 2, distance
        corners = [(x[a], height[a]), (x[a], distance), (x[b], distance), (x[b], height[b])]
        lines.setdefault(group[node], []).append(corners)
    figure = base.new_figure(base.WIDE, 2.5)
    ax = figure.subplots()
    clusters = sorted(set(group[:n]), key=lambda g: x[:n][group[:n] == g].min())
    colors = dict(
        zip(clusters, [(base.BLUE, base.ORANGE, base.SKY)[i % 3] for i in range(len(clusters))], strict=True)
    )
    for g, corners in lines.items():
        width = 0.8 if n <= 400 else 0.4
        ax.add_collection(LineCollection(corners, colors=colors.get(g, base.INK), linewidths=width))
    ax.axhline(cut, color=base.VERMILLION, linewidth=0.9, linestyle=(0, (4, 2)))
    ax.annotate(
        f"cut {cut:.3f}", (1, cut), xycoords=("axes fraction", "data"), xytext=(4, 0),
        textcoords="offset points", va="center", ha="left", fontsize=7, color=base.VERMILLION,
    )  # fmt: skip
    ax.set_xlim(-0.01 * n - 0.5, 1.01 * n - 0.5)
    ax.set_ylim(0, 1.05 * max(cut, float(linkage[:, 2].max())))
    ax.set_xticks([])
    clusters_word = "cluster" if len(clusters) == 1 else "clusters"
    ax.set_xlabel(f"{n:,} photos, {len(clusters):,} {clusters_word} below the cut")
    ax.set_ylabel("largest distance inside")
    ax.set_title(base.plain(title, 90))
    ax.spines["bottom"].set_visible(False)
    return figure


def _groups_below(linkage: np.ndarray, cut: float) -> np.ndarray:
    """(2N - 1,) top node at or below the cut over each node; -1 for nodes above it."""
    n = len(linkage) + 1
    group = np.full(2 * n - 1, -1)
    for i in range(len(linkage) - 1, -1, -1):  # parents before children
        node = n + i
        if group[node] < 0 and linkage[i, 2] <= cut:
            group[node] = node
        for child in linkage[i, :2].astype(int):
            group[child] = group[node]
    leaves = np.arange(n)
    group[leaves] = np.where(group[leaves] < 0, leaves, group[leaves])  # a photo alone is its own cluster
    return group
