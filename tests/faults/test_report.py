"""RELIABILITY.md tells what was measured: it is rendered from faults.json, by nobody's hand."""

import json

import pytest

from tests.faults.report import PAGE, PARTS, ROOT, WORDS, page

RESULTS = ROOT / "tests/faults/faults.json"


def test_the_page_is_what_the_script_renders():
    if not RESULTS.is_file():
        pytest.skip("nothing has been recorded yet: make test-faults")
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert page(results) == PAGE.read_text(encoding="utf-8"), "python -m tests.faults.report"
    assert sum(part["lost"] for part in results.values()) == 0


def test_sums_and_what_is_missing_are_told():
    part = {"tried": 1000, "struck": 900, "lost": 1, "peak_mib": 1500}
    told = page({"bad photos": part, "kill: embed": {"tried": 50, "struck": 50, "lost": 0}})
    assert "Faults tried: 1,050. Lost: 1." in told
    assert f"| bad photos | {WORDS['bad photos']} | 1,000 | 900 | 1 |" in told
    assert "1,500 MiB" in told
    assert "Not measured yet: bad tables, " in told
    assert set(WORDS) == set(PARTS)
