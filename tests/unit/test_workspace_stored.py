"""A workspace that only reads."""

import pytest

from sightlab.checks import InputError
from sightlab.workspace import Workspace
from sightlab.workspace_stored import NotStored, StoredWorkspace


def write_a(folder):
    (folder / "a.txt").write_text("a")


def test_reads_what_is_there_and_refuses_to_make_what_is_not(tmp_path):
    Workspace(tmp_path).write("step", "abc", write_a, {})
    stored = StoredWorkspace(tmp_path)
    assert stored.has("step", "abc")
    assert (stored.write("step", "abc", write_a, {}) / "a.txt").read_text() == "a"
    with pytest.raises(NotStored, match=r"expected a stored result of step step .*Run first: sightlab run"):
        stored.write("step", "other", pytest.fail, {})
    with pytest.raises(InputError):
        stored.table("survey", 1, {}, [], pytest.fail)


def test_only_some_steps_have_to_be_stored(tmp_path):
    untaught = StoredWorkspace(tmp_path, steps=("stage",))
    assert untaught.write("embed", "abc", write_a, {}).is_dir()
    assert not untaught.has("embed", "other")
    with pytest.raises(NotStored, match="result of step stage"):
        untaught.has("stage", "abc")
