"""Developing and writing a photo: what it should do to the light, and that sightlab reads its own files."""

import math
from inspect import unwrap

import numpy as np
import pytest
from PIL import Image

from sightlab.checks import InputError
from sightlab.data.drawn.light.photo import DevelopConfig, _disc, _stroke, develop, write_jpeg
from sightlab.data.photos import open_photo, read_gps

PLAIN = DevelopConfig(saturation=1, vignette=0, noise=0)


def gray(level: float, size=(6, 8)) -> np.ndarray:
    return np.full((*size, 3), level, dtype=np.float32)


def test_tone_curve_by_hand():
    # light 0.5: x = 0.4; (0.4 (2.51 0.4 + 0.03)) / (0.4 (2.43 0.4 + 0.59) + 0.14) = 0.4136 / 0.7648 = 0.5408
    # sRGB: 1.055 0.5408^(1/2.4) - 0.055 = 0.7615 -> 194
    assert develop(gray(0.5), PLAIN)[0, 0].tolist() == [194] * 3
    assert develop(gray(0), PLAIN).max() == 0


def test_brighter_light_is_never_darker():
    ramp = np.linspace(0, 12, 3000, dtype=np.float32)[None, :, None].repeat(3, axis=2)
    levels = develop(ramp, PLAIN)[0, :, 0].astype(int)
    assert (np.diff(levels) >= 0).all()
    assert levels[-1] >= 250


def test_a_stop_doubles_the_light():
    one_more = DevelopConfig(exposure=1, saturation=1, vignette=0, noise=0)
    np.testing.assert_array_equal(develop(gray(0.2), one_more), develop(gray(0.4), PLAIN))


def test_white_balance_moves_red_against_blue():
    warm, cold = (develop(gray(0.3), DevelopConfig(warmth=w, noise=0, vignette=0))[0, 0] for w in (0.5, -0.5))
    assert warm[0] > cold[0]
    assert warm[2] < cold[2]


def test_saturation_zero_is_gray():
    rng = np.random.default_rng(0)
    photo = develop(rng.random((5, 7, 3), dtype=np.float32), DevelopConfig(saturation=0, noise=0))
    assert np.ptp(photo, axis=2).max() == 0


def test_the_vignette_darkens_corners_only():
    photo = develop(gray(0.5, (41, 61)), DevelopConfig(vignette=0.5, noise=0, saturation=1))
    assert photo[20, 30, 0] == develop(gray(0.5), PLAIN)[0, 0, 0]
    # in the corner half of the light is left
    assert photo[0, 0, 0] == develop(gray(0.25), PLAIN)[0, 0, 0]
    # in the middle of a side half as far out in squares: 1 - 0.5 (1/2)^2 = 0.875
    assert photo[20, 0, 0] == develop(gray(0.5 * 0.875), PLAIN)[0, 0, 0]


def test_grain_is_seeded_even_and_grows_with_the_light():
    config = DevelopConfig(noise=0.5, vignette=0, saturation=1)
    one = develop(gray(0.2, (80, 100)), config, seed=1)
    np.testing.assert_array_equal(one, develop(gray(0.2, (80, 100)), config, seed=1))
    assert not np.array_equal(one, develop(gray(0.2, (80, 100)), config, seed=2))
    assert one.mean() == pytest.approx(develop(gray(0.2), PLAIN).mean(), abs=3)
    assert one.std() > develop(gray(0.2, (80, 100)), DevelopConfig(noise=0.1, vignette=0), seed=1).std() * 3


def test_kernels_by_hand():
    # radius 1: the middle and its four neighbors whole at distance 0 and 1 -> 1 + 4 0.5; corners
    # 1.5 - 1.414 = 0.086 each; sum 3.343
    disc = _disc(1.0)
    assert disc.shape == (3, 3)
    assert disc[1, 1] == pytest.approx(1 / 3.343, abs=1e-3)
    assert disc[0, 1] == pytest.approx(0.5 / 3.343, abs=1e-3)
    flat = _stroke(4.0, 0.0)  # 2 pixels to either side, in one row
    assert flat.shape == (5, 5)
    assert flat[[0, 1, 3, 4]].sum() == 0
    up = _stroke(4.0, 90.0)
    np.testing.assert_allclose(up, flat.T, atol=1e-6)
    slope = _stroke(8.0, 45.0)
    assert slope[0, -1] < slope[2, -3]  # rises to the right
    assert slope[2, -3] > 0
    assert slope[2, 2] == pytest.approx(0, abs=1e-6)
    for kernel in (disc, flat, slope, _disc(0), _stroke(0, 30), _disc(3.7)):
        assert kernel.sum() == pytest.approx(1, abs=1e-6)


def test_blur_spreads_light_and_keeps_its_amount():
    point = np.zeros((21, 25, 3), dtype=np.float32)
    point[10, 12] = 1
    for config in (
        DevelopConfig(defocus=2, noise=0, vignette=0),
        DevelopConfig(motion=6, noise=0, vignette=0),
    ):
        photo = develop(point, config)
        assert photo[10, 12].max() < develop(point, PLAIN)[10, 12].max()
        assert (photo[:, :, 0] > 0).sum() > 4
    assert (
        develop(point, DevelopConfig(motion=6, noise=0))[:10] == 0
    ).all()  # a level shake stays in its row
    np.testing.assert_array_equal(develop(gray(0.4), DevelopConfig(defocus=3, noise=0, vignette=0)),
                                  develop(gray(0.4), DevelopConfig(noise=0, vignette=0)))  # fmt: skip


def test_the_light_is_not_changed_and_noise_takes_no_random_state():
    light = gray(0.3)
    np.random.seed(5)  # noqa: NPY002 - the state in question
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    develop(light, DevelopConfig(exposure=1, defocus=1, motion=2, noise=1))
    assert (light == np.float32(0.3)).all()
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("exposure", 7),
        ("warmth", -1.1),
        ("saturation", -1),
        ("defocus", -0.1),
        ("motion", 61),
        ("vignette", 2),
        ("noise", float("nan")),
    ],
)
def test_settings_out_of_range_are_refused(setting, value):
    with pytest.raises(InputError, match=rf"{setting}=.*outside"):
        DevelopConfig(**{setting: value})


@pytest.fixture
def photo() -> np.ndarray:
    """A smooth one that no turn maps onto itself: red grows to the right, green down."""
    y, x = np.mgrid[:48, :64]
    return np.stack([40 + 3 * x, 30 + 4 * y, 60 + x + 2 * y], axis=2).astype(np.uint8)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_sightlab_reads_what_it_writes_upright(tmp_path, photo, orientation):
    path = tmp_path / "a.jpg"
    write_jpeg(path, photo, 95, orientation=orientation)
    read = open_photo(path)
    assert read.shape == photo.shape
    assert np.abs(read.astype(int) - photo).mean() < 3
    with Image.open(path) as stored:
        assert stored.getexif()[0x0112] == orientation
        assert stored.size == ((64, 48) if orientation < 5 else (48, 64))  # the pixels really lie turned


@pytest.mark.parametrize(
    ("lat", "lon"), [(51.2083, 3.225), (-33.8568, 151.2153), (40.7, -74.0), (0.5, -0.25)]
)
def test_coordinates_come_back(tmp_path, photo, lat, lon):
    write_jpeg(tmp_path / "a.jpg", photo, lat=lat, lon=lon)
    assert read_gps(tmp_path / "a.jpg") == pytest.approx((lat, lon), abs=1e-7)


def test_seconds_never_reach_sixty(tmp_path, photo):
    # 10.99999999999: 3600 s would be rounded up to 60.0 s of minute 59
    write_jpeg(tmp_path / "a.jpg", photo, lat=10.99999999999, lon=5.0)
    assert read_gps(tmp_path / "a.jpg") == (11.0, 5.0)


def test_no_coordinates_no_tags(tmp_path, photo):
    write_jpeg(tmp_path / "a.jpg", photo)
    assert all(math.isnan(v) for v in read_gps(tmp_path / "a.jpg"))
    with Image.open(tmp_path / "a.jpg") as stored:
        assert not stored.getexif().get_ifd(0x8825)
        assert not stored.getexif().get_ifd(0x8769)


def test_the_date_comes_back(tmp_path, photo):
    write_jpeg(tmp_path / "a.jpg", photo, taken="2018:07:15 12:30:00")
    with Image.open(tmp_path / "a.jpg") as stored:
        assert stored.getexif().get_ifd(0x8769)[0x9003] == "2018:07:15 12:30:00"


def test_the_same_photo_gives_the_same_bytes_and_quality_matters(tmp_path, photo):
    for name, quality in (("a", 90), ("b", 90), ("c", 40)):
        write_jpeg(tmp_path / name, photo, quality, 51.2, 3.2, "2018:07:15 12:30:00", 6)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert len((tmp_path / "c").read_bytes()) < len((tmp_path / "a").read_bytes())


def test_a_failed_write_leaves_nothing_behind(tmp_path, photo, monkeypatch):
    (tmp_path / "a.jpg").write_bytes(b"the old one")

    def full(*_):
        raise OSError("no space left")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(OSError, match="no space"):
        write_jpeg(tmp_path / "a.jpg", photo)
    assert [p.name for p in tmp_path.iterdir()] == ["a.jpg"]
    assert (tmp_path / "a.jpg").read_bytes() == b"the old one"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"quality": 0}, "quality=0"),
        ({"orientation": 9}, "orientation=9"),
        ({"lat": 91.0, "lon": 0.0}, "lat=91"),
        ({"lat": 9.0, "lon": 181.0}, "lon=181"),
        ({"taken": "2018-07-15"}, "no EXIF date"),
    ],
)
def test_bad_settings_are_refused_before_anything_is_written(tmp_path, photo, settings, message):
    with pytest.raises(InputError, match=message):
        write_jpeg(tmp_path / "a.jpg", photo, **settings)
    assert not list(tmp_path.iterdir())


def test_light_is_not_a_photo_yet(tmp_path):
    with pytest.raises(InputError, match="Call develop first"):
        unwrap(write_jpeg)(tmp_path / "a.jpg", gray(0.5))
