"""Rays: distances by hand, normals towards the eye, patterns that lie level and climb."""

import numpy as np
import pytest

from sightlab.data.drawn.light.rays import NOTHING, Mesh
from sightlab.data.drawn.solids.scene import PATTERNS, Material, Shape
from sightlab.data.drawn.solids.shapes import box

STONE = Material((0.7, 0.6, 0.5), "ashlar", scale=0.5)


def mesh_of(shape: Shape, owner: int = 1) -> Mesh:
    return Mesh(shape, np.full(len(shape.faces), owner))


def columns(*vectors) -> np.ndarray:
    return np.array(vectors, dtype=np.float32).T.copy()


def quad(corners, material: Material) -> Shape:
    return Shape.of(corners, [[0, 1, 2], [0, 2, 3]], material)


WALL = quad([[-9, 5, 0], [9, 5, 0], [9, 5, 9], [-9, 5, 9]], STONE)  # faces -y, 5 m ahead


def test_distances_by_hand():
    mesh = mesh_of(box(2, 2, 4, STONE))  # x and y from -1 to 1, z from 0 to 4
    eye = columns((0, -11, 1))
    rays = columns((0, 1, 0), (0, 2, 0), (0, 1, 0.4), (0, -1, 0))
    hits = mesh.first_hit(eye, rays)
    # the wall at y = -1 is 10 m ahead: 10 lengths of the first ray, 5 of the second; the third rises over it
    assert hits.depth.tolist() == pytest.approx([10, 5, np.inf, np.inf])
    assert (hits.face >= 0).tolist() == [True, True, False, False]
    assert hits.face[3] == NOTHING


def test_reach_ends_a_ray():
    mesh = mesh_of(WALL)
    eyes, rays = columns((0, 0, 1), (0, 0, 1)), columns((0, 1, 0), (0, 1, 0))
    assert mesh.first_hit(eyes, rays, np.array([4.9, 5.1])).depth.tolist() == pytest.approx([np.inf, 5])
    assert mesh.blocked(eyes, rays, 4.9).tolist() == [False, False]
    assert mesh.blocked(eyes, rays, 5.1).tolist() == [True, True]


@pytest.mark.parametrize("side", [-1, 1])
def test_normals_look_at_the_eye_from_both_sides(side):
    mesh = mesh_of(WALL)
    eye, rays = columns((1, 5 + 7 * side, 2)), columns((0, -side, 0))
    hits = mesh.first_hit(eye, rays)
    surface = mesh.surface(hits, eye, rays, 0.01)
    assert surface.facing[:, 0].tolist() == [0, side, 0]
    assert surface.normal[:, 0].tolist() == pytest.approx([0, side, 0])
    assert mesh.facing(hits, rays)[:, 0].tolist() == [0, side, 0]
    assert surface.point[:, 0].tolist() == pytest.approx([1, 5, 2])
    assert surface.distance[0] == 7
    assert surface.footprint[0] == pytest.approx(0.07)  # 7 m away, a hundredth of it, seen straight
    assert surface.owner[0] == 1


def test_a_slanted_wall_widens_the_pixel():
    mesh = mesh_of(WALL)
    rays = columns((np.sqrt(3), 1, 0))  # 60 degrees off: cosine 1/2, counted half: 1 / sqrt(1/2)
    eye = columns((-6, 0, 1))
    surface = mesh.surface(mesh.first_hit(eye, rays), eye, rays, 0.01)
    assert surface.footprint[0] == pytest.approx(0.05 * np.sqrt(2), rel=1e-5)
    behind = mesh.surface(mesh.first_hit(eye, rays), eye, rays, 0.01, travelled=np.array([5.0]))
    assert behind.footprint[0] == pytest.approx(0.10 * np.sqrt(2), rel=1e-5)


def test_courses_lie_level_where_the_wall_was_built():
    turned = WALL.turned(90).moved(100, 3, 1)  # faces +x now, at x = 95, one meter higher
    mesh = mesh_of(turned)
    eye, rays = columns((99, 4, 3)), columns((-1, 0, 0))
    surface = mesh.surface(mesh.first_hit(eye, rays), eye, rays, 0.01)
    # the spot was built at x = 1, z = 2; in units of half a meter: 2 and 4
    assert surface.u[0] == pytest.approx(2, abs=1e-4)
    assert surface.v[0] == pytest.approx(4, abs=1e-4)
    assert surface.along_u[:, 0].tolist() == pytest.approx([0, 1, 0], abs=1e-6)
    assert surface.along_v[:, 0].tolist() == pytest.approx([0, 0, 1], abs=1e-6)


def test_roof_tiles_climb_the_slope():
    tiles = Material(pattern="tiles", scale=1.0)
    mesh = mesh_of(quad([[-5, 0, 0], [5, 0, 0], [5, 4, 3], [-5, 4, 3]], tiles))  # 3-4-5: 5 m of slope
    eye, rays = columns((2, 0.8, 9), (2, 3.2, 9)), columns((0, 0, -1), (0, 0, -1))
    surface = mesh.surface(mesh.first_hit(eye, rays), eye, rays, 0.01)
    assert surface.v[1] - surface.v[0] == pytest.approx(2.4 * 5 / 4, abs=1e-4)
    assert surface.u.tolist() == pytest.approx([2, 2], abs=1e-5)
    assert surface.along_v[:, 0].tolist() == pytest.approx([0, 0.8, 0.6], abs=1e-5)


def test_ground_patterns_are_seen_from_above_and_run_over_edges():
    grass = Material(pattern="grass")
    mesh = mesh_of(quad([[-5, 0, 0], [5, 0, 0], [5, 4, 2], [-5, 4, 2]], grass))
    eye, rays = columns((2, 3, 9)), columns((0, 0, -1))
    surface = mesh.surface(mesh.first_hit(eye, rays), eye, rays, 0.01)
    assert (surface.u[0], surface.v[0]) == pytest.approx((2, 3), abs=1e-5)


def test_windows_are_on_walls_only():
    mesh = mesh_of(box(4, 4, 4, Material(pattern="windows")))
    eye = columns((0, -9, 2), (0, 0, 9))
    rays = columns((0, 1, 0), (0, 0, -1))
    surface = mesh.surface(mesh.first_hit(eye, rays), eye, rays, 0.01)
    assert [PATTERNS[p] for p in surface.pattern] == ["windows", "plain"]


def drum(sides: int) -> Shape:
    angle = np.arange(sides) * 2 * np.pi / sides
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    vertices = np.concatenate([np.insert(ring, 2, 0, axis=1), np.insert(ring, 2, 3, axis=1), [[0, 0, 3]]])
    a, b = np.arange(sides), (np.arange(sides) + 1) % sides
    walls = np.concatenate([np.stack([a, b, b + sides], 1), np.stack([a, b + sides, a + sides], 1)])
    lid = np.stack([a + sides, b + sides, np.full(sides, 2 * sides)], 1)
    return Shape.of(vertices, np.concatenate([walls, lid]), STONE)


def test_a_round_tower_is_round_and_an_octagon_has_edges():
    rays = columns(*[(0, 1, 0)] * 41)
    eye = np.stack([np.linspace(-0.7, 0.7, 41), np.full(41, -9.0), np.full(41, 1.2)]).astype(np.float32)
    for sides, is_round in ((24, True), (8, False)):
        mesh = mesh_of(drum(sides))
        surface = mesh.surface(mesh.first_hit(eye, rays), eye, rays, 0.01)
        true = surface.point * [[1], [1], [0]]
        true /= np.linalg.norm(true, axis=0)
        off = np.degrees(np.arccos(np.clip((surface.normal * true).sum(axis=0), -1, 1))).max()
        assert (off < 1) == is_round
        if not is_round:
            np.testing.assert_allclose(surface.normal, surface.facing, atol=1e-6)


def test_the_rim_of_a_lid_stays_sharp():
    mesh = mesh_of(drum(24))
    eye, rays = columns((0.9, 0.1, 9)), columns((0, 0, -1))
    surface = mesh.surface(mesh.first_hit(eye, rays), eye, rays, 0.01)
    assert surface.normal[:, 0].tolist() == pytest.approx([0, 0, 1], abs=1e-6)


def test_level_runs_from_foot_to_top_of_an_owner():
    snow = Material(pattern="snow_rock")
    wall = quad([[-9, 5, 0], [9, 5, 0], [9, 5, 9], [-9, 5, 9]], snow)
    low = quad([[-9, -5, -20], [9, -5, -20], [9, -5, -10], [-9, -5, -10]], snow)
    mesh = Mesh(Shape.join([wall, low]), np.array([1, 1, 2, 2]))
    eye, rays = columns((0, 0, 3), (0, 0, -12)), columns((0, 1, 0), (0, -1, 0))
    surface = mesh.surface(mesh.first_hit(eye, rays), eye, rays, 0.01)
    assert surface.level.tolist() == pytest.approx([3 / 9, 8 / 10], abs=1e-5)
    assert surface.owner.tolist() == [1, 2]


def test_flat_triangles_are_left_out_and_rows_still_fit():
    shape = Shape.join([quad([[0, 0, 0], [0, 0, 0], [1, 0, 0], [1, 0, 0]], STONE), WALL])
    mesh = Mesh(shape, np.array([7, 7, 3, 4]))
    assert len(mesh) == 2
    eye, rays = columns((8, 0, 1)), columns((0, 1, 0))
    assert mesh.owner[mesh.first_hit(eye, rays).face[0]] == 3


def test_nothing_is_met_in_an_empty_mesh():
    mesh = Mesh(Shape.join([]), np.empty(0, dtype=np.int64))
    eye, rays = columns((0, 0, 0)), columns((0, 1, 0), (0, 0, 1))
    assert mesh.first_hit(eye, rays).face.tolist() == [NOTHING, NOTHING]
    assert not mesh.blocked(np.repeat(eye, 2, axis=1), rays, 10.0).any()


def test_the_shape_is_not_changed():
    shape = box(2, 2, 4, STONE)
    before = shape.vertices.copy(), shape.faces.copy()
    mesh_of(shape)
    assert (shape.vertices == before[0]).all()
    assert (shape.faces == before[1]).all()
