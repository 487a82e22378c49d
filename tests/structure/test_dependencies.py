"""pyproject.toml is the one list of dependencies; everything else agrees with it."""

import re
import tomllib
from importlib.metadata import requires

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.structure.source import ROOT, all_trees, imported

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DEPENDENCIES = [Requirement(r) for r in PROJECT["dependencies"]]
DEV = [Requirement(r) for r in PROJECT["optional-dependencies"]["dev"]]
# required part of the stack -> the name it is imported by
STACK = {
    "anywidget": "anywidget",
    "grad-cam": "pytorch_grad_cam",
    "ipywidgets": "ipywidgets",
    "matplotlib": "matplotlib",
    "pandas": "pandas",
    "seaborn": "seaborn",
    "timm": "timm",
    "torch": "torch",
    "torchvision": "torchvision",
    "umap-learn": "umap",
}


def constraints() -> dict[str, Requirement]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    found = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    return {canonicalize_name(r.name): r for r in found}


def pinned(requirement: Requirement) -> str:
    return next(iter(requirement.specifier)).version


def test_the_stack_is_required():
    names = {canonicalize_name(r.name) for r in DEPENDENCIES}
    assert {*STACK, "jupyterlab"} <= names


@pytest.mark.parametrize("package", STACK)
def test_the_stack_is_used(package):
    modules = {t.split(".")[0] for _, source in all_trees() for t, _ in imported(source)}
    assert STACK[package] in modules, f"{package} is required, but nothing imports {STACK[package]}"


def test_jupyterlab_is_used():
    assert "-m jupyterlab" in (ROOT / "Makefile").read_text()  # nobody imports it, `make lab` starts it


def test_extras_are_the_documented_ones():
    extras = {"bench", "cluster", "dev", "heic", "rivals", "search"}
    assert set(PROJECT["optional-dependencies"]) == extras


def test_conda_takes_its_list_from_pyproject():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python = f"python{PROJECT['requires-python'].replace(' ', '')}"
    assert environment["name"] == PROJECT["name"]
    assert environment["dependencies"] == [python, "pip", {"pip": ["-e .[dev]"]}]


def test_constraints_are_exact_and_without_local_versions():
    for requirement in constraints().values():
        assert re.fullmatch(r"==[^,*+]+", str(requirement.specifier)), str(requirement)
        assert requirement.url is None
        if re.match(r"nvidia-|cuda-|triton$", requirement.name):
            assert str(requirement.marker) == 'platform_system == "Linux"', str(requirement)


def test_constraints_fix_every_dependency_inside_its_range():
    fixed = constraints()
    for requirement in DEPENDENCIES + DEV:
        exact = fixed[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(pinned(exact)), f"{exact} is outside {requirement}"


def test_opencv_is_there_once():
    # opencv-python and opencv-python-headless write the same files; the packages with weights want both
    assert "opencv-python" not in constraints()
    wanted = [r for extra in PROJECT["optional-dependencies"].values() for r in extra]
    assert not [r for r in wanted if r.startswith("scm-")]
    lines = [line for line in (ROOT / "Makefile").read_text().splitlines() if "pip install" in line]
    assert all("--no-deps" in line for line in lines if "scm-" in line)
    assert sum("scm-" in line for line in lines) == 1


def test_torch_and_torchvision_are_one_build():
    fixed = constraints()
    if pinned(fixed["torchvision"]) != version_of("torchvision"):
        pytest.skip("another torchvision than the fixed one is installed")
    needed = next(r for r in map(Requirement, requires("torchvision")) if r.name == "torch")
    assert needed.specifier.contains(pinned(fixed["torch"]))


def version_of(package: str) -> str:
    from importlib.metadata import version

    return version(package).split("+")[0]
