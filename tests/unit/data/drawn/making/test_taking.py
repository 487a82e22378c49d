"""How photos are taken: weather that suits the place, shares that are kept, randomness of their own."""

import pandas as pd
import pytest

from sightlab.data.drawn.making.plan import plan
from sightlab.data.drawn.making.taking import photo_generator, shared_out, sight, taking


@pytest.fixture(scope="module")
def tour() -> pd.DataFrame:
    return plan(0, "tour")


def test_weather_suits_the_place(tour):
    assert set(tour.loc[tour["season"] != "winter", "weather"]) <= {
        "clear",
        "hazy",
        "overcast",
        "fog",
        "rain",
    }
    assert set(tour.loc[tour["place"] == "site/gezira", "weather"]) <= {"clear", "hazy", "overcast"}
    assert sight("fog") < sight("snow") < sight("hazy") < sight("clear")
    assert set(tour.loc[tour["place"] == "site/fujara", "weather"]) <= {"clear", "overcast"}  # 6 km away
    assert set(tour.loc[(tour["weather"] == "fog") & (tour["view"] == "far"), "place"]) <= {
        "site/stone_garden"
    }
    assert (tour["weather"] == "snow").sum() > 5


def test_a_photo_is_taken_alike_whoever_asks():
    row = {"photo_id": "a", "place": "house/7", "view": "plain", "scene": "", "is_reference": False}
    assert taking(0, row) == taking(0, dict(reversed(row.items())))
    assert taking(0, row) != taking(1, row)
    small = taking(0, row | {"scene": "street"})  # scene photos are small and know no position
    assert (small["height"], small["gps"]) == (taking(0, row)["height"] * 5 // 8, "")


def test_references_are_taken_by_day():
    row = {"place": "site/amery", "view": "frontal", "scene": ""}
    suns = [
        taking(0, row | {"photo_id": str(i), "is_reference": i < 200})["sun_elevation"] for i in range(400)
    ]
    assert min(suns[:200]) >= 12
    assert 1 <= suns[200:].count(-8.0) <= 15  # 3 % of 200 nights expected: 6


def test_shared_out_by_hand():
    # n = 4, ends 0.5, 1.0; steps at 0.1, 0.35, 0.6, 0.85 of the way
    assert shared_out({"a": 1, "b": 1}, 4, 0.4) == ["a", "a", "b", "b"]
    assert shared_out({"a": 3, "b": 1}, 4, 0.0) == ["a", "a", "a", "b"]
    assert shared_out({"a": 1}, 0, 0.5) == []


def test_every_purpose_of_every_photo_has_its_own_randomness():
    drawn = {
        photo_generator(seed, photo_id, purpose).integers(2**62)
        for seed in (0, 1)
        for photo_id in ("a", "b")
        for purpose in ("camera", "light")
    }
    assert len(drawn) == 8
    assert photo_generator(0, "a", "camera").random() == photo_generator(0, "a", "camera").random()
