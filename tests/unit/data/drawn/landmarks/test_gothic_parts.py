import numpy as np
import pytest

from sightlab.data.drawn.landmarks.gothic_parts import (
    arcade,
    flyer,
    gablet,
    octagonal_turret,
    pinnacle,
    portal,
    ring,
    rose,
    rose_wall,
    window_wall,
    windows,
)
from sightlab.data.drawn.solids.ornaments import statue
from sightlab.data.drawn.solids.scene import Material
from tests.meshes import closed_pieces, hits, reach

STONE, GLASS, DOOR = Material(), Material((0.1, 0.1, 0.2)), Material((0.3, 0.2, 0.1), "wood")


def glass_of(shape):
    return shape.vertices[shape.faces[shape.face_material == shape.materials.index(GLASS)]]


@pytest.mark.parametrize("petals", [8, 12])
def test_a_rose_has_three_rings_and_a_spoke_and_an_eye_for_every_petal(petals):
    pieces = closed_pieces(rose(6, petals, STONE))
    assert len(pieces) == 3 + 2 * petals
    assert (pieces > 0).all()


def test_a_rose_looks_the_same_after_a_turn_by_one_petal():
    points = rose(6, 12, STONE).vertices
    a = 2 * np.pi / 12
    x, y, z = points[:, 0], points[:, 1], points[:, 2]
    turned = np.column_stack([x * np.cos(a) - z * np.sin(a), y, x * np.sin(a) + z * np.cos(a)])
    inner = np.hypot(x, z) < 0.9 * 6  # the outer rings have 20 sides, which is no multiple of 12
    near = [np.linalg.norm(points - p, axis=1).min() for p in turned[inner]]
    assert np.median(near) < 1e-9


def test_a_rose_sits_in_a_round_recess_before_dark_glass():
    wall = rose_wall(16, 17, 6, 12, STONE, GLASS)
    glass = glass_of(wall)
    np.testing.assert_allclose(glass[..., 1], 1.6)
    assert glass[..., 2].max() < 17
    np.testing.assert_allclose(np.hypot(glass[:, :2, 0], glass[:, :2, 2] - (17 - 1.25 * 6)).max(), 6)


@pytest.mark.parametrize("lights", [1, 2, 4])
def test_a_window_is_divided_by_one_mullion_less_than_it_has_lights(lights):
    wall = window_wall(5, 10, (3, 8), 1, STONE, GLASS, lights=lights, depth=0.8)
    level = 2.0  # a line along x, inside the recess, at the height of the mullions: two hits for each
    in_recess = hits(wall, (-1.4, 0.56, level), (1.4, 0.56, level))
    assert in_recess == 2 * (lights - 1)


def test_tracery_is_one_mullion_and_a_ring():
    plain, divided = (window_wall(5, 10, (3, 8), 1, STONE, GLASS, lights=n) for n in (1, 2))
    # a mullion of three sides, and a ring of six bars with three sides; two triangles for each side
    assert len(divided.faces) - len(plain.faces) == 2 * 3 + 2 * 6 * 3


def test_windows_share_their_wall_evenly():
    wall = windows(3, 12, 8, (2, 6), 1, STONE, GLASS, lights=1)
    low, high = reach(wall)
    np.testing.assert_allclose([low[0], high[0]], [-6, 6])
    centers = sorted({round(float(x), 6) for x in glass_of(wall)[:, 2, 0]})  # middle of each fan
    np.testing.assert_allclose(centers, [-4, 0, 4], atol=1e-6)


def test_a_portal_narrows_towards_its_doors():
    whole = portal(10, 12, 4, STONE, GLASS, DOOR, roof=5)
    assert whole.height == pytest.approx(17, abs=1)
    doors = whole.vertices[np.unique(whole.faces[whole.face_material == whole.materials.index(DOOR)])]
    assert doors[:, 1].min() > 3.5
    assert np.abs(doors[:, 0]).max() < 0.6 * 0.86 * 10 / 2
    assert portal(10, 12, 4, STONE, GLASS, DOOR, roof=0).height < 13


def test_an_arcade_may_hold_statues():
    empty = arcade(12, 4, 6, STONE, GLASS, figures=False)
    full = arcade(12, 4, 6, STONE, GLASS, figures=True)
    assert len(full.faces) - len(empty.faces) == 6 * len(statue(3, STONE).faces)
    for shape in (empty, full):
        low, high = reach(shape)
        np.testing.assert_allclose([low[0], high[0], low[2]], [-6, 6, 0], atol=1e-9)


def test_a_flyer_props_the_wall_and_leaves_the_air_below_it_free():
    arch = flyer((8, 30), (17, 21), 0.8, STONE)
    low, high = reach(arch)
    np.testing.assert_allclose([low[0], high[0], high[2]], [8, 17, 30])
    assert hits(arch, (12, -1, 27), (12, 1, 27)) == 0  # above its back, which lies at 26 there
    assert hits(arch, (12.2, -1, 25.2), (12.2, 1, 25.2)) == 2
    assert hits(arch, (10, -1, 20), (10, 1, 20)) == 0  # below its curve


def test_small_parts_keep_their_height():
    assert pinnacle(2, 9, STONE).height == 9
    assert gablet(3, 4, STONE).height == 4
    assert octagonal_turret(2, 10, 6, STONE, GLASS).height == 16
    assert len(closed_pieces(ring(3, 0.2, STONE))) == 1
