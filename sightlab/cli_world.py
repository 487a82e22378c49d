"""The command `sightlab world`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

WORLD = """\
Draws the world that the tour runs on: photos of invented landmarks whose truth is known, in a
folder laid out like one of real photos. The same seed and size draw the same photos. A drawing that
was interrupted is continued by giving the command again.
"""


def add_world(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Adds the command; `command(name, work, summary, description)` makes its parser."""
    sub = command("world", _world, "draw a world of landmarks whose truth is known", WORLD)
    sub.add_argument(
        "--size",
        choices=("tiny", "tour", "large"),
        default="tour",
        help="about 200 photos, 3,100 (default), or as many as --n-photos says",
    )
    sub.add_argument("--n-photos", metavar="N", type=int, help="photos of a large world, 1000 or more")
    sub.add_argument("--seed", metavar="N", type=int, default=0, help="another number draws other photos")
    sub.add_argument("--out", metavar="DIR", type=Path, help="a new folder (default: in your cache folder)")
    sub.add_argument("--workers", metavar="N", type=int, help="processes that draw (default: all processors)")
    sub.add_argument("--depth", action="store_true", help="also write a depth map of every photo")


def _world(args: argparse.Namespace) -> int:
    from sightlab.data.world import World

    world = World.build(args.seed, args.size, args.out, args.n_photos, args.workers, args.depth)
    print(world.folder)  # alone on stdout, for scripts
    print(f"{world}. {world.manifest}", file=sys.stderr)
    return 0
