import numpy as np
import pytest

from sightlab.data.drawn.solids.ornaments import (
    balustrade,
    battlements,
    colonnade,
    column,
    curved_roof,
    dome,
    on_four_sides,
    on_rectangle,
    pediment,
    sphere,
    statue,
    window_rows,
)
from sightlab.data.drawn.solids.scene import Material
from sightlab.data.drawn.solids.shapes import box
from tests.meshes import closed_pieces, reach, signed_volume

STONE, GLASS, ROOF = Material(), Material((0.1, 0.1, 0.2)), Material((0.3, 0.3, 0.3), "tiles")


@pytest.mark.parametrize("capital", [True, False])
def test_a_column_reaches_its_height_and_spreads_no_wider_than_its_foot(capital):
    low, high = reach(column(10, 0.5, STONE, 8, capital=capital))
    assert (low[2], high[2]) == (0, 10)
    assert high[0] <= 1.36 * 0.5


def test_a_colonnade_is_as_long_as_its_beam():
    low, high = reach(colonnade(20, 6, 8, 0.5, STONE))
    np.testing.assert_allclose([low[0], high[0], high[2]], [-10, 10, 8])
    assert len(closed_pieces(colonnade(20, 6, 8, 0.5, STONE))) == 7  # six columns and a beam


def test_a_balustrade_is_a_rail_on_posts():
    assert len(closed_pieces(balustrade(12, 1, 5, STONE))) == 6
    # teeth as wide as 0.55 of their share of 8 m, 1.5 high, 0.6 thick
    assert signed_volume(battlements(8, 4, 1.5, STONE)) == pytest.approx(0.55 * 8 * 1.5 * 0.6)


def test_a_statue_and_a_ball_are_as_large_as_asked():
    assert statue(3, STONE).height == pytest.approx(3)
    assert reach(sphere(2, STONE, 12))[1][2] == pytest.approx(2)
    assert signed_volume(sphere(2, STONE, 64)) == pytest.approx(4 / 3 * np.pi * 8, rel=0.01)


def test_a_pediment_sinks_its_field():
    # a triangle of 12 square meters, 2 deep; the field has 0.78^2 of its area and is 0.06 * 8 deep
    assert signed_volume(pediment(8, 3, 2, STONE, GLASS)) == pytest.approx(12 * (2 - 0.78**2 * 0.48))


def test_ribs_stand_out_of_a_dome():
    smooth, ribbed = dome(5, 4, STONE, 0, GLASS), dome(5, 4, STONE, 8, GLASS)
    assert ribbed.radius > smooth.radius
    assert len(closed_pieces(ribbed)) == 9


def test_rows_of_windows_fill_their_wall_and_nothing_beyond():
    storeys = [(1, 2, 1.2), (5, 3, 1.5)]
    wall = window_rows(12, 4, storeys, 10, STONE, GLASS, depth=0.4)
    low, high = reach(wall)
    np.testing.assert_allclose([low, high], [[-6, 0, 0], [6, 0.4, 10]], atol=1e-9)
    # seen from the front, glass covers its openings: 4 bays of 1.2 * 2 and 1.5 * 3
    glass = wall.vertices[wall.faces[wall.face_material == wall.materials.index(GLASS)]]
    a, b, c = np.moveaxis(glass, 1, 0)
    assert -np.cross(b - a, c - a)[:, 1].sum() / 2 == pytest.approx(4 * (2.4 + 4.5))


def test_a_hooded_and_arched_row_stays_inside_its_wall_to_the_sides():
    wall = window_rows(12, 4, [(1, 3, 1.2)], 6, STONE, GLASS, hood=STONE, arched=0)
    assert reach(wall)[0][0] >= -6
    assert reach(wall)[0][1] < 0  # hoods stand out to the front


def test_faces_are_laid_around_a_block():
    face, flank = box(6, 0.1, 1, STONE), box(2, 0.1, 1, GLASS)
    middles = on_rectangle(face, flank, 8, 4).vertices.reshape(4, -1, 3).mean(axis=1)[:, :2]
    np.testing.assert_allclose(middles, [[0, -2], [0, 2], [4, 0], [-4, 0]], atol=1e-9)
    middles = on_four_sides(face, 3).vertices.reshape(4, -1, 3).mean(axis=1)[:, :2]
    np.testing.assert_allclose(middles, [[0, -3], [3, 0], [0, 3], [-3, 0]], atol=1e-9)


def test_eaves_turn_up_towards_the_corners():
    roof = curved_roof((10, 8), (4, 0), 3, 0.9, ROOF, STONE)
    tiles = np.unique(roof.faces[roof.face_material == roof.materials.index(ROOF)])
    points = roof.vertices[tiles]
    corner = points[(np.abs(points[:, 0]) > 4.99) & (np.abs(points[:, 1]) > 3.99)]
    middle = points[(np.abs(points[:, 0]) < 0.01) & (np.abs(points[:, 1]) > 3.99)]
    assert corner[:, 2].max() - middle[:, 2].max() == pytest.approx(0.9)
    assert roof.height == pytest.approx(3)
