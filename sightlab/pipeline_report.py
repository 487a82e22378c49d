"""The figures of a report: drawn from stored results by one command, each by name, and which are stale.

Nothing is computed here that a notebook has not stored: a figure whose results are missing is listed as such
and not drawn. Every figure remembers a fingerprint of the results it was drawn from; when they change, it
is stale.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from sightlab.checks import InputError
from sightlab.views import figures
from sightlab.views.report_numbers import numbers_json, numbers_tex, read_numbers, table_latex, table_markdown
from sightlab.workspace import atomic_write_text
from sightlab.workspace_stored import NotStored

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sightlab.pipeline import Workbench

DRAFT = "draft: drawn world (tour)"
FOLDER = "report"  # in the workspace: figures/, numbers.json, numbers.tex, results.md, results.tex
ENDS = (".json", ".csv", *(f"{size}.{kind}" for size in ("", figures.NARROW_END) for kind in ("pdf", "png")))
STATES = ("current", "stale", "not drawn", "missing")


@dataclass(frozen=True, eq=False)
class Drawn:
    """What a report figure's function returns."""

    figure: Callable[..., Figure]  # width=inches -> the figure; asked for `WIDE`, then for `NARROW`
    table: pd.DataFrame  # the numbers drawn; the CSV beside the figure
    facts: dict[str, Any] = field(default_factory=dict)  # e.g. the rule by which examples were chosen
    photos: tuple[Path, ...] = ()  # that it shows and that the figure's function does not know, for credits


@dataclass(frozen=True)
class ReportFigure:
    """One figure of the report."""

    name: str
    shows: str  # a line for the list
    needs: tuple[str, ...]  # files of the workspace that hold what it draws, or patterns such as
    # artefacts/recipe/*/answers.parquet, of which one file must be there
    draw: Callable[[Workbench], Drawn]
    also: tuple[str, ...] = ()  # files that it draws, too, where they are there
    how: str = "run the notebook of that number"  # to get what it needs


def choose(known: Sequence[ReportFigure], names: Sequence[str]) -> list[ReportFigure]:
    """Figures by name; all if none is named.

    Raises:
        InputError: an unknown name, with close ones.
    """
    by_name = {figure.name: figure for figure in known}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        close = get_close_matches(unknown[0], by_name, n=3, cutoff=0.4) or list(by_name)
        raise InputError(
            f"there is no report figure {unknown[0]!r}. Close names: {', '.join(close)}; "
            "sightlab figures --list shows all."
        )
    return [by_name[name] for name in dict.fromkeys(names)] if names else list(known)


def missing(figure: ReportFigure, root: Path) -> list[str]:
    """Files of the workspace that the figure needs and that are not there."""
    return [need for need in figure.needs if not _files(need, root)]


def fingerprint(figure: ReportFigure, root: Path) -> dict[str, str]:
    """File -> 16 hex characters of its content, of all that the figure is drawn from."""
    files = [path for name in (*figure.needs, *figure.also) for path in _files(name, root)]
    content = {path: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in files}
    return {path.relative_to(root).as_posix(): found for path, found in content.items()}


def _files(pattern: str, root: Path) -> list[Path]:
    return sorted(path for path in root.glob(pattern) if path.is_file())


def state(figure: ReportFigure, root: Path) -> str:
    """One of `STATES`: current; stale, when its results have changed since; not drawn; missing results."""
    if missing(figure, root):
        return "missing"
    record = root / FOLDER / "figures" / f"{figure.name}.json"
    if not all((record.parent / f"{figure.name}{end}").is_file() for end in ENDS):
        return "not drawn"
    try:
        known = json.loads(record.read_text(encoding="utf-8")).get("drawn_from")
    except ValueError:
        return "stale"
    return "current" if known == fingerprint(figure, root) else "stale"


def listing(known: Sequence[ReportFigure], root: Path) -> pd.DataFrame:
    """figure, state, shows, missing (what has to be measured first), how (to measure it) of every figure."""
    rows = [
        {
            "figure": figure.name,
            "state": state(figure, root),
            "shows": figure.shows,
            "missing": ", ".join(missing(figure, root)),
            "how": figure.how,
        }
        for figure in known
    ]
    return pd.DataFrame(rows, columns=["figure", "state", "shows", "missing", "how"])


def draw_figure(bench: Workbench, figure: ReportFigure) -> Path:
    """Draws one figure into the workspace's report folder, 6.9 and 3.3 inches wide; path of its wide PNG.

    Raises:
        NotStored: a result that it needs has not been measured yet.
    """
    root = bench.workspace.root
    lacking = missing(figure, root)
    if lacking:
        raise NotStored(
            f"figure {figure.name} needs {', '.join(lacking)} in {root}, which is not measured yet. "
            f"To get it, {figure.how}."
        )
    made = figure.draw(bench)
    record = {"profile": bench.profile.name, "drawn_from": fingerprint(figure, root), **made.facts}
    origin = DRAFT if bench.profile.name == "tour" else ""
    wide, narrow = (made.figure(width=width) for width in (figures.WIDE, figures.NARROW))
    for each in (wide, narrow):
        figures.credit(each, made.photos)
    return figures.save(wide, figure.name, root / FOLDER, made.table, record, origin, narrow)


def draw_report(
    bench: Workbench,
    known: Sequence[ReportFigure],
    names: Sequence[str] = (),
    tell: Callable[[str], None] = print,
) -> dict[str, Path]:
    """Draws figures, and writes the numbers and tables beside them.

    Args:
        bench: over a `StoredWorkspace`, if nothing may be computed.
        known: all figures there are.
        names: which; empty: all whose results are there. One that is named must have its results.
        tell: gets a line for each figure.
    Returns:
        Name -> PNG of those drawn.
    Raises:
        InputError: an unknown name; a named figure without results; no results at all.
    """
    root = bench.workspace.root
    chosen = choose(known, names)
    for name, text in tables_of(root).items():
        atomic_write_text(root / FOLDER / name, text)
    drawn: dict[str, Path] = {}
    for figure in chosen:
        try:
            drawn[figure.name] = draw_figure(bench, figure)
        except InputError as error:
            if names:
                raise
            lacking = ", ".join(missing(figure, root))
            is_missing = isinstance(error, NotStored)
            reason = f"not measured yet ({f'{lacking}: {figure.how}' if lacking else error})"
            tell(f"{figure.name}: {reason if is_missing else f'cannot be drawn: {error}'}")
        else:
            tell(f"{figure.name}: drawn")
    return drawn


def tables_of(root: Path) -> dict[str, str]:
    """The texts of numbers.json, numbers.tex, results.md and results.tex, from what was reported."""
    numbers = read_numbers(root / "results")
    return {
        "numbers.json": numbers_json(numbers),
        "numbers.tex": numbers_tex(numbers),
        "results.md": table_markdown(numbers),
        "results.tex": table_latex(numbers),
    }
