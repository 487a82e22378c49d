"""Tables of the README that are made from CSV files: rivals, and recipes of training."""

import csv
from pathlib import Path

from benchmarks.readme_cells import ROOT, cell, read_rows

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


CLEANING = ROOT / "benchmarks" / "rivals_photos_cleaning.csv"
GRAPH = "2 neighbors with 30 inliers (DELF)"  # how its row is called


def render_geometry(path: Path = CLEANING) -> str:
    """What cleaning by geometry is worth, in words, by what `rival_rows.py` wrote of the cleaners."""
    if not path.is_file():
        return "Cleaning by geometry (two neighbors with 30 inliers of DELF) has not been run yet."
    row = read_rows(path, "way")[0][GRAPH]
    keys = ("auroc", "auroc_low", "auroc_high", "other_dropped")
    found = {key: float(row[key]) for key in keys}
    return (
        "Cleaning by geometry (two neighbors with 30 inliers of DELF) has an AUROC of "
        f"{cell(found, 'auroc')} on these photographs,\nand by its own rule drops "
        f"{cell(found, 'other_dropped')} of the right photos, perhaps because they are small, 256 pixels."
    )


LEAGUE = ROOT / "benchmarks" / "league_photos.csv"
RECIPES = {
    "recipe in use": "the recipe in use",
    "softmax alone": "softmax alone, no center loss",
    "center loss x 5e-5": "center loss with a weight of 5e-5 instead of 3e-3",
    "center loss x 5e-4": "... of 5e-4",
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
