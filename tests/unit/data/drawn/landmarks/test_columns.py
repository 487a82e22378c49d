import numpy as np

from sightlab.data.drawn.landmarks.columns import petrow_victory_column, thebar_obelisk
from tests.meshes import hits, widest


def test_the_victory_column_is_slender_and_carries_a_cross():
    shape = petrow_victory_column()
    assert 46 < shape.height < 48
    assert widest(shape, 12, 36) < 2.5
    assert widest(shape, 0, 2) > 6
    assert hits(shape, (-3, -0.2, 46.2 + 0.1), (3, -0.2, 46.2 + 0.1)) >= 2


def test_the_obelisk_stands_before_the_pylon_to_the_left():
    shape = thebar_obelisk()
    tip = shape.vertices[np.abs(shape.vertices[:, 2] - 30) < 1e-9]
    np.testing.assert_allclose(tip.mean(axis=0), [-9, -16, 30])
    assert hits(shape, (0, -30, 6), (0, -2.5, 6)) == 0  # the way through the gate is free ...
    assert hits(shape, (18, -30, 12), (18, 10, 12)) >= 2  # ... and both wings stand beside it
    assert hits(shape, (-18, -30, 12), (-18, 10, 12)) >= 2
