"""How time and memory grow with the number of photos: cleaning, clustering, search, evaluation.

python benchmarks/bench_growth.py --out benchmarks/growth.json                        everything
python benchmarks/bench_growth.py --out benchmarks/growth.json --job search --n 1000  one point
python benchmarks/bench_growth.py --out benchmarks/growth.json --plot                 only the plot

Made embeddings (unit rows near the center of their landmark), 90 photos a landmark, which is 11,000 landmarks
for a million photos; for cleaning 5 % are filed under a wrong one. Search has 15,000 centroids whatever the
number of photos; evaluation goes on to 11 million comparisons. Each measurement runs in a process of its own;
time is CPU time of that process, so that a busy machine matters little, and memory is its peak less what it
held before. The exponent is the slope of log time over log size: 1 is linear, 2 quadratic.
"""

import argparse
import json
import multiprocessing
import re
import time
from datetime import UTC, datetime
from pathlib import Path

from growth_pages import draw
from measuring import fix_threads

PHOTOS_PER_LANDMARK = 90
N_CENTROIDS = 15_000
N_REFERENCES = 4
WRONG = 0.05  # share of photos filed under another landmark, before cleaning
SIZES = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
MORE = {"evaluation": (3_000_000, 11_000_000)}  # comparisons: cheap, and the article made 11 million
MEASURABLE = {"seconds": 0.05, "mib": 8}  # below, the exponent would be that of the clock and of libraries


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
    rng = np.random.default_rng(3)
    wrong = (rng.random(n) < WRONG) & ~photos["photo_id"].isin(references["photo_id"]).to_numpy()
    photos.loc[wrong, "landmark_id"] = rng.permutation(photos["landmark_id"].to_numpy()[wrong])
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
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins here, not where the rows were made
    before, started = _mib("VmRSS"), time.process_time()
    work()
    answer.send((round(time.process_time() - started, 3), max(0, _mib("VmHWM") - before)))


def _mib(what: str) -> int:
    """What Linux says of this process: VmRSS is held now, VmHWM was the most."""
    return int(re.search(rf"{what}:\s+(\d+)", Path("/proc/self/status").read_text())[1]) >> 10


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

    used = [point for point in points if point[what] >= MEASURABLE[what]][-3:]
    if len(used) < 2:
        return None
    n, value = (np.log([point[name] for point in used]) for name in ("n", what))
    return round(float(np.polyfit(n, value, 1)[0]), 2)


def with_point(found: dict, job: str, point: dict) -> dict:
    """What was measured so far with one point more, or anew; exponents follow."""
    others = [p for p in found.get("jobs", {}).get(job, {}).get("points", []) if p["n"] != point["n"]]
    points = sorted([*others, point], key=lambda p: p["n"])
    exponents = {f"exponent_{what}": exponent(points, what) for what in MEASURABLE}
    jobs = found.get("jobs", {}) | {job: {"points": points, **exponents}}
    return found | {"jobs": {name: jobs[name] for name in JOBS if name in jobs}}


def settings_of(args: argparse.Namespace) -> dict:
    """What all points share."""
    from run_all import processor

    return {
        "date": datetime.now(UTC).date().isoformat(),
        "dim": args.dim,
        "photos_per_landmark": PHOTOS_PER_LANDMARK,
        "n_centroids": N_CENTROIDS,
        "processor": processor(),
        "threads": args.threads,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="How time and memory grow with the number of photos.")
    parser.add_argument("--n", type=int, action="append", help=f"photos; default: {SIZES}")
    parser.add_argument("--dim", type=int, default=128)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--job", choices=JOBS, action="append")
    parser.add_argument("--out", type=Path, help="JSON that points are added to; the plot lies beside it")
    parser.add_argument("--plot", action="store_true", help="measure nothing, draw again")
    args = parser.parse_args()
    found = json.loads(args.out.read_text()) if args.out and args.out.is_file() else {}
    for job in [] if args.plot else args.job or JOBS:
        for n in args.n or (*SIZES, *MORE.get(job, ())):
            answer = measure(job, n, args.dim, args.threads)
            if answer is None:
                print(f"{job}: {n:,} photos did not fit", flush=True)
                break
            print(f"{job}: {n:,} photos {answer[0]:.2f} CPU s, {answer[1]:,} MiB", flush=True)
            found = with_point(found, job, {"n": n, "seconds": answer[0], "mib": answer[1]})
            found |= {"settings": settings_of(args)}
            if args.out:
                args.out.write_text(json.dumps(found, indent=1) + "\n")
    for job, row in found["jobs"].items():
        print(f"{job}: time grows as N^{row['exponent_seconds']}, memory as N^{row['exponent_mib']}")
    if args.out:
        draw(found, args.out.with_suffix(".svg"))


if __name__ == "__main__":
    main()
