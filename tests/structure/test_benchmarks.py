"""BENCHMARKS.md tells what was measured; the tables are rendered from the numbers, by nobody's hand."""

import json
import runpy
import sys

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
    sys.modules.pop("measuring", None)


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
    page = run_all["page_of"](rows, numbers, run_all["read"](run_all["TRAINING"]))
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


def test_ratios_are_medians_of_rounds(run_all):
    sys.path.insert(0, str(FOLDER))
    try:
        from measuring import times_better
    finally:
        sys.path.remove(str(FOLDER))
    # 2 / 1, 4 / 1, 9 / 3, 10 / 2, 6 / 1: sorted 2, 3, 4, 5, 6; a disturbed round changes little
    assert times_better([1, 1, 3, 2, 1], [2, 4, 9, 10, 6]) == (4, "3.00 to 5.00")
