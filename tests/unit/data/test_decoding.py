import importlib.util
import os
import struct
import sys
import threading
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

from sightlab.data.decoding import UnreadablePhoto, open_located, open_photo, photo_facts, read_gps
from tests.drawn import draw_landmark, save_photo

HEIGHT, WIDTH = 40, 64  # not square on purpose


@pytest.fixture
def drawn():
    return draw_landmark("red_tower", np.random.default_rng(0), (HEIGHT, WIDTH))


def corners(height=HEIGHT, width=WIDTH):
    """A photo that looks different after each of the eight turns: one color per quarter."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[: height // 2, : width // 2] = (255, 0, 0)
    pixels[: height // 2, width // 2 :] = (0, 255, 0)
    pixels[height // 2 :, : width // 2] = (0, 0, 255)
    pixels[height // 2 :, width // 2 :] = (255, 255, 255)
    return pixels


# What EXIF says: the stored row 0 and column 0 are which sides of the scene. To store a scene so that turn k
# shows it upright, apply the opposite of turn k. In numpy, for an array (H, W, 3):
STORED_FOR_TURN = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],  # row 0 top, column 0 right
    3: lambda a: a[::-1, ::-1],  # bottom, right
    4: lambda a: a[::-1],  # bottom, left
    5: lambda a: a.transpose(1, 0, 2),  # row 0 left, column 0 top
    6: lambda a: a.transpose(1, 0, 2)[::-1],  # row 0 right, column 0 top
    7: lambda a: a.transpose(1, 0, 2)[::-1, ::-1],  # row 0 right, column 0 bottom
    8: lambda a: a.transpose(1, 0, 2)[:, ::-1],  # row 0 left, column 0 bottom
}


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_every_exif_turn_shows_the_scene_upright(tmp_path, turn, ending):
    scene, path = corners(), tmp_path / f"a.{ending}"
    exif = Image.Exif()
    exif[0x0112] = turn
    stored = Image.fromarray(np.ascontiguousarray(STORED_FOR_TURN[turn](scene)))
    stored.save(path, exif=exif, **({"lossless": True} if ending == "webp" else {"quality": 95}))
    seen = open_photo(path)
    assert seen.shape == scene.shape
    assert np.abs(seen.astype(int) - scene)[4:16, 4:28].max() < 12  # inside a quarter; JPEG is not exact
    assert np.abs(seen.astype(int) - scene).mean() < 8
    facts = photo_facts(path)
    assert (facts["height"], facts["width"], facts["problem"]) == (HEIGHT, WIDTH, "")


@pytest.mark.parametrize("turn", [0, 9, 65535])
def test_a_turn_that_does_not_exist_is_no_turn(tmp_path, drawn, turn):
    path = save_photo(drawn, tmp_path / "a.jpg", turn=turn)
    np.testing.assert_array_equal(open_photo(path), open_photo(save_photo(drawn, tmp_path / "b.jpg")))


def test_result_is_uint8_rgb_and_writable(tmp_path, drawn):
    photo = open_photo(save_photo(drawn, tmp_path / "a.jpg"))
    assert photo.dtype == np.uint8
    assert photo.shape == (HEIGHT, WIDTH, 3)
    photo[:] = 0


@pytest.mark.parametrize(
    ("mode", "ending"),
    [("L", "jpg"), ("CMYK", "jpg"), ("1", "png"), ("P", "png"), ("RGBA", "png"), ("LA", "png"), ("P", "gif")],
)
def test_every_usual_kind_of_pixel_becomes_the_same_rgb(tmp_path, mode, ending):
    gray = Image.fromarray(np.repeat(np.repeat(np.array([[0, 255]], np.uint8), 32, axis=1), 40, axis=0))
    gray.convert(mode).save(tmp_path / f"a.{ending}")
    photo = open_photo(tmp_path / f"a.{ending}")
    assert photo.shape == (40, 64, 3)
    assert np.abs(photo.astype(int) - np.asarray(gray.convert("RGB"))).max() <= 3


def test_transparent_parts_are_white(tmp_path):
    pixels = np.zeros((4, 6, 4), dtype=np.uint8)
    pixels[..., 0] = 200
    pixels[:, :2, 3], pixels[:, 2:4, 3], pixels[:, 4:, 3] = 0, 255, 128
    Image.fromarray(pixels).save(tmp_path / "a.png")
    photo = open_photo(tmp_path / "a.png")
    assert photo[0, 0].tolist() == [255, 255, 255]
    assert photo[0, 2].tolist() == [200, 0, 0]
    # half: red 200 * 128/255 + 255 * 127/255 = 227.4; green 0 + 127
    assert np.abs(photo[0, 4].astype(int) - [227, 127, 127]).max() <= 1


def test_a_transparent_palette_color_is_white(tmp_path):
    photo = Image.new("P", (6, 4), 1)
    photo.putpalette([10, 20, 30, 200, 100, 50])
    photo.putpixel((0, 0), 0)
    photo.save(tmp_path / "a.png", transparency=0)
    assert open_photo(tmp_path / "a.png")[0, :2].tolist() == [[255, 255, 255], [200, 100, 50]]


def test_16_bits_are_scaled_not_cut(tmp_path):
    levels = np.array([[0, 257, 128 * 257, 65_535, 300, 65_300]], dtype=np.uint16)
    Image.fromarray(levels).save(tmp_path / "a.png")
    # 65,535 = 255 * 257, so level / 257, rounded: 300/257 = 1.17 -> 1, 65,300/257 = 254.09 -> 254
    assert open_photo(tmp_path / "a.png")[0, :, 0].tolist() == [0, 1, 128, 255, 1, 254]
    Image.fromarray(levels).save(tmp_path / "a.tif")
    np.testing.assert_array_equal(open_photo(tmp_path / "a.tif"), open_photo(tmp_path / "a.png"))


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (np.full((4, 6), 0.5, np.float32), "floating-point pixels"),
        (np.full((4, 6), 70_000, np.int32), "32-bit"),
    ],
)
def test_pixels_that_are_no_photo_are_refused(tmp_path, pixels, reason):
    Image.fromarray(pixels).save(tmp_path / "a.tif")
    with pytest.raises(UnreadablePhoto) as caught:
        open_photo(tmp_path / "a.tif")
    assert reason in caught.value.reason


@pytest.mark.parametrize(("size", "turn"), [((1000, 700), 1), ((700, 1000), 6), ((1000, 700), 8)])
@pytest.mark.parametrize("min_side", [80, 87, 88, 175, 349, 350, 351, 700, 5000])
def test_draft_decoding_never_goes_below_the_side_asked_for(tmp_path, size, turn, min_side):
    path = save_photo(Image.new("RGB", size, (90, 120, 30)), tmp_path / "a.jpg", turn=turn)
    photo, whole = open_photo(path, min_side=min_side), open_photo(path)
    assert min(photo.shape[:2]) >= min(min_side, 700)
    # the largest of 8, 4, 2, 1 by which 700 can be divided and still be >= min_side
    scale = next((s for s in (8, 4, 2) if 700 // s >= min_side), 1)
    assert photo.shape[:2] == tuple(-(-side // scale) for side in whole.shape[:2])


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "gif", "bmp", "tif"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_truncated_files_are_refused_with_and_without_draft(tmp_path, ending, share):
    grain = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    path = tmp_path / f"a.{ending}"
    Image.fromarray(grain).save(path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    for min_side in (None, 32):
        for opened in (open_photo, open_located):
            with pytest.raises(UnreadablePhoto):
                opened(path, min_side=min_side)
    if ending == "jpg":
        assert photo_facts(path)["problem"] == "truncated"
    assert photo_facts(path)["problem"]


def test_an_animated_photo_is_refused_and_a_single_frame_is_not(tmp_path):
    frames = [Image.new("RGB", (6, 4), color) for color in ("red", "green", "blue")]
    for ending in ("gif", "webp", "png"):
        path = tmp_path / f"a.{ending}"
        frames[0].save(path, save_all=True, append_images=frames[1:])
        assert photo_facts(path)["problem"] == "animated: 3 frames"
        frames[0].save(path)
        assert photo_facts(path)["problem"] == ""
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    assert photo_facts(tmp_path / "a.tif")["problem"] == "3 pages"


def test_a_phones_multi_picture_jpeg_is_its_first_picture(tmp_path):
    first, second = Image.new("RGB", (64, 40), (250, 0, 0)), Image.new("RGB", (64, 40), (0, 0, 250))
    first.save(tmp_path / "a.jpg", format="MPO", save_all=True, append_images=[second])
    assert np.abs(open_photo(tmp_path / "a.jpg").astype(int) - [250, 0, 0]).max() <= 3


def png_header(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims any size."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


@pytest.mark.parametrize(
    ("width", "height", "reason"),
    [
        (10_100, 10_000, "too large: 101 Mpixel"),
        (30_000, 10_000, "too large: 300 Mpixel"),  # above Pillow's own limit
    ],
)
def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path, width, height, reason):
    (tmp_path / "a.png").write_bytes(png_header(width, height))
    with pytest.raises(UnreadablePhoto) as caught:
        open_photo(tmp_path / "a.png")
    assert caught.value.reason == reason


def test_a_photo_between_pillows_warning_and_our_limit_is_opened(tmp_path, drawn, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", HEIGHT * WIDTH // 2 + 1)  # warnings are errors in tests
    assert open_photo(save_photo(drawn, tmp_path / "a.jpg")).shape == (HEIGHT, WIDTH, 3)


def test_the_pixel_limit_is_its_edge(tmp_path, drawn):
    path = save_photo(drawn, tmp_path / "a.jpg")
    open_photo(path, max_pixels=HEIGHT * WIDTH)
    with pytest.raises(UnreadablePhoto, match="too large"):
        open_photo(path, max_pixels=HEIGHT * WIDTH - 1)


def test_what_is_no_photo_gets_a_reason(tmp_path):
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("not a photo")
    (tmp_path / "program.jpg").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    (tmp_path / "folder.jpg").mkdir()
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    reasons = {name: photo_facts(tmp_path / f"{name}.jpg")["problem"] for name in
               ("empty", "text", "program", "folder", "pipe", "nowhere")}  # fmt: skip
    assert reasons == {
        "empty": "empty file",
        "text": "not an image",
        "program": "not an image",  # EPS would start Ghostscript
        "folder": "not a file",
        "pipe": "not a file",
        "nowhere": "missing",
    }
    assert photo_facts(tmp_path / "loop.jpg")["problem"].startswith("broken: ")
    assert photo_facts("nul\0byte.jpg")["problem"].startswith("broken: ")


def test_a_message_names_the_file_and_what_to_do(tmp_path):
    with pytest.raises(UnreadablePhoto, match=r"a.jpg: missing. Replace the file, or take it out") as caught:
        open_photo(tmp_path / "a.jpg")
    assert caught.value.path == tmp_path / "a.jpg"


def test_random_damage_gives_pixels_or_a_reason_never_another_error(tmp_path, drawn):
    rng = np.random.default_rng(0)
    for ending in ("jpg", "png", "gif", "webp", "tif", "bmp"):
        drawn.save(tmp_path / f"a.{ending}")
        whole = np.frombuffer((tmp_path / f"a.{ending}").read_bytes(), dtype=np.uint8)
        for _ in range(60):
            hurt = whole.copy()
            where = rng.integers(
                0, min(len(hurt), 400 if rng.random() < 0.5 else len(hurt)), rng.integers(1, 20)
            )
            hurt[where] = rng.integers(0, 256, len(where))
            (tmp_path / "b").write_bytes(hurt.tobytes())
            facts = photo_facts(tmp_path / "b", max_pixels=1_000_000)
            assert facts["problem"] or facts["width"] > 0


@pytest.mark.skipif(importlib.util.find_spec("pillow_heif") is not None, reason="pillow-heif is installed")
def test_heic_without_the_extra_names_the_extra(tmp_path):
    (tmp_path / "a.jpg").write_bytes(struct.pack(">I", 24) + b"ftypheic" + b"\0" * 100)
    assert (
        photo_facts(tmp_path / "a.jpg")["problem"]
        == "HEIC needs the extra heic: pip install 'sightlab[heic]'"
    )


def test_heic_with_a_broken_extra_is_still_an_answer(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    (tmp_path / "a.heic").write_bytes(struct.pack(">I", 24) + b"ftypmif1" + b"\0" * 100)
    assert "sightlab[heic]" in photo_facts(tmp_path / "a.heic")["problem"]


def test_broken_exif_spoils_neither_pixels_nor_position(tmp_path, drawn):
    drawn.save(tmp_path / "a.jpg", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff garbage")
    assert open_photo(tmp_path / "a.jpg").shape == (HEIGHT, WIDTH, 3)
    assert np.isnan(read_gps(tmp_path / "a.jpg")).all()


def test_many_threads_leave_the_callers_warning_filters_alone(tmp_path, drawn):
    path = save_photo(drawn, tmp_path / "a.jpg")
    with warnings.catch_warnings():
        warnings.simplefilter("error", category=UserWarning)
        before = list(warnings.filters)
        threads = [threading.Thread(target=lambda: [open_photo(path) for _ in range(50)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert warnings.filters == before


def test_read_gps_refuses_a_file_that_is_no_photo(tmp_path):
    with pytest.raises(UnreadablePhoto, match="missing"):
        read_gps(tmp_path / "a.jpg")
