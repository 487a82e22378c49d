"""How long the complete-linkage tree of one landmark takes: sightlab, scipy, fastcluster, scikit-learn.

python benchmarks/bench_linkage.py --n 2000 --dim 256

All start from embeddings and must merge at the same heights. fastcluster is measured where it is installed.
"""

import argparse

from measuring import Row, finish, fix_threads, milliseconds, parser_of, take_turns, times_better


def draw_embeddings(n: int, dim: int):
    """Unit rows around five views."""
    import numpy as np

    rng = np.random.default_rng(0)
    views = rng.standard_normal((5, dim))
    rows = views[rng.integers(5, size=n)] + rng.standard_normal((n, dim)) * 0.7
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def ways_of(vectors) -> dict:
    """Name -> the merge heights by that library."""
    from scipy.cluster.hierarchy import linkage
    from sklearn.cluster import AgglomerativeClustering

    from sightlab.recognition.trees import linkage_of

    tree = AgglomerativeClustering(None, distance_threshold=0, linkage="complete", compute_distances=True)
    ways = {
        "sightlab": lambda: linkage_of(vectors)[:, 2],
        "scipy": lambda: linkage(vectors, method="complete", metric="euclidean")[:, 2],
        "scikit-learn": lambda: tree.fit(vectors).distances_,
    }
    try:
        import fastcluster
    except ImportError:
        return ways
    ways["fastcluster"] = lambda: fastcluster.linkage(vectors, method="complete", metric="euclidean")[:, 2]
    return ways


def measure(settings: argparse.Namespace) -> tuple[list[Row], dict]:
    import numpy as np

    ways = ways_of(draw_embeddings(settings.n, settings.dim))
    heights = {name: np.sort(way()) for name, way in ways.items()}
    for name, found in heights.items():
        if np.abs(found - heights["scipy"]).max() > 1e-5:
            raise SystemExit(f"{name} merges at other heights than scipy: the speeds cannot be compared")
    seconds = take_turns(ways, settings.rounds)
    ms = milliseconds(seconds)
    what, rows = f"complete-linkage tree, {settings.n:,} photos x {settings.dim}", []
    for name in ("scipy", "fastcluster", "scikit-learn"):
        if name not in ways:
            rows.append(Row(what, ms["sightlab"], name, None, "ms", note="not installed"))
            continue
        ratio, spread = times_better(seconds["sightlab"], seconds[name])
        key = "linkage_vs_scipy" if name == "scipy" else ""
        rows.append(Row(what, ms["sightlab"], name, ms[name], "ms", ratio, key, spread))
    return rows, {f"linkage_milliseconds_{name.replace('-', '_')}": value for name, value in ms.items()}


def main() -> None:
    settings = parser_of(__doc__.splitlines()[0], n=2000, dim=256).parse_args()
    settings.threads = fix_threads(settings.threads)
    rows, numbers = measure(settings)
    finish(rows, numbers, settings.out)


if __name__ == "__main__":
    main()
