"""The map of embeddings."""

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.views.figures_map import embedding_map


@pytest.fixture
def coordinates(photos, rng):
    center = dict(zip(photos["landmark_id"].unique(), rng.normal(0, 8, (6, 2)), strict=True))
    xy = np.array([center[i] for i in photos["landmark_id"]]) + rng.normal(0, 0.5, (len(photos), 2))
    return pd.DataFrame({"photo_id": photos["photo_id"], "x": xy[:, 0], "y": xy[:, 1]})


def drawn_points(figure):
    return sum(len(c.get_offsets()) for c in figure.axes[0].collections)


def test_landmarks_are_named_and_colored_by_region(coordinates, photos, texts_of, assert_legible):
    figure = embedding_map(coordinates, photos)
    assert drawn_points(figure) == len(photos)
    text = texts_of(figure)
    for label in ("Bell Tower", r"Old \$Gate_1\$", "Big Wheel", "south asia", "non-landmark (7)"):
        assert label in text
    assert_legible(figure)


def test_labels_are_joined_by_photo_not_by_row(coordinates, photos):
    figure = embedding_map(coordinates, photos, "region")
    shuffled = embedding_map(coordinates, photos.sample(frac=1, random_state=2), "region")
    for a, b in zip(figure.axes[0].collections, shuffled.axes[0].collections, strict=True):
        np.testing.assert_array_equal(a.get_offsets(), b.get_offsets())
    assert "Bell Tower" not in [t.get_text() for t in figure.axes[0].texts]


def test_photos_without_label_stay_grey(coordinates, photos, texts_of):
    figure = embedding_map(coordinates, photos[photos["landmark_id"] != "red_fort"])
    assert "non-landmark (13)" in texts_of(figure)  # 7 and the 6 of the fort
    assert drawn_points(figure) == len(photos)


def test_plain_labels_take_their_fixed_colors(coordinates, texts_of, assert_legible):
    labels = np.resize(["correct", "missed"], len(coordinates))
    figure = embedding_map(coordinates, labels, "outcome")
    assert {"correct", "missed", "outcome"} <= set(texts_of(figure).split("\n"))
    assert_legible(figure)


def test_too_many_values_are_refused(coordinates):
    with pytest.raises(InputError, match="at most 8 different values"):
        embedding_map(coordinates, [str(i) for i in range(len(coordinates))])
    with pytest.raises(InputError, match="labels has 1"):
        embedding_map(coordinates, ["a"])
