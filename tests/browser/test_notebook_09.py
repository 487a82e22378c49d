"""Notebook 09 in a real JupyterLab: it runs, the keys judge, verdicts are on the disk, no cell changes."""

import json
import time

import nbformat

from sightlab.views.review import read_reviews
from tests.browser.conftest import TOKEN
from tests.structure.source import ROOT

SETUP = """import sightlab.profiles
from tests.conftest import tiny
small = tiny()
sightlab.profiles._PROFILES["tour"] = lambda: small"""


def tiny_notebook(bench, target) -> nbformat.NotebookNode:
    """Notebook 09 on the tests' trained workspace: its first cell makes "tour" the tiny profile."""
    notebook = nbformat.read(ROOT / "notebooks" / "09_failure_explorer.ipynb", as_version=4)
    notebook.cells.insert(1, nbformat.v4.new_code_cell(SETUP))
    parameters = next(c for c in notebook.cells if "parameters" in c.metadata.get("tags", []))
    places = {"PHOTOS": str(bench.photos), "WORKSPACE": str(bench.workspace.root), "REVIEWER": "ann"}
    parameters.source = 'PROFILE = "tour"\nBLIND = False\n' + "\n".join(
        f"{name} = {json.dumps(value)}" for name, value in places.items()
    )
    for cell in notebook.cells:  # the tiny world has one failure: every photo is explored instead
        cell.source = cell.source.replace(
            "explorer(bench, fails, reviewer", "explorer(bench, table, reviewer"
        )
    nbformat.write(notebook, target)
    return notebook


RUN_ALL = """async () => {
  const panel = window.jupyterapp.shell.currentWidget;
  await panel.context.ready;
  await panel.sessionContext.ready; // "idle" is shown before there is a kernel
  const notebook = panel.content;
  for (let i = 0; i < notebook.widgets.length; i += 1) {
    notebook.activeCellIndex = i;
    await window.jupyterapp.commands.execute("notebook:run-cell");
  }
  const index = notebook.widgets.findIndex((w) => w.model.sharedModel.source.startsWith("explorer ="));
  notebook.activeCellIndex = index;
  void notebook.scrollToItem(index, "start"); // its promise may stay open
}"""  # cell after cell, as people do; then to the explorer: JupyterLab draws only what is in view


def saved_with_outputs(page, path) -> nbformat.NotebookNode:
    """The notebook as JupyterLab wrote it."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        saved = nbformat.read(path, as_version=4)
        if any(cell.get("outputs") for cell in saved.cells):
            return saved
        page.wait_for_timeout(200)
    raise AssertionError("the notebook was not saved")


def test_keys_judge_and_no_cell_changes(trained, lab, page, tmp_path):
    address, root = lab
    before = tiny_notebook(trained, root / "09.ipynb")
    page.goto(f"{address}/lab/tree/09.ipynb?token={TOKEN}")
    page.wait_for_selector(".jp-NotebookPanel .jp-Notebook")
    page.evaluate(RUN_ALL)
    explorer = page.locator(".sl").first
    explorer.locator(".sl-know dt").first.wait_for()
    explorer.locator(".sl-count").click()
    first = explorer.locator(".sl-name").inner_text()
    page.keyboard.press("j")
    page.wait_for_function("(old) => document.querySelector('.sl-name').textContent !== old", arg=first)
    second = explorer.locator(".sl-name").inner_text()
    for key in ("d", "d", "a", "x", "b", "m", "y", "Shift+Enter"):  # JupyterLab would delete, insert, run
        page.keyboard.press(key)
    page.keyboard.press("4")
    explorer.get_by_text("Saved: wrong object").wait_for()
    page.keyboard.press("k")
    page.keyboard.press("1")
    explorer.get_by_text("Saved: on landmark").wait_for()

    verdicts = read_reviews(trained.workspace.root / "reviews").set_index("photo_id")["verdict"]
    assert verdicts.to_dict() == {second: "wrong_object", first: "on_landmark"}
    page.keyboard.press("z")
    explorer.get_by_text("Taken back: on landmark").wait_for()
    assert list(read_reviews(trained.workspace.root / "reviews")["photo_id"]) == [second]
    page.screenshot(path=tmp_path / "lab.png")

    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    saved = saved_with_outputs(page, root / "09.ipynb")
    assert [(c.cell_type, c.source) for c in saved.cells] == [(c.cell_type, c.source) for c in before.cells]
    assert "widgets" not in saved.metadata
    assert (root / "09.ipynb").stat().st_size < 3_000_000  # pictures of cells, none of the explorer
