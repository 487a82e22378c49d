"""Local features: where a keypoint is, what is kept, and photos that are hard to take."""

import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.delf.features import SCALES, DelfConfig, extract, extract_all, scaled_photos
from sightlab.delf.receptive import ReceptiveField

FIELD = ReceptiveField(16, 16, 0)  # cells that tile the photo: their middles are at 7.5, 23.5, ...


class BrightCells:
    """An engine whose attention is the mean brightness of a cell, and whose descriptor is its color."""

    name = "bright"

    def stream(self, blocks):
        for block in blocks:
            b, h, w, _ = block.shape
            cells = block.reshape(b, h // 16, 16, w // 16, 16, 3).mean(axis=(2, 4)).astype(np.float32)
            norms = np.maximum(np.linalg.norm(cells, axis=-1, keepdims=True), 1e-6)
            yield np.concatenate([cells / norms, cells.mean(axis=-1, keepdims=True)], axis=-1)


def spot(height, width, x, y, radius=8, color=(250, 120, 20)):
    photo = np.zeros((height, width, 3), np.uint8)
    photo[y - radius : y + radius, x - radius : x + radius] = color
    return photo


def test_seven_scales_half_an_octave_apart():
    assert len(SCALES) == 7
    assert (SCALES[0], SCALES[4], SCALES[6]) == (0.25, 1.0, 2.0)
    np.testing.assert_allclose(np.diff(np.log2(SCALES)), 0.5)


def test_a_keypoint_by_hand():
    # cells of 16: the spot covers x 96..111 and y 48..63, which is cell (6, 3), middle (103.5, 55.5)
    found = extract(spot(96, 160, 104, 56), BrightCells(), FIELD, DelfConfig(scales=(1.0,), max_keypoints=1))
    assert found.points.tolist() == [[103.5, 55.5]]
    assert found.size == (96, 160)
    color = np.array([250, 120, 20]) / np.linalg.norm([250, 120, 20])
    np.testing.assert_allclose(found.descriptors[0], color, atol=1e-5)
    assert found.attention[0] == pytest.approx(130)  # (250 + 120 + 20) / 3


def test_every_scale_finds_the_same_place():
    # non-square, and not a multiple of 16 at any scale: a large spot in the upper right quarter
    photo = spot(200, 330, 250, 60, radius=40)
    found = extract(photo, BrightCells(), FIELD, DelfConfig(min_attention=65))  # half a cell
    assert len(set(found.scales.tolist())) == 7
    for scale in set(found.scales.tolist()):
        middle = found.points[found.scales == scale].mean(axis=0)
        np.testing.assert_allclose(middle, [249.5, 59.5], atol=16 / scale / 2)


def test_the_most_attended_come_first_and_no_more_than_asked():
    photo = np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8)
    everything = extract(photo, BrightCells(), FIELD, DelfConfig(max_keypoints=10_000))
    some = extract(photo, BrightCells(), FIELD, DelfConfig(max_keypoints=20))
    assert len(some) == 20
    assert (np.diff(everything.attention) <= 0).all()
    assert np.array_equal(some.points, everything.points[:20])
    assert np.allclose(np.linalg.norm(everything.descriptors, axis=1), 1, atol=1e-5)


def test_no_keypoint_above_the_threshold():
    found = extract(np.full((64, 80, 3), 90, np.uint8), BrightCells(), FIELD, DelfConfig(min_attention=200))
    assert len(found) == 0
    assert found.descriptors.shape == (0, 3)
    assert found.points.shape == (0, 2)


def test_a_black_photo_has_no_keypoint():
    assert len(extract(np.zeros((64, 80, 3), np.uint8), BrightCells(), FIELD)) == 0


def test_a_huge_photo_is_shrunk_and_says_so():
    # 600 x 800 at scale 2 are 1.92 Mpixel; 120,000 are allowed: sides shrink by sqrt(0.12 / 1.92) = 0.25
    photo = spot(600, 800, 640, 240, radius=60)
    config = DelfConfig(max_pixels=120_000, min_attention=60)
    scaled, note = scaled_photos(photo, config, 16)
    assert [one.scale for one in scaled] == pytest.approx([0.25 * s for s in SCALES])
    assert scaled[-1].photo.shape == (1, 304, 400, 3)  # 300 x 400, in whole cells
    assert "multiplied by 0.25" in note
    found = extract(photo, BrightCells(), FIELD, config)
    assert found.note == note
    np.testing.assert_allclose(np.median(found.points, axis=0), [639.5, 239.5], atol=16)
    assert scaled_photos(photo[:300, :400], DelfConfig(), 16)[1] == ""


def test_small_photos_are_enlarged_first_and_large_ones_left():
    photo = np.zeros((96, 128, 3), np.uint8)
    config = DelfConfig(scales=(0.5, 1.0), least_side=256)
    scaled, note = scaled_photos(photo, config, 16)
    assert [one.photo.shape[1:3] for one in scaled] == [(96, 128), (192, 256)]
    assert [one.scale for one in scaled] == [1.0, 2.0]  # of the photo as it is
    assert note == ""
    points = extract(photo + 9, BrightCells(), FIELD, config).points
    np.testing.assert_allclose(np.median(points, axis=0), [63.5, 47.5], atol=8)  # in its own pixels
    large = scaled_photos(np.zeros((192, 512, 3), np.uint8), config, 16)[0]
    assert [one.scale for one in large] == [0.5, 1.0]


def test_sides_are_whole_cells_and_never_fewer_than_two():
    scaled, _ = scaled_photos(np.zeros((20, 333, 3), np.uint8), DelfConfig(), 16)
    for one in scaled:
        assert one.photo.shape[1] % 16 == one.photo.shape[2] % 16 == 0
        assert min(one.photo.shape[1:3]) >= 32


def test_many_at_once_are_as_one_by_one():
    generator = np.random.default_rng(1)
    photos = [
        generator.integers(0, 256, (h, w, 3), dtype=np.uint8) for h, w in ((64, 96), (96, 64), (40, 200))
    ]
    for one, photo in zip(extract_all(photos, BrightCells(), FIELD), photos, strict=True):
        alone = extract(photo, BrightCells(), FIELD)
        assert np.array_equal(one.points, alone.points)
        assert np.array_equal(one.descriptors, alone.descriptors)


@pytest.mark.parametrize(
    "bad", [{"scales": ()}, {"scales": (0.0, 1.0)}, {"max_keypoints": 0}, {"max_pixels": 9}]
)
def test_impossible_settings_are_refused(bad):
    with pytest.raises(InputError):
        DelfConfig(**bad)
