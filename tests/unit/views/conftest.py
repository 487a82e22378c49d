"""What the tests of the figures share: a workspace, small tables, and a judge of legibility."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from sightlab.views.figures_base import style
from sightlab.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def landmarks():
    rows = [
        ("bell_tower", "Bell Tower", "Bruges", "europe", 51.2, 3.2),
        ("old_gate", "Old $Gate_1$", "Bruges", "europe", 51.3, 3.3),
        ("red_fort", "Red Fort", "Agra", "south_asia", 27.2, 78.0),
        ("sea_arch", "Sea Arch", "Nazare", "europe", 39.6, -9.1),
        ("big_wheel", "Big Wheel", "Osaka", "east_asia", 34.7, 135.5),
    ]
    return pd.DataFrame(rows, columns=["landmark_id", "name", "city", "region", "lat", "lon"])


@pytest.fixture
def photos(landmarks):
    rows = []
    for k, landmark in enumerate(landmarks.itertuples()):
        for i in range(10 - 2 * k):
            split = ("train", "train", "tune", "test")[i % 4]
            rows.append(
                (f"{landmark.landmark_id}{i}", landmark.landmark_id, landmark.name, landmark.region, split)
            )
    rows += [(f"other{i}", "non_landmark", None, None, "train") for i in range(7)]
    return pd.DataFrame(rows, columns=["photo_id", "landmark_id", "landmark_name", "region", "split"])


def _drawn_texts(figure):
    """Every text that reaches the page, with its box in pixels."""
    from matplotlib.text import Text

    renderer = figure.canvas.get_renderer()
    ticks, off_page = set(), set()
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            margin = 1e-9 * (high - low)
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                for label in (tick.label1, tick.label2):
                    ticks.add(label)
                    if not low - margin <= tick.get_loc() <= high + margin or not ax.axison:
                        off_page.add(label)
    texts = [
        t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip() and t not in off_page
    ]
    return [(t.get_text(), t.get_window_extent(renderer)) for t in texts if t.get_gid() != "stamp"]


@pytest.fixture
def assert_legible():
    """No text leaves the page, no two texts lie on each other; at least 4.5 points."""

    def check(figure, allow_overlaps=0):
        with style():
            figure.draw_without_rendering()
            boxes = _drawn_texts(figure)
        assert boxes
        width, height = figure.bbox.width, figure.bbox.height
        outside = [t for t, b in boxes if b.x0 < -1 or b.y0 < -1 or b.x1 > width + 1 or b.y1 > height + 1]
        assert not outside, f"outside the page: {outside}"
        pairs = [
            (s, t)
            for (s, a), (t, b) in combinations(boxes, 2)
            if min(a.x1, b.x1) - max(a.x0, b.x0) > 1.5 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1.5
        ]
        assert len(pairs) <= allow_overlaps, f"texts on each other: {pairs[:5]}"

    return check


@pytest.fixture
def texts_of():
    """All texts of a figure in one string."""
    from matplotlib.text import Text

    return lambda figure: "\n".join(t.get_text() for t in figure.findobj(Text))


@pytest.fixture
def rng():
    return np.random.default_rng(7)
