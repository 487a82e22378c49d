"""Every figure of the report on a trained workspace: drawn in both widths, from results and nothing else."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from sightlab import pipeline_report as report
from sightlab.pipeline_report_figures import FIGURES

COUNTS = {
    "01_photo_database": {"n_photos": 120, "n_landmarks": 4, "n_regions": 2},
    "04_curriculum_training": {"curriculum_n_dropped": 3, "n_stages": 2},
    "05_class_activation_maps": {"n_cam_pairs": 0},
    "06_centroids_and_umap": {"n_centroids": 7},
    "07_recognition": {"n_landmark": 24},
}
STORED = {
    "04_loss_league": "loss,seeds,sensitivity,low,high,n\nsoftmax,3,0.5,0.4,0.6,24\n",
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


def test_dirt_that_nobody_knows_is_told(bench, tmp_path):
    figure = next(f for f in FIGURES if f.name == "dirt")
    other = replace(bench, photos=tmp_path)  # a folder without injected_noise.csv
    lines = []
    assert report.draw_report(other, [figure], tell=lines.append) == {}
    assert lines == [
        "dirt: not measured yet (no train photo of this folder is known to be wrong: it has no "
        "injected_noise.csv)"
    ]
