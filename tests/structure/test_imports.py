"""Imports go one way, and `import sightlab` costs nothing."""

import ast
import subprocess
import sys

import pytest

from tests.structure.source import MODULES, ROOT, imported, name, tree

# A room may import rooms of a lower number and itself.
FLOORS = {
    "checks": 0,
    "workspace": 1,
    "data": 2,
    "nets": 3,
    "learning": 4,
    "recognition": 5,
    "delf": 6,  # may use recognition (the square, the columns of an answer), never the other way round
    "evaluation": 7,
    "views": 8,
    "profiles": 9,
    "pipeline": 10,
    "notebook": 11,
    "cli": 12,
    "__main__": 13,
}
HEAVY = (
    "cv2",
    "lightning_fabric",
    "matplotlib",
    "numpy",
    "openvino",
    "pandas",
    "PIL",
    "pyarrow",
    "scipy",
    "sklearn",
    "timm",
    "torch",
    "torchvision",
    "umap",
)


def room(module: str) -> str:
    """Room of a full module name: sightlab.data.photos -> data, sightlab.workspace_files -> workspace."""
    top = (module.split(".") + [""])[1]
    return top if top.startswith("_") else top.split("_")[0]


def violations(source: ast.Module, module: str) -> list[str]:
    """Imports of `source`, which is `module`, that go up or into an unknown room."""
    package = module.rpartition(".")[0] or module
    wrong = []
    for target, line in imported(source, package):
        if target.split(".")[0] != "sightlab" or target in ("sightlab", "sightlab.__version__"):
            continue
        here, there = room(module), room(target)
        if here != there and FLOORS[there] >= FLOORS[here]:
            wrong.append(f"line {line}: {here} imports {target}")
    return wrong


def module_name(path) -> str:
    return name(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_imports_go_one_way(path):
    module = module_name(path)
    if module == "sightlab":
        assert not [t for t, _ in imported(tree(path), module) if t.startswith("sightlab")]
        return
    assert room(module) in FLOORS, f"{module}: this room is not in FLOORS; decide who may import it"
    assert violations(tree(path), module) == []


def test_an_import_upward_inside_a_function_is_found():
    source = ast.parse("def f():\n    from sightlab.views import figures\n")
    assert violations(source, "sightlab.nets.network")
    assert not violations(source, "sightlab.cli")


def test_a_relative_import_upward_is_found():
    source = ast.parse("from ..evaluation import metrics")
    assert violations(source, "sightlab.recognition.geo")
    assert not violations(source, "sightlab.views.figures")


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_module_is_longer_than_330_lines(path):
    n_lines = len(path.read_text(encoding="utf-8").splitlines())
    assert n_lines <= 330, f"{name(path)} has {n_lines} lines: it wants to be two modules"


def loaded_by(statement: str) -> list[str]:
    code = f"{statement}\nimport sys\nprint(' '.join(m for m in {HEAVY!r} if m in sys.modules))"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()


@pytest.mark.parametrize("statement", ["import sightlab", "import sightlab.cli"])
def test_import_loads_nothing_heavy(statement):
    assert loaded_by(statement) == []


def test_a_heavy_import_would_be_noticed():
    assert loaded_by("import numpy") == ["numpy"]


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["recognize", "--help"]])
def test_help_loads_nothing_heavy(arguments):
    statement = f"import sightlab.cli\ntry: sightlab.cli.main({arguments!r})\nexcept SystemExit: print('|')"
    assert loaded_by(statement)[-1] == "|"
