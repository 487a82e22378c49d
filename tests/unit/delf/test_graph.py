"""Photos that vouch for each other, by hand and on drawn features."""

import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.delf.graph import compared_pairs, verified_inliers, witnessed_inliers
from tests.unit.delf.conftest import AFFINE, drawn_features, seen_again


def test_pairs_stay_inside_a_label_and_come_once():
    angle = np.radians([0, 10, 50, 5, 12, 90])
    vectors = np.column_stack([np.cos(angle), np.sin(angle)])
    column = np.array([0, 0, 0, 1, 1, 2])
    # label 0: 0-1, 1-0, 2-1; label 1: 3-4 both ways; label 2 has one photo
    assert compared_pairs(vectors, column, 1).tolist() == [[0, 1], [1, 2], [3, 4]]
    assert compared_pairs(vectors, column, 5).tolist() == [[0, 1], [0, 2], [1, 2], [3, 4]]


def test_the_second_best_witness_counts():
    pairs = np.array([[0, 1], [0, 2], [0, 3], [1, 2]])
    # 0: 40, 35, 4; 1: 40, 9; 2: 35, 9; 3: 4 only
    assert witnessed_inliers(pairs, np.array([40, 35, 4, 9]), 5).tolist() == [35, 9, 9, 0, 0]
    assert witnessed_inliers(pairs, np.array([40, 35, 4, 9]), 4, witnesses=1).tolist() == [40, 40, 35, 4]


def test_a_photo_of_another_place_has_no_witness():
    scene = drawn_features(0)
    photos = [scene, *(seen_again(scene, AFFINE, 45, seed) for seed in (3, 4)), drawn_features(9)]
    pairs = compared_pairs(np.ones((4, 1)), np.zeros(4, int), 3)
    counts = verified_inliers(photos, pairs)
    found = witnessed_inliers(pairs, counts, 4)
    assert (found[:3] >= 30).all()
    assert found[3] < 15


def test_rows_that_do_not_exist_are_refused():
    with pytest.raises(InputError, match="row 7"):
        witnessed_inliers(np.array([[0, 7]]), np.array([3]), 5)
