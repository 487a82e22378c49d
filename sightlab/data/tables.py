"""Reading a folder's tables: rows as text with their line, and problems collected, not thrown singly."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np
import pandas as pd

from sightlab.checks import InputError

_SHOWN = 5  # problems of each kind that a message lists


class Problems:
    """Everything wrong with a photo folder, by kind, so that one run of the check tells it all."""

    def __init__(self):
        self._found: dict[str, list[str]] = {}
        self._advice: dict[str, str] = {}

    def add(self, kind: str, advice: str, where: str) -> None:
        self._found.setdefault(kind, []).append(where)
        self._advice[kind] = advice

    def raise_if_any(self, folder: Path) -> None:
        """Raises InputError listing the first five of each kind and what to do about each."""
        if not self._found:
            return
        lines = [f"{folder} is not a valid photo folder:"]
        for kind, found in self._found.items():
            more = f"; and {len(found) - _SHOWN:,} more" if len(found) > _SHOWN else ""
            lines.append(
                f"- {kind} ({len(found):,}): {'; '.join(found[:_SHOWN])}{more}. {self._advice[kind]}"
            )
        raise InputError("\n".join(lines))


def read_table(
    folder: Path, name: str, required: Sequence[str], optional: Sequence[str] = ()
) -> pd.DataFrame:
    """`name`.csv or `name`.parquet as text columns, stripped, "" for empty; other columns are left out.

    Returns:
        The required and optional columns, and `where`: file and line (CSV) or row (parquet) of each row.
    Raises:
        InputError: no such file, both of them, not readable, a corrupt row, or a missing required column.
    """
    found = [path for path in (folder / f"{name}.csv", folder / f"{name}.parquet") if path.is_file()]
    if not found:
        raise InputError(
            f"expected {name}.csv or {name}.parquet in {folder}; there is neither. Write one with the "
            f"columns {', '.join(required)}, or give the folder that holds it."
        )
    if len(found) > 1:
        raise InputError(
            f"expected one table {name} in {folder}; got {name}.csv and {name}.parquet. "
            "Take away the one that is out of date."
        )
    path = found[0]
    table = _read_csv(path) if path.suffix == ".csv" else _read_parquet(path)
    missing = [column for column in required if column not in table.columns]
    if missing:
        has = ", ".join(column for column in table.columns if column != "where")
        raise InputError(
            f"{path} must have the columns {', '.join(required)}, separated by commas; missing: "
            f"{', '.join(missing)}; its header has: {has or 'nothing'}. Add or rename them."
        )
    for column in optional:
        if column not in table.columns:
            table[column] = pd.Series("", index=table.index, dtype=str)
    return table[[*required, *optional, "where"]].copy()


def _read_csv(path: Path) -> pd.DataFrame:
    rows, where, corrupt, header = [], [], Problems(), []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            header = [column.strip() for column in next(reader, [])]
            for row in reader:
                here = f"{path.name} line {reader.line_num}"
                if len(row) == len(header):
                    rows.append([value.strip() for value in row])
                    where.append(here)
                elif row:  # an empty line is no row
                    advice = "Mend these rows; a name with a comma in it needs double quotes."
                    kind = f"rows that do not have the header's {len(header)} fields"
                    corrupt.add(kind, advice, f"{here} has {len(row)}")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} must be UTF-8 text; {error}. Save it as UTF-8 CSV.") from None
    except (csv.Error, OSError) as error:
        raise InputError(
            f"{path} must be a CSV table; after row {len(rows)}: {error}. Mend or replace it."
        ) from None
    corrupt.raise_if_any(path)
    repeated = sorted({column for column in header if header.count(column) > 1})
    if repeated:
        raise InputError(f"{path} must name each column once; repeated: {', '.join(repeated)}. Rename them.")
    table = pd.DataFrame(rows, columns=header, dtype=str)
    table["where"] = pd.Series(where, dtype=str)
    return table


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_parquet(path).reset_index(drop=True)
    except Exception as error:  # pyarrow's own kinds of error
        raise InputError(f"{path} must be a parquet table; {error}. Write it again.") from error
    text = {str(column): table[column].map(_as_text).astype(str) for column in table.columns}
    return pd.DataFrame(text).assign(where=[f"{path.name} row {i}" for i in range(len(table))])


def _as_text(value: object) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value).strip()


def positions(table: pd.DataFrame, problems: Problems) -> tuple[np.ndarray, np.ndarray]:
    """lat and lon of a text table as degrees, NaN when empty or 0,0; what is no position is a problem."""
    pairs = [
        _position(lat, lon, where, problems)
        for lat, lon, where in zip(table["lat"], table["lon"], table["where"], strict=True)
    ]
    degrees = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return degrees[:, 0], degrees[:, 1]


def _position(lat: str, lon: str, where: str, problems: Problems) -> tuple[float, float]:
    unknown = (math.nan, math.nan)
    if {lat.lower(), lon.lower()} <= {"", "nan"}:
        return unknown
    try:
        degrees = float(lat), float(lon)
    except ValueError:
        degrees = unknown
    if not (abs(degrees[0]) <= 90 and abs(degrees[1]) <= 180):
        advice = "Give degrees, lat from -90 to 90 and lon from -180 to 180, or leave both empty."
        problems.add("bad coordinates", advice, f"{where}: lat={lat!r}, lon={lon!r}")
        return unknown
    return unknown if degrees == (0, 0) else degrees  # 0,0 is how many programs write "none"


def check_ids(table: pd.DataFrame, column: str, problems: Problems) -> None:
    """Ids become file names and lists further on: each must be there, once, and be a plain name."""
    seen: dict[str, str] = {}
    for value, where in zip(table[column], table["where"], strict=True):
        if not value:
            problems.add(f"empty {column}", "Give every row one.", where)
        elif value in seen:
            problems.add(
                f"repeated {column}", "Keep one row of each.", f"{where}: {value!r}, first in {seen[value]}"
            )
        elif len(value) > 200 or value in (".", "..") or _has_control(value) or set(value) & set("/\\;"):
            advice = "Rename them: at most 200 characters, no control characters, no / \\ and ;."
            problems.add(f"unusable {column}", advice, f"{where}: {value[:60]!r}")
        seen.setdefault(value, where)


def stays_inside(path: str) -> bool:
    """Whether a path of a table names something below the table's folder, on any system."""
    kinds = (PurePosixPath(path), PureWindowsPath(path))
    inside = not any(p.is_absolute() or p.drive or p.root or ".." in p.parts for p in kinds)
    return bool(path) and path != "." and not _has_control(path) and inside


def _has_control(text: str) -> bool:
    return any(ord(character) < 32 or ord(character) == 127 for character in text)
