"""Nothing is stored or loaded as pickle: a file from elsewhere must not be able to run code."""

import ast

import pytest

from tests.structure.source import all_trees, imported

PICKLERS = {"cPickle", "cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}
PANDAS = {"read_pickle", "to_pickle"}


def keyword(call: ast.Call, wanted: str) -> ast.expr | None:
    return next((k.value for k in call.keywords if k.arg == wanted), None)


def is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def is_false(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def pickles(source: ast.AST) -> list[str]:
    """Where a source uses pickle, in words."""
    found = [f"line {n}: imports {t}" for t, n in imported(source) if t.split(".")[0] in PICKLERS]
    for node in ast.walk(source):
        if not isinstance(node, ast.Call):
            continue
        allow = keyword(node, "allow_pickle")
        if allow is not None and not is_false(allow):
            found.append(f"line {node.lineno}: allow_pickle is not False")
        function = ast.unparse(node.func)
        if function == "torch.load" and not is_true(keyword(node, "weights_only")):
            found.append(f"line {node.lineno}: torch.load without weights_only=True")
        if function.rpartition(".")[2] in PANDAS:
            found.append(f"line {node.lineno}: {function}")
    return found


def test_no_pickle_anywhere():
    found = {where: pickles(source) for where, source in all_trees()}
    assert {where: lines for where, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "bad",
    [
        "import pickle",
        "def f():\n    from joblib import dump",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=flag)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "table.to_pickle(path)",
    ],
)
def test_each_kind_of_pickle_is_found(bad):
    assert pickles(ast.parse(bad))


@pytest.mark.parametrize(
    "good", ["np.load(path)", "np.load(path, allow_pickle=False)", "torch.load(path, weights_only=True)"]
)
def test_safe_loading_is_let_through(good):
    assert pickles(ast.parse(good)) == []
