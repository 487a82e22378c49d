"""Corrections as JSON lines: read, merged, and refused with the name of the line."""

import json

import pytest

from sightlab.checks import InputError
from sightlab.data.corrections import merge_corrections, photo_sha256, read_corrections


def line(n: int = 1, **changes) -> dict:
    record = {
        "id": f"{n:08d}", "time": f"2026-11-25T14:03:{n:02d}.120Z", "photo": "IMG <1>\n.jpg",
        "sha256": "ab" * 32, "landmark_id": "red_tower", "says": "not_this", "instead": "", "model": "m",
    }  # fmt: skip
    return record | changes


def write(path, *records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def undo(n: int, of: int) -> dict:
    return {"id": f"{n:08d}", "time": f"2026-11-25T14:03:{n:02d}.120Z", "undoes": f"{of:08d}"}


def test_the_newest_about_a_photo_and_landmark_stands(tmp_path):
    newer = line(2, says="is", instead="blue_dome")
    found = read_corrections(write(tmp_path / "a.jsonl", newer, line(1), line(3, landmark_id="green_arch")))
    assert found[["landmark_id", "says"]].to_numpy().tolist() == [
        ["red_tower", "is"],
        ["green_arch", "not_this"],
    ]


def test_what_was_undone_is_left_out_and_the_older_one_stands_again(tmp_path):
    path = write(tmp_path / "a.jsonl", line(1), line(2, says="is", instead="x"), undo(3, 2))
    assert read_corrections(path)["says"].tolist() == ["not_this"]


def test_merging_twice_adds_nothing(tmp_path):
    one, two = write(tmp_path / "one.jsonl", line(1)), write(tmp_path / "two.jsonl", line(1), line(2))
    into = tmp_path / "all.jsonl"
    assert merge_corrections(into, [one, two]) == 2
    before = into.read_bytes()
    assert merge_corrections(into, [two]) == 0
    assert into.read_bytes() == before
    assert len(read_corrections(into)) == 1


def test_a_bad_line_adds_nothing_at_all(tmp_path):
    into = write(tmp_path / "all.jsonl", line(1))
    before = into.read_bytes()
    with pytest.raises(InputError, match=r"b\.jsonl line 2"):
        merge_corrections(into, [write(tmp_path / "b.jsonl", line(2), line(3, says="maybe"))])
    assert into.read_bytes() == before


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"says": "is"}, "it is empty"),
        ({"sha256": "zz"}, "sha256='zz' is impossible"),
        ({"id": "../x"}, "id='../x' is impossible"),
        ({"time": "yesterday"}, "time='yesterday' is impossible"),
        ({"photo": 7}, "a text of at most"),
        ({"instead": "x" * 1001}, "a text of at most"),
        ({"more": ""}, "expected the fields"),
    ],
)
def test_impossible_lines_are_named(tmp_path, bad, message):
    with pytest.raises(InputError, match=message):
        read_corrections(write(tmp_path / "a.jsonl", line(1, **bad)))


def test_no_json_no_file_no_text(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("[1, 2\n")
    with pytest.raises(InputError, match=r"a\.jsonl line 1"):
        read_corrections(path)
    with pytest.raises(InputError, match="No such file"):
        read_corrections(tmp_path / "none.jsonl")
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="UTF-8"):
        read_corrections(path)


def test_an_empty_file_has_no_corrections(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("\n")
    assert read_corrections(path).empty


def test_the_hash_is_of_the_bytes(tmp_path):
    import hashlib

    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert photo_sha256(path) == hashlib.sha256(b"abc").hexdigest()
