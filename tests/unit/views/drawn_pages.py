"""Answers and photos drawn for the tests of pages: small, and with names that try to break out."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from tests.drawn import draw_landmark, gps_tags

HOSTILE = (
    "<script>window.broken=1<⁄script>.jpg",
    "\"><img src=x onerror='window.broken=1'>.jpg",
    "new\nline & 'quotes' \"double\".jpg",
    "🏰 Schloß {{7*7}} %3Cb%3E #?.jpg",
    "javascript:alert(1).jpg",
)
PLACES = pd.DataFrame(
    [
        ("red_tower", "Red Tower", "Norhaven", "Northland"),
        ("blue_dome", "Blue Dome", "Norhaven", "Northland"),
        ("green_arch", "Green <b>Arch</b> & \"Gate\"", "Suncliff", "Southland"),
    ],
    columns=["landmark_id", "name", "city", "country"],
)  # fmt: skip


def draw_roll(folder: Path, names, landmarks, start=datetime(2024, 5, 12, 9, 30)) -> list[Path]:
    """A camera roll: one photo for each name, an hour apart, all with GPS and a camera in their EXIF."""
    folder.mkdir(parents=True, exist_ok=True)
    rng, paths = np.random.default_rng(0), []
    for n, (name, landmark) in enumerate(zip(names, landmarks, strict=True)):
        exif = Image.Exif()
        exif[0x010F] = "SecretCamera"
        exif[0x8825] = gps_tags(60.17, 24.94)
        exif.get_ifd(0x8769)[0x9003] = (start + timedelta(hours=n)).strftime("%Y:%m:%d %H:%M:%S")
        path = folder / name
        draw_landmark(landmark, rng, (60, 80)).save(path, "JPEG", exif=exif)
        paths.append(path)
    return paths


def tell_authors(folder: Path, paths, authors) -> None:
    """Makes a photo folder of it that knows who took each photo; "" for nobody knows."""
    names = [Path(path).relative_to(folder).as_posix() for path in paths]
    ids = [f"p{i}" for i in range(len(names))]
    pd.DataFrame({"photo_id": ids, "path": names}).to_csv(folder / "manifest.csv", index=False)
    told = pd.DataFrame({"photo_id": ids, "author": authors, "license": "CC BY 2.0", "title": "", "url": ""})
    told[told["author"] != ""].to_csv(folder / "attribution.csv", index=False)


def answer(photo, landmark_id: str, similarity: float = 0.8, **changes) -> dict:
    """One row as `Recognizer.recognize` returns it, of the columns that albums read."""
    row = {
        "photo": str(photo), "landmark_id": landmark_id, "other_landmark_ids": "", "similarity": similarity,
        "threshold": 0.6, "runner_up": "blue_dome", "margin": 0.2, "used_gps": False, "regions": "",
        "reason": f"similarity {similarity:.2f} > 0.60", "trace": f"verdict: {landmark_id}",
    }  # fmt: skip
    return row | changes


def answers(*rows: dict) -> pd.DataFrame:
    return pd.DataFrame(list(rows))


def cards(paths, n: int | None = None) -> pd.DataFrame:
    """Cards of a review page for these photos, in turn answered rightly, wrongly and not at all."""
    kinds = (  # answer, truth, outcome
        ("Red Tower", "Blue Dome", "confused"),
        ("Red Tower", "Red Tower", "correct"),
        ("", "Red Tower", "missed"),
        ("", "", "correct_rejection"),
    )
    rows = []
    for i, path in enumerate(paths):
        answered, truth, outcome = kinds[i % 4]
        facts = {"photo_id": Path(path).name, "path": str(path), "answer": answered, "best": "Red Tower"}
        facts |= {"runner_up": "Blue Dome", "truth": truth, "outcome": outcome, "similarity": 0.9 - i * 0.001}
        facts |= {"threshold": 0.6, "margin": 0.1, "reason": "similarity 0.90 > 0.60"}
        rows.append(facts | {"trace": f"photo {i}; <i>trace</i>", "region": ("north", "south")[i % 2]})
    return pd.DataFrame(rows[:n])


def maps(n: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Signed maps of every target, (n, 3, 4); those in cosines are a hundred times smaller."""
    rng = np.random.default_rng(seed)
    best, other = rng.normal(0, 4, (2, n, 3, 4)).astype(np.float32)
    near, like = rng.normal(0, 0.04, (2, n, 3, 4)).astype(np.float32)
    in_logits = {"predicted": best, "true": other, "runner_up": other, "difference": best - other}
    return in_logits | {"centroid": near, "reference": like, "random": best / best.std()}
