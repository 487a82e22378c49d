import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightlab import checks
from sightlab.checks import (
    InputError,
    check_choice,
    check_columns,
    check_count,
    check_fraction,
    check_range,
    check_same_length,
    check_unique,
    check_unit_rows,
)


def test_unit_rows_names_the_first_bad_row_and_how_far_it_is_off():
    rows = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]])
    # norms 1, 1.41421, 2: rows 1 and 2 are bad, row 1 is off by sqrt(2) - 1 = 0.414
    with pytest.raises(InputError, match=r"vectors must have unit-norm rows; row 1 is off by 0.414 \(2 of 3"):
        check_unit_rows(rows, "vectors")


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_unit_rows_refuses_what_is_not_finite(bad):
    with pytest.raises(InputError, match="row 0 holds NaN or infinity"):
        check_unit_rows(np.array([[bad, 0.0]], dtype=np.float32), "vectors")


def test_unit_rows_accepts_float32_and_no_rows_and_leaves_them_alone():
    rows = np.random.default_rng(0).normal(size=(50, 512)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    before = rows.copy()
    check_unit_rows(rows, "vectors")
    check_unit_rows(rows[:0], "vectors")
    np.testing.assert_array_equal(rows, before)


def test_unit_rows_are_checked_a_few_at_a_time(monkeypatch):
    monkeypatch.setattr(checks, "_ROWS", 3)
    rows = np.tile([[0.6, 0.8]], (8, 1))
    check_unit_rows(rows, "vectors")
    rows[7] = rows[4] = 1
    with pytest.raises(InputError, match=r"row 4 is off by 0\.414 \(2 of 8 rows are bad\)"):
        check_unit_rows(rows, "vectors")


def test_unit_rows_tolerance_is_its_edge():
    check_unit_rows(np.array([[1.0009]]), "vectors")
    with pytest.raises(InputError):
        check_unit_rows(np.array([[1.0011]]), "vectors")


def test_unit_rows_wants_a_matrix_of_floats():
    with pytest.raises(InputError, match=r"shape \(2,\)"):
        check_unit_rows(np.array([1.0, 0.0]), "vectors")
    with pytest.raises(InputError, match="int64"):
        check_unit_rows(np.array([[1, 0]]), "vectors")


@given(st.floats(0, 1))
def test_fraction_accepts_everything_inside(value):
    check_fraction(value, "fpr")


@pytest.mark.parametrize("value", [-0.001, 1.001, float("nan"), float("inf"), "0.5", None, True])
def test_fraction_refuses_the_rest(value):
    with pytest.raises(InputError, match=r"fpr=.* is outside \[0, 1\]"):
        check_fraction(value, "fpr")


def test_fraction_ends_can_be_open():
    with pytest.raises(InputError, match=r"\(0, 1\]"):
        check_fraction(0, "fpr", low_open=True)
    with pytest.raises(InputError, match=r"\[0, 1\)"):
        check_fraction(1, "fpr", high_open=True)
    check_fraction(1, "fpr", low_open=True)


def test_range_says_its_advice():
    with pytest.raises(
        InputError, match=r"diameter=3 is outside \(0, 2\]. Unit vectors are never further apart."
    ):
        check_range(3, "diameter", 0, 2, low_open=True, advice="Unit vectors are never further apart.")
    check_range(1e300, "seconds", 0)


@pytest.mark.parametrize("value", [0, 1.0, True, "3"])
def test_count_refuses_what_is_not_a_whole_number_from_1(value):
    with pytest.raises(InputError, match="whole number >= 1"):
        check_count(value, "workers")


def test_count_accepts_numpy_numbers():
    check_count(np.int64(3), "workers")


def test_unique_names_repeated_values():
    check_unique(["a", "b"], "photo_id")
    with pytest.raises(InputError, match=r"photo_id must be unique; got 'a' \(2 times\), 'c' \(3 times\)"):
        check_unique(["a", "b", "a", "c", "c", "c"], "photo_id")


def test_choice_columns_and_length_say_what_there_is():
    with pytest.raises(InputError, match="Choose one of: train, tune"):
        check_choice("validation", "split", ("train", "tune"))
    with pytest.raises(InputError, match="missing: lat; it has: lon"):
        check_columns(pd.DataFrame({"lon": [1]}), ("lat", "lon"), "photos")
    with pytest.raises(InputError, match="lat has 1, lon has 2"):
        check_same_length("positions", lat=[1], lon=[1, 2])
