import numpy as np

from sightlab.data.drawn.landmarks.stupa import yangora_stupa


def test_the_stupa_grows_thinner_towards_its_needle():
    shape = yangora_stupa()
    assert 98 < shape.height < 99
    z, r = shape.vertices[:, 2], np.hypot(shape.vertices[:, 0], shape.vertices[:, 1])
    widths = [r[(z >= low) & (z < low + 12)].max() for low in (0, 28, 40, 52, 64, 86)]
    assert widths == sorted(widths, reverse=True)


def test_forty_small_stupas_stand_around_the_great_one():
    points = yangora_stupa().vertices
    tips = points[np.abs(points[:, 2] - 15.4) < 1e-6]  # 9 m tall on a terrace of 6.4 m
    tips = tips[np.abs(np.hypot(tips[:, 0], tips[:, 1]) - 40) < 0.2]
    angles = np.unique((np.rad2deg(np.arctan2(tips[:, 1], tips[:, 0])) / 9).round() % 40)
    assert len(angles) == 40
