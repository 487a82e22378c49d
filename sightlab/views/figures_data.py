"""Figures of notebook 01: how many photos of which landmarks, where they stand, how large the photos are."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.data.manifest import NON_LANDMARK, SPLITS
from sightlab.views import figures_base as base
from sightlab.views.figures_marks import legend_above, percent, place_labels, region_handles

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_NAMES = 70  # more landmarks than this are drawn as a curve without names
MOST_CITIES = 60  # more cities than this are drawn without numbers


@base.drawn
def photos_per_landmark(photos: pd.DataFrame, landmarks: pd.DataFrame) -> Figure:
    """Photos of each landmark, most photographed first: bars stacked by split, a marker per region.

    Args:
        photos: columns landmark_id, split (`Manifest.photos`).
        landmarks: columns landmark_id, name, region (`Manifest.landmarks`).
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    base.need_columns(photos, ("landmark_id", "split"), "photos")
    base.need_columns(landmarks, ("landmark_id", "name", "region"), "landmarks")
    shown = photos[photos["landmark_id"] != NON_LANDMARK]
    counts = pd.crosstab(shown["landmark_id"], shown["split"]).reindex(columns=list(SPLITS), fill_value=0)
    counts = counts.assign(total=counts.sum(axis=1)).reset_index()
    counts = counts.sort_values(["total", "landmark_id"], ascending=[False, True], kind="stable")
    base.need_columns(counts, ("landmark_id",), "photos of landmarks")
    about = landmarks.set_index("landmark_id")
    regions = about["region"].reindex(counts["landmark_id"]).fillna("unknown").astype(str).tolist()
    styles = base.group_styles(landmarks["region"])
    styles.setdefault("unknown", (base.INK, "x"))

    named = len(counts) <= MOST_NAMES
    present = [r for r in styles if r in regions]
    figure = base.new_figure(base.WIDE, 3.8 if named else 3.0 + 0.12 * len(present))
    x, bottom = np.arange(len(counts)), np.zeros(len(counts))
    if named:
        ax = figure.subplots()
        _region_markers(ax, x, counts["total"].to_numpy() * 1.0, regions, styles)
    else:
        ax, strip = figure.subplots(2, 1, sharex=True, height_ratios=[2.4, 0.12 * len(present)])
        _region_strip(strip, np.array(regions), present, styles)
    for split in SPLITS:
        height = counts[split].to_numpy(float)
        if named:
            ax.bar(x, height, width=0.82, bottom=bottom, color=base.COLORS[split], linewidth=0)
        else:
            ax.fill_between(x, bottom, bottom + height, step="mid", color=base.COLORS[split], linewidth=0)
        bottom += height
    median = float(np.median(bottom))
    ax.axhline(median, color=base.INK, linewidth=0.7, linestyle=(0, (4, 2)))
    ax.annotate(
        f"median {median:,.0f} photos", (1, median), xycoords=("axes fraction", "data"), fontsize=7,
        xytext=(-2, 3), textcoords="offset points", ha="right", va="bottom",
    )  # fmt: skip
    if named:
        names = about["name"].reindex(counts["landmark_id"])
        labels = [
            base.plain(i if pd.isna(n) else n, 26) for i, n in zip(counts["landmark_id"], names, strict=True)
        ]
        ax.set_xticks(x, labels, rotation=90, fontsize=6.5)
        ax.tick_params(axis="x", length=0, pad=1)
    else:
        strip.set_xlabel(f"{len(counts):,} landmarks, most photographed first (rank)")
    ax.set_xlim(-0.8, len(counts) - 0.2)
    ax.set_ylim(bottom=0)
    ax.set_ylabel("photos")
    ax.grid(axis="y")
    handles = [Patch(color=base.COLORS[s], label=f"{s} ({int(counts[s].sum()):,})") for s in SPLITS]
    marks = region_handles(styles, present) if named else []
    if len(marks) in (3, 4, 5):  # splits in the first row, regions in the second; legends fill by column
        rows = zip_longest(handles, marks, fillvalue=Line2D([], [], linestyle="none", label=" "))
        legend_above(ax, [handle for pair in rows for handle in pair], columns=len(marks))
    else:
        legend_above(ax, handles + marks, columns=7)
    return figure


def _region_markers(ax, x: np.ndarray, height: np.ndarray, regions: list[str], styles: dict) -> None:
    """The marker of its region over each bar."""
    for region, (color, marker) in styles.items():
        rows = np.flatnonzero(np.array(regions) == region)
        y = height[rows] + 0.028 * height.max()
        ax.scatter(x[rows], y, s=12, color=color, marker=marker, linewidth=0, zorder=3)


def _region_strip(ax, regions: np.ndarray, present: list[str], styles: dict) -> None:
    """One thin row per region with a line at the rank of each of its landmarks."""
    ranks = [np.flatnonzero(regions == region) for region in present]
    colors = [styles[region][0] for region in present]
    ax.eventplot(ranks, colors=colors, lineoffsets=np.arange(len(present)), linelengths=0.8, linewidths=0.5)
    ax.set_yticks(np.arange(len(present)), [base.words(region, 18) for region in present])
    ax.set_ylim(len(present) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


@base.drawn
def world_map(landmarks: pd.DataFrame, photos: pd.DataFrame) -> Figure:
    """Where the landmarks stand: longitude against latitude, cities numbered and listed below.

    Args:
        landmarks: columns landmark_id, city, region, lat, lon (degrees); rows without are counted.
        photos: column landmark_id (`Manifest.photos`).
    """
    base.need_columns(landmarks, ("landmark_id", "city", "region", "lat", "lon"), "landmarks")
    count = photos.loc[photos["landmark_id"] != NON_LANDMARK, "landmark_id"].value_counts()
    known = landmarks.dropna(subset=["lat", "lon"])
    base.need_columns(known, ("lat", "lon"), "landmarks with a position")
    known = known.assign(n=known["landmark_id"].map(count).fillna(0))
    cities = (
        known.assign(city=known["city"].fillna("").astype(str), region=known["region"].astype(str))
        .groupby(["region", "city"], sort=True)
        .agg(lat=("lat", "mean"), lon=("lon", "mean"), n=("n", "sum"), landmarks=("n", "size"))
        .reset_index()
        .sort_values(["region", "lon", "lat"], ignore_index=True)
    )
    numbered = len(cities) <= MOST_CITIES
    styles = base.group_styles(landmarks["region"])
    rows = int(cities.groupby("region").size().max()) if numbered else 0
    key_height = 0.145 * (_key_rows(rows) + 1.6) if numbered else 0.0
    figure = base.new_figure(base.WIDE, 3.6 + key_height)
    grid = figure.add_gridspec(2, 1, height_ratios=[3.6, max(key_height, 0.01)])
    ax = figure.add_subplot(grid[0])
    for region in sorted(styles):
        part = cities[cities["region"] == region]
        color, marker = styles[region]
        area = 10 + 70 * np.sqrt(part["n"] / max(cities["n"].max(), 1))
        ax.scatter(
            part["lon"], part["lat"], s=area, color=color, marker=marker, alpha=0.75,
            edgecolor="white", linewidth=0.4, zorder=3, label=base.words(region, 24),
        )  # fmt: skip
    _graticule(ax, cities)
    without = len(landmarks) - len(known)
    ax.set_title(
        f"{len(known):,} landmarks in {len(cities):,} cities; larger marker = more photos"
        + (f"; {without:,} without position not drawn" if without else ""),
        fontweight="normal",
    )
    if not numbered:
        legend_above(ax, columns=4)
        ax.set_title("")
        return figure
    key = figure.add_subplot(grid[1])
    _city_key(key, cities, styles, _key_rows(rows))
    base.settle(figure)
    order = cities["n"].sort_values(ascending=False, kind="stable").index
    place_labels(ax, cities.loc[order, ["lon", "lat"]].to_numpy(), [str(i + 1) for i in order], fontsize=6)
    return figure


def _key_rows(longest: int) -> int:
    """Rows of the list of cities: a long region may run over two columns."""
    return max(4, -(-longest // 2) if longest > 10 else longest)


def _graticule(ax, cities: pd.DataFrame) -> None:
    """Frame around the cities with a line every 15 or 30 degrees, named by degrees and side."""
    west, east = cities["lon"].min() - 8, cities["lon"].max() + 8
    south, north = cities["lat"].min() - 6, cities["lat"].max() + 6
    step = 30 if east - west > 120 else 15 if east - west > 50 else 5
    ax.set_xlim(max(west, -180), min(east, 180))
    ax.set_ylim(max(south, -90), min(north, 90))
    ax.set_xticks([d for d in range(-180, 181, step) if west <= d <= east])
    ax.set_yticks([d for d in range(-90, 91, step) if south <= d <= north])
    ax.xaxis.set_major_formatter(lambda d, _: f"{abs(d):.0f}\u00b0{'W' if d < 0 else 'E' if d > 0 else ''}")
    ax.yaxis.set_major_formatter(lambda d, _: f"{abs(d):.0f}\u00b0{'S' if d < 0 else 'N' if d > 0 else ''}")
    ax.grid()
    ax.axhline(0, color="#BBBBBB", linewidth=0.7, zorder=1)
    ax.spines[["top", "right"]].set_visible(True)
    ax.tick_params(length=0)
    ax.set_xlabel("longitude")
    ax.set_ylabel("latitude")


def _city_key(ax, cities: pd.DataFrame, styles: dict, rows: int) -> None:
    """Numbers and names of the cities, region by region, under a header with the region's marker."""
    columns: list[tuple[str, list[str]]] = []
    for region, part in cities.groupby("region", sort=True):
        lines = [
            f"{i + 1}  {base.plain(c.city or '(no city)', 22)}"
            + (f" ({c.landmarks})" if c.landmarks > 1 else "")
            for i, c in zip(part.index, part.itertuples(), strict=True)
        ]
        for start in range(0, len(lines), rows):
            columns.append((str(region) if start == 0 else "", lines[start : start + rows]))
    letters = [max(len(line) for line in [region + "   ", *lines]) + 4 for region, lines in columns]
    left = np.append(0, np.cumsum(letters[:-1])) / sum(letters)
    size = 6.5 if sum(letters) <= 120 else 6.5 * 120 / sum(letters)  # 120 letters of 6.5 points fill the page
    ax.set_axis_off()
    ax.set_xlim(0, 1)
    ax.set_ylim(rows + 0.6, -0.9)
    for x, (region, lines) in zip(left, columns, strict=True):
        if region:
            color, marker = styles[region]
            ax.plot(x + 0.007, -0.3, marker=marker, color=color, markersize=4.5, linestyle="none")
            ax.text(x + 0.02, -0.3, base.words(region, 20), fontsize=size, weight="bold", va="center")
        for y, line in enumerate(lines):
            ax.text(x, y + 0.75, line, fontsize=size, va="center")


@base.drawn
def photo_sizes(survey: pd.DataFrame) -> Figure:
    """How large the photos are: long side, shape and file size; a fourth panel counts unreadable files.

    Args:
        survey: columns width, height (pixels, after the EXIF turn), bytes, problem ("" if fine), and
            lat, lon if known (`survey_photos`).
    """
    base.need_columns(survey, ("width", "height", "bytes", "problem"), "survey")
    problem = survey["problem"].fillna("").astype(str)
    good = survey[problem == ""]
    bad = problem[problem != ""].str.split(":").str[0].value_counts()
    figure = base.new_figure(base.WIDE, 2.1)
    axes = figure.subplots(1, 4 if len(bad) else 3)
    long_side = good[["width", "height"]].max(axis=1).to_numpy(float)
    shape = (good["width"] / good["height"]).to_numpy(float)
    kilobytes = good["bytes"].to_numpy(float) / 1000
    _histogram(axes[0], long_side, "long side (px)", log=_spread(long_side) > 20)
    _histogram(axes[1], shape, "width / height", log=False)
    axes[1].axvline(1, color=base.INK, linewidth=0.7, linestyle=(0, (4, 2)))
    _histogram(axes[2], kilobytes, "file (kB)", log=_spread(kilobytes) > 20)
    axes[0].set_ylabel("photos")
    title = f"{len(good):,} readable photos"
    if {"lat", "lon"} <= set(survey.columns) and len(good):
        located = float((good["lat"].notna() & good["lon"].notna()).mean())
        title += f", {percent(located)} with coordinates"
    axes[0].set_title(title, fontweight="normal")
    if len(bad):
        ax = axes[3]
        ax.barh(np.arange(len(bad)), bad.to_numpy(), color=base.VERMILLION, height=0.6)
        ax.set_yticks(np.arange(len(bad)), [base.plain(r, 16) for r in bad.index])
        ax.invert_yaxis()
        ax.set_title(f"{int(bad.sum()):,} unreadable", fontweight="normal")
        ax.set_xlabel("files")
        ax.locator_params(axis="x", integer=True, nbins=4)
    return figure


def _spread(values: np.ndarray) -> float:
    """How many times the 99th percentile exceeds the first."""
    if not len(values):
        return 1.0
    low, high = np.percentile(values, [1, 99])
    return float(high / max(low, 1e-9))


def _histogram(ax, values: np.ndarray, label: str, log: bool) -> None:
    if len(values):
        low, high = float(values.min()), float(values.max())
        if low == high:
            low, high = 0.9 * low, 1.1 * high
        bins = np.geomspace(max(low, 1e-9), high, 33) if log else np.linspace(low, high, 33)
        ax.hist(values, bins=bins, color=base.BLUE, linewidth=0)
        middle = float(np.median(values))
        digits = 0 if middle >= 20 else 1 if middle >= 2 else 2
        ax.plot(middle, 0, marker="^", color=base.VERMILLION, clip_on=False, zorder=5)
        label += f"; median {middle:,.{digits}f}"
    if log:
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter(lambda v, _: f"{v:,.10g}")
    ax.set_xlabel(label)
    ax.grid(axis="y")
    ax.locator_params(axis="y", nbins=4)
