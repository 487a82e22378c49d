"""Shape annotations are executed while the tests run (tests/shapes.py)."""

import jaxtyping
import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.learning.cleaning_distances import mean_reference_distances
from sightlab.recognition.centroids import valid_minimum
from sightlab.recognition.certified import threshold_for


def test_an_array_of_another_shape_is_refused():
    with pytest.raises(jaxtyping.TypeCheckError, match="distractor_scores"):
        threshold_for(np.zeros((200, 2)), 0.01)


def test_letters_must_agree_between_arguments():
    with pytest.raises(jaxtyping.TypeCheckError, match="references"):
        mean_reference_distances(np.zeros((5, 8)), [np.zeros((3, 7))])


def test_wrong_numbers_still_meet_the_packages_own_message():
    with pytest.raises(InputError):
        valid_minimum(-1)
