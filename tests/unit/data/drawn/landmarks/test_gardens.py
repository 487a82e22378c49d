import numpy as np

from sightlab.data.drawn.landmarks.gardens import siwal_oasis, stone_garden


def of_pattern(shape, pattern: str) -> np.ndarray:
    rows = [i for i, m in enumerate(shape.materials) if m.pattern == pattern]
    return shape.vertices[np.unique(shape.faces[np.isin(shape.face_material, rows)])]


def test_the_oasis_stands_around_its_pool():
    oasis, dunes = siwal_oasis()
    assert of_pattern(oasis, "water")[:, 2].max() == 0
    assert oasis.radius < 160
    fort = of_pattern(oasis, "plaster")
    assert fort[:, 2].max() > 25  # its tower over the mound
    assert dunes.height > 20
    # the pool's bed lies below its water
    bed = dunes.vertices[np.hypot(dunes.vertices[:, 0] / 30, dunes.vertices[:, 1] / 18) < 1]
    assert bed[:, 2].max() < 0


def test_the_garden_has_a_red_bridge_over_its_pond():
    garden, _ = stone_garden()
    red = [i for i, m in enumerate(garden.materials) if m.color == (0.80, 0.22, 0.12)]
    bridge = garden.vertices[np.unique(garden.faces[np.isin(garden.face_material, red)])]
    assert 8 < np.hypot(*np.ptp(bridge[:, :2], axis=0)) < 12
    assert 2.5 < bridge[:, 2].max() < 4
    assert garden.radius < 25
