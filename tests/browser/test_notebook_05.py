"""Notebook 05 in a real JupyterLab: every cell runs, and the sheet of maps is there to be looked at."""

from tests.browser.conftest import TOKEN
from tests.browser.lab_notebook import errors_of, run_all, saved_with_outputs, sources, tiny_notebook

SHEET = "firsts = photos.drop_duplicates"  # how the cell begins that draws the sheet
PICTURES = """() => [...document.querySelectorAll(".jp-Cell.jp-mod-active .jp-RenderedImage img")]
  .filter((img) => img.complete).map((img) => [img.naturalWidth, img.getBoundingClientRect().width])"""


def test_the_sheet_of_maps_shows_and_nothing_is_raised(trained, lab, page, tmp_path):
    address, root = lab
    parameters = {"EVERY_LANDMARK": 1, "FINER": 1.0, "N_CHANGED": 4}
    before = tiny_notebook("05_class_activation_maps", trained, root / "05.ipynb", **parameters)
    run_all(page, address, "05.ipynb", TOKEN, SHEET)
    page.wait_for_function(f"() => ({PICTURES})().length > 0")
    (pixels, shown), *others = page.evaluate(PICTURES)
    assert others == []
    assert pixels == 1380  # 6.9 inches, 200 dots each
    assert shown > 400
    page.screenshot(path=tmp_path / "lab.png")
    assert page.locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0

    saved = saved_with_outputs(page, root / "05.ipynb")
    assert errors_of(saved) == []
    assert sources(saved) == sources(before)
    outputs = [cell.outputs for cell in saved.cells if cell.cell_type == "code"]
    drawn = [cell for cell in outputs if any("image/png" in output.get("data", {}) for output in cell)]
    assert len(drawn) >= 5  # targets, similarity, cells, removed, random weights
    assert all(c.execution_count for c in saved.cells if c.cell_type == "code" and c.source)
