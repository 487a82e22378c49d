import math
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sightlab.data.decoding import open_located, open_photo, read_gps
from sightlab.data.exif import _degrees, position_of, taken_at
from tests.drawn import gps_tags, save_photo


def position_with(tags, tmp_path):
    exif = Image.Exif()
    exif[0x8825] = tags
    Image.new("RGB", (6, 4)).save(tmp_path / "a.jpg", exif=exif)
    return read_gps(tmp_path / "a.jpg")


def test_position_by_hand(tmp_path):
    # 51 + 12/60 + 30/3600 = 51.208333; 3 + 13/60 + 30/3600 = 3.225
    lat, lon = position_with({1: "N", 2: (51.0, 12.0, 30.0), 3: "E", 4: (3.0, 13.0, 30.0)}, tmp_path)
    assert lat == pytest.approx(51.2083333, abs=1e-6)
    assert lon == pytest.approx(3.225, abs=1e-6)


@pytest.mark.parametrize(
    ("lat", "lon"), [(51.2, 3.2), (-33.85, 151.2), (40.7, -74.0), (-22.9, -43.2), (0.0, 9.5)]
)
def test_all_four_hemispheres_come_back(tmp_path, lat, lon):
    path = save_photo(Image.new("RGB", (6, 4)), tmp_path / "a.jpg", gps=(lat, lon))
    assert read_gps(path) == pytest.approx((lat, lon), abs=1e-6)


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tif"])
def test_other_formats_carry_positions_too(tmp_path, ending):
    exif = Image.Exif()
    exif.get_ifd(0x8825).update(gps_tags(-33.85, 151.2))
    exif[0x8825] = gps_tags(-33.85, 151.2)  # Pillow writes TIFF from the one and PNG from the other
    exif[0x0112] = 6
    grain = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    path = tmp_path / f"a.{ending}"
    Image.fromarray(grain).save(path, exif=exif)
    assert read_gps(path) == pytest.approx((-33.85, 151.2), abs=1e-6)
    pixels, position = open_located(path)
    np.testing.assert_array_equal(pixels, open_photo(path))
    assert pixels.shape == (60, 40, 3)
    assert position == read_gps(path)


NAN = float("nan")
GOOD = {1: "N", 2: (51.0, 12.0, 30.0), 3: "E", 4: (3.0, 13.0, 30.0)}
UNTRUSTED = {
    "0,0 is how programs write none": {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
    "no latitude": {3: "E", 4: (3.0, 13.0, 30.0)},
    "no hemisphere": {2: (51.0, 12.0, 30.0), 4: (3.0, 13.0, 30.0)},
    "wrong hemisphere": GOOD | {1: "E"},
    "beyond the pole": GOOD | {2: (90.0, 0.0, 1.0)},
    "beyond the date line": GOOD | {4: (181.0, 0.0, 0.0)},
    "minutes beyond 60": GOOD | {2: (51.0, 99.0, 0.0)},
    "too many numbers": GOOD | {2: (1.0, 2.0, 3.0, 4.0)},
}


@pytest.mark.parametrize("tags", UNTRUSTED.values(), ids=UNTRUSTED.keys())
def test_a_position_that_cannot_be_trusted_is_none(tmp_path, tags):
    assert np.isnan(position_with(tags, tmp_path)).all()


def test_zero_by_zero_rationals_are_none(tmp_path):
    # TIFF rationals are pairs of integers; Pillow reads 0/0 as NaN
    exif = Image.Exif()
    exif[0x8825] = GOOD | {2: (51.0, 47.0, 30.0)}
    raw = exif.tobytes()
    assert raw[6:8] == b"MM"  # big-endian
    minutes = (47).to_bytes(4, "big") + (1).to_bytes(4, "big")
    assert raw.count(minutes) == 1
    Image.new("RGB", (6, 4)).save(tmp_path / "a.jpg", exif=raw.replace(minutes, bytes(8)))
    assert np.isnan(read_gps(tmp_path / "a.jpg")).all()
    Image.new("RGB", (6, 4)).save(tmp_path / "a.jpg", exif=raw)
    assert not np.isnan(read_gps(tmp_path / "a.jpg")).any()


def test_a_photo_without_exif_has_no_position(tmp_path):
    Image.new("RGB", (6, 4)).save(tmp_path / "a.jpg")
    assert np.isnan(read_gps(tmp_path / "a.jpg")).all()
    assert np.isnan(position_of(Image.new("RGB", (6, 4)))).all()


@given(st.floats(0, 90), st.sampled_from(["N", "S", b"S\0", "s ", " n"]))
def test_degrees_minutes_seconds_come_back(value, letter):
    minutes = value % 1 * 60
    parts = (float(int(value)), float(int(minutes)), minutes % 1 * 60)
    sign = -1 if letter in ("S", b"S\0", "s ") else 1
    assert _degrees(parts, letter, "N", "S", 90) == pytest.approx(sign * value, abs=1e-9)


@pytest.mark.parametrize("parts", [3.5, (3.5,), (3.0, 30.0), (3.0, 30.0, 0.0)])
def test_shorter_ways_to_write_degrees_are_understood(parts):
    assert _degrees(parts, "E", "E", "W", 180) == 3.5


@pytest.mark.parametrize("parts", [(NAN, 0.0, 0.0), (-1.0, 0.0, 0.0), (math.inf, 0.0, 0.0), ()])
def test_numbers_that_are_no_degrees(parts):
    assert math.isnan(_degrees(parts, "E", "E", "W", 180))


class TestTaken:
    def photo(self, **tags):
        photo = Image.new("RGB", (4, 4))
        exif = photo.getexif()
        if "original" in tags:
            exif.get_ifd(0x8769)[0x9003] = tags["original"]
        if "changed" in tags:
            exif[0x0132] = tags["changed"]
        return photo

    def test_the_moment_of_the_exposure_comes_first(self):
        found = taken_at(self.photo(original="2024:05:12 09:30:01", changed="2025:01:01 00:00:00"))
        assert found == datetime(2024, 5, 12, 9, 30, 1)
        assert taken_at(self.photo(changed="2025:01:01 00:00:00\0")) == datetime(2025, 1, 1)

    @pytest.mark.parametrize("written", ["0000:00:00 00:00:00", "yesterday", "", "    :  :     :  :  "])
    def test_no_date_is_none(self, written):
        assert taken_at(self.photo(original=written)) is None
        assert taken_at(self.photo()) is None
