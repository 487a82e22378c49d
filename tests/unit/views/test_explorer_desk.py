"""The desk: every question answered in words and pictures, and bad input in words alone."""

import json
from dataclasses import replace
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sightlab.views.explorer_desk import Desk, place_on
from sightlab.views.explorer_failures import _panel
from sightlab.views.explorer_maps import TARGETS
from sightlab.views.failures import PAGE, FailureList
from sightlab.views.review import ReviewLog, read_reviews
from tests.unit.views.explorer_world import SCRIPT, answers_on, small_evidence


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    return small_evidence(tmp_path_factory.mktemp("desk") / "photos")


@pytest.fixture
def table(evidence):
    return answers_on(evidence)


@pytest.fixture
def desk(evidence, table, tmp_path):
    plane = pd.DataFrame({"photo_id": table["photo_id"], "x": np.arange(len(table)), "y": 0.0})
    return Desk(
        FailureList(table, xy=place_on(plane, table["photo_id"])),
        evidence,
        ReviewLog(tmp_path / "reviews", "ann", "m1"),
        _panel(table, {"chosen": 0.5}),
        plane,
    )


def ask(desk, what, **fields):
    reply, pictures = desk.answer({"ask": what, **fields})
    json.dumps(reply, allow_nan=False)  # it travels as JSON
    return reply, pictures


def size(picture: bytes) -> tuple[int, int]:
    return Image.open(BytesIO(picture)).size


def test_opening_tells_what_there_is(desk, table):
    facts, pictures = ask(desk, "open")
    assert pictures == []
    assert facts["n"] == len(table)
    assert facts["reviewer"] == "ann"
    assert list(facts["verdicts"]) == ["on_landmark", "part_of_it", "context", "wrong_object", "unclear"]
    assert facts["slices"]["outcome"] == table["outcome"].value_counts().to_dict()
    assert facts["has_plane"]
    assert facts["notice"] == ""


def test_a_page_has_a_thumbnail_for_each_photo(desk, table):
    page, pictures = ask(desk, "list", order="given")
    assert [tile["row"] for tile in page["tiles"]] == page["rows"] == list(range(len(table)))
    assert len(pictures) == len(table)
    assert all(max(size(picture)) <= 168 for picture in pictures)


def test_choosing_lists_fewer(desk, table):
    page, _ = ask(desk, "list", chosen={"outcome": "confused"})
    assert page["n"] == (table["outcome"] == "confused").sum() == len(page["tiles"])
    assert {tile["outcome"] for tile in page["tiles"]} == {"confused"}
    empty, pictures = ask(desk, "list", chosen={"outcome": "nothing"})
    assert (empty["tiles"], empty["n"], empty["page"], pictures) == ([], 0, 0, [])


def test_a_lasso_lists_what_it_holds(desk):
    page, _ = ask(desk, "list", polygon=[[0.5, -1], [2.5, -1], [2.5, 1], [0.5, 1]])
    assert page["rows"] == [1, 2]


def test_a_card_has_photo_map_centroid_and_reasons(desk, table):
    card, pictures = ask(desk, "card", row=0, target="difference")
    assert card["photo_id"] == table["photo_id"][0]
    assert card["map_problem"] == ""
    assert size(pictures[card["map"]]) == (224, 224)
    assert card["limit"] > 0
    assert card["strips"][0]["photos"]
    assert card["trace"] == ["no coordinates", "centroid 0"]
    assert len(card["strips"]) == 1
    more, _ = ask(desk, "card", row=0, target="difference", references=True)
    assert len(more["strips"]) > 1


def test_a_card_tells_what_it_is_similar_to_and_in_which_unit(desk):
    card, _ = ask(desk, "card", row=0, target="centroid")
    assert card["target_words"] == "What makes it similar to view 1 of Blue Dome?"
    assert (card["unit"], card["map_problem"]) == ("cosine", "")
    assert card["score"].startswith("It adds up to ")
    assert ask(desk, "card", row=0, target="predicted")[0]["unit"] == "logits"
    without = int(np.flatnonzero(desk.photos.table["best_landmark_id"] == "yellow_pyramid")[0])
    card, _ = ask(desk, "card", row=without, target="reference")
    assert "has none to compare it with" in card["target_words"]
    assert card["map_problem"] == ""  # told once
    desk.is_blind = True
    card, _ = ask(desk, "card", row=without, target="reference")
    assert card["map_problem"] == "There is no such map of this photo."  # no name
    assert "score" not in ask(desk, "card", row=0, target="centroid")[0]


def test_verdicts_land_and_can_be_taken_back(desk, table):
    ask(desk, "press", row=1, verdict="context", target="difference", note="a tree")
    said = read_reviews(desk.log.path.parent).iloc[0]
    assert (said["photo_id"], said["verdict"], said["note"]) == (table["photo_id"][1], "context", "a tree")
    assert ask(desk, "card", row=1, target="difference")[0]["said"]["verdict"] == "context"
    assert ask(desk, "card", row=1, target="true")[0]["said"] is None  # another map, another verdict
    assert ask(desk, "list", order="given")[0]["tiles"][1]["verdict"] == "context"
    undone, _ = ask(desk, "undo")
    assert (undone["row"], undone["verdict"]) == (1, "")
    assert ask(desk, "undo")[0]["error"] == "There is nothing to undo."


def test_an_undo_of_a_photo_that_is_not_here_is_told(desk):
    ReviewLog(desk.log.path.parent, "ann", "m1").press("elsewhere", "context")
    assert ask(desk, "undo")[0]["row"] == -1


def test_marks(desk):
    assert ask(desk, "mark", row=2)[0]["marked"]
    assert ask(desk, "mark", row=0)[0]["n_marked"] == 2
    assert not ask(desk, "mark", row=2)[0]["marked"]
    assert list(desk.marked) == [0]


def test_the_threshold_recounts_all_photos_and_these(desk, table):
    reply, pictures = ask(desk, "threshold", value=-1.0, rows=[0, 1])
    counts = {name: n for name, _, n in reply["counts"]}
    is_right = table["best_landmark_id"] == table["landmark_id"]
    assert counts["correct"] == is_right.sum()
    assert counts["missed"] == counts["correct_rejection"] == 0
    assert set(reply["now"]) == {"0", "1"}
    assert size(pictures[0])[0] > 300


def test_the_plane_comes_as_pairs_of_numbers(desk, table):
    reply, (every, mine) = ask(desk, "plane")
    np.testing.assert_array_equal(np.frombuffer(mine, np.float32).reshape(-1, 2)[:, 0], range(len(table)))
    assert len(every) == len(mine)
    assert reply["outcomes"] == table["outcome"].tolist()


def test_the_square_needs_coordinates(desk, table):
    known = desk.evidence.manifest.photos.set_index("photo_id").loc[table["photo_id"], "lat"].notna()
    assert "no coordinates" in ask(desk, "square", row=int(np.flatnonzero(~known)[0]))[0]["error"]


def test_the_square_of_a_photo_with_coordinates(evidence, table, desk):
    photos = evidence.manifest.photos.assign(lat=60.17, lon=24.94)
    desk.evidence = replace(evidence, manifest=replace(evidence.manifest, photos=photos))
    assert len(ask(desk, "square", row=0)[1]) == 1


def test_local_matches_are_asked_for_the_nearest_reference(desk, evidence, table):
    assert "not given" in ask(desk, "matches", row=0)[0]["error"]
    asked = []
    desk.evidence = replace(evidence, local_matches=lambda *pair: asked.append(pair) or b"png")
    row = int(np.flatnonzero(table["best_landmark_id"] == "blue_dome")[0])
    assert ask(desk, "matches", row=row)[1] == [b"png"]
    assert asked[0][0] == table["photo_id"][row]
    assert asked[0][1].startswith("blue_dome")
    without = int(np.flatnonzero(table["best_landmark_id"] == "yellow_pyramid")[0])
    assert "no references" in ask(desk, "matches", row=without)[0]["error"]


def test_a_photo_that_is_gone_keeps_its_card(desk, table, monkeypatch):
    monkeypatch.setitem(desk._shelf._paths, table["photo_id"][0], desk.evidence.manifest.root / "gone.jpg")
    tile = ask(desk, "list", order="given")[0]["tiles"][0]
    assert (tile["picture"], tile["problem"]) == (-1, "missing")
    card, _ = ask(desk, "card", row=0, target="difference")
    assert (card["picture"], card["problem"], card["map_problem"]) == (-1, "missing", "missing")
    assert card["facts"]


@pytest.mark.parametrize(
    "question",
    [
        {"ask": "format the disk"},
        {},
        {"ask": "answer"},
        {"ask": "card"},
        {"ask": "card", "row": 99},
        {"ask": "list", "chosen": {"mood": "good"}},
        {"ask": "press", "row": 0, "verdict": "fine"},
        {"ask": "threshold", "value": "high"},
    ],
)
def test_what_cannot_be_answered_is_said_in_words(desk, question):
    reply, pictures = desk.answer(question)
    assert set(reply) == {"error"}
    assert "Traceback" not in reply["error"]
    assert len(reply["error"]) > 10
    assert pictures == []


def test_a_folder_that_cannot_be_written_is_a_message_and_nothing_is_lost(desk, monkeypatch):
    def refuse(*arguments):
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr("sightlab.views.review.append_lines", refuse)
        assert "Read-only file system" in ask(desk, "press", row=0, verdict="context")[0]["error"]
    ask(desk, "press", row=1, verdict="unclear")
    assert len(read_reviews(desk.log.path.parent)) == 2


def test_without_a_folder_nothing_is_written_and_it_says_so(desk):
    desk.log, desk.notice = None, "Verdicts cannot be kept."
    assert ask(desk, "press", row=0, verdict="context")[0]["error"] == "Verdicts cannot be kept."
    assert ask(desk, "open")[0]["notice"] == "Verdicts cannot be kept."
    assert ask(desk, "list")[0]["tiles"][0]["verdict"] == ""


def test_blind_reviewers_learn_nothing(desk, table):
    desk.is_blind = True
    said = [
        ask(desk, what, row=0, target="difference", references=True)[0] for what in ("open", "list", "card")
    ]
    text = json.dumps(said)
    hidden = [
        *table["photo_id"],
        "Blue Dome",
        "Red Tower",
        "Green Arch",
        "alert",
        "similarity 0",
        "blue_dome",
    ]
    assert [word for word in hidden if word in text] == []
    for what in ("square", "matches", "threshold", "plane"):
        assert "error" in ask(desk, what, row=0, value=0.5)[0]


def test_names_travel_as_they_are(desk, table):
    """No HTML is made here: the page sets text (tests/browser sees that nothing runs)."""
    row = int(np.flatnonzero(table["best_landmark_id"] == "yellow_pyramid")[0])
    facts = dict(ask(desk, "card", row=row, target="predicted")[0]["facts"])
    assert SCRIPT in facts.values()


def test_any_frame_with_photos_can_be_explored(evidence, table):
    desk = Desk(FailureList(table[["photo_id"]].assign(n=1)), evidence)
    assert len(ask(desk, "list")[0]["tiles"]) == len(table)
    assert "map_problem" in ask(desk, "card", row=0, target="difference")[0]
    nowhere = Desk(FailureList(pd.DataFrame({"photo_id": ["a", "b"]})), evidence)
    assert ask(nowhere, "list")[0]["tiles"][1]["problem"] == "not in the manifest"
    assert ask(nowhere, "card", row=0, target="true")[0]["problem"] == "not in the manifest"


@pytest.mark.parametrize("nothing", [None, np.nan, pd.NA], ids=["None", "NaN", "NA"])
def test_what_a_frame_does_not_know_is_no_word_on_a_card(evidence, table, nothing):
    """As of train photos, which have no answer: "nan" or "None" would read like a landmark."""
    bare = table.assign(**dict.fromkeys(table.columns.drop("photo_id"), nothing))
    desk = Desk(FailureList(bare), evidence, threshold=_panel(table, {"chosen": 0.5}))
    tile = ask(desk, "list")[0]["tiles"][0]
    assert (tile["caption"], tile["below"], tile["outcome"]) == ("no answer known", "", "")
    card = ask(desk, "card", row=0, references=True)[0]
    assert (card["outcome"], card["reason"], card["facts"], card["trace"]) == ("", "", [], [])
    for target in TARGETS:
        words = ask(desk, "card", row=0, target=target)[0]["target_words"].replace("?", "")
        assert not {"nan", "None", "<NA>"} & set(words.split()), target
    assert ask(desk, "threshold", value=0.5, rows=[0])[0]["now"] == {"0": ""}


def test_ten_thousand_photos_are_listed_a_page_at_a_time(evidence, table):
    many = pd.concat([table] * 1700, ignore_index=True)
    many["photo_id"] = [f"{name}_{i}" for i, name in enumerate(many["photo_id"])]
    desk = Desk(FailureList(many), evidence)
    page, _ = ask(desk, "list", page=10_000)
    assert page["n"] == len(many) >= 10_000
    assert len(page["tiles"]) <= PAGE
    assert page["page"] == (len(many) - 1) // PAGE
