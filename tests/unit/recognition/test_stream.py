"""Answers in a stream are those of the recognizer, and never take more than a chunk."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.recognition.local import LocalVerification
from sightlab.recognition.recognizer import Recognizer
from sightlab.recognition.stream import answer_many
from tests.unit.recognition.drawn_vectors import BARE, THRESHOLDS

NAMES = [f"p{i:02d}" for i in range(23)]


class Counted:
    """Stands in for a file of embeddings: remembers how many rows were asked for at a time."""

    def __init__(self, vectors):
        self.vectors, self.asked = vectors, []

    def __len__(self):
        return len(self.vectors)

    def __getitem__(self, rows):
        self.asked.append(len(self.vectors[rows]))
        return self.vectors[rows]


@pytest.fixture
def vectors():
    rows = np.random.default_rng(0).normal(size=(23, 5))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def recognizer(gallery, landmarks, references):
    return Recognizer(gallery, landmarks, references, THRESHOLDS, replace(BARE, chunk=5))


@pytest.mark.parametrize("has_gps", [False, True])
def test_the_file_says_what_the_recognizer_says(recognizer, vectors, tmp_path, has_gps):
    lat, lon = np.full(23, np.nan), np.full(23, np.nan)
    lat[::3], lon[::3] = 28.524, 77.185
    where = (lat, lon) if has_gps else (None, None)
    assert answer_many(recognizer, NAMES, vectors, tmp_path / "a.parquet", *where) == 23
    found = pd.read_parquet(tmp_path / "a.parquet")
    expected = recognizer.recognize(NAMES, vectors, *where)
    assert 0 < (found["landmark_id"] != "non_landmark").sum() < 23
    pd.testing.assert_frame_equal(found, expected[list(found)], check_dtype=False)
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]


def test_a_chunk_at_a_time(recognizer, vectors, tmp_path):
    stored = Counted(vectors)
    answer_many(recognizer, np.array(NAMES), stored, tmp_path / "a.parquet")
    assert stored.asked == [5, 5, 5, 5, 3]


def test_a_stop_leaves_the_old_file_whole(recognizer, vectors, tmp_path):
    path = tmp_path / "a.parquet"
    answer_many(recognizer, NAMES, vectors, path)
    before = path.read_bytes()
    vectors[17] = np.nan
    with pytest.raises(InputError):
        answer_many(recognizer, NAMES, vectors, path)
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_refuses_lengths_that_differ_and_nothing_at_all(recognizer, vectors, tmp_path):
    with pytest.raises(InputError, match=r"got \[23, 22\] rows"):
        answer_many(recognizer, NAMES, vectors[:22], tmp_path / "a.parquet")
    with pytest.raises(InputError, match="at least one row"):
        answer_many(recognizer, [], vectors[:0], tmp_path / "a.parquet")


def test_refuses_one_that_would_ask_local_features(gallery, landmarks, references, vectors, tmp_path):
    asks = LocalVerification(source=None, thresholds=replace(THRESHOLDS, lead=0.5), settles=8)
    local = Recognizer(gallery, landmarks, references, THRESHOLDS, BARE, verify="local", local=asks)
    with pytest.raises(InputError, match=r"in answer_many\. Pass the one without"):
        answer_many(local, NAMES, vectors, tmp_path / "a.parquet")
    assert list(tmp_path.iterdir()) == []
