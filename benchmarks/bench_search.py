"""How fast photos are searched: `LandmarkSearch.match` beside faiss, and one photo from embedding to answer.

python benchmarks/bench_search.py
python benchmarks/bench_search.py --stored 1000000    # a million, some minutes
pip install 'sightlab[search]' for the rows with faiss.

Drawn embeddings against 15,000 centroids of 11,000 landmarks. faiss gives the nearest centroids; `match`
gives landmarks (no two ranks the same), the best rival, and the distance to the references too. IVF looks at
16 of 128 lists and misses some. Answers are checked: a photo near a centroid must be given its landmark.
"""

import argparse
import tracemalloc
from itertools import cycle

from measuring import Row, finish, fix_threads, milliseconds, parser_of, per_second, take_turns, times_better


def directions(rng, n: int, dim: int):
    import numpy as np

    rows = rng.standard_normal((n, dim), dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def draw_recognizer(settings: argparse.Namespace, rng):
    """A recognizer over random directions, landmarks everywhere; and the landmark of each centroid."""
    import numpy as np
    import pandas as pd

    from sightlab.recognition.calibration import Thresholds
    from sightlab.recognition.gallery import CentroidGallery
    from sightlab.recognition.recognizer import Recognizer

    names = np.array([f"landmark_{row:06d}" for row in range(settings.landmarks)], dtype=object)
    of = np.sort(np.arange(settings.centroids) % settings.landmarks)  # landmark of each centroid
    table = pd.DataFrame({"centroid": np.arange(len(of)), "landmark_id": names[of]})
    table = table.assign(view=0, n_photos=50)
    landmarks = pd.DataFrame({"landmark_id": names, "name": names, "city": "", "country": ""})
    landmarks["lat"] = rng.uniform(-60, 60, len(names))
    landmarks["lon"] = rng.uniform(-180, 180, len(names))
    references = directions(rng, len(names) * 4, settings.dim).reshape(len(names), 4, -1)
    thresholds = Thresholds(0.6, 0.5, 2.0, 0.01, 1000, 1000, "drawn embeddings")
    gallery = CentroidGallery(directions(rng, settings.centroids, settings.dim), table)
    return Recognizer(gallery, landmarks, dict(zip(names, references, strict=True)), thresholds), of


def draw_photos(centroids, chosen, rng):
    """Unit rows near the chosen centroids."""
    import numpy as np

    noise = rng.standard_normal((len(chosen), centroids.shape[1]), dtype=np.float32)
    photos = centroids[chosen] + noise * 0.5 / centroids.shape[1] ** 0.5
    return photos / np.linalg.norm(photos, axis=1, keepdims=True)


def faiss_flat(centroids, threads: int):
    """The exact index of faiss; None where it is not installed."""
    try:
        import faiss
    except ImportError:
        return None
    faiss.omp_set_num_threads(threads)
    flat = faiss.IndexFlatIP(centroids.shape[1])
    flat.add(centroids)
    return flat


def faiss_ways(centroids, photos, threads: int) -> dict:
    """Searches by faiss, by name; empty where it is not installed."""
    flat = faiss_flat(centroids, threads)
    if flat is None:
        return {}
    import faiss

    quantizer = faiss.IndexFlatIP(centroids.shape[1])
    ivf = faiss.IndexIVFFlat(quantizer, centroids.shape[1], 128, faiss.METRIC_INNER_PRODUCT)
    ivf.train(centroids)
    ivf.add(centroids)
    ivf.nprobe = 16
    return {"faiss flat": lambda: flat.search(photos, 3), "faiss IVF": lambda: ivf.search(photos, 3)}


def many(settings: argparse.Namespace, recognizer, landmark_of, rng) -> tuple[list[Row], dict]:
    """Photos a second, many at once."""
    search, centroids = recognizer.search, recognizer.gallery.vectors
    chosen = rng.integers(len(centroids), size=settings.n)
    photos = draw_photos(centroids, chosen, rng)
    if (search.match(photos).landmark[:, 0] != landmark_of[chosen]).any():
        raise SystemExit("a photo near a centroid was not given its landmark")
    rivals = faiss_ways(centroids, photos, settings.threads)
    recall = {name: float((way()[1][:, 0] == chosen).mean()) for name, way in rivals.items()}
    seconds = take_turns({"match": lambda: search.match(photos), **rivals}, settings.rounds)
    speed = per_second(settings.n, seconds)
    what, rows = f"search {settings.centroids:,} centroids x {settings.dim}, many photos", []
    for name, key in (("faiss flat", "search_vs_faiss_flat"), ("faiss IVF", "")):
        if name not in rivals:
            why = "not installed: pip install 'sightlab[search]'"
            rows.append(Row(what, speed["match"], name, None, "photos/s", None, key, why))
            continue
        ratio, spread = times_better(seconds["match"], seconds[name])
        note = f"{spread}; finds {recall[name]:.1%} of what is nearest"
        rows.append(Row(what, speed["match"], name, speed[name], "photos/s", ratio, key, note))
    numbers = {
        "search_photos_per_second": speed["match"],
        "search_minutes_per_million": 1e6 / speed["match"] / 60,
        **{f"{name.replace(' ', '_').lower()}_photos_per_second": speed[name] for name in rivals},
    }
    return rows, numbers | memory(search, photos)


def stored(settings: argparse.Namespace, recognizer, rng) -> tuple[list[Row], dict]:
    """Embeddings in a file, answered chunk by chunk into a parquet file; faiss only searches them."""
    import tempfile
    from pathlib import Path

    import numpy as np

    from sightlab.recognition.stream import answer_many

    centroids, chunk = recognizer.gallery.vectors, recognizer.config.chunk
    with tempfile.TemporaryDirectory() as folder:
        shape = (settings.stored, centroids.shape[1])
        file = np.lib.format.open_memmap(Path(folder) / "stored.npy", "w+", np.float32, shape)
        parts = [slice(first, first + chunk) for first in range(0, len(file), chunk)]
        for part in parts:
            chosen = rng.integers(len(centroids), size=len(file[part]))
            file[part] = draw_photos(centroids, chosen, rng)
        names, out = np.arange(len(file)).astype(str), Path(folder) / "answers.parquet"
        ways = {"ours": lambda: answer_many(recognizer, names, file, out)}
        flat = faiss_flat(centroids, settings.threads)
        if flat is not None:
            ways["faiss flat"] = lambda: [flat.search(np.asarray(file[part]), 3) for part in parts]
        seconds = take_turns(ways, 1)
        tracemalloc.start()
        answer_many(recognizer, names[: 8 * chunk], file[: 8 * chunk], out)
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
    speed, what = per_second(settings.stored, seconds), f"answer {settings.stored:,} stored embeddings"
    ratio, spread = None, "not installed: pip install 'sightlab[search]'"
    if flat is not None:
        ratio, spread = times_better(seconds["ours"], seconds["faiss flat"])
    row = Row(
        what,
        speed["ours"],
        "faiss flat",
        speed.get("faiss flat"),
        "photos/s",
        ratio,
        "stored_vs_faiss",
        spread,
    )
    return [row], {"stored_photos_per_second": speed["ours"], "stored_peak_megabytes": peak}


def memory(search, photos) -> dict:
    """Megabytes that `match` takes at its peak, and with four times the photos."""
    import numpy as np

    peaks = {}
    for times in (1, 4):
        part = np.tile(photos, (times, 1))
        tracemalloc.start()
        search.match(part)
        peaks[f"search_peak_megabytes_{len(part)}_photos"] = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
    return peaks


def one(settings: argparse.Namespace, recognizer, rng) -> tuple[list[Row], dict]:
    """Milliseconds for one photo, a call each."""
    centroids = recognizer.gallery.vectors
    photos = draw_photos(centroids, rng.integers(len(centroids), size=100), rng)
    mine, bare = cycle(photos), cycle(photos)
    ways = {
        "answer": lambda: recognizer.recognize(["photo"], next(mine)[None]),
        "product": lambda: centroids @ next(bare),
    }
    seconds = take_turns(ways, 60)
    ms, (ratio, spread) = milliseconds(seconds), times_better(seconds["answer"], seconds["product"])
    what = f"answer one embedding from {settings.centroids:,} centroids x {settings.dim}"
    row = Row(what, ms["answer"], "bare product in numpy", ms["product"], "ms", ratio, "", spread)
    return [row], {"answer_milliseconds": ms["answer"], "product_milliseconds": ms["product"]}


def main() -> None:
    parser = parser_of(
        __doc__.splitlines()[0], n=4096, centroids=15_000, landmarks=11_000, dim=512, stored=32_768
    )
    settings = parser.parse_args()
    settings.threads = fix_threads(settings.threads)

    import numpy as np

    rng = np.random.default_rng(0)
    recognizer, landmark_of = draw_recognizer(settings, rng)
    rows, numbers = many(settings, recognizer, landmark_of, rng)
    stored_rows, of_stored = stored(settings, recognizer, rng)
    more_rows, more = one(settings, recognizer, rng)
    finish([*rows, *stored_rows, *more_rows], numbers | of_stored | more, settings.out)


if __name__ == "__main__":
    main()
