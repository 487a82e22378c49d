"""Labels that find their place, percent texts, outlines."""

import numpy as np
import pytest

from sightlab.views.figures_base import new_figure, style
from sightlab.views.figures_marks import percent, place_labels, step_outline


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.8123, "81.2 %"), (0, "0.0 %"), (1, "100.0 %"), (0.001, "0.1 %"), (0.00042, "0.04 %")],
)
def test_percent_has_as_many_digits_as_it_needs(value, text):
    assert percent(value) == text


def boxes(ax):
    renderer = ax.figure.canvas.get_renderer()
    return [t.get_window_extent(renderer) for t in ax.texts]


def test_labels_of_a_crowd_do_not_touch(rng):
    points = rng.normal(0, 0.15, (25, 2))
    with style():
        ax = new_figure(5, 4).subplots()
        ax.set(xlim=(-1, 1), ylim=(-1, 1))
        placed = place_labels(ax, points, [f"name {i}" for i in range(25)])
    found = boxes(ax)
    assert placed == len(found) == 25
    for i, a in enumerate(found):
        assert not any(a.overlaps(b) for b in found[i + 1 :])
        assert not any(a.contains(*p) for p in ax.transData.transform(points))
    assert ax.get_xlim() == (-1, 1)


def test_label_without_room_is_not_drawn():
    with style():
        ax = new_figure(1, 1).subplots()
        ax.set(xlim=(-1, 1), ylim=(-1, 1))
        placed = place_labels(ax, np.zeros((1, 2)), ["a name that is far too long for one inch"])
    assert placed == 0
    assert not ax.texts


def test_outline_covers_the_values_and_not_the_rest():
    ax = new_figure(2, 2).subplots()
    bins = np.linspace(0, 1, 11)
    step_outline(ax, np.array([0.35, 0.41, 0.55]), bins)
    x, y = ax.patches[0].get_xy().T
    assert (x.min(), x.max()) == pytest.approx((0.3, 0.6))
    assert y.max() == 1
    ax = new_figure(2, 2).subplots()
    step_outline(ax, np.array([1.0]), bins)  # the last bin is closed
    assert ax.patches[0].get_xy()[:, 1].max() == 1
