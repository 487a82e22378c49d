"""Killed, out of space, two at once, the clock backwards: then started again, and nothing is lost.

Real processes, a few moments each; `make test-faults` tries many more.
"""

import numpy as np
import pytest

from tests.drawn import write_photo_folder
from tests.faults.jobs import FULL, KILLED, REFUSED, Trigger
from tests.faults.killing import contents, do, finish, start, train_beside, undisturbed


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn") / "photos"
    write_photo_folder(folder, photos_per_landmark=12, n_distractors=60)
    train_beside(folder)
    return folder


@pytest.fixture(scope="module")
def whole(photos, tmp_path_factory):
    """What a job leaves that nobody disturbs, and how many changes it makes; done once for each."""
    done = {}

    def of(job: str) -> tuple[dict[str, str], int]:
        if job not in done:
            done[job] = undisturbed(job, photos, tmp_path_factory.mktemp("whole"))[:2]
        return done[job]

    return of


@pytest.mark.parametrize(("job", "n_kills"), [("embed", 3), ("cleaning", 1), ("run", 2), ("recognize", 3)])
def test_a_job_killed_at_random_moments_ends_as_if_nothing_had_been(job, n_kills, photos, whole, tmp_path):
    expected, n_changes = whole(job)
    for moment in np.random.default_rng(n_kills).integers(1, n_changes // 2, n_kills):
        assert do(job, photos, tmp_path / "ws", Trigger(int(moment))) == KILLED
    assert do(job, photos, tmp_path / "ws") == 0
    assert contents(tmp_path / "ws") == expected


def test_a_kill_while_shards_are_cleared_away_leaves_no_half_shard(photos, whole, tmp_path):
    """The last changes of an embedding delete its shards, rows and sidecars one by one."""
    expected, n_changes = whole("embed")
    for before_the_end in (6, 7):
        root = tmp_path / f"ws{before_the_end}"
        assert do("embed", photos, root, Trigger(n_changes - before_the_end)) == KILLED
        assert do("embed", photos, root) == 0
        assert contents(root) == expected


def test_a_full_disk_is_said_and_costs_nothing_that_was_done(photos, whole, tmp_path):
    expected, n_changes = whole("embed")
    assert do("embed", photos, tmp_path / "ws", Trigger(n_changes // 2, "full")) == FULL
    assert do("embed", photos, tmp_path / "ws") == 0
    assert contents(tmp_path / "ws") == expected


def test_two_at_once_are_both_right_or_one_is_told_to_wait(photos, whole, tmp_path):
    expected, _ = whole("embed")
    codes = [finish(process) for process in [start("embed", photos, tmp_path / "ws") for _ in range(2)]]
    assert sorted(codes) in ([0, 0], [0, REFUSED])
    assert do("embed", photos, tmp_path / "ws") == 0
    assert contents(tmp_path / "ws") == expected


def test_a_clock_that_goes_backwards_changes_nothing(photos, whole, tmp_path):
    expected, n_changes = whole("embed")
    job = "embed, clock backwards"
    assert do(job, photos, tmp_path / "ws", Trigger(n_changes // 2)) == KILLED
    assert do(job, photos, tmp_path / "ws") == 0
    assert contents(tmp_path / "ws") == expected
