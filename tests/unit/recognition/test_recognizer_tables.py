"""What goes into a recognizer and comes out of it whole: tables of answers, files, bad photos."""

import math

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.recognition.probability import ProbabilityScale, ProbabilityScales
from sightlab.recognition.recognizer import COLUMNS, Recognizer, unreadable_row
from tests.unit.recognition.drawn_vectors import THRESHOLDS, vector


def test_one_row_per_photo_in_the_order_given(recognizer):
    names = [f"p{i}" for i in (3, 1, 2, 0)]
    vectors = np.stack([vector(e1=0.9), vector(e0=0.9), vector(e2=0.9), vector(e1=0.1)])
    lat, lon = np.array([np.nan, 0.0, 28.524, np.nan]), np.array([np.nan, 0.0, 77.185, 1.0])
    table = recognizer.recognize(np.array(names), vectors, lat, lon)
    assert table["photo"].tolist() == names
    assert table["landmark_id"].tolist() == ["minar", "non_landmark", "pillar", "non_landmark"]
    assert table["used_gps"].tolist() == [False, True, True, False]  # half a position is none
    back = recognizer.recognize(names[::-1], vectors[::-1], lat[::-1], lon[::-1])[::-1].reset_index(drop=True)
    pd.testing.assert_frame_equal(back, table)


def test_no_photo_gives_an_empty_table(recognizer):
    table = recognizer.recognize([], np.empty((0, 5)))
    assert len(table) == 0
    assert list(table.columns) == list(COLUMNS)


def test_an_unreadable_photo_gets_a_row_too(recognizer):
    row = unreadable_row("junk.jpg", "truncated")
    assert list(row) == list(COLUMNS)
    assert (row["photo"], row["landmark_id"], row["best_landmark_id"]) == ("junk.jpg", "non_landmark", "")
    assert row["reason"] == "unreadable: truncated"
    assert math.isnan(row["similarity"])
    table = recognizer.recognize(["a"], vector(e1=0.9)[None])
    both = pd.concat([table, pd.DataFrame([row])], ignore_index=True)
    assert (both.dtypes == table.dtypes).all()


def test_saved_and_loaded_it_answers_the_same(gallery, landmarks, references, tmp_path):
    scales = ProbabilityScales(ProbabilityScale(10.0, -5.0, 0.02), ProbabilityScale(9.0, -3.0, 0.02))
    pool = np.eye(5, dtype=np.float32)[3:]
    recognizer = Recognizer(gallery, landmarks, references, THRESHOLDS, pool=pool, probability=scales)
    vectors = np.random.default_rng(0).normal(size=(40, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    lat, lon = np.full(40, np.nan), np.full(40, np.nan)
    lat[:20], lon[:20] = 28.524, 77.185
    names = [f"p{i}" for i in range(40)]
    before = recognizer.recognize(names, vectors, lat, lon)
    recognizer.save(tmp_path)
    back = Recognizer.load(tmp_path)
    pd.testing.assert_frame_equal(back.recognize(names, vectors, lat, lon), before)
    assert (back.thresholds, back.config) == (recognizer.thresholds, recognizer.config)
    assert back.probability == scales
    assert before["probability"].between(0, 1).all()
    assert {p.suffix for p in tmp_path.rglob("*") if p.is_file()} == {".json", ".npy", ".parquet"}


def test_saved_without_references(gallery, landmarks, tmp_path):
    Recognizer(gallery, landmarks, {}, THRESHOLDS).save(tmp_path)
    assert Recognizer.load(tmp_path).search.reference_vectors == {}
    (tmp_path / "recognizer.json").unlink()
    with pytest.raises(InputError, match=r"no recognizer\.json in"):
        Recognizer.load(tmp_path)


def test_inputs_are_unchanged(recognizer):
    vectors, lat = np.stack([vector(e1=0.9)] * 3), np.array([np.nan, 0.0, 28.5])
    copies, centroids = (vectors.copy(), lat.copy()), recognizer.gallery.vectors.copy()
    recognizer.recognize(["a", "b", "c"], vectors, lat, lat)
    np.testing.assert_array_equal(vectors, copies[0])
    np.testing.assert_array_equal(lat, copies[1])
    np.testing.assert_array_equal(recognizer.gallery.vectors, centroids)


def test_refuses_bad_photos_by_name(recognizer):
    vectors = np.stack([vector(e1=0.9)] * 2)
    broken = vectors.copy()
    broken[1, 2] = np.nan
    with pytest.raises(InputError, match=r"NaN or infinity for 1 photos, first 'b\.jpg'"):
        recognizer.recognize(["a.jpg", "b.jpg"], broken)
    with pytest.raises(InputError, match=r"'a\.jpg' \(2 times\)"):
        recognizer.recognize(["a.jpg", "a.jpg"], vectors)
    with pytest.raises(InputError, match="3 photo_ids and 2 rows"):
        recognizer.recognize(["a", "b", "c"], vectors)
    with pytest.raises(InputError, match="unit-norm"):
        recognizer.recognize(["a", "b"], 2 * vectors)
    with pytest.raises((InputError, TypeError), match="lat"):  # TypeError when annotations are executed
        recognizer.recognize(["a", "b"], vectors, np.zeros(1), np.zeros(1))
