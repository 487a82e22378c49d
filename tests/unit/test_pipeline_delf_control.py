"""The control, with SIFT: the same queries, the same candidates, other features; stored part by part."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sightlab import pipeline_delf_control as control
from sightlab import pipeline_delf_diagnosis as diagnosis
from sightlab import pipeline_delf_hybrid
from sightlab import pipeline_delf_rows as rows
from sightlab.data.manifest import NON_LANDMARK
from sightlab.evaluation.intervals import mcnemar_exact
from sightlab.pipeline_delf import Rival
from tests.unit.test_pipeline_delf import SETTINGS


@pytest.fixture(scope="module")
def rival(trained):
    return Rival(trained, SETTINGS)


@pytest.fixture
def parts(monkeypatch):
    monkeypatch.setattr(control, "PART", 2)


def test_more_queries_are_the_same_and_further_ones(rival, parts):
    few, more = (control.control_queries(rival, "test", n)["photo_id"].tolist() for n in (1, 5))
    assert more[:4] == few
    assert len(set(more)) == 12  # three whole parts
    landmark = control.control_queries(rival, "test", 5)["landmark_id"] != NON_LANDMARK
    assert landmark.tolist() == [True, True, False, False] * 3


def test_only_the_features_are_exchanged(rival, parts):
    other = control.control(rival, "test", "sift", 3)
    delf = rival.compared(rival.queries("test"), "test")
    asked = control.control_queries(rival, "test", 3)["photo_id"]
    assert list(dict.fromkeys(other["photo"])) == asked.tolist()
    own = dict(iter(delf.groupby("photo")))
    for photo, rows_of in other.groupby("photo"):
        assert rows_of["row"].tolist() == own[photo]["row"].tolist()
        assert rows_of["n_votes"].tolist() == own[photo]["n_votes"].tolist()
    assert not other["n_matches"].equals(
        delf.set_index("photo").loc[asked, "n_matches"].reset_index(drop=True)
    )


def test_what_is_stored_is_found_and_not_computed_again(rival, parts, monkeypatch):
    first = control.control(rival, "test", "sift", 3)
    monkeypatch.setattr(control, "_verified", None)
    pd.testing.assert_frame_equal(first, control.control(rival, "test", "sift", 3))
    assert control.stored_control(rival, "test") == {"sift": 4}
    assert control.stored_control(rival, "tune") == {}


def test_a_row_by_hand(rival, parts):
    table = control.control_rows(rival, "test", {"sift": 4})
    queries = control.control_queries(rival, "test", 4)
    assert table["system"].tolist() == ["DELF, the 8 photos below", "SIFT on its candidates"]
    assert table["n_landmark"].tolist() == table["n_distractor"].tolist() == [4, 4]
    answers = rival.answers("test").set_index("photo").loc[queries["photo_id"]]
    right = (answers["best_landmark_id"].to_numpy() == queries["landmark_id"].to_numpy())[:8]
    of_landmarks = (queries["landmark_id"] != NON_LANDMARK).to_numpy()
    highest = answers["similarity"].to_numpy()[~of_landmarks].max()  # none of 4 may pass
    passed = answers["similarity"].to_numpy() > highest
    assert table["right_first"][0] == (right & of_landmarks).sum() / 4
    assert table["sensitivity_at_fpr_1pct"][0] == (right & passed & of_landmarks).sum() / 4
    assert (table["right_first"] <= table["among_candidates"]).all()
    assert table["among_candidates"][0] == table["among_candidates"][1]
    assert table["p"][1] == mcnemar_exact(*table.loc[1, ["only_delf", "only_other"]].astype(int))
    numbers = control.control_numbers(table)
    assert numbers["control_sift_delf_right_first"] == table["right_first"][0]
    assert numbers["control_sift_pair_auroc"] == table["pair_auroc"][1]
    assert np.isfinite(list(numbers.values())).all()


def test_the_larger_of_what_is_asked_and_what_is_stored_is_shown(rival, parts):
    other = Rival(rival.bench, replace(SETTINGS, photos_per_landmark=3))
    assert control.rows_to_show(other, {}) is None
    assert control.in_words(None) == ""
    assert control.control_numbers(None) == {}
    assert control.rows_to_show(other, {"sift": 2})["n_landmark"].tolist() == [2, 2]
    again = control.rows_to_show(other, {})
    assert again["n_landmark"].tolist() == [2, 2]
    words = control.in_words(again)
    assert words.startswith("SIFT on its candidates: ")
    assert "(2 landmark photos, p = " in words


def test_a_workspace_knows_its_rows(rival, monkeypatch):
    monkeypatch.setattr(rows, "STRONG_DIM", 20)
    other = Rival(rival.bench, replace(SETTINGS, photos_per_landmark=2))
    assert rows.stored_rows(other) == []
    rows.method_rows(other, ("sift", "strong"))
    assert rows.stored_rows(other) == ["strong", "sift"]
    for name in ("_matcher_asked", "_delf_asked"):
        monkeypatch.setattr(pipeline_delf_hybrid, name, None)
    names = rows.method_rows(Rival(rival.bench, other.settings))["system"].tolist()
    alone = pipeline_delf_hybrid.ALONE
    assert names == ["centroids", "DELF", "DELF, 20 numbers", alone, "hybrid, delf", "hybrid, sift"]


def test_votes_alone(rival, monkeypatch):
    ranks = diagnosis.vote_ranks(rival, "test")
    found = diagnosis.fates_of(rival, "test")
    found = found[found["landmark_id"] != NON_LANDMARK].reset_index(drop=True)
    assert ranks["photo_id"].tolist() == found["photo_id"].tolist()
    inside = found["rank"].notna()  # of 3 candidates
    assert ranks.loc[inside, "vote_rank"].tolist() == found.loc[inside, "rank"].tolist()
    assert not (ranks.loc[~inside, "vote_rank"] <= 3).any()
    numbers = diagnosis.recall_numbers(ranks)
    assert (
        numbers["delf_recall_at_1"]
        == diagnosis.lost_numbers(diagnosis.fates_of(rival, "test"))["delf_recall_at_1"]
    )
    assert numbers["delf_recall_at_1"] <= numbers["delf_recall_at_10"] <= numbers["delf_recall_at_100"]


def test_sizes_are_stored_one_by_one(rival, monkeypatch):
    diagnosis.by_database_size(rival, (1, 2), n_queries=6)
    assert diagnosis.stored_sizes(rival, n_queries=6) == [1, 2]
    assert diagnosis.stored_sizes(rival, n_queries=5) == []
    first = diagnosis.by_database_size(rival, (2,), n_queries=6)
    other = Rival(rival.bench, replace(SETTINGS, studied_queries=6))
    assert diagnosis.sizes_to_show(other, ())["photos_per_landmark"].tolist() == [1, 2]
    assert diagnosis.sizes_to_show(Rival(rival.bench, replace(SETTINGS, studied_queries=4)), ()) is None
    monkeypatch.setattr(diagnosis, "_by_size", None)
    pd.testing.assert_frame_equal(first, diagnosis.by_database_size(rival, (2,), n_queries=6))
