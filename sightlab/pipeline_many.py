"""Answers and checks for more photos than memory holds: shard by shard, here or on a cluster, resumed after
a kill.

Each shard of 1,024 photos becomes a part, a parquet file in the workspace, whole or absent. When all are
there they are read one after the other into the result, and deleted.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sightlab.data.manifest import NON_LANDMARK
from sightlab.data.photos import photo_facts
from sightlab.data.survey import named_photos, survey_table
from sightlab.nets.cluster import (
    Cluster,
    fetched,
    mapped,
    photo_tasks,
    prepared,
    why_other_engine,
    why_other_photos,
)
from sightlab.nets.embedding_shards import photo_bar
from sightlab.nets.engine import EngineChoice, resolve_engine
from sightlab.nets.photo_stream import in_order
from sightlab.pipeline_model import TrainedModel, model_folder, read_model
from sightlab.recognition.recognizer import COLUMNS
from sightlab.workspace import (
    Workspace,
    artefact_key,
    explain_full_disk,
    file_facts,
    load_table,
    save_table,
)
from sightlab.workspace_files import temporary_name

if TYPE_CHECKING:
    from sightlab.data.manifest import Manifest

SHARD = 1024  # photos; what a kill can cost at most for each worker
VERSION = 2
HINT = "throughput"

Wanted = dict[int, slice]  # rows of each shard, by its number


@dataclass(frozen=True)
class Counts:
    """What became of photos that were recognized."""

    named: int = 0  # got a landmark
    rejected: int = 0  # show none
    unreadable: int = 0

    def plus(self, answers: pd.DataFrame) -> Counts:
        unreadable = answers["reason"].str.startswith("unreadable")
        rejected = answers["landmark_id"].eq(NON_LANDMARK) & ~unreadable
        n, u, r = len(answers), int(unreadable.sum()), int(rejected.sum())
        return Counts(self.named + n - u - r, self.rejected + r, self.unreadable + u)


def shards_of(n: int) -> Wanted:
    """The rows of each shard of n photos."""
    starts = range(0, n, SHARD)
    return {number: slice(start, min(start + SHARD, n)) for number, start in enumerate(starts)}


@contextmanager
def table_parts(
    workspace: Workspace,
    step: str,
    key: str,
    shards: Wanted,
    computed: Callable[[Wanted], Iterator[tuple[int, pd.DataFrame]]],
) -> Iterator[list[Path]]:
    """The parts of a large table as parquet files, in order; deleted when the caller is done with them.

    Args:
        computed: makes the tables of the shards asked for, in any order; shards that an earlier process has
            stored are not asked for.
    Raises:
        InputError: another process is at the same work; the disk is full.
    """
    folder = workspace.partial(step, key)
    files = {number: folder / f"part_{number:06d}.parquet" for number in shards}
    with explain_full_disk(folder):
        missing = {number: rows for number, rows in shards.items() if not files[number].exists()}
        for number, table in computed(missing) if missing else ():
            save_table(files[number], table)
    yield list(files.values())
    workspace.discard(step, key)


# --- recognition


def recognize_into(
    out: Path,
    paths: Sequence[Path],
    workspace: Workspace,
    use_gps: bool = True,
    fpr: float | None = None,
    cluster: Cluster | None = None,
    engine: str = "auto",
) -> Counts:
    """Writes an answer for every file, readable or not, in the order given: the columns of `COLUMNS`.

    A killed call goes on at the shards that it had not finished, on a cluster or without; one that ends
    leaves nothing behind but `out`.

    Args:
        out: the table; parquet if it is named so, CSV otherwise. Whole or absent; an older one is replaced.
        paths: files, each once; their text is the name in the column `photo`.
        workspace: of a finished run.
        use_gps: whether EXIF coordinates may narrow the search.
        fpr: see `read_model`.
        cluster: who computes; None: this process.
        engine: what runs the network, see `resolve_engine`.
    Raises:
        InputError: see `read_model` and `mapped`; another process is at the same photos; the disk is full.
    """
    parts = read_model(workspace, fpr)
    choice, model = resolve_engine(engine), model_key(workspace, fpr)
    names, shards = [str(path) for path in paths], shards_of(len(paths))
    files = file_facts(names, paths)
    settings = {"model": model, "engine": choice.name, "use_gps": use_gps, "files": files}

    def computed(wanted: Wanted) -> Iterator[tuple[int, pd.DataFrame]]:
        if cluster is None:
            model_here = TrainedModel(workspace, fpr, engine, HINT, parts)
            yield from _recognized_here(model_here, paths, wanted, use_gps)
            return
        told = {"key": model, "engine": engine, "choice": choice, "use_gps": use_gps}
        tasks = photo_tasks(names, paths, wanted)
        answers = mapped(cluster, recognize_shard, tasks, parts, told, choice.device == "cuda")
        yield from _tables(answers, wanted, len(paths), "recognizing")

    key = artefact_key("recognized", VERSION, settings, [])
    with table_parts(workspace, "recognized", key, shards, computed) as written:
        return write_answers(written, out)


def _recognized_here(
    model: TrainedModel, paths: Sequence[Path], wanted: Wanted, use_gps: bool
) -> Iterator[tuple[int, pd.DataFrame]]:
    """The answers of each shard, with a bar."""
    if len(paths) <= SHARD:
        [(number, rows)] = wanted.items()
        yield number, model.recognize(paths[rows], use_gps, "recognizing")
        return
    with photo_bar(len(paths), len(paths) - _n_photos(wanted), "recognizing") as bar:
        for number, rows in wanted.items():
            yield number, model.recognize(paths[rows], use_gps)
            bar.update(rows.stop - rows.start)


def recognize_shard(
    task: dict, parts, key: str, engine: str, choice: EngineChoice, use_gps: bool, threads: int
) -> dict:
    """What a worker does with one shard: number, refused, and the answers as bytes of parquet.

    Args:
        task: of `photo_tasks`.
        parts: `ModelParts`, fetched when they are needed.
        key: of the model.
        engine: its name; `choice`: what that is on the driver's machine.
        threads: cores of this worker.
    """
    refused = why_other_engine(engine, choice) or why_other_photos(task)
    if refused:
        return _answer(task, None, refused)

    def compiled() -> TrainedModel:
        return TrainedModel(None, None, engine, HINT, fetched(parts), threads)

    model = prepared(("recognize", key, engine), threads, compiled)
    answers = model.recognize([Path(path) for path in task["paths"]], use_gps)
    return _answer(task, answers.assign(photo=list(task["names"])))


def model_key(workspace: Workspace, fpr: float | None = None) -> str:
    """A digest of the rate and every file that a model answers from."""
    digest, folder = hashlib.sha256(f"{fpr}".encode()), model_folder(workspace)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def write_answers(parts: Sequence[Path], out: Path) -> Counts:
    """One file of all parts, with one of them in memory at a time."""
    write = _write_parquet if out.suffix == ".parquet" else _write_csv
    counts, unfinished = Counts(), temporary_name(out)

    def tables() -> Iterator[pd.DataFrame]:
        nonlocal counts
        for part in parts:
            answers = load_table(part).astype(COLUMNS)
            counts = counts.plus(answers)
            yield answers

    try:
        with explain_full_disk(out):
            write(tables(), unfinished)
            unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
    return counts


def _write_csv(tables: Iterator[pd.DataFrame], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        for number, table in enumerate(tables):
            table.to_csv(file, index=False, header=number == 0)


def _write_parquet(tables: Iterator[pd.DataFrame], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = (pa.Table.from_pandas(table, preserve_index=False) for table in tables)
    first = next(rows)
    with pq.ParquetWriter(path, first.schema) as file:
        file.write_table(first)
        for more in rows:
            file.write_table(more)


# --- the checks of a survey


def survey_by_ray(
    photos: Manifest | Sequence[Path | str], cluster: Cluster, workspace: Workspace, progress: bool = True
) -> pd.DataFrame:
    """The table of `survey_photos`, made by a cluster; a killed call goes on where it was.

    Raises:
        InputError: see `mapped`; another process is at the same photos; the disk is full.
    """
    names, paths = named_photos(photos)
    shards, words = shards_of(len(paths)), "survey" if progress else None
    files = file_facts(names["photo_id"].tolist(), paths)

    def computed(wanted: Wanted) -> Iterator[tuple[int, pd.DataFrame]]:
        tasks = photo_tasks(names["photo_id"].tolist(), paths, wanted)
        for number, facts in _tables(mapped(cluster, check_shard, tasks), wanted, len(paths), words):
            yield number, survey_table(names.iloc[shards[number]], facts.to_dict("records"))

    key = artefact_key("survey_parts", VERSION, files, [])
    with table_parts(workspace, "survey_parts", key, shards, computed) as parts:
        found = [survey_table(names.iloc[:0], []), *map(load_table, parts)]
        return pd.concat(found[1:] or found, ignore_index=True)


def check_shard(task: dict, parts, threads: int) -> dict:
    """What a worker does with one shard: number, refused, and `photo_facts` as bytes of parquet."""
    refused = why_other_photos(task)
    if refused:
        return _answer(task, None, refused)
    return _answer(task, pd.DataFrame(list(in_order(photo_facts, map(Path, task["paths"]), threads))))


# --- both


def _answer(task: dict, table: pd.DataFrame | None, refused: str = "") -> dict:
    content = b"" if table is None else table.to_parquet(index=False)
    return {"number": int(task["number"]), "table": content, "refused": refused}


def _tables(
    answers: Iterator[dict], wanted: Wanted, n: int, words: str | None
) -> Iterator[tuple[int, pd.DataFrame]]:
    """Numbers and tables of the answers of workers, with a bar."""
    with photo_bar(n, n - _n_photos(wanted), words) as bar:
        for answer in answers:
            table = pd.read_parquet(io.BytesIO(answer["table"]))
            yield answer["number"], table
            bar.update(len(table))


def _n_photos(wanted: Wanted) -> int:
    return sum(rows.stop - rows.start for rows in wanted.values())
