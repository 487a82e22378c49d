"""Albums and review pages as people use them: from a file, without network, by keys, on desktop and phone.

Needs an installed Chromium (Debian: apt install chromium; or CHROMIUM=/path/to/it), playwright, and for the
accessibility tests axe-core, see `axe`. `make test-browser` gets all three.
"""

import json
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from sightlab.data.corrections import read_corrections
from sightlab.views.album_page import AlbumPageConfig, write_albums
from sightlab.views.albums import build_albums, look_at
from sightlab.views.bundle import BundleConfig, write_bundle
from sightlab.views.review import read_reviews, take_in
from sightlab.views.review_lines import VERDICTS
from tests.browser.axe import axe_path, serious_faults
from tests.unit.views.drawn_pages import HOSTILE, PLACES, answer, answers, cards, draw_roll, maps

DESKTOP, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}


def chromium_path() -> str | None:
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def chromium():
    if chromium_path() is None:
        pytest.skip("no chromium: apt install chromium, or set CHROMIUM to one")
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install playwright")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def page(request, chromium):
    yield from opened(chromium, request.param)


@pytest.fixture
def desktop(chromium):
    yield from opened(chromium, DESKTOP)


def opened(chromium, viewport):
    """A page whose network is blocked; at the end nothing was asked of it, and no script has failed."""
    context = chromium.new_context(viewport=viewport, offline=True, accept_downloads=True)
    asked, errors = [], []
    context.route(
        "**/*", lambda route: route.continue_() if is_local(route.request.url, asked) else route.abort()
    )
    tab = context.new_page()
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield tab
    assert asked == []
    assert errors == []
    assert not tab.evaluate("window.broken")  # what the hostile names would set
    context.close()


def is_local(url: str, asked: list) -> bool:
    if url.startswith(("file:", "data:", "blob:")):
        return True
    asked.append(url)
    return False


@pytest.fixture(scope="module")
def roll(tmp_path_factory):
    names = [*HOSTILE, "a.jpg", "b.jpg"]
    return draw_roll(tmp_path_factory.mktemp("roll"), names, ["red_tower"] * 5 + ["green_arch", "blue_dome"])


@pytest.fixture(scope="module")
def albums(roll, tmp_path_factory):
    shown = ["red_tower"] * 5 + ["green_arch", "blue_dome"]
    rows = [answer(path, name) for path, name in zip(roll, shown, strict=True)]
    rows[0] |= {"other_landmark_ids": "blue_dome", "regions": "blue_dome 0.00 0.10 0.50 0.60"}
    table = answers(*rows)
    found = build_albums(table, PLACES, look_at(table["photo"]))
    out = tmp_path_factory.mktemp("albums") / "out"
    return write_albums(found, out, PLACES, "model", AlbumPageConfig(title="<b>Trip</b>")).as_uri()


@pytest.fixture(scope="module")
def review(roll, tmp_path_factory):
    out = tmp_path_factory.mktemp("review") / "review.html"
    return write_bundle(cards(roll), maps(len(roll)), out, "model", BundleConfig("Review")).as_uri()


def downloaded(page, button: str, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.click(button)
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def focused(page, what: str = "textContent") -> str:
    return page.evaluate(f"document.activeElement.{what}")


class TestAlbums:
    def test_photos_are_shown_and_the_page_fits(self, page, albums):
        page.goto(albums)
        covers = page.locator(".cover img")
        assert covers.count() == 3
        assert covers.evaluate_all("xs => xs.slice(0, 1).every(x => x.complete && x.naturalWidth > 0)")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.title() == "<b>Trip</b>"

    def test_by_keyboard_into_an_album_a_photo_and_back(self, page, albums):
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
        page.wait_for_function("document.getElementById('viewer-photo').naturalWidth > 0")
        page.keyboard.press("ArrowRight")
        assert page.locator("#viewer-count").text_content() == "3 of 5"
        page.keyboard.press("Escape")
        assert page.locator("#viewer").is_hidden()
        assert "tile" in focused(page, "className")
        page.keyboard.press("Escape")
        page.wait_for_selector(".cover >> visible=true")
        assert "Red Tower" in focused(page)

    def test_the_part_of_a_photo_that_shows_it_is_framed(self, desktop, albums):
        desktop.goto(albums)
        desktop.click("text=Blue Dome")
        desktop.click(".album.open .photo[data-window] >> nth=0 >> .tile")
        desktop.wait_for_function("document.getElementById('viewer-photo').clientWidth > 0")
        photo = desktop.locator("#viewer-photo").bounding_box()
        frame = desktop.locator("#viewer-window").bounding_box()
        assert frame["width"] == pytest.approx(0.5 * photo["width"], abs=2)
        assert frame["y"] == pytest.approx(photo["y"] + 0.1 * photo["height"], abs=2)
        assert "A part of this photo looks like Blue Dome" in desktop.locator("#viewer-why").text_content()

    def test_corrections_are_kept_undone_and_exported(self, page, albums, tmp_path):
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

    def test_without_javascript_everything_is_there(self, chromium, albums):
        context = chromium.new_context(java_script_enabled=False, offline=True)
        tab = context.new_page()
        tab.goto(albums)
        assert tab.locator(".album >> visible=true").count() == 3
        assert tab.locator(".tile >> visible=true").count() == 8
        context.close()


class TestReview:
    def name(self, page):
        page.fill("#reviewer", "Ann Ä")
        page.keyboard.press("Enter")

    def test_keys_leave_verdicts_that_are_taken_in(self, page, review, tmp_path):
        page.goto(review)
        self.name(page)
        page.keyboard.press("1")
        page.keyboard.press("j")
        page.keyboard.press("4")
        page.keyboard.press("j")
        page.keyboard.press("5")
        page.keyboard.press("z")  # the last
        page.keyboard.press("k")
        page.keyboard.press("n")
        page.keyboard.type('the "crane" <b>behind</b>')
        page.click("#note button[value=save]")
        page.reload()
        assert "2 of 7 reviewed by Ann Ä" in page.locator("#progress").text_content()
        exported = downloaded(page, "#export", tmp_path)
        assert take_in(tmp_path / "reviews", exported) == 5  # 3 presses, 1 undo, 1 note
        found = read_reviews(tmp_path / "reviews")
        assert found["verdict"].tolist() == ["on_landmark", "wrong_object"]
        assert found["photo_id"].tolist() == list(HOSTILE[:2])
        assert found["note"].tolist() == ["", 'the "crane" <b>behind</b>']
        assert set(found["target"]) == {"predicted"}
        assert not found["blind"].any()

    def test_undo_survives_a_restart(self, desktop, review):
        desktop.goto(review)
        self.name(desktop)
        desktop.keyboard.press("2")
        desktop.reload()
        assert "1 of 7" in desktop.locator("#progress").text_content()
        desktop.keyboard.press("z")
        assert "0 of 7" in desktop.locator("#progress").text_content()

    def test_without_a_name_nothing_is_pressed(self, desktop, review):
        desktop.goto(review)
        desktop.keyboard.press("1")
        assert "First write your name" in desktop.locator("#status").text_content()
        assert focused(desktop, "id") == "reviewer"

    def test_hold_space_to_see_the_original(self, desktop, review):
        desktop.goto(review)
        canvas = desktop.locator(".card canvas").first
        assert canvas.is_visible()
        desktop.keyboard.down(" ")
        assert not canvas.is_visible()
        assert desktop.evaluate("scrollY") == 0
        desktop.keyboard.up(" ")
        assert canvas.is_visible()

    def test_maps_have_the_colors_of_one_scale(self, desktop, review):
        """Native grid: each pixel is the color of its value, as matplotlib would give it."""
        import numpy as np
        from matplotlib import colormaps

        from sightlab.views.bundle import UNITS, full_color

        desktop.goto(review)
        desktop.check("#native")
        drawn = desktop.evaluate(
            "() => { const c = document.querySelector('.card canvas');"
            "return [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]; }"
        )
        found = maps(7)
        in_logits = {name: found[name] for name in UNITS["logit"]}
        value = np.clip(found["predicted"][0] / full_color(in_logits), -1, 1)
        expected = 255 * colormaps["RdBu_r"]((value + 1) / 2)
        assert np.abs(np.reshape(drawn, (3, 4, 4))[..., :3] - expected[..., :3]).max() <= 4

    def test_targets_opacity_filters_and_search(self, page, review):
        page.goto(review)
        self.name(page)
        before = page.evaluate("document.querySelector('.card canvas').toDataURL()")
        page.keyboard.press("c")
        assert page.locator("#target").input_value() == "true"
        assert page.evaluate("document.querySelector('.card canvas').toDataURL()") != before
        page.keyboard.press("[")
        assert page.evaluate("document.body.style.getPropertyValue('--opacity')") == "0.55"
        page.select_option("[data-by=outcome]", "confused")
        assert page.locator(".card >> visible=true").count() == 2
        page.select_option("[data-by=outcome]", "")
        page.fill("#find", "Schloß")
        assert page.locator(".card >> visible=true").count() == 1
        page.fill("#find", "nowhere")
        assert page.locator("#nothing").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    def test_each_unit_has_its_scale(self, desktop, review):
        desktop.goto(review)
        shown = desktop.locator(".scale >> visible=true")
        assert "(logit)" in shown.text_content()
        desktop.select_option("#target", "reference")
        assert "(cosine)" in shown.text_content()
        desktop.evaluate("document.activeElement.blur()")
        desktop.keyboard.press("c")
        assert "(own spread)" in shown.text_content()
        desktop.keyboard.press("c")  # once around
        assert desktop.locator("#target").input_value() == "predicted"
        assert "(logit)" in shown.text_content()

    def test_the_table_is_for_a_spreadsheet_and_holds_no_formula(self, desktop, review, tmp_path):
        desktop.goto(review)
        self.name(desktop)
        desktop.keyboard.press("3")
        desktop.keyboard.press("n")
        desktop.keyboard.type('=1+1 "quoted", too')
        desktop.click("#note button[value=save]")
        desktop.keyboard.press("j")
        desktop.keyboard.press("1")
        path = downloaded(desktop, "#table", tmp_path)
        assert path.suffix == ".csv"
        table = pd.read_csv(path, keep_default_na=False)
        assert table["photo_id"].tolist() == list(HOSTILE[:2])
        assert table["verdict"].tolist() == [VERDICTS["context"], VERDICTS["on_landmark"]]
        assert table["note"].tolist() == ['\'=1+1 "quoted", too', ""]

    def test_a_note_stays_with_its_photo_however_fast_one_goes_on(self, desktop, review, tmp_path):
        desktop.goto(review)
        self.name(desktop)
        desktop.keyboard.press("n")
        desktop.fill("#note-text", "a crane")
        desktop.evaluate(  # the press comes before the dialog has told that it is closed
            "() => { document.querySelector('#note button[value=save]').click();"
            "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'j', bubbles: true })); }"
        )
        desktop.keyboard.press("1")
        table = pd.read_csv(downloaded(desktop, "#table", tmp_path), keep_default_na=False)
        assert dict(zip(table["photo_id"], table["note"], strict=True)) == {
            HOSTILE[0]: "a crane",
            HOSTILE[1]: "",
        }

    def test_a_printed_sheet_has_every_photo_and_map(self, chromium, roll, tmp_path):
        many = [roll[-1]] * 40  # most of them far below what is in sight
        table = cards(many).assign(photo_id=[f"photo {n}" for n in range(40)])
        page = write_bundle(table, maps(40), tmp_path / "many.html", "model", BundleConfig("Many")).as_uri()
        context = chromium.new_context(viewport=DESKTOP, offline=True)
        tab = context.new_page()
        tab.goto(page)
        drawn = "() => [...document.querySelectorAll('.card')].filter((card) => card.drawn).length"
        assert tab.evaluate(drawn) < 40
        pdf = tab.pdf(path=tmp_path / "sheet.pdf")
        assert tab.evaluate(drawn) == 40
        assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") >= 4
        context.close()

    def test_records_are_lines_of_json(self, desktop, review, tmp_path):
        desktop.goto(review)
        self.name(desktop)
        desktop.keyboard.press("3")
        lines = downloaded(desktop, "#export", tmp_path).read_text(encoding="utf-8").splitlines()
        assert [json.loads(line)["verdict"] for line in lines] == ["context"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", ["albums", "album", "photo", "review", "help"])
def test_no_serious_accessibility_fault(chromium, albums, review, state, scheme):
    axe_path()
    context = chromium.new_context(viewport=DESKTOP, offline=True, color_scheme=scheme, bypass_csp=True)
    tab = context.new_page()
    tab.goto(review if state in ("review", "help") else albums)
    if state in ("album", "photo"):
        tab.click(".cover >> nth=0")
    if state == "photo":
        tab.click(".album.open .tile >> nth=0")
    if state == "help":
        tab.keyboard.press("?")
    assert serious_faults(tab) == []
    context.close()
