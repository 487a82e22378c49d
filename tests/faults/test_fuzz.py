"""Damage nobody thought of: hypothesis hurts photos and tables, and the doors still give an answer in words.

The examples are the same in every run; `make test-faults` tries many more.
"""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sightlab.checks import InputError
from sightlab.data.manifest import Manifest
from sightlab.data.photos import UnreadablePhoto, open_photo, photo_facts, read_gps
from tests.drawn import write_photo_folder
from tests.faults.bad_photos import drawing, encoded, gps

N_EXAMPLES = int(os.environ.get("SIGHTLAB_FUZZ_EXAMPLES", "60"))
few = settings(
    max_examples=N_EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
WHOLE = {
    "JPEG with GPS": gps(),
    "progressive JPEG": encoded(drawing(), "JPEG", progressive=True),
    **{kind: encoded(drawing(), kind) for kind in ("PNG", "GIF", "WEBP", "TIFF", "BMP", "JPEG2000", "AVIF")},
}
TABLES = ("manifest", "landmarks", "references")
place = st.one_of(st.floats(0, 0.1), st.floats(0, 0.999))  # of the damage: heads are worth more of it
damage = st.lists(st.tuples(place, st.binary(min_size=1, max_size=4)), min_size=1, max_size=5)
cell = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ("", "..", "../a", "/etc/passwd", "=1", "nan", "-inf", "1e999", "\0", '"', "\n", "non_landmark")
    ),
)


def hurt(whole: bytes, edits: list[tuple[float, bytes]], kept: float = 1.0) -> bytes:
    data = bytearray(whole)
    for where, new in edits:
        start = int(where * len(data))
        data[start : start + len(new)] = new
    return bytes(data[: max(1, int(kept * len(data)))])


@few
@given(kind=st.sampled_from(sorted(WHOLE)), edits=damage, kept=st.sampled_from((1.0, 1.0, 0.9, 0.3)))
def test_a_hurt_photo_gives_pixels_or_a_reason(tmp_path, kind, edits, kept):
    path = tmp_path / "photo.jpg"
    path.write_bytes(hurt(WHOLE[kind], edits, kept))
    facts = photo_facts(path, max_pixels=1_000_000)
    assert bool(facts["problem"]) == (facts["width"] == 0)
    try:
        photo = open_photo(path, max_pixels=1_000_000)
        lat, lon = read_gps(path)
    except UnreadablePhoto:
        return
    assert photo.dtype == np.uint8
    assert np.isnan(lat) == np.isnan(lon)
    assert np.isnan(lat) or (abs(lat) <= 90 and abs(lon) <= 180)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_photo_folder(tmp_path_factory.mktemp("photos"), photos_per_landmark=6, n_distractors=3)


@pytest.fixture(scope="module")
def tables(folder):
    return {name: (folder / f"{name}.csv").read_bytes() for name in TABLES}


def read_with(folder: Path, tables: dict[str, bytes], name: str, data: bytes) -> None:
    """The folder with one other table: a manifest whose promises hold, or one InputError."""
    for table, whole in tables.items():
        (folder / f"{table}.csv").write_bytes(data if table == name else whole)
    try:
        manifest = Manifest.read(folder)
    except InputError:
        return
    assert manifest.photos["photo_id"].is_unique
    assert all(path.resolve().is_relative_to(folder.resolve()) for path in manifest.paths())
    assert set(manifest.landmark_ids) <= set(manifest.landmarks["landmark_id"])
    assert (manifest.photos["lat"].isna() == manifest.photos["lon"].isna()).all()
    assert not manifest.photos["landmark_name"].str.contains("[\0\r\n]").any()


@few
@given(name=st.sampled_from(TABLES), edits=damage, kept=st.sampled_from((1.0, 1.0, 0.7)))
def test_a_table_of_hurt_bytes_is_refused_or_right(folder, tables, name, edits, kept):
    read_with(folder, tables, name, hurt(tables[name], edits, kept))


@few
@given(name=st.sampled_from(TABLES), line=st.integers(0, 9), column=st.integers(0, 7), value=cell)
def test_a_table_with_any_cell_is_refused_or_right(folder, tables, name, line, column, value):
    lines = tables[name].decode().split("\r\n")
    line %= len(lines)
    cells = lines[line].split(",")
    cells[min(column, len(cells) - 1)] = value
    lines[line] = ",".join(cells)
    read_with(folder, tables, name, "\r\n".join(lines).encode("utf-8", errors="surrogatepass"))
