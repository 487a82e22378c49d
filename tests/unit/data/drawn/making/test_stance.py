"""Where cameras of the plan stand: each kind of view sees what it promises."""

import numpy as np
import pytest

from sightlab.data.drawn.landmarks.nature import viewpoints
from sightlab.data.drawn.landmarks.viewings import VIEWINGS
from sightlab.data.drawn.making.places import build_place
from sightlab.data.drawn.making.stance import along_side_street, framed, in_an_avenue, stance
from sightlab.data.drawn.solids.scene import Camera
from sightlab.data.drawn.surroundings.town import side_street_point


def row(subject: str, view: str, **facts) -> dict:
    return {
        "subject": subject, "landmark_id": subject, "view": view, "dirt": "",
        "height": 192, "width": 256, **facts,
    }  # fmt: skip


@pytest.fixture(scope="module")
def square():
    return build_place("site/petrow")


def generators(n: int):
    return [np.random.default_rng(seed) for seed in range(n)]


def test_another_frame_keeps_the_view_along_the_long_side():
    camera = Camera((0, -10, 2), (0, 0, 2), (192, 256), 60)
    for generator in generators(5):
        wide = framed(camera, (144, 256), generator)
        assert 50 < wide.view_degrees < 65  # 60 degrees, times 0.86 to 1.08 of its tangent
        assert wide.position == camera.position
        assert np.linalg.norm(np.subtract(wide.target, camera.target)) < 1.5
    tall = framed(camera, (256, 192), np.random.default_rng(0))
    assert 35 < tall.view_degrees < 52  # the 60 degrees are upright now, the width has 3/4 of the tangent


@pytest.mark.parametrize("view", ["frontal", "side", "far"])
def test_nature_is_seen_from_its_viewpoints(view):
    built = build_place("site/stone_garden")
    for generator in generators(4):
        camera = stance(built, row("stone_garden", view), generator)
        spots = [spot for spot in viewpoints("stone_garden") if spot.view == view]
        apart = [np.abs(np.subtract(camera.position, spot.position)).max() - spot.spread for spot in spots]
        assert min(apart) <= 1e-3


def test_a_pair_shows_both(square):
    for generator in generators(6):
        camera = stance(square, row("petrow_victory_column", "pair"), generator)
        assert min(square.place.glance(camera).visible_shares().values()) > 0.002


def test_dirt_of_a_neighbor_does_not_show_the_landmark(square):
    filed = row("petrow_winter_palace", "frontal", landmark_id="petrow_victory_column", dirt="neighbor")
    for generator in generators(6):
        shares = square.place.glance(stance(square, filed, generator)).visible_shares()
        assert shares["petrow_winter_palace"] > 0.05
        assert shares["petrow_victory_column"] < 0.005


def test_nearby_shows_no_landmark(square):
    for generator in generators(6):
        seen = square.place.glance(stance(square, row("non_landmark", "nearby"), generator))
        assert sum(seen.visible_shares().values()) < 0.005
        assert (seen.owner == 0).mean() > 0.2


def test_far_views_of_an_old_town_come_from_its_side_street():
    built = build_place("site/bruyne")
    for generator in generators(4):
        camera = stance(built, row("bruyne_belfry", "far"), generator)
        distance = float(np.hypot(*camera.position[:2]))
        assert distance > built.clear_radius + 60
        assert np.subtract(camera.position[:2], side_street_point(distance)) == pytest.approx((0, 0), abs=6)
        assert built.place.glance(camera).visible_share("bruyne_belfry") > 0.005


def test_the_side_street_view_shows_as_much_as_asked(square):
    belfry = build_place("site/bruyne").subjects["bruyne_belfry"]
    camera = along_side_street(belfry, 120, VIEWINGS["far"], (192, 256), np.random.default_rng(0))
    upright = 2 * np.arctan(np.tan(np.deg2rad(camera.view_degrees) / 2) * 192 / 256)
    spans = 2 * np.arctan(belfry.height / 2 / np.hypot(*camera.position[:2])) / upright
    low, high = VIEWINGS["far"].fill
    assert 0.85 * low < spans < 1.15 * high


def test_avenues_leave_in_four_directions():
    for generator in generators(20):
        low, high = in_an_avenue(VIEWINGS["side"], generator).azimuth
        assert (low + 2.5) % 90 == pytest.approx(0)
        assert high - low == 5


def test_the_wall_is_seen_from_its_top():
    built = build_place("site/badain")
    camera = stance(built, row("badain_wall", "close"), np.random.default_rng(0))
    assert built.place.ground_height(*camera.position[:2]) < camera.position[2]
    assert built.place.glance(camera).visible_share("badain_wall") > 0.2


def test_the_same_randomness_gives_the_same_camera(square):
    wanted = row("petrow_winter_palace", "side")
    one, again = (stance(square, wanted, np.random.default_rng(5)) for _ in range(2))
    assert one == again
