"""Albums as tables: who is grouped where, which photo is the cover, and what is said about each."""

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.views.albums import build_albums, cover_of, look_at, sharpness_of
from tests.unit.views.drawn_pages import PLACES, answer, answers, draw_roll

NAN = float("nan")


def facts_of(table: pd.DataFrame, taken=None, sharpness=None) -> pd.DataFrame:
    n = len(table)
    return pd.DataFrame(
        {
            "photo": table["photo"],
            "taken": pd.Series(taken or [None] * n, dtype=object),
            "sharpness": sharpness or [1.0] * n,
        }
    )


def built(*rows, **facts):
    table = answers(*rows)
    return build_albums(table, PLACES, facts_of(table, **facts))


def test_city_and_landmark_with_most_photos_come_first():
    albums = built(
        answer("a", "green_arch"),
        answer("b", "red_tower"),
        answer("c", "blue_dome"),
        answer("d", "blue_dome"),
    )
    # Norhaven has 3 photos, Suncliff 1; in Norhaven the dome has 2, the tower 1
    assert [a.landmark_id for a in albums.albums] == ["blue_dome", "red_tower", "green_arch"]
    assert [city for city, _, _ in albums.cities] == ["Norhaven", "Suncliff"]


def test_photos_without_landmark_are_left_out_and_unreadable_ones_named():
    albums = built(
        answer("a", "red_tower"),
        answer("b", "non_landmark"),
        answer("c", "non_landmark", NAN, reason="unreadable: truncated"),
    )
    assert albums.photos == ["a"]
    assert albums.left_out == ("b",)
    assert albums.unreadable == {"c": "truncated"}
    assert albums.numbers == {
        "n_albums": 1,
        "n_cities": 1,
        "n_photos_in_albums": 1,
        "n_photos_in_several_albums": 0,
        "n_photos_left_out": 1,
        "n_photos_unreadable": 1,
    }


def test_a_photo_of_two_landmarks_is_in_two_albums_with_its_window():
    seen = "blue_dome 0.00 0.10 0.50 0.60"
    albums = built(answer("a", "red_tower", other_landmark_ids="blue_dome", regions=seen))
    by_id = {album.landmark_id: album.entries[0] for album in albums.albums}
    assert by_id["blue_dome"].window == (0.0, 0.1, 0.5, 0.6)
    assert by_id["red_tower"].window == ()
    assert "A part of this photo looks like Blue Dome" in by_id["blue_dome"].why
    assert np.isnan(by_id["blue_dome"].similarity)  # the similarity of the row is the tower's
    assert albums.numbers["n_photos_in_several_albums"] == 1


def test_why_names_similarity_threshold_runner_up_and_position():
    plain = built(answer("a", "red_tower", 0.81)).albums[0].entries[0]
    assert plain.why == (
        "No position was used: by the picture alone it looks most like Red Tower. Similarity 0.81, "
        "needed 0.60; next comes Blue Dome, 0.20 behind."
    )
    near = built(answer("a", "red_tower", used_gps=True, runner_up="", margin=NAN)).albums[0].entries[0]
    assert near.why.startswith("Its GPS position left only landmarks near by")
    assert "next comes" not in near.why
    assert near.used_gps


def test_photos_stand_in_the_order_in_which_they_were_taken():
    taken = [None, datetime(2024, 5, 3), datetime(2024, 5, 1)]
    album = built(*(answer(x, "red_tower") for x in "abc"), taken=taken).albums[0]
    assert [entry.photo for entry in album.entries] == ["c", "b", "a"]
    assert album.days == (datetime(2024, 5, 1), datetime(2024, 5, 3))


def test_the_cover_ranks_best_by_similarity_and_sharpness_together():
    # ranks by similarity 3, 2, 1 and by sharpness 1, 3, 2: sums 4, 5, 3
    assert cover_of(np.array([0.9, 0.8, 0.7]), np.array([5.0, 80.0, 40.0])) == 1
    # equal sums 3, 3: the more similar one
    assert cover_of(np.array([0.7, 0.9]), np.array([9.0, 2.0])) == 1
    assert cover_of(np.array([0.8, 0.8]), np.array([1.0, 1.0])) == 0


def test_a_photo_that_shows_the_landmark_only_beside_another_is_no_cover():
    assert cover_of(np.array([NAN, 0.61]), np.array([50.0, 40.0])) == 1
    assert cover_of(np.array([NAN]), np.array([NAN])) == 0


def test_sharpness_falls_when_a_photo_is_blurred():
    import cv2

    rng = np.random.default_rng(0)
    photo = rng.integers(0, 256, (120, 200, 3), dtype=np.uint8)
    assert sharpness_of(photo) > 5 * sharpness_of(cv2.GaussianBlur(photo, (9, 9), 3))
    assert sharpness_of(np.full((50, 70, 3), 90, np.uint8)) == 0


def test_look_at_reads_date_and_sharpness_and_survives_a_bad_file(tmp_path):
    paths = draw_roll(tmp_path, ["a.jpg"], ["red_tower"])
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no photo")
    found = look_at([*paths, bad, tmp_path / "missing.jpg"])
    assert found["taken"].iloc[0] == datetime(2024, 5, 12, 9, 30)
    assert found["sharpness"].iloc[0] > 0
    assert found["sharpness"].isna().tolist() == [False, True, True]


def test_no_landmark_at_all_gives_no_albums():
    albums = built(answer("a", "non_landmark"))
    assert albums.albums == ()
    assert albums.cities == []
    assert "0 albums in 0 cities" in repr(albums)


def test_the_same_photo_twice_is_refused():
    with pytest.raises(InputError, match="unique"):
        built(answer("a", "red_tower"), answer("a", "blue_dome"))
