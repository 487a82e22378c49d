"""The widget: one, small in state, closed by its successor; frames in, frames out."""

import json

import pandas as pd
import pytest
from ipywidgets.widgets.widget import _instances  # every widget that is open, layouts too

from sightlab.checks import InputError
from sightlab.views import explorer_failures
from sightlab.views.explorer_failures import FailureExplorer, explore
from sightlab.views.review import read_reviews
from tests.unit.views.explorer_world import answers_on, small_evidence


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    return small_evidence(tmp_path_factory.mktemp("widget") / "photos")


@pytest.fixture
def table(evidence):
    return answers_on(evidence)


@pytest.fixture
def explorer(evidence, table, tmp_path):
    widget = explore(evidence, table, tmp_path / "reviews", "ann", outcomes=table, thresholds={"chosen": 0.5})
    yield widget
    widget.close()


@pytest.fixture
def sent(monkeypatch):
    """What the widget sends to the page."""
    messages = []
    monkeypatch.setattr(
        FailureExplorer, "send", lambda self, content, buffers=None: messages.append((content, buffers))
    )
    return messages


def ask(explorer, what, **fields):
    explorer._handle_custom_msg({"id": "7", "ask": what, **fields}, [])


def test_an_answer_carries_the_number_of_its_question(explorer, sent):
    ask(explorer, "list")
    content, pictures = sent[0]
    assert content["id"] == "7"
    assert len(pictures) == len(content["tiles"])


def test_photos_are_no_widget_state(explorer, sent):
    before = json.dumps(explorer.get_state(), default=str)
    ask(explorer, "list")
    ask(explorer, "card", row=0, target="difference")
    assert json.dumps(explorer.get_state(), default=str) == before
    assert len(before) < 60_000  # the page and its style


def test_twenty_runs_of_the_cell_leave_one_widget(evidence, table, tmp_path):
    before = set(_instances)
    for _ in range(20):
        explorer = explore(evidence, table, tmp_path, "ann", name="again")
    opened = set(_instances) - before
    assert len(opened) == 2  # the widget and its layout; 60 would be too many
    assert explorer.model_id in opened
    explorer.close()
    assert set(_instances) == before
    explorer.close()  # again: harmless


def test_explorers_of_other_names_stay_open(explorer, evidence, table):
    other = explore(evidence, table, name="other")
    assert explorer.comm is not None
    other.close()


def test_selected_are_the_marked_or_else_the_shown(explorer, sent, table):
    ask(explorer, "list", chosen={"outcome": "confused"})
    pd.testing.assert_frame_equal(explorer.selected, explorer.shown)
    assert set(explorer.shown["outcome"]) == {"confused"}
    for row in (3, 1):
        ask(explorer, "mark", row=row)
    assert explorer.selected["photo_id"].tolist() == table["photo_id"].iloc[[3, 1]].tolist()


def test_verdicts_come_back_beside_the_photos(explorer, sent, table, tmp_path):
    ask(explorer, "press", row=2, verdict="context", target="true", note="sky")
    said = explorer.verdicts.set_index("photo_id").loc[table["photo_id"][2]]
    assert (said["verdict"], said["note"], said["target"]) == ("context", "sky", "true")
    assert (explorer.verdicts["verdict"] == "").sum() == len(table) - 1
    assert len(read_reviews(tmp_path / "reviews")) == 1


def test_the_frame_given_is_not_changed(explorer, sent, table, evidence):
    ask(explorer, "list", order="margin")
    pd.testing.assert_frame_equal(table, answers_on(evidence))


def test_opening_draws_no_curve_that_nobody_asked_for(evidence, table, monkeypatch):
    drawn, real = [], explorer_failures.CurvePicture
    monkeypatch.setattr(explorer_failures, "CurvePicture", lambda *args: drawn.append(1) or real(*args))
    explorer = explore(evidence, table, outcomes=table, thresholds={"chosen": 0.5}, name="curve")
    assert explorer._desk.answer({"ask": "open"})[0]["threshold"]
    assert drawn == []
    for value in (0.4, 0.5):
        assert "error" not in explorer._desk.answer({"ask": "threshold", "value": value})[0]
    assert drawn == [1]  # once, for all places of the slider
    explorer.close()


def test_an_empty_slice_opens(evidence, table, sent):
    empty = explore(evidence, table.iloc[:0], outcomes=table, thresholds={"chosen": 0.5}, name="empty")
    ask(empty, "open")
    ask(empty, "list")
    assert [content.get("error") for content, _ in sent] == [None, None]
    assert sent[1][0]["tiles"] == []
    assert len(empty.selected) == 0
    empty.close()


def test_an_impossible_folder_opens_with_a_notice(evidence, table, tmp_path, sent):
    (tmp_path / "ann.jsonl").mkdir()
    widget = explore(evidence, table, tmp_path, "ann", name="blocked")
    ask(widget, "open")
    assert "Verdicts cannot be kept" in sent[0][0]["notice"]
    widget.close()


def test_waiting_verdicts_can_be_taken_to_another_folder(explorer, sent, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(
            "sightlab.views.review.append_lines", lambda *a: (_ for _ in ()).throw(OSError(30, "no"))
        )
        ask(explorer, "press", row=0, verdict="context")
    assert "wait in memory" in sent[0][0]["error"]
    explorer.log = explorer.log.moved(tmp_path / "mine")
    assert len(read_reviews(tmp_path / "mine")) == 1


def test_frames_without_photos_are_refused(evidence, table):
    with pytest.raises(InputError, match="photo_id"):
        explore(evidence, table[["outcome"]])
    with pytest.raises(InputError, match="unique"):
        explore(evidence, pd.concat([table, table]))


def test_it_says_what_it_is(explorer, table):
    assert repr(explorer) == f"Explorer of {len(table)} failures"
