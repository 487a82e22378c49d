"""BENCHMARKS.md tells what was measured; the tables are rendered from the numbers, by nobody's hand."""

import importlib
import json
import runpy
import sys

import numpy as np
import pytest

from tests.structure.source import ROOT

FOLDER = ROOT / "benchmarks"


@pytest.fixture(scope="module")
def run_all():
    """The script as a module; it imports `measuring` from its own folder."""
    sys.path.insert(0, str(FOLDER))
    try:
        names = runpy.run_path(str(FOLDER / "run_all.py"), run_name="run_all")
    finally:
        sys.path.remove(str(FOLDER))
    yield names
    for name in ("bench_seeing", "costs", "growth_pages", "measuring"):
        sys.modules.pop(name, None)


@pytest.fixture
def row(run_all):
    return run_all["Row"]


NUMBERS = {
    "date": "2026-01-02",
    "threads": 2,
    "cores": 8,
    "processor": "Fast One, with bfloat16",
    "version_openvino": "2026.4",
    "version_torch": "2.12",
    "load_before": 0.1,
    "load_after": 2.0,
    "seconds": 300,
    "commit": "0123456789abcdef",
    "embed_photos_are": "drawn",
}


def test_the_page_is_what_the_script_renders(run_all):
    numbers = run_all["read"](run_all["RESULTS"])
    if numbers is None:
        pytest.skip("no benchmark has been recorded yet: make bench")
    rows = [run_all["Row"](**row) for row in run_all["read"](run_all["ROWS"])]
    measured = [run_all["read"](run_all[name]) for name in ("TRAINING", "GROWTH", "SEEING")]
    page = run_all["page_of"](rows, numbers, *measured)
    assert page == run_all["PAGE"].read_text(encoding="utf-8"), "python benchmarks/run_all.py --table"


def test_every_published_ratio_has_a_flat_key(run_all):
    path = FOLDER / "results.json"
    if not path.is_file():
        pytest.skip("no benchmark has been recorded yet: make bench")
    numbers = json.loads(path.read_text(encoding="utf-8"))
    assert set(run_all["RATIOS"]) <= set(numbers)
    assert not [key for key, value in numbers.items() if isinstance(value, (dict, list))]


def test_a_rendered_table(run_all, row):
    rows = [
        row("embed", 400.0, "timm", 40.0, "photos/s", 10.0, "embed_vs_timm_loop", "9.00 to 11.00"),
        row("recognize", 12.34, "DELF", None, "ms", note="not built yet"),
    ]
    assert run_all["table"](rows, NUMBERS).splitlines() == [
        "2026-01-02, 2 of 8 cores of Fast One, with bfloat16; OpenVINO 2026.4, torch 2.12; load average 0.1 "
        "before and 2.0 after; 5 minutes; commit `0123456789`; 256-px photos drawn.",
        "",
        "| job | sightlab | instead | that | unit | times better (middle half of the rounds) |",
        "| --- | ---: | --- | ---: | --- | --- |",
        "| embed | 400 | timm | 40 | photos/s | **10.00** (9.00 to 11.00) |",
        "| recognize | 12.3 | DELF | - | ms | not built yet |",
    ]


def test_a_training_row_tells_its_interval(run_all):
    found = {
        "rows": {
            "speed_00": {"name": "plain", "core_ms": 40.04},
            "accuracy_00": {
                "name": "frozen",
                "epochs": 5,
                "core_seconds": 600.0,
                "sensitivity_at_fpr_1pct": 0.8,
                "low": 0.7684,
                "high": 0.8285,
                "closed_set_accuracy": 0.9,
            },
        }
    }
    lines = run_all["training_tables"](found).splitlines()
    assert "| plain | 40.0 |" in lines
    assert lines[-1] == "| frozen | 5 | 10.0 | 80.0% (76.8% to 82.8%) | 90.0% |"
    assert run_all["training_tables"](None).startswith("Not measured yet")


def growth(seconds=(1.0, 3.0), mib=(10, 20), exponent=1.0):
    """Each job measured at 1,000 and at 2,000 photos."""
    points = [{"n": n, "seconds": s, "mib": m} for n, s, m in zip((1000, 2000), seconds, mib, strict=True)]
    job = {"points": points, "exponent_seconds": exponent, "exponent_mib": None}
    settings = {
        "date": "2026-01-03",
        "threads": 1,
        "processor": "Fast One",
        "dim": 8,
        "photos_per_landmark": 9,
    }
    return {
        "settings": settings,
        "jobs": dict.fromkeys(("cleaning", "clustering", "search", "evaluation"), job),
    }


def test_a_growth_row_tells_the_largest_size_and_the_exponents(run_all):
    lines = run_all["growth_table"](growth()).splitlines()
    assert lines[0].startswith("2026-01-03, 1 core of Fast One; made embeddings of 8 numbers, 9 a landmark")
    assert lines[-1] == "| sensitivity at FPR 1 % and micro-AP | 2,000 | 3.0 | 20 | N^1.00 | - |"
    assert run_all["growth_table"](None).startswith("Not measured yet")


def test_memory_of_the_photo_path_is_told(run_all):
    seen = {"after_5_shards": 1000, "end_of_stream": 1003, "growth": 3, "peak": 1200, "table": 50}
    path = {f"memory_{name}_megabytes": value for name, value in seen.items()}
    path |= {"memory_n_photos": 100_000, "size": 96, "date": "2026-01-04"}
    told = run_all["growth_table"](growth() | {"photo_path": path}).splitlines()[-1]
    assert told.startswith("Embedding 100,000 drawn photos at 96 px")
    assert "1,000 MB of memory after 5,120 photos, 1,003 MB after the last one (+3)" in told
    assert "at most 1,200 MB while the table of 50 MB" in told


def test_an_exponent_is_the_slope_of_the_logarithms():
    sys.path.insert(0, str(FOLDER))
    try:
        from bench_growth import with_point
    finally:
        sys.path.remove(str(FOLDER))
    found = {}
    for n in (10, 100, 200, 400):  # 0.01 s is below what a clock can tell, and left out
        found = with_point(found, "search", {"n": n, "seconds": n**2 / 1e4, "mib": 1})
    assert found["jobs"]["search"]["exponent_seconds"] == 2
    assert found["jobs"]["search"]["exponent_mib"] is None  # too little memory to tell
    found = with_point(
        found, "search", {"n": 400, "seconds": 8.0, "mib": 1}
    )  # again, now faster: N^1 from 200
    assert [point["seconds"] for point in found["jobs"]["search"]["points"]] == [0.01, 1.0, 4.0, 8.0]


def test_costs_by_hand(run_all):
    from types import SimpleNamespace

    costs = SimpleNamespace(**runpy.run_path(str(FOLDER / "costs.py"), run_name="costs"))
    # 4 regions, 8 + 4 + 4 + 12 epochs of 1/4, 2/4, 3/4 and all photos: 2 + 2 + 3 + 12
    assert costs.passes((8, 4, 4, 12)) == 19
    # 3 s and 20 MiB at 2,000 photos of 2,000 / 9 = 222 landmarks, 8 numbers each; now 256: 32 times the work
    measured = growth(exponent=2.0)
    assert costs.grown(measured, "search", 4000) == 3 * 2 * 32
    # twice the photos against twice the landmarks; 4,000 / 80 = 50 photos a landmark instead of 9
    assert costs.grown(measured, "cleaning", 4000, 4000 // 9) == pytest.approx(3 * 2 * 2 * 32, rel=0.01)
    assert costs.grown(measured, "clustering", 4000, 80) == pytest.approx(3 * 2 * 50 / 9 * 32)
    assert costs.grown(measured, "evaluation", 4000) == 3 * 2**2
    assert costs.grown(growth(exponent=0.5), "evaluation", 4000) == 3 * 2  # never less than linear
    assert costs.grown_gib(measured["jobs"]["search"], 4000) == 40 / 1024
    results = {"threads": 2, "embed_photos_per_second": 200, "train_photos_per_second": 100}
    trunk = {"forward": "2", "training": "0.5"}
    found = costs.steps(3_600_000, results, growth(), trunk)
    # 3.6 million photos twice, 100 a second of a core: 72,000 s; 19 times, 50 a second: 1,368,000 s
    assert [step.core_hours for step in found["photos"][:3]] == [20, 100, 380]
    assert [step.core_hours for step in found["full"][:2]] == [1000, 42_000]  # 21 times, 0.5 a second
    embedding = found["photos"][0]
    assert costs.hours_on(embedding, 2, 3_600_000, {}) == 10
    assert costs.hours_on(embedding, 2, 3_600_000, {"embed": 1000}) == 2  # a machine with a rate of its own
    assert (
        costs.hours_on(found["photos"][3], 2, 3_600_000, {"embed": 1000}) == found["photos"][3].core_hours / 2
    )


def test_costs_say_what_was_not_measured(run_all):
    results = {"threads": 2, "embed_photos_per_second": 200, "train_photos_per_second": 100}
    results |= {"date": "2026-01-02", "processor": "Fast One"}
    page = run_all["costs_table"](1000, results, growth(), {"forward": "2", "training": "0.5"})
    assert "not measured at this size" in page
    assert "No GPU was measured" in page
    assert "64 cores, if rates grow with them" in page
    assert run_all["costs_table"](1000, results, None, {}).startswith("Not computed yet")


def test_a_table_of_waiting_tells_limits_beside_what_was_measured(run_all):
    found = {"date": "2026-01-04", "threads": 2, "processor": "Fast One", "profile": "photos", "rounds": 3}
    found |= {"load_before": 0.1, "load_after": 1.0, "n_photos": 8000, "n_failures": 5000, "n_cards": 400}
    found |= {"explorer_import_seconds": 4.0, "explorer_open_seconds": 1.26, "explorer_card_seconds": 3.5}
    found |= {"bundle_seconds": 40.0, "bundle_megabytes": 7.0, "figures_seconds": 24.4, "n_figures": 9}
    lines = run_all["seeing_table"](found).splitlines()
    assert "a run of 8,000 photos, profile `photos`" in lines[0]
    assert lines[5] == "| explorer on 5,000 failures: results read, first page shown | 1.3 s | 3 s |"
    assert "| ... its size | 7.0 MB | 25 MB |" in lines
    assert lines[-1].endswith("9 figures in two widths, numbers and tables | 24.4 s | 180 s |")
    assert run_all["seeing_table"](None).startswith("Not measured yet")


FAKE_FAISS = """
import os
import pathlib
import numpy as np

METRIC_INNER_PRODUCT = 0
pathlib.Path("told").write_text(os.environ.get("OPENBLAS_CORETYPE", "nothing"))


def omp_set_num_threads(threads):
    pass


class IndexFlatIP:
    def __init__(self, *_):
        pass

    def add(self, rows):
        self.rows = rows

    def train(self, rows):
        pass

    def search(self, rows, k):
        return None, np.argsort(-rows @ self.rows.T, axis=1)[:, :k]


IndexIVFFlat = IndexFlatIP
"""


@pytest.fixture
def faiss_process(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    yield importlib.import_module("faiss_process")
    sys.modules.pop("faiss_process", None)


def test_kernels_are_those_that_the_processor_can_run(faiss_process):
    newest = "flags\t\t: fpu avx2 fma avx512f avx512bw avx512dq avx512vl avx512_bf16\n"
    assert faiss_process.core_type(f"processor : 0\n{newest}processor : 1\n{newest}") == "SkylakeX"
    assert faiss_process.core_type("flags : fpu avx2 fma avx512f\n") == "Haswell"  # half of AVX-512: no
    assert faiss_process.core_type("flags : fpu sse3\n") is None
    assert faiss_process.core_type("Features : fp asimd\n") is None  # another make of processor


@pytest.mark.parametrize(("core", "told"), [(None, "nothing"), ("Haswell", "Haswell")])
def test_faiss_is_told_before_it_is_loaded(faiss_process, tmp_path, monkeypatch, core, told):
    (tmp_path / "faiss.py").write_text(FAKE_FAISS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Prescott")  # "as installed" must not hear of it
    monkeypatch.chdir(tmp_path)
    centroids = np.eye(4, dtype=np.float32)
    np.save(tmp_path / "centroids.npy", centroids)
    np.save(tmp_path / "photos.npy", centroids[[2, 0, 3, 3, 1]])
    with faiss_process.FaissProcess(tmp_path, 1, core) as process:
        process.search("ivf", "photos.npy", chunk=2, nearest="nearest.npy")
    assert np.load(tmp_path / "nearest.npy").tolist() == [2, 0, 3, 3, 1]
    assert (tmp_path / "told").read_text() == told


def test_faiss_that_is_missing_is_no_failure(faiss_process, tmp_path, monkeypatch):
    (tmp_path / "faiss.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with faiss_process.FaissProcess(tmp_path, 1) as process:
        assert process.kernels is None


def test_ratios_are_medians_of_rounds(run_all):
    sys.path.insert(0, str(FOLDER))
    try:
        from measuring import times_better
    finally:
        sys.path.remove(str(FOLDER))
    # 2 / 1, 4 / 1, 9 / 3, 10 / 2, 6 / 1: sorted 2, 3, 4, 5, 6; a disturbed round changes little
    assert times_better([1, 1, 3, 2, 1], [2, 4, 9, 10, 6]) == (4, "3.00 to 5.00")
