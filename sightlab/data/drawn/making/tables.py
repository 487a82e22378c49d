"""The tables of a drawn world: those of any photo folder, and the truth that only a drawn one has.

Columns of truth.csv, one row per photo, scenes too:
- photo_id; true_landmark_id, what the photo was taken of; visible_share, its share of the pixels, [0, 1];
- visible: every landmark in sight with its share, like "harbor_lady:0.3145 meridian_tower:0.0412";
- view (kind of view), dirt (kind of wrong photo, "" if right), split, scene, place (what was built for it);
- camera_x, _y, _z, target_x, _y, _z (meters in the frame of the place, x east, y north), view_degrees,
  roll_degrees, focal (pixels), height, width (pixels, upright): the camera, empty for graphics;
- sun_azimuth, sun_elevation (degrees), weather, season;
- lat, lon: where the camera really stood; gps: whether EXIF says so ("", right, wrong); turn: EXIF turn.

Source: ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from sightlab.data.drawn.making.catalog import CATALOG, SITES, landmark_position
from sightlab.data.drawn.making.plan import planned_landmarks
from sightlab.data.drawn.solids.scene import Camera

POSE = (
    "camera_x",
    "camera_y",
    "camera_z",
    "target_x",
    "target_y",
    "target_z",
    "view_degrees",
    "roll_degrees",
)
DRAWN = ("visible", "visible_share", *POSE, "focal", "lat", "lon")  # what only the drawing tells
TEXT = (
    "photo_id", "true_landmark_id", "visible", "view", "dirt", "split", "scene", "place", "weather", "season",
    "gps",
)  # fmt: skip
PLANNED = (
    "view", "dirt", "split", "scene", "place", "height", "width", "sun_azimuth", "sun_elevation", "weather",
    "season", "gps", "turn",
)  # fmt: skip


def manifest_table(plan: pd.DataFrame) -> pd.DataFrame:
    """manifest.csv: every photo but those of scenes."""
    photos = plan.loc[plan["split"] != "", ["photo_id", "path", "landmark_id", "split"]].copy()
    facts = landmarks_table(plan).set_index("landmark_id").rename(columns={"name": "landmark_name"})
    for column in ("landmark_name", "city", "country", "region"):
        photos[column] = photos["landmark_id"].map(facts[column]).fillna("")
    order = ["photo_id", "path", "landmark_id", "landmark_name", "city", "country", "region", "split"]
    return photos[order].reset_index(drop=True)


def landmarks_table(plan: pd.DataFrame) -> pd.DataFrame:
    """landmarks.csv: every landmark with photos."""
    rows = []
    for landmark_id in planned_landmarks(plan):
        landmark = CATALOG[landmark_id]
        site, (lat, lon) = SITES[landmark.site], landmark_position(landmark)
        place = {"city": site.city, "country": site.country, "region": site.region}
        where = {"lat": round(lat, 6), "lon": round(lon, 6)}
        rows.append({"landmark_id": landmark_id, "name": landmark.name} | place | where)
    return pd.DataFrame(rows)


def references_table(plan: pd.DataFrame) -> pd.DataFrame:
    """references.csv: the photos that surely show their landmark."""
    marked = plan.loc[plan["is_reference"], ["landmark_id", "photo_id"]]
    return marked.sort_values(["landmark_id", "photo_id"], ignore_index=True)


def noise_table(plan: pd.DataFrame) -> pd.DataFrame:
    """injected_noise.csv: photos filed under a landmark that they do not show, with the kind of dirt."""
    wrong = plan[plan["dirt"] != ""].rename(columns={"subject": "true_landmark_id", "dirt": "kind"})
    return wrong[["photo_id", "landmark_id", "true_landmark_id", "kind"]].reset_index(drop=True)


def truth_table(plan: pd.DataFrame, drawn: Mapping[str, Mapping]) -> pd.DataFrame:
    """truth.csv.

    Args:
        plan: of the world.
        drawn: photo_id -> the facts of DRAWN, None where there is none; of every photo of the plan.
    """
    facts = pd.DataFrame([drawn[photo_id] for photo_id in plan["photo_id"]], columns=list(DRAWN))
    known = plan.rename(columns={"subject": "true_landmark_id"}).reset_index(drop=True)
    table = pd.concat([known[["photo_id", "true_landmark_id", *PLANNED]], facts], axis=1)
    order = (
        "photo_id",
        "true_landmark_id",
        "visible",
        "visible_share",
        "view",
        "dirt",
        "split",
        "scene",
        "place",
    )
    pose = (*POSE, "focal", "height", "width")
    light = ("sun_azimuth", "sun_elevation", "weather", "season", "lat", "lon", "gps", "turn")
    return table[[*order, *pose, *light]]


def all_tables(plan: pd.DataFrame, drawn: Mapping[str, Mapping]) -> dict[str, pd.DataFrame]:
    """File name -> table, in the order in which they are written; the manifest last."""
    return {
        "truth.csv": truth_table(plan, drawn),
        "injected_noise.csv": noise_table(plan),
        "references.csv": references_table(plan),
        "landmarks.csv": landmarks_table(plan),
        "manifest.csv": manifest_table(plan),
    }


def read_truth(path: Path) -> pd.DataFrame:
    """truth.csv as it was written: text columns with "" for empty, numbers with NaN."""
    table = pd.read_csv(path, dtype=dict.fromkeys(TEXT, str))
    return table.fillna(dict.fromkeys(TEXT, ""))


def visible_landmarks(truth: pd.DataFrame) -> pd.DataFrame:
    """The column `visible` as a table: photo_id, landmark_id, share; a row for every landmark in sight."""
    rows = [
        (photo_id, *part.split(":"))
        for photo_id, visible in zip(truth["photo_id"], truth["visible"], strict=True)
        for part in visible.split()
    ]
    table = pd.DataFrame(rows, columns=["photo_id", "landmark_id", "share"], dtype=str)
    return table.astype({"share": float})


def facts_of_camera(camera: Camera) -> dict[str, float]:
    """The columns POSE and focal."""
    pose = (*camera.position, *camera.target, camera.view_degrees, camera.roll_degrees)
    return dict(zip(POSE, pose, strict=True)) | {"focal": round(float(camera.focal), 3)}


def camera_of(row: Mapping) -> Camera | None:
    """The camera of a row of truth.csv; None where it has none."""
    if pd.isna(row["camera_x"]):
        return None
    values = [float(row[column]) for column in POSE]
    size = (int(row["height"]), int(row["width"]))
    return Camera(tuple(values[:3]), tuple(values[3:6]), size, values[6], values[7])
