"""Reviews: what was pressed is on the disk, undo survives, files merge, and bad folders lose nothing."""

import json
import os
import signal
import subprocess
import sys

import pytest

from sightlab.checks import InputError
from sightlab.views.review import ReviewLog, read_reviews, take_in
from tests.structure.source import ROOT


@pytest.fixture
def log(tmp_path):
    return ReviewLog(tmp_path / "reviews", "ann", "m1")


def lines(log) -> list[dict]:
    return [json.loads(line) for line in log.path.read_text().splitlines()]


def test_a_press_is_one_line_with_everything(log):
    record = log.press("photo_1", "wrong_object", "difference", "a tram")
    assert lines(log) == [record]
    wanted = {"reviewer": "ann", "photo_id": "photo_1", "model": "m1", "target": "difference"}
    assert record | wanted | {"verdict": "wrong_object", "note": "a tram", "blind": False} == record


def test_the_last_press_on_photo_model_and_target_stands(log):
    log.press("a", "context", "difference")
    log.press("a", "unclear", "difference")
    log.press("a", "on_landmark", "true")
    table = read_reviews(log.path.parent)
    assert dict(zip(table["target"], table["verdict"], strict=True)) == {
        "difference": "unclear",
        "true": "on_landmark",
    }
    assert log.verdicts("difference")["a"]["verdict"] == "unclear"
    assert log.verdicts()["a"]["verdict"] == "on_landmark"


def test_undo_goes_back_press_by_press_and_survives_a_restart(log):
    log.press("a", "context")
    log.press("a", "unclear")
    log.press("b", "unclear")
    again = ReviewLog(log.path.parent, "ann", "m1")
    assert again.undo()["photo_id"] == "b"
    assert again.undo()["verdict"] == "unclear"
    assert again.verdicts()["a"]["verdict"] == "context"
    assert again.undo()["verdict"] == "context"
    assert again.undo() is None
    assert again.verdicts() == {}
    assert len(lines(log)) == 6  # three presses, three undos: nothing was removed


def test_a_killed_process_loses_nothing_that_was_pressed(tmp_path):
    code = (
        "import sys, time; from sightlab.views.review import ReviewLog\n"
        "log = ReviewLog(sys.argv[1], 'ann', 'm1')\n"
        "for i in range(3): log.press(f'photo_{i}', 'context')\n"
        "print('pressed', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout.readline() == "pressed\n"
        os.kill(process.pid, signal.SIGKILL)
    assert list(read_reviews(tmp_path)["photo_id"]) == ["photo_0", "photo_1", "photo_2"]


def test_each_press_is_flushed_to_the_disk(log, monkeypatch):
    flushed = []
    monkeypatch.setattr(os, "fsync", lambda descriptor, real=os.fsync: flushed.append(real(descriptor)))
    log.press("a", "context")
    first = len(flushed)
    log.press("b", "context")
    assert (first, len(flushed)) == (2, 3)  # the line and the folder's new name; then the line alone


def test_two_kernels_write_the_same_file(log):
    other = ReviewLog(log.path.parent, "ann", "m1")
    for i in range(20):
        (log if i % 2 else other).press(f"photo_{i}", "context")
    assert len(log.verdicts()) == len(other.verdicts()) == 20
    assert log.undo()["photo_id"] == "photo_19"
    assert other.undo()["photo_id"] == "photo_18"


def test_many_processes_at_once_lose_no_line(tmp_path):
    code = (
        "import sys; from sightlab.views.review import ReviewLog\n"
        "log = ReviewLog(sys.argv[1], 'ann', 'm1')\n"
        "for i in range(15): log.press(f'{sys.argv[2]}_{i}', 'context')"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    processes = [subprocess.Popen([*command, name], cwd=ROOT) for name in "xy"]
    assert [process.wait() for process in processes] == [0, 0]
    table = read_reviews(tmp_path)
    assert len(table) == 30
    assert table.attrs["damaged"] == []


def test_a_line_cut_off_by_a_crash_spoils_only_itself(log):
    log.press("a", "context")
    with log.path.open("a") as file:
        file.write('{"id": "half')
    log.press("b", "unclear")
    table = read_reviews(log.path.parent)
    assert list(table["photo_id"]) == ["a", "b"]
    assert table.attrs["damaged"] == ["ann.jsonl line 2"]


def test_a_clock_that_goes_back_does_not_turn_presses_around(log):
    record = log.press("a", "context")
    later = record | {"id": "f" * 32, "time": "2999-01-01T00:00:00.000000+00:00", "verdict": "unclear"}
    with log.path.open("a") as file:
        file.write(json.dumps(later) + "\n")
    log.press("a", "on_landmark")
    assert log.verdicts()["a"]["verdict"] == "on_landmark"


@pytest.mark.parametrize("name", ["a\n<script>alert(1)</script>", "😀 café", "\udcff.jpg", '"},{"'])
def test_any_photo_id_comes_back_as_it_was(log, name):
    log.press(name, "context", note=f"like {name}".replace("\udcff", ""))
    assert list(ReviewLog(log.path.parent, "ann", "m1").verdicts()) == [name]
    assert len(log.path.read_bytes().splitlines()) == 1


def test_reviewers_merge_by_git_without_conflict(tmp_path):
    """Two reviewers, and one of them on both sides: git merge keeps every line."""

    def git(*words):
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        return subprocess.run(["git", *identity, *words], cwd=tmp_path, check=True, capture_output=True)

    def press(reviewer, photo):
        ReviewLog(tmp_path, reviewer, "m1").press(photo, "context")
        git("add", "-A")
        git("commit", "-qm", photo)

    git("init", "-qb", "main")
    press("ann", "start")
    git("checkout", "-qb", "side")
    press("bob", "his")
    press("ann", "hers, there")
    git("checkout", "-q", "main")
    press("ann", "hers, here")
    git("merge", "-q", "side")
    table = read_reviews(tmp_path)
    assert sorted(table["photo_id"]) == ["hers, here", "hers, there", "his", "start"]
    assert table.attrs["damaged"] == []


def test_a_folder_that_cannot_be_written_keeps_presses_until_it_can(log, tmp_path, monkeypatch):
    def refuse(*arguments):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr("sightlab.views.review_lines.os.open", refuse)
        for photo in ("a", "b"):
            with pytest.raises(InputError, match=r"Permission denied.*wait in memory"):
                log.press(photo, "context")
        assert list(log.verdicts()) == ["a", "b"]
        assert log.undo()["photo_id"] == "b"  # it never reached the disk
    log.press("c", "unclear")
    assert list(read_reviews(log.path.parent)["photo_id"]) == ["a", "c"]


def test_waiting_presses_move_to_another_folder(tmp_path):
    blocked = tmp_path / "file"
    log = ReviewLog(blocked, "ann", "m1")
    blocked.write_text("no folder")
    with pytest.raises(InputError, match="another folder"):
        log.press("a", "context")
    moved = log.moved(tmp_path / "elsewhere")
    assert list(read_reviews(tmp_path / "elsewhere")["photo_id"]) == ["a"]
    assert moved.pending == log.pending == []


def test_an_undo_that_cannot_be_written_leaves_the_verdict(log, monkeypatch):
    log.press("a", "context")
    monkeypatch.setattr(
        "sightlab.views.review.append_lines", lambda *a: (_ for _ in ()).throw(OSError(28, "full"))
    )
    with pytest.raises(InputError):
        log.undo()
    assert list(log.verdicts()) == ["a"]
    assert log.pending == []


def test_lines_of_a_page_are_taken_in_once(log, tmp_path):
    mine = log.press("a", "context")
    theirs = mine | {
        "id": "page-0001",
        "reviewer": "bob",
        "photo_id": "b",
        "time": "2026-11-25T14:03:07.120Z",
    }
    exported = tmp_path / "exported.jsonl"
    exported.write_text("".join(json.dumps(record) + "\n" for record in (mine, theirs)))
    assert take_in(log.path.parent, exported) == 1
    assert take_in(log.path.parent, exported) == 0
    assert list(read_reviews(log.path.parent)["reviewer"]) == ["ann", "bob"]


def test_a_bad_line_of_a_page_is_named_and_nothing_taken_in(log, tmp_path):
    exported = tmp_path / "exported.jsonl"
    good = ReviewLog(tmp_path / "x", "bob", "m1").press("a", "context")
    exported.write_text(json.dumps(good) + "\n" + json.dumps(good | {"verdict": "fine"}) + "\n")
    with pytest.raises(InputError, match=r"verdict='fine'.*exported.jsonl line 2"):
        take_in(log.path.parent, exported)
    assert not log.path.parent.exists()


def test_no_reviews_are_an_empty_table(tmp_path):
    table = read_reviews(tmp_path / "nowhere")
    assert len(table) == 0
    assert {"photo_id", "verdict", "reviewer"} <= set(table.columns)


def test_verdicts_of_another_model_are_not_mixed_in(log):
    log.press("a", "context")
    assert ReviewLog(log.path.parent, "ann", "m2").verdicts() == {}


def test_blind_verdicts_say_so(tmp_path):
    ReviewLog(tmp_path, "ann", "m1", blind=True).press("a", "context")
    assert read_reviews(tmp_path)["blind"].tolist() == [True]
