"""Notebooks read like an article: prose and short calls, no outputs, nothing that belongs in the package."""

import ast
import re

import nbformat
import pytest

from tests.structure.source import NOTEBOOKS, name

FORBIDDEN = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.Try)
ABSOLUTE = re.compile(r"^(/\w|~|[A-Za-z]:[\\/])")


@pytest.fixture(params=NOTEBOOKS, ids=name)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code_cells(notebook) -> list:
    return [c for c in notebook.cells if c.cell_type == "code"]


def code_lines(source: str) -> int:
    """Lines that hold code: neither empty nor only a comment."""
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in source.splitlines())


def words(source: str) -> int:
    return len(re.findall(r"[^\W_]{2,}|\b[aAI]\b|\d+", source))


def parsed(notebook) -> list[ast.Module]:
    return [ast.parse(c.source) for c in code_cells(notebook)]  # magics do not parse: not wanted either


def unwanted(cell: ast.Module) -> list[str]:
    """Definitions, try, sys.path and absolute paths of a cell, in words."""
    found = []
    for node in ast.walk(cell):
        if isinstance(node, FORBIDDEN):
            found.append(f"line {node.lineno}: {type(node).__name__} belongs in the package")
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.path":
            found.append(f"line {node.lineno}: sys.path")
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and ABSOLUTE.match(node.value):
            found.append(f"line {node.lineno}: absolute path {node.value!r}")
    return found


def ends_with_report(cell: ast.Module) -> bool:
    """The last statement of a cell is, or is assigned from, workspace.report(...)."""
    return bool(cell.body) and any(
        isinstance(node, ast.Call) and ast.unparse(node.func) == "workspace.report"
        for node in ast.walk(cell.body[-1])
    )


def test_committed_without_outputs_and_without_widget_state(notebook):
    assert all(not c.outputs and c.execution_count is None for c in code_cells(notebook))
    assert "widgets" not in notebook.metadata
    assert all("id" in c for c in notebook.cells)


def test_says_its_language(notebook):
    assert notebook.metadata.kernelspec.language == "python"  # papermill needs it
    assert notebook.metadata.kernelspec.name == "python3"


def test_starts_with_a_title_and_a_question(notebook):
    first = notebook.cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")
    assert "?" in first.source


def test_has_one_cell_of_parameters(notebook):
    tagged = [c for c in code_cells(notebook) if "parameters" in c.metadata.get("tags", [])]
    assert len(tagged) == 1
    statements = ast.parse(tagged[0].source).body
    assert tagged[0].source.lstrip().startswith("PROFILE = ")
    for statement in statements:
        assert isinstance(statement, ast.Assign), ast.unparse(statement)
        ast.literal_eval(statement.value)
        assert ast.unparse(statement.targets[0]).isupper()
    names = {ast.unparse(s.targets[0]) for s in statements}
    assert {"PROFILE", "PHOTOS", "WORKSPACE"} <= names


def test_imports_stand_in_one_cell(notebook):
    cells = [
        c for c in parsed(notebook) if any(isinstance(n, ast.Import | ast.ImportFrom) for n in ast.walk(c))
    ]
    assert len(cells) == 1


def test_is_short(notebook):
    lengths = [code_lines(c.source) for c in code_cells(notebook)]
    assert sum(lengths) <= 120
    assert max(lengths) <= 15


def test_says_more_than_it_computes(notebook):
    prose = sum(words(c.source) for c in notebook.cells if c.cell_type == "markdown")
    n_lines = sum(code_lines(c.source) for c in code_cells(notebook))
    assert prose >= 4 * n_lines, f"{prose} words for {n_lines} lines of code"


def test_defines_nothing_and_names_no_absolute_path(notebook):
    assert [found for cell in parsed(notebook) for found in unwanted(cell)] == []


def test_ends_with_its_report(notebook):
    assert ends_with_report(parsed(notebook)[-1])


@pytest.mark.parametrize(
    "bad",
    [
        "def f(): pass",
        "class A: pass",
        "try:\n    x\nexcept E:\n    y",
        "import sys\nsys.path.append('x')",
        "open('/data/x')",
        "f = lambda x: x",
    ],
)
def test_each_unwanted_thing_is_found(bad):
    assert unwanted(ast.parse(bad))


def test_code_lines_and_words_are_counted():
    assert code_lines("# comment\n\nx = 1\ny = 2  # why\n") == 2
    assert words("**Four** landmarks, `max_diameter` 0.9!") == 6  # Four landmarks max diameter 0 9
    assert ends_with_report(ast.parse("x = 1\nworkspace.report({'n': x})"))
    assert not ends_with_report(ast.parse("workspace.report({})\nx = 1"))
