import numpy as np

from sightlab.data.drawn.landmarks.waters import DROP, GORGE, mirror_lake, thundering_falls


def of_pattern(shape, pattern: str) -> np.ndarray:
    rows = [i for i, m in enumerate(shape.materials) if m.pattern == pattern]
    return shape.vertices[np.unique(shape.faces[np.isin(shape.face_material, rows)])]


def test_water_falls_from_the_lip_into_the_gorge():
    falls, ground = thundering_falls()
    curtain = of_pattern(falls, "falling_water")
    assert DROP - 1 < curtain[:, 2].max() < DROP + 5
    assert abs(curtain[:, 2].min()) < 1
    assert np.hypot(*curtain[:, :2].T).max() < GORGE + 8
    rivers = of_pattern(ground, "water")[:, 2]  # above the falls and below
    assert set(rivers.round(2)) == {0.0, round(DROP + 0.8, 2)}


def test_a_rock_parts_the_falls():
    falls, _ = thundering_falls()
    curtain = of_pattern(falls, "falling_water")
    angle = np.sort(np.rad2deg(np.arctan2(curtain[:, 1], curtain[:, 0])).round(1))
    gap = np.diff(angle)
    assert gap.max() > 10  # degrees of the horseshoe without water
    assert 50 < angle[gap.argmax()] < 61


def test_the_lake_is_level_under_high_peaks():
    lake, ground = mirror_lake()
    water = of_pattern(lake, "water")
    np.testing.assert_array_equal(water[:, 2], 0)
    assert 700 < lake.height < 1700
    assert "water" not in {m.pattern for m in ground.materials}
