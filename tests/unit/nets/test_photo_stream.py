"""Photos on their way to the network: order, unreadable ones, what stops them, how far they run ahead."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from PIL import Image

from sightlab.data.photos import UnreadablePhoto, open_photo
from sightlab.nets import photo_stream
from sightlab.nets.backbones import square_photo
from sightlab.nets.photo_stream import (
    Timing,
    blocks_of,
    decode_all,
    in_order,
    photo_blocks,
    refuse_problems,
    rows_of,
)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Seven photos of noise, not square, and a text between them."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for i in range(7):
        pixels = rng.integers(0, 256, (40 + i, 60, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"photo_{i}.png")
    (folder / "photo_3a.png").write_text("no photo")
    return sorted(folder.iterdir())


class Means:
    """An engine whose row is the mean color; it notes how many photos came at once."""

    name = "means"

    def __init__(self):
        self.sizes = []

    def stream(self, blocks):
        for block in blocks:
            self.sizes.append(len(block))
            yield block.mean(axis=(1, 2)).astype(np.float32)


def squares(paths):
    return np.stack([square_photo(open_photo(path), 32) for path in paths])


def test_blocks_cover_the_rows_and_few_photos_are_shared_by_all_cores(monkeypatch):
    monkeypatch.setattr(photo_stream, "BLOCK", 4)
    monkeypatch.setattr(photo_stream, "available_cores", lambda: 2)
    assert list(blocks_of(slice(0, 10))) == [slice(0, 4), slice(4, 8), slice(8, 10)]
    assert list(blocks_of(slice(20, 25))) == [slice(20, 23), slice(23, 25)]  # 5 photos, 2 cores: 3 + 2
    assert list(blocks_of(slice(7, 8))) == [slice(7, 8)]
    assert list(blocks_of(slice(3, 3))) == []


def test_one_photo_needs_no_thread(files, monkeypatch):
    monkeypatch.setattr(photo_stream, "ThreadPoolExecutor", None)
    (block,) = photo_blocks(files[:1], 32)
    np.testing.assert_array_equal(block.photos[0], square_photo(open_photo(files[0]), 32))


def test_photos_come_in_order_and_unreadable_ones_are_named(files, monkeypatch):
    monkeypatch.setattr(photo_stream, "BLOCK", 3)
    blocks = list(photo_blocks(files, 32))
    assert [block.rows for block in blocks] == [slice(0, 3), slice(3, 6), slice(6, 8)]
    assert [block.kept for block in blocks] == [[0, 1, 2], [3, 5], [6, 7]]
    assert [block.problems for block in blocks] == [{}, {4: "not an image"}, {}]
    for block in blocks:
        assert np.array_equal(block.photos, squares([files[row] for row in block.kept]))
    refuse_problems(blocks[0], files)
    with pytest.raises(UnreadablePhoto, match=r"photo_3a\.png: not an image"):
        refuse_problems(blocks[1], files)


def test_only_the_rows_asked_for_are_decoded(files):
    (block,) = photo_blocks(files, 32, [slice(5, 7)])
    assert np.array_equal(block.photos, squares(files[5:7]))
    assert block.kept == [5, 6]


def test_rows_belong_to_their_photos_and_a_block_without_any_has_none(files, monkeypatch):
    monkeypatch.setattr(photo_stream, "BLOCK", 1)
    engine, timing = Means(), Timing()
    found = list(rows_of(engine, photo_blocks(files, 32), timing=timing))
    expected = squares([path for path in files if "3a" not in path.name]).mean(axis=(1, 2))
    np.testing.assert_allclose(np.concatenate([rows for _, rows in found]), expected, rtol=1e-6)
    assert [len(rows) for _, rows in found] == [1, 1, 1, 1, 0, 1, 1, 1]
    assert found[4][1].shape == (0, 3)  # as wide as the others, so that they can be joined
    assert (timing.n_photos, len(engine.sizes)) == (7, 8)
    assert 0 < timing.decode + timing.resize < 60
    assert 0 <= timing.waited <= timing.seconds
    assert str(timing).startswith("7 photos in ")


def test_timing_is_said_per_photo():
    # 10 photos in 2 s: 5 a second; 0.03 s / 10 = 3 ms; 0.01 s / 10 = 1 ms; 0.5 of 2 s waited
    said = str(Timing(n_photos=10, decode=0.03, resize=0.01, waited=0.5, seconds=2.0))
    assert said == (
        "10 photos in 2.0 s, 5 a second: decoding 3.00 and resizing 1.00 core-ms a photo; "
        "25% of the time the network waited for photos"
    )
    assert str(Timing()).startswith("0 photos")


def test_what_stops_decoding_names_the_photo(files, monkeypatch):
    def broken(path, min_side=None):
        if path == files[5]:
            raise MemoryError("no room")
        return open_photo(path, min_side)

    monkeypatch.setattr(photo_stream, "open_photo", broken)
    monkeypatch.setattr(photo_stream, "BLOCK", 2)
    blocks = photo_blocks(files, 32)
    assert [next(blocks).rows.start for _ in range(2)] == [0, 2]
    with pytest.raises(RuntimeError, match=r"Decoding stopped at .*photo_4\.png: MemoryError: no room"):
        next(blocks)


def test_results_keep_their_order_whoever_is_ready_first():
    def work(item):
        time.sleep(0.02 if item % 3 == 0 else 0)
        return item * item

    assert list(in_order(work, range(20), threads=4)) == [i * i for i in range(20)]
    assert list(in_order(work, [])) == []


def test_no_more_than_a_few_results_wait():
    """However many items there are: this is what keeps memory flat."""
    started = []
    results = in_order(lambda item: started.append(item) or item, iter(range(1000)), threads=2, ahead=5)
    for n in range(20):
        next(results)
        assert len(started) <= n + 1 + 5
    results.close()
    assert len(started) <= 25


def test_a_reader_that_leaves_drops_what_has_not_begun():
    begun, gate = [], threading.Event()

    def work(item):
        begun.append(item)
        if item:
            gate.wait(10)
        return item

    results = in_order(work, range(100), threads=2, ahead=50)
    next(results)
    threading.Timer(0.05, gate.set).start()
    results.close()
    assert len(begun) <= 6
    assert not [t for t in threading.enumerate() if t.name.startswith("photos")]


def test_an_error_comes_out_in_its_place():
    results = in_order(lambda item: 1 // item, [2, 1, 0, 5], threads=2)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)


INTERRUPTED = """
import signal, time
from sightlab.nets.photo_stream import in_order

signal.signal(signal.SIGINT, signal.default_int_handler)  # a background shell would leave it ignored

def work(item):
    time.sleep(0.01)
    return item

try:
    for item in in_order(work, range(100_000)):
        if item == 5:
            print("running", flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_ctrl_c_ends_the_process_and_leaves_none_behind():
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout.readline() == "running\n"
    os.kill(process.pid, signal.SIGINT)
    assert process.communicate(timeout=30)[0] == "interrupted\n"
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)  # nobody of its group is left


def test_all_photos_at_full_size(files):
    good = [path for path in files if "3a" not in path.name]
    assert [photo.shape[0] for photo in decode_all(good[::-1])] == [46, 45, 44, 43, 42, 41, 40]
    with pytest.raises(UnreadablePhoto, match="3a"):
        decode_all(files)
