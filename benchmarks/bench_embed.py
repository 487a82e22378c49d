"""How fast photos become embeddings: `embed_photos`, the bare engine, and a timm DataLoader loop.

python benchmarks/bench_embed.py --photos folder
python benchmarks/bench_embed.py --engine openvino-f32 --trunk resnet50 --weights none --n 64 --n-loop 32

Three ways, the same trunk, size and cores:
  embed_photos   files in, unit embeddings out: decoding, squashing, network, checks
  bare engine    the same compiled network on photos that already lie decoded in memory: the upper limit
  timm loop      what one would write first: a Dataset with timm's own transform, a DataLoader with a worker
                 for each core, torch in float32
Without --photos JPEGs of 256 px are drawn.
"""

import argparse
import tempfile
from pathlib import Path
from time import perf_counter

from measuring import Row, finish, fix_threads, parser_of, per_second, take_turns, times_better


def draw_photos(folder: Path, n: int, width: int = 256, height: int = 192) -> list[Path]:
    """JPEGs of smooth noise with a little grain, about as hard to decode as photos of their size."""
    import cv2
    import numpy as np

    rng, paths = np.random.default_rng(0), []
    for i in range(n):
        small = rng.integers(0, 256, (24, 32, 3), dtype=np.uint8)
        photo = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.int16)
        photo += rng.integers(-6, 7, (height, width, 1), dtype=np.int16)
        paths.append(folder / f"{i:05d}.jpg")
        cv2.imwrite(str(paths[-1]), photo.clip(0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 90])
    return paths


def readable_photos(folder: Path, n: int) -> list[Path]:
    """n readable files, chosen with a fixed seed."""
    import numpy as np

    from sightlab.data.photos import find_photos, photo_facts

    files = [path for path in find_photos([folder]) if path.suffix.lower() in (".jpg", ".jpeg", ".png")]
    readable = []
    for i in np.random.default_rng(0).permutation(len(files)):
        if len(readable) == n:
            break
        if not photo_facts(files[i])["problem"]:
            readable.append(files[i])
    if not readable:
        raise SystemExit(f"no readable photo in {folder}")
    return readable


def timm_loop(trunk, paths: list[Path], size: int, threads: int) -> None:
    """timm as in its own examples, with a worker process for each core."""
    import timm.data
    import torch
    from PIL import Image
    from torch.utils.data import DataLoader, Dataset

    config = timm.data.resolve_data_config({"input_size": (3, size, size)}, model=trunk)
    transform = timm.data.create_transform(**config)

    class Files(Dataset):
        def __len__(self):
            return len(paths)

        def __getitem__(self, row):
            return transform(Image.open(paths[row]).convert("RGB"))

    with torch.inference_mode():
        for batch in DataLoader(Files(), batch_size=32, num_workers=threads):
            trunk(batch)


def measure(settings: argparse.Namespace, paths: list[Path]) -> tuple[list[Row], dict]:
    import numpy as np
    import torch

    from sightlab.nets.backbones import batches, create_trunk
    from sightlab.nets.embedding import Embedder, embed_photos
    from sightlab.nets.engine import compile_engine
    from sightlab.nets.network import NetworkConfig, create_network
    from sightlab.nets.photo_stream import BLOCK, Timing, photo_blocks

    torch.set_num_threads(settings.threads)
    weights = None if settings.weights == "none" else settings.weights
    network = create_network(NetworkConfig(settings.trunk, weights, settings.size, frozen_stages=0))
    photos = np.concatenate([block.photos for block in photo_blocks(paths, settings.size)])
    names = [str(row) for row in range(len(paths))]
    started = perf_counter()
    engine = compile_engine(Embedder(network), settings.size, settings.engine, threads=settings.threads)
    compiling = perf_counter() - started
    trunk = create_trunk(settings.trunk, weights).eval()

    def whole():
        return embed_photos(network, names, paths, engine=engine, progress=None)

    def bare():
        return np.concatenate(list(engine.stream(photos[part] for part in batches(len(photos), BLOCK))))

    if (whole().vectors * bare()).sum(axis=1).min() < 0.999:
        raise SystemExit("embed_photos and the bare engine do not agree: their speeds cannot be compared")
    few = paths[: settings.n_loop]
    ways = {
        "whole": whole,
        "bare": bare,
        "loop": lambda: timm_loop(trunk, few, settings.size, settings.threads),
    }
    seconds = take_turns(ways, settings.rounds)
    seconds["loop"] = [s * len(paths) / len(few) for s in seconds["loop"]]
    speed = per_second(len(paths), seconds)
    what, rows = f"embed photos, {settings.trunk} at {settings.size} px", []
    for way, rival, key in (
        ("loop", "timm + DataLoader, torch float32", "embed_vs_timm_loop"),
        ("bare", f"bare {engine.name}", "embed_vs_bare_engine"),
    ):
        ratio, spread = times_better(seconds["whole"], seconds[way])
        rows.append(Row(what, speed["whole"], rival, speed[way], "photos/s", ratio, key, spread))
    last = Timing()
    embed_photos(network, names, paths, engine=engine, progress=None, timing=last)
    print(f"where the time of embed_photos goes: {last}")
    return rows, {
        "embed_photos_per_second": speed["whole"],
        "bare_engine_photos_per_second": speed["bare"],
        "timm_loop_photos_per_second": speed["loop"],
        "decode_core_ms": 1000 * last.decode / last.n_photos,
        "resize_core_ms": 1000 * last.resize / last.n_photos,
        "embed_waits_for_photos": last.waited / last.seconds,
        "compile_seconds": compiling,
        "engine": engine.name,
        "embed_n_photos": len(paths),
        "embed_photos_are": "given" if settings.photos else "drawn",
    }


def main() -> None:
    parser = parser_of(__doc__.splitlines()[0], n=1024, n_loop=160, size=224)
    parser.add_argument("--photos", type=Path, help="folder of photos; none: photos are drawn")
    parser.add_argument("--trunk", default="tf_efficientnet_lite0", help="any timm name")
    parser.add_argument("--weights", default="packaged", help='"packaged", "hub", a file, or "none": random')
    parser.add_argument("--engine", default="auto", help="see sightlab.nets.engine.ENGINES")
    settings = parser.parse_args()
    settings.threads = fix_threads(settings.threads)
    with tempfile.TemporaryDirectory() as drawn:
        if settings.photos is None:
            paths = draw_photos(Path(drawn), settings.n)
        else:
            paths = readable_photos(settings.photos, settings.n)
        rows, numbers = measure(settings, paths)
    finish(rows, numbers, settings.out)


if __name__ == "__main__":
    main()
