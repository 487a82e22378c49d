"""Rival losses: hand computations, and the literal formulas."""

import math
from copy import deepcopy

import numpy as np
import pytest
import torch

from sightlab.checks import InputError
from sightlab.nets.losses import CenterLoss
from sightlab.nets.rival_losses import EveryClassCenterLoss, GeM, SubCenterArcFace, margins_by_size


def test_margins_by_hand():
    # counts 1, 16, 81 to the power -1/4: 1, 1/2, 1/3; from 1/3 to 1 the margin goes from 0.1 to 0.5
    expected = [0.5, 0.1 + 0.4 * (1 / 2 - 1 / 3) / (2 / 3), 0.1]
    np.testing.assert_allclose(margins_by_size(np.array([1, 16, 81]), 0.1, 0.5), expected)


def test_classes_of_one_size_get_the_middle_margin():
    np.testing.assert_allclose(margins_by_size(np.array([7, 7]), 0.1, 0.5), [0.3, 0.3])


@pytest.mark.parametrize("wrong", [{"counts": np.array([3, 0])}, {"smallest": 0.6}, {"largest": 2.0}])
def test_impossible_margins_are_refused(wrong):
    with pytest.raises(InputError, match="margins_by_size needs counts"):
        margins_by_size(**{"counts": np.array([1, 2]), **wrong})


def head(margins, weights):
    loss = SubCenterArcFace(np.array(margins), dim=2, n_sub_centers=2, scale=10.0)
    with torch.no_grad():
        loss.loss.W.copy_(torch.tensor(weights, dtype=torch.float32).T)
    return loss


def test_arcface_by_hand():
    # class 0 has sub-centers at 0 and 180 degrees, class 1 at 90 and 270; the photo stands at 30, length 7
    loss = head([0.2, 0.4], [[1, 0], [-1, 0], [0, 1], [0, -1]])
    photo = 7 * torch.tensor([[math.cos(math.radians(30)), math.sin(math.radians(30))]])
    own, other = math.radians(30), math.radians(60)
    # of class 0: its own angle grows by 0.2; the other keeps its best cosine
    a, b = 10 * math.cos(own + 0.2), 10 * math.cos(other)
    assert loss(photo, torch.tensor([0])).item() == pytest.approx(math.log(1 + math.exp(b - a)), rel=1e-4)
    # of class 1: its angle grows by 0.4
    a, b = 10 * math.cos(other + 0.4), 10 * math.cos(own)
    assert loss(photo, torch.tensor([1])).item() == pytest.approx(math.log(1 + math.exp(b - a)), rel=1e-4)


def test_one_margin_for_all_is_the_loss_of_the_library():
    generator = torch.Generator().manual_seed(0)
    loss = SubCenterArcFace(np.full(4, 0.3), dim=6, scale=12.0)
    loss.loss.margin = 0.3
    photos = torch.randn(9, 6, generator=generator)
    classes = torch.arange(9) % 4
    assert loss(photos, classes).item() == pytest.approx(loss.loss(photos, classes).item(), rel=1e-4)


def test_arcface_has_a_gradient_even_on_top_of_a_sub_center():
    loss = head([0.2, 0.4], [[1, 0], [-1, 0], [0, 1], [0, -1]])
    photo = torch.tensor([[1.0, 0.0]], requires_grad=True)
    loss(photo, torch.tensor([0])).backward()
    assert photo.grad.isfinite().all()


def test_sub_centers_start_at_unit_length():
    torch.testing.assert_close(SubCenterArcFace(np.full(4, 0.3), dim=6).loss.W.norm(dim=0), torch.ones(12))


def test_a_head_grows_from_nothing_by_hand():
    loss = SubCenterArcFace(np.empty(0), dim=2, n_sub_centers=2, scale=10.0)
    loss.grow(torch.tensor([[7.0, 0.0], [0.0, 0.5]]), jitter=0.0)
    expected = torch.tensor([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]])  # two at 0 degrees, two at 90
    torch.testing.assert_close(loss.loss.W.detach(), expected)
    loss.set_margins(np.array([0.2, 0.4]))
    photo = torch.tensor([[math.cos(math.radians(30)), math.sin(math.radians(30))]])
    a, b = 10 * math.cos(math.radians(30) + 0.2), 10 * math.cos(math.radians(60))
    assert loss(photo, torch.tensor([0])).item() == pytest.approx(math.log(1 + math.exp(b - a)), rel=1e-4)


def test_growing_keeps_the_old_sub_centers_and_parts_the_new_ones():
    loss, means = SubCenterArcFace(np.full(2, 0.3), dim=16), torch.eye(16)[3:5]
    old, state = loss.loss.W.detach().clone(), torch.get_rng_state()
    loss.grow(means, jitter=0.1, seed=4)
    assert torch.equal(torch.get_rng_state(), state)
    assert loss.loss.W.requires_grad
    assert torch.equal(loss.loss.W[:, :6], old)
    new = loss.loss.W.detach()[:, 6:]
    assert new.shape == (16, 6)
    # a step of 0.1 aside from a unit vector turns it by asin(0.1) at most
    assert (new[3, :3] >= math.cos(math.asin(0.1)) - 1e-6).all()
    assert (new[4, 3:] >= math.cos(math.asin(0.1)) - 1e-6).all()
    assert len({tuple(column) for column in new.T.tolist()}) == 6
    again, other = deepcopy(loss), deepcopy(loss)
    again.grow(means, seed=4)
    other.grow(means, seed=5)
    assert torch.equal(again.loss.W[:, 12:], new)
    assert not torch.equal(other.loss.W[:, 12:], new)


def test_margins_of_another_number_of_classes_are_refused():
    with pytest.raises(InputError, match="one for each of 2 classes; got 3"):
        SubCenterArcFace(np.full(2, 0.3), dim=4).set_margins(np.full(3, 0.3))
    with pytest.raises(InputError, match="jitter"):
        SubCenterArcFace(np.full(2, 0.3), dim=4).grow(torch.eye(4)[:1], jitter=-1)


def test_gem_by_hand():
    maps = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    # p = 1: the mean; p = 2: root of the mean square, root(30 / 4)
    assert GeM(1)(maps).item() == pytest.approx(2.5)
    assert GeM(2)(maps).item() == pytest.approx(math.sqrt(7.5))
    with pytest.raises(InputError, match="power"):
        GeM(0.5)


def test_gem_comes_near_the_maximum_and_learns_its_power():
    maps = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    pool = GeM(200)
    torch.testing.assert_close(pool(maps), maps.amax(dim=(2, 3)), rtol=0.02, atol=0.02)
    pool = GeM()
    pool(maps).sum().backward()
    assert pool.power.grad.abs() > 0


def test_the_control_pulls_non_landmarks_too():
    everybody, landmarks = EveryClassCenterLoss(0, 2), CenterLoss(0, 2)
    everybody.grow(torch.tensor([[0.0, 0.0], [1.0, 0.0]]))
    landmarks.grow(torch.tensor([[1.0, 0.0]]))
    photos, classes = torch.tensor([[3.0, 0.0], [0.0, 2.0]]), torch.tensor([1, 0])
    # landmark: 4 away from (1, 0); non-landmark: 4 away from (0, 0)
    assert everybody(photos, classes).item() == pytest.approx((4 + 4) / (2 * 2))
    assert landmarks(photos, classes).item() == pytest.approx(4 / (2 * 1))
    everybody.update(photos, classes)
    # delta (0 - 0, 0 - 2) / (1 + 1) = (0, -1), half of it: the non-landmark's center moves to (0, 0.5)
    torch.testing.assert_close(everybody.centers[0], torch.tensor([0.0, 0.5]))
