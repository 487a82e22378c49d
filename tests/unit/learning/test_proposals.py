"""Corrections become proposals for the photos of a database, and change nothing by themselves."""

import pandas as pd
import pytest

from sightlab.data.corrections import FIELDS, photo_sha256
from sightlab.data.manifest import Manifest
from sightlab.learning.proposals import beside_cleaning, proposals


@pytest.fixture(scope="module")
def manifest(drawn_photos):
    return Manifest.read(drawn_photos)


def said(sha256: str, landmark_id: str, says: str = "not_this", instead: str = "") -> tuple:
    return ("00000001", "2026-11-25T14:03:07Z", "IMG.jpg", sha256, landmark_id, says, instead, "m")


def corrections(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(FIELDS))


def sha256_of(manifest, photo_id: str) -> str:
    place = manifest.photos["photo_id"].tolist().index(photo_id)
    return photo_sha256(manifest.paths()[place])


def test_not_this_place_proposes_to_drop_the_photo(manifest):
    found = proposals(corrections(said(sha256_of(manifest, "red_tower_004"), "red_tower")), manifest)
    assert found[["photo_id", "landmark_id", "proposal"]].to_numpy().tolist() == [
        ["red_tower_004", "red_tower", "drop"]
    ]


def test_this_is_x_proposes_both(manifest):
    told = said(sha256_of(manifest, "red_tower_004"), "red_tower", "is", "blue_dome")
    found = proposals(corrections(told), manifest)
    assert found[["landmark_id", "proposal"]].to_numpy().tolist() == [
        ["red_tower", "drop"],
        ["blue_dome", "add"],
    ]


def test_a_photo_of_somebody_else_is_proposed_as_a_new_one(manifest):
    found = proposals(corrections(said("00" * 32, "red_tower", "is", "blue_dome")), manifest)
    # not in the database, so there is nothing to drop
    assert found[["photo_id", "landmark_id", "proposal"]].to_numpy().tolist() == [["", "blue_dome", "add"]]


def test_what_the_manifest_says_already_is_no_proposal(manifest):
    told = said(sha256_of(manifest, "blue_dome_004"), "red_tower", "is", "blue_dome")
    assert proposals(corrections(told), manifest).empty


def test_a_place_that_the_database_does_not_know_is_no_proposal(manifest):
    assert proposals(corrections(said("00" * 32, "red_tower", "is", "Aunt Emma's house")), manifest).empty
    assert proposals(corrections(), manifest).empty


def test_proposals_stand_beside_what_cleaning_says(manifest):
    told = [
        said(sha256_of(manifest, "red_tower_004"), "red_tower"),
        said(sha256_of(manifest, "red_tower_005"), "red_tower", "is", "blue_dome"),
        said("00" * 32, "red_tower", "is", "blue_dome"),
    ]
    cleaned = pd.DataFrame(
        [("red_tower_004", "red_tower", 0.3, 0.9, True), ("red_tower_005", "red_tower", 1.2, 0.9, False)],
        columns=["photo_id", "landmark_id", "score", "threshold", "keep"],
    )
    found = beside_cleaning(proposals(corrections(*told), manifest), cleaned)
    assert found["proposal"].tolist() == ["drop", "drop", "add", "add"]
    assert found["cleaning"].tolist() == ["kept", "dropped", "not judged", "not judged"]
    assert found["agrees"].isna().tolist() == [False, False, True, True]
    assert found["agrees"].tolist()[:2] == [False, True]
    assert beside_cleaning(proposals(corrections(), manifest), cleaned).empty
