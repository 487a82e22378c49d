"""Removing cells: the filling against pytorch_grad_cam's and by hand, the order of cells, the scores left."""

import numpy as np
import pytest
import torch

from sightlab.checks import InputError
from sightlab.evaluation import road


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def photo(rng):
    return rng.integers(0, 256, (13, 17, 3), dtype=np.uint8)


@pytest.fixture
def missing():
    missing = np.zeros((13, 17), dtype=bool)
    missing[4:9, 6:12] = True
    missing[0:3, 14:] = True  # a corner, which has fewer neighbors
    return missing


# pytorch_grad_cam hands torch tensors to numpy functions that want arrays
@pytest.mark.filterwarnings("ignore:__array_wrap__:DeprecationWarning")
def test_fills_as_the_authors_of_road_do(photo, missing):
    from pytorch_grad_cam.metrics.road import NoisyLinearImputer

    planes = torch.from_numpy(photo).permute(2, 0, 1).float()
    theirs = NoisyLinearImputer(noise=0)(planes, torch.from_numpy(~missing).float())
    np.testing.assert_allclose(road.fill(photo, missing), theirs.permute(1, 2, 0).numpy(), atol=0.51)


def test_one_missing_pixel_is_the_weighted_mean_around_it():
    # edges 60, 60, 60, 60 with 1/6 each, corners 0 with 1/12 each: 4 x 10 = 40, and the weights add to 1
    photo = np.zeros((3, 3, 3), np.uint8)
    photo[[0, 1, 1, 2], [1, 0, 2, 1]] = 60
    photo[1, 1] = 255
    missing = np.zeros((3, 3), bool)
    missing[1, 1] = True
    assert (road.fill(photo, missing)[1, 1] == 40).all()


def test_filling_leaves_the_rest_and_its_input_alone(photo, missing):
    before = photo.copy()
    filled = road.fill(photo, missing, noise=3, seed=1)
    assert (photo == before).all()
    assert (filled[~missing] == photo[~missing]).all()
    assert (filled == road.fill(photo, missing, noise=3, seed=1)).all()
    assert (filled != road.fill(photo, missing, noise=3, seed=2)).any()
    assert (road.fill(photo, np.zeros((13, 17), bool)) == photo).all()


def test_refuses_to_fill_everything(photo):
    with pytest.raises(InputError, match="leave some pixels"):
        road.fill(photo, np.ones((13, 17), bool))


def test_the_order_of_cells_by_hand():
    values = np.array([[3.0, -1.0], [0.5, 2.0]])
    assert road.removed_cells(values, 0.5, "most").tolist() == [[True, False], [False, True]]
    assert road.removed_cells(values, 0.5, "least").tolist() == [[False, True], [True, False]]
    some, more = (road.removed_cells(values, f, "random", seed=4) for f in (0.25, 0.75))
    assert some.sum() == 1
    assert more.sum() == 3
    assert (some <= more).all()  # the larger share contains the smaller one


def test_a_pixel_belongs_to_the_cell_of_its_middle():
    # 5 pixels on 2 cells of 2.5: middles 0.5, 1.5 | 2.5 (just in the second), 3.5, 4.5
    assert road.enlarged(np.array([[True, False]]), 1, 5).tolist() == [[True, True, False, False, False]]


def test_scores_are_of_the_changed_photos(rng):
    """A score that sees only the upper left quarter falls only when that cell is removed."""
    photos = rng.integers(0, 60, (2, 16, 16, 3), dtype=np.uint8)
    photos[:, :8, :8] = 200
    maps = np.array([[[5.0, 1], [2, 3]], [[0, 1], [2, 3.0]]])  # the second map is wrong about it

    def brightness(changed):
        return changed[:, :8, :8].mean(axis=(1, 2, 3))

    left = road.scores_without(brightness, photos, maps, "most", (0.25,), noise=0)
    assert left.shape == (2, 1)
    assert left[0, 0] < 150
    assert left[1, 0] == 200
    kept = road.scores_without(brightness, photos, maps, "least", (0.75,), noise=0)
    assert kept[0, 0] == 200


@pytest.mark.parametrize(
    ("order", "fraction", "message"),
    [("best", 0.5, "order='best'"), ("most", 0.0, "fraction"), ("most", 1.0, "fraction")],
)
def test_refuses_unknown_orders_and_shares(order, fraction, message):
    with pytest.raises(InputError, match=message):
        road.removed_cells(np.zeros((2, 2)), fraction, order)
