"""Two machines of a Ray cluster (on this one): a machine lost in the middle, a driver lost in the middle.

Needs the extra cluster. About a minute: two processes of Ray start for each test.
"""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.drawn import write_photo_folder
from tests.faults.cluster_job import SHARD
from tests.faults.killing import contents, do

pytest.importorskip("ray", reason="Ray is not installed: pip install 'sightlab[cluster]'")

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn") / "photos"
    return write_photo_folder(folder, photos_per_landmark=12, n_distractors=60)


@pytest.fixture(scope="module")
def local(photos, tmp_path_factory):
    """The workspace of an embedding that this machine did alone."""
    root = tmp_path_factory.mktemp("local") / "ws"
    assert do("embed", photos, root) == 0
    return contents(root)


def on_cluster(photos, folder, victim) -> tuple[int, list[list[str]]]:
    """Exit code, and what the workers said: what they did, the shard, the machine."""
    log = folder / f"{victim}.log"
    words = [sys.executable, "-m", "tests.faults.cluster_job", photos, folder / "ws", log, victim]
    done = subprocess.run([str(w) for w in words], cwd=ROOT, capture_output=True, text=True, timeout=400)
    if done.returncode not in (0, -signal.SIGKILL):
        raise RuntimeError(done.stderr[-3000:])
    return done.returncode, [line.split() for line in log.read_text().splitlines()]


def test_a_machine_lost_in_the_middle_changes_no_row(photos, local, tmp_path):
    code, said = on_cluster(photos, tmp_path, "node")
    assert code == 0
    [lost] = [where for what, _, where in said if what == "killed"]
    ended = [(number, where) for what, number, where in said if what == "ends"]
    cut = {n for what, n, where in said if what == "begins" and where == lost and (n, lost) not in ended}
    assert cut, "the machine was at no shard when it was killed"
    n_photos = len((photos / "manifest.csv").read_text().splitlines()) - 1
    assert {int(number) for number, _ in ended} == set(range(-(-n_photos // SHARD)))
    assert all(where != lost for number, where in ended if number in cut)  # the other machine did those
    assert contents(tmp_path / "ws") == local


def test_a_driver_lost_in_the_middle_goes_on_at_the_shards_it_had_stored(photos, local, tmp_path):
    code, _ = on_cluster(photos, tmp_path, "driver")
    assert code == -signal.SIGKILL
    [partial] = (tmp_path / "ws/artefacts/embed").glob("*.partial")
    stored = {int(path.stem.removeprefix("shard_")) for path in partial.glob("shard_*.json")}
    assert len(stored) >= 2
    code, said = on_cluster(photos, tmp_path, "nobody")
    assert code == 0
    begun = {int(number) for what, number, _ in said if what == "begins"}
    assert begun
    assert not begun & stored
    assert contents(tmp_path / "ws") == local
