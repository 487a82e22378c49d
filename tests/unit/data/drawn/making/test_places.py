"""Places by their key: what stands there, and nothing for a key that means nothing."""

import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.data.drawn.making.catalog import CATALOG
from sightlab.data.drawn.making.places import build_place
from sightlab.data.drawn.making.plan import plan


@pytest.fixture(scope="module")
def square():
    return build_place("site/petrow")


def test_a_site_has_its_landmarks_where_the_catalog_puts_them(square):
    assert set(square.scene.landmarks) == {"petrow_winter_palace", "petrow_victory_column"}
    palace, column = square.subjects["petrow_winter_palace"], square.subjects["petrow_victory_column"]
    assert column.center == pytest.approx((0, -150), abs=5)
    assert palace.center == pytest.approx((0, 0), abs=8)
    assert 40 < column.height < 60
    assert square.clear_radius == 260
    assert square.cameras == ()


def test_a_place_is_the_same_every_time(square):
    again = build_place("site/petrow")
    assert np.array_equal(again.scene.surroundings.vertices, square.scene.surroundings.vertices)


def test_guests_are_in_sight_and_known_by_name():
    harbor = build_place("site/harbor")
    assert set(harbor.scene.landmarks) == {"harbor_lady", "meridian_tower"}
    assert harbor.subjects["meridian_tower"].center == pytest.approx((60, 1850), abs=5)


def test_nature_brings_its_own_ground():
    garden = build_place("site/stone_garden")
    assert garden.scene.owners == ("stone_garden",)
    assert np.hypot(*garden.scene.surroundings.vertices[:, :2].T).max() > 10_000


def test_an_interior_belongs_to_its_landmark():
    inside = build_place("interior/washbourne_capitol")
    assert inside.scene.owners == ("washbourne_capitol",)
    assert inside.cameras
    drawing = inside.place.glance(inside.cameras[0])
    assert drawing.visible_share("washbourne_capitol") > 0.95


@pytest.mark.parametrize("key", ["house/5", "interior/5", "ordinary/5", "scene/lake/5"])
def test_what_is_no_landmark_has_a_camera_and_no_owner(key):
    built = build_place(key)
    assert built.scene.owners == ()
    assert len(built.cameras) == 1
    assert (built.place.glance(built.cameras[0]).owner >= 0).any()


@pytest.mark.parametrize("key", ["site/atlantis", "castle/3", "", "interior/bruyne_belfry", "scene/moon/1"])
def test_a_key_that_means_nothing_is_refused(key):
    with pytest.raises(InputError):
        build_place(key)


def test_every_key_of_the_plan_is_of_a_known_kind():
    table = plan(0, "tour")
    kinds = {place.split("/")[0] for place in table["place"]}
    assert kinds == {
        "site", "interior", "ordinary", "house", "street", "countryside", "portrait", "table", "pet",
        "scene", "graphic",
    }  # fmt: skip
    inside = {p.split("/")[1] for p in table["place"] if p.startswith("interior/")}
    assert {name for name in inside if not name.isdigit()} == {
        i for i, landmark in CATALOG.items() if "interior" in landmark.view_shares
    }
