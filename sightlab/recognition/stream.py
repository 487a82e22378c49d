"""Answers for more stored embeddings than memory holds: chunk by chunk into one parquet file.

`Recognizer.recognize` explains every answer in words, which takes longer than finding it. Here a million
photos get the decision and its numbers; ask `recognize` about those that you want explained.

Shapes: N photos, D embedding size.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from sightlab.checks import InputError
from sightlab.data.manifest import NON_LANDMARK
from sightlab.recognition.gates import passed, threshold_of
from sightlab.recognition.recognizer import Recognizer


def answer_many(
    recognizer: Recognizer,
    photo_ids: Sequence[str] | np.ndarray,
    vectors: np.ndarray,
    path: Path,
    lat: np.ndarray | None = None,
    lon: np.ndarray | None = None,
) -> int:
    """Writes an answer for every photo; returns for how many.

    Memory holds `RecognizerConfig.chunk` photos at a time: give `vectors` as `np.load(..., mmap_mode="r")`.

    Args:
        recognizer: that answers; regions are not looked at.
        photo_ids: (N,) names.
        vectors: (N, D) unit rows, float32.
        path: the parquet file; whole or absent, an older one is replaced.
        lat, lon: (N,) of the camera, degrees; NaN, or None for all, when unknown.
    Returns:
        N. The file has the columns photo, landmark_id, best_landmark_id, similarity, threshold, centroid,
        used_gps, reference_distance of `Recognizer.recognize`, with the same values, in the order given.
    Raises:
        InputError: lengths that differ; rows not of unit norm; coordinates out of range; verify="local":
            nobody would be asked, and only the longer lead would be left of it.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if recognizer.local is not None:
        raise InputError(
            'Expected a recognizer that verifies by references; got one with verify="local", in '
            "answer_many. Pass the one without, or ask this one by recognize, some thousand photos at a time."
        )
    lengths = [len(x) for x in (photo_ids, vectors, lat, lon) if x is not None]
    if len(set(lengths)) != 1 or lengths[0] == 0:
        raise InputError(
            f"Expected photo_ids, vectors, lat and lon of the same photos; got {lengths} rows in "
            "answer_many. Take them from one table that has at least one row."
        )
    path = Path(path)
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        chunks = (pa.Table.from_pandas(rows) for rows in _chunks(recognizer, photo_ids, vectors, lat, lon))
        first = next(chunks)
        with pq.ParquetWriter(unfinished, first.schema) as file:
            file.write_table(first)
            for rows in chunks:
                file.write_table(rows)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return len(vectors)


def _chunks(recognizer: Recognizer, photo_ids, vectors, lat, lon) -> Iterator[pd.DataFrame]:
    """The answers of each chunk."""
    search, thresholds = recognizer.search, recognizer.thresholds
    for first in range(0, len(vectors), search.config.chunk):
        part = slice(first, first + search.config.chunk)
        where = [None if x is None else np.asarray(x[part], dtype=np.float64) for x in (lat, lon)]
        matches = search.match(np.asarray(vectors[part]), *where)
        best = search.landmark_ids[matches.landmark[:, 0]]
        answered = passed(matches, thresholds)[:, 0]
        yield pd.DataFrame(
            {
                "photo": np.asarray(photo_ids[part], dtype=np.str_),
                "landmark_id": np.where(answered, best, NON_LANDMARK),
                "best_landmark_id": best,
                "similarity": matches.similarity[:, 0],
                "threshold": threshold_of(matches, thresholds),
                "centroid": matches.centroid[:, 0],
                "used_gps": matches.has_position,
                "reference_distance": matches.reference_distance[:, 0],
            }
        )
