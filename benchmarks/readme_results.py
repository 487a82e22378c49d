"""Writes the results table of the README from the numbers of a run; nobody types them.

python benchmarks/readme_results.py                        the block, from benchmarks/results_photos.json
python benchmarks/readme_results.py --workspace workspace  takes over the results of that workspace first
"""

import argparse
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
RESULTS = ROOT / "benchmarks" / "results_photos.json"  # copy of results/results.json of the last full run
START, END = "<!-- results:start -->", "<!-- results:end -->"
NO_RUN = "No full run has been recorded yet. `make run PHOTOS=folder` writes the numbers of yours to\n\
`workspace/results/results.json`."
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
    ("Cleaning: AUROC against injected noise", "cleaning_auroc"),
    ("Cleaning: injected noise dropped", "noise_dropped"),
    ("Cleaning: other photos dropped", "clean_dropped"),
)

DECIMALS = ("micro_ap", "cleaning_auroc")  # areas, not shares of photos: written 0.970


def cell(results: dict, key: str) -> str:
    """One cell: "86.5 % (83.8 to 88.9)" or "0.970", without interval where the run gave none."""

    def number(value: float) -> str:
        return f"{value:.3f}" if key in DECIMALS else f"{100 * value:.1f}"

    text = number(results[key]) + ("" if key in DECIMALS else " %")
    low, high = results.get(f"{key}_low"), results.get(f"{key}_high")
    if low is not None and high is not None:
        text += f" ({number(low)} to {number(high)})"
    return text


def render(results: dict | None) -> str:
    """The text between the markers.

    Args:
        results: flat numbers of a run, as merged in results/results.json; None if there is none.
    """
    if results is None:
        return NO_RUN
    said = [f"Profile `{results['profile']}`, commit `{results['commit'][:10]}`"]
    if "n_landmark" in results and "n_distractor" in results:
        said.append(
            f"test: {results['n_landmark']:,} landmark photos, {results['n_distractor']:,} distractors"
        )
    said.append(f"{results['seconds_total'] / 60:.0f} minutes, less what the workspace already held")
    lines = [f"| {words} | {cell(results, key)} |" for words, key in LINES if results.get(key) is not None]
    table = ["| measured on `test` | value (95 % interval) |", "| --- | --- |", *lines]
    return "\n".join(["; ".join(said) + ".", "", *table])


def with_block(readme: str, block: str) -> str:
    """The README with the text between its markers replaced."""
    if readme.count(START) != 1 or readme.count(END) != 1 or readme.index(START) > readme.index(END):
        raise ValueError(f"README.md must hold {START} once, and {END} once after it")
    before, after = readme[: readme.index(START)], readme[readme.index(END) :]
    return f"{before}{START}\n{block}\n{after}"


def read_results() -> dict | None:
    """The committed results, None when there are none yet."""
    return json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else None


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the results table of the README.")
    parser.add_argument("--workspace", type=Path, help="take over results/results.json of this workspace")
    workspace = parser.parse_args().workspace
    if workspace is not None:
        RESULTS.write_text(
            (workspace / "results" / "results.json").read_text(encoding="utf-8"), encoding="utf-8"
        )
    block = render(read_results())
    README.write_text(with_block(README.read_text(encoding="utf-8"), block), encoding="utf-8")
    print(block)


if __name__ == "__main__":
    main()
