"""The gallery in a notebook: pages, words, and an end without leftovers."""

import ipywidgets
import pytest

from sightlab.checks import InputError
from sightlab.views.album_gallery import PER_PAGE, album_gallery
from sightlab.views.albums import build_albums, look_at
from tests.unit.views.drawn_pages import HOSTILE, PLACES, answer, answers, draw_roll


@pytest.fixture
def roll(tmp_path):
    names = [*HOSTILE, *(f"{n}.jpg" for n in range(5))]
    return draw_roll(tmp_path, names, ["red_tower"] * 10)


def gallery_of(paths, n_dome: int = 1):
    n = len(paths)
    shown = ["red_tower"] * (n - n_dome) + ["blue_dome"] * n_dome
    table = answers(*(answer(p, name) for p, name in zip(paths, shown, strict=True)))
    return album_gallery(build_albums(table, PLACES, look_at(table["photo"])))


def shown(gallery) -> list[ipywidgets.VBox]:
    return [tile for tile in gallery.children[1].children if tile.layout.display != "none"]


def test_pages_and_albums(roll):
    gallery = gallery_of(roll)
    assert gallery.album.name == "Red Tower"
    assert len(shown(gallery)) == PER_PAGE == 8
    assert "1 to 8 of 9" in gallery.where.value
    gallery.forth.click()
    assert len(shown(gallery)) == 1
    gallery.forth.click()  # there is no third page
    assert "9 to 9 of 9" in gallery.where.value
    gallery.choice.value = 1
    assert gallery.album.name == "Blue Dome"
    assert "1 to 1 of 1" in gallery.where.value
    gallery.close()


def test_pictures_are_jpeg_and_texts_say_why(roll):
    gallery = gallery_of(roll)
    picture, text = shown(gallery)[0].children
    assert bytes(picture.value).startswith(b"\xff\xd8")
    assert "<b>2024-05-12 09:30</b>, seen" in text.value
    assert "by the picture alone it looks most like Red Tower" in text.value
    gallery.close()


def test_a_name_from_a_table_stays_text(roll):
    table = answers(answer(roll[0], "green_arch"))
    gallery = album_gallery(build_albums(table, PLACES, look_at(table["photo"])))
    assert "Green &lt;b&gt;Arch&lt;/b&gt;" in shown(gallery)[0].children[1].value
    gallery.close()


def test_a_photo_that_is_gone_says_so(roll):
    gallery = gallery_of(roll)
    roll[8].unlink()
    gallery.forth.click()
    assert "cannot be read: missing" in shown(gallery)[0].children[1].value
    gallery.close()


def test_closed_it_leaves_no_widget(roll):
    from ipywidgets.widgets.widget import _instances

    before = set(_instances)
    for _ in range(3):
        gallery = gallery_of(roll)
        assert len(set(_instances) - before) < 90
        gallery.close()
        gallery.close()
    assert set(_instances) == before


def test_no_album_is_said():
    with pytest.raises(InputError, match="at least one album"):
        album_gallery(build_albums(answers(answer("a", "non_landmark")), PLACES, look_at(["a"])))
