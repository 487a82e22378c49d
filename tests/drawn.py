"""Photo folders drawn by code: tiny, valid, different from each other, and free of anybody's rights.

Four landmarks in two regions, each a shape in its own color; distractors are scattered blocks.
The same seed draws the same bytes.
"""

import csv
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

# green_arch and yellow_pyramid stand 300 m apart: a 1 km square does not separate them
LANDMARKS = {
    "blue_dome": ("Blue Dome", "Norhaven", "Northland", "north", 60.1700, 24.9400),
    "red_tower": ("Red Tower", "Norhaven", "Northland", "north", 60.2100, 25.0100),
    "green_arch": ("Green Arch", "Suncliff", "Southland", "south", -33.8500, 151.2100),
    "yellow_pyramid": ("Yellow Pyramid", "Suncliff", "Southland", "south", -33.8527, 151.2100),
}
COLORS = {
    "blue_dome": (40, 70, 210),
    "red_tower": (205, 40, 35),
    "green_arch": (30, 150, 60),
    "yellow_pyramid": (235, 200, 40),
}
MANIFEST_COLUMNS = (
    "photo_id",
    "path",
    "landmark_id",
    "landmark_name",
    "city",
    "country",
    "region",
    "split",
)


def draw_landmark(landmark_id: str, rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """One photo of a landmark: its shape, moved and scaled a little, on a sky of changing light."""
    height, width = size
    sky = int(rng.integers(150, 230))
    photo = Image.new("RGB", (width, height), (sky - 30, sky - 10, min(sky + 20, 255)))
    pen = ImageDraw.Draw(photo)
    ground = int(height * rng.uniform(0.78, 0.9))
    pen.rectangle((0, ground, width, height), fill=(110, 100, 90))
    half = min(height, width) * rng.uniform(0.26, 0.36)
    x = width * rng.uniform(0.4, 0.6)
    color, dark = COLORS[landmark_id], tuple(c // 3 for c in COLORS[landmark_id])
    top = ground - 1.9 * half
    if landmark_id == "red_tower":
        pen.rectangle((x - 0.35 * half, top, x + 0.35 * half, ground), fill=color)
        for y in np.linspace(top, ground, 7)[1:-1]:
            pen.line((x - 0.35 * half, y, x + 0.35 * half, y), fill=dark, width=2)
    elif landmark_id == "blue_dome":
        pen.ellipse((x - half, ground - 1.6 * half, x + half, ground + 0.4 * half), fill=color)
        pen.rectangle((x - half, ground - 0.5 * half, x + half, ground), fill=dark)
    elif landmark_id == "green_arch":
        pen.rectangle((x - half, top + 0.3 * half, x + half, ground), fill=color)
        pen.ellipse((x - 0.6 * half, top + 0.7 * half, x + 0.6 * half, ground), fill=dark)
        pen.rectangle((x - 0.6 * half, ground - 0.6 * half, x + 0.6 * half, ground), fill=dark)
    else:
        pen.polygon([(x, top + 0.2 * half), (x - 1.2 * half, ground), (x + 1.2 * half, ground)], fill=color)
        pen.polygon([(x, top + 0.2 * half), (x, ground), (x + 1.2 * half, ground)], fill=dark)
    return _with_grain(photo, rng)


def draw_distractor(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """One photo of no landmark: a few blocks of random colors."""
    height, width = size
    photo = Image.new("RGB", (width, height), tuple(int(v) for v in rng.integers(60, 230, 3)))
    pen = ImageDraw.Draw(photo)
    for _ in range(int(rng.integers(5, 10))):
        left, upper = rng.uniform(0, 0.8) * width, rng.uniform(0, 0.8) * height
        right, lower = left + rng.uniform(0.1, 0.4) * width, upper + rng.uniform(0.1, 0.4) * height
        pen.rectangle((left, upper, right, lower), fill=tuple(int(v) for v in rng.integers(0, 256, 3)))
    return _with_grain(photo, rng)


def _with_grain(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    pixels = np.asarray(photo, dtype=np.int16) + rng.integers(-12, 13, (photo.height, photo.width, 1))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def gps_tags(lat: float, lon: float) -> dict:
    """EXIF GPS tags of a position in degrees: hemisphere letters, and degrees, minutes, seconds."""

    def parts(value: float) -> tuple[float, float, float]:
        minutes = (abs(value) % 1) * 60
        return float(int(abs(value))), float(int(minutes)), round((minutes % 1) * 60, 4)

    return {1: "N" if lat >= 0 else "S", 2: parts(lat), 3: "E" if lon >= 0 else "W", 4: parts(lon)}


def save_photo(
    photo: Image.Image, path: Path, gps: tuple[float, float] | None = None, turn: int | None = None
) -> Path:
    """Write a JPEG, with EXIF position and EXIF turn (1-8) if given; the pixels are stored as they are."""
    exif = Image.Exif()
    if turn is not None:
        exif[0x0112] = turn
    if gps is not None:
        exif[0x8825] = gps_tags(*gps)
    path.parent.mkdir(parents=True, exist_ok=True)
    photo.save(path, "JPEG", quality=85, exif=exif)
    return path


def _write_csv(path: Path, header: tuple[str, ...], rows: list[tuple]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def write_photo_folder(
    folder: Path, seed: int = 0, photos_per_landmark: int = 12, n_distractors: int = 12
) -> Path:
    """A valid photo folder: manifest.csv, landmarks.csv, references.csv and JPEGs; returns the folder.

    Half of a landmark's photos are train, the others tune and test in turn; distractors go round the
    three splits. Three references per landmark. Half of the tune and test landmark photos and every
    fourth distractor carry EXIF GPS near a landmark; the second photo of every landmark is stored turned.
    """
    if photos_per_landmark < 6:
        raise ValueError("photos_per_landmark must be at least 6: 3 train references, tune and test photos")
    folder, rng = Path(folder), np.random.default_rng(seed)
    rows, references = [], []
    sizes = ((96, 128), (128, 96), (96, 112))  # (height, width), none of them square
    n_train = photos_per_landmark // 2
    for landmark_id, (name, city, country, region, lat, lon) in LANDMARKS.items():
        for i in range(photos_per_landmark):
            split = "train" if i < n_train else ("tune", "test")[(i - n_train) % 2]
            gps = None
            if split != "train" and (i - n_train) // 2 % 2 == 0:
                gps = (lat + rng.normal(0, 0.0008), lon + rng.normal(0, 0.0008))
            photo = draw_landmark(landmark_id, rng, sizes[i % len(sizes)])
            if i == 1:  # turn 6 asks the viewer for a quarter turn clockwise, so store the other way
                photo = photo.transpose(Image.Transpose.ROTATE_90)
            photo_id = f"{landmark_id}_{i:03d}"
            path = f"landmarks/{landmark_id}/{photo_id}.jpg"
            save_photo(photo, folder / path, gps, turn=6 if i == 1 else None)
            rows.append((photo_id, path, landmark_id, name, city, country, region, split))
            if i < 3:
                references.append((landmark_id, photo_id))
    for i in range(n_distractors):
        near = list(LANDMARKS.values())[i // 4 % len(LANDMARKS)]
        gps = (near[4] + 0.001, near[5] - 0.001) if i % 4 == 0 else None
        photo_id = f"distractor_{i:03d}"
        path = f"non_landmarks/{photo_id}.jpg"
        save_photo(draw_distractor(rng, sizes[i % len(sizes)]), folder / path, gps)
        rows.append((photo_id, path, "non_landmark", "", "", "", "", ("train", "tune", "test")[i % 3]))
    _write_csv(folder / "manifest.csv", MANIFEST_COLUMNS, rows)
    landmark_rows = [(landmark_id, *facts) for landmark_id, facts in LANDMARKS.items()]
    header = ("landmark_id", "name", "city", "country", "region", "lat", "lon")
    _write_csv(folder / "landmarks.csv", header, landmark_rows)
    _write_csv(folder / "references.csv", ("landmark_id", "photo_id"), references)
    return folder
