"""Every kind of bad table ends as one clear error, or is read; nothing outside its folder is opened."""

import os
import re
import shutil
import sys

import pytest

from sightlab.checks import InputError
from sightlab.data.manifest import Manifest
from tests.drawn import write_photo_folder
from tests.faults.bad_tables import KINDS, OUTSIDE


class Opened:
    """The files that this process opened since `start`; an audit hook cannot be taken away again."""

    def __init__(self):
        self.paths: list[str] = []
        self.is_on = False
        sys.addaudithook(self._heard)

    def _heard(self, event: str, arguments: tuple) -> None:
        if self.is_on and event == "open" and isinstance(arguments[0], (str, os.PathLike)):
            self.paths.append(os.path.realpath(arguments[0]))


@pytest.fixture(scope="module")
def opened():
    return Opened()


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    return write_photo_folder(tmp_path_factory.mktemp("pristine"), photos_per_landmark=6, n_distractors=3)


@pytest.fixture
def folder(pristine, tmp_path):
    (tmp_path / OUTSIDE).mkdir()
    shutil.copy(pristine / "landmarks/blue_dome/blue_dome_001.jpg", tmp_path / OUTSIDE / "secret.jpg")
    return shutil.copytree(pristine, tmp_path / "photos")


@pytest.mark.parametrize("name", KINDS)
def test_a_bad_table_is_refused_in_words_and_an_odd_one_is_read(name, folder, opened):
    spoil, told = KINDS[name]
    spoil(folder)
    home = os.path.realpath(folder)
    opened.paths, opened.is_on = [], True
    try:
        if told:
            with pytest.raises(InputError) as caught:
                Manifest.read(folder)
            message = str(caught.value)
            assert re.search(told, message)
            assert len(message) < 10_000
        else:
            assert len(Manifest.read(folder)) == 27  # 4 landmarks x 6, 3 distractors
    finally:
        opened.is_on = False
    ours = [path for path in opened.paths if path.startswith((str(folder.parent), "/etc"))]
    assert [path for path in ours if not path.startswith(home)] == []


def test_a_file_outside_would_be_noticed(folder, opened):
    opened.paths, opened.is_on = [], True
    (folder.parent / OUTSIDE / "secret.jpg").read_bytes()
    opened.is_on = False
    assert opened.paths == [str(folder.parent / OUTSIDE / "secret.jpg")]


def test_there_are_many_kinds():
    assert len(KINDS) >= 60
