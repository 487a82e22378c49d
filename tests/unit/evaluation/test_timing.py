"""The speed protocol without a clock: a counted one stands in for it."""

import itertools
import os

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.evaluation import timing
from sightlab.evaluation.timing import SpeedConfig, fixed_threads, speed_table, speedup, time_systems


@pytest.fixture
def ticking(monkeypatch):
    """A clock that goes on by a millisecond each time it is read."""
    reads = itertools.count()
    monkeypatch.setattr(timing, "perf_counter", lambda: next(reads) / 1000)


def test_steps_follow_each_other_and_systems_take_turns(ticking):
    seen = []
    systems = {
        "ours": [("decode", lambda p: seen.append(("ours", p)) or p + 1), ("search", lambda x: x * 2)],
        "theirs": [("decode", lambda p: seen.append(("theirs", p)) or p)],
    }
    times = time_systems(systems, [0, 1, 2, 3], SpeedConfig(n_photos=2, n_warm_up=1))
    assert seen == [(name, photo) for photo in (0, 1, 2) for name in ("ours", "theirs")]
    assert times["photo"].tolist() == [0] * 5 + [1] * 5  # the warm-up is not among them
    assert times["step"].tolist() == ["decode", "search", "whole", "decode", "whole"] * 2
    # each step reads the clock twice: 1 ms; the whole is the sum of its steps
    np.testing.assert_allclose(times["milliseconds"], [1, 1, 2, 1, 1] * 2)


def test_a_step_gets_what_the_one_before_made():
    got = []
    time_systems({"a": [("decode", lambda p: p + 1), ("search", got.append)]}, [5], SpeedConfig(1, 0))
    assert got == [6]


def times_of(**systems) -> pd.DataFrame:
    rows = [(name, i, "whole", ms) for name, values in systems.items() for i, ms in enumerate(values)]
    return pd.DataFrame(rows, columns=["system", "photo", "step", "milliseconds"])


def test_the_table_by_hand():
    # 1 .. 21: the median is 11; 5 % of 20 steps is one step: 2 and 20
    row = speed_table(times_of(a=list(range(1, 22)))).iloc[0]
    assert (row["median"], row["low"], row["high"], row["n"]) == (11, 2, 20, 21)


def test_the_speedup_is_that_of_the_middle_photo():
    # ratios photo by photo: 40 / 2, 30 / 3, 90 / 3 -> 20, 10, 30
    assert speedup(times_of(fast=[2, 3, 3], slow=[40, 30, 90]), "fast", "slow")[0] == 20


def test_photos_that_only_one_pair_of_systems_was_timed_on_leave_no_gap():
    times = pd.concat([times_of(fast=[2, 3, 3], slow=[40, 30, 90]), times_of(few=[5], slower=[200])])
    assert speedup(times, "few", "slower") == (40, 40, 40)  # of its one photo, not NaN for the other two


def test_threads_are_fixed_and_set_back():
    import cv2
    import torch

    before = torch.get_num_threads(), cv2.getNumThreads(), os.sched_getaffinity(0)
    with fixed_threads(1):
        assert (torch.get_num_threads(), cv2.getNumThreads(), len(os.sched_getaffinity(0))) == (1, 1, 1)
    assert (torch.get_num_threads(), cv2.getNumThreads(), os.sched_getaffinity(0)) == before


def test_nonsense_is_refused():
    steps = [("decode", lambda p: p)]
    with pytest.raises(InputError, match="Expected 35 photos"):
        time_systems({"a": steps}, [1, 2, 3])
    with pytest.raises(InputError, match="at least one step"):
        time_systems({"a": []}, [1], SpeedConfig(1, 0))
    with pytest.raises(InputError, match=r"got 'b'\. There are: a"):
        speedup(times_of(a=[1.0]), "a", "b")
    with pytest.raises(InputError):
        SpeedConfig(n_photos=0)
