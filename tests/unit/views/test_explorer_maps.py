"""Maps of evidence: which classes a target asks for, one scale, and the values behind the picture."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from sightlab.checks import InputError
from sightlab.nets.backbones import square_photo
from sightlab.views import cam
from sightlab.views.explorer_maps import PIXELS, EvidenceMaps, as_png, wanted, words
from sightlab.views.explorer_photos import PhotoShelf
from tests.unit.views.explorer_world import answers_on, small_evidence, tiny_network


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    return small_evidence(tmp_path_factory.mktemp("maps") / "photos")


@pytest.fixture
def records(evidence):
    return answers_on(evidence).to_dict("records")


@pytest.fixture
def maps(evidence, records):
    photos = evidence.manifest
    paths = dict(zip(photos.photos["photo_id"], photos.paths(), strict=True))
    return EvidenceMaps(tiny_network, PhotoShelf(paths), records)


RECORD = {"best_landmark_id": "dome", "landmark_id": "arch", "runner_up": "tower"}


@pytest.mark.parametrize(
    ("target", "classes"),
    [
        ("difference", ("dome", "arch")),
        ("predicted", ("dome", "")),
        ("true", ("arch", "")),
        ("runner_up", ("tower", "")),
    ],
)
def test_classes_of_each_target(target, classes):
    assert wanted(target, RECORD) == classes


def test_where_the_guess_is_right_the_difference_is_to_the_runner_up():
    assert wanted("difference", RECORD | {"landmark_id": "dome"}) == ("dome", "tower")


def test_what_was_not_looked_at_has_no_map():
    with pytest.raises(InputError, match="no such landmark was looked at"):
        wanted("runner_up", RECORD | {"runner_up": ""})
    with pytest.raises(InputError, match="target='mood'"):
        wanted("mood", RECORD)


def test_words_use_names():
    assert words("difference", RECORD, {"dome": "Blue Dome"}) == "Why Blue Dome rather than arch?"
    assert words("true", RECORD | {"landmark_id": "non_landmark"}, {}) == "What speaks for no landmark?"


def test_the_picture_is_the_map_on_the_targets_scale(maps, records, evidence):
    record = records[0] | {"best_landmark_id": "blue_dome", "landmark_id": "red_tower"}
    picture, limit = maps.png("difference", record)
    network = tiny_network()
    photo = square_photo(maps._shelf.pixels(record["photo_id"]), 64)[None]
    values = cam.difference(network, photo, ["blue_dome"], ["red_tower"])[0]
    assert picture == as_png(values, limit)
    assert limit > 0
    other = next(r for r in records if r["landmark_id"] == "non_landmark")
    assert maps.png("difference", other)[1] == limit  # one scale for all cards


def test_zero_is_white_and_beyond_the_limit_color_is_full():
    pixels = np.asarray(Image.open(BytesIO(as_png(np.array([[0.0, 0.0], [0.0, 0.0]]), 1.0))))
    assert pixels.shape == (PIXELS, PIXELS, 3)
    assert (pixels > 244).all()
    red, blue = (np.asarray(Image.open(BytesIO(as_png(np.full((2, 2), v), 1.0))))[0, 0] for v in (1.0, -1.0))
    assert red[0] > red[2]
    assert blue[2] > blue[0]
    far = np.asarray(Image.open(BytesIO(as_png(np.full((2, 2), 7.0), 1.0))))[0, 0]
    assert (far == red).all()


def test_a_class_that_was_never_taught_is_named(maps, records):
    record = records[0] | {"landmark_id": "green_arch"}
    with pytest.raises(InputError, match="never taught green_arch"):
        maps.png("true", record)


def test_the_network_is_loaded_once_and_only_for_a_map(evidence, records):
    loaded = []
    paths = dict(zip(evidence.manifest.photos["photo_id"], evidence.manifest.paths(), strict=True))
    maps = EvidenceMaps(lambda: loaded.append(1) or tiny_network(), PhotoShelf(paths), records)
    assert loaded == []
    for _ in range(2):
        maps.png("predicted", records[0])
    assert loaded == [1]
