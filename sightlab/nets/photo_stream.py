"""Photos on their way to the network: decoded and squashed by threads that stay a few blocks ahead of it.

Threads, not processes: Pillow and OpenCV let go of Python while they work, nothing has to be copied between
processes, and Ctrl-C leaves no orphan. Pillow decodes; OpenCV would take 0.27 instead of 0.41 core-ms for a
256-px JPEG, of some 5 that a photo costs with its network, but it accepts truncated files.

Shapes: b photos of one block, SxS photo as the network sees it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
from jaxtyping import Float, UInt8
from tqdm.auto import tqdm

from sightlab.data.photos import UnreadablePhoto, open_photo
from sightlab.nets.backbones import square_photo
from sightlab.nets.engine import Engine, available_cores

BLOCK = 32  # photos that one thread decodes in a row
AHEAD = 2  # blocks that wait ready for each core: 10 MB a core at 224 px

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass
class Timing:
    """Where the time of a stream went. Core-seconds of all threads, except `waited` and `seconds`."""

    n_photos: int = 0
    decode: float = 0.0  # core-seconds from file to pixels
    resize: float = 0.0  # core-seconds of squashing
    waited: float = 0.0  # seconds in which the network had to wait for photos
    seconds: float = 0.0  # from the first photo to the last row

    def add(self, block: Block, seconds: float) -> None:
        """Counts a finished block; `seconds` since the start of the stream."""
        self.n_photos += len(block.kept)
        self.decode += block.decode
        self.resize += block.resize
        self.seconds = seconds

    def __str__(self) -> str:
        n, seconds = max(self.n_photos, 1), max(self.seconds, 1e-9)
        return (
            f"{self.n_photos:,} photos in {seconds:.1f} s, {self.n_photos / seconds:.0f} a second: decoding "
            f"{1000 * self.decode / n:.2f} and resizing {1000 * self.resize / n:.2f} core-ms a photo; "
            f"{self.waited / seconds:.0%} of the time the network waited for photos"
        )


@dataclass(eq=False)
class Block:
    """Some photos in a row, ready for the network."""

    rows: slice  # which of the paths
    kept: list[int] = field(default_factory=list)  # which of them could be read, in order
    problems: dict[int, str] = field(default_factory=dict)  # row -> why a photo could not be read
    photos: UInt8[np.ndarray, "b S S 3"] | None = None  # of the kept; one black photo if there are none
    decode: float = 0.0  # core-seconds
    resize: float = 0.0


def in_order(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    threads: int | None = None,
    ahead: int | None = None,
) -> Iterator[Result]:
    """`work(item)` of every item, in order, computed by threads a little ahead of the reader.

    Memory holds no more than `ahead` results, however many items there are. What `work` raises comes out in
    its place; a reader that leaves early, by Ctrl-C too, drops what has not begun.

    Args:
        threads: None: one for each core.
        ahead: results that may wait; None: `AHEAD` for each thread.
    """
    threads = threads or available_cores()
    items = iter(items)
    with ThreadPoolExecutor(threads, thread_name_prefix="photos") as pool:
        waiting = deque(pool.submit(work, item) for item in islice(items, ahead or AHEAD * threads))
        try:
            while waiting:
                result = waiting.popleft().result()
                waiting.extend(pool.submit(work, item) for item in islice(items, 1))
                yield result
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def blocks_of(rows: slice) -> Iterator[slice]:
    """Slices that cover these rows: `BLOCK` each, or fewer where a few photos must be shared by all cores."""
    size = max(1, min(BLOCK, -(-(rows.stop - rows.start) // available_cores())))
    for start in range(rows.start, rows.stop, size):
        yield slice(start, min(start + size, rows.stop))


def photo_blocks(
    paths: Sequence[Path], size: int, parts: Iterable[slice] | None = None, threads: int | None = None
) -> Iterator[Block]:
    """Photos in order, decoded and squashed ahead; a block may have lost its unreadable ones.

    Args:
        paths: (N,) files.
        size: side of the square, pixels.
        parts: the rows of each block; None: all rows, see `blocks_of`.
        threads: that decode; None: one for each core.
    Raises:
        RuntimeError: see `pixels_of`.
    """

    def prepare(rows: slice) -> Block:
        block, squares = Block(rows), []
        for row, path in enumerate(paths[rows], start=rows.start):
            started = time.thread_time()
            try:
                photo = pixels_of(path, size)
            except UnreadablePhoto as problem:
                block.problems[row] = problem.reason
                continue
            opened = time.thread_time()
            squares.append(square_photo(photo, size))
            block.kept.append(row)
            block.decode += opened - started
            block.resize += time.thread_time() - opened
        block.photos = np.stack(squares) if squares else np.zeros((1, size, size, 3), np.uint8)
        return block

    blocks = list(blocks_of(slice(0, len(paths))) if parts is None else parts)
    if len(blocks) == 1:
        return map(prepare, blocks)  # one photo now and then: starting a thread costs as much as decoding
    return in_order(prepare, blocks, threads)


def pixels_of(path: Path, min_side: int | None = None) -> UInt8[np.ndarray, "H W 3"]:
    """`open_photo` in a thread, where an error would not say by itself which photo it was about.

    Raises:
        UnreadablePhoto: a broken file.
        RuntimeError: decoding itself failed (no memory left, a bug), with the photo.
    """
    try:
        return open_photo(path, min_side)
    except UnreadablePhoto:
        raise
    except Exception as error:
        raise RuntimeError(f"Decoding stopped at {path}: {type(error).__name__}: {error}") from error


def rows_of(
    engine: Engine, blocks: Iterable[Block], bar: tqdm | None = None, timing: Timing | None = None
) -> Iterator[tuple[Block, Float[np.ndarray, "b ..."]]]:
    """Each block with the rows of its kept photos; the network works on one while the next are decoded.

    `bar` and `timing` are kept up to date.
    """
    timing = Timing() if timing is None else timing
    under_way: deque[Block] = deque()
    started = time.perf_counter()

    def photos() -> Iterator[np.ndarray]:
        asked = time.perf_counter()
        for block in blocks:
            timing.waited += time.perf_counter() - asked
            under_way.append(block)
            yield block.photos
            asked = time.perf_counter()

    for rows in engine.stream(photos()):
        block = under_way.popleft()
        timing.add(block, time.perf_counter() - started)
        if bar is not None:
            bar.update(len(block.kept) + len(block.problems))
        yield block, rows[: len(block.kept)]


def refuse_problems(block: Block, paths: Sequence[Path]) -> None:
    """For steps that need every photo.

    Raises:
        UnreadablePhoto: the first photo of the block that could not be decoded.
    """
    for row, reason in block.problems.items():
        raise UnreadablePhoto(paths[row], reason)


def decode_all(paths: Sequence[Path]) -> list[UInt8[np.ndarray, "H W 3"]]:
    """Photos at full size, decoded by all cores.

    Raises:
        UnreadablePhoto: the first photo that cannot be decoded; survey the photos before training.
    """
    with ThreadPoolExecutor(available_cores()) as pool:
        return list(pool.map(pixels_of, paths))
