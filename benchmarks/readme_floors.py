"""What was set out for on the photographs, and whether it was reached; misses stand there like the rest."""

from typing import NamedTuple

from benchmarks.readme_cells import cell, is_measured


class Floor(NamedTuple):
    words: str
    key: str  # of the results
    wanted: float
    is_most: bool = False  # at most, not at least


FLOORS = (
    Floor("Similarity alone: sensitivity at FPR <= 1 %", "sensitivity_at_fpr_1pct", 0.88),
    Floor("... at FPR <= 0.1 %", "sensitivity_at_fpr_0.1pct", 0.78),
    Floor("Closed-set accuracy", "closed_set_accuracy", 0.94),
    Floor("Whole decision: sensitivity at FPR <= 1 %", "whole_sensitivity_at_fpr_1pct", 0.88),
    Floor("... confusion rate there", "whole_confusion_at_fpr_1pct", 0.01, is_most=True),
    Floor("... gain over the article's rule there", "whole_gain_over_article_at_fpr_1pct", 0.0),
    Floor("Gain by coordinates on half of the photos", "gain_gps", 0.08),
    Floor("As answered: FPR", "fpr", 0.01, is_most=True),
    Floor("Cleaning: AUROC", "curriculum_cleaning_auroc", 0.97),
    Floor("... known noise dropped", "curriculum_noise_dropped", 0.90),
    Floor("... other photos dropped", "curriculum_clean_dropped", 0.10, is_most=True),
    Floor("Change of a region after its stage, the worst (tune)", "worst_backward_transfer", -0.02),
    Floor("... of it by the network, the worst (tune)", "worst_network_transfer", -0.02),
    Floor("DELF, gain over the centroids: no worthy rival below", "delf_gain_at_fpr_1pct", -0.15),
    Floor("Times that DELF takes as long", "speedup_cpu_1x", 15),
    Floor("... with 16 times the database", "speedup_cpu_16x", 30),
    Floor("... with an approximate index", "speedup_cpu_ivf_1x", 15),
    Floor("... and 16 times the database", "speedup_cpu_ivf_16x", 30),
    Floor("Inliers of DELF tell the same from another place: AUROC", "pairs_auroc", 0.95),
)


def wanted(floor: Floor) -> str:
    """ "at least 88 %", as the cell beside it is written."""
    value = {floor.key: floor.wanted, f"{floor.key}_low": None, f"{floor.key}_high": None}
    text = f"{floor.wanted:g} times as long" if floor.key.startswith("speedup") else cell(value, floor.key)
    return f"{'at most' if floor.is_most else 'at least'} {text}"


def render_floors(results: dict | None) -> str:
    """A line for every floor that the run measured: wanted, found, and "missed" where it was not reached."""
    if results is None:
        return "No run has been recorded yet."
    lines = ["| what | wanted | found | |", "| --- | --- | --- | --- |"]
    for floor in FLOORS:
        if not is_measured(results, floor.key):
            continue
        value = results[floor.key]
        is_held = value <= floor.wanted if floor.is_most else value >= floor.wanted
        words = "" if is_held else "**missed**"
        lines.append(f"| {floor.words} | {wanted(floor)} | {cell(results, floor.key)} | {words} |")
    return "\n".join(lines)
