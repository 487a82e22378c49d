"""How fast photos are searched: `LandmarkSearch.match` beside faiss, and one photo from embedding to answer.

python benchmarks/bench_search.py
python benchmarks/bench_search.py --stored 1000000    # a million, some minutes
pip install 'sightlab[search]' for the rows with faiss.

Drawn embeddings against 15,000 centroids of 11,000 landmarks, with what a trained model has beside them: a
pool of 2,000 non-landmarks, 50 kept photos of each landmark as witnesses, and a scale of probability. faiss
gives the nearest centroids; `match` gives landmarks (no two ranks the same), the best rival, the crowd, the
lead as the witnesses see it, and the distance to the references too. IVF looks at 16 of 128 lists and misses
some. faiss is measured as installed and, where that differs, with the kernels that this processor can run
(`faiss_process.py`). Answers are checked: a photo near a centroid must be given its landmark.
"""

import argparse
import tempfile
import tracemalloc
from contextlib import ExitStack
from functools import partial
from itertools import cycle
from pathlib import Path

from faiss_process import FaissProcess, this_core_type
from measuring import Row, finish, fix_threads, milliseconds, parser_of, per_second, take_turns, times_better


def directions(rng, n: int, dim: int):
    import numpy as np

    rows = rng.standard_normal((n, dim), dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def draw_recognizer(settings: argparse.Namespace, rng):
    """A recognizer over random directions, landmarks everywhere, with all that a trained model has; and the
    landmark of each centroid."""
    import numpy as np
    import pandas as pd

    from sightlab.recognition.calibration import Thresholds
    from sightlab.recognition.gallery import CentroidGallery
    from sightlab.recognition.probability import PREVALENCE, ProbabilityScale, ProbabilityScales
    from sightlab.recognition.recognizer import Recognizer

    names = np.array([f"landmark_{row:06d}" for row in range(settings.landmarks)], dtype=object)
    of = np.sort(np.arange(settings.centroids) % settings.landmarks)  # landmark of each centroid
    table = pd.DataFrame({"centroid": np.arange(len(of)), "landmark_id": names[of]})
    table = table.assign(view=0, n_photos=50)
    landmarks = pd.DataFrame({"landmark_id": names, "name": names, "city": "", "country": ""})
    landmarks["lat"] = rng.uniform(-60, 60, len(names))
    landmarks["lon"] = rng.uniform(-180, 180, len(names))
    references = directions(rng, len(names) * 4, settings.dim).reshape(len(names), 4, -1)
    thresholds = Thresholds(0.6, 0.5, 2.0, 0.01, 1000, 1000, "drawn embeddings", lead=0.05)
    gallery = CentroidGallery(directions(rng, settings.centroids, settings.dim), table)
    recognizer = Recognizer(
        gallery,
        landmarks,
        dict(zip(names, references, strict=True)),
        thresholds,
        pool=directions(rng, settings.pool, settings.dim),
        probability=ProbabilityScales(ProbabilityScale(20.0, -12.0, PREVALENCE), None),
        witnesses=draw_witnesses(gallery.vectors, of, names, settings.witnesses, rng),
    )
    return recognizer, of


def draw_witnesses(centroids, of, names, n: int, rng):
    """n photos of each landmark, near its first centroid."""
    import numpy as np

    from sightlab.recognition.witnesses import Witnesses

    first = np.searchsorted(of, np.arange(len(names)))
    vectors = np.empty((len(names) * n, centroids.shape[1]), dtype=np.float32)
    for start in range(0, len(names), 1000):  # drawing all at once would take three times the memory
        chosen = np.repeat(first[start : start + 1000], n)
        vectors[start * n : start * n + len(chosen)] = draw_photos(centroids, chosen, rng)
    return Witnesses(vectors, np.repeat(names.astype(np.str_), n))


def draw_photos(centroids, chosen, rng):
    """Unit rows near the chosen centroids."""
    import numpy as np

    noise = rng.standard_normal((len(chosen), centroids.shape[1]), dtype=np.float32)
    photos = centroids[chosen] + noise * 0.5 / centroids.shape[1] ** 0.5
    return photos / np.linalg.norm(photos, axis=1, keepdims=True)


def rivals_in(stack: ExitStack, folder: Path, threads: int) -> dict[str, FaissProcess]:
    """faiss by what it is told: as installed, and with the right kernels where it takes others by itself."""
    plain = stack.enter_context(FaissProcess(folder, threads))
    if plain.kernels is None:
        return {}
    rivals, core = {f"as installed ({plain.kernels} kernels)": plain}, this_core_type()
    if core is not None and core.lower() != plain.kernels.lower():
        told = stack.enter_context(FaissProcess(folder, threads, core))
        rivals[f"told the processor ({told.kernels} kernels)"] = told
    return rivals


def ratio_keys(key: str) -> tuple[str, str]:
    """Names of the ratios to faiss as installed, and told the processor."""
    return key, f"{key}_right_kernels"


def rows_against(
    what: str, speed: dict, seconds: dict, rivals: list[str], keys: list[str], notes: list[str]
) -> tuple[list[Row], dict]:
    """A row for each rival of `ours`, and the ratios that have a name."""
    rows, numbers = [], {}
    if not rivals:
        why = "not installed: pip install 'sightlab[search]'"
        rows.append(Row(what, speed["ours"], "faiss flat", None, "photos/s", None, keys[0], why))
    for name, key, note in zip(rivals, keys, notes, strict=False):
        ratio, spread = times_better(seconds["ours"], seconds[name])
        rows.append(Row(what, speed["ours"], name, speed[name], "photos/s", ratio, key, spread + note))
        numbers |= {key: ratio} if key else {}
    return rows, numbers


def many(settings: argparse.Namespace, recognizer, landmark_of, rng, folder: Path, faiss: dict):
    """Photos a second, many at once."""
    import numpy as np

    search, centroids = recognizer.search, recognizer.gallery.vectors
    chosen = rng.integers(len(centroids), size=settings.n)
    photos = draw_photos(centroids, chosen, rng)
    if (search.match(photos).landmark[:, 0] != landmark_of[chosen]).any():
        raise SystemExit("a photo near a centroid was not given its landmark")
    np.save(folder / "photos.npy", photos)
    ways, keys, notes = {}, [], []
    for (told, process), key in zip(faiss.items(), ratio_keys("search_vs_faiss_flat"), strict=False):
        for index, name in (("flat", "faiss flat"), ("ivf", "faiss IVF")):
            process.search(index, "photos.npy", nearest="nearest.npy")
            recall = float((np.load(folder / "nearest.npy") == chosen).mean())
            ways[f"{name} {told}"] = partial(process.search, index, "photos.npy")
            keys.append(key if index == "flat" else "")
            notes.append(f"; finds {recall:.1%} of what is nearest")
    seconds = take_turns({"ours": lambda: search.match(photos), **ways}, settings.rounds)
    speed = per_second(settings.n, seconds)
    what = f"search {settings.centroids:,} centroids x {settings.dim}, many photos"
    rows, ratios = rows_against(what, speed, seconds, list(ways), keys or ["search_vs_faiss_flat"], notes)
    numbers = {
        "search_photos_per_second": speed["ours"],
        "search_minutes_per_million": 1e6 / speed["ours"] / 60,
        "search_pool": settings.pool,
        "search_witnesses_a_landmark": settings.witnesses,
    }
    return rows, numbers | ratios | memory(search, photos)


def stored(settings: argparse.Namespace, recognizer, rng, folder: Path, faiss: dict):
    """Embeddings in a file, answered chunk by chunk into a parquet file; faiss only searches them."""
    import numpy as np

    from sightlab.recognition.stream import answer_many

    centroids, chunk = recognizer.gallery.vectors, recognizer.config.chunk
    shape = (settings.stored, centroids.shape[1])
    file = np.lib.format.open_memmap(folder / "stored.npy", "w+", np.float32, shape)
    for first in range(0, len(file), chunk):
        part = slice(first, min(first + chunk, len(file)))
        file[part] = draw_photos(centroids, rng.integers(len(centroids), size=part.stop - first), rng)
    file.flush()
    names, out = np.arange(len(file)).astype(str), folder / "answers.parquet"
    ways = {"ours": lambda: answer_many(recognizer, names, file, out)}
    for told, process in faiss.items():
        ways[f"faiss flat {told}"] = partial(process.search, "flat", "stored.npy", chunk)
    seconds = take_turns(ways, 1)
    tracemalloc.start()
    answer_many(recognizer, names[: 8 * chunk], file[: 8 * chunk], out)
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    speed, what = per_second(settings.stored, seconds), f"answer {settings.stored:,} stored embeddings"
    keys = list(ratio_keys("stored_vs_faiss"))
    rows, ratios = rows_against(what, speed, seconds, list(ways)[1:], keys, ["", ""])
    numbers = {"stored_photos_per_second": speed["ours"], "stored_peak_megabytes": peak}
    return rows, numbers | ratios


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
    sizes = {"n": 4096, "centroids": 15_000, "landmarks": 11_000, "dim": 512, "stored": 32_768}
    parser = parser_of(__doc__.splitlines()[0], **sizes, pool=2000, witnesses=50)
    settings = parser.parse_args()
    settings.threads = fix_threads(settings.threads)

    import numpy as np

    rng = np.random.default_rng(0)
    recognizer, landmark_of = draw_recognizer(settings, rng)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        np.save(folder / "centroids.npy", recognizer.gallery.vectors)
        faiss = rivals_in(stack, folder, settings.threads)
        rows, numbers = many(settings, recognizer, landmark_of, rng, folder, faiss)
        stored_rows, of_stored = stored(settings, recognizer, rng, folder, faiss)
    more_rows, more = one(settings, recognizer, rng)
    finish([*rows, *stored_rows, *more_rows], numbers | of_stored | more, settings.out)


if __name__ == "__main__":
    main()
