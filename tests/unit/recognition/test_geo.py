import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.recognition.geo import has_position, in_square_of_each, inside_square

KM_PER_DEGREE = 111.195  # 2 pi 6371.0088 / 360


def one(lat, lon, landmark_lat, landmark_lon, side_km=1.0):
    arrays = (np.array([float(x)]) for x in (lat, lon, landmark_lat, landmark_lon))
    return bool(inside_square(*arrays, side_km=side_km)[0, 0])


@pytest.mark.parametrize(("km", "inside"), [(0.0, True), (0.49, True), (0.51, False), (-0.49, True)])
def test_north_is_half_a_side_each_way(km, inside):
    assert one(48, 2, 48 + km / KM_PER_DEGREE, 2) is inside


@pytest.mark.parametrize("lat", [0, 60, -75, 85])
@pytest.mark.parametrize(("km", "inside"), [(0.49, True), (0.51, False), (-0.49, True), (-0.51, False)])
def test_a_degree_east_shrinks_with_the_latitude(lat, km, inside):
    # at 60 degrees cos = 0.5: a degree of longitude is 55.6 km
    assert one(lat, 10, lat, 10 + km / (KM_PER_DEGREE * np.cos(np.radians(lat)))) is inside


# km of one degree of latitude and of longitude on WGS84, as published (NIMA TR8350.2 radii)
DEGREES = [
    (0, 110.574, 111.320),
    (15, 110.649, 107.551),
    (30, 110.852, 96.486),
    (45, 111.132, 78.847),
    (60, 111.412, 55.800),
    (75, 111.618, 28.902),
]


@pytest.mark.parametrize(("lat", "north", "east"), DEGREES)
@pytest.mark.parametrize("sign", [1, -1])
def test_the_side_is_true_to_a_meter_on_the_ellipsoid(lat, north, east, sign):
    # a sphere of mean radius would be wrong by 2.8 m at the equator: 0.5 * (1 - 110.574 / 111.195)
    for km, inside in ((0.499, True), (0.501, False)):
        assert one(lat, 10, lat + sign * km / north, 10) is inside
        assert one(-lat, 10, -lat, 10 + sign * km / east) is inside


def test_across_the_date_line_at_a_high_latitude():
    # at 75 degrees: 0.0336 degrees of longitude = 0.971 km; the square reaches 0.5 km
    assert one(75, 179.99, 75, -179.9936, side_km=1.0) is True  # 0.0164 degrees = 0.474 km
    assert one(75, 179.99, 75, -179.9764, side_km=1.0) is False  # 0.0336 degrees
    assert one(75, 179.99, 75, -179.9764, side_km=2.0) is True


def test_it_is_a_square_and_not_a_circle():
    # 0.49 km north and 0.49 km east: 0.69 km away, outside any circle of radius 0.5 km
    assert one(0, 0, 0.49 / KM_PER_DEGREE, 0.49 / KM_PER_DEGREE)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_date_line_is_no_border(sign):
    # 0.004 degrees at the equator = 0.445 km
    assert one(0, sign * 179.998, 0, -sign * 179.998)
    assert not one(0, sign * 179.997, 0, -sign * 179.997)  # 0.67 km
    assert one(0, 180, 0, -180)


def test_near_the_pole():
    metre = 0.001 / KM_PER_DEGREE
    assert one(90, 0, 90 - 400 * metre, 0)
    assert not one(90, 0, 90 - 600 * metre, 0)
    assert one(90 - 200 * metre, 10, 90 - 200 * metre, -170)  # across the pole, 400 m
    assert not one(90 - 300 * metre, 10, 90 - 300 * metre, -170)  # 600 m
    assert one(90 - 450 * metre, 10, 90, 123)  # the pole itself has any longitude
    assert one(-90 + 200 * metre, 10, -90 + 200 * metre, -170)


def test_the_far_side_of_the_earth_is_not_near():
    assert not one(10, 20, -10, -160)


def test_four_landmarks_within_500_m_are_all_inside():
    lat = np.array([28.5245, 28.5247, 28.5243, 28.5263])
    lon = np.array([77.1855, 77.1850, 77.1853, 77.1853])
    assert inside_square(lat, lon, lat, lon).all()
    far = inside_square(lat, lon, np.array([28.5196]), np.array([77.1823]))  # 520 m south of the second
    assert far.shape == (4, 1)
    assert not far[1, 0]


def test_unknown_positions_are_nowhere():
    nan, zero = np.array([np.nan, 0.0]), np.array([0.0, 0.0])
    assert inside_square(nan, zero, zero, zero).tolist() == [[False, False], [True, True]]
    assert inside_square(zero, nan, zero, zero).tolist() == [[False, False], [True, True]]
    assert inside_square(zero, zero, zero, nan).tolist() == [[False, True], [False, True]]
    assert has_position(nan, zero).tolist() == [False, True]


def test_same_as_the_slow_literal_formula():
    rng = np.random.default_rng(0)
    lat, lon = rng.uniform(-80, 80, 60), rng.uniform(-180, 180, 60)
    landmark_lat = lat + rng.uniform(-0.01, 0.01, 60)
    landmark_lon = (lon + rng.uniform(-0.02, 0.02, 60) + 180) % 360 - 180
    found = inside_square(lat, lon, landmark_lat, landmark_lon)
    assert 5 < found.sum() < 55
    for q in range(60):
        for row in range(60):
            north = (landmark_lat[row] - lat[q]) * KM_PER_DEGREE
            turn = (landmark_lon[row] - lon[q] + 180) % 360 - 180
            east = turn * KM_PER_DEGREE * np.cos(np.radians(lat[q]))
            margin = 0.5 - max(abs(north), abs(east))
            if abs(margin) > 0.003:  # the ellipsoid is 0.5 % away from this sphere, 2.5 m in 500 m
                assert found[q, row] == (margin > 0)


def test_a_larger_square_holds_the_smaller():
    rng = np.random.default_rng(1)
    places = rng.uniform(-0.02, 0.02, (4, 50))
    small, large = inside_square(*places, side_km=1.0), inside_square(*places, side_km=2.0)
    assert small.sum() < large.sum()
    assert not (small & ~large).any()


def test_nobody_and_nothing():
    none, some = np.empty(0), np.zeros(2)
    assert inside_square(none, none, some, some).shape == (0, 2)
    assert inside_square(some, some, none, none).shape == (2, 0)


def test_refuses_impossible_positions_and_sides():
    ok = np.array([1.0])
    with pytest.raises(InputError, match=r"camera lat in \[-90, 90\] degrees; got 91.0 in row 1"):
        inside_square(np.array([1.0, 91.0]), np.array([1.0, 1.0]), ok, ok)
    with pytest.raises(InputError, match=r"landmark lon .* got -181.0 in row 0"):
        inside_square(ok, ok, ok, np.array([-181.0]))
    with pytest.raises(InputError, match="got inf"):
        inside_square(ok, np.array([np.inf]), ok, ok)
    with pytest.raises(InputError, match="side_km"):
        inside_square(ok, ok, ok, ok, side_km=0.0)


@pytest.mark.parametrize("side", [1.0, 5.0, 300.0])
def test_squares_around_each_are_those_of_one_by_one(side):
    rng = np.random.default_rng(3)
    lat = np.concatenate([rng.uniform(10, 10.05, 40), rng.uniform(-90, -89.99, 20), rng.uniform(-60, 60, 20)])
    lon = np.concatenate([rng.uniform(179.97, 180.03, 40), rng.uniform(-180, 180, 40)])
    lon = (lon + 180) % 360 - 180
    lat[7] = np.nan
    found = in_square_of_each(lat, lon, side)
    slow = inside_square(lat, lon, lat, lon, side)
    for row, near in enumerate(found):
        assert near.tolist() == (np.flatnonzero(slow[row]).tolist() if row != 7 else [7])
    assert sum(map(len, found)) > len(lat)


def test_squares_around_landmarks_of_unknown_position():
    nan = np.array([np.nan, np.nan])
    assert [near.tolist() for near in in_square_of_each(nan, nan, 1.0)] == [[0], [1]]
    assert in_square_of_each(np.empty(0), np.empty(0), 1.0) == []
