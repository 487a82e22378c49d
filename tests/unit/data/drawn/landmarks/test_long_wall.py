import numpy as np

from sightlab.data.drawn.landmarks.long_wall import SCRUB, badain_wall
from tests.meshes import reach


def parts():
    shape = badain_wall()
    is_hill = shape.face_material == shape.materials.index(SCRUB)
    return shape.vertices[np.unique(shape.faces[is_hill])], shape.vertices[np.unique(shape.faces[~is_hill])]


def test_the_hills_fall_to_the_plain_at_their_rim():
    hills, _ = parts()
    rim = hills[(np.abs(hills[:, 0]) > 329) | (np.abs(hills[:, 1]) > 189)]
    assert np.abs(rim[:, 2]).max() < 0.21
    assert hills[:, 2].max() > 55


def test_the_wall_rides_on_the_hills_from_end_to_end():
    from scipy.interpolate import RegularGridInterpolator

    hills, wall = parts()
    assert np.ptp(wall[:, 0]) > 555
    x, y = np.unique(hills[:, 0]), np.unique(hills[:, 1])
    height = hills[np.lexsort(hills[:, :2].T), 2].reshape(len(y), len(x))
    ground = RegularGridInterpolator((y, x), height)(wall[:, 1::-1])
    above = wall[:, 2] - ground
    body = [((above > 7) & (above < 7.5) & (np.abs(wall[:, 0] - x) < 6)).any() for x in range(-270, 271, 30)]
    assert all(body)  # the walk lies 7.25 m up
    top = [above[np.abs(wall[:, 0] - x) < 6].max() for x in range(-270, 271, 30)]
    assert min(top) > 6
    assert max(top) < 32


def test_watch_towers_stand_out_of_the_wall():
    _, wall = parts()
    low, high = reach(badain_wall())
    assert high[2] - low[2] < 90
    assert np.ptp(wall[:, 2]) > 40
