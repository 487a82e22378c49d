"""How long one photo takes to be answered: `Recognizer.recognize` against 15,000 centroids of 512 numbers.

python benchmarks/bench_search.py --out search.json

Drawn embeddings, one photo per call, without and with coordinates; beside it the bare product of the photo
with all centroids in numpy, below which no exact search gets. The ways take turns; medians and 95th
percentiles over many photos. Answers are checked: a photo near a centroid must be given its landmark.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from measuring import fix_threads, write_numbers


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Milliseconds to answer one photo.")
    parser.add_argument("--centroids", type=int, default=15_000)
    parser.add_argument("--landmarks", type=int, default=11_000)
    parser.add_argument("--dim", type=int, default=512, help="numbers of an embedding")
    parser.add_argument("--references", type=int, default=4, help="per landmark")
    parser.add_argument("--photos", type=int, default=200, help="one call each")
    parser.add_argument("--threads", type=int, default=2, help="cores that the product may use")
    parser.add_argument("--out", type=Path, help="flat JSON with the numbers and what they rest on")
    settings = parser.parse_args(arguments)
    if min(settings.photos, settings.threads, settings.references) < 1:
        parser.error("--photos, --threads and --references must be at least 1")
    if not 2 <= settings.landmarks <= settings.centroids or settings.dim < 2:
        parser.error("--landmarks must be 2 to --centroids, --dim at least 2")
    return settings


def draw_recognizer(settings: argparse.Namespace, rng):
    """A recognizer over random directions, landmarks everywhere; and the landmark of each centroid."""
    import numpy as np
    import pandas as pd

    from sightlab.recognition.calibration import Thresholds
    from sightlab.recognition.gallery import CentroidGallery
    from sightlab.recognition.recognizer import Recognizer

    def directions(n):
        rows = rng.standard_normal((n, settings.dim), dtype=np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    names = np.array([f"landmark_{row:06d}" for row in range(settings.landmarks)], dtype=object)
    of = np.sort(np.arange(settings.centroids) % settings.landmarks)  # landmark of each centroid
    table = pd.DataFrame({"centroid": np.arange(len(of)), "landmark_id": names[of]})
    table = table.assign(view=0, n_photos=50)
    landmarks = pd.DataFrame({"landmark_id": names, "name": names, "city": "", "country": ""})
    landmarks["lat"] = rng.uniform(-60, 60, len(names))
    landmarks["lon"] = rng.uniform(-180, 180, len(names))
    references = directions(len(names) * settings.references).reshape(len(names), settings.references, -1)
    thresholds = Thresholds(0.6, 0.5, 2.0, 0.01, 1000, 1000, "drawn embeddings")
    gallery = CentroidGallery(directions(settings.centroids), table)
    return Recognizer(gallery, landmarks, dict(zip(names, references, strict=True)), thresholds), of


def measure(settings: argparse.Namespace) -> dict:
    import numpy as np

    rng = np.random.default_rng(0)
    recognizer, landmark_of = draw_recognizer(settings, rng)
    centroids = recognizer.gallery.vectors
    chosen = rng.integers(len(centroids), size=settings.photos + 1)
    noise = rng.standard_normal((len(chosen), settings.dim), dtype=np.float32) * 0.5 / settings.dim**0.5
    photos = centroids[chosen] + noise
    photos /= np.linalg.norm(photos, axis=1, keepdims=True)
    facts = recognizer.search.landmarks
    lat, lon = (facts[c].to_numpy()[landmark_of[chosen]] for c in ("lat", "lon"))
    right = facts["landmark_id"].to_numpy()[landmark_of[chosen]]
    ways = {
        "world": lambda q: recognizer.recognize(["photo"], photos[q : q + 1]),
        "square": lambda q: recognizer.recognize(
            ["photo"], photos[q : q + 1], lat[q : q + 1], lon[q : q + 1]
        ),
        "product": lambda q: centroids @ photos[q],
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for q in range(len(chosen)):
        for name, way in ways.items():
            started = perf_counter()
            answer = way(q)
            if q:  # the first round is not counted
                seconds[name].append(perf_counter() - started)
            if name != "product" and answer["landmark_id"][0] != right[q]:
                raise SystemExit(f"photo {q}, {name}: {answer['reason'][0]}; expected {right[q]}")
    numbers: dict = {}
    for name, values in seconds.items():
        numbers[f"{name}_milliseconds"] = 1000 * float(np.median(values))
        numbers[f"{name}_milliseconds_p95"] = 1000 * float(np.quantile(values, 0.95))
    return numbers | {
        "world_per_product": numbers["world_milliseconds"] / numbers["product_milliseconds"],
        "n_centroids": settings.centroids,
        "n_landmarks": settings.landmarks,
        "dim": settings.dim,
        "n_photos": settings.photos,
        "threads": settings.threads,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    settings = parse(arguments)
    settings.threads = fix_threads(settings.threads)
    numbers = measure(settings)
    print(
        f"one photo against {settings.centroids:,} centroids of {settings.landmarks:,} landmarks x "
        f"{settings.dim}, {settings.threads} threads, median of {settings.photos} (95th percentile)"
    )
    lines = (("world", "without coordinates"), ("square", "with coordinates"), ("product", "bare product"))
    for name, words in lines:
        median, high = (numbers[f"{name}_milliseconds{end}"] for end in ("", "_p95"))
        print(f"  {words:20s} {median:7.2f} ms ({high:.2f})")
    write_numbers(numbers, settings.out)


if __name__ == "__main__":
    main()
