"""The OpenVINO engine: a torch network converted once, kept on disk, run on all cores at the same time.

Every core works on photos of its own (one stream a core), eight at a time: measured as the fastest on a
2-core processor, since eight photos still fit its cache and cores never wait for each other. Converting
costs seconds, so the converted network is kept: `artefacts/compiled/<key>.blob` with a sidecar that says what
made it. The key holds weights, layers, size and precision; the sidecar version, processor and checksum.

Shapes: B photos, HxW photo, D numbers of a row.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing
from copy import deepcopy
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import nn

from sightlab.checks import InputError
from sightlab.nets.backbones import batches
from sightlab.nets.engine import EngineChoice
from sightlab.nets.engine_rounding import keep_biases, round_convolutions
from sightlab.nets.network import weights_key
from sightlab.workspace import Workspace, atomic_write_bytes, atomic_write_text

CHUNK = 8  # photos of one request
SPARE = 2  # requests that wait ready for each core that comes free
ANY_SIZE = 128  # side that a network for photos of any size is traced and checked with, pixels
SAME = 0.1  # largest relative difference of a kept network's answer from torch's; bf16 differs by about 0.01


class OpenVinoEngine:
    """The network compiled for this processor, in float32 or bfloat16."""

    def __init__(
        self,
        part: nn.Module,
        size: int | None,
        choice: EngineChoice,
        threads: int,
        hint: str = "throughput",
        workspace: Workspace | None = None,
    ):
        from openvino import properties

        self.name = choice.name
        mode = properties.hint.PerformanceMode
        settings = {
            properties.hint.performance_mode: mode.LATENCY if hint == "latency" else mode.THROUGHPUT,
            properties.hint.inference_precision: choice.precision,
            properties.inference_num_threads: threads,
        }
        self._compiled = _compiled(part, size, choice, settings, workspace)
        self.n_streams = self._compiled.get_property(properties.num_streams)
        self._idle: deque = deque()  # requests that no stream is using; append and pop are safe in threads

    def __call__(self, photos: np.ndarray) -> np.ndarray:
        return next(self.stream([photos]))

    def stream(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        n_chunks: deque[int] = deque()  # of the blocks that are under way

        def chunks() -> Iterator[np.ndarray]:
            for block in blocks:
                size = min(CHUNK, -(-len(block) // self.n_streams))  # a small block is shared by all cores
                parts = list(batches(len(block), size))
                n_chunks.append(len(parts))
                yield from (np.ascontiguousarray(block[part]) for part in parts)

        with closing(self._in_order(chunks())) as rows:
            for first in rows:
                yield np.concatenate([first, *islice(rows, n_chunks.popleft() - 1)])

    def _in_order(self, chunks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        running: deque = deque()  # (request, its photos, which must outlive it)
        try:
            for photos in chunks:
                if len(running) == self.n_streams + SPARE:
                    yield self._taken(running)
                running.append((self._start(photos), photos))
            while running:
                yield self._taken(running)
        finally:  # left early: no request may still read photos that are gone
            for request, _ in running:
                request.wait()

    def _start(self, photos: np.ndarray):
        import openvino as ov

        request = self._idle.popleft() if self._idle else self._compiled.create_infer_request()
        request.set_input_tensor(ov.Tensor(photos, shared_memory=True))
        request.start_async()
        return request

    def _taken(self, running: deque) -> np.ndarray:
        request, _ = running[0]
        request.wait()  # before it leaves the queue: Ctrl-C here must find it there
        running.popleft()
        rows = np.array(request.get_output_tensor(0).data, dtype=np.float32)
        self._idle.append(request)
        return rows


def _compiled(
    part: nn.Module, size: int | None, choice: EngineChoice, settings: dict, workspace: Workspace | None
):
    """The compiled network: the kept one if it is whole and of here and now, or converted and kept."""
    import openvino as ov

    core = ov.Core()
    if workspace is None:
        return core.compile_model(_converted(part, size, choice), "CPU", settings)
    layers = {"part": type(part).__name__, "layers": repr(part), "size": size, "precision": choice.precision}
    blob = workspace.root / "artefacts" / "compiled" / f"{weights_key(part, layers)}.blob"
    made_by = {"engine": choice.name, "processor": _processor(core)}
    refused = _why_not(blob, made_by)
    if refused is None:
        compiled = core.import_model(io.BytesIO(blob.read_bytes()), "CPU", settings)
        if _agrees(part, compiled, size):
            return compiled
        refused = "gives other answers than the network"
    if refused:
        print(f"The compiled network {blob.name} {refused}: compiling it again.")
    compiled = core.compile_model(_converted(part, size, choice), "CPU", settings)
    exported = bytes(compiled.export_model().getvalue())
    blob.with_suffix(".json").unlink(missing_ok=True)  # no sidecar, no compiled network: whole or absent
    atomic_write_bytes(blob, exported)
    facts = made_by | {"sha256": hashlib.sha256(exported).hexdigest()}
    atomic_write_text(blob.with_suffix(".json"), json.dumps(facts))
    return compiled


def _why_not(blob: Path, made_by: dict) -> str | None:
    """None: the kept network can be used. "": there is none. Anything else: why it cannot be used."""
    sidecar = blob.with_suffix(".json")
    if not sidecar.is_file() or not blob.is_file():
        return ""
    try:
        facts = json.loads(sidecar.read_text(encoding="utf-8"))
    except ValueError:
        return "has a damaged sidecar"
    for what, here in made_by.items():
        if facts.get(what) != here:
            return f"was made for {what} {facts.get(what)}, this is {here}"
    if facts.get("sha256") != hashlib.sha256(blob.read_bytes()).hexdigest():
        return "is damaged"
    return None


def _agrees(part: nn.Module, compiled, size: int | None) -> bool:
    """Whether a kept network answers like the module: code may have changed where no weight has."""
    side = size or ANY_SIZE
    noise = np.random.default_rng(0).integers(0, 256, (1, side, side, 3), dtype=np.uint8)
    with torch.inference_mode():
        expected = deepcopy(part).cpu().eval()(torch.from_numpy(noise)).float().numpy()
    found = compiled(noise)[0]
    return found.shape == expected.shape and bool(
        np.linalg.norm(found - expected) <= SAME * np.linalg.norm(expected)
    )


def _converted(part: nn.Module, size: int | None, choice: EngineChoice):
    """The graph of a network, batch norm folded into its convolutions."""
    import openvino as ov

    part = deepcopy(part).cpu().eval()  # the caller's keeps its mode and device
    side = size or ANY_SIZE
    example = torch.zeros(2, side, side, 3, dtype=torch.uint8)
    with torch.no_grad():  # tracing must see ordinary tensors and leave no gradient behind
        try:
            graph = ov.convert_model(part, example_input=example, input=[-1, size or -1, size or -1, 3])
        except Exception as error:  # the converter raises many kinds
            raise InputError(
                f'OpenVINO cannot convert this network ({_operator(error)}). Use engine="torch" for it.'
            ) from error
    if choice.precision == "bf16":
        round_convolutions(graph)
        keep_biases(graph)
    return graph


def _operator(error: Exception) -> str:
    """The operators that have no counterpart, if the converter names them; else its first line."""
    named = re.findall(r"No conversion rule found for operations: (.+)", str(error))
    return f"operators without a counterpart: {'; '.join(named)}" if named else str(error).splitlines()[0]


def _processor(core) -> str:
    can = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return f"{core.get_property('CPU', 'FULL_DEVICE_NAME').strip()} ({' '.join(sorted(can))})"
