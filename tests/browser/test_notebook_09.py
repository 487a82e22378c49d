"""Notebook 09 in a real JupyterLab: it runs, the keys judge, verdicts are on the disk, no cell changes."""

from sightlab.views.review import read_reviews
from tests.browser.conftest import TOKEN
from tests.browser.lab_notebook import errors_of, run_all, saved_with_outputs, sources, tiny_notebook


def every_photo(source: str) -> str:
    """The tiny world has one failure: every photo is explored instead."""
    return source.replace("explorer(bench, fails, reviewer", "explorer(bench, table, reviewer")


def test_keys_judge_and_no_cell_changes(trained, lab, page, tmp_path):
    address, root = lab
    parameters = {"REVIEWER": "ann", "BLIND": False}
    before = tiny_notebook("09_failure_explorer", trained, root / "09.ipynb", every_photo, **parameters)
    run_all(page, address, "09.ipynb", TOKEN, "explorer =")
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

    for _ in range(4):  # from the difference past the classes to the centroid
        page.keyboard.press("c")
    explorer.get_by_text("What makes it similar to view").wait_for()
    explorer.get_by_text("It adds up to").wait_for()
    assert explorer.locator(".sl-scale").inner_text().strip().endswith("cosine")
    page.screenshot(path=tmp_path / "lab.png")

    saved = saved_with_outputs(page, root / "09.ipynb")
    assert sources(saved) == sources(before)
    assert errors_of(saved) == []
    assert "widgets" not in saved.metadata
    assert (root / "09.ipynb").stat().st_size < 3_000_000  # pictures of cells, none of the explorer
