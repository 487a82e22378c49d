"""The method in one picture."""

import pytest

from sightlab.views.figures_base import NARROW, WIDE
from sightlab.views.figures_pipeline import pipeline_diagram


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_method_in_one_picture(assert_legible, texts_of, width):
    facts = "only landmarks in\nthe square around\nthe camera"
    steps = [(name, facts) for name in ("photos", "cleaning", "training", "centroids")]
    answer = [(name, "what happens\nthere") for name in ("photo", "search", "place", "threshold", "answer")]
    figure = pipeline_diagram(steps, answer, width)
    assert {name for name, _ in steps + answer} <= set(texts_of(figure).splitlines())
    assert figure.get_size_inches()[0] == width
    assert_legible(figure)
