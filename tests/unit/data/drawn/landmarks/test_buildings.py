"""Facts that hold for every building; what is special about one stands with its own module's tests."""

import numpy as np
import pytest

from sightlab.data.drawn.landmarks.buildings import BUILDINGS, FAMILIES, INTERIORS, ordinary
from sightlab.data.drawn.making.catalog import CATALOG
from tests.meshes import closed_pieces, hits, reach, triangle_areas

STANDS_IN_WATER = {"praven_stone_bridge": -2, "crimson_gate_bridge": -4, "miyara_gate": -2}
SIZES = {  # (width, height) in meters, by what such buildings measure
    "amery_cathedral": (52, 113),
    "rhenne_cathedral": (52, 86),
    "lutrec_cathedral": (52, 90),
    "bruyne_belfry": (48, 87),
    "petrow_winter_palace": (172, 40),
    "petrow_victory_column": (21, 47),
    "praven_stone_bridge": (307, 58),
    "gezira_great_pyramid": (297, 145),
    "gezira_step_pyramid": (191, 63),
    "istara_blue_mosque": (61, 64),
    "palmar_sun_gate": (38, 17),
    "thebar_obelisk": (63, 32),
    "meridian_tower": (63, 312),
    "harbor_lady": (95, 93),
    "crimson_gate_bridge": (1180, 155),
    "washbourne_capitol": (150, 85),
    "kukul_temple": (61, 32),
    "kyonara_pagoda": (21, 50),
    "miyara_gate": (23, 17),
    "beishan_hall": (125, 39),
    "badain_wall": (660, 80),
    "yangora_stupa": (113, 98),
}


@pytest.fixture(scope="module")
def built():
    return {name: builder() for name, builder in BUILDINGS.items()}


def test_every_landmark_that_was_built_has_its_builder():
    wanted = {i for i, landmark in CATALOG.items() if landmark.kind != "nature"}
    assert set(BUILDINGS) == wanted == set(SIZES)
    assert set(INTERIORS) <= set(BUILDINGS)


@pytest.mark.parametrize("name", BUILDINGS)
def test_a_building_is_solid(built, name):
    shape = built[name]
    assert np.isfinite(shape.vertices).all()
    assert triangle_areas(shape).min() > 1e-8
    pieces = closed_pieces(shape)
    assert len(pieces) >= 20
    assert (pieces > 0).all()  # its triangles face outwards


@pytest.mark.parametrize("name", BUILDINGS)
def test_a_building_has_real_sizes_and_stands_around_the_origin(built, name):
    low, high = reach(built[name])
    width, height = SIZES[name]
    assert high[0] - low[0] == pytest.approx(width, abs=1)
    assert high[2] == pytest.approx(height, abs=1)
    assert -0.21 <= low[2] - STANDS_IN_WATER.get(name, 0) <= 0.001
    assert (low[:2] < 0).all()
    assert (high[:2] > 0).all()


@pytest.mark.parametrize("name", BUILDINGS)
def test_a_building_is_cheap_to_draw(built, name):
    shape = built[name]
    assert len(shape.faces) <= (20_000 if name.endswith("cathedral") else 22_000)
    assert len(shape.materials) <= 12
    assert len(set(shape.materials)) == len(shape.materials)
    np.testing.assert_array_equal(shape.vertices, shape.built)


@pytest.mark.parametrize(
    "name", ["amery_cathedral", "palmar_sun_gate", "gezira_great_pyramid", "badain_wall"]
)
def test_a_landmark_is_the_same_whenever_it_is_built(built, name):
    again = BUILDINGS[name]()
    np.testing.assert_array_equal(again.vertices, built[name].vertices)
    np.testing.assert_array_equal(again.faces, built[name].faces)


def test_no_relative_is_a_landmark(built):
    known = {shape.vertices.tobytes() for shape in built.values()}
    assert not known & {ordinary(family, seed).vertices.tobytes() for family in FAMILIES for seed in range(2)}


@pytest.mark.parametrize("name", INTERIORS)
def test_visitors_stand_free_inside_a_closed_room(name):
    interior = INTERIORS[name]()
    low, high = reach(interior.shape)
    rng = np.random.default_rng(0)
    assert len(interior.shape.faces) <= 45_000
    assert len(interior.viewpoints) >= 4
    for position, target in interior.viewpoints:
        assert (low < position).all()
        assert (position < high).all()
        away = np.subtract(target, position)
        assert hits(interior.shape, position, position + 2.5 * away / np.linalg.norm(away)) == 0
        ways = rng.normal(size=(20, 3))
        closed = [
            hits(interior.shape, position, position + 300 * way / np.linalg.norm(way)) > 0 for way in ways
        ]
        assert np.mean(closed) > 0.9
