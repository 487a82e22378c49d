"""faiss in a process of its own, which is told what processor it runs on before it is loaded.

The wheel of faiss brings an OpenBLAS of 2021. A processor that this knows gets kernels of that time; one that
it does not know gets the oldest there are, more than twice as slow, unless the environment names better ones
before it is loaded. So faiss is measured as installed and told, both in one run.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

WITH_AVX512 = {"avx512f", "avx512bw", "avx512dq", "avx512vl"}  # what OpenBLAS's SkylakeX kernels ask for
WITH_AVX2 = {"avx2", "fma"}
LISTS, PROBES, NEIGHBORS = 128, 16, 3  # of the IVF index, looked at of them; centroids asked for


def core_type(cpu_facts: str) -> str | None:
    """OpenBLAS's name for the newest kernels that a processor can run; None: unknown, leave it alone.

    Args:
        cpu_facts: text of /proc/cpuinfo.
    """
    lines = (line.split(":", 1)[1] for line in cpu_facts.splitlines() if line.startswith("flags"))
    flags = set(next(lines, "").split())
    if flags >= WITH_AVX512:
        return "SkylakeX"
    return "Haswell" if flags >= WITH_AVX2 else None


def this_core_type() -> str | None:
    """`core_type` of this machine; None where there is no /proc/cpuinfo."""
    facts = Path("/proc/cpuinfo")
    return core_type(facts.read_text(encoding="utf-8")) if facts.is_file() else None


class FaissProcess:
    """Searches the rows of files in a folder by faiss; a context manager.

    Args:
        folder: holds centroids.npy.
        threads: that faiss may use.
        core: for OPENBLAS_CORETYPE; None: as installed.
    """

    def __init__(self, folder: Path, threads: int, core: str | None = None):
        environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"}
        if core is not None:
            environment["OPENBLAS_CORETYPE"] = core
        words = [sys.executable, str(Path(__file__).resolve()), str(folder), str(threads)]
        self._process = subprocess.Popen(
            words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.kernels: str | None = self._answer()["kernels"]  # that OpenBLAS took; None: faiss is missing

    def search(self, index: str, file: str, chunk: int | None = None, nearest: str | None = None) -> None:
        """Returns when every row has been searched.

        Args:
            index: "flat" or "ivf".
            file: name of (N, D) rows in the folder.
            chunk: rows searched at once; None: all.
            nearest: where to write the nearest centroid of each row, in the folder; None: nowhere.
        """
        asked = {"index": index, "file": file, "chunk": chunk, "nearest": nearest}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        self._answer()

    def _answer(self) -> Mapping:
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the process of faiss has ended; its last words are above")
        return json.loads(line)

    def __enter__(self) -> "FaissProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


def kernels() -> str:
    """Which kernels faiss's own OpenBLAS has taken, "unknown" where it cannot be seen."""
    from threadpoolctl import threadpool_info

    found = [info for info in threadpool_info() if "faiss" in info["filepath"]]
    return next((str(info["architecture"]) for info in found if info.get("architecture")), "unknown")


def serve(folder: Path, threads: int) -> None:
    """Answers each line of stdin by a line of stdout."""
    try:
        import faiss
    except ImportError:
        print(json.dumps({"kernels": None}), flush=True)
        return
    import numpy as np

    faiss.omp_set_num_threads(threads)
    centroids = np.load(folder / "centroids.npy")
    flat = faiss.IndexFlatIP(centroids.shape[1])
    flat.add(centroids)
    quantizer = faiss.IndexFlatIP(centroids.shape[1])
    lists = min(LISTS, len(centroids))
    ivf = faiss.IndexIVFFlat(quantizer, centroids.shape[1], lists, faiss.METRIC_INNER_PRODUCT)
    ivf.train(centroids)
    ivf.add(centroids)
    ivf.nprobe = PROBES
    indices = {"flat": flat, "ivf": ivf}
    print(json.dumps({"kernels": kernels()}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        rows = np.load(folder / asked["file"], mmap_mode="r")
        step = asked["chunk"] or len(rows)
        starts = range(0, len(rows), step)
        found = [indices[asked["index"]].search(rows[i : i + step], NEIGHBORS)[1] for i in starts]
        if asked["nearest"]:
            np.save(folder / asked["nearest"], np.concatenate(found)[:, 0])
        print(json.dumps({}), flush=True)


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
