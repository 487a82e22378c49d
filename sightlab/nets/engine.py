"""One small interface for networks that only infer: raw photos in, float32 rows out.

    engine = compile_engine(part, size=224)      # "auto": OpenVINO on a CPU, torch on a GPU
    vectors = engine(photos)                     # (B, H, W, 3) uint8 -> (B, ...) float32

OpenVINO fuses and plans the whole graph; on a 2-core CPU it runs lite0 about three times as fast as
torch with channels_last (`benchmarks/bench_embed.py` prints the ratio for your machine).

Shapes: B batch, HxW photo.
"""

from __future__ import annotations

import os
from copy import deepcopy
from typing import Protocol

import numpy as np
import torch
from torch import nn

from sightlab.checks import InputError

ENGINES = ("auto", "openvino", "torch")


class Engine(Protocol):
    """A compiled network. `name` goes into records: it says what computed the numbers."""

    name: str

    def __call__(self, photos: np.ndarray) -> np.ndarray: ...


def compile_engine(part: nn.Module, size: int, engine: str = "auto", threads: int | None = None) -> Engine:
    """Makes a copy of `part` ready to infer; the module itself keeps its mode and can go on training.

    Args:
        part: takes (B, size, size, 3) uint8 photos, returns one tensor.
        size: side of the square photos, pixels.
        engine: "torch", "openvino", or "auto" (OpenVINO unless a GPU is there or it is not installed).
        threads: cores to use; None: all that this process may use.
    Raises:
        InputError: unknown engine, OpenVINO asked for but not installed, a network it cannot convert.
    """
    if engine not in ENGINES:
        raise InputError(f"engine={engine!r} is unknown; expected one of {', '.join(ENGINES)}.")
    threads = threads or available_cores()
    part = deepcopy(part).eval()  # the caller's keeps its mode, device and memory format
    if engine == "torch" or (engine == "auto" and torch.cuda.is_available()):
        return TorchEngine(part)
    try:
        import openvino  # noqa: F401
    except ImportError as error:
        if engine == "openvino":
            raise InputError(
                'engine="openvino" needs the package openvino: pip install openvino, or engine="auto".'
            ) from error
        print("OpenVINO is not installed: running on torch, several times slower on a CPU.")
        return TorchEngine(part)
    return OpenVinoEngine(part, size, threads)


def available_cores() -> int:
    """Cores that this process may use (a container or taskset may allow fewer than the machine has)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class TorchEngine:
    """Plain torch: the GPU, and the reference that the other engine is tested against."""

    def __init__(self, part: nn.Module):
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.part = part.to(self.device, memory_format=torch.channels_last)
        self.name = f"torch-{torch.__version__.split('+')[0]}-{self.device}"

    @torch.inference_mode()
    def __call__(self, photos: np.ndarray) -> np.ndarray:
        return self.part(torch.from_numpy(photos).to(self.device)).float().cpu().numpy()


class OpenVinoEngine:
    """The network compiled for this processor; float32, or bfloat16 where the processor has it natively."""

    def __init__(self, part: nn.Module, size: int, threads: int):
        import openvino as ov
        from openvino import properties

        # Tracing must see ordinary tensors and leave no gradient behind.
        with torch.no_grad():
            example = torch.zeros(2, size, size, 3, dtype=torch.uint8)
            try:
                graph = ov.convert_model(part, example_input=example, input=[-1, size, size, 3])
            except Exception as error:  # the converter raises many kinds; its first line names the operator
                raise InputError(
                    f"OpenVINO cannot convert this network ({str(error).splitlines()[0]}). "
                    'Use engine="torch" for it.'
                ) from error
        settings = {
            properties.hint.performance_mode: properties.hint.PerformanceMode.LATENCY,
            properties.inference_num_threads: threads,
        }
        self._compiled = ov.Core().compile_model(graph, "CPU", settings)
        precision = self._compiled.get_property(properties.hint.inference_precision).get_type_name()
        self.name = f"openvino-{ov.__version__.split('-')[0]}-{precision}"

    def __call__(self, photos: np.ndarray) -> np.ndarray:
        return np.array(self._compiled(np.ascontiguousarray(photos))[0], dtype=np.float32)
