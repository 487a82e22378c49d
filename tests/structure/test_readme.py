"""The README tells the numbers of a run, and its commands and links exist."""

import re

import pytest

from benchmarks import readme_cells, readme_floors, readme_results, readme_tables
from sightlab.cli import build_parser
from tests.structure.source import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
RESULTS = {
    "profile": "photos",
    "commit": "0123456789abcdef",
    "seconds_total": 2400.0,
    "n_landmark": 675,
    "n_distractor": 1256,
    "sensitivity_at_fpr_1pct": 0.8,
    "sensitivity_at_fpr_1pct_low": 0.7684,
    "sensitivity_at_fpr_1pct_high": 0.8285,
    "sensitivity_at_fpr_0.1pct": 0.7,
    "curriculum_cleaning_auroc": 0.97,
    "gain_over_article": -0.012,
    "n_fixed_against_article": 2,
    "n_broken_against_article": 10,
    "delf_sensitivity_at_fpr_1pct": 0.5,
    "delf_n_distractor": 99,
}


@pytest.mark.parametrize("name", readme_results.blocks())
def test_every_table_is_what_the_script_renders(name):
    block = readme_results.blocks()[name]
    assert readme_results.with_block(README, block, name) == README, "python -m benchmarks.readme_results"


@pytest.mark.parametrize("profile", readme_results.RESULTS)
def test_results_are_of_the_profile_in_their_name(profile):
    results = readme_results.read_results(profile)
    assert results is None or results["profile"] == profile


@pytest.mark.parametrize(
    ("profile", "command"), [("tour", "`make tour`"), ("photos", "`make run PHOTOS=folder`")]
)
def test_without_a_run_the_block_says_so(profile, command):
    assert readme_results.render(None, profile).startswith("No full run has been recorded yet. " + command)


def test_the_table_of_recipes_has_a_line_for_each():
    assert len(readme_tables.render_league().splitlines()) == 2 + len(readme_tables.RECIPES)


def test_recipes_beside_the_article_by_hand():
    article = RESULTS | {"profile": "article", "sensitivity_at_fpr_1pct": 0.75, "n_distractor": 300}
    assert readme_results.render_both(RESULTS, article).splitlines() == [
        "| measured on test | ours | the article's recipe |",
        "| --- | --- | --- |",
        "| similarity alone: sensitivity at FPR <= 1 % | 80.0 % (76.8 to 82.8) | 75.0 % (76.8 to 82.8) |",
        # 0.1 % of 300 distractors is no photo
    ]
    assert "Not both" in readme_results.render_both(RESULTS, None)


def test_cleaning_by_geometry_in_words(tmp_path):
    path = tmp_path / "cleaning.csv"
    path.write_text(
        "way,auroc,auroc_low,auroc_high,other_dropped\n"
        "references,0.98,0.97,0.99,0.1\n"
        "2 neighbors with 30 inliers (DELF),0.9466,0.93,0.96,0.755\n",
        encoding="utf-8",
    )
    said = readme_tables.render_geometry(path)
    assert "AUROC of 0.947 (0.930 to 0.960)" in said
    assert "drops 75.5 % of the right photos" in said
    assert readme_tables.render_geometry(tmp_path / "none.csv").endswith("has not been run yet.")


def test_floors_held_and_missed_by_hand():
    found = {"fpr": 0.02, "gain_gps": 0.1}
    found |= {"speedup_cpu_1x": 9, "speedup_cpu_1x_low": 5, "speedup_cpu_1x_high": 12}
    lines = [line.split(" | ")[1:] for line in readme_floors.render_floors(RESULTS | found).splitlines()[2:]]
    assert lines == [
        ["at least 88.0 %", "80.0 % (76.8 to 82.8)", "**missed** |"],
        ["at least 78.0 %", "70.0 %", "**missed** |"],
        ["at least +8.0 points", "+10.0 points", " |"],
        ["at most 1.0 %", "2.0 %", "**missed** |"],
        ["at least 0.970", "0.970", " |"],
        ["at least 15 times as long", "9 times as long (middle 90 %: 5 to 12)", "**missed** |"],
    ]


def test_times_by_hand():
    speed = {"speedup_cpu_1x": 16.4, "speedup_cpu_1x_low": 9.6, "speedup_cpu_1x_high": 20.2}
    assert readme_cells.cell(speed, "speedup_cpu_1x") == "16 times as long (middle 90 %: 10 to 20)"


def test_other_features_on_candidates_by_hand(tmp_path):
    path = tmp_path / "control.csv"
    path.write_text(
        "system,n_landmark,n_distractor,sensitivity_at_fpr_1pct,sensitivity_at_fpr_1pct_low,"
        "sensitivity_at_fpr_1pct_high,pair_auroc,only_delf,only_other,p\n"
        '"DELF, the 40 photos below",20,20,0.75,0.53,0.89,0.9,,,\n'
        "SIFT on its candidates,20,20,0.5,0.3,0.7,0.8,6,1,0.125\n",
        encoding="utf-8",
    )
    assert readme_tables.render_control(path).splitlines()[2:] == [
        "| DELF | 20 + 20 | 75.0 % (53.0 to 89.0) |  | 0.900 |",
        "| SIFT | 20 + 20 | 50.0 % (30.0 to 70.0) | 1, DELF 6 (p = 0.12) | 0.800 |",
    ]
    assert "Not run yet" in readme_tables.render_control(tmp_path / "none.csv")


def test_systems_by_hand(tmp_path):
    path = tmp_path / "rivals.csv"
    path.write_text(
        "system,sensitivity_at_fpr_1pct,sensitivity_at_fpr_1pct_low,sensitivity_at_fpr_1pct_high,"
        "sensitivity,fpr,tune_sensitivity,tune_centroids,share_verified\n"
        "centroids,0.9,0.85,0.94,0.88,0.01,,,\n"
        '"hybrid, sift",0.91,0.86,0.95,0.89,0,0.925,0.9,0.25\n',
        encoding="utf-8",
    )
    assert readme_tables.render_rivals(path).splitlines()[2:] == [
        "| centroids | 90.0 % (85.0 to 94.0) | 88.0 % | 1.0 % |  |  |",
        "| ... SIFT | 91.0 % (86.0 to 95.0) | 89.0 % | 0.0 % | +2.5 | 25 % |",
    ]
    assert "Not run yet" in readme_tables.render_rivals(tmp_path / "none.csv")


def test_a_rendered_table():
    # 2400 s = 40 min; the keys that the run did not report have no line
    assert readme_results.render(RESULTS).splitlines() == [
        "Profile `photos`, commit `0123456789`; test: 675 landmark photos, 1,256 distractors; "
        "40 minutes, less what the workspace already held.",
        "",
        "| measured | on | value (95 % interval) |",
        "| --- | --- | --- |",
        "| Similarity alone: sensitivity at FPR <= 1 % | test | 80.0 % (76.8 to 82.8) |",
        # 0.1 % of 1,256 distractors is one photo, and can be measured
        "| ... sensitivity at FPR <= 0.1 % | test | 70.0 % |",
        "| ... gain in sensitivity over the article's rule | test | -1.2 points: 2 photos fixed, 10 broken |",
        "| Cleaning before each stage: AUROC against known noise | train | 0.970 |",
        # 1 % of DELF's 99 distractors is less than one
    ]


def test_a_rate_that_no_distractor_stands_for_has_no_line():
    few = readme_results.render(RESULTS | {"n_distractor": 317, "delf_n_distractor": 100})
    assert "0.1 %" not in few  # 0.3 photos
    assert "| ... sensitivity at FPR <= 0.1 % |" in readme_results.render(RESULTS | {"n_distractor": 1000})
    assert "DELF: sensitivity at FPR <= 1 % | test | 50.0 %" in few


def test_commits_are_told_apart_by_notebook():
    same = RESULTS | {"commit_04": "a" * 40, "commit_07": "a" * 40}
    assert readme_results.commits(same) == "commit `aaaaaaaaaa`"
    assert readme_results.commits(same | {"commit_02": "b" * 40 + "+changes"}) == (
        "commits `bbbbbbbbbb+changes` (notebooks 02), `aaaaaaaaaa` (notebooks 04 07)"
    )


def test_every_line_says_what_it_was_measured_on():
    assert {split for _, _, split in readme_results.LINES} == {"train", "tune", "test", "pairs"}
    keys = [key for _, key, _ in readme_results.LINES]
    assert len(set(keys)) == len(keys)
    # what training used is what is published of cleaning
    assert {"curriculum_noise_dropped", "curriculum_clean_dropped"} < set(keys)
    assert not {"noise_dropped", "clean_dropped", "cleaning_auroc"} & set(keys)


def test_only_the_text_between_the_markers_changes():
    start, end = readme_results.markers("tour")
    before = f"a\n{start}\nold\n{end}\nz"
    assert readme_results.with_block(before, "new", "tour") == before.replace("old", "new")
    with pytest.raises(ValueError, match="must hold"):
        readme_results.with_block("no markers", "new")


def test_make_targets_of_the_readme_exist():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = set(re.findall(r"^\s*make (\w+)|`make (\w+)", README, flags=re.MULTILINE))
    words = {word for pair in named for word in pair if word}
    assert {"tour", "run", "test"} <= words <= targets


def test_commands_of_the_readme_are_accepted():
    commands = re.findall(r"^(?:\.venv/bin/)?sightlab (.+?)(?:\s+#.*)?$", README, flags=re.MULTILINE)
    assert len(commands) >= 4
    for command in commands:
        build_parser().parse_args(command.split())


def test_the_tour_is_the_first_command():
    assert re.search(r"^(?:make|sightlab) .+", README, flags=re.MULTILINE).group() == "make tour"


def test_links_of_the_readme_lead_somewhere():
    links = [t for t in re.findall(r"\]\(([^)]+)\)", README) if not t.startswith(("http", "#"))]
    assert links
    for target in links:
        assert (ROOT / target).exists(), target
