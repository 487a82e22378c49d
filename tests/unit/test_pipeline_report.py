"""Figures of the report: which are stale, which lack their results, and the same bytes twice."""

import json

import pandas as pd
import pytest
from PIL import Image

from sightlab import pipeline_report as report
from sightlab.checks import InputError
from sightlab.pipeline_report_figures import FIGURES
from sightlab.views.figures_base import new_figure
from sightlab.workspace_stored import NotStored

TABLE = pd.DataFrame({"slice": ["all", "rare"], "k": [80, 8], "n": [100, 20]})


class Bench:
    """As much of a workbench as drawing needs."""

    def __init__(self, workspace, profile="tour"):
        self.workspace = workspace
        self.profile = type("Profile", (), {"name": profile})


def two_points(width):
    ax = (figure := new_figure(width, 2)).subplots()
    ax.plot([1, 2], [80, 8])
    return figure


def draw(bench):
    return report.Drawn(two_points, TABLE, {"rule": "all of them"})


def not_stored(bench):
    raise NotStored("expected a stored result")


KNOWN = (
    report.ReportFigure("slices", "slices of the test", ("results/07_recognition.json",), draw),
    report.ReportFigure("delf", "the rival", ("figures/08_delf.csv",), draw),
)


@pytest.fixture
def root(tmp_path):
    for folder in ("results", "figures"):
        (tmp_path / folder).mkdir()
    (tmp_path / "results" / "07_recognition.json").write_text('{"fpr": 0.01, "n_landmark": 7}')
    return tmp_path


@pytest.fixture
def bench(root):
    from sightlab.workspace import Workspace

    return Bench(Workspace(root))


def states(root):
    return report.listing(KNOWN, root).set_index("figure")["state"].to_dict()


def files(root):
    return {p.name: p.read_bytes() for p in (root / report.FOLDER).rglob("*") if p.is_file()}


def test_not_drawn_then_current_then_stale(bench, root):
    assert states(root) == {"slices": "not drawn", "delf": "missing"}
    report.draw_report(bench, KNOWN, tell=str)
    assert states(root)["slices"] == "current"
    (root / "results" / "07_recognition.json").write_text('{"fpr": 0.02, "n_landmark": 7}')
    assert states(root)["slices"] == "stale"
    report.draw_report(bench, KNOWN, tell=str)
    assert states(root)["slices"] == "current"
    (root / report.FOLDER / "figures" / "slices.csv").unlink()
    assert states(root)["slices"] == "not drawn"  # the numbers behind it belong to it
    (root / report.FOLDER / "figures" / "slices.csv").write_text("")
    narrow = root / report.FOLDER / "figures" / "slices_narrow.pdf"
    narrow.rename(narrow.with_suffix(".old"))
    assert states(root)["slices"] == "not drawn"  # so does the one for one column
    narrow.with_suffix(".old").rename(narrow)
    (root / report.FOLDER / "figures" / "slices.json").write_text("{half")
    assert states(root)["slices"] == "stale"


def test_drawn_twice_everything_is_the_same_bytes(bench, root):
    report.draw_report(bench, KNOWN, tell=str)
    first = files(root)
    report.draw_report(bench, KNOWN, tell=str)
    assert files(root) == first
    names = {f"slices{end}" for end in (".pdf", ".png", ".csv", ".json", "_narrow.pdf", "_narrow.png")}
    assert set(first) == names | {"numbers.json", "numbers.tex", "results.md", "results.tex"}


def test_a_figure_without_results_is_listed_and_not_drawn(bench, root):
    lines = []
    drawn = report.draw_report(bench, KNOWN, tell=lines.append)
    assert list(drawn) == ["slices"]
    assert lines == [
        "slices: drawn",
        "delf: not measured yet (figures/08_delf.csv: run the notebook of that number)",
    ]
    with pytest.raises(NotStored, match=r"figure delf needs figures/08_delf\.csv .* not measured yet"):
        report.draw_report(bench, KNOWN, ["delf"], tell=str)
    (root / "figures" / "08_delf.csv").write_text("a,b\n1,2\n")
    assert list(report.draw_report(bench, KNOWN, ["delf"], tell=str)) == ["delf"]


def test_results_of_other_settings_are_as_good_as_none(bench):
    known = (report.ReportFigure("x", "", ("results/07_recognition.json",), not_stored),)
    lines = []
    assert report.draw_report(bench, known, tell=lines.append) == {}
    assert lines == ["x: not measured yet (expected a stored result)"]


def test_what_cannot_be_drawn_is_told_and_the_others_are_drawn(bench):
    def refuse(bench):
        raise InputError("table has no rows")

    known = (report.ReportFigure("x", "", ("results/07_recognition.json",), refuse), KNOWN[0])
    lines = []
    assert list(report.draw_report(bench, known, tell=lines.append)) == ["slices"]
    assert lines[0] == "x: cannot be drawn: table has no rows"
    with pytest.raises(InputError, match="has no rows"):
        report.draw_report(bench, known, ["x"], tell=str)


def test_both_widths_have_real_fonts_and_their_size(bench, root):
    report.draw_report(bench, KNOWN, tell=str)
    for name, inches in (("slices", 6.9), ("slices_narrow", 3.3)):
        path = root / report.FOLDER / "figures" / f"{name}.pdf"
        pdf = path.read_bytes()
        assert b"/Type3" not in pdf
        assert b"/Type0" in pdf  # that of a TrueType font
        assert f"/MediaBox [ 0 0 {72 * inches:g}".encode() in pdf
        with Image.open(path.with_suffix(".png")) as twin:
            assert twin.size[0] == round(200 * inches)


def test_a_result_that_a_figure_draws_where_it_is_there_makes_it_stale(bench, root):
    needs = ("results/07_recognition.json",)
    figure = report.ReportFigure("curve", "", needs, draw, also=("figures/08_delf.csv",))
    report.draw_figure(bench, figure)
    assert report.state(figure, root) == "current"
    (root / "figures" / "08_delf.csv").write_text("a,b\n1,2\n")
    assert report.state(figure, root) == "stale"
    report.draw_figure(bench, figure)
    assert report.state(figure, root) == "current"


def test_the_record_tells_rule_profile_and_results(bench, root):
    report.draw_report(bench, KNOWN, tell=str)
    record = json.loads((root / report.FOLDER / "figures" / "slices.json").read_text())
    assert record["rule"] == "all of them"
    assert record["profile"] == "tour"
    assert record["stamp"] == report.DRAFT
    assert list(record["drawn_from"]) == ["results/07_recognition.json"]
    report.draw_figure(Bench(bench.workspace, "photos"), KNOWN[0])
    record = json.loads((root / report.FOLDER / "figures" / "slices.json").read_text())
    assert record["stamp"] == ""


def test_an_unknown_name_is_refused_with_close_ones():
    with pytest.raises(InputError, match=r"no report figure 'slice'\. Close names: slices"):
        report.choose(KNOWN, ["slice"])
    assert [f.name for f in report.choose(KNOWN, ["delf", "delf"])] == ["delf"]


def test_no_results_at_all_are_refused_in_words(bench, root):
    (root / "results" / "07_recognition.json").unlink()
    with pytest.raises(InputError, match="expected numbers of a run"):
        report.draw_report(bench, KNOWN, tell=str)


def test_every_figure_of_the_report_has_its_own_name_and_needs_something():
    assert len({figure.name for figure in FIGURES}) == len(FIGURES) >= 10
    for figure in FIGURES:
        assert figure.needs, figure.name
        assert all(need.split("/")[0] in ("results", "figures", "artefacts") for need in figure.needs)
