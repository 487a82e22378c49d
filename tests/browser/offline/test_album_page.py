"""Albums as people use them: from a file, without network, by keys, on desktop and phone."""

import pytest

from sightlab.data.corrections import read_corrections
from tests.browser.offline.pages import downloaded, focused
from tests.unit.views.drawn_pages import HOSTILE


def photo_has(page, width: str) -> None:
    """Waits for the photo: by a function, as the page forbids to evaluate an expression again and again."""
    page.wait_for_function("(width) => document.getElementById('viewer-photo')[width] > 0", arg=width)


def test_photos_are_shown_and_the_page_fits(page, albums):
    page.goto(albums)
    covers = page.locator(".cover img")
    assert covers.count() == 3
    assert covers.evaluate_all("xs => xs.slice(0, 1).every(x => x.complete && x.naturalWidth > 0)")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.title() == "<b>Trip</b>"


def test_by_keyboard_into_an_album_a_photo_and_back(page, albums):
    page.goto(albums)
    page.keyboard.press("ArrowRight")
    assert "Red Tower" in focused(page)
    page.keyboard.press("Enter")
    page.wait_for_selector(".album.open")
    assert page.locator(".album.open h2").text_content() == "Red Tower"
    assert page.locator(".cover").first.is_hidden()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.locator("#viewer-count").text_content() == "2 of 5"
    photo_has(page, "naturalWidth")
    page.keyboard.press("ArrowRight")
    assert page.locator("#viewer-count").text_content() == "3 of 5"
    page.keyboard.press("Escape")
    assert page.locator("#viewer").is_hidden()
    assert "tile" in focused(page, "className")
    page.keyboard.press("Escape")
    page.wait_for_selector(".cover >> visible=true")
    assert "Red Tower" in focused(page)


def test_the_part_of_a_photo_that_shows_it_is_framed(desktop, albums):
    desktop.goto(albums)
    desktop.click("text=Blue Dome")
    desktop.click(".album.open .photo[data-window] >> nth=0 >> .tile")
    photo_has(desktop, "clientWidth")
    photo = desktop.locator("#viewer-photo").bounding_box()
    frame = desktop.locator("#viewer-window").bounding_box()
    assert frame["width"] == pytest.approx(0.5 * photo["width"], abs=2)
    assert frame["y"] == pytest.approx(photo["y"] + 0.1 * photo["height"], abs=2)
    assert "A part of this photo looks like Blue Dome" in desktop.locator("#viewer-why").text_content()


def test_corrections_are_kept_undone_and_exported(page, albums, tmp_path):
    from playwright.sync_api import expect

    page.goto(albums)
    page.click(".cover >> nth=0")
    page.click(".album.open .tile >> nth=0")
    page.keyboard.press("x")
    assert page.locator("#said").text_content() == "You said: not this place"
    page.keyboard.press("z")
    assert page.locator("#said").text_content() == ""
    page.keyboard.press("i")
    page.keyboard.type("Blue Dome, Norhaven")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("i")
    page.keyboard.type("Aunt Emma's <b>house</b>")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.reload()  # a closed browser loses nothing
    expect(page.locator("#n-said")).to_have_text("2")  # a busy machine may take its time
    found = read_corrections(downloaded(page, "#export", tmp_path))
    assert found["instead"].tolist() == ["blue_dome", "Aunt Emma's <b>house</b>"]
    assert found["photo"].tolist() == list(HOSTILE[:2])
    assert set(found["model"]) == {"model"}


def test_without_javascript_everything_is_there(browser, albums):
    context = browser.new_context(java_script_enabled=False, offline=True)
    tab = context.new_page()
    tab.goto(albums)
    assert tab.locator(".album >> visible=true").count() == 3
    assert tab.locator(".tile >> visible=true").count() == 8
    context.close()
