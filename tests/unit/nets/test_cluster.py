"""The driver of a cluster and what every worker does, whatever the work is; without a cluster."""

import sys

import pytest
import torch

from sightlab.checks import InputError
from sightlab.nets import cluster as module
from sightlab.nets.cluster import Cluster, connected, fetched, mapped, photo_tasks, prepared, why_other_photos
from tests.fake_ray import FakeRay


def double(task, parts, threads, plus=0):
    """Work of a worker: twice the number, and what is the same for all."""
    return {"number": 2 * task["number"] + plus, "parts": fetched(parts), "threads": threads, "refused": ""}


def numbered(n):
    return ({"number": i} for i in range(n))


def test_every_task_is_answered_with_what_is_the_same_for_all(play):
    ray = play(cpus=(2, 3))
    answers = list(mapped(Cluster(), double, numbered(3), "heavy", {"plus": 1}))
    expected = {"parts": "heavy", "threads": 2, "refused": ""}
    assert answers == [{"number": n, **expected} for n in (5, 3, 1)]  # the last comes first
    assert ray.asked == {"num_cpus": 2, "max_retries": module.RETRIES}


def test_a_worker_on_a_gpu_keeps_its_process(play):
    ray = play()
    list(mapped(Cluster(), double, numbered(1), on_gpu=True))
    assert ray.asked == {"num_cpus": 1, "max_retries": 8, "num_gpus": 1, "max_calls": 0}


def test_tasks_are_asked_for_a_wave_at_a_time(play):
    """Two machines of 9 and 5 cores have room for 2 + 1 workers of 4: waves of 3 x 2 tasks."""
    ray, asked = play(cpus=(9, 5)), []
    tasks = (asked.append(task["number"]) or task for task in numbered(14))
    answers = mapped(Cluster(), double, tasks, ahead=2)
    for _ in range(6):
        next(answers)
        assert asked == list(range(6))
    assert len(list(answers)) == 14 - 6
    assert ray.waves == [6, 6, 2]


def test_no_task_at_all_is_no_answer(play):
    play()
    assert list(mapped(Cluster(), double, numbered(0))) == []


def test_a_worker_that_refuses_stops_all(play):
    play(machine=lambda task, **_: {"refused": "not here" if task["number"] == 1 else ""})
    answers = mapped(Cluster(), double, numbered(3))
    next(answers)
    with pytest.raises(InputError, match="not here"):
        next(answers)


def test_a_lost_cluster_is_said(play):
    play(lost_after=1)
    answers = mapped(Cluster(), double, numbered(2))
    next(answers)
    with pytest.raises(InputError, match=r"it was lost \(the head node is gone\).*same command again"):
        next(answers)


def test_an_error_of_the_code_keeps_its_traceback(play):
    def broken(task, **_):
        raise FakeRay.RayTaskError("ZeroDivisionError in worker")

    play(machine=broken)
    with pytest.raises(FakeRay.RayTaskError):
        list(mapped(Cluster(), double, numbered(1)))


# --- what a worker keeps


def test_a_worker_makes_a_thing_once_and_lets_it_go_before_the_next(play):
    play()
    seen = []

    def make(name):
        return lambda: seen.append(list(module._ready)) or name

    assert prepared(("a",), 1, make("first")) == "first"
    assert prepared(("a",), 1, make("again")) == "first"
    assert prepared(("b",), 2, make("second")) == "second"
    assert torch.get_num_threads() == 2
    assert prepared(("a",), 1, make("third")) == "third"
    assert seen == [[], [], []]  # nothing of the one before was held
    assert list(module._ready) == [(("a",), 1)]


def test_tasks_name_photos_with_their_sizes_as_the_driver_sees_them(tmp_path, monkeypatch):
    (tmp_path / "a.jpg").write_bytes(b"123")
    monkeypatch.chdir(tmp_path)
    paths = [module.Path("a.jpg"), module.Path("gone.jpg")]
    [task] = photo_tasks(["x", "y", "z"], [*paths, *paths], {7: slice(0, 2)})
    assert task == {
        "number": 7,
        "names": ["x", "y"],
        "paths": [str(tmp_path / "a.jpg"), str(tmp_path / "gone.jpg")],
        "sizes": [3, -1],
    }
    assert why_other_photos(task) == ""
    (tmp_path / "a.jpg").write_bytes(b"1234")
    assert "(3 bytes); got 4" in why_other_photos(task)


# --- connecting


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ConnectionError("none"), r"a Ray cluster at address '10.0.0.1:6379'; none answers"),
        (Exception("timed out during startup.\nmore"), r"to start; it did not \(timed out during startup.\)"),
    ],
)
def test_a_cluster_that_cannot_be_had_is_said(play, error, told):
    play(start=error)
    with pytest.raises(InputError, match=told):
        list(mapped(Cluster("10.0.0.1:6379"), double, numbered(1)))


@pytest.mark.parametrize("address", [None, "auto"])
def test_a_connection_of_ours_is_closed(play, address, monkeypatch):
    """This machine alone starts Ray with the cores of this process; a cluster has its own."""
    monkeypatch.setattr(module, "available_cores", lambda: 3)
    ray = play(start="works")
    with connected(Cluster(address)) as found:
        assert found is ray
        assert ray.done == []
    assert ray.done == ["shutdown"]
    assert ray.asked["address"] == (address or "local")
    assert ray.asked.get("num_cpus") == (3 if address is None else None)


@pytest.mark.parametrize(
    ("asked", "cpus", "expected"),
    [(None, (16, 2), 2), (None, (64, 32), 4), (None, (0, 8), 4), (8, (16, 2), 8)],
)
def test_cores_of_a_worker(play, asked, cpus, expected):
    ray = play(cpus=cpus)
    list(mapped(Cluster(cores=asked), double, numbered(1)))
    assert ray.asked["num_cpus"] == expected


@pytest.mark.parametrize(("asked", "cpus"), [(8, (4, 2)), (None, (0,))])
def test_cores_that_no_machine_has_are_refused_at_once(play, asked, cpus):
    play(cpus=cpus)
    with pytest.raises(InputError, match=rf"the largest offers {max(cpus)}"):
        list(mapped(Cluster(cores=asked), double, numbered(1)))


def test_a_worker_without_cores_is_refused():
    with pytest.raises(InputError, match="cores"):
        Cluster(cores=0)


def test_without_ray_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"pip install 'sightlab\[cluster\]'"):
        list(mapped(Cluster(), double, numbered(1)))
