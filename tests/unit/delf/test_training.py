"""Attention learns which cells tell landmarks apart; axes are principal; the same numbers each time."""

import numpy as np
import pytest
import torch

from sightlab.checks import InputError
from sightlab.delf.network import DelfHead, HeadConfig, attended_mean
from sightlab.delf.training import HeadTraining, fit_axes, train_head

CONFIG = HeadTraining(12, 25, 16, crop=6, learning_rate=1e-2, head=HeadConfig(16, 8))
TELLING = slice(0, 3)  # rows of the map where the landmark is


class Maps:
    """Two landmarks: the upper half of a map shows a direction of its own class, the lower half noise."""

    from_stage = 6

    def __init__(self, n=48, channels=8):
        generator = np.random.default_rng(0)
        self.classes = np.arange(n) % 2
        self.maps = generator.uniform(0, 1, (n, channels, 6, 6)).astype(np.float32)
        self.maps[:, :2, TELLING] = 0
        for i, c in enumerate(self.classes):
            self.maps[i, c, TELLING] = 3

    def __len__(self):
        return len(self.maps)

    def batch(self, rows, generator):
        return torch.from_numpy(self.maps[rows])


@pytest.fixture(scope="module")
def maps():
    return Maps()


@pytest.fixture(scope="module")
def trained(maps):
    return train_head(maps, maps.classes, CONFIG)


def test_attention_lies_where_the_landmark_is(maps, trained):
    attention = trained.head.attention(trained.head.features(torch.from_numpy(maps.maps)))[:, 0]
    assert attention[:, TELLING].mean() > 2 * attention[:, 3:].mean()


def test_both_stages_learn(maps, trained):
    for stage in (1, 2):
        losses = trained.losses[trained.losses[:, 0] == stage, 1]
        assert losses[-5:].mean() < 0.6 * losses[:3].mean()
    right = trained.head.attended_logits(torch.from_numpy(maps.maps)).argmax(dim=1).numpy() == maps.classes
    assert right.mean() > 0.95


def test_stage_two_leaves_the_features_alone(maps):
    one = train_head(maps, maps.classes, HeadTraining(2, 1, 16, head=HeadConfig(16, 8)))
    two = train_head(maps, maps.classes, HeadTraining(2, 3, 16, head=HeadConfig(16, 8)))
    for name, value in one.head.features.state_dict().items():
        assert torch.equal(value, two.head.features.state_dict()[name]), name


def test_the_same_numbers_each_time_whatever_the_callers_seed(maps, trained):
    torch.manual_seed(123)
    before = torch.random.get_rng_state()
    again = train_head(maps, maps.classes, CONFIG)
    assert np.array_equal(trained.losses, again.losses)
    assert torch.equal(before, torch.random.get_rng_state())
    assert not again.head.training


def test_the_attended_mean_by_hand():
    # features (3, 4) and (0, 2) at two cells -> (0.6, 0.8), (0, 1); attention 1 and 3: (0.6, 0.8 + 3) / 4
    features = torch.tensor([[[[3.0, 0.0]], [[4.0, 2.0]]]])
    attention = torch.tensor([[[[1.0, 3.0]]]])
    assert attended_mean(features, attention).tolist() == [[pytest.approx(0.15), pytest.approx(0.95)]]


def test_axes_are_orthonormal_and_keep_most(maps, trained):
    axes = fit_axes(trained.head, maps, 4)
    np.testing.assert_allclose(axes.axes @ axes.axes.T, np.eye(4), atol=1e-5)
    assert 0.5 < axes.explained <= 1
    assert fit_axes(trained.head, maps, 8).explained > axes.explained
    assert axes.attention_at(0) <= axes.attention_at(0.5) <= axes.attention_at(1)
    assert torch.equal(axes.axes, fit_axes(trained.head, maps, 8).axes[:4])


def test_nonsense_is_refused(maps, trained):
    with pytest.raises(InputError, match="one class for each of 48"):
        train_head(maps, maps.classes[:5], CONFIG)
    with pytest.raises(InputError, match="at least two landmarks"):
        train_head(maps, np.zeros(48, dtype=np.int64), CONFIG)
    with pytest.raises(InputError, match="more than the 16"):
        fit_axes(trained.head, maps, 17)
    with pytest.raises(InputError):
        HeadTraining(learning_rate=0)
    with pytest.raises(InputError):
        HeadConfig(n_features=1)


def test_a_head_has_the_layers_of_delf():
    head = DelfHead(112, 45, HeadConfig(256, 512))
    # attention: 256 * 512 + 512 and 512 + 1
    assert sum(p.numel() for p in head.attention.parameters()) == 256 * 512 + 512 + 512 + 1
    out = head.attention(head.features(torch.zeros(2, 112, 5, 7)))
    assert out.shape == (2, 1, 5, 7)
    assert (out > 0).all()
