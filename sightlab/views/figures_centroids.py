"""Figures of notebook 06: one landmark taken apart, and what cut and summary do to recognition."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.checks import InputError
from sightlab.views import figures_base as base
from sightlab.views.figures_marks import legend_above, percent_axis
from sightlab.views.figures_photos import draw_tile

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_ROWS, MOST_TILES = 12, 12
# role of a point on the plane of one landmark -> color, marker, size, in drawing order
ROLES = {
    "distractor": (base.PALE, "o", 7),
    "dropped": (base.ORANGE, "x", 16),
    "in no view": (base.GREY, "o", 12),
    "view 1": (base.BLUE, "o", 14),
    "view 2": (base.SKY, "^", 16),
    "view 3": (base.GREEN, "s", 14),
    "further view": (base.PURPLE, "v", 16),
    "reference": (base.VERMILLION, "D", 34),
    "centroid": (base.BLACK, "*", 130),
}


@base.drawn
def view_sheet(
    rows: Sequence[tuple[str, Sequence[Path | str]]],
    title: str = "",
    tiles: int = 8,
    width: float = base.WIDE,
) -> Figure:
    """A contact sheet by centroid: each view a row of its photos under a line that says what it is.

    Args:
        rows: (words, photos) of each view, most photographed first; photos nearest to the centroid first.
        title: usually the landmark's name.
        tiles: photos in a row, 1 to 12; further ones are left out.
        width: inches.
    """
    if not 0 < len(rows) <= MOST_ROWS or not 1 <= tiles <= MOST_TILES or not all(len(p) for _, p in rows):
        raise InputError(
            f"view_sheet draws 1 to {MOST_ROWS} views of at least one photo, 1 to {MOST_TILES} in a row; got "
            f"{len(rows)} views, {tiles} in a row. Leave empty views out and choose some by a rule."
        )
    title, texts = base.fitted(title, width, 88), [base.fitted(words, width, 120) for words, _ in rows]
    margin, gap = 0.06, 0.06  # inches
    line = 0.2 + 0.13 * max(text.count("\n") for text in texts)
    tile = (width - 2 * margin - (tiles - 1) * gap) / tiles
    head = 0.3 + 0.15 * title.count("\n") if title else 0.05
    figure = base.new_figure(width, head + len(rows) * (line + tile + 0.06) + margin)
    figure.set_layout_engine("none")  # positions are given in inches
    width, height = figure.get_size_inches()
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set_axis_off()
    ax.set_xlim(0, width)
    ax.set_ylim(height, 0)
    if title:
        ax.text(margin, 0.06, title, fontsize=9, weight="bold", va="top")
    for row, (_, paths) in enumerate(rows):
        top = head + row * (line + tile + 0.06)
        ax.text(margin, top + line - 0.05, texts[row], fontsize=7.5, va="bottom", color=base.INK)
        for i, path in enumerate(list(paths)[:tiles]):
            draw_tile(ax, path, margin + i * (tile + gap), top + line, tile, max(32, round(tile * 200)), "")
    ax.set_xlim(0, width)
    ax.set_ylim(height, 0)
    base.credit(figure, [path for _, paths in rows for path in list(paths)[:tiles]])
    return figure


@base.drawn
def landmark_map(points: pd.DataFrame, title: str, stamp: str = "", width: float = base.WIDE) -> Figure:
    """One landmark on a plane of its own: photos by view, centroids, references, dropped photos, distractors.

    Args:
        points: columns x, y, role (a key of `ROLES`).
        title: usually the landmark's name.
        stamp: how the plane was made, written small below.
        width: inches.
    """
    base.need_columns(points, ("x", "y", "role"), "points")
    unknown = sorted(set(points["role"]) - set(ROLES))
    if unknown:
        raise InputError(f"role must be one of {', '.join(ROLES)}; got {', '.join(map(str, unknown))}.")
    figure = base.new_figure(width, 4.2 if width >= base.WIDE else 3.6)
    ax = figure.subplots()
    for z, (role, (color, marker, size)) in enumerate(ROLES.items()):
        own = points[points["role"] == role]
        if len(own):
            edge = {"edgecolor": "white", "linewidth": 0.5} if role in ("reference", "centroid") else {}
            if marker == "x":
                edge = {"linewidth": 0.9}
            ax.scatter(
                own["x"], own["y"], s=size, color=color, marker=marker, zorder=2 + z, alpha=0.9,
                label=f"{role} ({len(own):,})", **edge,
            )  # fmt: skip
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    ax.set_aspect("equal", adjustable="datalim")
    ax.set_xlabel(base.fitted(stamp, width, 130), fontsize=6.5, color=base.INK, loc="left")
    legend_above(ax, columns=5, title=base.fitted(title, width, 80), alignment="left")
    return figure


@base.drawn
def cut_effects(study: pd.DataFrame, chosen: float, fpr: float = 0.01) -> Figure:
    """What the linkage cut does to centroids and to recognition; the chosen cut as a line.

    Args:
        study: columns max_diameter, n_centroids, n_fallback, share_used, sensitivity, confusion_rate,
            closed_set_accuracy (`view_study.cut_study`).
        chosen: the cut in use.
        fpr: at which sensitivity was read off.
    """
    columns = ("max_diameter", "n_centroids", "n_fallback", "share_used", "sensitivity", "confusion_rate")
    base.need_columns(study, (*columns, "closed_set_accuracy"), "study")
    x = study["max_diameter"].to_numpy(float)
    figure = base.new_figure(base.WIDE, 2.8)
    left, right = figure.subplots(1, 2)
    left.plot(x, study["n_centroids"], color=base.BLUE, label="centroids")
    left.plot(x, study["n_fallback"], color=base.ORANGE, linestyle=(0, (3, 1)), label="fallbacks")
    left.set_ylim(bottom=0)
    left.set_ylabel("number")
    lines = (
        ("closed_set_accuracy", "closed-set accuracy", base.GREEN, "-"),
        ("sensitivity", f"sensitivity at FPR {100 * fpr:g} %", base.BLUE, "-"),
        ("confusion_rate", "confusion rate", base.VERMILLION, (0, (3, 1))),
        ("share_used", "train photos in a view", base.GREY, (0, (1, 1))),
    )
    for column, label, color, style in lines:
        right.plot(x, study[column], color=color, linestyle=style, label=label)
    right.set_ylim(0, 1)
    percent_axis(right.yaxis)
    for ax in (left, right):
        ax.axvline(chosen, color=base.COLORS["threshold"], linewidth=0.9, linestyle=(0, (4, 2)))
        ax.set_xlabel(f"cut: largest distance inside one view (chosen {chosen:.3f})")
        ax.grid()
    legend_above(left, columns=2)
    legend_above(right, columns=2)
    return figure


def view_rows(
    gallery, landmark_id: str, table, paths: dict[str, Path], most: int = 8
) -> list[tuple[str, list[Path]]]:
    """Rows for `view_sheet`: each view of one landmark with its photos, nearest to the centroid first.

    Args:
        gallery: from `build_gallery`.
        landmark_id: whose views.
        table: embeddings of its photos.
        paths: photo_id -> file.
        most: photos of a view.
    """
    rows = []
    own = np.flatnonzero(gallery.landmark_ids == landmark_id)
    for number, row in enumerate(own, start=1):
        centroid = gallery[int(row)]
        members = list(centroid.members)
        order = np.argsort(-(table.rows(members) @ centroid.vector), kind="stable")[:most]
        words = (
            f"view {number} of {len(own)}: {len(members)} photos of {centroid.n_landmark_photos}, diameter "
            f"{centroid.diameter:.2f}, radius {centroid.radius:.2f}"
        )
        words += ", a fallback: no cluster was large enough" if centroid.is_fallback else ""
        rows.append((words, [paths[members[i]] for i in order]))
    return rows
