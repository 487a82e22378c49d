"""The map of embeddings, for notebook 06."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.checks import InputError, check_same_length
from sightlab.data.manifest import NON_LANDMARK
from sightlab.views import figures_base as base
from sightlab.views.figures_marks import place_labels, region_handles

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_NAMES = 60  # more landmarks than this stay without names on the map
MOST_VALUES = 8  # more different labels than this cannot be told apart by color and marker


@base.drawn
def embedding_map(
    coordinates: pd.DataFrame, labels: pd.DataFrame | Sequence[str], kind: str = "landmark"
) -> Figure:
    """Photos on the UMAP plane, non-landmarks grey behind. Distances between far groups mean little.

    Args:
        coordinates: columns photo_id, x, y (`projection.umap_coordinates`).
        labels: a table with photo_id, landmark_id, region (and landmark_name), joined by photo_id: color and
            marker by region, and for kind "landmark" the name at each landmark's middle. Or one text per row
            of coordinates with at most eight different values: color and marker by value.
        kind: what the labels are, for the legend; "landmark" writes names, "region" does not.
    """
    base.need_columns(coordinates, ("x", "y"), "coordinates")
    xy = coordinates[["x", "y"]].to_numpy(float)
    names = None
    if isinstance(labels, pd.DataFrame):
        base.need_columns(labels, ("photo_id", "landmark_id", "region"), "labels")
        joined = labels.drop_duplicates("photo_id").set_index("photo_id").reindex(coordinates["photo_id"])
        landmark = joined["landmark_id"].fillna(NON_LANDMARK).astype(str).to_numpy()
        groups = np.where(landmark == NON_LANDMARK, NON_LANDMARK, joined["region"].astype(str).to_numpy())
        styles = base.group_styles(set(groups) - {NON_LANDMARK})
        if kind == "landmark":
            names = joined.get("landmark_name", joined["landmark_id"]).astype(str).to_numpy()
            names = np.where(landmark == NON_LANDMARK, "", names)
    else:
        check_same_length("embedding_map", coordinates=coordinates, labels=labels)
        groups = np.asarray([str(v) for v in labels])
        styles = _value_styles(set(groups) - {NON_LANDMARK, ""})
    figure = base.new_figure(base.WIDE, 5.6)
    ax = figure.subplots()
    behind = (groups == NON_LANDMARK) | (groups == "")
    size = float(np.clip(30_000 / max(len(xy), 1), 1.5, 14))
    ax.scatter(*xy[behind].T, s=size * 0.7, color="#CFCFCF", linewidth=0, zorder=1, rasterized=len(xy) > 5000)
    by_size = sorted(styles, key=lambda value: -np.count_nonzero(groups == value))
    for value in by_size:  # few photos are drawn over many
        color, marker = styles[value]
        ax.scatter(
            *xy[groups == value].T, s=size, color=color, marker=marker, linewidth=0, alpha=0.8, zorder=2,
            rasterized=len(xy) > 5000,
        )  # fmt: skip
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    ax.set_aspect("equal", adjustable="datalim")
    handles = region_handles(styles, groups)
    if behind.any():
        from matplotlib.lines import Line2D

        label = f"non-landmark ({int(behind.sum()):,})"
        handles.append(Line2D([], [], color="#BBBBBB", marker="o", linestyle="none", label=label))
    title = "region" if isinstance(labels, pd.DataFrame) else base.words(kind)
    ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=6, borderaxespad=0.2, title=title,
        alignment="left",
    )  # fmt: skip
    if names is not None:
        _write_names(ax, xy, names)
    return figure


def _value_styles(values: set[str]) -> dict[str, tuple[str, str]]:
    """Styles of plain labels: the fixed color where the value has one."""
    if len(values) > MOST_VALUES:
        raise InputError(
            f"labels must have at most {MOST_VALUES} different values to be told apart; got {len(values):,}. "
            "Pass a table with photo_id, landmark_id and region: colors then show the region."
        )
    return {
        v: (base.COLORS.get(v, color), marker) for v, (color, marker) in base.group_styles(values).items()
    }


def _write_names(ax, xy: np.ndarray, names: np.ndarray) -> None:
    """Each landmark's name beside the middle of its photos, the most photographed first."""
    from matplotlib.patheffects import withStroke

    found, counts = np.unique(names[names != ""], return_counts=True)
    order = np.argsort(-counts, kind="stable")[:MOST_NAMES]
    middles = np.array([np.median(xy[names == found[i]], axis=0) for i in order]).reshape(-1, 2)
    place_labels(ax, middles, [base.plain(found[i], 24) for i in order], fontsize=6)
    for text in ax.texts:
        text.set_path_effects([withStroke(linewidth=2, foreground="white")])
