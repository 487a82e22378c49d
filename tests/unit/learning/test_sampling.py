"""How often an epoch sees each photo: as they are, or every landmark alike."""

import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.learning.training import TrainingConfig, balanced_order
from tests.unit.learning.small_training import BATCH, Maps, N, run


def counted(classes, seed=0):
    order = balanced_order(classes, np.random.default_rng(seed))
    return order, np.bincount(order, minlength=len(classes))


def test_by_hand_a_small_landmark_is_shown_again_and_a_large_one_in_part():
    classes = np.array([0, 0, 1, 2, 2, 2, 2, 2])  # six photos of two landmarks: three each
    order, seen = counted(classes)
    assert sorted(classes[order]) == [0, 0, 1, 1, 1, 2, 2, 2]
    assert seen[:3].tolist() == [1, 1, 3]
    assert sorted(seen[3:]) == [0, 0, 1, 1, 1]


@pytest.mark.parametrize("seed", range(5))
def test_landmarks_are_alike_up_to_one_photo_and_so_are_the_photos_of_each(seed):
    rng = np.random.default_rng(seed)
    classes = rng.permutation(np.repeat(np.arange(8), [20, 1, 2, 3, 17, 40, 5, 9]))
    order, seen = counted(classes, seed)
    assert len(order) == len(classes)
    assert (seen[classes == 0] == 1).all()
    landmarks = np.bincount(classes[order])[1:]
    assert landmarks.max() - landmarks.min() <= 1
    for landmark in range(1, 8):
        own = seen[classes == landmark]
        assert own.max() - own.min() <= 1


def test_over_many_epochs_no_photo_of_a_landmark_is_preferred():
    classes = np.repeat([0, 1, 2], [5, 4, 11])
    generator = np.random.default_rng(0)
    seen = sum(np.bincount(balanced_order(classes, generator), minlength=20) for _ in range(400)) / 400
    np.testing.assert_allclose(seen[5:9], 7.5 / 4, atol=0.1)
    np.testing.assert_allclose(seen[9:], 7.5 / 11, atol=0.1)


@pytest.mark.parametrize("classes", [[0, 0, 0], [1, 1], [2]])
def test_one_kind_alone_is_a_permutation(classes):
    order, _ = counted(np.array(classes))
    assert sorted(order) == list(range(len(classes)))


def test_training_draws_its_epochs_so(network, centers, tmp_path, monkeypatch):
    few = np.where(np.arange(N) < 4, 1, np.where(np.arange(N) < 20, 2, 0))
    monkeypatch.setattr("tests.unit.learning.small_training.CLASSES", few)
    source = Maps()
    run(network, centers, TrainingConfig(epochs=2, batch_size=BATCH, sampling="balanced"), tmp_path, source)
    epochs = [np.concatenate(source.rows[5 * e : 5 * e + 5]) for e in range(2)]
    assert [np.bincount(few[rows]).tolist() for rows in epochs] == [[20, 10, 10]] * 2
    assert epochs[0].tolist() != epochs[1].tolist()


def test_another_word_is_refused():
    with pytest.raises(InputError, match="sampling='even'"):
        TrainingConfig(sampling="even")
