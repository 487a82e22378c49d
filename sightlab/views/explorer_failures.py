"""The failure explorer: a grid of photos, a card for each, verdicts by key; for notebook 09.

    explorer = explore(evidence, fails.query("gate == 'geo'"), reviews=folder, reviewer="ann")
    explorer               # shows it
    explorer.selected      # a frame: the marked photos, or else those that are shown
    explorer.verdicts      # the same rows with what the reviewer said
    explorer.close()

It is one widget. Photos travel as JPEG bytes in messages, a page at a time, never as widget state, so nothing
of them is saved with the notebook. The page is `explorer_failures.js`; what it asks `Desk` answers. Its root
has `data-lm-suppress-shortcuts`, so JupyterLab leaves the keys to it. A second explorer of the same name
closes the first: running a cell again leaves nothing behind.

Source: ours.
"""

from __future__ import annotations

from pathlib import Path

import anywidget
import numpy as np
import pandas as pd

from sightlab.checks import InputError, check_columns
from sightlab.evaluation import metrics
from sightlab.views.explorer import STEP, CurvePicture, Scores, marked
from sightlab.views.explorer_card import Evidence
from sightlab.views.explorer_desk import Desk, ThresholdPanel, place_on
from sightlab.views.failures import FailureList
from sightlab.views.review import ReviewLog

_OPEN: dict[str, FailureExplorer] = {}  # by name; what a second run of its cell has to close


def explore(
    evidence: Evidence,
    photos: pd.DataFrame,
    reviews: Path | str | None = None,
    reviewer: str = "",
    is_blind: bool = False,
    outcomes: pd.DataFrame | None = None,
    thresholds: object = None,
    plane: pd.DataFrame | None = None,
    title: str = "failures",
    name: str = "failures",
) -> FailureExplorer:
    """An explorer of some photos, in the order given or by severity where the frame has it.

    Args:
        evidence: what cards are made of.
        photos: any frame with photo_id, each photo once; columns of `failures.answer_table` appear on the
            card, every column with few different values makes slices. May be empty.
        reviews: folder of the verdicts; None: none are written.
        reviewer: who presses.
        is_blind: hide answer, truth, scores and names from the reviewer.
        outcomes, thresholds: `Evaluation.outcomes` and the recognizer's thresholds, for the slider.
        plane: photo_id, x, y of all photos, for the map with a lasso.
        title: what the photos are, in the plural.
        name: of this explorer; one that is open under the same name is closed.
    Returns:
        The widget.
    Raises:
        InputError: no photo_id, or a photo twice.
    """
    check_columns(photos, ("photo_id",), "photos")
    table = photos.reset_index(drop=True).assign(photo_id=photos["photo_id"].astype(str).to_numpy())
    xy = None if plane is None else place_on(plane, table["photo_id"])
    log, notice = None, "No folder of reviews was given, so verdicts are not kept."
    if reviews is not None:
        try:
            log, notice = ReviewLog(reviews, reviewer, evidence.model, is_blind), ""
        except InputError as error:
            notice = f"Verdicts cannot be kept. {error}"
    panel = None if outcomes is None else _panel(outcomes, thresholds)
    list_of = FailureList(table, xy=xy)
    desk = Desk(list_of, evidence, log, panel, plane, title, notice, is_blind)
    if name in _OPEN:
        _OPEN[name].close()
    _OPEN[name] = FailureExplorer(desk, name)
    return _OPEN[name]


def _panel(outcomes: pd.DataFrame, thresholds: object) -> ThresholdPanel | None:
    """None where the test holds one kind of photo only: there is no curve then."""
    check_columns(outcomes, ("similarity", "best_landmark_id", "landmark_id"), "outcomes")
    similarity = outcomes["similarity"].to_numpy(np.float64)
    best, truth = (outcomes[c].to_numpy(dtype=object) for c in ("best_landmark_id", "landmark_id"))
    marks, scores = marked(thresholds), Scores.of(similarity, best, truth)
    finite = similarity[np.isfinite(similarity)]
    if not marks or not len(finite) or not len(scores.distractor) or not len(scores.right):
        return None

    def draw() -> CurvePicture:
        return CurvePicture(metrics.open_set_curve(similarity, best, truth), scores, marks)

    values = [*marks.values(), finite.min(), finite.max()]
    ends = (float(min(values)) - STEP, float(max(values)) + STEP)
    return ThresholdPanel(scores, draw, ends, next(iter(marks.values())))


class FailureExplorer(anywidget.AnyWidget):
    """What `explore` returns."""

    _esm = Path(__file__).with_name("explorer_failures.js")
    _css = Path(__file__).with_name("explorer_failures.css")

    def __init__(self, desk: Desk, name: str):
        self._desk, self._name = desk, name
        super().__init__()
        self.on_msg(self._answer)

    @property
    def shown(self) -> pd.DataFrame:
        """The rows that pass the slices and the lasso, in the order of the grid."""
        return self._desk.photos.table.iloc[self._desk.photos.rows]

    @property
    def selected(self) -> pd.DataFrame:
        """The marked photos in the order of marking; those that are shown while none is marked."""
        return self._desk.photos.table.iloc[list(self._desk.marked)] if self._desk.marked else self.shown

    @property
    def verdicts(self) -> pd.DataFrame:
        """All photos of the explorer with verdict, note and target as this reviewer left them, "" if none."""
        said = {} if self._desk.log is None else self._desk.log.verdicts()
        table = self._desk.photos.table
        columns = {
            name: [said.get(photo_id, {}).get(name, "") for photo_id in table["photo_id"]]
            for name in ("verdict", "note", "target")
        }
        return table.assign(**columns)

    @property
    def log(self) -> ReviewLog | None:
        """Where the verdicts go; set it to `log.moved(folder)` when its folder cannot be written."""
        return self._desk.log

    @log.setter
    def log(self, log: ReviewLog) -> None:
        self._desk.log, self._desk.notice = log, ""

    def close(self) -> None:
        """Takes the widget away with its layout; a second time does nothing."""
        if _OPEN.get(self._name) is self:
            del _OPEN[self._name]
        if self.comm is not None:
            self.on_msg(self._answer, remove=True)
            self.layout.close()
        super().close()

    def _answer(self, widget: object, question: dict, buffers: object) -> None:
        reply, pictures = self._desk.answer(question)
        self.send({"id": question.get("id", ""), **reply}, pictures)

    def __repr__(self) -> str:
        return f"Explorer of {len(self._desk.photos.table):,} {self._desk.title}"
