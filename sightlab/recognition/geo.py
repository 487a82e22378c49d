"""The square around the camera: which landmarks are near enough to be the answer.

Letters: Q photos (cameras), L landmarks. Positions are degrees on the ellipsoid WGS84, as GPS gives them.
"""

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.spatial import cKDTree

from sightlab.checks import InputError, check_range

EQUATOR_KM = 6378.137  # semi-major axis of WGS84
ECCENTRICITY_SQUARED = 6.69437999014e-3  # of its meridian; a sphere would be 0.5 % off, 2.5 m in 500 m


def inside_square(
    lat: Float[np.ndarray, " Q"],
    lon: Float[np.ndarray, " Q"],
    landmark_lat: Float[np.ndarray, " L"],
    landmark_lon: Float[np.ndarray, " L"],
    side_km: float = 1.0,
) -> Bool[np.ndarray, "Q L"]:
    """Which landmarks lie in the square centered on each camera, its sides running north-south and east-west.

    Offsets are measured in the plane that touches the Earth at the camera. A degree of longitude thus shrinks
    with the cosine of the latitude, the date line is no border, and a landmark across the pole is near.

    Args:
        lat, lon: (Q,) camera, degrees, [-90, 90] and [-180, 180]; NaN in either means unknown.
        landmark_lat, landmark_lon: (L,) landmark, likewise.
        side_km: side of the square, (0, 1000] km; the border belongs to it.
    Returns:
        (Q, L); all False for a camera, or a landmark, of unknown position.
    Raises:
        InputError: a coordinate out of range, lat and lon of different length, side_km out of range.
    Source: Boiarov & Tyantov 2019 (article) for the 1 km square; the projection is ours.
    """
    check_range(side_km, "side_km", 0, 1000, low_open=True)
    camera = _radians(lat, lon, "camera")
    here, there = _position(camera), _position(_radians(landmark_lat, landmark_lon, "landmark"))
    east, north, up = _axes(camera)
    half = side_km / 2
    inside = np.abs(_offset(north, here, there)) <= half
    inside &= np.abs(_offset(east, here, there)) <= half
    inside &= _offset(up, here, there) > -EQUATOR_KM  # not on the far side of the Earth
    return inside & has_position(lat, lon)[:, None] & has_position(landmark_lat, landmark_lon)[None]


def has_position(lat: Float[np.ndarray, " Q"], lon: Float[np.ndarray, " Q"]) -> Bool[np.ndarray, " Q"]:
    """Whether both coordinates of each photo are known (not NaN)."""
    return ~(np.isnan(lat) | np.isnan(lon))


def _position(radians: np.ndarray) -> np.ndarray:
    """(n, 3) km from the center of the Earth, at sea level."""
    (sin_lat, sin_lon), (cos_lat, cos_lon) = np.sin(radians), np.cos(radians)
    to_axis = EQUATOR_KM / np.sqrt(1 - ECCENTRICITY_SQUARED * sin_lat**2)  # along the vertical
    flat = to_axis * cos_lat
    return np.stack([flat * cos_lon, flat * sin_lon, (1 - ECCENTRICITY_SQUARED) * to_axis * sin_lat], axis=1)


def _axes(radians: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(n, 3) unit vectors east, north and up at each place."""
    (sin_lat, sin_lon), (cos_lat, cos_lon) = np.sin(radians), np.cos(radians)
    east = np.stack([-sin_lon, cos_lon, np.zeros_like(sin_lon)], axis=1)
    north = np.stack([-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat], axis=1)
    up = np.stack([cos_lat * cos_lon, cos_lat * sin_lon, sin_lat], axis=1)
    return east, north, up


def _offset(axis: np.ndarray, here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """(Q, L) km from each camera to each landmark along one axis of the camera."""
    return axis @ there.T - np.einsum("qi,qi->q", axis, here)[:, None]


def _radians(lat: np.ndarray, lon: np.ndarray, whose: str) -> np.ndarray:
    """(2, n) radians, checked, with 0 in place of unknown."""
    if lat.shape != lon.shape:
        raise InputError(
            f"Expected one lat and one lon for each {whose}; got {len(lat)} and {len(lon)} in inside_square. "
            "Pass both columns of the same table."
        )
    for values, limit, name in ((lat, 90, "lat"), (lon, 180, "lon")):
        bad = np.flatnonzero(np.abs(values) > limit)  # NaN compares False
        if len(bad):
            raise InputError(
                f"Expected {whose} {name} in [-{limit}, {limit}] degrees; got {values[bad[0]]} in row "
                f"{bad[0]}. Write NaN for unknown, and check that lat and lon are not swapped."
            )
    both = np.stack([lat, lon]).astype(np.float64)
    return np.radians(np.where(has_position(lat, lon), both, 0.0))


def in_square_of_each(
    lat: Float[np.ndarray, " L"], lon: Float[np.ndarray, " L"], side_km: float
) -> list[Int[np.ndarray, " _"]]:
    """For each landmark, the landmarks in the square around it, itself among them.

    Args:
        lat, lon: (L,) degrees; NaN in either means unknown.
        side_km: side of the square, (0, 1000] km.
    Returns:
        L arrays of indices, rising. A landmark of unknown position has only itself.
    Raises:
        InputError: as `inside_square`.
    """
    check_range(side_km, "side_km", 0, 1000, low_open=True)
    known = np.flatnonzero(has_position(lat, lon))
    found = [np.array([row]) for row in range(len(lat))]
    if len(known) == 0:
        return found
    tree = cKDTree(_position(_radians(lat[known], lon[known], "landmark")))
    reach = side_km * 0.75  # the square's corner is 0.707 sides away, along a chord a little nearer
    for row, near in zip(known, tree.query_ball_point(tree.data, reach), strict=True):
        candidates = known[np.sort(near)]
        here = slice(row, row + 1)
        inside = inside_square(lat[here], lon[here], lat[candidates], lon[candidates], side_km)[0]
        found[row] = candidates[inside]
    return found
