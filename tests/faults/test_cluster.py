"""Two machines of a Ray cluster (on this one): a process, a machine, a driver lost in the middle.

Needs the extra cluster. One to two minutes: two processes of Ray start for each test.
"""

import signal

import pytest

from sightlab.nets.cluster import RETRIES
from tests.drawn import write_photo_folder
from tests.faults.cluster_job import FLOOD
from tests.faults.jobs import SHARD
from tests.faults.killing import contents, do, train_beside
from tests.faults.parts_cluster import on_cluster, spoken

pytest.importorskip("ray", reason="Ray is not installed: pip install 'sightlab[cluster]'")


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn") / "photos"
    write_photo_folder(folder, photos_per_landmark=12, n_distractors=60)
    train_beside(folder)
    return folder


@pytest.fixture(scope="module")
def local(photos, tmp_path_factory):
    """The workspace of a job that this machine did alone."""

    def of(job):
        root = tmp_path_factory.mktemp("local") / "ws"
        assert do(job, photos, root) == 0
        return contents(root)

    return of


@pytest.mark.parametrize(("job", "victim"), [("embed", "node"), ("recognize", "worker")])
def test_who_is_lost_in_the_middle_changes_no_row(photos, local, tmp_path, job, victim):
    code, said = on_cluster(job, photos, tmp_path, victim)
    assert code == 0
    [(node, pid)] = [(node, pid) for what, _, node, pid in said if what == "killed"]
    lost = {(n, p) for what, n, where, p in said if where == node and (victim == "node" or p == pid)}
    ended = [(n, p) for what, n, _, p in said if what == "ends"]
    cut = {n for n, p in lost if (n, p) not in ended and n != "0"}
    assert cut, "nobody was at a shard when the plug was pulled"
    n_photos = len((photos / "manifest.csv").read_text().splitlines()) - 1
    assert {int(n) for n, _ in ended} == set(range(-(-n_photos // SHARD)))  # others did those
    assert contents(tmp_path / "ws") == local(job)


@pytest.mark.parametrize("job", ["embed", "recognize"])
def test_a_driver_lost_in_the_middle_goes_on_at_the_shards_it_had_stored(photos, local, tmp_path, job):
    code, _ = on_cluster(job, photos, tmp_path, "driver")
    assert code == -signal.SIGKILL
    [partial] = (tmp_path / "ws/artefacts").glob("*/*.partial")
    names = [path.stem for end in ("shard_*.json", "part_*.parquet") for path in partial.glob(end)]
    stored = {int(name.rpartition("_")[2]) for name in names}
    assert len(stored) >= 2
    code, said = on_cluster(job, photos, tmp_path, "nobody")
    assert code == 0
    begun = {int(number) for what, number, _, _ in said if what == "begins"}
    assert begun
    assert not begun & stored
    assert contents(tmp_path / "ws") == local(job)


def test_a_slow_reader_holds_the_workers_back(tmp_path):
    """320 MB of answers and 100 MB of memory for them: few are made ahead, and none goes to the disk."""
    n_begun, n_whole, n_spilled = map(int, spoken("flood", tmp_path / "log").split())
    assert n_begun < FLOOD / 2
    assert n_whole == FLOOD
    assert n_spilled == 0


def test_a_task_that_kills_every_worker_ends_in_words(tmp_path):
    """Ray itself would try it for ever."""
    n_tried, _, told = spoken("poison", tmp_path / "log").partition(" ")
    assert int(n_tried) == 1 + RETRIES
    assert "What was finished is kept in the workspace" in told
