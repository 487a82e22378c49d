"""How fast phone photos of 6 megapixels become embeddings, with and without reading JPEGs at reduced size.

python benchmarks/bench_large_photos.py

`open_photo(path, min_side)` lets the JPEG decoder stop at the size that is needed ("draft"): most of the
work of a large photo is never done. Both ways run through `embed_photos`. Photos are drawn.
"""

import argparse
import tempfile
from pathlib import Path
from time import thread_time
from unittest.mock import patch

from bench_embed import draw_photos
from measuring import Row, finish, fix_threads, parser_of, per_second, take_turns, times_better


def measure(settings: argparse.Namespace, paths: list[Path]) -> tuple[list[Row], dict]:
    from sightlab.data.photos import open_photo
    from sightlab.nets import photo_stream
    from sightlab.nets.embedding import Embedder, embed_photos
    from sightlab.nets.engine import compile_engine
    from sightlab.nets.network import NetworkConfig, create_network

    network = create_network(NetworkConfig(input_size=224, frozen_stages=0))
    engine = compile_engine(Embedder(network), 224, threads=settings.threads)
    names = [str(row) for row in range(len(paths))]

    def draft():
        return embed_photos(network, names, paths, engine=engine, progress=None)

    def plain():
        with patch.object(photo_stream, "open_photo", lambda path, min_side: open_photo(path)):
            return draft()

    if (draft().vectors * plain().vectors).sum(axis=1).min() < 0.98:
        raise SystemExit("photos read at reduced size are embedded elsewhere: the speeds cannot be compared")
    seconds = take_turns({"draft": draft, "plain": plain}, settings.rounds)
    ratio, spread = times_better(seconds["draft"], seconds["plain"])
    speed, core_ms = per_second(len(paths), seconds), {}
    for name, min_side in (("draft", 224), ("plain", None)):
        started = thread_time()
        for path in paths:
            open_photo(path, min_side)
        core_ms[name] = 1000 * (thread_time() - started) / len(paths)
    what = "embed photos of 6 megapixels, lite0 at 224 px"
    row = Row(what, speed["draft"], "decoded at full size", speed["plain"], "photos/s", ratio, "", spread)
    return [row], {
        "large_photos_per_second": speed["draft"],
        "large_photos_per_second_plain": speed["plain"],
        "large_decode_core_ms": core_ms["draft"],
        "large_decode_core_ms_plain": core_ms["plain"],
        "large_photo_megabytes": sum(path.stat().st_size for path in paths) / len(paths) / 1e6,
    }


def main() -> None:
    settings = parser_of(__doc__.splitlines()[0], n=24, rounds=3).parse_args()
    settings.threads = fix_threads(settings.threads)
    with tempfile.TemporaryDirectory() as folder:
        rows, numbers = measure(settings, draw_photos(Path(folder), settings.n, 3000, 2000))
    finish(rows, numbers, settings.out)


if __name__ == "__main__":
    main()
