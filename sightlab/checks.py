"""Checks at public doors: one `InputError` that says what was expected, what came, where, what to do."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from numbers import Integral, Real

import numpy as np

_ROWS = 4096  # embeddings checked at once


class InputError(ValueError):
    """Bad input from a user. Its message says: expected, got (which row or file), where, what to do."""


def check_fraction(
    value: float, name: str, *, low_open: bool = False, high_open: bool = False, advice: str = ""
) -> None:
    """Refuse a number outside 0 to 1.

    Args:
        value: the number to check.
        name: what the user calls it.
        low_open, high_open: True if 0, or 1, is itself refused.
        advice: what to do, one sentence.
    Raises:
        InputError: not a number, NaN, or outside the interval.
    """
    check_range(value, name, 0.0, 1.0, low_open=low_open, high_open=high_open, advice=advice)


def check_range(
    value: float,
    name: str,
    low: float,
    high: float = math.inf,
    *,
    low_open: bool = False,
    high_open: bool = False,
    advice: str = "",
) -> None:
    """Refuse a number outside an interval; NaN and non-numbers are outside every interval."""
    left, right = "(" if low_open else "[", ")" if high_open or math.isinf(high) else "]"
    interval = f"{left}{low:g}, {high:g}{right}"
    is_number = isinstance(value, Real) and not isinstance(value, (bool, np.bool_))
    above_low = is_number and (value > low if low_open else value >= low)
    below_high = is_number and (value < high if high_open else value <= high)
    if not (above_low and below_high):
        advice = advice or f"Give {name} a number inside {interval}."
        raise InputError(f"{name}={value!r} is outside {interval}. {advice}")


def check_count(value: int, name: str, minimum: int = 1, *, advice: str = "") -> None:
    """Refuse anything but a whole number of at least `minimum`."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < minimum:
        advice = advice or f"Give {name} a whole number >= {minimum}."
        raise InputError(f"{name}={value!r} is not a whole number >= {minimum}. {advice}")


def check_choice(value: str, name: str, choices: Sequence[str]) -> None:
    """Refuse a value that is not one of a few known ones."""
    if value not in choices:
        raise InputError(f"{name}={value!r} is unknown. Choose one of: {', '.join(map(str, choices))}.")


def check_unique(values: Iterable, name: str, *, advice: str = "") -> None:
    """Refuse repeated values, naming the first few and how often each occurs."""
    repeated = [(value, n) for value, n in Counter(values).items() if n > 1]
    if repeated:
        shown = ", ".join(f"{value!r} ({n} times)" for value, n in repeated[:5])
        more = f" and {len(repeated) - 5} more" if len(repeated) > 5 else ""
        advice = advice or "Keep one row of each."
        raise InputError(f"{name} must be unique; got {shown}{more}. {advice}")


def check_columns(table, columns: Sequence[str], name: str) -> None:
    """Refuse a table that lacks a column, naming what is missing and what is there."""
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise InputError(
            f"{name} must have the columns {', '.join(columns)}; missing: {', '.join(missing)}; "
            f"it has: {', '.join(map(str, table.columns)) or 'none'}. Add or rename the missing ones."
        )


def check_same_length(name: str, **arrays: Sequence) -> None:
    """Refuse arrays that should have one entry per row but differ in length."""
    lengths = {key: len(array) for key, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{key} has {n}" for key, n in lengths.items())
        raise InputError(
            f"{name} needs arrays of one length; {shown}. Check that all come from the same table."
        )


def check_unit_rows(x: np.ndarray, name: str, tolerance: float = 1e-3) -> None:
    """Refuse anything but a matrix of finite rows with Euclidean norm 1.

    Args:
        x: (N, D); N may be 0.
        name: what the user calls it.
        tolerance: largest difference of a norm from 1; float32 embeddings differ by about 1e-6.
    Raises:
        InputError: not two-dimensional, not floating point, NaN or infinity in a row, or a norm off by more.
    """
    x = np.asarray(x)
    if x.ndim != 2:
        raise InputError(f"{name} must be a matrix (N, D); got shape {x.shape}. For one vector pass v[None].")
    if not np.issubdtype(x.dtype, np.floating):
        raise InputError(
            f"{name} must hold floating-point numbers; got {x.dtype}. Pass embeddings as float32."
        )
    off = np.empty(len(x))
    for first in range(0, len(x), _ROWS):  # a wide copy of a million rows would weigh gigabytes
        wide = x[first : first + _ROWS].astype(np.float64, copy=False)
        with np.errstate(over="ignore", invalid="ignore"):
            off[first : first + _ROWS] = np.abs(np.sqrt(np.einsum("nd,nd->n", wide, wide)) - 1)
    bad = np.flatnonzero(~(off <= tolerance))  # the negation also catches NaN
    if len(bad):
        row = int(bad[0])
        got = f"is off by {off[row]:.3f}" if np.isfinite(off[row]) else "holds NaN or infinity"
        raise InputError(
            f"{name} must have unit-norm rows; row {row} {got} ({len(bad)} of {len(x)} rows are bad). "
            "Divide each row by its norm first."
        )
