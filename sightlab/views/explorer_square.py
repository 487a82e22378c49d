"""The square around a camera as a small map: which landmarks stood inside, where the true one is.

Source: ours. The plane touches the Earth at the camera; near it the error is below 1 %.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Float

from sightlab.checks import InputError, check_columns, check_range
from sightlab.recognition.geo import EQUATOR_KM
from sightlab.views.figures_base import BLACK, BLUE, GREY, VERMILLION, drawn, new_figure, plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLES = {"true": (BLUE, "o"), "predicted": (VERMILLION, "s"), "both": (BLUE, "D")}
REACH = 1.6  # of the window, in sides of the square
MOST_NAMES = 8


def offsets_km(
    lat: float, lon: float, landmark_lat: Float[np.ndarray, " L"], landmark_lon: Float[np.ndarray, " L"]
) -> Float[np.ndarray, "L 2"]:
    """East and north of a camera, km; across the date line, too. NaN where a position is unknown."""
    east = np.radians((landmark_lon - lon + 180) % 360 - 180) * np.cos(np.radians(lat))
    return EQUATOR_KM * np.stack([east, np.radians(landmark_lat - lat)], axis=1)


@drawn
def square_map(
    lat: float, lon: float, landmarks: pd.DataFrame, square_km: float, true: str = "", predicted: str = ""
) -> Figure:
    """The square around one camera, north up, with the landmarks in and around it.

    Args:
        lat, lon: of the camera, degrees.
        landmarks: landmark_id, name, lat, lon.
        square_km: side of the square.
        true, predicted: landmark_ids to mark; a marked one outside the window is told with its distance.
    Returns:
        A figure 3 inches wide.
    Raises:
        InputError: the camera has no coordinates, or a side that is not positive.
    """
    check_columns(landmarks, ("landmark_id", "name", "lat", "lon"), "landmarks")
    check_range(square_km, "square_km", 0, 1000, low_open=True)
    if not np.isfinite([lat, lon]).all():
        raise InputError("This photo carries no coordinates, so the whole world was searched.")
    xy = offsets_km(lat, lon, landmarks["lat"].to_numpy(np.float64), landmarks["lon"].to_numpy(np.float64))
    half, reach = square_km / 2, square_km * REACH
    figure = new_figure(3.0, 3.0)
    ax = figure.subplots()
    from matplotlib.patches import Rectangle

    corner = (-half, -half)
    ax.add_patch(Rectangle(corner, square_km, square_km, facecolor=BLUE, alpha=0.08, edgecolor="none"))
    ax.add_patch(Rectangle(corner, square_km, square_km, fill=False, edgecolor=BLUE, linewidth=1))
    ax.plot(0, 0, marker="+", color=BLACK, markersize=9, markeredgewidth=1.6)
    ax.annotate("camera", (0, 0), (5, -9), textcoords="offset points", fontsize=7, color=BLACK)
    shown = np.flatnonzero((np.abs(xy) <= reach).all(axis=1))
    nearest = shown[np.argsort(np.abs(xy[shown]).max(axis=1), kind="stable")]
    far = []
    for place, row in enumerate(nearest):
        role = _role(landmarks["landmark_id"].iloc[row], true, predicted)
        color, marker = STYLES.get(role, (GREY, "o"))
        ax.plot(*xy[row], marker=marker, color=color, markersize=5 if role else 4, linestyle="none")
        if role or place < MOST_NAMES:
            name = plain(str(landmarks["name"].iloc[row]), 24)
            ax.annotate(name, xy[row], (5, 3), textcoords="offset points", fontsize=6.5, color=color)
    for wanted in dict.fromkeys((true, predicted)):
        for row in np.flatnonzero((landmarks["landmark_id"] == wanted).to_numpy(bool)):
            if row not in nearest and np.isfinite(xy[row]).all():
                role = _role(wanted, true, predicted)
                name = plain(str(landmarks["name"].iloc[row]), 24)
                far.append(f"{role}: {name}, {np.hypot(*xy[row]):,.1f} km away")
    ax.set_xlim(-reach, reach)
    ax.set_ylim(-reach, reach)
    ax.set_aspect("equal")
    ax.set_xlabel("km east")
    ax.set_ylabel("km north")
    ax.set_title("\n".join(far), fontsize=6.5, loc="left")
    return figure


def _role(landmark_id: str, true: str, predicted: str) -> str:
    """What a landmark is to the photo: "true", "predicted", "both" or ""."""
    if landmark_id == true:
        return "both" if true == predicted else "true"
    return "predicted" if landmark_id == predicted else ""
