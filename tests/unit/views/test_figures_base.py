"""Style, safe text, sizes and stamps."""

import subprocess
import sys

import matplotlib
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.views.figures_base import (
    COLORS,
    drawn,
    group_styles,
    names_absolute_path,
    need_columns,
    new_figure,
    plain,
    settle,
    stamp,
    style,
    words,
)


def test_plain_text_is_drawn_as_it_stands():
    from matplotlib import cbook

    text = plain("a$x_{1}$b\n\tc\x07d\u202ee 漢")
    assert "\n" not in text
    assert text == r"a\$x_{1}\$b c□d□e □"  # control, turn-around and missing glyphs become boxes
    assert not cbook.is_math_text(text)
    assert cbook.is_math_text("a$x_{1}$b")  # it would have been mathtext


def test_plain_text_survives_bytes_that_are_no_unicode():
    assert plain(b"caf\xe9.jpg".decode(errors="surrogateescape")) == "caf□.jpg"


def test_plain_text_loses_its_middle():
    # limit 10: 6 letters, the ellipsis, (10 - 1) // 3 = 3 letters
    assert plain("abcdefghijklmnop", 10) == "abcdef…nop"
    assert len(plain("abcdefghijklmnop", 10)) == 10
    assert plain("abcdefghij", 10) == "abcdefghij"


def test_words_of_an_identifier():
    assert words("south_asia") == "south asia"


@pytest.mark.parametrize(
    "text", ["/home/ann/photos/a.jpg", "saved in /tmp/run/x", r"C:\photos\a.jpg", "(/data/a)"]
)
def test_absolute_paths_are_seen(text):
    assert names_absolute_path(text)


@pytest.mark.parametrize(
    "text", ["12 / 140", "landmarks/a/b.jpg", "Great Pyramid / Giza", "width/height", "/"]
)
def test_other_slashes_are_not_paths(text):
    assert not names_absolute_path(text)


def test_groups_keep_their_style_and_differ():
    styles = group_styles(["b", "a", "c", "a"])
    assert list(styles) == ["a", "b", "c"]
    assert group_styles(["c", "b", "a"]) == styles
    assert len(set(group_styles(map(str, range(72))).values())) == 72  # 8 colors x 9 markers


def test_outcomes_have_different_colors():
    names = ["correct", "confused", "missed", "false_alarm", "correct_rejection"]
    assert len({COLORS[n] for n in names}) == 5


def test_style_is_taken_away_again():
    before = dict(matplotlib.rcParams.copy())
    with style():
        assert matplotlib.rcParams["pdf.fonttype"] == 42
        assert matplotlib.rcParams["font.size"] == 8
    assert dict(matplotlib.rcParams.copy()) == before


def test_style_does_not_listen_to_the_user():
    with matplotlib.rc_context({"axes.titlesize": 40, "lines.linewidth": 9}), style():
        assert matplotlib.rcParams["axes.titlesize"] == 8
        assert matplotlib.rcParams["lines.linewidth"] == 1.3


def test_settled_figure_keeps_its_layout():
    @drawn
    def draw():
        figure = new_figure(3, 2)
        figure.subplots().set_ylabel("long label")
        return figure

    figure = draw()
    before = figure.axes[0].get_position().bounds
    assert figure.get_layout_engine() is None or not figure.get_layout_engine().adjust_compatible
    figure.axes[0].set_ylabel("two\nlines")
    figure.draw_without_rendering()
    assert figure.axes[0].get_position().bounds == before
    settle(figure)  # a second time does nothing
    assert figure.axes[0].get_position().bounds == before


def test_a_second_stamp_replaces_the_first():
    figure = new_figure(3.3, 2)
    stamp(figure, "drawn")
    assert stamp(figure, "drawn $2$") > 0
    assert [t.get_text() for t in figure.texts] == [r"drawn \$2\$"]
    assert stamp(figure, "") == 0
    assert figure.texts == []


def test_notebook_shows_the_figure():
    assert new_figure(2, 1)._repr_png_().startswith(b"\x89PNG")


def test_missing_columns_and_rows_are_named():
    with pytest.raises(InputError, match=r"curve must have the columns fpr, sensitivity.*sensitivity"):
        need_columns(pd.DataFrame({"fpr": [1]}), ("fpr", "sensitivity"), "curve")
    with pytest.raises(InputError, match="curve has no rows"):
        need_columns(pd.DataFrame({"fpr": []}), ("fpr",), "curve")


def test_importing_figures_loads_no_matplotlib():
    code = "import sys, sightlab.views.figures, sightlab.views.projection; "
    code += "bad = {'matplotlib', 'umap', 'torch'} & set(sys.modules); sys.exit(str(bad) if bad else 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
