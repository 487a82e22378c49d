"""The page of the explorer in Chromium, without Jupyter: keys, focus, slices, and names that are markup."""

import pandas as pd
import pytest

from sightlab.views.explorer_desk import Desk, place_on
from sightlab.views.explorer_failures import _panel
from sightlab.views.explorer_maps import TARGETS
from sightlab.views.failures import FailureList
from sightlab.views.review import ReviewLog, read_reviews
from tests.browser.axe import axe_path, serious_faults
from tests.browser.desk_page import show
from tests.unit.views.explorer_world import SCRIPT, answers_on, small_evidence


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    return small_evidence(tmp_path_factory.mktemp("page") / "photos")


@pytest.fixture
def desk(evidence, tmp_path):
    table = answers_on(evidence)
    plane = pd.DataFrame({"photo_id": table["photo_id"], "x": range(len(table)), "y": range(len(table))})
    xy = place_on(plane, table["photo_id"])
    log = ReviewLog(tmp_path / "reviews", "ann", "m1")
    return Desk(FailureList(table, xy=xy), evidence, log, _panel(table, {"chosen": 0.5}), plane)


def place(page, words: str) -> None:
    page.wait_for_function("(words) => document.querySelector('.sl-place')?.textContent === words", arg=words)


def status(page, words: str) -> None:
    page.wait_for_function(
        "(words) => document.querySelector('.sl-status').textContent.includes(words)", arg=words
    )


def test_a_morning_of_keys(page, desk):
    show(page, desk)
    place(page, "1 of 6")
    page.focus(".sl")
    page.keyboard.press("j")
    place(page, "2 of 6")
    page.keyboard.press("ArrowRight")
    place(page, "3 of 6")
    page.keyboard.press("k")
    place(page, "2 of 6")
    page.keyboard.press("4")
    status(page, "Saved: wrong object")
    page.keyboard.press("n")
    page.keyboard.type("1 tram j")  # while a note is written, keys are letters
    page.keyboard.press("Enter")
    status(page, "Saved: wrong object")
    said = read_reviews(desk.log.path.parent)
    assert said[["verdict", "note"]].to_numpy().tolist() == [["wrong_object", "1 tram j"]]
    assert page.locator(".sl-tile .sl-badge").nth(1).inner_text() == "4"
    for _ in range(2):  # the note, then the verdict
        page.keyboard.press("z")
        status(page, "Taken back: wrong object")
        page.wait_for_timeout(100)
    assert len(read_reviews(desk.log.path.parent)) == 0
    page.keyboard.press("c")
    status(page, "Map: for the predicted landmark")
    page.keyboard.press("r")
    page.get_by_text("(best guess)").wait_for()
    page.keyboard.press("g")
    page.get_by_role("heading", name="the square around the camera").wait_for()
    page.keyboard.press("m")
    page.get_by_text("Local matches were not given").wait_for()
    page.keyboard.press("s")
    status(page, "1 marked")
    page.keyboard.press("?")
    page.get_by_role("heading", name="Keys").wait_for()
    page.keyboard.press("Escape")
    assert page.locator(".sl-help").is_hidden()


def test_space_hides_the_map_while_it_is_held(page, desk):
    show(page, desk)
    page.wait_for_selector(".sl-map")
    page.focus(".sl")
    page.keyboard.down(" ")
    assert page.locator(".sl-map").is_hidden()
    page.keyboard.up(" ")
    assert page.locator(".sl-map").is_visible()


def test_slices_threshold_and_plane(page, desk):
    show(page, desk)
    chosen = (desk.photos.table["outcome"] == "confused").sum()
    page.get_by_role("button", name="confused").first.click()
    page.get_by_text(f"{chosen} of 6 failures").wait_for()
    page.get_by_role("button", name="confused").first.click()
    page.get_by_text("6 of 6 failures").wait_for()
    page.focus(".sl")
    page.keyboard.press("t")
    page.get_by_text("Wilson 95 %").wait_for()
    page.keyboard.press("u")
    page.wait_for_function("() => document.querySelector('.sl-plane')?.width > 300")
    page.wait_for_timeout(300)
    box = page.locator(".sl-plane").bounding_box()
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    page.mouse.down()
    for x, y in ((1, 0), (1, 0.5), (0, 0.5)):  # the upper half: the rows with the larger y
        page.mouse.move(box["x"] + x * box["width"] - 2, box["y"] + y * box["height"], steps=5)
    page.mouse.up()
    page.get_by_text("3 of 6 failures").wait_for()
    assert sorted(desk.photos.rows) == [3, 4, 5]


def test_names_that_are_markup_stay_text(page, desk):
    dialogs = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message) or dialog.dismiss())
    table = desk.photos.table.assign(
        city=[f"<img src=x onerror=alert({i})>" for i in range(6)], reason=SCRIPT
    )
    desk.photos = FailureList(table)
    show(page, desk)
    place(page, "1 of 6")
    assert page.locator(".sl script, .sl img[src=x]").count() == 0
    assert "<script>alert(1)</script>" in page.locator(".sl-reason").inner_text()
    assert dialogs == []


def test_an_empty_slice_and_a_blocked_folder_are_words(page, desk):
    desk.photos, desk.log = FailureList(desk.photos.table.iloc[:0]), None
    desk.notice = "Verdicts cannot be kept. The folder is read-only."
    show(page, desk)
    status(page, "read-only")
    assert "No photo is left" in page.locator(".sl-grid").inner_text()
    page.focus(".sl")
    for key in ("j", "1", "c", "g", "z"):
        page.keyboard.press(key)
    status(page, "read-only")


def test_closing_leaves_nothing_on_the_page(page, desk):
    show(page, desk)
    page.evaluate("() => window.closeExplorer()")
    assert page.locator(".sl").count() == 0


@pytest.mark.parametrize(
    ("keys", "seen"),
    [
        ("rgm", "Local matches were not given"),
        ("t", "Wilson 95 %"),
        ("u", "Draw a line around some"),
        ("?", "undo the last verdict"),
    ],
    ids=["card", "threshold", "plane", "help"],
)
def test_no_serious_accessibility_fault(page, desk, keys, seen):
    axe_path()
    show(page, desk)
    page.wait_for_selector(".sl-map")
    page.focus(".sl")
    for key in keys:
        page.keyboard.press(key)
    page.get_by_text(seen).wait_for()
    assert serious_faults(page, "document.querySelector('.sl')") == []


@pytest.mark.parametrize("target", ["centroid", "reference"])
def test_maps_of_similarity_are_in_cosines(page, desk, target):
    table = desk.photos.table  # the guess of the others has no references
    desk.photos = FailureList(table[table["best_landmark_id"] == "blue_dome"].reset_index(drop=True))
    show(page, desk)
    page.wait_for_selector(".sl-map")
    page.focus(".sl")
    for _ in range(list(TARGETS).index(target)):
        page.keyboard.press("c")
        page.wait_for_timeout(50)
    page.get_by_text("What makes it similar to").wait_for()
    assert page.locator(".sl-scale").inner_text().endswith("cosine")
    assert "It adds up to" in page.locator(".sl-target").inner_text()
