"""Maps of evidence: which classes a target asks for, one scale, and the values behind the picture."""

from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from sightlab.checks import InputError
from sightlab.nets.backbones import square_photo
from sightlab.views import cam
from sightlab.views.cam_targets import Seen
from sightlab.views.explorer_card import CardMaker
from sightlab.views.explorer_maps import PIXELS, SIMILARITIES, TARGETS, EvidenceMaps, as_png, wanted, words
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
    return made(evidence, records)


def made(evidence, records, load=tiny_network):
    photos = evidence.manifest
    shelf = PhotoShelf(dict(zip(photos.photos["photo_id"], photos.paths(), strict=True)))
    cards = CardMaker(evidence, shelf)
    return EvidenceMaps(load, shelf, records, lambda target, record: cards.likeness(target, record)[0])


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
    picture, limit, score = maps.png("difference", record)
    network = tiny_network()
    photo = square_photo(maps._shelf.pixels(record["photo_id"]), 64)[None]
    values = cam.difference(network, photo, ["blue_dome"], ["red_tower"])[0]
    np.testing.assert_allclose(maps.of("difference", record).values[0], values, atol=1e-5)
    assert picture == as_png(maps.of("difference", record).values[0], limit)
    assert limit > 0
    assert score == pytest.approx(values.mean() + np.subtract(*cam.bias(network, ["blue_dome", "red_tower"])))
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
    maps = made(evidence, records, lambda: loaded.append(1) or tiny_network())
    assert loaded == []
    for _ in range(2):
        maps.png("predicted", records[0])
    assert loaded == [1]


@pytest.mark.parametrize("target", SIMILARITIES)
def test_a_map_of_similarity_adds_up_to_the_cosine(maps, records, evidence, target):
    record = records[0] | {"best_landmark_id": "blue_dome"}
    vector, _ = CardMaker(evidence, maps._shelf).likeness(target, record)
    photo = square_photo(maps._shelf.pixels(record["photo_id"]), 64)[None]
    with torch.no_grad():
        embedding = tiny_network().embed(torch.from_numpy(photo))[0].numpy()
    cosine = embedding @ vector / np.linalg.norm(embedding)
    assert maps.png(target, record)[2] == pytest.approx(cosine, abs=1e-5)
    assert np.ptp(maps.of(target, record).values) > 0


def test_one_forward_pass_serves_all_targets(maps, records, monkeypatch):
    record = records[0] | {"best_landmark_id": "blue_dome", "landmark_id": "red_tower"}
    passes = []
    original = Seen.of
    monkeypatch.setattr(Seen, "of", lambda *given: passes.append(1) or original(*given))
    for target in TARGETS:
        maps.png(target, record)
    assert len(passes) == len({r["photo_id"] for r in records})  # those of the scale; this is one of them


def test_what_has_no_centroid_or_reference_says_so(maps, records):
    with pytest.raises(InputError, match="no map for a centroid: none was near"):
        maps.png("centroid", records[0] | {"centroid": -1})
    with pytest.raises(InputError, match="has none to compare it with"):
        maps.png("reference", records[0] | {"best_landmark_id": "yellow_pyramid"})
