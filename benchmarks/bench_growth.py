"""How time and memory grow with the number of photos: cleaning, clustering, search, evaluation.

python benchmarks/bench_growth.py --largest 1000000 --out benchmarks/growth.json

Made embeddings (unit rows near the center of their landmark), 90 photos a landmark, which is 11,000 landmarks
for a million photos. Search has 15,000 centroids whatever the number of photos. Each measurement runs in a
process of its own; time is CPU time of that process, so that a busy machine matters little, and memory is its
peak less what it had before. The exponent is the slope of log time over log size: 1 is linear, 2 quadratic.
"""

import argparse
import json
import multiprocessing
import resource
import time
from pathlib import Path

from measuring import fix_threads

PHOTOS_PER_LANDMARK = 90
N_CENTROIDS = 15_000
N_REFERENCES = 4
MEASURABLE = 0.05  # seconds; below, the exponent would be that of the clock


def near_their_landmarks(n: int, dim: int, seed: int = 0):
    """Unit rows, and the landmark of each: N photos in groups of `PHOTOS_PER_LANDMARK`."""
    import numpy as np

    rng = np.random.default_rng(seed)
    landmark = np.arange(n) // PHOTOS_PER_LANDMARK
    centers = rng.standard_normal((landmark[-1] + 1, dim), dtype=np.float32)
    rows = rng.standard_normal((n, dim), dtype=np.float32)
    rows += centers[landmark]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows, landmark


def tables_of(n: int, dim: int):
    """An EmbeddingTable and a manifest's photos and references, without any file."""
    import numpy as np
    import pandas as pd

    from sightlab.nets.embedding_table import EmbeddingTable

    rows, landmark = near_their_landmarks(n, dim)
    names = np.array([f"photo_{i:07d}" for i in range(n)])
    of = np.array([f"landmark_{i:06d}" for i in range(landmark[-1] + 1)])[landmark]
    photos = pd.DataFrame({"photo_id": names, "landmark_id": of})
    references = photos.groupby("landmark_id").head(N_REFERENCES)
    return EmbeddingTable(names, rows), photos, references


def cleaning(n: int, dim: int):
    from dataclasses import make_dataclass

    import numpy as np

    from sightlab.learning.cleaning import CleaningConfig, clean

    table, photos, references = tables_of(n, dim)
    kind = make_dataclass(
        "Photos", ["photos", "references", "is_landmark"]
    )  # what `clean` reads of a manifest
    manifest = kind(photos.assign(split="train"), references, np.ones(n, dtype=bool))
    return lambda: clean(table, manifest, CleaningConfig())


def clustering(n: int, dim: int):
    from sightlab.recognition.centroids import build_gallery
    from sightlab.recognition.trees import CentroidConfig

    table, photos, _ = tables_of(n, dim)
    return lambda: build_gallery(table, photos, CentroidConfig())


def search(n: int, dim: int):
    import numpy as np
    import pandas as pd

    from sightlab.recognition.gallery import CentroidGallery
    from sightlab.recognition.search import LandmarkSearch

    centroids, _ = near_their_landmarks(N_CENTROIDS, dim, seed=1)
    names = [f"landmark_{i:06d}" for i in range(N_CENTROIDS)]
    table = pd.DataFrame({"centroid": range(N_CENTROIDS), "landmark_id": names, "view": 0, "n_photos": 50})
    landmarks = pd.DataFrame({"landmark_id": names, "name": names, "city": "", "country": ""})
    landmarks = landmarks.assign(
        lat=np.linspace(-60, 60, N_CENTROIDS), lon=np.linspace(-180, 180, N_CENTROIDS)
    )
    ready = LandmarkSearch(CentroidGallery(centroids, table), landmarks, {})
    photos, _ = near_their_landmarks(n, dim, seed=2)
    return lambda: ready.match(photos)


def evaluation(n: int, dim: int):
    import numpy as np

    from sightlab.evaluation.metrics import micro_ap, sensitivity_at_fpr

    rng = np.random.default_rng(0)
    similarity = rng.uniform(-1, 1, n)
    best = np.array([f"landmark_{i:06d}" for i in range(100)], dtype=object)[rng.integers(0, 100, n)]
    truth = np.where(rng.random(n) < 0.3, best, "non_landmark").astype(object)

    def measure():
        sensitivity_at_fpr(similarity, best, truth, 0.01)
        micro_ap(similarity, best == truth, int((truth != "non_landmark").sum()))

    return measure


JOBS = {"cleaning": cleaning, "clustering": clustering, "search": search, "evaluation": evaluation}


def measured(job: str, n: int, dim: int, threads: int, answer) -> None:
    """The body of a process: sends seconds and MiB of one job."""
    fix_threads(threads)
    work = JOBS[job](n, dim)
    before, started = _peak_mib(), time.process_time()
    work()
    answer.send((round(time.process_time() - started, 3), _peak_mib() - before))


def _peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def measure(job: str, n: int, dim: int, threads: int) -> tuple[float, int] | None:
    """CPU seconds and MiB; None if the process died, of memory for example."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=measured, args=(job, n, dim, threads, theirs))
    process.start()
    theirs.close()
    try:
        return ours.recv()
    except EOFError:
        return None
    finally:
        process.join()


def exponent(points: list[dict], what: str) -> float | None:
    """Slope of log(what) over log(n) of the three largest sizes that could be measured."""
    import numpy as np

    floor = MEASURABLE if what == "seconds" else 1
    used = [point for point in points if point[what] >= floor][-3:]
    if len(used) < 2:
        return None
    n, value = (np.log([point[name] for point in used]) for name in ("n", what))
    return round(float(np.polyfit(n, value, 1)[0]), 2)


def main() -> None:
    parser = argparse.ArgumentParser(description="How time and memory grow with the number of photos.")
    parser.add_argument("--largest", type=int, default=30_000, help="photos; the issue asks for 1,000,000")
    parser.add_argument("--dim", type=int, default=128)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--job", choices=JOBS, action="append")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    sizes = [n for n in (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000) if n <= args.largest]
    results = {}
    for job in args.job or JOBS:
        points = []
        for n in sizes:
            found = measure(job, n, args.dim, args.threads)
            if found is None:
                print(f"{job}: {n:,} photos did not fit", flush=True)
                break
            points.append({"n": n, "seconds": found[0], "mib": found[1]})
            print(f"{job}: {n:,} photos {found[0]:.2f} CPU s, {found[1]:,} MiB", flush=True)
        exponents = {f"exponent_{what}": exponent(points, what) for what in ("seconds", "mib")}
        results[job] = {"points": points, **exponents}
        print(f"{job}: {exponents}", flush=True)
    if args.out is not None:
        settings = {"dim": args.dim, "threads": args.threads, "photos_per_landmark": PHOTOS_PER_LANDMARK}
        args.out.write_text(json.dumps({"settings": settings, "jobs": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
