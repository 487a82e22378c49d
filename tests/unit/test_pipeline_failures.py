"""The failures of a workbench: stored once, complete, and ready to be explored."""

import re
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sightlab import pipeline_failures as failures
from sightlab.checks import InputError
from sightlab.views import figures_delf


def test_every_test_photo_is_there_and_outcomes_are_those_of_the_evaluation(trained):
    table = failures.answers(trained)
    truth = trained.evaluate(use_gps=True).outcomes.set_index("photo_id")
    assert sorted(table["photo_id"]) == sorted(truth.index)
    assert table["outcome"].tolist() == truth.loc[table["photo_id"], "outcome"].tolist()
    assert (table["is_failure"] == table["outcome"].isin(["confused", "missed", "false_alarm"])).all()
    assert set(table["gate"]) <= {"geo", "references", "lead", "similarity"}


def test_the_second_time_nothing_is_recognized_again(trained, monkeypatch):
    table = failures.answers(trained)
    monkeypatch.setattr(type(trained), "recognize", None)
    pd.testing.assert_frame_equal(failures.answers(trained), table)
    assert failures.answers(trained).attrs["key"] == table.attrs["key"]


def test_with_and_without_coordinates_are_two_tables(trained):
    plain, with_gps = failures.answers(trained, use_gps=False), failures.answers(trained)
    assert plain.attrs["key"] != with_gps.attrs["key"]
    assert not plain["used_gps"].any()
    assert with_gps["used_gps"].any()


def test_a_bare_frame_gets_what_is_known(trained):
    table = failures.answers(trained)
    explorer = failures.explorer(trained, table[["photo_id"]].head(3).assign(mood="good"), "ann", name="bare")
    assert sorted(explorer.shown["photo_id"]) == sorted(table["photo_id"][:3])
    assert set(table.columns) | {"mood"} == set(explorer.shown.columns)
    explorer.close()
    with pytest.raises(InputError, match="photo_id"):
        failures.explorer(trained, table[["outcome"]])


def test_changes_compare_the_articles_rule_with_the_one_in_use(trained):
    found = failures.changes(trained, n_resamples=5)
    assert found.names == ("cosine (article)", "sightlab")
    assert len(found.photos) == len(failures.answers(trained))
    assert {"p", "only_first", "only_second"} <= set(found.questions)


def test_a_sheet_of_no_failures_says_so(trained):
    table = failures.answers(trained)
    figure = failures.worst_sheet(trained, table[:0])
    assert [text.get_text() for text in figure.texts] == ["No photo of this slice fails."]
    assert failures.worst_sheet(trained, table, 4).get_size_inches()[0] == pytest.approx(6.9)


def test_local_matches_are_drawn_on_demand(trained, monkeypatch):
    photos = trained.manifest.photos
    red = photos.loc[photos["landmark_id"] == "red_tower", "photo_id"].tolist()
    matches = failures.sift_matches(trained)
    with Image.open(BytesIO(matches(red[0], red[1]))) as picture:
        assert picture.size[0] == pytest.approx(6.9 * 120, abs=1)
    drawn, original = [], figures_delf.match_sheet

    def kept(pictures, columns):
        drawn.extend(pictures)
        return original(pictures, columns)

    monkeypatch.setattr(figures_delf, "match_sheet", kept)
    matches(red[0], red[0])
    (same,) = drawn
    assert len(same.points) >= 5  # a photo agrees with itself
    np.testing.assert_allclose(same.points, same.others)
    assert re.fullmatch(r"\d+ of \d+ matches agree; \d+ would by chance \(99 %\)", same.caption)


def test_an_account_without_a_name_is_a_reviewer(monkeypatch):
    monkeypatch.setattr(failures, "getuser", lambda: "ann")
    assert failures.account() == "ann"

    def nobody():
        raise OSError("no such user")

    monkeypatch.setattr(failures, "getuser", nobody)
    assert failures.account() == "reviewer"
