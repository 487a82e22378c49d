"""Albums and a review page as files, opened with the network blocked, on a desktop and on a phone."""

import pytest

from sightlab.views.album_page import AlbumPageConfig, write_albums
from sightlab.views.albums import build_albums, look_at
from sightlab.views.bundle import BundleConfig, write_bundle
from tests.browser.offline.pages import DESKTOP, PHONE
from tests.unit.views.drawn_pages import HOSTILE, PLACES, answer, answers, cards, draw_roll, maps


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def page(request, browser):
    yield from opened(browser, request.param)


@pytest.fixture
def desktop(browser):
    yield from opened(browser, DESKTOP)


def opened(browser, viewport):
    """A page whose network is blocked; at the end nothing was asked of it, and no script has failed."""
    context = browser.new_context(viewport=viewport, offline=True, accept_downloads=True)
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
