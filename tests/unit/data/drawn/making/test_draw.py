"""One photo of the plan: the same every time, exposed for its middle, with the EXIF that was planned."""

import numpy as np
import pytest

from sightlab.data.drawn.making.draw import Studio, development, exif_position, light_of, metered
from sightlab.data.photos import open_photo, read_gps
from sightlab.data.world import as_rows

NOWHERE = {"lat": None, "lon": None}
HERE = {"lat": 48.5, "lon": 2.25}


@pytest.fixture(scope="module")
def rows(little_plan) -> list[dict]:
    return as_rows(little_plan)


def first(rows: list[dict], **wanted) -> dict:
    return next(row for row in rows if all(row[key] == value for key, value in wanted.items()))


def test_a_photo_is_drawn_the_same_alone_and_after_others(rows):
    row, other = first(rows, view="side"), first(rows, view="far")
    alone = Studio(0).take(row)
    studio = Studio(0)
    studio.take(other)
    after = studio.take(row)
    assert np.array_equal(alone.photo, after.photo)
    assert alone.facts == after.facts


def test_drawing_leaves_the_callers_randomness_alone(rows):
    np.random.seed(3)  # noqa: NPY002
    expected = np.random.RandomState(3).random()
    Studio(0).take(first(rows, view="far"))
    assert np.random.random() == expected  # noqa: NPY002


@pytest.mark.parametrize("view", ["frontal", "graphic", "scene"])
def test_a_photo_has_the_planned_frame(rows, view):
    row = first(rows, view=view)
    taken = Studio(0).take(row)
    assert taken.photo.shape == (row["height"], row["width"], 3)
    assert taken.photo.dtype == np.uint8
    assert (taken.drawing is None) == (view == "graphic")


def test_the_file_carries_what_was_planned(rows, tmp_path):
    studio = Studio(0)
    turned = next(r for r in rows if r["turn"] == 6)
    placed = next(r for r in rows if r["gps"] == "right" and r["view"] in ("frontal", "side", "far"))
    for number, row in enumerate((turned, placed)):
        taken = studio.write(row, tmp_path / f"{number}.jpg")
        photo = open_photo(tmp_path / f"{number}.jpg")
        assert photo.shape == taken.photo.shape  # upright again
        assert np.abs(photo.astype(int) - taken.photo.astype(int)).mean() < 8  # JPEG
    lat, lon = read_gps(tmp_path / "1.jpg")
    assert (lat, lon) == (
        pytest.approx(taken.facts["lat"], abs=1e-3),
        pytest.approx(taken.facts["lon"], abs=1e-3),
    )


def test_the_receiver_is_silent_right_or_wrong():
    generator = np.random.default_rng(0)
    assert np.isnan(exif_position(HERE, {"gps": ""}, generator)).all()
    assert np.isnan(exif_position(NOWHERE, {"gps": "right"}, generator)).all()
    right = np.array([exif_position(HERE, {"gps": "right"}, generator) for _ in range(200)])
    meters = (right - [48.5, 2.25]) * [111_320, 111_320 * np.cos(np.deg2rad(48.5))]
    assert meters.std(axis=0) == pytest.approx([8, 8], rel=0.2)
    wrong = np.array([exif_position(HERE, {"gps": "wrong"}, generator) for _ in range(20)])
    assert (np.abs(wrong - [48.5, 2.25]).max(axis=1) > 0.05).all()


def test_a_middle_gray_needs_no_correction():
    # every pixel 0.19: the logarithm is taken of 0.19 + 0.01 = 0.2, so 0.75 * log2(0.2 / 0.2) = 0
    assert metered(np.full((40, 60, 3), 0.19, np.float32)) == pytest.approx(0, abs=1e-5)
    # a quarter of the light: log2(4) = 2 stops, of which 3/4 are given
    assert metered(np.full((40, 60, 3), 0.04, np.float32)) == pytest.approx(1.5, abs=1e-5)


def test_the_sky_does_not_count():
    photo = np.full((40, 60, 3), 0.19, np.float32)
    photo[:10] = 4
    assert metered(photo) == pytest.approx(0, abs=1e-5)


def test_references_are_developed_well():
    photo = np.full((40, 60, 3), 0.19, np.float32)
    good = [development(photo, True, np.random.default_rng(i)) for i in range(100)]
    any_photo = [development(photo, False, np.random.default_rng(i)) for i in range(100)]
    assert all(c.defocus == 0 and c.motion == 0 for c in good)
    assert any(c.defocus > 0 for c in any_photo)
    assert any(c.motion > 0 for c in any_photo)
    assert np.std([c.exposure for c in good]) < np.std([c.exposure for c in any_photo])


def test_light_is_the_planned_one(rows):
    light = light_of(rows[0])
    assert (light.sun_azimuth, light.sun_elevation) == (rows[0]["sun_azimuth"], rows[0]["sun_elevation"])
    assert (light.weather, light.season) == (rows[0]["weather"], rows[0]["season"])
