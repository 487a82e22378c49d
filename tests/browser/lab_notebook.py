"""Notebooks of the run in a real JupyterLab, on the tests' trained workspace: written, run, saved."""

import time
from collections.abc import Callable
from pathlib import Path

import nbformat

from tests.structure.source import ROOT

SETUP = """import sightlab.profiles
from tests.conftest import tiny
small = tiny()
sightlab.profiles._PROFILES["tour"] = lambda: small"""
RUN_ALL = """async (start) => {
  const panel = window.jupyterapp.shell.currentWidget;
  await panel.context.ready;
  await panel.sessionContext.ready; // "idle" is shown before there is a kernel
  const notebook = panel.content;
  for (let i = 0; i < notebook.widgets.length; i += 1) {
    notebook.activeCellIndex = i;
    await window.jupyterapp.commands.execute("notebook:run-cell");
  }
  const index = notebook.widgets.findIndex((w) => w.model.sharedModel.source.startsWith(start));
  notebook.activeCellIndex = index;
  void notebook.scrollToItem(index, "start"); // its promise may stay open
}"""  # cell after cell, as people do; then to the one asked for: JupyterLab draws only what is in view


def tiny_notebook(
    name: str, bench, target: Path, change: Callable[[str], str] = str, **parameters
) -> nbformat.NotebookNode:
    """A notebook of the run, ready to be opened: its first cell makes "tour" the tiny profile.

    Args:
        name: of the file in notebooks/, without ending.
        bench: the trained workbench of the tests.
        target: file to write.
        change: the source of a cell -> what it is here.
        parameters: values for its parameters cell, beside photos and workspace.
    """
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    notebook.cells.insert(1, nbformat.v4.new_code_cell(SETUP))
    cell = next(c for c in notebook.cells if "parameters" in c.metadata.get("tags", []))
    given = {"PROFILE": "tour", "PHOTOS": str(bench.photos), "WORKSPACE": str(bench.workspace.root)}
    cell.source = "\n".join(f"{key} = {value!r}" for key, value in (given | parameters).items())
    for each in notebook.cells:
        each.source = change(each.source)
    nbformat.write(notebook, target)
    return notebook


def run_all(page, address: str, name: str, token: str, start: str) -> None:
    """Opens a notebook of the lab, runs every cell, and scrolls to the one that begins with `start`."""
    page.goto(f"{address}/lab/tree/{name}?token={token}")
    page.wait_for_selector(".jp-NotebookPanel .jp-Notebook")
    page.evaluate(RUN_ALL, start)


def saved_with_outputs(page, path: Path) -> nbformat.NotebookNode:
    """Saves the open notebook; as JupyterLab wrote it."""
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    end = time.monotonic() + 60
    while time.monotonic() < end:
        saved = nbformat.read(path, as_version=4)
        if any(cell.get("outputs") for cell in saved.cells):
            return saved
        page.wait_for_timeout(200)
    raise AssertionError("the notebook was not saved")


def sources(notebook: nbformat.NotebookNode) -> list[tuple[str, str]]:
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def errors_of(notebook: nbformat.NotebookNode) -> list[str]:
    """What cells raised, each with the first line of its cell."""
    return [
        f"{cell.source.splitlines()[0]}: {output.ename}: {output.evalue}"
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    ]
