"""Writes the results tables of the README from the numbers of runs; nobody types them.

python benchmarks/readme_results.py                             the tables, from benchmarks/results_*.json
python benchmarks/readme_results.py --workspace workspace-tour  takes over the results of that workspace first
"""

import argparse
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
# profile -> copy of results/results.json of its last full run
RESULTS = {profile: ROOT / "benchmarks" / f"results_{profile}.json" for profile in ("tour", "photos")}
COMMANDS = {"tour": "make tour", "photos": "make run PHOTOS=folder"}
# what stands in a line of the table, in this order; a line whose number a run did not report is left out
LINES = (
    ("Sensitivity at FPR <= 1 %", "sensitivity_at_fpr_1pct"),
    ("... frequent landmarks (> 100 training photos)", "sensitivity_at_fpr_1pct_frequent"),
    ("... rare landmarks", "sensitivity_at_fpr_1pct_rare"),
    ("Sensitivity at FPR <= 0.1 %", "sensitivity_at_fpr_0.1pct"),
    ("Confusion rate at FPR <= 1 %", "confusion_at_fpr_1pct"),
    ("Closed-set accuracy", "closed_set_accuracy"),
    ("micro-AP", "micro_ap"),
    ("At the threshold chosen on tune: sensitivity", "sensitivity"),
    ("At the threshold chosen on tune: FPR", "fpr"),
    ("At the threshold chosen on tune: confusion rate", "confusion_rate"),
    ("... with coordinates on half of the photos: sensitivity", "sensitivity_gps"),
    ("... with coordinates on half of the photos: FPR", "fpr_gps"),
    ("Photos of landmarks never taught that get an answer (tune)", "answered_never_seen"),
    ("Cleaning: AUROC against injected noise", "cleaning_auroc"),
    ("Cleaning: injected noise dropped", "noise_dropped"),
    ("Cleaning: other photos dropped", "clean_dropped"),
    # only where the truth is known
    ("Cleaning: AUROC, photos of a neighbor", "cleaning_auroc_neighbor"),
    ("Cleaning: AUROC, photos of another landmark", "cleaning_auroc_other_landmark"),
    ("Cleaning: AUROC, photos of no landmark", "cleaning_auroc_non_landmark"),
    ("Cleaning: AUROC, graphics", "cleaning_auroc_graphic"),
    ("Look-alikes taken for another of their family", "lookalike_confusion"),
    ("Views found against views taken: adjusted Rand index", "views_ari"),
    ("Class activation maps: evidence inside the landmark", "cam_inside_share"),
    ("Photos in albums that belong there", "album_precision"),
    ("DELF on the same queries: sensitivity at FPR <= 1 %", "delf_sensitivity_at_fpr_1pct"),
    ("... the centroids on these queries", "centroid_sensitivity_at_fpr_1pct"),
)


def is_decimal(key: str) -> bool:
    """Whether a number is an area or an index, no share of photos: written 0.970."""
    return key in ("micro_ap", "views_ari") or key.startswith("cleaning_auroc")


def cell(results: dict, key: str) -> str:
    """One cell: "86.5 % (83.8 to 88.9)" or "0.970", without interval where the run gave none."""

    def number(value: float) -> str:
        return f"{value:.3f}" if is_decimal(key) else f"{100 * value:.1f}"

    text = number(results[key]) + ("" if is_decimal(key) else " %")
    low, high = results.get(f"{key}_low"), results.get(f"{key}_high")
    if low is not None and high is not None:
        text += f" ({number(low)} to {number(high)})"
    return text


def render(results: dict | None, profile: str = "photos") -> str:
    """The text between the markers.

    Args:
        results: flat numbers of a run, as merged in results/results.json; None if there is none.
        profile: of the run that is missing then.
    """
    if results is None:
        return f"No full run has been recorded yet. `{COMMANDS[profile]}` writes its numbers to results.json."
    said = [f"Profile `{results['profile']}`, commit `{results['commit'][:10]}`"]
    if "n_landmark" in results and "n_distractor" in results:
        said.append(
            f"test: {results['n_landmark']:,} landmark photos, {results['n_distractor']:,} distractors"
        )
    said.append(f"{results['seconds_total'] / 60:.0f} minutes, less what the workspace already held")
    lines = [f"| {words} | {cell(results, key)} |" for words, key in LINES if results.get(key) is not None]
    table = ["| measured on `test` | value (95 % interval) |", "| --- | --- |", *lines]
    return "\n".join(["; ".join(said) + ".", "", *table])


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


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the results tables of the README.")
    parser.add_argument("--workspace", type=Path, help="take over results/results.json of this workspace")
    workspace = parser.parse_args().workspace
    if workspace is not None:
        take_over(workspace)
    readme = README.read_text(encoding="utf-8")
    for profile in RESULTS:
        block = render(read_results(profile), profile)
        readme = with_block(readme, block, profile)
        print(f"{profile}\n{block}\n")
    README.write_text(readme, encoding="utf-8")


if __name__ == "__main__":
    main()
