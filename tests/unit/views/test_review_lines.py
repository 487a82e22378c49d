"""The record of a review: what is accepted, what is refused, and where its file lies."""

import json

import pytest

from sightlab.checks import InputError
from sightlab.views.review_lines import (
    VERDICTS,
    append_lines,
    check_record,
    file_name,
    parse_record,
    read_file,
)

VERDICT = {
    "id": "0123456789abcdef",
    "reviewer": "ann",
    "time": "2026-11-25T14:03:07.120394+00:00",
    "photo_id": "photo_1",
    "model": "m1",
    "target": "difference",
    "verdict": "context",
    "note": "",
    "blind": False,
}
UNDO = {name: VERDICT[name] for name in ("id", "reviewer", "time")} | {"undoes": "fedcba9876543210"}


def test_there_are_five_verdicts():
    assert list(VERDICTS.values()) == ["on landmark", "part of it", "context", "wrong object", "unclear"]


@pytest.mark.parametrize("record", [VERDICT, UNDO, VERDICT | {"verdict": "", "note": "look again"}])
def test_records_come_back_from_their_line(record):
    assert parse_record(json.dumps(record), "here") == record


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"verdict": "good"}, "is none of on_landmark"),
        ({"id": "short"}, "8 to 64"),
        ({"id": "../../etc/passwd"}, "8 to 64"),
        ({"time": "yesterday"}, "time must be UTC"),
        ({"blind": "no"}, "blind must be a bool"),
        ({"note": 7}, "note must be a str"),
        ({"note": "x" * 2001}, "not too long"),
        ({"reviewer": "a\nb"}, "printable"),
        ({"stars": 5}, "Expected the fields"),
    ],
)
def test_impossible_records_are_refused_by_name(change, words):
    with pytest.raises(InputError, match=words):
        check_record(VERDICT | change, "line 3")


@pytest.mark.parametrize("line", ["", "[]", "nonsense", '{"id": 1}', "null"])
def test_what_is_no_record_is_refused(line):
    with pytest.raises(InputError, match="in line 3"):
        parse_record(line, "line 3")


def test_file_names_are_safe_and_tell_reviewers_apart():
    assert file_name("ann") == "ann.jsonl"
    names = [file_name(name) for name in ("ann", "Ann", "../ann", "Ann Müller", "Ann Möller", "安")]
    assert len({name.lower() for name in names}) == len(names)
    assert all("/" not in name and name.isascii() for name in names)


@pytest.mark.parametrize("reviewer", ["", "   ", "x" * 61, "a\tb", None])
def test_impossible_reviewers_are_refused(reviewer):
    with pytest.raises(InputError, match="reviewer must be a name"):
        file_name(reviewer)


def test_lines_are_read_by_time_and_counted_once(tmp_path):
    path = tmp_path / "ann.jsonl"
    early = VERDICT | {"id": "early-one", "time": "2026-11-25T14:00:00+00:00"}
    append_lines(path, [VERDICT, early, VERDICT])
    assert [record["id"] for record in read_file(path).records] == ["early-one", VERDICT["id"]]


def test_nothing_to_append_touches_nothing(tmp_path):
    append_lines(tmp_path / "deep" / "ann.jsonl", [])
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_place_of_the_file_is_told(tmp_path):
    (tmp_path / "ann.jsonl").mkdir()
    with pytest.raises(InputError, match="readable file of reviews"):
        read_file(tmp_path / "ann.jsonl")
