"""The README tells the numbers of a run, and its commands and links exist."""

import re

import pytest

from benchmarks import readme_results
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
    "cleaning_auroc": 0.97,
}


@pytest.mark.parametrize("profile", readme_results.RESULTS)
def test_the_results_block_is_what_the_script_renders(profile):
    results = readme_results.read_results(profile)
    block = readme_results.render(results, profile)
    assert readme_results.with_block(README, block, profile) == README, "python benchmarks/readme_results.py"
    assert results is None or results["profile"] == profile


@pytest.mark.parametrize(
    ("profile", "command"), [("tour", "`make tour`"), ("photos", "`make run PHOTOS=folder`")]
)
def test_without_a_run_the_block_says_so(profile, command):
    assert readme_results.render(None, profile).startswith("No full run has been recorded yet. " + command)


def test_a_rendered_table():
    # 2400 s = 40 min; the keys that the run did not report have no line
    assert readme_results.render(RESULTS).splitlines() == [
        "Profile `photos`, commit `0123456789`; test: 675 landmark photos, 1,256 distractors; "
        "40 minutes, less what the workspace already held.",
        "",
        "| measured on `test` | value (95 % interval) |",
        "| --- | --- |",
        "| Sensitivity at FPR <= 1 % | 80.0 % (76.8 to 82.8) |",
        "| Cleaning: AUROC against injected noise | 0.970 |",
    ]


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
