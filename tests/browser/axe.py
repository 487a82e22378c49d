"""axe-core, which finds faults of accessibility; where it is missing, tests are skipped and say so."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "node_modules" / "axe-core" / "axe.min.js"  # `make test-browser` gets it where npm is there


def axe_path() -> Path:
    """The script; skips the test where there is none."""
    path = Path(os.environ.get("AXE") or SCRIPT)
    if not path.is_file():
        pytest.skip(
            "axe-core is missing: make test-browser gets it where npm is there (or AXE=/path/to/axe.min.js)"
        )
    return path


def serious_faults(page, part: str = "document") -> list[tuple]:
    """Serious and critical faults of an open page: (rule, what it asks for, the first places).

    Args:
        page: of playwright.
        part: a JavaScript expression of what is looked at.
    """
    page.add_script_tag(path=str(axe_path()))
    faults = page.evaluate(f"axe.run({part}, {{resultTypes: ['violations']}}).then(r => r.violations)")
    return [
        (fault["id"], fault["help"], [node["html"][:150] for node in fault["nodes"][:3]])
        for fault in faults
        if fault["impact"] in ("serious", "critical")
    ]
