import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.data.drawn.distractors.relatives import FAMILIES, ordinary
from tests.meshes import closed_pieces, triangle_areas


@pytest.mark.parametrize("family", FAMILIES)
def test_relatives_are_solid_small_and_stand_on_the_ground(family):
    for seed in range(4):
        shape = ordinary(family, seed)
        assert np.isfinite(shape.vertices).all()
        assert triangle_areas(shape).min() > 1e-8
        assert (closed_pieces(shape) > 0).all()
        assert len(shape.faces) <= 20_000
        assert shape.height > 3
        lowest = shape.vertices[:, 2].min()
        assert -4.001 <= lowest <= 0 if family == "bridge" else lowest == pytest.approx(0)


@pytest.mark.parametrize("family", FAMILIES)
def test_seeds_choose_buildings(family):
    first, again = ordinary(family, 2), ordinary(family, 2)
    np.testing.assert_array_equal(first.vertices, again.vertices)
    np.testing.assert_array_equal(first.face_material, again.face_material)
    assert first.materials == again.materials
    shapes = {ordinary(family, seed).vertices.tobytes() for seed in range(3)}
    assert len(shapes) == 3


def test_the_state_of_other_generators_is_left_alone():
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    ordinary("tower", 1)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_unknown_families_and_negative_seeds_are_refused():
    with pytest.raises(InputError, match="family"):
        ordinary("castle", 0)
    with pytest.raises(InputError, match="seed"):
        ordinary("tower", -1)
