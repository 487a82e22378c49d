"""Pages of albums as files: whole, private, and not to be broken out of."""

import json
import re
from datetime import datetime
from html.parser import HTMLParser
from io import BytesIO
from types import SimpleNamespace

import pytest
from PIL import Image

from sightlab.checks import InputError
from sightlab.views.album_page import AlbumPageConfig, days, write_albums
from sightlab.views.albums import build_albums, look_at
from tests.unit.views.drawn_pages import HOSTILE, PLACES, answer, answers, draw_roll, tell_authors


class Page(HTMLParser):
    """Tags and texts of a page, as a browser would take them apart."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def roll(tmp_path):
    return draw_roll(
        tmp_path / "roll", HOSTILE, ["red_tower", "red_tower", "green_arch", "blue_dome", "red_tower"]
    )


def albums_of(paths, landmarks=("red_tower", "red_tower", "green_arch", "blue_dome", "red_tower"), **changes):
    table = answers(*(answer(p, name, **changes) for p, name in zip(paths, landmarks, strict=True)))
    return build_albums(table, PLACES, look_at(table["photo"]))


def written(tmp_path, albums, **config):
    index = write_albums(albums, tmp_path / "out", PLACES, "model", AlbumPageConfig(**config))
    return index.read_text(encoding="utf-8")


def test_authors_are_named_beside_their_photos(tmp_path):
    roll = draw_roll(tmp_path / "roll", ["a.jpg", "b.jpg"], ["red_tower", "red_tower"])
    albums = albums_of(roll, ["red_tower"] * 2)
    assert "Photo:" not in written(tmp_path, albums)
    tell_authors(tmp_path / "roll", roll, ["Ann <script>alert(1)</script>", ""])
    page = Page(written(tmp_path, albums))
    assert page.texts.count("Ann <script>alert(1)</script>, CC BY 2.0") == 1
    assert len(page.all("script")) == 1
    assert [text for text in page.texts if text.startswith("Photo:")] == ["Photo: "]  # of one of the two


def test_hostile_names_stay_text(tmp_path, roll):
    html = written(tmp_path, albums_of(roll), title="<script>alert(1)</script>")
    page = Page(html)
    assert len(page.all("script")) == 1  # ours
    assert all(not any(name.startswith("on") for name in attributes) for _, attributes in page.tags)
    assert {"".join(x["data-photo"]) for x in page.all("li") if "data-photo" in x} == set(HOSTILE)
    assert 'Green <b>Arch</b> & "Gate"' in page.texts
    assert not page.all("b")
    assert all(link["href"].startswith(("#", "photos/")) for link in page.all("a"))


def test_nothing_is_loaded_from_anywhere(tmp_path, roll):
    html = written(tmp_path, albums_of(roll))
    assert not re.search(r"https?:|@import|<link", html, re.IGNORECASE)
    assert not re.search(r"\burl\(", html)
    policy = next(x["content"] for x in Page(html).all("meta") if x.get("http-equiv"))
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert re.search(r"script-src 'sha256-[\w+/=]{44}'", policy)


def test_copies_and_thumbnails_tell_nothing_about_place_or_camera(tmp_path, roll):
    html = written(tmp_path, albums_of(roll))
    files = list((tmp_path / "out").rglob("*.jpg"))
    assert len(files) == 10  # five photos and their thumbnails
    for path in files:
        with Image.open(path) as photo:
            assert len(photo.getexif()) == 0
        assert b"SecretCamera" not in path.read_bytes()
    assert "60.17" not in html


def test_originals_are_byte_for_byte_when_asked_for(tmp_path, roll):
    html = written(tmp_path, albums_of(roll), photos="original")
    copied = {p.read_bytes() for p in (tmp_path / "out" / "photos").iterdir()}
    assert copied == {p.read_bytes() for p in roll}
    assert "with all that they tell about place and time" in html


def test_reference_copies_nothing_and_its_links_lead_to_the_files(tmp_path, roll):
    from urllib.parse import unquote

    html = written(tmp_path, albums_of(roll), photos="reference")
    assert not (tmp_path / "out" / "photos").exists()
    links = {a["href"] for a in Page(html).all("a") if a.get("class") == "tile"}
    assert {(tmp_path / "out" / unquote(link)).resolve() for link in links} == {p.resolve() for p in roll}


def test_a_copy_is_upright_and_keeps_its_color_profile(tmp_path):
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x0112] = 6  # stored lying
    path = tmp_path / "lying.jpg"
    Image.new("RGB", (80, 60), (200, 30, 30)).save(path, exif=exif, icc_profile=profile)
    written(tmp_path, albums_of([path], ["red_tower"]))
    copy = Image.open(BytesIO((tmp_path / "out" / "photos" / "0001.jpg").read_bytes()))
    assert copy.size == (60, 80)
    assert copy.info["icc_profile"] == profile


def test_every_photo_has_a_text_and_says_why(tmp_path, roll):
    page = Page(written(tmp_path, albums_of(roll)))
    tiles = [x for x in page.all("img") if x.get("loading") == "lazy" and x.get("alt")]
    assert len(tiles) == 5
    assert tiles[0]["alt"] == "Red Tower in Norhaven, 12 May 2024"
    text = "".join(page.texts)
    assert text.count("by the picture alone it looks most like") == 5
    assert "12 May 2024, 09:30" in text


def test_a_photo_that_is_gone_is_said_to_be_gone(tmp_path, roll):
    albums = albums_of(roll)
    for path in roll[:2]:
        path.unlink()
    html = written(tmp_path, albums)
    assert html.count("The photo is no longer there.") == 2
    assert len(list((tmp_path / "out" / "photos").iterdir())) == 3


def test_no_landmark_is_an_honest_page(tmp_path, roll):
    html = written(tmp_path, albums_of(roll, ["non_landmark"] * 5))
    assert "No landmark was recognized." in html
    assert "5 photos without a landmark" in html
    assert not Page(html).all("dialog")


def test_unreadable_files_are_listed(tmp_path, roll):
    table = answers(answer(roll[0], "non_landmark", reason="unreadable: truncated"))
    html = written(tmp_path, build_albums(table, PLACES, look_at(table["photo"])))
    assert "1 could not be read" in html
    assert ": truncated" in html


def test_a_page_is_replaced_and_leaves_nothing_of_the_old_one(tmp_path, roll):
    written(tmp_path, albums_of(roll))
    written(tmp_path, albums_of(roll[:1], ["red_tower"]))
    assert [p.name for p in (tmp_path / "out" / "photos").iterdir()] == ["0001.jpg"]


def test_a_folder_of_other_things_is_refused_and_untouched(tmp_path, roll):
    keep = tmp_path / "out" / "photos" / "mine.jpg"
    keep.parent.mkdir(parents=True)
    keep.write_bytes(b"mine")
    with pytest.raises(InputError, match="holds photos"):
        written(tmp_path, albums_of(roll))
    assert keep.read_bytes() == b"mine"


def test_a_place_that_cannot_be_written_is_said(tmp_path, roll):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="Choose a place"):
        write_albums(albums_of(roll), tmp_path / "file" / "out", PLACES)


def test_four_hundred_photos_are_one_page(tmp_path, roll):
    from shutil import copy

    paths = [tmp_path / "roll" / f"{n}.jpg" for n in range(400)]
    for path in paths:
        copy(roll[0], path)
    html = written(tmp_path, albums_of(paths, ["red_tower"] * 400), thumb_side=64, long_side=64)
    assert "400 photos of 1 landmark in 1 city." in html
    assert len(html) < 1_000_000


def test_places_to_choose_from_are_those_of_the_model(tmp_path, roll):
    options = Page(written(tmp_path, albums_of(roll))).all("option")
    assert {"value": "Blue Dome, Norhaven", "data-id": "blue_dome"} in options
    assert len(options) == 3
    json.dumps(options)


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (datetime(2024, 5, 3, 8), datetime(2024, 5, 3, 20), "3 May 2024"),
        (datetime(2024, 5, 3), datetime(2024, 5, 14), "3 – 14 May 2024"),
        (datetime(2024, 5, 30), datetime(2024, 6, 2), "30 May – 2 June 2024"),
        (datetime(2023, 12, 30), datetime(2024, 1, 2), "30 December 2023 – 2 January 2024"),
    ],
)
def test_days_in_words(first, last, words):
    assert days(SimpleNamespace(days=(first, last))) == words
    assert days(SimpleNamespace(days=None)) == ""
