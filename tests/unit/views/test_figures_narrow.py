"""Figures of a report in one column: nothing leaves the page, nothing lies on each other."""

import numpy as np
import pandas as pd
import pytest

from sightlab.views import figures
from sightlab.views.figures_base import NARROW, WIDE, fitted
from tests.drawn import draw_landmark

WIDTHS = pytest.mark.parametrize("width", [WIDE, NARROW], ids=["wide", "narrow"])
LONG = "amery cathedral of the north: logit 12.1; runner-up saint peter's old tower: 3.4; similar 0.62"


def test_a_narrow_page_takes_more_lines_of_the_same_text():
    assert fitted(LONG, WIDE, 120) == LONG
    lines = fitted(LONG, NARROW, 120).splitlines()
    assert " ".join(lines) == LONG
    assert len(lines) > 1
    assert max(map(len, lines)) <= 57  # 120 x 3.3 / 6.9


@WIDTHS
def test_forgetting(width, assert_legible, texts_of):
    regions = ["north_america", "south_asia", "europe", "east_asia"]
    rows = [
        (stage, region, 0.71, regions[stage - 1], 0.62, 0.79, 1248)
        for stage in range(1, 5)
        for region in regions[:stage]
    ]
    columns = ["stage", "region", "sensitivity", "stage_region", "low", "high", "n"]
    figure = figures.forgetting_matrix(pd.DataFrame(rows, columns=columns), width)
    assert_legible(figure)
    assert figure.get_size_inches()[0] == width
    assert texts_of(figure).count("0.79") == 10  # every interval is there


@WIDTHS
def test_maps_of_evidence(width, assert_legible, rng):
    shapes = {"red_tower": (60, 80), "blue_dome": (80, 60)}
    photos = [np.asarray(draw_landmark(name, rng, shape)) for name, shape in shapes.items()]
    maps = {name: rng.normal(size=(2, 7, 7)) for name in ("true landmark", "runner-up", "difference")}
    title = "first test photo of every 7th landmark by name, whichever it was"
    figure = figures.cam_grid(photos, maps, [LONG, LONG], title=title, width=width)
    assert_legible(figure)
    assert figure.get_size_inches()[0] == width
    assert len(figure.axes[0].images) == 8  # each photo and its three maps


@WIDTHS
def test_views_of_a_landmark(width, assert_legible, rng, tmp_path):
    path = tmp_path / "a.png"
    draw_landmark("red_tower", rng, (60, 80)).save(path)
    words = "view 1 of 2: 1,204 photos of 1,900, diameter 0.88, radius 0.51, a fallback: no cluster was large"
    rows = [(words, [path] * 8), (words, [path] * 3)]
    figure = figures.view_sheet(rows, f"{LONG[:28]} (of the landmarks with two)", tiles=4, width=width)
    assert_legible(figure)
    assert figure.get_size_inches()[0] == width


@WIDTHS
def test_one_landmark_on_a_plane(width, assert_legible, rng):
    roles = ["distractor", "dropped", "in no view", "view 1", "view 2", "reference", "centroid"]
    points = pd.DataFrame({"x": rng.normal(size=70), "y": rng.normal(size=70), "role": roles * 10})
    title = "amery cathedral (most centroids, then most photos)"
    figure = figures.landmark_map(points, title, "UMAP, 15 neighbors, cosine, seed 0", width=width)
    assert_legible(figure)
    assert figure.get_size_inches()[0] == width


@WIDTHS
def test_reliability(width, assert_legible):
    said = np.linspace(0.05, 0.95, 6)
    tables = [
        pd.DataFrame({"prevalence": p, "said": said, "seen": said, "low": said - 0.05, "high": said + 0.05})
        for p in (0.01, 0.02, 0.03)
    ]
    table = pd.concat(tables).assign(calibration_error=0.0123)
    figure = figures.reliability_diagram(table, width)
    assert_legible(figure)
    assert len(figure.axes) == 3
    assert figure.get_size_inches()[0] == width
