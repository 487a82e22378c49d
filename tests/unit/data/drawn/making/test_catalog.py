"""The catalog: enough landmarks, in enough places, where they say they are."""

from collections import Counter
from math import asin, cos, radians, sin, sqrt

import pytest

from sightlab.checks import InputError
from sightlab.data.drawn.making.catalog import (
    CATALOG,
    REGIONS,
    SITES,
    CatalogLandmark,
    Site,
    landmark_position,
    landmarks_at,
    look_alikes,
)


def meters_apart(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance on a sphere of 6,371 km (haversine)."""
    (lat1, lon1), (lat2, lon2) = [(radians(lat), radians(lon)) for lat, lon in (one, other)]
    a = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * 6_371_000 * asin(sqrt(a))


def apart(one: str, other: str) -> float:
    return meters_apart(landmark_position(CATALOG[one]), landmark_position(CATALOG[other]))


def test_there_are_enough_landmarks_regions_countries_and_cities():
    sites = [SITES[landmark.site] for landmark in CATALOG.values()]
    assert len(CATALOG) >= 24
    assert {site.region for site in sites} == set(REGIONS)
    assert len({site.country for site in sites}) >= 8
    assert len({site.city for site in sites}) >= 12
    assert {landmark.kind for landmark in CATALOG.values()} == {"built", "nature"}


def test_photos_have_a_long_tail():
    n = sorted(landmark.n_photos for landmark in CATALOG.values())
    assert (n[0], n[-1]) == (12, 150)
    assert n[len(n) // 2] < 0.25 * n[-1]


def test_a_site_turns_meters_into_degrees():
    # 1113.2 m north = 0.01 degrees; at 60 degrees north a degree of longitude is half as long
    lat, lon = Site("A", "B", "europe", 60.0, 30.0, "park").position(556.6, 1113.2)
    assert (lat, lon) == (pytest.approx(60.01), pytest.approx(30.01))


@pytest.mark.parametrize(
    ("one", "other", "meters"),
    [
        ("petrow_winter_palace", "petrow_victory_column", 150),
        ("gezira_great_pyramid", "gezira_step_pyramid", 800),  # 640 east, 480 north: 3-4-5 times 160
        ("meridian_tower", "harbor_lady", 1851.0),  # 60 east, 1850 north of it
    ],
)
def test_neighbors_stand_where_the_scene_puts_them(one, other, meters):
    # the catalog counts 111,320 m a degree, this sphere 111,195: 0.1 % apart
    assert apart(one, other) == pytest.approx(meters, rel=0.003)


def test_only_neighbors_stand_in_one_square_kilometer():
    ids = list(CATALOG)
    near = {(a, b) for i, a in enumerate(ids) for b in ids[i + 1 :] if apart(a, b) < 1000}
    assert near == {
        ("petrow_winter_palace", "petrow_victory_column"),
        ("gezira_great_pyramid", "gezira_step_pyramid"),
    }


def test_guests_stand_where_their_own_site_has_them():
    for site in SITES.values():
        for guest, x, y in site.guests:
            assert meters_apart(site.position(x, y), landmark_position(CATALOG[guest])) < 1


def test_neighbors_are_mutual_and_known():
    for landmark in CATALOG.values():
        assert landmark.site in SITES
        if landmark.neighbor:
            assert CATALOG[landmark.neighbor].neighbor == landmark.landmark_id


def test_look_alikes_are_families_of_several():
    families = look_alikes()
    assert families["gothic"] == ("amery_cathedral", "rhenne_cathedral", "lutrec_cathedral")
    assert families["volcano"] == ("mount_pelado", "mount_fujara")
    assert look_alikes(["amery_cathedral", "mount_pelado", "harbor_lady"]) == {}


def test_view_shares_add_up_and_pairs_need_a_neighbor():
    for landmark in CATALOG.values():
        assert sum(landmark.view_shares.values()) == pytest.approx(1)
        assert "pair" not in landmark.view_shares or landmark.neighbor
    assert Counter("interior" in landmark.view_shares for landmark in CATALOG.values())[True] == 4


def test_landmarks_of_a_site():
    assert [x.landmark_id for x in landmarks_at("petrow")] == [
        "petrow_winter_palace",
        "petrow_victory_column",
    ]
    with pytest.raises(InputError, match="site='atlantis' is unknown"):
        landmarks_at("atlantis")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"kind": "drawn"}, "kind='drawn'"),
        ({"dirt": 1.0}, "dirt=1.0"),
        ({"views": (("above", 1),)}, "'above'"),
    ],
)
def test_impossible_entries_are_refused(wrong, told):
    with pytest.raises(InputError, match=told):
        CatalogLandmark("a", "A", "amery", 20, **wrong)
