"""axe-core finds no serious fault in albums and review pages."""

import pytest

from tests.browser.axe import axe_path, serious_faults
from tests.browser.offline.pages import DESKTOP, PHONE


@pytest.mark.parametrize(
    ("scheme", "screen"),
    [("light", DESKTOP), ("dark", DESKTOP), ("light", PHONE)],
    ids=["light", "dark", "phone"],
)
@pytest.mark.parametrize("state", ["albums", "album", "photo", "review", "help"])
def test_no_serious_accessibility_fault(browser, albums, review, state, scheme, screen):
    axe_path()
    context = browser.new_context(viewport=screen, offline=True, color_scheme=scheme, bypass_csp=True)
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
