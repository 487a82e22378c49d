"""Photos -> EmbeddingTable: decoded in threads while the network runs, kept shard by shard.

Shapes: N photos, B batch, D embedding size, F trunk channels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from torch import Tensor, nn

from sightlab.checks import InputError, check_unique
from sightlab.nets.embedding_shards import Shard, embedded_shards, joined, photo_bar, sidecar, store, stored
from sightlab.nets.embedding_table import EmbeddingTable
from sightlab.nets.engine import Engine, compile_engine, resolve_engine
from sightlab.nets.network import LandmarkNet, network_key
from sightlab.nets.photo_stream import Timing, photo_blocks, refuse_problems, rows_of
from sightlab.workspace import Workspace, artefact_key, explain_full_disk, file_facts

if TYPE_CHECKING:
    from sightlab.nets.cluster import Cluster

__all__ = ["Embedder", "EmbeddingTable", "PooledFeatures", "embed_photos", "pooled_features"]

VERSION = 2
SHARD = 1024  # photos; what a kill can cost at most


class Embedder(nn.Module):
    """Raw photos to unit embeddings: the part of a LandmarkNet that an engine compiles."""

    def __init__(self, network: LandmarkNet):
        super().__init__()
        self.network = network

    def forward(self, photos: Tensor) -> Float[Tensor, "B U"]:
        return self.network.unit_embeddings(self.network.features(photos))


class PooledFeatures(nn.Module):
    """Raw photos to average-pooled trunk features, what `LandmarkNet.fit_embedding` starts from."""

    def __init__(self, network: LandmarkNet):
        super().__init__()
        self.network = network

    def forward(self, photos: Tensor) -> Float[Tensor, "B F"]:
        return self.network.features(photos)


def embed_photos(
    network: LandmarkNet,
    photo_ids: Sequence[str],
    paths: Sequence[Path],
    workspace: Workspace | None = None,
    engine: str | Engine = "auto",
    progress: str | None = "embedding",
    timing: Timing | None = None,
    cluster: Cluster | None = None,
    threads: int | None = None,
) -> EmbeddingTable:
    """Unit embeddings of photos, in the order given; unreadable ones are in `.problems`, with the reason.

    With a workspace the table is stored under a key of network, files and the engine as this machine resolves
    it, and a killed run goes on at the last whole shard of 1,024 photos, on a cluster or without.

    Args:
        photo_ids: (N,) unique names.
        paths: (N,) files.
        engine: a name, see `resolve_engine`; or an `Embedder` of this network already compiled.
        progress: words beside the progress bar; None for no bar.
        timing: filled with where the time went.
        cluster: who computes; None: this process.
        threads: of this process that decode; None: one for each core.
    Raises:
        InputError: repeated photo_ids, or numbers of ids and paths that differ; on a cluster also see
            `embedded_by_ray`.
    """
    check_unique(list(photo_ids), "photo_ids")
    if len(photo_ids) != len(paths):
        raise InputError(f"{len(photo_ids)} photo_ids, but {len(paths)} paths: give one path for each photo.")
    timing = Timing() if timing is None else timing
    name = resolve_engine(engine).name if isinstance(engine, str) else engine.name

    shards = [slice(start, min(start + SHARD, len(paths))) for start in range(0, len(paths), SHARD)]
    dim = network.unit_dim

    def computed(wanted: Sequence[int]) -> Iterator[tuple[int, Shard]]:
        if not wanted:
            return
        done = len(paths) - sum(shards[number].stop - shards[number].start for number in wanted)
        with photo_bar(len(paths), done, progress) as bar:
            rows = {number: shards[number] for number in wanted}
            if cluster is None:
                yield from _embedded(network, engine, photo_ids, paths, rows, bar, timing, workspace, threads)
            else:
                from sightlab.nets.embedding_ray import embedded_by_ray

                yield from embedded_by_ray(cluster, network, engine, photo_ids, paths, rows, bar, timing)

    numbers = range(len(shards))
    if workspace is None:
        found = dict(computed(numbers))
        return joined((found[number] for number in numbers), dim, "")
    files = file_facts(photo_ids, paths)
    settings = {"network": network_key(network), "engine": name, "files": files}
    key = artefact_key("embed", VERSION, settings, [])
    if not workspace.has("embed", key):
        folder = workspace.partial("embed", key)
        missing = [number for number in numbers if not sidecar(folder, number).exists()]
        with explain_full_disk(folder):
            for number, shard in computed(missing):
                store(shard, folder, number)
            joined((stored(folder, number) for number in numbers), dim, key).save(folder)
        for left in sorted(folder.glob("shard_*")):  # each .json before its .npy: a shard is whole or absent
            left.unlink()
        record = {"network": network_key(network), "engine": name, "n": len(paths), "timing": asdict(timing)}
        workspace.finish("embed", key, record)
    return EmbeddingTable.load(workspace.folder("embed", key), key)


def _embedded(
    network, engine, photo_ids, paths, rows: dict[int, slice], bar, timing, workspace, threads
) -> Iterator[tuple[int, Shard]]:
    """The shards by their numbers, computed by this process."""
    size = network.config.input_size
    if isinstance(engine, str):
        engine = compile_engine(Embedder(network), size, engine, workspace=workspace)
    found = embedded_shards(engine, photo_ids, paths, list(rows.values()), size, bar, timing, threads)
    yield from zip(rows, found, strict=True)


def pooled_features(
    network: LandmarkNet, paths: Sequence[Path], engine: str = "auto", workspace: Workspace | None = None
) -> Float[np.ndarray, "N F"]:
    """(N, F) average-pooled trunk features of readable photos.

    Raises:
        UnreadablePhoto: a photo that cannot be decoded; survey the photos first.
    """
    size = network.config.input_size
    compiled = compile_engine(PooledFeatures(network), size, engine, workspace=workspace)
    features = []
    with photo_bar(len(paths), 0, "features") as bar:
        for block, rows in rows_of(compiled, photo_blocks(paths, size), bar):
            refuse_problems(block, paths)
            features.append(rows)
    return np.concatenate(features)
