"""How fast photos become embeddings: `embed_photos` beside the bare engine and beside a plain timm loop.

python benchmarks/bench_embed.py --photos folder --out embed.json
python benchmarks/bench_embed.py --engine torch --trunk resnet50 --weights none --batch 16

Three ways, the same photos, trunk, size, batch and cores:
  embed_photos   files in, unit embeddings out: decoding, squashing, network, checks
  bare engine    the same compiled network on photos that already lie decoded in memory: the upper limit
  plain loop     what one would write first: PIL, timm's own transform, torch, one photo after the other
Compiling is timed apart. The ways take turns, so that a busy minute hits all of them; the median counts.
Without --photos a folder of drawn photos is made, which decode faster than real ones.
"""

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from unittest.mock import patch

from measuring import fix_threads, take_turns, write_numbers


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Photos per second, three ways.")
    parser.add_argument("--photos", type=Path, help="folder of photos; none: photos are drawn")
    parser.add_argument("--n", type=int, default=512, help="photos taken, chosen with a fixed seed")
    parser.add_argument("--trunk", default="tf_efficientnet_lite0", help="any timm name")
    parser.add_argument("--weights", default="none", help='"packaged", "hub", a file, or "none": random')
    parser.add_argument("--size", type=int, default=224, help="side of the square, pixels")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--engine", default="auto", choices=("auto", "openvino", "torch"))
    parser.add_argument("--threads", type=int, default=2, help="cores that all three ways may use")
    parser.add_argument("--repeats", type=int, default=5, help="rounds; the median counts")
    parser.add_argument("--out", type=Path, help="flat JSON with the numbers and what they rest on")
    settings = parser.parse_args(arguments)
    if min(settings.n, settings.batch, settings.threads, settings.repeats) < 1:
        parser.error("--n, --batch, --threads and --repeats must be at least 1")
    return settings


def draw_photos(folder: Path, n: int) -> None:
    """n JPEGs of 256 x 192: smooth noise, about as hard to decode as a web thumbnail."""
    import cv2
    import numpy as np

    rng = np.random.default_rng(0)
    for i in range(n):
        small = rng.integers(0, 256, (24, 32, 3), dtype=np.uint8)
        photo = cv2.resize(small, (256, 192), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / f"{i:05d}.jpg"), photo)


def readable_photos(folder: Path, n: int, size: int) -> tuple[list[Path], list]:
    """n files, chosen with a fixed seed, and the same photos squashed; what cannot be read is passed over."""
    import numpy as np

    from sightlab.data.photos import UnreadablePhoto, find_photos, open_photo
    from sightlab.nets.backbones import square_photo

    files = find_photos([folder])
    paths, photos = [], []
    for i in np.random.default_rng(0).permutation(len(files)):
        if len(paths) == n:
            break
        try:
            photos.append(square_photo(open_photo(files[i], min_side=size), size))
            paths.append(files[i])
        except UnreadablePhoto:
            continue
    if not paths:
        raise SystemExit(f"no readable photo in {folder}")
    return paths, photos


def plain_loop(trunk, paths: list[Path], size: int, batch: int, device: str) -> None:
    """timm as in its own examples: transform, stack, forward."""
    import timm.data
    import torch
    from PIL import Image

    config = timm.data.resolve_data_config({"input_size": (3, size, size)}, model=trunk)
    transform = timm.data.create_transform(**config)
    with torch.inference_mode():
        for first in range(0, len(paths), batch):
            opened = [Image.open(path).convert("RGB") for path in paths[first : first + batch]]
            trunk(torch.stack([transform(photo) for photo in opened]).to(device)).cpu()


def measure(settings: argparse.Namespace, folder: Path) -> dict:
    import numpy as np
    import torch

    from sightlab.nets import embedding
    from sightlab.nets.backbones import batches, create_trunk
    from sightlab.nets.engine import compile_engine
    from sightlab.nets.network import NetworkConfig, create_network

    weights = None if settings.weights == "none" else settings.weights
    config = NetworkConfig(settings.trunk, weights, input_size=settings.size, frozen_stages=0)
    network = create_network(config)
    paths, photos = readable_photos(folder, settings.n, settings.size)
    photos = np.stack(photos)
    names = [str(row) for row in range(len(paths))]
    started = perf_counter()
    engine = compile_engine(
        embedding.Embedder(network), settings.size, settings.engine, threads=settings.threads
    )
    compiling = perf_counter() - started
    device = "cuda" if torch.cuda.is_available() else "cpu"
    trunk = create_trunk(settings.trunk, weights).eval().to(device)

    def whole():
        with (
            patch.object(embedding, "compile_engine", lambda *_, **__: engine),  # compiled once, timed apart
            patch.object(embedding, "BATCH", settings.batch),
        ):
            return embedding.embed_photos(network, names, paths, engine=settings.engine, progress=None)

    def bare():
        return [engine(photos[part]) for part in batches(len(photos), settings.batch)]

    if np.abs(whole().vectors - np.concatenate(bare())).max() > 1e-3:
        raise SystemExit("embed_photos and the bare engine do not agree: their speeds cannot be compared")
    ways = {
        "embed_photos": whole,
        "bare_engine": bare,
        "plain_loop": lambda: plain_loop(trunk, paths, settings.size, settings.batch, device),
    }
    seconds = take_turns(ways, settings.repeats)
    numbers: dict = {}
    for name, values in seconds.items():
        numbers[f"{name}_photos_per_second"] = len(paths) / statistics.median(values)
        numbers[f"{name}_photos_per_second_min"] = len(paths) / max(values)
        numbers[f"{name}_photos_per_second_max"] = len(paths) / min(values)
    speed = {name: numbers[f"{name}_photos_per_second"] for name in ways}
    return numbers | {
        "embed_photos_per_bare_engine": speed["embed_photos"] / speed["bare_engine"],
        "embed_photos_per_plain_loop": speed["embed_photos"] / speed["plain_loop"],
        "compile_seconds": compiling,
        "n_photos": len(paths),
        "trunk": settings.trunk,
        "engine": engine.name,
        "input_size": settings.size,
        "batch": settings.batch,
        "threads": settings.threads,
        "repeats": settings.repeats,
        "photos": "given" if settings.photos else "drawn",
    }


def main(arguments: Sequence[str] | None = None) -> None:
    settings = parse(arguments)
    settings.threads = fix_threads(settings.threads)
    with tempfile.TemporaryDirectory() as drawn:
        if settings.photos is None:
            draw_photos(Path(drawn), settings.n)
        numbers = measure(settings, settings.photos or Path(drawn))
    print(f"{numbers['n_photos']} {numbers['photos']} photos, {settings.trunk} at {settings.size} px")
    print(f"batch {settings.batch}, {settings.threads} threads, {numbers['engine']}")
    print(f"photos per second, median of {settings.repeats} (slowest to fastest round)")
    for name in ("embed_photos", "bare_engine", "plain_loop"):
        low, high = (numbers[f"{name}_photos_per_second_{end}"] for end in ("min", "max"))
        speed = numbers[f"{name}_photos_per_second"]
        print(f"  {name:13s} {speed:8.1f} ({low:.1f} to {high:.1f})")
    print(f"  embed_photos / bare engine  {numbers['embed_photos_per_bare_engine']:.2f}")
    print(f"  embed_photos / plain loop   {numbers['embed_photos_per_plain_loop']:.2f}")
    print(f"  compiling, once             {numbers['compile_seconds']:.1f} s")
    write_numbers(numbers, settings.out)


if __name__ == "__main__":
    main()
