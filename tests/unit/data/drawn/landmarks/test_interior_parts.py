import numpy as np
import pytest

from sightlab.data.drawn.landmarks.interior_parts import STAINED, pierced, stained_window, vault
from sightlab.data.drawn.solids.outlines import pointed_arch, rectangle
from sightlab.data.drawn.solids.scene import Material
from tests.meshes import hits, reach, signed_volume

STONE, RIB = Material(), Material((0.4, 0.4, 0.4))


def test_light_passes_through_a_pierced_wall():
    wall = pierced(rectangle(4, 5, 0), rectangle(2, 3, 1), STONE, thick=0.5)
    assert signed_volume(wall) == pytest.approx((20 - 6) * 0.5)
    assert hits(wall, (0, -1, 2), (0, 2, 2)) == 0
    assert hits(wall, (1.6, -1, 2.1), (1.6, 2, 2.1)) == 2
    arch = pierced(rectangle(4, 5, 0), pointed_arch(2, 3, 1), STONE)
    assert hits(arch, (0.1, -1, 3.5), (0.1, 2, 3.5)) == 0


def test_a_vault_rises_from_its_corners_to_its_crown():
    shape = vault((-4, 4), (-3, 3), 10, 5, STONE, RIB)
    cells = shape.vertices[np.unique(shape.faces[shape.face_material == shape.materials.index(STONE)])]
    corner = np.abs(cells[:, 0]).max() == np.abs(cells[:, 0])
    corner &= np.abs(cells[:, 1]).max() == np.abs(cells[:, 1])
    np.testing.assert_allclose(cells[corner][:, 2], 10)
    np.testing.assert_allclose(cells[:, 2].max(), 15)
    low, high = reach(shape)
    assert low[0] >= -4.3
    assert high[1] <= 3.3


def test_the_cells_of_a_vault_are_looked_at_from_below():
    shape = vault((-4, 4), (-3, 3), 10, 5, STONE, RIB)
    p = shape.vertices[shape.faces[shape.face_material == shape.materials.index(STONE)]]
    assert (np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0])[:, 2] <= 1e-9).all()


def test_colored_glass_shines_inside_its_window():
    window = stained_window(3, 8, RIB)
    assert all(material.pattern == "glow" for material in STAINED)
    assert sum(material.pattern == "glow" for material in window.materials) >= 3
    low, high = reach(window)
    np.testing.assert_allclose([low[0], high[0], low[2], high[2]], [-1.5, 1.5, 0, 8], atol=0.05)
