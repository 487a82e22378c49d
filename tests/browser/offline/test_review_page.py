"""Review pages as people use them: from a file, without network, by keys, on desktop and phone."""

import json

import pandas as pd

from sightlab.views.bundle import BundleConfig, write_bundle
from sightlab.views.review import read_reviews, take_in
from sightlab.views.review_lines import VERDICTS
from tests.browser.offline.pages import DESKTOP, downloaded, focused
from tests.unit.views.drawn_pages import HOSTILE, cards, maps


def give_name(page):
    page.fill("#reviewer", "Ann Ä")
    page.keyboard.press("Enter")


def test_keys_leave_verdicts_that_are_taken_in(page, review, tmp_path):
    page.goto(review)
    give_name(page)
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


def test_undo_survives_a_restart(desktop, review):
    desktop.goto(review)
    give_name(desktop)
    desktop.keyboard.press("2")
    desktop.reload()
    assert "1 of 7" in desktop.locator("#progress").text_content()
    desktop.keyboard.press("z")
    assert "0 of 7" in desktop.locator("#progress").text_content()


def test_without_a_name_nothing_is_pressed(desktop, review):
    desktop.goto(review)
    desktop.keyboard.press("1")
    assert "First write your name" in desktop.locator("#status").text_content()
    assert focused(desktop, "id") == "reviewer"


def test_hold_space_to_see_the_original(desktop, review):
    desktop.goto(review)
    canvas = desktop.locator(".card canvas").first
    assert canvas.is_visible()
    desktop.keyboard.down(" ")
    assert not canvas.is_visible()
    assert desktop.evaluate("scrollY") == 0
    desktop.keyboard.up(" ")
    assert canvas.is_visible()


def test_maps_have_the_colors_of_one_scale(desktop, review):
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


def test_targets_opacity_filters_and_search(page, review):
    page.goto(review)
    give_name(page)
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


def test_each_unit_has_its_scale(desktop, review):
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


def test_the_table_is_for_a_spreadsheet_and_holds_no_formula(desktop, review, tmp_path):
    desktop.goto(review)
    give_name(desktop)
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


def test_a_note_stays_with_its_photo_however_fast_one_goes_on(desktop, review, tmp_path):
    desktop.goto(review)
    give_name(desktop)
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


def test_a_printed_sheet_has_every_photo_and_map(browser, roll, tmp_path):
    many = [roll[-1]] * 40  # most of them far below what is in sight
    table = cards(many).assign(photo_id=[f"photo {n}" for n in range(40)])
    page = write_bundle(table, maps(40), tmp_path / "many.html", "model", BundleConfig("Many")).as_uri()
    context = browser.new_context(viewport=DESKTOP, offline=True)
    tab = context.new_page()
    tab.goto(page)
    drawn = "() => [...document.querySelectorAll('.card')].filter((card) => card.drawn).length"
    assert tab.evaluate(drawn) < 40
    pdf = tab.pdf(path=tmp_path / "sheet.pdf")
    assert tab.evaluate(drawn) == 40
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") >= 4
    context.close()


def test_records_are_lines_of_json(desktop, review, tmp_path):
    desktop.goto(review)
    give_name(desktop)
    desktop.keyboard.press("3")
    lines = downloaded(desktop, "#export", tmp_path).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["verdict"] for line in lines] == ["context"]
