"""Explorers for notebooks: widgets over stored results; nothing is computed from photos again.

    slider = threshold_slider(evaluation.outcomes, recognizer.thresholds)
    slider                     # moves counts, rates and the point on the curve
    slider.numbers             # the same as numbers, at the threshold chosen last
    slider.close()             # before the cell runs again

Keys: JupyterLab takes arrows and letters of its command mode from a focused widget, unless the widget's root
element has `data-lm-suppress-shortcuts="true"`. ipywidgets cannot set such an attribute, only classes and CSS
(the root has the class `sightlab-explorer`). So nothing here listens to keys. By keyboard: Tab to the number
beside the slider, type a threshold, Enter; while a text is edited JupyterLab leaves the keys alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import ipywidgets
import numpy as np
import pandas as pd
from jaxtyping import Float

from sightlab.checks import InputError, check_columns
from sightlab.data.manifest import NON_LANDMARK
from sightlab.evaluation import metrics
from sightlab.evaluation.intervals import wilson
from sightlab.views.explorer_shell import WIDTH, SliderShell
from sightlab.views.figures_base import COLORS, style, words
from sightlab.views.figures_marks import percent
from sightlab.views.figures_recognition import open_set_curve

if TYPE_CHECKING:
    from sightlab.recognition.calibration import Thresholds

STEP = 0.001  # of the slider, in similarity
NOTE = "One threshold for every photo, not the lower one for coordinates."


def threshold_slider(
    outcome_table: pd.DataFrame, thresholds: Thresholds | Mapping[str, float]
) -> ThresholdSlider:
    """A slider that shows what another threshold would do to the test photos, from stored similarities.

    It answers every photo whose similarity is above the slider with its best landmark, as `open_set_curve`
    does. Coordinates have a threshold of their own; the lead and the references are other gates: pass the
    outcomes of `pipeline_promises.whole_decision`, where what those reject comes last.

    Args:
        outcome_table: `Evaluation.outcomes`; similarity, best_landmark_id and landmark_id are read. Photos
            that could not be read have similarity -inf and are never answered.
        thresholds: of the recognizer, or name -> similarity; they are marked on the curve, and the slider
            starts at the first.
    Returns:
        The widget; `.threshold` and `.numbers` are what it shows, `.close()` takes it away.
    Raises:
        InputError: a missing column, no landmark photos or no distractors, a NaN similarity, no similarity or
            threshold that is finite.
    """
    check_columns(outcome_table, ("similarity", "best_landmark_id", "landmark_id"), "outcome_table")
    similarity = outcome_table["similarity"].to_numpy(dtype=np.float64)
    best, truth = (outcome_table[c].to_numpy(dtype=object) for c in ("best_landmark_id", "landmark_id"))
    curve = metrics.open_set_curve(similarity, best, truth)
    marks = marked(thresholds)
    finite = similarity[np.isfinite(similarity)]
    if len(finite) == 0 or not marks:
        raise InputError(
            f"threshold_slider needs finite similarities and a finite threshold; got {len(finite)} of "
            f"{len(similarity)} and {len(marks)}. Pass Evaluation.outcomes, and thresholds such as "
            '{"chosen": 0.62}.'
        )
    values = [*marks.values(), finite.min(), finite.max()]
    ends = (np.floor(min(values) / STEP) * STEP - STEP, np.ceil(max(values) / STEP) * STEP)
    return ThresholdSlider(Scores.of(similarity, best, truth), curve, marks, ends)


@dataclass(frozen=True, eq=False)
class Scores:
    """Similarities by what an answer would be, each ascending: counting is then a binary search."""

    right: Float[np.ndarray, " a"]  # landmark photos whose best landmark is the right one
    wrong: Float[np.ndarray, " b"]  # the other landmark photos
    distractor: Float[np.ndarray, " c"]

    @classmethod
    def of(cls, similarity: np.ndarray, best: np.ndarray, truth: np.ndarray) -> Scores:
        is_landmark, is_right = truth != NON_LANDMARK, best == truth
        groups = (is_landmark & is_right, is_landmark & ~is_right, ~is_landmark)
        return cls(*(np.sort(similarity[group]) for group in groups))

    def at(self, threshold: float) -> dict[str, float]:
        """The five outcomes, and sensitivity, confusion_rate and fpr with their Wilson 95 % intervals."""
        correct, confused, false_alarm = (
            len(group) - int(np.searchsorted(group, threshold, side="right"))
            for group in (self.right, self.wrong, self.distractor)
        )
        n, m = len(self.right) + len(self.wrong), len(self.distractor)
        numbers: dict[str, float] = {
            "threshold": threshold,
            "correct": correct,
            "confused": confused,
            "missed": n - correct - confused,
            "false_alarm": false_alarm,
            "correct_rejection": m - false_alarm,
        }
        rates = (("sensitivity", correct, n), ("confusion_rate", confused, n), ("fpr", false_alarm, m))
        for name, k, of in rates:
            low, high = wilson(k, of)
            numbers |= {name: k / of, f"{name}_low": low, f"{name}_high": high}
        return numbers


class ThresholdSlider(SliderShell):
    """What `threshold_slider` returns."""

    def __init__(
        self, scores: Scores, curve: pd.DataFrame, marks: Mapping[str, float], ends: tuple[float, float]
    ):
        self._scores = scores
        self._curve = CurvePicture(curve, scores, marks)
        slider = ipywidgets.FloatSlider(
            value=next(iter(marks.values())), min=ends[0], max=ends[1], step=STEP,
            description="threshold", readout_format=".3f", layout=ipywidgets.Layout(width=WIDTH),
        )  # fmt: skip
        super().__init__(slider)

    @property
    def threshold(self) -> float:
        return self.slider.value

    @property
    def numbers(self) -> dict[str, float]:
        """Counts and rates at the threshold, with intervals; see `Scores.at`."""
        return self._scores.at(self.threshold)

    def _show(self, change: object = None) -> None:
        numbers = self.numbers
        self.counts.value = _counts_html(numbers)
        self.picture.value = self._curve.png(numbers)


class CurvePicture:
    """The open-set curve, drawn once; each new point is laid over the stored picture."""

    def __init__(self, curve: pd.DataFrame, scores: Scores, marks: Mapping[str, float]):
        points = []
        for name, value in marks.items():
            numbers = scores.at(value)
            facts = {key: numbers[f"sensitivity{end}"] for key, end in (("low", "_low"), ("high", "_high"))}
            label = f"{name} {value:.3f}"
            points.append(
                {"label": label, "fpr": numbers["fpr"], "sensitivity": numbers["sensitivity"], **facts}
            )
        n_landmark = len(scores.right) + len(scores.wrong)
        self._figure = open_set_curve(curve, points, n_landmark=n_landmark)
        ax = self._figure.axes[0]
        self._left = ax.get_xlim()[0]
        color = COLORS["threshold"]
        self._cross = ax.plot([], [], color=color, linewidth=1.2, animated=True)[0]
        self._point = ax.plot(
            [], [], color=color, marker="o", markersize=9, markerfacecolor="none", animated=True
        )[0]
        with style():
            self._figure.canvas.draw()
        self._ground = self._figure.canvas.copy_from_bbox(self._figure.bbox)

    def png(self, numbers: Mapping[str, float]) -> bytes:
        """PNG with a ring at the point, and a cross as long as the intervals of both rates."""
        from PIL import Image

        x, x_low, x_high = (max(numbers[f"fpr{end}"], self._left) for end in ("", "_low", "_high"))
        y, y_low, y_high = (numbers[f"sensitivity{end}"] for end in ("", "_low", "_high"))
        self._cross.set_data([x_low, x_high, np.nan, x, x], [y, y, np.nan, y_low, y_high])
        self._point.set_data([x], [y])
        canvas = self._figure.canvas
        canvas.restore_region(self._ground)
        for artist in (self._cross, self._point):
            artist.axes.draw_artist(artist)
        buffer = BytesIO()
        pixels = np.asarray(canvas.buffer_rgba())[..., :3]
        Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, format="PNG", compress_level=1)
        return buffer.getvalue()


def marked(thresholds: Thresholds | Mapping[str, float]) -> dict[str, float]:
    """Name -> threshold; the one for photos with coordinates is left out: it holds inside a square only."""
    if not isinstance(thresholds, Mapping):
        thresholds = {"chosen on tune": thresholds.similarity}
    return {str(name): float(value) for name, value in thresholds.items() if np.isfinite(value)}


def _counts_html(numbers: Mapping[str, float]) -> str:
    """Two lines: the five outcomes in their colors, and the rates with their intervals."""
    outcomes = "".join(
        f'<td style="padding: 0 14px 0 0"><span style="color: {COLORS[name]}">&#9632;</span> '
        f"{words(name)} <b>{numbers[name]:,}</b></td>"
        for name in metrics.OUTCOMES
    )
    rates = ", ".join(
        f"{name} <b>{percent(numbers[key])}</b> "
        f"({100 * numbers[f'{key}_low']:.1f} to {100 * numbers[f'{key}_high']:.1f})"
        for key, name in (
            ("sensitivity", "sensitivity"),
            ("confusion_rate", "confusion rate"),
            ("fpr", "FPR"),
        )
    )
    return (
        f"<table><tr>{outcomes}</tr></table><p>{rates}; Wilson 95 %.</p>"
        f'<p style="color: #555; font-size: 85%">{NOTE}</p>'
    )
