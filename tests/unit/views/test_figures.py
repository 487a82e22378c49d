"""Saving a figure: the same bytes twice, numbers and record beside it, nothing private in it."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sightlab.checks import InputError
from sightlab.views import figures
from tests.unit.views.drawn_pages import draw_roll, tell_authors

NAMES = [
    "cam_sheet",
    "photos_per_landmark",
    "world_map",
    "photo_sizes",
    "contact_sheet",
    "cleaning_scores",
    "cleaning_curve",
    "dropped_per_landmark",
    "training_history",
    "forgetting_matrix",
    "view_counts",
    "view_diameters",
    "cut_curve",
    "dendrogram",
    "embedding_map",
    "open_set_curve",
    "similarity_histogram",
    "outcomes",
    "sensitivity_by_slice",
    "ppv_by_prevalence",
    "worst_landmarks",
]


@pytest.fixture
def table():
    return pd.DataFrame({"slice": ["all", "rare"], "k": [80, 8], "n": [100, 20]})


def draw(table):
    return figures.sensitivity_by_slice(table)


def test_every_figure_is_reached_from_one_place():
    assert [n for n in NAMES if not callable(getattr(figures, n, None))] == []


def test_drawn_twice_gives_the_same_bytes(workspace, table):
    kinds = ("pdf", "png", "csv", "json")
    first = figures.save(draw(table), "07_slices", workspace, table=table, record={"profile": "photos"})
    bytes_first = [first.with_suffix(f".{k}").read_bytes() for k in kinds]
    figure = draw(table)
    figure._repr_png_()  # shown before it is saved: must not matter
    figures.save(figure, "07_slices", workspace, table=table, record={"profile": "photos"})
    figures.save(
        figure, "07_slices", workspace, table=table, record={"profile": "photos"}
    )  # the same one again
    assert [first.with_suffix(f".{k}").read_bytes() for k in kinds] == bytes_first
    assert sorted(p.name for p in first.parent.iterdir()) == [f"07_slices.{k}" for k in sorted(kinds)]


def test_pdf_has_real_fonts_and_no_date(workspace, table):
    pdf = figures.save(draw(table), "07_slices", workspace).with_suffix(".pdf").read_bytes()
    assert b"/Type3" not in pdf
    assert b"/CIDFontType2" in pdf  # what fonttype 42 embeds
    assert b"CreationDate" not in pdf
    assert b"ModDate" not in pdf


def test_png_has_200_dots_per_inch(workspace, table):
    from PIL import Image

    with Image.open(figures.save(draw(table), "07_slices", workspace)) as png:
        assert png.width == round(figures.WIDE * 200)
        assert "Software" not in png.info


def test_record_says_where_the_figure_comes_from(workspace, table):
    table.attrs["key"] = "abc123"
    record = {"profile": "photos", "seed": np.int64(3)}
    png = figures.save(draw(table), "07_slices", workspace, table=table, record=record)
    facts = json.loads(png.with_suffix(".json").read_text())
    assert facts["figure"] == "07_slices"
    assert facts["key"] == "abc123"
    assert facts["profile"] == "photos"
    assert facts["seed"] == 3
    assert facts["commit"]
    assert facts["stamp"] == ""
    assert record == {"profile": "photos", "seed": 3}  # untouched
    back = pd.read_csv(png.with_suffix(".csv"))
    pd.testing.assert_frame_equal(back, table, check_dtype=False)


def test_named_index_reaches_the_csv(workspace, table):
    png = figures.save(draw(table), "07_slices", workspace, table=table.set_index("slice"))
    assert png.with_suffix(".csv").read_text().startswith("slice,k,n\n")


def test_old_table_does_not_stay_beside_a_new_figure(workspace, table):
    png = figures.save(draw(table), "07_slices", workspace, table=table)
    figures.save(draw(table), "07_slices", workspace)
    assert not png.with_suffix(".csv").exists()


def test_the_tour_says_that_its_world_is_drawn(workspace, table):
    figure = draw(table)
    png = figures.save(figure, "07_slices", workspace, record={"profile": "tour"})
    stamped = png.read_bytes()
    assert json.loads(png.with_suffix(".json").read_text())["stamp"] == "drawn world (tour)"
    assert [t.get_text() for t in figure.texts] == ["drawn world (tour)"]
    figures.save(draw(table), "07_slices", workspace, record={"profile": "tour"}, origin="")
    assert png.read_bytes() != stamped


def test_stamp_and_credits_cover_nothing_and_not_each_other(workspace, tmp_path):
    figure = drawn_sheet(tmp_path, ["Ann"])
    png = figures.save(figure, "09_worst", workspace, record={"profile": "tour"})
    with Image.open(png) as saved:
        height = saved.height / 200  # dots of an inch
    assert height > figure.get_size_inches()[1]
    renderer = figure.canvas.get_renderer()
    boxes = {t.get_gid(): t.get_window_extent(renderer) for t in figure.texts if t.get_gid()}
    assert set(boxes) == {"stamp", "credits"}
    assert all(box.y1 <= 0 for box in boxes.values())  # below the figure
    assert boxes["credits"].y1 <= boxes["stamp"].y0
    assert min(box.y0 for box in boxes.values()) / figure.dpi >= figure.get_size_inches()[1] - height


def drawn_sheet(folder, authors):
    roll = draw_roll(folder, [f"{i}.jpg" for i in range(len(authors))], ["red_tower"] * len(authors))
    tell_authors(folder, roll, authors)
    return figures.contact_sheet(roll, [""] * len(roll), columns=6)


def size(path):
    with Image.open(path) as picture:
        return picture.size


def test_authors_stand_below_the_photos_and_in_the_record(workspace, tmp_path):
    plain = figures.save(drawn_sheet(tmp_path / "nobody", ["", "", ""]), "plain", workspace)
    figure = drawn_sheet(tmp_path / "told", ["Ann $x$", "", "Bob"])
    path = figures.save(figure, "told", workspace)
    record = json.loads(path.with_suffix(".json").read_text())
    assert [(c["photo"], c["author"], c["license"]) for c in record["credits"]] == [
        ("0.jpg", "Ann $x$", "CC BY 2.0"),
        ("2.jpg", "Bob", "CC BY 2.0"),
    ]
    [text] = [t.get_text() for t in figure.texts if t.get_gid() == "credits"]
    assert text == r"Photos: Ann \$x\$, CC BY 2.0; Bob, CC BY 2.0"
    assert "credits" not in json.loads(plain.with_suffix(".json").read_text())
    (width, height), (wide, high) = size(plain), size(path)
    assert wide == width
    assert 15 <= high - height <= 40  # one line of 5 points at 200 dots an inch, with some air
    again = figures.save(figure, "again", workspace)
    assert again.read_bytes() == path.read_bytes()


def test_many_authors_do_not_grow_a_figure_without_end(workspace, tmp_path):
    figure = drawn_sheet(tmp_path / "many", [f"{'A long name ' * 8}{i}" for i in range(40)])
    path = figures.save(figure, "many", workspace)
    [text] = [t.get_text() for t in figure.texts if t.get_gid() == "credits"]
    assert len(text.splitlines()) == 12
    assert text.endswith("and more: 40 in all, each in the JSON file of this figure")
    assert len(json.loads(path.with_suffix(".json").read_text())["credits"]) == 40


def test_saved_figure_shows_itself_without_its_folder(workspace, table):
    png = figures.save(draw(table), "07_slices", workspace)
    assert png == workspace.root / "figures" / "07_slices.png"
    assert png._repr_png_() == png.read_bytes()
    assert repr(png) == "figures/07_slices.png"


@pytest.mark.parametrize("name", ["", "../x", "a/b", "/etc/x", ".hidden", "a b", "a\n"])
def test_refuses_names_that_are_no_file_names(workspace, table, name):
    with pytest.raises(InputError, match="plain name"):
        figures.save(draw(table), name, workspace)


def test_refuses_absolute_paths_anywhere(workspace, table):
    message = re.escape("'/home/ann/photos/a.jpg'")
    shown = draw(table.assign(slice=["all", "/home/ann/photos/a.jpg"]))
    with pytest.raises(InputError, match=f"a text holds {message}"):
        figures.save(shown, "07_slices", workspace)
    private = table.assign(path=["a", "/home/ann/photos/a.jpg"])
    with pytest.raises(InputError, match=f"column 'path' holds {message}"):
        figures.save(draw(table), "07_slices", workspace, table=private)
    with pytest.raises(InputError, match=rf"record\['source'\] holds {message}"):
        figures.save(draw(table), "07_slices", workspace, record={"source": "/home/ann/photos/a.jpg"})
    assert list((workspace.root / "figures").iterdir()) == []


def test_refuses_a_record_that_is_not_json_and_writes_nothing(workspace, table):
    for value, why in ((object(), "got a object"), (float("nan"), "Out of range")):
        with pytest.raises(InputError, match=f"must be written as JSON; {why}"):
            figures.save(draw(table), "07_slices", workspace, table=table, record={"x": value})
    assert list((workspace.root / "figures").iterdir()) == []
