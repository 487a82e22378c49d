"""What every figure shares: sizes, colors, safe text, the style, and a few drawing helpers.

Figures are built without pyplot: no global state changes, nothing stays open. The style is applied inside
`drawn` and taken away again. Colors: Okabe & Ito 2008, safe for color-blind readers; markers repeat them.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from functools import cache, wraps
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from sightlab.checks import InputError, check_columns

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sightlab.data.credits import Credit

NARROW, WIDE = 3.3, 6.9  # inches: one column and two columns of a report

BLUE, VERMILLION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY, OLIVE, BLACK = "#E69F00", "#56B4E9", "#9A8B00", "#222222"
GREY, PALE, INK = "#9A9A9A", "#D9D9D9", "#444444"

# One color for one thing, in every figure.
COLORS = {
    # the five outcomes
    "correct": BLUE,
    "confused": VERMILLION,
    "missed": ORANGE,
    "false_alarm": PURPLE,
    "correct_rejection": PALE,
    # what a query is, before any threshold
    "landmark right": BLUE,
    "landmark wrong": VERMILLION,
    "distractor": GREY,
    "non_landmark": PALE,
    # cleaning
    "kept": BLUE,
    "dropped": ORANGE,
    "injected noise": VERMILLION,
    # splits, dark to light
    "train": "#1F4E79",
    "tune": "#6FA3D0",
    "test": "#C9DDEE",
    # loss and learning rates
    "loss": BLACK,
    "softmax_loss": BLUE,
    "center_loss": VERMILLION,
    "trunk": GREEN,
    "embedding": PURPLE,
    "classifier": SKY,
    # methods
    "sightlab": BLUE,
    "delf": VERMILLION,
    # drawn thresholds and chosen points
    "threshold": BLACK,
}
_CYCLE = (GREEN, ORANGE, PURPLE, SKY, BLUE, VERMILLION, BLACK, OLIVE)
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")  # nine, so that color and marker repeat apart
_CREDIT_SIZE, _CREDIT_LINES = 5, 12  # points; more lines than these would be no caption
_STAMP_SIZE = 5.5
_UNSAFE_PATH = re.compile(r"(?:^|[\s\"'=(:])(?:/[^\s/]+){2,}|(?:^|[\s\"'=(])[A-Za-z]:\\")


def group_styles(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """(color, marker) of each name, by alphabetical order, so that every figure of a run agrees."""
    ordered = sorted({str(name) for name in names})
    return {n: (_CYCLE[i % len(_CYCLE)], _MARKERS[i % len(_MARKERS)]) for i, n in enumerate(ordered)}


# ---------------------------------------------------------------- text


@cache
def _known_glyphs() -> frozenset[int]:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return frozenset(get_font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap())


def plain(text: object, limit: int | None = None) -> str:
    """Text that is drawn as it stands: no mathtext, no control characters, no missing glyphs.

    Args:
        text: anything; a hostile file name, for example.
        limit: most characters; longer text loses its middle.
    Returns:
        One line. Characters the font lacks become a box.
    """
    line = " ".join(str(text).split())
    line = "".join(c if ord(c) in _known_glyphs() and c.isprintable() else "\u25a1" for c in line)
    if limit is not None and len(line) > limit:
        tail = (limit - 1) // 3
        line = line[: limit - 1 - tail].rstrip() + "\u2026" + line[len(line) - tail :].lstrip()
    return line.replace("$", r"\$")


def fitted(text: object, width: float, limit: int) -> str:
    """Plain text that takes one line on a wide figure, and as many as it needs on a narrower one.

    Args:
        text: anything.
        width: of the figure, inches.
        limit: characters of a line that is `WIDE` inches long; longer text loses its middle.
    """
    line = plain(text, limit)
    return line if width >= WIDE else textwrap.fill(line, round(limit * width / WIDE))


def words(identifier: object, limit: int | None = None) -> str:
    """An identifier as a reader sees it: `south_asia` -> `south asia`."""
    return plain(str(identifier).replace("_", " "), limit)


def names_absolute_path(text: str) -> bool:
    """Whether a text holds a path from the root of some machine."""
    return bool(_UNSAFE_PATH.search(text))


# ---------------------------------------------------------------- figures and style


@cache
def _style_parameters() -> dict[str, Any]:
    import matplotlib

    path = Path(__file__).with_name("style.mplstyle")
    skipped = ("backend", "interactive", "toolbar", "timezone", "tk.", "webagg.", "macosx.", "keymap.")
    parameters = matplotlib.rc_params_from_file(path, use_default_template=True)
    return {k: v for k, v in parameters.items() if not k.startswith(skipped)}


@contextmanager
def style():
    """The style of the house for the time of a `with` block; the user's own settings come back after it."""
    import matplotlib

    with matplotlib.rc_context(rc=_style_parameters()):
        yield


@cache
def _figure_class() -> type:
    from matplotlib.figure import Figure

    class NotebookFigure(Figure):
        """A Figure that a notebook shows when it is the last value of a cell."""

        credits: tuple[tuple[str, Credit], ...] = ()  # file name and credit of photos that it shows

        def _repr_png_(self) -> bytes:
            buffer = BytesIO()
            with style():
                self.savefig(buffer, format="png", dpi=120, metadata={"Software": None})
            return buffer.getvalue()

    return NotebookFigure


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of the given size in inches, without pyplot."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = _figure_class()(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def settle(figure: Figure) -> None:
    """Computes the layout once and keeps it: every later drawing, on screen or in a file, is the same."""
    if figure.get_layout_engine() is not None:
        figure.draw_without_rendering()
        figure.set_layout_engine("none")


def drawn(function: Callable[..., Figure]) -> Callable[..., Figure]:
    """Decorator of figure functions: draws inside the style and settles the layout."""

    @wraps(function)
    def inside_style(*args, **kwargs):
        with style():
            figure = function(*args, **kwargs)
            settle(figure)
        return figure

    return inside_style


def stamp(figure: Figure, text: str) -> float:
    """Writes `text` small below the lower left corner of a figure, where it can cover nothing.

    A second stamp replaces the first; "" takes it away.

    Returns:
        The height that it needs below the figure, in inches.
    """
    for old in [t for t in figure.texts if t.get_gid() == "stamp"]:
        old.remove()
    if not text:
        return 0.0
    width, height = figure.get_size_inches()
    figure.text(
        0.06 / width, -0.02 / height, plain(text, 40), gid="stamp", ha="left", va="top",
        fontsize=_STAMP_SIZE, color=INK, style="italic",
    )  # fmt: skip
    return 0.04 + 1.25 * _STAMP_SIZE / 72


def credit(figure: Figure, paths: Iterable[Path | str]) -> None:
    """Notes who took the photos that a figure shows; `figures.save` prints it below them."""
    from sightlab.data.credits import credits_of

    found = [(Path(path).name, told) for path, told in credits_of(dict.fromkeys(paths)).items()]
    figure.credits = (*getattr(figure, "credits", ()), *found)


def draw_credits(figure: Figure, below: float = 0.0) -> float:
    """Writes the credits of a figure below its lower edge.

    Args:
        figure: with `credits`.
        below: inches under its edge that are taken.
    Returns:
        Inches under its edge that are taken then.
    """
    for old in [t for t in figure.texts if t.get_gid() == "credits"]:
        old.remove()
    told = list(dict.fromkeys(str(told) for _, told in getattr(figure, "credits", ())))
    if not told:
        return below
    width, height = figure.get_size_inches()
    across = int((width - 0.12) * 72 / (0.54 * _CREDIT_SIZE))  # an average letter is 0.54 of its size wide
    text = "Photos: " + "; ".join(plain(line).replace(r"\$", "$") for line in told)
    lines = textwrap.wrap(text, across)
    if len(lines) > _CREDIT_LINES:
        lines = [
            *lines[: _CREDIT_LINES - 1],
            f"and more: {len(told):,} in all, each in the JSON file of this figure",
        ]
    shown = "\n".join(lines).replace("$", r"\$")
    figure.text(
        0.06 / width, -(below + 0.03) / height, shown, gid="credits", ha="left", va="top",
        fontsize=_CREDIT_SIZE, color=INK, linespacing=1.2,
    )  # fmt: skip
    return below + 0.06 + len(lines) * _CREDIT_SIZE * 1.25 / 72


# ---------------------------------------------------------------- checks


def need_columns(table: pd.DataFrame, columns: Sequence[str], name: str) -> None:
    """Refuses a table without the columns a figure draws, or without rows."""
    check_columns(table, columns, name)
    if len(table) == 0:
        raise InputError(f"{name} has no rows, so there is nothing to draw. Check the step that made it.")
