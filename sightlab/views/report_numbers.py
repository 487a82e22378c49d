"""The numbers of a run as an author uses them: one JSON, LaTeX macros, and tables in LaTeX and Markdown.

    \\input{numbers.tex}
    ... finds \\slpercent{sensitivity_at_fpr_1pct}      61.7\\,\\% (55.5 to 67.5)
    ... an AUROC of \\slnumber{curriculum_cleaning_auroc}  0.971 (0.961 to 0.982)

A key that the run did not report is set as ?? and named in LaTeX's log, so no old number survives unseen.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from sightlab.checks import InputError

# what stands in a line of the main table, in this order; lines whose number is missing are left out
LINES = (
    ("Sensitivity at FPR 1 %", "sensitivity_at_fpr_1pct", True),
    ("... frequent landmarks", "sensitivity_at_fpr_1pct_frequent", True),
    ("... rare landmarks", "sensitivity_at_fpr_1pct_rare", True),
    ("Sensitivity at FPR 0.1 %", "sensitivity_at_fpr_0.1pct", True),
    ("Confusion rate at FPR 1 %", "confusion_at_fpr_1pct", True),
    ("Closed-set accuracy", "closed_set_accuracy", True),
    ("micro-AP", "micro_ap", False),
    ("Sensitivity at the threshold from tune", "sensitivity", True),
    ("FPR at the threshold from tune", "fpr", True),
    ("Gain in sensitivity over the article's rule", "gain_over_article", True),
    ("Cleaning: AUROC against known noise", "curriculum_cleaning_auroc", False),
    ("Cleaning: known noise dropped", "curriculum_noise_dropped", True),
    ("Cleaning: other photos dropped", "curriculum_clean_dropped", True),
    ("Evidence on the landmark's pixels", "cam_inside_share", True),
    ("Probability left without the strongest evidence", "cam_road_deletion", True),
    ("Probability left without the weakest evidence", "cam_road_insertion", True),
)
OWN = "11_report_figures.json"  # what is reported about the figures themselves is no number of the run
_ENDS = ("_low", "_high")
_PREAMBLE = r"""% Written by `sightlab figures`; do not edit.
\providecommand{\sllookup}[2]{\ifcsname sl@#1@#2\endcsname\csname sl@#1@#2\endcsname%
\else\textbf{??}\typeout{sightlab: no number #2}\fi}
\providecommand{\slvalue}[1]{\sllookup{value}{#1}}
\providecommand{\slnumber}[1]{\sllookup{number}{#1}}
\providecommand{\slpercent}[1]{\sllookup{percent}{#1}}
"""


def read_numbers(results: Path) -> dict[str, object]:
    """Every number that the notebooks of a run reported, by key, sorted.

    Args:
        results: the folder results/ of a workspace.
    Raises:
        InputError: no notebook has reported, a file that is no JSON, or two that disagree.
    """
    paths = sorted(p for p in results.glob("[0-9][0-9]_*.json") if p.name != OWN)
    if not paths:
        raise InputError(
            f"expected numbers of a run in {results}; there are none. Run first: sightlab run --workspace "
            f"{results.parent.name}."
        )
    numbers: dict[str, object] = {}
    for path in paths:
        try:
            own = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise InputError(f"{path} must be JSON; {error}. Run its notebook again.") from error
        differ = sorted(key for key in own if key in numbers and numbers[key] != own[key])
        if differ:
            raise InputError(
                f"{differ[0]} must mean one number; {path.name} says {own[differ[0]]!r} and an earlier "
                f"notebook {numbers[differ[0]]!r}. Run the older notebook again."
            )
        numbers |= own
    return dict(sorted(numbers.items()))


def numbers_json(numbers: Mapping[str, object]) -> str:
    """The text of numbers.json: one key a line, sorted, no date: the same run gives the same bytes."""
    return json.dumps(dict(sorted(numbers.items())), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def numbers_tex(numbers: Mapping[str, object]) -> str:
    """The text of numbers.tex: \\slvalue, \\slnumber and \\slpercent of every key.

    \\slvalue is the number alone with 4 significant digits, \\slnumber with 3 decimals and \\slpercent as
    percent with 1 decimal, both with their interval where the run gave one.
    """
    lines = [_PREAMBLE]
    for key, value in sorted(numbers.items()):
        if not isinstance(value, bool) and isinstance(value, int | float):
            lines.append(_definition("value", key, _significant(value)))
            if key.endswith(_ENDS):
                continue
            lines.append(_definition("number", key, _number(numbers, key)))
            lines.append(_definition("percent", key, _percent(numbers, key).replace(" %", r"\,\%")))
    return "\n".join(lines) + "\n"


def table_markdown(numbers: Mapping[str, object], lines: Sequence[tuple[str, str, bool]] = LINES) -> str:
    """The main table in Markdown."""
    rows = [f"| {words} | {value} |" for words, value in _rows(numbers, lines)]
    return "\n".join(["| measured on `test` | value (95 % interval) |", "| --- | --- |", *rows]) + "\n"


def table_latex(numbers: Mapping[str, object], lines: Sequence[tuple[str, str, bool]] = LINES) -> str:
    """The main table in LaTeX, for the package booktabs."""
    rows = [f"{latex(words)} & {latex(value)} \\\\" for words, value in _rows(numbers, lines)]
    head = [
        "\\begin{tabular}{ll}",
        "\\toprule",
        "Measured on test & Value (95\\,\\% interval) \\\\",
        "\\midrule",
    ]
    return "\n".join([*head, *rows, "\\bottomrule", "\\end{tabular}"]) + "\n"


def latex(text: str) -> str:
    """Text whose special characters LaTeX prints as they are."""
    special = {c: f"\\{c}" for c in "&%$#_{}"} | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}"}
    special["^"] = r"\textasciicircum{}"
    return "".join(special.get(c, c) for c in text)


def _rows(numbers: Mapping[str, object], lines) -> list[tuple[str, str]]:
    return [
        (words, _percent(numbers, key) if is_share else _number(numbers, key))
        for words, key, is_share in lines
        if numbers.get(key) is not None
    ]


def _number(numbers: Mapping[str, object], key: str) -> str:
    return _with_interval(numbers, key, lambda value: f"{value:.3f}", "")


def _percent(numbers: Mapping[str, object], key: str) -> str:
    return _with_interval(numbers, key, lambda value: f"{100 * value:.1f}", " %")


def _with_interval(numbers: Mapping[str, object], key: str, write, unit: str) -> str:
    text = write(numbers[key]) + unit
    low, high = (numbers.get(key + end) for end in _ENDS)
    return text if low is None or high is None else f"{text} ({write(low)} to {write(high)})"


def _significant(value: float) -> str:
    if isinstance(value, int) or value == 0 or not math.isfinite(value):
        return f"{value:,}" if isinstance(value, int) else f"{value:g}"
    return f"{value:.{max(0, 3 - math.floor(math.log10(abs(value))))}f}"


def _definition(kind: str, key: str, text: str) -> str:
    return f"\\expandafter\\def\\csname sl@{kind}@{key}\\endcsname{{{text}}}"
