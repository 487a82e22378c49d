"""What the structure tests look at: the files of the project, read but never imported."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MODULES = sorted((ROOT / "sightlab").rglob("*.py"))
SCRIPTS = sorted((ROOT / "benchmarks").glob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def notebook_code(path: Path) -> str:
    """All code cells of a notebook as one source."""
    cells = nbformat.read(path, as_version=4).cells
    return "\n".join(c.source for c in cells if c.cell_type == "code")


def all_trees() -> Iterator[tuple[str, ast.Module]]:
    """Every Python source there is, notebooks too."""
    for path in [*MODULES, *SCRIPTS, *TESTS]:
        yield name(path), tree(path)
    for path in NOTEBOOKS:
        yield name(path), ast.parse(notebook_code(path))


def imported(module: ast.AST, package: str = "") -> Iterator[tuple[str, int]]:
    """Full names imported anywhere in a tree, inside functions too, with the line.

    `from a import b` gives both "a" and "a.b", since b may be a module. `package` resolves relative imports.
    """
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base, node.lineno
            for alias in node.names:
                yield f"{base}.{alias.name}", node.lineno


def tracked_files() -> list[Path]:
    """What git would commit: tracked files, and new ones that are not ignored; skips outside a checkout."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
        top = subprocess.run(
            ["git", "rev-parse", "--show-toplevel"], cwd=ROOT, capture_output=True, check=True, text=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout, or git is not installed: nothing is tracked here")
    if Path(top.stdout.strip()).resolve() != ROOT:
        pytest.skip("the project lies inside another git checkout, which tracks it or not as it likes")
    files = [ROOT / p for p in listed.stdout.decode().split("\0") if p]
    return sorted({p for p in files if p.is_file()})
