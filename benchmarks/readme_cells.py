"""Cells of the README's tables."""

import csv
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


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


def read_rows(path: Path, name: str) -> tuple[dict[str, dict], dict[str, dict[str, float]]]:
    """Rows of a table by the column that names them: as they stand, and what they measured in percent."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = {row[name]: row for row in csv.DictReader(file)}
    return rows, {
        row_name: {key: 100 * float(value) for key, value in row.items() if key != name and value}
        for row_name, row in rows.items()
    }
