import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.data.drawn.solids.plants import PLANTS, grove, plant


@pytest.mark.parametrize("kind", PLANTS)
def test_plants_stand_on_the_ground_and_keep_within_their_triangles(kind):
    near, far = plant(kind, 1), plant(kind, 1, far=True)
    assert -0.5 < near.vertices[:, 2].min() < 1.5
    assert 0.9 < near.height < 18
    assert near.radius < 0.6 * near.height + 1.5
    assert len(near.faces) <= 420
    assert len(far.faces) <= 130
    assert len(far.faces) < len(near.faces)


def test_the_seed_varies_the_form():
    one, other = plant("broadleaf", 1), plant("broadleaf", 2)
    assert one.height != other.height
    plant.cache_clear()
    np.testing.assert_array_equal(plant("broadleaf", 1).vertices, one.vertices)


def test_unknown_plant_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match=r"'oak' is unknown.*broadleaf, birch"):
        plant("oak")


def test_grove_has_every_plant_where_it_was_asked():
    x, y = np.arange(20) * 40.0, np.zeros(20)
    wood = grove(("conifer", "palm"), x, y, z=7.0, seed=3)
    near = np.abs(wood.vertices[:, None, 0] - x).argmin(axis=1)
    assert set(near) == set(range(20))
    feet = [wood.vertices[near == i, 2].min() for i in range(20)]
    np.testing.assert_allclose(feet, 7.0, atol=0.5)


def test_grove_repeats_and_leaves_the_callers_random_state_alone():
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    x = np.arange(10.0) * 9
    one, other = grove(("birch", "bush"), x, x, seed=5), grove(("birch", "bush"), x, x, seed=5)
    np.testing.assert_array_equal(one.vertices, other.vertices)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_an_empty_grove_is_an_empty_shape():
    assert len(grove(("palm",), np.empty(0), np.empty(0)).faces) == 0
