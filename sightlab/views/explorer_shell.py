"""What the slider explorers share: a slider over numbers over a picture, and an end without leftovers.

Source: ours.
"""

from __future__ import annotations

import ipywidgets

WIDTH = "690px"  # of slider and picture
ROOT_CLASS = "sightlab-explorer"


class SliderShell(ipywidgets.VBox):
    """A slider, the numbers at its value, and a picture of them; what they show is the heir's `_show`.

    An heir sets what `_show` needs, then calls `__init__` with its slider.
    """

    def __init__(self, slider: ipywidgets.Widget):
        self.slider = slider
        self.counts = ipywidgets.HTML()
        self.picture = ipywidgets.Image(format="png", width=int(WIDTH.removesuffix("px")))
        super().__init__([self.slider, self.counts, self.picture])
        self.add_class(ROOT_CLASS)
        self.slider.observe(self._show, names="value")
        self._show()

    def _show(self, change: object = None) -> None:
        """Brings `counts` and `picture` to the slider's value; numbers first, a picture takes longer."""
        raise NotImplementedError

    def close(self) -> None:
        """Takes the widget away, its parts and its observer too; a second time does nothing."""
        if self.comm is not None:
            self.slider.unobserve(self._show, names="value")
            for part in (*self.children, self):
                for own in (part.layout, getattr(part, "style", None)):  # widgets themselves
                    if own is not None:
                        own.close()
            for part in self.children:
                part.close()
        super().close()
