"""Numbers for the text: JSON, LaTeX macros, tables."""

import json
import re

import pytest

from sightlab.checks import InputError
from sightlab.views import report_numbers as numbers_

NUMBERS = {
    "n_landmark": 1248,
    "micro_ap": 0.8706578,
    "micro_ap_low": 0.79,
    "micro_ap_high": 0.9337,
    "sensitivity_at_fpr_0.1pct": 0.149193,
    "sensitivity_at_fpr_0.1pct_low": 0.110218,
    "sensitivity_at_fpr_0.1pct_high": 0.198871,
    "promise": "certified & sure",
    "views_ari": None,
    "is_draft": True,
}


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    (folder / "01_a.json").write_text('{"b": 1, "a": 2}')
    (folder / "07_b.json").write_text('{"c": null, "b": 1}')
    (folder / "results.json").write_text('{"created": "today"}')
    (folder / "11_report_figures.json").write_text('{"n_report_figures": 9}')
    return folder


def definitions(text: str) -> dict[str, str]:
    """What TeX would know after reading: csname -> replacement."""
    return dict(re.findall(r"\\expandafter\\def\\csname sl@(\S+?)\\endcsname\{(.*)\}", text))


def test_reads_what_notebooks_reported_sorted_and_without_dates(results):
    assert list(numbers_.read_numbers(results)) == ["a", "b", "c"]


def test_two_notebooks_must_agree(results):
    (results / "08_c.json").write_text('{"a": 3}')
    with pytest.raises(InputError, match=r"a must mean one number; 08_c\.json says 3 and an earlier"):
        numbers_.read_numbers(results)


def test_no_results_are_refused_in_words(tmp_path):
    with pytest.raises(InputError, match=r"there are none\. Run first: sightlab run"):
        numbers_.read_numbers(tmp_path / "results")
    (tmp_path / "01_a.json").write_text("{half")
    with pytest.raises(InputError, match=r"01_a\.json must be JSON"):
        numbers_.read_numbers(tmp_path)


def test_json_is_the_same_bytes_whatever_the_order():
    text = numbers_.numbers_json(NUMBERS)
    assert text == numbers_.numbers_json(dict(reversed(NUMBERS.items())))
    assert json.loads(text) == NUMBERS


def test_macros_by_hand():
    known = definitions(numbers_.numbers_tex(NUMBERS))
    assert known["value@n_landmark"] == "1,248"
    assert known["value@micro_ap"] == "0.8707"  # 4 significant digits
    assert known["number@micro_ap"] == "0.871 (0.790 to 0.934)"
    assert known["percent@sensitivity_at_fpr_0.1pct"] == r"14.9\,\% (11.0 to 19.9)"
    assert "percent@micro_ap_low" not in known  # stands inside the interval already
    assert known["value@micro_ap_low"] == "0.7900"
    assert not any("promise" in key or "draft" in key or "views_ari" in key for key in known)


def test_an_unknown_key_shows_in_the_text_and_in_the_log():
    preamble = numbers_.numbers_tex({})
    assert r"\ifcsname sl@#1@#2\endcsname\csname sl@#1@#2\endcsname" in preamble
    assert r"\textbf{??}\typeout" in preamble


def test_tables_leave_out_what_was_not_measured():
    markdown, latex = numbers_.table_markdown(NUMBERS), numbers_.table_latex(NUMBERS)
    assert "| Sensitivity at FPR 0.1 % | 14.9 % (11.0 to 19.9) |" in markdown
    assert "| micro-AP | 0.871 (0.790 to 0.934) |" in markdown
    assert "Cleaning" not in markdown
    assert r"Sensitivity at FPR 0.1 \% & 14.9 \% (11.0 to 19.9) \\" in latex
    assert latex.count("\n") == 4 + 2 + 2  # head, two lines, foot
    assert numbers_.table_markdown({}).count("\n") == 2


def test_latex_prints_special_characters_as_they_are():
    assert numbers_.latex(r"a_b & 5 % \x^2~{$#}") == (
        r"a\_b \& 5 \% \textbackslash{}x\textasciicircum{}2\textasciitilde{}\{\$\#\}"
    )
