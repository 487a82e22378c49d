"""Processes that draw: batches of one place, and a dead one named with its photo."""

import os
import signal

import pytest

from sightlab.data.drawn.making import workers
from sightlab.data.drawn.making.workers import BATCH, batches, draw_with_workers
from sightlab.data.world import as_rows


def rows_of(**places: int) -> list[dict]:
    return [{"photo_id": f"{place}{i}", "place": place} for place, n in places.items() for i in range(n)]


def test_photos_of_one_place_stay_together_and_none_is_lost():
    rows = rows_of(a=3, b=60, c=1, d=1, e=25)
    found = batches(rows[::-1])
    assert sorted(r["photo_id"] for group in found for r in group) == sorted(r["photo_id"] for r in rows)
    assert all(len(group) <= BATCH for group in found)
    assert [len({r["place"] for r in group}) for group in found] == [1] * 6 + [2]  # b 3, e 2, a; c with d
    assert [len(group) for group in found] == [24, 24, 12, 24, 1, 3, 2]


def test_a_dead_worker_is_named_with_its_photo(tmp_path, least_plan, monkeypatch):
    started = []

    class Watched(workers._Worker):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            started.append(self)

    monkeypatch.setattr(workers, "_Worker", Watched)
    rows = [row for row in as_rows(least_plan) if row["place"] == "site/fujara"]
    drawing = draw_with_workers(tmp_path, 0, rows, 1)
    next(drawing)
    os.kill(started[0]._process.pid, signal.SIGKILL)
    with pytest.raises(ChildProcessError, match=r"stopped at \w+_\d+: it was ended by signal 9") as error:
        list(drawing)
    assert any(row["photo_id"] in str(error.value) for row in rows)
    assert started[0]._process.poll() is not None


def test_a_photo_that_cannot_be_drawn_is_named(tmp_path, least_plan):
    row = as_rows(least_plan)[0] | {"place": "site/atlantis"}
    with pytest.raises(ChildProcessError, match=rf"stopped at {row['photo_id']}: InputError.*atlantis"):
        list(draw_with_workers(tmp_path, 0, [row], 1))


def test_an_unwritable_folder_is_named(tmp_path, least_plan):
    (tmp_path / "landmarks").write_text("a file where a folder should be")
    row = next(r for r in as_rows(least_plan) if r["path"].startswith("landmarks"))
    with pytest.raises(OSError, match=r"Not a directory: '.*landmarks"):
        list(draw_with_workers(tmp_path, 0, [row], 1))


def test_leaving_early_ends_the_processes(tmp_path, least_plan, monkeypatch):
    started = []
    original = workers._Worker

    def watched(*arguments):
        started.append(original(*arguments))
        return started[-1]

    monkeypatch.setattr(workers, "_Worker", watched)
    drawing = draw_with_workers(tmp_path, 0, as_rows(least_plan), 2)
    next(drawing)
    drawing.close()
    assert len(started) == 2
    assert all(worker._process.poll() is not None for worker in started)
