"""One small interface for networks that only infer: raw photos in, float32 rows out.

    engine = compile_engine(part, size=224)      # "auto": the fastest that this machine has
    vectors = engine(photos)                     # (B, H, W, 3) uint8 -> (B, ...) float32
    for rows in engine.stream(blocks): ...       # many blocks in order, several under way at once

OpenVINO fuses and plans the whole graph and is the choice on a CPU; torch serves GPUs, and is the reference
that OpenVINO is tested against. ONNX Runtime was measured as fast as OpenVINO in float32, and half as fast as
OpenVINO in bfloat16: it would add a way and no speed, so it is not offered.

Shapes: B photos, HxW photo.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np
import torch
from torch import nn

from sightlab.checks import InputError, check_choice
from sightlab.workspace import Workspace
from sightlab.workspace_records import available_cores

ENGINES = ("auto", "openvino", "openvino-f32", "openvino-bf16", "torch", "torch-bf16")
HINTS = ("throughput", "latency")
CONVERSION = 2  # of torch networks to OpenVINO; to be raised when it comes to give other numbers


class Engine(Protocol):
    """A compiled network. `name` goes into keys and records: it says what computed the numbers."""

    name: str

    def __call__(self, photos: np.ndarray) -> np.ndarray:
        """Rows of one block of photos."""
        ...

    def stream(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Rows of each block, in order; the next blocks are fetched while one is computed."""
        ...


@dataclass(frozen=True)
class EngineChoice:
    """An engine to the last detail that can change a number."""

    library: str  # "openvino" or "torch"
    precision: str  # of the arithmetic: "f32" or "bf16"; weights come and rows leave in float32
    version: str  # of the library; for OpenVINO also of our conversion
    device: str  # "cpu" or "cuda"

    @property
    def name(self) -> str:
        return f"{self.library}-{self.precision}-{self.version}-{self.device}"


def resolve_engine(engine: str = "auto") -> EngineChoice:
    """What a name stands for on this machine; keys hold its answer, never "auto".

    "auto" is torch where a GPU is there or OpenVINO is not installed, and OpenVINO otherwise. OpenVINO
    without a precision takes bf16 where the processor has it, f32 elsewhere; torch takes f32.

    Args:
        engine: one of `ENGINES`.
    Raises:
        InputError: unknown name, OpenVINO that is not installed, bf16 that this processor lacks.
    """
    check_choice(engine, "engine", ENGINES)
    library, _, precision = engine.partition("-")
    has_gpu = torch.cuda.is_available()
    if library == "auto":
        library = "torch" if has_gpu or not _has_openvino() else "openvino"
    if library == "openvino" and not _has_openvino():
        raise InputError(
            f'engine="{engine}" needs the package openvino, which is not installed: pip install openvino, or '
            'engine="auto" for what there is.'
        )
    device = "cuda" if library == "torch" and has_gpu else "cpu"
    if not precision:
        precision = "bf16" if library == "openvino" and has_bf16(device) else "f32"
    if precision == "bf16" and not has_bf16(device):
        raise InputError(
            f'engine="{engine}" needs a processor with bfloat16 instructions, and this one has none '
            '(emulated they would be slower than float32). Use engine="auto", or "openvino-f32".'
        )
    version = importlib.metadata.version(library).split("+")[0]
    if library == "openvino":
        version += f"+{CONVERSION}"
    return EngineChoice(library, precision, version, device)


def compile_engine(
    part: nn.Module,
    size: int | None,
    engine: str = "auto",
    threads: int | None = None,
    hint: str = "throughput",
    workspace: Workspace | None = None,
) -> Engine:
    """Makes a copy of `part` ready to infer; the module itself keeps its mode and can go on training.

    Args:
        part: takes (B, size, size, 3) uint8 photos, returns one tensor.
        size: side of the square photos, pixels; None: photos of any size, whose sides are multiples of 32.
        engine: one of `ENGINES`, see `resolve_engine`.
        threads: cores that OpenVINO may use; None: all that this process may use.
        hint: "throughput" for many photos, one core each; "latency" for one photo at a time by all cores.
        workspace: keeps the compiled network for the next time (OpenVINO).
    Raises:
        InputError: see `resolve_engine`; a network that OpenVINO cannot convert, with the operator.
    """
    check_choice(hint, "hint", HINTS)
    choice = resolve_engine(engine)
    if engine == "auto" and choice.device == "cpu" and choice.library == "torch":
        print("OpenVINO is not installed: running on torch, several times slower on a CPU.")
    if choice.library == "torch":
        return TorchEngine(part, choice)
    from sightlab.nets.engine_openvino import OpenVinoEngine

    return OpenVinoEngine(part, size, choice, threads or available_cores(), hint, workspace)


def has_bf16(device: str = "cpu") -> bool:
    """Whether the processor, or the GPU ("cuda"), multiplies bfloat16 by instructions of its own."""
    if device == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return _cpu_has_bf16()


@cache
def _cpu_has_bf16() -> bool:
    if _has_openvino():
        import openvino as ov

        return "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    flags = getattr(torch.cpu, "get_capabilities", dict)()  # torch before 2.10 cannot tell
    return any(name.endswith("bf16") and is_there for name, is_there in flags.items())


def _has_openvino() -> bool:
    return importlib.util.find_spec("openvino") is not None


class TorchEngine:
    """Plain torch, channels last; bf16 by autocast. On a GPU the next block travels while one is computed."""

    def __init__(self, part: nn.Module, choice: EngineChoice):
        self.name = choice.name
        self._device = choice.device
        self._is_bf16 = choice.precision == "bf16"
        copy = deepcopy(part).eval()  # the caller's keeps its mode, device and memory format
        self._part = copy.to(self._device, memory_format=torch.channels_last)

    def __call__(self, photos: np.ndarray) -> np.ndarray:
        return self._start(photos).cpu().numpy()

    def stream(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        waiting = None
        for block in blocks:
            started = self._start(block)  # a GPU works on while this thread goes on
            if waiting is not None:
                yield waiting.cpu().numpy()
            waiting = started
        if waiting is not None:
            yield waiting.cpu().numpy()

    @torch.inference_mode()
    def _start(self, photos: np.ndarray) -> torch.Tensor:
        block = torch.from_numpy(np.ascontiguousarray(photos))
        if self._device == "cuda":
            block = block.pin_memory().to(self._device, non_blocking=True)
        with torch.autocast(self._device, torch.bfloat16, enabled=self._is_bf16):
            return self._part(block).float()
