"""Writes the results tables of the README from the numbers of runs; nobody types them.

python -m benchmarks.readme_results                             the tables, from benchmarks/results_*.json
python -m benchmarks.readme_results --workspace workspace-tour  takes over the results of that workspace first
"""

import argparse
import json
import re
from pathlib import Path

from benchmarks.readme_cells import ROOT, cell, is_measured
from benchmarks.readme_floors import render_floors
from benchmarks.readme_tables import render_control, render_geometry, render_league, render_rivals

README = ROOT / "README.md"
# profile -> copy of results/results.json of its last full run
RESULTS = {
    profile: ROOT / "benchmarks" / f"results_{profile}.json" for profile in ("tour", "photos", "article")
}
COMMANDS = {"tour": "make tour", "photos": "make run PHOTOS=folder"}
# what stands in a line of the table, its key, and the split whose photos it is measured on, in this order; a
# line whose number a run did not report, or could not measure, is left out
LINES = (
    ("Similarity alone: sensitivity at FPR <= 1 %", "sensitivity_at_fpr_1pct", "test"),
    ("... frequent landmarks (> 100 training photos)", "sensitivity_at_fpr_1pct_frequent", "test"),
    ("... rare landmarks", "sensitivity_at_fpr_1pct_rare", "test"),
    ("... confusion rate there", "confusion_at_fpr_1pct", "test"),
    ("... sensitivity at FPR <= 0.1 %", "sensitivity_at_fpr_0.1pct", "test"),
    ("Whole decision: sensitivity at FPR <= 1 %", "whole_sensitivity_at_fpr_1pct", "test"),
    ("... confusion rate there", "whole_confusion_at_fpr_1pct", "test"),
    ("... gain over the article's rule there", "whole_gain_over_article_at_fpr_1pct", "test"),
    ("Closed-set accuracy", "closed_set_accuracy", "test"),
    ("micro-AP", "micro_ap", "test"),
    ("At the threshold chosen on tune: sensitivity", "sensitivity", "test"),
    ("... FPR", "fpr", "test"),
    ("... confusion rate", "confusion_rate", "test"),
    ("... gain in sensitivity over the article's rule", "gain_over_article", "test"),
    ("... sensitivity, with coordinates on about half of the landmark photos", "sensitivity_gps", "test"),
    ("... FPR then", "fpr_gps", "test"),
    ("... photos with wrong coordinates: found", "sensitivity_gps_wrong_gps", "test"),
    ("... ... taken for another landmark", "confusion_rate_gps_wrong_gps", "test"),
    ("Photos of landmarks never taught that get an answer, no coordinates", "answered_never_seen", "tune"),
    ("... with the coordinates of a landmark known", "answered_never_seen_gps", "tune"),
    (
        "Sensitivity of a region after the last stage less that after its own, the worst",
        "worst_backward_transfer",
        "tune",
    ),
    ("... what the network forgot of a region, the worst", "worst_network_transfer", "tune"),
    ("Cleaning before each stage: AUROC against known noise", "curriculum_cleaning_auroc", "train"),
    ("... known noise dropped", "curriculum_noise_dropped", "train"),
    ("... other photos dropped", "curriculum_clean_dropped", "train"),
    # only where the truth is known
    ("Cleaning of all regions at once: AUROC, photos of a neighbor", "cleaning_auroc_neighbor", "train"),
    ("... photos of another landmark", "cleaning_auroc_other_landmark", "train"),
    ("... photos of no landmark", "cleaning_auroc_non_landmark", "train"),
    ("... graphics", "cleaning_auroc_graphic", "train"),
    ("Look-alikes taken for another of their family", "lookalike_confusion", "test"),
    ("Photos of two landmarks, a few drawn ones: both named", "several_all_named", "test"),
    ("Views found against views taken: adjusted Rand index", "views_ari", "train"),
    ("Class activation maps: evidence inside the landmark", "cam_inside_share", "test"),
    ("... more than in a spot always in the middle", "cam_inside_share_gain", "test"),
    ("Photos in albums that belong there", "album_precision", "test"),
    ("DELF: sensitivity at FPR <= 1 %", "delf_sensitivity_at_fpr_1pct", "test"),
    ("... the centroids on the same queries", "centroid_sensitivity_at_fpr_1pct", "test"),
    ("... gain of DELF over them, landmarks drawn", "delf_gain_at_fpr_1pct", "test"),
    ("... a photo takes DELF, against the centroids", "speedup_cpu_1x", "test"),
    ("... with 4 times the database", "speedup_cpu_4x", "test"),
    ("... with 16 times", "speedup_cpu_16x", "test"),
    ("... with an approximate index", "speedup_cpu_ivf_1x", "test"),
    ("... and 16 times the database", "speedup_cpu_ivf_16x", "test"),
    ("Inliers of DELF, same against different place, but for London Bridge: AUROC", "pairs_auroc", "pairs"),
)


def commits(results: dict) -> str:
    """The code that the numbers were made by: one commit, or each with its notebooks."""
    made: dict[str, list[str]] = {}
    for key in sorted(results):
        if re.fullmatch(r"commit_\d\d", key):
            made.setdefault(short(results[key]), []).append(key[-2:])
    if len(made) < 2:
        return f"commit {next(iter(made), short(results['commit']))}"
    return "commits " + ", ".join(f"{commit} (notebooks {' '.join(names)})" for commit, names in made.items())


def short(commit: str) -> str:
    """`0123456789`, with "+changes" where the code was not what was committed."""
    return f"`{commit[:10]}{'+changes' if commit.endswith('+changes') else ''}`"


def render(results: dict | None, profile: str = "photos") -> str:
    """The text between the markers.

    Args:
        results: flat numbers of a run, as merged in results/results.json; None if there is none.
        profile: of the run that is missing then.
    """
    if results is None:
        return f"No full run has been recorded yet. `{COMMANDS[profile]}` writes its numbers to results.json."
    said = [f"Profile `{results['profile']}`, {commits(results)}"]
    if "n_landmark" in results and "n_distractor" in results:
        said.append(
            f"test: {results['n_landmark']:,} landmark photos, {results['n_distractor']:,} distractors"
        )
    said.append(f"{results['seconds_total'] / 60:.0f} minutes, less what the workspace already held")
    lines = [
        f"| {words} | {split} | {cell(results, key)} |"
        for words, key, split in LINES
        if is_measured(results, key)
    ]
    table = ["| measured | on | value (95 % interval) |", "| --- | --- | --- |", *lines]
    return "\n".join(["; ".join(said) + ".", "", *table])


# what the article's recipe is held against ours by
BOTH = {
    "similarity alone: sensitivity at FPR <= 1 %": "sensitivity_at_fpr_1pct",
    "... at FPR <= 0.1 %": "sensitivity_at_fpr_0.1pct",
    "closed-set accuracy": "closed_set_accuracy",
    "micro-AP": "micro_ap",
    "at the threshold chosen on tune: sensitivity": "sensitivity",
    "... FPR": "fpr",
    "... confusion rate": "confusion_rate",
    "... sensitivity, with coordinates on about half": "sensitivity_gps",
    "photos of landmarks never taught that get an answer (tune)": "answered_never_seen",
    "cleaning before each stage: known noise dropped (train)": "curriculum_noise_dropped",
    "... other photos dropped (train)": "curriculum_clean_dropped",
}


def render_both(ours: dict | None, article: dict | None) -> str:
    """Our recipe beside the article's on the same photos; without lines that one of them did not measure."""
    if ours is None or article is None:
        return "Not both have been run yet: `sightlab run --profile article`."
    lines = [
        f"| {words} | {cell(ours, key)} | {cell(article, key)} |"
        for words, key in BOTH.items()
        if is_measured(ours, key) and is_measured(article, key)
    ]
    return "\n".join(["| measured on test | ours | the article's recipe |", "| --- | --- | --- |", *lines])


def markers(profile: str) -> tuple[str, str]:
    """What stands before and after the table of a profile."""
    return f"<!-- results {profile}: start -->", f"<!-- results {profile}: end -->"


def with_block(readme: str, block: str, profile: str = "photos") -> str:
    """The README with the text between the markers of a profile replaced."""
    start, end = markers(profile)
    if readme.count(start) != 1 or readme.count(end) != 1 or readme.index(start) > readme.index(end):
        raise ValueError(f"README.md must hold {start} once, and {end} once after it")
    before, after = readme[: readme.index(start)], readme[readme.index(end) :]
    return f"{before}{start}\n{block}\n{after}"


def read_results(profile: str = "photos") -> dict | None:
    """The committed results of a profile, None when there are none yet."""
    path = RESULTS[profile]
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def take_over(workspace: Path) -> None:
    """Copies the results of a workspace to where the table of their profile is made from."""
    text = (workspace / "results" / "results.json").read_text(encoding="utf-8")
    RESULTS[json.loads(text)["profile"]].write_text(text, encoding="utf-8")


def blocks() -> dict[str, str]:
    """Every table of the README by the name in its markers."""
    results = {profile: read_results(profile) for profile in RESULTS}
    return {
        "tour": render(results["tour"], "tour"),
        "photos": render(results["photos"], "photos"),
        "floors": render_floors(results["photos"]),
        "article": render_both(results["photos"], results["article"]),
        "league": render_league(),
        "rivals": render_rivals(),
        "control": render_control(),
        "geometry": render_geometry(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the results tables of the README.")
    parser.add_argument("--workspace", type=Path, help="take over results/results.json of this workspace")
    workspace = parser.parse_args().workspace
    if workspace is not None:
        take_over(workspace)
    readme = README.read_text(encoding="utf-8")
    for name, block in blocks().items():
        readme = with_block(readme, block, name)
        print(f"{name}\n{block}\n")
    README.write_text(readme, encoding="utf-8")


if __name__ == "__main__":
    main()
