"""Figures of one landmark and of the cut: what is drawn, legible, and refused."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sightlab.checks import InputError
from sightlab.recognition.centroids import build_gallery
from sightlab.recognition.trees import CentroidConfig
from sightlab.views import figures
from sightlab.views.figures_centroids import ROLES


@pytest.fixture
def paths(tmp_path):
    for i in range(9):
        Image.new("RGB", (60 + 10 * i, 50), (20 * i, 90, 200)).save(tmp_path / f"{i}.png")
    return sorted(tmp_path.iterdir())


@pytest.fixture
def study():
    cuts = np.linspace(0.3, 1.5, 13)
    rising = np.linspace(0.2, 0.9, 13)
    return pd.DataFrame(
        {
            "max_diameter": cuts,
            "n_centroids": np.arange(60, 34, -2),
            "share_multiple": rising[::-1],
            "n_fallback": np.arange(13)[::-1],
            "share_used": rising,
            "sensitivity": rising,
            "confusion_rate": rising / 20,
            "closed_set_accuracy": rising,
        }
    )


def test_each_view_has_a_row_and_its_words(paths, assert_legible, texts_of):
    rows = [("view 1 of 2: 57 photos of 80, diameter 0.70", paths), ("view 2 of 2: a fallback", paths[:2])]
    figure = figures.view_sheet(rows, "Bell Tower", tiles=6)
    assert len(figure.axes[0].images) == 6 + 2
    assert_legible(figure)
    assert "view 2 of 2: a fallback" in texts_of(figure)
    assert figure.get_size_inches()[0] == pytest.approx(figures.WIDE)


def test_rows_come_nearest_first_and_say_what_a_view_is(paths):
    angles = np.radians([0, 5, 40, 42, 44, 90, 91])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)

    class Table:
        def rows(self, ids):
            return vectors[[int(i) for i in ids]]

    photos = pd.DataFrame({"photo_id": [str(i) for i in range(7)], "landmark_id": "bell"})
    gallery = build_gallery(Table(), photos, CentroidConfig(max_diameter=0.8, min_photos=2))
    rows = figures.view_rows(gallery, "bell", Table(), {str(i): paths[i] for i in range(7)}, most=3)
    # the view of 0, 5, 40, 42, 44 degrees has its middle at about 26 degrees: 40 is nearest, then 42, 44
    assert [len(photos) for _, photos in rows] == [3, 2]
    assert [path.stem for path in rows[0][1]] == ["2", "3", "4"]
    assert rows[0][0].startswith("view 1 of 2: 5 photos of 7, diameter 0.75, radius 0.4")
    assert "fallback" not in rows[0][0]


def test_sheet_refuses_what_does_not_fit(paths):
    for rows, tiles in (([], 6), ([("empty", [])], 6), ([("x", paths)] * 13, 6), ([("x", paths)], 13)):
        with pytest.raises(InputError, match="view_sheet draws 1 to 12 views"):
            figures.view_sheet(rows, tiles=tiles)


def test_the_plane_of_one_landmark_shows_every_role(rng, assert_legible, texts_of):
    points = pd.DataFrame({"x": rng.normal(size=90), "y": rng.normal(size=90)})
    points["role"] = np.resize(list(ROLES), 90)
    figure = figures.landmark_map(points, "Old $Gate_1$", "UMAP of 90 points: neighbors 15, seed 0")
    assert len(figure.axes[0].collections) == len(ROLES)
    assert_legible(figure)
    assert "centroid (10)" in texts_of(figure)
    assert "neighbors 15, seed 0" in texts_of(figure)
    with pytest.raises(InputError, match=r"role must be one of .* got best"):
        figures.landmark_map(points.assign(role="best"), "x")


def test_the_cut_is_a_line_in_both_panels(study, assert_legible):
    figure = figures.cut_effects(study, 0.73)
    assert_legible(figure)
    for ax in figure.axes:
        assert any(np.allclose(line.get_xdata(), 0.73) for line in ax.lines)
    sensitivity = next(line for line in figure.axes[1].lines if line.get_label().startswith("sensitivity"))
    np.testing.assert_array_equal(sensitivity.get_ydata(), study["sensitivity"])
    with pytest.raises(InputError, match="share_used"):
        figures.cut_effects(study.drop(columns="share_used"), 0.7)
