"""Every figure of the report on a trained workspace: drawn in both widths, from results and nothing else."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from sightlab import pipeline_learning
from sightlab import pipeline_report as report
from sightlab.learning.recipes import Recipe
from sightlab.pipeline_report_figures import FIGURES
from sightlab.workspace_stored import NotStored, StoredWorkspace

COUNTS = {
    "01_photo_database": {"n_photos": 120, "n_landmarks": 4, "n_regions": 2},
    "04_curriculum_training": {"curriculum_n_dropped": 3, "n_stages": 2},
    "05_class_activation_maps": {"n_cam_pairs": 0},
    "06_centroids_and_umap": {"n_centroids": 7},
    "07_recognition": {"n_landmark": 24},
}
ROWS = {  # of the league: two that differ by their loss, and one that does not
    pipeline_learning.IN_USE: Recipe(updates=3),
    "all at once": Recipe(updates=3, stages="at_once"),
    "softmax alone": Recipe(updates=3, center_weight=0.0),
}
STORED = {
    "08_accuracy_against_time": "system,sensitivity,low,high,milliseconds\n"
    "sightlab,0.9,0.8,0.95,5.0\ndelf,0.4,0.3,0.5,400.0\n",
    "08_open_set": "system,threshold,fpr,sensitivity,n\nsightlab,0.5,0.0,0.5,12\nDELF,9,0.0,0.25,12\n",
}


@pytest.fixture(scope="module")
def bench(trained):
    for name, numbers in COUNTS.items():
        trained.workspace.report(name, numbers)
    for name, text in STORED.items():
        path = trained.workspace.root / "figures" / f"{name}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pipeline_learning, "recipes", lambda base: ROWS)
        pipeline_learning.run_league(trained, seeds=(0,))
        yield trained
    for name in STORED:
        (trained.workspace.root / "figures" / f"{name}.csv").unlink()


@pytest.fixture(scope="module")
def drawn(bench):
    lines = []
    report.draw_report(bench, FIGURES, tell=lines.append)
    return bench.workspace.root / report.FOLDER / "figures", lines


def test_every_figure_is_drawn_in_both_widths_or_says_why_not(drawn, bench):
    folder, lines = drawn
    told = dict(line.split(": ", 1) for line in lines)
    assert "tune holds too few photos" in told.pop("reliability")  # of this tiny world
    assert set(told.values()) == {"drawn"}
    for name in told:
        assert all((folder / f"{name}{end}").is_file() for end in report.ENDS)
    states = report.listing(FIGURES, bench.workspace.root).set_index("figure")["state"]
    assert set(states.drop("reliability")) == {"current"}


def test_both_systems_are_drawn_of_the_same_photos(drawn):
    folder, _ = drawn
    assert json.loads((folder / "open_set.json").read_text())["n"] == 12  # DELF's queries, not all of test
    assert list(pd.read_csv(folder / "open_set.csv")["system"]) == ["sightlab", "DELF"]
    assert list(pd.read_csv(folder / "speed.csv")["system"]) == ["sightlab", "DELF"]


def test_without_delf_the_open_set_is_that_of_all_test_photos(bench, drawn):
    stored = bench.workspace.root / "figures" / "08_open_set.csv"
    text = stored.read_text()
    stored.unlink()
    figure = next(f for f in FIGURES if f.name == "open_set")
    assert report.state(figure, bench.workspace.root) == "stale"
    made = figure.draw(bench)
    stored.write_text(text)
    assert list(made.table["system"].unique()) == ["sightlab", "rule of the article"]
    assert made.facts["n"] == (bench.manifest.split("test").photos["landmark_id"] != "non_landmark").sum()


def test_bars_of_losses_are_those_of_the_stored_rows(bench, drawn):
    folder, _ = drawn
    league = pipeline_learning.stored_league(bench).set_index("recipe")
    losses = next(f for f in FIGURES if f.name == "losses")
    only_read = replace(bench, workspace=StoredWorkspace(bench.workspace.root))  # as the command has it
    report.draw_report(only_read, [losses], ["losses"], tell=str)
    table = pd.read_csv(folder / "losses.csv")
    assert table["loss"].tolist() == ["softmax + center loss", "softmax"]  # not "all at once"
    chosen = league.loc[[pipeline_learning.IN_USE, "softmax alone"], "sensitivity"]
    assert table["sensitivity"].tolist() == pytest.approx(chosen.tolist())
    tune = bench.manifest.split("tune").photos
    assert (table["n"] == (tune["landmark_id"] != "non_landmark").sum()).all()


def test_another_row_of_the_league_makes_the_losses_stale(bench, drawn):
    losses = next(f for f in FIGURES if f.name == "losses")
    row = bench.workspace.root / "artefacts" / "recipe" / "0123456789abcdef"
    row.mkdir()
    (row / "answers.parquet").write_bytes(b"another")
    assert report.state(losses, bench.workspace.root) == "stale"
    (row / "answers.parquet").unlink()
    row.rmdir()
    assert report.state(losses, bench.workspace.root) == "current"


def test_losses_without_the_row_in_use_tell_how_to_train_it(bench, monkeypatch):
    other = {pipeline_learning.IN_USE: Recipe(updates=2), "softmax alone": ROWS["softmax alone"]}
    monkeypatch.setattr(pipeline_learning, "recipes", lambda base: other)
    losses = next(f for f in FIGURES if f.name == "losses")
    with pytest.raises(NotStored, match=r"no row of 'recipe in use' .*benchmarks/learning_league\.py"):
        report.draw_report(bench, [losses], ["losses"], tell=str)


def test_dirt_that_nobody_knows_is_told(bench, tmp_path):
    figure = next(f for f in FIGURES if f.name == "dirt")
    other = replace(bench, photos=tmp_path)  # a folder without injected_noise.csv
    lines = []
    assert report.draw_report(other, [figure], tell=lines.append) == {}
    assert lines == [
        "dirt: not measured yet (no train photo of this folder is known to be wrong: it has no "
        "injected_noise.csv)"
    ]
