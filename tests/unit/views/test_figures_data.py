"""Photos per landmark, the map, the sizes."""

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.views import figures_data
from sightlab.views.figures_data import photo_sizes, photos_per_landmark, world_map


def test_bars_are_the_photos_of_each_landmark(photos, landmarks, assert_legible):
    figure = photos_per_landmark(photos, landmarks)
    ax = figure.axes[0]
    bars = [b for b in ax.patches if b.get_height() > 0]
    tops = {}
    for bar in bars:
        x = round(bar.get_x() + bar.get_width() / 2)
        tops[x] = max(tops.get(x, 0), bar.get_y() + bar.get_height())
    # 10, 8, 6, 4, 2 photos in the fixture; the 7 non-landmarks are no bar
    assert [tops[x] for x in sorted(tops)] == [10, 8, 6, 4, 2]
    labels = [t.get_text() for t in ax.get_xticklabels()]
    assert labels == ["Bell Tower", r"Old \$Gate_1\$", "Red Fort", "Sea Arch", "Big Wheel"]
    assert "median 6 photos" in [t.get_text() for t in ax.texts]
    assert_legible(figure)


def test_order_of_rows_does_not_matter(photos, landmarks):
    def names(table):
        return [t.get_text() for t in photos_per_landmark(table, landmarks).axes[0].get_xticklabels()]

    assert names(photos.sample(frac=1, random_state=1)) == names(photos)


def test_many_landmarks_become_a_curve(rng, assert_legible):
    ids = [f"l{i:03d}" for i in range(figures_data.MOST_NAMES + 1)]
    landmarks = pd.DataFrame({"landmark_id": ids, "name": ids, "region": rng.choice(["a", "b"], len(ids))})
    photos = pd.DataFrame({"landmark_id": rng.choice(ids, 2000), "split": "train"})
    figure = photos_per_landmark(photos, landmarks)
    assert len(figure.axes) == 2  # the curve and the strip of regions
    assert_legible(figure)


def test_only_non_landmarks_are_refused(photos, landmarks):
    with pytest.raises(InputError, match="photos of landmarks has no rows"):
        photos_per_landmark(photos[photos["landmark_id"] == "non_landmark"], landmarks)


def test_map_lists_every_city_once(photos, landmarks, texts_of, assert_legible):
    figure = world_map(landmarks, photos)
    text = texts_of(figure)
    assert "5 landmarks in 4 cities" in text
    assert text.count("Bruges (2)") == 1
    assert {"1", "2", "3", "4"} <= {t.get_text() for t in figure.axes[0].texts}
    assert_legible(figure)


def test_map_counts_what_has_no_position(photos, landmarks, texts_of):
    landmarks.loc[0, "lat"] = np.nan
    assert "1 without position" in texts_of(world_map(landmarks, photos))
    with pytest.raises(InputError, match="landmarks with a position has no rows"):
        world_map(landmarks.assign(lat=np.nan), photos)


def test_crowded_map_stays_legible(rng, assert_legible):
    n = 45
    landmarks = pd.DataFrame(
        {
            "landmark_id": [f"l{i}" for i in range(n)],
            "city": [f"City number {i}" for i in range(n)],
            "region": rng.choice(["americas_mideast", "east_asia", "europe", "south_asia"], n),
            "lat": np.append(rng.normal(25, 4, 25), rng.uniform(-50, 60, 20)),
            "lon": np.append(rng.normal(78, 4, 25), rng.uniform(-120, 150, 20)),
        }
    )
    figure = world_map(landmarks, pd.DataFrame({"landmark_id": landmarks["landmark_id"]}))
    assert_legible(figure)


@pytest.fixture
def survey(rng):
    n = 300
    lat = np.where(rng.random(n) < 0.25, 1.0, np.nan)
    sizes = {"width": rng.integers(100, 257, n), "height": rng.integers(100, 257, n)}
    return pd.DataFrame(
        {**sizes, "bytes": rng.integers(5000, 30000, n), "problem": "", "lat": lat, "lon": lat}
    )


def test_sizes_of_readable_photos(survey, texts_of, assert_legible):
    figure = photo_sizes(survey)
    assert len(figure.axes) == 3
    assert "300 readable photos" in texts_of(figure)
    long_side = np.median(np.maximum(survey["width"], survey["height"]))
    assert f"long side (px); median {long_side:.0f}" in texts_of(figure)
    assert sum(p.get_height() for p in figure.axes[0].patches) == 300
    assert_legible(figure)


def test_unreadable_files_get_their_own_panel(survey, texts_of, assert_legible):
    survey.loc[:3, "problem"] = ["truncated", "truncated", "too large: 300 Mpixel", "empty file"]
    figure = photo_sizes(survey)
    assert len(figure.axes) == 4
    assert "4 unreadable" in texts_of(figure)
    assert sorted(p.get_width() for p in figure.axes[3].patches) == [1, 1, 2]
    assert_legible(figure)


def test_survey_with_nothing_readable_still_draws(survey, texts_of):
    survey["problem"] = "truncated"
    assert "300 unreadable" in texts_of(photo_sizes(survey))


def test_all_photos_of_one_size(survey):
    figure = photo_sizes(survey.assign(width=256, height=256, bytes=1000))
    assert sum(p.get_height() for p in figure.axes[0].patches) == 300
