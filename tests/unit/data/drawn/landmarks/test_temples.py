import numpy as np
import pytest

from sightlab.data.drawn.landmarks.temples import TILE, beishan_hall, kyonara_pagoda, pagoda
from tests.meshes import reach


def roofs(shape):
    """Heights of the middles of the eaves, from below."""
    tiles = shape.vertices[np.unique(shape.faces[shape.face_material == shape.materials.index(TILE)])]
    z = np.sort(tiles[np.abs(tiles[:, 0]) < 0.01][:, 2])
    return z[np.concatenate([[True], np.diff(z) > 1.5])]


@pytest.mark.parametrize("storeys", [3, 5, 7])
def test_a_pagoda_has_one_roof_a_storey_and_grows_by_them(storeys):
    shape = pagoda(storeys)
    assert len(roofs(shape)) >= storeys
    assert pagoda(storeys + 1).height - shape.height == pytest.approx(4.3 - 0.12 * storeys + 2.6)


def test_the_pagoda_of_kyonara_has_five_storeys_and_a_golden_mast():
    shape = kyonara_pagoda()
    assert shape.height == pytest.approx(pagoda(5).height)
    assert 48 < shape.height < 52
    z, r = shape.vertices[:, 2], np.hypot(shape.vertices[:, 0], shape.vertices[:, 1])
    assert r[z > 40].max() < 1.5
    assert r[z < 8].max() > 8


def test_the_hall_stands_on_three_shrinking_terraces_below_two_roofs():
    shape = beishan_hall()
    low, high = reach(shape)
    assert 38 < high[2] < 41
    z, x = shape.vertices[:, 2], np.abs(shape.vertices[:, 0])
    widths = [x[(z > level - 0.1) & (z < level + 0.1)].max() for level in (2.7, 5.4, 8.1)]
    assert widths == sorted(widths, reverse=True)
    assert high[0] - low[0] > 120
    eaves = [x[(z > h) & (z < h + 2)].max() for h in (18.5, 25.3)]  # the lower roof reaches further out
    assert eaves[0] > eaves[1] > 30
