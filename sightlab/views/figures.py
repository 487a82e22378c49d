"""Every figure of the workbench: tables in, `Figure` out; `save` writes it with the numbers behind it.

    figure = figures.view_diameters(gallery)
    figures.save(figure, "06_view_diameters", workspace, table=gallery.table, record={"profile": PROFILE})

A figure is 3.3 or 6.9 inches wide; those of a report are saved in both. Drawn twice from the same
table it gives the same bytes.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from sightlab.checks import InputError
from sightlab.views.figures_albums import ab_readout, album_contents
from sightlab.views.figures_base import (
    COLORS,
    NARROW,
    WIDE,
    credit,
    draw_credits,
    group_styles,
    names_absolute_path,
    plain,
    settle,
    stamp,
    style,
    words,
)
from sightlab.views.figures_cam import cam_sheet, full_color
from sightlab.views.figures_cam_grid import cam_grid
from sightlab.views.figures_cam_numbers import cam_located, cam_removed
from sightlab.views.figures_centroids import cut_effects, landmark_map, view_rows, view_sheet
from sightlab.views.figures_cleaners import before_after, cleaner_league, reference_cost
from sightlab.views.figures_cleaning import cleaning_curve, cleaning_scores, dropped_per_landmark
from sightlab.views.figures_data import photo_sizes, photos_per_landmark, world_map
from sightlab.views.figures_delf import accuracy_against_time, match_sheet, method_rows, time_by_step
from sightlab.views.figures_delf_diagnosis import database_sizes, known_geometry, lost_truth
from sightlab.views.figures_gallery import (
    cut_curve,
    dendrogram,
    view_counts,
    view_diameters,
)
from sightlab.views.figures_learning import changes_since_learned, forgetting_matrix, training_history
from sightlab.views.figures_map import embedding_map
from sightlab.views.figures_outcomes import outcomes, sensitivity_by_slice, worst_landmarks
from sightlab.views.figures_photos import contact_sheet
from sightlab.views.figures_recipes import recipe_league, trunk_costs
from sightlab.views.figures_recognition import open_set_curve, ppv_by_prevalence, similarity_histogram
from sightlab.views.figures_report import loss_league, open_set_systems
from sightlab.views.figures_trust import (
    beside_published,
    certificates,
    comparison,
    gate_effects,
    league,
    reliability_diagram,
    unknown_landmarks,
)
from sightlab.views.figures_truth import dirt_found, look_alikes, views_found
from sightlab.workspace import Workspace, atomic_write_bytes
from sightlab.workspace_records import current_commit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "COLORS",
    "NARROW",
    "WIDE",
    "SavedFigure",
    "ab_readout",
    "accuracy_against_time",
    "album_contents",
    "before_after",
    "beside_published",
    "cam_grid",
    "cam_located",
    "cam_removed",
    "cam_sheet",
    "certificates",
    "changes_since_learned",
    "cleaner_league",
    "cleaning_curve",
    "cleaning_scores",
    "comparison",
    "contact_sheet",
    "credit",
    "cut_curve",
    "cut_effects",
    "database_sizes",
    "dendrogram",
    "dirt_found",
    "dropped_per_landmark",
    "embedding_map",
    "forgetting_matrix",
    "full_color",
    "gate_effects",
    "group_styles",
    "known_geometry",
    "landmark_map",
    "league",
    "look_alikes",
    "loss_league",
    "lost_truth",
    "match_sheet",
    "method_rows",
    "open_set_curve",
    "open_set_systems",
    "outcomes",
    "photo_sizes",
    "photos_per_landmark",
    "plain",
    "ppv_by_prevalence",
    "recipe_league",
    "reference_cost",
    "reliability_diagram",
    "save",
    "sensitivity_by_slice",
    "similarity_histogram",
    "stamp",
    "style",
    "time_by_step",
    "training_history",
    "trunk_costs",
    "unknown_landmarks",
    "view_counts",
    "view_diameters",
    "view_rows",
    "view_sheet",
    "views_found",
    "words",
    "world_map",
    "worst_landmarks",
]

TOUR = "drawn world (tour)"
NARROW_END = "_narrow"  # of the file names of a figure that is one column wide
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


class SavedFigure(type(Path())):
    """Path of a saved PNG that a notebook shows as the picture; its text is `figures/<name>.png`."""

    def _repr_png_(self) -> bytes:
        return self.read_bytes()

    def __repr__(self) -> str:
        return f"{self.parent.name}/{self.name}"


def save(
    figure: Figure,
    name: str,
    workspace: Workspace | Path,
    table: pd.DataFrame | None = None,
    record: dict[str, Any] | None = None,
    origin: str | None = None,
    narrow: Figure | None = None,
) -> Path:
    """Writes a figure to `<workspace>/figures/` as PDF and PNG, with the table and the record behind it.

    Args:
        figure: what a figure function returned.
        name: file name without ending, e.g. "06_view_diameters".
        workspace: where results live (its root, or a folder).
        table: the numbers drawn; becomes `<name>.csv`. `table.attrs["key"]` becomes the run key.
        record: further facts for `<name>.json`, e.g. key, profile, seed; JSON values only.
        origin: a few words stamped below it. None: "drawn world (tour)" when the record's profile is
            `tour`, since such numbers are not about photographs; "": none.
        narrow: the same figure for one column; becomes `<name>_narrow.pdf` and `.png`.
    Returns:
        Path of the PNG, which a notebook shows as the picture.
    Raises:
        InputError: the name is no plain file name, or an absolute path would be published.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"name of a figure must be letters, digits, '_', '-' and '.'; got {name!r}. "
            "Give a plain name without folder and ending, such as '06_view_diameters'."
        )
    facts = _facts(figure, name, table, record or {})
    sizes = {name: figure} | ({} if narrow is None else {f"{name}{NARROW_END}": narrow})
    folder = (workspace.root if isinstance(workspace, Workspace) else Path(workspace)) / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    with style():
        text = origin if origin is not None else (TOUR if facts["profile"] == "tour" else "")
        pages = {}
        for size, each in sizes.items():
            settle(each)
            below = draw_credits(each, stamp(each, text))
            _refuse_absolute_paths(each, name, table, facts)
            metadata = {"pdf": {"CreationDate": None}, "png": {"Software": None}}
            pages[size] = [_bytes(each, kind, facts_of, below) for kind, facts_of in metadata.items()]
    lines = _json({**facts, "stamp": text}, name)
    csv = folder / f"{name}.csv"
    if table is None:
        csv.unlink(missing_ok=True)  # an older table would not be the one behind this figure
    else:
        index = not isinstance(table.index, pd.RangeIndex)
        atomic_write_bytes(csv, table.to_csv(index=index, lineterminator="\n").encode())
    for size, (pdf, png) in pages.items():
        atomic_write_bytes(folder / f"{size}.pdf", pdf)
        atomic_write_bytes(folder / f"{size}.png", png)
    atomic_write_bytes(folder / f"{name}.json", (lines + "\n").encode())
    return SavedFigure(folder / f"{name}.png")


def _bytes(figure: Figure, kind: str, metadata: dict, below: float) -> bytes:
    """The file; `below`: inches under the figure that belong to it."""
    from matplotlib.transforms import Bbox

    width, height = figure.get_size_inches()
    box = {"bbox_inches": Bbox.from_extents(0, -below, width, height)} if below else {}
    buffer = BytesIO()
    figure.savefig(buffer, format=kind, metadata=metadata, **box)
    return buffer.getvalue()


def _facts(figure: Figure, name: str, table: pd.DataFrame | None, record: dict) -> dict[str, Any]:
    width, height = figure.get_size_inches()
    facts = {
        "figure": name,
        "key": None if table is None else table.attrs.get("key"),
        "profile": None,
        "width_inches": round(float(width), 3),
        "height_inches": round(float(height), 3),
    }
    if getattr(figure, "credits", ()):
        facts["credits"] = [{"photo": photo, **asdict(told)} for photo, told in figure.credits]
    facts.update(record)
    facts.setdefault("commit", current_commit())
    return facts


def _json(facts: dict[str, Any], name: str) -> str:
    try:
        options = {"indent": 2, "sort_keys": True, "ensure_ascii": False, "allow_nan": False}
        return json.dumps(facts, default=_scalar, **options)
    except ValueError as error:
        raise InputError(
            f"record of figure {name} must be written as JSON; {error}. "
            "Pass finite numbers, texts, lists and dicts; write None for a number that is not known."
        ) from error


def _scalar(value: object) -> object:
    if hasattr(value, "item"):
        return value.item()
    if isinstance(value, Path):
        return value.as_posix()
    raise ValueError(f"got a {type(value).__name__} ({value!r:.80})")


def _refuse_absolute_paths(figure: Figure, name: str, table: pd.DataFrame | None, facts: dict) -> None:
    """Figures are published: a path of somebody's machine must not be in them."""
    from matplotlib.text import Text

    texts = [("a text", t.get_text()) for t in figure.findobj(Text)]
    texts += [(f"record[{k!r}]", str(v)) for k, v in facts.items()]
    if table is not None:
        for column in table.columns[[not pd.api.types.is_numeric_dtype(d) for d in table.dtypes]]:
            texts += [(f"column {column!r}", str(v)) for v in table[column].unique()]
    for where, text in texts:
        if names_absolute_path(text):
            raise InputError(
                f"figure {name} must not name places of one machine; {where} holds {text[:80]!r}. "
                "Use photo ids or paths relative to the photo folder."
            )
