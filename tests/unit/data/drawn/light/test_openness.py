"""The share of the sky over a spot, against what geometry says."""

import numpy as np
import pytest

from sightlab.data.drawn.light.openness import as_neighbors, is_indoors, open_sky
from sightlab.data.drawn.light.rays import Mesh
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import box

STONE = Material()
SIZE = (12, 16)
N = SIZE[0] * SIZE[1]
UP = np.repeat(np.float32([[0], [0], [1]]), N, axis=1)


def mesh_of(*shapes: Shape) -> Mesh:
    shape = Shape.join(shapes)
    return Mesh(shape, np.zeros(len(shape.faces), dtype=np.int64))


def at(x: float, y: float, z: float) -> np.ndarray:
    return np.repeat(np.float32([[x], [y], [z]]), N, axis=1)


GROUND = box(9000, 9000, 1, STONE).moved(z=-1)


def inner(values: np.ndarray) -> np.ndarray:
    """Without the rim, where fewer than 4 x 4 pixels are averaged."""
    return values.reshape(SIZE)[2:-1, 2:-1]


def test_on_an_open_plain_all_sky_is_free():
    share = open_sky(mesh_of(GROUND), at(0, 0, 0), UP, np.full(N, 9, np.float32), SIZE, 1e5)
    assert (share == 1).all()


def test_at_the_foot_of_a_long_wall_half_of_it_is_free():
    wall = box(8000, 2, 8000, STONE).moved(y=1.02)  # its face 2 cm away
    share = open_sky(mesh_of(GROUND, wall), at(0, 0, 0), UP, np.full(N, 1, np.float32), SIZE, 1e5)
    assert inner(share) == pytest.approx(0.5, abs=1 / 16)  # 16 directions


def test_in_a_wide_well_what_lies_above_its_rim_is_free():
    # light of an even sky on a flat spot comes by sin^2 of the half angle of the opening: walls at 10 m that
    # rise to 10 m leave 45 degrees, sin^2 = 1/2, and in the corners of a square, 14.1 m away, 54.7: 2/3
    walls = [box(20.2, 0.2, 10, STONE).moved(y=10).turned(a) for a in (0, 90, 180, 270)]
    share = open_sky(mesh_of(GROUND, *walls), at(0, 0, 0), UP, np.full(N, 1, np.float32), SIZE, 1e5)
    assert inner(share).min() >= 1 / 2 - 1 / 16
    assert inner(share).max() <= 2 / 3 + 1 / 16


def test_what_is_further_away_than_the_reach_takes_no_light():
    wall = box(8000, 2, 8000, STONE).moved(y=21)
    facts = at(0, 0, 0), UP, np.full(N, 1, np.float32), SIZE
    assert open_sky(mesh_of(GROUND, wall), *facts, 15.0).min() == 1
    assert inner(open_sky(mesh_of(GROUND, wall), *facts, 1e5)).max() < 0.7


def test_the_sky_is_open_and_surfaces_do_not_mix():
    depth = np.full(SIZE, 5, np.float32)
    depth[:, 8:] = np.inf
    lid = box(100, 100, 1, STONE).moved(z=3)
    share = open_sky(mesh_of(GROUND, lid), at(0, 0, 0), UP, depth.ravel(), SIZE, 1e5).reshape(SIZE)
    assert (share[:, 8:] == 1).all()
    assert share[:, 7].max() < 0.2  # not a mean with the sky beside


def test_rays_beside_a_pixel_take_the_neighbor_on_their_surface():
    # two columns of pixels: left one at 5 m, right one at 50 m; the ray passes right of the left one's middle
    depth, facing = np.float32([5, 50, 5, 50]), np.repeat(np.float32([[0], [-1], [0]]), 4, axis=1)
    pixels = (np.array([0]), np.array([0]))
    for met, expected in ((5.0, 0), (49.0, 1)):
        row = as_neighbors(pixels, (0.3, 0.1), (2, 2), np.float32([met]), facing[:, :1], depth, facing)
        assert row.tolist() == [expected]
    turned = facing.copy()
    turned[:, 2] = [0, 0, 1]  # the pixel below is a floor
    floor = np.float32([[0], [0], [1]])
    row = as_neighbors(pixels, (0.3, 0.1), (2, 2), np.float32([5.0]), floor, depth, turned)
    assert row.tolist() == [2]


def test_rays_beside_the_rim_stay_inside():
    facing = np.repeat(np.float32([[0], [-1], [0]]), 4, axis=1)
    corner = (np.array([1]), np.array([1]))
    row = as_neighbors(
        corner, (0.3, 0.3), (2, 2), np.float32([5]), facing[:, :1], np.full(4, 5, "f4"), facing
    )
    assert row.tolist() == [3]


def room(*, door: bool) -> Mesh:
    walls = [
        box(30, 1, 9, STONE).moved(y=15).turned(a) for a in ((0, 90, 180) if door else (0, 90, 180, 270))
    ]
    return mesh_of(GROUND, *walls, box(31, 31, 1, STONE).moved(z=9))


def test_a_room_is_a_room_and_a_porch_is_not():
    eye = np.float32([[0], [0], [1.7]])
    assert is_indoors(room(door=False), eye)
    assert not is_indoors(room(door=True), eye)
    assert not is_indoors(mesh_of(GROUND), eye)
