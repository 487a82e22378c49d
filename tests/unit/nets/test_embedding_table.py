"""EmbeddingTable: rows by name, what is missing and why, files."""

import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.nets.embedding_table import EmbeddingTable


@pytest.fixture
def table():
    vectors = np.array([[1, 0], [0, 1], [0.6, -0.8]], np.float32)
    return EmbeddingTable(np.array(["a", "b", "c"]), vectors, "key", {"d": "truncated"})


def test_rows_come_in_the_order_asked_for(table):
    assert np.array_equal(table.rows(["c", "a", "c"]), table.vectors[[2, 0, 2]])
    assert table.rows([]).shape == (0, 2)
    assert (len(table), table.dim) == (3, 2)
    assert "a" in table
    assert "d" not in table
    assert repr(table) == "EmbeddingTable: 3 photos x 2, 1 unreadable"


def test_missing_photos_are_named_with_the_reason(table):
    with pytest.raises(KeyError, match=r"2 photos have no embedding .*d: truncated; e: never embedded"):
        table.rows(["a", "d", "e"])
    with pytest.raises(KeyError, match="9 photos"):
        table.rows(list("efghijklm"))


def test_a_table_survives_its_files(table, tmp_path):
    table.save(tmp_path)
    loaded = EmbeddingTable.load(tmp_path, "key")
    assert loaded.photo_ids.tolist() == table.photo_ids.tolist()
    assert np.array_equal(loaded.vectors, table.vectors)
    assert (loaded.problems, loaded.key) == (table.problems, "key")


@pytest.mark.parametrize(
    ("photo_ids", "vectors", "told"),
    [
        (["a", "b"], [[1, 0]], "2 photo_ids, but 1 vectors"),
        (["a", "a"], [[1, 0], [0, 1]], "photo_ids must be unique"),
        (["a", "b"], [[1, 0], [1, 1]], "row 1 is off by 0.414"),
        (["a"], [[np.nan, 1]], "row 0 holds NaN"),
    ],
)
def test_a_table_that_cannot_be_is_refused(photo_ids, vectors, told):
    with pytest.raises(InputError, match=told):
        EmbeddingTable(np.array(photo_ids), np.array(vectors, np.float32))
