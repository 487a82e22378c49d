"""The cut slider: what another linkage cut would do to centroids and to recognition, from a stored study.

    slider = cut_slider(study, bench.cut[0])
    slider                     # moves numbers and two lines on the curves
    slider.numbers             # the row of the study at the cut chosen last
    slider.close()             # before the cell runs again

As in `explorer.py` nothing listens to keys: Tab to the slider, arrows move it one cut.
"""

from __future__ import annotations

from io import BytesIO

import ipywidgets
import numpy as np
import pandas as pd

from sightlab.checks import InputError, check_columns
from sightlab.views.explorer_shell import WIDTH, SliderShell
from sightlab.views.figures_base import COLORS, style
from sightlab.views.figures_centroids import cut_effects
from sightlab.views.figures_marks import percent

COLUMNS = (
    "max_diameter",
    "n_centroids",
    "share_multiple",
    "n_fallback",
    "share_used",
    "sensitivity",
    "confusion_rate",
    "closed_set_accuracy",
)
NOTE = "By plain cosine on tune, with the threshold read off its distractors: for looking, not a promise."


def cut_slider(study: pd.DataFrame, chosen: float) -> CutSlider:
    """A slider over the cuts of a study; nothing is clustered again.

    Args:
        study: `evaluation.view_study.cut_study`, rising max_diameter.
        chosen: the cut in use; the slider starts at the row nearest to it.
    Returns:
        The widget; `.numbers` is what it shows, `.close()` takes it away.
    Raises:
        InputError: a missing column, or cuts that do not rise.
    """
    check_columns(study, COLUMNS, "study")
    cuts = study["max_diameter"].to_numpy(dtype=np.float64)
    if len(cuts) == 0 or not (np.diff(cuts) > 0).all():
        raise InputError(
            f"Expected at least one cut, each larger than the one before; got {len(cuts)} rows in "
            "cut_slider. Pass the table of cut_study."
        )
    return CutSlider(study.reset_index(drop=True), float(chosen))


class CutSlider(SliderShell):
    """What `cut_slider` returns."""

    def __init__(self, study: pd.DataFrame, chosen: float):
        self._study = study
        cuts = study["max_diameter"].to_numpy(dtype=np.float64)
        self._picture = _Picture(study, chosen)
        slider = ipywidgets.SelectionSlider(
            options=[(f"{cut:.3f}", i) for i, cut in enumerate(cuts)],
            value=int(np.abs(cuts - chosen).argmin()),
            description="cut",
            layout=ipywidgets.Layout(width=WIDTH),
        )
        super().__init__(slider)

    @property
    def numbers(self) -> dict[str, float]:
        """The row of the study at the cut chosen last."""
        return {name: float(self._study[name].iloc[self.slider.value]) for name in COLUMNS}

    def _show(self, change: object = None) -> None:
        numbers = self.numbers
        self.counts.value = _html(numbers)
        self.picture.value = self._picture.png(numbers["max_diameter"])


class _Picture:
    """The curves, drawn once; each new cut is laid over the stored picture."""

    def __init__(self, study: pd.DataFrame, chosen: float):
        self._figure = cut_effects(study, chosen)
        color = COLORS["threshold"]
        self._lines = [
            ax.axvline(chosen, color=color, linewidth=1.6, animated=True) for ax in self._figure.axes
        ]
        with style():
            self._figure.canvas.draw()
        self._ground = self._figure.canvas.copy_from_bbox(self._figure.bbox)

    def png(self, cut: float) -> bytes:
        from PIL import Image

        canvas = self._figure.canvas
        canvas.restore_region(self._ground)
        for line in self._lines:
            line.set_xdata([cut, cut])
            line.axes.draw_artist(line)
        buffer = BytesIO()
        pixels = np.asarray(canvas.buffer_rgba())[..., :3]
        Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, format="PNG", compress_level=1)
        return buffer.getvalue()


def _html(numbers: dict[str, float]) -> str:
    facts = (
        f"<b>{numbers['n_centroids']:.0f}</b> centroids, {percent(numbers['share_multiple'])} of the "
        f"landmarks have several, <b>{numbers['n_fallback']:.0f}</b> fallbacks, "
        f"{percent(numbers['share_used'])} of the train photos in a view"
    )
    rates = (
        f"sensitivity at FPR 1 % <b>{percent(numbers['sensitivity'])}</b>, confusion rate "
        f"<b>{percent(numbers['confusion_rate'])}</b>, closed-set accuracy "
        f"<b>{percent(numbers['closed_set_accuracy'])}</b>"
    )
    return f'<p>{facts}</p><p>{rates}</p><p style="color: #555; font-size: 85%">{NOTE}</p>'
