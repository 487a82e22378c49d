"""Bad tables, made by code: each kind spoils a valid photo folder, and says what the error must say.

`KINDS` maps a name to (spoil, told): `spoil(folder)` changes the folder, `told` is the pattern of the error,
"" for a folder that is odd but must be read.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

READ = ""
PHOTO = "landmarks/blue_dome/blue_dome_000.jpg"  # of line 2 of the manifest, a train photo
OUTSIDE = "outside"  # a folder beside the photo folder, with secret.jpg in it
Kind = tuple[Callable[[Path], object], str]


def edited(old: str, new: str, name: str = "manifest", line: int = 2) -> Callable[[Path], object]:
    """Replaces text in one line of a table, counted from 1."""

    def spoil(folder: Path) -> None:
        lines = (folder / f"{name}.csv").read_bytes().split(b"\n")
        assert old.encode() in lines[line - 1]
        lines[line - 1] = lines[line - 1].replace(old.encode(), new.encode())
        (folder / f"{name}.csv").write_bytes(b"\n".join(lines))

    return spoil


def written(change: Callable[[bytes], bytes], name: str = "manifest") -> Callable[[Path], object]:
    """Replaces the bytes of a table."""
    return lambda folder: (folder / f"{name}.csv").write_bytes(change((folder / f"{name}.csv").read_bytes()))


def replaced(make: Callable[[Path], object], name: str = "manifest.csv") -> Callable[[Path], object]:
    """Puts something else in the place of a file."""

    def spoil(folder: Path) -> None:
        (folder / name).unlink()
        make(folder / name)

    return spoil


def path_is(path: str) -> Callable[[Path], object]:
    return edited(PHOTO, path)


def id_is(photo_id: str) -> Callable[[Path], object]:
    return edited("blue_dome_000,", f"{photo_id},")


def name_is(name: str) -> Callable[[Path], object]:
    return edited("Blue Dome", name)


def placed(lat: str, lon: str) -> Callable[[Path], object]:
    def change(data: bytes) -> bytes:
        head, first, *rest = data.decode().split("\r\n")
        lines = [f"{head},lat,lon", f"{first},{lat},{lon}", *(f"{line},," for line in rest if line)]
        return "\r\n".join(lines).encode()

    return written(change)


def as_parquet(change: Callable[[pd.DataFrame], object], **options) -> Callable[[Path], object]:
    """Writes the manifest as parquet instead, after `change` of it."""

    def spoil(folder: Path) -> None:
        table = pd.read_csv(folder / "manifest.csv", dtype=str, keep_default_na=False)
        (folder / "manifest.csv").unlink()
        changed = change(table)
        changed = pa.Table.from_pandas(changed) if isinstance(changed, pd.DataFrame) else changed
        parquet.write_table(changed, folder / "manifest.parquet", **options)

    return spoil


def repeated_column(table: pd.DataFrame) -> pa.Table:
    arrow = pa.Table.from_pandas(table)
    return arrow.append_column("path", arrow["path"])


def linked_folder(folder: Path) -> None:
    """The photos of a landmark lie in a folder outside, reached by a link."""
    (folder / "landmarks/red_tower").rename(folder.parent / OUTSIDE / "red_tower")
    (folder / "landmarks/red_tower").symlink_to(folder.parent / OUTSIDE / "red_tower")


def linked_inside(folder: Path) -> None:
    (folder / PHOTO).rename(folder / "moved.jpg")
    (folder / PHOTO).symlink_to(folder / "moved.jpg")


def linked_folder_itself(folder: Path) -> None:
    folder.rename(folder.parent / OUTSIDE / "all")
    folder.symlink_to(folder.parent / OUTSIDE / "all")


def linked_table(folder: Path) -> None:
    (folder / "manifest.csv").rename(folder.parent / OUTSIDE / "manifest.csv")
    (folder / "manifest.csv").symlink_to(folder.parent / OUTSIDE / "manifest.csv")


def secret(folder: Path) -> str:
    return str(folder.parent / OUTSIDE / "secret.jpg")


EVIL = {
    f"path {path!r}": (path_is(path), "path outside the folder")
    for path in (
        "../../etc/passwd",
        "../outside/secret.jpg",
        "landmarks/../../outside/secret.jpg",
        "/etc/passwd",
        "//etc/passwd",
        "C:\\\\Windows\\\\win.ini",
        "C:secret.jpg",
        "..\\\\outside\\\\secret.jpg",
        "\\\\\\\\server\\\\share\\\\secret.jpg",
        ".",
        "..",
        "",
        "a\0b.jpg",
    )
}
IDS = {
    f"photo_id {photo_id[:12]!r}": (id_is(photo_id), "unusable photo_id|empty photo_id|formula in photo_id")
    for photo_id in ("", "..", "a/b", "a\\\\b", "a;b", "a\0b", "a" * 201, "=1+1", "@SUM(A1)", "+1", "-1")
}
COORDINATES = {
    f"position {lat},{lon}": (placed(lat, lon), "bad coordinates")
    for lat, lon in (
        ("91", "5"),
        ("5", "181"),
        ("inf", "5"),
        ("nan", "5"),
        ("north", "5"),
        ("5_1", "4"),
        ("5", ""),
    )
}

KINDS: dict[str, Kind] = {
    **EVIL,
    **IDS,
    **COORDINATES,
    "position 0,0": (placed("0", "0"), READ),
    "link to a photo outside": (
        lambda folder: replaced(lambda path: path.symlink_to(secret(folder)), PHOTO)(folder),
        r"links out of the folder \(1\): manifest.csv line 2",
    ),
    "link to a password file": (
        replaced(lambda path: path.symlink_to("/etc/passwd"), PHOTO),
        "links out of the folder",
    ),
    "link to a folder outside": (linked_folder, "links out of the folder"),
    "link to another photo of the folder": (linked_inside, READ),
    "link to the photo folder": (linked_folder_itself, READ),
    "link to a table outside": (linked_table, "link to a file outside the folder"),
    "link to itself": (replaced(lambda path: path.symlink_to(path), PHOTO), "missing files"),
    "a pipe in place of a photo": (replaced(os.mkfifo, PHOTO), "missing files"),
    "a folder in place of a photo": (replaced(Path.mkdir, PHOTO), "missing files"),
    "a pipe in place of a table": (replaced(os.mkfifo), "there is neither"),
    "a folder in place of a table": (replaced(Path.mkdir), "there is neither"),
    "no table": (replaced(lambda path: None), "there is neither"),
    "two tables": (lambda folder: (folder / "manifest.parquet").write_bytes(b""), "Take away the one"),
    "byte order mark": (written(lambda data: b"\xef\xbb\xbf" + data), READ),
    "UTF-16": (written(lambda data: data.decode().encode("utf-16")), "must be UTF-8"),
    "Latin-1": (written(lambda data: data.replace(b"Blue", b"Bl\xfc")), "must be UTF-8"),
    "zero bytes": (written(lambda data: b""), "its header has: nothing"),
    "a kilobyte of zeros": (written(lambda data: bytes(1024)), "must have the columns"),
    "header only": (written(lambda data: data.split(b"\n")[0]), "no photo of a landmark"),
    "a photo in place of a table": (
        lambda f: replaced(lambda p: p.write_bytes((f / PHOTO).read_bytes()))(f),
        "UTF-8",
    ),
    "semicolons": (written(lambda data: data.replace(b",", b";")), "separated by commas"),
    "tabs": (written(lambda data: data.replace(b",", b"\t")), "separated by commas"),
    "a field too few": (edited("blue_dome_000,", ""), "do not have the header's 8 fields"),
    "a field too many": (edited("blue_dome_000,", "blue_dome_000,,"), "do not have the header's 8 fields"),
    "a quote that is never closed": (name_is('"Blue Dome'), "must be a CSV table"),
    "a column named twice": (
        written(lambda data: data.replace(b"city", b"path", 1)),
        "name each column once",
    ),
    "a million columns": (written(lambda data: b"a," * 999_999 + b"a\n"), "over 1,000,000 characters"),
    "2,000 columns": (written(lambda data: b"a," * 1_999 + b"a\n"), "at most 1,000 columns; it has 2,000"),
    "100,000 rows of nothing": (written(lambda data: data + b"\n" * 100_000), READ),
    "a line without end": (written(lambda data: b"a" * 20_000_000), "over 1,000,000 characters"),
    "a field of 200,000 characters": (name_is("a" * 200_000), "field larger than field limit"),
    "a name of two lines": (name_is('"Blue\nDome"'), "control characters in landmark_name"),
    "an id of two lines": (id_is('"a\nb"'), "unusable photo_id"),
    "NUL in a name": (name_is("Blue\0Dome"), "control characters in landmark_name"),
    "a formula as name": (name_is("=HYPERLINK(0)"), r"a formula in landmark_name \(1\): manifest.csv line 2"),
    "a formula as name of a landmark": (edited("Blue Dome", "@SUM(1+1)", "landmarks"), "a formula in name"),
    "a program as city": (edited("Norhaven", "=cmd|' /C calc'!A0"), "a formula in city"),
    "a page as name": (name_is("<script>alert(1)</script>"), READ),
    "the same id twice": (edited("blue_dome_001,", "blue_dome_000,", line=3), "repeated photo_id"),
    "an unknown split": (edited(",train", ",trian"), "unknown split"),
    "an unknown landmark": (edited(",blue_dome,", ",blue_doom,"), "unknown landmark"),
    "another region": (edited(",north,", ",west,"), "region differs"),
    "no landmark": (lambda f: written(lambda data: data.split(b"\n")[0], "landmarks")(f), "unknown landmark"),
    "a reference to nothing": (edited("blue_dome_000", "nothing", "references"), "to an unknown photo"),
    "a good parquet": (as_parquet(lambda table: table), READ),
    "text named .parquet": (
        lambda folder: replaced(lambda p: p.with_suffix(".parquet").write_text("photo_id,path"))(folder),
        "must be a parquet table",
    ),
    "half a parquet": (
        lambda f: [as_parquet(lambda table: table)(f), os.truncate(f / "manifest.parquet", 2_000)],
        "must be a parquet table",
    ),
    "a parquet of lists": (
        as_parquet(lambda t: t.assign(photo_id=[[i] for i in t["photo_id"]])),
        "unknown photo",
    ),
    "a parquet of structures": (as_parquet(lambda t: t.assign(path=[{"a": 1}] * len(t))), "missing files"),
    "a parquet of bytes": (as_parquet(lambda t: t.assign(split=[b"train"] * len(t))), "unknown split"),
    "a parquet of nothing": (as_parquet(lambda t: t.assign(path=None)), "path outside the folder"),
    "a parquet of 2,000 columns": (
        as_parquet(lambda t: pd.DataFrame("", index=t.index, columns=[str(i) for i in range(2_000)])),
        "at most 1,000 columns",
    ),
    "a parquet that names a column twice": (as_parquet(repeated_column), "name each column once"),
    "bomb: a parquet of 5 million equal rows": (
        as_parquet(
            lambda t: pa.table({c: pa.array(["a"]).take(pa.array([0] * 5_000_000)) for c in t.columns[:1]})
        ),
        "rows for its size",
    ),
}
