"""The square around the camera: which landmarks are near enough to be the answer.

Letters: Q photos (cameras), L landmarks.
"""

import numpy as np
from jaxtyping import Bool, Float

from sightlab.checks import InputError, check_range

EARTH_RADIUS_KM = 6371.0088  # mean radius; the ellipsoid differs by 0.3 %, 2 m in 500 m


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
    landmark = _radians(landmark_lat, landmark_lon, "landmark")
    (sin_lat, sin_lon), (cos_lat, cos_lon) = np.sin(camera), np.cos(camera)
    east = np.stack([-sin_lon, cos_lon, np.zeros_like(sin_lon)], axis=1)  # (Q, 3) unit axes at the camera
    north = np.stack([-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat], axis=1)
    up = np.stack([cos_lat * cos_lon, cos_lat * sin_lon, sin_lat], axis=1)
    (sin_lat, sin_lon), (cos_lat, cos_lon) = np.sin(landmark), np.cos(landmark)
    position = np.stack([cos_lat * cos_lon, cos_lat * sin_lon, sin_lat])  # (3, L) on the unit sphere
    half = side_km / 2 / EARTH_RADIUS_KM
    inside = (np.abs(north @ position) <= half) & (np.abs(east @ position) <= half)
    inside &= up @ position > 0  # not on the far side of the Earth
    return inside & has_position(lat, lon)[:, None] & has_position(landmark_lat, landmark_lon)[None]


def has_position(lat: Float[np.ndarray, " Q"], lon: Float[np.ndarray, " Q"]) -> Bool[np.ndarray, " Q"]:
    """Whether both coordinates of each photo are known (not NaN)."""
    return ~(np.isnan(lat) | np.isnan(lon))


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
