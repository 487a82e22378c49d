import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.data.drawn.solids.outlines import (
    between,
    bowl,
    pointed_arch,
    rectangle,
    regular,
    round_arch,
    star,
)


def area(outline):
    """Slow literal shoelace; positive when the corners run counter-clockwise."""
    total = 0.0
    for (x0, y0), (x1, y1) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        total += (x0 * y1 - x1 * y0) / 2
    return total


def distance(point, outline):
    """Of a point to the nearest edge, edge by edge."""
    best = np.inf
    for a, b in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        t = np.clip(np.dot(point - a, b - a) / np.dot(b - a, b - a), 0, 1)
        best = min(best, np.linalg.norm(point - a - t * (b - a)))
    return best


@pytest.mark.parametrize(
    ("outline", "expected"),
    [
        (rectangle(2, 3), 6),
        (rectangle(2, 3, bottom=5), 6),
        (regular(6, 2), 6 * 0.5 * 2 * 2 * np.sin(np.pi / 3)),  # six triangles with two sides of 2
        (star(5, 2, 1), 10 * 0.5 * 2 * 1 * np.sin(np.pi / 5)),  # ten triangles between tip and notch
        (round_arch(2, 4, steps=200), 2 * 3 + np.pi / 2),  # 3 m of wall below half a disc of radius 1
        # two arcs of radius 2 around the opposite springing: two sectors of 60 degrees less the triangle,
        # 2 * pi * 4 / 6 - sqrt(3), over jambs of 5 - sqrt(3)
        (pointed_arch(2, 5, steps=200), 4 * np.pi / 3 - 3**0.5 + 2 * (5 - 3**0.5)),
    ],
)
def test_outlines_run_counter_clockwise_around_their_area(outline, expected):
    assert area(outline) == pytest.approx(expected, rel=1e-4)


def test_a_flat_side_of_a_regular_outline_faces_front():
    square = regular(4, 2**0.5)
    np.testing.assert_allclose(square, [[-1, -1], [1, -1], [1, 1], [-1, 1]], atol=1e-12)


def test_a_pointed_arch_of_half_its_width_is_round():
    pointed, smooth = pointed_arch(2, 4, point=0.5, steps=4), round_arch(2, 4, steps=8)
    np.testing.assert_allclose(pointed, smooth, atol=1e-12)


def test_arches_keep_to_their_width_and_height():
    for arch in (pointed_arch(3, 7, 2), round_arch(3, 7, 2)):
        np.testing.assert_allclose([arch.min(axis=0), arch.max(axis=0)], [[-1.5, 2], [1.5, 9]], atol=1e-12)


def test_a_bowl_rises_from_its_radius_to_its_top():
    profile = bowl(3, 2, steps=2)
    # t = 0, 1/2, 1: (3, 0), (3 cos 45, 2 sin 45), (0, 2)
    np.testing.assert_allclose(profile, [[3, 0], [3 * 0.5**0.5, 2 * 0.5**0.5], [0, 2]], atol=1e-12)
    assert bowl(3, 2, bulge=1.15)[:, 0].max() > 3


@pytest.mark.parametrize("inner", [regular(9, 1.2), pointed_arch(2, 3, -1.5), round_arch(1, 2, -1)])
def test_between_pairs_points_that_lie_on_both_outlines_and_one_ray(inner):
    outer = rectangle(6, 4)
    far, near = between(outer, inner)
    assert far.shape == near.shape
    middle = (inner.min(axis=0) + inner.max(axis=0)) / 2
    for a, b in zip(far, near, strict=True):
        assert distance(a, outer) < 1e-9
        assert distance(b, inner) < 1e-9
        cross = (a - middle)[0] * (b - middle)[1] - (a - middle)[1] * (b - middle)[0]
        assert abs(cross) < 1e-9
    # no corner of either is lost
    assert area(far) == pytest.approx(24)
    assert area(near) == pytest.approx(area(inner))


def test_between_joins_two_rectangles_corner_by_corner():
    far, near = between(rectangle(4, 5, 0), rectangle(2, 3, 1))
    np.testing.assert_array_equal(far, rectangle(4, 5, 0))
    np.testing.assert_array_equal(near, rectangle(2, 3, 1))


@pytest.mark.parametrize("inner", [regular(8, 3), rectangle(2, 2, bottom=4)])
def test_between_refuses_an_opening_beside_its_wall(inner):
    with pytest.raises(InputError, match="must lie inside"):
        between(rectangle(4, 5, 0), inner)
