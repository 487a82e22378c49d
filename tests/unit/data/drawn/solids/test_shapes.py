import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.data.drawn.solids.outlines import rectangle, regular, star
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import (
    around,
    assembled,
    beam,
    both_sides,
    box,
    copies,
    frustum,
    lathe,
    loft,
    mirrored,
    prism,
    repainted,
    row,
    stairs,
    stretched,
    sweep,
)
from tests.meshes import closed_pieces, signed_volume, triangle_areas

STONE, GLASS = Material(), Material((0.1, 0.1, 0.2))
CIRCLE = np.column_stack([regular(96, 5), np.zeros(96)])


def literal_volume(shape):
    """Triangle by triangle: a sixth of the determinant of its corners."""
    return sum(np.linalg.det(shape.vertices[face]) for face in shape.faces) / 6


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (box(2, 3, 4, STONE, x=7, y=-5, z=1), 24),
        (prism(star(5, 2, 1), 1, 4, STONE), 3 * 10 * np.sin(np.pi / 5)),
        (lathe([(1, 0), (0, 3)], STONE, 4), 2),  # a square with diagonals of 2: area 2, times 3 / 3
        # hexagons of side 2 and 1 have areas 6 sqrt 3 and 1.5 sqrt 3; h / 3 (A + B + sqrt(A B)) with h = 2
        (lathe([(2, 0), (1, 2)], STONE, 6), 2 / 3 * 3**0.5 * (6 + 1.5 + 3)),
        (frustum(rectangle(4, 4), rectangle(2, 2), 0, 3, STONE), 3 / 3 * (16 + 4 + 8)),
        # steps of 0.5 m: 4 wide, 3 deep, and each 0.75 less deep than the one below
        (stairs(4, 3, 2, 4, STONE), 4 * 0.5 * (3 + 2.25 + 1.5 + 0.75)),
        (beam((0, 0, 0), (0, 0, 5), rectangle(1, 2), STONE), 10),
        (beam((1, 2, 3), (1, 5, 7), rectangle(1, 2), STONE), 10),  # 3, 4, 5: five meters long
        (sweep(CIRCLE, 0.5, STONE, sides=48, closed=True), 2 * np.pi**2 * 5 * 0.25),  # a torus: 2 pi^2 R r^2
    ],
)
def test_closed_solids_have_the_volume_that_arithmetic_says(shape, expected):
    assert signed_volume(shape) == pytest.approx(expected, rel=0.01)
    assert literal_volume(shape) == pytest.approx(signed_volume(shape))
    assert (closed_pieces(shape) > 0).all()
    assert len(closed_pieces(shape)) >= 1


@pytest.mark.parametrize("shape", [lathe([(1, 0), (0, 3)], STONE, 7), prism(star(5, 2, 1), 0, 1, STONE)])
def test_solids_have_no_triangle_without_area_and_no_unused_vertex(shape):
    assert triangle_areas(shape).min() > 1e-8
    np.testing.assert_array_equal(np.unique(shape.faces), np.arange(len(shape.vertices)))


def test_normals_of_a_box_point_away_from_its_middle():
    shape = box(2, 3, 4, STONE)
    for a, b, c in shape.vertices[shape.faces]:
        outwards = np.cross(b - a, c - a)
        assert np.dot(outwards, (a + b + c) / 3 - [0, 0, 2]) > 0


def test_a_loft_may_stay_open():
    rings = [np.column_stack([regular(5), np.full(5, z)]) for z in (0.0, 2.0)]
    tube = loft(rings, STONE, start=False, end=False)
    assert len(tube.faces) == 10
    assert len(closed_pieces(tube)) == 0
    assert len(loft(rings, STONE, end=False).faces) == 15


@pytest.mark.parametrize("rings", [np.zeros((1, 4, 3)), np.zeros((2, 2, 3))])
def test_a_loft_refuses_too_few_rings_or_points(rings):
    with pytest.raises(InputError, match=">= 2 rings of >= 3 points"):
        loft(rings, STONE)


def test_a_swept_section_keeps_its_width_across_and_its_height_up():
    rail = beam((0, 0, 0), (10, 0, 0), rectangle(0.2, 3, bottom=0), STONE)
    low, high = rail.vertices.min(axis=0), rail.vertices.max(axis=0)
    np.testing.assert_allclose([low, high], [[0, -0.1, 0], [10, 0.1, 3]], atol=1e-12)


def test_copies_stand_at_every_place_and_wear_the_same_stones():
    one, places = box(1, 1, 1, STONE), [(0, 0, 0), (3, 0, 0), (0, 4, 2)]
    many = copies(one, places)
    joined = Shape.join(one.moved(*place) for place in places)  # the slow way
    np.testing.assert_array_equal(many.vertices, joined.vertices)
    np.testing.assert_array_equal(many.built, joined.built)
    np.testing.assert_array_equal(many.faces, joined.faces)
    assert signed_volume(many) == pytest.approx(3)


def test_a_row_is_centered_where_the_shape_stands():
    boxes = row(box(1, 1, 1, STONE), 3, (2, 0, 0))
    assert sorted(set(boxes.vertices[:, 0])) == [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]


def test_copies_around_the_axis_are_evenly_turned():
    posts = around(box(0.2, 0.2, 1, STONE, x=3), 4)
    middles = posts.vertices.reshape(4, -1, 3).mean(axis=1)[:, :2]
    np.testing.assert_allclose(middles, [[3, 0], [0, 3], [-3, 0], [0, -3]], atol=1e-9)


def test_mirrored_shapes_still_face_outwards():
    wedge = prism(np.array([[0, 0], [2, 0], [0, 1]], dtype=float), 0, 1, STONE)
    assert signed_volume(mirrored(wedge)) == pytest.approx(1)
    np.testing.assert_array_equal(mirrored(mirrored(wedge)).vertices, wedge.vertices)
    assert signed_volume(both_sides(wedge, wedge.moved(x=5))) == pytest.approx(4)


def test_stretching_multiplies_the_volume():
    assert signed_volume(stretched(box(1, 1, 1, STONE), 2, 3, 4)) == pytest.approx(24)


def test_repainting_leaves_other_materials_alone():
    both = Shape.join([box(1, 1, 1, STONE), box(1, 1, 1, GLASS)])
    red = Material((1, 0, 0))
    painted = repainted(both, {STONE: red})
    assert painted.materials == (red, GLASS)
    assert both.materials == (STONE, GLASS)


def test_an_assembled_building_lives_where_its_parts_stand():
    parts = [box(1, 1, 1, STONE).turned(30).moved(x=4), box(1, 1, 1, GLASS), box(1, 1, 1, STONE)]
    whole = assembled(parts)
    np.testing.assert_array_equal(whole.vertices, whole.built)
    assert whole.materials == (STONE, GLASS)
