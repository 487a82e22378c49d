"""The method in one picture: what is learned from photos, and how a new photo is answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sightlab.views.figures_base import BLUE, INK, ORANGE, WIDE, drawn, new_figure, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BOX, GAP, EDGE = 0.75, 0.22, 0.1  # inches: height of a box, between two boxes, to the edge of the page
Step = tuple[str, str]


@drawn
def pipeline_diagram(steps: Sequence[Step], answer: Sequence[Step], width: float = WIDE) -> Figure:
    """Learning above, answering below; on a narrow page side by side, from top to bottom.

    Args:
        steps: (name, facts) of each step of learning, in order; facts are drawn small, lines kept.
        answer: likewise, of recognition; its second step uses what was learned.
        width: inches.
    """
    is_wide = width >= WIDE
    height = 2.5 if is_wide else 0.35 + max(len(steps), len(answer)) * (BOX + GAP)
    figure = new_figure(width, height)
    figure.set_layout_engine("none")
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set_axis_off()
    ax.set_xlim(0, width)
    ax.set_ylim(0, height)
    (_in_rows if is_wide else _in_columns)(ax, steps, answer, width, height)
    return figure


def _in_rows(ax: Axes, steps: Sequence[Step], answer: Sequence[Step], width: float, height: float) -> None:
    rows = ((steps, BLUE, 2.1, "learned once"), (answer, ORANGE, 0.92, "for every new photo"))
    for boxes, color, top, title in rows:
        ax.text(EDGE, top + 0.13, title, fontsize=7.5, weight="bold", color=color)
        wide = (width - 2 * EDGE - GAP * (len(boxes) - 1)) / len(boxes)
        for i, step in enumerate(boxes):
            left = EDGE + i * (wide + GAP)
            _box(ax, step, left, top, wide, color)
            if i:
                _arrow(ax, (left - GAP, top - 0.38), (left, top - 0.38))
    last = width - EDGE - (width - 2 * EDGE - GAP * (len(steps) - 1)) / len(steps) / 2
    search = EDGE + 1.5 * (width - 2 * EDGE) / len(answer)
    ax.plot([last, last, search], [2.1 - 0.79, 1.2, 1.2], color=INK, linewidth=0.9)
    _arrow(ax, (search, 1.21), (search, 0.96))


def _in_columns(ax: Axes, steps: Sequence[Step], answer: Sequence[Step], width: float, height: float) -> None:
    wide = (width - 2 * EDGE - 2 * GAP) / 2
    columns = (
        (steps, BLUE, EDGE, "learned once"),
        (answer, ORANGE, width - EDGE - wide, "for every new photo"),
    )
    tops = [height - 0.3 - i * (BOX + GAP) for i in range(max(len(steps), len(answer)))]
    for boxes, color, left, title in columns:
        ax.text(left, height - 0.18, title, fontsize=7.5, weight="bold", color=color)
        for i, step in enumerate(boxes):
            _box(ax, step, left, tops[i], wide, color)
            if i:
                _arrow(ax, (left + wide / 2, tops[i] + GAP), (left + wide / 2, tops[i] + 0.01))
    last, search, middle = tops[len(steps) - 1] - BOX / 2, tops[1] - BOX / 2, width / 2
    ax.plot([EDGE + wide, middle, middle], [last, last, search], color=INK, linewidth=0.9)
    _arrow(ax, (middle - 0.01, search), (width - EDGE - wide, search))


def _box(ax: Axes, step: Step, left: float, top: float, wide: float, color: str) -> None:
    """One step: its name, and its facts below."""
    from matplotlib.patches import FancyBboxPatch

    shape = "round,pad=0.03,rounding_size=0.06"
    place, size = (left + 0.03, top - BOX), (wide - 0.06, BOX)
    ax.add_patch(
        FancyBboxPatch(place, *size, boxstyle=shape, facecolor="white", edgecolor=color, linewidth=0.9)
    )
    name, facts = step
    middle = left + wide / 2
    ax.text(middle, top - 0.06, plain(name), fontsize=7.5, weight="bold", ha="center", va="top")
    text = "\n".join(plain(line, 30) for line in facts.splitlines())
    ax.text(middle, top - 0.27, text, fontsize=6.2, ha="center", va="top", color=INK, linespacing=1.25)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    from matplotlib.patches import FancyArrowPatch

    ax.add_patch(
        FancyArrowPatch(
            start, end, arrowstyle="-|>", mutation_scale=7, linewidth=0.9, color=INK, shrinkA=0, shrinkB=0
        )
    )
