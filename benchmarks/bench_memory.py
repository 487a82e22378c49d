"""Whether memory stays flat over 100,000 photos: `embed_photos` with a workspace, watched from inside.

python benchmarks/bench_memory.py --n 100000
python benchmarks/bench_memory.py --n 20000 --size 64
python benchmarks/bench_memory.py --growth benchmarks/growth.json     for BENCHMARKS.md

A few drawn photos are named again and again. The table itself grows by 4 bytes a number of an
embedding and has to; what must not grow is the rest. Reported: resident memory after the first shards, at the
end of the stream, and the peak while the table is put together.
"""

import argparse
import json
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

from bench_embed import draw_photos
from measuring import finish, fix_threads, parser_of


def resident_megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure(settings: argparse.Namespace, folder: Path) -> dict:
    import resource

    from sightlab.nets import embedding
    from sightlab.nets.network import NetworkConfig, create_network
    from sightlab.workspace import Workspace

    drawn = draw_photos(folder, 64)
    paths = [drawn[row % len(drawn)] for row in range(settings.n)]
    names = [f"photo_{row:07d}" for row in range(settings.n)]
    network = create_network(NetworkConfig(input_size=settings.size, frozen_stages=0))
    seen, store = [], embedding.store

    def watched(*arguments):
        store(*arguments)
        seen.append(resident_megabytes())

    with patch.object(embedding, "store", watched):
        table = embedding.embed_photos(network, names, paths, Workspace(folder / "workspace"))
    early = seen[min(4, len(seen) - 1)]  # pools, caches and compiled kernels are all there by then
    return {
        "memory_n_photos": len(table),
        "memory_after_5_shards_megabytes": early,
        "memory_end_of_stream_megabytes": seen[-1],
        "memory_growth_megabytes": seen[-1] - early,
        "memory_peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
        "memory_table_megabytes": table.vectors.nbytes / 1e6,
    }


def add_to_growth(path: Path, numbers: dict, size: int) -> None:
    """Puts the numbers beside those of `bench_growth.py`, from which BENCHMARKS.md is written."""
    from run_all import processor

    found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    facts = {"date": datetime.now(UTC).date().isoformat(), "size": size, "processor": processor()}
    whole = {name: round(value) for name, value in numbers.items()}
    path.write_text(json.dumps(found | {"photo_path": whole | facts}, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = parser_of(__doc__.splitlines()[0], n=100_000, size=96)
    parser.add_argument("--growth", type=Path, help="JSON of bench_growth.py that the numbers are added to")
    settings = parser.parse_args()
    settings.threads = fix_threads(settings.threads)
    with tempfile.TemporaryDirectory() as folder:
        numbers = measure(settings, Path(folder))
    for name, value in numbers.items():
        print(f"  {name:35s} {value:,.0f}")
    finish([], numbers, settings.out)
    if settings.growth:
        add_to_growth(settings.growth, numbers, settings.size)


if __name__ == "__main__":
    main()
