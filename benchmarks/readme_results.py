"""Writes the results tables of the README from the numbers of runs; nobody types them.

python benchmarks/readme_results.py                             the tables, from benchmarks/results_*.json
python benchmarks/readme_results.py --workspace workspace-tour  takes over the results of that workspace first
"""

import argparse
import csv
import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
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
    ("Closed-set accuracy", "closed_set_accuracy", "test"),
    ("micro-AP", "micro_ap", "test"),
    ("At the threshold chosen on tune: sensitivity", "sensitivity", "test"),
    ("... FPR", "fpr", "test"),
    ("... confusion rate", "confusion_rate", "test"),
    ("... gain in sensitivity over the article's rule", "gain_over_article", "test"),
    ("... sensitivity, with coordinates on about half of the landmark photos", "sensitivity_gps", "test"),
    ("... FPR then", "fpr_gps", "test"),
    ("Photos of landmarks never taught that get an answer", "answered_never_seen", "tune"),
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


def is_decimal(key: str) -> bool:
    """Whether a number is an area or an index, no share of photos: written 0.970."""
    return key in ("micro_ap", "views_ari") or "auroc" in key.split("_")


def is_measured(results: dict, key: str) -> bool:
    """Whether a run reported a number, and had distractors enough for the rate in its key: one or more."""
    rate = re.search(r"_at_fpr_([\d.]+)pct", key)
    n = results.get("delf_n_distractor" if key.startswith(("delf_", "centroid_")) else "n_distractor")
    is_too_fine = rate is not None and n is not None and float(rate[1]) / 100 * n < 1
    return results.get(key) is not None and not is_too_fine


def cell(results: dict, key: str) -> str:
    """One cell: "86.5 % (83.8 to 88.9)" or "0.970", without interval where the run gave none.

    Gains and transfers have a sign and are points; that over the article's rule also says how many photos
    changed sides.
    """
    is_gain = not {"gain", "transfer"}.isdisjoint(key.split("_"))

    def number(value: float) -> str:
        share = f"{100 * value:+.1f}" if is_gain else f"{100 * value:.1f}"
        return f"{value:.3f}" if is_decimal(key) else share

    if key.startswith("speedup"):
        low, high = results[f"{key}_low"], results[f"{key}_high"]
        return f"{results[key]:.0f} times as long (middle 90 %: {low:.0f} to {high:.0f})"
    text = number(results[key]) + ("" if is_decimal(key) else " points" if is_gain else " %")
    low, high = results.get(f"{key}_low"), results.get(f"{key}_high")
    if low is not None and high is not None:
        text += f" ({number(low)} to {number(high)})"
    fixed, broken = (results.get(f"n_{word}_against_article") for word in ("fixed", "broken"))
    if key == "gain_over_article" and fixed is not None and broken is not None:
        text += f": {fixed:,} photo{'' if fixed == 1 else 's'} fixed, {broken:,} broken"
    return text


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


def read_rows(path: Path, name: str) -> tuple[dict[str, dict], dict[str, dict[str, float]]]:
    """Rows of a table by the column that names them: as they stand, and what they measured in percent."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = {row[name]: row for row in csv.DictReader(file)}
    return rows, {
        row_name: {key: 100 * float(value) for key, value in row.items() if key != name and value}
        for row_name, row in rows.items()
    }


RIVALS = ROOT / "benchmarks" / "rivals_photos.csv"
SYSTEMS = {
    "centroids": "centroids",
    "centroids, similarity alone": "... by similarity alone, without the lead",
    "DELF": "DELF, 40 numbers",
    "DELF, 128 numbers": "DELF, 128 numbers",
    "DELF, approximate index": "DELF, approximate index",
    "hybrid, delf": "centroids that ask DELF in doubt",
    "hybrid, sift": "... SIFT",
    "hybrid, xfeat": "... XFeat",
    "hybrid, aliked": "... ALIKED + LightGlue",
}


def render_rivals(path: Path = RIVALS) -> str:
    """The table of systems from what `rival_rows.py` wrote."""
    if not path.is_file():
        return "Not run yet: `python benchmarks/rival_rows.py`."
    _, percent = read_rows(path, "system")
    lines = [
        "| system | sensitivity at FPR <= 1 % | as answered | FPR then | gain on tune, points | asked |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, words in SYSTEMS.items():
        if name not in percent:
            continue
        row = percent[name]
        at = "sensitivity_at_fpr_1pct"
        found = f"{row[at]:.1f} % ({row[at + '_low']:.1f} to {row[at + '_high']:.1f})"
        is_hybrid = "tune_sensitivity" in row  # decides without lead and references
        found += f" | {row['sensitivity']:.1f} % | {row['fpr']:.1f} %"
        gain = f"{row['tune_sensitivity'] - row['tune_centroids']:+.1f}" if is_hybrid else ""
        asked = f"{row['share_verified']:.0f} %" if is_hybrid else ""
        lines.append(f"| {words} | {found} | {gain} | {asked} |")
    return "\n".join(lines)


CONTROL = ROOT / "benchmarks" / "rivals_photos_control.csv"


def render_control(path: Path = CONTROL) -> str:
    """The table of features that verify DELF's own candidates, by what `rival_rows.py --control` wrote."""
    if not path.is_file():
        return "Not run yet: `python benchmarks/rival_rows.py --control sift=700`."
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    lines = [
        "| verified by | photos + distractors | sensitivity at FPR <= 1 % | right alone | pairs: AUROC |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        at = "sensitivity_at_fpr_1pct"
        found, low, high = (100 * float(row[at + end]) for end in ("", "_low", "_high"))
        is_other = bool(row["p"])
        name = row["system"].removesuffix(" on its candidates") if is_other else "DELF"
        asked = f"{float(row['n_landmark']):,.0f} + {float(row['n_distractor']):,.0f}"
        alone = ""
        if is_other:
            ours, theirs, p = (float(row[key]) for key in ("only_other", "only_delf", "p"))
            alone = f"{ours:.0f}, DELF {theirs:.0f} (p = {p:.2g})"
        lines.append(
            f"| {name} | {asked} | {found:.1f} % ({low:.1f} to {high:.1f}) | {alone} "
            f"| {float(row['pair_auroc']):.3f} |"
        )
    return "\n".join(lines)


def render_geometry(results: dict | None) -> str:
    """What cleaning by geometry is worth, as a line of text."""
    if results is None or results.get("delf_graph_auroc") is None:
        return "Cleaning by geometry (two neighbors with 30 inliers of DELF) has not been run yet."
    return (
        "Cleaning by geometry (two neighbors with 30 inliers of DELF) has an AUROC of "
        f"{cell(results, 'delf_graph_auroc')} on these photographs,\nand by its own rule drops "
        f"{cell(results, 'delf_graph_other_dropped')} of the right photos: they are small, 256 pixels."
    )


LEAGUE = ROOT / "benchmarks" / "league_photos.csv"
RECIPES = {
    "recipe in use": "the recipe in use",
    "softmax alone": "softmax alone, no center loss",
    "center loss x 5e-4": "center loss with a weight of 5e-4 instead of 3e-3",
    "center loss x 3e-2": "... of 3e-2",
    "a center for non-landmarks, too": "a center for non-landmarks, too",
    "sub-center ArcFace": "sub-center ArcFace with margins by class size",
    "GeM pooling": "GeM pooling",
    "three learning rates": "three learning rates (0.1, 0.3, 1) instead of one",
    "photos as they come": "every photo once an epoch, not every landmark alike often",
    "random stages": "stages of landmarks drawn at random",
    "all at once": "all landmarks at once",
    "dirty labels": "labels as they came, not cleaned",
    "labels cleaned by truth": "labels cleaned by truth",
    "late stages taught scenes first": "late stages that were taught scenes first",
    "late stages from random weights": "late stages from random weights",
}


def render_league(path: Path = LEAGUE) -> str:
    """The table of recipes from what `learning_league.py` wrote."""
    rows, percent = read_rows(path, "recipe")
    lines = [
        "| recipe | seeds | updates | sensitivity | gain in points | closed-set |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, words in RECIPES.items():
        if name not in rows:
            continue
        row = percent[name]
        gain = f"{row['gain']:+.1f} ({row['gain_low']:+.1f} to {row['gain_high']:+.1f})"
        gain = "" if name == "recipe in use" else gain
        found = f"{row['sensitivity']:.1f} % | {gain} | {row['closed_set_accuracy']:.1f} %"
        seeds, updates = rows[name]["seeds"], rows[name]["updates"]
        if float(seeds) > 1:
            seeds += f" (spread {row['spread']:.1f})"
        lines.append(f"| {words} | {seeds} | {updates} | {found} |")
    return "\n".join(lines)


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
        "article": render_both(results["photos"], results["article"]),
        "league": render_league(),
        "rivals": render_rivals(),
        "control": render_control(),
        "geometry": render_geometry(results["photos"]),
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
