"""Known geometry of drawn pairs: how far cameras moved, and shares by hand."""

import numpy as np
import pandas as pd
import pytest

from sightlab.data.drawn.light.geometry import correspondences
from sightlab.data.drawn.light.render import Drawing
from sightlab.data.drawn.solids.scene import Camera
from sightlab.pipeline_delf_known import COLUMNS, _chosen, by_pose, known_numbers, pose_change

SIZE = (48, 64)


def wall_seen_from(degrees: float) -> tuple[Drawing, Camera]:
    """The wall y = 0 from 40 m away, turned round its middle by an angle."""
    angle = np.radians(degrees)
    camera = Camera((40 * np.sin(angle), -40 * np.cos(angle), 0.0), (0.0, 0.0, 0.0), SIZE, 60)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    flat = np.column_stack([x.ravel() - (SIZE[1] - 1) / 2, y.ravel() - (SIZE[0] - 1) / 2]) / camera.focal
    rays = np.column_stack([flat, np.ones(len(flat))]) @ camera.axes()
    depth = (-camera.position[1] / rays[:, 1]).reshape(SIZE).astype(np.float32)
    return Drawing(np.zeros((*SIZE, 3), np.float32), depth, np.zeros(SIZE, np.int16)), camera


@pytest.mark.parametrize("degrees", [0, 20, 50])
def test_the_angle_between_two_cameras(degrees):
    a, b = wall_seen_from(0), wall_seen_from(degrees)
    there = correspondences(*a, *b)
    assert pose_change(there, *a, b[1]) == pytest.approx(degrees, abs=3)  # its middle is not the wall's


def test_nothing_shared_has_no_angle():
    a = wall_seen_from(0)
    assert np.isnan(pose_change(np.full((*SIZE, 2), np.nan), *a, a[1]))


def pair(kind, degrees, n_matches, n_true, n_inliers, precision, recall, share=0.5):
    facts = ("tower", "a", "b", degrees, share, kind, n_matches, n_true, n_inliers, 6.0, precision, recall)
    return dict(zip(COLUMNS, facts, strict=True))


PAIRS = pd.DataFrame(
    [
        pair("delf", 5, 80, 50, 40, 0.75, 0.6),  # 30 true inliers
        pair("delf", 8, 60, 30, 10, 1.0, 1 / 3),  # 10
        pair("delf", 20, 50, 10, 5, 0.2, 0.1),  # 1
        pair("delf", 9, 50, 0, 0, np.nan, np.nan, share=0.05),  # shows too little of the same
        pair("sift", 5, 50, 20, 20, 1.0, 1.0),
    ]
)


def test_shares_of_all_pairs_of_a_bin():
    table = by_pose(PAIRS).set_index(["kind", "degrees"])
    near = table.loc[("delf", "0 to 10")]
    assert near["n_pairs"] == 2
    assert near["precision"] == pytest.approx(40 / 50)  # true inliers of all inliers
    assert near["recall"] == pytest.approx(40 / 80)  # of all true matches
    assert near["found"] == 1
    assert table.loc[("delf", "10 to 25"), "found"] == 0  # 5 inliers, chance gives 6
    assert table.loc[("sift", "0 to 10"), "n_inliers"] == 20


def test_numbers_of_small_turns():
    numbers = known_numbers(PAIRS)
    assert numbers["delf_inlier_precision"] == pytest.approx(41 / 55)
    assert numbers["delf_found"] == pytest.approx(2 / 3)
    assert numbers["sift_inlier_recall"] == 1
    assert set(known_numbers(None).values()) == {None}
    assert set(known_numbers(None)) == set(numbers)


def test_only_right_photos_of_train_taken_outdoors():
    truth = pd.DataFrame(
        {
            "photo_id": [f"p{i}" for i in range(8)],
            "true_landmark_id": ["a"] * 4 + ["b"] * 4,
            "split": ["train"] * 7 + ["test"],
            "dirt": ["", "", "", "other", "", "", "", ""],
            "view": ["frontal", "side", "far", "close", "frontal", "interior", "close", "side"],
            "place": ["site/x"] * 8,
        }
    )
    # a: p0, p1, p2; b: p4 and p6 only, which are too few
    assert _chosen(truth, 5, 3, seed=0)["photo_id"].tolist() == ["p0", "p1", "p2"]
