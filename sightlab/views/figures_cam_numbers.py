"""Maps of evidence as numbers: where they lie, what removing evidence costs, what random weights leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from sightlab.views import figures_base as base
from sightlab.views.figures_marks import forest, legend_above, percent_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WAYS = {"evidence": (base.BLUE, "D"), "middle": (base.ORANGE, "s"), "anywhere": (base.GREY, "o")}
_WAY_WORDS = {
    "evidence": "map of evidence",
    "middle": "always the middle of the photo",
    "anywhere": "anywhere: no map",
}
_ORDERS = {
    "least": ("least evidence first (insertion)", base.BLUE, "s", "-"),
    "random": ("random cells first", base.GREY, "o", (0, (1, 1))),
    "most": ("most evidence first (deletion)", base.VERMILLION, "D", (0, (4, 1.5))),
}


@base.drawn
def cam_located(summary: pd.DataFrame) -> Figure:
    """Share of the evidence on the landmark and pointing game, with intervals, for every grid of cells.

    Args:
        summary: columns cells, way (a key of `WAYS`), n, and inside, pointing with _low and _high.
    """
    columns = [f"{rate}{end}" for rate in ("inside", "pointing") for end in ("", "_low", "_high")]
    base.need_columns(summary, ("cells", "way", "n", *columns), "summary")
    order = {way: i for i, way in enumerate(WAYS)}
    table = summary.assign(order=summary["way"].map(order)).sort_values(["cells", "order"], ignore_index=True)
    labels = [f"{row.cells} x {row.cells}: {_WAY_WORDS[row.way]}" for row in table.itertuples()]
    figure = base.new_figure(base.WIDE, 0.85 + 0.2 * len(table))
    axes = figure.subplots(1, 2, sharey=True)
    parts = (
        ("inside", f"positive evidence on the landmark (n = {int(table['n'].max()):,} photos)"),
        ("pointing", "strongest cell points at the landmark"),
    )
    for ax, (rate, words) in zip(axes, parts, strict=True):
        rows = pd.DataFrame(
            {"estimate": table[rate], "low": table[f"{rate}_low"], "high": table[f"{rate}_high"]}
        )
        rows = rows.assign(note=[f"{100 * value:.0f} %" for value in table[rate]])
        forest(ax, labels, rows, [WAYS[way] for way in table["way"]])
        for edge in table.index[table["cells"].diff() > 0]:
            ax.axhline(edge - 0.5, color=base.INK, linewidth=0.4)
        ax.set_xlim(0, 1.005)
        percent_axis(ax.xaxis)
        ax.set_xlabel(words)
    axes[1].set_title("95 %, whole landmarks drawn", fontweight="normal", loc="right", fontsize=7)
    return figure


@base.drawn
def cam_removed(removal: pd.DataFrame, agreement: pd.DataFrame) -> Figure:
    """Left: what is left of the class when cells are removed. Right: maps of random weights against ours.

    Args:
        removal: columns order, removed (share of the cells), n, probability with _low and _high.
        agreement: columns part, n, correlation with _low and _high.
    """
    base.need_columns(
        removal, ("order", "removed", "probability", "probability_low", "probability_high"), "removal"
    )
    base.need_columns(
        agreement, ("part", "n", "correlation", "correlation_low", "correlation_high"), "agreement"
    )
    figure = base.new_figure(base.WIDE, 2.6)
    left, right = figure.subplots(1, 2, width_ratios=[5, 4])
    for order, (words, color, marker, line) in _ORDERS.items():
        rows = removal[removal["order"] == order].sort_values("removed")
        low, high = rows["probability_low"], rows["probability_high"]
        left.fill_between(rows["removed"], low, high, color=color, alpha=0.13, linewidth=0)
        left.plot(
            rows["removed"], rows["probability"], color=color, marker=marker, linestyle=line, label=words
        )
    left.set_ylim(0, 1)
    left.set_xlim(left=0)
    percent_axis(left.xaxis)
    percent_axis(left.yaxis)
    left.set_xlabel("cells removed and filled in")
    left.set_ylabel("probability of the true landmark")
    left.grid()
    legend_above(left, columns=1)
    rows = pd.DataFrame({"estimate": agreement["correlation"], "low": agreement["correlation_low"]})
    rows = rows.assign(high=agreement["correlation_high"])
    rows["note"] = [f"{value:+.2f}" for value in agreement["correlation"]]
    labels = [f"{'' if i == 0 else '+ '}{part}" for i, part in enumerate(agreement["part"])]
    right.axvline(0, color=base.INK, linewidth=0.7, linestyle=(0, (4, 2)))
    forest(right, labels, rows, [(base.INK, "o")] * len(rows))
    right.set_xlim(-1, 1)
    right.xaxis.set_major_formatter("{x:g}")
    right.set_xlabel("rank correlation with the trained map")
    n = int(agreement["n"].max())
    right.set_title(f"random weights, from the top (n = {n})", fontweight="normal", fontsize=7.5)
    return figure
