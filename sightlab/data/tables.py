"""Reading a folder's tables: rows as text with their line, and problems collected, not thrown singly."""

import csv
import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TextIO

import numpy as np
import pandas as pd

from sightlab.checks import InputError

MAX_COLUMNS = 1000  # of a table; ours have ten
MAX_LINE = 1_000_000  # characters of a line of CSV
MAX_ROWS = 20_000_000  # of a parquet table; the largest landmark dataset has 5 million photos
_ROWS_PER_BYTE = 4  # ids cost more space; equal rows cost none, but memory
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SHOWN = 5  # problems of each kind that a message lists
_SHOWN_NAMES = 20  # columns that a message lists


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
    if links_out(folder, [path.name]).any():
        raise InputError(
            f"expected the table itself at {path}; it is a link to a file outside the folder, which is not "
            "read. Copy the table into the folder."
        )
    table = _read_csv(path) if path.suffix == ".csv" else _read_parquet(path, [*required, *optional])
    missing = [column for column in required if column not in table.columns]
    if missing:
        has = _some_names(column for column in table.attrs["header"] if column)
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
            reader = csv.reader(_lines(file, path), strict=True)
            header = [column.strip() for column in next(reader, [])]
            _check_header(path, header)
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
    table = pd.DataFrame(rows, columns=header, dtype=str)
    table["where"] = pd.Series(where, dtype=str)
    table.attrs["header"] = header
    return table


def _lines(file: TextIO, path: Path) -> Iterator[str]:
    """The lines of a file; one without end, as in a file that is no table, does not fill the memory."""
    while line := file.readline(MAX_LINE):
        if len(line) == MAX_LINE:
            raise InputError(
                f"{path} must be a CSV table; a line of it has over {MAX_LINE:,} characters. Look what it is."
            )
        yield line


def _check_header(path: Path, header: Sequence[str]) -> None:
    if len(header) > MAX_COLUMNS:
        raise InputError(
            f"{path} must have at most {MAX_COLUMNS:,} columns; it has {len(header):,}. Keep those that are "
            "used, and check the separator."
        )
    repeated = sorted(column for column, n in Counter(header).items() if n > 1)
    if repeated:
        raise InputError(
            f"{path} must name each column once; repeated: {_some_names(repeated)}. Rename them."
        )


def _some_names(names: Iterable[str]) -> str:
    names = [name[:60] for name in names]
    more = f" and {len(names) - _SHOWN_NAMES:,} more" if len(names) > _SHOWN_NAMES else ""
    return ", ".join(names[:_SHOWN_NAMES]) + more


def _read_parquet(path: Path, wanted: Sequence[str]) -> pd.DataFrame:
    """The wanted columns that are there: what nobody asked for is not read."""
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            names = [str(name) for name in file.schema_arrow.names]
            _check_header(path, names)
            _check_rows(path, file.metadata.num_rows)
            table = file.read(columns=[name for name in names if name in wanted])
        columns = {name: table[name].to_pylist() for name in table.column_names}
    except InputError:
        raise
    except Exception as error:  # pyarrow's own kinds of error
        raise InputError(f"{path} must be a parquet table; {error}. Write it again.") from error
    text = {name: pd.Series(map(_as_text, values), dtype=str) for name, values in columns.items()}
    result = pd.DataFrame(text, index=range(table.num_rows))
    result["where"] = pd.Series([f"{path.name} row {i}" for i in range(len(result))], dtype=str)
    result.attrs["header"] = names
    return result


def _check_rows(path: Path, n_rows: int) -> None:
    most = min(MAX_ROWS, _ROWS_PER_BYTE * path.stat().st_size)
    if n_rows > most:
        raise InputError(
            f"{path} must have at most {most:,} rows for its size; it says {n_rows:,}. Write it again, or "
            "divide the photos into several folders."
        )


def _as_text(value: object) -> str:
    is_nothing = value is None or (isinstance(value, float) and math.isnan(value))
    return "" if is_nothing else str(value).strip()


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
        degrees = (math.nan, math.nan) if "_" in lat + lon else (float(lat), float(lon))  # 5_1 is no number
    except ValueError:
        degrees = unknown
    if not (abs(degrees[0]) <= 90 and abs(degrees[1]) <= 180):
        advice = "Give degrees, lat from -90 to 90 and lon from -180 to 180, or leave both empty."
        problems.add("bad coordinates", advice, f"{where}: lat={lat[:60]!r}, lon={lon[:60]!r}")
        return unknown
    return unknown if degrees == (0, 0) else degrees  # 0,0 is how many programs write "none"


def check_ids(table: pd.DataFrame, column: str, problems: Problems) -> None:
    """Ids become file names and lists further on: each must be there, once, and be a plain name."""
    seen: dict[str, str] = {}
    for value, where in zip(table[column], table["where"], strict=True):
        if not value:
            problems.add(f"empty {column}", "Give every row one.", where)
        elif value in seen:
            advice = "Keep one row of each."
            problems.add(f"repeated {column}", advice, f"{where}: {value[:60]!r}, first in {seen[value]}")
        elif len(value) > 200 or value in (".", "..") or _has_control(value) or set(value) & set("/\\;"):
            advice = "Rename them: at most 200 characters, no control characters, no / \\ and ;."
            problems.add(f"unusable {column}", advice, f"{where}: {value[:60]!r}")
        seen.setdefault(value, where)


def check_texts(table: pd.DataFrame, columns: Sequence[str], problems: Problems) -> None:
    """Names end up in tables and pages of others, where =2+3 is computed and a NUL ends the text."""
    for column in columns:
        for value, where in zip(table[column], table["where"], strict=True):
            if not value:
                continue
            if _has_control(value):
                advice = "Take out line ends, NUL and other control characters."
                problems.add(f"control characters in {column}", advice, f"{where}: {value[:60]!r}")
            elif value[0] in "=+-@":
                advice = "Put another character in front: a spreadsheet would compute what begins with =+-@."
                problems.add(f"a formula in {column}", advice, f"{where}: {value[:60]!r}")


def links_out(folder: Path, paths: Sequence[str]) -> np.ndarray:
    """(N,) bool, True for paths in `folder` that links lead out of it, whether or not something is there.

    Args:
        paths: (N,) relative paths that `stays_inside`.
    """
    root = os.path.realpath(folder)
    inside = root.rstrip(os.sep) + os.sep
    real_folder = cache(os.path.realpath)  # of thousands of photos, not of each

    def leads_out(path: str) -> bool:
        parent, name = os.path.split(os.path.join(root, path))
        place = os.path.join(real_folder(parent), name)
        if os.path.islink(place):
            place = os.path.realpath(place)
        return not place.startswith(inside)

    return np.array([leads_out(path) for path in paths], dtype=bool)


def stays_inside(path: str) -> bool:
    """Whether a path of a table names something below the table's folder, on any system."""
    kinds = (PurePosixPath(path), PureWindowsPath(path))
    inside = not any(p.is_absolute() or p.drive or p.root or ".." in p.parts for p in kinds)
    return bool(path) and path != "." and not _has_control(path) and inside


def _has_control(text: str) -> bool:
    return _CONTROL.search(text) is not None
