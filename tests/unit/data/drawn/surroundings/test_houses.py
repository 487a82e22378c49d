import numpy as np
import pytest

from sightlab.data.drawn.solids.scene import Material
from sightlab.data.drawn.solids.shapes import box
from sightlab.data.drawn.surroundings.houses import (
    BAY,
    FLOOR,
    Houses,
    bench,
    boxes,
    house_row,
    lamp,
    moved_houses,
)

A, B = Material(pattern="windows"), Material(pattern="brick")


def test_boxes_equal_boxes_one_by_one():
    x, y, z = np.array([0.0, 9]), np.array([5.0, -3]), np.array([1.0, 0])
    width, depth, height, turn = (
        np.array([2.0, 4]),
        np.array([6.0, 1]),
        np.array([3.0, 8]),
        np.array([0.0, 30]),
    )
    many = boxes(x, y, z, width, depth, height, (A, B), np.array([1, 0]), turn)
    assert len(many.faces) == 2 * 10  # five sides of two triangles: nobody sees the underside
    for i in range(2):
        one = box(width[i], depth[i], height[i], A).turned(turn[i]).moved(x[i], y[i], z[i])
        corners = {tuple(v) for v in np.round(one.vertices, 6)}
        assert {tuple(v) for v in np.round(many.vertices[8 * i : 8 * i + 8], 6)} == corners
    assert set(many.face_material[:10]) == {1}
    assert set(many.face_material[10:]) == {0}


def test_patterns_begin_at_a_corner_of_each_box():
    many = boxes(np.array([7.0]), np.array([8.0]), 2.0, 4.0, 6.0, 9.0, (A,))
    np.testing.assert_array_equal(many.built.min(axis=0), [0, 0, 0])
    np.testing.assert_array_equal(many.built.max(axis=0), [4, 6, 9])


def test_triangles_of_boxes_face_outwards():
    shape = boxes(np.zeros(1), np.zeros(1), 0.0, 2.0, 4.0, 6.0, (A,))
    a, b, c = np.moveaxis(shape.vertices[shape.faces], 1, 0)
    outward = np.einsum("fi,fi->f", np.cross(b - a, c - a), (a + b + c) / 3 - [0, 0, 3])
    assert (outward > 0).all()


def a_house(**facts) -> Houses:
    usual = {"x": 0, "y": 0, "z": 0, "turn": 0, "width": 8, "depth": 10, "height": 6, "roof": 4}
    return Houses(**{name: np.array([float(value)]) for name, value in (usual | facts).items()})


def test_a_house_is_as_high_as_eaves_and_roof():
    shape = a_house().built()
    assert 10 <= shape.height < 10 + 0.7  # 6 m of wall, 4 m of roof; a chimney may stand above
    # the roof hangs over by 0.35 m on all sides: 8 / 2 + 0.35 and 10 / 2 + 0.35
    np.testing.assert_allclose(shape.vertices[:, :2].max(axis=0), [4.35, 5.35])


def test_shops_stand_before_the_front():
    plain, shops = a_house().built(), Houses(**vars(a_house()) | {"has_shops": True}).built()
    assert len(shops.faces) > len(plain.faces)
    assert shops.vertices[:, 1].min() <= -5.1


def test_a_row_stands_wall_to_wall_in_whole_bays():
    row = house_row(np.random.default_rng(1), 100.0, floors=(2, 3))
    left, right = row.x - row.width / 2, row.x + row.width / 2
    np.testing.assert_allclose(left[1:], right[:-1])
    assert 100 - 4 * BAY < right[-1] - left[0] <= 100
    np.testing.assert_allclose(row.width / BAY, np.round(row.width / BAY))
    assert set(np.round(row.height / FLOOR).astype(int)) <= {2, 3}
    np.testing.assert_allclose(row.y - row.depth / 2, 0, atol=1e-12)


def test_moved_houses_turn_around_the_origin():
    house = moved_houses(a_house(x=10), 1, 2, 90, seed=8)
    # (10, 0) turned by 90 degrees is (0, 10)
    np.testing.assert_allclose([house.x[0], house.y[0], house.turn[0], house.seed], [1, 12, 90, 8])


def test_no_houses_are_an_empty_shape():
    none = a_house().only(np.zeros(1, bool))
    assert len(none.built().faces) == 0


def test_street_furniture_has_its_size():
    assert lamp(8.0).height == pytest.approx(8.15)
    assert bench().height < 1
