"""Contact sheets, also of hostile files and names."""

import numpy as np
import pytest
from PIL import Image

from sightlab.checks import InputError
from sightlab.views.figures_base import COLORS
from sightlab.views.figures_photos import _wrap, contact_sheet


@pytest.fixture
def paths(tmp_path):
    made = []
    for i, size in enumerate([(90, 60), (60, 90), (400, 30)]):
        path = tmp_path / f"p{i}.png"
        Image.fromarray(np.full((size[1], size[0], 3), (200, 40 * i, 60), np.uint8)).save(path)
        made.append(path)
    return made


def test_photos_keep_their_shape(paths, assert_legible):
    figure = contact_sheet(paths, ["wide", "high", "strip"], columns=3, title="three")
    images = figure.axes[0].images
    shapes = [
        (i.get_extent()[1] - i.get_extent()[0]) / (i.get_extent()[2] - i.get_extent()[3]) for i in images
    ]
    # the strip is reduced to the tile's 400-odd pixels first, so 400 / 30 holds to the pixel
    assert shapes == pytest.approx([90 / 60, 60 / 90, 400 / 30], rel=0.02)
    assert [np.asarray(i.get_array())[0, 0].tolist() for i in images] == [[200, 40 * k, 60] for k in range(3)]
    assert_legible(figure)


def test_unreadable_photo_is_a_tile_with_its_reason(paths, tmp_path, texts_of, assert_legible):
    empty = tmp_path / "empty.jpg"
    empty.touch()
    figure = contact_sheet([paths[0], empty, tmp_path / "gone.jpg"], ["a", "b", "c"], columns=3)
    assert len(figure.axes[0].images) == 1
    text = texts_of(figure).replace("\n", " ")
    assert text.count("unreadable:") == 2
    assert "empty" in text
    assert_legible(figure)


def test_hostile_names_are_drawn_as_they_stand(paths, texts_of):
    names = [r"$\frac{1}{", "$x_{1}$ \x07\u202egpj", "漢字\n\n\n\n\nend"]
    figure = contact_sheet(paths, names, columns=3, title="$a$ b")
    figure.canvas.draw()  # broken mathtext would raise here
    text = texts_of(figure)
    assert "\x07" not in text
    assert "\u202e" not in text
    assert str(paths[0].parent) not in text


def test_caption_has_at_most_three_lines():
    assert _wrap("one\ntwo", 1.0, 7) == "one\ntwo"
    wrapped = _wrap("word " * 60, 1.0, 7)
    assert wrapped.count("\n") == 2
    assert wrapped.endswith("…")
    # 1 inch = 72 points; a letter is 0.54 * 7 points wide: 19 letters
    assert max(map(len, wrapped.split("\n"))) <= 19


def test_outlines_take_colors_by_outcome(paths):
    figure = contact_sheet(paths, ["a", "b", "c"], columns=3, outline_colors=["confused", "", "#123456"])
    from matplotlib.colors import to_hex

    assert [to_hex(p.get_edgecolor()).upper() for p in figure.axes[0].patches] == [
        COLORS["confused"],
        "#123456",
    ]


def test_refuses_what_does_not_fit(paths):
    with pytest.raises(InputError, match="captions has 1"):
        contact_sheet(paths, ["a"])
    with pytest.raises(InputError, match="1 to 400 photos"):
        contact_sheet([], [])
    with pytest.raises(InputError, match="columns must be 1 to 12"):
        contact_sheet(paths, ["a", "b", "c"], columns=0)


def test_one_photo_in_twelve_columns(paths, assert_legible):
    assert_legible(contact_sheet(paths[:1], ["a long caption of a small tile"], columns=12))
