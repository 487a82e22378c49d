"""Failures as a table: every test photo with its answer, how far it is from right, and lists to page through.

    table = answer_table(evaluation.outcomes, answers)     # a row per test photo
    fails = table[table["is_failure"]]                     # worst first; slice it with pandas as you like
    FailureList(fails).choose(outcome="confused").page(0)  # what an explorer shows

Source: ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from sightlab.checks import InputError, check_columns, check_count, check_unique
from sightlab.data.manifest import NON_LANDMARK
from sightlab.evaluation.intervals import wilson

FAILURES = ("confused", "false_alarm", "missed")  # outcomes that are wrong
ANSWER_COLUMNS = (
    "threshold",
    "margin",
    "runner_up",
    "centroid",
    "cosine",
    "probability",
    "world_landmark_id",
    "used_gps",
    "trace",
)
PAGE = 48  # photos of one page of the grid
MOST_VALUES = 40  # a column with more different values is no slice
ORDERS = {
    "severity": "worst first",
    "similarity": "highest similarity",
    "margin": "smallest margin",
    "given": "as given",
}


def answer_table(outcomes: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """Every test photo with its outcome and all that was said about it, the worst failure first.

    Args:
        outcomes: `Evaluation.outcomes`.
        answers: what `Recognizer.recognize` returned for the same photos.
    Returns:
        The columns of both, and
        is_failure: the outcome is confused, missed or false_alarm;
        gate: what decided: "geo" (no landmark in the square), "references", "lead" (a rival was too near),
        "similarity", "unreadable";
        severity: >= 0: by how much the similarity of a wrong answer exceeds its threshold, or by how much a
        missed landmark's stays below; 0 for a landmark that another gate rejected, which lacked no
        similarity. Otherwise the distance from the threshold. NaN for photos that could not be read.
    Raises:
        InputError: a missing column, a photo twice, or an outcome without answer.
    """
    check_columns(outcomes, ("photo_id", "outcome", "similarity", "reason"), "outcomes")
    check_columns(answers, ("photo", *ANSWER_COLUMNS), "answers")
    check_unique(outcomes["photo_id"], "photo_id of the outcomes")
    known = answers.set_index("photo")
    missing = outcomes.loc[~outcomes["photo_id"].isin(known.index), "photo_id"]
    if len(missing):
        raise InputError(
            f"Expected an answer for each outcome; got none for {len(missing)} photos, first "
            f"{missing.iloc[0]!r}, in answer_table. Pass the answers that were evaluated."
        )
    table = outcomes.reset_index(drop=True).copy()
    beside = known.loc[table["photo_id"], list(ANSWER_COLUMNS)].reset_index(drop=True)
    table[list(ANSWER_COLUMNS)] = beside
    similarity = table["similarity"].to_numpy(np.float64)
    readable = np.isfinite(similarity)
    above = np.where(readable, similarity, 0) - table["threshold"].to_numpy(np.float64)
    is_missed = table["outcome"].eq("missed").to_numpy()
    table["severity"] = np.where(readable, np.where(is_missed, np.maximum(-above, 0), np.abs(above)), np.nan)
    table["is_failure"] = table["outcome"].isin(FAILURES)
    table["gate"] = [gate_of(reason) for reason in table["reason"]]
    order = ["is_failure", "severity", "photo_id"]
    return table.sort_values(order, ascending=[False, False, True], ignore_index=True)


def gate_of(reason: str) -> str:
    """The gate that a reason of the recognizer names, see `answer_table`."""
    if reason.startswith("unreadable"):
        return "unreadable"
    if reason.startswith("no landmark in the"):
        return "geo"
    if "but ahead of" in reason.split("; ")[0]:  # what follows tells of the world search
        return "lead"
    return "references" if reason.startswith("mean distance") else "similarity"


def failure_rates(table: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """How often each value of some columns fails, with its interval; the worst value first.

    Args:
        table: `answer_table`, or any frame with is_failure.
        by: columns; values that are missing or "" are left out.
    Returns:
        slice ("region: europe"), n, failures, rate, low, high (Wilson 95 %).
    Raises:
        InputError: a missing column.
    """
    check_columns(table, ("is_failure", *by), "table")
    rows = []
    for column in by:
        values = table[column].dropna()
        for value, group in table.loc[values.index].groupby(column, sort=True):
            if value != "":
                k, n = int(group["is_failure"].sum()), len(group)
                low, high = wilson(k, n)
                facts = {"slice": f"{column}: {value}", "n": n, "failures": k}
                rows.append({**facts, "rate": k / n, "low": low, "high": high})
    found = pd.DataFrame(rows, columns=["slice", "n", "failures", "rate", "low", "high"])
    return found.sort_values(["rate", "n"], ascending=False, ignore_index=True)


@dataclass(frozen=True, eq=False)
class FailureList:
    """Photos in an order, some of them chosen: what the grid of an explorer pages through.

    A row is named by its place in `table`, which never changes; choosing gives a new list.
    """

    table: pd.DataFrame
    order: str = "severity"  # a key of ORDERS
    chosen: Mapping[str, str] = field(default_factory=dict)  # column -> the value wanted
    polygon: Float[np.ndarray, "P 2"] | None = None  # on the plane of `xy`; None: everywhere
    xy: Float[np.ndarray, "N 2"] | None = None  # place of each row on a UMAP plane, NaN where unknown

    def __post_init__(self):
        check_columns(self.table, ("photo_id",), "the table of an explorer")
        names = list(map(str, self.table.columns))
        for name in names:
            if names.count(name) > 1:
                raise InputError(
                    f"the table of an explorer must have each column once; it has {name!r} "
                    f"{names.count(name)} times. Rename one, or drop it."
                )
        check_unique(self.table["photo_id"], "photo_id of an explorer")
        if self.order not in ORDERS:
            raise InputError(f"order={self.order!r} is unknown. Choose one of: {', '.join(ORDERS)}.")

    @property
    def slices(self) -> dict[str, dict[str, int]]:
        """Columns that make slices, each with its values and how many rows they have, the largest first."""
        found = {}
        for column in self.table.columns:
            values = self.table[column]
            if column not in ("photo_id", "path", "is_failure") and not pd.api.types.is_float_dtype(values):
                counts = values.dropna().astype(str).value_counts()
                counts = counts[counts.index != ""]
                if 2 <= len(counts) <= MOST_VALUES:
                    found[str(column)] = {str(value): int(n) for value, n in counts.items()}
        return found

    def choose(self, /, **wanted: str) -> FailureList:
        """Only rows whose column has this value; "" takes the wish back.

        Raises:
            InputError: no such slice.
        """
        unknown = sorted(set(wanted) - set(map(str, self.table.columns)))
        if unknown:
            raise InputError(f"slice={unknown[0]!r} is no column. Choose one of: {', '.join(self.slices)}.")
        chosen = {name: value for name, value in {**self.chosen, **wanted}.items() if value != ""}
        return replace(self, chosen=chosen)

    def inside(self, polygon: Sequence[Sequence[float]] | None) -> FailureList:
        """Only rows whose place on the plane lies inside a closed line; None: all."""
        if polygon is None or len(polygon) < 3 or self.xy is None:
            return replace(self, polygon=None)
        return replace(self, polygon=np.asarray(polygon, np.float64))

    @property
    def rows(self) -> np.ndarray:
        """Places in `table` of the chosen rows, in order."""
        keep = np.ones(len(self.table), dtype=bool)
        for column, value in self.chosen.items():
            [own] = [name for name in self.table.columns if str(name) == column]  # a name may be a number
            keep &= (self.table[own].astype(str) == value).fillna(False).to_numpy(bool)
        if self.polygon is not None:
            keep &= _inside(self.polygon, self.xy)
        return self._ordered()[keep[self._ordered()]]

    def page(self, number: int, size: int = PAGE) -> np.ndarray:
        """Rows of one page; beyond the last page the last one."""
        check_count(size, "size")
        rows = self.rows
        last = max(0, (len(rows) - 1) // size)
        start = min(max(0, number), last) * size
        return rows[start : start + size]

    def _ordered(self) -> np.ndarray:
        """All rows by the order wanted; what cannot be ordered stays as given, at the end."""
        if self.order not in self.table:
            return np.arange(len(self.table))
        values = _numbers(self.table[self.order])
        if self.order == "severity" and "is_failure" in self.table:  # then those that were nearly wrong
            is_failure = self.table["is_failure"].eq(True).fillna(False).to_numpy(bool)
            values = np.where(is_failure, values, -values)
        values = values if self.order == "margin" else -values
        return np.argsort(np.where(np.isfinite(values), values, np.inf), kind="stable")

    def outcomes_at(self, threshold: float) -> list[str]:
        """Outcome of every row, were this the one threshold for all photos; "" where the truth is unknown."""
        check_columns(self.table, ("similarity", "best_landmark_id", "landmark_id"), "the explorer's table")
        is_answered = _numbers(self.table["similarity"]) > threshold
        columns = (self.table[name].astype(object) for name in ("landmark_id", "best_landmark_id"))
        truth, best = (column.where(column.notna(), "").to_numpy(dtype=object) for column in columns)
        is_landmark = truth != NON_LANDMARK
        names = [
            "" if not known
            else ("correct" if right else "confused") if answered and landmark
            else "missed" if landmark
            else "false_alarm" if answered
            else "correct_rejection"
            for known, answered, landmark, right in zip(
                truth != "", is_answered, is_landmark, truth == best, strict=True
            )
        ]  # fmt: skip
        return names


def _numbers(values: pd.Series) -> Float[np.ndarray, " N"]:
    """Any column as floats, NaN for what is missing or no number."""
    return pd.to_numeric(values, errors="coerce").to_numpy(np.float64, na_value=np.nan)


def _inside(polygon: Float[np.ndarray, "P 2"], xy: Float[np.ndarray, "N 2"]) -> Bool[np.ndarray, " N"]:
    from matplotlib.path import Path

    known = np.isfinite(xy).all(axis=1)
    return known & Path(polygon).contains_points(np.where(known[:, None], xy, 0.0))
