import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.data.drawn.solids.outlines import pointed_arch, rectangle, regular
from sightlab.data.drawn.solids.scene import Material
from sightlab.data.drawn.solids.walls import gable, slab, span, wall_with
from tests.meshes import signed_volume

STONE, GLASS = Material(), Material((0.1, 0.1, 0.2))


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (slab(rectangle(2, 3, 0), -0.5, 0.5, STONE), 6),
        (gable(2, 3, 4, STONE, z=7), 12),  # a triangle of 3 square meters, 4 long
        (wall_with(rectangle(4, 5, 0), rectangle(2, 3, 1), 0.5, STONE, GLASS), 20 * 0.7 - 6 * 0.5),
        (wall_with(rectangle(4, 5, 0), regular(4, 2**0.5) + [0, 2], 1, STONE, GLASS, thickness=3), 60 - 4),
        # a recess of two orders: 6 square meters for the first half meter, 2 for the second
        (
            wall_with(
                rectangle(4, 5, 0), [rectangle(2, 3, 1), rectangle(1, 2, 1.5)], 1, STONE, GLASS, thickness=2
            ),
            40 - 6 * 0.5 - 2 * 0.5,
        ),
        # between z = x and z = 2 over x = 0 ... 2: a triangle of 2 square meters, 3 deep
        (span(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 2.0]), np.full(3, 2.0), 3, STONE), 6),
    ],
)
def test_walls_have_the_volume_that_arithmetic_says(shape, expected):
    assert signed_volume(shape) == pytest.approx(expected)


def test_the_end_of_a_recess_lies_behind_the_face_of_its_wall():
    wall = wall_with(rectangle(4, 5, 0), pointed_arch(2, 3, 0.5), 0.6, STONE, GLASS, front=1.0)
    glass = wall.vertices[wall.faces[wall.face_material == wall.materials.index(GLASS)]]
    np.testing.assert_allclose(glass[..., 1], 1.6)
    a, b, c = glass[0]
    assert np.cross(b - a, c - a)[1] < 0  # it looks to the front


def test_a_wall_laid_on_a_solid_has_no_back():
    whole = wall_with(rectangle(4, 5, 0), rectangle(2, 3, 1), 0.5, STONE, GLASS)
    front = wall_with(rectangle(4, 5, 0), rectangle(2, 3, 1), 0.5, STONE, GLASS, back=False)
    assert len(whole.faces) - len(front.faces) == 10  # four sides and a back, two triangles each
    assert front.vertices[:, 1].max() == 0.5


def test_a_window_larger_than_its_wall_is_refused():
    with pytest.raises(InputError, match="must lie inside"):
        wall_with(rectangle(4, 5, 0), rectangle(2, 6, 0), 0.5, STONE, GLASS)
