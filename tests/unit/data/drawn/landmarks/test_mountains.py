import numpy as np
import pytest

from sightlab.data.drawn.landmarks.mountains import (
    LAKE,
    lijan_karst,
    mount_fujara,
    mount_pelado,
    river_middle,
    water_level,
)
from sightlab.data.drawn.solids.terrain import HORIZON


def worn(shape, pattern: str) -> np.ndarray:
    """Heights of the corners of everything that wears a pattern."""
    rows = [i for i, m in enumerate(shape.materials) if m.pattern == pattern]
    return shape.vertices[shape.faces[np.isin(shape.face_material, rows)].ravel(), 2]


def test_look_alike_volcanoes_differ_at_their_tops():
    (fujara, _), (pelado, _) = mount_fujara(), mount_pelado()
    assert 1300 < fujara.height < 1700
    assert 1000 < pelado.height < 1400
    wide = [np.hypot(*s.vertices[s.vertices[:, 2] > 0.85 * s.height, :2].T).max() for s in (fujara, pelado)]
    assert wide[0] < 0.7 * wide[1]  # a point against a broad crater
    white = [
        np.isin(s.face_material, [i for i, m in enumerate(s.materials) if min(m.color) > 0.9]).mean()
        for s in (fujara, pelado)
    ]
    assert white[0] > 2 * white[1]  # a cap of snow against what is left in a crater


def test_land_and_mountain_share_their_border():
    cone, ground = mount_fujara()
    border = {tuple(v) for v in cone.vertices} & {tuple(v) for v in ground.vertices}
    # a circle of radius 3300 m through cells of about 70 m: some 300 corners
    assert len(border) > 150
    assert ground.vertices[:, 0].max() > HORIZON


def test_karst_peaks_leave_the_river_free():
    karst, _ = lijan_karst()
    x, y, z = karst.vertices.T
    assert karst.height > 150
    beside = np.abs(x - river_middle(y))
    assert beside[(z > 60) & (y < 1500)].min() > 45


def test_water_lies_in_pieces_of_at_most_150_meters():
    water = water_level(-400, 500, 0, 100, LAKE, z=2.0)
    np.testing.assert_array_equal(water.vertices[:, 2], 2)
    corners = water.vertices[water.faces]
    assert np.ptp(corners, axis=1).max() <= 150
    a, b, c = np.moveaxis(corners, 1, 0)
    assert np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2 == pytest.approx(900 * 100)
