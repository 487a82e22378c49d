"""Cards: facts in words, the centroid's photos, references; and photos of which little is known."""

import numpy as np
import pytest

from sightlab.views.explorer_card import CardMaker, square_position
from sightlab.views.explorer_photos import PhotoShelf
from tests.unit.views.explorer_world import SCRIPT, answers_on, small_evidence


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    return small_evidence(tmp_path_factory.mktemp("cards") / "photos")


@pytest.fixture
def cards(evidence):
    return CardMaker(evidence, PhotoShelf({}))


@pytest.fixture
def record(evidence):
    table = answers_on(evidence)
    return table[table["landmark_id"] == "red_tower"].iloc[0].to_dict()


def test_facts_are_words(cards, record):
    facts = dict(cards.facts(record | {"answer": "non_landmark", "best_landmark_id": "blue_dome"}))
    assert facts["answered"] == "no landmark"
    assert facts["best guess"] == "Blue Dome"
    assert facts["true"] == "Red Tower"
    assert facts["threshold"] == "0.500"
    assert facts["probability"] == "50 %"


def test_unknown_facts_are_left_out(cards):
    facts = dict(cards.facts({"photo_id": "x", "landmark_id": np.nan, "similarity": -np.inf, "margin": None}))
    assert "similarity" not in facts
    assert "margin" not in facts
    assert not {"answered", "true", "runner-up"} & set(facts)  # unknown is not "no landmark"


def test_the_true_centroid_is_told_where_the_guess_was_another(cards, record, evidence):
    row = int(np.flatnonzero(evidence.gallery.landmark_ids == "red_tower")[0])
    cosine = evidence.table.rows([record["photo_id"]])[0] @ evidence.gallery.vectors[row]
    facts = dict(cards.facts(record | {"best_landmark_id": "blue_dome"}))
    assert facts["true centroid"] == f"cosine {cosine:.2f}"
    assert "true centroid" not in dict(cards.facts(record | {"best_landmark_id": "red_tower"}))


def test_the_trace_is_a_step_a_line(cards):
    assert cards.trace({"trace": "one; two;three; "}) == ["one", "two", "three"]
    assert cards.trace({"trace": np.nan}) == []


def test_the_centroid_shows_its_middle_then_the_nearest(cards, record, evidence):
    row = int(np.flatnonzero(evidence.gallery.landmark_ids == "red_tower")[0])
    found = cards.centroid(record | {"centroid": row})
    centroid = evidence.gallery[row]
    assert found["photos"][0][0] == centroid.medoid_photo_id
    assert {photo for photo, _ in found["photos"]} == set(centroid.members)
    cosines = [float(words) for _, words in found["photos"][1:]]
    assert cosines == sorted(cosines, reverse=True)
    assert found["words"].startswith("View 1 of 1 of Red Tower, made of 3 photos")


@pytest.mark.parametrize("centroid", [-1, 99, np.nan, None, ""])
def test_without_centroid_the_card_says_so(cards, record, centroid):
    found = cards.centroid(record | {"centroid": centroid})
    assert found["photos"] == []
    assert ("could not be read" in found["words"]) == (centroid in (-1, 99))  # the others were never asked


def test_references_of_guess_and_truth_nearest_first(cards, record):
    guess, truth = cards.references(record | {"best_landmark_id": "blue_dome"})
    assert guess["words"] == "References of Blue Dome (best guess)"
    assert truth["words"] == "References of Red Tower (true)"
    cosines = [float(words) for _, words in truth["photos"]]
    assert len(cosines) == 3
    assert cosines == sorted(cosines, reverse=True)
    assert cosines[0] > float(guess["photos"][0][1])


def test_a_landmark_without_references_says_so(cards, record):
    group = cards.references(record | {"best_landmark_id": "yellow_pyramid"})[0]
    assert group["photos"] == []
    assert "it has none" in group["words"]
    assert SCRIPT in group["words"]  # as it is: the page sets text, never markup
    assert cards.nearest_reference(record | {"best_landmark_id": "yellow_pyramid"}) == ""


def test_a_distractor_has_references_of_the_guess_only(cards, record):
    assert len(cards.references(record | {"landmark_id": "non_landmark"})) == 1


def test_a_photo_that_was_never_embedded_still_has_a_card(cards, record):
    lost = record | {"photo_id": "nobody"}
    assert all(words == "" for group in cards.references(lost) for _, words in group["photos"])
    assert cards.centroid(lost)["photos"]


def test_positions(evidence):
    photos = evidence.manifest.photos
    assert square_position(evidence.manifest, photos["photo_id"][0]) == pytest.approx(
        tuple(photos.loc[0, ["lat", "lon"]].astype(float)), nan_ok=True
    )
    assert np.isnan(square_position(evidence.manifest, "nobody")).all()
